"""What the methods of a stub are on a channel of asyncio: functions that make calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from minirpc.aio.call import BidiCall, CallSource, ClientStreamCall, Requests, ServerStreamCall, UnaryCall
from minirpc.aio.channel import Channel
from minirpc.aio.credentials import CallCredentials
from minirpc.lazy import lazy
from minirpc.rpc.metadata import MetadataInput
from minirpc.rpc.method import Method

if TYPE_CHECKING:
    from minirpc.aio import intercepted_call
else:
    intercepted_call = lazy("minirpc.aio.intercepted_call")

__all__ = ["Channel", "StreamStreamCallable", "StreamUnaryCallable", "UnaryStreamCallable", "UnaryUnaryCallable"]

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")


class _BoundMethod(Generic[RequestT, ResponseT]):
    """A method on a channel, ready to be called."""

    __slots__ = ("_channel", "_method")

    def __init__(self, channel: Channel, method: Method[RequestT, ResponseT]) -> None:
        self._channel: CallSource = channel
        self._method = method
        if channel.interceptors:
            self._channel = intercepted_call.InterceptedSource(channel, method)
            self._method = intercepted_call.without_codecs(method)

    def __repr__(self) -> str:
        return f"<{self._method.path} on {self._channel!r}>"


class UnaryUnaryCallable(_BoundMethod[RequestT, ResponseT]):
    """``stub.method`` of a method with one request and one response."""

    __slots__ = ()

    def __call__(
        self,
        request: RequestT,
        *,
        timeout: float | None = None,
        metadata: MetadataInput = (),
        compression: str | None = None,
        inherit_deadline: bool | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
    ) -> UnaryCall[RequestT, ResponseT]:
        """Prepares a call; ``await`` starts it and gives the response.

        Args:
            request: the request message.
            timeout: seconds until the call fails with DEADLINE_EXCEEDED; None for no limit.
            metadata: sent with the call: ``str`` values, ``bytes`` for keys that end in ``-bin``.
            compression: how requests are compressed, see :class:`Channel`; None for the channel's choice.
            inherit_deadline: whether, inside a handler, the deadline of the call that it serves bounds this one too;
                None for the channel's choice.
            credentials: add metadata to this call, after what those of the channel add.
            wait_for_ready: whether the call waits, until its deadline, while no server can be connected to, in place of
                failing with UNAVAILABLE; None for the channel's choice.

        Raises:
            TypeError, ValueError: the metadata cannot be sent, the timeout is not finite, there is no such compression,
                or the credentials would be sent in plaintext without having allowed it.
        """
        return UnaryCall(
            self._channel,
            self._method,
            request=request,
            timeout=timeout,
            metadata=metadata,
            compression=compression,
            inherit_deadline=inherit_deadline,
            credentials=credentials,
            wait_for_ready=wait_for_ready,
        )


class UnaryStreamCallable(_BoundMethod[RequestT, ResponseT]):
    """``stub.method`` of a method with one request and a stream of responses."""

    __slots__ = ()

    def __call__(
        self,
        request: RequestT,
        *,
        timeout: float | None = None,
        metadata: MetadataInput = (),
        compression: str | None = None,
        inherit_deadline: bool | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
    ) -> ServerStreamCall[RequestT, ResponseT]:
        """Prepares a call; ``async for`` starts it and gives the responses.

        Args:
            request: the request message.
            timeout: seconds until the call fails with DEADLINE_EXCEEDED; None for no limit.
            metadata: sent with the call: ``str`` values, ``bytes`` for keys that end in ``-bin``.
            compression: how requests are compressed, see :class:`Channel`; None for the channel's choice.
            inherit_deadline: whether, inside a handler, the deadline of the call that it serves bounds this one too;
                None for the channel's choice.
            credentials: add metadata to this call, after what those of the channel add.
            wait_for_ready: whether the call waits, until its deadline, while no server can be connected to, in place of
                failing with UNAVAILABLE; None for the channel's choice.

        Raises:
            TypeError, ValueError: the metadata cannot be sent, the timeout is not finite, there is no such compression,
                or the credentials would be sent in plaintext without having allowed it.
        """
        return ServerStreamCall(
            self._channel,
            self._method,
            request=request,
            timeout=timeout,
            metadata=metadata,
            compression=compression,
            inherit_deadline=inherit_deadline,
            credentials=credentials,
            wait_for_ready=wait_for_ready,
        )


class StreamUnaryCallable(_BoundMethod[RequestT, ResponseT]):
    """``stub.method`` of a method with a stream of requests and one response."""

    __slots__ = ()

    def __call__(
        self,
        requests: Requests[RequestT] | None = None,
        *,
        timeout: float | None = None,
        metadata: MetadataInput = (),
        compression: str | None = None,
        inherit_deadline: bool | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
    ) -> ClientStreamCall[RequestT, ResponseT]:
        """Prepares a call; ``await`` starts it and gives the response.

        Args:
            requests: the request messages; None to send them one by one inside ``async with``.
            timeout: seconds until the call fails with DEADLINE_EXCEEDED; None for no limit.
            metadata: sent with the call: ``str`` values, ``bytes`` for keys that end in ``-bin``.
            compression: how requests are compressed, see :class:`Channel`; None for the channel's choice.
            inherit_deadline: whether, inside a handler, the deadline of the call that it serves bounds this one too;
                None for the channel's choice.
            credentials: add metadata to this call, after what those of the channel add.
            wait_for_ready: whether the call waits, until its deadline, while no server can be connected to, in place of
                failing with UNAVAILABLE; None for the channel's choice.

        Raises:
            TypeError, ValueError: the metadata cannot be sent, the timeout is not finite, there is no such compression,
                or the credentials would be sent in plaintext without having allowed it.
        """
        return ClientStreamCall(
            self._channel,
            self._method,
            requests=requests,
            timeout=timeout,
            metadata=metadata,
            compression=compression,
            inherit_deadline=inherit_deadline,
            credentials=credentials,
            wait_for_ready=wait_for_ready,
        )


class StreamStreamCallable(_BoundMethod[RequestT, ResponseT]):
    """``stub.method`` of a method with a stream of requests and a stream of responses."""

    __slots__ = ()

    def __call__(
        self,
        requests: Requests[RequestT] | None = None,
        *,
        timeout: float | None = None,
        metadata: MetadataInput = (),
        compression: str | None = None,
        inherit_deadline: bool | None = None,
        credentials: CallCredentials | None = None,
        wait_for_ready: bool | None = None,
    ) -> BidiCall[RequestT, ResponseT]:
        """Prepares a call; ``async with`` or ``async for`` starts it.

        Args:
            requests: the request messages; None to send them one by one inside ``async with``.
            timeout: seconds until the call fails with DEADLINE_EXCEEDED; None for no limit.
            metadata: sent with the call: ``str`` values, ``bytes`` for keys that end in ``-bin``.
            compression: how requests are compressed, see :class:`Channel`; None for the channel's choice.
            inherit_deadline: whether, inside a handler, the deadline of the call that it serves bounds this one too;
                None for the channel's choice.
            credentials: add metadata to this call, after what those of the channel add.
            wait_for_ready: whether the call waits, until its deadline, while no server can be connected to, in place of
                failing with UNAVAILABLE; None for the channel's choice.

        Raises:
            TypeError, ValueError: the metadata cannot be sent, the timeout is not finite, there is no such compression,
                or the credentials would be sent in plaintext without having allowed it.
        """
        return BidiCall(
            self._channel,
            self._method,
            requests=requests,
            timeout=timeout,
            metadata=metadata,
            compression=compression,
            inherit_deadline=inherit_deadline,
            credentials=credentials,
            wait_for_ready=wait_for_ready,
        )
