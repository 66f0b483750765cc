"""Streams of size-delimited messages."""

from __future__ import annotations

import io
import tempfile

import pytest
from google.protobuf import proto, wrappers_pb2
from hypothesis import given
from hypothesis import strategies as st

from minirpc.errors import DecodeError, EncodeError
from minirpc.message import iterate_delimited, read_delimited, write_delimited
from minirpc.message.wkt import BytesValue, StringValue


class Dribble(io.BytesIO):
    """Gives a byte at a time, as a socket may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(1, size or 0))


@given(st.lists(st.binary(max_size=300)))
def test_messages_come_back_and_google_reads_them(values: list[bytes]) -> None:
    stream = io.BytesIO()
    for value in values:
        write_delimited(stream, BytesValue(value=value))
    written = stream.getvalue()
    assert [message.value for message in iterate_delimited(io.BytesIO(written), BytesValue)] == values
    assert [message.value for message in iterate_delimited(Dribble(written), BytesValue)] == values
    theirs = io.BytesIO(written)
    for value in values:
        assert proto.parse_length_prefixed(wrappers_pb2.BytesValue, theirs).value == value


def test_google_s_streams_are_read() -> None:
    stream = io.BytesIO()
    proto.serialize_length_prefixed(wrappers_pb2.StringValue(value="x" * 200), stream)
    stream.seek(0)
    assert read_delimited(stream, StringValue) == StringValue(value="x" * 200)
    assert read_delimited(stream, StringValue) is None


def test_files_will_do() -> None:
    with tempfile.TemporaryFile() as file:
        write_delimited(file, StringValue(value="a"))
        write_delimited(file, StringValue())
        file.seek(0)
        assert list(iterate_delimited(file, StringValue)) == [StringValue(value="a"), StringValue()]


@pytest.mark.parametrize(
    ("data", "reason", "offset"),
    [
        (b"\x80", "the stream ends in the size of a message", 0),
        (b"\x05\x0a\x01", "the stream ends 3 bytes before the message of 5 bytes", 1),
        (b"\xff" * 11, "the size of a message is longer than 10 bytes", 0),
        (b"\xff\xff\xff\xff\x0f", "a message of 4294967295 bytes is over max_size, which is 67108864", 0),
        (b"\x03\x0a\x05x", "length 5 goes past the end, 1 bytes remain", 2),
    ],
)
def test_bad_streams_say_why(data: bytes, reason: str, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        read_delimited(io.BytesIO(data), StringValue)
    assert caught.value.reason == reason
    assert caught.value.offset == offset
    assert caught.value.path.startswith("google.protobuf.StringValue")


def test_a_promise_of_much_takes_no_memory() -> None:
    class Reads(io.BytesIO):
        largest = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.largest = max(self.largest, size or 0)
            return super().read(size)

    stream = Reads(b"\xff\xff\xff\x7f")  # 256 MiB - 1
    with pytest.raises(DecodeError, match="the stream ends"):
        read_delimited(stream, StringValue, max_size=1 << 30)
    assert stream.largest <= 1 << 20


def test_what_cannot_be_encoded_is_not_written() -> None:
    stream = io.BytesIO()
    with pytest.raises(EncodeError):
        write_delimited(stream, StringValue(value=3))  # type: ignore[arg-type]
    assert stream.getvalue() == b""


def test_streams_that_do_not_block_are_refused() -> None:
    class NotReady:
        def read(self, size: int, /) -> bytes | None:
            return None

    with pytest.raises(BlockingIOError, match="blocking mode"):
        read_delimited(NotReady(), StringValue)
