"""What ``Any`` can do: pack a message, tell its type, unpack it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from minirpc.message.base import Message
from minirpc.message.registry import Registry

__all__ = ["AnyMethods"]

M = TypeVar("M", bound=Message)

_PREFIX = "type.googleapis.com"


class AnyMethods:
    """Any message, serialized, beside the name of its type."""

    __slots__ = ()

    if TYPE_CHECKING:
        type_url: str
        value: bytes

        def __init__(self, *, type_url: str = ..., value: bytes = ...) -> None: ...

    @classmethod
    def pack(cls, message: Message, *, prefix: str = _PREFIX, deterministic: bool = False) -> Self:
        """Serializes a message into a new Any.

        Args:
            message: the message.
            prefix: what stands before the slash and the full name in the type URL.
            deterministic: see :meth:`Message.to_binary`.

        Raises:
            EncodeError: a value does not fit its field.
        """
        name = type(message).__full_name__()
        return cls(type_url=f"{prefix}/{name}", value=message.to_binary(deterministic=deterministic))

    @property
    def type_name(self) -> str:
        """The full name of the type inside, ``acme.Book``; "" if the type URL has none."""
        _prefix, slash, name = self.type_url.rpartition("/")
        return name if slash else ""

    def holds(self, message_class: type[Message]) -> bool:
        """Whether the message inside is of this class, by its full name."""
        return self.type_name == message_class.__full_name__()

    @overload
    def unpack(self, type_or_registry: type[M]) -> M: ...

    @overload
    def unpack(self, type_or_registry: Registry) -> Message: ...

    def unpack(self, type_or_registry: Any) -> Any:
        """Reads the message inside.

        Args:
            type_or_registry: the class that it must be of, or a registry to find its class in.

        Raises:
            DecodeError: the value is malformed.
            LookupError: the registry has no type of this name.
            ValueError: the message inside is of another class.
        """
        if isinstance(type_or_registry, Registry):
            message_class = type_or_registry.message(self.type_name)
        else:
            message_class = type_or_registry
            if not self.holds(message_class):
                inside = self.type_name or f"nothing, its type URL is {self.type_url!r}"
                raise ValueError(f"this Any holds {inside}, not {message_class.__full_name__()}")
        return message_class.from_binary(self.value)
