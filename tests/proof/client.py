"""One client under steady load: ``python -m tests.proof.client '{"kind": "minirpc", "target": "dns:///geo:80", …}'``.

Calls begin at a fixed rate, whatever becomes of those before (an open loop): so a server that stalls does not have its
client ask less. Each call that has ended is a line of JSON on standard output:
``[start, seconds, code, pod, version, message]``, the start by the machine's monotonic clock. When its standard input
ends, no more calls begin, and the program ends when all have.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from tests.proof.service import METHOD, read_answer

Call: TypeAlias = Callable[[bytes], Awaitable[tuple[str, bytes, str]]]
"""Makes a call; returns the code, the response and the message."""


@dataclass(frozen=True)
class ClientOptions:
    """What a client does.

    Attributes:
        kind: ``minirpc`` or ``grpcio``.
        target: whom it calls.
        rate: calls a second.
        work: milliseconds that the server takes for each.
        timeout: seconds for a call.
        policy: the load balancing: its name, or a mapping ``{name: config}`` as in a service config. For minirpc also
            ``canary``, whose config is the weights of pods by the first part of their names.
        min_refresh: seconds between two questions of minirpc's to DNS, at least; 0 for its default.
        service_config: as JSON has it.
        keepalive: seconds until a PING, and for its answer; 0 for none.
    """

    kind: str
    target: str
    rate: float = 60.0
    work: int = 10
    timeout: float = 5.0
    policy: Any = "round_robin"
    min_refresh: float = 0.0
    service_config: Mapping[str, Any] | None = None
    keepalive: float = 0.0

    def to_json(self) -> str:
        """Returns the argument of this program."""
        return json.dumps(asdict(self))


@asynccontextmanager
async def _minirpc(options: ClientOptions) -> AsyncIterator[Call]:
    import minirpc.dns
    import minirpc.kubernetes  # makes channels know the scheme
    from minirpc.aio import Channel, Keepalive, TcpAddress, Weighted
    from minirpc.errors import RpcError
    from minirpc.rpc.service_config import LoadBalancingConfig
    from tests.proof.replica import WorkStub

    policy = options.policy
    if isinstance(policy, Mapping):
        ((name, config),) = policy.items()
        if name == "canary":
            policy = Weighted(config, by=lambda endpoint: endpoint.attributes["pod"].partition("-")[0])
        else:
            policy = LoadBalancingConfig(name, config)
    keepalive = options.keepalive and Keepalive(
        time=options.keepalive, timeout=options.keepalive, allow_short_time=True
    )
    resolver = None
    if options.min_refresh and options.target.startswith("dns:"):
        (server, server_port), (host, port) = (
            each.rsplit(":", 1) for each in options.target.removeprefix("dns://").split("/")
        )
        resolver = minirpc.dns.TtlDnsResolver(
            host, int(port), nameserver=TcpAddress(server, int(server_port)), min_refresh=options.min_refresh
        )
    async with Channel(
        options.target,
        resolver=resolver,
        load_balancing=policy,
        service_config=options.service_config,
        keepalive=keepalive or None,
    ) as channel:
        stub = WorkStub(channel)

        async def call(request: bytes) -> tuple[str, bytes, str]:
            try:
                return "OK", await stub.do(request, timeout=options.timeout), ""
            except RpcError as error:
                return error.code.name, b"", error.message

        yield call


@asynccontextmanager
async def _grpcio(options: ClientOptions) -> AsyncIterator[Call]:
    import grpc

    policy = options.policy if isinstance(options.policy, Mapping) else {options.policy: {}}
    config = {"loadBalancingConfig": [policy], **(options.service_config or {})}
    settings: list[tuple[str, Any]] = [
        ("grpc.service_config", json.dumps(config)),
        # by default 30 seconds: longer than it takes to replace all pods
        ("grpc.dns_min_time_between_resolutions_ms", 1000),
        ("grpc.enable_http_proxy", 0),
    ]
    if options.keepalive:
        settings += [
            ("grpc.keepalive_time_ms", int(options.keepalive * 1000)),
            ("grpc.keepalive_timeout_ms", int(options.keepalive * 1000)),
            # by default a minute, whatever the timeout of keepalive: that alone finds what does not acknowledge bytes
            ("grpc.http2.ping_timeout_ms", int(options.keepalive * 1000)),
            ("grpc.http2.max_pings_without_data", 0),
        ]
    async with grpc.aio.insecure_channel(options.target, options=settings) as channel:
        do = channel.unary_unary(METHOD)

        async def call(request: bytes) -> tuple[str, bytes, str]:
            try:
                return "OK", await do(request, timeout=options.timeout), ""
            except grpc.aio.AioRpcError as error:
                return error.code().name, b"", error.details() or ""

        yield call


async def _stdin_ended() -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


async def main(options: ClientOptions) -> None:
    """Calls until standard input ends."""
    request = b"%d" % options.work

    async def record(call: Call) -> None:
        start = time.monotonic()
        code, response, message = await call(request)
        line = [start, time.monotonic() - start, code, *(read_answer(response) if response else ("", "")), message]
        print(json.dumps(line), flush=True)

    over = asyncio.create_task(_stdin_ended())
    calls: set[asyncio.Task[None]] = set()
    async with (_minirpc if options.kind == "minirpc" else _grpcio)(options) as call:
        began, count = time.monotonic(), 0
        while not over.done():
            task = asyncio.create_task(record(call))
            calls.add(task)
            task.add_done_callback(calls.discard)
            count += 1
            await asyncio.wait([over], timeout=max(0.0, began + count / options.rate - time.monotonic()))
        if calls:
            await asyncio.wait(calls)


if __name__ == "__main__":
    asyncio.run(main(ClientOptions(**json.loads(sys.argv[1]))))
