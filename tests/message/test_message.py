"""Messages as Python objects: construction, attributes, presence, equality, repr."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from samples import (
    Choice,
    Color,
    Empty,
    FarTags,
    Implicit,
    Maps,
    Optional,
    Outer,
    Packed,
    Tree,
    TwoChoices,
    Unpacked,
    Wide,
)

from minirpc.codegen import messages_v1 as pb
from minirpc.errors import DecodeError, EncodeError

# ---- construction


def test_defaults() -> None:
    message = Implicit()
    assert (message.f_double, message.f_int32, message.f_bool, message.f_string, message.f_bytes) == (
        0.0,
        0,
        False,
        "",
        b"",
    )
    assert type(message.f_float) is float
    assert message.f_enum is Color.UNSPECIFIED
    optional = Optional()
    assert {getattr(optional, spec.name) for spec in Optional.__fields__} == {None}
    assert {getattr(Choice(), spec.name) for spec in Choice.__fields__} == {None}


def test_keywords() -> None:
    message = Tree(label="x", child=Tree(), marks=[1], by_name={"a": Tree()}, weight=5)
    assert (message.label, message.marks, message.weight) == ("x", [1], 5)
    assert message.child == Tree()
    assert message.by_name == {"a": Tree()}
    wide = Wide(**{f"a{index:02}": index for index in range(1, 21)})  # type: ignore[arg-type]
    assert [getattr(wide, f"a{index:02}") for index in range(1, 21)] == list(range(1, 21))


def test_containers_are_kept_not_copied() -> None:
    marks = [1]
    message = Tree(marks=marks)
    marks.append(2)
    assert message.marks is marks


def test_unknown_keywords_raise() -> None:
    with pytest.raises(TypeError, match=r"^Tree\(\) got an unexpected keyword argument 'lable'$"):
        Tree(lable="x")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^Empty\(\) got an unexpected keyword argument 'x'$"):
        Empty(x=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 's_marks'"):
        Tree(s_marks=[1])  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument '_unknown'"):
        Tree(_unknown=b"")  # type: ignore[call-arg]


def test_positional_arguments_raise() -> None:
    with pytest.raises(TypeError, match=r"^Tree\(\) takes no positional arguments$"):
        Tree("x")  # type: ignore[misc]


def test_two_members_of_a_oneof_raise() -> None:
    with pytest.raises(TypeError, match=r"^TwoChoices\(\) got two members of oneof 'first': 'a' and 'c'$"):
        TwoChoices(c=TwoChoices(), a=0, alone="x")
    with pytest.raises(TypeError, match=r"^TwoChoices\(\) got two members of oneof 'first': 'a' and 'b'$"):
        TwoChoices(b="", a=0, c=TwoChoices())
    message = TwoChoices(a=1, b=None, c=None, alone="x")
    assert (message.first, message.second) == (("a", 1), ("alone", "x"))


def test_none_for_containers_is_empty() -> None:
    wrong: Any = None
    message = Tree(marks=wrong, by_name=wrong)
    assert (message.marks, message.by_name) == ([], {})
    message.marks.append(1)
    message.marks = wrong
    assert message.marks == []
    assert message == Tree()


# ---- attributes


def test_containers_are_made_at_first_read() -> None:
    message = Tree()
    message.marks.append(1)
    message.by_name["x"] = Tree()
    message.children.append(Tree())
    assert message == Tree(marks=[1], by_name={"x": Tree()}, children=[Tree()])
    assert message.marks is message.marks
    assert Tree().marks is not Tree().marks


def test_misspelt_attributes_raise() -> None:
    message: Any = Tree()
    with pytest.raises(AttributeError):
        message.lable = "x"
    with pytest.raises(AttributeError):
        message.lable  # noqa: B018
    empty: Any = Empty()
    with pytest.raises(AttributeError):
        empty.x = 1


def test_del_unsets() -> None:
    message = Tree(label="x", marks=[1], by_name={"a": Tree()}, weight=5, child=Tree())
    del message.marks, message.by_name, message.weight, message.label, message.child
    assert (message.marks, message.by_name, message.weight) == ([], {}, None)
    assert not message.has_field("child")
    assert message == Tree()
    assert message.to_binary() == b""


def test_descriptors_on_the_class() -> None:
    for cls, name in ((Tree, "marks"), (Tree, "by_name"), (Tree, "weight")):
        attribute = getattr(cls, name)
        assert attribute is getattr(cls, name)
        assert repr(attribute) == f"<field {name}>"


def test_descriptors_refuse_strangers() -> None:
    for name in ("marks", "weight"):
        descriptor = Tree.__dict__[name]
        with pytest.raises(TypeError):
            descriptor.__get__(Implicit(), Implicit)
        with pytest.raises(TypeError):
            descriptor.__set__(Implicit(), None)
        with pytest.raises(TypeError):
            descriptor.__delete__(object())


# ---- oneofs and presence


def test_setting_a_member_clears_its_siblings() -> None:
    message = TwoChoices(a=1, alone="x", plain=5)
    message.b = ""
    assert (message.a, message.b, message.c, message.alone, message.plain) == (None, "", None, "x", 5)
    message.c = TwoChoices()
    assert message.b is None
    message.a = None
    assert message.c == TwoChoices()
    message.c = None
    assert message.first is None


def test_which_oneof_with_match() -> None:
    def describe(message: TwoChoices) -> str:
        match message.first:
            case ("a", number):
                return f"a is {number}"
            case pb.Oneof("b", text):
                return f"b is {text!r}"
            case ("c", inner):
                return f"c holds {describe(inner)}"
            case None:
                return "nothing"
        raise AssertionError

    assert describe(TwoChoices()) == "nothing"
    assert describe(TwoChoices(a=0)) == "a is 0"
    assert describe(TwoChoices(b="")) == "b is ''"
    assert describe(TwoChoices(c=TwoChoices(a=2))) == "c holds a is 2"
    member = TwoChoices(a=0).first
    assert member is not None
    assert (member.name, member.value) == ("a", 0)


def test_has_field() -> None:
    message = TwoChoices(a=0)
    assert message.has_field("a")
    assert not message.has_field("b")
    assert message.has_field("first")
    assert not message.has_field("second")
    assert Optional(f_int32=0).has_field("f_int32")
    assert not Optional().has_field("f_int32")
    assert Tree(child=Tree()).has_field("child")
    assert not Tree.__new__(Tree).has_field("child")


@pytest.mark.parametrize("name", ["label", "marks", "by_name"])
def test_has_field_needs_presence(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^Tree\.{name} has no presence"):
        Tree().has_field(name)


def test_clear_field() -> None:
    message = Tree(label="x", child=Tree(), marks=[1], by_name={"a": Tree()}, weight=3)
    for name in ("label", "child", "marks", "by_name", "load"):
        message.clear_field(name)
    assert message == Tree()
    both = TwoChoices(a=1, alone="x")
    both.clear_field("b")
    assert both.a == 1
    both.clear_field("first")
    assert both == TwoChoices(alone="x")
    colored = Implicit(f_enum=Color.RED)
    colored.clear_field("f_enum")
    assert colored.f_enum is Color.UNSPECIFIED


def test_unknown_field_names_raise() -> None:
    for call in (Tree().has_field, Tree().clear_field):
        with pytest.raises(ValueError, match=r"^Tree has no field 'lable'$"):
            call("lable")


# ---- equality


def test_equality() -> None:
    assert Tree(label="x", marks=[1]) == Tree(label="x", marks=[1])
    assert Tree(label="x") != Tree(label="y")
    assert Tree(child=Tree()) != Tree()
    assert Optional(f_int32=0) != Optional()
    assert Tree(child=Tree(marks=[1])) == Tree(child=Tree(marks=[1]))
    assert Tree(child=Tree(marks=[1])) != Tree(child=Tree(marks=[2]))
    assert Maps(v_message={"a": Implicit(f_int32=1)}) == Maps(v_message={"a": Implicit(f_int32=1)})
    assert Maps(k_int32={1: "", 2: ""}) == Maps(k_int32={2: "", 1: ""})
    assert Implicit(f_enum=Color.BLUE) == Implicit(f_enum=7)  # type: ignore[arg-type]


def test_a_container_that_was_read_is_still_empty() -> None:
    message = Tree()
    assert message.marks == []
    assert message.by_name == {}
    assert message == Tree() == message
    assert message == Tree(marks=[], by_name={}, children=[])
    assert message == Tree.__new__(Tree)


def test_other_classes_are_not_equal() -> None:
    class Branch(Tree):
        pass

    assert Tree() != Branch()
    assert Tree() != Implicit()
    assert Tree() != "Tree()"
    assert Tree().__eq__(5) is NotImplemented
    assert Branch(label="x") == Branch(label="x")


def test_unknown_fields_count() -> None:
    with_unknown = Tree.from_binary(b"\x98\x06\x01")
    assert with_unknown != Tree()
    assert with_unknown == Tree.from_binary(b"\x98\x06\x01")
    assert with_unknown != Tree.from_binary(b"\x98\x06\x02")


def test_nan_is_itself_only_as_in_containers() -> None:
    nan = float("nan")
    assert Implicit(f_double=nan) == Implicit(f_double=nan)
    assert Implicit(f_double=nan) != Implicit(f_double=float("nan"))
    assert Packed(f_double=[nan]) == Packed(f_double=[nan])


def test_messages_cannot_be_hashed() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Tree())
    with pytest.raises(TypeError, match="unhashable"):
        {Tree()}


def test_comparing_cycles_ends() -> None:
    a, b = Tree(), Tree()
    a.child, b.child = b, a
    with pytest.raises(RecursionError):
        assert a == b
    assert a == a


# ---- repr


def test_repr_shows_what_is_set() -> None:
    assert repr(Tree()) == "Tree()"
    assert repr(Tree(label="x", child=Tree(weight=0), marks=[1])) == "Tree(label='x', child=Tree(weight=0), marks=[1])"
    assert repr(Implicit(f_enum=Color.BLUE)) == "Implicit(f_enum=<Color.BLUE: 7>)"
    assert repr(Implicit(f_double=-0.0)) == "Implicit(f_double=-0.0)"
    assert repr(Outer.Inner(deep=Outer.Inner.Innermost())) == "Outer.Inner(deep=Outer.Inner.Innermost())"
    assert repr(Tree.from_binary(b"\x98\x06\x01")) == "Tree(<3 bytes of unknown fields>)"
    assert repr(Tree.__new__(Tree)) == "Tree()"


def test_repr_can_be_evaluated() -> None:
    message = FarTags(one=1, two="2", two_last=[3], four={5: 6}, five=b"", five_last=FarTags(three=["4"]))
    assert eval(repr(message), {"FarTags": FarTags}) == message


def test_repr_of_cycles() -> None:
    tree = Tree(label="x")
    tree.child = tree
    assert repr(tree) == "Tree(label='x', child=Tree(...))"
    tree.child = None
    tree.children = [tree, Tree()]
    assert repr(tree) == "Tree(label='x', children=[Tree(...), Tree()])"
    shared = Tree(label="y")
    assert repr(Tree(children=[shared, shared])) == "Tree(children=[Tree(label='y'), Tree(label='y')])"


def test_repr_of_wrong_values() -> None:
    wrong: Any = object()
    assert repr(Tree(label=wrong, marks=wrong)) == f"Tree(label={wrong!r}, marks={wrong!r})"


# ---- the binary methods


def test_binary_methods() -> None:
    message = Tree(label="x", child=Tree(weight=5))
    data = b"\x0a\x01x\x12\x02\x28\x05"
    assert message.to_binary() == message.SerializeToString() == bytes(message) == data
    assert Tree.from_binary(data) == Tree.FromString(data) == message
    other = Tree(label="y", marks=[1])
    other.merge_from_binary(data)
    assert other == Tree(label="x", marks=[1], child=Tree(weight=5))
    assert Maps(k_int32={2: "", 1: ""}).to_binary(deterministic=True) == Maps(k_int32={1: "", 2: ""}).to_binary()


def test_depth_of_the_binary_methods() -> None:
    data = Tree(child=Tree(child=Tree())).to_binary()
    assert Tree.from_binary(data, max_depth=2) == Tree(child=Tree(child=Tree()))
    with pytest.raises(DecodeError, match=r"^Tree\.child\.child: nested deeper than 1 levels"):
        Tree.from_binary(data, max_depth=1)
    with pytest.raises(DecodeError, match="nested deeper than 0 levels"):
        Tree().merge_from_binary(data, max_depth=0)


def test_binary_errors() -> None:
    with pytest.raises(DecodeError, match=r"^Tree: truncated tag \(at byte 0\)$"):
        Tree.from_binary(b"\x80")
    with pytest.raises(EncodeError, match=r"^Tree\.marks\[0\]: expected int, got str$"):
        Tree(marks=["x"]).to_binary()  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"^expected bytes, bytearray or memoryview, got str$"):
        Tree.from_binary("x")  # type: ignore[arg-type]


def test_many_messages_are_freed() -> None:
    import gc
    import weakref

    class Watched(Tree):
        __slots__ = ("__weakref__",)

    tree = Watched(label="x")
    tree.child = tree
    reference = weakref.ref(tree)
    del tree
    gc.collect()
    assert reference() is None
    message = copy.deepcopy(Unpacked(f_message=[Implicit()]))
    assert gc.is_tracked(message)
