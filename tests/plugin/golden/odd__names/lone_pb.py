# Generated from odd-names/lone.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb


class Lone(_pb.Message):
    pass


_pb.file("odd-names/lone.proto", "odd", b"\n\x14odd-names/lone.proto\x12\x03odd\"\x06\n\x04Loneb\x06proto3", __name__)
