"""Where the interoperability tests keep what they make: generated code, certificates, other programs."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

__all__ = ["BUILD", "PROTOS", "ROOT", "generate", "proto_names"]

ROOT = Path(__file__).resolve().parents[2]
"""The project's folder, in which ``python -m tests.interop.…`` works."""
PROTOS = Path(__file__).resolve().parent / "protos"
"""The folder that the .proto files' names are relative to."""
BUILD = ROOT / "build" / "interop"
"""Everything made here; git ignores it."""


def proto_names(folder: str) -> list[str]:
    """Returns the .proto files below a folder of :data:`PROTOS`, as protoc wants their names."""
    return sorted(path.relative_to(PROTOS).as_posix() for path in (PROTOS / folder).rglob("*.proto"))


def generate(name: str, depends_on: Iterable[Path], command: Callable[[Path], Sequence[str]]) -> Path:
    """Runs a command that fills a folder, unless it has been run with the same files, and returns the folder.

    Safe in several processes at the same time.

    Args:
        name: what the folder's name begins with.
        depends_on: the files on whose content the result depends.
        command: makes the command, given the folder to fill.

    Raises:
        subprocess.CalledProcessError: the command failed.
    """
    state = hashlib.sha256(b"\0".join(path.read_bytes() for path in sorted(depends_on))).hexdigest()[:16]
    folder = BUILD / f"{name}-{state}"
    if not folder.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=BUILD, prefix=f"{name}-new-"))
        try:
            subprocess.run(command(made), check=True, cwd=ROOT, capture_output=True, text=True)
            made.rename(folder)
        except subprocess.CalledProcessError as error:
            error.add_note(error.stderr)
            raise
        except OSError:  # another process has made it meanwhile
            if not folder.exists():
                raise
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return folder
