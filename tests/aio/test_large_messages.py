"""Messages that are larger than frames, windows, buffers and what a socket takes at once."""

from __future__ import annotations

import asyncio
import random

import pytest
from certificates import authority_pem, server_pair
from echo import Echo, EchoStub

from minirpc.aio import Channel, ClientTls, Http2Options, Server, ServerTls

LIMIT = 8 << 20


@pytest.mark.parametrize("secure", [False, True], ids=["plaintext", "tls"])
@pytest.mark.parametrize("compression", [None, "gzip"])
@pytest.mark.parametrize("frame_size", [1 << 14, 1 << 16, 1 << 20])
async def test_large_messages_arrive_as_they_were(secure: bool, compression: str | None, frame_size: int) -> None:
    """Several at once, so that their frames take turns, and one whose socket is full in the middle of a frame."""
    pair = server_pair()
    tls = ServerTls(certificate=pair.certificate, key=pair.key) if secure else None
    options = Http2Options(max_frame_size=frame_size)
    source = random.Random(1)
    messages = [source.randbytes(size) for size in (16_378, 16_379, 16_380, 70_000, 1 << 20, (6 << 20) + 1)]
    server = Server([Echo()], max_receive_message_size=LIMIT, http2_options=options)
    async with (
        server,
        Channel(
            await server.start("127.0.0.1:0", tls=tls),
            tls=ClientTls(ca=authority_pem()) if secure else None,
            max_receive_message_size=LIMIT,
            http2_options=options,
            compression=compression,
        ) as channel,
    ):
        stub = EchoStub(channel)
        assert await asyncio.gather(*(stub.unary(message) for message in messages)) == messages
