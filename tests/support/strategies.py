"""Hypothesis strategies: messages of any class, bytes that are nearly valid, bytes that are well-formed nonsense."""

from __future__ import annotations

import functools
import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from proto2_samples import extensions_of

from minirpc.wire.spec import Card, FieldSpec, Kind, WireType
from minirpc.wire.varint import encode_varint

__all__ = [
    "examples",
    "field_bytes",
    "lengths",
    "malformed",
    "messages",
    "mutated",
    "overlong",
    "unknown_fields",
    "wrong_values",
]

# a slow machine is no failure of the codec
# a build must not fail by chance: there the examples are the same each time, at a desk they are new ones
settings.register_profile(
    "minirpc", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("minirpc")

Strategy = st.SearchStrategy[Any]


def examples(count: int) -> settings:
    """How many examples a test tries; with ``MINIRPC_EXAMPLES=100`` in the environment, a hundred times as many."""
    return settings(max_examples=count * int(os.environ.get("MINIRPC_EXAMPLES", "1")))


_INT32 = st.integers(-(2**31), 2**31 - 1) | st.sampled_from([0, 1, -1, 127, 128, 2**31 - 1, -(2**31)])
_INT64 = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, 1, -1, 2**32, 2**63 - 1, -(2**63)])
_UINT32 = st.integers(0, 2**32 - 1) | st.sampled_from([0, 1, 127, 128, 2**31, 2**32 - 1])
_UINT64 = st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 127, 128, 2**32, 2**63, 2**64 - 1])
# surrogates have no UTF-8; one character of each length of its encoding, and the ends of the ranges
_TEXT = st.text(max_size=20) | st.sampled_from(
    ["", "\0", "\x7f\x80", "\u07ff\u0800", "\uffff\U00010000\U0010ffff", "a" * 200]
)

# strings that need not be UTF-8; what is valid together must not come apart on the way
_ANY_BYTES = _TEXT | st.binary(max_size=20).map(lambda data: data.decode("utf-8", "surrogateescape"))

_SCALARS: dict[Kind, Strategy] = {
    Kind.DOUBLE: st.floats() | st.sampled_from([0.0, -0.0]),
    Kind.FLOAT: st.floats(width=32) | st.sampled_from([0.0, -0.0]),
    Kind.INT64: _INT64,
    Kind.UINT64: _UINT64,
    Kind.INT32: _INT32,
    Kind.FIXED64: _UINT64,
    Kind.FIXED32: _UINT32,
    Kind.BOOL: st.booleans(),
    Kind.STRING: _TEXT,
    Kind.BYTES: st.binary(max_size=20) | st.just(bytes(200)),
    Kind.UINT32: _UINT32,
    Kind.SFIXED32: _INT32,
    Kind.SFIXED64: _INT64,
    Kind.SINT32: _INT32,
    Kind.SINT64: _INT64,
}


def _value(spec: FieldSpec, depth: int) -> Strategy:
    if spec.is_message:
        return messages(spec.type, depth - 1)
    if spec.kind is Kind.ENUM and spec.type.__closed__:
        return st.sampled_from(list(spec.type))
    if spec.kind is Kind.ENUM:
        # open enums: numbers without a name are values like others
        return (st.sampled_from(list(spec.type)) | _INT32).map(spec.type)
    return _SCALARS[spec.kind] if spec.utf8 else _ANY_BYTES


def _field(spec: FieldSpec, depth: int) -> Strategy:
    if spec.card is Card.REPEATED:
        return st.lists(_value(spec, depth), max_size=4)
    if spec.card is Card.MAP:
        assert spec.key is not None
        assert spec.value is not None
        return st.dictionaries(_value(spec.key, depth), _value(spec.value, depth), max_size=3)
    return _value(spec, depth)


@functools.cache
def messages(cls: Any, depth: int = 3) -> Strategy:
    """Messages of a class whose sub-messages nest at most ``depth`` levels; each field set or not."""
    specs = [spec for spec in cls.__fields__ if depth > 0 or spec.required or not (spec.value or spec).is_message]
    oneofs: dict[str, list[FieldSpec]] = {}
    for spec in specs:
        if spec.oneof:
            oneofs.setdefault(spec.oneof, []).append(spec)
    plain = {spec.name: _field(spec, depth) for spec in specs if not spec.oneof and not spec.required}
    required = st.fixed_dictionaries({spec.name: _field(spec, depth) for spec in specs if spec.required})
    choices = [
        st.just({})
        | st.one_of([_field(spec, depth).map(lambda value, name=spec.name: {name: value}) for spec in members])
        for members in oneofs.values()
    ]
    # few fields at a time: most faults need two, and generating all of them takes most of the time
    some = st.lists(st.sampled_from(sorted(plain)), unique=True, max_size=8) if plain else st.just([])
    fields = some.flatmap(lambda names: st.fixed_dictionaries({name: plain[name] for name in names}))
    made = st.tuples(required, fields, *choices).map(
        lambda parts: cls(**{k: v for part in parts for k, v in part.items()})
    )
    extensions = [ext for ext in extensions_of(cls) if depth > 0 or not ext.spec.is_message]
    if not extensions:
        return made
    pairs = st.one_of([st.tuples(st.just(ext), _field(ext.spec, depth)) for ext in extensions])
    return st.tuples(made, st.lists(pairs, max_size=4)).map(lambda parts: _extended(*parts))


def _extended(message: Any, pairs: list[tuple[Any, Any]]) -> Any:
    for extension, value in pairs:
        message[extension] = value
    return message


def overlong(value: int, size: int) -> bytes:
    """``value`` as a varint of ``size`` bytes, more than it needs."""
    digits = [value >> 7 * index & 0x7F | 0x80 for index in range(size)]
    digits[-1] &= 0x7F
    return bytes(digits)


@st.composite
def mutated(draw: st.DrawFn, valid: Strategy) -> bytes:
    """Bytes that were valid before one to three changes: cut, flipped, inserted, doubled, spliced."""
    data = draw(valid)
    for _ in range(draw(st.integers(1, 3))):
        a, b = sorted(draw(st.tuples(*[st.integers(0, len(data))] * 2)))
        change = draw(st.sampled_from(["cut", "remove", "flip", "replace", "insert", "double", "splice"]))
        if change == "cut":
            data = data[:b]
        elif change == "remove":
            data = data[:a] + data[b:]
        elif change == "flip" and a < len(data):
            data = data[:a] + bytes([data[a] ^ 1 << draw(st.integers(0, 7))]) + data[a + 1 :]
        elif change == "replace" and a < len(data):
            data = data[:a] + draw(st.binary(min_size=1, max_size=1)) + data[a + 1 :]
        elif change == "insert":
            data = data[:a] + draw(st.binary(min_size=1, max_size=4)) + data[a:]
        elif change == "double":
            data = data[:b] + data[a:b] + data[b:]
        elif change == "splice":
            other = draw(valid)
            data = data[:a] + other[draw(st.integers(0, len(other))) :]
    return data


_VARINTS = (
    _UINT64.map(encode_varint)
    | st.builds(overlong, _UINT32, st.integers(6, 10))
    | st.sampled_from([b"\x80" * 10 + b"\x01", b"\xff" * 10, b"\xff" * 9 + b"\x7f", b"\x80", b""])
)
lengths = st.integers(0, 20) | st.sampled_from([127, 128, 2**31 - 1, 2**31, 2**32, 2**63, 2**64 - 1])
"""Lengths that are right now and then."""


def _tag(number: int, wire_type: int, extra: int) -> bytes:
    tag = encode_varint(number << 3 | wire_type)
    return overlong(number << 3 | wire_type, len(tag) + extra) if extra else tag


@st.composite
def field_bytes(draw: st.DrawFn, numbers: Strategy, content: Strategy, *, valid: bool) -> bytes:
    """One field: a tag of one of ``numbers``, and a value of its wire type; wrong in some way if not ``valid``."""
    wire_types = [0, 1, 2, 3, 5] if valid else [0, 1, 2, 3, 5, 4, 6, 7]
    wire_type = draw(st.sampled_from(wire_types))
    number = draw(numbers)
    tag = _tag(number, wire_type, 0 if valid else draw(st.sampled_from([0, 0, 0, 0, 1, 4, 5])))
    if wire_type == WireType.VARINT:
        return tag + draw(_UINT64.map(encode_varint) if valid else _VARINTS)
    if wire_type in (WireType.I64, WireType.I32):
        size = 8 if wire_type == WireType.I64 else 4
        return tag + draw(st.binary(min_size=size if valid else 0, max_size=size))
    if wire_type == WireType.LEN:
        inner = draw(content)
        length = len(inner) if valid or draw(st.booleans()) else draw(lengths)
        return tag + encode_varint(length) + inner
    if wire_type == WireType.SGROUP:
        end = number if valid or draw(st.booleans()) else draw(numbers)
        return tag + draw(content) + encode_varint(end << 3 | WireType.EGROUP)
    return tag


@functools.cache
def unknown_fields(numbers: tuple[int, ...]) -> Strategy:
    """A well-formed sequence of fields with these numbers: all wire types, groups in groups."""
    single = st.sampled_from(numbers)
    leaf = st.lists(field_bytes(single, st.just(b""), valid=True), max_size=3).map(b"".join)
    return st.recursive(
        leaf, lambda inner: st.lists(field_bytes(single, inner, valid=True), max_size=3).map(b"".join), max_leaves=4
    )


@functools.cache
def malformed(cls: Any) -> Strategy:
    """Sequences of fields by the grammar of the encoding, with everything in it that may be wrong."""
    known = [spec.number for spec in (*cls.__fields__, *extensions_of(cls))]
    numbers = st.sampled_from([*known, 1, 2, 3]) | st.sampled_from([0, 1000, (1 << 29) - 1, 1 << 29, 1 << 33])
    single = field_bytes(numbers, st.binary(max_size=6), valid=False)
    return st.recursive(
        st.lists(single, max_size=3).map(b"".join),
        lambda inner: st.lists(field_bytes(numbers, inner, valid=False), max_size=3).map(b"".join),
        max_leaves=5,
    )


class _Int(int):
    pass


class _Float(float):
    pass


class _Str(str):
    __slots__ = ()


class _Index:
    def __index__(self) -> int:
        raise AssertionError("encoding ran the code of a value")

    __int__ = __float__ = __bool__ = __len__ = __bytes__ = __index__


wrong_values: Strategy = st.one_of(
    st.none(),
    st.booleans(),
    _INT64,
    st.integers(-(2**70), 2**70),
    st.sampled_from([2**31, -(2**31) - 1, 2**32, 2**63, -(2**63) - 1, 2**64, 2**1024, 2**128]),
    st.floats(),
    _TEXT,
    st.sampled_from(["\ud800", "a\udfffb"]),
    st.binary(max_size=4),
    st.binary(max_size=4).map(bytearray),
    st.binary(max_size=4).map(memoryview),
    _INT32.map(_Int),
    st.floats().map(_Float),
    _TEXT.map(_Str),
    st.builds(_Index),
    st.just([]),
    st.just({}),
    st.just(()),
    st.just(object),
)
"""Values of which a field of any kind fits few."""
