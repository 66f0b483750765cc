"""Every error that minirpc raises on purpose.

::

    Error
    ├── DecodeError      (also ValueError)   bytes that are no valid message
    ├── EncodeError      (also ValueError)   a message whose values have no encoding
    ├── DescriptorError  (also ValueError)   a description of .proto files that describes nothing legal
    ├── ConfigError      (also ValueError)   a service config that means nothing
    └── RpcError                             a call that ended with a status other than OK

Wrong use of the API (an unknown keyword, a closed channel) raises the builtin that fits: ``TypeError``, ``ValueError``,
``RuntimeError``.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

__all__ = ["ConfigError", "DecodeError", "DescriptorError", "EncodeError", "Error", "RpcError", "StatusCode"]

Metadata = Sequence[tuple[str, str | bytes]]
"""Call metadata: lower-case keys in order; the value is ``bytes`` if the key ends in ``-bin``, else ``str``."""


class Error(Exception):
    """The root of minirpc's own errors."""


class DecodeError(Error, ValueError):
    """The input is not a valid encoding of the message.

    Attributes:
        reason: what is wrong, without the place.
        path: what was being read. In bytes, the field, from the message's full name: ``acme.Book.authors[2]``; in JSON,
            the place in the document: ``$.authors[2]``.
        offset: the place in the input, in bytes from its start, where the offending element begins; None where the
            input was not bytes of the binary format.
        line, column: the place in a text (JSON or text format) where the offending element begins, both counted from 1
            and the column in characters; None for the binary format and for Python values.
    """

    def __init__(
        self,
        reason: str,
        path: str = "",
        offset: int | None = 0,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(reason, path, offset, line, column)
        self.reason = reason
        self.path = path
        self.offset = offset
        self.line = line
        self.column = column

    def __str__(self) -> str:
        text = f"{self.path}: {self.reason}" if self.path else self.reason
        if self.line is not None:
            return f"{text} (line {self.line}, column {self.column})"
        return text if self.offset is None else f"{text} (at byte {self.offset})"


class EncodeError(Error, ValueError):
    """A field holds a value that its type cannot carry.

    Attributes:
        reason: what is wrong, without the place.
        path: the field, from the message's full name: ``acme.Book.ratings["x"]``.
    """

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(reason, path)
        self.reason = reason
        self.path = path

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


class DescriptorError(Error, ValueError):
    """A ``FileDescriptorProto`` describes what no .proto file could, or refers to what is not there.

    Attributes:
        reason: what is wrong, without the place.
        file: the name of the .proto file.
        element: the full name of the message, field, enum, … in it; "" where it is the file itself.
    """

    def __init__(self, reason: str, file: str, element: str = "") -> None:
        super().__init__(reason, file, element)
        self.reason = reason
        self.file = file
        self.element = element

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.file, self.element, self.reason)))


class ConfigError(Error, ValueError):
    """A service config means nothing, or contradicts itself.

    Attributes:
        path: where, in the names of JSON: ``methodConfig[2].timeout``; ``""`` for the config as a whole.
        reason: what is wrong there.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason

    def inside(self, path: str) -> ConfigError:
        """Returns the same mistake, seen from what holds this place at ``path``."""
        return ConfigError(f"{path}.{self.path}" if self.path else path, self.reason)


class StatusCode(enum.IntEnum):
    """The status codes of gRPC, with their numbers on the wire (gRPC core documentation, "statuscodes")."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class RpcError(Error):
    """A call ended with a status other than OK.

    Raised to the caller for every failure of a call, whoever caused it; raised inside a handler, it ends the call with
    this status. The exception that led to it, if there is one, is ``__cause__``.

    Attributes:
        code: the status code.
        message: the status message, for people.
        details: the bytes of ``grpc-status-details-bin`` (a serialized ``google.rpc.Status``), or None.
        initial_metadata: what the server sent before its first message.
        trailing_metadata: what the server sent with the status.
        peer: the address of the other side, or ``""`` where no connection was made.
    """

    def __init__(
        self,
        code: StatusCode,
        message: str = "",
        *,
        details: bytes | None = None,
        initial_metadata: Metadata = (),
        trailing_metadata: Metadata = (),
        peer: str = "",
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.details = details
        self.initial_metadata = initial_metadata
        self.trailing_metadata = trailing_metadata
        self.peer = peer

    def __str__(self) -> str:
        return f"{self.code.name}: {self.message}" if self.message else self.code.name
