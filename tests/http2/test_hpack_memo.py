"""The memo must be invisible: the same blocks, read by plain hpack, and the same headers as plain hpack reads."""

from __future__ import annotations

import pytest
from hpack import Decoder, Encoder, HPACKError, NeverIndexedHeaderTuple
from hypothesis import given
from hypothesis import strategies as st

from minirpc.http2 import FixedHeaders
from minirpc.http2.header_rules import BlockKind
from minirpc.http2.hpack_memo import MalformedBlockError, MemoDecoder, MemoEncoder

LIMIT = 1 << 16

NAMES = st.sampled_from(
    [
        b":path",
        b":status",
        b"content-type",
        b"grpc-status",
        b"te",
        b"authorization",
        b"x-trace",
        b"grpc-timeout",
        b"cookie",
    ]
)
LONG_VALUES = [b"x" * size for size in (126, 127, 400)]
VALUES = st.one_of(
    st.sampled_from([b"", b"0", b"200", b"application/grpc", b"trailers", *LONG_VALUES]), st.binary(max_size=60)
)
BLOCKS = st.lists(st.tuples(NAMES, VALUES), max_size=6)
TABLE_SIZES = st.sampled_from([0, 40, 100, 4096])
# A step is a block to send, often one of a few again, or a new table size.
STEPS = st.lists(st.one_of(BLOCKS, TABLE_SIZES), max_size=30)


@given(st.lists(BLOCKS, min_size=1, max_size=4), st.lists(st.one_of(st.integers(0, 3), TABLE_SIZES), max_size=40))
def test_plain_decoder_reads_what_memo_encoder_writes(
    blocks: list[list[tuple[bytes, bytes]]], steps: list[int]
) -> None:
    encoder = MemoEncoder()
    decoder = Decoder(LIMIT)
    for step in steps:
        if step > 3:
            encoder.header_table_size = step
            continue
        headers = blocks[step % len(blocks)]
        decoded = list(decoder.decode(encoder.encode(headers), raw=True))
        assert [tuple(header) for header in decoded] == headers
        assert list(decoder.header_table.dynamic_entries) == list(encoder.header_table.dynamic_entries)


@given(st.lists(BLOCKS, min_size=1, max_size=4), st.lists(st.integers(0, 7) | TABLE_SIZES, max_size=40))
def test_blocks_that_are_known_by_their_object(blocks: list[list[tuple[bytes, bytes]]], steps: list[int]) -> None:
    encoder = MemoEncoder()
    decoder = Decoder(LIMIT)
    fixed = [FixedHeaders(block) for block in blocks]
    for step in steps:
        if step > 7:
            encoder.header_table_size = step
            continue
        headers = (blocks if step > 3 else fixed)[step % len(blocks)]
        decoded = list(decoder.decode(encoder.encode(headers), raw=True))
        assert [tuple(header) for header in decoded] == list(headers)
        assert list(decoder.header_table.dynamic_entries) == list(encoder.header_table.dynamic_entries)


@given(STEPS, st.data())
def test_memo_decoder_reads_like_plain_decoder(
    steps: list[list[tuple[bytes, bytes]] | int], data: st.DataObject
) -> None:
    encoder = Encoder()
    plain = Decoder(LIMIT)
    memo = MemoDecoder(LIMIT)
    for step in steps:
        if isinstance(step, int):
            if step != encoder.header_table_size:  # hpack's encoder forgets a change that is made twice
                encoder.header_table_size = step
            continue
        secret = data.draw(st.booleans())
        headers = [NeverIndexedHeaderTuple(*header) for header in step] if secret else step
        block = encoder.encode(headers)
        before = list(plain.header_table.dynamic_entries)
        assert list(memo.decode(block, raw=True)) == list(plain.decode(block, raw=True))
        assert list(memo.header_table.dynamic_entries) == list(plain.header_table.dynamic_entries)
        if before == list(plain.header_table.dynamic_entries) and not secret:
            # The same bytes again: what the memo answers now. Only of a block that left the table as it was: another
            # may refer to what it has itself evicted.
            assert list(memo.decode(block, raw=True)) == list(plain.decode(block, raw=True))
            assert list(memo.header_table.dynamic_entries) == list(plain.header_table.dynamic_entries)


# What a block may be made of: each form of RFC 7541 section 6, long and short, whole and broken off.
FORMS = [
    *(b"\x82", b"\x88", b"\xbd", b"\xbe", b"\xbf", b"\x80", b"\xff\x00", b"\xff\x80\x01", b"\xc0"),  # indexed
    *(b"\x40\x01a\x01b", b"\x40\x01n\x7f\x05" + b"v" * 132, b"\x58\x02no"),  # with indexing
    *(b"\x20", b"\x3f\x21", b"\x3f\xe2\x1f"),  # table sizes
    *(b"\x00\x01a\x01b", b"\x10\x01a\x00", b"\x00\x00\x00"),  # without indexing, never indexed
    *(b"\x00\x81\x1f\x01b", b"\x00\x01a\x81\x1f"),  # Huffman
    *(b"\x04\x02/a", b"\x0f\x2f\x01b", b"\x1f\x09\x01b"),  # an indexed name
    *(b"\x00\x7e" + b"n" * 126 + b"\x7e" + b"v" * 126, b"\x00\x7f\x00" + b"n" * 127 + b"\x01v"),
    *(b"\x00\x01n\x7f\x00" + b"v" * 127, b"\x00", b"\x00\x05a", b"\x00\x01a", b"\x00\x01a\x05b"),
]
FRAGMENTS = st.one_of(st.sampled_from(FORMS), st.binary(max_size=8))


@given(st.lists(st.lists(FRAGMENTS, max_size=8).map(b"".join), max_size=6))
def test_memo_decoder_reads_any_block_like_plain_decoder(blocks: list[bytes]) -> None:
    plain = Decoder(LIMIT)
    memo = MemoDecoder(LIMIT)
    for block in [*blocks, *blocks]:
        try:
            expected = list(plain.decode(block, raw=True))
        except (HPACKError, IndexError, TypeError):
            with pytest.raises(MalformedBlockError):
                memo.decode(block, raw=True)
            return
        read = list(memo.decode(block, raw=True))
        assert read == expected
        assert [type(header) for header in read] == [type(header) for header in expected]
        assert list(memo.header_table.dynamic_entries) == list(plain.header_table.dynamic_entries)


def test_goodness_is_that_of_the_kind_asked_for() -> None:
    """However often, and whatever was asked before."""
    encoder = MemoEncoder()
    decoder = MemoDecoder(LIMIT)
    request = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/a/b")]
    blocks = [
        (request, BlockKind.REQUEST),
        ([(b":status", b"200")], BlockKind.RESPONSE),
        ([(b"grpc-status", b"0")], BlockKind.TRAILERS),
        ([(b":status", b"103")], None),
        ([*request, (b"content-length", b"1")], None),
        ([*request, (b"connection", b"close")], None),
    ]
    for _ in range(3):
        for headers, good_as in blocks:
            block = encoder.encode(headers)
            decoder.decode(block, raw=True)
            for kind in [*BlockKind, *reversed(BlockKind)]:
                again = encoder.encode(headers)
                assert decoder.decode_checked(again, kind) == (headers, kind is good_as)


def test_smallest_and_last_table_size_are_signalled() -> None:
    encoder = MemoEncoder()
    for size in (100, 0, 50, 4096, 200, 200):
        encoder.header_table_size = size
    assert encoder.encode([]) == bytes([0x20, 0x3F, 200 - 31 | 0x80, 1])
    assert encoder.encode([]) == b""


def test_repeated_block_comes_from_the_memo() -> None:
    encoder = MemoEncoder()
    decoder = MemoDecoder(LIMIT)
    headers = [(b":status", b"200"), (b"content-type", b"application/grpc")]
    decoder.decode(encoder.encode(headers), raw=True)  # enters the dynamic table
    block = encoder.encode(headers)
    assert decoder.decode(block, raw=True) is decoder.decode(encoder.encode(headers), raw=True)


def test_insertion_empties_the_memo() -> None:
    encoder = MemoEncoder()
    decoder = Decoder(LIMIT)
    headers = [(b":path", b"/a/b")]
    for _ in range(2):
        assert list(decoder.decode(encoder.encode(headers), raw=True)) == headers
    before = encoder.encode(headers)
    decoder.decode(before, raw=True)
    decoder.decode(encoder.encode([(b":path", b"/c/d")]), raw=True)  # shifts the indices
    after = encoder.encode(headers)
    assert after != before
    assert list(decoder.decode(after, raw=True)) == headers


def test_per_call_values_stay_out_of_the_table() -> None:
    encoder = MemoEncoder()
    for number in range(50):
        encoder.encode([(b"grpc-timeout", b"%dm" % number), (b"x-trace", b"%d" % number)])
    assert not encoder.header_table.dynamic_entries


def test_secrets_are_never_indexed() -> None:
    encoder = MemoEncoder()
    block = encoder.encode([(b"authorization", b"Bearer secret")])
    (header,) = Decoder(LIMIT).decode(block, raw=True)
    assert isinstance(header, NeverIndexedHeaderTuple)
    assert not encoder.header_table.dynamic_entries


def test_memo_is_bounded() -> None:
    encoder = MemoEncoder()
    decoder = MemoDecoder(LIMIT)
    for number in range(1000):
        decoder.decode_checked(encoder.encode([(b"x-trace", b"%d" % number)]), BlockKind.TRAILERS)
        encoder.encode([(b"x-%d" % number, b"v"), (b":path", b"/%d" % number)])
    assert len(decoder._memo) <= 256
    assert len(decoder._good) <= 256
    assert len(encoder._memo) <= 256
    assert len(encoder._names) <= 256
