"""A blocking client: the same stubs, for scripts, notebooks and threads.

::

    with Channel("127.0.0.1:50051") as channel:
        reply = LibraryStub(channel).get_book(request, timeout=1.0)

A channel has an event loop of its own in a daemon thread, so it works wherever there is a thread to block: also where
another event loop runs, as in a notebook, and from many threads at once.
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import os
import threading
import warnings
import weakref
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, NoReturn, ParamSpec, Self, TypeVar

from minirpc import aio
from minirpc.aio.blocking import (
    BlockingBidiCall,
    BlockingCall,
    BlockingChannel,
    BlockingClientStreamCall,
    BlockingServerStreamCall,
    BlockingStreamStream,
    BlockingStreamUnary,
    BlockingUnaryCall,
    BlockingUnaryStream,
    BlockingUnaryUnary,
    CallOptions,
)
from minirpc.aio.service import StreamStream, StreamUnary, UnaryStream, UnaryUnary
from minirpc.errors import RpcError, StatusCode
from minirpc.rpc.method import RAW

__all__ = [
    "BlockingBidiCall",
    "BlockingCall",
    "BlockingClientStreamCall",
    "BlockingServerStreamCall",
    "BlockingStreamStream",
    "BlockingStreamUnary",
    "BlockingUnaryCall",
    "BlockingUnaryStream",
    "BlockingUnaryUnary",
    "CallOptions",
    "Channel",
    "GenericStub",
]

P = ParamSpec("P")
T = TypeVar("T")

_EXIT_TIMEOUT = 5.0  # seconds that the end of the program waits for a channel that nobody closed

_open_channels: weakref.WeakSet[Channel] = weakref.WeakSet()
_closing: set[asyncio.Task[None]] = set()


def _options_of(
    init: Callable[Concatenate[Any, P], None],  # noqa: ARG001  # for its type
) -> Callable[[Callable[..., None]], Callable[Concatenate[Any, P], None]]:
    """Gives a constructor the parameters of another one, for type checkers."""

    def keep(function: Callable[..., None]) -> Callable[Concatenate[Any, P], None]:
        return function

    return keep


class Channel(BlockingChannel):
    """A blocking channel to a server, for stubs whose methods then block. Safe to use from many threads.

    Takes the arguments of :class:`minirpc.aio.Channel`; interceptors are the same, and run on the channel's own event
    loop. ``with``, or :meth:`close`, closes it. It connects when the first call needs it, and its thread starts then.

    It does not survive a fork: a child process makes a channel of its own.
    """

    @_options_of(aio.Channel.__init__)
    def __init__(self, *args: Any, **options: Any) -> None:
        """Prepares a channel; arguments and errors as for :class:`minirpc.aio.Channel`."""
        self._closed = True  # until nothing below can raise any more: __del__ warns of open channels
        self._channel = aio.Channel(*args, **options)
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        _open_channels.add(self)

    def __repr__(self) -> str:
        return f"<blocking {self._channel!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if self._closed or self._loop is None or self._pid != os.getpid():
            return
        warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self, stacklevel=2)
        # Without waiting: this may run in any thread, the channel's own one included.
        self._loop.call_soon_threadsafe(_close_and_stop, self._channel, self._loop)

    if not TYPE_CHECKING:  # type checkers are to say that these do not exist

        async def __aenter__(self) -> NoReturn:
            raise TypeError(
                "a minirpc.sync.Channel is entered with 'with'; minirpc.aio.Channel is the one for async code"
            )

        async def __aexit__(self, *args: object) -> None: ...

    def close(self, grace: float | None = None) -> None:
        """Closes the channel and ends its thread. New calls raise ``RuntimeError`` from now on. May be called again.

        Args:
            grace: seconds for running calls to end; then, or at once without it, they end with CANCELLED.

        Raises:
            RuntimeError: it is called on the channel's own event loop.
        """
        self._close(grace, None)

    def _close(self, grace: float | None, timeout: float | None) -> None:
        if self._pid != os.getpid():
            return  # the thread is the parent's
        self._refuse_own_thread()
        with self._lock:
            first, self._closed = not self._closed, True
            loop, thread = self._loop, self._thread
            if loop is None or thread is None:
                return
            if first:
                # Behind everything that was handed to the loop before, so that nobody waits for ever.
                loop.call_soon_threadsafe(_close_and_stop, self._channel, loop, grace)
        thread.join(timeout)

    # -- connectivity

    @property
    def state(self) -> aio.ChannelState:
        """How the channel stands to its servers now. Safe from any thread."""
        return aio.ChannelState.SHUTDOWN if self._closed else self._channel.state

    def connect(self, *, timeout: float | None = None, wait_for_ready: bool | None = None) -> None:
        """Connects without a call, and waits until the channel is READY.

        Args:
            timeout: seconds to wait; None for no limit.
            wait_for_ready: whether to wait on, after a failure, until it works; None for the channel's choice.

        Raises:
            RpcError: UNAVAILABLE, no server could be connected to.
            RuntimeError: the channel is closed, was inherited over a fork, or is used from its own event loop.
            TimeoutError: the time was too short.
        """
        self.run(_connect, self._channel, timeout, wait_for_ready)

    def wait_for_state(self, *states: aio.ChannelState, timeout: float | None = None) -> aio.ChannelState:
        """Waits until the channel is in one of these states, and returns it.

        Args:
            states: the states.
            timeout: seconds to wait; None for no limit.

        Raises:
            RuntimeError: the channel is closed, was inherited over a fork, or is used from its own event loop.
            TimeoutError: the time was too short.
        """
        return self.run(_wait_for_state, self._channel, states, timeout)

    # -- for minirpc.aio.blocking

    @property
    def aio_channel(self) -> aio.Channel:
        """The channel on the event loop. Only for use there."""
        return self._channel

    def run(self, function: Callable[..., Coroutine[Any, Any, T]], *args: Any) -> T:
        """Runs a coroutine on the channel's event loop and waits for its result. An interrupt cancels it.

        Raises:
            RuntimeError: the channel is closed, was inherited over a fork, or is used from its own event loop.
        """
        if self._pid != os.getpid():
            raise RuntimeError(
                f"{self!r} was made before this process was forked: its connection and its thread are the parent's. "
                "Make a channel in the child"
            )
        self._refuse_own_thread()
        with self._lock:
            if self._closed:
                raise RuntimeError(f"{self!r} is closed")
            future = asyncio.run_coroutine_threadsafe(function(*args), self._started())
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            raise RpcError(StatusCode.CANCELLED, "the channel was closed") from None
        except BaseException:
            future.cancel()
            raise
        finally:
            del future  # it holds the exception, whose traceback holds this frame

    def post(self, function: Callable[..., object], *args: Any) -> None:
        """Calls a function on the channel's event loop, without waiting; without effect when the channel is closed."""
        if self._pid != os.getpid():
            return
        with self._lock:
            if not self._closed and self._loop is not None:
                self._loop.call_soon_threadsafe(function, *args)

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=_run_loop, args=(loop,), name="minirpc-sync", daemon=True)
            self._thread.start()
            self._loop = loop
        return self._loop

    def _refuse_own_thread(self) -> None:
        if threading.current_thread() is self._thread:
            raise RuntimeError(
                f"{self!r} is used from its own event loop, which would wait for itself: interceptors and other "
                "callbacks must not block, but await calls of a minirpc.aio.Channel"
            )


class GenericStub:
    """Calls any method of a server, with messages as bytes; blocking, as :class:`minirpc.aio.GenericStub` is not.

    ::

        reply: bytes = GenericStub(channel).unary_unary("/geo.GeoService/DistanceBetween")(request, timeout=1.0)
    """

    __slots__ = ("_stub",)

    def __init__(self, channel: Channel) -> None:
        self._stub = aio.Stub(channel)

    def unary_unary(self, path: str) -> BlockingUnaryUnary[bytes, bytes]:
        """Returns the method with this path, of one request and one response.

        Raises:
            ValueError: the path is not ``/service/method`` in ASCII.
        """
        return UnaryUnary(path, RAW, RAW).__get__(self._stub, aio.Stub)

    def unary_stream(self, path: str) -> BlockingUnaryStream[bytes, bytes]:
        """As :meth:`unary_unary`, with a stream of responses."""
        return UnaryStream(path, RAW, RAW).__get__(self._stub, aio.Stub)

    def stream_unary(self, path: str) -> BlockingStreamUnary[bytes, bytes]:
        """As :meth:`unary_unary`, with a stream of requests."""
        return StreamUnary(path, RAW, RAW).__get__(self._stub, aio.Stub)

    def stream_stream(self, path: str) -> BlockingStreamStream[bytes, bytes]:
        """As :meth:`unary_unary`, with a stream of requests and one of responses."""
        return StreamStream(path, RAW, RAW).__get__(self._stub, aio.Stub)


async def _connect(channel: aio.Channel, timeout: float | None, wait_for_ready: bool | None) -> None:  # noqa: ASYNC109
    async with asyncio.timeout(timeout):
        await channel.connect(wait_for_ready=wait_for_ready)


async def _wait_for_state(
    channel: aio.Channel,
    states: tuple[aio.ChannelState, ...],
    timeout: float | None,  # noqa: ASYNC109  # there is no task outside to have a timeout in
) -> aio.ChannelState:
    async with asyncio.timeout(timeout):
        return await channel.wait_for_state(*states)


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    """The thread of a channel. It has no reference to it, so that a forgotten channel is noticed."""
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def _close_and_stop(channel: aio.Channel, loop: asyncio.AbstractEventLoop, grace: float | None = None) -> None:
    async def close() -> None:
        try:
            await channel.close(grace)
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            if others:
                await asyncio.wait(others)
        finally:
            loop.stop()

    task = loop.create_task(close(), name=f"close {channel!r}")
    _closing.add(task)  # loops hold tasks weakly
    task.add_done_callback(_closing.discard)


@atexit.register
def _close_all() -> None:
    for channel in list(_open_channels):
        channel._close(None, _EXIT_TIMEOUT)
