"""The h2 engine with short ways for the frames that calls consist of.

A short way does in one function what h2 does in many: no frame objects, no events, no table of transitions. It is
taken only for what is usual and right, from a state in which h2 would take the frame, and leaves h2's own objects as
h2 would have left them. Everything else (padding, priorities, continued header blocks, SETTINGS, PING, what comes too
late, and whatever is wrong) goes the long way of :class:`~h2_engine.H2Engine`, so that h2 alone decides about it. A
differential test holds one engine against the other.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from h2.connection import ConnectionState, H2Connection
from h2.events import Event, RemoteSettingsChanged, SettingsAcknowledged
from h2.settings import SettingCodes
from h2.stream import H2Stream, H2StreamStateMachine, StreamClosedBy, StreamState
from h2.windows import WindowManager

from minirpc.http2.h2_connection import StreamFaultError, trim_settings
from minirpc.http2.h2_engine import H2Engine
from minirpc.http2.header_rules import BlockKind
from minirpc.http2.interface import (
    MAX_STREAM_ID,
    ConnectionHandler,
    ErrorCode,
    Header,
    Http2Options,
    StreamHandler,
)

__all__ = ["LeanH2Engine"]

# RFC 9113 section 6: frame types, and the only flags that a frame may have to go the short way.
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _GOAWAY, _WINDOW_UPDATE, _CONTINUATION = 0, 1, 3, 4, 7, 8, 9
_ACK, _END_STREAM, _END_HEADERS = 1, 1, 4

_FRAME_HEADER = struct.Struct(">BHBBL")  # section 4.1: length (24 bits), type, flags, stream identifier
_RESET = struct.Struct(">BHBBLL")  # section 6.4: the header and an error code
_SETTING = struct.Struct(">HL")  # section 6.5.1
_GOAWAY_START = struct.Struct(">LL")  # section 6.8: the last stream's identifier and an error code
_SETTINGS_ACK = _FRAME_HEADER.pack(0, 0, _SETTINGS, _ACK, 0)
_USUAL_SETTINGS: dict[int, range] = {  # the values that can be right (section 6.5.2), and mean something to gRPC
    SettingCodes.HEADER_TABLE_SIZE: range(1 << 32),
    SettingCodes.ENABLE_PUSH: range(1),
    SettingCodes.MAX_CONCURRENT_STREAMS: range(1 << 32),
    SettingCodes.INITIAL_WINDOW_SIZE: range(1 << 31),
    SettingCodes.MAX_FRAME_SIZE: range(1 << 14, 1 << 24),
    SettingCodes.MAX_HEADER_LIST_SIZE: range(1 << 32),
    SettingCodes.ENABLE_CONNECT_PROTOCOL: range(2),
}
_UINT32 = struct.Struct(">L")
_LARGE = 1 << 12  # bytes of a DATA frame from which on a copy costs more than another object
_MAX_WINDOW = 2**31 - 1

_POST = (b":method", b"POST")
_OPEN = StreamState.OPEN
_HALF_CLOSED_LOCAL = StreamState.HALF_CLOSED_LOCAL
_HALF_CLOSED_REMOTE = StreamState.HALF_CLOSED_REMOTE
_CLOSED = StreamState.CLOSED


class _Machine(H2StreamStateMachine):
    """h2's state machine of a stream, made at less cost: what is None at first is the class's."""

    client = headers_sent = trailers_sent = headers_received = trailers_received = stream_closed_by = None

    def __init__(self, stream_id: int, state: StreamState, client: bool) -> None:
        self.state = state
        self.stream_id = stream_id
        self.client = client


class _Window(WindowManager):
    """h2's window, made at less cost."""

    _bytes_processed = 0

    def __init__(self, size: int) -> None:
        self.max_window_size = size
        self.current_window_size = size


class _Stream(H2Stream):
    """h2's stream, made at less cost, and in a state that is not the first."""

    request_method: bytes | None = None
    _expected_content_length = _authority = None
    _actual_content_length = 0

    def __init__(
        self, stream_id: int, connection: H2Connection, inbound: int, outbound: int, state: StreamState, client: bool
    ) -> None:
        self.state_machine = _Machine(stream_id, state, client)
        self.stream_id = stream_id
        self.max_outbound_frame_size = connection.max_outbound_frame_size
        self.outbound_flow_control_window = outbound
        self._inbound_window_manager = _Window(inbound)
        self.config = connection.config


class LeanH2Engine(H2Engine):
    """An :class:`~h2_engine.H2Engine` that is several times faster, and does the same."""

    def __init__(
        self,
        handler: ConnectionHandler,
        options: Http2Options,
        clock: Callable[[], float],
        *,
        client_side: bool,
    ) -> None:
        super().__init__(handler, options, clock, client_side=client_side)
        # The first HEADERS lead from IDLE to the open state, in which the connection stays.
        self._open_state = ConnectionState.CLIENT_OPEN if client_side else ConnectionState.SERVER_OPEN
        self._usable_states = (ConnectionState.IDLE, self._open_state)
        self._pieces: list[bytes | bytearray | memoryview] = []  # of the output, before what h2's connection holds
        self._pieces_size = 0
        self._read_settings()

    def _read_settings(self) -> None:
        """Takes note of settings that every stream needs: h2 looks them up in a dictionary of queues."""
        local, remote = self._connection.local_settings, self._connection.remote_settings
        self._max_peer_streams = local.max_concurrent_streams
        self._max_own_streams = remote.max_concurrent_streams
        self._inbound_window = local.initial_window_size
        self._outbound_window = remote.initial_window_size

    @property
    def can_open_stream(self) -> bool:
        return (
            len(self._connection.streams) < self._max_own_streams
            and self._next_stream_id <= MAX_STREAM_ID
            and not self._failed
        )

    @property
    def output_size(self) -> int:
        return self._pieces_size + len(self._connection._data_to_send)

    def take_output(self) -> bytes | bytearray:
        return b"".join(self.take_pieces()) if self._pieces else self._connection.take_output()

    def take_pieces(self) -> list[bytes | bytearray | memoryview]:
        pieces = self._pieces
        rest = self._connection.take_output()
        if not pieces:
            return [rest]
        if rest:
            pieces.append(rest)
        self._pieces = []
        self._pieces_size = 0
        return pieces

    # -- receiving

    def _receive_raw(self, kind: int, flags: int, stream_id: int, payload: memoryview) -> None:
        if self._reader.in_block:
            taken = False
        elif kind == _DATA:
            taken = self._receive_data(flags, stream_id, payload)
        elif kind == _HEADERS:
            taken = self._receive_headers(flags, stream_id, payload)
        elif kind == _WINDOW_UPDATE:
            taken = self._receive_window_update(stream_id, payload)
        elif kind == _RST_STREAM:
            taken = self._receive_reset(stream_id, payload)
        elif kind == _SETTINGS and not stream_id:
            taken = self._receive_settings(flags, payload)
        elif kind == _GOAWAY and not stream_id:
            taken = self._receive_goaway(payload)
        else:
            taken = False
        if not taken:
            super()._receive_raw(kind, flags, stream_id, payload)

    def _dispatch(self, event: Event) -> None:
        if isinstance(event, RemoteSettingsChanged | SettingsAcknowledged):
            self._read_settings()  # before the handler hears of them, and opens streams
        super()._dispatch(event)

    def _receive_data(self, flags: int, stream_id: int, payload: memoryview) -> bool:
        connection = self._connection
        stream = connection.streams.get(stream_id)
        size = len(payload)
        if stream is None or flags & ~_END_STREAM or not (size or flags):
            return False
        machine = stream.state_machine
        state = machine.state
        window = connection._inbound_flow_control_window_manager
        stream_window = stream._inbound_window_manager
        if (
            (state is not _OPEN and state is not _HALF_CLOSED_LOCAL)
            or not machine.headers_received
            or stream._expected_content_length is not None
            or size > window.current_window_size
            or size > stream_window.current_window_size
        ):
            return False
        self._frames_received += 1
        window.current_window_size -= size
        stream_window.current_window_size -= size
        stream._actual_content_length += size
        if flags:
            _end_received(machine)
        if not _hold_credit(window, size):
            connection.return_connection_credit(size)
        handler = self._streams.get(stream_id)
        if handler is not None:
            handler.data_received(payload if size >= _LARGE else bytes(payload), size, flags == _END_STREAM)
        if flags:
            self._forget_if_closed(stream_id)
        return True

    def _receive_headers(self, flags: int, stream_id: int, payload: memoryview) -> bool:
        if flags & ~_END_STREAM != _END_HEADERS:
            return False
        end_stream = flags & _END_STREAM == _END_STREAM
        stream = self._connection.streams.get(stream_id)
        if stream is None:
            return self._receive_request(stream_id, payload, end_stream)
        machine = stream.state_machine
        if machine.state is not _OPEN and machine.state is not _HALF_CLOSED_LOCAL:
            return False
        if machine.headers_received:
            if not end_stream:
                return False
            kind = BlockKind.TRAILERS
        elif stream.request_method == b"POST":
            kind = BlockKind.RESPONSE
        else:
            return False  # the method decides what content-length means
        headers = self._decode(stream_id, payload, kind, end_stream, opens=False)
        if headers is None:
            return True
        if kind is BlockKind.TRAILERS:
            machine.trailers_received = True
        else:
            machine.headers_received = True
        if end_stream:
            _end_received(machine)
        handler = self._streams.get(stream_id)
        if handler is not None:
            handler.headers_received(headers, end_stream)
        if end_stream:
            self._forget_if_closed(stream_id)
        return True

    def _receive_request(self, stream_id: int, payload: memoryview, end_stream: bool) -> bool:
        connection = self._connection
        streams = connection.streams
        if (
            self._client_side
            or not stream_id & 1
            or stream_id <= connection.highest_inbound_stream_id
            or len(streams) >= self._max_peer_streams
            or connection.state_machine.state not in self._usable_states
        ):
            return False
        headers = self._decode(stream_id, payload, BlockKind.REQUEST, end_stream, opens=True)
        if headers is None:
            return True
        connection.state_machine.state = self._open_state
        connection.highest_inbound_stream_id = stream_id
        state = _HALF_CLOSED_REMOTE if end_stream else _OPEN
        stream = _Stream(stream_id, connection, self._inbound_window, self._outbound_window, state, False)
        streams[stream_id] = stream
        stream.state_machine.headers_received = True
        handler = self._handler.stream_opened(stream_id, headers, end_stream)
        if handler is not None and stream_id in streams:
            self._streams[stream_id] = handler
        return True

    def _decode(
        self, stream_id: int, payload: memoryview, kind: BlockKind, end_stream: bool, *, opens: bool
    ) -> list[Header] | None:
        """Decodes a block that h2 would take now. Returns None where it is not a usual one, and all has been done."""
        self._frames_received += 1
        block = bytes(payload)
        known = self._connection.decoder.find_good(block, kind)
        if known is not None:
            return known
        try:
            headers, good = self._connection.decode_block(stream_id, block, kind, opens=opens)
            if good:
                return headers
            for event in self._connection.receive_block(stream_id, headers, end_stream):
                self._dispatch(event)
        except StreamFaultError as error:
            self._stream_error(stream_id, ErrorCode(error.error_code))
        self._forget_if_closed(stream_id)
        return None

    def _receive_window_update(self, stream_id: int, payload: memoryview) -> bool:
        if len(payload) != _UINT32.size:
            return False
        increment = _UINT32.unpack(payload)[0] & _MAX_WINDOW
        if not increment:
            return False
        # The connection has its window where a stream has it.
        owner = self._connection.streams.get(stream_id) if stream_id else self._connection
        if owner is None or owner.outbound_flow_control_window + increment > _MAX_WINDOW:
            return False
        self._frames_received += 1
        self._count("window_updates")
        owner.outbound_flow_control_window += increment
        self._window_updated(stream_id)
        return True

    def _receive_reset(self, stream_id: int, payload: memoryview) -> bool:
        handler = self._streams.get(stream_id)
        stream = self._connection.streams.get(stream_id)
        if handler is None or stream is None or len(payload) != _UINT32.size:
            return False
        self._frames_received += 1
        if not self._client_side:
            self._count("stream_resets")
        _close(stream.state_machine, StreamClosedBy.RECV_RST_STREAM)
        del self._streams[stream_id]
        handler.reset(_UINT32.unpack(payload)[0], True)
        self._forget_if_closed(stream_id)
        return True

    def _receive_settings(self, flags: int, payload: memoryview) -> bool:
        connection = self._connection
        if connection.state_machine.state not in self._usable_states:
            return False
        if flags & _ACK:
            if payload:
                return False
            self._frames_received += 1
            self._count("settings")
            connection._local_settings_acked()
            self._read_settings()
            return True
        if len(payload) % _SETTING.size:
            return False
        settings = trim_settings(dict(_SETTING.iter_unpack(payload)))
        for code, value in settings.items():
            if value not in _USUAL_SETTINGS.get(code, ()):
                return False
        self._frames_received += 1
        self._count("settings")
        connection.remote_settings.add(settings)
        connection._acknowledge_settings()
        connection._data_to_send += _SETTINGS_ACK
        self._read_settings()
        self._handler.settings_received()
        return True

    def _receive_goaway(self, payload: memoryview) -> bool:
        if len(payload) < _GOAWAY_START.size or self._connection.state_machine.state not in self._usable_states:
            return False
        last_stream_id, error_code = _GOAWAY_START.unpack_from(payload)
        if last_stream_id > MAX_STREAM_ID:
            return False
        self._frames_received += 1
        self._count("ignored_frames")
        self._handler.goaway_received(last_stream_id, error_code, bytes(payload[_GOAWAY_START.size :]))
        return True

    # -- sending

    def open_stream(self, handler: StreamHandler, headers: Sequence[Header], end_stream: bool) -> int:
        connection = self._connection
        stream_id = self._next_stream_id
        if (
            not self._client_side
            or headers[0] != _POST
            or connection.state_machine.state not in self._usable_states
            or len(connection.streams) >= self._max_own_streams
            or stream_id > MAX_STREAM_ID
        ):
            return super().open_stream(handler, headers, end_stream)
        connection.state_machine.state = self._open_state
        state = _HALF_CLOSED_LOCAL if end_stream else _OPEN
        stream = _Stream(stream_id, connection, self._inbound_window, self._outbound_window, state, True)
        connection.streams[stream_id] = stream
        stream.request_method = b"POST"
        stream.state_machine.headers_sent = True
        connection.highest_outbound_stream_id = stream_id
        self._send_block(stream_id, headers, end_stream)
        self._next_stream_id += 2
        self._streams[stream_id] = handler
        return stream_id

    def send_headers(self, stream_id: int, headers: Sequence[Header], end_stream: bool) -> None:
        stream = None if self._client_side or self._failed else self._connection.streams.get(stream_id)
        if stream is None:
            super().send_headers(stream_id, headers, end_stream)
            return
        machine = stream.state_machine
        state = machine.state
        usual = _are_trailers(headers, end_stream) if machine.headers_sent else _are_final(headers)
        if not usual or (state is not _OPEN and state is not _HALF_CLOSED_REMOTE):
            super().send_headers(stream_id, headers, end_stream)
            return
        if machine.headers_sent:
            machine.trailers_sent = True
        machine.headers_sent = True
        self._send_block(stream_id, headers, end_stream)
        if end_stream:
            _end_sent(machine)
            self._forget_if_closed(stream_id)

    def _send_block(self, stream_id: int, headers: Sequence[Header], end_stream: bool) -> None:
        connection = self._connection
        block = connection.encoder.encode(headers)
        limit = connection.max_outbound_frame_size
        size = len(block)
        output = connection._data_to_send
        flags = _END_HEADERS | end_stream
        if size <= limit:
            output += _FRAME_HEADER.pack(size >> 16, size & 0xFFFF, _HEADERS, flags, stream_id)
            output += block
        else:
            kind, flags = _HEADERS, int(end_stream)
            for start in range(0, size, limit):
                part = block[start : start + limit]
                if start + limit >= size:
                    flags |= _END_HEADERS
                output += _FRAME_HEADER.pack(len(part) >> 16, len(part) & 0xFFFF, kind, flags, stream_id)
                output += part
                kind, flags = _CONTINUATION, 0
        self._frames_sent += 1

    def send_capacity(self, stream_id: int) -> int:
        if self._failed:
            return 0
        connection = self._connection
        capacity: int = connection.outbound_flow_control_window
        if stream_id:
            stream = connection.streams.get(stream_id)
            if stream is None:
                return 0
            if stream.outbound_flow_control_window < capacity:
                capacity = stream.outbound_flow_control_window
        if capacity > connection.max_outbound_frame_size:
            return connection.max_outbound_frame_size
        return max(0, capacity)

    def send_data(self, stream_id: int, data: bytes | memoryview, end_stream: bool) -> None:
        connection = self._connection
        stream = None if self._failed else connection.streams.get(stream_id)
        size = len(data)
        if (
            stream is None
            or size > connection.max_outbound_frame_size
            or (size and size > connection.outbound_flow_control_window)
            or (size and size > stream.outbound_flow_control_window)
        ):
            super().send_data(stream_id, data, end_stream)
            return
        machine = stream.state_machine
        if machine.state is not _OPEN and machine.state is not _HALF_CLOSED_REMOTE:
            super().send_data(stream_id, data, end_stream)
            return
        connection.outbound_flow_control_window -= size
        stream.outbound_flow_control_window -= size
        output = connection._data_to_send
        output += _FRAME_HEADER.pack(size >> 16, size & 0xFFFF, _DATA, end_stream, stream_id)
        if size < _LARGE:
            output += data
        else:
            self._pieces.append(output)
            self._pieces.append(data)
            self._pieces_size += len(output) + size
            connection._data_to_send = bytearray()
        self._frames_sent += 1
        if end_stream:
            _end_sent(machine)
            self._forget_if_closed(stream_id)

    def acknowledge_data(self, stream_id: int, size: int) -> bool:
        stream = None if self._failed else self._connection.streams.get(stream_id)
        if stream is None or _hold_credit(stream._inbound_window_manager, size):
            return False
        return self._connection.return_stream_credit(stream_id, size)

    def reset_stream(self, stream_id: int, error_code: ErrorCode) -> None:
        stream = None if self._failed else self._connection.streams.get(stream_id)
        if stream is None or stream.state_machine.state is _CLOSED:
            super().reset_stream(stream_id, error_code)
            return
        _close(stream.state_machine, StreamClosedBy.SEND_RST_STREAM)
        self._connection._data_to_send += _RESET.pack(0, _UINT32.size, _RST_STREAM, 0, stream_id, error_code)
        self._forget_if_closed(stream_id)

    def _forget_if_closed(self, stream_id: int) -> None:
        connection = self._connection
        stream = connection.streams.get(stream_id)
        if stream is not None:
            if stream.state_machine.state is not _CLOSED:
                return
            connection.note_closed(stream_id, stream.state_machine.stream_closed_by)
            del connection.streams[stream_id]
        self._streams.pop(stream_id, None)


def _are_final(headers: Sequence[Header]) -> bool:
    """Whether these are a response's headers, and not an informational one's."""
    name, value = headers[0]
    return name == b":status" and value[:1] != b"1"


def _are_trailers(headers: Sequence[Header], end_stream: bool) -> bool:
    return end_stream and headers[0][0][:1] != b":"


def _end_received(machine: H2StreamStateMachine) -> None:
    """END_STREAM has come, in a state that lets the peer send."""
    if machine.state is _OPEN:
        machine.state = _HALF_CLOSED_REMOTE
    else:
        _close(machine, StreamClosedBy.RECV_END_STREAM)


def _end_sent(machine: H2StreamStateMachine) -> None:
    """END_STREAM has left, in a state that lets this side send."""
    if machine.state is _OPEN:
        machine.state = _HALF_CLOSED_LOCAL
    else:
        _close(machine, StreamClosedBy.SEND_END_STREAM)


def _close(machine: H2StreamStateMachine, how: StreamClosedBy) -> None:
    machine.state = _CLOSED
    machine.stream_closed_by = how


def _hold_credit(window: WindowManager, size: int) -> bool:
    """Adds to the credit that is held back. Returns whether that was all: so little is not worth a WINDOW_UPDATE."""
    held = window._bytes_processed + size
    if window.current_window_size <= 0 or 2 * held + 1 >= window.max_window_size:
        return False
    window._bytes_processed = held
    return True
