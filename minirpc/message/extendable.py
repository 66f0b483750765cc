"""Messages that can be extended.

An extension is an unknown field to the class that it extends, until somebody asks for it by its :class:`Extension`. Then
its bytes leave the unknown fields, and a *holder* keeps its value: a message with one field, the extension's, of a class
that is made for it. So the codec knows nothing of extensions but that holders are written too, and whatever a field can
be (a list, a group, a closed enum) an extension can be.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from minirpc import wire
from minirpc.errors import DecodeError
from minirpc.message import fields
from minirpc.message.base import Message, MessageMeta
from minirpc.message.extension import Extension
from minirpc.message.registry import Registry
from minirpc.wire.spec import Card

__all__ = ["ExtendableMessage", "MessageSet"]

E = TypeVar("E", bound="ExtendableMessage")
V = TypeVar("V")


class ExtendableMessage(Message, base=True):
    """The base of messages that declare ``extensions``: ``message[extension]`` reads, sets, deletes.

    ``extension in message`` tells whether a singular extension is set, or a repeated one has elements. An unset
    extension reads like an unset field: as its explicit default, None, or an empty list that can be appended to.

    Raises:
        DecodeError: at the first access, if the bytes that had come for the extension are malformed.
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
        holder = _find(self, extension)
        if holder is None:
            if value is None:
                return
            holder = _add(self, extension)
        holder.set(value)

    def __delitem__(self: E, extension: Extension[E, V], /) -> None:
        if _find(self, extension) is not None:
            del _held(self)[extension.number]

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
        if registry is not None and getattr(self, "_unknown", b""):
            for extension in registry.extensions(type(self)):
                _find(self, extension)
        return [holder.as_field() for holder in _held(self).values() if holder.is_set()]

    def __holder__(self, extension: Extension[Any, Any]) -> _Holder:
        """An empty message whose one field is an extension of this one; what is read into it, ``__hold__`` takes over."""
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

    __hash__ = None  # type: ignore[assignment]  # as Message

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


class _Holder(Message, base=True):
    """A value of one extension; its classes have one field each."""

    __slots__ = ()

    extension: ClassVar[Extension[Any, Any]]

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
        """What of a message's unknown fields is the extension's, and what is not; both in order of arrival."""
        (spec,) = cls.__fields__
        return _split(unknown, lambda number, record: number == spec.number)

    def take(self, mine: bytes) -> None:
        """Merges what is the extension's."""
        self.merge_from_binary(mine)


class _ItemHolder(_Holder, base=True):
    """A value of one extension of a message set: its field is the group of one item."""

    __slots__ = ()

    field_holder: ClassVar[Any]

    def get(self) -> Any:
        item = super().get()
        return None if item is None else item.message

    def set(self, value: Any) -> None:
        (spec,) = type(self).__fields__
        super().set(None if value is None else spec.type(type_id=self.extension.number, message=value))

    def is_set(self) -> bool:
        return self.get() is not None

    def as_field(self) -> _Holder:
        holder: _Holder = self.field_holder.from_binary(b"")
        holder.set(self.get())
        return holder

    @classmethod
    def split(cls, unknown: bytes) -> tuple[bytes, bytes]:
        def is_mine(number: int, record: bytes) -> bool:
            item = _RawItem.from_binary(record).item if number == 1 else None
            return item is not None and item.type_id == cls.extension.number

        return _split(unknown, is_mine)

    def take(self, mine: bytes) -> None:
        for record in _records(mine):
            item = _RawItem.from_binary(record).item
            assert item is not None
            if self.get() is None:
                self.set(self.extension.spec.type())
            for content in item.message:
                self.get().merge_from_binary(content)


class _RawItem(Message, full_name="MessageSet"):
    class Item(Message, full_name="MessageSet.Item"):
        type_id: int | None = fields.uint32(2, optional=True)
        message: list[bytes] = fields.bytes_(3, repeated=True)

    item: Item | None = fields.message(1, lambda: _RawItem.Item, delimited=True)


def _held(message: ExtendableMessage) -> dict[int, Any]:
    held: dict[int, Any] | None = getattr(message, "_extensions", None)
    return {} if held is None else held


def _find(message: ExtendableMessage, extension: Extension[Any, Any]) -> Any:
    """The holder of an extension, filled from the unknown fields; None if there is nothing."""
    cls = _holder_class(message, extension)
    holder = _held(message).get(extension.number)
    if holder is not None and type(holder) is not cls:
        # the extension of another tree of generated code: same number, other class
        holder = cls.from_binary(holder.to_binary())
        _held(message)[extension.number] = holder
    unknown = getattr(message, "_unknown", b"")
    if not unknown:
        return holder
    mine, others = cls.split(unknown)
    if mine:
        taken = cls.from_binary(b"") if holder is None else holder
        taken.take(mine)
        # only now that all was read do the bytes leave the unknown fields
        _put(message, taken)
        message._unknown = others  # type: ignore[misc]
        return taken
    return holder


def _add(message: ExtendableMessage, extension: Extension[Any, Any]) -> Any:
    holder = _holder_class(message, extension).from_binary(b"")
    _put(message, holder)
    return holder


def _put(message: ExtendableMessage, holder: _Holder) -> None:
    held = {**_held(message), holder.extension.number: holder}
    message._extensions = dict(sorted(held.items()))  # type: ignore[misc]


def _holder_class(message: ExtendableMessage, extension: Extension[Any, Any]) -> Any:
    if type(extension) is not Extension:
        raise TypeError(f"the key to an extension is an Extension, not {type(extension).__name__}")
    if not issubclass(type(message), extension.extendee):
        name = extension.extendee.__full_name__()
        raise TypeError(f"{extension.full_name} extends {name}, and not {type(message).__full_name__()}")
    if extension.holder is None:
        extension.holder = _make_holder(extension)
    return extension.holder


def _make_holder(extension: Extension[Any, Any]) -> Any:
    extension.spec.json_name = f"[{extension.full_name}]"
    holder = _holder_of(extension, _Holder, extension.spec)
    if not issubclass(extension.extendee, MessageSet):
        return holder
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


def _records(data: bytes) -> list[bytes]:
    """Cuts well-formed bytes into fields, tag and all."""
    records, pos = [], 0
    while pos < len(data):
        start = pos
        number, wire_type, pos = wire.decode_tag(data, pos)
        pos = wire.skip_field(data, pos, number, wire_type)
        records.append(data[start:pos])
    return records


def _split(unknown: bytes, is_mine: Callable[[int, bytes], bool]) -> tuple[bytes, bytes]:
    mine: list[bytes] = []
    others: list[bytes] = []
    for record in _records(unknown):
        number, _, _ = wire.decode_tag(record, 0)
        (mine if is_mine(number, record) else others).append(record)
    return b"".join(mine), b"".join(others)


def _same_extensions(a: ExtendableMessage, b: ExtendableMessage) -> bool:
    """Compares the values of extensions, whether they were asked for in both messages or in one."""
    for one, other in ((a, b), (b, a)):
        for holder in list(_held(one).values()):
            try:
                _find(other, holder.extension)
            except DecodeError:
                return False
    x, y = ({n: holder for n, holder in _held(m).items() if holder.is_set() or holder._unknown} for m in (a, b))
    return x == y
