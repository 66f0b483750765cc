"""The health service, asked by grpcio's client of it and by ours."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio
import pytest
from echo import SERVICE, Echo
from grpc_health.v1 import health_pb2, health_pb2_grpc

from minirpc.aio import Channel, Server
from minirpc.errors import RpcError, StatusCode
from minirpc.services.health import (
    Health,
    HealthCheckRequest,
    HealthListRequest,
    HealthStub,
    ServingStatus,
)

SERVING, NOT_SERVING = ServingStatus.SERVING, ServingStatus.NOT_SERVING


@asynccontextmanager
async def asked(health: Health, *services: Any) -> AsyncIterator[HealthStub]:
    async with (
        Server([*services, health]) as server,
        Channel(await server.start("127.0.0.1:0")) as channel,
    ):
        yield HealthStub(channel)


async def status(stub: HealthStub, service: str = "", seconds: float = 10) -> ServingStatus:
    return (await stub.check(HealthCheckRequest(service=service), timeout=seconds)).status


async def test_grpcios_client_of_it() -> None:
    echo = Echo()
    health = Health([echo, "acme.Other"])
    async with Server([echo, health]) as server:
        address = await server.start("127.0.0.1:0")
        async with grpc.aio.insecure_channel(address) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            request, response = health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse
            for name in ("", SERVICE, "acme.Other"):
                assert (await stub.Check(request(service=name), timeout=10)).status == response.SERVING
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.Check(request(service="acme.Missing"), timeout=10)
            assert caught.value.code() is grpc.StatusCode.NOT_FOUND

            watched = stub.Watch(request(service=SERVICE))
            assert (await watched.read()).status == response.SERVING
            health.set(SERVICE, NOT_SERVING)
            assert (await watched.read()).status == response.NOT_SERVING
            health.set(SERVICE, SERVING)
            assert (await watched.read()).status == response.SERVING
            watched.cancel()

            missing = stub.Watch(request(service="acme.Late"))
            assert (await missing.read()).status == response.SERVICE_UNKNOWN
            health.set("acme.Late", NOT_SERVING)
            assert (await missing.read()).status == response.NOT_SERVING

            listed = await stub.List(health_pb2.HealthListRequest(), timeout=10)
            assert {name: found.status for name, found in listed.statuses.items()} == {
                "": response.SERVING,
                SERVICE: response.SERVING,
                "acme.Other": response.SERVING,
                "acme.Late": response.NOT_SERVING,
            }

            stopping = asyncio.create_task(server.stop(grace=20, delay=0.2))
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await missing.read()  # it was NOT_SERVING before: nothing to tell until the drain
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
            await stopping


async def test_a_stopping_server_says_so_before_it_refuses_calls_and_does_not_wait_for_watchers() -> None:
    health = Health()
    async with Server([health]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
        stub = HealthStub(channel)
        watched = stub.watch(HealthCheckRequest())
        assert await anext(watched) == await stub.check(HealthCheckRequest())
        stopping = asyncio.create_task(server.stop(grace=50, delay=3))
        assert (await anext(watched)).status is NOT_SERVING
        assert await status(stub) is NOT_SERVING
        health.set("", SERVING)  # comes too late
        assert await status(stub) is NOT_SERVING
        with pytest.raises(RpcError) as caught:
            await anext(watched)
        assert caught.value.code is StatusCode.UNAVAILABLE
        await stopping


class Switch:
    """A dependency that can be up or down.

    Attributes:
        count: how often it was asked.
    """

    def __init__(self) -> None:
        self.outcome: Callable[[], object] = lambda: None
        self.count = 0

    async def __call__(self) -> object:
        self.count += 1
        await asyncio.sleep(0.01)
        return self.outcome()

    def up(self) -> None:
        self.outcome = lambda: True

    def down(self) -> None:
        self.outcome = lambda: False

    def broken(self) -> None:
        self.outcome = lambda: 1 / 0


async def test_checks_share_a_result_for_their_time_to_live() -> None:
    health, switch = Health(["a", "b"]), Switch()
    health.add_check("a", switch, ttl=1000)
    async with asked(health) as stub:
        assert await asyncio.gather(*(status(stub, "a") for _ in range(20))) == [SERVING] * 20
        switch.down()
        assert await status(stub, "a") is SERVING
        assert switch.count == 1
        assert await status(stub, "b") is SERVING


@pytest.mark.parametrize("way", ["down", "broken"])
async def test_a_service_serves_while_its_checks_succeed(way: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "minirpc.health")
    health, switch, other = Health(["a"]), Switch(), Switch()
    health.add_check("a", switch, ttl=0.02)
    health.add_check("a", other, ttl=0.02)
    async with asked(health) as stub:
        watched = stub.watch(HealthCheckRequest(service="a"))
        assert (await anext(watched)).status is SERVING
        getattr(switch, way)()
        assert (await anext(watched)).status is NOT_SERVING
        assert await status(stub, "a") is NOT_SERVING
        assert (await stub.list(HealthListRequest())).statuses["a"].status is NOT_SERVING
        assert await status(stub) is SERVING
        switch.up()
        assert (await anext(watched)).status is SERVING
        health.set("a", NOT_SERVING)
        assert (await anext(watched)).status is NOT_SERVING
        watched.cancel()
    told = [record.levelname for record in caplog.records if record.name == "minirpc.health"]
    assert told == ["WARNING", "INFO"]


async def test_a_check_that_hangs_fails() -> None:
    async def hang() -> None:
        await asyncio.get_running_loop().create_future()

    health = Health(["a"])
    health.add_check("a", hang, timeout=0.05)
    async with asked(health) as stub:
        assert await status(stub, "a") is NOT_SERVING


async def test_an_impatient_caller_does_not_spoil_the_result_for_others() -> None:
    switch = Switch()

    async def slow() -> object:
        async with Server([Echo()]) as server, Channel(await server.start("127.0.0.1:0")) as channel:
            await call_out(channel)
            await asyncio.sleep(0.3)
            await call_out(channel)
        return await switch()

    health = Health(["a"])
    health.add_check("a", slow)
    async with asked(health) as stub:
        with pytest.raises(RpcError) as caught:
            await status(stub, "a", seconds=0.1)
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
        impatient = asyncio.create_task(status(stub, "a", seconds=0.2))
        assert await status(stub, "a") is SERVING
        with pytest.raises(RpcError):
            await impatient


async def call_out(channel: Channel) -> None:
    with pytest.raises(RpcError, match="no method"):
        await status(HealthStub(channel))


async def test_statuses_can_be_set_from_other_threads() -> None:
    health = Health(["a"])
    async with asked(health) as stub:
        watched = stub.watch(HealthCheckRequest(service="a"))
        assert (await anext(watched)).status is SERVING
        thread = asyncio.get_running_loop().run_in_executor(None, health.set, "a", NOT_SERVING)
        assert (await anext(watched)).status is NOT_SERVING
        await thread
        watched.cancel()
    await asyncio.get_running_loop().shutdown_default_executor()


async def test_more_services_than_may_be_listed() -> None:
    async with asked(Health(f"s{number}" for number in range(100))) as stub:
        with pytest.raises(RpcError) as caught:
            await stub.list(HealthListRequest())
        assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED


def test_what_cannot_be_set() -> None:
    with pytest.raises(ValueError, match="SERVICE_UNKNOWN"):
        Health().set("a", ServingStatus.SERVICE_UNKNOWN)
    for options in ({"ttl": 0}, {"timeout": -1.0}):
        with pytest.raises(ValueError, match="more than 0"):
            Health().add_check("a", Switch(), **options)
