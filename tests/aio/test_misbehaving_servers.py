"""Our client against each row of gRPC's negative HTTP/2 cases: what each call comes to, on how many connections."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import pytest
from certificates import authority, authority_pem
from echo import EchoStub
from frames import OK_TRAILERS, RESPONSE, FramePeer, FrameServer, data, eventually, frame_server, rst
from hyperframe.frame import PingFrame, RstStreamFrame, SettingsFrame
from negative import BEHAVIOURS

from minirpc.aio import Channel, ClientTls
from minirpc.errors import StatusCode

SMALL, LARGE = bytes(1024), bytes(271_828)
REPLY = bytes(range(256)) * 100  # with 255 bytes of padding for 5 of data, more than a window


@dataclass(frozen=True)
class Row:
    """What must come of a behaviour.

    Attributes:
        outcomes: the code of each of some calls, made one after the other, and what its message says.
        connections: how many there are in the end.
    """

    outcomes: Sequence[tuple[StatusCode, str]]
    connections: int = 1


OK = (StatusCode.OK, "")
BROKEN = (StatusCode.INTERNAL, "the server reset the stream: NO_ERROR")
ROWS = {
    "goaway": Row([OK, OK, OK], 2),
    "rst_after_header": Row([BROKEN, BROKEN]),
    "rst_during_data": Row([BROKEN, BROKEN]),
    "rst_after_data": Row([BROKEN, BROKEN]),
    "ping": Row([OK, OK]),
    "max_streams": Row([OK, OK]),
    "data_frame_padding": Row([OK]),
    "no_df_padding": Row([OK]),
    "goaway_in_flight": Row([OK, OK, OK], 3),
    "goaway_unprocessed": Row([OK, OK], 2),
    "goaway_unprocessed_at_the_end": Row([OK, OK], 2),
    "refused_stream": Row([OK, OK]),
    "early_trailers": Row([(StatusCode.UNAUTHENTICATED, "who are you")] * 3),
    "http_503": Row([(StatusCode.UNAVAILABLE, "503")] * 2),
    "http_503_with_body": Row([(StatusCode.UNAVAILABLE, "503")] * 2),
    "html": Row([(StatusCode.UNKNOWN, "text/html")] * 2),
    "no_content_type": Row([(StatusCode.UNKNOWN, "no content-type")] * 2),
    "tcp_reset": Row([(StatusCode.UNAVAILABLE, "connection"), OK], 2),
    "tcp_reset_in_response": Row([(StatusCode.UNAVAILABLE, "connection"), OK], 2),
    "end_of_file": Row([(StatusCode.UNAVAILABLE, "connection closed by the peer"), OK], 2),
    "garbage": Row([(StatusCode.UNAVAILABLE, "FRAME_SIZE_ERROR"), OK], 2),
}


def context() -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority("ours").issue_cert("127.0.0.1").configure_cert(made)
    made.set_alpn_protocols(["h2"])
    return made


def serving(name: str, tls: ssl.SSLContext | None = None) -> AbstractAsyncContextManager[FrameServer]:
    return frame_server(lambda peer: BEHAVIOURS[name](peer, lambda _: REPLY), tls=tls)


def test_each_behaviour_has_its_row() -> None:
    assert ROWS.keys() == BEHAVIOURS.keys()


@pytest.mark.parametrize("transport", ["plaintext", "TLS"])
@pytest.mark.parametrize("name", ROWS)
async def test_row(name: str, transport: str) -> None:
    row = ROWS[name]
    secure = transport == "TLS"
    for request in (SMALL, LARGE):
        async with (
            frame_server(
                lambda peer: BEHAVIOURS[name](peer, lambda _: REPLY), tls=context() if secure else None
            ) as server,
            Channel(server.address, tls=ClientTls(ca=authority_pem()) if secure else None) as channel,
        ):
            stub = EchoStub(channel)
            for code, says in row.outcomes:
                call = stub.unary(request, timeout=20)
                status = await call.status()
                assert status.code is code, status
                assert re.search(says, status.message), status
                if code is StatusCode.OK:
                    assert await call == REPLY
            assert len(server.peers) == row.connections


async def test_goaway_names_a_new_tcp_connection() -> None:
    async with serving("goaway") as server, Channel(server.address) as channel:
        for _ in range(2):
            await EchoStub(channel).unary(SMALL, timeout=20)
        first, second = (peer.writer.get_extra_info("peername") for peer in server.peers)
        assert first != second


async def test_every_ping_is_answered() -> None:
    async with serving("ping") as server, Channel(server.address) as channel:
        await EchoStub(channel).unary(LARGE, timeout=20)
        [peer] = server.peers
        await eventually(lambda: sum(isinstance(frame, PingFrame) for frame in peer.frames) == 5)
        answers = [frame for frame in peer.frames if isinstance(frame, PingFrame)]
        assert all("ACK" in answer.flags for answer in answers)
        said = [answer.opaque_data for answer in answers]
        assert said == [b"before h", b"after he", b"before d", b"after da", b"the last"]


async def test_never_two_streams_where_one_is_allowed() -> None:
    async with serving("max_streams") as server, Channel(server.address) as channel:
        stub = EchoStub(channel)
        assert await stub.unary(SMALL, timeout=20) == REPLY
        [peer] = server.peers
        await eventually(lambda: sum(type(f) is SettingsFrame and "ACK" in f.flags for f in peer.frames) == 2)
        assert await asyncio.gather(*(stub.unary(LARGE, timeout=20) for _ in range(15))) == [REPLY] * 15
        assert (peer.most_open, len(server.peers)) == (1, 1)


@pytest.mark.parametrize("what", ["headers", "data", "trailers", "reset"])
async def test_what_follows_the_trailers_has_no_effect_on_calls(what: str) -> None:
    """RFC 9113 section 5.1 lets this side end the connection for it; no call that has its status is changed by that."""

    async def behave(peer: FramePeer) -> None:
        while True:
            stream_id, _ = await peer.next_call()
            await peer.reply(stream_id, REPLY)
            if what == "data":
                peer.send(data(stream_id, b"more"))
            elif what == "reset":
                peer.send(rst(stream_id, 0))
            else:
                peer.send(peer.headers(stream_id, RESPONSE if what == "headers" else OK_TRAILERS, end=True))

    async with frame_server(behave) as server, Channel(server.address) as channel:
        for _ in range(3):
            assert await EchoStub(channel).unary(SMALL, timeout=20) == REPLY


async def test_many_calls_that_were_not_processed_are_made_again() -> None:
    async with serving("goaway_unprocessed_at_the_end") as server, Channel(server.address) as channel:
        stub = EchoStub(channel)
        assert await asyncio.gather(*(stub.unary(LARGE, timeout=20) for _ in range(8))) == [REPLY] * 8
        assert len(server.peers) == 2


async def test_stream_that_is_reset_gives_no_half_message() -> None:
    async with serving("rst_during_data") as server, Channel(server.address) as channel:
        status = await EchoStub(channel).down(b"1", timeout=20).status()
        received = []
        call = EchoStub(channel).down(b"1", timeout=20)
        with pytest.raises(Exception, match="NO_ERROR"):
            received += [reply async for reply in call]
        assert (status.code, received) == (StatusCode.INTERNAL, [])


async def test_early_status_resets_what_is_left_of_the_request() -> None:
    async with serving("early_trailers") as server, Channel(server.address) as channel:
        status = await EchoStub(channel).unary(LARGE, timeout=20).status()
        assert status.code is StatusCode.UNAUTHENTICATED
        [peer] = server.peers
        await eventually(lambda: any(isinstance(frame, RstStreamFrame) for frame in peer.frames))
