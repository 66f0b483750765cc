"""Stubs and servicers: how a service's methods become calls on one side and handlers on the other.

A stub class is the table of a service's methods. Read on the class, a method is its description; read on an instance,
it is a function that makes calls::

    class LibraryStub(Stub):
        get_book = UnaryUnary("/acme.library.v1.Library/GetBook", request_codec, response_codec)

    book = await LibraryStub(channel).get_book(request, timeout=1.0)
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, Self, overload

from minirpc.aio.blocking import (
    BlockingChannel,
    BlockingStreamStream,
    BlockingStreamUnary,
    BlockingUnaryStream,
    BlockingUnaryUnary,
)
from minirpc.aio.call import BidiCall, CallSource, ClientStreamCall, Requests, ServerStreamCall, UnaryCall
from minirpc.aio.channel import Channel
from minirpc.aio.credentials import CallCredentials
from minirpc.aio.intercepted_call import InterceptedSource, without_codecs
from minirpc.errors import RpcError, StatusCode
from minirpc.rpc.metadata import MetadataInput
from minirpc.rpc.method import Codec, Method

if TYPE_CHECKING:
    from typing_extensions import TypeVar  # for its defaults; type checkers bring it along
else:
    from typing import TypeVar as _TypeVar

    def TypeVar(name: str, *, default: Any = None, **options: Any) -> _TypeVar:  # noqa: ARG001, N802
        return _TypeVar(name, **options)


__all__ = [
    "ChannelT",
    "Servicer",
    "StreamStream",
    "StreamUnary",
    "Stub",
    "UnaryStream",
    "UnaryUnary",
    "deprecated",
    "methods_of",
    "unimplemented",
]

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
ChannelT = TypeVar("ChannelT", bound=Channel | BlockingChannel, default=Channel, covariant=True)
"""The channel that a stub was made with: by it type checkers know whether its methods are awaited or block."""


if TYPE_CHECKING:
    # type checkers bring this module along; at run time it would be a dependency, until Python 3.13
    from typing_extensions import deprecated
else:

    def deprecated(message: str) -> Callable[[type[Stub]], type[Stub]]:
        """Marks the stub of a service that the .proto file calls deprecated: making one warns (as PEP 702 has it)."""

        def mark(cls: type[Stub]) -> type[Stub]:
            def warn(self: Stub, channel: Any) -> None:
                warnings.warn(message, DeprecationWarning, stacklevel=2)
                Stub.__init__(self, channel)

            cls.__init__ = warn
            cls.__deprecated__ = message
            return cls

        return mark


class Stub(Generic[ChannelT]):
    """The base of generated stubs. ``Stub(channel)`` calls a service over a channel.

    With a :class:`minirpc.aio.Channel` the methods give calls to await and to iterate over with ``async for``; with a
    :class:`minirpc.sync.Channel` they block.
    """

    __slots__ = ("_channel",)

    def __init__(self, channel: ChannelT) -> None:
        """Raises ``TypeError`` for a channel that is none of minirpc's."""
        if not isinstance(channel, Channel | BlockingChannel):
            raise TypeError(
                f"a stub takes a minirpc.aio.Channel or a minirpc.sync.Channel, not "
                f"{type(channel).__module__}.{type(channel).__qualname__}"
            )
        self._channel = channel


class _BoundMethod(Generic[RequestT, ResponseT]):
    """A method on a channel, ready to be called."""

    __slots__ = ("_channel", "_method")

    def __init__(self, channel: Channel, method: Method[RequestT, ResponseT]) -> None:
        self._channel: CallSource = channel
        self._method = method
        if channel.interceptors:
            self._channel = InterceptedSource(channel, method)
            self._method = without_codecs(method)

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


class UnaryUnary(Method[RequestT, ResponseT]):
    """A method with one request and one response, as a line of a stub class."""

    def __init__(self, path: str, request: Codec[RequestT], response: Codec[ResponseT]) -> None:
        super().__init__(path, request, response, client_streaming=False, server_streaming=False)

    @overload
    def __get__(self, stub: None, owner: type[Stub[Any]]) -> Self: ...
    @overload
    def __get__(self, stub: Stub[Channel], owner: type[Stub[Any]]) -> UnaryUnaryCallable[RequestT, ResponseT]: ...
    @overload
    def __get__(
        self, stub: Stub[BlockingChannel], owner: type[Stub[Any]]
    ) -> BlockingUnaryUnary[RequestT, ResponseT]: ...
    def __get__(
        self, stub: Stub[Any] | None, owner: type[Stub[Any]]
    ) -> Self | UnaryUnaryCallable[RequestT, ResponseT] | BlockingUnaryUnary[RequestT, ResponseT]:
        if stub is None:
            return self
        channel = stub._channel
        if isinstance(channel, BlockingChannel):
            return BlockingUnaryUnary(channel, UnaryUnaryCallable(channel.aio_channel, self))
        return UnaryUnaryCallable(channel, self)


class UnaryStream(Method[RequestT, ResponseT]):
    """A method with one request and a stream of responses, as a line of a stub class."""

    def __init__(self, path: str, request: Codec[RequestT], response: Codec[ResponseT]) -> None:
        super().__init__(path, request, response, client_streaming=False, server_streaming=True)

    @overload
    def __get__(self, stub: None, owner: type[Stub[Any]]) -> Self: ...
    @overload
    def __get__(self, stub: Stub[Channel], owner: type[Stub[Any]]) -> UnaryStreamCallable[RequestT, ResponseT]: ...
    @overload
    def __get__(
        self, stub: Stub[BlockingChannel], owner: type[Stub[Any]]
    ) -> BlockingUnaryStream[RequestT, ResponseT]: ...
    def __get__(
        self, stub: Stub[Any] | None, owner: type[Stub[Any]]
    ) -> Self | UnaryStreamCallable[RequestT, ResponseT] | BlockingUnaryStream[RequestT, ResponseT]:
        if stub is None:
            return self
        channel = stub._channel
        if isinstance(channel, BlockingChannel):
            return BlockingUnaryStream(channel, UnaryStreamCallable(channel.aio_channel, self))
        return UnaryStreamCallable(channel, self)


class StreamUnary(Method[RequestT, ResponseT]):
    """A method with a stream of requests and one response, as a line of a stub class."""

    def __init__(self, path: str, request: Codec[RequestT], response: Codec[ResponseT]) -> None:
        super().__init__(path, request, response, client_streaming=True, server_streaming=False)

    @overload
    def __get__(self, stub: None, owner: type[Stub[Any]]) -> Self: ...
    @overload
    def __get__(self, stub: Stub[Channel], owner: type[Stub[Any]]) -> StreamUnaryCallable[RequestT, ResponseT]: ...
    @overload
    def __get__(
        self, stub: Stub[BlockingChannel], owner: type[Stub[Any]]
    ) -> BlockingStreamUnary[RequestT, ResponseT]: ...
    def __get__(
        self, stub: Stub[Any] | None, owner: type[Stub[Any]]
    ) -> Self | StreamUnaryCallable[RequestT, ResponseT] | BlockingStreamUnary[RequestT, ResponseT]:
        if stub is None:
            return self
        channel = stub._channel
        if isinstance(channel, BlockingChannel):
            return BlockingStreamUnary(channel, StreamUnaryCallable(channel.aio_channel, self))
        return StreamUnaryCallable(channel, self)


class StreamStream(Method[RequestT, ResponseT]):
    """A method with a stream of requests and a stream of responses, as a line of a stub class."""

    def __init__(self, path: str, request: Codec[RequestT], response: Codec[ResponseT]) -> None:
        super().__init__(path, request, response, client_streaming=True, server_streaming=True)

    @overload
    def __get__(self, stub: None, owner: type[Stub[Any]]) -> Self: ...
    @overload
    def __get__(self, stub: Stub[Channel], owner: type[Stub[Any]]) -> StreamStreamCallable[RequestT, ResponseT]: ...
    @overload
    def __get__(
        self, stub: Stub[BlockingChannel], owner: type[Stub[Any]]
    ) -> BlockingStreamStream[RequestT, ResponseT]: ...
    def __get__(
        self, stub: Stub[Any] | None, owner: type[Stub[Any]]
    ) -> Self | StreamStreamCallable[RequestT, ResponseT] | BlockingStreamStream[RequestT, ResponseT]:
        if stub is None:
            return self
        channel = stub._channel
        if isinstance(channel, BlockingChannel):
            return BlockingStreamStream(channel, StreamStreamCallable(channel.aio_channel, self))
        return StreamStreamCallable(channel, self)


class Servicer:
    """The base of generated servicers. A service is a subclass whose methods have the names of the stub's.

    Attributes:
        methods: the stub class that is the table of the service's methods.
    """

    methods: ClassVar[type[Stub[Any]]]

    # Underscored, as the names of methods in .proto files never are in Python.

    _essential: ClassVar[bool] = False
    """Whether the server takes the service's calls however many others there are: they say how it is."""

    def _server_stopping(self) -> None:
        """Called when the server begins to stop: it still takes calls, and will for the delay that was asked for."""

    def _server_draining(self) -> None:
        """Called when the server takes no more calls: those that would run for ever should end now."""


def unimplemented() -> NoReturn:
    """The body of a servicer's method that nobody has overridden.

    Raises:
        RpcError: UNIMPLEMENTED.
    """
    raise RpcError(StatusCode.UNIMPLEMENTED, "the service does not implement this method")


def methods_of(stub: type[Stub[Any]]) -> Mapping[str, Method[Any, Any]]:
    """Returns the methods of a stub class by attribute name, inherited ones included."""
    found: dict[str, Method[Any, Any]] = {}
    for cls in reversed(stub.__mro__):
        found.update((name, value) for name, value in vars(cls).items() if isinstance(value, Method))
    return found
