"""h2's connection, changed where h2 does what a gRPC endpoint cannot live with.

- Stock h2 closes its state machine when a GOAWAY is sent or received, after which neither side can finish its streams.
  RFC 9113 section 6.8 lets streams up to the last identifier go on; here GOAWAY leaves the connection open.
- Stock h2 answers a stream beyond MAX_CONCURRENT_STREAMS with a connection error. RFC 9113 section 5.1.2 asks for a
  stream error; here that stream is refused and the connection lives.
- Stock h2 ends the connection for a header list over the limit. Here its stream ends, with ENHANCE_YOUR_CALM, unless
  the list is many times larger.
- Stock h2 counts open streams by walking over all of them. Here a closed stream leaves at once, so that the count is
  the size of a dictionary.

This leans on private names of h2, all listed in :data:`PRIVATE_NAMES`; a test holds them against the installed version.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Any

from h2 import connection as h2_connection_module
from h2.config import H2Configuration
from h2.connection import ConnectionInputs, H2Connection, H2ConnectionStateMachine
from h2.errors import ErrorCodes
from h2.events import Event
from h2.exceptions import InvalidBodyLengthError, ProtocolError
from h2.settings import SettingCodes, Settings
from h2.stream import StreamClosedBy
from hyperframe.frame import Frame, HeadersFrame, RstStreamFrame, SettingsFrame

from minirpc.http2.hpack_memo import MemoDecoder, MemoEncoder, OversizedBlockError
from minirpc.http2.interface import Http2Options

__all__ = ["PRIVATE_NAMES", "GrpcH2Connection", "MalformedMessageError", "OversizedHeadersError"]

PRIVATE_NAMES: dict[object, tuple[str, ...]] = {
    H2ConnectionStateMachine: ("_transitions",),
    H2Connection: ("_receive_frame", "_receive_headers_frame", "_terminate_connection"),
    h2_connection_module: ("_decode_headers",),
}
"""The private names of h2's classes and modules that this module leans on. Instances add ``_closed_streams``,
``_data_to_send``, ``_inbound_flow_control_window_manager`` and, on a stream, ``_inbound_window_manager``."""

_WINDOW_UPDATE = struct.Struct(">HBBBLL")  # RFC 9113 section 6.9: length (24 bits), type 8, flags, stream, increment
_DEFAULT_WINDOW = 65_535
_SETTINGS = frozenset(int(code) for code in SettingCodes)


class MalformedMessageError(ProtocolError):
    """What a stream carries is no HTTP message. RFC 9113 section 8.1.1: a stream error of type PROTOCOL_ERROR."""


class OversizedHeadersError(MalformedMessageError):
    """A header list is larger than the limit. RFC 9113 section 10.5.1 leaves open how to refuse it."""

    error_code = ErrorCodes.ENHANCE_YOUR_CALM  # what gRPC takes for RESOURCE_EXHAUSTED


class _DrainingStateMachine(H2ConnectionStateMachine):
    """h2's connection state machine with a transition table of its own, in which GOAWAY changes no state."""

    _transitions: dict[Any, Any] = {
        (state, input_): (
            action,
            state if input_ in (ConnectionInputs.SEND_GOAWAY, ConnectionInputs.RECV_GOAWAY) else target,
        )
        for (state, input_), (action, target) in H2ConnectionStateMachine._transitions.items()
    }


class GrpcH2Connection(H2Connection):
    """An ``H2Connection`` that drains, refuses streams one by one, and counts them in constant time."""

    # How many closed streams h2 remembers, to tell late frames from wrong ones: more than a connection closes within a
    # round trip, and less memory than h2's own 65,536.
    MAX_CLOSED_STREAMS = 1 << 13

    def __init__(self, options: Http2Options, *, client_side: bool) -> None:
        # Header blocks are checked by header_rules, once, and handed on as bytes.
        super().__init__(
            H2Configuration(
                client_side=client_side,
                header_encoding=None,
                validate_inbound_headers=False,
                normalize_inbound_headers=False,
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
            )
        )
        self.state_machine = _DrainingStateMachine()
        self.encoder = MemoEncoder()
        self.decoder = MemoDecoder(options.max_header_list_size)
        self.local_settings = Settings(
            client=client_side,
            initial_values={
                SettingCodes.ENABLE_PUSH: 0,
                SettingCodes.MAX_CONCURRENT_STREAMS: options.max_concurrent_streams,
                SettingCodes.INITIAL_WINDOW_SIZE: options.stream_window,
                SettingCodes.MAX_FRAME_SIZE: options.max_frame_size,
                SettingCodes.MAX_HEADER_LIST_SIZE: options.max_header_list_size,
            },
        )
        self.max_inbound_frame_size = options.max_frame_size
        self._extra_connection_window = options.connection_window - _DEFAULT_WINDOW

    def initiate_connection(self) -> None:
        """Queues the preface, SETTINGS, and the growth of the connection's window."""
        super().initiate_connection()
        if self._extra_connection_window:
            self.increment_flow_control_window(self._extra_connection_window)

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
        self._closed_streams[stream_id] = stream.closed_by
        del self.streams[stream_id]
        return True

    # -- receiving

    def receive_frame(self, frame: Frame) -> list[Event]:
        """Handles one frame.

        Raises:
            MalformedMessageError: a stream error; the frame itself has been taken.
            h2.exceptions.ProtocolError: a connection error.
        """
        if isinstance(frame, SettingsFrame):
            # RFC 9113 section 6.5.2: unknown settings are ignored; h2 would keep each of the 65,536 that there can be.
            frame.settings = {code: value for code, value in frame.settings.items() if code in _SETTINGS}
        try:
            return self._receive_frame(frame)
        except InvalidBodyLengthError as error:
            raise MalformedMessageError(str(error)) from error

    def terminate(self, error_code: ErrorCodes) -> None:
        """Queues the GOAWAY of a connection error."""
        self._terminate_connection(error_code)

    def _receive_headers_frame(self, frame: HeadersFrame) -> tuple[list[Frame], list[Event]]:
        stream_id = frame.stream_id
        stream = self.streams.get(stream_id)
        if stream is not None and stream.state_machine.headers_received and "END_STREAM" not in frame.flags:
            self._decode_and_drop(frame)
            raise MalformedMessageError("trailers without END_STREAM")
        opens = (
            not self.config.client_side
            and stream_id % 2 == 1
            and stream_id > self.highest_inbound_stream_id
            and stream is None
        )
        if not opens or len(self.streams) < self.local_settings.max_concurrent_streams:
            try:
                return super()._receive_headers_frame(frame)
            except OversizedBlockError as error:
                if not opens:
                    raise OversizedHeadersError(str(error)) from error
            return self._refuse_stream(stream_id, ErrorCodes.ENHANCE_YOUR_CALM)
        # RFC 9113 section 5.1.2: an endpoint that receives a HEADERS frame that exceeds its limit treats this as a
        # stream error.
        self._decode_and_drop(frame)
        return self._refuse_stream(stream_id, ErrorCodes.REFUSED_STREAM)

    def _decode_and_drop(self, frame: HeadersFrame) -> None:
        """Decodes a block that nobody needs. RFC 9113 section 4.3: without that, the peers' tables would part."""
        with suppress(OversizedBlockError):
            h2_connection_module._decode_headers(self.decoder, frame.data)

    def _refuse_stream(self, stream_id: int, error_code: ErrorCodes) -> tuple[list[Frame], list[Event]]:
        """Answers the peer's new stream with RST_STREAM."""
        self.state_machine.process_input(ConnectionInputs.RECV_HEADERS)
        self.highest_inbound_stream_id = stream_id
        self._closed_streams[stream_id] = StreamClosedBy.SEND_RST_STREAM
        refusal = RstStreamFrame(stream_id)
        refusal.error_code = error_code
        return [refusal], []

    # -- sending

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

    def return_stream_credit(self, stream_id: int, size: int) -> None:
        """Gives bytes of a stream's window back to the peer, when enough have come together."""
        stream = self.streams.get(stream_id)
        if stream is None or not stream.open:
            return
        increment = stream._inbound_window_manager.process_bytes(size)
        if increment:
            self._data_to_send += _WINDOW_UPDATE.pack(0, 4, 8, 0, stream_id, increment)
