"""Where the replicas are, told twice: by an API server with EndpointSlices, and by a DNS server, dnsmasq."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dns.asyncresolver import Resolver
from dns.exception import DNSException

from tests.proof.processes import Program
from tests.support.kubernetes_api import ApiServer, endpoint, endpoint_slice

__all__ = ["DNSMASQ", "HOST", "Entry", "Naming"]

HOST = "geo-pods.prod.svc.cluster.test"
"""The name of the headless Service in DNS."""

_NAMESPACE, _SERVICE = "prod", "geo"

DNSMASQ = shutil.which("dnsmasq", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"]))
"""The program, or None where it is not installed."""


@dataclass(frozen=True)
class Entry:
    """A replica, as an EndpointSlice has it."""

    pod: str
    host: str
    ready: bool
    serving: bool
    terminating: bool


class Naming:
    """Both name services, on the loopback interface.

    Args:
        folder: an empty one, for files.
        port: the port of the replicas.
        ttl: seconds for which answers of DNS hold; CoreDNS says 5 for the names of a cluster.
    """

    def __init__(self, folder: Path, port: int, ttl: int) -> None:
        self.folder = folder
        self.api = ApiServer()
        self._port = port
        self._ttl = ttl
        self._dns_port = _free_udp_port()
        self._dns: Program | None = None
        self._hosts = folder / "hosts"
        self._hosts.touch()
        folder.chmod(0o755)

    async def start(self) -> None:
        """Starts both."""
        await self.api.__aenter__()
        config: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "proof",
            "contexts": [{"name": "proof", "context": {"cluster": "proof", "user": "proof"}}],
            "clusters": [{"name": "proof", "cluster": {"server": self.api.url}}],
            "users": [{"name": "proof", "user": {"token": "good"}}],
        }
        self._kubeconfig.write_text(json.dumps(config), encoding="utf-8")
        await self.start_dns()

    async def stop(self) -> None:
        """Stops both."""
        await self.stop_dns()
        await self.api.__aexit__()

    # -- what clients need

    @property
    def _kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    @property
    def environment(self) -> dict[str, str]:
        """Variables for the clients."""
        return {"KUBECONFIG": str(self._kubeconfig), "GRPC_DNS_RESOLVER": "ares"}

    @property
    def kubernetes_target(self) -> str:
        """The service, by its EndpointSlices."""
        return f"kubernetes:///{_SERVICE}.{_NAMESPACE}:grpc"

    @property
    def dns_target(self) -> str:
        """The service, by DNS."""
        return f"dns://127.0.0.1:{self._dns_port}/{HOST}:{self._port}"

    # -- what happens

    async def publish(self, entries: Sequence[Entry]) -> None:
        """Tells where the replicas are from now on."""
        endpoints = [
            endpoint(each.host, pod=each.pod, ready=each.ready, serving=each.serving, terminating=each.terminating)
            for each in entries
        ]
        ports = {"grpc": self._port}
        await self.api.put(_NAMESPACE, endpoint_slice("geo-x7k2p", *endpoints, service=_SERVICE, ports=ports))
        lines = [f"{each.host} {HOST}\n" for each in entries if each.ready]
        fresh = self._hosts.with_suffix(".new")
        fresh.write_text("".join(lines), encoding="utf-8")
        fresh.chmod(0o644)
        fresh.replace(self._hosts)
        if self._dns is not None:
            self._dns.signal(signal.SIGHUP)  # it reads the file again

    async def start_dns(self) -> None:
        """Starts the DNS server, with what it is to know."""
        assert DNSMASQ is not None
        command = [
            DNSMASQ,
            "--keep-in-foreground",
            "--conf-file=/dev/null",
            "--pid-file=",
            "--no-hosts",
            "--no-resolv",
            "--listen-address=127.0.0.1",
            "--bind-interfaces",
            f"--port={self._dns_port}",
            f"--addn-hosts={self._hosts}",
            f"--local-ttl={self._ttl}",
            "--local=/test/",
        ]
        if os.geteuid() == 0:
            command.append("--user=root")
        self._dns = await Program.start("dnsmasq", command)
        async with asyncio.timeout(20):
            while not await _accepts_tcp(self._dns_port):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def known(self) -> None:
        """Returns when replicas have been published: the DNS server, which hears of them last, knows one."""
        resolver = Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = self._dns_port
        async with asyncio.timeout(20):
            while True:
                with suppress(DNSException):
                    await resolver.resolve(HOST, "A", lifetime=1.0)
                    return
                await asyncio.sleep(0.02)

    async def stop_dns(self) -> None:
        """Has it answer no more."""
        if self._dns is not None:
            dns, self._dns = self._dns, None
            await dns.kill()


async def _accepts_tcp(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def _free_udp_port() -> int:
    while True:
        with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            port: int = tcp.getsockname()[1]
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
