"""Messages in the byte stream: a flag byte, the length in 4 bytes, the message (PROTOCOL-HTTP2, "Requests")."""

from __future__ import annotations

import struct
from io import BytesIO

from minirpc.errors import RpcError, StatusCode

__all__ = ["DEFAULT_MAX_RECEIVE_MESSAGE_SIZE", "PREFIX_SIZE", "CompressedMessage", "Deframer", "encode_prefix"]

PREFIX_SIZE = 5
DEFAULT_MAX_RECEIVE_MESSAGE_SIZE = 4 << 20
"""4 MiB, the default of every gRPC implementation."""

_PREFIX = struct.Struct(">BL")
_LEAST_CAPACITY = 1024  # bytes, of a message that is not whole


def encode_prefix(length: int, compressed: bool = False) -> bytes:
    """Returns the prefix of a message that takes ``length`` bytes on the wire (0 to 2^32-1)."""
    return _PREFIX.pack(compressed, length)


class CompressedMessage(bytes):
    """A message as it arrived with the Compressed-Flag set."""

    __slots__ = ()


class Deframer:
    """Cuts a byte stream, which arrives in pieces of any size, into messages.

    A message in several pieces is copied once, from each piece into the bytes object that it becomes. That object grows
    by half at a time, up to the announced length: what is held is in proportion to what has arrived, in whatever
    pieces.

    Args:
        max_message_size: the largest message to accept, in bytes on the wire.

    Attributes:
        compression_agreed: whether the peer has named an encoding other than identity, so that messages may have the
            Compressed-Flag; they come out as :class:`CompressedMessage`.
    """

    __slots__ = (
        "_body",
        "_capacity",
        "_compressed",
        "_max_message_size",
        "_missing",
        "_prefix",
        "compression_agreed",
    )

    def __init__(self, max_message_size: int) -> None:
        self.compression_agreed = False
        self._max_message_size = max_message_size
        self._prefix = b""  # the beginning of one that is not whole
        self._body: BytesIO | None = None  # of a message that is not whole, at the position where its next byte goes
        self._capacity = 0  # bytes of the body that have their memory
        self._compressed = False  # whether the body is compressed
        self._missing = PREFIX_SIZE  # bytes until the prefix, or the message that it announced, is whole

    @property
    def in_message(self) -> bool:
        """Whether the stream stands inside a message: it must not end here."""
        return bool(self._prefix) or self._body is not None

    def feed(self, data: bytes | memoryview) -> list[bytes]:
        """Takes the next piece, of which nothing is kept but copies, and returns the messages that it completes.

        Raises:
            RpcError: RESOURCE_EXHAUSTED for a message over the limit, known from its prefix before it is buffered;
                INTERNAL for a compressed message where no encoding was agreed. The deframer is of no use afterwards.
        """
        size = len(data)
        if size < self._missing:
            if not size:
                pass
            elif self._body is None:
                self._prefix += data
                self._missing -= size
            else:
                self._fill(self._body, data)
            return []
        messages: list[bytes] = []
        position = 0
        body = self._body
        if body is not None:
            position = self._missing
            self._fill(body, data if position == size else data[:position])
            whole = body.getvalue()  # the very object that was filled
            self._body = None
            messages.append(CompressedMessage(whole) if self._compressed else whole)
        elif self._prefix:
            data = self._prefix + data
            self._prefix = b""
            size = len(data)
        elif data[0] == 0:
            length = int.from_bytes(data[1:PREFIX_SIZE], "big")
            if PREFIX_SIZE + length == size:
                # one message and no more, as a rule
                self._read_prefix(data, 0)
                return [bytes(data[PREFIX_SIZE:])]
            if PREFIX_SIZE + length < size:
                data = bytes(data)  # of which slices cost less
        while size - position >= PREFIX_SIZE:
            start = position + PREFIX_SIZE
            end = start + self._read_prefix(data, position)
            if end > size:
                self._compressed = data[position] == 1
                self._capacity = 0
                self._missing = end - start
                self._body = BytesIO()
                self._fill(self._body, data[start:])
                return messages
            message = data[start:end]
            # _read_prefix lets the flags 0 and 1 through
            messages.append(CompressedMessage(message) if data[position] else bytes(message))
            position = end
        self._prefix = bytes(data[position:])
        self._missing = PREFIX_SIZE - (size - position)
        return messages

    def _fill(self, body: BytesIO, data: bytes | memoryview) -> None:
        """Adds to the message that has begun what is its."""
        position = body.tell()
        missing = self._missing
        size = len(data)
        end = position + size
        if end > self._capacity:
            capacity = min(position + missing, max(end + end // 2, _LEAST_CAPACITY))
            # A gap that is written behind is filled with zeros. Bytes that were only added would let the buffer grow by
            # an eighth at a time, and might move it each time.
            body.seek(capacity - 1)
            body.write(b"\0")
            body.seek(position)
            self._capacity = capacity
        body.write(data)
        self._missing = missing - size

    def _read_prefix(self, data: bytes | memoryview, position: int) -> int:
        flag, length = _PREFIX.unpack_from(data, position)
        if flag > self.compression_agreed:
            # PROTOCOL-HTTP2, "Requests": without Message-Encoding the Compressed-Flag must be 0.
            if flag > 1:
                raise RpcError(StatusCode.INTERNAL, f"message with compressed flag {flag}, which is neither 0 nor 1")
            raise RpcError(StatusCode.INTERNAL, f"message with compressed flag {flag}, but no grpc-encoding was agreed")
        if length > self._max_message_size:
            raise RpcError(
                StatusCode.RESOURCE_EXHAUSTED,
                f"received message of {length} bytes is larger than max_receive_message_size "
                f"({self._max_message_size} bytes)",
            )
        return int(length)
