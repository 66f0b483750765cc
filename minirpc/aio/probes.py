"""A listener for probes: it serves health checks and nothing else, so that it may be open where the rest is not."""

from __future__ import annotations

from collections.abc import Sequence

from minirpc.aio.connection import Connection, ConnectionOwner
from minirpc.aio.server_stream import trailers_only
from minirpc.errors import StatusCode
from minirpc.http2 import ErrorCode, Header, StreamHandler
from minirpc.rpc.status import Status

__all__ = ["HEALTH_PATH", "ProbeOwner"]

HEALTH_PATH = b"/grpc.health.v1.Health/"
"""How the paths of the health service's methods begin (gRPC Health Checking Protocol)."""


class ProbeOwner:
    """Stands between a server and connections that may ask for its health alone.

    Implements :class:`minirpc.aio.connection.ConnectionOwner`.

    Args:
        server: the server, which hears everything but the calls of other services.
    """

    def __init__(self, server: ConnectionOwner) -> None:
        self._server = server

    def connection_made(self, connection: Connection) -> None:
        """A client has connected."""
        self._server.connection_made(connection)

    def connection_ready(self, connection: Connection) -> None:
        """The client's limits are known."""
        self._server.connection_ready(connection)

    def connection_draining(self, connection: Connection) -> None:
        """The connection takes no new calls."""
        self._server.connection_draining(connection)

    def connection_lost(self, connection: Connection) -> None:
        """The connection has ended."""
        self._server.connection_lost(connection)

    def stream_opened(
        self, connection: Connection, stream_id: int, headers: Sequence[Header], end_stream: bool
    ) -> StreamHandler | None:
        """Hands calls of the health service on, and refuses the others as a server without their services would."""
        if dict(headers)[b":path"].startswith(HEALTH_PATH):
            return self._server.stream_opened(connection, stream_id, headers, end_stream)
        status = Status(StatusCode.UNIMPLEMENTED, "only the health service is served here")
        connection.engine.send_headers(stream_id, trailers_only(status), True)
        if not end_stream:
            connection.engine.reset_stream(stream_id, ErrorCode.NO_ERROR)
        return None
