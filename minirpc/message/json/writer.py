"""Messages to JSON text: one function for each class and set of options, written as source when it is first needed.

The functions are optimistic, as those of the wire codec: they take it that all slots are filled and that strings are
what UTF-8 can carry. Where that fails, the same message is written again by the careful kind, which names the field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from math import isfinite
from typing import Any

from minirpc.errors import DecodeError, EncodeError
from minirpc.message.json import special as json_special
from minirpc.message.json.contract import USUAL, Options, Write, too_deep_to_write
from minirpc.message.json.names import json_name
from minirpc.message.json.scalars import NULL_VALUE, QUOTED, RANGES, Text, enum_texts, key_text, quote, scalar_text
from minirpc.message.registry import Registry, full_name
from minirpc.numbers import Numbers
from minirpc.wire import JsonWriter, faults
from minirpc.wire.spec import Card, FieldSpec, Kind

__all__ = ["Writer"]

Lines = list[str]


class Writer:
    """Writes the messages of one class. See :class:`minirpc.message.json.contract.AnyWriter`."""

    __slots__ = ("_compiled", "cls", "is_compiled", "options", "special", "write")

    def __init__(self, cls: Any, options: Options) -> None:
        self.cls = cls
        self.options = options
        self._compiled: Any = None
        self.is_compiled = False
        """Whether ``write`` is the compiled engine's, whose text has no lone surrogates."""
        special = json_special.WRITERS.get(cls.__full_name__())
        self.special = special is not None
        # the types of fields may not exist yet: the function is made when it is first called
        self.write: Write = self._first if special is None else special(self)

    @staticmethod
    def of(message_class: Any, options: Options) -> Writer:
        """The writer of a message class, or of the one that it derives from: made once and kept there."""
        plans: dict[Any, Any] = message_class.__plans__
        found: Writer | None = plans.get(options)
        return found if found is not None else plans.setdefault(options, Writer(message_class.__plan__.cls, options))

    @property
    def compiled(self) -> Any:
        """What the compiled engine calls for a message: its own kind of writer, or a function for special types."""
        if self.special:
            return _checking(self.cls, self.write)
        if self._compiled is None:
            texts = _joined_extension_texts(self.options) if hasattr(self.cls, "__holders__") else None
            describe = partial(_rows, self.cls, self.options)
            make: Any = JsonWriter  # who asks knows that there is one
            self._compiled = make(self.cls, describe, texts, self.options.with_defaults)
        return self._compiled

    def _first(self, message: Any, depth: int, registry: Registry) -> str:
        if JsonWriter is not None and not self.options.careful:
            self.write = self.compiled.write
            self.is_compiled = True
            if self.options == USUAL:
                self.compiled.serve()
            return self.write(message, depth, registry)
        source, names = _source(self.cls, self.options)
        exec(compile(source, f"<minirpc JSON of {self.cls.__qualname__}>", "exec"), names)  # noqa: S102  our own source
        self.write = names["run"]
        return self.write(message, depth, registry)


def _rows(cls: Any, options: Options) -> list[Any]:
    """What the compiled writer asks of each field: key, texts of an enum, and the writer of messages."""
    rows = []
    for spec in sorted(cls.__fields__, key=lambda spec: spec.number):
        key = quote(spec.proto_name if options.proto_names else json_name(spec)) + ":"
        held = spec.value if spec.card is Card.MAP else spec
        is_enum = held.kind is Kind.ENUM
        # null stands for its value whatever the options
        named = is_enum and (not options.enum_numbers or full_name(held.type) == NULL_VALUE)
        names = {number: text.encode() for number, text in enum_texts(held.type).items()} if named else None
        writer = Writer.of(held.type, options).compiled if held.is_message else None
        rows.append((key.encode(), names, writer))
    return rows


def _checking(cls: Any, write: Write) -> Write:
    def checked(message: Any, depth: int, registry: Registry) -> str:
        _check_message(message, cls)
        return write(message, depth, registry)

    return checked


def _joined_extension_texts(options: Options) -> Write:
    texts = _extension_texts(options)

    def joined(message: Any, depth: int, registry: Registry) -> str:
        return "".join(f",{text}" for text in texts(message, depth, registry))

    return joined


def _source(cls: Any, options: Options) -> tuple[str, dict[str, Any]]:
    """Writes a writer.

    Returns:
        The source of the function ``run(m, depth, registry)`` and the names that it needs.
    """
    maker = _Maker(options)
    lines = ["def run(m, depth, registry):", " if depth < 0: raise too_deep()", " o = []; at = ''", " try:", "  pass"]
    for index, spec in enumerate(sorted(cls.__fields__, key=lambda spec: spec.number)):
        lines += [f"  {line}" for line in maker.field(index, spec)]
    lines += [" except EncodeError as error:", "  error.path = f'.{at}{error.path}'; raise"]
    if hasattr(cls, "__holders__"):
        maker.names["extension_texts"] = _extension_texts(options)
        lines += [" o += extension_texts(m, depth, registry)"]
    lines += [" return '{' + ','.join(o) + '}'"]
    return "\n".join(lines), maker.names


class _Maker:
    def __init__(self, options: Options) -> None:
        self.options = options
        self.names: dict[str, Any] = {
            "EncodeError": EncodeError,
            "Numbers": Numbers,
            "as_container": _as_container,
            "check_message": _check_message,
            "entries": _entries,
            "message_texts": _message_texts,
            "is_negative_zero": _is_negative_zero,
            "quote": quote,
            "repr_float": float.__repr__,
            "repr_int": int.__repr__,
            "too_deep": too_deep_to_write,
        }

    def field(self, index: int, spec: FieldSpec) -> Lines:
        """The lines that write one field, from reading its slot on."""
        self.names[f"d{index}"] = spec.default
        key = quote(spec.proto_name if self.options.proto_names else json_name(spec)) + ":"
        if spec.card is Card.REPEATED:
            lines = self.container(list, f"{key}[", self.elements(index, spec), "]")
        elif spec.card is Card.MAP:
            lines = self.container(dict, f"{key}{{", self.map(index, spec), "}")
        else:
            lines = [self.condition(index, spec), *(f" {line}" for line in self.value(index, spec, key))]
        lines.insert(1, f" at = {spec.name!r}")
        return [*self.read(index, spec), *lines]

    def read(self, index: int, spec: FieldSpec) -> Lines:
        if spec.card in (Card.REPEATED, Card.MAP):
            # its slot may be empty for good reason: nobody has read the field yet
            read = f"v = m.{spec.name}" if spec.name.isidentifier() else f"v = getattr(m, {spec.name!r})"
            return [read, "if type(v) is Numbers: v = v.tolist()"] if spec.typecode else [read]
        if self.options.careful:
            return [f"v = getattr(m, {spec.slot!r}, d{index})"]
        return [f"v = m.{spec.slot}"]

    def condition(self, index: int, spec: FieldSpec) -> str:
        """The line that decides whether a singular field is written."""
        if spec.card is not Card.IMPLICIT:
            return "if v is not None:"
        if self.options.with_defaults:
            return "if True:"
        if spec.kind in (Kind.DOUBLE, Kind.FLOAT):
            return f"if v is not d{index} and (v != 0 or is_negative_zero(v)):"
        return f"if v is not d{index} and v != d{index}:"

    def container(self, container: type, opening: str, texts: str, closing: str) -> Lines:
        name = container.__name__
        self.names[name] = container
        return [
            "if True:" if self.options.with_defaults else f"if v or type(v) is not {name}:",
            f" if type(v) is not {name}: v = as_container(v, {name})",
            f" o.append({opening!r} + ','.join({texts}) + {closing!r})",
        ]

    def value(self, index: int, spec: FieldSpec, key: str) -> Lines:
        """The lines that append a singular field: what is common stands here, the rest is for its function."""
        if spec.is_message:
            self.message(index, spec)
            return [
                f"if type(v) is not c{index}: check_message(v, c{index})",
                f"o.append({key!r} + w{index}.write(v, depth - 1, registry))",
            ]
        text = f"{key!r} + {self.text(index, spec)}(v)"
        if self.options.careful or spec.kind is Kind.STRING:
            return [f"o.append({text})"]
        if spec.kind in RANGES and spec.kind is not Kind.ENUM:
            low, high = RANGES[spec.kind]
            quick = f"""{key + '"'!r} + repr_int(v) + '"'""" if spec.kind in QUOTED else f"{key!r} + repr_int(v)"
            return [f"o.append({quick} if type(v) is int and {low} <= v <= {high} else {text})"]
        if spec.kind is Kind.DOUBLE:
            return [f"o.append({key!r} + repr_float(v) if type(v) is float and v - v == 0.0 else {text})"]
        if spec.kind is Kind.ENUM and not self.options.enum_numbers:
            self.names[f"c{index}"] = spec.type
            self.names[f"e{index}"] = enum_texts(spec.type)
            return [f"t = e{index}.get(v) if type(v) is c{index} else None", f"o.append({key!r} + t if t else {text})"]
        return [f"o.append({text})"]

    def text(self, index: int, spec: FieldSpec) -> str:
        """The name of the function that writes a value of a scalar or enum field."""
        if spec.kind is Kind.STRING and not self.options.careful:
            return "quote"
        self.names[f"t{index}"] = scalar_text(spec, enum_numbers=self.options.enum_numbers)
        return f"t{index}"

    def message(self, index: int, spec: FieldSpec) -> None:
        self.names[f"c{index}"] = spec.type
        self.names[f"w{index}"] = Writer.of(spec.type, self.options)

    def elements(self, index: int, spec: FieldSpec, values: str = "v") -> str:
        """An expression: the texts of a list's elements, or of the values of the dict v."""
        if spec.is_message:
            self.message(index, spec)
            return f"message_texts({values}, v, w{index}, c{index}, depth - 1, registry)"
        self.names[f"l{index}"] = _texts_of(spec, self.options)
        return f"l{index}({values}, v)"

    def map(self, index: int, spec: FieldSpec) -> str:
        assert spec.key is not None
        assert spec.value is not None
        self.names[f"k{index}"] = _keys_of(spec.key, self.options)
        return f"entries(k{index}(v), {self.elements(index, spec.value, 'v.values()')})"


def _extension_texts(options: Options) -> Callable[[Any, int, Registry], list[str]]:
    """What writes the members of an object that are extensions, as ``"[acme.owner]":"x"``."""

    def texts(message: Any, depth: int, registry: Registry) -> list[str]:
        try:
            holders = message.__holders__(registry)
        except DecodeError as error:
            raise EncodeError(f"cannot be decoded: {error}") from None
        return [Writer.of(type(holder), options).write(holder, depth, registry)[1:-1] for holder in holders]

    return texts


def _is_negative_zero(value: Any) -> bool:
    return repr(value) == "-0.0"


def _check_message(value: Any, cls: Any) -> None:
    if not issubclass(type(value), cls):
        raise EncodeError(faults.expected(cls.__full_name__(), value))


def _as_container(value: Any, container: type[Any]) -> Any:
    if not issubclass(type(value), container):
        raise EncodeError(faults.expected(container.__name__, value))
    return container.copy(value)


def _label(container: Any, index: int) -> str:
    """The step into the element, or the dict's entry, that stands at ``index``."""
    return faults.element(list(container)[index] if isinstance(container, dict) else index)


def _each(values: Iterable[Any], container: Any, text: Text) -> list[str]:
    texts: list[str] = []
    try:
        for value in values:
            texts.append(text(value))  # noqa: PERF401  the error needs to know how far this came
    except EncodeError as error:
        error.path = _label(container, len(texts)) + error.path
        raise
    return texts


def _message_texts(
    values: Iterable[Any], container: Any, writer: Writer, cls: Any, depth: int, registry: Registry
) -> list[str]:
    texts: list[str] = []
    try:
        for value in values:
            if type(value) is not cls:
                _check_message(value, cls)
            texts.append(writer.write(value, depth, registry))
    except EncodeError as error:
        error.path = _label(container, len(texts)) + error.path
        raise
    return texts


def _entries(keys: Iterable[str], values: Iterable[str]) -> list[str]:
    return [f"{key}:{value}" for key, value in zip(keys, values, strict=True)]


def _keys_of(spec: FieldSpec, options: Options) -> Callable[[Any], Iterable[str]]:
    """What writes the keys of a map: always strings."""
    if spec.kind is Kind.STRING and not options.careful:
        return lambda entries: map(quote, entries)
    text = key_text(spec)

    def texts(entries: Any) -> Iterable[str]:
        try:
            return [text(key) for key in entries]
        except EncodeError as error:
            error.path = f".key{error.path}"
            raise

    return _ints(texts, *RANGES[spec.kind], quoted=True) if spec.kind in RANGES else texts


def _texts_of(spec: FieldSpec, options: Options) -> Callable[[Any, Any], Iterable[str]]:
    """What writes many values of a scalar or enum field: ``(values, container)`` → texts."""
    text = scalar_text(spec, enum_numbers=options.enum_numbers)

    def texts(values: Any, container: Any) -> Iterable[str]:
        return _each(values, container, text)

    if spec.kind is Kind.STRING and not options.careful:
        return lambda values, _: map(quote, values)
    if spec.kind is Kind.DOUBLE:
        return _doubles(texts)
    if spec.kind in RANGES and spec.kind is not Kind.ENUM:
        return _ints(texts, *RANGES[spec.kind], quoted=spec.kind in QUOTED)
    return texts


# Where all values are of the one expected type and in range, which it takes no Python code per value to find out, they
# are written without any, too.


def _doubles(texts: Callable[..., Iterable[str]]) -> Callable[..., Iterable[str]]:
    def quick(values: Any, *container: Any) -> Iterable[str]:
        if set(map(type, values)) == {float} and all(map(isfinite, values)):
            return map(float.__repr__, values)
        return texts(values, *container)

    return quick


def _ints(texts: Callable[..., Iterable[str]], low: int, high: int, *, quoted: bool) -> Callable[..., Iterable[str]]:
    def quick(values: Any, *container: Any) -> Iterable[str]:
        if set(map(type, values)) != {int} or min(values) < low or max(values) > high:
            return texts(values, *container)
        return [f'"{value}"' for value in values] if quoted else map(int.__repr__, values)

    return quick
