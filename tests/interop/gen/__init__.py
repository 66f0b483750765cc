"""What minirpc's plugin makes of ``protos/``, as a package: ``tests.interop.gen.grpc.testing.test_pb``.

The code is generated when this package is first imported, and again when a .proto file or the plugin has changed. It
lives below ``build/``. Generated at the import root, the .proto package ``grpc.testing`` would be a package ``grpc``
that collides with grpcio's; so all of it has a package around it, which the option ``root_package`` names.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["BUILD", "PROTOS"]

_ROOT = Path(__file__).resolve().parents[3]
PROTOS = Path(__file__).resolve().parents[1] / "protos"
"""The folder that the .proto files' names are relative to."""
BUILD = _ROOT / "build" / "interop"
"""Where the interoperability tests keep what they make and download; git ignores it."""


def _generate() -> Path:
    """Generates the code, unless it is there, and returns its folder."""
    protos = sorted(PROTOS.rglob("*.proto"))
    plugin = sorted((_ROOT / "protoc_plugin").glob("*.py"))
    state = hashlib.sha256(b"".join(path.read_bytes() for path in (*protos, *plugin))).hexdigest()[:16]
    folder = BUILD / f"minirpc-{state}"
    if not folder.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=BUILD, prefix="minirpc-new-"))
        options = [f"--python_minirpc_out={made}", f"--python_minirpc_opt=root_package={__name__}", f"-I{PROTOS}"]
        names = [str(path.relative_to(PROTOS)) for path in protos]
        subprocess.run([sys.executable, "-m", "minirpc", "protoc", *options, *names], check=True, cwd=_ROOT)
        try:
            made.rename(folder)
        except OSError:  # another process was faster
            shutil.rmtree(made)
    return folder


__path__.append(str(_generate()))
