"""Engines of HTTP/2 without IO, whose handlers write down what they hear."""

from __future__ import annotations

from collections.abc import Sequence

from hyperframe.frame import Frame, HeadersFrame, SettingsFrame

from minirpc.http2 import Engine, Header, Http2Options, StreamHandler, create_engine
from minirpc.http2.hpack_memo import MemoEncoder

__all__ = [
    "PREFACE",
    "REQUEST",
    "RESPONSE",
    "TRAILERS",
    "Pair",
    "Recorder",
    "RecordingStream",
    "Side",
    "frames_of",
    "request_frame",
    "serving",
]

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
REQUEST: list[Header] = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/s/m"), (b":authority", b"a")]
RESPONSE: list[Header] = [(b":status", b"200")]
TRAILERS: list[Header] = [(b"grpc-status", b"0")]


class Recorder:
    """A connection handler and the handler of all its streams; writes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []
        self.streams: dict[int, RecordingStream] = {}

    def stream_opened(self, stream_id: int, headers: Sequence[Header], end_stream: bool) -> StreamHandler | None:
        self.heard.append(("open", stream_id, list(headers), end_stream))
        self.streams[stream_id] = RecordingStream(self, stream_id)
        return self.streams[stream_id]

    def settings_received(self) -> None:
        self.heard.append(("settings",))

    def send_window_opened(self) -> None:
        self.heard.append(("window", 0))

    def ping_received(self) -> None:
        self.heard.append(("ping",))

    def ping_acknowledged(self, data: bytes) -> None:
        self.heard.append(("pong", data))

    def goaway_received(self, last_stream_id: int, error_code: int, debug_data: bytes) -> None:
        self.heard.append(("goaway", last_stream_id, error_code, debug_data))

    def connection_failed(self, error_code: int, reason: str) -> None:
        self.heard.append(("failed", error_code))

    def take(self) -> list[tuple[object, ...]]:
        heard, self.heard = self.heard, []
        return heard


class RecordingStream:
    def __init__(self, recorder: Recorder, stream_id: int) -> None:
        self._heard = recorder.heard.append
        self._recorder = recorder
        self._id = stream_id

    def headers_received(self, headers: Sequence[Header], end_stream: bool) -> None:
        self._recorder.heard.append(("headers", self._id, list(headers), end_stream))

    def data_received(self, data: bytes | memoryview, credit: int, end_stream: bool) -> None:
        self._recorder.heard.append(("data", self._id, bytes(data), credit, end_stream))

    def reset(self, error_code: int, by_peer: bool) -> None:
        self._recorder.heard.append(("reset", self._id, error_code, by_peer))

    def send_window_opened(self) -> None:
        self._recorder.heard.append(("window", self._id))


class Side:
    def __init__(self, *, client_side: bool, options: Http2Options | None = None) -> None:
        self.recorder = Recorder()
        self.engine: Engine = create_engine(self.recorder, options or Http2Options(), client_side=client_side)
        self.engine.start()

    def open(self, headers: Sequence[Header] = REQUEST, end_stream: bool = False) -> int:
        stream = RecordingStream(self.recorder, 0)
        stream._id = self.engine.open_stream(stream, headers, end_stream)
        return stream._id


class Pair:
    def __init__(self, options: Http2Options | None = None) -> None:
        self.client = Side(client_side=True, options=options)
        self.server = Side(client_side=False, options=options)
        self.settle()
        self.client.recorder.take()
        self.server.recorder.take()

    def settle(self) -> None:
        """Carries bytes to and fro until both sides are silent."""
        while self.client.engine.output_size or self.server.engine.output_size:
            self.server.engine.receive(self.client.engine.take_output())
            self.client.engine.receive(self.server.engine.take_output())


def frames_of(data: bytes | bytearray) -> list[Frame]:
    found = []
    view = memoryview(bytes(data))
    while view:
        frame, length = Frame.parse_frame_header(view[:9])
        frame.parse_body(view[9 : 9 + length])
        found.append(frame)
        view = view[9 + length :]
    return found


def serving(options: Http2Options | None = None) -> Side:
    """A server that has shaken hands with a client of raw frames."""
    side = Side(client_side=False, options=options)
    side.engine.receive(PREFACE + SettingsFrame(0).serialize())
    side.engine.take_output()
    side.recorder.take()
    return side


def request_frame(stream_id: int, headers: Sequence[Header] = REQUEST, encoder: MemoEncoder | None = None) -> bytes:
    return HeadersFrame(stream_id, (encoder or MemoEncoder()).encode(headers), flags=["END_HEADERS"]).serialize()
