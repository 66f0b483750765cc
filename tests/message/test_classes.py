"""What the metaclass makes of field lines, and of mistakes in them."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from samples import Color, Outer, Tree

from minirpc.codegen import messages_v1 as pb
from minirpc.message import registry


def test_two_fields_with_one_number() -> None:
    with pytest.raises(TypeError, match=r"^Bad\.b and Bad\.a share number 1$"):

        class Bad(pb.Message):
            a: int = pb.int32(1)
            b: int = pb.int32(1)


def test_one_line_for_two_fields() -> None:
    line: Any = pb.int32(1)
    with pytest.raises(TypeError, match=r"^Bad\.b and Bad\.a share one field line$"):

        class Bad(pb.Message):
            a: int = line
            b: int = line


def test_subclasses_cannot_add_fields() -> None:
    with pytest.raises(TypeError, match=r"^Branch cannot add fields to the message Tree$"):

        class Branch(Tree):
            leaves: int = pb.int32(100)


@pytest.mark.parametrize("number", [0, -1, 1 << 29])
def test_field_numbers_have_a_range(number: int) -> None:
    with pytest.raises(ValueError, match=rf"^field number {number} is not between 1 and 2\*\*29 - 1$"):
        pb.int32(number)


def test_contradictory_lines() -> None:
    for arguments in (
        {"optional": True, "repeated": True},
        {"repeated": True, "oneof": "x"},
        {"optional": True, "oneof": "x"},
    ):
        with pytest.raises(
            TypeError, match=r"^a field is at most one of repeated, optional, required, and a member of a oneof$"
        ):
            pb.int32(1, **arguments)


@pytest.mark.parametrize("key", ["double", "float", "bytes", "message", "enum", "group"])
def test_key_types_of_maps(key: str) -> None:
    with pytest.raises(TypeError, match=rf"^{key} is not a key type of maps$"):
        pb.map(1, key, "int32")


def test_value_types_of_maps() -> None:
    with pytest.raises(TypeError, match=r"^a map with values of type message takes a class$"):
        pb.map(1, "string", "message")
    with pytest.raises(TypeError, match=r"^a map with values of type int32 takes no class$"):
        pb.map(1, "string", "int32", lambda: Tree)


def test_hidden_slots_meet_no_field() -> None:
    class Crowded(pb.Message):
        s_x_: str = pb.string(1)
        x: list[int] = pb.int32(2, repeated=True)
        s_x: int = pb.int32(3)
        y: int | None = pb.int32(4, oneof="o")
        s_y: dict[str, str] = pb.map(5, "string", "string")
        s_s_y: int | None = pb.int32(6, oneof="o")

    message = Crowded(s_x_="a", x=[1], s_x=2, s_y={"k": "v"}, s_s_y=3)
    assert (message.s_x_, message.x, message.s_x, message.y, message.s_y, message.s_s_y) == (
        "a",
        [1],
        2,
        None,
        {"k": "v"},
        3,
    )
    message.y = 4
    assert (message.s_s_y, message.s_y, message.x) == (None, {"k": "v"}, [1])
    assert Crowded.from_binary(message.to_binary()) == message


def test_fields_with_names_that_the_library_uses() -> None:
    class Awkward(pb.Message):
        self: int = pb.int32(1)
        args: int = pb.int32(2)
        cls: int = pb.int32(3)
        depth: int = pb.int32(4)
        data: str = pb.string(5)
        d0: int | None = pb.int32(6, oneof="message")
        d1: int | None = pb.int32(7, oneof="message")
        positional: int = pb.int32(8)
        two_members: int = pb.int32(9)
        m: list[int] = pb.int32(10, repeated=True)
        b: dict[int, int] = pb.map(11, "int32", "int32")
        list: int = pb.int32(12)
        bytes: int = pb.int32(13)

    values: dict[str, Any] = {
        "self": 1, "args": 2, "cls": 3, "depth": 4, "data": "x", "d0": 5, "positional": 6, "two_members": 7, "m": [8],
        "b": {9: 9}, "list": 10, "bytes": 11,
    }  # fmt: skip
    message = Awkward(**values)
    assert {name: getattr(message, name) for name in values} == values
    assert Awkward.from_binary(message.to_binary()) == message
    with pytest.raises(TypeError, match="two members of oneof 'message': 'd0' and 'd1'"):
        Awkward(d0=1, d1=2)
    with pytest.raises(TypeError, match="takes no positional arguments"):
        Awkward(1)  # type: ignore[misc]


def test_full_names() -> None:
    class Local(pb.Message, name="Renamed"):
        class Inner(pb.Message):
            pass

    assert Tree.__full_name__() == "Tree"
    assert Outer.Inner.Innermost.__full_name__() == "Outer.Inner.Innermost"
    assert Local.__full_name__() == "Renamed"
    assert registry.full_name(Color) == "Color"

    class Branch(Tree):
        pass

    assert Branch.__full_name__() == "Tree"


def test_names_of_renamed_fields() -> None:
    class Renamed(pb.Message):
        class_: str = pb.string(1, name="class", json_name="theClass")

    (spec,) = Renamed.__fields__
    assert (spec.name, spec.proto_name, spec.json_name) == ("class_", "class", "theClass")
    with pytest.raises(ValueError, match=r"class_: expected str, got int$"):
        Renamed(class_=1).to_binary()  # type: ignore[arg-type]


def test_types_are_asked_for_only_when_needed() -> None:
    class Early(pb.Message):
        late: Late | None = pb.message(1, lambda: Late)
        color: LateColor = pb.enum(2, lambda: LateColor)
        by_name: dict[str, Late] = pb.map(3, "string", "message", lambda: Late)

    class Late(pb.Message):
        early: Early | None = pb.message(1, lambda: Early)

    class LateColor(pb.Enum):
        UNSPECIFIED = 0

    message = Early(late=Late(early=Early()), by_name={"": Late()})
    assert message.color is LateColor.UNSPECIFIED
    assert Early.from_binary(message.to_binary()) == message


# ---- subclasses and constructors


def test_subclasses_with_methods() -> None:
    class Branch(Tree):
        def shout(self) -> str:
            return self.label.upper()

    branch = Branch(label="x", marks=[1])
    assert branch.shout() == "X"
    assert Branch.from_binary(branch.to_binary()) == branch
    assert Tree(child=branch).to_binary() == Tree(child=Tree(label="x", marks=[1])).to_binary()
    wrong: Any = branch
    with pytest.raises(AttributeError):
        wrong.lable = "x"
    with pytest.raises(TypeError, match="unexpected keyword argument 'lable'"):
        Branch(lable="x")  # type: ignore[call-arg]


def test_subclasses_with_a_constructor() -> None:
    class Branch(Tree):
        def __init__(self, label: str, *marks: int) -> None:
            super().__init__(label=label, marks=list(marks))

    branch = Branch("x", 1, 2)
    assert (branch.label, branch.marks) == ("x", [1, 2])
    assert branch.child is None
    assert Branch.from_binary(branch.to_binary()) == branch
    assert Tree(label="y").label == "y"


class Own(pb.Message):
    """With a constructor in the class that declares the fields."""

    value: int = pb.int32(1)

    def __init__(self, value: int) -> None:
        super().__init__()
        self.value = 2 * value


def test_a_constructor_in_the_class_itself_is_kept() -> None:
    own = Own.from_binary(b"\x08\x05")
    assert own.value == 5
    assert pickle.loads(pickle.dumps(own)) == own
    assert pickle.loads(pickle.dumps(own)).value == 5
    assert Own.__init__ is Own.__dict__["__init__"]
    assert Own.__init__.__code__.co_varnames[:2] == ("self", "value")


def test_calling_the_constructor_again_resets() -> None:
    message = Tree.from_binary(b"\x98\x06\x01\x3a\x01\x02")
    Tree.__init__(message, label="x")
    assert message == Tree(label="x")


def test_mixins() -> None:
    class Mixin:
        def double(self) -> int:
            return 2 * self.value  # type: ignore[attr-defined, no-any-return]

    class Mixed(Mixin, pb.Message):
        value: int = pb.int32(1)

    assert Mixed.from_binary(Mixed(value=4).to_binary()).double() == 8
