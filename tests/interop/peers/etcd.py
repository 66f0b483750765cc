"""minirpc's client and generated code against a real etcd, a server on grpc-go: ``python -m tests.interop.peers.etcd``.

It takes the flags of minirpc's interoperability client (:mod:`tests.interop.client`); its cases are its own.
"""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import Awaitable, Callable, Sequence

from tests.interop.gen.etcd.kv_pb import Event
from tests.interop.gen.etcd.rpc_pb import (
    Compare,
    DeleteRangeRequest,
    LeaseGrantRequest,
    LeaseKeepAliveRequest,
    LeaseRevokeRequest,
    LeaseTimeToLiveRequest,
    PutRequest,
    RangeRequest,
    RequestOp,
    TxnRequest,
    WatchCancelRequest,
    WatchCreateRequest,
    WatchRequest,
    WatchResponse,
)
from tests.interop.gen.etcd.rpc_rpc import KVStub, LeaseStub, WatchStub

from minirpc import RpcError, StatusCode
from minirpc.aio import Channel
from tests.interop.client import connector
from tests.interop.flags import client_parser
from tests.interop.play import play

__all__ = ["CASES", "main"]


def _watch(key: bytes, watch_id: int = 0) -> WatchRequest:
    """A request to watch all keys that begin with ``key``."""
    end = key[:-1] + bytes([key[-1] + 1])
    return WatchRequest(create_request=WatchCreateRequest(key=key, range_end=end, watch_id=watch_id))


def _events(response: WatchResponse | None) -> list[tuple[Event.EventType, bytes, bytes]]:
    assert response is not None, "the stream ended"
    return [(event.type, event.kv.key, event.kv.value) for event in response.events if event.kv is not None]


async def put_and_range(channel: Channel) -> None:
    kv = KVStub(channel)
    for number in range(20):
        await kv.put(PutRequest(key=b"range/%02d" % number, value=bytes([number]) * number))
    found = await kv.range(RangeRequest(key=b"range/", range_end=b"range0", limit=7))
    assert [(pair.key, pair.value) for pair in found.kvs] == [
        (b"range/%02d" % number, bytes([number]) * number) for number in range(7)
    ]
    assert (found.more, found.count) == (True, 20)
    gone = await kv.delete_range(DeleteRangeRequest(key=b"range/", range_end=b"range0", prev_kv=True))
    assert (gone.deleted, len(gone.prev_kvs)) == (20, 20)


async def large_values(channel: Channel) -> None:
    kv = KVStub(channel)
    value = bytes(range(256)) * 4_000  # etcd takes 1.5 MiB
    await asyncio.gather(*(kv.put(PutRequest(key=b"large/%d" % number, value=value)) for number in range(5)))
    found = await asyncio.gather(*(kv.range(RangeRequest(key=b"large/%d" % number)) for number in range(5)))
    assert [[pair.value for pair in one.kvs] for one in found] == [[value]] * 5


async def status_of_the_server(channel: Channel) -> None:
    kv = KVStub(channel)
    for request, code, message in (
        (PutRequest(), StatusCode.INVALID_ARGUMENT, "etcdserver: key is not provided"),
        (PutRequest(key=b"k", value=bytes(1_800_000)), StatusCode.INVALID_ARGUMENT, "etcdserver: request is too large"),
        (PutRequest(key=b"k", lease=12_345), StatusCode.NOT_FOUND, "etcdserver: requested lease not found"),
    ):
        try:
            await kv.put(request)
        except RpcError as error:
            assert (error.code, error.message) == (code, message), error
        else:
            raise AssertionError(f"OK instead of {code.name}")


async def transaction(channel: Channel) -> None:
    kv = KVStub(channel)
    await kv.put(PutRequest(key=b"txn", value=b"old"))
    swap = TxnRequest(
        compare=[Compare(key=b"txn", target=Compare.CompareTarget.VALUE, value=b"old")],
        success=[RequestOp(request_put=PutRequest(key=b"txn", value=b"new", prev_kv=True))],
        failure=[RequestOp(request_range=RangeRequest(key=b"txn"))],
    )
    first, second = await kv.txn(swap), await kv.txn(swap)
    [put], [found] = first.responses, second.responses
    assert first.succeeded
    assert put.response_put is not None
    assert put.response_put.prev_kv is not None
    assert put.response_put.prev_kv.value == b"old"
    assert not second.succeeded
    assert found.response_range is not None
    assert [pair.value for pair in found.response_range.kvs] == [b"new"]


async def watch(channel: Channel) -> None:
    """One stream carries two watchers; each hears of its own keys, in order, until it is cancelled."""
    kv = KVStub(channel)
    async with WatchStub(channel).watch() as call:
        for key, watch_id in ((b"a/", 1), (b"b/", 2)):
            await call.send(_watch(key, watch_id))
            created = await call.receive()
            assert created is not None
            assert (created.created, created.watch_id) == (True, watch_id)
        heard: dict[int, list[tuple[Event.EventType, bytes, bytes]]] = {1: [], 2: []}
        for number in range(50):
            await kv.put(PutRequest(key=b"ab"[number % 2 :][:1] + b"/%d" % number, value=b"v"))
        await kv.delete_range(DeleteRangeRequest(key=b"a/0"))
        while sum(map(len, heard.values())) < 51:
            response = await call.receive()
            assert response is not None
            heard[response.watch_id] += _events(response)
        put, delete = Event.EventType.PUT, Event.EventType.DELETE
        assert heard[1] == [*((put, b"a/%d" % number, b"v") for number in range(0, 50, 2)), (delete, b"a/0", b"")]
        assert heard[2] == [(put, b"b/%d" % number, b"v") for number in range(1, 50, 2)]
        await call.send(WatchRequest(cancel_request=WatchCancelRequest(watch_id=1)))
        ended = await call.receive()
        assert ended is not None
        assert (ended.canceled, ended.watch_id) == (True, 1)


async def watch_from_the_past(channel: Channel) -> None:
    kv = KVStub(channel)
    first = await kv.put(PutRequest(key=b"past", value=b"0"))
    assert first.header is not None
    for number in range(1, 100):
        await kv.put(PutRequest(key=b"past", value=b"%d" % number))
    request = _watch(b"past")
    assert request.create_request is not None
    request.create_request.start_revision = first.header.revision
    heard: list[bytes] = []
    async for response in WatchStub(channel).watch([request]):
        heard += [value for _, _, value in _events(response)]
        if len(heard) == 100:
            break
    assert heard == [b"%d" % number for number in range(100)]


async def cancelled_watch(channel: Channel) -> None:
    """A stream that the client leaves takes nothing else with it."""
    for _ in range(20):
        async with WatchStub(channel).watch() as call:
            await call.send(_watch(b"cancelled"))
            assert (await call.receive()) is not None
    await KVStub(channel).put(PutRequest(key=b"cancelled"))


async def many_watches(channel: Channel) -> None:
    """Two hundred streams on one connection hear of the same key."""
    opened = asyncio.Event()
    waiting = 0

    async def watch_one(number: int) -> list[tuple[Event.EventType, bytes, bytes]]:
        nonlocal waiting
        async with WatchStub(channel).watch() as call:
            await call.send(_watch(b"many"))
            created = await call.receive()
            assert created is not None
            assert created.created
            waiting += 1
            if waiting == 200:
                opened.set()
            return _events(await call.receive())

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(watch_one(number)) for number in range(200)]
        await opened.wait()
        await KVStub(channel).put(PutRequest(key=b"many", value=b"heard"))
    assert {tuple(task.result()) for task in tasks} == {((Event.EventType.PUT, b"many", b"heard"),)}


async def lease_keep_alive(channel: Channel) -> None:
    """A key lives as long as its lease, which a stream prolongs."""
    kv, lease = KVStub(channel), LeaseStub(channel)
    granted = await lease.lease_grant(LeaseGrantRequest(TTL=60))
    await kv.put(PutRequest(key=b"leased", value=b"v", lease=granted.ID))
    async with lease.lease_keep_alive() as call:
        for _ in range(10):
            await call.send(LeaseKeepAliveRequest(ID=granted.ID))
            kept = await call.receive()
            assert kept is not None
            assert (kept.ID, kept.TTL) == (granted.ID, 60)
        await call.done_writing()
        assert await call.receive() is None
    told = await lease.lease_time_to_live(LeaseTimeToLiveRequest(ID=granted.ID, keys=True))
    assert (told.grantedTTL, told.keys) == (60, [b"leased"])
    async with WatchStub(channel).watch() as watch:
        await watch.send(_watch(b"leased"))
        assert (await watch.receive()) is not None
        await lease.lease_revoke(LeaseRevokeRequest(ID=granted.ID))
        assert _events(await watch.receive()) == [(Event.EventType.DELETE, b"leased", b"")]


async def deadline(channel: Channel) -> None:
    """A deadline ends a watch that hears nothing.

    Whose timer is first is chance: etcd's grpc-go calls its own expired deadline UNKNOWN.
    """
    try:
        async with WatchStub(channel).watch(timeout=0.2) as call:
            await call.send(_watch(b"silent"))
            while await call.receive() is not None:
                pass
    except RpcError as error:
        servers = (StatusCode.UNKNOWN, "context deadline exceeded")
        assert error.code is StatusCode.DEADLINE_EXCEEDED or (error.code, error.message) == servers, error
    else:
        raise AssertionError("the stream ended with OK")


CASES: dict[str, Callable[[Channel], Awaitable[None]]] = {
    case.__name__: case
    for case in (
        put_and_range,
        large_values,
        status_of_the_server,
        transaction,
        watch,
        watch_from_the_past,
        cancelled_watch,
        many_watches,
        lease_keep_alive,
        deadline,
    )
}
"""All cases by name."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Plays the cases, and returns the exit status."""
    options = client_parser("tests.interop.peers.etcd").parse_args(arguments)

    async def play_one(name: str) -> None:
        async with connector(options)() as channel:
            await CASES[name](channel)

    cases = {name: functools.partial(play_one, name) for name in CASES}
    return asyncio.run(play(options.test_case.split(","), cases, options.case_timeout))


if __name__ == "__main__":
    sys.exit(main())
