"""The rows of the proof: what is done to the replicas, and what their clients may notice of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.proof.client import ClientOptions
from tests.proof.cluster import Settings, now
from tests.proof.stage import Client, Stage

__all__ = ["ROWS", "Row"]


@dataclass(frozen=True)
class Row:
    """A row.

    Attributes:
        name: its name.
        play: plays it, and returns what is told of it; raises AssertionError where a client has noticed too much.
        what: what happens, in a few words.
        settings: how replicas are run.
    """

    name: str
    play: Callable[[Stage], Awaitable[str]]
    what: str
    settings: Settings = Settings()


async def _start_clients(stage: Stage, **options: object) -> list[Client]:
    """Starts the three clients, each with the options given."""
    naming = stage.naming
    return list(
        await asyncio.gather(
            stage.start_client(
                "minirpc, kubernetes:", ClientOptions("minirpc", naming.kubernetes_target, **options)
            ),
            stage.start_client("minirpc, dns:", ClientOptions("minirpc", naming.dns_target, **options)),
            stage.start_client("grpcio, dns:", ClientOptions("grpcio", naming.dns_target, **options)),
        )
    )


def _none_failed(stage: Stage) -> str:
    """Asserts that no call has failed, and tells how many there were."""
    for client in stage.clients:
        assert not client.failed, f"{client.name}: {len(client.failed)} failed: {client.failed[:5]}"
    return f"{sum(len(client.records) for client in stage.clients):,} calls, none failed"


async def _answered_by(stage: Stage, pods: set[str], seconds: float) -> dict[str, float]:
    """Waits until each client's latest calls were answered by these pods, and returns how long each took."""
    began = now()

    async def wait(client: Client) -> float:
        def follows() -> bool:
            latest = [each for each in client.records[-40:] if each.start >= began]
            return len(latest) == 40 and {each.pod for each in latest} == pods

        return await stage.until(follows, seconds)

    return dict(
        zip(
            [client.name for client in stage.clients],
            await asyncio.gather(*(wait(client) for client in stage.clients)),
            strict=True,
        )
    )


async def _roll(stage: Stage) -> str:
    deployment = stage.deployment
    await deployment.scale(4)
    await _start_clients(stage)
    await asyncio.sleep(3)
    stage.log("rolling update to v2")
    await deployment.roll("v2")
    await deployment.settled()
    settled = now()
    await asyncio.sleep(3)
    await stage.end_load()
    told = _none_failed(stage)
    for client in stage.clients:
        assert {each.version for each in client.since(settled)} == {"v2"}, client.name
    return told


ROWS = (Row("roll", _roll, "rolling update of 4 replicas from v1 to v2"),)
