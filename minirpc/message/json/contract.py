"""What the readers and writers of message classes have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from minirpc.errors import EncodeError
from minirpc.message.json.errors import Misfit
from minirpc.message.registry import Registry
from minirpc.wire import faults
from minirpc.wire.spec import MAX_DEPTH

__all__ = [
    "USUAL",
    "AnyReader",
    "AnyWriter",
    "Context",
    "Options",
    "Read",
    "Write",
    "too_deep_to_read",
    "too_deep_to_write",
]


class Options(NamedTuple):
    """How messages are written; see ``Message.to_json``.

    Attributes:
        careful: reads empty slots as unset, and checks that strings can be UTF-8; both are taken for granted otherwise.
    """

    with_defaults: bool = False
    enum_numbers: bool = False
    proto_names: bool = False
    careful: bool = False


USUAL = Options()
"""What nobody asks to be otherwise."""


class Context(NamedTuple):
    """How a document is read; see ``Message.from_json``.

    Attributes:
        exact: floats are as exact as they can be had, however large.
    """

    ignore_unknown: bool
    registry: Registry
    max_depth: int
    exact: bool


Write = Callable[[Any, int, Registry], str]
"""``(message, depth, registry)`` → JSON text. Raises EncodeError with the path below the message.

``depth`` says how many levels of messages may follow below this one; negative is too deep."""
Read = Callable[[Any, int, Context], Any]
"""``(value, depth, context)`` → a message. Raises Misfit with the steps below the value."""


class AnyWriter(Protocol):
    """What writes the messages of one class."""

    @property
    def cls(self) -> Any:
        """The message class."""
        ...

    @property
    def options(self) -> Options:
        """How it writes."""
        ...

    @property
    def special(self) -> bool:
        """Whether the class has a JSON form of its own, other than an object of its fields."""
        ...

    @property
    def write(self) -> Write:
        """Writes a message. Another function after the first call: not to be kept."""
        ...

    @staticmethod
    def of(message_class: Any, options: Options) -> AnyWriter:
        """The writer of a message class, made once and kept on the class."""
        ...


class AnyReader(Protocol):
    """What reads the messages of one class."""

    @property
    def cls(self) -> Any:
        """The message class."""
        ...

    @property
    def special(self) -> bool:
        """Whether the class has a JSON form of its own, other than an object of its fields."""
        ...

    @property
    def read(self) -> Read:
        """Reads a message. Another function after the first call: not to be kept."""
        ...

    @staticmethod
    def of(message_class: Any) -> AnyReader:
        """The reader of a message class, made once and kept on the class."""
        ...


def too_deep_to_read(context: Context) -> Misfit:
    """What to raise at depth -1."""
    return Misfit(faults.too_deep(context.max_depth))


def too_deep_to_write() -> EncodeError:
    """What to raise at depth -1."""
    return EncodeError(faults.too_deep(MAX_DEPTH))
