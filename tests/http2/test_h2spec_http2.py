"""What the tool h2spec checks in its section "http2": how a server answers what RFC 9113 forbids.

The numbers are those of the tool's cases, which follow the sections of RFC 7540. Where h2spec takes a closed connection
for any answer, these tests want the GOAWAY with its code as well.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from frame_client import PREFACE, FrameClient, hold_cases, raw_frame
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from minirpc.http2 import ErrorCode

Case = Callable[[FrameClient], Awaitable[None]]
Part = Frame | bytes | Callable[[FrameClient], Frame | bytes]

PROTOCOL_ERROR = ErrorCode.PROTOCOL_ERROR
FLOW_CONTROL_ERROR = ErrorCode.FLOW_CONTROL_ERROR
FRAME_SIZE_ERROR = ErrorCode.FRAME_SIZE_ERROR
STREAM_CLOSED = ErrorCode.STREAM_CLOSED

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
MAX_WINDOW = 2**31 - 1


# -- what is sent


def request(client: FrameClient) -> Frame:
    return client.headers()


def begin(client: FrameClient) -> Frame:
    return client.headers(end_stream=False)


def open_block(client: FrameClient) -> Frame:
    return client.headers(end_headers=False)


def with_fields(*fields: tuple[str, str], end: bool = True) -> Callable[[FrameClient], Frame]:
    """A request with more fields."""
    return lambda client: client.headers(1, [*client.common, *fields], end_stream=end)


def without(name: str, *instead: tuple[str, str]) -> Callable[[FrameClient], Frame]:
    """A request without a field, or with others in its place."""
    return lambda client: client.headers(1, [*(field for field in client.common if field[0] != name), *instead])


def twice(name: str) -> Callable[[FrameClient], Frame]:
    """A request with a pseudo-header twice."""
    return lambda client: client.headers(
        1, [field for field in client.common for _ in range(2 if field[0] == name else 1)]
    )


def trailers(*fields: tuple[str, str], end: bool = True) -> Callable[[FrameClient], Frame]:
    return lambda client: client.headers(1, fields, end_stream=end)


def data(payload: bytes = b"test", stream_id: int = 1, *, end: bool = True) -> Frame:
    return DataFrame(stream_id, payload, flags=["END_STREAM"] if end else [])


def setting(code: int, value: int) -> Frame:
    return SettingsFrame(0, {code: value})


def self_dependent(client: FrameClient) -> Frame:
    frame = client.headers()
    frame.flags.add("PRIORITY")
    frame.depends_on, frame.stream_weight, frame.exclusive = 1, 255, False
    return frame


def large_request(client: FrameClient) -> bytes:
    """A HEADERS frame of more than 65,536 bytes."""
    block = client.encoder.encode([*client.common, *((f"x-{n}", "z" * 4000) for n in range(17))], huffman=False)
    return raw_frame(HEADERS, 5, 1, block)


def unwilling(_: FrameClient) -> Frame:
    """Keeps the server's answers on their streams: it may not send a byte of their bodies."""
    return setting(SettingsFrame.INITIAL_WINDOW_SIZE, 0)


# -- what is expected


def _write(client: FrameClient, parts: tuple[Part, ...]) -> None:
    for part in parts:
        client.write(part(client) if callable(part) else part)


def lives(*parts: Part) -> Case:
    """The connection lives on."""

    async def case(client: FrameClient) -> None:
        _write(client, parts)
        await client.expect_pong()

    return case


def answers(*parts: Part) -> Case:
    """The server answers stream 1."""

    async def case(client: FrameClient) -> None:
        _write(client, parts)
        await client.expect_headers()

    return case


def connection_error(*parts: Part, code: ErrorCode = PROTOCOL_ERROR) -> Case:
    """The server ends the connection with an error code."""

    async def case(client: FrameClient) -> None:
        _write(client, parts)
        await client.expect_connection_error(code)

    return case


def stream_error(*parts: Part, code: ErrorCode = PROTOCOL_ERROR) -> Case:
    """The server ends stream 1, or the connection, with an error code."""

    async def case(client: FrameClient) -> None:
        _write(client, parts)
        await client.expect_stream_error(code)

    return case


def reset_and_go_on(*parts: Part, code: ErrorCode = PROTOCOL_ERROR) -> Case:
    """The server ends stream 1 with an error code, and serves the connection on."""

    async def case(client: FrameClient) -> None:
        _write(client, parts)
        await client.expect_stream_error(code)
        client.write(client.headers(7))
        await client.expect_headers(7)
        assert not client.closed

    return case


def closed_then(*parts: Part, code: ErrorCode = STREAM_CLOSED) -> Case:
    """The server ends the connection after frames on a stream that both sides have ended."""

    async def case(client: FrameClient) -> None:
        client.write(client.headers())
        await client.expect_end()
        _write(client, parts)
        await client.expect_connection_error(code)

    return case


# -- cases that take more than one step


async def lower_stream(client: FrameClient) -> None:
    client.write(client.headers(5))
    await client.expect_headers(5)
    client.write(client.headers(3))
    await client.expect_connection_error(PROTOCOL_ERROR)


async def too_many_streams(client: FrameClient) -> None:
    client.write(unwilling(client))
    await client.expect_settings_ack()
    limit = client.settings[SettingsFrame.MAX_CONCURRENT_STREAMS]
    last = 2 * limit + 1
    client.write(*[client.headers(stream_id) for stream_id in range(1, last + 1, 2)])
    await client.expect_stream_error(PROTOCOL_ERROR, ErrorCode.REFUSED_STREAM, stream_id=last)


async def window_of_one(client: FrameClient) -> None:
    client.write(setting(SettingsFrame.INITIAL_WINDOW_SIZE, 1), client.headers())
    assert len((await client.expect_data()).data) == 1


async def window_that_grows(client: FrameClient) -> None:
    client.write(unwilling(client), client.headers())
    await client.expect_headers()
    client.write(setting(SettingsFrame.INITIAL_WINDOW_SIZE, 1))
    assert len((await client.expect_data()).data) == 1


async def negative_window(client: FrameClient) -> None:
    client.write(setting(SettingsFrame.INITIAL_WINDOW_SIZE, 3), client.headers())
    assert len((await client.expect_data()).data) == 3
    client.write(setting(SettingsFrame.INITIAL_WINDOW_SIZE, 2), WindowUpdateFrame(1, 2))
    assert len((await client.expect_data()).data) == 1


async def several_values(client: FrameClient) -> None:
    values = b"\0\4" + (100).to_bytes(4, "big") + b"\0\4" + (1).to_bytes(4, "big")
    client.write(raw_frame(SETTINGS, 0, 0, values), client.headers())
    assert len((await client.expect_data()).data) == 1


async def settings_ack(client: FrameClient) -> None:
    client.write(setting(SettingsFrame.ENABLE_PUSH, 0))
    await client.expect_settings_ack()


async def ping(client: FrameClient) -> None:
    await client.expect_pong(b"h2spec!!")


async def ping_ack(client: FrameClient) -> None:
    client.write(PingFrame(0, b"invalid!", flags=["ACK"]))
    await client.expect_pong(b"h2spec!!")
    answered = [frame.opaque_data for frame in client.seen if isinstance(frame, PingFrame)]
    assert answered == [b"h2spec!!"]


CASES: dict[str, Case] = {
    "4.1/1 unknown type": lives(raw_frame(0x16, 0, 0, bytes(8))),
    "4.1/2 undefined flag": lives(raw_frame(PING, 0x16 & ~1, 0, b"01234567")),
    "4.1/3 reserved bit": lives(raw_frame(PING, 0, 1 << 31, b"01234567")),
    "4.2/1 DATA of 2^14 octets": answers(begin, data(bytes(1 << 14))),
    "4.2/2 DATA over MAX_FRAME_SIZE": stream_error(
        begin, raw_frame(DATA, 1, 1, bytes((1 << 16) + 1)), code=FRAME_SIZE_ERROR
    ),
    "4.2/3 HEADERS over MAX_FRAME_SIZE": connection_error(
        large_request,
        code=FRAME_SIZE_ERROR,
    ),
    "4.3/1 invalid header block": connection_error(
        raw_frame(HEADERS, 4, 1, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), code=ErrorCode.COMPRESSION_ERROR
    ),
    "4.3/2 PRIORITY inside a header block": connection_error(open_block, PriorityFrame(1, stream_weight=255)),
    "4.3/3 HEADERS of another stream inside a header block": connection_error(
        open_block, lambda client: client.headers(3)
    ),
    "5.1/1 idle: DATA": connection_error(data()),
    "5.1/2 idle: RST_STREAM": connection_error(RstStreamFrame(1, 8)),
    "5.1/3 idle: WINDOW_UPDATE": connection_error(WindowUpdateFrame(1, 100)),
    "5.1/4 idle: CONTINUATION": connection_error(ContinuationFrame(1, b"\x82", flags=["END_HEADERS"])),
    "5.1/5 half-closed: DATA": stream_error(request, data(), code=STREAM_CLOSED),
    "5.1/6 half-closed: HEADERS": stream_error(request, request, code=STREAM_CLOSED),
    "5.1/7 half-closed: CONTINUATION": connection_error(request, ContinuationFrame(1, b"\x82", flags=["END_HEADERS"])),
    "5.1/8 closed: DATA after RST_STREAM": reset_and_go_on(begin, RstStreamFrame(1, 8), data(), code=STREAM_CLOSED),
    "5.1/9 closed: HEADERS after RST_STREAM": reset_and_go_on(begin, RstStreamFrame(1, 8), request, code=STREAM_CLOSED),
    "5.1/10 closed: CONTINUATION after RST_STREAM": connection_error(
        begin, RstStreamFrame(1, 8), ContinuationFrame(1, b"\x82", flags=["END_HEADERS"])
    ),
    "5.1/11 closed: DATA": closed_then(data()),
    "5.1/12 closed: HEADERS": closed_then(request),
    "5.1/13 closed: CONTINUATION": closed_then(
        ContinuationFrame(1, b"\x82", flags=["END_HEADERS"]), code=PROTOCOL_ERROR
    ),
    "5.1.1/1 even stream identifier": connection_error(lambda client: client.headers(2)),
    "5.1.1/2 smaller stream identifier": lower_stream,
    "5.1.2/1 more streams than allowed": too_many_streams,
    "5.3.1/1 HEADERS that depends on itself": reset_and_go_on(self_dependent),
    "5.3.1/2 PRIORITY that depends on itself": stream_error(PriorityFrame(1, depends_on=1, stream_weight=255)),
    "5.4.1/1 an invalid PING ends the connection": connection_error(
        raw_frame(PING, 0, 3, bytes(8)),
    ),
    "5.4.1/2 an invalid PING gives GOAWAY": connection_error(raw_frame(PING, 0, 3, bytes(8))),
    "5.5/1 unknown frame": lives(raw_frame(0x16, 0, 0, bytes(8))),
    "5.5/2 unknown frame inside a header block": connection_error(open_block, raw_frame(0x16, 0, 0, bytes(8))),
    "6.1/1 DATA on stream 0": connection_error(raw_frame(DATA, 1, 0, b"test")),
    "6.1/2 DATA on a stream that is not open": stream_error(request, data(), code=STREAM_CLOSED),
    "6.1/3 DATA with too much padding": connection_error(begin, raw_frame(DATA, 9, 1, b"\6Test")),
    "6.2/1 HEADERS, then PRIORITY": connection_error(open_block, PriorityFrame(1, stream_weight=255)),
    "6.2/2 HEADERS, then those of another stream": connection_error(open_block, lambda client: client.headers(3)),
    "6.2/3 HEADERS on stream 0": connection_error(raw_frame(HEADERS, 5, 0, b"\x82")),
    "6.2/4 HEADERS with too much padding": connection_error(raw_frame(HEADERS, 0xD, 1, b"\x10\x82\x84\x86")),
    "6.3/1 PRIORITY on stream 0": connection_error(raw_frame(PRIORITY, 0, 0, bytes(5))),
    "6.3/2 PRIORITY of 4 octets": reset_and_go_on(begin, raw_frame(PRIORITY, 0, 1, bytes(4)), code=FRAME_SIZE_ERROR),
    "6.4/1 RST_STREAM on stream 0": connection_error(raw_frame(RST_STREAM, 0, 0, bytes(4))),
    "6.4/2 RST_STREAM on an idle stream": connection_error(RstStreamFrame(1, 8)),
    "6.4/3 RST_STREAM of 3 octets": connection_error(
        begin, raw_frame(RST_STREAM, 0, 1, bytes(3)), code=FRAME_SIZE_ERROR
    ),
    "6.5/1 SETTINGS acknowledgement with a payload": connection_error(
        raw_frame(SETTINGS, 1, 0, bytes(1)), code=FRAME_SIZE_ERROR
    ),
    "6.5/2 SETTINGS on a stream": connection_error(raw_frame(SETTINGS, 0, 1, b"\0\3\0\0\0\x64")),
    "6.5/3 SETTINGS of 3 octets": connection_error(raw_frame(SETTINGS, 0, 0, b"\0\3\0"), code=FRAME_SIZE_ERROR),
    "6.5.2/1 ENABLE_PUSH of 2": connection_error(setting(SettingsFrame.ENABLE_PUSH, 2)),
    "6.5.2/2 INITIAL_WINDOW_SIZE of 2^31": connection_error(
        setting(SettingsFrame.INITIAL_WINDOW_SIZE, 1 << 31), code=FLOW_CONTROL_ERROR
    ),
    "6.5.2/3 MAX_FRAME_SIZE below 2^14": connection_error(setting(SettingsFrame.MAX_FRAME_SIZE, (1 << 14) - 1)),
    "6.5.2/4 MAX_FRAME_SIZE of 2^24": connection_error(setting(SettingsFrame.MAX_FRAME_SIZE, 1 << 24)),
    "6.5.2/5 unknown setting": lives(raw_frame(SETTINGS, 0, 0, b"\0\xff\0\0\0\1")),
    "6.5.3/1 several values of INITIAL_WINDOW_SIZE": several_values,
    "6.5.3/2 SETTINGS": settings_ack,
    "6.7/1 PING": ping,
    "6.7/2 PING with ACK": ping_ack,
    "6.7/3 PING on a stream": connection_error(raw_frame(PING, 0, 1, bytes(8))),
    "6.7/4 PING of 6 octets": connection_error(raw_frame(PING, 0, 0, bytes(6)), code=FRAME_SIZE_ERROR),
    "6.8/1 GOAWAY on a stream": connection_error(raw_frame(GOAWAY, 0, 1, bytes(8))),
    "6.9/1 WINDOW_UPDATE of 0": connection_error(raw_frame(WINDOW_UPDATE, 0, 0, bytes(4))),
    "6.9/2 WINDOW_UPDATE of 0 on a stream": reset_and_go_on(begin, raw_frame(WINDOW_UPDATE, 0, 1, bytes(4))),
    "6.9/3 WINDOW_UPDATE of 3 octets": connection_error(
        raw_frame(WINDOW_UPDATE, 0, 0, bytes(3)), code=FRAME_SIZE_ERROR
    ),
    "6.9.1/1 a window of 1": window_of_one,
    "6.9.1/2 WINDOW_UPDATE beyond 2^31-1": connection_error(
        WindowUpdateFrame(0, MAX_WINDOW), WindowUpdateFrame(0, MAX_WINDOW), code=FLOW_CONTROL_ERROR
    ),
    "6.9.1/3 WINDOW_UPDATE beyond 2^31-1 on a stream": reset_and_go_on(
        begin,
        WindowUpdateFrame(1, MAX_WINDOW),
        WindowUpdateFrame(1, MAX_WINDOW),
        code=FLOW_CONTROL_ERROR,
    ),
    "6.9.2/1 INITIAL_WINDOW_SIZE changes after HEADERS": window_that_grows,
    "6.9.2/2 a negative window": negative_window,
    "6.10/1 several CONTINUATION": answers(
        lambda client: client.headers(end_headers=False),
        lambda client: ContinuationFrame(1, client.encoder.encode([("x-dummy1", "1")])),
        lambda client: ContinuationFrame(1, client.encoder.encode([("x-dummy2", "2")]), flags=["END_HEADERS"]),
    ),
    "6.10/2 CONTINUATION, then another frame": connection_error(open_block, ContinuationFrame(1, b"\x90"), data()),
    "6.10/3 CONTINUATION on stream 0": connection_error(open_block, raw_frame(CONTINUATION, 4, 0, b"\x90")),
    "6.10/4 CONTINUATION after END_HEADERS": connection_error(
        request, ContinuationFrame(1, b"\x90", flags=["END_HEADERS"])
    ),
    "6.10/5 CONTINUATION after one with END_HEADERS": connection_error(
        open_block,
        ContinuationFrame(1, b"\x90", flags=["END_HEADERS"]),
        ContinuationFrame(1, b"\x90", flags=["END_HEADERS"]),
    ),
    "6.10/6 CONTINUATION after DATA": connection_error(
        begin, data(end=False), ContinuationFrame(1, b"\x90", flags=["END_HEADERS"])
    ),
    "7/1 GOAWAY with an unknown code": lives(raw_frame(GOAWAY, 0, 0, bytes(4) + b"\0\0\0\xff")),
    "7/2 RST_STREAM with an unknown code": lives(begin, RstStreamFrame(1, 0xFF)),
    "8.1/1 a second HEADERS without END_STREAM": reset_and_go_on(
        begin, data(end=False), trailers(("x-test", "ok"), end=False)
    ),
    "8.1.2/1 a name in upper case": reset_and_go_on(with_fields(("X-TEST", "ok"))),
    "8.1.2.1/1 unknown pseudo-header": reset_and_go_on(
        lambda client: client.headers(1, [(":test", "ok"), *client.common])
    ),
    "8.1.2.1/2 pseudo-header of responses": reset_and_go_on(
        lambda client: client.headers(1, [(":status", "200"), *client.common])
    ),
    "8.1.2.1/3 pseudo-header in trailers": reset_and_go_on(begin, data(end=False), trailers((":method", "200"))),
    "8.1.2.1/4 pseudo-header after a regular field": reset_and_go_on(
        lambda client: client.headers(1, [("x-test", "ok"), *client.common])
    ),
    "8.1.2.2/1 connection-specific field": reset_and_go_on(with_fields(("connection", "keep-alive"))),
    "8.1.2.2/2 TE other than trailers": reset_and_go_on(with_fields(("trailers", "test"), ("te", "trailers, deflate"))),
    "8.1.2.3/1 empty :path": reset_and_go_on(without(":path", (":path", ""))),
    "8.1.2.3/2 no :method": reset_and_go_on(without(":method")),
    "8.1.2.3/3 no :scheme": reset_and_go_on(without(":scheme")),
    "8.1.2.3/4 no :path": reset_and_go_on(without(":path")),
    "8.1.2.3/5 :method twice": reset_and_go_on(twice(":method")),
    "8.1.2.3/6 :scheme twice": reset_and_go_on(twice(":scheme")),
    "8.1.2.3/7 :path twice": reset_and_go_on(twice(":path")),
    "8.1.2.6/1 content-length other than DATA": reset_and_go_on(
        with_fields(("content-length", "1"), end=False), data()
    ),
    "8.1.2.6/2 content-length other than several DATA": reset_and_go_on(
        with_fields(("content-length", "1"), end=False), data(end=False), data()
    ),
    "8.2/1 PUSH_PROMISE": connection_error(begin, raw_frame(PUSH_PROMISE, 4, 1, b"\0\0\0\2\x82\x84\x86")),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_http2(case: Case) -> None:
    await hold_cases(case)


async def test_3_5_1_preface() -> None:
    async def case(client: FrameClient) -> None:
        client.write(PREFACE, SettingsFrame(0))
        await client.expect_settings_ack()
        first = client.seen[0]
        assert isinstance(first, SettingsFrame)
        assert "ACK" not in first.flags

    await hold_cases(case, handshake=False)


async def test_3_5_2_invalid_preface() -> None:
    async def case(client: FrameClient) -> None:
        client.write(b"INVALID CONNECTION PREFACE\r\n\r\n")
        await client.expect_connection_error(PROTOCOL_ERROR)

    await hold_cases(case, handshake=False)


def test_every_case_is_here() -> None:
    assert len(CASES) + 2 == 94
    assert HeadersFrame.type == HEADERS
