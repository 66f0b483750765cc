"""JSON to messages: one function for each class, written as source when it is first needed.

It goes over an object's members, finds each one's field by a dict and then by a binary tree of comparisons, and stores
what fits at once. Everything else goes to the functions of :mod:`minirpc.message.json.scalars`, which convert or raise.

The compiled engine has a reader of its own, straight from the text, which does the same for what is common and gives up
on the rest. Here is what it has to know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import isfinite
from typing import Any

from minirpc.errors import DecodeError
from minirpc.message.json import special as json_special
from minirpc.message.json.contract import Context, Read, too_deep_to_read
from minirpc.message.json.document import parse
from minirpc.message.json.errors import Misfit, expected
from minirpc.message.json.names import json_name
from minirpc.message.json.scalars import (
    NULL_VALUE,
    RANGES,
    InexactNumber,
    enum_members,
    key_reader,
    scalar_reader,
)
from minirpc.message.registry import Registry, full_name
from minirpc.numbers import Numbers
from minirpc.wire import JsonReader, init
from minirpc.wire.spec import Card, FieldSpec, Kind

__all__ = ["Reader"]

Lines = list[str]
Pairs = tuple[tuple[str, Any], ...]
_MAX_INT_LENGTH = 20
ReadMany = Callable[[list[Any], int, Context], list[Any]]


class Reader:
    """Reads the messages of one class. See :class:`minirpc.message.json.contract.AnyReader`."""

    __slots__ = ("cls", "compiled", "read", "special")

    def __init__(self, cls: Any) -> None:
        self.cls = cls
        self.compiled: Any = None
        """The compiled engine's reader; None if there is none for this class."""
        special = json_special.READERS.get(cls.__full_name__())
        self.special = special is not None
        # the types of fields may not exist yet: the function is made when it is first called
        self.read: Read = self._first if special is None else special(self)
        form = json_special.form_of(cls) if self.special else ""
        if JsonReader is not None and form is not None:
            self.compiled = JsonReader(cls, form, partial(_rows, cls), hasattr(cls, "__holder__"))

    @staticmethod
    def of(message_class: Any) -> Reader:
        """The reader of a message class, or of the one that it derives from: made once and kept there."""
        plans: dict[Any, Any] = message_class.__plans__
        found: Reader | None = plans.get(Reader)
        return found if found is not None else plans.setdefault(Reader, Reader(message_class.__plan__.cls))

    def _first(self, value: Any, depth: int, context: Context) -> Any:
        source, names = _source(self.cls)
        exec(compile(source, f"<minirpc JSON of {self.cls.__qualname__}>", "exec"), names)  # noqa: S102  our own source
        self.read = names["run"]
        return self.read(value, depth, context)


def _rows(cls: Any) -> tuple[list[Any], dict[str, int]]:
    """What the compiled reader asks of each field, and the places of the fields by their names in JSON."""
    specs = sorted(cls.__fields__, key=lambda spec: spec.number)
    places = {spec: place for place, spec in enumerate(specs)}
    rows = []
    for spec in specs:
        held = spec.value if spec.card is Card.MAP else spec
        members = enum_members(held.type) if held.kind is Kind.ENUM else None
        reader = Reader.of(held.type) if held.is_message else None
        rows.append((json_name(spec), members, reader and (reader.compiled or partial(_read_text, reader))))
    return rows, {name: places[cls.__fields__[index]] for name, index in _lookup(cls.__fields__).items()}


def _read_text(reader: Reader, text: str, depth: int, ignore_unknown: bool, registry: Registry, max_depth: int) -> Any:
    """Reads the text of a message that the compiled engine has no reader for. Returns None where anything is wrong."""
    context = Context(ignore_unknown, registry, max_depth, exact=False)
    try:
        return reader.read(parse(text, max_depth), depth, context)
    except (DecodeError, InexactNumber, Misfit, RecursionError):
        return None


def _source(cls: Any) -> tuple[str, dict[str, Any]]:
    """Writes a reader.

    Returns:
        The source of the function ``run(x, depth, context)`` and the names that it needs.
    """
    fields: Sequence[FieldSpec] = cls.__fields__
    maker = _Maker(cls)
    tree = maker.tree(list(enumerate(fields)))
    lines = [
        "def run(x, depth, context):",
        " if type(x) is not tuple: raise expected('an object', x)",
        " if depth < 0: raise too_deep(context)",
        " m = new(); seen = 0; ignored = 0",
        *[f" {oneof} = None" for oneof in maker.oneofs.values()],
        " try:",
        "  for k, v in x:",
        "   i = find(k)",
        "   if i is None: ignored += unknown(m, k, v, depth, context); continue",
        *[f"   {line}" for line in tree],
        " except Misfit as misfit:",
        "  misfit.in_member(x, k, v); raise",
        " if seen.bit_count() + ignored != len(x): raise duplicate(x)",
        *([" if ignored: check_extensions(x, context)"] if hasattr(cls, "__holder__") else []),
        " return m",
    ]
    return "\n".join(lines), maker.names


def _lookup(fields: Sequence[FieldSpec]) -> dict[str, int]:
    """The index of each field by its names: "Parsers accept both the lowerCamelCase name and the original name"."""
    found: dict[str, int] = {}
    for index, spec in enumerate(fields):
        found.setdefault(json_name(spec), index)
    for index, spec in enumerate(fields):
        found.setdefault(spec.proto_name, index)
    return found


def _takes_null(spec: FieldSpec) -> bool:
    """Whether null is a value of the field's type, and not the absence of one."""
    if spec.kind is Kind.ENUM:
        return full_name(spec.type) == NULL_VALUE
    return spec.is_message and full_name(spec.type) == "google.protobuf.Value"


class _Maker:
    def __init__(self, cls: Any) -> None:
        lookup = _lookup(cls.__fields__)
        name = cls.__full_name__()

        is_extendable = hasattr(cls, "__holder__")

        def unknown(message: Any, key: str, value: Any, depth: int, context: Context) -> int:
            if is_extendable and _read_extension(message, key, value, depth, context):
                return 1
            if not context.ignore_unknown:
                raise Misfit(f"{name} has no such field", at_name=True)
            return 1

        def duplicate(pairs: Pairs) -> Misfit:
            seen = set()
            for key, value in pairs:
                index = lookup.get(key)
                if index is not None and index in seen:
                    misfit = Misfit("the field was there before", again=True)
                    misfit.in_member(pairs, key, value)
                    return misfit
                seen.add(index)
            raise AssertionError("unreachable: called for duplicates alone")

        self.names: dict[str, Any] = {
            "Misfit": Misfit,
            "Numbers": Numbers,
            "check_extensions": _check_extensions,
            "duplicate": duplicate,
            "expected": expected,
            "find": lookup.get,
            "new": _maker_of(cls),
            "second": _second_member_of,
            "too_deep": too_deep_to_read,
            "unknown": unknown,
        }
        self.oneofs: dict[str, str] = {}
        """For each oneof, the local variable that says whether one of its members was there."""

    def tree(self, fields: list[tuple[int, FieldSpec]]) -> Lines:
        if not fields:
            return ["pass"]
        if len(fields) == 1:
            return self.field(*fields[0])
        middle = len(fields) // 2
        return [
            f"if i < {fields[middle][0]}:",
            *[f" {line}" for line in self.tree(fields[:middle])],
            "else:",
            *[f" {line}" for line in self.tree(fields[middle:])],
        ]

    def field(self, index: int, spec: FieldSpec) -> Lines:
        """The lines that read one field from v."""
        if spec.card is Card.REPEATED:
            self.names[f"r{index}"] = _list_reader(spec)
            read = f"r{index}(v, depth - 1, context)"
            value = [
                "if type(v) is not list: raise expected('an array', v)",
                f"m.{spec.slot} = {f'Numbers({spec.typecode!r}, {read})' if spec.typecode else read}",
            ]
        elif spec.card is Card.MAP:
            self.names[f"r{index}"] = _map_reader(spec)
            value = [f"m.{spec.slot} = r{index}(v, depth - 1, context)"]
        else:
            value = [*self.convert(index, spec), *self.store(spec)]
            if _takes_null(spec):
                return [f"seen |= {1 << index}", *value]
        return [f"seen |= {1 << index}", "if v is not None:", *[f" {line}" for line in value]]

    def convert(self, index: int, spec: FieldSpec) -> Lines:
        """The lines that make a field's value of v."""
        if spec.is_message:
            # the reader itself may be replaced: it is asked for its function each time
            self.names[f"r{index}"] = Reader.of(spec.type)
            return [f"v = r{index}.read(v, depth - 1, context)"]
        self.names[f"r{index}"] = scalar_reader(spec)
        convert = f"v = r{index}(v, context)"
        if spec.kind is Kind.STRING:
            return [f"if type(v) is not str: {convert}"]
        if spec.kind is Kind.BOOL:
            return [f"if v is not True and v is not False: {convert}"]
        if spec.kind is Kind.DOUBLE:
            return [f"if type(v) is not float or v - v != 0.0: {convert}"]
        if spec.kind is Kind.ENUM:
            self.names[f"e{index}"] = enum_members(spec.type)
            return [f"t = e{index}.get(v) if type(v) is str else None", f"if t is None: {convert}", "else: v = t"]
        if spec.kind in RANGES:
            low, high = RANGES[spec.kind]
            return [f"if type(v) is not int or not {low} <= v <= {high}: {convert}"]
        return [convert]

    def store(self, spec: FieldSpec) -> Lines:
        """The lines that put v into its slot, unless the reader of an enum dropped it."""
        store = f"m.{spec.slot} = v"
        if spec.card is Card.ONEOF:
            oneof = self.oneofs.setdefault(spec.oneof, f"q{len(self.oneofs)}")
            store = f"{oneof} = m.{spec.slot} = second({spec.oneof!r}) if {oneof} is not None else v"
        return [f"if v is not None: {store}" if spec.kind is Kind.ENUM else store]


def _maker_of(cls: Any) -> Callable[[], Any]:
    """What makes an empty message; the constructor, unless it does more than that, or a field's name is no keyword."""
    if cls.__init__ is init and all(spec.name.isidentifier() for spec in cls.__fields__):
        constructor: Callable[[], Any] = cls
        return constructor
    return lambda: cls.from_binary(b"")


def _read_extension(message: Any, key: str, value: Any, depth: int, context: Context) -> bool:
    """Reads a member ``"[acme.owner]"``; says whether it was one, of an extension that is known."""
    if not (key.startswith("[") and key.endswith("]")):
        return False
    try:
        extension = context.registry.extension(key[1:-1])
    except LookupError:
        return False
    if not isinstance(message, extension.extendee):
        return False
    holder = message.__holder__(extension)
    try:
        holder = Reader.of(type(holder)).read(((key, value),), depth, context)
    except Misfit as misfit:
        misfit.steps.pop()  # the member itself, which the caller adds
        raise
    message.__hold__(holder)
    return True


def _check_extensions(pairs: Pairs, context: Context) -> None:
    """Refuses an extension that comes twice, which as null or an empty array leaves nothing in the message."""
    seen = set()
    for key, value in pairs:
        if not (key.startswith("[") and key.endswith("]")):
            continue
        try:
            extension = context.registry.extension(key[1:-1])
        except LookupError:
            continue  # ignored, as often as it comes
        if extension in seen:
            misfit = Misfit("the field was there before", again=True)
            misfit.in_member(pairs, key, value)
            raise misfit
        seen.add(extension)


def _second_member_of(oneof: str) -> Any:
    raise Misfit(f"a second member of the oneof {oneof}", again=True)


def _list_reader(spec: FieldSpec) -> ReadMany:
    """What reads an array. Where all elements are stored as they are, the array itself becomes the list."""
    each = _each(_element_reader(spec))
    if spec.kind is Kind.STRING:
        return lambda values, depth, context: (
            values if set(map(type, values)) == {str} else each(values, depth, context)
        )
    if spec.kind is Kind.DOUBLE:
        return lambda values, depth, context: values if _all_finite(values) else each(values, depth, context)
    if spec.kind in RANGES and spec.kind is not Kind.ENUM:
        low, high = RANGES[spec.kind]

        def ints(values: list[Any], depth: int, context: Context) -> list[Any]:
            numbers = _canonical_ints(values)
            if numbers and min(numbers) >= low and max(numbers) <= high:
                return numbers
            return each(values, depth, context)

        return ints
    return each


def _all_finite(values: list[Any]) -> bool:
    return set(map(type, values)) == {float} and all(map(isfinite, values))


def _canonical_ints(values: list[Any]) -> list[int]:
    """The integers that the values are, if they are all numbers or all strings as we write them; else nothing."""
    types = set(map(type, values))
    if types == {int}:
        return values
    if types != {str} or max(map(len, values)) > _MAX_INT_LENGTH:
        return []
    try:
        numbers = list(map(int, values))
    except ValueError:
        return []
    return numbers if list(map(int.__repr__, numbers)) == values else []


def _element_reader(spec: FieldSpec) -> Callable[[], Read]:
    """What gives the reader of a list's element or a map's value; that one gives None for what is to be dropped."""
    if spec.is_message:
        reader = Reader.of(spec.type)
        return lambda: reader.read  # not yet the final one
    read_scalar = scalar_reader(spec)

    def read(value: Any, _depth: int, context: Context) -> Any:
        return read_scalar(value, context)

    return lambda: read


def _each(element_reader: Callable[[], Read]) -> ReadMany:
    def read_each(values: list[Any], depth: int, context: Context) -> list[Any]:
        read = element_reader()
        elements: list[Any] = []
        position = -1
        try:
            for position, value in enumerate(values):  # noqa: B007  the error needs the position
                element = read(value, depth, context)
                if element is not None:
                    elements.append(element)
        except Misfit as misfit:
            misfit.in_element(position)
            raise
        return elements

    return read_each


def _map_reader(spec: FieldSpec) -> Read:
    key, value = spec.key, spec.value
    assert key is not None
    assert value is not None
    read_key = key_reader(key)
    element_reader = _element_reader(value)
    # whole maps at once only of scalars: where this fails, they are read again, which must not happen level by level
    read_quickly = _quick_map_reader(key, value) if not value.is_message else None

    def read_map(pairs: Any, depth: int, context: Context) -> dict[Any, Any]:
        if type(pairs) is not tuple:
            raise expected("an object", pairs)
        entries: dict[Any, Any] | None = read_quickly(pairs, depth, context) if read_quickly and pairs else {}
        if entries:
            return entries
        entries = {}
        read = element_reader()
        name, member = "", None
        try:
            for name, member in pairs:
                found = read_key(name, context)
                if found in entries:
                    raise Misfit("the key was there before", again=True)
                element = read(member, depth, context)
                if element is not None:
                    entries[found] = element
        except Misfit as misfit:
            misfit.in_member(pairs, name, member, of_map=True)
            raise
        return entries

    return read_map


def _quick_map_reader(key: FieldSpec, value: FieldSpec) -> Callable[[Pairs, int, Context], dict[Any, Any]]:
    """What reads a map whose keys are as we write them and whose values all fit; else it gives an empty one."""
    read_values = _list_reader(value)
    low, high = RANGES.get(key.kind, (0, 0))

    def read(pairs: Pairs, depth: int, context: Context) -> dict[Any, Any]:
        names, members = map(list, zip(*pairs, strict=True))
        keys: list[Any] = names
        if key.kind is not Kind.STRING:
            keys = _canonical_ints(names)
            if not keys or min(keys) < low or max(keys) > high:
                return {}
        try:
            values = read_values(members, depth, context)
        except Misfit:
            return {}
        entries = dict(zip(keys, values, strict=False))
        return entries if len(entries) == len(pairs) else {}

    return read
