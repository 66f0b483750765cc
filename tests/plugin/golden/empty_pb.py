# Generated from empty.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb


_pb.file("empty.proto", "", b"\n\x0bempty.protob\x06proto3", __name__)
