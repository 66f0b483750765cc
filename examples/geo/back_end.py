"""The back end: both services of the example, on minirpc's server.

``python -m examples.geo.back_end [--host 127.0.0.1] [--port 50051] [--version v1] [--delay 5]``
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence

from examples.geo.distance import Coordinates, great_circle_km
from examples.geo.gen.geo_pb import Distance, Point, Points
from examples.geo.gen.geo_rpc import GeoServiceServicer
from examples.geo.gen.route_pb import Progress
from examples.geo.gen.route_rpc import RouteServiceServicer
from minirpc import RpcError, StatusCode
from minirpc.aio import Context, Proceed, Server, ServerCall, ServerInterceptor
from minirpc.services.health import Health

__all__ = ["GeoService", "RouteService", "main"]

_GRACE = 10.0  # seconds for running calls to end once the process is told to stop
_CONNECTION_AGE = 300.0  # seconds; clients behind one virtual address then get to other replicas, new ones included


class GeoService(GeoServiceServicer):
    """Distances on the surface of the earth."""

    async def distance_between(self, request: Points, context: Context) -> Distance:  # noqa: ARG002
        """Measures the shortest way between two points."""
        origin = _coordinates("origin", request.origin)
        destination = _coordinates("destination", request.destination)
        return Distance(distance=great_circle_km(origin, destination))


class RouteService(RouteServiceServicer):
    """Routes: ways over several points."""

    async def follow(self, requests: AsyncIterator[Point], context: Context) -> AsyncIterator[Progress]:  # noqa: ARG002
        """Answers each point with the way made so far."""
        last: Coordinates | None = None
        points = 0
        distance = 0.0
        async for point in requests:
            points += 1
            here = _coordinates(f"point {points}", point)
            leg = 0.0 if last is None else great_circle_km(last, here)
            distance += leg
            last = here
            yield Progress(points=points, leg_distance=leg, distance=distance)


def _coordinates(name: str, point: Point | None) -> Coordinates:
    """Reads a point of a request.

    Raises:
        RpcError: INVALID_ARGUMENT with the point's name and what is wrong; it ends the call with that status.
    """
    if point is None:
        raise RpcError(StatusCode.INVALID_ARGUMENT, f"{name} is missing")
    try:
        return Coordinates(point.lat, point.lng)
    except ValueError as error:
        raise RpcError(StatusCode.INVALID_ARGUMENT, f"{name}: {error}") from error


def _tell_version(version: str) -> ServerInterceptor:
    """Returns an interceptor that tells clients which version answers."""

    async def tell(call: ServerCall, proceed: Proceed) -> None:
        call.context.add_initial_metadata({"geo-version": version})
        await proceed()

    return tell


async def _serve(address: str, version: str, delay: float) -> None:
    services = [GeoService(), RouteService()]
    # "live" is what a liveness probe asks for: it is SERVING while the process runs, whatever becomes of the others
    health = Health([*services, "live"])
    interceptors = [_tell_version(version)] if version else []
    server = Server([*services, health], interceptors=interceptors, max_connection_age=_CONNECTION_AGE)
    await server.serve(address, grace=_GRACE, delay=delay, on_listening=_say_where)


def _say_where(addresses: Sequence[str]) -> None:
    for address in addresses:
        print(f"geo back end listening on {address}", flush=True)


def main() -> None:
    """Serves until SIGTERM or SIGINT; calls in flight finish first."""
    parser = argparse.ArgumentParser(prog="python -m examples.geo.back_end", description="The geo back end.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=50051, help="0 takes any free port (default: %(default)s)")
    parser.add_argument(
        "--version",
        default=os.environ.get("GEO_VERSION", ""),
        help="what to call this version in the metadata geo-version (default: $GEO_VERSION; without any, not sent)",
    )
    parser.add_argument(
        "--delay",
        type=float,
        default=0.0,
        help="seconds to go on as before after SIGTERM, for load balancers to notice (default: %(default)s)",
    )
    arguments = parser.parse_args()
    try:
        asyncio.run(_serve(f"{arguments.host}:{arguments.port}", arguments.version, arguments.delay))
    except (OSError, ValueError) as error:  # the port is taken; the address cannot be read
        sys.exit(f"geo back end: {error}")


if __name__ == "__main__":
    main()
