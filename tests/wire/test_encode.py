"""What encoding writes, and what it refuses, on both engines."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from engines import Engine
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

from minirpc.errors import EncodeError, Error
from minirpc.wire.spec import Kind

INF = math.inf


class Int(int):
    pass


class Float(float):
    pass


class Str(str):
    __slots__ = ()


class Hooked:
    """Every way in which an object can run code when it is taken for a number, a string or a container."""

    def _fail(self, *_: object) -> Any:
        raise AssertionError("encoding ran the code of a value")

    __index__ = __int__ = __float__ = __bool__ = __len__ = __iter__ = __bytes__ = __str__ = __repr__ = __getitem__ = (
        _fail
    )
    __eq__ = __lt__ = _fail
    __hash__ = object.__hash__


def test_nothing_is_written_for_defaults(engine: Engine) -> None:
    for cls in (Empty, Implicit, Optional, Packed, Unpacked, Choice, Maps, Tree, Wide):
        assert engine.encode(cls()) == b""
    zeros = Implicit(f_double=0.0, f_int32=0, f_bool=False, f_string="", f_bytes=b"", f_enum=Color(0))
    assert engine.encode(zeros) == b""
    loose: Any = Implicit(f_double=0, f_bytes=bytearray(), f_string=Str(), f_int32=False, f_enum=0, f_sint32=Int(0))
    assert engine.encode(loose) == b""
    assert engine.encode(Implicit(f_bytes=memoryview(b""))) == b""


def test_presence_writes_defaults(engine: Engine) -> None:
    assert engine.encode(Optional(f_int32=0)) == b"\x28\x00"
    assert engine.encode(Optional(f_string="")) == b"\x4a\x00"
    assert engine.encode(Optional(f_message=Implicit())) == b"\x5a\x00"
    assert engine.encode(Choice(f_bool=False)) == b"\x40\x00"
    assert engine.encode(Choice(f_double=0.0)) == b"\x09" + bytes(8)
    assert engine.encode(Unpacked(f_string=[""], f_int32=[0])) == b"\x28\x00\x4a\x00"
    assert engine.encode(Packed(f_int32=[0, 0])) == b"\x2a\x02\x00\x00"
    assert engine.encode(Maps(k_int32={0: ""})) == b"\x1a\x04\x08\x00\x12\x00"


def test_minus_zero_is_no_default(engine: Engine) -> None:
    assert engine.encode(Implicit(f_double=-0.0)) == b"\x09" + struct.pack("<d", -0.0)
    assert engine.encode(Implicit(f_float=-0.0)) == b"\x15" + struct.pack("<f", -0.0)
    assert math.copysign(1, engine.decode(Implicit, engine.encode(Implicit(f_float=-0.0))).f_float) == -1


def test_a_float_that_rounds_to_zero_is_one(engine: Engine) -> None:
    assert engine.encode(Implicit(f_float=1e-300)) == b""
    assert engine.encode(Implicit(f_float=-1e-300)) == b"\x15\x00\x00\x00\x80"


def test_fields_go_out_in_order_of_their_numbers(engine: Engine) -> None:
    message = Outer(last="l", inner=Outer.Inner(), innermost=[Outer.Inner.Innermost(value=1)])
    assert engine.encode(message) == b"\x0a\x02\x08\x01\x1a\x00\x4a\x01l"
    assert engine.encode(Implicit(f_sint64=1, f_double=1.0))[:1] == b"\x09"


def test_negative_numbers_take_ten_bytes(engine: Engine) -> None:
    assert engine.encode(Implicit(f_int32=-1)) == b"\x28" + b"\xff" * 9 + b"\x01"
    assert engine.encode(Implicit(f_enum=Color.NEGATIVE)) == b"\x70" + b"\xff" * 9 + b"\x01"
    assert engine.encode(Packed(f_int32=[-2])) == b"\x2a\x0a\xfe" + b"\xff" * 8 + b"\x01"
    assert engine.encode(Implicit(f_sint32=-1)) == b"\x88\x01\x01"


@pytest.mark.parametrize("size", [0, 1, 127, 128, 129, 16383, 16384, 16385, 100_000])
def test_lengths_of_every_size(engine: Engine, size: int) -> None:
    inner = Tree(label="x" * size)
    message = Tree(
        child=inner, children=[inner, Tree()], by_name={"k": inner}, load_tree=Tree(child=inner), marks=[0] * size
    )
    data = engine.encode(message)
    assert engine.decode(Tree, data) == message
    # once more: what a first encoding has learnt about lengths must not matter
    assert engine.encode(message) == data
    assert engine.encode(Tree(child=Tree())) == b"\x12\x00"


def test_every_bytes_like_value(engine: Engine) -> None:
    for value in (b"ab", bytearray(b"ab"), memoryview(b"ab"), memoryview(b"axbx")[::2], memoryview(bytearray(b"ab"))):
        data = b"\x62\x02ab"
        assert engine.encode(Implicit(f_bytes=value)) == data  # type: ignore[arg-type]
        assert engine.encode(Optional(f_bytes=value)) == data  # type: ignore[arg-type]
        assert engine.encode(Unpacked(f_bytes=[value])) == data  # type: ignore[list-item]
        assert engine.encode(Maps(v_bytes={"": value})) == b"\xf2\x01\x06\x0a\x00\x12\x02ab"  # type: ignore[dict-item]
    shorts = memoryview(struct.pack("<2H", 1, 2)).cast("H")
    assert engine.encode(Implicit(f_bytes=shorts)) == b"\x62\x04\x01\x00\x02\x00"  # type: ignore[arg-type]


def test_subclasses_of_the_right_types(engine: Engine) -> None:
    assert engine.encode(Implicit(f_int32=Int(5))) == b"\x28\x05"
    assert engine.encode(Implicit(f_int32=True)) == b"\x28\x01"
    assert engine.encode(Implicit(f_int32=Color.BLUE)) == b"\x28\x07"
    assert engine.encode(Implicit(f_double=Float(1.5), f_float=1)) == engine.encode(Implicit(f_double=1.5, f_float=1.0))
    assert engine.encode(Implicit(f_string=Str("x"))) == b"\x4a\x01x"
    assert engine.encode(Packed(f_int32=[Int(1), True, 2])) == b"\x2a\x03\x01\x01\x02"
    assert engine.encode(Packed(f_double=[1, True, 2.0])) == engine.encode(Packed(f_double=[1.0, 1.0, 2.0]))
    numbers: Any = [7, Color.BLUE, Color(99)]
    assert engine.encode(Packed(f_enum=numbers)) == b"\x72\x03\x07\x07\x63"

    class Items(list[int]):
        def __iter__(self) -> Any:
            raise AssertionError("encoding ran the code of a value")

    class Entries(dict[int, str]):
        def items(self) -> Any:
            raise AssertionError("encoding ran the code of a value")

    class Branch(Tree):
        pass

    assert engine.encode(Packed(f_int32=Items([1]))) == b"\x2a\x01\x01"
    assert engine.encode(Unpacked(f_int32=Items([1]))) == b"\x28\x01"
    assert engine.encode(Maps(k_int32=Entries({1: ""}))) == engine.encode(Maps(k_int32={1: ""}))
    assert engine.encode(Branch(child=Branch(label="x"))) == engine.encode(Tree(child=Tree(label="x")))


def test_none_in_a_container_field_is_empty(engine: Engine) -> None:
    message: Any = Unpacked(f_int32=None)
    message.f_string = None
    assert engine.encode(message) == b""
    assert message.f_string == []
    maps: Any = Maps(k_bool=None)
    assert engine.encode(maps) == b""
    assert maps.k_bool == {}


def test_empty_slots_are_unset(engine: Engine) -> None:
    for cls in (Implicit, Optional, Unpacked, Choice, Maps, Tree, Wide):
        assert engine.encode(cls.__new__(cls)) == b""
    message = Tree(label="x", weight=5, marks=[1], child=Tree(label="y"), by_name={"k": Tree(label="z")})
    del message.label, message.weight, message.marks, message.child.label, message.by_name["k"].label
    assert engine.encode(message) == engine.encode(Tree(child=Tree(), by_name={"k": Tree()}))


def test_unknown_fields_go_last(engine: Engine) -> None:
    message = engine.decode(Tree, b"\x98\x06\x01")
    message.marks = [1]
    assert engine.encode(message) == b"\x3a\x01\x02\x98\x06\x01"


def test_deterministic_maps_are_sorted_by_key(engine: Engine) -> None:
    keys: dict[str, list[Any]] = {
        "k_int64": [2**40, -1, 5, -(2**63), 0],
        "k_uint64": [2**63, 1, 2**64 - 1, 0],
        "k_sint32": [3, -3, 2, -2],
        "k_sfixed64": [3, -3, 2**62],
        "k_bool": [True, False],
        "k_string": ["b", "a", "", "ab", "\uffff", "\U00010000"],
        "v_message": ["y", "x"],
    }
    for name, order in keys.items():
        values = {"v_message": Implicit(f_int32=1)}
        ascending, given = ({key: values.get(name, "v") for key in some} for some in (sorted(order), order))
        expected = engine.encode(Maps(**{name: ascending}))  # type: ignore[arg-type]
        assert engine.encode(Maps(**{name: given}), deterministic=True) == expected  # type: ignore[arg-type]
        assert engine.encode(Maps(**{name: given})) != expected  # type: ignore[arg-type]


def test_deterministic_reaches_nested_maps(engine: Engine) -> None:
    a, b = Tree(by_name={"x": Tree(), "y": Tree()}), Tree(by_name={"y": Tree(), "x": Tree()})
    for wrap in (lambda t: Tree(child=t), lambda t: Tree(children=[t]), lambda t: Tree(by_name={"": t})):
        assert engine.encode(wrap(a), deterministic=True) == engine.encode(wrap(b), deterministic=True)
        assert engine.encode(wrap(a)) != engine.encode(wrap(b))


# ---- errors

_RANGES = {
    Kind.INT32: (-(2**31), 2**31 - 1),
    Kind.SINT32: (-(2**31), 2**31 - 1),
    Kind.SFIXED32: (-(2**31), 2**31 - 1),
    Kind.ENUM: (-(2**31), 2**31 - 1),
    Kind.UINT32: (0, 2**32 - 1),
    Kind.FIXED32: (0, 2**32 - 1),
    Kind.INT64: (-(2**63), 2**63 - 1),
    Kind.SINT64: (-(2**63), 2**63 - 1),
    Kind.SFIXED64: (-(2**63), 2**63 - 1),
    Kind.UINT64: (0, 2**64 - 1),
    Kind.FIXED64: (0, 2**64 - 1),
}


def every_place(kind: Kind, value: Any) -> list[tuple[Any, str]]:
    """Messages with the value in each kind of place where a field of this kind can be, and the paths to it."""
    name = f"f_{kind.name.lower()}"
    places: list[tuple[Any, str]] = [
        (cls(**{name: value}), f"{cls.__name__}.{name}") for cls in (Implicit, Optional, Choice) if hasattr(cls, name)
    ]
    for cls in (Packed, Unpacked):
        if hasattr(cls, name):
            good = (
                next(spec for spec in Implicit.__fields__ if spec.name == name).default
                if hasattr(Implicit, name)
                else Implicit()
            )
            places.append((cls(**{name: [good, value]}), f"{cls.__name__}.{name}[1]"))
    if hasattr(Maps, f"v_{kind.name.lower()}"):
        places.append((Maps(**{f"v_{kind.name.lower()}": {"k": value}}), f'Maps.v_{kind.name.lower()}["k"]'))
    return places


@pytest.mark.parametrize("kind", _RANGES)
def test_integer_ranges(engine: Engine, kind: Kind) -> None:
    low, high = _RANGES[kind]
    for value in (low, high, Int(low), Int(high)):
        for message, _ in every_place(kind, value):
            assert engine.decode(type(message), engine.encode(message)) == message
    for value in (low - 1, high + 1, 2**64, -(2**63) - 1, 2**100, Int(high + 1)):
        for message, path in every_place(kind, value):
            assert engine.misfit(message) == (f"{int(value)} is out of range for {kind.name.lower()}", path)
    for message, path in every_place(kind, 2**1000):
        assert engine.misfit(message) == (f"an int of 1001 bits is out of range for {kind.name.lower()}", path)


_KINDS = [kind for kind in Kind if kind is not Kind.GROUP]
_EXPECTED = {
    Kind.DOUBLE: "float",
    Kind.FLOAT: "float",
    Kind.BOOL: "bool",
    Kind.STRING: "str",
    Kind.BYTES: "bytes",
    Kind.MESSAGE: "Implicit",
}
_WRONG: dict[str, Any] = {
    "str": "x", "int": 1, "float": 1.5, "bytes": b"x", "list": [1], "object": object(), "NoneType": None,
    "Hooked": Hooked(), "Tree": Tree(), "complex": 1j, "tuple": (),
}  # fmt: skip
_FITS = {
    "float": {"float", "int"},
    "int": {"int"},
    "str": {"str"},
    "bytes": {"bytes"},
    "bool": set(),
    "Implicit": set(),
}


@pytest.mark.parametrize("kind", _KINDS)
def test_wrong_types(engine: Engine, kind: Kind) -> None:
    expected = _EXPECTED.get(kind, "int")
    for got, value in _WRONG.items():
        if got in _FITS[expected]:
            continue
        for message, path in every_place(kind, value):
            if value is None and type(message) in (Optional, Choice):
                continue  # unset
            assert engine.misfit(message) == (f"expected {expected}, got {got}", path)


def test_what_an_object_says_of_itself_does_not_count(engine: Engine) -> None:
    class Liar:
        __class__ = int  # type: ignore[assignment]

    wrong: Any = Liar()
    assert engine.misfit(Implicit(f_int32=wrong)) == ("expected int, got Liar", "Implicit.f_int32")
    assert engine.misfit(Packed(f_int32=[wrong])) == ("expected int, got Liar", "Packed.f_int32[0]")


def test_containers_of_wrong_types(engine: Engine) -> None:
    wrong: Any
    for wrong, got in (
        (5, "int"),
        ("ab", "str"),
        ((1,), "tuple"),
        ({}, "dict"),
        (Hooked(), "Hooked"),
        (range(2), "range"),
    ):
        assert engine.misfit(Packed(f_int32=wrong)) == (f"expected list, got {got}", "Packed.f_int32")
        assert engine.misfit(Unpacked(f_string=wrong)) == (f"expected list, got {got}", "Unpacked.f_string")
        assert engine.misfit(Tree(children=wrong)) == (f"expected list, got {got}", "Tree.children")
    for wrong, got in ((5, "int"), ([], "list"), (Hooked(), "Hooked")):
        for deterministic in (False, True):
            path = "Maps.k_string"
            assert engine.misfit(Maps(k_string=wrong), deterministic) == (f"expected dict, got {got}", path)


@pytest.mark.parametrize("text", ["\ud800", "\udfff", "ab\udc80", "\U0001f600\ud83d"])
def test_lone_surrogates(engine: Engine, text: str) -> None:
    index = len(text) - 1
    reason = f"the character at index {index} is a lone surrogate, which UTF-8 cannot carry"
    for value in (text, Str(text)):
        for message, path in every_place(Kind.STRING, value):
            assert engine.misfit(message) == (reason, path)
    assert engine.misfit(Maps(k_string={text: "v"})) == (reason, "Maps.k_string.key")


def test_float_ranges(engine: Engine) -> None:
    largest = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]
    just_in, just_out = float.fromhex("0x1.fffffefffffffp+127"), float.fromhex("0x1.ffffffp+127")
    for sign in (1, -1):
        for message, _ in every_place(Kind.FLOAT, sign * just_in):
            read = engine.decode(type(message), engine.encode(message))
            assert repr(sign * largest) in repr(read)
        for value in (just_out, 1e39, 1.7e308):
            for message, path in every_place(Kind.FLOAT, sign * value):
                assert engine.misfit(message) == (f"{sign * value!r} is out of range for float", path)
    for value in (INF, -INF):
        for message, _ in every_place(Kind.FLOAT, value):
            assert engine.decode(type(message), engine.encode(message)) == message


def test_integers_in_float_fields(engine: Engine) -> None:
    assert engine.decode(Implicit, engine.encode(Implicit(f_double=2**70, f_float=-3))) == Implicit(
        f_double=2.0**70, f_float=-3.0
    )
    for message, path in every_place(Kind.FLOAT, 2**128):
        assert engine.misfit(message) == (f"{2.0**128!r} is out of range for float", path)
    for kind in (Kind.FLOAT, Kind.DOUBLE):
        for message, path in every_place(kind, -(2**1024)):
            assert engine.misfit(message) == (f"an int of 1025 bits is out of range for {kind.name.lower()}", path)


def test_map_keys(engine: Engine) -> None:
    cases: list[tuple[Any, str, str]] = [
        (Maps(k_int32={2**31: ""}), "2147483648 is out of range for int32", "Maps.k_int32.key"),
        (Maps(k_uint64={1: "", -1: ""}), "-1 is out of range for uint64", "Maps.k_uint64.key"),
        (Maps(k_bool={1: ""}), "expected bool, got int", "Maps.k_bool.key"),
        (Maps(k_string={1: ""}), "expected str, got int", "Maps.k_string.key"),  # type: ignore[dict-item]
        (Maps(k_string={None: ""}), "expected str, got NoneType", "Maps.k_string.key"),  # type: ignore[dict-item]
        (Maps(k_int64={"a": ""}), "expected int, got str", "Maps.k_int64.key"),  # type: ignore[dict-item]
        (Maps(k_int64={1: ""}, k_int32={1: 5}), "expected str, got int", "Maps.k_int32[1]"),  # type: ignore[dict-item]
        (Maps(k_bool={True: 5}), "expected str, got int", "Maps.k_bool[true]"),  # type: ignore[dict-item]
        (Maps(k_string={'a"\\b': 5}), "expected str, got int", 'Maps.k_string["a\\"\\\\b"]'),  # type: ignore[dict-item]
    ]
    for message, reason, path in cases:
        for deterministic in (False, True):
            assert engine.misfit(message, deterministic) == (reason, path)


def test_keys_that_cannot_be_ordered(engine: Engine) -> None:
    mixed: Any = {"a": "", 1: ""}
    assert engine.misfit(Maps(k_string=mixed), deterministic=True) == ("expected str, got int", "Maps.k_string.key")


def test_the_first_fault_by_number_is_told(engine: Engine) -> None:
    wrong: Any = object()
    message = Tree(marks=[wrong], children=[Tree(), Tree(label=wrong)])
    assert engine.misfit(message) == ("expected str, got object", "Tree.children[1].label")
    message = Tree(by_name={"k": Tree(children=[Tree(marks=[1, 2**31])])})
    assert engine.misfit(message) == ("2147483648 is out of range for sint32", 'Tree.by_name["k"].children[0].marks[1]')
    assert engine.misfit(TwoChoices(c=TwoChoices(b=wrong))) == ("expected str, got object", "TwoChoices.c.b")
    assert engine.misfit(FarTags(five_last=FarTags(four={1: wrong}))) == (
        "expected int, got object",
        "FarTags.five_last.four[1]",
    )


def test_the_error_reads_well(engine: Engine) -> None:
    with pytest.raises(EncodeError, match=r'^Maps\.v_int32\["x"\]: expected int, got str$') as caught:
        engine.encode(Maps(v_int32={"x": "y"}))  # type: ignore[dict-item]
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, Error)


WRAPS: dict[str, Any] = {
    "message": (lambda tree: Tree(child=tree), ".child"),
    "repeated": (lambda tree: Tree(children=[tree]), ".children[0]"),
    "oneof": (lambda tree: Tree(load_tree=tree), ".load_tree"),
    "map": (lambda tree: Tree(by_name={"": tree}), '.by_name[""]'),
}


@pytest.mark.parametrize(("wrap", "step"), WRAPS.values(), ids=WRAPS)
def test_nesting_is_limited_to_what_can_be_read(engine: Engine, wrap: Any, step: str) -> None:
    tree = Tree(label="innermost")
    for _ in range(100):
        tree = wrap(tree)
    assert engine.decode(Tree, engine.encode(tree)) == tree
    assert engine.misfit(wrap(tree)) == ("nested deeper than 100 levels", "Tree" + step * 101)


def test_a_message_that_holds_itself(engine: Engine) -> None:
    tree = Tree()
    tree.child = tree
    assert engine.misfit(tree) == ("nested deeper than 100 levels", "Tree" + ".child" * 101)
    tree = Tree()
    tree.children = [tree, tree, tree]
    assert engine.misfit(tree)[0] == "nested deeper than 100 levels"
    del tree.label
    assert engine.misfit(tree)[0] == "nested deeper than 100 levels"


def test_encoding_leaves_the_message_as_it_was(engine: Engine) -> None:
    message: Any = Packed(f_int32=[True, Int(2)], f_double=[1])
    engine.encode(message)
    assert [type(value) for value in message.f_int32] == [bool, Int]
    assert type(message.f_double[0]) is int
