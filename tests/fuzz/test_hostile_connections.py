"""Whatever a peer sends, cut anywhere: no exception escapes, no call hangs, and nothing is left behind."""

from __future__ import annotations

import asyncio
import gc
import os
import weakref
from collections.abc import Iterator

import pytest
from frames import PREFACE, settings
from hypothesis import HealthCheck, given
from hypothesis import settings as options
from hypothesis import strategies as st
from wire_fuzz import Fault, attack_client, attack_server, frame_starts, moves, mutations, record, run_case, spell

from minirpc.errors import StatusCode

BEGINNINGS = {
    attack_server: [PREFACE + settings(), PREFACE + settings({3: 2, 4: 10, 5: 20_000}), PREFACE, b""],
    attack_client: [settings(), settings({3: 2, 4: 10, 5: 20_000}), b""],
}
ENDINGS = st.sampled_from(["abort", "close", "stop"])
SEEDS = st.integers(0, 2**16)
COUNTS = [60, pytest.param(int(os.environ.get("SOAK_CASES", "3000")), marks=pytest.mark.soak, id="soak")]


@pytest.fixture(autouse=True)
def small_heap() -> Iterator[None]:
    """What there is before is not looked through after each case."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("attack", [attack_server, attack_client], ids=["server", "client"])
def test_any_frames(attack, count: int) -> None:  # type: ignore[no-untyped-def]
    @options(max_examples=count, suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.sampled_from(BEGINNINGS[attack]), moves, SEEDS, ENDINGS)
    def run(beginning: bytes, description: list[tuple[object, ...]], seed: int, ending: str) -> None:
        run_case(lambda: attack([beginning, *spell(description)], seed, ending))

    run()


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("attack", [attack_server, attack_client], ids=["server", "client"])
def test_recorded_traffic_with_changes(attack, count: int) -> None:  # type: ignore[no-untyped-def]
    recorded = record()
    good = recorded.from_client if attack is attack_server else recorded.from_server

    @options(max_examples=count, suppress_health_check=list(HealthCheck), deadline=None)
    @given(mutations(good), SEEDS, ENDINGS)
    def run(changed: bytes, seed: int, ending: str) -> None:
        run_case(lambda: attack([changed], seed, ending))

    run()


def test_recorded_traffic_as_it_was() -> None:
    """Else the changes would be tried on what is of no use."""
    recorded = record()
    run_case(lambda: attack_server([recorded.from_client], 1, "stop"))
    run_case(lambda: attack_client([recorded.from_server], 1, "stop"))


@pytest.mark.parametrize("ending", ["abort", "close"])
def test_connection_ends_at_every_frame_of_a_response(ending: str) -> None:
    """At its beginning, within its head and within its body: every call ends, well or with UNAVAILABLE."""
    whole = record().from_server
    for number, start in enumerate(frame_starts(whole)):
        cut = whole[: start + (0, 4, 9, 12)[number % 4]]
        run_case(lambda: attack_client([cut], 1, ending, {StatusCode.UNAVAILABLE}))  # noqa: B023  called at once


def test_what_is_left_behind_is_found() -> None:
    class Thing: ...

    things = [Thing()]

    async def leave() -> list[object]:
        asyncio.get_running_loop().create_task(asyncio.sleep(60), name="forgotten")
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)
        return [weakref.ref(thing) for thing in things]

    with pytest.raises(Fault, match=r"ZeroDivisionError(.|\n)*forgotten(.|\n)*Thing"):
        run_case(leave)  # type: ignore[arg-type]
