"""What minirpc's plugin makes of ``protos/``, as a package: ``tests.interop.gen.grpc.testing.test_pb``.

The code is generated when this package is first imported, and again when a .proto file or the plugin has changed.
Generated at the import root, the .proto package ``grpc.testing`` would become a package ``grpc`` that collides with
grpcio's; so all of it has a package around it, which the plugin's option ``root_package`` names.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.interop.build import PROTOS, ROOT, generate, proto_names


def _protoc(folder: Path) -> list[str]:
    options = [f"--python_minirpc_out={folder}", f"--python_minirpc_opt=root_package={__name__}", f"-I{PROTOS}"]
    return [sys.executable, "-m", "minirpc", "protoc", *options, *proto_names(".")]


__path__.append(str(generate("minirpc", [*PROTOS.rglob("*.proto"), *(ROOT / "protoc_plugin").glob("*.py")], _protoc)))
