"""The rules of gRFC A6: when to try again, when not to, and after how long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minirpc.errors import StatusCode
from minirpc.rpc.retry import Hedges, Pushback, Retries, RetryThrottle, find_pushback
from minirpc.rpc.service_config import HedgingPolicy, RetryPolicy, RetryThrottling

UNAVAILABLE = StatusCode.UNAVAILABLE
POLICY = RetryPolicy(4, 1.0, 3.0, 2.0, frozenset({UNAVAILABLE}))
HEDGING = HedgingPolicy(3, 10.0, frozenset({UNAVAILABLE}))


def middle(low: float, high: float) -> float:
    return (low + high) / 2


@pytest.mark.parametrize(
    ("value", "delay"),
    [
        (b"0", 0.0),
        (b"1500", 1.5),
        (b"2147483647", 2147483.647),
        (b"-1", None),
        (b"-2147483648", None),
        (b"2147483648", None),
        (b"007", None),
        (b"-0", None),
        (b"+5", None),
        (b"", None),
        (b"5 ", None),
        (b"\xd9\xa3", None),
        (b"9" * 10_000, None),
    ],
)
def test_pushback(value: bytes, delay: float | None) -> None:
    trailers = [(b"grpc-status", b"14"), (b"grpc-retry-pushback-ms", value)]
    assert find_pushback(trailers) == Pushback(delay)


def test_no_pushback_and_two() -> None:
    assert find_pushback([(b"grpc-status", b"14")]) is None
    assert find_pushback([(b"grpc-retry-pushback-ms", b"5")] * 2) == Pushback(None)


def test_back_off_grows_to_its_maximum_and_attempts_end() -> None:
    retries = Retries(POLICY, uniform=middle)
    assert [retries.failed(UNAVAILABLE) for _ in range(4)] == [1.0, 2.0, 3.0, None]
    assert retries.previous_attempts == 3


@given(st.integers(2, 1000), st.integers(2, 20))
def test_attempts_are_bounded(configured: int, limit: int) -> None:
    policy = RetryPolicy(configured, 1.0, 3.0, 2.0, frozenset({UNAVAILABLE}))
    retries = Retries(policy, limit=limit)
    attempts = 1
    while retries.failed(UNAVAILABLE) is not None:
        attempts += 1
    assert attempts == min(configured, limit)


@given(
    st.floats(1e-9, 1e6),
    st.floats(1e-9, 1e6),
    st.floats(0.01, 100),
    st.lists(st.none() | st.floats(0, 1e6), max_size=30),
)
def test_waits_stay_within_the_jitter(
    initial: float, most: float, multiplier: float, pushbacks: list[float | None]
) -> None:
    retries = Retries(RetryPolicy(100, initial, most, multiplier, frozenset({UNAVAILABLE})), limit=100)
    step = 0
    for told in pushbacks:
        delay = retries.failed(UNAVAILABLE, None if told is None else Pushback(told))
        assert delay is not None
        if told is None:
            expected = min(initial * multiplier**step, most) if multiplier >= 1 else None
            if expected is not None:
                assert 0.79999 * expected <= delay <= 1.20001 * expected
            assert delay <= most * 1.20001
            step += 1
        else:
            assert delay == told
            step = 0


def test_what_is_not_tried_again() -> None:
    assert Retries(POLICY).failed(StatusCode.INTERNAL) is None
    assert Retries(POLICY).failed(StatusCode.INTERNAL, Pushback(1.0)) is None
    assert Retries(POLICY).failed(UNAVAILABLE, Pushback(None)) is None
    committed = Retries(POLICY)
    committed.committed = True
    assert committed.failed(UNAVAILABLE) is None


def test_a_pushback_begins_the_back_off_anew() -> None:
    retries = Retries(POLICY, uniform=middle)
    waits = [retries.failed(UNAVAILABLE), retries.failed(UNAVAILABLE, Pushback(7.0)), retries.failed(UNAVAILABLE)]
    assert waits == [1.0, 7.0, 1.0]


def test_throttling() -> None:
    throttle = RetryThrottle(RetryThrottling(4, 0.5))
    assert Retries(POLICY, throttle).failed(UNAVAILABLE) is not None  # 3 of 4
    assert Retries(POLICY, throttle).failed(UNAVAILABLE) is None  # 2: half is too little
    assert Retries(POLICY, throttle).failed(StatusCode.INTERNAL) is None
    assert throttle.tokens == 2
    Retries(POLICY, throttle).succeeded()
    assert (throttle.tokens, throttle.allows) == (2.5, True)
    Retries(POLICY, throttle).failed(StatusCode.INTERNAL, Pushback(None))
    assert (throttle.tokens, throttle.allows) == (1.5, False)
    assert throttle.replaced(RetryThrottling(8, 1)).tokens == 3


@given(st.integers(1, 1000), st.integers(1, 3000), st.lists(st.booleans()))
def test_the_bucket_stays_within_its_bounds(most: int, ratio: int, outcomes: list[bool]) -> None:
    throttle = RetryThrottle(RetryThrottling(most, ratio / 1000))
    expected = most * 1000
    for succeeded in outcomes:
        if succeeded:
            throttle.succeeded()
        else:
            throttle.failed()
        expected = min(most * 1000, max(0, expected + (ratio if succeeded else -1000)))
        assert throttle.tokens * 1000 == pytest.approx(expected)
        assert throttle.allows == (expected * 2 > most * 1000)


def test_copies_are_sent_at_their_times() -> None:
    hedges = Hedges(HEDGING)
    sent = [now for now in range(100, 140) if hedges.send(now)]
    assert sent == [100, 110, 120]
    assert hedges.next_at is None


def test_a_failure_that_is_not_fatal_brings_the_next_copy_forward() -> None:
    hedges = Hedges(HEDGING)
    assert hedges.send(0)
    assert not hedges.failed(3, UNAVAILABLE)
    assert hedges.send(3)
    assert not hedges.failed(4, UNAVAILABLE, Pushback(2.5))
    assert (hedges.next_at, hedges.send(6)) == (6.5, False)
    assert hedges.send(6.5)
    assert hedges.failed(7, UNAVAILABLE)  # nothing runs, and nothing more is sent


def test_a_failure_ends_the_call() -> None:
    hedges = Hedges(HEDGING)
    assert hedges.send(0)
    assert hedges.send(10)
    assert hedges.failed(11, StatusCode.INTERNAL)
    assert hedges.next_at is None


def test_a_pushback_or_a_commit_stops_further_copies_but_not_those_that_run() -> None:
    hedges = Hedges(HEDGING)
    assert hedges.send(0)
    assert hedges.send(10)
    assert not hedges.failed(11, UNAVAILABLE, Pushback(None))
    assert (hedges.send(1000), hedges.running) == (False, 1)
    assert hedges.failed(1001, UNAVAILABLE)
    committed = Hedges(HEDGING)
    assert committed.send(0)
    committed.commit()
    assert not committed.send(50)


def test_throttled_copies_are_not_sent_but_the_first_is() -> None:
    throttle = RetryThrottle(RetryThrottling(2, 0.1))
    throttle.failed()
    hedges = Hedges(HEDGING, throttle)
    assert hedges.send(0)
    assert not hedges.send(10)
    assert hedges.failed(11, UNAVAILABLE)
    assert throttle.tokens == 0
    Hedges(HEDGING, throttle).succeeded()
    assert throttle.tokens == 0.1


@given(
    st.lists(st.tuples(st.sampled_from(["send", "fail", "fatal", "refuse", "later"]), st.floats(0, 30)), max_size=40)
)
def test_copies_are_bounded_and_every_call_ends(steps: list[tuple[str, float]]) -> None:
    hedges = Hedges(HEDGING)
    now = 0.0
    over = False
    for step, wait in steps:
        now += wait
        if step == "send":
            hedges.send(now)
        elif hedges.running:
            pushback = {"refuse": Pushback(None), "later": Pushback(wait)}.get(step)
            over = hedges.failed(now, StatusCode.INTERNAL if step == "fatal" else UNAVAILABLE, pushback)
        if over:
            break
        assert hedges.sent <= 3
        # a call that is not over has a copy that runs, or one to send
        assert hedges.running or hedges.next_at is not None
