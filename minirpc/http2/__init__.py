"""HTTP/2 without IO. This module alone chooses the engine, and nothing outside this package knows which one runs."""

import time
from collections.abc import Callable

from minirpc.http2.header_memo import HeaderMemo
from minirpc.http2.interface import (
    MAX_STREAM_ID,
    ConnectionHandler,
    Engine,
    ErrorCode,
    FixedHeaders,
    Header,
    Http2Options,
    StreamHandler,
    error_name,
)
from minirpc.http2.lean_engine import LeanH2Engine
from minirpc.http2.limits import FloodLimits, Rate
from minirpc.http2.trace import trace_enabled, traced

__all__ = [
    "MAX_STREAM_ID",
    "ConnectionHandler",
    "Engine",
    "ErrorCode",
    "FixedHeaders",
    "FloodLimits",
    "Header",
    "HeaderMemo",
    "Http2Options",
    "Rate",
    "StreamHandler",
    "create_engine",
    "error_name",
    "trace_enabled",
    "traced",
]


def create_engine(
    handler: ConnectionHandler,
    options: Http2Options,
    *,
    client_side: bool,
    clock: Callable[[], float] = time.monotonic,
) -> Engine:
    """Returns an engine for one connection; it calls ``handler``.

    Args:
        handler: hears what the peer does with the connection.
        options: what is announced to the peer, and the limits.
        client_side: whether this endpoint opened the connection.
        clock: gives the time in seconds, monotonically, to limits on what the peer may send in a second.
    """
    return LeanH2Engine(handler, options, clock, client_side=client_side)
