"""What both codec engines are told about a message class, and what both promise in return.

A message class keeps its values in slots. Its fields are described by :class:`FieldSpec` objects, and an engine turns
them into a ``Plan``: :class:`minirpc.wire.plan.Plan` in Python, ``minirpc._codec.Plan`` compiled. Both have the
interface of :class:`AnyPlan` and agree on every byte, value and error.

Values in slots
    * singular fields without presence hold their value; the slot is filled with the default at construction
    * ``optional``, oneof members and sub-messages hold None while unset
    * repeated fields and maps hold a ``list`` or ``dict``, or None while nobody asked for it: a descriptor above the
      slot makes the container at first read
    * a repeated field of numbers (``FieldSpec.typecode``) is made as ``minirpc.numbers.Numbers``, by that descriptor
      and by decoding, and holds a ``list`` if one was assigned. Descriptor and constructor make one of these two of
      everything else that is an array (``minirpc.numbers.adopt``), so that encoding asks nobody for a buffer
    * a field with presence and an explicit default holds None while unset too: a descriptor above the slot reads the
      default then
    * classes that can be extended have a slot ``_extensions``: None, or a ``dict`` of messages by field number, in
      rising order. Each is an instance of a class with one field, the extension's: its holder. Engines write holders
      and fill the slot with None, and do nothing else with it: decoding leaves extensions to the unknown fields
    * an empty slot (an instance made by ``__new__`` alone, or ``del``) counts as unset everywhere

Decoding (protobuf encoding specification)
    * known fields come in any order; a field whose wire type does not fit its declaration counts as unknown
    * a scalar seen again replaces, a sub-message merges (also as a oneof member), repeated fields append, packed or not
    * a oneof member clears its siblings
    * varints are cut to 64 bits, and 32-bit kinds (enums too) to their low 32 bits
    * a message of kind GROUP stands between a start and an end tag of its field's number, without a length
    * a number that a closed enum does not name is no value of it: a singular or unpacked value goes to the unknown
      fields as it came, tag included, and clears no oneof sibling; each one of a packed run goes there as an unpacked
      value of its own (its tag, and the number as a varint of an int32); a map entry that has such a value, if only as
      one of several, goes there whole, as it came
    * unknown fields are kept as bytes in order of arrival, groups included; a map entry drops them
    * a string with ``utf8`` off may hold any bytes: those that are not UTF-8 become lone surrogates (PEP 383,
      ``errors="surrogateescape"``), and are written as the same bytes again
    * what merging into a message that holds itself makes of the fields of both is not said; it ends
    * a value of a wrong type is found (TypeError) when something is merged into it, not before

Decode errors: what is said, and the byte offset (from the start of the outermost input) that goes with it

    ==========================================================  ===========================================
    reason                                                      offset of
    ==========================================================  ===========================================
    truncated tag                                               the tag
    tag does not fit in 32 bits                                 the tag (also: more than 5 bytes)
    field number 0 is not allowed                               the tag
    wire type W is not defined                                  the tag (W is 6 or 7)
    end of group N without its start                            the end tag
    end of group N inside group M                               the end tag
    group N is not closed                                       its start tag
    truncated varint                                            the varint
    varint is longer than 10 bytes                              the varint
    truncated fixed32, truncated fixed64                        the value
    length L goes past the end, R bytes remain                  the length; R counts from behind the length
    packed run of L bytes is not a multiple of W                the length; W is 4 or 8
    invalid UTF-8 in a string                                   the string's first byte
    nested deeper than N levels                                 first byte of the content (group: its start tag)
    ==========================================================  ===========================================

    A tag is checked in this order: truncated, 32 bits, field number 0, wire type. A length is itself a varint, with a
    varint's errors. A string is checked for its length first, then its UTF-8. The root message is level 0; a
    sub-message or an unknown group is one level deeper than what holds it, a map entry is none of its own.

    A field of kind GROUP that is not closed is an error at its start tag, with the field's path; a wrong end tag inside
    it one of the message that it holds.

    The path starts with the message's full name; ``.field`` leads to a singular field, ``.field[i]`` to the element of
    a repeated field that was being read (i = elements before it), ``.field.key`` and ``.field.value`` into a map entry.
    An error of the entry itself (its length, a tag inside it, an unknown field in it) stands at ``.field``. An error in
    a length or in a value belongs to the field; an error in a tag or in an unknown field to the message.

Encoding
    Fields go out in order of their numbers, then those of the holders in ``_extensions``, each with its unknown fields;
    the message's own unknown fields last, as they came. A holder is no level of its own, and no step of a path: its
    field, which is called ``[acme.extension]``, belongs to the message. Values are checked: ``EncodeError``
    with the path (``acme.Book.ratings["x"]``, ``acme.Book.authors[2]``, ``acme.Book.ratings.key`` for a key) and a
    reason made by the functions of :mod:`minirpc.wire.faults`.
    ``int`` kinds take ``int`` (and its subclasses) in range, float kinds ``float`` or ``int``, ``bool`` only ``bool``,
    ``string`` ``str`` without lone surrogates, ``bytes`` ``bytes``/``bytearray``/``memoryview``; a repeated field is a
    ``list`` (or ``Numbers`` of its type), a map a ``dict``, a message field an instance of its class; a number that a
    closed enum does not name is refused, and so is a required field that is unset. Objects with ``__index__`` or
    ``__float__`` are refused: encoding never runs code of the values.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["MAX_DEPTH", "MAX_NUMBER", "MAX_TYPE_ID", "AnyPlan", "Card", "FieldSpec", "Kind", "WireType"]

MAX_DEPTH = 100
"""How many levels a message may nest below its root, by default (the limit of Google's implementations)."""

MAX_NUMBER = (1 << 29) - 1
"""The largest field number."""

MAX_TYPE_ID = (1 << 31) - 2
"""The largest number of an extension of a message set."""


class WireType(enum.IntEnum):
    """The low three bits of a tag."""

    VARINT = 0
    I64 = 1
    LEN = 2
    SGROUP = 3
    EGROUP = 4
    I32 = 5


class Kind(enum.IntEnum):
    """Field types, numbered as in ``FieldDescriptorProto.Type``."""

    DOUBLE = 1
    FLOAT = 2
    INT64 = 3
    UINT64 = 4
    INT32 = 5
    FIXED64 = 6
    FIXED32 = 7
    BOOL = 8
    STRING = 9
    GROUP = 10
    MESSAGE = 11
    BYTES = 12
    UINT32 = 13
    ENUM = 14
    SFIXED32 = 15
    SFIXED64 = 16
    SINT32 = 17
    SINT64 = 18

    @property
    def wire_type(self) -> WireType:
        """The wire type of one value of this kind."""
        return _WIRE_TYPES.get(self, WireType.VARINT)

    @property
    def packable(self) -> bool:
        """Whether repeated values of this kind may be packed into one length-delimited run."""
        return self not in (Kind.STRING, Kind.BYTES, Kind.MESSAGE, Kind.GROUP)


_WIRE_TYPES = {
    Kind.DOUBLE: WireType.I64,
    Kind.FIXED64: WireType.I64,
    Kind.SFIXED64: WireType.I64,
    Kind.FLOAT: WireType.I32,
    Kind.FIXED32: WireType.I32,
    Kind.SFIXED32: WireType.I32,
    Kind.STRING: WireType.LEN,
    Kind.BYTES: WireType.LEN,
    Kind.MESSAGE: WireType.LEN,
    Kind.GROUP: WireType.SGROUP,
}

# not for bool and enum, whose values are objects of their own
_TYPECODES = {
    Kind.DOUBLE: "d",
    Kind.FLOAT: "f",
    Kind.INT32: "i",
    Kind.SINT32: "i",
    Kind.SFIXED32: "i",
    Kind.UINT32: "I",
    Kind.FIXED32: "I",
    Kind.INT64: "q",
    Kind.SINT64: "q",
    Kind.SFIXED64: "q",
    Kind.UINT64: "Q",
    Kind.FIXED64: "Q",
}

_SCALAR_DEFAULTS: dict[Kind, Any] = {
    Kind.DOUBLE: 0.0,
    Kind.FLOAT: 0.0,
    Kind.BOOL: False,
    Kind.STRING: "",
    Kind.BYTES: b"",
}


class Card(enum.IntEnum):
    """How often a field occurs, and whether it tells unset from default ("field presence")."""

    IMPLICIT = 0
    """Singular without presence: the default value is not written."""
    OPTIONAL = 1
    """Singular with presence: None while unset. Every singular message field is one."""
    REPEATED = 2
    MAP = 3
    ONEOF = 4
    """A member of a oneof: None while unset; setting it clears its siblings."""


class FieldSpec:
    """One field of a message class.

    Attributes:
        number: the field number, 1 to 2**29 - 1; of a message that extends a message set, which has it as a value and
            not in a tag, to 2**31 - 2.
        name: the attribute's name in Python.
        proto_name: the field's name in the .proto file.
        json_name: the field's name in ProtoJSON where the .proto file sets one, else "".
        kind: the type of the value, or of one element; MESSAGE for a map.
        card: see :class:`Card`.
        packed: whether a repeated field is written packed.
        required: whether a message without this field, which is OPTIONAL, cannot be encoded (proto2).
        utf8: whether a string must be UTF-8; see above for those that need not.
        explicit_default: what an OPTIONAL or ONEOF field reads as while unset, from the .proto file; for an enum its
            number. None: there is none, and the field reads as None.
        slot: the name of the class attribute (a member descriptor) that stores the value: ``name`` itself for plain
            fields; for containers and oneof members a hidden one below a descriptor called ``name``.
        oneof: the oneof's name in Python, or "".
        siblings: the slots of the other members of the oneof.
        key, value: for a map, the two fields of its entry (numbers 1 and 2, IMPLICIT, without slots).
    """

    __slots__ = (
        "_resolve",
        "card",
        "explicit_default",
        "json_name",
        "key",
        "kind",
        "name",
        "number",
        "oneof",
        "packed",
        "proto_name",
        "required",
        "siblings",
        "slot",
        "utf8",
        "value",
    )

    def __init__(
        self,
        number: int,
        kind: Kind,
        card: Card,
        *,
        name: str = "",
        proto_name: str = "",
        json_name: str = "",
        packed: bool = False,
        required: bool = False,
        utf8: bool = True,
        explicit_default: Any = None,
        oneof: str = "",
        resolve: Callable[[], type[Any]] | None = None,
        key: FieldSpec | None = None,
        value: FieldSpec | None = None,
    ) -> None:
        if not 1 <= number <= (MAX_TYPE_ID if kind is Kind.MESSAGE and card is Card.OPTIONAL else MAX_NUMBER):
            raise ValueError(f"field number {number} is not between 1 and 2**29 - 1")
        self.number = number
        self.kind = kind
        self.card = card
        self.name = self.slot = name
        self.proto_name = proto_name
        self.json_name = json_name
        self.packed = packed
        self.required = required
        self.utf8 = utf8
        self.explicit_default = explicit_default
        self.oneof = oneof
        self.siblings: tuple[str, ...] = ()
        self.key = key
        self.value = value
        self._resolve = resolve

    @property
    def type(self) -> type[Any]:
        """The enum or message class of the values. Only to be asked once all classes exist."""
        if self._resolve is None:
            raise TypeError(f"a {self.kind.name.lower()} field has no class")
        return self._resolve()

    @property
    def is_message(self) -> bool:
        """Whether values are messages, length-prefixed or between the tags of a group. False for a map."""
        return self.kind in (Kind.MESSAGE, Kind.GROUP) and self.card is not Card.MAP

    @property
    def unset_value(self) -> Any:
        """What an unset field reads as, if it is no container: its explicit default, or what it holds."""
        if self.explicit_default is None:
            return self.default
        return self.type(self.explicit_default) if self.kind is Kind.ENUM else self.explicit_default

    @property
    def typecode(self) -> str:
        """For a repeated field of numbers the type code of its ``Numbers``, else ""."""
        return _TYPECODES.get(self.kind, "") if self.card is Card.REPEATED else ""

    @property
    def tag(self) -> int:
        """The tag of one unpacked value: number and wire type."""
        return self.number << 3 | self.kind.wire_type

    @property
    def packed_tag(self) -> int:
        """The tag of a packed run."""
        return self.number << 3 | WireType.LEN

    @property
    def default(self) -> Any:
        """What an unset field holds; for containers, None (each message makes its own)."""
        if self.card is not Card.IMPLICIT or self.is_message:
            return None
        if self.kind is Kind.ENUM:
            # of a closed enum that is the first value (language guide); such fields are values of maps
            enum_class: Any = self.type
            return next(iter(enum_class)) if enum_class.__closed__ else enum_class(0)
        return _SCALAR_DEFAULTS.get(self.kind, 0)

    def __repr__(self) -> str:
        return (
            f"<FieldSpec {self.name or self.number}: {self.card.name.lower()} {self.kind.name.lower()} = {self.number}>"
        )


class AnyPlan(Protocol):
    """What an engine offers for one message class. Made by ``Plan.of(cls)``; types are resolved at first use.

    ``cls`` is a class made by :class:`minirpc.message.base.MessageMeta`, with ``__fields__`` (its FieldSpecs in
    declared order), ``__full_name__()`` and a slot ``_unknown`` for the bytes of unknown fields.
    """

    @property
    def cls(self) -> type[Any]:
        """The message class."""
        ...

    def encode(self, message: Any, deterministic: bool = False, partial: bool = False) -> bytes:
        """Serializes.

        Args:
            message: an instance of ``cls`` or of a subclass.
            deterministic: write map entries in the order of their keys.
            partial: leave out required fields that are unset, instead of refusing.

        Raises:
            EncodeError: a value does not fit its field, the message nests too deeply, or it is over 2 GiB - 1 long.
        """
        ...

    def decode(self, cls: type[Any], data: bytes | bytearray | memoryview, depth: int = MAX_DEPTH) -> Any:
        """Makes an instance of ``cls`` (this plan's class or a subclass of it; ``__init__`` is not run) from ``data``.

        Raises:
            DecodeError: see the module's table.
            TypeError: ``data`` is not bytes-like.
            RecursionError: ``depth`` (a negative one is 0) is more levels than the stack has, and ``data`` has them.
        """

    def decode_into(self, message: Any, data: bytes | bytearray | memoryview, depth: int = MAX_DEPTH) -> None:
        """Merges ``data`` into ``message``. After an error the message is valid, and how much was merged is not said.

        Raises:
            DecodeError: see the module's table.
            TypeError: ``data`` is not bytes-like, or a field that must be merged into holds a value of a wrong type.
        """
