"""Calls without a .proto file: any method by its path, with messages as bytes."""

from __future__ import annotations

from minirpc.aio.callables import (
    StreamStreamCallable,
    StreamUnaryCallable,
    UnaryStreamCallable,
    UnaryUnaryCallable,
)
from minirpc.aio.channel import Channel
from minirpc.rpc.method import RAW, Method

__all__ = ["GenericStub"]


class GenericStub:
    """Calls any method of a server, with messages as bytes.

    ::

        reply: bytes = await GenericStub(channel).unary_unary("/geo.GeoService/DistanceBetween")(request, timeout=1.0)

    Each method gives what a stub's method of that kind is; ``stream_stream`` can call a method of any kind, since the
    others are cases of it.
    """

    __slots__ = ("_channel",)

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def unary_unary(self, path: str) -> UnaryUnaryCallable[bytes, bytes]:
        """Returns the method with this path, of one request and one response.

        Raises:
            ValueError: the path is not ``/service/method`` in ASCII.
        """
        return UnaryUnaryCallable(self._channel, _method(path, False, False))

    def unary_stream(self, path: str) -> UnaryStreamCallable[bytes, bytes]:
        """As :meth:`unary_unary`, with a stream of responses."""
        return UnaryStreamCallable(self._channel, _method(path, False, True))

    def stream_unary(self, path: str) -> StreamUnaryCallable[bytes, bytes]:
        """As :meth:`unary_unary`, with a stream of requests."""
        return StreamUnaryCallable(self._channel, _method(path, True, False))

    def stream_stream(self, path: str) -> StreamStreamCallable[bytes, bytes]:
        """As :meth:`unary_unary`, with a stream of requests and one of responses."""
        return StreamStreamCallable(self._channel, _method(path, True, True))


def _method(path: str, client_streaming: bool, server_streaming: bool) -> Method[bytes, bytes]:
    return Method(path, RAW, RAW, client_streaming=client_streaming, server_streaming=server_streaming)
