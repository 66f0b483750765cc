"""Repeated numbers: arrays that behave like lists, the same on both engines."""

# ruff: noqa: PLW0108, RUF005, SIM300  (the calls and operators are what is tested)

from __future__ import annotations

import contextlib
import copy
import io
import json
import math
import operator
import pickle
import struct
import sys
import weakref
from array import array
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from engines import ENGINES, Engine
from samples import Packed, Unpacked

from minirpc.errors import EncodeError
from minirpc.numbers import Numbers

# for each field: its type code, numbers that it can hold, and one that it cannot
FIELDS: dict[str, tuple[str, list[Any], Any]] = {
    "f_double": ("d", [0.1, -0.0, math.inf, 5e-324], "1"),
    "f_float": ("f", [0.5, -0.0, -math.inf, 2.0**-149], "1"),
    "f_int32": ("i", [0, 1, -1, 300, -(1 << 31), (1 << 31) - 1], 1 << 31),
    "f_sint32": ("i", [0, 1, -1, 300, -(1 << 31), (1 << 31) - 1], 1 << 31),
    "f_sfixed32": ("i", [0, 1, -1, -(1 << 31), (1 << 31) - 1], 1 << 31),
    "f_uint32": ("I", [0, 127, 128, (1 << 32) - 1], -1),
    "f_fixed32": ("I", [0, 127, 128, (1 << 32) - 1], 1 << 32),
    "f_int64": ("q", [0, 1, -1, -(1 << 63), (1 << 63) - 1], 1 << 63),
    "f_sint64": ("q", [0, 1, -1, -(1 << 63), (1 << 63) - 1], 1 << 63),
    "f_sfixed64": ("q", [0, -1, -(1 << 63), (1 << 63) - 1], 1 << 63),
    "f_uint64": ("Q", [0, 1, 1 << 40, (1 << 64) - 1], -1),
    "f_fixed64": ("Q", [0, 1, 1 << 40, (1 << 64) - 1], 1 << 64),
}


@pytest.fixture(params=[*(engine.name for engine in ENGINES), "compiled without layout"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each engine in turn; the compiled one also as on a CPython whose arrays' layout it does not know."""
    if request.param in [engine.name for engine in ENGINES]:
        yield next(engine for engine in ENGINES if engine.name == request.param)
        return
    codec = pytest.importorskip("minirpc._codec")
    before = codec.use_layout(False)
    try:
        yield ENGINES[-1]
    finally:
        codec.use_layout(before)


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("cls", [Packed, Unpacked])
def test_they_are_decoded_as_arrays_and_written_as_lists_are(engine: Engine, cls: Any, name: str) -> None:
    code, values, _ = FIELDS[name]
    data = engine.encode(cls(**{name: values * 100}))
    numbers = getattr(engine.decode(cls, data), name)
    assert (type(numbers), numbers.typecode) == (Numbers, code)
    assert repr(numbers) == repr(values * 100)
    assert engine.encode(cls(**{name: numbers})) == data
    # both forms may stand on the wire one after the other
    other = engine.encode({Packed: Unpacked, Unpacked: Packed}[cls](**{name: values}))
    assert getattr(engine.decode(cls, data + other + data), name) == values * 201


@pytest.mark.parametrize("name", FIELDS)
def test_an_unset_field_takes_only_what_it_can_hold(name: str) -> None:
    _, values, unfit = FIELDS[name]
    message: Any = Packed()
    field = getattr(message, name)
    assert type(field) is Numbers
    assert field == []
    assert message == Packed()
    field.extend(values)
    for refuse in (lambda: field.append(unfit), lambda: field.extend([1, unfit]), lambda: field.insert(0, unfit)):
        with pytest.raises((TypeError, OverflowError)):
            refuse()
    with pytest.raises((TypeError, OverflowError)):
        field[0] = unfit
    assert getattr(message, name) == values
    assert message == Packed(**{name: values})


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.append(7),
        lambda x: x.extend([7, 8]),
        lambda x: x.extend(iter(x[:2])),
        lambda x: x.extend(b"ab"),
        lambda x: x.insert(1, 9),
        lambda x: x.insert(-1, 9),
        lambda x: x.remove(2),
        lambda x: x.remove(99),
        lambda x: x.pop(),
        lambda x: x.pop(0),
        lambda x: x.pop(99),
        lambda x: x.clear(),
        lambda x: x.reverse(),
        lambda x: x.sort(),
        lambda x: x.sort(key=lambda value: -value),
        lambda x: x.sort(reverse=True),
        lambda x: x.index(2),
        lambda x: x.index(99),
        lambda x: x.count(2),
        lambda x: x.copy(),
        lambda x: copy.deepcopy(x),
        lambda x: pickle.loads(pickle.dumps(x)),
        lambda x: x[1],
        lambda x: x[-1],
        lambda x: x[99],
        lambda x: x[True],
        lambda x: x[1:3],
        lambda x: x[::-2],
        lambda x: operator.setitem(x, 1, 5),
        lambda x: operator.setitem(x, slice(1, 2), [5, 6, 7]),
        lambda x: operator.setitem(x, slice(0, 2), x),
        lambda x: operator.setitem(x, slice(None, None, 2), [5]),
        lambda x: operator.delitem(x, 0),
        lambda x: operator.delitem(x, slice(1, None)),
        lambda x: operator.iadd(x, [5]),
        lambda x: operator.iadd(x, x),
        lambda x: operator.imul(x, 2),
        lambda x: x + [5],
        lambda x: [5] + x,
        lambda x: x + x,
        lambda x: x + (5,),
        lambda x: x * 2,
        lambda x: 0 * x,
        lambda x: 2 in x,
        lambda x: "2" in x,
        lambda x: [*reversed(x)],
        lambda x: sorted(x),
        lambda x: len(x),
        lambda x: bool(x),
        lambda x: hash(x),
        lambda x: x == [3, 1, 2],
        lambda x: [3, 1, 2] == x,
        lambda x: x == (3, 1, 2),
        lambda x: x != [3, 1, 2],
        lambda x: x != x[:],
        lambda x: x < [3, 1, 3],
        lambda x: [3] <= x,
        lambda x: x > x[:],
        lambda x: x >= [9],
        lambda x: x < 3,
    ],
)
def test_they_do_what_lists_do(call: Callable[[Any], Any]) -> None:
    def played(values: Any) -> Any:
        try:
            result = call(values)
        except Exception as error:
            result = type(error)
        return repr(result), repr(values)

    assert played(Numbers("i", [3, 1, 2])) == played([3, 1, 2])
    assert type(Numbers("i", [3, 1, 2])[1:]) is Numbers


class _Meddler:
    """A number that clears a list when it is asked which."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def __index__(self) -> int:
        self.values.clear()
        return 7

    def __float__(self) -> float:
        return float(self.__index__())


class _MeddlingInt(int):
    values: Any

    def __float__(self) -> float:
        self.values.clear()
        return 7.0


class _MeddlingFile:
    def __init__(self, values: Any) -> None:
        self.values = values
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data
        self.values.clear()


def _meddling(values: Any) -> Any:
    while True:
        values.clear()
        yield 1
        values.extend([2] * 5)
        return


@pytest.mark.parametrize("code", "dfiIqQ")
@pytest.mark.parametrize(
    ("change", "left"),
    [
        (lambda x: operator.setitem(x, 999, _Meddler(x)), IndexError),
        (lambda x: operator.setitem(x, _Meddler(x), 1), IndexError),
        (lambda x: operator.setitem(x, slice(900, 950), [_Meddler(x)]), [7]),
        (lambda x: operator.setitem(x, slice(_Meddler(x), None), [1]), [1]),
        (lambda x: operator.setitem(x, slice(900, 950), _meddling(x)), [2, 2, 2, 2, 2, 1]),
        (lambda x: x.append(_Meddler(x)), [7]),
        (lambda x: x.insert(999, _Meddler(x)), [7]),
        (lambda x: x.insert(_Meddler(x), 1), [1]),
        (lambda x: x.extend([1, _Meddler(x), 2]), [1, 7, 2]),
        (lambda x: x.extend((1, _Meddler(x))), [1, 7]),
        (lambda x: x.extend(_meddling(x)), [2, 2, 2, 2, 2, 1]),
        (lambda x: x.extend(value for value in x if not x.clear()), [5]),
        (lambda x: operator.iadd(x, [_Meddler(x)]), [7]),
        (lambda x: x.fromlist([_Meddler(x)]), [7]),
        (lambda x: x.tofile(_MeddlingFile(x)), []),
        (lambda x: x.sort(key=lambda _: x.clear() or 0), [5] * 1000),
    ],
)
def test_what_changes_them_while_it_is_put_in_does_no_harm(code: str, change: Callable[[Any], Any], left: Any) -> None:
    # as many as do not fit in the memory that they would have after the change
    numbers = Numbers(code, [5] * 1000)
    try:
        change(numbers)
    except IndexError as error:
        assert left is type(error)
        left = []
    assert numbers == left


def test_an_int_of_another_class_does_no_harm_either() -> None:
    for put in (lambda x, i: operator.setitem(x, 999, i), lambda x, i: x.append(i)):
        numbers = Numbers("d", [5] * 1000)
        number = _MeddlingInt(1)
        number.values = numbers
        with contextlib.suppress(IndexError):
            put(numbers, number)
        assert numbers in ([], [7.0])


def test_they_are_made_of_a_list_that_changes_meanwhile() -> None:
    values: list[Any] = [1.0] * 1000
    values[1] = _Meddler(values)
    with pytest.raises(IndexError):
        Numbers("d", values)
    file = io.BytesIO()
    Numbers("i", range(100_000)).tofile(file)
    assert file.getvalue() == Numbers("i", range(100_000)).tobytes()
    with pytest.raises(TypeError):
        Numbers("i").fromlist((1,))  # type: ignore[arg-type]


def test_a_match_and_weak_references() -> None:
    numbers = Numbers("q", [1, 2, 3])
    match numbers:
        case [first, *rest]:
            assert (first, rest) == (1, [2, 3])
    reference = weakref.ref(numbers)
    del numbers
    assert reference() is None


def test_others_read_and_write_them_in_place(engine: Engine) -> None:
    message = engine.decode(Packed, engine.encode(Packed(f_double=[0.5, 1.5], f_int32=[1, -1], f_uint64=[1 << 63])))
    doubles = np.asarray(message.f_double)
    assert doubles.dtype == np.float64
    doubles[0] = 7
    assert message.f_double == [7, 1.5]
    assert np.asarray(message.f_int32).dtype == np.int32
    assert np.asarray(message.f_uint64).dtype == np.uint64
    before = engine.encode(message)
    with memoryview(message.f_int32), pytest.raises(BufferError):
        message.f_int32.append(1)
    with memoryview(message.f_int32), pytest.raises(BufferError):
        engine.merge(message, engine.encode(Packed(f_int32=[5])))
    assert engine.encode(message) == before
    engine.merge(message, engine.encode(Packed(f_int32=[5])))
    assert message.f_int32 == [1, -1, 5]


@pytest.mark.parametrize("by_attribute", [False, True], ids=["constructor", "attribute"])
@pytest.mark.parametrize(
    ("name", "value", "expected", "kind"),
    [
        ("f_double", array("d", [0.1]), [0.1], Numbers),
        ("f_double", np.array([0.1, 0.2]), [0.1, 0.2], Numbers),
        ("f_double", np.arange(6.0)[::2], [0, 2, 4], Numbers),
        ("f_double", np.array([0.5], np.float32), [0.5], list),
        ("f_double", np.array([1, 2]), [1, 2], list),
        ("f_float", np.array([0.1]), [0.1], list),
        ("f_float", memoryview(array("f", [0.5])), [0.5], Numbers),
        ("f_int32", np.array([1, 2], np.int32), [1, 2], Numbers),
        ("f_int32", np.array([1, 2], np.int64), [1, 2], list),
        ("f_int64", array("l", [1, -2]), [1, -2], Numbers),
        ("f_uint64", array("L", [1]), [1], Numbers),
        ("f_sint64", Numbers("q", [1]), [1], Numbers),
        ("f_sint64", Numbers("i", [1]), [1], list),
        ("f_double", array("d"), [], Numbers),
        ("f_bool", [True], [True], list),
    ],
)
def test_arrays_can_be_assigned(
    engine: Engine, by_attribute: bool, name: str, value: Any, expected: Any, kind: type
) -> None:
    message = Packed() if by_attribute else Packed(**{name: value})
    if by_attribute:
        setattr(message, name, value)
    held = getattr(message, name)
    assert type(held) is kind
    assert held == expected
    assert engine.encode(message) == engine.encode(Packed(**{name: list(expected)}))
    assert (held is value) == (type(value) is kind and getattr(value, "typecode", "q") == "q")


@pytest.mark.parametrize(
    ("name", "value", "path", "reason"),
    [
        ("f_int32", np.array([1 << 31]), ".f_int32[0]", "2147483648 is out of range for int32"),
        ("f_int32", np.array([0.5]), ".f_int32[0]", "expected int, got float"),
        ("f_float", np.array([0.0, 1e300]), ".f_float[1]", "1e+300 is out of range for float"),
        ("f_double", np.zeros((2, 2)), ".f_double", "expected list, got ndarray"),
        ("f_double", np.array([1j]), ".f_double", "expected list, got ndarray"),
        ("f_double", (1.0,), ".f_double", "expected list, got tuple"),
        ("f_uint32", b"abc", ".f_uint32", "expected list, got bytes"),
        ("f_uint32", bytearray(b"abc"), ".f_uint32", "expected list, got bytearray"),
        ("f_bool", array("b", [1]), ".f_bool", "expected list, got array"),
        ("f_enum", np.array([1]), ".f_enum", "expected list, got ndarray"),
    ],
)
def test_what_does_not_fit_is_told_when_it_is_encoded(
    engine: Engine, name: str, value: Any, path: str, reason: str
) -> None:
    message = Packed(**{name: value})
    with pytest.raises(EncodeError) as caught:
        engine.encode(message)
    assert (caught.value.path, caught.value.reason) == ("Packed" + path, reason)


def test_every_bit_of_a_nan_survives(engine: Engine) -> None:
    singles = struct.pack("<2I", 0x7F80_0001, 0xFFC0_1234)
    doubles = struct.pack("<2Q", 0x7FF0_0000_0000_0001, 0xFFF8_0000_0000_1234)
    data = b"\x0a\x10" + doubles + b"\x12\x08" + singles
    assert engine.encode(engine.decode(Packed, data)) == data
    data = b"\x09" + doubles[:8] + b"\x09" + doubles[8:] + b"\x15" + singles[:4] + b"\x15" + singles[4:]
    message = engine.decode(Unpacked, data)
    assert engine.encode(message) == data
    assert engine.decode(Unpacked, data) != message  # no NaN equals another


def test_messages_with_arrays_and_with_lists_are_equal_and_copied_alike(engine: Engine) -> None:
    listed = Packed(f_double=[0.5, 0.0], f_int64=[1, -1])
    decoded = engine.decode(Packed, engine.encode(listed))
    assert decoded == listed
    assert listed == decoded
    assert repr(decoded) == repr(listed)
    twin = copy.deepcopy(decoded)
    twin.f_double[1] = -0.0
    assert twin == decoded
    twin.f_double[1] = 1
    assert twin != decoded
    assert copy.copy(decoded).f_double is decoded.f_double
    assert pickle.loads(pickle.dumps(decoded)) == decoded
    shared = copy.deepcopy([decoded, decoded.f_int64])
    assert shared[0].f_int64 == shared[1] == [1, -1]
    text = '{"fDouble":[0.5,0.0],"fInt64":["1","-1"]}'
    assert decoded.to_json() == listed.to_json() == text
    assert type(Packed.from_json(text).f_int64) is Numbers
    assert json.loads(text) == decoded.to_dict()
    assert decoded.to_text() == listed.to_text()
    assert type(Packed.from_text(listed.to_text()).f_double) is Numbers


def test_merging_appends_to_what_is_there(engine: Engine) -> None:
    more = engine.encode(Packed(f_int32=[3], f_double=[1.5]))
    mine = [1, 2]
    message = Packed(f_int32=mine, f_double=Numbers("d", [0.5]))
    array_of_mine = message.f_double
    engine.merge(message, more)
    assert message.f_int32 is mine
    assert message.f_double is array_of_mine
    assert (mine, array_of_mine) == ([1, 2, 3], [0.5, 1.5])
    message.f_int32 = (1,)  # type: ignore[assignment]
    with pytest.raises(TypeError):
        engine.merge(message, more)


@pytest.mark.parametrize(
    ("data", "path", "reason", "offset"),
    [
        (b"\x2a\x03\x01\x02\x80", "f_int32[4]", "truncated varint", 4),
        (b"\x2a\x0c\x01" + b"\x80" * 11, "f_int32[3]", "varint is longer than 10 bytes", 3),
        (b"\x28\x01\x28\x80", "f_int32[3]", "truncated varint", 3),
        (b"\x0a\x09" + bytes(9), "f_double[1]", "packed run of 9 bytes is not a multiple of 8", 1),
        (b"\x09" + bytes(8) + b"\x09" + bytes(7), "f_double[2]", "truncated fixed64", 10),
        (b"\x0a\x10" + bytes(9), "f_double[1]", "length 16 goes past the end, 9 bytes remain", 1),
    ],
)
@pytest.mark.parametrize("kind", [list, None], ids=["list", "array"])
def test_faults_count_the_numbers_before(
    both: list[Engine], kind: Any, data: bytes, path: str, reason: str, offset: int
) -> None:
    for engine in both:
        message = engine.decode(Packed, engine.encode(Packed(f_int32=[7, 7], f_double=[7])))
        if kind:
            message.f_int32, message.f_double = kind(message.f_int32), kind(message.f_double)
        with pytest.raises(Exception, match="at byte") as caught:
            engine.merge(message, data)
        found = caught.value
        assert (found.path, found.reason, found.offset) == (f"Packed.{path}", reason, offset)  # type: ignore[attr-defined]


def test_the_layout_of_arrays_is_known_on_the_supported_versions_of_cpython() -> None:
    codec = pytest.importorskip("minirpc._codec")
    before = codec.use_layout(False)
    try:
        assert codec.use_layout(True) is False
        assert codec.use_layout(before) is (sys.version_info < (3, 14))
    finally:
        codec.use_layout(before)
