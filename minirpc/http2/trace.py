"""A frame trace that a person can read: one line for each frame, in the logger ``minirpc.trace`` at DEBUG.

A connection that begins while the logger is not at DEBUG is not traced, and pays nothing. What names a secret is not
shown, and of messages only the size is.
"""

from __future__ import annotations

import itertools
import logging
import os
import re
from collections.abc import Callable, Sequence
from typing import Any, cast

from h2.exceptions import ProtocolError
from h2.settings import SettingCodes
from hpack import Decoder, HPACKError
from hyperframe.frame import (
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from minirpc.http2.frame_reader import FrameReader
from minirpc.http2.interface import Engine, Header, error_name

__all__ = ["configure", "trace_enabled", "traced"]

_log = logging.getLogger("minirpc.trace")
_hpack_log = logging.getLogger("hpack")

_MAX_FRAME_SIZE = (1 << 24) - 1  # of what this side sends, the peer has set the limit
_MAX_VALUE = 200  # characters that are shown of one value
_SECRET = rb"(?i)auth|token|secret|passw|credential|cookie|session|api-?key|signature"  # compiled at first use
_numbers = itertools.count(1)


def configure(wanted: str) -> None:
    """Takes the value of ``MINIRPC_TRACE``: ``frames`` writes the trace to stderr.

    Without it, the logger's level is INFO unless the program sets another: a root logger at DEBUG does not ask for
    every frame.
    """
    names = {name.strip() for name in wanted.split(",")} - {""}
    if "frames" in names:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        _log.addHandler(handler)
        _log.propagate = False
        _log.setLevel(logging.DEBUG)
    elif _log.level == logging.NOTSET:
        _log.setLevel(logging.INFO)
    if _hpack_log.level == logging.NOTSET:
        # hpack logs each header field with its value, credentials included, as soon as the root logger is at DEBUG.
        _hpack_log.setLevel(logging.INFO)
    for name in sorted(names - {"frames"}):
        _log.warning("MINIRPC_TRACE: %r is no trace; there is 'frames'", name)


configure(os.environ.get("MINIRPC_TRACE", ""))


def trace_enabled() -> bool:
    """Whether connections that begin now are traced."""
    return _log.isEnabledFor(logging.DEBUG)


def traced(engine: Engine, peer: Callable[[], str], *, client_side: bool, max_frame_size: int) -> Engine:
    """Returns the engine with a trace of what goes in and out.

    Args:
        engine: the engine.
        peer: gives the other side's address.
        client_side: whether this endpoint opened the connection.
        max_frame_size: the largest frame payload to accept from the peer, in bytes.
    """
    return cast(Engine, _TracedEngine(engine, peer, client_side, max_frame_size))


class _TracedEngine:
    """An engine whose input and output are read along."""

    def __init__(self, engine: Engine, peer: Callable[[], str], client_side: bool, max_frame_size: int) -> None:
        self._engine = engine
        number = next(_numbers)
        self._input = _Direction(number, peer, "<-", FrameReader(max_frame_size, expect_preface=not client_side))
        self._output = _Direction(number, peer, "->", FrameReader(_MAX_FRAME_SIZE, expect_preface=client_side))

    def receive(self, data: bytes | bytearray | memoryview, until: float | None = None) -> bool:
        self._input.show(data)
        return self._engine.receive(data, until)

    def take_output(self) -> bytes | bytearray:
        return b"".join(self.take_pieces())

    def take_pieces(self) -> list[bytes | bytearray | memoryview]:
        pieces = self._engine.take_pieces()
        for piece in pieces:
            self._output.show(piece)
        return pieces

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


class _Direction:
    """What one side sends."""

    def __init__(self, number: int, peer: Callable[[], str], arrow: str, reader: FrameReader) -> None:
        self._number = number
        self._peer = peer
        self._arrow = arrow
        self._reader = reader
        self._decoder = Decoder()
        self._decoder.max_allowed_table_size = 2**32 - 1
        self._broken = False

    def show(self, data: bytes | bytearray | memoryview) -> None:
        """Logs the frames that are complete. Never raises: the engine has its own view of the same bytes."""
        if self._broken:
            return
        try:
            for frame in self._reader.read(data):
                self._write(f"stream {frame.stream_id} " if frame.stream_id else "", self._describe(frame))
        except (ProtocolError, HPACKError) as error:
            self._broken = True
            self._write("", f"what follows cannot be read: {error}")

    def _write(self, stream: str, text: str) -> None:
        _log.debug("#%d %s %s %s%s", self._number, self._peer(), self._arrow, stream, text)

    def _describe(self, frame: Frame) -> str:
        name = type(frame).__name__.removesuffix("Frame").upper()
        flags = "".join(f" {flag}" for flag in sorted(frame.flags) if flag != "END_HEADERS")
        return f"{name}{flags}{self._detail(frame)}"

    def _detail(self, frame: Frame) -> str:
        if isinstance(frame, DataFrame):
            return f" {len(frame.data)} bytes"
        if isinstance(frame, HeadersFrame | PushPromiseFrame):
            headers = cast("Sequence[Header]", self._decoder.decode(frame.data, raw=True))
            return "".join(f" {_text(name)}={_value(name, value)}" for name, value in headers)
        if isinstance(frame, SettingsFrame):
            return "".join(f" {_setting(key)}={value}" for key, value in frame.settings.items())
        if isinstance(frame, WindowUpdateFrame):
            return f" +{frame.window_increment}"
        if isinstance(frame, RstStreamFrame):
            return f" {error_name(frame.error_code)}"
        if isinstance(frame, GoAwayFrame):
            return f" {error_name(frame.error_code)} last stream {frame.last_stream_id} {_text(frame.additional_data)}"
        if isinstance(frame, PingFrame):
            return f" {frame.opaque_data.hex()}"
        return ""


def _setting(key: int) -> str:
    try:
        return SettingCodes(key).name
    except ValueError:
        return f"{key:#x}"


def _value(name: bytes, value: bytes) -> str:
    return f"<{len(value)} bytes not shown>" if re.search(_SECRET, name) and name != b":authority" else _text(value)


def _text(value: bytes) -> str:
    """The value on one line, as ASCII."""
    text = value[: _MAX_VALUE + 1].decode("latin-1").encode("unicode_escape").decode("ascii")
    return text if len(value) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}…"
