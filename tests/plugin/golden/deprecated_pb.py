# Generated from deprecated.proto by protoc-gen-python_minirpc. DO NOT EDIT.
# mypy: disable-error-code="deprecated"
# pyright: reportDeprecated=false
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb


@_pb.deprecated("golden.deprecated.OldKind is deprecated")
class OldKind(_pb.Enum):
    UNKNOWN = 0
    WOODEN = 1
    """No longer made.

    Deprecated.
    """


@_pb.deprecated("golden.deprecated.Old is deprecated")
class Old(_pb.Message, deprecated=True):
    """Use New."""

    @_pb.deprecated("golden.deprecated.Old.Inner is deprecated")
    class Inner(_pb.Message, deprecated=True):
        pass

    x: int = _pb.int32(1)
    inner: Inner | None = _pb.message(2, lambda: Old.Inner)


class New(_pb.Message):
    name: str = _pb.string(1)
    """The name."""
    old_name: str = _pb.string(2)
    """Use name.

    Deprecated.
    """
    older_name: str = _pb.string(3)
    """Deprecated."""
    old: Old | None = _pb.message(4, lambda: Old)
    kind: OldKind = _pb.enum(5, lambda: OldKind)


_pb.file("deprecated.proto", "golden.deprecated", b"\n\x10deprecated.proto\x12\x11golden.deprecated\"X\n\x03Old\x12\x0c\n\x01x\x18\x01 \x01(\x05R\x01x\x122\n\x05inner\x18\x02 \x01(\x0b2\x1c.golden.deprecated.Old.InnerR\x05inner\x1a\x0b\n\x05Inner:\x02\x18\x01:\x02\x18\x01\"\xb5\x01\n\x03New\x12\x12\n\x04name\x18\x01 \x01(\tR\x04name\x12\x1d\n\x08old_name\x18\x02 \x01(\tB\x02\x18\x01R\x07oldName\x12!\n\nolder_name\x18\x03 \x01(\tB\x02\x18\x01R\tolderName\x12(\n\x03old\x18\x04 \x01(\x0b2\x16.golden.deprecated.OldR\x03old\x12.\n\x04kind\x18\x05 \x01(\x0e2\x1a.golden.deprecated.OldKindR\x04kind*<\n\x07OldKind\x12\x14\n\x10OLD_KIND_UNKNOWN\x10\x00\x12\x17\n\x0fOLD_KIND_WOODEN\x10\x01\x1a\x02\x08\x01\x1a\x02\x18\x012H\n\nOldService\x125\n\x03Get\x12\x16.golden.deprecated.New\x1a\x16.golden.deprecated.New\x1a\x03\x88\x02\x012\x80\x01\n\nNewService\x12:\n\x03Get\x12\x16.golden.deprecated.New\x1a\x16.golden.deprecated.New\"\x03\x88\x02\x01\x126\n\x04Find\x12\x16.golden.deprecated.New\x1a\x16.golden.deprecated.Newb\x06proto3", __name__)
