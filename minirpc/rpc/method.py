"""What a method is to the runtime: a path, a cardinality, and two codecs. The runtime never sees a message class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from minirpc.frozen import frozen

__all__ = ["RAW", "Codec", "Method"]

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
MessageT = TypeVar("MessageT")


@frozen
class Codec(Generic[MessageT]):
    """Turns messages into bytes and back.

    Attributes:
        encode: raises whatever it likes for a message that has no encoding; the call then fails with INTERNAL.
        decode: raises whatever it likes for bytes that are no message; the call then fails with INTERNAL.
    """

    encode: Callable[[MessageT], bytes]
    decode: Callable[[bytes], MessageT]


def _identity(data: bytes) -> bytes:
    return data


RAW: Codec[bytes] = Codec(_identity, _identity)
"""The codec of calls that carry bytes as they are."""


class Method(Generic[RequestT, ResponseT]):
    """One method of a service.

    Attributes:
        path: ``/package.Service/Method``.
        client_streaming: whether the client sends a stream of messages, or exactly one.
        server_streaming: whether the server sends a stream of messages, or exactly one.
        request: the codec of the client's messages.
        response: the codec of the server's messages.
    """

    def __init__(
        self,
        path: str,
        request: Codec[RequestT],
        response: Codec[ResponseT],
        *,
        client_streaming: bool,
        server_streaming: bool,
    ) -> None:
        """Raises ``ValueError`` for a path that is not ``/service/method`` in ASCII."""
        if not (path.isascii() and path.startswith("/") and path.count("/") == 2 and not path.endswith("/")):
            raise ValueError(f"method path {path!r} is not /service/method")
        self.path = path
        self.client_streaming = client_streaming
        self.server_streaming = server_streaming
        self.request = request
        self.response = response

    def __repr__(self) -> str:
        arrow = f"{'stream' if self.client_streaming else 'unary'} -> {'stream' if self.server_streaming else 'unary'}"
        return f"<{type(self).__name__} {self.path} {arrow}>"
