"""The front end: a web page and a small JSON API, which ask the back end over one gRPC channel.

``python -m examples.geo.front_end [--host 127.0.0.1] [--port 3000] [--back-end 127.0.0.1:50051] [--timeout 2]``
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route

from examples.geo.gen.geo_pb import Point, Points
from examples.geo.gen.geo_rpc import GeoServiceStub
from examples.geo.gen.route_rpc import RouteServiceStub
from examples.geo.page import distance_panel, error_panel, page, route_panel
from examples.geo.places import parse_place, parse_places
from minirpc import RpcError, StatusCode
from minirpc.aio import Channel, Metadata
from minirpc.services.status_page import StatusPage

__all__ = ["FrontEnd", "main"]

_HTTP_STATUS = {
    StatusCode.INVALID_ARGUMENT: 400,
    StatusCode.UNAVAILABLE: 503,
    StatusCode.DEADLINE_EXCEEDED: 504,
}
_BAD_GATEWAY = 502  # for every other failure of a call
_VARY = {"vary": "accept"}  # caches must not give a script's answer to a person
_SHUTDOWN_SECONDS = 5


class FrontEnd:
    """The web application, with its one channel to the back end.

    Attributes:
        app: the ASGI application.
    """

    def __init__(self, back_end: str, timeout: float, **channel_options: Any) -> None:
        """Prepares the application; the channel connects when the first request needs it, and again after a loss.

        Args:
            back_end: where the back end listens: ``host:port``, or any other target of a channel.
            timeout: seconds that the back end has for a request.
            channel_options: further options of the channel.

        Raises:
            ValueError: ``back_end`` cannot be read.
        """
        status = StatusPage("the front end", version_key="geo-version")
        self._channel = Channel(back_end, interceptors=[status.note_version], **channel_options)
        self._geo = GeoServiceStub(self._channel)
        self._routes = RouteServiceStub(self._channel)
        self._timeout = timeout
        self.app = Starlette(
            routes=[
                Route("/", self._show_form),
                Route("/distance", self._measure_distance),
                Route("/route", self._follow_route),
                Route("/healthz", self._report_health),
                Mount("/status", app=status),
            ],
            exception_handlers={RpcError: self._answer_failed_call, _BadQueryError: self._answer_bad_query},
            lifespan=self._lifespan,
        )

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:  # noqa: ARG002
        async with self._channel:
            yield

    async def _show_form(self, request: Request) -> Response:
        return HTMLResponse(page(request.query_params))

    async def _measure_distance(self, request: Request) -> Response:
        origin = _place(request, "from")
        destination = _place(request, "to")
        call = self._geo.distance_between(Points(origin=origin, destination=destination), timeout=self._timeout)
        reply = await call
        headers = _VARY | _version_header(await call.initial_metadata())
        if _wants_json(request):
            return JSONResponse(
                {"distance_km": round(reply.distance, 3), "from": _json_of(origin), "to": _json_of(destination)},
                headers=headers,
            )
        return HTMLResponse(
            page(request.query_params, distance_panel(origin, destination, reply.distance)), headers=headers
        )

    async def _follow_route(self, request: Request) -> Response:
        points = _route(request)
        progress = [step async for step in self._routes.follow(points, timeout=self._timeout)]
        if _wants_json(request):
            steps = [
                _json_of(point) | {"leg_km": round(step.leg_distance, 3), "distance_km": round(step.distance, 3)}
                for point, step in zip(points, progress, strict=True)
            ]
            return JSONResponse({"distance_km": steps[-1]["distance_km"], "points": steps}, headers=_VARY)
        return HTMLResponse(page(request.query_params, route_panel(points, progress)), headers=_VARY)

    async def _report_health(self, request: Request) -> Response:  # noqa: ARG002
        # this process alone: restarting the front end would not bring a missing back end back
        return PlainTextResponse("ok\n")

    async def _answer_failed_call(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, RpcError)
        return _failure(request, error.code, error.message)

    async def _answer_bad_query(self, request: Request, error: Exception) -> Response:
        return _failure(request, StatusCode.INVALID_ARGUMENT, str(error))


def _version_header(metadata: Metadata) -> dict[str, str]:
    """Returns the HTTP header that says which version of the back end answered, if it said so."""
    return {f"x-{key}": value for key, value in metadata if key == "geo-version" and isinstance(value, str)}


class _BadQueryError(Exception):
    """The query of a request cannot be read."""


def _place(request: Request, parameter: str) -> Point:
    text = request.query_params.get(parameter)
    if text is None:
        raise _BadQueryError(f"the query lacks {parameter!r}")
    try:
        return parse_place(text)
    except ValueError as error:
        raise _BadQueryError(f"{parameter}: {error}") from error


def _route(request: Request) -> list[Point]:
    try:
        points = parse_places("\n".join(request.query_params.getlist("points")))
    except ValueError as error:
        raise _BadQueryError(f"points: {error}") from error
    if not points:
        raise _BadQueryError("the query lacks 'points'")
    return points


def _json_of(point: Point) -> dict[str, float]:
    return {"lat": point.lat, "lng": point.lng}


def _failure(request: Request, code: StatusCode, reason: str) -> Response:
    status = _HTTP_STATUS.get(code, _BAD_GATEWAY)
    if _wants_json(request):
        return JSONResponse({"error": reason, "code": code.name}, status, headers=_VARY)
    return HTMLResponse(page(request.query_params, error_panel(reason)), status, headers=_VARY)


def _wants_json(request: Request) -> bool:
    """Whether the client names JSON, and likes it better than HTML (RFC 9110 section 12.5.1)."""
    weights = _weights(request.headers.get("accept", ""))
    return weights.get("application/json", 0.0) > weights.get("text/html", 0.0)


def _weights(accept: str) -> Mapping[str, float]:
    weights: dict[str, float] = {}
    for item in accept.split(","):
        media_type, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        with contextlib.suppress(ValueError):
            weights[media_type] = float(quality)
    return weights


def _exit(*_: object) -> None:
    sys.exit(0)


def main(arguments_given: Sequence[str] | None = None, **channel_options: Any) -> None:
    """Serves until SIGTERM or SIGINT; requests in flight finish first.

    Args:
        arguments_given: the arguments of the command line; None for the program's.
        channel_options: further options of the channel.
    """
    parser = argparse.ArgumentParser(prog="python -m examples.geo.front_end", description="The geo front end.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=3000, help="0 takes any free port (default: %(default)s)")
    parser.add_argument("--back-end", default="127.0.0.1:50051", help="the back end's address (default: %(default)s)")
    parser.add_argument("--timeout", type=float, default=2.0, help="seconds the back end has (default: %(default)s)")
    arguments = parser.parse_args(arguments_given)
    # uvicorn raises the signal that stopped it once more when it is done; being told to stop is no failure
    signal.signal(signal.SIGTERM, _exit)
    signal.signal(signal.SIGINT, _exit)
    try:
        listener = socket.create_server((arguments.host, arguments.port))
        app = FrontEnd(arguments.back_end, arguments.timeout, **channel_options).app
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(f"geo front end: {error}")
    print(f"geo front end listening on http://{arguments.host}:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=_SHUTDOWN_SECONDS)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
