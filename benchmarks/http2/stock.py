"""Stock h2 behind the calls that the workloads make: as a program would drive it, with its defaults."""

from __future__ import annotations

from collections.abc import Sequence

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived
from h2.settings import SettingCodes, Settings

from minirpc.http2 import Header, Http2Options

__all__ = ["StockEndpoint"]


class StockEndpoint:
    """One side of a connection.

    Attributes:
        requests: the identifiers of the streams that the peer opened, until they are taken.
        received: bytes of data that have arrived.
    """

    def __init__(self, options: Http2Options, *, client_side: bool) -> None:
        self.requests: list[int] = []
        self.received = 0
        self._connection = connection = H2Connection(H2Configuration(client_side=client_side, header_encoding=None))
        connection.local_settings = Settings(
            client=client_side, initial_values={SettingCodes.INITIAL_WINDOW_SIZE: options.stream_window}
        )
        connection.initiate_connection()
        connection.increment_flow_control_window(options.connection_window - 65_535)

    def receive(self, data: bytes | bytearray) -> None:
        """Takes bytes from the peer."""
        for event in self._connection.receive_data(bytes(data)):
            self._handle(event)

    def _handle(self, event: Event) -> None:
        if isinstance(event, DataReceived):
            self.received += len(event.data or b"")
            if event.flow_controlled_length and event.stream_ended is None:
                self._connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id or 0)
            elif event.flow_controlled_length:
                self._connection.increment_flow_control_window(event.flow_controlled_length)
        elif isinstance(event, RequestReceived):
            self.requests.append(event.stream_id or 0)

    def take_output(self) -> bytes:
        """Returns the bytes to send."""
        return self._connection.data_to_send()

    def open_stream(self, headers: Sequence[Header]) -> int:
        """Begins a request and returns its stream."""
        stream_id = self._connection.get_next_available_stream_id()
        self._connection.send_headers(stream_id, headers)
        return stream_id

    def send_headers(self, stream_id: int, headers: Sequence[Header], end_stream: bool) -> None:
        """Sends a response's headers, or trailers."""
        self._connection.send_headers(stream_id, headers, end_stream)

    def send_data(self, stream_id: int, data: memoryview, end_stream: bool) -> int:
        """Sends what one frame can carry now. Returns how much that was."""
        connection = self._connection
        size = min(len(data), connection.local_flow_control_window(stream_id), connection.max_outbound_frame_size)
        connection.send_data(stream_id, data[:size], end_stream and size == len(data))
        return size
