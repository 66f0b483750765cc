"""Cuts the received bytes into frames.

This stands in for h2's own frame buffer, which takes up a whole frame before it looks at the length: a peer could make
it hold 16 MiB, and a peer of another protocol ("HTTP/1.1 400" read as a length) would be waited for.
"""

from __future__ import annotations

from h2.exceptions import FrameDataMissingError, FrameTooLargeError, ProtocolError
from hyperframe.exceptions import InvalidDataError, InvalidFrameError, InvalidPaddingError
from hyperframe.frame import (
    ContinuationFrame,
    ExtensionFrame,
    Frame,
    HeadersFrame,
    PriorityFrame,
    PushPromiseFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from minirpc.http2.flood_guard import FloodError
from minirpc.http2.limits import FloodLimits

__all__ = ["FrameReader"]

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  # RFC 9113 section 3.4
_HEADER_SIZE = 9
_TYPE_OFFSET = 3
_ALTSVC = 0xA  # RFC 7838: for clients of HTTP, which would have to look at it, and not for gRPC
_MAX_INCREMENT = 2**31 - 1
_MAX_BLOCK_SIZE = 1 << 24  # bytes


class FrameReader:
    """Takes bytes, gives frames. A header block over several frames comes out as its first frame, with all of it.

    What is wrong with a single stream comes out as well, for the connection to reset that stream: a WINDOW_UPDATE with
    the increment 0, and a PRIORITY whose ``body_len`` is not 5. Frames of unknown types come out without their bodies.

    Args:
        max_frame_size: the largest frame payload to accept, in bytes.
        expect_preface: whether the peer is a client, which begins with the connection preface.
        max_block_size: the largest header block to hold, in bytes.
        max_continuations: CONTINUATION frames of one header block.
    """

    def __init__(
        self,
        max_frame_size: int,
        *,
        expect_preface: bool,
        max_block_size: int = _MAX_BLOCK_SIZE,
        max_continuations: int = FloodLimits().continuations,
    ) -> None:
        self._max_frame_size = max_frame_size
        self._max_block_size = max_block_size
        self._max_continuations = max_continuations
        self._preface_left = _PREFACE if expect_preface else b""
        self._settings_due = True
        self._buffer = bytearray()
        self._position = 0
        self._block: list[HeadersFrame | PushPromiseFrame | ContinuationFrame] = []
        self._block_size = 0

    @property
    def holds_part(self) -> bool:
        """Whether a frame or a header block has begun and is not complete."""
        return bool(self._buffer) or bool(self._block)

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Takes more bytes, cut anywhere."""
        self._buffer += data

    def next_frame(self) -> Frame | None:
        """Returns the next whole frame, or None until more bytes are here.

        Raises:
            h2.exceptions.ProtocolError: the bytes are no frame, or not one that may come here. The reader is of no use
                afterwards.
        """
        if self._preface_left:
            self._read_preface()
        while (frame := self._read_frame()) is not None:
            self._settings_due = False
            whole = self._collect_block(frame)
            if whole is not None:
                return whole
        del self._buffer[: self._position]
        self._position = 0
        return None

    def _read_preface(self) -> None:
        size = min(len(self._preface_left), len(self._buffer))
        if self._buffer[:size] != self._preface_left[:size]:
            raise ProtocolError(_foreign_protocol(self._buffer) or "the client connection preface is wrong")
        self._preface_left = self._preface_left[size:]
        del self._buffer[:size]

    def _read_frame(self) -> Frame | None:
        start = self._position
        body = start + _HEADER_SIZE
        available = len(self._buffer)
        if self._settings_due and (foreign := _foreign_protocol(self._buffer)) is not None:
            raise ProtocolError(foreign)
        if available < body:
            return None
        if self._settings_due and self._buffer[start + _TYPE_OFFSET] != SettingsFrame.type:
            # Section 3.4: SETTINGS must be the first frame that each side sends. Looked at before the length, which in
            # another protocol's bytes is as good as random.
            raise ProtocolError("the first frame is not SETTINGS; the peer may not speak HTTP/2")
        length = int.from_bytes(self._buffer[start : start + 3], "big")
        if length > self._max_frame_size:
            raise FrameTooLargeError(f"frame of {length} bytes, the limit is {self._max_frame_size}")
        if available < body + length:
            return None
        with memoryview(self._buffer) as view:
            frame = _parse_frame(view[start:body], view[body : body + length])
        self._position = body + length
        return frame

    def _collect_block(self, frame: Frame) -> Frame | None:
        """Holds HEADERS back until the last CONTINUATION is here (section 4.3: nothing may come between them)."""
        block = self._block
        if block:
            if not isinstance(frame, ContinuationFrame) or frame.stream_id != block[0].stream_id:
                raise ProtocolError("another frame inside a header block")
            block.append(frame)
            if len(block) > self._max_continuations + 1:
                raise FloodError(f"header block over more than {self._max_continuations} CONTINUATION frames")
            self._block_size += len(frame.data)
            if self._block_size > self._max_block_size:
                raise FloodError(f"header block of more than {self._max_block_size} bytes")
        elif isinstance(frame, ContinuationFrame):
            raise ProtocolError("CONTINUATION without a header block")
        elif isinstance(frame, HeadersFrame | PushPromiseFrame) and "END_HEADERS" not in frame.flags:
            block.append(frame)
            self._block_size = len(frame.data)
        else:
            return frame
        if "END_HEADERS" not in frame.flags:
            return None
        first = block[0]
        first.flags.add("END_HEADERS")
        first.data = b"".join(part.data for part in block)
        self._block = []
        return first


def _parse_frame(header: memoryview, body: memoryview) -> Frame:
    """Returns one frame.

    Raises:
        h2.exceptions.ProtocolError: it is malformed in a way that ends the connection.
    """
    frame: Frame | None = None
    try:
        frame, _ = Frame.parse_frame_header(header)
        if isinstance(frame, ExtensionFrame) or frame.type == _ALTSVC:
            return ExtensionFrame(frame.type or 0, frame.stream_id)
        frame.parse_body(body)
    except InvalidFrameError as error:
        if isinstance(frame, PriorityFrame):
            frame.body_len = len(body)  # section 6.3: a stream error
            return frame
        raise FrameDataMissingError(str(error)) from error
    except (InvalidDataError, InvalidPaddingError) as error:
        if isinstance(frame, SettingsFrame):
            raise FrameDataMissingError(str(error)) from error  # section 6.5: an acknowledgement with a payload
        if isinstance(frame, WindowUpdateFrame):
            frame.window_increment &= _MAX_INCREMENT  # the bit above is reserved, and ignored
            if frame.stream_id or frame.window_increment:
                return frame  # section 6.9: an increment of 0 is a stream error on a stream
        raise ProtocolError(str(error)) from error
    return frame


def _foreign_protocol(start: bytearray) -> str | None:
    """Says what a peer speaks in place of HTTP/2, where its first bytes tell."""
    if start.startswith((b"\x15\x03", b"\x16\x03")):
        return "the peer speaks TLS, and this side does not"  # RFC 8446 section 5.1: an alert or a handshake record
    if start.startswith((b"HTTP/", b"GET ", b"POST ", b"PUT ", b"HEAD ", b"OPTIONS ", b"CONNECT ")):
        return "the peer speaks HTTP/1"
    return None
