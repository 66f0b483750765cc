"""HTTP/2 without IO. This module alone chooses the engine, and nothing outside this package knows which one runs."""

from minirpc.http2.h2_engine import H2Engine
from minirpc.http2.interface import (
    MAX_STREAM_ID,
    ConnectionHandler,
    Engine,
    ErrorCode,
    Header,
    Http2Options,
    StreamHandler,
    error_name,
)
from minirpc.http2.trace import trace_enabled, traced

__all__ = [
    "MAX_STREAM_ID",
    "ConnectionHandler",
    "Engine",
    "ErrorCode",
    "Header",
    "Http2Options",
    "StreamHandler",
    "create_engine",
    "error_name",
    "trace_enabled",
    "traced",
]


def create_engine(handler: ConnectionHandler, options: Http2Options, *, client_side: bool) -> Engine:
    """Returns an engine for one connection; it calls ``handler``.

    Args:
        handler: hears what the peer does with the connection.
        options: what is announced to the peer.
        client_side: whether this endpoint opened the connection.
    """
    return H2Engine(handler, options, client_side=client_side)
