"""Writes the decoder of one message class, as Python source.

What is written follows the protobuf encoding specification; which bytes are malformed, and how that is said, is
:mod:`minirpc.wire.diagnose`'s business: here every oddity simply raises. The end of a sub-message is not checked at
each read: reading past it leaves ``p`` beyond ``end``, which is found when the loop ends. A message between the tags
of a group has its own function, which finds its end as it goes and returns it.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Sequence
from typing import Any

from minirpc.numbers import Numbers
from minirpc.wire.slots import fill_empty_slots, keep_unknown
from minirpc.wire.spec import Card, FieldSpec, Kind, WireType
from minirpc.wire.varint import encode_varint, skip_field

__all__ = ["Malformed", "decoder_source"]


class Malformed(Exception):  # noqa: N818  (it never leaves the engine)
    """Something is wrong with the input. What and where is for ``diagnose`` to say."""


_STRUCTS = {
    Kind.DOUBLE: "d",
    Kind.FLOAT: "f",
    Kind.FIXED64: "Q",
    Kind.SFIXED64: "q",
    Kind.FIXED32: "I",
    Kind.SFIXED32: "i",
}

Lines = list[str]


def _read_varint(b: bytes, p: int, x: int) -> tuple[int, int]:
    """Goes on with a varint whose first byte ``x`` was read and has its high bit set."""
    x &= 0x7F
    shift = 7
    while True:
        byte = b[p]
        p += 1
        x |= (byte & 0x7F) << shift
        if byte < 0x80:
            return x & 0xFFFF_FFFF_FFFF_FFFF, p
        shift += 7
        if shift == 70:
            raise Malformed


def _read_int64(b: bytes, p: int, x: int) -> tuple[int, int]:
    x, p = _read_varint(b, p, x)
    return (x - (1 << 64) if x >> 63 else x), p


def _read_int32(b: bytes, p: int, x: int) -> tuple[int, int]:
    x, p = _read_varint(b, p, x)
    x &= 0xFFFF_FFFF
    return (x - (1 << 32) if x >> 31 else x), p


def _read_uint32(b: bytes, p: int, x: int) -> tuple[int, int]:
    x, p = _read_varint(b, p, x)
    return x & 0xFFFF_FFFF, p


def _read_tag(b: bytes, p: int, x: int) -> tuple[int, int]:
    start = p
    x, p = _read_varint(b, p, x)
    if p - start >= 5 or x >> 32:
        raise Malformed
    return x, p


def _skip(b: bytes, p: int, end: int, tag: int, depth: int) -> int:
    wire_type = tag & 7
    if wire_type == WireType.VARINT:
        for index in range(10):
            if b[p + index] < 0x80:
                return p + index + 1
        raise Malformed
    if wire_type == WireType.LEN:
        size = b[p]
        p += 1
        if size > 0x7F:
            size, p = _read_varint(b, p, size)
        return p + size
    if wire_type == WireType.I64:
        return p + 8
    if wire_type == WireType.I32:
        return p + 4
    if wire_type != WireType.SGROUP:
        raise Malformed
    return skip_field(memoryview(b)[:end], p, tag >> 3, wire_type, depth)


def _read_packed(run: bytes) -> list[int]:
    """All varints of a packed run."""
    if run.isascii():  # every varint is one byte long
        return list(run)
    values: list[int] = []
    add = values.append
    value = shift = 0
    for byte in run:
        if byte < 0x80:
            if shift:
                add((value | byte << shift) & 0xFFFF_FFFF_FFFF_FFFF)
                value = shift = 0
            else:
                add(byte)
        else:
            value |= (byte & 0x7F) << shift
            shift += 7
            if shift == 70:
                raise Malformed
    if shift:
        raise Malformed
    return values


# how a varint continues, and what is then done to it; the one-byte case needs only the second
_VARINTS = {
    Kind.INT32: ("read_int32", "{x}"),
    Kind.ENUM: ("read_int32", "{x}"),
    Kind.INT64: ("read_int64", "{x}"),
    Kind.UINT32: ("read_uint32", "{x}"),
    Kind.UINT64: ("read_varint", "{x}"),
    Kind.BOOL: ("read_varint", "{x} != 0"),
    Kind.SINT32: ("read_uint32", "({x} >> 1) ^ -({x} & 1)"),
    Kind.SINT64: ("read_varint", "({x} >> 1) ^ -({x} & 1)"),
}
_PACKED_ITEMS = {
    Kind.INT32: "((x & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000",
    Kind.INT64: "(x ^ 0x8000000000000000) - 0x8000000000000000",
    Kind.UINT32: "x & 0xFFFFFFFF",
    Kind.BOOL: "x != 0",
    Kind.SINT32: "((x & 0xFFFFFFFF) >> 1) ^ -(x & 1)",
    Kind.SINT64: "(x >> 1) ^ -(x & 1)",
}


def _unpacked(tag: bytes, number: int) -> bytes:
    """An element of a packed run as a field of its own: ``tag``, and an int32 as a varint."""
    return tag + encode_varint(number & 0xFFFF_FFFF_FFFF_FFFF)


def _add_fixed(target: Any, run: bytes, code: str) -> None:
    """Appends the numbers of a run of ``run`` bytes to what a field of numbers holds."""
    if type(target) is not Numbers:
        target.extend(struct.unpack(f"<{len(run) // struct.calcsize('<' + code)}{code}", run))
        return
    if sys.byteorder == "big":
        swapped = Numbers(code, run)
        swapped.byteswap()
        run = swapped.tobytes()
    target.frombytes(run)


# what keeps a field as unknown: all that was read since its tag began
_KEEP = ["if u is None: u = []", "u.append(b[s:p])"]


def _length(end: str, stop: str) -> Lines:
    """Reads a length prefix; ``stop`` becomes the place where the value ends, which may not be beyond ``end``."""
    return [
        "n = b[p]; p += 1",
        "if n > 127: n, p = read_varint(b, p, n)",
        f"{stop} = p + n",
        f"if {stop} > {end}: raise Malformed",
    ]


class _Writer:
    def __init__(self, plan_of: Callable[[Any], Any], merging: bool) -> None:
        self.plan_of = plan_of
        self.merging = merging
        self.names: dict[str, Any] = {
            "Malformed": Malformed,
            "Numbers": Numbers,
            "add_fixed": _add_fixed,
            "check": _check_type,
            "fill_empty_slots": fill_empty_slots,
            "keep_unknown": keep_unknown,
            "read_int32": _read_int32,
            "read_int64": _read_int64,
            "read_packed": _read_packed,
            "read_tag": _read_tag,
            "read_uint32": _read_uint32,
            "read_varint": _read_varint,
            "skip": _skip,
            "unpacked": _unpacked,
        }

    def name(self, prefix: str, value: Any) -> str:
        """Makes ``value`` a name of the function to be written."""
        name = f"{prefix}{len(self.names)}"
        self.names[name] = value
        return name

    def scalar(self, spec: FieldSpec, target: str, end: str = "end") -> Lines:
        """Reads one value that is no message into ``target``, from something that ends at ``end``."""
        kind = spec.kind
        if kind in (Kind.STRING, Kind.BYTES):
            decode = ""
            if kind is Kind.STRING:
                decode = ".decode()" if spec.utf8 else ".decode('utf-8', 'surrogateescape')"
            return [*_length(end, "q"), f"{target} = b[p:q]{decode}", "p = q"]
        if kind in _STRUCTS:
            unpack = self.name("unpack", struct.Struct(f"<{_STRUCTS[kind]}").unpack_from)
            return [f"{target}, = {unpack}(b, p)", f"p += {8 if kind.wire_type == WireType.I64 else 4}"]
        more, value = _VARINTS[kind]
        lines = ["x = b[p]; p += 1", f"if x > 127: x, p = {more}(b, p, x)"]
        if kind is Kind.ENUM:
            return [*lines, f"{target} = {self.enum_member(spec, 'x')}"]
        return [*lines, f"{target} = {value.format(x='x')}"]

    def enum_members(self, spec: FieldSpec) -> str:
        members = spec.type._value2member_map_  # an alias has no member of its own
        return self.name("members", {int(number): member for number, member in members.items()})

    def enum_member(self, spec: FieldSpec, x: str) -> str:
        members = self.enum_members(spec)
        return f"{members}[{x}] if {x} in {members} else {self.name('enum', spec.type)}({x})"

    def closed_enum(self, spec: FieldSpec, found: Callable[[str], Lines], otherwise: Lines) -> Lines:
        """Reads a number: what to do with it if a closed enum names it (``found`` gets the member), and otherwise."""
        members = self.enum_members(spec)
        return [
            *["x = b[p]; p += 1", "if x > 127: x, p = read_int32(b, p, x)"],
            f"if x in {members}:",
            *_indent(found(f"{members}[x]"), 1),
            "else:",
            *_indent(otherwise, 1),
        ]

    def packed(self, spec: FieldSpec, target: str) -> Lines:
        """Appends a packed run to the list ``target``."""
        kind = spec.kind
        if kind in _STRUCTS:
            size = 8 if kind.wire_type == WireType.I64 else 4
            run = [f"if n % {size}: raise Malformed", f"add_fixed({target}, b[p:e], {_STRUCTS[kind]!r})"]
        elif _is_closed(spec):
            members, tag = self.enum_members(spec), encode_varint(spec.tag)
            run = [
                "for x in read_packed(b[p:e]):",
                f" x = {_PACKED_ITEMS[Kind.INT32]}",
                f" if x in {members}: {target}.append({members}[x])",
                " else:",
                "  if u is None: u = []",
                f"  u.append(unpacked({tag!r}, x))",
            ]
        elif kind is Kind.ENUM:
            number, member = _PACKED_ITEMS[Kind.INT32], self.enum_member(spec, "x")
            run = [f"for x in read_packed(b[p:e]): x = {number}; {target}.append({member})"]
        elif kind is Kind.UINT64:
            run = [f"{target}.extend(read_packed(b[p:e]))"]
        else:
            items = f"[{_PACKED_ITEMS[kind]} for x in read_packed(b[p:e])]"
            run = [f"{target} += {items}" if kind is Kind.BOOL else f"{target}.extend({items})"]
        return [*_length("end", "e"), *run, "p = e"]

    def message(self, spec: FieldSpec, target: str, end: str = "end") -> Lines:
        """Reads a sub-message into ``target``, or merges it into the one that is there."""
        cls = spec.type
        # the plan's functions are looked up when they are called: they may not have been written yet
        plan, cls_name = self.name("plan", self.plan_of(cls)), self.name("cls", cls)
        if spec.kind is Kind.GROUP:
            stop = spec.number << 3 | WireType.EGROUP
            return [
                f"if {target} is None: {target}, p = {plan}.decode_group(b, p, {end}, {cls_name}, depth - 1, {stop})",
                f"else: p = {plan}.merge_group(b, p, {end}, check({target}, {cls_name}), depth - 1, {stop})",
            ]
        return [
            *_length(end, "q"),
            f"if {target} is None: {target} = {plan}.decode_new(b, p, q, {cls_name}, depth - 1)",
            f"else: {plan}.merge(b, p, q, check({target}, {cls_name}), depth - 1)",
            "p = q",
        ]

    def map_entry(self, spec: FieldSpec, target: str) -> Lines:
        key, value = spec.key, spec.value
        assert key is not None
        assert value is not None
        closed = _is_closed(value)
        if value.kind is Kind.MESSAGE:
            read_value = self.message(value, "v", "e")
        elif closed:
            read_value = self.closed_enum(value, lambda member: [f"v = {member}"], ["known = False"])
        else:
            read_value = self.scalar(value, "v", "e")
        store = [f"{target}[k] = v"]
        return [
            *_length("end", "e"),
            f"k = {key.default!r}; v = {self.name('default', value.default)}",
            *(["known = True"] if closed else []),
            "while p < e:",
            " t = b[p]; p += 1",
            " if t > 127: t, p = read_tag(b, p, t)",
            f" if t == {key.tag}:",
            *_indent(self.scalar(key, "k", "e"), 2),
            f" elif t == {value.tag}:",
            *_indent(read_value, 2),
            " elif t < 8: raise Malformed",
            " else: p = skip(b, p, e, t, depth)",
            "if p != e: raise Malformed",
            *([f"if v is None: v = {self.empty_message(value)}"] if value.kind is Kind.MESSAGE else []),
            *(["if known:", *_indent(store, 1), "else:", *_indent(_KEEP, 1)] if closed else store),
        ]

    def empty_message(self, spec: FieldSpec) -> str:
        plan, cls_name = self.name("plan", self.plan_of(spec.type)), self.name("cls", spec.type)
        return f"{plan}.decode_new(b, p, p, {cls_name}, depth)"

    def container(self, target: str, cls: type[Any]) -> Lines:
        """Makes sure that ``target`` holds a container; only merging may find another type there."""
        make = f"if {target} is None: {target} = {cls.__name__}()"
        return (
            [make, f"elif type({target}) is not {cls.__name__}: check({target}, {cls.__name__})"]
            if self.merging
            else [make]
        )

    def numbers(self, target: str, code: str) -> Lines:
        """The same for a field of numbers, which holds Numbers or a list."""
        make = f"if {target} is None: {target} = Numbers({code!r})"
        if not self.merging:
            return [make]
        is_array = f"type({target}) is Numbers and {target}.typecode == {code!r}"
        return [make, f"elif type({target}) is not list and not ({is_array}): check({target}, list)"]

    def field(self, spec: FieldSpec, index: int, siblings: Sequence[int]) -> dict[int, Lines]:
        """For each tag of the field, the lines that read what follows it."""
        target = f"f{index}"
        if spec.card is Card.MAP:
            return {spec.packed_tag: [*self.container(target, dict), *self.map_entry(spec, target)]}
        if spec.card is Card.REPEATED:
            make = self.numbers(target, spec.typecode) if spec.typecode else self.container(target, list)
            if spec.is_message:
                read = ["y = None", *self.message(spec, "y"), f"{target}.append(y)"]
            elif spec.kind in _STRUCTS:
                # by their bytes: a NaN may carry a payload
                size = 8 if spec.kind.wire_type == WireType.I64 else 4
                read = [
                    f"if p + {size} > end: raise Malformed",
                    f"add_fixed({target}, b[p:p + {size}], {_STRUCTS[spec.kind]!r})",
                    f"p += {size}",
                ]
            elif _is_closed(spec):
                read = self.closed_enum(spec, lambda member: [f"{target}.append({member})"], _KEEP)
            else:
                read = [*self.scalar(spec, "y"), f"{target}.append(y)"]
            cases = {spec.tag: [*make, *read]}
            if spec.kind.packable:
                cases[spec.packed_tag] = [*make, *self.packed(spec, target)]
            return cases
        clear = [" = ".join([*(f"f{sibling}" for sibling in siblings), "None"])] if siblings else []
        if _is_closed(spec):
            # a number that is no value sets nothing, and so clears nothing
            return {spec.tag: self.closed_enum(spec, lambda member: [f"{target} = {member}", *clear], _KEEP)}
        read = self.message(spec, target) if spec.is_message else self.scalar(spec, target)
        return {spec.tag: [*read, *clear]}


def _is_closed(spec: FieldSpec) -> bool:
    return spec.kind is Kind.ENUM and bool(spec.type.__closed__)


def _check_type(value: Any, cls: type[Any]) -> Any:
    if not issubclass(type(value), cls):
        raise TypeError(f"cannot merge into {type(value).__name__}, which is no {cls.__name__}")
    return value


def _indent(lines: Lines, by: int) -> Lines:
    return [" " * by + line for line in lines]


def _dispatch(cases: list[tuple[int, Lines]], unknown: Lines, by: int) -> Lines:
    """A binary tree of comparisons over the tags, and at its leaves what to do with all others."""
    if len(cases) > 3:
        middle = len(cases) // 2
        return [
            " " * by + f"if t < {cases[middle][0]}:",
            *_dispatch(cases[:middle], unknown, by + 1),
            " " * by + "else:",
            *_dispatch(cases[middle:], unknown, by + 1),
        ]
    lines: Lines = []
    for index, (tag, body) in enumerate(cases):
        lines += [" " * by + f"{'elif' if index else 'if'} t == {tag}:", *_indent(body, by + 1)]
    if not cases:
        return _indent(unknown, by)
    return [*lines, " " * by + "else:", *_indent(unknown, by + 1)]


def decoder_source(
    fields: Sequence[FieldSpec],
    plan_of: Callable[[Any], Any],
    *,
    merging: bool,
    group: bool = False,
    extendable: bool = False,
) -> tuple[str, dict[str, Any]]:
    """Writes a decoder.

    Args:
        fields: the fields in order of their numbers.
        plan_of: gives the plan of a sub-message's class.
        merging: write ``run(b, p, end, m, depth)``, which merges into ``m``, instead of ``run(b, p, end, cls, depth)``,
            which returns a new message.
        group: the message stands between the tags of a group: ``run`` has one more parameter, ``stop``, the end tag,
            and returns the position behind that, behind the new message if there is one.
        extendable: the class has a slot ``_extensions``.

    Returns:
        The source of the function ``run`` and the names that it needs.
    """
    writer = _Writer(plan_of, merging)
    cases: list[tuple[int, Lines]] = []
    places = {spec.slot: index for index, spec in enumerate(fields)}
    for index, spec in enumerate(fields):
        cases += writer.field(spec, index, [places[slot] for slot in spec.siblings]).items()
    parameters = f"b, p, end, {'m' if merging else 'cls'}, depth{', stop' if group else ''}"
    lines = [f"def run({parameters}):", " if depth < 0: raise Malformed", " u = None"]
    if merging:
        read = ["m._unknown", *(f"f{index} = m.{spec.slot}" for index, spec in enumerate(fields))]
        fill = f"fill_empty_slots(m, {writer.name('fields', fields)})"
        lines += [" try:", *_indent(read, 2), " except AttributeError:", *_indent([fill, *read], 2)]
    else:
        lines += [f" f{index} = {_start(writer, spec)}" for index, spec in enumerate(fields)]
    unknown = ["if t < 8: raise Malformed", "p = skip(b, p, end, t, depth)", *_KEEP]
    lines += [
        " while p < end:",
        "  s = p; t = b[p]; p += 1",
        "  if t > 127: t, p = read_tag(b, p, t)",
        *_dispatch(sorted(cases), ["if t == stop: break", *unknown] if group else unknown, 2),
        *([" else: raise Malformed", " if p > end: raise Malformed"] if group else [" if p != end: raise Malformed"]),
        *([] if merging else [" m = new(cls)"]),
        *(f" m.{spec.slot} = f{index}" for index, spec in enumerate(fields)),
        *([" m._extensions = None"] if extendable and not merging else []),
    ]
    if merging:
        lines += [" if u: keep_unknown(m, u)", *([" return p"] if group else [])]
    else:
        lines += [" m._unknown = b''.join(u) if u else b''", f" return {'m, p' if group else 'm'}"]
    writer.names["new"] = object.__new__
    return "\n".join(lines), writer.names


def _start(writer: _Writer, spec: FieldSpec) -> str:
    return writer.name("default", spec.default) if spec.kind is Kind.ENUM else repr(spec.default)
