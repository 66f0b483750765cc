"""h2's connection, changed where h2 does what a gRPC endpoint cannot live with.

- Stock h2 closes its state machine when a GOAWAY is sent or received, after which neither side can finish its streams.
  RFC 9113 section 6.8 lets streams up to the last identifier go on; here GOAWAY leaves the connection open.
- Stock h2 answers a stream beyond MAX_CONCURRENT_STREAMS with a connection error. RFC 9113 section 5.1.2 asks for a
  stream error; here that stream is refused and the connection lives.
- Stock h2 ends the connection for a header list over the limit. Here its stream ends, with ENHANCE_YOUR_CALM, unless
  the list is many times larger.
- Stock h2 answers every frame that comes too late for a stream with RST_STREAM. Here what may still be under way when
  this side resets a stream is dropped, and what must not come is an error.
- Stock h2 counts open streams by walking over all of them. Here a closed stream leaves at once, so that the count is
  the size of a dictionary.

This leans on private names of h2, all listed in :data:`PRIVATE_NAMES`; a test holds them against the installed version.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn, TypeAlias, cast

from h2 import connection as h2_connection_module
from h2 import settings as h2_settings_module
from h2.config import H2Configuration
from h2.connection import AllowedStreamIDs, ConnectionInputs, H2Connection, H2ConnectionStateMachine
from h2.errors import ErrorCodes
from h2.events import Event
from h2.exceptions import (
    DenialOfServiceError,
    InvalidBodyLengthError,
    InvalidSettingsValueError,
    ProtocolError,
    StreamClosedError,
)
from h2.settings import ChangedSetting, SettingCodes, Settings
from h2.stream import StreamClosedBy, StreamState
from h2.windows import WindowManager
from hpack.exceptions import OversizedHeaderListError
from hyperframe.frame import (
    DataFrame,
    ExtensionFrame,
    Frame,
    HeadersFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from minirpc.http2.header_rules import BlockKind
from minirpc.http2.hpack_memo import MemoDecoder, MemoEncoder, OversizedBlockError
from minirpc.http2.interface import Header, Http2Options

__all__ = ["PRIVATE_NAMES", "GrpcH2Connection", "StreamFaultError", "trim_settings"]

PRIVATE_NAMES: dict[object, tuple[str, ...]] = {
    H2ConnectionStateMachine: ("_transitions",),
    h2_settings_module: ("_validate_setting",),
    H2Connection: (
        "_acknowledge_settings",
        "_local_settings_acked",
        "_receive_frame",
        "_receive_headers_frame",
        "_stream_id_is_outbound",
    ),
    h2_connection_module: ("_decode_headers",),
}
"""The private names of h2's classes and modules that this module leans on. Instances add ``_closed_streams``,
``_data_to_send``, ``_frame_dispatch_table``, ``_inbound_flow_control_window_manager``, on a stream
``_inbound_window_manager``, and on settings ``_client`` and ``_settings``."""

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  # RFC 9113 section 3.4
_WINDOW_UPDATE = struct.Struct(">HBBBLL")  # RFC 9113 section 6.9: length (24 bits), type 8, flags, stream, increment
_RST_STREAM = struct.Struct(">HBBBLL")  # section 6.4: length (24 bits), type 3, flags, stream, error code
_DEFAULT_WINDOW = 65_535  # bytes; section 6.9.2
_DEFAULT_FRAME_SIZE = 1 << 14  # bytes; section 6.5.2
_MAX_ENCODER_TABLE = 4096  # bytes; a peer that offers more gets no more of our memory
_MAX_DEBUG_DATA = 256  # bytes of a GOAWAY's text
_PRIORITY_SIZE = 5  # section 6.3
_SELF_DEPENDENT = "a stream that depends on itself"  # RFC 7540 section 5.3.1
_SETTINGS = frozenset(int(code) for code in SettingCodes)


_SettingValues: TypeAlias = Mapping[int, tuple[int, ...]]

_FRAME_METHODS: dict[type[Frame], str] = {
    kind: method.__name__ for kind, method in H2Connection()._frame_dispatch_table.items()
}

# Header blocks are checked by header_rules, once, and handed on as bytes.
_CONFIGURATIONS = {
    client_side: H2Configuration(
        client_side=client_side,
        header_encoding=None,
        validate_inbound_headers=False,
        normalize_inbound_headers=False,
        validate_outbound_headers=False,
        normalize_outbound_headers=False,
    )
    for client_side in (False, True)
}


class StreamFaultError(ProtocolError):
    """A stream error: the peer's fault ends one stream. The frame itself has been taken.

    Args:
        reason: what is wrong.
        error_code: the code of the RST_STREAM. RFC 9113 section 8.1.1: malformed messages are PROTOCOL_ERROR.
    """

    def __init__(self, reason: str, error_code: ErrorCodes = ErrorCodes.PROTOCOL_ERROR) -> None:
        super().__init__(reason)
        self.error_code = error_code


class _DrainingStateMachine(H2ConnectionStateMachine):
    """h2's connection state machine with a transition table of its own, in which GOAWAY changes no state."""

    _transitions: dict[Any, Any] = {
        (state, input_): (
            action,
            state if input_ in (ConnectionInputs.SEND_GOAWAY, ConnectionInputs.RECV_GOAWAY) else target,
        )
        for (state, input_), (action, target) in H2ConnectionStateMachine._transitions.items()
    }


class _CompactSettings(Settings):
    """h2's settings without a deque for each, which together were a third of an idle connection's memory.

    The values of a setting are a tuple, the one that counts first, and all of them a dictionary that connections share
    until one of them changes its own.

    Args:
        client: whether they are a client's.
        values: the dictionary to begin with.
    """

    def __init__(self, client: bool, values: _SettingValues) -> None:
        self._client = client
        self._settings = cast("dict[Any, Any]", values)

    def __setitem__(self, key: SettingCodes | int, value: int) -> None:
        """Adds a value, which counts once it is acknowledged."""
        invalid = h2_settings_module._validate_setting(key, value)
        if invalid:
            raise InvalidSettingsValueError(f"setting {key} has the invalid value {value}", error_code=invalid)
        self.add({int(key): value})

    def add(self, settings: Mapping[int, int]) -> None:
        """Adds values that have been checked; they count once they are acknowledged."""
        values: dict[Any, Any] = dict(self._settings)
        for key, value in settings.items():
            values[key] = (*values.get(key, (None,)), value)
        self._settings = values

    def acknowledge(self) -> dict[SettingCodes | int, ChangedSetting]:
        """Has the next value of each setting count, and returns what has changed by that."""
        current = cast("dict[int, tuple[int, ...]]", self._settings)
        due = {key: values for key, values in current.items() if len(values) > 1}
        if not due:
            return {}
        values = {**current, **{key: values[1:] for key, values in due.items()}}
        self._settings = cast("dict[Any, Any]", _shared_settings(tuple(values.items())))
        return {key: ChangedSetting(key, values[0], values[1]) for key, values in due.items()}


@lru_cache(maxsize=64)
def _shared_settings(values: tuple[tuple[int, tuple[int, ...]], ...]) -> _SettingValues:
    """Returns one dictionary for all connections whose settings are the same: most peers are alike."""
    return dict(values)


def _initial_settings(client: bool) -> _SettingValues:
    """What h2 takes the settings of one side to be before it hears of them."""
    return {key: (value,) for key, value in Settings(client).items()}


_INITIAL_SETTINGS = {client: _initial_settings(client) for client in (False, True)}  # by whether they are a client's


class _Beginning(NamedTuple):
    """How connections with the same options begin.

    Attributes:
        settings: this side's settings.
        octets: what is sent first.
    """

    settings: _SettingValues
    octets: bytes


@lru_cache(maxsize=64)
def _beginning(
    client_side: bool,
    max_concurrent_streams: int,
    stream_window: int,
    connection_window: int,
    max_frame_size: int,
    max_header_list_size: int,
) -> _Beginning:
    """Returns how a connection with these options begins."""
    own: dict[int, int] = {
        SettingCodes.ENABLE_PUSH: 0,
        SettingCodes.MAX_CONCURRENT_STREAMS: max_concurrent_streams,
        SettingCodes.INITIAL_WINDOW_SIZE: stream_window,
        SettingCodes.MAX_FRAME_SIZE: max_frame_size,
        SettingCodes.MAX_HEADER_LIST_SIZE: max_header_list_size,
    }
    initial = _INITIAL_SETTINGS[True]
    # What the peer takes for granted is not sent (RFC 9113 section 6.5.2).
    sent = {key: value for key, value in own.items() if initial.get(key) != (value,)}
    frame = SettingsFrame(0, settings=sent).serialize()
    growth = connection_window - _DEFAULT_WINDOW
    update = _WINDOW_UPDATE.pack(0, 4, 8, 0, 0, growth) if growth else b""
    values: _SettingValues = {**_INITIAL_SETTINGS[client_side], **{key: (value,) for key, value in own.items()}}
    return _Beginning(values, (_PREFACE if client_side else b"") + frame + update)


class _FrameMethods:
    """h2's table of which method takes which frame, which would be a twelfth of an idle connection's memory."""

    __slots__ = ("_connection",)

    def __init__(self, connection: H2Connection) -> None:
        self._connection = connection

    def __getitem__(self, kind: type[Frame]) -> Callable[[Frame], tuple[list[Frame], list[Event]]]:
        method: Callable[[Frame], tuple[list[Frame], list[Event]]] = getattr(self._connection, _FRAME_METHODS[kind])
        return method


class GrpcH2Connection(H2Connection):
    """An ``H2Connection`` that drains, refuses streams one by one, and counts them in constant time."""

    # How many closed streams h2 remembers, to tell late frames from wrong ones: more than a connection closes within a
    # round trip, and less memory than h2's own 65,536.
    MAX_CLOSED_STREAMS = 1 << 13

    decoder: MemoDecoder
    remote_settings: _CompactSettings

    def __init__(self, options: Http2Options, *, client_side: bool) -> None:  # pyright: ignore[reportMissingSuperCall]
        # Not h2's own: most of what that makes would be replaced here or is never used, at twice the cost and memory.
        # A test holds that nothing is missing.
        beginning = _beginning(
            client_side,
            options.max_concurrent_streams,
            options.stream_window,
            options.connection_window,
            options.max_frame_size,
            options.max_header_list_size,
        )
        self.state_machine = _DrainingStateMachine()
        self.streams = {}
        self.highest_inbound_stream_id = 0
        self.highest_outbound_stream_id = 0
        self.encoder = MemoEncoder()
        self.decoder = MemoDecoder(options.max_header_list_size)
        self.config = _CONFIGURATIONS[client_side]
        self.local_settings = _CompactSettings(client_side, beginning.settings)
        self.remote_settings = _CompactSettings(not client_side, _INITIAL_SETTINGS[not client_side])
        self.outbound_flow_control_window = _DEFAULT_WINDOW
        self.max_outbound_frame_size = _DEFAULT_FRAME_SIZE
        self.max_inbound_frame_size = options.max_frame_size
        self._beginning = beginning.octets
        self._data_to_send = bytearray()
        self._closed_streams = OrderedDict()  # note_closed() keeps it small
        self._inbound_flow_control_window_manager = WindowManager(options.connection_window)

    @property
    def _frame_dispatch_table(self) -> Any:  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]
        """Which method takes which frame; for h2."""
        return _FrameMethods(self)

    def initiate_connection(self) -> None:
        """Queues the preface, SETTINGS, and the growth of the connection's window."""
        self._data_to_send += self._beginning

    # -- counting streams: push is off, so that every stream was opened by the client

    @property
    def open_outbound_streams(self) -> int:
        """Open streams that this side began."""
        return len(self.streams) if self.config.client_side else 0

    @property
    def open_inbound_streams(self) -> int:
        """Open streams that the peer began."""
        return 0 if self.config.client_side else len(self.streams)

    def forget_if_closed(self, stream_id: int) -> bool:
        """Drops a stream that has closed, as h2 does when it next counts. Returns whether the stream is gone."""
        stream = self.streams.get(stream_id)
        if stream is None:
            return True
        if not stream.closed:
            return False
        self.note_closed(stream_id, stream.closed_by)
        del self.streams[stream_id]
        return True

    def note_closed(self, stream_id: int, closed_by: StreamClosedBy | None) -> None:
        """Remembers how a stream was closed, for as long as :data:`MAX_CLOSED_STREAMS` others are."""
        closed: Any = self._closed_streams
        OrderedDict.__setitem__(closed, stream_id, closed_by)  # h2's own does the same at several times the cost
        if len(closed) > self.MAX_CLOSED_STREAMS:
            closed.popitem(last=False)

    # -- receiving

    def receive_frame(self, frame: Frame) -> list[Event]:
        """Handles one frame. What has no effect gives no events.

        Raises:
            StreamFaultError: a stream error; the frame itself has been taken.
            h2.exceptions.ProtocolError: a connection error.
        """
        stream_id = frame.stream_id
        if stream_id and stream_id not in self.streams:
            closed_by = self._closed_by(frame)
            if closed_by is not None:
                return self._receive_late(frame, closed_by)
        kind = type(frame)
        if kind is DataFrame or kind is HeadersFrame:
            pass  # by far the most
        elif isinstance(frame, SettingsFrame):
            frame.settings = trim_settings(frame.settings)
        elif isinstance(frame, PriorityFrame):
            self._check_priority(frame)
            return []
        elif isinstance(frame, ExtensionFrame):
            return []
        elif isinstance(frame, WindowUpdateFrame) and not frame.window_increment and stream_id in self.streams:
            raise StreamFaultError("WINDOW_UPDATE with increment 0")
        try:
            return self._receive_frame(frame)
        except InvalidBodyLengthError as error:
            assert isinstance(frame, DataFrame)
            self.return_connection_credit(frame.flow_controlled_length)
            raise StreamFaultError(str(error)) from error

    def _closed_by(self, frame: Frame) -> StreamClosedBy | None:
        """How a stream was closed that is not open; None if it is idle (or was skipped)."""
        closed_by = self._closed_streams.get(frame.stream_id)
        if closed_by is None and isinstance(frame, DataFrame):
            outbound = self._stream_id_is_outbound(frame.stream_id)
            highest = self.highest_outbound_stream_id if outbound else self.highest_inbound_stream_id
            if frame.stream_id <= highest:
                return StreamClosedBy.SEND_RST_STREAM  # closed so long ago that it is forgotten: to the peer's credit
        return closed_by

    def _receive_late(self, frame: Frame, closed_by: StreamClosedBy) -> list[Event]:
        """Takes a frame for a stream that is closed (RFC 9113 section 5.1, "closed")."""
        stream_id = frame.stream_id
        if isinstance(frame, DataFrame):
            size = frame.flow_controlled_length
            self._inbound_flow_control_window_manager.window_consumed(size)
            self.return_connection_credit(size)
        elif isinstance(frame, HeadersFrame):
            self._decode_and_drop(frame)
        elif isinstance(frame, RstStreamFrame):
            if closed_by is StreamClosedBy.SEND_RST_STREAM:
                self._closed_streams[stream_id] = StreamClosedBy.RECV_RST_STREAM  # nothing may follow it
            return []
        elif isinstance(frame, PriorityFrame):
            self._check_priority(frame)
            return []
        else:
            return []  # WINDOW_UPDATE; what else there is has no meaning for gRPC
        if closed_by is StreamClosedBy.RECV_RST_STREAM:
            raise StreamFaultError("frame after RST_STREAM", ErrorCodes.STREAM_CLOSED)
        if closed_by is not StreamClosedBy.SEND_RST_STREAM:
            raise StreamClosedError(stream_id)
        if "END_STREAM" in frame.flags:
            self._closed_streams[stream_id] = StreamClosedBy.RECV_END_STREAM
        return []

    def _check_priority(self, frame: PriorityFrame) -> None:
        """Looks at a priority, which has no other meaning (RFC 9113 section 5.3.2)."""
        stream_id = frame.stream_id
        if frame.body_len != _PRIORITY_SIZE:
            fault = StreamFaultError(f"PRIORITY of {frame.body_len} bytes", ErrorCodes.FRAME_SIZE_ERROR)
        elif frame.depends_on == stream_id:
            fault = StreamFaultError(_SELF_DEPENDENT)
        else:
            return
        if stream_id not in self.streams and stream_id not in self._closed_streams:
            # An idle stream cannot be reset (section 6.4).
            error = ProtocolError(str(fault))
            error.error_code = fault.error_code
            raise error
        raise fault

    def _receive_headers_frame(self, frame: HeadersFrame) -> tuple[list[Frame], list[Event]]:
        stream_id = frame.stream_id
        stream = self.streams.get(stream_id)
        if stream is not None:
            if (
                stream.state_machine.headers_received
                and "END_STREAM" not in frame.flags
                and stream.state_machine.state is not StreamState.HALF_CLOSED_REMOTE
            ):
                self._decode_and_drop(frame)
                raise StreamFaultError("trailers without END_STREAM")
            opens = False
        else:
            opens = not self.config.client_side and stream_id % 2 == 1 and stream_id > self.highest_inbound_stream_id
            if opens and len(self.streams) >= self.local_settings.max_concurrent_streams:
                # RFC 9113 section 5.1.2: an endpoint that receives a HEADERS frame that exceeds its limit treats this
                # as a stream error.
                self._decode_and_drop(frame)
                self._refuse_stream(stream_id, "too many streams", ErrorCodes.REFUSED_STREAM)
        if frame.depends_on == stream_id:  # 0 without the flag PRIORITY
            self._decode_and_drop(frame)
            if opens:
                self._refuse_stream(stream_id, _SELF_DEPENDENT, ErrorCodes.PROTOCOL_ERROR)
            raise StreamFaultError(_SELF_DEPENDENT)
        try:
            return super()._receive_headers_frame(frame)
        except OversizedBlockError as error:
            raise self._oversized(stream_id, error, opens=opens) from error

    def decode_block(self, stream_id: int, block: bytes, kind: BlockKind, *, opens: bool) -> tuple[list[Header], bool]:
        """Decodes the header block of a stream, as :meth:`MemoDecoder.decode_checked` does.

        Args:
            stream_id: the stream.
            block: the block.
            kind: what the block is.
            opens: whether it begins a new stream.

        Raises:
            StreamFaultError: the header list is too large; a new stream is noted as one that is over.
            h2.exceptions.ProtocolError: a connection error.
        """
        try:
            return self.decoder.decode_checked(block, kind)
        except OversizedBlockError as error:
            raise self._oversized(stream_id, error, opens=opens) from error
        except OversizedHeaderListError as error:
            raise DenialOfServiceError(f"Oversized header block: {error}") from error

    def _oversized(self, stream_id: int, error: OversizedBlockError, *, opens: bool) -> StreamFaultError:
        """Returns the fault of a header list that is too large, and notes a new stream as one that is over."""
        # Section 10.5.1 leaves the code open; this one is what gRPC takes for RESOURCE_EXHAUSTED.
        if opens:
            self._note_refused(stream_id)
        return StreamFaultError(str(error), ErrorCodes.ENHANCE_YOUR_CALM)

    def receive_block(self, stream_id: int, headers: Sequence[Header], end_stream: bool) -> list[Event]:
        """Does what h2 does with a header block once it is decoded. The stream is new, or may receive headers.

        Raises:
            h2.exceptions.ProtocolError: a connection error.
        """
        self.state_machine.process_input(ConnectionInputs.RECV_HEADERS)
        stream = self._get_or_create_stream(stream_id, AllowedStreamIDs(not self.config.client_side))
        return stream.receive_headers(headers, end_stream, None)[1]

    def _decode_and_drop(self, frame: HeadersFrame) -> None:
        """Decodes a block that nobody needs. RFC 9113 section 4.3: without that, the peers' tables would part."""
        with suppress(OversizedBlockError):
            h2_connection_module._decode_headers(self.decoder, frame.data)

    def _refuse_stream(self, stream_id: int, reason: str, error_code: ErrorCodes) -> NoReturn:
        """Takes note of the peer's new stream as one that is over, and raises its stream error."""
        self._note_refused(stream_id)
        raise StreamFaultError(reason, error_code)

    def _note_refused(self, stream_id: int) -> None:
        self.state_machine.process_input(ConnectionInputs.RECV_HEADERS)
        self.highest_inbound_stream_id = stream_id
        self._closed_streams[stream_id] = StreamClosedBy.SEND_RST_STREAM

    # -- sending

    def reset_faulty_stream(self, stream_id: int, error_code: ErrorCodes) -> None:
        """Queues the RST_STREAM of a stream error, whether the stream is open or closed."""
        stream = self.streams.get(stream_id)
        if stream is not None and not stream.closed:
            self.reset_stream(stream_id, error_code)
        else:
            self._data_to_send += _RST_STREAM.pack(0, 4, 3, 0, stream_id, error_code)

    def terminate(self, error_code: ErrorCodes, reason: str) -> None:
        """Queues the GOAWAY of a connection error, with the reason for people."""
        text = reason.encode("ascii", "backslashreplace")[:_MAX_DEBUG_DATA]
        self.close_connection(error_code, text, self.highest_inbound_stream_id)

    def clear_outbound_data_buffer(self) -> None:
        """Keeps the output: h2 calls this when a GOAWAY arrives, but open streams go on."""

    @property
    def output_size(self) -> int:
        """Bytes that wait to be sent."""
        return len(self._data_to_send)

    def take_output(self) -> bytearray:
        """Returns the output itself, uncopied, and starts a new one."""
        output = self._data_to_send
        self._data_to_send = bytearray()
        return output

    def return_connection_credit(self, size: int) -> None:
        """Gives bytes of the connection's window back to the peer, when enough have come together."""
        increment = self._inbound_flow_control_window_manager.process_bytes(size)
        if increment:
            self._data_to_send += _WINDOW_UPDATE.pack(0, 4, 8, 0, 0, increment)

    def return_stream_credit(self, stream_id: int, size: int) -> bool:
        """Gives bytes of a stream's window back to the peer, when enough have come together. Returns whether it did."""
        stream = self.streams.get(stream_id)
        if stream is None or not stream.open:
            return False
        increment = stream._inbound_window_manager.process_bytes(size)
        if increment:
            self._data_to_send += _WINDOW_UPDATE.pack(0, 4, 8, 0, stream_id, increment)
        return bool(increment)


def trim_settings(settings: Mapping[int, int]) -> dict[int, int]:
    """Leaves out of SETTINGS what would only cost memory."""
    # RFC 9113 section 6.5.2: unknown settings are ignored; h2 would keep each of the 65,536 that there can be.
    trimmed = {code: value for code, value in settings.items() if code in _SETTINGS}
    table_size = trimmed.get(SettingCodes.HEADER_TABLE_SIZE)
    if table_size is not None:
        # RFC 7541 section 4.2: the encoder may use less than what it is offered.
        trimmed[SettingCodes.HEADER_TABLE_SIZE] = min(table_size, _MAX_ENCODER_TABLE)
    return trimmed
