"""Finds out what exactly is wrong, once the fast functions of the pure engine have noticed that something is.

Straightforward, table-driven walks over the input: the rules and the wording of :mod:`minirpc.wire.spec`, spelled out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, ParamSpec, TypeVar

from minirpc.errors import DecodeError, EncodeError
from minirpc.numbers import Numbers
from minirpc.wire import faults
from minirpc.wire.spec import Card, FieldSpec, Kind, WireType
from minirpc.wire.varint import decode_fixed, decode_length, decode_tag, decode_varint, skip_field

P = ParamSpec("P")
T = TypeVar("T")

__all__ = ["Counts", "children", "decode", "element_counts", "encode", "holders", "message_type"]

Counts = dict[int, Any]
"""What a message holds, as far as paths need it: by field number, the length of a list or a sub-message's Counts."""

_FIXED_SIZES = {WireType.I64: 8, WireType.I32: 4}


def message_type(spec: FieldSpec) -> Any:
    """The class of the messages in a field, which for a map is that of its values."""
    return spec.type if spec.value is None else spec.value.type


def children(spec: FieldSpec, value: Any) -> list[Any]:
    """The messages that a field with this value holds; none where the value is of a wrong type."""
    if not (spec.value or spec).is_message:
        return []
    values: list[Any] = [value]
    if spec.card is Card.REPEATED:
        values = list.copy(value) if issubclass(type(value), list) else []
    elif spec.card is Card.MAP:
        values = list(dict.values(value)) if issubclass(type(value), dict) else []
    cls = message_type(spec)
    return [value for value in values if issubclass(type(value), cls)]


def holders(message: Any) -> list[Any]:
    """The holders of a message's extensions; none if its class cannot be extended."""
    return list((getattr(message, "_extensions", None) or {}).values())


def element_counts(fields: Sequence[FieldSpec], message: Any, seen: dict[int, Counts] | None = None) -> Counts:
    """What ``message`` holds before something is merged into it; Counts that hold each other if messages do."""
    seen = {} if seen is None else seen
    if id(message) in seen:
        return seen[id(message)]
    counts: Counts = {}
    seen[id(message)] = counts
    for spec in fields:
        value: Any = getattr(message, spec.slot, None)
        if spec.card is Card.REPEATED and issubclass(type(value), list):
            counts[spec.number] = list.__len__(value)
        elif spec.typecode and type(value) is Numbers:
            counts[spec.number] = len(value)
        elif spec.card in (Card.OPTIONAL, Card.ONEOF) and children(spec, value):
            counts[spec.number] = element_counts(_fields(spec), value, seen)
    return counts


def _fields(spec: FieldSpec) -> tuple[FieldSpec, ...]:
    fields: tuple[FieldSpec, ...] = message_type(spec).__fields__
    return tuple(sorted(fields, key=lambda field: field.number))


def decode(fields: Sequence[FieldSpec], data: bytes, path: str, depth: int, counts: Counts) -> None:
    """Walks over a message that did not decode.

    Raises:
        DecodeError: the first thing that is wrong with it; if there is nothing, it returns.
    """
    _Decoding(depth).message(fields, memoryview(data), 0, path, depth, counts)


class _Decoding:
    def __init__(self, limit: int) -> None:
        self.limit = limit

    def message(
        self, fields: Sequence[FieldSpec], data: memoryview, pos: int, path: str, depth: int, counts: Counts
    ) -> None:
        """Walks from ``pos`` to the end of ``data``, which is cut where the message ends."""
        if depth < 0:
            raise DecodeError(f"nested deeper than {self.limit} levels", path, pos)
        known = {spec.number: spec for spec in fields}
        while pos < len(data):
            tag_pos = pos
            number, wire_type, pos = _at(path, decode_tag, data, pos)
            pos = self.field(known, number, wire_type, data, pos, path, depth, counts, tag_pos)

    def group(
        self,
        spec: FieldSpec,
        data: memoryview,
        pos: int,
        path: str,
        depth: int,
        counts: Counts,
        start: int,
    ) -> int:
        """Walks from behind the start tag, which stands at ``start``; returns the position behind the end tag."""
        if depth < 0:
            raise DecodeError(f"nested deeper than {self.limit} levels", path, start)
        known = {spec.number: spec for spec in _fields(spec)}
        while pos < len(data):
            tag_pos = pos
            number, wire_type, pos = _at(path, decode_tag, data, pos)
            if wire_type == WireType.EGROUP:
                if number != spec.number:
                    raise DecodeError(f"end of group {number} inside group {spec.number}", path, tag_pos)
                return pos
            pos = self.field(known, number, wire_type, data, pos, path, depth, counts, tag_pos)
        raise DecodeError(f"group {spec.number} is not closed", path, start)

    def field(
        self,
        known: dict[int, FieldSpec],
        number: int,
        wire_type: int,
        data: memoryview,
        pos: int,
        path: str,
        depth: int,
        counts: Counts,
        tag_pos: int,
    ) -> int:
        """Walks over what follows a tag, which stands at ``tag_pos``; returns the position behind it."""
        spec = known.get(number)
        if spec is None or not _fits(spec, wire_type):
            return self.skip(data, pos, number, wire_type, path, depth, tag_pos)
        place = f"{path}.{spec.name}"
        if spec.card is Card.MAP:
            return self.map_entry(spec, data, pos, place, depth)
        if spec.card is Card.REPEATED:
            return self.repeated(spec, wire_type, data, pos, place, depth, counts, tag_pos)
        start = pos
        pos = self.value(spec, data, pos, place, depth, counts.setdefault(number, {}), tag_pos)
        if spec.card is Card.ONEOF and not _is_left_out(spec, data, start):
            for other in known.values():
                if other.oneof == spec.oneof and other is not spec:
                    counts.pop(other.number, None)
        return pos

    def skip(self, data: memoryview, pos: int, number: int, wire_type: int, path: str, depth: int, tag_pos: int) -> int:
        return _at(path, skip_field, data, pos, number, wire_type, depth, tag_pos=tag_pos, limit=self.limit)

    def value(
        self, spec: FieldSpec, data: memoryview, pos: int, path: str, depth: int, counts: Counts, tag_pos: int
    ) -> int:
        """Walks over one value, and returns the position behind it."""
        if spec.kind is Kind.GROUP:
            return self.group(spec, data, pos, path, depth - 1, counts, tag_pos)
        wire_type = spec.kind.wire_type
        if wire_type == WireType.VARINT:
            return _at(path, decode_varint, data, pos)[1]
        if wire_type != WireType.LEN:
            return _at(path, decode_fixed, data, pos, _FIXED_SIZES[wire_type])
        start, end = _at(path, decode_length, data, pos)
        if spec.kind is Kind.MESSAGE:
            self.message(_fields(spec), data[:end], start, path, depth - 1, counts)
        elif spec.kind is Kind.STRING and spec.utf8:
            try:
                str(data[start:end], "utf-8")
            except UnicodeDecodeError:
                raise DecodeError("invalid UTF-8 in a string", path, start) from None
        return end

    def repeated(
        self,
        spec: FieldSpec,
        wire_type: int,
        data: memoryview,
        pos: int,
        path: str,
        depth: int,
        counts: Counts,
        tag_pos: int,
    ) -> int:
        count = counts.get(spec.number, 0)
        if wire_type == spec.kind.wire_type:
            end = self.value(spec, data, pos, f"{path}[{count}]", depth, {}, tag_pos)
            counts[spec.number] = count + (not _is_left_out(spec, data, pos))
            return end
        length_pos = pos
        pos, end = _at(f"{path}[{count}]", decode_length, data, pos)
        size = _FIXED_SIZES.get(spec.kind.wire_type)
        if size is not None:
            if (end - pos) % size:
                raise DecodeError(
                    f"packed run of {end - pos} bytes is not a multiple of {size}", f"{path}[{count}]", length_pos
                )
            count += (end - pos) // size
            pos = end
        while pos < end:
            start = pos
            pos = _at(f"{path}[{count}]", decode_varint, data[:end], pos)[1]
            count += not _is_left_out(spec, data, start)
        counts[spec.number] = count
        return end

    def map_entry(self, spec: FieldSpec, data: memoryview, pos: int, path: str, depth: int) -> int:
        key, value = spec.key, spec.value
        assert key is not None
        assert value is not None
        pos, end = _at(path, decode_length, data, pos)
        entry = data[:end]
        counts: Counts = {}
        while pos < end:
            tag_pos = pos
            number, wire_type, pos = _at(path, decode_tag, entry, pos)
            if number == 1 and wire_type == key.kind.wire_type:
                pos = self.value(key, entry, pos, f"{path}.key", depth, {}, tag_pos)
            elif number == 2 and wire_type == value.kind.wire_type:
                pos = self.value(value, entry, pos, f"{path}.value", depth, counts, tag_pos)
            else:
                pos = self.skip(entry, pos, number, wire_type, path, depth, tag_pos)
        return end


def _fits(spec: FieldSpec, wire_type: int) -> bool:
    if spec.card is Card.MAP:
        return wire_type == WireType.LEN
    packed = spec.card is Card.REPEATED and spec.kind.packable and wire_type == WireType.LEN
    return packed or wire_type == spec.kind.wire_type


def _is_left_out(spec: FieldSpec, data: memoryview, pos: int) -> bool:
    """Whether the value at ``pos``, which is well-formed, is a number that a closed enum does not name."""
    if spec.kind is not Kind.ENUM or not spec.type.__closed__:
        return False
    number = decode_varint(data, pos)[0] & 0xFFFF_FFFF
    return (number ^ 1 << 31) - (1 << 31) not in spec.type._value2member_map_


def _at(path: str, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Calls a reader of :mod:`minirpc.wire.varint`, whose errors know the offset but not the path."""
    try:
        return read(*args, **kwargs)
    except DecodeError as error:
        raise DecodeError(error.reason, path, error.offset) from None


class _Rules(NamedTuple):
    limit: int
    partial: bool


def encode(fields: Sequence[FieldSpec], message: Any, path: str, limit: int, *, partial: bool) -> None:
    """Walks over a message that did not encode.

    Args:
        fields: its fields.
        message: the message.
        path: its path.
        limit: how many levels may follow below it.
        partial: required fields may be unset.

    Raises:
        EncodeError: the first value, in order of the field numbers, that does not fit; if all fit, it returns.
    """
    _encode_message(fields, message, path, limit, _Rules(limit, partial))


def _encode_message(fields: Sequence[FieldSpec], message: Any, path: str, depth: int, rules: _Rules) -> None:
    if depth < 0:
        raise EncodeError(faults.too_deep(rules.limit), path)
    for spec in fields:
        value = getattr(message, spec.slot, spec.default)
        place = f"{path}.{spec.name}"
        if value is None and spec.card is not Card.IMPLICIT:
            if spec.required and not rules.partial:
                raise EncodeError(faults.not_set(), place)
            continue
        if spec.typecode and type(value) is Numbers and value.typecode == spec.typecode:
            continue  # they fit
        if spec.card is Card.REPEATED:
            for index, element in enumerate(_copy_of(value, list, place)):
                _encode_value(spec, element, f"{place}[{index}]", depth, rules)
        elif spec.card is Card.MAP:
            _encode_map(spec, _copy_of(value, dict, place), place, depth, rules)
        else:
            _encode_value(spec, value, place, depth, rules)
    for holder in holders(message):
        _encode_message(type(holder).__fields__, holder, path, depth, rules)


def _copy_of(value: Any, cls: type[Any], path: str) -> Any:
    """What a container holds, by ``list``'s or ``dict``'s own methods: a subclass may have others."""
    if not issubclass(type(value), cls):
        raise EncodeError(faults.expected(cls.__name__, value), path)
    return cls.copy(value)


def _encode_map(spec: FieldSpec, entries: dict[Any, Any], path: str, depth: int, rules: _Rules) -> None:
    assert spec.key is not None
    assert spec.value is not None
    for key, value in entries.items():
        _encode_value(spec.key, key, f"{path}.key", depth, rules)
        _encode_value(spec.value, value, path + faults.element(key), depth, rules)


def _encode_value(spec: FieldSpec, value: Any, path: str, depth: int, rules: _Rules) -> None:
    if spec.is_message:
        cls = spec.type
        if not issubclass(type(value), cls):
            raise EncodeError(faults.expected(cls.__full_name__(), value), path)
        _encode_message(_fields(spec), value, path, depth - 1, rules)
        return
    try:
        faults.check_scalar(spec, value)
    except EncodeError as error:
        raise EncodeError(error.reason, path) from None
