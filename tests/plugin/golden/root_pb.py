# Generated from root.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb

from .acme.common import money_pb as _money_pb


class Root(_pb.Message):
    """A file at the root of the tree, without a package."""

    class Leaf(_pb.Message):
        money: _money_pb.Money | None = _pb.message(1, lambda: _money_pb.Money)

    leaf: Leaf | None = _pb.message(1, lambda: Root.Leaf)


_pb.file("root.proto", "", b"\n\nroot.proto\x1a\x17acme/common/money.proto\"X\n\x04Root\x12\x1e\n\x04leaf\x18\x01 \x01(\x0b2\n.Root.LeafR\x04leaf\x1a0\n\x04Leaf\x12(\n\x05money\x18\x01 \x01(\x0b2\x12.acme.common.MoneyR\x05money2\"\n\x0bRootService\x12\x13\n\x03Get\x12\x05.Root\x1a\x05.Rootb\x06proto3", __name__, [".acme.common.money_pb"])
