"""The back end of examples.geo as a process, called by minirpc's client and by grpcio's."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from geo_programs import ROOT, TIMEOUT, Start, run

from examples.geo.gen.geo_pb import Point, Points
from examples.geo.gen.geo_rpc import GeoServiceStub
from examples.geo.gen.route_pb import Progress
from examples.geo.gen.route_rpc import RouteServiceStub
from minirpc import RpcError, StatusCode
from minirpc.aio import Channel

KYIV = Point(lat=50.4501, lng=30.5234)
LVIV = Point(lat=49.8397, lng=24.0297)
KYIV_TO_LVIV_KM = 467.531
METRE = 0.001  # in kilometres


async def test_distance(back_end: str) -> None:
    async with Channel(back_end) as channel:
        reply = await GeoServiceStub(channel).distance_between(Points(origin=KYIV, destination=LVIV), timeout=TIMEOUT)
    assert reply.distance == pytest.approx(KYIV_TO_LVIV_KM, abs=METRE)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (Points(), "origin is missing"),
        (Points(origin=KYIV), "destination is missing"),
        (Points(origin=KYIV, destination=Point(lat=91.2)), "destination: latitude 91.2 is not between -90 and 90"),
        (Points(origin=Point(lng=-180.5), destination=LVIV), "origin: longitude -180.5 is not between -180 and 180"),
        (Points(origin=Point(lat=math.nan), destination=LVIV), "origin: latitude nan is not between -90 and 90"),
        (
            Points(origin=KYIV, destination=Point(lng=math.inf)),
            "destination: longitude inf is not between -180 and 180",
        ),
    ],
)
async def test_coordinates_that_are_none(back_end: str, request_: Points, reason: str) -> None:
    async with Channel(back_end) as channel:
        with pytest.raises(RpcError) as caught:
            await GeoServiceStub(channel).distance_between(request_, timeout=TIMEOUT)
    assert (caught.value.code, caught.value.message) == (StatusCode.INVALID_ARGUMENT, reason)


async def test_a_route_answers_each_point_before_the_next_is_sent(back_end: str) -> None:
    async with Channel(back_end) as channel, RouteServiceStub(channel).follow(timeout=TIMEOUT) as call:
        answers = []
        for point in (KYIV, LVIV, KYIV):
            await call.send(point)
            answer = await call.receive()
            assert answer is not None
            answers.append(answer)
        await call.done_writing()
        assert await call.receive() is None
    leg = answers[1].leg_distance
    assert leg == pytest.approx(KYIV_TO_LVIV_KM, abs=METRE)
    assert answers == [
        Progress(points=1),
        Progress(points=2, leg_distance=leg, distance=leg),
        Progress(points=3, leg_distance=leg, distance=2 * leg),
    ]


async def test_a_route_ends_at_the_first_point_that_is_none(back_end: str) -> None:
    async with Channel(back_end) as channel:
        call = RouteServiceStub(channel).follow([KYIV, Point(lat=-91), LVIV], timeout=TIMEOUT)
        assert await call.receive() == Progress(points=1)
        with pytest.raises(RpcError) as caught:
            await call.receive()
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    assert caught.value.message == "point 2: latitude -91 is not between -90 and 90"


async def test_a_route_without_points(back_end: str) -> None:
    async with Channel(back_end) as channel:
        assert [progress async for progress in RouteServiceStub(channel).follow([], timeout=TIMEOUT)] == []


STRANGER = """
import json, sys
import grpc
import geo_pb2, geo_pb2_grpc, route_pb2_grpc

with grpc.insecure_channel(sys.argv[1]) as channel:
    geo = geo_pb2_grpc.GeoServiceStub(channel)
    routes = route_pb2_grpc.RouteServiceStub(channel)
    kyiv = geo_pb2.Point(lat=50.4501, lng=30.5234)
    lviv = geo_pb2.Point(lat=49.8397, lng=24.0297)
    distance = geo.DistanceBetween(geo_pb2.Points(origin=kyiv, destination=lviv), timeout=20).distance
    route = [step.distance for step in routes.Follow(iter([kyiv, lviv, kyiv]), timeout=20)]
    try:
        geo.DistanceBetween(geo_pb2.Points(origin=kyiv, destination=geo_pb2.Point(lat=91)), timeout=20)
    except grpc.RpcError as error:
        failure = [error.code().name, error.details()]
print(json.dumps({"distance": distance, "route": route, "failure": failure}))
"""


def test_a_stranger_with_grpcio_gets_the_same_answers(back_end: str, tmp_path: Path) -> None:
    protos = ROOT / "examples/geo/protos"
    outputs = [f"-I{protos}", f"--python_out={tmp_path}", f"--grpc_python_out={tmp_path}"]
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *outputs, "geo.proto", "route.proto"], check=True)
    (tmp_path / "stranger.py").write_text(STRANGER, encoding="utf-8")
    printed = subprocess.run(
        [sys.executable, tmp_path / "stranger.py", back_end], stdout=subprocess.PIPE, check=True, timeout=2 * TIMEOUT
    ).stdout
    answers = json.loads(printed)
    assert answers["distance"] == pytest.approx(KYIV_TO_LVIV_KM, abs=METRE)
    assert answers["route"] == pytest.approx([0, KYIV_TO_LVIV_KM, 2 * KYIV_TO_LVIV_KM], abs=2 * METRE)
    assert answers["failure"] == ["INVALID_ARGUMENT", "destination: latitude 91 is not between -90 and 90"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_exit_code_0(start: Start, number: signal.Signals) -> None:
    program = start("back_end", "--port", "0")
    host, _, port = program.address.rpartition(":")
    assert host == "127.0.0.1"
    assert int(port) > 0
    assert program.stop(number) == 0


def test_a_port_that_is_taken(back_end: str) -> None:
    finished = run("back_end", "--port", back_end.rpartition(":")[2])
    assert finished.returncode == 1
    assert finished.stderr.startswith("geo back end: ")
    assert "address already in use" in finished.stderr.lower()
