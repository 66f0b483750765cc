"""Names by a real DNS server whose records change."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from echo import EchoStub
from fleet import QUICK, Named, ready_count, until, who

from minirpc.aio import Channel, Endpoint, Server, StaticResolver, TcpAddress
from minirpc.aio.resolver import create_resolver, parse_target
from minirpc.dns import TtlDnsResolver
from minirpc.errors import RpcError

DNSMASQ = shutil.which("dnsmasq", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
needs_dnsmasq = pytest.mark.skipif(DNSMASQ is None, reason="dnsmasq is not installed")


class NameServer:
    """dnsmasq, started anew for each set of records."""

    def __init__(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.53", 0))
            self.address = TcpAddress("127.0.0.53", sock.getsockname()[1])
        self.process: asyncio.subprocess.Process | None = None

    async def serve(self, *records: str, ttl: int = 0) -> None:
        await self.stop()
        assert DNSMASQ is not None
        self.process = await asyncio.create_subprocess_exec(
            DNSMASQ,
            *("--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", f"--user={getpass.getuser()}"),
            *("--no-resolv", "--no-hosts", "--bind-interfaces", "--local=/test/", "--log-facility=-"),
            *(f"--listen-address={self.address.host}", f"--port={self.address.port}", f"--local-ttl={ttl}"),
            *records,
            stderr=asyncio.subprocess.PIPE,
        )
        assert self.process.stderr is not None
        while b"started" not in (line := await self.process.stderr.readline()):
            assert line, "dnsmasq did not start"

    async def stop(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            await process.communicate()


@contextlib.asynccontextmanager
async def name_server() -> AsyncIterator[NameServer]:
    server = NameServer()
    try:
        yield server
    finally:
        await server.stop()


async def servers(stack: AsyncExitStack, *hosts: str) -> int:
    """Starts servers that answer with their address, all on one port."""
    port = 0
    for host in hosts:
        server = await stack.enter_async_context(Server([Named(host.encode())]))
        address = await server.start(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        port = int(address.rpartition(":")[2])
    return port


@needs_dnsmasq
async def test_channel_follows_the_records_of_both_families() -> None:
    async with name_server() as dns, AsyncExitStack() as stack:
        port = await servers(stack, "127.0.0.1", "127.0.0.2", "::1")
        await dns.serve("--host-record=geo.test,127.0.0.1")
        resolver = TtlDnsResolver("geo.test", port, nameserver=dns.address, min_refresh=0.05)
        async with Channel("geo.test", resolver=resolver, load_balancing="round_robin", backoff=QUICK) as channel:
            assert await who(channel, 3) == {b"127.0.0.1": 3}
            await dns.serve("--host-record=geo.test,127.0.0.1", "--host-record=geo.test,127.0.0.2,::1")
            await until(lambda: ready_count(channel) == 3)
            assert await who(channel, 6) == {b"127.0.0.1": 2, b"127.0.0.2": 2, b"::1": 2}
            await dns.stop()  # what is known stays
            await asyncio.sleep(0.2)
            assert len(await who(channel, 6)) == 3
            await dns.serve("--host-record=geo.test,127.0.0.2")
            await until(lambda: len(channel.routing.subchannels) == 1)
            assert await who(channel, 3) == {b"127.0.0.2": 3}


@needs_dnsmasq
async def test_srv_records_have_ports_weights_and_priorities() -> None:
    async with name_server() as dns, AsyncExitStack() as stack:
        ports = [await servers(stack, host) for host in ("127.0.0.1", "127.0.0.2", "127.0.0.3")]
        hosts = [f"--host-record=pod{number}.test,127.0.0.{number + 1}" for number in range(3)]

        def srv(number: int, priority: int, weight: int) -> str:
            return f"--srv-host=_grpc._tcp.geo.test,pod{number}.test,{ports[number]},{priority},{weight}"

        await dns.serve(*hosts, srv(0, 10, 1), srv(1, 10, 3), srv(2, 20, 9))
        target = f"dns://{dns.address}/_grpc._tcp.geo.test"
        resolver, _ = create_resolver(parse_target(target))
        watching = resolver.watch()
        found = await anext(watching)
        assert set(found.endpoints) == {
            Endpoint((TcpAddress("127.0.0.1", ports[0]),), weight=1),
            Endpoint((TcpAddress("127.0.0.2", ports[1]),), weight=3),
        }
        async with Channel(target, load_balancing="round_robin", resolve_interval=0.05, backoff=QUICK) as channel:
            await channel.connect()
            await until(lambda: ready_count(channel) == 2)
            await who(channel, 4)
            assert await who(channel, 40) == {b"127.0.0.1": 10, b"127.0.0.2": 30}
            # the records have changed, which a hint makes known
            await dns.serve(*hosts, srv(2, 20, 9))
            resolver.resolve_now()
            assert [each.addresses for each in (await anext(watching)).endpoints] == [
                (TcpAddress("127.0.0.3", ports[2]),)
            ]
        await watching.aclose()  # type: ignore[attr-defined]


@needs_dnsmasq
async def test_departing_server_has_the_name_looked_up_at_once() -> None:
    async with name_server() as dns, AsyncExitStack() as stack:
        port = await servers(stack, "127.0.0.2")
        async with Server([Named(b"old")]) as old:
            await old.start(f"127.0.0.1:{port}")
            await dns.serve("--host-record=geo.test,127.0.0.1", ttl=300)
            resolver = TtlDnsResolver("geo.test", port, nameserver=dns.address, min_refresh=60)
            async with Channel("geo.test", resolver=resolver, resolve_interval=0.05, backoff=QUICK) as channel:
                assert await who(channel, 1) == {b"old": 1}
                await dns.serve("--host-record=geo.test,127.0.0.2", ttl=300)
                await old.stop(5)
                status = await EchoStub(channel).unary(b"", timeout=20, wait_for_ready=True).status()
                assert status.code.name == "OK"
                assert await who(channel, 1) == {b"127.0.0.2": 1}


@needs_dnsmasq
async def test_names_that_are_not_there_fail_calls() -> None:
    async with name_server() as dns:
        await dns.serve("--host-record=geo.test,127.0.0.1")
        for path in ("other.test:80", "_grpc._tcp.geo.test", f"{'a' * 64}.test:80", "a..b:80"):
            async with Channel(f"dns://{dns.address}/{path}") as channel:
                with pytest.raises(RpcError, match="no address of"):
                    await EchoStub(channel).unary(b"", timeout=20)


async def test_localhost_is_left_to_the_system() -> None:
    async with AsyncExitStack() as stack:
        port = await servers(stack, "127.0.0.1")
        async with Channel(f"localhost:{port}", backoff=QUICK) as channel:
            assert await who(channel, 1) == {b"127.0.0.1": 1}
    await asyncio.get_running_loop().shutdown_default_executor()


def test_targets() -> None:
    assert isinstance(create_resolver(parse_target("127.0.0.1:80"))[0], StaticResolver)
    assert isinstance(create_resolver(parse_target("dns://[::1]/geo:80"))[0], TtlDnsResolver)
    for target in ("geo", "dns:///geo:x", "dns://ns.test/geo:80", "::1:80", "dns:///geo:99999"):
        with pytest.raises(ValueError):
            create_resolver(parse_target(target))
    for make in (
        lambda: TtlDnsResolver("geo"),
        lambda: TtlDnsResolver("_grpc._tcp.geo", 80),
        lambda: TtlDnsResolver("geo", 80, min_refresh=0),
    ):
        with pytest.raises(ValueError):
            make()
