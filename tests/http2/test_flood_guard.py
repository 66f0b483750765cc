"""The limits against floods, at a time that the tests make."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from http2_engines import PREFACE, REQUEST, RESPONSE, Pair, Recorder, Side, frames_of, request_frame
from hyperframe.frame import DataFrame, GoAwayFrame, PingFrame, RstStreamFrame, SettingsFrame, WindowUpdateFrame

from minirpc.http2 import ErrorCode, FloodLimits, Http2Options, Rate, create_engine
from minirpc.http2.flood_guard import FloodError, FloodGuard
from minirpc.http2.hpack_memo import MemoEncoder

PING = PingFrame(0, b"12345678").serialize()
UNUSED = Rate(math.inf, 0)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def count_until_over(guard: FloodGuard, limit: str, frames_sent: int = 0) -> int:
    for count in range(1_000_000):
        try:
            guard.count(limit, frames_sent)
        except FloodError as error:
            assert limit in str(error)
            return count
    raise AssertionError("no limit")


def test_burst_and_what_comes_back() -> None:
    clock = Clock()
    guard = FloodGuard(FloodLimits(pings=Rate(10, 2)), clock)
    assert count_until_over(guard, "pings") == 10
    assert count_until_over(guard, "settings") == FloodLimits().settings.burst, "each limit for itself"
    clock.now += 3
    assert count_until_over(guard, "pings") == 6
    clock.now += 1000
    assert count_until_over(guard, "pings") == 10, "no more than the burst comes back"


def test_slow_rates_are_kept_exactly() -> None:
    clock = Clock()
    guard = FloodGuard(FloodLimits(pings=Rate(1, 2)), clock)
    for _ in range(1000):
        guard.count("pings", 0)
        clock.now += 0.5
    guard.count("pings", 0)
    with pytest.raises(FloodError, match="too many pings: the limit is 1, 2 a second"):
        guard.count("pings", 0)


def test_sent_frames_allow_more() -> None:
    guard = FloodGuard(FloodLimits(window_updates=Rate(10, 0, 4)), Clock())
    assert count_until_over(guard, "window_updates", 100) == 10 + 400
    assert count_until_over(guard, "window_updates", 100) == 0
    assert count_until_over(guard, "window_updates", 110) == 40
    assert count_until_over(guard, "window_updates", 10**9) < 10**6, "not for ever"


def test_infinity_is_no_limit() -> None:
    guard = FloodGuard(FloodLimits(pings=UNUSED), Clock())
    for _ in range(100_000):
        guard.count("pings", 0)


@pytest.mark.parametrize("wrong", [(0, 1), (1, -1), (1, math.inf), (math.nan, 1), (1, 1, -1)])
def test_rates_are_checked(wrong: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="not a rate"):
        Rate(*wrong)
    with pytest.raises(ValueError, match="continuations must be at least 0"):
        FloodLimits(continuations=-1)


# -- in an engine


def serving(clock: Clock, **limits: Rate) -> tuple[Recorder, Callable[[bytes], list[object]]]:
    """A server that has shaken hands, and what feeds it; returns the frames that it answers."""
    recorder = Recorder()
    options = Http2Options(flood_limits=replace(FloodLimits(), **limits))  # type: ignore[arg-type]
    engine = create_engine(recorder, options, client_side=False, clock=clock)
    engine.start()

    def feed(data: bytes) -> list[object]:
        engine.receive(data)
        return list(frames_of(engine.take_output()))

    feed(PREFACE + SettingsFrame(0).serialize())
    recorder.take()
    return recorder, feed


def test_beyond_a_limit_the_connection_ends_with_its_name() -> None:
    recorder, feed = serving(Clock(), pings=Rate(3, 0))
    assert len(feed(PING * 3)) == 3
    (goaway,) = feed(PING * 2)
    assert isinstance(goaway, GoAwayFrame)
    assert goaway.error_code == ErrorCode.ENHANCE_YOUR_CALM
    assert goaway.additional_data == b"too many pings: the limit is 3, 0 a second"
    assert recorder.take() == [("ping",)] * 3 + [("failed", ErrorCode.ENHANCE_YOUR_CALM)]
    assert feed(PING) == []


def test_thousand_cancelled_calls_at_once_are_no_flood() -> None:
    """And again when a second has passed, and so on."""
    clock = Clock()
    recorder, feed = serving(clock)
    encoder = MemoEncoder()
    stream_id = 1
    for _ in range(10):
        for _ in range(1000):
            reset = RstStreamFrame(stream_id, ErrorCode.CANCEL).serialize()
            feed(request_frame(stream_id, encoder=encoder) + reset)
            stream_id += 2
        clock.now += 2
    assert {event[0] for event in recorder.take()} == {"open", "reset"}


def test_peer_that_acknowledges_each_frame_twice_is_no_flood() -> None:
    clock = Clock()
    options = Http2Options(flood_limits=replace(FloodLimits(), window_updates=Rate(5, 0, 4)))
    recorder = Recorder()
    engine = create_engine(recorder, options, client_side=False, clock=clock)
    engine.start()
    engine.receive(PREFACE + SettingsFrame(0).serialize() + request_frame(1))
    engine.send_headers(1, RESPONSE, False)
    for _ in range(1000):
        engine.send_data(1, b"123456", False)
        engine.receive(WindowUpdateFrame(0, 6).serialize() + WindowUpdateFrame(1, 6).serialize())
    assert "failed" not in {event[0] for event in recorder.take()}


def test_server_that_resets_calls_is_no_flood() -> None:
    pair = Pair(Http2Options(flood_limits=replace(FloodLimits(), stream_resets=Rate(1, 0), stream_errors=Rate(1, 0))))
    for _ in range(50):
        stream_id = pair.client.open()
        pair.settle()
        pair.server.engine.reset_stream(stream_id, ErrorCode.REFUSED_STREAM)
        pair.settle()
    assert [event[0] for event in pair.client.recorder.take()] == ["reset"] * 50


def test_what_is_under_way_when_a_stream_is_reset_is_dropped() -> None:
    """The client cannot know yet: its data, its trailers and its own reset are no faults, and need no answers."""
    server = Side(client_side=False)
    encoder = MemoEncoder()
    server.engine.receive(PREFACE + SettingsFrame(0).serialize() + request_frame(1, encoder=encoder))
    server.engine.reset_stream(1, ErrorCode.CANCEL)
    server.engine.take_output()
    server.recorder.take()
    trailers = request_frame(1, [(b"te", b"trailers")], encoder)
    for data in (DataFrame(1, b"x").serialize(), trailers, RstStreamFrame(1, ErrorCode.CANCEL).serialize()):
        server.engine.receive(data)
        assert server.engine.take_output() == b""
    # The block was decoded: its entries are known to later ones.
    server.engine.receive(request_frame(3, [*REQUEST, (b"te", b"trailers")], encoder))
    assert server.recorder.take() == [("open", 3, [*REQUEST, (b"te", b"trailers")], False)]


def test_offer_of_a_large_table_is_not_taken() -> None:
    """What the peer allows, this side's encoder would fill, and search."""
    pair = Pair()
    pair.server.engine.receive(SettingsFrame(0, {SettingsFrame.HEADER_TABLE_SIZE: 2**32 - 1}).serialize())
    for stream_id in (pair.client.open(), pair.client.open()):
        pair.settle()
        pair.server.engine.send_headers(stream_id, [*RESPONSE, (b"grpc-encoding", b"x" * 8000)], False)
        (frame,) = [frame for frame in frames_of(pair.server.engine.take_output()) if frame.stream_id]
        assert len(frame.data) > 5000, "the field is not in the table"  # type: ignore[attr-defined]
