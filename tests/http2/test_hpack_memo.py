"""The memo must be invisible: the same blocks, read by plain hpack, and the same headers as plain hpack reads."""

from __future__ import annotations

from hpack import Decoder, Encoder, NeverIndexedHeaderTuple
from hypothesis import given
from hypothesis import strategies as st

from minirpc.http2.hpack_memo import MemoDecoder, MemoEncoder

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
VALUES = st.one_of(st.sampled_from([b"", b"0", b"200", b"application/grpc", b"trailers"]), st.binary(max_size=60))
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
        decoder.decode(encoder.encode([(b"x-trace", b"%d" % number)]), raw=True)
    assert len(decoder._memo) <= 256
    assert len(encoder._memo) <= 256
