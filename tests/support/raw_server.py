"""A server of bare HTTP/2, for behaviour that no gRPC server would show."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import Event
from h2.exceptions import ProtocolError


class Peer:
    """One connection of the raw server.

    Attributes:
        number: 1 for the first connection, 2 for the second.
        http2: the connection to send with; what it queues leaves after each event.
    """

    def __init__(self, number: int, http2: H2Connection, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self.http2 = http2
        self.writer = writer

    def flush(self) -> None:
        self.writer.write(self.http2.data_to_send())

    def reply(self, stream_id: int, message: bytes) -> None:
        """Sends a whole gRPC response."""
        self.http2.send_headers(stream_id, [(":status", "200"), ("content-type", "application/grpc")])
        self.http2.send_data(stream_id, b"\0" + len(message).to_bytes(4, "big") + message)
        self.http2.send_headers(stream_id, [("grpc-status", "0")], end_stream=True)


class RawServer:
    """Attributes:
    address: where it listens.
    connections: how many connections there have been.
    """

    def __init__(self) -> None:
        self.address = ""
        self.connections = 0


@asynccontextmanager
async def raw_server(
    on_event: Callable[[Peer, Event], None], on_connect: Callable[[Peer], None] = Peer.flush
) -> AsyncIterator[RawServer]:
    """Listens, speaks HTTP/2, and calls ``on_event`` for each event of each connection."""
    state = RawServer()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.connections += 1
        http2 = H2Connection(
            H2Configuration(client_side=False, validate_outbound_headers=False, normalize_outbound_headers=False)
        )
        peer = Peer(state.connections, http2, writer)
        http2.initiate_connection()
        on_connect(peer)
        try:
            while data := await reader.read(65_536):
                for event in http2.receive_data(data):
                    on_event(peer, event)
                peer.flush()
        except (ConnectionError, ProtocolError):
            pass
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(serve(reader, writer))
        tasks.add(task)

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    state.address = f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield state
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listener.wait_closed()
