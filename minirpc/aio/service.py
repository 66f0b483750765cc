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

from minirpc.errors import RpcError, StatusCode
from minirpc.lazy import lazy
from minirpc.rpc.method import Codec, Method

if TYPE_CHECKING:
    from minirpc.aio import blocking, callables
    from minirpc.aio.blocking import (
        BlockingChannel,
        BlockingStreamStream,
        BlockingStreamUnary,
        BlockingUnaryStream,
        BlockingUnaryUnary,
    )
    from minirpc.aio.callables import (
        StreamStreamCallable,
        StreamUnaryCallable,
        UnaryStreamCallable,
        UnaryUnaryCallable,
    )
    from minirpc.aio.channel import Channel
else:  # a stub class is also the table of methods of a server, which may never make a channel
    blocking = lazy("minirpc.aio.blocking")
    callables = lazy("minirpc.aio.callables")

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
ChannelT = TypeVar("ChannelT", bound="Channel | BlockingChannel", default="Channel", covariant=True)
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
        if not isinstance(channel, callables.Channel) and not isinstance(channel, blocking.BlockingChannel):
            raise TypeError(
                f"a stub takes a minirpc.aio.Channel or a minirpc.sync.Channel, not "
                f"{type(channel).__module__}.{type(channel).__qualname__}"
            )
        self._channel = channel


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
        if isinstance(channel, callables.Channel):
            return callables.UnaryUnaryCallable(channel, self)
        return blocking.BlockingUnaryUnary(channel, callables.UnaryUnaryCallable(channel.aio_channel, self))


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
        if isinstance(channel, callables.Channel):
            return callables.UnaryStreamCallable(channel, self)
        return blocking.BlockingUnaryStream(channel, callables.UnaryStreamCallable(channel.aio_channel, self))


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
        if isinstance(channel, callables.Channel):
            return callables.StreamUnaryCallable(channel, self)
        return blocking.BlockingStreamUnary(channel, callables.StreamUnaryCallable(channel.aio_channel, self))


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
        if isinstance(channel, callables.Channel):
            return callables.StreamStreamCallable(channel, self)
        return blocking.BlockingStreamStream(channel, callables.StreamStreamCallable(channel.aio_channel, self))


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
