"""Servers that misbehave: one script for each row of gRPC's negative HTTP/2 cases, and some more.

Each takes the connection, and a function that makes the answer to a request; both as bytes. What a good client makes of
each is in ``tests/aio/test_misbehaving_servers.py``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from frames import RESPONSE, FramePeer, data, goaway, message, ping, rst, settings

__all__ = ["BEHAVIOURS", "MAX_CONCURRENT_STREAMS", "OFFICIAL", "Answer", "Behaviour", "serve"]

Answer: TypeAlias = Callable[[bytes], bytes]
Behaviour: TypeAlias = Callable[[FramePeer, Answer], Awaitable[None]]

MAX_CONCURRENT_STREAMS = 3  # the setting
_NO_ERROR = 0
_REFUSED_STREAM = 7
_LARGEST = 2**31 - 1


async def serve(peer: FramePeer, answer: Answer) -> None:
    """Answers all calls, as it should be."""
    while True:
        stream_id, request = await peer.next_call()
        await peer.reply(stream_id, answer(request))


async def go_away(peer: FramePeer, answer: Answer) -> None:
    """Answers the first call, and says goodbye after it; on the first connection."""
    stream_id, request = await peer.next_call()
    await peer.reply(stream_id, answer(request))
    if peer.number == 1:
        peer.send(goaway(stream_id))
    await serve(peer, answer)


async def rst_after_header(peer: FramePeer, answer: Answer) -> None:
    while True:
        stream_id, _ = await peer.next_call()
        peer.send(peer.headers(stream_id, RESPONSE), rst(stream_id, _NO_ERROR))


async def rst_during_data(peer: FramePeer, answer: Answer) -> None:
    while True:
        stream_id, request = await peer.next_call()
        body = message(answer(request))
        peer.send(peer.headers(stream_id, RESPONSE), data(stream_id, body[: min(len(body) // 2, 16_384)]))
        peer.send(rst(stream_id, _NO_ERROR))


async def rst_after_data(peer: FramePeer, answer: Answer) -> None:
    while True:
        stream_id, request = await peer.next_call()
        peer.send(peer.headers(stream_id, RESPONSE))
        await peer.send_body(stream_id, answer(request))
        peer.send(rst(stream_id, _NO_ERROR))


async def pings(peer: FramePeer, answer: Answer) -> None:
    """PINGs before and after headers and data."""
    while True:
        stream_id, request = await peer.next_call()
        peer.send(ping(b"before h"), peer.headers(stream_id, RESPONSE), ping(b"after he"))
        peer.send(ping(b"before d"))
        await peer.send_body(stream_id, answer(request))
        peer.send(ping(b"after da"))
        peer.close(stream_id)
        await peer.pong(b"the last")


async def max_streams(peer: FramePeer, answer: Answer) -> None:
    """Allows one stream at a time, once it is known that there is a client."""
    peer.send(settings({MAX_CONCURRENT_STREAMS: 1}))
    while True:
        stream_id, request = await peer.next_call()
        await asyncio.sleep(0.002)  # for further calls to come, if they come
        await peer.reply(stream_id, answer(request))


async def _in_small_frames(peer: FramePeer, answer: Answer, padding: int | None) -> None:
    while True:
        stream_id, request = await peer.next_call()
        peer.send(peer.headers(stream_id, RESPONSE))
        await peer.send_body(stream_id, answer(request), 5, padding)
        peer.close(stream_id)


async def data_frame_padding(peer: FramePeer, answer: Answer) -> None:
    await _in_small_frames(peer, answer, 255)


async def no_df_padding(peer: FramePeer, answer: Answer) -> None:
    await _in_small_frames(peer, answer, None)


async def goaway_in_flight(peer: FramePeer, answer: Answer) -> None:
    """Says goodbye without a limit while a call runs, and answers it a while later."""
    stream_id, request = await peer.next_call()
    peer.send(goaway(_LARGEST))
    await peer.pong(b"has come")
    await asyncio.sleep(0.02)
    await peer.reply(stream_id, answer(request))
    await serve(peer, answer)


async def goaway_unprocessed(peer: FramePeer, answer: Answer) -> None:
    """Says on its first connection that it has looked at no call, as soon as the headers of one are there."""
    if peer.number == 1:
        await peer.next_headers()
        peer.send(goaway(0))
    await serve(peer, answer)


async def goaway_unprocessed_at_the_end(peer: FramePeer, answer: Answer) -> None:
    """The same, after the whole request."""
    if peer.number == 1:
        await peer.next_call()
        peer.send(goaway(0))
    await serve(peer, answer)


async def refused_stream(peer: FramePeer, answer: Answer) -> None:
    """Refuses each first attempt."""
    while True:
        stream_id, _ = await peer.next_call()
        peer.send(rst(stream_id, _REFUSED_STREAM))
        stream_id, request = await peer.next_call()
        await peer.reply(stream_id, answer(request))


async def early_trailers(peer: FramePeer, answer: Answer) -> None:
    """Answers by a status alone as soon as there are headers; the windows stay shut."""
    peer.refill = False
    while True:
        stream_id = await peer.next_headers()
        peer.close(stream_id, (*RESPONSE, ("grpc-status", "16"), ("grpc-message", "who are you")))


def _answering(*fields: tuple[str, str], body: bytes = b"") -> Behaviour:
    async def behave(peer: FramePeer, answer: Answer) -> None:
        while True:
            stream_id, _ = await peer.next_call()
            peer.send(peer.headers(stream_id, fields, end=not body))
            if body:
                peer.send(data(stream_id, body, end=True))

    return behave


async def tcp_reset(peer: FramePeer, answer: Answer) -> None:
    """Takes the request and loses the connection; the second connection is a good one."""
    if peer.number == 1:
        await peer.next_call()
        peer.writer.transport.abort()
    await serve(peer, answer)


async def tcp_reset_in_response(peer: FramePeer, answer: Answer) -> None:
    """Loses the connection in the middle of the response."""
    stream_id, request = await peer.next_call()
    if peer.number == 1:
        peer.send(peer.headers(stream_id, RESPONSE), data(stream_id, message(answer(request))[:4]))
        await peer.pong()
        peer.writer.transport.abort()
    await peer.reply(stream_id, answer(request))
    await serve(peer, answer)


async def end_of_file(peer: FramePeer, answer: Answer) -> None:
    """Closes the connection in good order, but without GOAWAY or an answer."""
    if peer.number == 1:
        await peer.next_call()
        peer.writer.close()
    await serve(peer, answer)


async def garbage(peer: FramePeer, answer: Answer) -> None:
    """Sends what is no frame in place of an answer."""
    if peer.number == 1:
        await peer.next_call()
        peer.send(b"\xff" * 100)
    await serve(peer, answer)


OFFICIAL: Mapping[str, Behaviour] = {
    "goaway": go_away,
    "rst_after_header": rst_after_header,
    "rst_during_data": rst_during_data,
    "rst_after_data": rst_after_data,
    "ping": pings,
    "max_streams": max_streams,
    "data_frame_padding": data_frame_padding,
    "no_df_padding": no_df_padding,
}
"""gRPC's "Negative HTTP/2 Interop Test Case Descriptions" and "HTTP/2 Interop Test Case Descriptions", by name."""

BEHAVIOURS: Mapping[str, Behaviour] = {
    **OFFICIAL,
    "goaway_in_flight": goaway_in_flight,
    "goaway_unprocessed": goaway_unprocessed,
    "goaway_unprocessed_at_the_end": goaway_unprocessed_at_the_end,
    "refused_stream": refused_stream,
    "early_trailers": early_trailers,
    "http_503": _answering((":status", "503")),
    "http_503_with_body": _answering((":status", "503"), ("content-type", "text/html"), body=b"<html>busy</html>"),
    "html": _answering((":status", "200"), ("content-type", "text/html"), body=b"<html>hello</html>"),
    "no_content_type": _answering((":status", "200"), body=message(b"x")),
    "tcp_reset": tcp_reset,
    "tcp_reset_in_response": tcp_reset_in_response,
    "end_of_file": end_of_file,
    "garbage": garbage,
}
"""All of them."""
