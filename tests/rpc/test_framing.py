import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minirpc.errors import RpcError, StatusCode
from minirpc.rpc.framing import CompressedMessage, Deframer, encode_prefix


def framed(message: bytes) -> bytes:
    return encode_prefix(len(message)) + message


def test_prefix() -> None:
    assert encode_prefix(0x01020304) == b"\0\x01\x02\x03\x04"


@given(st.lists(st.binary(max_size=40)), st.data())
def test_messages_survive_any_cut(messages: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(map(framed, messages))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=20)))
    deframer = Deframer(40)
    received: list[bytes] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        received += deframer.feed(stream[start:end])
    assert received == messages
    assert not deframer.in_message


@given(st.binary(min_size=1, max_size=20), st.data())
def test_unfinished_message_is_noticed(message: bytes, data: st.DataObject) -> None:
    stream = framed(message)
    deframer = Deframer(100)
    assert deframer.feed(stream[: data.draw(st.integers(1, len(stream) - 1))]) == []
    assert deframer.in_message


@pytest.mark.parametrize("cut", [1, 2, 1000, 1024])
def test_what_is_held_is_in_proportion_to_what_arrived(cut: int) -> None:
    size = 1 << 18
    stream = encode_prefix(2 * size) + bytes(size)
    deframer = Deframer(2 * size)
    tracemalloc.start()
    try:
        for start in range(0, len(stream), cut):
            deframer.feed(stream[start : start + cut])
        assert tracemalloc.get_traced_memory()[0] < 2 * size
    finally:
        tracemalloc.stop()


def test_limit_is_checked_before_the_message_arrives() -> None:
    deframer = Deframer(10)
    assert deframer.feed(framed(b"x" * 10)) == [b"x" * 10]
    assert deframer.feed(encode_prefix(11)[:4]) == []
    with pytest.raises(RpcError, match=r"11 bytes .* max_receive_message_size \(10 bytes\)") as caught:
        deframer.feed(encode_prefix(11)[4:])
    assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED


def test_limit_holds_for_a_later_message_of_the_same_piece() -> None:
    with pytest.raises(RpcError, match="max_receive_message_size"):
        Deframer(10).feed(framed(b"small") + encode_prefix(2**32 - 1))


@pytest.mark.parametrize("flag", [1, 2, 255])
def test_compressed_flag_without_encoding_is_internal(flag: int) -> None:
    with pytest.raises(RpcError, match="compressed flag") as caught:
        Deframer(10).feed(bytes([flag]) + framed(b"x")[1:])
    assert caught.value.code is StatusCode.INTERNAL


@pytest.mark.parametrize("cut", [1, 3, 7, 100])
def test_compressed_messages_are_told_apart(cut: int) -> None:
    stream = framed(b"plain") + b"\1" + framed(b"packed")[1:] + framed(b"") + b"\1" + framed(b"")[1:]
    deframer = Deframer(10)
    deframer.compression_agreed = True
    received: list[bytes] = []
    for start in range(0, len(stream), cut):
        received += deframer.feed(stream[start : start + cut])
    assert received == [b"plain", b"packed", b"", b""]
    assert [isinstance(message, CompressedMessage) for message in received] == [False, True, False, True]


@pytest.mark.parametrize("flag", [2, 255])
def test_other_flags_are_internal(flag: int) -> None:
    deframer = Deframer(10)
    deframer.compression_agreed = True
    with pytest.raises(RpcError, match=f"compressed flag {flag}, which is neither 0 nor 1") as caught:
        deframer.feed(bytes([flag]) + framed(b"x")[1:])
    assert caught.value.code is StatusCode.INTERNAL


def test_many_small_pieces_are_joined_once() -> None:
    # With concatenation per piece these 2 MiB in pieces of 16 bytes would move more than 100 GiB.
    message = bytes(2 << 20)
    stream = framed(message)
    deframer = Deframer(len(message))
    received: list[bytes] = []
    for start in range(0, len(stream), 16):
        received += deframer.feed(stream[start : start + 16])
    assert received == [message]


def test_a_view_may_change_once_it_was_taken() -> None:
    message = bytes(range(256)) * 400
    stream = framed(message) + framed(b"small") + framed(message)
    deframer = Deframer(len(message))
    buffer = bytearray(30_000)
    received: list[bytes] = []
    for start in range(0, len(stream), len(buffer)):
        piece = stream[start : start + len(buffer)]
        buffer[: len(piece)] = piece
        received += deframer.feed(memoryview(buffer)[: len(piece)])
        buffer[:] = bytes(len(buffer))
    assert received == [message, b"small", message]


def test_a_length_without_its_bytes_takes_no_memory() -> None:
    tracemalloc.start()
    try:
        deframers = [Deframer(2**32 - 1) for _ in range(100)]
        for deframer in deframers:
            deframer.feed(encode_prefix(2**32 - 1) + b"x")
        assert tracemalloc.get_traced_memory()[0] < 300_000
    finally:
        tracemalloc.stop()
