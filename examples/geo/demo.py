"""The example from end to end: generate code, start both programs, ask them, look at the wire, stop.

``python -m examples.geo.demo`` from the folder that holds ``examples``.
"""

from __future__ import annotations

import asyncio
import filecmp
import json
import platform
import signal
import tempfile
import textwrap
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from examples.geo.breakdown import break_down, message_types
from examples.geo.frames import RecordedFrame, read_frames
from examples.geo.gen.geo_pb import Points
from examples.geo.gen.geo_rpc import GeoServiceStub
from examples.geo.gen.route_rpc import RouteServiceStub
from examples.geo.places import CITIES, parse_place
from examples.geo.processes import ROOT, ProgramError, run, running
from examples.geo.relay import Relay, Sender
from minirpc import wire
from minirpc.aio import Channel
from minirpc.message.wkt.descriptor_pb import FileDescriptorSet

_PROTOS = "examples/geo/protos"
_GENERATED = ROOT / "examples/geo/gen"
_TIMEOUT = 10.0  # seconds for each request and call
_KYIV_LVIV_KM = 468
_WIDTH = 110
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy on the way to our own machine


async def _demonstrate() -> None:
    _title(f"minirpc on Python {platform.python_version()}, {wire.IMPLEMENTATION} codec")
    with tempfile.TemporaryDirectory(prefix="minirpc-demo-") as folder:
        descriptors = await _generate(Path(folder))

    _title("A back end and a front end, each a process")
    back_end_command = ("-m", "examples.geo.back_end", "--port", "0")
    _show_command(*back_end_command)
    async with running(*back_end_command) as line:
        print(f"   {line}")
        back_end = line.split()[-1]
        front_end_command = ("-m", "examples.geo.front_end", "--port", "0", "--back-end", back_end)
        _show_command(*front_end_command)
        async with running(*front_end_command) as line:
            print(f"   {line}")
            await _ask_front_end(line.split()[-1])
            await _follow_route(back_end)
            await _watch_the_wire(back_end, descriptors)
            _title("SIGTERM for both")
        print("   the front end has ended with exit code 0")
    print("   the back end has finished its calls and ended with exit code 0")


async def _generate(folder: Path) -> FileDescriptorSet:
    """Generates the example's code anew, and returns protoc's own description of the .proto files."""
    _title("Typed Python from .proto files: protoc with minirpc's plugin")
    description = folder / "geo.binpb"
    command = [
        *("-m", "minirpc", "protoc", f"-I{_PROTOS}", f"--python_minirpc_out={folder}"),
        *(f"--descriptor_set_out={description}", "geo.proto", "route.proto"),
    ]
    _show_command(*command)
    await run(*command)
    _compare(folder)
    return FileDescriptorSet.from_binary(description.read_bytes())


def _compare(folder: Path) -> None:
    """Shows what was generated, and whether it is what the example's programs import."""
    for path in sorted(folder.glob("[!_]*.py")):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        same = filecmp.cmp(path, _GENERATED / path.name, shallow=False)
        print(f"   {path.name:<14}{lines:>3} lines, {'as' if same else 'NOT as'} in examples/geo/gen")


async def _ask_front_end(url: str) -> None:
    _title("A script asks the front end over HTTP, and the front end asks the back end over gRPC")
    distances = []
    for destination in ("Lviv", "Odesa", "London", "Tokyo"):
        status, answer = await _get(url, {"from": _query(CITIES["Kyiv"]), "to": _query(CITIES[destination])})
        if status != 200:
            raise ProgramError(f"the front end answered {status}: {answer}")
        distances.append((destination, float(str(answer["distance_km"]))))
    print()
    for destination, distance in distances:
        print(f"   Kyiv to {destination}: {distance:,.0f} km")
    if round(distances[0][1]) != _KYIV_LVIV_KM:
        raise ProgramError(f"Kyiv to Lviv is about {_KYIV_LVIV_KM} km, not {distances[0][1]}")
    print("\n   And a place that is none: the back end says INVALID_ARGUMENT, the front end makes it a 400.")
    status, answer = await _get(url, {"from": "91,0", "to": _query(CITIES["Lviv"])})
    if status != 400:
        raise ProgramError(f"the front end answered {status} where 400 is due: {answer}")


async def _get(url: str, query: Mapping[str, str]) -> tuple[int, dict[str, object]]:
    """Asks the front end for a distance, and shows how to do the same by hand."""
    full_url = f"{url}/distance?{urllib.parse.urlencode(query, safe=',')}"
    print(f"   $ curl -H 'Accept: application/json' '{full_url}'")
    request = urllib.request.Request(full_url, headers={"accept": "application/json"})  # noqa: S310  # our own http URL

    def fetch() -> tuple[int, bytes]:
        try:
            with _OPENER.open(request, timeout=_TIMEOUT) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    status, body = await asyncio.to_thread(fetch)
    print(f"   {status} {body.decode()}")
    answer: dict[str, object] = json.loads(body)
    return status, answer


def _query(coordinates: tuple[float, float]) -> str:
    return ",".join(map(str, coordinates))


async def _follow_route(back_end: str) -> None:
    _title("A route: a stream of points to the back end, and a stream of distances from it, in one call")
    async with Channel(back_end) as channel, RouteServiceStub(channel).follow(timeout=_TIMEOUT) as call:
        for city in ("Kyiv", "Lviv", "Warsaw", "Berlin", "London"):
            await call.send(parse_place(city))
            progress = await call.receive()
            if progress is None:
                raise ProgramError("the back end ended the route too early")
            leg, distance = progress.leg_distance, progress.distance
            print(f"   → {city:<8} ← {leg:7,.1f} km from the last point, {distance:7,.1f} km in all")
        await call.done_writing()
        if await call.receive() is not None:
            raise ProgramError("the back end answered more points than it got")
        print("   → no more points  ← no more answers, status OK")


async def _watch_the_wire(back_end: str, descriptors: FileDescriptorSet) -> None:
    request = Points(origin=parse_place("Kyiv"), destination=parse_place("Lviv"))
    host, _, port = back_end.rpartition(":")
    async with Relay(host, int(port)) as relay, Channel(relay.address) as channel:
        reply = await GeoServiceStub(channel).distance_between(request, timeout=_TIMEOUT)

    types = message_types(descriptors)
    for name, message in (("request", request), ("response", reply)):
        data = message.to_binary()
        _title(f"What went over the wire: the {name}, {len(data)} bytes")
        print(f"   {message!r}\n   {data.hex(' ')}\n")
        for in_hex, meaning in break_down(data, f".geo.{type(message).__name__}", types):
            print(f"   {in_hex:<22}{meaning}")

    _title("What went over the wire: the HTTP/2 frames of the call")
    print("   → from the client, ← from the server; stream 0 is the connection itself")
    for frame in read_frames(relay.recorded):
        _show_frame(frame)


def _show_frame(frame: RecordedFrame) -> None:
    arrow = "→" if frame.sender is Sender.CLIENT else "←"
    flags = " ".join(frame.flags)
    print(f"   {arrow} {frame.type:<14}stream {frame.stream_id}, {frame.length} bytes{', ' if flags else ''}{flags}")
    for line in frame.content:
        print(textwrap.indent(textwrap.fill(line, _WIDTH), "        "))


def _title(text: str) -> None:
    print(f"\n{text}\n{'─' * len(text)}")


def _show_command(*arguments: str) -> None:
    print(f"   $ python {' '.join(arguments)}", flush=True)


def main() -> None:
    """Runs the demonstration. Exits with 0 if all went as it must, else with 1 and what the programs printed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: no process is left behind
    asyncio.run(_demonstrate())


if __name__ == "__main__":
    main()
