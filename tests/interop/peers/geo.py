"""The calls of the example ``examples/geo``, against its back end: ``python -m tests.interop.peers.geo``.

It takes the flags of the interoperability client (:mod:`tests.interop.client`).
"""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import Sequence

from examples.geo.gen.geo_pb import Point, Points
from examples.geo.gen.geo_rpc import GeoServiceStub
from examples.geo.gen.route_rpc import RouteServiceStub
from minirpc.aio import Channel
from tests.interop.client import connector
from tests.interop.flags import client_parser
from tests.interop.play import play

__all__ = ["CASES", "main"]

_KYIV, _LVIV = Point(lat=50.4501, lng=30.5234), Point(lat=49.8397, lng=24.0297)


async def geo_distance(channel: Channel) -> None:
    """A unary call."""
    reply = await GeoServiceStub(channel).distance_between(Points(origin=_KYIV, destination=_LVIV))
    assert 465 < reply.distance < 470, reply


async def geo_route(channel: Channel) -> None:
    """A bidirectional stream, in lockstep."""
    async with RouteServiceStub(channel).follow() as call:
        for number in range(1, 20):
            await call.send(_KYIV if number % 2 else _LVIV)
            progress = await call.receive()
            assert progress is not None
            assert progress.points == number
        await call.done_writing()
        assert await call.receive() is None


CASES = {case.__name__: case for case in (geo_distance, geo_route)}
"""All cases by name."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Plays the cases, and returns the exit status."""
    options = client_parser("tests.interop.peers.geo").parse_args(arguments)

    async def play_one(name: str) -> None:
        async with connector(options)() as channel:
            await CASES[name](channel)

    cases = {name: functools.partial(play_one, name) for name in CASES}
    return asyncio.run(play(options.test_case.split(","), cases, options.case_timeout))


if __name__ == "__main__":
    sys.exit(main())
