"""The HTTP/2 engine on the ``h2`` package, frame by frame through h2.

It is the long way of :mod:`~minirpc.http2.lean_engine`, and the reference for its short ways.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    InformationalResponseReceived,
    PingAckReceived,
    PingReceived,
    RemoteSettingsChanged,
    RequestReceived,
    ResponseReceived,
    StreamReset,
    TrailersReceived,
    WindowUpdated,
)
from h2.exceptions import ProtocolError
from hyperframe.frame import (
    DataFrame,
    Frame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from minirpc.http2.flood_guard import FloodGuard
from minirpc.http2.frame_reader import FrameReader
from minirpc.http2.h2_connection import GrpcH2Connection, StreamFaultError
from minirpc.http2.header_rules import BlockKind, find_fault
from minirpc.http2.hpack_memo import MAX_BLOCK_FACTOR
from minirpc.http2.interface import (
    MAX_STREAM_ID,
    ConnectionHandler,
    ErrorCode,
    Header,
    Http2Options,
    StreamHandler,
)

__all__ = ["H2Engine"]

_FRAMES_BETWEEN_LOOKS = 16  # at the clock, where frames are cheap: all but HEADERS, and large ones
_LARGE_FRAME = 1 << 12  # bytes; DATA may hold hundreds of messages

_LIMIT_OF: dict[type[Frame], str] = {
    PingFrame: "pings",
    SettingsFrame: "settings",
    WindowUpdateFrame: "window_updates",
    PriorityFrame: "priorities",
}
"""The limit that all frames of a type count against; see :meth:`H2Engine._count_frame` for the others."""


class H2Engine:
    """Drives one ``H2Connection`` and turns its events into calls. Implements :class:`~interface.Engine`.

    Connection credit goes back to the peer as soon as its bytes are in: a stream that nobody reads must not stall the
    others. What bounds a stream's memory is its own window, whose credit the stream's owner gives back.
    """

    def __init__(
        self,
        handler: ConnectionHandler,
        options: Http2Options,
        clock: Callable[[], float],
        *,
        client_side: bool,
    ) -> None:
        self._handler = handler
        self._client_side = client_side
        self._connection = GrpcH2Connection(options, client_side=client_side)
        self._reader = FrameReader(
            options.max_frame_size,
            expect_preface=not client_side,
            max_block_size=max(options.max_frame_size, MAX_BLOCK_FACTOR * options.max_header_list_size),
            max_continuations=options.flood_limits.continuations,
        )
        self._clock = clock
        self._held = b""  # what is left of a read that was stopped
        self._guard = FloodGuard(options.flood_limits, clock)
        self._frames_sent = 0  # HEADERS and DATA
        self._frames_received = 0
        self._streams: dict[int, StreamHandler] = {}
        self._next_stream_id = 1
        self._failed = False

    @property
    def can_open_stream(self) -> bool:
        connection = self._connection
        return (
            len(connection.streams) < connection.remote_settings.max_concurrent_streams
            and self._next_stream_id <= MAX_STREAM_ID
            and not self._failed
        )

    @property
    def output_size(self) -> int:
        return self._connection.output_size

    @property
    def last_peer_stream_id(self) -> int:
        return self._connection.highest_inbound_stream_id

    @property
    def frames_sent(self) -> int:
        return self._frames_sent

    @property
    def frames_received(self) -> int:
        return self._frames_received

    @property
    def receiving_frame(self) -> bool:
        return self._reader.holds_part

    def start(self) -> None:
        self._connection.initiate_connection()

    def take_output(self) -> bytes | bytearray:
        return self._connection.take_output()

    def take_pieces(self) -> list[bytes | bytearray | memoryview]:
        return [self.take_output()]

    # -- receiving

    def receive(self, data: bytes | bytearray | memoryview, until: float | None = None) -> bool:
        if self._failed:
            return False
        if self._held:
            data, self._held = self._held + bytes(data), b""
        frames = self._reader.cut(data)
        try:
            for count, (kind, flags, stream_id, payload) in enumerate(frames, 1):
                # One frame at a time: what a frame says is told before a later frame of the same read can fail.
                self._receive_raw(kind, flags, stream_id, payload)
                if (
                    until is not None
                    and (kind == HeadersFrame.type or len(payload) >= _LARGE_FRAME or not count % _FRAMES_BETWEEN_LOOKS)
                    and self._clock() >= until
                ):
                    frames.close()
                    self._held = self._reader.take_rest()
                    return True
        except ProtocolError as error:
            frames.close()  # not when its traceback happens to go
            self._fail(error.error_code, str(error))
        return False

    def _receive_raw(self, kind: int, flags: int, stream_id: int, payload: memoryview) -> None:
        """Takes one frame as it came. Raises what :meth:`GrpcH2Connection.receive_frame` raises for the connection."""
        frame = self._reader.assemble(kind, flags, stream_id, payload)
        if frame is not None:
            self._receive_frame(frame)

    def _receive_frame(self, frame: Frame) -> None:
        self._frames_received += 1
        if isinstance(frame, DataFrame):
            if not frame.data and "END_STREAM" not in frame.flags:
                self._count("empty_data")
        elif not isinstance(frame, HeadersFrame):
            self._count_frame(frame)
        try:
            events = self._connection.receive_frame(frame)
            for event in events:
                self._dispatch(event)
            if isinstance(frame, HeadersFrame) and not events:
                self._count("ignored_frames")  # it came too late for its stream
        except StreamFaultError as error:
            self._stream_error(frame.stream_id, ErrorCode(error.error_code))
        self._forget_if_closed(frame.stream_id)

    def _count(self, limit: str) -> None:
        self._guard.count(limit, self._frames_sent)

    def _count_frame(self, frame: Frame) -> None:
        """Counts a frame other than DATA and HEADERS against its limit."""
        limit = _LIMIT_OF.get(type(frame), "ignored_frames")
        if isinstance(frame, RstStreamFrame) and frame.stream_id in self._streams:
            if self._client_side:
                return  # a server cannot reset more than what this side has begun
            limit = "stream_resets"
        elif isinstance(frame, PingFrame) and "ACK" in frame.flags:
            limit = "ignored_frames"
        self._count(limit)

    def _fail(self, error_code: int, reason: str) -> None:
        self._connection.terminate(ErrorCodes(error_code), reason)
        self._failed = True
        self._handler.connection_failed(int(error_code), reason)

    def _stream_error(self, stream_id: int, error_code: ErrorCode = ErrorCode.PROTOCOL_ERROR) -> None:
        """Ends a stream by the peer's fault (RFC 9113 section 5.4.2)."""
        stream = self._streams.get(stream_id)
        self._connection.reset_faulty_stream(stream_id, ErrorCodes(error_code))
        self._forget_if_closed(stream_id)
        if stream is not None:
            stream.reset(error_code, False)
        self._count("stream_errors")

    def _dispatch(self, event: Event) -> None:
        if isinstance(event, DataReceived):
            self._data_received(event)
        elif isinstance(event, ResponseReceived | TrailersReceived):
            self._headers_received(event)
        elif isinstance(event, RequestReceived):
            self._request_received(event)
        elif isinstance(event, WindowUpdated):
            self._window_updated(event.stream_id or 0)
        elif isinstance(event, StreamReset):
            stream = self._streams.pop(event.stream_id or 0, None)
            if stream is not None:
                stream.reset(int(event.error_code or 0), bool(event.remote_reset))
            if not event.remote_reset:
                self._count("stream_errors")
        elif isinstance(event, RemoteSettingsChanged):
            self._handler.settings_received()
        elif isinstance(event, PingAckReceived):
            self._handler.ping_acknowledged(event.ping_data or b"")
        elif isinstance(event, PingReceived):
            self._handler.ping_received()  # h2 has answered it
        elif isinstance(event, ConnectionTerminated):
            self._handler.goaway_received(
                event.last_stream_id or 0, int(event.error_code or 0), event.additional_data or b""
            )
        elif isinstance(event, InformationalResponseReceived):
            self._count("informational")
        # Nothing else concerns gRPC: priorities, unknown frames. The end of a stream is told with the frame that
        # carries it.

    def _data_received(self, event: DataReceived) -> None:
        credit = event.flow_controlled_length or 0
        self._connection.return_connection_credit(credit)
        stream = self._streams.get(event.stream_id or 0)
        if stream is not None:
            stream.data_received(bytes(event.data or b""), credit, event.stream_ended is not None)

    def _headers_received(self, event: ResponseReceived | TrailersReceived) -> None:
        stream_id = event.stream_id or 0
        kind = BlockKind.RESPONSE if isinstance(event, ResponseReceived) else BlockKind.TRAILERS
        headers: list[Header] = event.headers or []  # type: ignore[assignment, unused-ignore]  # raw: always bytes
        stream = self._streams.get(stream_id)
        if stream is None:
            return
        if find_fault(headers, kind) is not None:
            self._stream_error(stream_id)
            return
        stream.headers_received(headers, event.stream_ended is not None)

    def _request_received(self, event: RequestReceived) -> None:
        stream_id = event.stream_id or 0
        headers: list[Header] = event.headers or []  # type: ignore[assignment, unused-ignore]  # raw: always bytes
        if find_fault(headers, BlockKind.REQUEST) is not None:
            self._stream_error(stream_id)
            return
        stream = self._handler.stream_opened(stream_id, headers, event.stream_ended is not None)
        if stream is not None and stream_id in self._connection.streams:
            self._streams[stream_id] = stream

    def _window_updated(self, stream_id: int) -> None:
        if stream_id == 0:
            self._handler.send_window_opened()
            return
        stream = self._streams.get(stream_id)
        if stream is not None:
            stream.send_window_opened()

    # -- sending

    def open_stream(self, handler: StreamHandler, headers: Sequence[Header], end_stream: bool) -> int:
        stream_id = self._next_stream_id
        self._connection.send_headers(stream_id, headers, end_stream)
        self._frames_sent += 1
        self._next_stream_id += 2
        self._streams[stream_id] = handler
        return stream_id

    def send_headers(self, stream_id: int, headers: Sequence[Header], end_stream: bool) -> None:
        if self._failed:
            return
        self._connection.send_headers(stream_id, headers, end_stream)
        self._frames_sent += 1
        if end_stream:
            self._forget_if_closed(stream_id)

    def send_capacity(self, stream_id: int) -> int:
        connection = self._connection
        window: int = connection.outbound_flow_control_window
        if stream_id:
            stream = connection.streams.get(stream_id)
            window = 0 if stream is None else min(window, stream.outbound_flow_control_window)
        return 0 if self._failed else max(0, min(window, connection.max_outbound_frame_size))

    def send_data(self, stream_id: int, data: bytes | memoryview, end_stream: bool) -> None:
        if self._failed:
            return
        self._connection.send_data(stream_id, bytes(data), end_stream)
        self._frames_sent += 1
        if end_stream:
            self._forget_if_closed(stream_id)

    def acknowledge_data(self, stream_id: int, size: int) -> bool:
        return not self._failed and self._connection.return_stream_credit(stream_id, size)

    def reset_stream(self, stream_id: int, error_code: ErrorCode) -> None:
        if self._failed:
            return
        if not self._connection.forget_if_closed(stream_id):
            self._connection.reset_stream(stream_id, error_code)
        self._forget_if_closed(stream_id)

    def send_ping(self, data: bytes) -> None:
        if not self._failed:
            self._connection.ping(data)

    def send_goaway(self, last_stream_id: int, error_code: ErrorCode, debug_data: bytes = b"") -> None:
        if not self._failed:
            self._connection.close_connection(error_code, debug_data, last_stream_id)

    def _forget_if_closed(self, stream_id: int) -> None:
        if self._connection.forget_if_closed(stream_id):
            self._streams.pop(stream_id, None)
