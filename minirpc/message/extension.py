"""Extensions: fields that a .proto file adds to messages of another one (language guide, "Extensions")."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from minirpc.wire.spec import Card, FieldSpec

__all__ = ["Extension", "extension"]

M = TypeVar("M")
V = TypeVar("V")


class Extension(Generic[M, V]):
    """One extension, which is the key to its value: ``message[acme.options_pb.owner]``.

    ``M`` is the message class that it extends, ``V`` the type of its value as it is read.

    Attributes:
        full_name: its full name in the .proto file, ``acme.owner``.
        spec: the field. Singular ones have presence.
    """

    __slots__ = ("_extendee", "full_name", "holder", "spec")

    def __init__(self, full_name: str, extendee: Callable[[], type[M]], spec: FieldSpec) -> None:
        if spec.card not in (Card.OPTIONAL, Card.REPEATED) or spec.required:
            raise TypeError(f"the extension {full_name} is neither optional nor repeated")
        self.full_name = full_name
        self.spec = spec
        self._extendee = extendee
        self.holder: Any = None
        """The class of the messages that hold a value; :mod:`minirpc.message.extendable` makes it at first use."""

    @property
    def number(self) -> int:
        """The field number."""
        return self.spec.number

    @property
    def extendee(self) -> type[M]:
        """The message class that it extends. Only to be asked once all classes exist."""
        return self._extendee()

    def __repr__(self) -> str:
        return f"<Extension {self.full_name}>"


def extension(full_name: str, extendee: Callable[[], type[Any]], field: Any) -> Any:
    """The line of an extension in a generated module.

    Args:
        full_name: its full name in the .proto file.
        extendee: gives the message class that it extends, once that exists.
        field: what a function of :mod:`minirpc.message.fields` returned; a singular field has presence.
    """
    spec: FieldSpec = field
    return Extension(full_name, extendee, spec)
