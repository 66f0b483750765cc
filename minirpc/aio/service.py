"""Stubs and servicers: how a service's methods become calls on one side and handlers on the other.

A stub class is the table of a service's methods. Read on the class, a method is its description; read on an instance,
it is a function that makes calls::

    class LibraryStub(Stub):
        get_book = UnaryUnary("/acme.library.v1.Library/GetBook", request_codec, response_codec)

    book = await LibraryStub(channel).get_book(request, timeout=1.0)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, NoReturn, Self, TypeVar, overload

from minirpc.aio.call import BidiCall, ClientStreamCall, Requests, ServerStreamCall, UnaryCall
from minirpc.aio.channel import Channel
from minirpc.errors import RpcError, StatusCode
from minirpc.rpc.metadata import MetadataInput
from minirpc.rpc.method import Codec, Method

__all__ = [
    "Servicer",
    "StreamStream",
    "StreamUnary",
    "Stub",
    "UnaryStream",
    "UnaryUnary",
    "methods_of",
    "unimplemented",
]

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")


class Stub:
    """The base of generated stubs. ``Stub(channel)`` calls a service over a channel."""

    __slots__ = ("_channel",)

    def __init__(self, channel: Channel) -> None:
        self._channel = channel


class _BoundMethod(Generic[RequestT, ResponseT]):
    """A method on a channel, ready to be called."""

    __slots__ = ("_channel", "_method")

    def __init__(self, channel: Channel, method: Method[RequestT, ResponseT]) -> None:
        self._channel = channel
        self._method = method

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
    ) -> UnaryCall[RequestT, ResponseT]:
        """Prepares a call; ``await`` starts it and gives the response.

        Args:
            request: the request message.
            timeout: seconds until the call fails with DEADLINE_EXCEEDED; None for no limit.
            metadata: sent with the call: ``str`` values, ``bytes`` for keys that end in ``-bin``.
            compression: how requests are compressed, see :class:`Channel`; None for the channel's choice.
            inherit_deadline: whether, inside a handler, the deadline of the call that it serves bounds this one too;
                None for the channel's choice.

        Raises:
            TypeError, ValueError: the metadata cannot be sent, the timeout is not finite, or there is no such
                compression.
        """
        return UnaryCall(
            self._channel,
            self._method,
            request=request,
            timeout=timeout,
            metadata=metadata,
            compression=compression,
            inherit_deadline=inherit_deadline,
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
    ) -> ServerStreamCall[RequestT, ResponseT]:
        """Prepares a call; ``async for`` starts it and gives the responses.

        Args:
            request: the request message.
            timeout: seconds until the call fails with DEADLINE_EXCEEDED; None for no limit.
            metadata: sent with the call: ``str`` values, ``bytes`` for keys that end in ``-bin``.
            compression: how requests are compressed, see :class:`Channel`; None for the channel's choice.
            inherit_deadline: whether, inside a handler, the deadline of the call that it serves bounds this one too;
                None for the channel's choice.

        Raises:
            TypeError, ValueError: the metadata cannot be sent, the timeout is not finite, or there is no such
                compression.
        """
        return ServerStreamCall(
            self._channel,
            self._method,
            request=request,
            timeout=timeout,
            metadata=metadata,
            compression=compression,
            inherit_deadline=inherit_deadline,
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
    ) -> ClientStreamCall[RequestT, ResponseT]:
        """Prepares a call; ``await`` starts it and gives the response.

        Args:
            requests: the request messages; None to send them one by one inside ``async with``.
            timeout: seconds until the call fails with DEADLINE_EXCEEDED; None for no limit.
            metadata: sent with the call: ``str`` values, ``bytes`` for keys that end in ``-bin``.
            compression: how requests are compressed, see :class:`Channel`; None for the channel's choice.
            inherit_deadline: whether, inside a handler, the deadline of the call that it serves bounds this one too;
                None for the channel's choice.

        Raises:
            TypeError, ValueError: the metadata cannot be sent, the timeout is not finite, or there is no such
                compression.
        """
        return ClientStreamCall(
            self._channel,
            self._method,
            requests=requests,
            timeout=timeout,
            metadata=metadata,
            compression=compression,
            inherit_deadline=inherit_deadline,
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
    ) -> BidiCall[RequestT, ResponseT]:
        """Prepares a call; ``async with`` or ``async for`` starts it.

        Args:
            requests: the request messages; None to send them one by one inside ``async with``.
            timeout: seconds until the call fails with DEADLINE_EXCEEDED; None for no limit.
            metadata: sent with the call: ``str`` values, ``bytes`` for keys that end in ``-bin``.
            compression: how requests are compressed, see :class:`Channel`; None for the channel's choice.
            inherit_deadline: whether, inside a handler, the deadline of the call that it serves bounds this one too;
                None for the channel's choice.

        Raises:
            TypeError, ValueError: the metadata cannot be sent, the timeout is not finite, or there is no such
                compression.
        """
        return BidiCall(
            self._channel,
            self._method,
            requests=requests,
            timeout=timeout,
            metadata=metadata,
            compression=compression,
            inherit_deadline=inherit_deadline,
        )


class UnaryUnary(Method[RequestT, ResponseT]):
    """A method with one request and one response, as a line of a stub class."""

    def __init__(self, path: str, request: Codec[RequestT], response: Codec[ResponseT]) -> None:
        super().__init__(path, request, response, client_streaming=False, server_streaming=False)

    @overload
    def __get__(self, stub: None, owner: type[Stub]) -> Self: ...
    @overload
    def __get__(self, stub: Stub, owner: type[Stub]) -> UnaryUnaryCallable[RequestT, ResponseT]: ...
    def __get__(self, stub: Stub | None, owner: type[Stub]) -> Self | UnaryUnaryCallable[RequestT, ResponseT]:
        return self if stub is None else UnaryUnaryCallable(stub._channel, self)


class UnaryStream(Method[RequestT, ResponseT]):
    """A method with one request and a stream of responses, as a line of a stub class."""

    def __init__(self, path: str, request: Codec[RequestT], response: Codec[ResponseT]) -> None:
        super().__init__(path, request, response, client_streaming=False, server_streaming=True)

    @overload
    def __get__(self, stub: None, owner: type[Stub]) -> Self: ...
    @overload
    def __get__(self, stub: Stub, owner: type[Stub]) -> UnaryStreamCallable[RequestT, ResponseT]: ...
    def __get__(self, stub: Stub | None, owner: type[Stub]) -> Self | UnaryStreamCallable[RequestT, ResponseT]:
        return self if stub is None else UnaryStreamCallable(stub._channel, self)


class StreamUnary(Method[RequestT, ResponseT]):
    """A method with a stream of requests and one response, as a line of a stub class."""

    def __init__(self, path: str, request: Codec[RequestT], response: Codec[ResponseT]) -> None:
        super().__init__(path, request, response, client_streaming=True, server_streaming=False)

    @overload
    def __get__(self, stub: None, owner: type[Stub]) -> Self: ...
    @overload
    def __get__(self, stub: Stub, owner: type[Stub]) -> StreamUnaryCallable[RequestT, ResponseT]: ...
    def __get__(self, stub: Stub | None, owner: type[Stub]) -> Self | StreamUnaryCallable[RequestT, ResponseT]:
        return self if stub is None else StreamUnaryCallable(stub._channel, self)


class StreamStream(Method[RequestT, ResponseT]):
    """A method with a stream of requests and a stream of responses, as a line of a stub class."""

    def __init__(self, path: str, request: Codec[RequestT], response: Codec[ResponseT]) -> None:
        super().__init__(path, request, response, client_streaming=True, server_streaming=True)

    @overload
    def __get__(self, stub: None, owner: type[Stub]) -> Self: ...
    @overload
    def __get__(self, stub: Stub, owner: type[Stub]) -> StreamStreamCallable[RequestT, ResponseT]: ...
    def __get__(self, stub: Stub | None, owner: type[Stub]) -> Self | StreamStreamCallable[RequestT, ResponseT]:
        return self if stub is None else StreamStreamCallable(stub._channel, self)


class Servicer:
    """The base of generated servicers. A service is a subclass whose methods have the names of the stub's.

    Attributes:
        methods: the stub class that is the table of the service's methods.
    """

    methods: ClassVar[type[Stub]]


def unimplemented() -> NoReturn:
    """The body of a servicer's method that nobody has overridden.

    Raises:
        RpcError: UNIMPLEMENTED.
    """
    raise RpcError(StatusCode.UNIMPLEMENTED, "the service does not implement this method")


def methods_of(stub: type[Stub]) -> Mapping[str, Method[Any, Any]]:
    """Returns the methods of a stub class by attribute name, inherited ones included."""
    found: dict[str, Method[Any, Any]] = {}
    for cls in reversed(stub.__mro__):
        found.update((name, value) for name, value in vars(cls).items() if isinstance(value, Method))
    return found
