"""Plain ``def`` handlers: each runs in a thread from its first line to its last, and looks like an async one outside.

The thread and the event loop take turns: a response is sent before the handler goes on to the next one, so that flow
control holds a handler back as it does an async one. When the call ends early, a handler that waits for a request gets
:class:`RpcError` (CANCELLED), one that has yielded a response gets ``GeneratorExit``; its ``finally`` blocks run either
way. Code that does neither cannot be interrupted, and should look at ``context.cancelled()``.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from typing import Any, TypeAlias

from minirpc.aio.context import Context
from minirpc.errors import RpcError, StatusCode
from minirpc.rpc.method import Method

__all__ = ["HandlerFunction", "adapt_handler"]

HandlerFunction: TypeAlias = Callable[[Any, Context], Any]
"""Takes the request, or the stream of requests, and the context."""


def adapt_handler(function: HandlerFunction, method: Method[Any, Any], executor: Executor) -> HandlerFunction:
    """Returns an async handler for any handler: itself, or one that has it run by ``executor``.

    In a thread run: functions for one response that are not ``async def``, and plain generator functions for a stream
    of responses. Another plain function for a stream of responses is called on the event loop, as what it returns is
    an async iterator as a rule; if it is a plain one, that is iterated in a thread.
    """
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return function
    if not method.server_streaming:
        return _one_response(function, method.client_streaming, executor)
    if inspect.isgeneratorfunction(function):
        return _many_responses(function, method.client_streaming, executor)

    def call(request: Any, context: Context) -> Any:
        result = function(request, context)
        if isinstance(result, Iterable) and not isinstance(result, AsyncIterable | Awaitable):
            return _many_responses(lambda _request, _context: result, False, executor)(request, context)
        return result

    return call


def _one_response(function: HandlerFunction, client_streaming: bool, executor: Executor) -> HandlerFunction:
    async def handler(request: Any, context: Context) -> Any:
        requests = _Requests(request, asyncio.get_running_loop(), context) if client_streaming else None
        future = executor.submit(contextvars.copy_context().run, _call, function, requests or request, context)
        context._thread = future
        try:
            result = await asyncio.wrap_future(future)
        finally:
            if requests is not None:
                requests.close()
            del future  # it may hold the exception that passes here
        # the function may be a plain one around an async handler
        return await result if inspect.isawaitable(result) else result

    return handler


def _call(function: HandlerFunction, request: Any, context: Context) -> Any:
    try:
        return function(request, context)
    except StopIteration as error:
        # As in a coroutine (PEP 479). A future cannot hold a StopIteration: who waits for it would wait for ever.
        raise RuntimeError("the handler raised StopIteration") from error


def _many_responses(function: HandlerFunction, client_streaming: bool, executor: Executor) -> HandlerFunction:
    async def handler(request: Any, context: Context) -> AsyncIterator[Any]:
        loop = asyncio.get_running_loop()
        requests = _Requests(request, loop, context) if client_streaming else None
        responses = _Responses(loop)
        future = executor.submit(
            contextvars.copy_context().run, responses.send_all, function, requests or request, context
        )
        context._thread = future
        future.add_done_callback(responses.end)
        try:
            while await responses.wait():
                yield responses.take()
                responses.resume()
            future.result()
        finally:
            if requests is not None:
                requests.close()
            responses.close()
            future.cancel()
            del future  # it may hold the exception that passes here

    return handler


class _Responses:
    """Hands responses from a handler's thread to the event loop, one at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._changed = asyncio.Event()
        self._slot: list[Any] = []  # the response that the loop has not taken, if there is one
        self._turn = threading.Semaphore(0)  # released when the thread may go on
        self._over = False

    # -- in the thread

    def send_all(self, function: HandlerFunction, request: Any, context: Context) -> None:
        """Runs the handler until it ends, or until the call does."""
        responses = function(request, context)
        try:
            for response in responses:
                if not self._send(response):
                    break
        finally:
            close = getattr(responses, "close", None)
            if close is not None:
                close()

    def _send(self, response: Any) -> bool:
        self._slot.append(response)
        _call_in_loop(self._loop, self._changed.set)
        self._turn.acquire()
        return not self._over

    def end(self, _future: Future[None]) -> None:
        """Says that the handler has ended (or was never started)."""
        self._over = True
        _call_in_loop(self._loop, self._changed.set)

    # -- in the loop

    async def wait(self) -> bool:
        """Waits for the next response; False if there will be none."""
        await self._changed.wait()
        self._changed.clear()
        return bool(self._slot)

    def take(self) -> Any:
        """Returns the response."""
        return self._slot.pop()

    def resume(self) -> None:
        """Lets the handler go on."""
        self._turn.release()

    def close(self) -> None:
        """Ends the handler at the response that it has yielded, or yields next."""
        self._over = True
        self._turn.release()


class _Requests(Iterator[Any]):
    """The requests of a call, as a handler in a thread iterates over them; ends after the client's last one."""

    def __init__(self, requests: AsyncIterator[Any], loop: asyncio.AbstractEventLoop, context: Context) -> None:
        self._requests = requests
        self._loop = loop
        self._context = context
        self._waiting: Future[Any] | None = None
        self._closed = False

    def __aiter__(self) -> AsyncIterator[Any]:
        """Gives the requests to an async handler, if the function is a plain one around it."""
        return self._requests

    def __next__(self) -> Any:
        """Waits for the next request.

        Raises:
            RpcError: CANCELLED, the call is over; or INTERNAL, the bytes are no valid message.
        """
        step = self._next()
        try:
            self._waiting = waiting = asyncio.run_coroutine_threadsafe(step, self._loop)
        except RuntimeError:  # the loop is closed
            step.close()
            raise _call_is_over() from None
        if self._closed:
            waiting.cancel()
        try:
            return waiting.result()
        except (CancelledError, StopAsyncIteration) as end:
            if self._context.cancelled() or isinstance(end, CancelledError):
                raise _call_is_over() from None
            raise StopIteration from None
        finally:
            # what it holds may hold this frame
            self._waiting = None
            del waiting

    async def _next(self) -> Any:
        return await anext(self._requests)

    def close(self) -> None:
        """Wakes the handler if it waits; for the loop."""
        self._closed = True
        if self._waiting is not None:
            self._waiting.cancel()


def _call_is_over() -> RpcError:
    return RpcError(StatusCode.CANCELLED, "the call is over")


def _call_in_loop(loop: asyncio.AbstractEventLoop, callback: Callable[[], object]) -> None:
    try:
        loop.call_soon_threadsafe(callback)
    except RuntimeError:
        """The loop is closed, and with it everybody who could be told."""
