# Generated from odd-names/class/1st.v2.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb

from .. import lone_pb as _lone_pb


class First(_pb.Message):
    lone: _lone_pb.Lone | None = _pb.message(1, lambda: _lone_pb.Lone)


_pb.file("odd-names/class/1st.v2.proto", "odd", b"\n\x1codd-names/class/1st.v2.proto\x12\x03odd\x1a\x14odd-names/lone.proto\"&\n\x05First\x12\x1d\n\x04lone\x18\x01 \x01(\x0b2\t.odd.LoneR\x04lone2#\n\x03Odd\x12\x1c\n\x03Get\x12\t.odd.Lone\x1a\n.odd.Firstb\x06proto3", __name__, ["..lone_pb"])
