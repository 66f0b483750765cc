"""Retries, hedging and the rest of what a service config says about calls, against real servers.

A grpcio client with the same config is the oracle of how many attempts there are.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from echo import RETRYING, SERVICE, Echo, EchoStub
from fleet import ready_count
from grpcio_echo import AioEcho, aio_server

from minirpc.aio import (
    CallCredentials,
    Channel,
    Context,
    Endpoint,
    Resolution,
    Resolver,
    Server,
    StaticResolver,
    TcpAddress,
)
from minirpc.errors import ConfigError, RpcError, StatusCode
from minirpc.rpc.service_config import HedgingPolicy, MethodConfig, MethodName, RetryPolicy, ServiceConfig

UNAVAILABLE = StatusCode.UNAVAILABLE
QUICK = RetryPolicy(4, 0.01, 0.01, 1.0, frozenset({UNAVAILABLE}))


def config_of(**options: Any) -> ServiceConfig:
    return ServiceConfig(method_config=(MethodConfig(name=(MethodName(SERVICE),), **options),))


RETRIES = config_of(retry_policy=QUICK)


class Flaky(Echo):
    """Fails as often as it has failures; then it echoes.

    Attributes:
        failures: code, and pushback in milliseconds, of each call that fails.
        attempts: what each call said of the attempts before it, and its token.
    """

    def __init__(self, *failures: tuple[StatusCode, str | None]) -> None:
        super().__init__()
        self.failures = deque(failures)
        self.attempts: list[str | None] = []
        self.tokens: list[str | None] = []
        self.headers_first = False
        self.read_first = 0

    async def check(self, context: Context) -> None:
        metadata: dict[str, Any] = dict(context.metadata)
        self.attempts.append(metadata.get("grpc-previous-rpc-attempts"))
        self.tokens.append(metadata.get("authorization"))
        if self.headers_first:
            await context.send_initial_metadata([("x-early", "1")])
        if self.failures:
            code, pushback = self.failures.popleft()
            if pushback is not None:
                context.set_trailing_metadata([("grpc-retry-pushback-ms", pushback)])
            context.abort(code, "not yet")

    async def unary(self, request: bytes, context: Context) -> bytes:
        await self.check(context)
        return await super().unary(request, context)

    async def down(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        await self.check(context)
        for number in range(int(request)):
            yield b"%d" % number

    async def up(self, requests: AsyncIterator[bytes], context: Context) -> bytes:
        for _ in range(self.read_first):
            await anext(requests)
        await self.check(context)
        return await super().up(requests, context)

    async def bidi(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        for _ in range(self.read_first):
            await anext(requests)
        await self.check(context)
        async for request in requests:
            yield request


@asynccontextmanager
async def flaky(service: Echo, config: Any = RETRIES, **options: Any) -> AsyncIterator[EchoStub]:
    async with (
        Server([service]) as server,
        Channel(await server.start("127.0.0.1:0"), service_config=config, **options) as channel,
    ):
        yield EchoStub(channel)


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def failing(count: int, code: StatusCode = UNAVAILABLE) -> Flaky:
    return Flaky(*[(code, None)] * count)


# -- retries


async def test_all_four_kinds_are_tried_again() -> None:
    service = failing(2)
    async with flaky(service) as stub:
        call = stub.unary(b"a", metadata=[("x-key", "v")])
        assert await call == b"a"
        assert ("x-key", "v") in await call.initial_metadata()
        assert ("x-key", "v") in await call.trailing_metadata()
        assert call.peer()
        assert service.attempts == [None, "1", "2"]

        service.failures.extend([(UNAVAILABLE, None)] * 3)
        assert [reply async for reply in stub.down(b"3")] == [b"0", b"1", b"2"]

        service.failures.extend([(UNAVAILABLE, None)] * 3)
        assert await stub.up([b"ab", b"c"]) == b"2 3"

        service.failures.extend([(UNAVAILABLE, None)] * 3)
        assert [reply async for reply in stub.bidi([b"x", b"y"])] == [b"x", b"y"]
        assert service.attempts[3:] == [None, "1", "2", "3"] * 3


async def test_requests_sent_one_by_one_are_sent_again() -> None:
    service = failing(2)
    service.read_first = 1
    async with flaky(service) as stub, stub.bidi() as call:
        await call.send(b"first")
        await call.send(b"second")
        assert await call.receive() == b"second"  # the server swallowed the first one in each attempt
        await call.send(b"third")
        assert await call.receive() == b"third"
        await call.done_writing()
        assert await call.receive() is None
    assert service.attempts == [None, "1", "2"]


@pytest.mark.parametrize(
    ("failures", "attempts"),
    [
        ([(UNAVAILABLE, None)] * 9, 4),
        ([(StatusCode.INTERNAL, None)], 1),
        ([(UNAVAILABLE, "-1")], 1),
        ([(UNAVAILABLE, "2"), (StatusCode.ABORTED, "1")], 3),
        ([(StatusCode.INTERNAL, "1")], 1),
    ],
)
async def test_as_many_attempts_as_grpcio_makes(failures: list[tuple[StatusCode, str | None]], attempts: int) -> None:
    service = Flaky(*failures)
    async with flaky(service, RETRYING) as stub:
        ours = (await stub.unary(b"x").status()).code
        made, service.attempts = service.attempts, []
        service.failures = deque(failures)
        target = stub._channel.routing._target
        options = [("grpc.service_config", json.dumps(RETRYING))]
        async with grpc.aio.insecure_channel(target, options=options) as channel:
            theirs = await channel.unary_unary(f"/{SERVICE}/Unary")(b"x").code()
    assert (ours.name, made) == (theirs.name, service.attempts)
    assert len(made) == attempts


async def test_pushbacks_that_grpcio_does_not_take() -> None:
    """It makes INTERNAL of one that is no number, and hangs after 0."""
    service = Flaky((UNAVAILABLE, "junk"), (UNAVAILABLE, "0"))
    async with flaky(service) as stub:
        with pytest.raises(RpcError, match="not yet"):
            await stub.unary(b"x")
        assert await stub.unary(b"x") == b"x"
    assert service.attempts == [None, None, "1"]


async def test_a_grpcio_server_pushes_back() -> None:
    class Busy(AioEcho):
        calls = 0

        async def unary(self, request: bytes, context: Any) -> bytes:
            self.calls += 1
            if self.calls == 1:
                context.set_trailing_metadata((("grpc-retry-pushback-ms", "1"),))
                await context.abort(grpc.StatusCode.UNAVAILABLE, "later")
            return b"%d" % self.calls

    slow = config_of(retry_policy=RetryPolicy(2, 1000.0, 1000.0, 1.0, frozenset({UNAVAILABLE})))
    async with aio_server(Busy()) as target, Channel(target, service_config=slow) as channel:
        assert await EchoStub(channel).unary(b"", timeout=60) == b"2"  # not after 1000 s


async def test_response_headers_commit_the_call() -> None:
    service = failing(1)
    service.headers_first = True
    async with flaky(service) as stub:
        with pytest.raises(RpcError, match="not yet") as caught:
            await stub.unary(b"x")
    assert caught.value.code is UNAVAILABLE
    assert ("x-early", "1") in caught.value.initial_metadata
    assert service.attempts == [None]


async def test_more_than_the_buffer_commits_the_call() -> None:
    service = failing(1)
    service.read_first = 2
    async with flaky(service, retry_buffer_size=100) as stub:
        with pytest.raises(RpcError, match="not yet"):
            await stub.up([b"x" * 80, b"y" * 80])
        assert service.attempts == [None]
        service.failures.append((UNAVAILABLE, None))
        assert await stub.up([b"x" * 40, b"y" * 40]) == b"0 0"
        assert service.attempts == [None, None, "1"]


async def test_more_than_the_buffer_while_it_waits_commits_the_next_attempt() -> None:
    service = Flaky((UNAVAILABLE, "1000"), (UNAVAILABLE, None))
    async with flaky(service, retry_buffer_size=100) as stub, stub.bidi() as call:
        await call.send(b"a")
        await until(lambda: service.attempts)
        await asyncio.sleep(0.3)  # the failure has arrived
        with pytest.raises(RpcError, match="not yet"):
            for _ in range(1000):
                await call.send(b"x" * 200)
                await asyncio.sleep(0.005)
    assert service.attempts == [None, "1"]


class Gated(Flaky):
    """Waits with each call until it may go on."""

    def __init__(self, *failures: tuple[StatusCode, str | None]) -> None:
        super().__init__(*failures)
        self.going = asyncio.Event()
        self.waiting = 0

    async def check(self, context: Context) -> None:
        self.waiting += 1
        await self.going.wait()
        await super().check(context)


async def test_all_calls_together_keep_no_more_than_the_channel_may() -> None:
    service = Gated((UNAVAILABLE, None), (UNAVAILABLE, None))
    service.read_first = 1
    async with flaky(service, retry_buffer_size=100, retry_buffer_total=150) as stub:
        # the first takes 105 bytes, the second finds no room
        first = asyncio.ensure_future(stub.unary(b"x" * 105, timeout=20).status())
        await until(lambda: service.waiting == 1)
        second = asyncio.ensure_future(stub.unary(b"x" * 50, timeout=20).status())
        third = asyncio.ensure_future(stub.up([b"x" * 50], timeout=20).status())
        await until(lambda: service.waiting == 3)
        service.failures.append((UNAVAILABLE, None))
        service.going.set()
        codes = [(await each).code for each in (first, second, third)]
        assert codes == [StatusCode.OK, UNAVAILABLE, UNAVAILABLE]
        # room is given back: by calls that succeed, fail and are cancelled, with one request and with many
        cancelled = stub.sleep(b"x" * 140)
        running = asyncio.ensure_future(cancelled.status())
        assert await service.events.get() == "started"
        cancelled.cancel()
        await running
        service.failures.extend([(UNAVAILABLE, None)] * 2)
        assert await stub.unary(b"x" * 145, timeout=20) == b"x" * 145
        service.failures.extend([(UNAVAILABLE, None)] * 2)
        assert await stub.up([b"x" * 45] * 2, timeout=20) == b"1 45"
        service.failures.extend([(UNAVAILABLE, None)] * 2)
        assert await stub.unary(b"x" * 145, timeout=20) == b"x" * 145


async def test_disabled() -> None:
    service = failing(1)
    async with flaky(service, enable_retries=False) as stub:
        with pytest.raises(RpcError, match="not yet"):
            await stub.unary(b"x")


async def test_throttling_stops_retries() -> None:
    service = failing(100)
    config = RETRYING | {"retryThrottling": {"maxTokens": 4, "tokenRatio": 1}}
    async with flaky(service, config) as stub:
        with pytest.raises(RpcError):
            await stub.unary(b"x")
        assert len(service.attempts) == 2  # 4 tokens, then 3, then 2, which is half
        with pytest.raises(RpcError):
            await stub.unary(b"x")
        assert len(service.attempts) == 3
        service.failures.clear()
        for _ in range(4):
            await stub.unary(b"x")
        service.attempts.clear()
        service.failures.append((UNAVAILABLE, None))
        assert await stub.unary(b"x") == b"x"
        assert service.attempts == [None, "1"]


async def test_credentials_are_asked_for_each_attempt() -> None:
    tokens = iter("abc")

    async def token(_: Any) -> str:
        return next(tokens)

    service = failing(2)
    async with flaky(service, credentials=CallCredentials.bearer(token, allow_plaintext=True)) as stub:
        await stub.unary(b"x")
    assert service.tokens == ["Bearer a", "Bearer b", "Bearer c"]


async def test_the_deadline_covers_all_attempts() -> None:
    slow = config_of(retry_policy=RetryPolicy(4, 1000.0, 1000.0, 1.0, frozenset({UNAVAILABLE})))
    async with flaky(failing(1), slow) as stub:
        with pytest.raises(RpcError, match=r"before attempt 2; .* failed with UNAVAILABLE: not yet") as caught:
            await stub.unary(b"x", timeout=0.3)
    assert caught.value.code is StatusCode.DEADLINE_EXCEEDED


async def test_cancelling_between_attempts_and_closing() -> None:
    slow = config_of(retry_policy=RetryPolicy(4, 1000.0, 1000.0, 1.0, frozenset({UNAVAILABLE})))
    service = failing(2)
    async with flaky(service, slow) as stub:
        calls = [stub.unary(b"x"), stub.unary(b"x")]
        waiting = [asyncio.create_task(call.status()) for call in calls]
        await until(lambda: not service.failures and len(stub._channel.routing.streams) == 2)
        calls[0].cancel()
        assert (await waiting[0]).code is StatusCode.CANCELLED
        await stub._channel.close()
        assert (await waiting[1]).code is StatusCode.CANCELLED
        assert not stub._channel.routing.streams


async def test_interceptors_see_one_call() -> None:
    seen: list[str] = []

    async def watch(call: Any, proceed: Any) -> None:
        seen.append("begin")
        await proceed()
        seen.append("end")

    service = failing(2)
    async with flaky(service, interceptors=[watch]) as stub:
        call = stub.unary(b"x", metadata=[("x-key", "v")])
        assert await call == b"x"
        assert ("x-key", "v") in await call.initial_metadata()
    assert seen == ["begin", "end"]
    assert len(service.attempts) == 3


# -- hedging


class Slow(Echo):
    """Keeps the first calls until they are cancelled."""

    def __init__(self, keep: int) -> None:
        super().__init__()
        self.keep = keep
        self.calls = 0
        self.cancelled = 0

    async def unary(self, request: bytes, context: Context) -> bytes:
        self.calls += 1
        if self.calls <= self.keep:
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                self.cancelled += 1
        return await super().unary(request, context)


async def test_a_hedge_overtakes_and_the_others_are_cancelled() -> None:
    service = Slow(2)
    async with flaky(service, config_of(hedging_policy=HedgingPolicy(4, 0.05))) as stub:
        assert await stub.unary(b"x", timeout=20) == b"x"
        await until(lambda: service.cancelled == 2)
        assert service.calls == 3


@pytest.mark.parametrize("delay", [0.0, 1000.0])
async def test_non_fatal_failures_bring_the_next_hedge_at_once(delay: float) -> None:
    service = failing(2)
    policy = HedgingPolicy(3, delay, frozenset({UNAVAILABLE}))
    async with flaky(service, config_of(hedging_policy=policy)) as stub:
        assert await stub.unary(b"x", timeout=20) == b"x"
        service.failures.extend([(UNAVAILABLE, None)] * 3)
        with pytest.raises(RpcError, match="not yet"):
            await stub.unary(b"x", timeout=20)


async def test_a_fatal_failure_and_a_refusing_pushback_end_hedging() -> None:
    service = failing(1, StatusCode.INTERNAL)
    policy = HedgingPolicy(3, 1000.0, frozenset({UNAVAILABLE}))
    async with flaky(service, config_of(hedging_policy=policy)) as stub:
        with pytest.raises(RpcError, match="not yet"):
            await stub.unary(b"x")
        service.failures.append((UNAVAILABLE, "-1"))
        with pytest.raises(RpcError, match="not yet"):
            await stub.unary(b"x")
    assert len(service.attempts) == 2


async def test_hedged_streams_of_requests() -> None:
    service = failing(2)
    policy = HedgingPolicy(3, 1000.0, frozenset({UNAVAILABLE}))
    async with flaky(service, config_of(hedging_policy=policy)) as stub:
        assert await stub.up([b"ab", b"c"]) == b"2 3"
        assert [reply async for reply in stub.bidi([b"x", b"y"])] == [b"x", b"y"]


class Ill(Echo):
    """Fails at once, or answers nothing at all."""

    def __init__(self, answers: bool) -> None:
        super().__init__()
        self.answers = answers
        self.calls = 0

    async def unary(self, request: bytes, context: Context) -> bytes:
        self.calls += 1
        if not self.answers:
            await asyncio.get_running_loop().create_future()
        context.abort(UNAVAILABLE, "ill")


@pytest.mark.parametrize(
    "config",
    [
        config_of(retry_policy=RetryPolicy(2, 0.01, 0.01, 1.0, frozenset({UNAVAILABLE}))),
        config_of(hedging_policy=HedgingPolicy(2, 0.01)),
    ],
    ids=["retry", "hedge"],
)
async def test_another_attempt_goes_to_another_server(config: ServiceConfig) -> None:
    ill = Ill(answers=config.method_config[0].retry_policy is not None)
    async with Server([ill]) as bad, Server([Echo()]) as good:
        endpoints = [
            # most of the turns are the one's that is ill, several in succession
            Endpoint((TcpAddress("127.0.0.1", int((await server.start("127.0.0.1:0")).rpartition(":")[2])),), weight)
            for server, weight in ((bad, 6), (good, 1))
        ]
        resolver = StaticResolver(endpoints)
        async with Channel("x", resolver=resolver, load_balancing="round_robin", service_config=config) as channel:
            stub = EchoStub(channel)
            await channel.connect()
            await until(lambda: ready_count(channel) == 2)
            for _ in range(14):
                assert await stub.unary(b"x", timeout=20) == b"x"
        assert ill.calls >= 7


# -- the rest of a method config


async def test_the_shorter_timeout_counts() -> None:
    async with flaky(Echo(), config_of(timeout=0.1)) as stub:
        for timeout in (None, 100.0):
            with pytest.raises(RpcError) as caught:
                await stub.sleep(b"", timeout=timeout)
            assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
        with pytest.raises(RpcError):
            await stub.sleep(b"", timeout=0.05)


async def test_message_sizes() -> None:
    async with flaky(Echo(), config_of(max_request_message_bytes=5, max_response_message_bytes=3)) as stub:
        assert await stub.unary(b"abc") == b"abc"
        for call, what in ((stub.unary(b"abcd"), "3 bytes"), (stub.unary(b"abcdef"), "maxRequestMessageBytes")):
            with pytest.raises(RpcError, match=what) as caught:
                await call
            assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED
        with pytest.raises(RpcError, match="maxRequestMessageBytes"):
            await stub.up([b"abcdef"])


async def test_wait_for_ready_by_config() -> None:
    async with Server([Echo()]) as server:
        target = await server.start("127.0.0.1:0")
        await server.stop()
    async with Channel(target, service_config=config_of(wait_for_ready=True)) as channel:
        stub = EchoStub(channel)
        with pytest.raises(RpcError) as caught:
            await stub.unary(b"x", wait_for_ready=False)
        assert caught.value.code is UNAVAILABLE
        call = asyncio.create_task(stub.unary(b"x", timeout=20).status())
        async with Server([Echo()]) as server:
            await server.start(target)
            assert (await call).code is StatusCode.OK


@pytest.mark.parametrize(
    ("config", "where"),
    [
        ({"methodConfig": [{"retryPolicy": {"maxAttempts": 2}}]}, r"^methodConfig\[0\]\.retryPolicy\.initialBackoff: "),
        ('{"methodConfg": []}', "^methodConfg: "),
        ({"loadBalancingConfig": [{"no_such": {}}]}, "^loadBalancingConfig: none of no_such"),
        ("{", "JSON"),
    ],
)
def test_mistakes_in_the_config(config: Any, where: str) -> None:
    with pytest.raises(ConfigError, match=where):
        Channel("127.0.0.1:1", service_config=config)


def test_no_config_at_all() -> None:
    with pytest.raises(TypeError, match=r"not builtins\.int"):
        Channel("127.0.0.1:1", service_config=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


# -- configs of resolvers


class Delivering(Resolver):
    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self.endpoints = (Endpoint((TcpAddress(host, int(port)),)),)
        self.configs: asyncio.Queue[Any] = asyncio.Queue()

    async def watch(self) -> AsyncIterator[Resolution]:
        while True:
            config = await self.configs.get()
            if isinstance(config, Exception):
                raise config
            yield Resolution(self.endpoints, config)
            self.configs.task_done()


async def test_calls_wait_for_the_resolver_and_then_follow_its_config(caplog: pytest.LogCaptureFixture) -> None:
    service = failing(1)
    async with Server([service]) as server:
        resolver = Delivering(await server.start("127.0.0.1:0"))
        async with Channel("name", resolver=resolver) as channel:
            stub = EchoStub(channel)
            calls = [asyncio.create_task(each.status()) for each in (stub.up([b"a", b"b"]), stub.unary(b"x"))]
            await asyncio.sleep(0)
            resolver.configs.put_nowait(RETRYING | {"futureField": 1, "loadBalancingConfig": [{"round_robin": {}}]})
            assert [(await call).code for call in calls] == [StatusCode.OK] * 2
            assert len(service.attempts) == 3

            with caplog.at_level(logging.WARNING, "minirpc.channel"):
                resolver.configs.put_nowait({"methodConfig": 5})
                await resolver.configs.join()
            assert "methodConfig: must be a list" in caplog.text
            service.failures.append((UNAVAILABLE, None))
            assert await stub.unary(b"x") == b"x"  # the last good one stays

            resolver.configs.put_nowait(None)
            resolver.configs.put_nowait(None)
            await resolver.configs.join()
            service.failures.append((UNAVAILABLE, None))
            with pytest.raises(RpcError, match="not yet"):
                await stub.unary(b"x")


async def test_a_bad_first_config_fails_the_resolution_or_leaves_the_channels_own() -> None:
    service = failing(1)
    async with Server([service]) as server:
        resolver = Delivering(await server.start("127.0.0.1:0"))
        resolver.configs.put_nowait("{")
        async with Channel("name", resolver=resolver) as channel:
            with pytest.raises(RpcError, match="this is no JSON") as caught:
                await EchoStub(channel).unary(b"x")
            assert caught.value.code is UNAVAILABLE
        resolver = Delivering(str(resolver.endpoints[0].addresses[0]))
        resolver.configs.put_nowait("{")
        async with Channel("name", resolver=resolver, service_config=RETRIES) as channel:
            assert await EchoStub(channel).unary(b"x") == b"x"
    assert service.attempts == [None, "1"]


async def test_calls_of_a_name_that_cannot_be_resolved() -> None:
    resolver = Delivering("127.0.0.1:1")
    resolver.configs.put_nowait(OSError("no such name"))
    async with Channel("name", resolver=resolver) as channel:
        with pytest.raises(RpcError, match="no such name"):
            await EchoStub(channel).unary(b"x")
        with pytest.raises(RpcError, match="while resolving name; last error") as caught:
            await EchoStub(channel).unary(b"x", wait_for_ready=True, timeout=0.05)
        assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
