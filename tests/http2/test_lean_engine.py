"""The short ways against the long one: whatever comes and whatever is sent, both engines say and do the same.

Both are fed the same bytes, cut at the same random places, with the same calls in between. After each step they must
have told their handlers the same, sent the same bytes, counted the same, and left h2's objects in the same state.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import pytest
from h2.exceptions import ProtocolError
from h2.stream import H2StreamStateMachine
from h2.windows import WindowManager
from hpack import Encoder, HeaderTuple, NeverIndexedHeaderTuple
from http2_engines import PREFACE, REQUEST, RESPONSE, TRAILERS, Recorder, RecordingStream
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from minirpc.http2 import ErrorCode, FloodLimits, Header, Http2Options, Rate, StreamHandler
from minirpc.http2.h2_engine import H2Engine
from minirpc.http2.lean_engine import LeanH2Engine

LARGE_REQUEST = [*REQUEST, *((b"x-%d" % n, b"v" * 900) for n in range(20))]
BLOCKS: list[list[Header]] = [
    REQUEST,
    [*REQUEST, (b"te", b"trailers"), (b"content-type", b"application/grpc")],
    [*REQUEST, (b"grpc-timeout", b"1S")],
    [*REQUEST, (b"content-length", b"5")],
    [*REQUEST, (b"content-length", b"five")],
    [*REQUEST, (b"connection", b"close")],
    [*REQUEST, (b"x", b"y" * 3000)],
    REQUEST[:2],
    RESPONSE,
    [(b":status", b"100")],
    [*RESPONSE, (b"content-length", b"5")],
    [*RESPONSE, (b"Upper", b"")],
    TRAILERS,
    [*TRAILERS, (b"x-number", b"%d" % 7)],
    [],
]
RESPONSES = [RESPONSE, [*RESPONSE, (b"content-type", b"application/grpc")], [(b":status", b"103")]]
SOME_TRAILERS = [TRAILERS, [*TRAILERS, (b"grpc-message", b"x" * 130)], [(b"grpc-status", b"0"), (b"x", b"y" * 20_000)]]


class Actor(Recorder):
    """Writes down what it hears, and acts from inside some calls, as the owner of an engine may."""

    engine: H2Engine

    def stream_opened(self, stream_id: int, headers: Sequence[Header], end_stream: bool) -> StreamHandler | None:
        super().stream_opened(stream_id, headers, end_stream)
        match stream_id % 16:
            case 5:
                return None
            case 7:
                self.engine.send_headers(stream_id, RESPONSE, False)
                self.engine.send_data(stream_id, b"at once", False)
                self.engine.send_headers(stream_id, TRAILERS, True)
            case 9:
                self.engine.reset_stream(stream_id, ErrorCode.REFUSED_STREAM)
        stream = ActingStream(self, stream_id)
        stream.engine = self.engine
        return stream

    def settings_received(self) -> None:
        super().settings_received()
        if self.engine._client_side and self.engine.can_open_stream:
            self.open(REQUEST, False)

    def open(self, headers: list[Header], end_stream: bool) -> None:
        stream = ActingStream(self, 0)
        stream.engine = self.engine
        stream._id = self.engine.open_stream(stream, headers, end_stream)


class ActingStream(RecordingStream):
    engine: H2Engine

    def headers_received(self, headers: Sequence[Header], end_stream: bool) -> None:
        super().headers_received(headers, end_stream)
        if self._id % 16 == 3:
            self.engine.reset_stream(self._id, ErrorCode.CANCEL)

    def data_received(self, data: bytes | memoryview, credit: int, end_stream: bool) -> None:
        super().data_received(data, credit, end_stream)
        self._recorder.heard.append((self.engine.frames_received, self.engine.can_open_stream))
        if self._id % 16 == 11:
            self.engine.reset_stream(self._id, ErrorCode.CANCEL)
        elif credit <= 300:
            self.engine.acknowledge_data(self._id, credit)


class Twins:
    """The two engines, with one history."""

    def __init__(self, *, client_side: bool, options: Http2Options) -> None:
        self.engines = []
        self.actors = []
        for kind in (H2Engine, LeanH2Engine):
            actor = Actor()
            actor.engine = kind(actor, options, lambda: 0.0, client_side=client_side)
            actor.engine.start()
            self.engines.append(actor.engine)
            self.actors.append(actor)
        self.client_side = client_side
        self.check()

    def do(self, action: Callable[[H2Engine, Actor], object]) -> bool:
        """Lets both do the same, and compares. Returns whether it went well: misuse raises, in both."""
        outcomes = []
        for engine, actor in zip(self.engines, self.actors, strict=True):
            try:
                action(engine, actor)
                outcomes.append("")
            except (ProtocolError, KeyError) as error:
                outcomes.append(repr(error))
        assert outcomes[0] == outcomes[1]
        if not outcomes[0]:
            self.check()
        return not outcomes[0]

    def check(self) -> None:
        plain, lean = map(self.state_of, self.engines, self.actors)
        assert lean == plain

    @staticmethod
    def state_of(engine: H2Engine, actor: Actor) -> dict[str, Any]:
        connection = engine._connection
        return {
            "heard": actor.take(),
            "output": bytes(engine.take_output()),
            "frames": (engine.frames_received, engine.frames_sent, engine.receiving_frame),
            "streams": {number: _state_of_stream(stream) for number, stream in connection.streams.items()},
            "handlers": set(engine._streams),
            "closed": dict(connection._closed_streams),
            "window": vars(connection._inbound_flow_control_window_manager),
            "state": connection.state_machine.state,
            "highest": (connection.highest_inbound_stream_id, connection.highest_outbound_stream_id),
            "capacity": [engine.send_capacity(number) for number in range(24)],
            "room": (engine.can_open_stream, engine.last_peer_stream_id),
        }


def _state_of_stream(stream: Any) -> dict[str, Any]:
    held = {name: getattr(stream._inbound_window_manager, name) for name in vars(WindowManager(1))}
    return {
        "machine": {name: getattr(stream.state_machine, name) for name in vars(H2StreamStateMachine(1))},
        "windows": (held, stream.outbound_flow_control_window, stream.max_outbound_frame_size),
        "length": stream._actual_content_length,
    }


# -- what the peer may send: a step is given the streams that are open


Step: TypeAlias = "Callable[[Peer, list[int]], bytes]"


class Peer:
    """Makes frames. Its header blocks follow one another, as its encoder's table grows."""

    def __init__(self) -> None:
        self.encoder = Encoder()
        self.next_stream = 1
        self.answered: set[int] = set()

    def block(self, stream_id: int, number: int, end: bool, secret: bool = False, cut: bool = False) -> bytes:
        kind = NeverIndexedHeaderTuple if secret else HeaderTuple
        block = self.encoder.encode([kind(*header) for header in BLOCKS[number]], huffman=not secret)
        flags = ["END_STREAM"] if end else []
        if cut:
            half = len(block) // 2
            rest = ContinuationFrame(1, block[half:], flags=["END_HEADERS"])
            return _at(stream_id, HeadersFrame(1, block[:half], flags=flags)) + _at(stream_id, rest)
        return _at(stream_id, HeadersFrame(1, block, flags=[*flags, "END_HEADERS"]))

    def answer(self, stream_id: int, size: int, end: bool) -> bytes:
        """Data, after the headers of a response if there have been none."""
        first = b"" if stream_id in self.answered else self.block(stream_id, 8, False)
        self.answered.add(stream_id)
        return first + _data(stream_id, size, end)

    def request(self, number: int, end: bool, secret: bool) -> bytes:
        self.next_stream += 2
        return self.block(self.next_stream - 2, number, end, secret)


def _at(stream_id: int, frame: Frame) -> bytes:
    """The frame, on a stream where it may have no place."""
    frame.stream_id = stream_id
    return frame.serialize()


def _data(stream_id: int, size: int, end: bool, padding: int | None = None) -> bytes:
    frame = DataFrame(1, bytes(size), flags=["END_STREAM"] if end else [])
    if padding is not None:
        frame.flags.add("PADDED")
        frame.pad_length = padding
    return _at(stream_id, frame)


def _raw(kind: int, flags: int, stream_id: int, payload: bytes) -> bytes:
    return struct.pack(">HBBBL", 0, len(payload), kind, flags, stream_id) + payload


def _step(make: Callable[..., bytes], *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    """A step from what is drawn; ``make`` gets the peer first."""
    return st.tuples(*parts).map(lambda drawn: lambda peer, _: make(peer, *drawn))


def _on_open(make: Callable[..., bytes], *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    """A step on an open stream; ``make`` gets the peer and the stream first."""
    return st.tuples(st.integers(0, 5), *parts).map(
        lambda drawn: lambda peer, streams: make(peer, streams[drawn[0] % len(streams)], *drawn[1:])
    )


BOOLEANS = st.booleans()
SIZES = st.sampled_from([0, 1, 5, 300, 16_384])
STREAMS = st.sampled_from([0, 1, 1, 2, 3, 5, 7, 9, 11, 13, 15])
INCREMENTS = st.sampled_from([0, 1, 1000, 70_000, 2**31 - 1])
CODES = st.sampled_from([0, 2, 8, 0x1234])
SETTINGS = st.dictionaries(
    st.sampled_from([1, 2, 3, 4, 5, 6, 0x77]), st.sampled_from([0, 1, 3, 200, 16_384, 20_000, 2**31 - 1]), max_size=3
)
USUAL_OF_BOTH = [
    _on_open(lambda peer, n, number: peer.block(n, number, True), st.sampled_from([12, 13])),
    _on_open(lambda _, n, size: _at(n, WindowUpdateFrame(1, window_increment=size)), st.sampled_from([1, 40_000])),
    _step(lambda _, size: _at(0, WindowUpdateFrame(1, window_increment=size)), st.sampled_from([1, 40_000])),
    _on_open(lambda _, n, code: _at(n, RstStreamFrame(1, code)), CODES),
    _step(lambda _, values: SettingsFrame(0, values).serialize(), SETTINGS),
]
USUAL = {
    False: [
        *[_step(lambda peer, *drawn: peer.request(*drawn), st.integers(0, 3), BOOLEANS, BOOLEANS)] * 3,
        _on_open(lambda _, *drawn: _data(*drawn), SIZES, BOOLEANS),
        _on_open(lambda _, *drawn: _data(*drawn, end=False) * 2, SIZES),
        *USUAL_OF_BOTH,
    ],
    True: [
        *[_on_open(lambda peer, n, *drawn: peer.answer(n, *drawn), SIZES, BOOLEANS)] * 2,
        _on_open(lambda peer, n: peer.answer(n, 5, False)),
        _on_open(lambda peer, n: peer.answer(n, 16_384, False) + peer.answer(n, 16_384, False)),
        _on_open(lambda peer, n, *drawn: peer.block(n, *drawn), st.sampled_from([8, 9, 10]), BOOLEANS, BOOLEANS),
        *USUAL_OF_BOTH,
    ],
}
ODD: st.SearchStrategy[Step] = st.one_of(
    _step(
        lambda peer, *drawn: peer.block(*drawn), STREAMS, st.integers(0, len(BLOCKS) - 1), BOOLEANS, BOOLEANS, BOOLEANS
    ),
    _on_open(
        lambda peer, n, *drawn: peer.block(n, *drawn), st.integers(0, len(BLOCKS) - 1), BOOLEANS, BOOLEANS, BOOLEANS
    ),
    _step(lambda peer, *drawn: peer.request(*drawn), st.integers(0, 7), BOOLEANS, BOOLEANS),
    _step(lambda _, *drawn: _data(*drawn), STREAMS, SIZES, BOOLEANS, st.sampled_from([None, 0, 20])),
    _on_open(lambda _, n, *drawn: _data(n, *drawn), SIZES, BOOLEANS, st.sampled_from([None, 0, 20])),
    _step(lambda _, n, size: _at(n, WindowUpdateFrame(1, window_increment=size)), STREAMS, INCREMENTS),
    _step(lambda _, n, code: _at(n, RstStreamFrame(1, code)), STREAMS, CODES),
    _step(lambda _: SettingsFrame(0, flags=["ACK"]).serialize()),
    _step(lambda _, data: PingFrame(0, data).serialize(), st.binary(min_size=8, max_size=8)),
    _step(lambda _, n, on: _at(n, PriorityFrame(1, depends_on=on)), STREAMS, STREAMS),
    _step(lambda _: GoAwayFrame(0, last_stream_id=3).serialize()),
    _step(lambda _, *drawn: _raw(*drawn), st.integers(0, 12), st.integers(0, 255), STREAMS, st.binary(max_size=12)),
)


# -- what the owner may do: an action is given the engine, its handler, and a stream that is open (or one that is not)


Action: TypeAlias = Callable[[H2Engine, Actor, int], object]


def _send_headers(headers: list[Header], end: bool, engine: H2Engine, _: Actor, stream_id: int) -> None:
    if stream_id in engine._connection.streams:  # not to open it
        engine.send_headers(stream_id, headers, end)


def _send_data(size: int, end: bool, view: bool, engine: H2Engine, _: Actor, stream_id: int) -> None:
    data = bytes(min(size, engine.send_capacity(stream_id)))
    engine.send_data(stream_id, memoryview(data) if view else data, end)


def _open(headers: list[Header], end: bool, engine: H2Engine, actor: Actor, _: int) -> None:
    if engine.can_open_stream and engine._client_side:
        actor.open(headers, end)


def _action(function: Callable[..., object], *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Action]:
    return st.tuples(*parts).map(lambda drawn: partial(function, *drawn))


OPENINGS = st.sampled_from([REQUEST, LARGE_REQUEST, [(b":method", b"HEAD"), *REQUEST[1:]]])
ACTIONS = [
    _action(_send_headers, st.sampled_from(RESPONSES), st.just(False)),
    _action(_send_headers, st.sampled_from(SOME_TRAILERS), st.just(True)),
    _action(_send_data, SIZES, BOOLEANS, BOOLEANS),
    _action(lambda size, engine, _, n: engine.acknowledge_data(n, size), st.sampled_from([1, 600, 40_000])),
    _action(lambda engine, _, n: engine.reset_stream(n, ErrorCode.CANCEL)),
    *[_action(_open, st.just(REQUEST), BOOLEANS)] * 2,
    _action(_open, OPENINGS, BOOLEANS),
    _action(lambda engine, _, __: engine.send_goaway(5, ErrorCode.NO_ERROR)),
]
LIMITS = FloodLimits(
    window_updates=Rate(6, 0, 1), stream_resets=Rate(4, 0), stream_errors=Rate(4, 0), empty_data=Rate(3, 0)
)
OPTIONS = Http2Options(
    max_concurrent_streams=4,
    stream_window=65_535,
    connection_window=80_000,
    max_header_list_size=2000,
    flood_limits=LIMITS,
)


@pytest.mark.parametrize("client_side", [False, True], ids=["server", "client"])
@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_both_engines_do_the_same(client_side: bool, data: st.DataObject) -> None:
    twins = Twins(client_side=client_side, options=OPTIONS)
    peer = Peer()
    pending = (b"" if client_side else PREFACE) + SettingsFrame(0).serialize()
    pending += b"" if client_side else peer.request(0, end=False, secret=False)
    choices = st.sampled_from([*USUAL[client_side] * 2, ODD, *ACTIONS]).flatmap(lambda strategy: strategy)
    read_sizes = st.sampled_from(["all", "all", "none", "part"])
    for number in range(data.draw(st.integers(1, 40))):
        streams = sorted(twins.engines[0]._connection.streams) or [1]
        step: Any = data.draw(choices)
        if isinstance(step, partial):
            stream_id = streams[number % len(streams)]
            if not twins.do(lambda engine, actor, do=step, n=stream_id: do(engine, actor, n)):
                return  # misuse leaves h2 in a state of its own
            continue
        pending += step(peer, streams)
        how = data.draw(read_sizes)
        size = {"all": len(pending), "none": 0, "part": len(pending) * (number % 7) // 7}[how]
        part, pending = pending[:size], pending[size:]
        assert twins.do(lambda engine, _, part=part: engine.receive(memoryview(bytearray(part)))), "a peer's fault"
    assert twins.do(lambda engine, _: engine.receive(pending))


# -- edges that chance finds late


def _block(headers: list[Header], end: bool = False, stream_id: int = 3) -> bytes:
    flags = ["END_HEADERS", *(["END_STREAM"] if end else [])]
    return HeadersFrame(stream_id, Encoder().encode(headers), flags=flags).serialize()


FULL = _data(3, 16_384, False) * 3 + _data(3, 16_383, False)  # the whole window of a stream
SERVER_EDGES = {
    "window used up": [_block(REQUEST), FULL],
    "window exceeded": [_block(REQUEST), FULL, _data(3, 1, False)],
    "window overflow of a stream": [_block(REQUEST), _at(3, WindowUpdateFrame(1, window_increment=2**31 - 1))],
    "window overflow of the connection": [_at(0, WindowUpdateFrame(1, window_increment=2**31 - 1))],
    "as long as told": [_block([*REQUEST, (b"content-length", b"5")]), _data(3, 5, True)],
    "longer than told": [_block([*REQUEST, (b"content-length", b"5")]), _data(3, 6, False)],
    "trailers, and data after them": [_block(REQUEST), _block(TRAILERS, True), _data(3, 1, False)],
    "data inside a header block": [HeadersFrame(3, Encoder().encode(REQUEST)).serialize() + _data(1, 1, False)],
    "a reset inside a header block": [HeadersFrame(3, b"").serialize() + RstStreamFrame(1, 8).serialize()],
    "stream of the past": [_block(REQUEST, stream_id=7), _block(REQUEST)],
}


@pytest.mark.parametrize("frames", SERVER_EDGES.values(), ids=SERVER_EDGES)
def test_edges_of_a_server(frames: list[bytes]) -> None:
    twins = Twins(client_side=False, options=OPTIONS)
    for data in (PREFACE + SettingsFrame(0).serialize(), _block(REQUEST, stream_id=1), *frames):
        twins.do(lambda engine, _, data=data: engine.receive(data))
    for size in (1000, 1000, 60_000):
        twins.do(lambda engine, _, size=size: engine.acknowledge_data(3, size))


@pytest.mark.parametrize("method", [b"POST", b"HEAD"])
@pytest.mark.parametrize("status", [b"200", b"103"])
def test_edges_of_a_client(method: bytes, status: bytes) -> None:
    twins = Twins(client_side=True, options=OPTIONS)
    twins.do(lambda engine, _: engine.receive(SettingsFrame(0).serialize()))
    for _ in range(2):
        twins.do(lambda _, actor: actor.open([(b":method", method), *REQUEST[1:]], True))
    stream_id = max(twins.engines[0]._connection.streams)
    for frame in (_block([(b":status", status)], stream_id=stream_id), _data(stream_id, 3, True)):
        twins.do(lambda engine, _, data=frame: engine.receive(data))
