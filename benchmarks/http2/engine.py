"""minirpc's engine behind the calls that the workloads make."""

from __future__ import annotations

from collections.abc import Sequence

from minirpc.http2 import Header, Http2Options, StreamHandler, create_engine

__all__ = ["EngineEndpoint"]


class EngineEndpoint:
    """One side of a connection, and the handler of what happens to it.

    Attributes:
        requests: the identifiers of the streams that the peer opened, until they are taken.
        received: bytes of data that have arrived.
    """

    def __init__(self, options: Http2Options, *, client_side: bool) -> None:
        self.requests: list[int] = []
        self.received = 0
        self._engine = create_engine(self, options, client_side=client_side)
        self.receive = self._engine.receive
        self.take_output = self._engine.take_output
        self.send_headers = self._engine.send_headers
        self._engine.start()

    def open_stream(self, headers: Sequence[Header]) -> int:
        """Begins a request and returns its stream."""
        stream = _Stream(self)
        stream.stream_id = self._engine.open_stream(stream, headers, False)
        return stream.stream_id

    def send_data(self, stream_id: int, data: memoryview, end_stream: bool) -> int:
        """Sends what one frame can carry now. Returns how much that was."""
        size = min(len(data), self._engine.send_capacity(stream_id))
        self._engine.send_data(stream_id, data[:size], end_stream and size == len(data))
        return size

    def data_received(self, stream_id: int, size: int, credit: int, end_stream: bool) -> None:
        """Notes data and gives its credit back."""
        self.received += size
        if not end_stream:
            self._engine.acknowledge_data(stream_id, credit)

    # -- the connection's handler

    def stream_opened(self, stream_id: int, headers: Sequence[Header], end_stream: bool) -> StreamHandler:
        stream = _Stream(self)
        stream.stream_id = stream_id
        self.requests.append(stream_id)
        return stream

    def settings_received(self) -> None: ...

    def send_window_opened(self) -> None: ...

    def ping_received(self) -> None: ...

    def ping_acknowledged(self, data: bytes) -> None: ...

    def goaway_received(self, last_stream_id: int, error_code: int, debug_data: bytes) -> None: ...

    def connection_failed(self, error_code: int, reason: str) -> None:
        raise AssertionError(reason)


class _Stream:
    """A stream's handler."""

    __slots__ = ("_endpoint", "stream_id")

    def __init__(self, endpoint: EngineEndpoint) -> None:
        self._endpoint = endpoint
        self.stream_id = 0

    def headers_received(self, headers: Sequence[Header], end_stream: bool) -> None: ...

    def data_received(self, data: bytes | memoryview, credit: int, end_stream: bool) -> None:
        self._endpoint.data_received(self.stream_id, len(data), credit, end_stream)

    def reset(self, error_code: int, by_peer: bool) -> None:
        raise AssertionError(f"reset: {error_code}")

    def send_window_opened(self) -> None: ...
