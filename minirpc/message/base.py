"""The base class of messages, and the metaclass that turns field lines into slots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import get_ident
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, Self, TypeVar, dataclass_transform

from minirpc import wire
from minirpc.lazy import lazy
from minirpc.message import registry
from minirpc.message.deprecation import warning_init
from minirpc.message.registry import WELL_KNOWN_TYPES
from minirpc.wire import to_json as write_usual_json
from minirpc.wire.spec import MAX_DEPTH, MAX_NUMBER, AnyPlan, Card, FieldSpec

if TYPE_CHECKING:
    from minirpc.message import json
    from minirpc.message import text as text_format
else:  # most programs read and write bytes alone
    json = lazy("minirpc.message.json")
    text_format = lazy("minirpc.message.text")

__all__ = ["Message", "MessageMeta", "Oneof", "which_oneof"]

Buffer = bytes | bytearray | memoryview
Name = TypeVar("Name", bound=str)
Value = TypeVar("Value")
T = TypeVar("T")


class Oneof(NamedTuple, Generic[Name, Value]):
    """The member of a oneof that is set, for ``match``: ``case ("isbn", value)`` or ``case Oneof("isbn", value)``."""

    name: Name
    """The member's name in Python."""
    value: Value
    """What it holds."""


@dataclass_transform(kw_only_default=True)
class MessageMeta(type):
    """Makes message classes: collects the field lines of the class body, lays out slots, installs attributes."""

    __fields__: tuple[FieldSpec, ...]
    __plans__: dict[Any, Any]
    __plan__: AnyPlan
    __proto_name__: str
    __proto_full_name__: str
    __reserved__: frozenset[str]

    def __new__(
        mcs,
        cls_name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        name: str = "",
        full_name: str = "",
        reserved: Sequence[str] = (),
        base: bool = False,
        deprecated: bool = False,
        **kwargs: Any,
    ) -> MessageMeta:
        """Makes a class.

        Args:
            cls_name, bases, namespace: as for ``type``.
            name: the message's own name in the .proto file, if it is not ``cls_name``.
            full_name: its full name, for a class that does not stand in a generated module.
            reserved: the field names that the .proto file reserves; the text format skips them.
            base: the class is no message, but one that message classes derive from.
            deprecated: constructing a message warns.
        """
        specs = [value for value in namespace.values() if type(value) is FieldSpec]
        parents = [parent for parent in bases if isinstance(parent, MessageMeta)]
        if base:
            return super().__new__(mcs, cls_name, bases, namespace, **kwargs)
        if any(hasattr(parent, "__fields__") for parent in parents):
            if specs:
                raise TypeError(f"{cls_name} cannot add fields to the message {parents[0].__name__}")
            namespace.setdefault("__slots__", ())
            return super().__new__(mcs, cls_name, bases, namespace, **kwargs)
        largest = max((getattr(parent, "__largest_number__", MAX_NUMBER) for parent in parents), default=MAX_NUMBER)
        descriptors = _lay_out(cls_name, specs, namespace, largest)
        namespace["__slots__"] = tuple(spec.slot for spec in specs)
        namespace["__fields__"] = tuple(specs)
        namespace["__plans__"] = {}
        namespace["__proto_name__"] = name or full_name.rpartition(".")[2] or cls_name
        namespace["__proto_full_name__"] = full_name
        namespace["__reserved__"] = frozenset(reserved)
        if deprecated:
            namespace.setdefault("__init__", warning_init)
        own_init = "__init__" in namespace
        namespace.setdefault("__init__", wire.init)
        cls = super().__new__(mcs, cls_name, bases, namespace, **kwargs)
        for attribute, make in descriptors.items():
            setattr(cls, attribute, make(cls))
        cls.__plan__ = wire.Plan.of(cls)
        if not own_init:
            wire.install(cls)
        return cls

    def __full_name__(cls) -> str:
        """The message's full name in its .proto file: ``acme.library.Book.Location``."""
        owner = next(base for base in cls.__mro__ if "__fields__" in base.__dict__)
        return registry.full_name(owner)


def _lay_out(
    cls_name: str, specs: list[FieldSpec], namespace: dict[str, Any], largest: int
) -> dict[str, Callable[[type[Any]], Any]]:
    """Names the fields after their attributes, and chooses their slots.

    Plain fields are their own slots, the fastest attribute that Python has. Containers are made at first read, oneof
    members clear their siblings, fields with a default of their own read as that while they hold None: these get a
    descriptor above a hidden slot. The lines are taken out of the namespace.

    Returns:
        For each attribute that needs one, what makes its descriptor once the class exists.
    """
    numbers: dict[int, str] = {}
    oneofs: dict[str, list[FieldSpec]] = {}
    for attribute in [key for key, value in namespace.items() if type(value) is FieldSpec]:
        spec: FieldSpec = namespace.pop(attribute)
        if spec.name:
            raise TypeError(f"{cls_name}.{attribute} and {cls_name}.{spec.name} share one field line")
        if spec.number in numbers:
            raise TypeError(f"{cls_name}.{attribute} and {cls_name}.{numbers[spec.number]} share number {spec.number}")
        if spec.number > largest:
            raise ValueError(f"{cls_name}.{attribute}: field number {spec.number} is not between 1 and 2**29 - 1")
        numbers[spec.number] = spec.name = spec.slot = attribute
        spec.proto_name = spec.proto_name or attribute
        if spec.card is Card.ONEOF:
            oneofs.setdefault(spec.oneof, []).append(spec)
    taken = {*namespace, *numbers.values()}
    descriptors: dict[str, Callable[[type[Any]], Any]] = {}
    for spec in specs:
        plain = spec.card in (Card.IMPLICIT, Card.OPTIONAL) and spec.explicit_default is None
        if plain and spec.name.isidentifier():
            continue
        spec.slot = f"s_{spec.name}" if spec.name.isidentifier() else "s_"
        while spec.slot in taken:
            spec.slot += "_"
        taken.add(spec.slot)
    for spec in specs:
        if spec.card is Card.ONEOF:
            spec.siblings = tuple(other.slot for other in oneofs[spec.oneof] if other is not spec)
            descriptors[spec.name] = _oneof_slot(spec)
        elif spec.card in (Card.REPEATED, Card.MAP):
            descriptors[spec.name] = _container_slot(spec)
        elif spec.explicit_default is not None:
            descriptors[spec.name] = _default_slot(spec)
        elif spec.slot != spec.name:
            descriptors[spec.name] = _plain_slot(spec)  # a name that no slot can have
    return descriptors


def _oneof_slot(spec: FieldSpec) -> Callable[[type[Any]], Any]:
    return lambda cls: wire.OneofSlot(
        cls.__dict__[spec.slot], spec, [cls.__dict__[sibling] for sibling in spec.siblings]
    )


def _plain_slot(spec: FieldSpec) -> Callable[[type[Any]], Any]:
    return lambda cls: cls.__dict__[spec.slot]


def _default_slot(spec: FieldSpec) -> Callable[[type[Any]], Any]:
    return lambda cls: wire.DefaultSlot(cls.__dict__[spec.slot], spec)


def _container_slot(spec: FieldSpec) -> Callable[[type[Any]], Any]:
    return lambda cls: wire.ContainerSlot(cls.__dict__[spec.slot], spec)


class Message(metaclass=MessageMeta, base=True):
    """A protobuf message: a plain Python object with a typed attribute for each field.

    The constructor takes fields as keywords. Unset fields read as their defaults: ``optional`` fields, sub-messages and
    oneof members as None, repeated fields as an empty list (``minirpc.numbers.Numbers`` where they hold numbers), maps
    as ``{}``. Values are not checked when they are assigned but when the message is encoded. Unknown attributes and
    keywords raise at once.

    Fields that the class does not know survive: they are kept as bytes and written again behind the known ones.

    Two messages are equal if they are of one class, their fields are equal and their unknown fields are the same bytes.
    Messages cannot be hashed, can be copied (``copy.copy`` shares containers and sub-messages, ``copy.deepcopy`` does
    not, ``copy.replace`` from Python 3.13 on) and pickled.
    """

    __slots__ = ("_unknown",)

    __fields__: ClassVar[tuple[FieldSpec, ...]]
    __plan__: ClassVar[AnyPlan]
    _unknown: ClassVar[bytes]  # of each instance; an annotation without ClassVar would make it an argument of __init__

    # the engine's own functions: the compiled one spares a Python frame for each message
    if TYPE_CHECKING:

        def to_binary(self, *, deterministic: bool = False) -> bytes:
            """See :func:`minirpc.wire.to_binary`."""
            ...

        @classmethod
        def from_binary(cls, data: Buffer, *, max_depth: int = MAX_DEPTH) -> Self:
            """See :func:`minirpc.wire.from_binary`."""
            ...

        @classmethod
        def FromString(cls, data: Buffer) -> Self:  # noqa: N802
            """Google's name for :meth:`from_binary`, which grpcio and grpclib look for."""
            ...

        SerializeToString = to_binary
        """Google's name for :meth:`to_binary`, which grpcio and grpclib look for."""
    else:
        to_binary = SerializeToString = wire.to_binary
        from_binary = FromString = classmethod(wire.from_binary)

    def merge_from_binary(self, data: Buffer, *, max_depth: int = MAX_DEPTH) -> None:
        """Merges a serialized message into this one: singular fields are replaced, messages merged, lists extended.

        Raises:
            DecodeError: ``data`` is malformed. The message then holds a part of it.
        """
        type(self).__plan__.decode_into(self, data, max_depth)

    def to_text(
        self,
        *,
        single_line: bool = False,
        registry: registry.Registry | None = None,
        unknown_fields: bool = False,
    ) -> str:
        """Writes the message in protobuf's text format, for people to read.

        Equal messages give equal texts: fields come in the order of their numbers, map entries in that of their keys.

        Args:
            single_line: write everything on one line, instead of each field on its own.
            registry: where to find the types of messages in ``google.protobuf.Any``. Without it, the well-known types
                are found; the others are written as they are stored, ``type_url`` and ``value``.
            unknown_fields: write the fields that the class does not know too, by number. ``from_text`` cannot read
                them: the text does not tell their types.

        Raises:
            EncodeError: a value does not fit its field; the error names the field's path.
        """
        return text_format.to_text(self, single_line=single_line, registry=registry, unknown_fields=unknown_fields)

    @classmethod
    def from_text(
        cls, text: str | bytes, *, registry: registry.Registry | None = None, max_depth: int = MAX_DEPTH
    ) -> Self:
        """Reads a message from protobuf's text format.

        Args:
            text: all of a text; ``bytes`` are taken for UTF-8.
            registry: where to find the types of messages in ``google.protobuf.Any``; without it, only the well-known
                types are found.
            max_depth: how many levels of messages may nest below this one.

        Raises:
            DecodeError: ``text`` is malformed or does not fit the message; the error names the field's path, the line
                and the column.
        """
        message: Self = text_format.from_text(cls, text, registry=registry, max_depth=max_depth)
        return message

    def to_json(
        self,
        *,
        indent: int | None = None,
        with_defaults: bool = False,
        enum_numbers: bool = False,
        proto_names: bool = False,
        registry: registry.Registry | None = None,
    ) -> str:
        """Writes the message as JSON, in the form that all protobuf libraries read (ProtoJSON).

        Fields come in the order of their numbers, under their lowerCamelCase or ``json_name``; unknown fields are left
        out. 64-bit integers and bytes become strings, enums their names; well-known types have their own forms.

        Args:
            indent: put each value on its own line, indented by so many spaces per level. None: no spaces at all.
            with_defaults: write fields without presence also where they hold their default.
            enum_numbers: write enums as numbers.
            proto_names: write fields under their names in the .proto file.
            registry: where to find the types of messages in ``google.protobuf.Any``; without it, only the well-known
                types are found.

        Raises:
            EncodeError: a value does not fit its field or has no form in JSON; the error names the field's path.
        """
        if with_defaults or enum_numbers or proto_names:
            text = json.to_json(self, json.Options(with_defaults, enum_numbers, proto_names), registry)
        else:
            # small messages take no longer than a call of Python: here is one for all
            text = write_usual_json(self, registry or WELL_KNOWN_TYPES) or json.to_json(self, json.USUAL, registry)
        return text if indent is None else json.indented(text, indent)

    def to_dict(
        self,
        *,
        with_defaults: bool = False,
        enum_numbers: bool = False,
        proto_names: bool = False,
        registry: registry.Registry | None = None,
    ) -> Any:
        """Makes plain Python values of the message: what ``json.loads`` makes of :meth:`to_json`.

        Args:
            with_defaults, enum_numbers, proto_names, registry: see :meth:`to_json`.

        Returns:
            A ``dict``; of a well-known type with its own form in JSON what that is, a ``str`` of a ``Timestamp``.

        Raises:
            EncodeError: see :meth:`to_json`.
        """
        options = json.Options(with_defaults, enum_numbers, proto_names)
        return json.to_dict(self, options, registry)

    @classmethod
    def from_json(
        cls,
        text: str | bytes | bytearray,
        *,
        ignore_unknown: bool = False,
        registry: registry.Registry | None = None,
        max_depth: int = MAX_DEPTH,
    ) -> Self:
        """Reads a message from a JSON document (ProtoJSON).

        Fields are found under their name in the .proto file, too. A field that comes twice, and a second member of a
        oneof, are errors.

        Args:
            text: all of a document; bytes are UTF-8.
            ignore_unknown: skip members that are no fields, and names that an enum does not have, instead of refusing
                them.
            registry: where to find the types of messages in ``google.protobuf.Any``; without it, only the well-known
                types are found.
            max_depth: how many levels of messages may nest below this one.

        Raises:
            DecodeError: ``text`` is not JSON or does not fit the message; the error names the path (``$.origin.lat``),
                the line and the column.
        """
        message: Self = json.from_json(cls, text, ignore_unknown, registry, max_depth)
        return message

    @classmethod
    def from_dict(
        cls,
        value: Any,
        *,
        ignore_unknown: bool = False,
        registry: registry.Registry | None = None,
        max_depth: int = MAX_DEPTH,
    ) -> Self:
        """Reads a message from plain Python values, by the rules of :meth:`from_json`.

        Args:
            value: what ``json.loads`` would make of a document: ``dict``, ``list`` or ``tuple``, ``str``, ``int``,
                ``float``, ``bool``, None.
            ignore_unknown, registry, max_depth: see :meth:`from_json`.

        Raises:
            DecodeError: ``value`` does not fit the message; the error names the path (``$.origin.lat``).
        """
        message: Self = json.from_dict(cls, value, ignore_unknown, registry, max_depth)
        return message

    def has_field(self, name: str) -> bool:
        """Whether a field with presence is set: ``optional``, a sub-message, a oneof member; or any member of a oneof.

        Raises:
            ValueError: there is no such field, or it has no presence (as repeated and plain scalar fields).
        """
        members = [spec for spec in type(self).__fields__ if spec.oneof == name]
        if not members:
            spec = _spec(self, name)
            if spec.card not in (Card.OPTIONAL, Card.ONEOF):
                raise ValueError(f"{type(self).__full_name__()}.{name} has no presence: compare it with its default")
            members = [spec]
        return any(getattr(self, spec.slot, None) is not None for spec in members)

    def clear_field(self, name: str) -> None:
        """Sets a field, or all members of a oneof, to what it was before anything was assigned.

        Raises:
            ValueError: there is no such field.
        """
        specs = [spec for spec in type(self).__fields__ if spec.oneof == name] or [_spec(self, name)]
        for spec in specs:
            setattr(self, spec.slot, spec.default)

    def __bytes__(self) -> bytes:
        return self.to_binary()

    def __repr__(self) -> str:
        return _repr(self)

    __eq__ = wire.equal
    __hash__ = None  # type: ignore[assignment]  # a message changes, and so would its hash
    __copy__ = wire.copy
    __deepcopy__ = wire.deepcopy

    def __replace__(self, /, **changes: Any) -> Self:
        twin = self.__copy__()
        for name, value in changes.items():
            _spec(self, name)
            setattr(twin, name, value)
        result: Self = twin
        return result

    def __reduce__(self) -> tuple[Any, ...]:
        # by field name, not by slot and not by wire format: pickles pass between the engines, and keep every value
        values = dict(_set_fields(self))
        args = (type(self), values, getattr(self, "_unknown", b""))
        state = getattr(self, "__dict__", None)
        return (_unpickle, args, state) if state else (_unpickle, args)


def _unpickle(cls: type[Message], values: dict[str, Any], unknown: bytes) -> Message:
    message: Any = cls.__new__(cls)
    wire.init(message, **values)
    message._unknown = unknown
    made: Message = message
    return made


def _spec(message: Message, name: str) -> FieldSpec:
    for spec in type(message).__fields__:
        if spec.name == name:
            return spec
    raise ValueError(f"{type(message).__full_name__()} has no field {name!r}")


def _set_fields(message: Message) -> list[tuple[str, Any]]:
    """The names and values of the fields that differ from unset, in the order of their declaration."""
    found = []
    for spec in type(message).__fields__:
        value = getattr(message, spec.slot, None)
        if value is None or (spec.card in (Card.REPEATED, Card.MAP) and not value):
            continue
        if spec.card is Card.IMPLICIT and _is_default(value, spec.default):
            continue
        found.append((spec.name, value))
    return found


def _parts(message: Message) -> list[Message]:
    """A message, and the holders of its extensions, whose one field each is the extension."""
    holders: dict[int, Any] = getattr(message, "_extensions", None) or {}
    return [message, *(holder.as_field() for holder in holders.values())]


def _is_default(value: Any, default: Any) -> bool:
    # -0.0 equals 0.0, but is another value to protobuf
    return type(value) is type(default) and value == default and repr(value) == repr(default)


_in_repr: set[tuple[int, int]] = set()  # ids of messages and threads


def _repr(message: Message) -> str:
    place = id(message), get_ident()
    if place in _in_repr:
        return f"{type(message).__qualname__}(...)"
    _in_repr.add(place)
    try:
        shown = [f"{name}={value!r}" for part in _parts(message) for name, value in _set_fields(part)]
        if getattr(message, "_unknown", b""):
            shown.append(f"<{len(message._unknown)} bytes of unknown fields>")
    finally:
        _in_repr.discard(place)
    return f"{type(message).__qualname__}({', '.join(shown)})"


def which_oneof(message: Message, name: str) -> T:  # type: ignore[type-var]  # the caller's annotation says which
    """The member of the oneof ``name`` that is set, as a :class:`Oneof`, or None."""
    found: Any = None
    for spec in type(message).__fields__:
        if spec.oneof == name:
            value = getattr(message, spec.slot, None)
            if value is not None:
                found = Oneof(spec.name, value)
    member: T = found
    return member
