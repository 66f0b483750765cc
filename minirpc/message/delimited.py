"""Streams of messages, each behind its size as a varint: the form in which protobuf libraries write several to a file.

It is what Java's ``writeDelimitedTo``, C++'s ``SerializeDelimitedToZeroCopyStream`` and Go's ``protodelim`` write.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, TypeVar

from minirpc import wire
from minirpc.errors import DecodeError
from minirpc.message.base import Message
from minirpc.wire.spec import MAX_DEPTH

__all__ = [
    "DEFAULT_MAX_SIZE",
    "ReadableStream",
    "WritableStream",
    "iterate_delimited",
    "read_delimited",
    "write_delimited",
]

M = TypeVar("M", bound=Message)

DEFAULT_MAX_SIZE = 64 << 20
"""The largest message that is read from a stream by default, in bytes."""

_CHUNK = 1 << 20
_MAX_VARINT = 10


class ReadableStream(Protocol):
    """A binary stream to read from: a file, a socket's ``makefile("rb")``, ``io.BytesIO``."""

    def read(self, size: int, /) -> bytes | None:
        """Up to ``size`` bytes; none at the end."""
        ...


class WritableStream(Protocol):
    """A binary stream to write to."""

    def write(self, data: bytes, /) -> object:
        """Writes bytes."""
        ...


def write_delimited(stream: WritableStream, message: Message, *, deterministic: bool = False) -> None:
    """Writes one message behind its size, in one call of ``stream.write``.

    Args:
        stream: a binary stream, which takes all that it is given (a raw one may not: wrap it).
        message: the message.
        deterministic: see :meth:`Message.to_binary`.

    Raises:
        EncodeError: a value does not fit its field; nothing was written.
    """
    data = message.to_binary(deterministic=deterministic)
    stream.write(wire.encode_varint(len(data)) + data)


def read_delimited(
    stream: ReadableStream, message_class: type[M], *, max_size: int = DEFAULT_MAX_SIZE, max_depth: int = MAX_DEPTH
) -> M | None:
    """Reads one message.

    Args:
        stream: a binary stream in blocking mode.
        message_class: the message's class.
        max_size: the largest message to accept, in bytes; memory is taken as bytes arrive, not as the size promises.
        max_depth: see :meth:`Message.from_binary`.

    Returns:
        The message; None at the end of the stream.

    Raises:
        DecodeError: the stream ends inside a message, the size is malformed or over ``max_size``, or the message is
            malformed. Offsets count from the message's size.
    """
    name = message_class.__full_name__()
    head = _read_size(stream, name)
    if not head:
        return None
    size, start = wire.decode_varint(head, 0)
    if size > max_size:
        raise DecodeError(f"a message of {size} bytes is over max_size, which is {max_size}", name, 0)
    data = _read_exactly(stream, size)
    if len(data) < size:
        raise DecodeError(f"the stream ends {size - len(data)} bytes before the message of {size} bytes", name, start)
    try:
        return message_class.from_binary(data, max_depth=max_depth)
    except DecodeError as error:
        offset = None if error.offset is None else error.offset + start
        raise DecodeError(error.reason, error.path, offset) from None


def iterate_delimited(
    stream: ReadableStream, message_class: type[M], *, max_size: int = DEFAULT_MAX_SIZE, max_depth: int = MAX_DEPTH
) -> Iterator[M]:
    """Reads messages up to the end of the stream; see :func:`read_delimited`."""
    while (message := read_delimited(stream, message_class, max_size=max_size, max_depth=max_depth)) is not None:
        yield message


def _read_size(stream: ReadableStream, name: str) -> bytes:
    head = b""
    while not head or head[-1] >= 0x80:
        if len(head) == _MAX_VARINT:
            raise DecodeError(f"the size of a message is longer than {_MAX_VARINT} bytes", name, 0)
        byte = _read_exactly(stream, 1)
        if not byte:
            if head:
                raise DecodeError("the stream ends in the size of a message", name, 0)
            break
        head += byte
    return head


def _read_exactly(stream: ReadableStream, size: int) -> bytes:
    """Up to ``size`` bytes; fewer only at the end of the stream."""
    chunks: list[bytes] = []
    missing = size
    while missing:
        chunk = stream.read(min(missing, _CHUNK))
        if chunk is None:
            raise BlockingIOError("read_delimited needs a stream in blocking mode")
        if not chunk:
            break
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)
