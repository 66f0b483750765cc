"""What the tool h2spec checks in its section "generic": a server of HTTP/2 takes what is allowed.

The numbers are those of the tool's cases.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise

import pytest
from frame_client import FrameClient, hold_cases
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

Case = Callable[[FrameClient], Awaitable[None]]


def padded(frame: Frame, size: int) -> Frame:
    frame.flags.add("PADDED")
    frame.pad_length = size  # type: ignore[attr-defined]
    return frame


def answers(*frames: Callable[[FrameClient], Frame]) -> Case:
    """The server answers stream 1 after these frames."""

    async def case(client: FrameClient) -> None:
        client.write(*(frame(client) for frame in frames))
        await client.expect_headers()

    return case


def lives(*frames: Callable[[FrameClient], Frame]) -> Case:
    """The connection lives on after these frames."""

    async def case(client: FrameClient) -> None:
        client.write(*(frame(client) for frame in frames))
        await client.expect_pong()

    return case


def request(client: FrameClient) -> Frame:
    return client.headers()


def begin(client: FrameClient) -> Frame:
    return client.headers(end_stream=False)


def head(client: FrameClient) -> Frame:
    return client.headers(1, [(":method", "HEAD"), *client.common[1:]])


def trailers(client: FrameClient) -> Frame:
    return client.headers(1, [("x-test", "ok")])


def with_priority(client: FrameClient) -> Frame:
    frame = client.headers()
    frame.flags.add("PRIORITY")
    frame.depends_on, frame.stream_weight, frame.exclusive = 0, 255, False
    return frame


def block(client: FrameClient, *cuts: int) -> list[Frame]:
    """A request whose header block is cut into pieces."""
    whole = client.headers(1, [*client.common, ("x-long", "y" * 30)])
    edges = [0, *cuts, len(whole.data)]
    parts = [whole.data[a:b] for a, b in pairwise(edges)]
    frames: list[Frame] = [HeadersFrame(1, parts[0], flags=["END_STREAM"])]
    frames += [ContinuationFrame(1, part) for part in parts[1:]]
    frames[-1].flags.add("END_HEADERS")
    return frames


async def closed_stream_priority(client: FrameClient) -> None:
    client.write(client.headers())
    await client.expect_end()
    client.write(PriorityFrame(1, stream_weight=255))
    await client.expect_pong()


async def lower_stream_after_priority(client: FrameClient) -> None:
    client.write(PriorityFrame(7, depends_on=5), client.headers(5))
    await client.expect_headers(5)


async def goaway(client: FrameClient) -> None:
    client.write(GoAwayFrame(0))
    client.write(PingFrame(0, b"h2spec--"))
    try:
        await client.expect_pong(b"h2spec--", send=False)
    except AssertionError:
        assert client.closed, "neither an answer nor the end"


async def settings(client: FrameClient) -> None:
    client.write(SettingsFrame(0, {SettingsFrame.MAX_CONCURRENT_STREAMS: 100}))
    await client.expect_settings_ack()


async def continuation(client: FrameClient) -> None:
    client.write(*block(client, 8))
    await client.expect_headers()


async def continuations(client: FrameClient) -> None:
    client.write(*block(client, 4, 8, 20))
    await client.expect_headers()


def data(payload: bytes, *, end: bool = True) -> Callable[[FrameClient], Frame]:
    return lambda _: DataFrame(1, payload, flags=["END_STREAM"] if end else [])


def priority(stream_id: int = 1, **how: int) -> Callable[[FrameClient], Frame]:
    return lambda _: PriorityFrame(stream_id, **how)  # type: ignore[arg-type]


CASES: dict[str, Case] = {
    "1/1 a connection preface": lives(),
    "2/1 PRIORITY on an idle stream": lives(priority(depends_on=0, stream_weight=255)),
    "2/2 WINDOW_UPDATE on a half-closed stream": answers(request, lambda _: WindowUpdateFrame(1, 100)),
    "2/3 PRIORITY on a half-closed stream": answers(request, priority(stream_weight=255)),
    "2/4 RST_STREAM on a half-closed stream": lives(request, lambda _: RstStreamFrame(1, 8)),
    "2/5 PRIORITY on a closed stream": closed_stream_priority,
    "3.1/1 DATA": answers(begin, data(b"test")),
    "3.1/2 several DATA": answers(begin, data(b"test", end=False), data(b"test")),
    "3.1/3 DATA with padding": answers(begin, lambda _: padded(DataFrame(1, b"test", flags=["END_STREAM"]), 6)),
    "3.2/1 HEADERS": answers(request),
    "3.2/2 HEADERS with padding": answers(lambda client: padded(client.headers(), 6)),
    "3.2/3 HEADERS with priority": answers(with_priority),
    "3.3/1 PRIORITY of weight 1": answers(priority(stream_weight=0), request),
    "3.3/2 PRIORITY of weight 256": answers(priority(stream_weight=255), request),
    "3.3/3 PRIORITY with a dependency": answers(priority(depends_on=3), request),
    "3.3/4 PRIORITY that is exclusive": answers(priority(depends_on=3, exclusive=True), request),
    "3.3/5 PRIORITY on an idle stream, then a lower one": lower_stream_after_priority,
    "3.4/1 RST_STREAM": lives(begin, lambda _: RstStreamFrame(1, 8)),
    "3.5/1 SETTINGS": settings,
    "3.7/1 PING": lives(),
    "3.8/1 GOAWAY": goaway,
    "3.9/1 WINDOW_UPDATE of the connection": answers(lambda _: WindowUpdateFrame(0, 1), request),
    "3.9/2 WINDOW_UPDATE of a stream": answers(request, lambda _: WindowUpdateFrame(1, 1)),
    "3.10/1 CONTINUATION": continuation,
    "3.10/2 several CONTINUATION": continuations,
    "4/1 GET": answers(lambda client: client.headers(1, [(":method", "GET"), *client.common[1:]])),
    "4/2 HEAD": answers(head),
    "4/3 POST": answers(
        lambda client: client.headers(1, [(":method", "POST"), *client.common[1:]], end_stream=False), data(b"test")
    ),
    "4/4 POST with trailers": answers(
        lambda client: client.headers(
            1, [(":method", "POST"), *client.common[1:], ("trailer", "x-test")], end_stream=False
        ),
        data(b"test", end=False),
        trailers,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_generic(case: Case) -> None:
    await hold_cases(case)


# -- 5: representations of HPACK, of RFC 7541


def literal(text: str, huffman: bool = False) -> bytes:
    """A string literal (section 5.2) of less than 127 bytes; Huffman-coded, it is one of those below."""
    if huffman:
        return HUFFMAN[text]
    return bytes([len(text)]) + text.encode()


HUFFMAN = {
    # RFC 7541, appendix C.4
    "custom-key": bytes.fromhex("8825a849e95ba97d7f"),
    "custom-value": bytes.fromhex("8925a849e95bb8e8b4bf"),
    "no-cache": bytes.fromhex("86a8eb10649cbf"),
}


def representations() -> dict[str, bytes]:
    """The field that each case adds to a request."""
    forms: dict[str, bytes] = {"5/1 indexed": b"\x90"}  # index 16 of the static table: accept-encoding: gzip, deflate
    number = 2
    for name, first, indexed in (
        ("with incremental indexing", 0x40, b"\x58"),  # section 6.2.1; index 24: cache-control
        ("without indexing", 0x00, b"\x0f\x09"),  # section 6.2.2
        ("never indexed", 0x10, b"\x1f\x09"),  # section 6.2.3
    ):
        for huffman in (False, True):
            coded = ", Huffman" if huffman else ""
            forms[f"5/{number} {name}, indexed name{coded}"] = indexed + literal("no-cache", huffman)
            number += 1
        for huffman in (False, True):
            coded = ", Huffman" if huffman else ""
            both = literal("custom-key", huffman) + literal("custom-value", huffman)
            forms[f"5/{number} {name}, new name{coded}"] = bytes([first]) + both
            number += 1
    return forms


def size_updates() -> dict[str, bytes]:
    """What each case puts before a request's fields."""
    return {"5/14 a table size update": b"\x3f\x21", "5/15 several table size updates": b"\x20\x3f\x21"}


FIELDS: Sequence[tuple[str, bytes, bytes]] = [
    *((name, b"", field) for name, field in representations().items()),
    *((name, update, b"") for name, update in size_updates().items()),
]


@pytest.mark.parametrize(("before", "after"), [case[1:] for case in FIELDS], ids=[case[0] for case in FIELDS])
async def test_representations(before: bytes, after: bytes) -> None:
    async def case(client: FrameClient) -> None:
        frame = client.headers()
        frame.data = before + frame.data + after
        client.write(frame)
        await client.expect_headers()

    await hold_cases(case)


def test_every_case_is_here() -> None:
    assert len(CASES) + len(FIELDS) == 44
