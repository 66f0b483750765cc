"""Messages that can be extended.

An extension is an unknown field to the class that it extends, until somebody asks for it by its :class:`Extension`.
Then its bytes leave the unknown fields, and a *holder* keeps its value: a message with one field, the extension's, of a
class that is made for it. So the codec knows nothing of extensions but that holders are written too, and whatever a
field can be (a list, a group, a closed enum) an extension can be.

Reading therefore changes where a message keeps its bytes. Threads may still read the extensions of one message at the
same time, as they may its fields; encoding it meanwhile is no more safe than while it is being changed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from copy import copy
from threading import RLock
from typing import Any, ClassVar, TypeVar

from minirpc import wire
from minirpc.errors import DecodeError, EncodeError
from minirpc.message import fields
from minirpc.message.base import Message, MessageMeta
from minirpc.message.extension import Extension
from minirpc.message.registry import Registry
from minirpc.wire import faults
from minirpc.wire.spec import MAX_DEPTH, MAX_TYPE_ID, Card, FieldSpec, WireType

__all__ = ["ExtendableMessage", "MessageSet", "present_extensions", "resolve_extensions"]

E = TypeVar("E", bound="ExtendableMessage")
V = TypeVar("V")

_changing = RLock()  # held while reading moves bytes; re-entrant, since any of that may run a finalizer that reads, too


def _renew_lock() -> None:
    global _changing
    _changing = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


class ExtendableMessage(Message, base=True):
    """The base of messages that declare ``extensions``: ``message[extension]`` reads, sets, deletes.

    ``extension in message`` tells whether a singular extension is set, or a repeated one has elements. An unset
    extension reads like an unset field: as its explicit default, None, or an empty list that can be appended to.
    Setting an extension to None deletes it. Setting and deleting also drop what had come for it and was not read yet.

    A pickle has the extensions as bytes, so they must fit then, as for ``to_binary``.

    Raises:
        DecodeError: when an extension is read, if the bytes that had come for it are malformed.
        EncodeError: when an extension is read that was set through another :class:`Extension` of the same number, which
            is another tree of generated code, to a value that does not fit that one.
        TypeError: the key is no extension, or one of another message.
    """

    __slots__ = ("_extensions",)

    __iter__: ClassVar[None] = None  # with __getitem__ alone, Python would try 0, 1, 2, …
    _extensions: ClassVar[dict[int, Any] | None]

    def __getitem__(self: E, extension: Extension[E, V], /) -> V:
        holder = _find(self, extension)
        if holder is None:
            if extension.spec.card is not Card.REPEATED:
                unset: V = extension.spec.unset_value
                return unset
            holder = _add(self, extension)
        value: V = holder.get()
        return value

    def __setitem__(self: E, extension: Extension[E, V], value: V, /) -> None:
        holder = _empty_holder(self, extension)
        _drop(self, extension.number)
        if value is not None:
            holder.set(value)
            _put(self, holder)

    def __delitem__(self: E, extension: Extension[E, V], /) -> None:
        _holder_class(self, extension)
        _drop(self, extension.number)

    def __contains__(self: E, extension: Extension[E, V], /) -> bool:
        holder = _find(self, extension)
        return holder is not None and holder.is_set()

    def __holders__(self, registry: Registry | None = None) -> list[_Holder]:
        """A message for each extension that is set, whose one field it is, in the order of their numbers.

        For JSON and text, to which an extension is a field like others.

        Args:
            registry: extensions that nobody has asked for yet are looked for here; without it, they stay unknown.

        Raises:
            DecodeError: the bytes of one of them are malformed.
        """
        if registry is not None:
            for extension in _arrived(self, registry):
                _find(self, extension)
        return [holder.as_field() for holder in _held(self).values() if holder.is_set()]

    def __holder__(self, extension: Extension[Any, Any]) -> _Holder:
        """An empty message whose one field is an extension of this one; ``__hold__`` takes what is read into it."""
        cls = _holder_class(self, extension)
        holder: _Holder = getattr(cls, "field_holder", cls).from_binary(b"")
        return holder

    def __hold__(self, holder: _Holder) -> None:
        """Sets an extension to what a holder from ``__holder__`` holds."""
        self[holder.extension] = holder.get()

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        assert isinstance(other, ExtendableMessage)
        return self is other or (_same_extensions(self, other) and wire.equal(self, other) is True)

    __hash__ = None  # as Message

    def __copy__(self: E) -> E:
        twin: E = wire.copy(self)
        twin._extensions = {number: wire.copy(holder) for number, holder in _held(self).items()}  # type: ignore[misc]
        return twin

    def __deepcopy__(self: E, memo: dict[int, Any] | None = None) -> E:
        memo = {} if memo is None else memo
        twin: E = wire.deepcopy(self, memo)
        twin._extensions = {  # type: ignore[misc]
            number: wire.deepcopy(holder, memo) for number, holder in _held(self).items()
        }
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        make, (cls, values, unknown), *state = super().__reduce__()
        held = b"".join(holder.to_binary() for holder in _held(self).values())
        return (make, (cls, values, held + unknown), *state)


class MessageSet(ExtendableMessage, base=True):
    """The base of messages with ``message_set_wire_format``: their only fields are extensions, in an encoding of old.

    Each is a group of number 1 with the extension's number, ``type_id`` (2), and its value, ``message`` (3).
    """

    __slots__ = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__fields__:
            raise TypeError(f"{cls.__name__} is a message set, which has no fields")


class _Holder(Message, base=True):
    """A value of one extension; its classes have one field each."""

    __slots__ = ("_searched",)

    __largest_number__ = MAX_TYPE_ID  # JSON and text see an item of a message set as a field with its type id
    extension: ClassVar[Extension[Any, Any]]
    _searched: ClassVar[bytes]  # of each instance: the unknown fields of its message when they were last searched

    def get(self) -> Any:
        """The value, or what an unset field reads as."""
        (spec,) = type(self).__fields__
        return getattr(self, spec.name)

    def as_field(self) -> _Holder:
        """A holder whose one field is the extension itself, as JSON and text see it."""
        return self

    def set(self, value: Any) -> None:
        (spec,) = type(self).__fields__
        setattr(self, spec.name, value)

    def is_set(self) -> bool:
        """Whether a singular field is set, or a repeated one has elements."""
        (spec,) = type(self).__fields__
        value = getattr(self, spec.slot, None)
        return bool(value) if spec.card is Card.REPEATED else value is not None

    @classmethod
    def split(cls, unknown: bytes) -> tuple[bytes, bytes]:
        """Divides the unknown fields of a message.

        Returns:
            What a holder can read, and what remains besides the holder's own unknown fields.
        """
        return unknown, b""


class _ItemHolder(_Holder, base=True):
    """A value of one extension of a message set: its field is the group of one item."""

    __slots__ = ()

    field_holder: ClassVar[Any]

    def get(self) -> Any:
        item = super().get()
        return None if item is None else item.message

    def set(self, value: Any) -> None:
        (spec,) = type(self).__fields__
        super().set(spec.type(type_id=self.extension.number, message=value))

    def is_set(self) -> bool:
        return self.get() is not None

    def as_field(self) -> _Holder:
        holder: _Holder = self.field_holder.from_binary(b"")
        holder.set(self.get())
        return holder

    @classmethod
    def split(cls, unknown: bytes) -> tuple[bytes, bytes]:
        mine, others = [], []
        for number, record in _records(unknown):
            type_id, payload = _item(number, record)
            if type_id == cls.extension.number and payload is not None:
                mine += [_ITEM_START, wire.encode_varint(cls.extension.number), _PAYLOAD, payload, _ITEM_END]
            else:
                others.append(record)
        return b"".join(mine), b"".join(others)


_ITEM_START = wire.encode_tag(1, WireType.SGROUP) + wire.encode_tag(2, WireType.VARINT)
_PAYLOAD = wire.encode_tag(3, WireType.LEN)
_ITEM_END = wire.encode_tag(1, WireType.EGROUP)


def _item(number: int, record: bytes) -> tuple[int | None, bytes | None]:
    """The ``type_id`` of an item of a message set and its ``message``, length and all, which come in any order.

    None stands for what is not there. Of several the first counts, as for Google's implementations. A field of any
    other number is an item too, in the encoding of extensions elsewhere: its number is the ``type_id``.
    """
    _, wire_type, start = wire.decode_tag(record, 0)
    if wire_type == WireType.LEN:
        return number, record[start:]
    type_id: int | None = None
    payload: bytes | None = None
    if number == 1 and wire_type == WireType.SGROUP:
        for part, field in _records(record[start:]):
            _, wire_type, pos = wire.decode_tag(field, 0)
            if part == 2 and wire_type == WireType.VARINT and type_id is None:
                type_id = wire.decode_varint(field, pos)[0] & 0xFFFF_FFFF
            elif part == 3 and wire_type == WireType.LEN and payload is None:
                payload = field[pos:]
    return type_id, payload


def present_extensions(
    message: ExtendableMessage, registry: Registry | None = None
) -> list[tuple[Extension[Any, Any], Any]]:
    """The extensions that are set, with their values, in the order of their numbers.

    Args:
        message: the message.
        registry: extensions that nobody has asked for yet are looked for here; without it, they stay unknown fields.

    Raises:
        DecodeError: the bytes of one of them are malformed.
    """
    return [(holder.extension, holder.get()) for holder in message.__holders__(registry)]


def resolve_extensions(message: Message, registry: Registry, *, max_depth: int = MAX_DEPTH) -> None:
    """Reads the extensions of a message and of all messages in it, instead of leaving each to its first access.

    So what is malformed in one, or nests too deeply, is found at once: as if the message's class had declared them.

    Args:
        message: the message.
        registry: the extensions to read; the others stay unknown fields.
        max_depth: how many levels of messages and groups may nest below ``message``, those in extensions included.

    Raises:
        DecodeError: the bytes of an extension are malformed; the error names the field's path.
        RecursionError: ``max_depth`` is more levels than the stack has, and the message has them.
    """
    _resolve(message, registry, max_depth, type(message).__full_name__())


def _resolve(message: Any, registry: Registry, depth: int, root: str) -> None:
    """Reads the extensions of a message to which the path ``root`` leads: the outermost's name, or nothing.

    The steps of the path are added on the way out: made on the way in, it would be copied for each message, and the
    keys of maps in it may be long.
    """
    if depth < 0:
        raise DecodeError("nested too deeply", root, None)
    parts = [message]
    if isinstance(message, ExtendableMessage):
        for extension in _arrived(message, registry):
            try:
                _find(message, extension, depth)
            except DecodeError as error:
                path = root + error.path.removeprefix(type(message).__full_name__())
                raise DecodeError(error.reason, path, None) from None
        parts += [holder.as_field() for holder in _held(message).values() if holder.is_set()]
    for part in parts:
        for spec in part.__fields__:
            for label, child in _children(spec, getattr(part, spec.slot, None)):
                try:
                    _resolve(child, registry, depth - 1, "")
                except DecodeError as error:
                    step = "" if label is None else faults.element(label)
                    raise DecodeError(error.reason, f"{root}.{spec.name}{step}{error.path}", None) from None


def _children(spec: FieldSpec, value: Any) -> Iterator[tuple[Any, Any]]:
    """The messages in a field's value, each with its index in a list, its key in a map, or None."""
    if not value:
        return
    if spec.card is Card.MAP:
        if spec.value is not None and spec.value.is_message:
            yield from value.items()
    elif spec.is_message and spec.card is Card.REPEATED:
        yield from enumerate(value)
    elif spec.is_message:
        yield None, value


def _held(message: ExtendableMessage) -> dict[int, Any]:
    held: dict[int, Any] | None = getattr(message, "_extensions", None)
    return {} if held is None else held


def _arrived(message: ExtendableMessage, registry: Registry) -> list[Extension[Any, Any]]:
    """The extensions that a registry knows and for which there are unknown fields, in the order of their numbers.

    One pass over these for all extensions: looked for one by one, each that is not there would cost a pass, and leave
    an empty holder, of more bytes than the smallest message takes on the wire by orders of magnitude.
    """
    unknown: bytes = getattr(message, "_unknown", b"")
    if not unknown:
        return []
    known = registry.extensions(type(message))
    if not known:
        return []
    records = _records(unknown)
    if isinstance(message, MessageSet):
        numbers = {_item(number, record)[0] for number, record in records}
    else:
        numbers = {number for number, _ in records}
    return [extension for extension in known if extension.number in numbers]


def _find(message: ExtendableMessage, extension: Extension[Any, Any], max_depth: int = MAX_DEPTH) -> Any:
    """The holder of an extension, filled from the unknown fields; None or an empty one if there is nothing."""
    cls = _holder_class(message, extension)
    # in this order: bytes leave the unknown fields only after their holder was put in its place
    unknown: bytes = getattr(message, "_unknown", b"")
    holder = _held(message).get(extension.number)
    if holder is None and not unknown:
        return None
    if type(holder) is cls and (not unknown or getattr(holder, "_searched", None) is unknown):
        return holder
    with _changing:
        return _search(message, extension.number, cls, max_depth)


def _search(message: ExtendableMessage, number: int, cls: Any, max_depth: int) -> Any:
    """Moves what has come for an extension into a holder of the class ``cls``, and returns that."""
    before: bytes = getattr(message, "_unknown", b"")
    holder = _held(message).get(number)
    unknown = before
    if holder is not None and type(holder) is not cls:
        # the extension of another tree of generated code: same number, other class
        unknown = holder.to_binary() + before
        holder = None
    elif holder is not None and getattr(holder, "_searched", None) is unknown:
        return holder  # another thread was faster
    mine, others = cls.split(unknown)
    found = cls.from_binary(mine, max_depth=max_depth)
    if not found.is_set():
        # an empty holder remembers that, lest each look at an unset extension reads all unknown fields again
        holder, others = found if holder is None else holder, unknown
    elif holder is None:
        holder, others = found, others + found._unknown
    else:
        holder.merge_from_binary(mine, max_depth=max_depth)
        others += holder._unknown
    holder._unknown = b""
    holder._searched = before  # for who comes between the next two steps
    _put(message, holder)
    message._unknown = others  # type: ignore[misc]
    holder._searched = others
    return holder


def _add(message: ExtendableMessage, extension: Extension[Any, Any]) -> Any:
    """An empty holder, or the one that another thread has put in its place."""
    with _changing:
        holder = _find(message, extension)
        if holder is None:
            holder = _empty_holder(message, extension)
            _put(message, holder)
        return holder


def _empty_holder(message: ExtendableMessage, extension: Extension[Any, Any]) -> Any:
    return _holder_class(message, extension).from_binary(b"")


def _put(message: ExtendableMessage, holder: _Holder) -> None:
    # dictionaries are replaced, never changed: somebody may be iterating over one
    held = {**_held(message), holder.extension.number: holder}
    message._extensions = dict(sorted(held.items()))  # type: ignore[misc]


def _drop(message: ExtendableMessage, number: int) -> None:
    """Forgets an extension, and whatever has come for its number."""
    held = _held(message)
    if number in held:
        message._extensions = {other: holder for other, holder in held.items() if other != number}  # type: ignore[misc]
    unknown = getattr(message, "_unknown", b"")
    if unknown:
        records = _records(unknown)
        if isinstance(message, MessageSet):
            kept = [record for found, record in records if _item(found, record)[0] != number]
        else:
            kept = [record for found, record in records if found != number]
        message._unknown = b"".join(kept)  # type: ignore[misc]


def _holder_class(message: ExtendableMessage, extension: Extension[Any, Any]) -> Any:
    if type(extension) is not Extension:
        raise TypeError(f"the key to an extension is an Extension, not {type(extension).__name__}")
    if not issubclass(type(message), extension.extendee):
        name = extension.extendee.__full_name__()
        raise TypeError(f"{extension.full_name} extends {name}, and not {type(message).__full_name__()}")
    if extension.holder is None:
        with _changing:
            if extension.holder is None:
                extension.holder = _make_holder(extension)
    return extension.holder


def _make_holder(extension: Extension[Any, Any]) -> Any:
    extension.spec.json_name = f"[{extension.full_name}]"
    if not issubclass(extension.extendee, MessageSet):
        return _holder_of(extension, _Holder, extension.spec)
    if extension.spec.card is not Card.OPTIONAL or not extension.spec.is_message:
        raise TypeError(f"{extension.full_name} extends a message set, but is no optional message")
    as_field = copy(extension.spec)
    as_field.number = 1  # for JSON and text, which show none: a type id may be larger than any number of a field
    holder = _holder_of(extension, _Holder, as_field)
    item = MessageMeta(
        "Item",
        (Message,),
        {"type_id": fields.uint32(2, optional=True), "message": fields.message(3, lambda: extension.spec.type)},
        full_name=f"{extension.extendee.__full_name__()}.Item",
    )
    item_holder = _holder_of(extension, _ItemHolder, fields.message(1, lambda: item, delimited=True))
    item_holder.field_holder = holder
    return item_holder


def _holder_of(extension: Extension[Any, Any], base: Any, spec: Any) -> Any:
    body = {f"[{extension.full_name}]": spec, "extension": extension, "__module__": __name__}
    return MessageMeta("Holder", (base,), body, full_name=extension.extendee.__full_name__())


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Cuts well-formed bytes into fields: the number of each, and its bytes, tag and all.

    Ends at the end tag of a group that encloses the fields, if there is one. Groups may nest to any depth.
    """
    pos = start = level = 0
    while pos < len(data):
        if level == 0:
            start = pos
        number, wire_type, pos = wire.decode_tag(data, pos)
        if wire_type == WireType.SGROUP:
            level += 1
        elif wire_type == WireType.EGROUP:
            level -= 1
        else:
            pos = wire.skip_field(data, pos, number, wire_type)
        if level < 0:
            return
        if level == 0:
            yield number, data[start:pos]


def _same_extensions(a: ExtendableMessage, b: ExtendableMessage) -> bool:
    """Compares the values of extensions, whether they were asked for in both messages or in one."""
    for one, other in ((a, b), (b, a)):
        for holder in _held(one).values():
            try:
                _find(other, holder.extension)
            except (DecodeError, EncodeError):
                return False
    x, y = ({number: holder for number, holder in _held(m).items() if holder.is_set()} for m in (a, b))
    return x == y
