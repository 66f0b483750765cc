"""The stage of one row: name services, replicas, clients under load, and what is recorded of them."""

from __future__ import annotations

import asyncio
import random
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.proof.client import ClientOptions
from tests.proof.cluster import Cluster, Deployment, Place, Settings, now
from tests.proof.naming import Naming
from tests.proof.network import Network, open_network
from tests.proof.processes import Program
from tests.proof.records import Record, failures

__all__ = ["Client", "Stage", "open_stage"]

_BRIEF = Settings(delay=2.0, grace=3.0, max_connection_age=1.5, probe_period=0.2, lag=0.1, restart_delay=0.5)
_BRIEF_OPTIONS = {"min_refresh": 1.0}
_BRIEFNESS = 0.25


@dataclass
class Client:
    """A client under load.

    Attributes:
        name: what it is called in tables.
        options: what it does.
        records: the calls that have ended, in the order of their ends.
    """

    name: str
    options: ClientOptions
    records: list[Record] = field(default_factory=list)

    def add(self, line: str) -> None:
        """Takes a line that it has printed."""
        self.records.append(Record.parse(line))

    def since(self, when: float, until: float = float("inf")) -> list[Record]:
        """Returns the calls that began in a time."""
        return [each for each in self.records if when <= each.start < until]

    @property
    def failed(self) -> list[Record]:
        """The calls that have failed."""
        return failures(self.records)


@dataclass
class Stage:
    """What a row plays with.

    Attributes:
        naming, cluster: see there.
        deployment: the Deployment ``geo``.
        clients: those that were started.
        events: what has happened, and when.
        network: the nodes, where they can be cut off.
        brief: whether the row is to be a short one.
    """

    naming: Naming
    cluster: Cluster
    deployment: Deployment
    events: list[tuple[float, str]]
    network: Network | None = None
    brief: bool = False
    clients: list[Client] = field(default_factory=list)
    _programs: list[Program] = field(default_factory=list)

    async def start_client(self, name: str, kind: str, target: str, **options: Any) -> Client:
        """Starts a client, and returns when its first call has been answered.

        Args:
            name: what it is called in tables.
            kind, target, options: see :class:`tests.proof.client.ClientOptions`.
        """
        await self.naming.known()
        client = Client(name, ClientOptions(kind, target, **({**_BRIEF_OPTIONS, **options} if self.brief else options)))
        program = await Program.start_python(
            name,
            "-m",
            "tests.proof.client",
            client.options.to_json(),
            environment=self.naming.environment,
            on_line=client.add,
        )
        self.clients.append(client)
        self._programs.append(program)
        await program.first_line()
        await self.until(lambda: any(each.code == "OK" for each in client.records), 20.0)
        return client

    async def end_load(self) -> None:
        """Has the clients make no more calls, and waits for those that run.

        Raises:
            ProgramError: one hangs, or has failed.
        """
        programs, self._programs = self._programs, []
        for program in programs:
            program.close_input()
        try:
            for client, program in zip(self.clients, programs, strict=True):
                await program.end_well(client.options.timeout + 10.0)
        finally:
            self._programs = programs

    async def kill_clients(self) -> None:
        """Ends what is left of them."""
        for program in self._programs:
            await program.kill()

    async def pause(self, seconds: float, least: float = 0.0) -> None:
        """Lets time pass; less of it where the row is to be a short one."""
        await asyncio.sleep(max(least, seconds * _BRIEFNESS) if self.brief else seconds)

    def log(self, text: str) -> None:
        """Notes what happens."""
        self.events.append((now(), text))

    async def until(self, condition: Callable[[], bool], seconds: float) -> float:
        """Waits for something, and returns how many seconds it took.

        Raises:
            TimeoutError: it has not happened.
        """
        began = now()
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110  # many things make it true
                await asyncio.sleep(0.02)
        return now() - began


@asynccontextmanager
async def open_stage(*, brief: bool = False, nodes: int = 0) -> AsyncIterator[Stage]:
    """Starts the name services; all that the row has started is ended with the block.

    Args:
        brief: whether the row is to be a short one: everything that takes time takes less.
        nodes: how many nodes there are that can be cut off; with 0, replicas have addresses of the loopback interface.

    Raises:
        OSError: there cannot be such nodes here.
    """
    events: list[tuple[float, str]] = []
    prefix = f"127.{random.randrange(16, 250)}.{random.randrange(256)}"
    port = _free_port(f"{prefix}.1")
    async with AsyncExitStack() as stack:
        network = await stack.enter_async_context(open_network(nodes)) if nodes else None
        places = network.places if network else (Place(f"{prefix}.{number}") for number in range(2, 250))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="minirpc-proof-")))
        naming = Naming(folder, port, ttl=1 if brief else 5)
        stack.push_async_callback(naming.stop)
        await naming.start()
        cluster = Cluster(
            _BRIEF if brief else Settings(), naming, port, places, lambda text: events.append((now(), text))
        )
        stack.push_async_callback(cluster.close)
        stage = Stage(naming, cluster, Deployment(cluster, "geo", "v1"), events, network, brief)
        stack.push_async_callback(stage.kill_clients)
        yield stage


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as server:
        port: int = server.getsockname()[1]
        return port
