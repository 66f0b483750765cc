# Generated from nested.proto by protoc-gen-python_minirpc. DO NOT EDIT.
from __future__ import annotations

from minirpc.codegen import messages_v1 as _pb


class Outer(_pb.Message):
    class Middle(_pb.Message):
        class Inner(_pb.Message):
            class Depth(_pb.Enum):
                UNKNOWN = 0
                THREE = 3

            class Core(_pb.Message):
                class Kernel(_pb.Message):
                    outermost: Outer | None = _pb.message(1, lambda: Outer)
                    again: Outer.Middle.Inner.Core.Kernel | None = _pb.message(2, lambda: Outer.Middle.Inner.Core.Kernel)
                    enclosing: Outer.Middle.Inner.Core | None = _pb.message(3, lambda: Outer.Middle.Inner.Core)
                    uncle: Outer.Sibling | None = _pb.message(4, lambda: Outer.Sibling)

                kernel: Kernel | None = _pb.message(1, lambda: Outer.Middle.Inner.Core.Kernel)
                depth: Outer.Middle.Inner.Depth = _pb.enum(2, lambda: Outer.Middle.Inner.Depth)

            core: Core | None = _pb.message(1, lambda: Outer.Middle.Inner.Core)
            kernels: list[Core.Kernel] = _pb.message(2, lambda: Outer.Middle.Inner.Core.Kernel, repeated=True)

        inner: Inner | None = _pb.message(1, lambda: Outer.Middle.Inner)
        depth: Inner.Depth = _pb.enum(2, lambda: Outer.Middle.Inner.Depth)
        sibling: Outer.Sibling | None = _pb.message(3, lambda: Outer.Sibling)

    class Sibling(_pb.Message):
        middle: Outer.Middle | None = _pb.message(1, lambda: Outer.Middle)

    middle: Middle | None = _pb.message(1, lambda: Outer.Middle)
    kernel: Middle.Inner.Core.Kernel | None = _pb.message(2, lambda: Outer.Middle.Inner.Core.Kernel)
    self: Outer | None = _pb.message(3, lambda: Outer)


class Hen(_pb.Message):
    """Two messages that hold each other."""

    eggs: list[Egg] = _pb.message(1, lambda: Egg, repeated=True)


class Egg(_pb.Message):
    hen: Hen | None = _pb.message(1, lambda: Hen)


class Tree(_pb.Message):
    branches: dict[str, Tree] = _pb.map(1, "string", "message", lambda: Tree)


class Nothing(_pb.Message):
    pass


class Same(_pb.Message):
    """A nested message with the name of the one around it."""

    class Same(_pb.Message):
        inner: Same.Same | None = _pb.message(1, lambda: Same.Same)
        outer: Same | None = _pb.message(2, lambda: Same)

    inner: _Same.Same | None = _pb.message(1, lambda: Same.Same)
    outer: _Same | None = _pb.message(2, lambda: Same)


_Same = Same
_pb.file("nested.proto", "golden.nested", b"\n\x0cnested.proto\x12\rgolden.nested\"\xf1\x07\n\x05Outer\x123\n\x06middle\x18\x01 \x01(\x0b2\x1b.golden.nested.Outer.MiddleR\x06middle\x12E\n\x06kernel\x18\x02 \x01(\x0b2-.golden.nested.Outer.Middle.Inner.Core.KernelR\x06kernel\x12(\n\x04self\x18\x03 \x01(\x0b2\x14.golden.nested.OuterR\x04self\x1a\x81\x06\n\x06Middle\x127\n\x05inner\x18\x01 \x01(\x0b2!.golden.nested.Outer.Middle.InnerR\x05inner\x12=\n\x05depth\x18\x02 \x01(\x0e2'.golden.nested.Outer.Middle.Inner.DepthR\x05depth\x126\n\x07sibling\x18\x03 \x01(\x0b2\x1c.golden.nested.Outer.SiblingR\x07sibling\x1a\xc6\x04\n\x05Inner\x12:\n\x04core\x18\x01 \x01(\x0b2&.golden.nested.Outer.Middle.Inner.CoreR\x04core\x12G\n\x07kernels\x18\x02 \x03(\x0b2-.golden.nested.Outer.Middle.Inner.Core.KernelR\x07kernels\x1a\x8a\x03\n\x04Core\x12E\n\x06kernel\x18\x01 \x01(\x0b2-.golden.nested.Outer.Middle.Inner.Core.KernelR\x06kernel\x12=\n\x05depth\x18\x02 \x01(\x0e2'.golden.nested.Outer.Middle.Inner.DepthR\x05depth\x1a\xfb\x01\n\x06Kernel\x122\n\toutermost\x18\x01 \x01(\x0b2\x14.golden.nested.OuterR\toutermost\x12C\n\x05again\x18\x02 \x01(\x0b2-.golden.nested.Outer.Middle.Inner.Core.KernelR\x05again\x12D\n\tenclosing\x18\x03 \x01(\x0b2&.golden.nested.Outer.Middle.Inner.CoreR\tenclosing\x122\n\x05uncle\x18\x04 \x01(\x0b2\x1c.golden.nested.Outer.SiblingR\x05uncle\"+\n\x05Depth\x12\x11\n\rDEPTH_UNKNOWN\x10\x00\x12\x0f\n\x0bDEPTH_THREE\x10\x03\x1a>\n\x07Sibling\x123\n\x06middle\x18\x01 \x01(\x0b2\x1b.golden.nested.Outer.MiddleR\x06middle\"-\n\x03Hen\x12&\n\x04eggs\x18\x01 \x03(\x0b2\x12.golden.nested.EggR\x04eggs\"+\n\x03Egg\x12$\n\x03hen\x18\x01 \x01(\x0b2\x12.golden.nested.HenR\x03hen\"\x97\x01\n\x04Tree\x12=\n\x08branches\x18\x01 \x03(\x0b2!.golden.nested.Tree.BranchesEntryR\x08branches\x1aP\n\rBranchesEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12)\n\x05value\x18\x02 \x01(\x0b2\x13.golden.nested.TreeR\x05value:\x028\x01\"\t\n\x07Nothing\"\xc4\x01\n\x04Same\x12.\n\x05inner\x18\x01 \x01(\x0b2\x18.golden.nested.Same.SameR\x05inner\x12)\n\x05outer\x18\x02 \x01(\x0b2\x13.golden.nested.SameR\x05outer\x1aa\n\x04Same\x12.\n\x05inner\x18\x01 \x01(\x0b2\x18.golden.nested.Same.SameR\x05inner\x12)\n\x05outer\x18\x02 \x01(\x0b2\x13.golden.nested.SameR\x05outerb\x06proto3", __name__)
