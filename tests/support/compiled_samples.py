"""Message classes to try the compiled engine's handling of objects on."""

from __future__ import annotations

from minirpc.codegen import messages_v1 as pb

__all__ = ["Color", "Leaf", "Node", "sample"]


class Color(pb.Enum):
    NONE = 0
    RED = 1


class Leaf(pb.Message):
    number: int = pb.int32(1)
    text: str = pb.string(2)
    color: Color = pb.enum(3, lambda: Color)


class Node(pb.Message):
    leaf: Leaf | None = pb.message(1, lambda: Leaf)
    children: list[Node] = pb.message(2, lambda: Node, repeated=True)
    by_name: dict[str, Node] = pb.map(3, "string", "message", lambda: Node)
    names: list[str] = pb.string(4, repeated=True)
    colors: list[Color] = pb.enum(5, lambda: Color, repeated=True)
    left: str | None = pb.string(6, oneof="side")
    right: Node | None = pb.message(7, lambda: Node, oneof="side")
    data: bytes = pb.bytes(8)
    numbers: list[int] = pb.int64(9, repeated=True)
    text_of: dict[int, str] = pb.map(10, "int32", "string")


def sample() -> Node:
    leaf = Leaf(number=7, text="Käse", color=Color.RED)
    inner = Node(leaf=leaf, names=["a", "b" * 300], colors=[Color.RED, Color(99)], left="x", numbers=[1, -1, 2**40])
    return Node(
        children=[inner, Node()],
        by_name={"n": Node(right=Node(data=b"\0" * 40)), "": Node()},
        text_of={1: "one", -1: ""},
        names=["a"],
    )
