"""Runs replicas as Kubernetes does, as far as their clients notice: a few parts of kubelet and its controllers.

A replica is a process with an address of its own. It is told of by both name services while its health service says
that it serves. When it is to go, the news of that and SIGTERM are on their way at the same time; after a grace it is
killed. One that dies is started anew in its place, with the same name and address.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from minirpc.aio import Backoff, Channel
from minirpc.errors import RpcError
from minirpc.services.health import HealthCheckRequest, HealthStub, ServingStatus
from tests.proof.naming import Entry, Naming
from tests.proof.processes import Program

__all__ = ["Cluster", "Deployment", "Place", "Pod", "Settings"]


@dataclass(frozen=True)
class Settings:
    """How replicas are run.

    Attributes:
        delay: seconds for which a server goes on as before after SIGTERM: more than it takes for clients to hear of it.
            By DNS that is the lag, the TTL, and a fifth of that.
        grace: seconds for its calls to end after that.
        max_connection_age: seconds after which servers have connections begin anew: it is then that grpcio asks DNS.
        probe_period: seconds between two readiness probes.
        lag: seconds from a change to the news of it, which take their time in a cluster.
        restart_delay: seconds until a replica that has died is started anew.
    """

    delay: float = 8.0
    grace: float = 5.0
    max_connection_age: float = 6.0
    probe_period: float = 0.5
    lag: float = 0.3
    restart_delay: float = 2.0


@dataclass(frozen=True)
class Place:
    """Where a replica runs: its IP address, and what is before its command line."""

    host: str
    prefix: Sequence[str] = ()


class Pod:
    """One replica.

    Attributes:
        name, version, place: what it is.
        ready: whether the last probe found it serving.
        terminating: whether it is to go.
        program: its process; None before it has one.
    """

    def __init__(self, cluster: Cluster, name: str, version: str, place: Place) -> None:
        self.name = name
        self.version = version
        self.place = place
        self.ready = False
        self.terminating = False
        self.program: Program | None = None
        self.became_ready = asyncio.Event()
        self._cluster = cluster

    async def run(self) -> None:
        """Runs its process, and another one when that has died, until it is to go."""
        while not self.terminating:
            settings = self._cluster.settings
            options = {
                "name": self.name,
                "version": self.version,
                "address": f"{self.place.host}:{self._cluster.port}",
                "delay": settings.delay,
                "grace": settings.grace,
                "max_connection_age": settings.max_connection_age,
            }
            arguments = "-m", "tests.proof.replica", json.dumps(options)
            self.program = await Program.start_python(self.name, *arguments, prefix=self.place.prefix)
            probing = asyncio.create_task(self._probe())
            try:
                await self.program.process.wait()
            finally:
                probing.cancel()
                await asyncio.wait([probing])
            self._set_ready(False)
            if not self.terminating:
                self._cluster.log(f"{self.name} has died")
                await asyncio.sleep(settings.restart_delay)

    async def _probe(self) -> None:
        """Asks whether it serves, as a readiness probe does."""
        quick = Backoff(initial=0.1, maximum=0.1)
        async with Channel(f"{self.place.host}:{self._cluster.port}", backoff=quick) as channel:
            health = HealthStub(channel)
            while True:
                serving = False
                with suppress(RpcError):
                    found = await health.check(HealthCheckRequest(), timeout=1.0)
                    serving = found.status == ServingStatus.SERVING
                self._set_ready(serving)
                await asyncio.sleep(self._cluster.settings.probe_period if serving else 0.1)

    def _set_ready(self, ready: bool) -> None:
        if ready != self.ready:
            self.ready = ready
            self._cluster.log(f"{self.name} is {'ready' if ready else 'not ready'}")
            self._cluster.changed()
        if ready:
            self.became_ready.set()

    def delete(self) -> asyncio.Task[None]:
        """Has it go: SIGTERM and the news are on their way. The task ends when it has gone.

        It raises ProgramError where the process has not ended with exit code 0 within its grace.
        """
        self.terminating = True
        self._cluster.log(f"{self.name} gets SIGTERM")
        self._cluster.changed()
        assert self.program is not None
        self.program.signal(signal.SIGTERM)
        return asyncio.create_task(self._leave(self.program))

    async def _leave(self, program: Program) -> None:
        settings = self._cluster.settings
        await program.end_well(settings.delay + settings.grace + 10.0)
        self._cluster.gone(self)
        self._cluster.log(f"{self.name} has gone")

    def kill(self) -> None:
        """Kills its process, as the kernel does when memory is short."""
        assert self.program is not None
        self._cluster.log(f"{self.name} is killed")
        self.program.signal(signal.SIGKILL)

    def tell(self, line: str) -> None:
        """Makes it ill, see :mod:`tests.proof.replica`."""
        assert self.program is not None
        self._cluster.log(f"{self.name}: {line}")
        self.program.tell(line)

    def entry(self) -> Entry:
        """Returns what its EndpointSlice says of it."""
        return Entry(
            self.name,
            self.place.host,
            ready=self.ready and not self.terminating,
            serving=self.ready,
            terminating=self.terminating,
        )


class Cluster:
    """All replicas of a service.

    Args:
        settings: how to run them.
        naming: who tells where they are.
        port: their port.
        places: where the next ones run.
        log: hears what happens.

    Attributes:
        pods: those that there are, also the ones that go.
        frozen: whether nothing new is told, as when a node is cut off and nobody has noticed.
    """

    def __init__(
        self,
        settings: Settings,
        naming: Naming,
        port: int,
        places: Iterable[Place],
        log: Callable[[str], object],
    ) -> None:
        self.settings = settings
        self.port = port
        self.pods: list[Pod] = []
        self.frozen = False
        self.log = log
        self._naming = naming
        self._places = iter(places)
        self._numbers = itertools.count(1)
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._publishing = asyncio.create_task(self._publish())

    async def close(self) -> None:
        """Kills what still runs."""
        tasks = [self._publishing, *self._tasks]
        for pod in self.pods:
            pod.terminating = True
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for pod in self.pods:
            if pod.program is not None:
                await pod.program.kill()

    def changed(self) -> None:
        """Has the name services told."""
        self._changed.set()

    async def _publish(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(self.settings.lag)
            self._changed.clear()
            if not self.frozen:
                await self._naming.publish([pod.entry() for pod in self.pods])

    def gone(self, pod: Pod) -> None:
        """Forgets a replica."""
        self.pods.remove(pod)
        self.changed()

    async def create(self, deployment: str, version: str) -> Pod:
        """Starts a replica and returns when it is ready.

        Raises:
            TimeoutError: it is not ready within half a minute.
        """
        pod = Pod(self, f"{deployment}-{next(self._numbers)}", version, next(self._places))
        self.pods.append(pod)
        task = asyncio.create_task(pod.run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        async with asyncio.timeout(30):
            await pod.became_ready.wait()
        return pod

    def replicas(self, deployment: str) -> list[Pod]:
        """Returns the replicas of a Deployment that stay, the oldest first."""
        return [pod for pod in self.pods if pod.name.partition("-")[0] == deployment and not pod.terminating]


class Deployment:
    """Keeps a number of replicas of one version, and changes them as a rolling update with ``maxSurge: 1`` and
    ``maxUnavailable: 0`` does: a new one is ready before an old one goes.

    Args:
        cluster: where.
        name: the first part of the names of its replicas, without ``-``.
        version: the version to run.
    """

    def __init__(self, cluster: Cluster, name: str, version: str) -> None:
        self.version = version
        self._cluster = cluster
        self._name = name
        self._going: set[asyncio.Task[None]] = set()

    @property
    def pods(self) -> list[Pod]:
        """Its replicas that stay, the oldest first."""
        return self._cluster.replicas(self._name)

    async def scale(self, count: int) -> None:
        """Starts replicas and returns when they are ready; or has the youngest ones go."""
        missing = count - len(self.pods)
        if missing > 0:
            await asyncio.gather(*(self._cluster.create(self._name, self.version) for _ in range(missing)))
        elif missing < 0:
            for pod in self.pods[missing:]:
                self._going.add(pod.delete())

    async def roll(self, version: str, replicas: int | None = None) -> None:
        """Replaces all replicas of other versions, or so many, and returns when the last one gets SIGTERM."""
        self.version = version
        old = [pod for pod in self.pods if pod.version != version]
        for pod in old[:replicas]:
            await self._cluster.create(self._name, version)
            self._going.add(pod.delete())

    async def settled(self) -> None:
        """Waits for those that go to have gone.

        Raises:
            ProgramError: one has not ended as it should.
        """
        while self._going:
            done, _ = await asyncio.wait(self._going)
            self._going -= done
            for task in done:
                task.result()


def now() -> float:
    """The time by which clients record their calls too."""
    return time.monotonic()
