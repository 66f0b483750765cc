"""Cuts the received bytes into frames.

This stands in for h2's own frame buffer, which takes up a whole frame before it looks at the length: a peer could make
it hold 16 MiB, and a peer of another protocol ("HTTP/1.1 400" read as a length) would be waited for.
"""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterator
from typing import TypeAlias

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

__all__ = ["FrameReader", "RawFrame"]

RawFrame: TypeAlias = tuple[int, int, int, memoryview]
"""Type, flags, stream identifier and payload."""

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  # RFC 9113 section 3.4
_HEADER = struct.Struct(">BHBBL")  # section 4.1: length (24 bits), type, flags, stream identifier
_HEADER_SIZE = _HEADER.size
_TYPE_OFFSET = 3
_ALTSVC = 0xA  # RFC 7838: for clients of HTTP, which would have to look at it, and not for gRPC
_MAX_INCREMENT = 2**31 - 1
_MAX_STREAM_ID = 2**31 - 1  # the bit above is reserved, and ignored
_MAX_BLOCK_SIZE = 1 << 24  # bytes


class FrameReader:
    """Takes bytes, gives frames: raw ones by :meth:`cut`, which copies nothing that is whole, or frame objects by
    :meth:`read`. A header block over several frames comes out of :meth:`assemble` as its first frame, with all of it.

    What is wrong with a single stream comes out as well, for the connection to reset that stream: a WINDOW_UPDATE with
    the increment 0, and a PRIORITY whose ``body_len`` is not 5. Frames of unknown types come out without their bodies.

    Args:
        max_frame_size: the largest frame payload to accept, in bytes.
        expect_preface: whether the peer is a client, which begins with the connection preface.
        max_block_size: the largest header block to hold, in bytes.
        max_continuations: CONTINUATION frames of one header block.

    Attributes:
        in_block: whether a header block has begun and is not complete.
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
        self._part = bytearray()  # of the frame that is not complete
        self._block: list[HeadersFrame | PushPromiseFrame | ContinuationFrame] = []
        self._block_size = 0
        self.in_block = False

    @property
    def holds_part(self) -> bool:
        """Whether a frame or a header block has begun and is not complete."""
        return bool(self._part) or self.in_block

    def read(self, data: bytes | bytearray | memoryview) -> Iterator[Frame]:
        """Takes more bytes, cut anywhere, and yields what is whole: all of it must be taken.

        Raises:
            h2.exceptions.ProtocolError: the bytes are no frame, or not one that may come here. The reader is of no use
                afterwards.
        """
        for raw in self.cut(data):
            frame = self.assemble(*raw)
            if frame is not None:
                yield frame

    def cut(self, data: bytes | bytearray | memoryview) -> Generator[RawFrame, None, None]:
        """Takes more bytes, cut anywhere, and yields raw frames: type, flags, stream and payload.

        A payload is a view of ``data`` where it can be, and must not be kept. What is left when the caller stops early
        is kept for the next call.

        Raises:
            h2.exceptions.ProtocolError: as :meth:`read`.
        """
        if self._settings_due:
            data = self._begin(data)
        view = memoryview(data)
        size = len(view)
        position = 0
        try:
            if self._part:
                position = self._fill_part(view)
                whole = self._take_part()
                if whole is not None:
                    yield whole
            while size - position >= _HEADER_SIZE:
                high, low, kind, flags, stream_id = _HEADER.unpack_from(view, position)
                body = position + _HEADER_SIZE
                end = body + (high << 16 | low)
                if end > size:
                    self._check_length(end - body)
                    break
                if end - body > self._max_frame_size:
                    self._check_length(end - body)
                position = end
                yield kind, flags, stream_id & _MAX_STREAM_ID, view[body:end]
        finally:
            if position < size:
                self._part += view[position:]

    def take_rest(self) -> bytes:
        """Returns what :meth:`cut` has left, to be given to it again, and forgets it."""
        rest, self._part = bytes(self._part), bytearray()
        return rest

    def _begin(self, data: bytes | bytearray | memoryview) -> bytes | bytearray:
        """Holds bytes back until they show that the peer begins as it should. Returns what may be cut now."""
        start = self._part
        start += data
        if self._preface_left:
            size = min(len(self._preface_left), len(start))
            if start[:size] != self._preface_left[:size]:
                raise ProtocolError(_foreign_protocol(start) or "the client connection preface is wrong")
            self._preface_left = self._preface_left[size:]
            del start[:size]
        foreign = _foreign_protocol(start)
        if foreign is not None:
            raise ProtocolError(foreign)
        if len(start) < _HEADER_SIZE:
            return b""
        if start[_TYPE_OFFSET] != SettingsFrame.type:
            # Section 3.4: SETTINGS must be the first frame that each side sends. Looked at before the length, which in
            # another protocol's bytes is as good as random.
            raise ProtocolError("the first frame is not SETTINGS; the peer may not speak HTTP/2")
        self._settings_due = False
        self._part = bytearray()
        return start

    def _fill_part(self, view: memoryview) -> int:
        """Moves to the frame that has begun what it lacks, and no more. Returns how many bytes that were."""
        part = self._part
        moved = 0
        if len(part) < _HEADER_SIZE:
            moved = _HEADER_SIZE - len(part)
            part += view[:moved]
            if len(part) < _HEADER_SIZE:
                return len(view)
        length = int.from_bytes(part[:3], "big")
        self._check_length(length)
        lacking = _HEADER_SIZE + length - len(part)
        part += view[moved : moved + lacking]
        return min(moved + lacking, len(view))

    def _take_part(self) -> RawFrame | None:
        """Returns the frame that had begun, if it is whole now."""
        part = self._part
        if len(part) < _HEADER_SIZE or len(part) - _HEADER_SIZE < int.from_bytes(part[:3], "big"):
            return None
        self._part = bytearray()
        _, _, kind, flags, stream_id = _HEADER.unpack_from(part)
        return kind, flags, stream_id & _MAX_STREAM_ID, memoryview(part)[_HEADER_SIZE:]

    def _check_length(self, length: int) -> None:
        """Checks a length before its bytes are waited for."""
        if length > self._max_frame_size:
            raise FrameTooLargeError(f"frame of {length} bytes, the limit is {self._max_frame_size}")

    def assemble(self, kind: int, flags: int, stream_id: int, payload: memoryview) -> Frame | None:
        """Makes a raw frame an object. HEADERS is held back until its last CONTINUATION is here, and None given.

        Raises:
            h2.exceptions.ProtocolError: as :meth:`read`.
        """
        frame = _parse_frame(kind, flags, stream_id, payload)
        block = self._block
        if block:
            # Section 4.3: nothing may come between them.
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
            self.in_block = True
        else:
            return frame
        if "END_HEADERS" not in frame.flags:
            return None
        first = block[0]
        first.flags.add("END_HEADERS")
        first.data = b"".join(part.data for part in block)
        self._block = []
        self.in_block = False
        return first


def _parse_frame(kind: int, flags: int, stream_id: int, body: memoryview) -> Frame:
    """Returns one frame as an object.

    Raises:
        h2.exceptions.ProtocolError: it is malformed in a way that ends the connection.
    """
    frame: Frame | None = None
    try:
        header = _HEADER.pack(len(body) >> 16, len(body) & 0xFFFF, kind, flags, stream_id)
        frame, _ = Frame.parse_frame_header(memoryview(header))
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
