"""Message compression (gRPC's documents "Compression" and PROTOCOL-HTTP2, "Message-Encoding").

A call has at most one encoding in each direction, named by ``grpc-encoding``; the flag in front of each message says
whether this one uses it. Each side names what it can read in ``grpc-accept-encoding``.
"""

from __future__ import annotations

import importlib
import sys
import zlib
from collections.abc import Callable
from typing import Any, Protocol

from minirpc.errors import RpcError, StatusCode
from minirpc.frozen import frozen

__all__ = ["ACCEPT_ENCODING", "IDENTITY", "Encoding", "find_encoding", "get_encoding", "parse_accept_encoding"]


def _import_zstd() -> Any:
    """Returns the standard library's ``compression.zstd`` (Python 3.14) or its backport; None without either."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


_zstd = _import_zstd()
_FAULTS: tuple[type[Exception], ...] = (zlib.error,) if _zstd is None else (zlib.error, _zstd.ZstdError)

_GZIP = 16 + zlib.MAX_WBITS  # zlib's parameter for the gzip format (RFC 1952)
_ZLIB = zlib.MAX_WBITS  # gRPC's "deflate" is the zlib format (RFC 1950), as HTTP has it
# The event loop waits meanwhile. On text, zlib's default level takes about three times as long, for a sixth less size.
_ZLIB_LEVEL = 2
# RFC 8878 section 3.1.1.1.2 recommends decoders to support windows of 8 MiB. The sender chooses the window, and the
# decoder allocates it before it has seen a byte of the message.
_ZSTD_WINDOW_LOG_MAX = 23


class _Decompressor(Protocol):
    """What zlib's and zstd's decompressors have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end of the compressed stream has been read."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What followed the end."""
        ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Returns at most ``max_length`` bytes, and stops when it has them."""
        ...


@frozen
class Encoding:
    """One way to compress messages.

    Attributes:
        name: its name in ``grpc-encoding``.
        compress: returns a message compressed.
    """

    name: str
    compress: Callable[[bytes], bytes]
    _new_decompressor: Callable[[], _Decompressor]

    def decompress(self, data: bytes, max_size: int) -> bytes:
        """Returns a message inflated; costs no more time and memory than ``max_size`` bytes do, whatever ``data`` says.

        Exactly one compressed stream is accepted. The gzip format allows several in a row, but senders of gRPC make
        none, and each costs a copy of what follows it: a message of many empty ones would take quadratic time.

        Args:
            data: the compressed message.
            max_size: the largest message to accept, in bytes.

        Raises:
            RpcError: RESOURCE_EXHAUSTED for a message over the limit; INTERNAL for bytes that are no compressed
                message.
        """
        decompressor = self._new_decompressor()
        try:
            message = decompressor.decompress(data, min(max_size, sys.maxsize - 1) + 1)
        except _FAULTS as error:
            raise RpcError(StatusCode.INTERNAL, f"compressed message is not valid {self.name}: {error}") from error
        if len(message) > max_size:
            raise RpcError(
                StatusCode.RESOURCE_EXHAUSTED,
                f"received message of {len(data)} bytes inflates to more than max_receive_message_size "
                f"({max_size} bytes)",
            )
        if not decompressor.eof:
            raise RpcError(StatusCode.INTERNAL, f"compressed message is not valid {self.name}: it ends too early")
        if decompressor.unused_data:
            raise RpcError(StatusCode.INTERNAL, f"compressed message is not valid {self.name}: bytes follow its end")
        return message


def _new_identity() -> _Decompressor:
    # PROTOCOL-HTTP2, "Requests": with identity, the Compressed-Flag must be 0. The deframer holds that.
    raise AssertionError("messages without compression are not inflated")


IDENTITY = Encoding("identity", bytes, _new_identity)
"""No compression."""

_ENCODINGS = {
    encoding.name: encoding
    for encoding in (
        IDENTITY,
        Encoding("deflate", lambda data: zlib.compress(data, _ZLIB_LEVEL, _ZLIB), lambda: zlib.decompressobj(_ZLIB)),
        Encoding("gzip", lambda data: zlib.compress(data, _ZLIB_LEVEL, _GZIP), lambda: zlib.decompressobj(_GZIP)),
    )
}
if _zstd is not None:
    _zstd_limits = {_zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG_MAX}
    _ENCODINGS["zstd"] = Encoding("zstd", _zstd.compress, lambda: _zstd.ZstdDecompressor(options=_zstd_limits))

_ALL = frozenset(_ENCODINGS)
ACCEPT_ENCODING = ",".join(_ENCODINGS).encode()
"""The value of ``grpc-accept-encoding``: every encoding that can be read here."""


def get_encoding(name: str | None) -> Encoding:
    """Returns the encoding that a program chose by its name; None is identity.

    Raises:
        ValueError: there is none of this name here.
    """
    encoding = _ENCODINGS.get(name or "identity")
    if encoding is None:
        extra = " (zstd needs minirpc[zstd])" if name == "zstd" else ""
        raise ValueError(f"compression must be one of {', '.join(_ENCODINGS)}, not {name!r}{extra}")
    return encoding


def find_encoding(value: bytes) -> Encoding | None:
    """Returns the encoding that a peer named in ``grpc-encoding``, or None for one that is unknown here."""
    return _ENCODINGS.get(value.decode("latin-1"))


def parse_accept_encoding(value: bytes | None) -> frozenset[str]:
    """Reads ``grpc-accept-encoding``; identity is always accepted, and nothing else without the header."""
    if value == ACCEPT_ENCODING:
        return _ALL
    names = (value or b"").decode("latin-1").split(",")
    return frozenset({"identity", *(name.strip(" ") for name in names if name)})
