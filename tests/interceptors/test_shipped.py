"""The interceptors that come with minirpc."""

from __future__ import annotations

import asyncio
import logging
import urllib.request
from typing import Any

import pytest
from echo import SERVICE, Echo, EchoStub, echo_pair
from prometheus_client import CollectorRegistry

from minirpc.aio import Channel, Context, GenericStub, Server
from minirpc.errors import RpcError, StatusCode
from minirpc.interceptors import CallLog, SendToken, TokenAuth, caller
from minirpc.interceptors.prometheus import Metrics, serve_metrics
from minirpc.services.health import Health, HealthCheckRequest, HealthStub


async def test_call_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "minirpc.calls")
    log = CallLog()
    async with echo_pair(server_options={"interceptors": [log]}, interceptors=[log]) as stub:
        await stub.unary(b"")
        with pytest.raises(RpcError):
            await stub.fail(b"5|gone|")
    lines = [record.getMessage() for record in caplog.records if record.name == "minirpc.calls"]
    assert sorted(line.partition(" ms")[2] for line in lines) == ["", "", ": gone", ": gone"]
    assert sum(f"served /{SERVICE}/Unary for ipv4:127.0.0.1:" in line and ": OK in " in line for line in lines) == 1
    assert sum(f"called /{SERVICE}/Fail at ipv4:127.0.0.1:" in line and ": NOT_FOUND in" in line for line in lines) == 1
    levels = {record.levelname for record in caplog.records if record.name == "minirpc.calls" and "OK" in record.msg}
    assert levels <= {"INFO"}


class Who(Echo):
    async def unary(self, request: bytes, context: Context) -> bytes:
        return f"{caller.get()}".encode()

    def in_thread(self, request: bytes, context: Context) -> bytes:
        return f"{caller.get()}".encode()


async def verify(token: str) -> str | None:
    return {"secret": "olena"}.get(token)


async def test_tokens() -> None:
    token = "secret"

    async def get_token() -> str:
        return token

    async with (
        Server([Who(), Health()], interceptors=[TokenAuth(verify)]) as server,
        Channel(await server.start("127.0.0.1:0"), interceptors=[SendToken(get_token)]) as channel,
        Channel(await server.start("127.0.0.1:0")) as bare,
    ):
        assert await EchoStub(channel).unary(b"") == b"olena"
        assert await EchoStub(channel).in_thread(b"") == b"olena"
        token = "guessed"
        refused: list[tuple[Channel, Any]] = [(channel, ()), (bare, ())]
        refused += [(bare, {"authorization": value}) for value in ("secret", "Basic secret", "Bearer")]
        refused.append((bare, [("authorization", "Bearer secret")] * 2))
        for over, metadata in refused:
            for call in (EchoStub(over).unary(b"", metadata=metadata), EchoStub(over).up([b""], metadata=metadata)):
                with pytest.raises(RpcError) as caught:
                    await call
                assert caught.value.code is StatusCode.UNAUTHENTICATED
        assert await EchoStub(bare).unary(b"", metadata={"authorization": "bearer secret"}) == b"olena"
        await HealthStub(bare).check(HealthCheckRequest())


async def test_metrics() -> None:
    async def fallback(requests: Any, context: Context) -> Any:
        async for request in requests:
            yield request

    registry = CollectorRegistry()
    metrics = Metrics(registry)
    options = {"interceptors": [metrics], "fallback": fallback}
    async with echo_pair(server_options=options, interceptors=[metrics]) as stub:
        for _ in range(2):
            await stub.unary(b"")
        async with stub.bidi() as call:
            await call.send(b"x")
            await call.receive()
        with pytest.raises(RpcError):
            await stub.fail(b"5||")
        for name in ("A", "B"):
            await GenericStub(stub._channel).unary_unary(f"/any.Thing/{name}")(b"")
        labels = {"grpc_type": "unary", "grpc_service": SERVICE, "grpc_method": "Unary"}
        for side in ("server", "client"):
            assert registry.get_sample_value(f"grpc_{side}_started_total", labels) == 2
            assert registry.get_sample_value(f"grpc_{side}_handled_total", {**labels, "grpc_code": "OK"}) == 2
            assert registry.get_sample_value(f"grpc_{side}_handling_seconds_count", labels) == 2
            failed = {**labels, "grpc_method": "Fail", "grpc_code": "NotFound"}
            assert registry.get_sample_value(f"grpc_{side}_handled_total", failed) == 1
        cancelled = {**labels, "grpc_type": "bidi_stream", "grpc_method": "Bidi", "grpc_code": "Cancelled"}
        assert registry.get_sample_value("grpc_client_handled_total", cancelled) == 1
        unknown = {"grpc_type": "bidi_stream", "grpc_service": "unknown", "grpc_method": "unknown"}
        assert registry.get_sample_value("grpc_server_started_total", unknown) == 2


async def test_metrics_are_served_over_http() -> None:
    registry = CollectorRegistry()
    async with echo_pair(server_options={"interceptors": [Metrics(registry)]}) as stub:
        await stub.unary(b"")
        with serve_metrics(0, registry=registry) as url:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            text = await asyncio.to_thread(lambda: opener.open(url, timeout=10).read().decode())
    assert f'grpc_server_handled_total{{grpc_code="OK",grpc_method="Unary",grpc_service="{SERVICE}"' in text
    with pytest.raises(OSError, match="refused"):
        await asyncio.to_thread(opener.open, url, timeout=10)
    await asyncio.get_running_loop().shutdown_default_executor()
