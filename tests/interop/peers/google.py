"""What Google's generators, those of grpcio-tools, make of ``protos/``: ``grpc.testing`` inside the installed ``grpc``.

Google's generated modules import each other by absolute names, so the .proto package ``grpc.testing`` has to be the
Python package ``grpc.testing``: its folder is added to those of the installed package ``grpc``, which has no such part.
"""

from __future__ import annotations

import sys
from pathlib import Path

import grpc

from tests.interop.build import PROTOS, generate, proto_names


def _protoc(folder: Path) -> list[str]:
    options = [f"--python_out={folder}", f"--grpc_python_out={folder}", f"-I{PROTOS}"]
    return [sys.executable, "-m", "grpc_tools.protoc", *options, *proto_names("grpc")]


_folder = generate("google", (PROTOS / "grpc").rglob("*.proto"), _protoc)
grpc.__path__.append(str(_folder / "grpc"))

from grpc.testing import empty_pb2, messages_pb2, test_pb2_grpc  # type: ignore[import-not-found]  # noqa: E402

__all__ = ["empty_pb2", "messages_pb2", "test_pb2_grpc"]
