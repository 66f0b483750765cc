"""Whole channels and servers against peers that send anything: in memory, one case after the other.

After each case nothing may be left: no task, no stream, no connection in memory, and nothing in the log above INFO.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import weakref
from collections.abc import AsyncIterator, Callable, Container, Coroutine, Sequence
from typing import Any

from echo import SERVICE, Echo, EchoStub
from frames import OK_TRAILERS, PREFACE, REQUEST, RESPONSE, data, goaway, message, ping, rst, settings, window
from hpack import Encoder
from hyperframe.frame import HeadersFrame
from hypothesis import strategies as st

from minirpc.aio import Channel, Context, Http2Options, Server
from minirpc.errors import RpcError, StatusCode
from minirpc.testing.memory import Link, Quality

__all__ = [
    "Fault",
    "Recorded",
    "attack_client",
    "attack_server",
    "frame_starts",
    "moves",
    "mutations",
    "record",
    "run_case",
    "spell",
]

_TURNS = 30  # of the loop, after which whatever was to happen has happened
_OPTIONS = Http2Options(max_concurrent_streams=4, stream_window=65_535, connection_window=70_000)


class Fault(AssertionError):  # noqa: N818
    """Something was left behind, or said, that should not be."""


class Peer(asyncio.BufferedProtocol):
    """The other end of a connection: it takes what comes, and answers nothing."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.transport: Any = None
        self._buffer = bytearray(1 << 16)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.received += self._buffer[:nbytes]


class Cut(Quality):
    """Reads of random sizes, mostly small ones."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def piece_size(self, available: int) -> int:
        return self._random.choice((available, self._random.randint(1, available), min(available, 9)))


class Careful(Echo):
    """Echoes, with handlers that fail for no request.

    Attributes:
        running: handlers that have begun and not ended.
    """

    def __init__(self) -> None:
        super().__init__()
        self.running = 0

    async def unary(self, request: bytes, context: Context) -> bytes:
        self.running += 1
        try:
            await asyncio.sleep(0)
            return await super().unary(request, context)
        finally:
            self.running -= 1

    async def down(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        self.running += 1
        try:
            for _ in range(30):
                yield bytes(8_000)
        finally:
            self.running -= 1

    async def up(self, requests: AsyncIterator[bytes], context: Context) -> bytes:
        self.running += 1
        try:
            return await super().up(requests, context)
        finally:
            self.running -= 1

    async def bidi(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        self.running += 1
        try:
            async for request in requests:
                yield request
        finally:
            self.running -= 1

    async def sleep(self, request: bytes, context: Context) -> bytes:
        self.running += 1
        try:
            return await super().sleep(request, context)
        finally:
            self.running -= 1


class _Ears(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(self.format(record))


Case = Callable[[], Coroutine[Any, Any, "list[weakref.ref[Any]]"]]


def run_case(case: Case) -> None:
    """Runs a case on a loop of its own, and looks for what it left behind.

    Args:
        case: returns what must not outlive it.

    Raises:
        Fault: there is something.
    """
    ears = _Ears()
    logging.getLogger().addHandler(ears)
    faults: list[str] = []
    try:
        with asyncio.Runner(debug=False) as runner:  # debug mode warns of what took long on a busy machine
            runner.get_loop().set_exception_handler(lambda _, context: faults.append(f"loop: {context}"))

            async def bounded() -> list[weakref.ref[Any]]:
                async with asyncio.timeout(20):
                    mortal = await case()
                for _ in range(_TURNS):
                    await asyncio.sleep(0)
                others = asyncio.all_tasks() - {asyncio.current_task()}
                faults.extend(f"task: {task}" for task in others)
                return mortal

            mortal = runner.run(bounded())
        gc.collect()
    finally:
        logging.getLogger().removeHandler(ears)
    faults += [f"in memory: {found!r}" for found in (each() for each in mortal) if found is not None]
    faults += [f"log: {line}" for line in ears.heard]
    if faults:
        raise Fault("\n".join(faults))


# -- what may be sent

_streams = st.sampled_from([1, 1, 1, 3, 3, 5, 7, 9, 11, 0, 2, 2**31 - 1])
_bodies = st.sampled_from(
    [
        *(message(b"x"), message(b""), message(b"x") * 2, message(b"x")[:3], message(b"x")[3:], message(bytes(5_000))),
        *(b"", b"\0", message(b"x", 1), message(b"x", 7), b"\0\xff\xff\xff\xff", b"\0\0\x10\0\0" + bytes(9_000)),
        bytes(16_384),
    ]
)
_codes = st.sampled_from([0, 1, 2, 7, 8, 11, 13, 99, 2**32 - 1])
_paths = st.sampled_from(["Unary", "Up", "Bidi", "Down", "Sleep", "None", ""])
_extra = st.sampled_from(
    [
        *((), (("grpc-timeout", "1m"),), (("grpc-timeout", "x"),), (("grpc-encoding", "gzip"),), (("x-bin", "!"),)),
        *((("content-length", "6"),), (("te", "x"),), (("connection", "close"),), (("x-a", "b" * 20_000),)),
        *((("grpc-status", "0"),), (("grpc-status", "77"),), (("grpc-message", "%zz"),), ((":status", "200"),)),
    ]
)
_values = st.sampled_from([0, 1, 100, 65_535, 65_536, 2**31 - 1, 2**31, 2**32 - 1, 16_384, 2**24])
_flags = st.integers(0, 255)

Move = tuple[Any, ...]

moves: st.SearchStrategy[list[Move]] = st.lists(
    st.one_of(
        st.tuples(st.just("request"), _streams, _paths, _extra, st.booleans()),
        st.tuples(st.just("request"), _streams, _paths, st.just(()), st.booleans()),
        st.tuples(st.just("response"), _streams, _extra, st.booleans()),
        st.tuples(st.just("trailers"), _streams, _extra),
        st.tuples(st.just("data"), _streams, _bodies, st.booleans(), st.sampled_from([None, None, 0, 200])),
        st.tuples(st.just("rst"), _streams, _codes),
        st.tuples(st.just("window"), _streams, _values),
        st.tuples(st.just("settings"), st.dictionaries(st.integers(0, 9), _values, max_size=3), st.booleans()),
        st.tuples(st.just("ping"), st.booleans()),
        st.tuples(st.just("goaway"), _streams, _codes),
        st.tuples(st.just("raw"), st.integers(0, 12), _flags, _streams, st.binary(max_size=20)),
        st.tuples(st.just("junk"), st.binary(max_size=30)),
        st.tuples(st.just("pause")),
    ),
    max_size=25,
)
"""What a peer does: descriptions of frames, good and bad ones."""


def spell(description: Sequence[Move]) -> list[bytes]:
    """The bytes of each move; a pause has none."""
    encoder = Encoder()

    def headers(stream_id: int, fields: Sequence[tuple[str, str]], end: bool) -> bytes:
        head = HeadersFrame(1, encoder.encode(fields), flags=["END_HEADERS"])
        if end:
            head.flags.add("END_STREAM")
        return _on_stream(head.serialize(), stream_id)

    parts = []
    for kind, *rest in description:
        if kind == "request":
            stream_id, path, extra, end = rest
            parts.append(headers(stream_id, [*REQUEST[:2], (":path", f"/{SERVICE}/{path}"), *REQUEST[3:], *extra], end))
        elif kind == "response":
            parts.append(headers(rest[0], [*RESPONSE, *rest[1]], rest[2]))
        elif kind == "trailers":
            parts.append(headers(rest[0], [*OK_TRAILERS, *rest[1]], True))
        elif kind == "data":
            parts.append(_on_stream(data(1, rest[1], end=rest[2], padding=rest[3]), rest[0]))
        elif kind == "rst":
            parts.append(_on_stream(rst(1, rest[1]), rest[0]))
        elif kind == "window":
            parts.append(_on_stream(_raw(8, 0, 0, rest[1].to_bytes(4, "big")), rest[0]))
        elif kind == "settings":
            payload = b"".join(key.to_bytes(2, "big") + value.to_bytes(4, "big") for key, value in rest[0].items())
            parts.append(settings(ack=True) if rest[1] else _raw(4, 0, 0, payload))
        elif kind == "ping":
            parts.append(ping(ack=rest[0]))
        elif kind == "goaway":
            parts.append(goaway(*rest))
        elif kind == "raw":
            parts.append(_raw(*rest))
        elif kind == "junk":
            parts.append(rest[0])
        else:
            parts.append(b"")
    return parts


def _raw(kind: int, flags: int, stream_id: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream_id.to_bytes(4, "big") + payload


def _on_stream(frame: bytes, stream_id: int) -> bytes:
    return frame[:5] + stream_id.to_bytes(4, "big") + frame[9:]


def frame_starts(recorded: bytes) -> list[int]:
    """Where each frame of a recording begins."""
    at = len(PREFACE) if recorded.startswith(PREFACE) else 0
    found = []
    while at < len(recorded):
        found.append(at)
        at += 9 + int.from_bytes(recorded[at : at + 3], "big")
    return found


def mutations(recorded: bytes) -> st.SearchStrategy[bytes]:
    """Recorded bytes after one to four changes: bytes that are another, cut out, doubled, moved, cut off.

    Most changes are near the beginning of a frame: a body is long, and any change of it is as good as another.
    """
    starts = st.sampled_from(frame_starts(recorded))
    places = st.one_of(starts, st.builds(int.__add__, starts, st.integers(0, 30)), st.integers(0, len(recorded)))

    @st.composite
    def change(draw: st.DrawFn) -> bytes:
        found = bytearray(recorded)
        for _ in range(draw(st.integers(1, 4))):
            a = min(draw(places), len(found))
            b = min(len(found), a + draw(st.sampled_from([1, 1, 9, 40])))
            how = draw(st.sampled_from(["flip", "flip", "flip", "remove", "double", "move", "cut", "insert"]))
            part = bytes(found[a:b])
            if how == "flip" and a < len(found):
                found[a] ^= 1 << draw(st.integers(0, 7))
            elif how == "remove":
                del found[a:b]
            elif how == "double":
                found[a:a] = part
            elif how == "move":
                del found[a:b]
                at = min(draw(places), len(found))
                found[at:at] = part
            elif how == "cut":
                del found[max(a, len(found) // 3) :]
            else:
                found[a:a] = draw(st.binary(max_size=12))
        return bytes(found)

    return change()


# -- cases


async def attack_server(parts: Sequence[bytes], seed: int, ending: str) -> list[weakref.ref[Any]]:
    """Plays a client of these bytes to a server.

    Args:
        parts: what is sent, one after the other; after an empty part, a while later.
        seed: how reads are cut.
        ending: ``abort`` and ``close`` the connection, or ``stop`` the server under it.
    """
    loop = asyncio.get_running_loop()
    service = Careful()
    server = Server([service], http2_options=_OPTIONS, max_receive_message_size=20_000)
    connection = server.new_connection()
    peer = Peer()
    Link(loop, Cut(seed), ("server", "client"), lambda link: None).connect(peer, connection)
    await _send(peer, parts)
    await _end(peer, ending)
    if ending != "stop":
        for _ in range(10 * _TURNS):
            if not service.running:
                break
            await asyncio.sleep(0)
        if service.running:
            raise Fault(f"{service.running} handlers run on a connection that is gone")
    await server.stop()
    if service.running:
        raise Fault(f"{service.running} handlers run after the end of the server")
    return [weakref.ref(connection), weakref.ref(server), weakref.ref(peer)]


async def attack_client(
    parts: Sequence[bytes], seed: int, ending: str, codes: Container[StatusCode] = StatusCode
) -> list[weakref.ref[Any]]:
    """Plays a server of these bytes to a channel with calls of all kinds under way.

    Args:
        parts, seed, ending: as for :func:`attack_server`.
        codes: the statuses that a call may fail with.
    """
    peers: list[Peer] = []
    connections: list[weakref.ref[Any]] = []

    async def connect(address: object, protocol: asyncio.BufferedProtocol) -> object:
        if peers:
            raise ConnectionRefusedError("there is one connection only")
        peers.append(Peer())
        connections.append(weakref.ref(protocol))
        link = Link(asyncio.get_running_loop(), Cut(seed), ("client", "server"), lambda link: None)
        link.connect(protocol, peers[0])
        return link.client

    async with Channel("in-memory:1", connector=connect, http2_options=_OPTIONS, connect_timeout=0.02) as channel:
        calls = [asyncio.ensure_future(each) for each in _calls(EchoStub(channel))]
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        [peer] = peers
        await _send(peer, parts)
        await _end(peer, ending)
        if ending == "stop":
            await channel.close()
        for outcome in await asyncio.gather(*calls, return_exceptions=True):
            if isinstance(outcome, BaseException) and not isinstance(outcome, RpcError):
                raise Fault(f"a call ended with {outcome!r}") from outcome
            if isinstance(outcome, RpcError) and outcome.code not in codes:
                raise Fault(f"a call ended with {outcome.code.name}: {outcome.message}") from outcome
    return [*connections, weakref.ref(channel)]


def _calls(stub: EchoStub) -> list[Coroutine[Any, Any, object]]:
    """Calls of each kind, in the order in which they are recorded."""

    async def unary() -> object:
        return await stub.unary(bytes(100))

    async def large() -> object:
        return await stub.unary(bytes(100_000))

    async def down() -> object:
        return [reply async for reply in stub.down(b"3")]

    async def up() -> object:
        return await stub.up([b"a", b"b" * 30_000])

    async def bidi() -> object:
        async with stub.bidi() as call:
            await call.send(b"1")
            reply = await call.receive()
            await call.send(b"2")
            await call.done_writing()
            return reply, await call.receive(), await call.receive()

    async def left() -> object:
        async with stub.bidi() as call:
            await call.send(b"1")
            return await call.receive()

    return [unary(), large(), down(), up(), bidi(), left()]


async def _send(peer: Peer, parts: Sequence[bytes]) -> None:
    for part in parts:
        peer.transport.write(part)
        for _ in range(1 if part else _TURNS):
            await asyncio.sleep(0)
    for _ in range(_TURNS):
        await asyncio.sleep(0)


async def _end(peer: Peer, ending: str) -> None:
    if ending == "abort":
        peer.transport.abort()
    elif ending == "close":
        peer.transport.close()
    for _ in range(_TURNS):
        await asyncio.sleep(0)


class Recorded:
    """A good exchange. Attributes: from_client, from_server: the bytes."""

    def __init__(self, from_client: bytes, from_server: bytes) -> None:
        self.from_client = from_client
        self.from_server = from_server


def record() -> Recorded:
    """Records the calls that :func:`attack_client` makes, with a good server."""

    class Tap(asyncio.BufferedProtocol):
        """Stands between a transport and its protocol, and keeps what goes by."""

        def __init__(self, protocol: asyncio.BufferedProtocol) -> None:
            self.protocol = protocol
            self.seen = bytearray()

        def __getattr__(self, name: str) -> Any:
            return getattr(self.protocol, name)

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.protocol.connection_made(transport)

        def get_buffer(self, sizehint: int) -> Any:
            self._buffer = self.protocol.get_buffer(sizehint)
            return self._buffer

        def buffer_updated(self, nbytes: int) -> None:
            self.seen += bytes(memoryview(self._buffer)[:nbytes])
            self.protocol.buffer_updated(nbytes)

        def eof_received(self) -> bool | None:
            return self.protocol.eof_received()

        def connection_lost(self, exc: Exception | None) -> None:
            self.protocol.connection_lost(exc)

        def pause_writing(self) -> None:
            self.protocol.pause_writing()

        def resume_writing(self) -> None:
            self.protocol.resume_writing()

    taps: list[Tap] = []

    async def main() -> None:
        async with Server([Careful()], http2_options=_OPTIONS) as server:

            async def connect(address: object, protocol: asyncio.BufferedProtocol) -> object:
                taps.extend((Tap(protocol), Tap(server.new_connection())))
                link = Link(asyncio.get_running_loop(), Quality(), ("client", "server"), lambda link: None)
                link.connect(*taps)
                return link.client

            async with Channel("in-memory:1", connector=connect, http2_options=_OPTIONS) as channel:
                await asyncio.gather(*_calls(EchoStub(channel)))

    asyncio.run(main())
    client, server = taps
    assert server.seen.startswith(PREFACE)
    assert window(0, 4465) in server.seen, "the connection's window"
    return Recorded(bytes(server.seen), bytes(client.seen))
