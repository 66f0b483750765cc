"""What the shell and an HTTP/2 engine say to each other.

An engine is sans-IO: bytes go in by :meth:`Engine.receive`, bytes come out by :meth:`Engine.take_output`, and what the
peer did is told by direct calls to two kinds of handlers, one for the connection and one for each stream. There are no
event objects in between. The shell knows nothing of the library behind the engine.

Rules that hold for every engine:

- No method raises for a peer's fault. The engine queues the RST_STREAM or GOAWAY that RFC 9113 asks for and then calls
  :meth:`StreamHandler.reset` or :meth:`ConnectionHandler.connection_failed`.
- A handler may call any method of the engine from inside a callback, except :meth:`Engine.receive`.
- After :meth:`ConnectionHandler.connection_failed`, methods that send have no effect.
- A stream handler hears nothing more once its stream is closed: after END_STREAM in both directions, after ``reset``,
  and after :meth:`Engine.reset_stream`.
- Header names and values are bytes; names are lower case. Malformed header blocks never reach a handler. Lists of
  headers may be those that other streams were given: nobody changes them.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import field
from typing import Protocol, TypeAlias

from minirpc.frozen import frozen
from minirpc.http2.limits import FloodLimits

__all__ = [
    "MAX_STREAM_ID",
    "ConnectionHandler",
    "Engine",
    "ErrorCode",
    "FixedHeaders",
    "Header",
    "Http2Options",
    "StreamHandler",
    "error_name",
]

Header: TypeAlias = tuple[bytes, bytes]
"""One field of a header block: name and value."""


class FixedHeaders(tuple[Header, ...]):
    """Headers that many streams begin or end with. An engine knows the object again, and what it encoded it as."""

    __slots__ = ()


MAX_STREAM_ID = 2**31 - 1
"""The largest stream identifier (RFC 9113 section 5.1.1), also the "no limit yet" of a first GOAWAY (section 6.8)."""


class ErrorCode(enum.IntEnum):
    """The error codes of RST_STREAM and GOAWAY (RFC 9113 section 7)."""

    NO_ERROR = 0x0
    PROTOCOL_ERROR = 0x1
    INTERNAL_ERROR = 0x2
    FLOW_CONTROL_ERROR = 0x3
    SETTINGS_TIMEOUT = 0x4
    STREAM_CLOSED = 0x5
    FRAME_SIZE_ERROR = 0x6
    REFUSED_STREAM = 0x7
    CANCEL = 0x8
    COMPRESSION_ERROR = 0x9
    CONNECT_ERROR = 0xA
    ENHANCE_YOUR_CALM = 0xB
    INADEQUATE_SECURITY = 0xC
    HTTP_1_1_REQUIRED = 0xD


def error_name(error_code: int) -> str:
    """Returns the name of an error code, or its number where it has none."""
    try:
        return ErrorCode(error_code).name
    except ValueError:
        return f"{error_code:#x}"


@frozen(kw_only=True)
class Http2Options:
    """What one endpoint tells the other in SETTINGS, and how much it lets the other send.

    Attributes:
        max_concurrent_streams: streams that the peer may have open at once.
        stream_window: bytes that the peer may send on one stream before it is read, 65,535 to 2^31-1. A stream that
            nobody reads holds at most this much.
        connection_window: bytes that the peer may send on the whole connection before the loop takes them up, 65,535 to
            2^31-1.
        max_frame_size: the largest frame payload the peer may send, 16,384 to 16,777,215 bytes.
        max_header_list_size: the largest header list the peer may send, in bytes as RFC 9113 section 6.5.2 counts them.
            A larger one ends its stream with ENHANCE_YOUR_CALM; one that is many times larger, the connection.
        flood_limits: how much of what only costs time the peer may send.
    """

    max_concurrent_streams: int = 1000
    stream_window: int = 1 << 20
    connection_window: int = 4 << 20
    max_frame_size: int = 1 << 16
    max_header_list_size: int = 1 << 16
    flood_limits: FloodLimits = field(default_factory=FloodLimits)

    def __post_init__(self) -> None:
        _check_range("max_concurrent_streams", self.max_concurrent_streams, 0, 2**32 - 1)
        _check_range("stream_window", self.stream_window, 65_535, 2**31 - 1)
        _check_range("connection_window", self.connection_window, 65_535, 2**31 - 1)
        _check_range("max_frame_size", self.max_frame_size, 1 << 14, (1 << 24) - 1)
        _check_range("max_header_list_size", self.max_header_list_size, 1, 2**32 - 1)


def _check_range(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} must be between {low} and {high}, not {value}")


class StreamHandler(Protocol):
    """What an engine calls for one stream."""

    def headers_received(self, headers: Sequence[Header], end_stream: bool) -> None:
        """A header block arrived: a response's headers, or trailers (then ``end_stream`` is true)."""

    def data_received(self, data: bytes | memoryview, credit: int, end_stream: bool) -> None:
        """A DATA frame arrived.

        Args:
            data: its payload without padding. A view is of use only until the call returns.
            credit: bytes of the stream's window that it took, padding included. The owner gives them back by
                :meth:`Engine.acknowledge_data` when it has room again.
            end_stream: nothing follows.
        """

    def reset(self, error_code: int, by_peer: bool) -> None:
        """The stream ended with RST_STREAM, sent by the peer or by the engine because of the peer's fault."""

    def send_window_opened(self) -> None:
        """The stream's own send window has grown."""


class ConnectionHandler(Protocol):
    """What an engine calls for the connection as a whole."""

    def stream_opened(self, stream_id: int, headers: Sequence[Header], end_stream: bool) -> StreamHandler | None:
        """The peer opened a stream (servers only). Returns its handler, or None to ignore what follows on it."""
        ...

    def settings_received(self) -> None:
        """The peer's SETTINGS arrived; limits and windows may have changed."""

    def send_window_opened(self) -> None:
        """The connection's send window has grown."""

    def ping_received(self) -> None:
        """The peer sent a PING, which the engine has answered."""

    def ping_acknowledged(self, data: bytes) -> None:
        """The peer answered the PING with these 8 bytes."""

    def goaway_received(self, last_stream_id: int, error_code: int, debug_data: bytes) -> None:
        """The peer takes no streams above ``last_stream_id``; streams up to it may still end well."""

    def connection_failed(self, error_code: int, reason: str) -> None:
        """The peer broke the protocol. A GOAWAY is queued; after it nothing can be sent or received."""


class Engine(Protocol):
    """One HTTP/2 connection without IO."""

    @property
    def can_open_stream(self) -> bool:
        """Whether the peer's MAX_CONCURRENT_STREAMS and the stream identifiers left allow another stream."""
        ...

    @property
    def output_size(self) -> int:
        """Bytes that wait in :meth:`take_output`."""
        ...

    @property
    def last_peer_stream_id(self) -> int:
        """The highest stream identifier that the peer has used; 0 if none."""
        ...

    @property
    def frames_sent(self) -> int:
        """HEADERS and DATA frames sent so far: what calls consist of."""
        ...

    @property
    def frames_received(self) -> int:
        """Frames received so far. A header block is one, whatever it was cut into."""
        ...

    @property
    def receiving_frame(self) -> bool:
        """Whether a frame or a header block has begun to arrive and is not complete."""
        ...

    def start(self) -> None:
        """Queues the connection preface and SETTINGS. Called once, first."""

    def receive(self, data: bytes | bytearray | memoryview, until: float | None = None) -> bool:
        """Takes bytes from the peer, cut anywhere, and calls the handlers. Copies what it keeps.

        Args:
            data: the bytes.
            until: when to stop, by ``time.monotonic()``, after a frame at least; None for when all is done.

        Returns:
            Whether it has stopped for that, so that it must be called again: then without bytes.
        """
        ...

    def take_output(self) -> bytes | bytearray:
        """Returns the bytes to send, and forgets them."""
        ...

    def take_pieces(self) -> list[bytes | bytearray | memoryview]:
        """Does the same without joining what is large: there is one piece at least, and the payloads of large DATA
        frames may be what :meth:`send_data` was given."""
        ...

    def open_stream(self, handler: StreamHandler, headers: Sequence[Header], end_stream: bool) -> int:
        """Opens a stream with a request's headers and returns its identifier. Needs :attr:`can_open_stream`."""
        ...

    def send_headers(self, stream_id: int, headers: Sequence[Header], end_stream: bool) -> None:
        """Sends a response's headers, or trailers (then ``end_stream`` must be true)."""

    def send_capacity(self, stream_id: int) -> int:
        """Bytes that one :meth:`send_data` on this stream may carry now: windows and frame size; 0 if closed.

        Stream 0 stands for the connection: what a stream with room in its own window could send.
        """
        ...

    def send_data(self, stream_id: int, data: bytes | memoryview, end_stream: bool) -> None:
        """Sends one DATA frame of at most :meth:`send_capacity` bytes, which must not change any more."""

    def acknowledge_data(self, stream_id: int, size: int) -> bool:
        """Gives ``size`` bytes of stream window back to the peer. Without effect on a closed stream.

        Returns:
            Whether there is a frame to send: small credits wait until more have come together.
        """
        ...

    def reset_stream(self, stream_id: int, error_code: ErrorCode) -> None:
        """Sends RST_STREAM and forgets the stream. Without effect on a closed stream."""

    def send_ping(self, data: bytes) -> None:
        """Sends a PING with 8 bytes of data."""

    def send_goaway(self, last_stream_id: int, error_code: ErrorCode, debug_data: bytes = b"") -> None:
        """Sends GOAWAY. Open streams go on; a second one may lower ``last_stream_id`` (RFC 9113 section 6.8)."""
