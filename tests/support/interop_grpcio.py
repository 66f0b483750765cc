"""grpcio's side of the interop tests: the service and the client, each for asyncio and for threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import grpc
import grpc.aio
from interop_peers import Generated, Journal, echoed

OPTIONS = [("grpc.use_local_subchannel_pool", 1)]  # no connection is shared between the channels of a process
THREADS = 210  # more than the calls that a test has in flight


def _by_number(number: int) -> grpc.StatusCode:
    return next(code for code in grpc.StatusCode if code.value[0] == number)


def _trailers(request: Any, metadata: Any) -> tuple[Any, ...]:
    return (*echoed(metadata), ("grpc-status-details-bin", request.details)) if request.details else echoed(metadata)


def aio_service(generated: Generated, journal: Journal) -> Any:
    """An ``Echo`` for ``grpc.aio`` that notes what it sees in ``journal``."""
    pb2 = generated.pb2

    async def begin(context: Any) -> None:
        journal.peers.add(context.peer())
        pairs = echoed(context.invocation_metadata())
        await context.send_initial_metadata(pairs)
        context.set_trailing_metadata(pairs)

    async def fail(request: Any, context: Any) -> None:
        trailers = _trailers(request, context.invocation_metadata())
        await context.abort(_by_number(request.code), request.message, trailers)

    async def wait(context: Any) -> None:
        journal.time_remaining.append(context.time_remaining())
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            journal.cancelled += 1
            raise

    class Echo(generated.pb2_grpc.EchoServicer):
        def __init__(self) -> None:
            self._waiting = 0
            self._complete = asyncio.Event()

        async def Unary(self, request: Any, context: Any) -> Any:
            await begin(context)
            journal.requests.append(request)
            return request

        async def Collect(self, requests: AsyncIterator[Any], context: Any) -> Any:
            await begin(context)
            payloads = [request.payload async for request in requests]
            return pb2.Chunk(number=len(payloads), payload=b"".join(payloads))

        async def Repeat(self, request: Any, context: Any) -> AsyncIterator[Any]:
            await begin(context)
            for number in range(request.count):
                yield pb2.Chunk(number=number, payload=request.payload)

        async def Chat(self, requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
            await begin(context)
            async for request in requests:
                yield request

        async def Fail(self, request: Any, context: Any) -> Any:
            await begin(context)
            await fail(request, context)

        async def FailLate(self, request: Any, context: Any) -> AsyncIterator[Any]:
            await begin(context)
            yield pb2.Chunk(number=1)
            await fail(request, context)

        async def Wait(self, request: Any, context: Any) -> Any:
            await wait(context)

        async def WaitStream(self, request: Any, context: Any) -> AsyncIterator[Any]:
            yield pb2.Chunk(number=1)
            await wait(context)

        async def Meet(self, request: Any, context: Any) -> Any:
            journal.peers.add(context.peer())
            self._waiting += 1
            if self._waiting == request.size:
                self._complete.set()
            await self._complete.wait()
            return request

    return Echo()


def sync_service(generated: Generated, journal: Journal) -> Any:
    """An ``Echo`` for grpcio's threads that notes what it sees in ``journal``."""
    pb2 = generated.pb2

    def begin(context: Any) -> None:
        journal.peers.add(context.peer())
        pairs = echoed(context.invocation_metadata())
        context.send_initial_metadata(pairs)
        context.set_trailing_metadata(pairs)

    def fail(request: Any, context: Any) -> None:
        context.set_trailing_metadata(_trailers(request, context.invocation_metadata()))
        context.abort(_by_number(request.code), request.message)

    def begin_to_wait(context: Any) -> threading.Event:
        over = threading.Event()

        def end() -> None:
            journal.cancelled += 1
            over.set()

        if not context.add_callback(end):
            end()
        journal.time_remaining.append(context.time_remaining())
        return over

    class Echo(generated.pb2_grpc.EchoServicer):
        def __init__(self) -> None:
            self._waiting = 0
            self._changed = threading.Condition()

        def Unary(self, request: Any, context: Any) -> Any:
            begin(context)
            journal.requests.append(request)
            return request

        def Collect(self, requests: Iterator[Any], context: Any) -> Any:
            begin(context)
            payloads = [request.payload for request in requests]
            return pb2.Chunk(number=len(payloads), payload=b"".join(payloads))

        def Repeat(self, request: Any, context: Any) -> Iterator[Any]:
            begin(context)
            for number in range(request.count):
                yield pb2.Chunk(number=number, payload=request.payload)

        def Chat(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:
            begin(context)
            yield from requests

        def Fail(self, request: Any, context: Any) -> Any:
            begin(context)
            fail(request, context)

        def FailLate(self, request: Any, context: Any) -> Iterator[Any]:
            begin(context)
            yield pb2.Chunk(number=1)
            fail(request, context)

        def Wait(self, request: Any, context: Any) -> Any:
            begin_to_wait(context).wait(30)
            return pb2.Chunk()

        def WaitStream(self, request: Any, context: Any) -> Iterator[Any]:
            # Before the response: grpcio does not go on with the handler of a call that has ended meanwhile.
            over = begin_to_wait(context)
            yield pb2.Chunk(number=1)
            over.wait(30)

        def Meet(self, request: Any, context: Any) -> Any:
            journal.peers.add(context.peer())
            with self._changed:
                self._waiting += 1
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting >= request.size, 30)
            return request

    return Echo()


@asynccontextmanager
async def aio_server(add: Callable[[Any], None]) -> AsyncIterator[str]:
    """Runs a ``grpc.aio`` server and gives its address; ``add`` gives it its handlers."""
    server = grpc.aio.server(options=OPTIONS)
    add(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


@asynccontextmanager
async def sync_server(add: Callable[[Any], None]) -> AsyncIterator[str]:
    """Runs a server of grpcio with threads and gives its address; ``add`` gives it its handlers."""
    with ThreadPoolExecutor(THREADS) as pool:
        server = grpc.server(pool, options=OPTIONS)
        add(server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait()


@dataclass
class Outcome:
    """How a call by grpcio ended.

    Attributes:
        messages: the responses, in order.
        code: the status code's number.
        message: the status message.
        initial: initial metadata.
        trailing: trailing metadata.
    """

    messages: list[Any] = field(default_factory=list)
    code: int = 0
    message: str = ""
    initial: tuple[tuple[str, str | bytes], ...] = ()
    trailing: tuple[tuple[str, str | bytes], ...] = ()


class Client(Protocol):
    """What the tests do with either of grpcio's clients. Methods are those of the generated stub, by name."""

    async def call(self, method: str, *requests: Any, **options: Any) -> Outcome:
        """Makes a call of any kind and waits for its end; options are grpcio's, such as timeout and metadata."""

    async def converse(self, method: str, *requests: Any) -> list[Any]:
        """Makes a call with two streams, and sends each request after the answer to the one before."""

    async def cancel(self, method: str, request: Any, started: Callable[[], Awaitable[None]]) -> Outcome:
        """Makes a call, waits for ``started`` and for its first response if there is a stream of them, and cancels."""


class AioClient:
    """The client of ``grpc.aio``."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    async def call(self, method: str, *requests: Any, **options: Any) -> Outcome:
        multi_callable = getattr(self._stub, method)
        streaming = isinstance(multi_callable, (grpc.aio.StreamUnaryMultiCallable, grpc.aio.StreamStreamMultiCallable))
        call = multi_callable(iter(requests) if streaming else requests[0], **options)
        return await self._outcome(call)

    async def converse(self, method: str, *requests: Any) -> list[Any]:
        call = getattr(self._stub, method)()
        replies = []
        for request in requests:
            await call.write(request)
            replies.append(await call.read())
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF
        return replies

    async def cancel(self, method: str, request: Any, started: Callable[[], Awaitable[None]]) -> Outcome:
        call = getattr(self._stub, method)(request)
        if isinstance(call, grpc.aio.UnaryStreamCall):
            await anext(aiter(call))
        await started()
        call.cancel()
        return await self._outcome(call)

    @staticmethod
    async def _outcome(call: Any) -> Outcome:
        outcome = Outcome()
        try:
            if isinstance(call, (grpc.aio.UnaryUnaryCall, grpc.aio.StreamUnaryCall)):
                outcome.messages.append(await call)
            else:
                async for message in call:
                    outcome.messages.append(message)  # what came before an error counts
        except (grpc.aio.AioRpcError, asyncio.CancelledError):
            pass  # the status tells
        outcome.code = (await call.code()).value[0]
        outcome.message = await call.details() or ""
        outcome.initial = tuple(await call.initial_metadata() or ())
        outcome.trailing = tuple(await call.trailing_metadata() or ())
        return outcome


class _SingleResponse:
    """A running call with one response, read as a stream of one, as grpcio's other calls are."""

    def __init__(self, future: Any) -> None:
        self._future = future

    def __getattr__(self, name: str) -> Any:
        return getattr(self._future, name)

    def __iter__(self) -> Iterator[Any]:
        yield self._future.result()


def _start(multi_callable: Any) -> Callable[..., Any]:
    """What starts a call and does not wait for its response."""
    if isinstance(multi_callable, (grpc.UnaryUnaryMultiCallable, grpc.StreamUnaryMultiCallable)):
        return lambda *args, **kwargs: _SingleResponse(multi_callable.future(*args, **kwargs))
    return multi_callable  # type: ignore[no-any-return]


class SyncClient:
    """grpcio's client for threads; each call blocks a thread of ``pool``, so that the loop can serve it."""

    def __init__(self, stub: Any, pool: ThreadPoolExecutor) -> None:
        self._stub = stub
        self._pool = pool

    async def call(self, method: str, *requests: Any, **options: Any) -> Outcome:
        def block() -> Outcome:
            multi_callable = getattr(self._stub, method)
            streaming = isinstance(multi_callable, (grpc.StreamUnaryMultiCallable, grpc.StreamStreamMultiCallable))
            argument = iter(requests) if streaming else requests[0]
            return self._outcome(_start(multi_callable)(argument, **options))

        return await self._run(block)

    async def converse(self, method: str, *requests: Any) -> list[Any]:
        def block() -> list[Any]:
            answered = threading.Semaphore(1)

            def paced() -> Iterator[Any]:
                for request in requests:
                    answered.acquire()
                    yield request

            replies = []
            for reply in getattr(self._stub, method)(paced()):
                replies.append(reply)
                answered.release()
            return replies

        return await self._run(block)

    async def cancel(self, method: str, request: Any, started: Callable[[], Awaitable[None]]) -> Outcome:
        multi_callable = getattr(self._stub, method)
        call = _start(multi_callable)(request)
        if isinstance(multi_callable, grpc.UnaryStreamMultiCallable):
            await self._run(lambda: next(call))
        await started()
        call.cancel()
        return await self._run(lambda: self._outcome(call))

    async def _run(self, function: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, function)

    @staticmethod
    def _outcome(call: Any) -> Outcome:
        outcome = Outcome()
        try:
            if hasattr(call, "result") and not hasattr(call, "__next__"):
                outcome.messages.append(call.result())
            else:
                for message in call:
                    outcome.messages.append(message)  # what came before an error counts
        except (grpc.RpcError, grpc.FutureCancelledError):
            pass  # the status tells
        outcome.code = call.code().value[0]
        outcome.message = call.details() or ""
        outcome.initial = tuple(call.initial_metadata() or ())
        outcome.trailing = tuple(call.trailing_metadata() or ())
        return outcome


@asynccontextmanager
async def aio_client(generated: Generated, address: str) -> AsyncIterator[Client]:
    """Connects ``grpc.aio``'s client."""
    async with grpc.aio.insecure_channel(address, options=OPTIONS) as channel:
        yield AioClient(generated.pb2_grpc.EchoStub(channel))


@asynccontextmanager
async def sync_client(generated: Generated, address: str) -> AsyncIterator[Client]:
    """Connects grpcio's client for threads."""
    with (
        ThreadPoolExecutor(THREADS) as pool,
        grpc.insecure_channel(address, options=OPTIONS) as channel,
    ):
        yield SyncClient(generated.pb2_grpc.EchoStub(channel), pool)
