from __future__ import annotations

import pytest
from h2.exceptions import FrameDataMissingError, FrameTooLargeError, ProtocolError
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    ExtensionFrame,
    Frame,
    HeadersFrame,
    PingFrame,
    SettingsFrame,
    WindowUpdateFrame,
)
from hypothesis import given
from hypothesis import strategies as st

from minirpc.http2.frame_reader import FrameReader

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = SettingsFrame(0).serialize()


def reader_after_settings() -> FrameReader:
    reader = FrameReader(16_384, expect_preface=False)
    (settings,) = reader.read(SETTINGS)
    assert isinstance(settings, SettingsFrame)
    return reader


def read_all(reader: FrameReader, data: bytes) -> list[Frame]:
    return list(reader.read(data))


FRAMES = st.lists(
    st.one_of(
        st.builds(DataFrame, st.integers(1, 9), st.binary(max_size=50)),
        st.builds(PingFrame, st.just(0), st.binary(min_size=8, max_size=8)),
        st.builds(WindowUpdateFrame, st.integers(0, 9), st.integers(1, 2**31 - 1)),
        st.builds(
            lambda n, data: HeadersFrame(n, data, flags=["END_HEADERS"]), st.integers(1, 9), st.binary(max_size=50)
        ),
    ),
    max_size=8,
)


@given(FRAMES, st.data())
def test_frames_survive_any_cut(frames: list[Frame], data: st.DataObject) -> None:
    stream = PREFACE + SETTINGS + b"".join(frame.serialize() for frame in frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=15)))
    reader = FrameReader(16_384, expect_preface=True)
    read: list[Frame] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        read += read_all(reader, stream[start:end])
    assert [frame.serialize() for frame in read[1:]] == [frame.serialize() for frame in frames]


@pytest.mark.parametrize("data", [b"G", b"PRI * HTTP/1", PREFACE[:-1] + b"x"])
def test_wrong_preface_is_noticed_at_its_first_byte(data: bytes) -> None:
    reader = FrameReader(16_384, expect_preface=True)
    with pytest.raises(ProtocolError, match="preface"):
        read_all(reader, data)


def test_first_frame_must_be_settings() -> None:
    reader = FrameReader(16_384, expect_preface=False)
    with pytest.raises(ProtocolError, match="first frame is not SETTINGS"):
        read_all(reader, PingFrame(0, bytes(8)).serialize())


def test_length_is_checked_before_the_frame_arrives() -> None:
    reader = reader_after_settings()
    with pytest.raises(FrameTooLargeError, match="16385 bytes, the limit is 16384"):
        read_all(reader, (16_385).to_bytes(3, "big") + bytes(6))


def test_header_block_is_collected() -> None:
    parts = [HeadersFrame(1, b"ab"), ContinuationFrame(1, b"c"), ContinuationFrame(1, b"d", flags=["END_HEADERS"])]
    (frame,) = read_all(reader_after_settings(), b"".join(part.serialize() for part in parts))
    assert isinstance(frame, HeadersFrame)
    assert frame.data == b"abcd"
    assert "END_HEADERS" in frame.flags


@pytest.mark.parametrize("intruder", [PingFrame(0, bytes(8)), ContinuationFrame(3, b""), HeadersFrame(1, b"")])
def test_nothing_may_come_between(intruder: Frame) -> None:
    reader = reader_after_settings()
    with pytest.raises(ProtocolError, match="inside a header block"):
        read_all(reader, HeadersFrame(1, b"ab").serialize() + intruder.serialize())


def test_continuations_are_limited() -> None:
    reader = reader_after_settings()
    with pytest.raises(ProtocolError, match="more than 64 CONTINUATION frames"):
        read_all(reader, HeadersFrame(1, b"").serialize() + ContinuationFrame(1, b"").serialize() * 100)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"\0\0\1\0\x08\0\0\0\1\xff", ProtocolError),  # padding longer than the frame
        (b"\0\0\1\6\0\0\0\0\0\0", FrameDataMissingError),  # a PING of one byte
        (b"\0\0\x08\6\0\0\0\0\1" + bytes(8), ProtocolError),  # a PING on a stream
        (b"\0\0\0\0\0\0\0\0\0", ProtocolError),  # DATA on stream 0
        (b"\0\0\4\x08\0\0\0\0\0\0\0\0\0", ProtocolError),  # a WINDOW_UPDATE of 0
        (b"\0\0\1\4\1\0\0\0\0\0", FrameDataMissingError),  # an acknowledgement of SETTINGS with a payload
    ],
)
def test_malformed_frames(data: bytes, error: type[ProtocolError]) -> None:
    with pytest.raises(error):
        read_all(reader_after_settings(), data)


def test_unknown_frames_pass() -> None:
    (frame,) = read_all(reader_after_settings(), b"\0\0\1\xee\0\0\0\0\1x")
    assert isinstance(frame, ExtensionFrame)
