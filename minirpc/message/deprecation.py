"""Classes that the .proto file calls deprecated.

Type checkers are told as everywhere (PEP 702, ``warnings.deprecated``); at run time a program that makes a message is
warned. Messages that are read do not warn: their senders chose them.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from minirpc import wire

__all__ = ["deprecated", "warning_init"]

T = TypeVar("T")

if TYPE_CHECKING:
    # type checkers bring this module along; at run time it would be a dependency, until Python 3.13
    from typing_extensions import deprecated
else:

    def deprecated(message: str) -> Callable[[T], T]:
        """Marks a class, which then has the text as ``__deprecated__``."""

        def mark(cls: T) -> T:
            cls.__deprecated__ = message
            return cls

        return mark


def warning_init(self: Any, /, *args: Any, **fields: Any) -> None:
    """``__init__`` of deprecated messages."""
    caller = sys._getframe(1).f_globals.get("__name__", "")
    # JSON and the text format make the messages that they read in this way, too: here, and in code without a module
    if caller and not caller.startswith("minirpc.message."):
        message = getattr(type(self), "__deprecated__", f"{type(self).__full_name__()} is deprecated")
        warnings.warn(message, DeprecationWarning, stacklevel=2)
    wire.init(self, *args, **fields)
