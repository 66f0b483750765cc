"""The rows of the proof: what is done to the replicas, and what their clients may notice of it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.proof.cluster import Deployment, Pod, now
from tests.proof.records import Record, percentile, share, share_bounds
from tests.proof.stage import Client, Stage

__all__ = ["ROWS", "Row"]

_SPREAD = (
    20.0  # seconds for load to reach new replicas: grpcio asks DNS again when a connection is max_connection_age old
)
_NOTICED = 0.2  # seconds for a client to hear of a closed socket
_SLOW = 1.0  # seconds that a slow replica takes longer
_DEAD = 5.0  # seconds for a call whose server was cut off: a PING after one, its answer missed after another, and slack
_RECONNECTED = 60.0  # seconds until a client has tried again to connect
_OUTAGE = 12.0  # seconds without names: longer than anybody goes without asking

_RETRIES = {
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.05s",
                "maxBackoff": "0.5s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}


@dataclass(frozen=True)
class Row:
    """A row.

    Attributes:
        name: its name.
        play: plays it, and returns what is told of it; raises AssertionError where a client has noticed too much.
        what: what happens, in a few words.
        nodes: how many nodes are needed that can be cut off; 0 for replicas on the loopback interface.
    """

    name: str
    play: Callable[[Stage], Awaitable[str]]
    what: str
    nodes: int = 0


async def _start_clients(stage: Stage, **options: object) -> list[Client]:
    """Starts the three clients, each with the options given."""
    kubernetes, dns = stage.naming.kubernetes_target, stage.naming.dns_target
    return list(
        await asyncio.gather(
            stage.start_client("minirpc by kubernetes", "minirpc", kubernetes, **options),
            stage.start_client("minirpc by dns", "minirpc", dns, **options),
            stage.start_client("grpcio by dns", "grpcio", dns, **options),
        )
    )


def _none_failed(stage: Stage) -> str:
    """Asserts that no call has failed, and tells how many there were."""
    for client in stage.clients:
        assert not client.failed, f"{client.name}: {len(client.failed)} failed: {client.failed[:5]}"
    return f"{sum(len(client.records) for client in stage.clients):,} calls, none failed"


def _names(deployment: Deployment) -> set[str]:
    """Returns the names of its replicas."""
    return {pod.name for pod in deployment.pods}


async def _answered_by(stage: Stage, pods: set[str], seconds: float, latest: int = 40) -> dict[str, float]:
    """Waits until each client's latest calls were answered by these pods, and returns how long each took."""
    began = now()

    async def wait(client: Client) -> float:
        def follows() -> bool:
            calls = [each for each in client.records[-latest:] if each.start >= began and each.pod]
            return len(calls) == latest and {each.pod for each in calls} == pods

        return await stage.until(follows, seconds)

    return dict(
        zip(
            [client.name for client in stage.clients],
            await asyncio.gather(*(wait(client) for client in stage.clients)),
            strict=True,
        )
    )


def _in_flight(client: Client, since: float, until: float) -> list[Record]:
    """Returns the calls that were running at some time of an interval."""
    return [each for each in client.records if each.start <= until and each.end >= since]


# -- planned changes: nobody may notice


async def _scale(stage: Stage) -> str:
    deployment, many = stage.deployment, 2 if stage.brief else 4
    await deployment.scale(1)
    await _start_clients(stage)
    await stage.pause(2)
    stage.log(f"scale to {many}")
    await deployment.scale(many)
    spread = await _answered_by(stage, _names(deployment), _SPREAD)
    await stage.pause(1)
    stage.log(f"scale to {many // 2}")
    await deployment.scale(many // 2)
    await deployment.settled()
    await _answered_by(stage, _names(deployment), _SPREAD)
    await stage.pause(1)
    await stage.end_load()
    times = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in spread.items())
    return f"{_none_failed(stage)}; all replicas have load after: {times}"


async def _update(stage: Stage, replicas: int, seconds: float) -> None:
    """Puts replicas under load for a while, and then replaces them all by those of the next version."""
    await stage.deployment.scale(replicas)
    await _start_clients(stage)
    await stage.pause(seconds)
    stage.log("rolling update to v2")
    await stage.deployment.roll("v2")
    await stage.deployment.settled()
    await _answered_by(stage, _names(stage.deployment), _SPREAD)


async def _roll(stage: Stage) -> str:
    await _update(stage, 2 if stage.brief else 4, 3)
    settled = now()
    await stage.pause(3)
    await stage.end_load()
    told = _none_failed(stage)
    for client in stage.clients:
        assert {each.version for each in client.since(settled)} == {"v2"}, client.name
    return told


async def _roll_one(stage: Stage) -> str:
    await _update(stage, 1, 2)
    await stage.end_load()
    return _none_failed(stage)


async def _roll_back(stage: Stage) -> str:
    await stage.deployment.scale(4)
    await _start_clients(stage)
    await stage.pause(2)
    stage.log("rolling update to v2")
    await stage.deployment.roll("v2", 2)
    await _answered_by(stage, _names(stage.deployment), _SPREAD)
    stage.log("rollback to v1")
    await stage.deployment.roll("v1")
    await stage.deployment.settled()
    await _answered_by(stage, _names(stage.deployment), _SPREAD)
    settled = now()
    await stage.pause(2)
    await stage.end_load()
    told = _none_failed(stage)
    for client in stage.clients:
        assert {each.version for each in client.records} == {"v1", "v2"}, client.name
        assert {each.version for each in client.since(settled)} == {"v1"}, client.name
    return told


async def _canary(stage: Stage) -> str:
    await stage.deployment.scale(9)
    naming = stage.naming
    canary = Deployment(stage.cluster, "canary", "v2")
    # by numbers of replicas: one of ten; by weights: whatever the numbers
    weights = {"canary": {"geo": 90, "canary": 10}}
    await asyncio.gather(
        stage.start_client("minirpc by weights", "minirpc", naming.kubernetes_target, policy=weights),
        stage.start_client("minirpc by dns", "minirpc", naming.dns_target),
        stage.start_client("grpcio by dns", "grpcio", naming.dns_target),
    )
    stage.log("a canary with v2")
    await canary.scale(1)
    await _answered_by(stage, {*_names(stage.deployment), *_names(canary)}, _SPREAD, latest=150)
    began = now()
    await stage.pause(15)
    ended = now()
    stage.log("the canary goes")
    await canary.scale(0)
    await canary.settled()
    await _answered_by(stage, _names(stage.deployment), _SPREAD)
    settled = now()
    await stage.pause(2)
    await stage.end_load()
    told = [_none_failed(stage)]
    for client in stage.clients:
        calls = client.since(began, ended)
        part, (low, high) = share(calls, version="v2"), share_bounds(0.1, len(calls))
        assert low <= part <= high, f"{client.name}: the canary has {part:.1%} of {len(calls)} calls"
        assert {each.version for each in client.since(settled)} == {"v1"}, client.name
        told.append(f"{client.name}: {part:.1%} of {len(calls)}")
    return "; ".join(told)


# -- what nobody has planned


async def _kill(stage: Stage) -> str:
    """Without a policy of retries: only what the dead replica may have begun may fail."""
    return await _kill_one(stage, retries=False)


async def _kill_retried(stage: Stage) -> str:
    return await _kill_one(stage, retries=True)


async def _kill_one(stage: Stage, *, retries: bool) -> str:
    await stage.deployment.scale(3 if stage.brief else 4)
    # calls that take longer: so that there are some in flight
    await _start_clients(stage, work=40, service_config=_RETRIES if retries else None)
    await stage.pause(2)
    victim = stage.deployment.pods[0]
    assert victim.program is not None
    killed = now()
    victim.kill()
    await victim.program.process.wait()
    dead = now()
    await stage.until(lambda: victim.ready, 30.0)  # it is started anew in its place
    await _answered_by(stage, _names(stage.deployment), _SPREAD)
    await stage.end_load()
    if retries:
        return _none_failed(stage)
    told = []
    for client in stage.clients:
        # what was on its way when the kernel closed the sockets, which the client has heard of a moment later
        running = _in_flight(client, killed, dead + _NOTICED)
        assert all(each in running for each in client.failed), f"{client.name}: {client.failed}"
        assert {each.code for each in client.failed} <= {"UNAVAILABLE"}, f"{client.name}: {client.failed}"
        count = len(_in_flight(client, killed, dead))
        assert len(client.failed) <= count, f"{client.name}: {client.failed}"
        told.append(f"{client.name}: {len(client.failed)} failed of {count} in flight")
    return "; ".join(told)


async def _slow(stage: Stage) -> str:
    naming = stage.naming
    await stage.deployment.scale(4)
    hedging = {"methodConfig": [{"name": [{}], "hedgingPolicy": {"maxAttempts": 2, "hedgingDelay": "0.1s"}}]}
    least = {"policy": "least_request"}
    await asyncio.gather(
        stage.start_client(
            "minirpc with hedging", "minirpc", naming.kubernetes_target, **least, service_config=hedging
        ),
        stage.start_client("minirpc, least_request", "minirpc", naming.kubernetes_target, **least),
        stage.start_client("grpcio, round_robin", "grpcio", naming.dns_target),
    )
    await stage.pause(2)
    victim = stage.deployment.pods[0]
    victim.tell(f"slow {_SLOW * 1000:g}")
    began = now()
    await stage.pause(8)
    ended = now()
    victim.tell("well")
    await stage.pause(1)
    await stage.end_load()
    told = [_none_failed(stage)]
    hedged, least, robin = stage.clients
    for client in stage.clients:
        calls = client.since(began + 0.1, ended)
        part, p99 = share(calls, pod=victim.name), percentile(calls, 99)
        told.append(f"{client.name}: {part:.0%} to the slow one, p99 {p99 * 1000:.0f} ms")
    assert max(each.seconds for each in hedged.since(began)) < _SLOW, told
    assert percentile(hedged.since(began + 0.1, ended), 99) < _SLOW / 2, told
    shares = [share(client.since(began + 0.1, ended), pod=victim.name) for client in (least, robin)]
    assert shares[0] < 0.5 * shares[1], told
    return "; ".join(told)


async def _errors(stage: Stage) -> str:
    naming = stage.naming
    await stage.deployment.scale(3 if stage.brief else 4)
    common = {"baseEjectionTime": "30s", "childPolicy": [{"round_robin": {}}]}
    ours = {"outlier_detection": {**common, "consecutiveFailures": 5}}
    percentage = {"threshold": 50, "enforcementPercentage": 100, "minimumHosts": 3, "requestVolume": 5}
    theirs = {"outlier_detection_experimental": {**common, "interval": "1s", "failurePercentageEjection": percentage}}
    kubernetes, dns = naming.kubernetes_target, naming.dns_target
    await asyncio.gather(
        stage.start_client("minirpc", "minirpc", kubernetes, policy=ours),
        stage.start_client("minirpc with retries", "minirpc", dns, policy=ours, service_config=_RETRIES),
        stage.start_client("grpcio", "grpcio", dns, policy=theirs),
    )
    await stage.pause(2)
    victim = stage.deployment.pods[0]
    victim.tell("fail UNAVAILABLE")
    began = now()
    await stage.pause(8, least=5)
    await stage.end_load()
    alone, retrying, _ = stage.clients
    # five in a row have it ejected; those that are under way meanwhile fail as well
    assert 5 <= len(alone.failed) <= 15, f"{alone.name}: {len(alone.failed)} failed"
    assert not retrying.failed, f"{retrying.name}: {retrying.failed[:5]}"
    others = _names(stage.deployment) - {victim.name}
    for client in stage.clients:
        assert {each.pod for each in client.since(began + 4)} == others, client.name
    told = ", ".join(f"{client.name}: {len(client.failed)}" for client in stage.clients)
    return f"failed until the replica was ejected: {told}"


async def _half_open(stage: Stage) -> str:
    """A node is cut off: packets vanish, connections stay open on this side."""
    network = stage.network
    assert network is not None
    return await _falls_silent(
        stage, lambda victim: network.cut(victim.place), lambda victim: network.mend(victim.place)
    )


async def _hung(stage: Stage) -> str:
    """A process hangs: its kernel takes what it is sent, and even connects."""

    async def send(victim: Pod, number: signal.Signals) -> None:
        assert victim.program is not None
        victim.program.signal(number)

    return await _falls_silent(
        stage, lambda victim: send(victim, signal.SIGSTOP), lambda victim: send(victim, signal.SIGCONT)
    )


async def _falls_silent(
    stage: Stage, silence: Callable[[Pod], Awaitable[None]], wake: Callable[[Pod], Awaitable[None]]
) -> str:
    """Has a replica fall silent, and nobody tells."""
    await stage.deployment.scale(3 if stage.brief else 4)
    await _start_clients(stage, keepalive=1.0, timeout=30.0, service_config=_RETRIES)
    await stage.pause(2)
    victim = stage.deployment.pods[0]
    stage.cluster.frozen = True
    stage.log(f"{victim.name} falls silent")
    silent = now()
    await silence(victim)
    await stage.pause(8, least=4)
    await _answered_by(stage, _names(stage.deployment) - {victim.name}, _DEAD)
    if not stage.brief:
        stage.log(f"{victim.name} is back")
        await wake(victim)
        await _answered_by(stage, _names(stage.deployment), _RECONNECTED)
    await stage.end_load()
    told = [_none_failed(stage)]
    for client in stage.clients:
        held_up = [each for each in client.records if each.start >= silent - 1 and each.seconds > 0.5]
        longest = max(each.seconds for each in held_up)
        assert longest < _DEAD, f"{client.name}: {longest}"
        told.append(f"{client.name}: {len(held_up)} held up, {longest:.1f} s at most")
    return "; ".join(told)


async def _names_fail(stage: Stage) -> str:
    """Neither DNS nor the API server answers for a while; what clients know of is still right."""
    await stage.deployment.scale(3)
    await _start_clients(stage)
    await stage.pause(2)
    stage.log("no name service answers")
    stage.naming.api.failing = 503
    stage.naming.api.drop_watches()
    await stage.naming.stop_dns()
    await asyncio.sleep(_OUTAGE)
    stage.log("they answer again")
    stage.naming.api.failing = None
    await stage.naming.start_dns()
    await stage.deployment.scale(4)
    spread = await _answered_by(stage, _names(stage.deployment), 60.0)
    await stage.end_load()
    times = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in spread.items())
    return f"{_none_failed(stage)}; a new replica has load after: {times}"


ROWS = (
    Row("scale", _scale, "from 1 replica to 4, and to 2"),
    Row("roll", _roll, "rolling update of 4 replicas from v1 to v2"),
    Row("roll-one", _roll_one, "rolling update of the only replica"),
    Row("rollback", _roll_back, "rolling update, undone when half of it is done"),
    Row("canary", _canary, "one replica with v2 beside nine, or 10 % by weight"),
    Row("kill", _kill, "kill -9 of one replica of 4, no retry policy"),
    Row("kill-retried", _kill_retried, "kill -9 of one replica of 4, with a retry policy"),
    Row("slow", _slow, "one replica of 4 takes a second longer"),
    Row("errors", _errors, "one replica of 4 answers UNAVAILABLE"),
    Row("hung", _hung, "one replica of 4 hangs (SIGSTOP); keepalive, with a retry policy"),
    Row("half-open", _half_open, "the node of one replica of 4 is cut off; keepalive, with a retry policy", nodes=4),
    Row("names", _names_fail, "DNS and the API server are away for 12 seconds"),
)
