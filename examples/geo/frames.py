"""HTTP/2 frames out of recorded bytes (RFC 9113), with what gRPC puts into them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hpack import Decoder
from hyperframe.frame import (
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from examples.geo.relay import Sender

__all__ = ["RecordedFrame", "read_frames"]

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  # RFC 9113 section 3.4: what every client says first
_FRAME_HEADER = 9  # bytes: length, type, flags, stream (RFC 9113 section 4.1)
_MESSAGE_PREFIX = 5  # bytes before each gRPC message: one flag for compression, four of length (PROTOCOL-HTTP2)
_TYPE_NAMES: dict[type[Frame], str] = {
    DataFrame: "DATA",
    HeadersFrame: "HEADERS",
    RstStreamFrame: "RST_STREAM",
    SettingsFrame: "SETTINGS",
    PingFrame: "PING",
    GoAwayFrame: "GOAWAY",
    WindowUpdateFrame: "WINDOW_UPDATE",
}
_SETTING_NAMES = {
    SettingsFrame.HEADER_TABLE_SIZE: "HEADER_TABLE_SIZE",
    SettingsFrame.ENABLE_PUSH: "ENABLE_PUSH",
    SettingsFrame.MAX_CONCURRENT_STREAMS: "MAX_CONCURRENT_STREAMS",
    SettingsFrame.INITIAL_WINDOW_SIZE: "INITIAL_WINDOW_SIZE",
    SettingsFrame.MAX_FRAME_SIZE: "MAX_FRAME_SIZE",
    SettingsFrame.MAX_HEADER_LIST_SIZE: "MAX_HEADER_LIST_SIZE",
    SettingsFrame.ENABLE_CONNECT_PROTOCOL: "ENABLE_CONNECT_PROTOCOL",
}


@dataclass(frozen=True)
class RecordedFrame:
    """One frame.

    Attributes:
        sender: who sent it.
        type: the name of its type, such as ``HEADERS``; ``preface`` for the bytes before the client's first frame.
        stream_id: the stream it belongs to; 0 for the connection.
        flags: the names of the flags that are set.
        length: bytes of payload, behind the nine of the frame's header.
        content: what is in it, for people, a line each.
    """

    sender: Sender
    type: str
    stream_id: int
    flags: tuple[str, ...]
    length: int
    content: tuple[str, ...]


@dataclass
class _Direction:
    """What one side has sent and is not yet read, and the state of its header compression (RFC 7541 section 2.2)."""

    buffer: bytes = b""
    headers: Decoder = field(default_factory=Decoder)


def read_frames(recorded: Iterable[tuple[Sender, bytes]]) -> Iterator[RecordedFrame]:
    """Cuts the bytes of one connection into frames.

    Args:
        recorded: who sent what, from the connection's start, in order.

    Yields:
        The frames in the order in which their last bytes arrived.
    """
    directions = {sender: _Direction() for sender in Sender}
    for sender, data in recorded:
        direction = directions[sender]
        direction.buffer += data
        if direction.buffer.startswith(_PREFACE):
            direction.buffer = direction.buffer.removeprefix(_PREFACE)
            yield RecordedFrame(sender, "preface", 0, (), len(_PREFACE), (repr(_PREFACE)[1:],))
        while len(direction.buffer) >= _FRAME_HEADER:
            frame, length = Frame.parse_frame_header(memoryview(direction.buffer[:_FRAME_HEADER]))
            end = _FRAME_HEADER + length
            if len(direction.buffer) < end:  # true of half a preface as well: read as a header, it asks for 5 MB
                break
            frame.parse_body(memoryview(direction.buffer[_FRAME_HEADER:end]))
            direction.buffer = direction.buffer[end:]
            content = tuple(_describe(frame, direction.headers))
            name = _TYPE_NAMES.get(type(frame), type(frame).__name__)
            yield RecordedFrame(sender, name, frame.stream_id, tuple(sorted(frame.flags)), length, content)


def _describe(frame: Frame, headers: Decoder) -> Iterator[str]:
    if isinstance(frame, HeadersFrame):
        # a block that does not fit in one frame goes on in CONTINUATION frames; those of this example always fit
        for name, value in headers.decode(frame.data):
            yield f"{name!s}: {value!s}"
    elif isinstance(frame, DataFrame) and frame.data:
        prefix, message = frame.data[:_MESSAGE_PREFIX], frame.data[_MESSAGE_PREFIX:]
        compressed = "compressed" if prefix[0] else "not compressed"
        yield f"{prefix[:1].hex()} {prefix[1:].hex()}: {compressed}, a message of {int.from_bytes(prefix[1:])} bytes"
        yield message.hex(" ")
    elif isinstance(frame, SettingsFrame):
        for setting, number in frame.settings.items():
            yield f"{_SETTING_NAMES.get(setting, setting)} = {number}"
    elif isinstance(frame, WindowUpdateFrame):
        yield f"{frame.window_increment} bytes more may be sent"
    elif isinstance(frame, GoAwayFrame):
        yield f"no streams above {frame.last_stream_id} are served, error code {frame.error_code}"
    elif isinstance(frame, RstStreamFrame):
        yield f"error code {frame.error_code}"
