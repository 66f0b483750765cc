"""Messages as Python objects, in the compiled engine: construction, attributes, copies."""

from __future__ import annotations

import copy
import gc
import sys
import weakref
from typing import Any

import pytest
from compiled_samples import Leaf, Node, sample

from minirpc import wire
from minirpc.codegen import messages_v1 as pb

pytestmark = pytest.mark.skipif(wire.IMPLEMENTATION != "compiled", reason="the pure engine runs")


# ---- construction


def test_classes_with_a_say_in_construction_are_asked() -> None:
    class Counting(Node):
        made = 0

        def __init__(self, **fields: Any) -> None:
            type(self).made += 1
            super().__init__(**fields)

    class Fresh(Leaf):
        def __new__(cls, **fields: Any) -> Fresh:
            self = super().__new__(cls)
            self.note = "new"
            return self

        __slots__ = ("note",)

    class OwnInit(pb.Message):
        number: int = pb.int32(1)

        def __init__(self, number: int = 5) -> None:
            wire.init(self, number=number + 1)

    assert Counting(left="x").left == "x"
    assert Counting.made == 1
    assert (Fresh(number=3).number, Fresh().note) == (3, "new")
    assert (OwnInit().number, OwnInit(7).number) == (6, 8)


def test_a_metaclass_with_a_say_in_construction_is_asked() -> None:
    class Meta(type(pb.Message)):  # type: ignore[misc]
        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            return "made by the metaclass"

    class Odd(pb.Message, metaclass=Meta):
        number: int = pb.int32(1)

    assert Odd(number=3) == "made by the metaclass"
    assert Leaf(number=3).number == 3


def test_keywords_are_found_by_value() -> None:
    class Text(str):
        __slots__ = ()

    for name in ["".join(["num", "ber"]), Text("number")]:
        assert Leaf(**{name: 3}).number == 3
    assert Leaf(number=3, text="t") == Leaf(text="t", number=3)
    with pytest.raises(TypeError, match=r"^Leaf\(\) got an unexpected keyword argument 'n\\x00'$"):
        Leaf(**{"n\0": 3})


def test_a_class_with_many_fields() -> None:
    body: dict[str, Any] = {f"field_{i}": pb.int32(7 * i + 1) for i in range(600)}
    many = type(pb.Message)("Many", (pb.Message,), body)
    values = {f"field_{i}": i for i in range(600)}
    message = many(**values)
    assert many.from_binary(message.to_binary()) == message
    assert message.field_599 == 599


def test_init_sets_every_field_anew() -> None:
    message = Node.from_binary(sample().to_binary() + b"\x7a\x01a")
    message.__init__(left="x")  # type: ignore[misc]
    assert message == Node(left="x")


def test_a_message_without_values_is_an_empty_one() -> None:
    bare = Node.__new__(Node)
    assert bare.to_binary() == b""
    assert bare == Node()
    assert Node() == copy.deepcopy(bare) == copy.copy(bare)
    assert (bare.names, bare.text_of, bare.left, bare.right) == ([], {}, None, None)
    leaf = Leaf.__new__(Leaf)
    assert leaf == Leaf()
    leaf.merge_from_binary(b"\x08\x01")
    assert leaf == Leaf(number=1)


# ---- attributes


def test_descriptors_refuse_what_is_not_theirs() -> None:
    for name in ("names", "left"):
        descriptor = Node.__dict__[name]
        assert getattr(Node, name) is descriptor
        assert repr(descriptor) == f"<field {name}>"
        for stranger in (3, Leaf()):
            with pytest.raises(TypeError, match=f"^'{name}' is no field of {type(stranger).__name__}$"):
                descriptor.__get__(stranger, type(stranger))
            with pytest.raises(TypeError):
                descriptor.__set__(stranger, None)
            with pytest.raises(TypeError):
                descriptor.__delete__(stranger)


def test_descriptors_are_made_above_slots_only() -> None:
    with pytest.raises(TypeError, match="is no slot"):
        wire.ContainerSlot(property(), Node.__fields__[0])
    with pytest.raises(TypeError, match="is no slot of Node"):
        wire.OneofSlot(Node.__dict__["data"], Node.__fields__[0], [Leaf.__dict__["text"]])


def test_plans_refuse_messages_of_another_class() -> None:
    plan: Any = Node.__plan__
    with pytest.raises(TypeError, match=r"^expected .*Node, got .*Leaf$"):
        plan.encode(Leaf())
    with pytest.raises(TypeError):
        plan.decode_into(Leaf(), b"")
    for stranger in (Leaf, int, 3):
        with pytest.raises(TypeError):
            plan.decode(stranger, b"")
    with pytest.raises(TypeError):
        type(plan)()


def test_a_plan_on_the_wrong_class_is_noticed() -> None:
    class Confused(Leaf):
        __plan__ = Node.__plan__

    with pytest.raises(TypeError, match=r"^the plan of Confused is for another class$"):
        Confused()
    for function in (wire.equal, wire.copy, wire.deepcopy):
        with pytest.raises(TypeError):
            function(*[3, 4][: 2 if function is wire.equal else 1])


# ---- copies


def test_sharing_survives_a_deep_copy() -> None:
    leaf, names = Leaf(number=1), ["a"]
    node = Node(children=[Node(leaf=leaf, names=names), Node(leaf=leaf, names=names)], leaf=leaf)
    node.by_name = {"first": node.children[0]}
    twin = copy.deepcopy(node)
    first, second = twin.children
    assert twin.leaf is first.leaf is second.leaf is not leaf
    assert first.names is second.names is not names
    assert twin.by_name["first"] is first
    pair = copy.deepcopy([node, node.children])
    assert pair[0].children is pair[1]


def test_subclasses_with_attributes_of_their_own_are_copied() -> None:
    class Noted(Node):
        __slots__ = ("__dict__", "__weakref__")
        __deepcopy__ = wire.deepcopy  # still the library's, found on another class

    noted: Any = Noted(names=["a"], children=[Noted(left="in")])  # type: ignore[list-item]
    noted.notes = ["n"]
    noted.children[0].notes = ["inner"]
    shallow, deep = copy.copy(noted), copy.deepcopy(noted)
    assert type(shallow) is type(deep) is Noted
    assert shallow.notes is noted.notes
    assert deep.notes == ["n"]
    assert deep.notes is not noted.notes
    assert deep.children[0].notes == ["inner"]
    assert type(Noted.from_binary(noted.to_binary())) is Noted
    assert Noted.from_binary(noted.to_binary()).children == [Node(left="in")]


def test_subclasses_that_copy_or_compare_themselves_are_asked() -> None:
    class Unique(pb.Message):
        number: int = pb.int32(1)

        def __eq__(self, other: object) -> bool:
            return self is other

        __hash__ = None  # type: ignore[assignment]

        def __deepcopy__(self, memo: object) -> Unique:
            return self

    class Holder(pb.Message):
        one: Unique | None = pb.message(1, lambda: Unique)
        many: list[Unique] = pb.message(2, lambda: Unique, repeated=True)

    holder = Holder(one=Unique(), many=[Unique()])
    decoded = Holder.from_binary(holder.to_binary())
    assert decoded.one != holder.one
    assert decoded != holder
    assert decoded != Holder.from_binary(holder.to_binary())
    twin = copy.deepcopy(holder)
    assert twin.one is holder.one
    assert twin.many[0] is holder.many[0]


# ---- destruction


def _chain(length: int) -> Node:
    message = Node()
    for _ in range(length):
        message = Node(right=message)
    return message


def test_messages_nested_however_deep_are_destroyed() -> None:
    last = Leaf(text="x" * 99)
    for length in (1, 39, 40, 41, 100, 100_000):
        before = sys.getrefcount(last)
        chain = _chain(length)
        middle = chain
        while middle.right is not None:
            middle = middle.right
        middle.leaf = last
        del middle, chain
        assert sys.getrefcount(last) == before


def test_what_messages_hold_is_released_with_them() -> None:
    class Held:
        pass

    none = sys.getrefcount(None)
    for cls in (Leaf, Node, type("Derived", (Node,), {"__slots__": ("more", "__weakref__")})):
        held = Held()
        for _ in range(1_000):
            message: Any = cls()
            setattr(message, "text" if cls is Leaf else "data", held)
        del message
        gc.collect()
        assert sys.getrefcount(held) == 2
    assert abs(sys.getrefcount(None) - none) < 500


def test_finalizers_run_once_and_may_keep_the_message() -> None:
    class Kept(pb.Message):
        text: str = pb.string(1)
        child: Kept | None = pb.message(2, lambda: Kept)

        def __del__(self) -> None:
            kept.append(self)

    class Derived(Kept):
        __slots__ = ("__dict__",)

    kept: list[Kept] = []
    for cls in (Kept, Derived):
        message: Kept | None = cls(text="a", child=cls(text="b"))
        del message
        assert [(one.text, type(one)) for one in kept] == [("a", cls)]
        assert kept[0].to_binary() == cls(text="a", child=Kept(text="b")).to_binary()
        kept.clear()
        gc.collect()
        kept.clear()


def test_weak_references_to_derived_messages() -> None:
    class Derived(Node):
        __slots__ = ("__weakref__", "note")

    message = Derived(names=["a"])
    message.note = "x"
    reference = weakref.ref(message)
    assert reference() is message
    del message
    assert reference() is None


def test_messages_in_cycles_are_found() -> None:
    class Seen:
        def __del__(self) -> None:
            seen.append(1)

    seen: list[int] = []
    node = Node()
    node.children.append(node)
    node.data = Seen()  # type: ignore[assignment]
    del node
    gc.collect()
    assert seen == [1]


# ---- keywords


def test_calls_of_one_class_with_different_keywords_take_turns() -> None:
    misspelt: dict[str, Any] = {"number": 1, "txet": "a"}
    for _ in range(3):
        assert Leaf(number=1, text="a") == Leaf(text="a", number=1)
        assert Leaf(text="b").text == Leaf(text="b", number=0).text == "b"
        with pytest.raises(TypeError, match="unexpected keyword argument 'txet'"):
            Leaf(**misspelt)
        with pytest.raises(TypeError, match="unexpected keyword argument"):
            Leaf(**{f"a{number}": 1 for number in range(20)})


def test_a_message_made_while_another_one_is() -> None:
    class Odd:
        """A value whose type, when asked, makes a message of the same class with other keywords."""

        @property
        def __class__(self) -> Any:
            Node(data=b"inner", left="l")
            return object

        @__class__.setter
        def __class__(self, cls: Any) -> None: ...

    odd = Odd()
    for _ in range(3):
        message = Node(numbers=odd, data=b"outer", names=["n"])  # type: ignore[arg-type]
        assert (message.data, message.names, message.left) == (b"outer", ["n"], None)
