"""A client of bare HTTP/2, for requests that no gRPC client would send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import h2.events
from echo import Echo
from h2.config import H2Configuration
from h2.connection import H2Connection

from minirpc.aio import Server, Servicer

REQUEST = {
    ":method": "POST",
    ":scheme": "http",
    ":path": "/test.Echo/Unary",
    ":authority": "test",
    "te": "trailers",
    "content-type": "application/grpc",
}
MESSAGE = b"\0\0\0\0\1x"


class RawClient:
    """A client of bare HTTP/2."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        config = H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False)
        self.http2 = H2Connection(config)
        self._reader = reader
        self._writer = writer
        self.http2.initiate_connection()

    def send(self, changes: dict[str, str | None], body: bytes = MESSAGE, *, end: bool = True) -> int:
        """Sends a request: ``REQUEST`` with changes, where None takes a header away."""
        stream_id = self.http2.get_next_available_stream_id()
        headers = {name: value for name, value in (REQUEST | changes).items() if value is not None}
        self.http2.send_headers(stream_id, list(headers.items()), end_stream=end and not body)
        if body:
            self.http2.send_data(stream_id, body, end_stream=end)
        return stream_id

    async def receive(self, stream_id: int, until: str = "end") -> tuple[dict[str, str], bytes, list[str]]:
        """Returns the fields and the data of a response, and how it ended, until it ends in this way."""
        fields: dict[str, str] = {}
        body = b""
        endings: list[str] = []
        self._writer.write(self.http2.data_to_send())
        while until not in endings:
            data = await self._reader.read(65_536)
            assert data, "the server closed the connection"
            for event in self.http2.receive_data(data):
                if getattr(event, "stream_id", None) != stream_id:
                    continue
                if isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived):
                    fields.update((name.decode(), value.decode()) for name, value in event.headers or [])
                elif isinstance(event, h2.events.DataReceived):
                    body += event.data or b""
                elif isinstance(event, h2.events.StreamEnded):
                    endings.append("end")
                elif isinstance(event, h2.events.StreamReset):
                    endings.append(f"reset {int(event.error_code or 0)}")
                    if until == "end":
                        endings.append("end")
        return fields, body, endings

    async def ask(
        self, changes: dict[str, str | None], body: bytes = MESSAGE, *, end: bool = True
    ) -> tuple[dict[str, str], bytes, list[str]]:
        return await self.receive(self.send(changes, body, end=end))


@asynccontextmanager
async def raw_client(service: Servicer | None = None, **options: Any) -> AsyncIterator[RawClient]:
    async with Server([service or Echo()], **options) as server:
        host, port = (await server.start("127.0.0.1:0")).split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            yield RawClient(reader, writer)
        finally:
            writer.close()
