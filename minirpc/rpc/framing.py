"""Messages in the byte stream: a flag byte, the length in 4 bytes, the message (PROTOCOL-HTTP2, "Requests")."""

from __future__ import annotations

import struct

from minirpc.errors import RpcError, StatusCode

__all__ = ["DEFAULT_MAX_RECEIVE_MESSAGE_SIZE", "PREFIX_SIZE", "CompressedMessage", "Deframer", "encode_prefix"]

PREFIX_SIZE = 5
DEFAULT_MAX_RECEIVE_MESSAGE_SIZE = 4 << 20
"""4 MiB, the default of every gRPC implementation."""

_PREFIX = struct.Struct(">BL")
_SMALL_PIECE = 1024  # bytes below which a piece is worth copying at once, as an object of its own has an overhead


def encode_prefix(length: int, compressed: bool = False) -> bytes:
    """Returns the prefix of a message that takes ``length`` bytes on the wire (0 to 2^32-1)."""
    return _PREFIX.pack(compressed, length)


class CompressedMessage(bytes):
    """A message as it arrived with the Compressed-Flag set."""

    __slots__ = ()


class Deframer:
    """Cuts a byte stream, which arrives in pieces of any size, into messages.

    A message in several pieces is joined once, when its last piece is here. Until then small pieces share one buffer:
    what is held is in proportion to what has arrived, however it was cut.

    Args:
        max_message_size: the largest message to accept, in bytes on the wire.

    Attributes:
        compression_agreed: whether the peer has named an encoding other than identity, so that messages may have the
            Compressed-Flag; they come out as :class:`CompressedMessage`.
    """

    __slots__ = ("_compressed", "_in_body", "_max_message_size", "_missing", "_pieces", "compression_agreed")

    def __init__(self, max_message_size: int) -> None:
        self.compression_agreed = False
        self._max_message_size = max_message_size
        self._pieces: list[bytes | bytearray] = []  # of a message, or of a prefix that is not whole
        self._in_body = False  # whether of a message
        self._compressed = False  # and whether of a compressed one
        self._missing = PREFIX_SIZE  # bytes until the prefix, or the message that it announced, is whole

    @property
    def in_message(self) -> bool:
        """Whether the stream stands inside a message: it must not end here."""
        return bool(self._pieces)

    def feed(self, data: bytes) -> list[bytes]:
        """Takes the next piece and returns the messages that it completes.

        Raises:
            RpcError: RESOURCE_EXHAUSTED for a message over the limit, known from its prefix before it is buffered;
                INTERNAL for a compressed message where no encoding was agreed. The deframer is of no use afterwards.
        """
        size = len(data)
        if size < self._missing:
            if data:
                self._hold(data)
                self._missing -= size
            return []
        messages: list[bytes] = []
        position = 0
        if self._pieces:
            position = self._missing
            self._pieces.append(data if position == size else data[:position])
            whole = b"".join(self._pieces)
            self._pieces = []
            if self._in_body:
                self._in_body = False
                messages.append(CompressedMessage(whole) if self._compressed else whole)
            else:
                data = whole + data[position:]  # it begins with a prefix that had been cut
                position = 0
                size = len(data)
        elif data[0] == 0 and PREFIX_SIZE + int.from_bytes(data[1:PREFIX_SIZE], "big") == size:
            # one message and no more, as a rule
            self._read_prefix(data, 0)
            return [data[PREFIX_SIZE:]]
        while size - position >= PREFIX_SIZE:
            start = position + PREFIX_SIZE
            end = start + self._read_prefix(data, position)
            if end > size:
                # Without its prefix, so that the message is what the pieces make when they are joined.
                self._in_body = True
                self._compressed = data[position] == 1
                self._pieces.append(data[start:])
                self._missing = end - size
                return messages
            # _read_prefix lets the flags 0 and 1 through
            messages.append(CompressedMessage(memoryview(data)[start:end]) if data[position] else data[start:end])
            position = end
        if position < size:
            self._pieces.append(data[position:])
        self._missing = PREFIX_SIZE - (size - position)
        return messages

    def _hold(self, data: bytes) -> None:
        pieces = self._pieces
        if len(data) >= _SMALL_PIECE:
            pieces.append(data)
        elif pieces and isinstance(pieces[-1], bytearray):
            pieces[-1] += data
        else:
            pieces.append(bytearray(data))

    def _read_prefix(self, data: bytes, position: int) -> int:
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
