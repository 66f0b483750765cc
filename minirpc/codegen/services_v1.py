"""The contract of generated ``*_rpc.py`` modules, version 1: frozen.

Generated code imports this module and nothing else of the RPC runtime. Names are added here, never changed; a change
that generated code would notice becomes ``services_v2``, beside this one.
"""

from __future__ import annotations

from typing import Protocol, Self, TypeVar

from minirpc.aio.context import Context
from minirpc.aio.service import (
    ChannelT,
    Servicer,
    StreamStream,
    StreamUnary,
    Stub,
    UnaryStream,
    UnaryUnary,
    deprecated,
    unimplemented,
)
from minirpc.rpc.method import Codec

__all__ = [
    "ChannelT",
    "Context",
    "Servicer",
    "Stub",
    "deprecated",
    "stream_stream",
    "stream_unary",
    "unary_stream",
    "unary_unary",
    "unimplemented",
]


class MessageType(Protocol):
    """What a message class must offer: minirpc's do, and Google's."""

    def SerializeToString(self) -> bytes:  # noqa: N802  # the name that gRPC's Python users know
        """Returns the message's binary encoding."""
        ...

    @classmethod
    def FromString(cls, data: bytes, /) -> Self:  # noqa: N802
        """Returns the message that the bytes encode."""
        ...


RequestT = TypeVar("RequestT", bound=MessageType)
ResponseT = TypeVar("ResponseT", bound=MessageType)
MessageT = TypeVar("MessageT", bound=MessageType)


def _codec(message_type: type[MessageT]) -> Codec[MessageT]:
    def encode(message: MessageT) -> bytes:
        if not isinstance(message, message_type):
            # Another message would encode without complaint, and be read as something else.
            raise TypeError(f"expected {message_type.__qualname__}, got {type(message).__qualname__}")
        return message.SerializeToString()

    return Codec(encode, message_type.FromString)


def unary_unary(path: str, request: type[RequestT], response: type[ResponseT]) -> UnaryUnary[RequestT, ResponseT]:
    """Declares a method with one request and one response in a stub class.

    Args:
        path: ``/package.Service/Method``.
        request: the class of the request.
        response: the class of the response.
    """
    return UnaryUnary(path, _codec(request), _codec(response))


def unary_stream(path: str, request: type[RequestT], response: type[ResponseT]) -> UnaryStream[RequestT, ResponseT]:
    """Declares a method with one request and a stream of responses; arguments as for :func:`unary_unary`."""
    return UnaryStream(path, _codec(request), _codec(response))


def stream_unary(path: str, request: type[RequestT], response: type[ResponseT]) -> StreamUnary[RequestT, ResponseT]:
    """Declares a method with a stream of requests and one response; arguments as for :func:`unary_unary`."""
    return StreamUnary(path, _codec(request), _codec(response))


def stream_stream(path: str, request: type[RequestT], response: type[ResponseT]) -> StreamStream[RequestT, ResponseT]:
    """Declares a method with a stream of requests and one of responses; arguments as for :func:`unary_unary`."""
    return StreamStream(path, _codec(request), _codec(response))
