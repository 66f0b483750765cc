from __future__ import annotations

import contextlib
import subprocess
import sys
import tracemalloc
import zlib

import pytest
from backports import zstd  # what the extra installs; Python 3.14 needs it not
from hypothesis import given
from hypothesis import strategies as st

from minirpc.errors import RpcError, StatusCode
from minirpc.rpc.compression import find_encoding, get_encoding, parse_accept_encoding

COMPRESSIONS = ["deflate", "gzip", "zstd"]


@pytest.mark.parametrize("name", COMPRESSIONS)
@given(message=st.binary(max_size=300))
def test_messages_survive(name: str, message: bytes) -> None:
    encoding = get_encoding(name)
    assert encoding.decompress(encoding.compress(message), len(message)) == message


def test_formats_are_those_of_everybody_else() -> None:
    assert zlib.decompress(get_encoding("deflate").compress(b"message")) == b"message"
    assert zlib.decompress(get_encoding("gzip").compress(b"message"), wbits=31) == b"message"
    assert zstd.decompress(get_encoding("zstd").compress(b"message")) == b"message"


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_limit_is_that_of_the_inflated_message(name: str) -> None:
    encoding = get_encoding(name)
    packed = encoding.compress(bytes(1000))
    assert len(encoding.decompress(packed, 1000)) == 1000
    assert encoding.decompress(encoding.compress(b""), 0) == b""
    with pytest.raises(RpcError, match=r"inflates to more than max_receive_message_size \(999 bytes\)") as caught:
        encoding.decompress(packed, 999)
    assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED
    assert len(encoding.decompress(packed, sys.maxsize)) == 1000


def bomb(name: str) -> bytes:
    """A gibibyte of zeros, compressed."""
    chunk = bytes(1 << 20)
    if name == "zstd":
        frame = zstd.ZstdCompressor()
        return b"".join(frame.compress(chunk) for _ in range(1024)) + frame.flush()
    packer = zlib.compressobj(wbits=31 if name == "gzip" else 15)
    start = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(chunk) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + block * 1024


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_bomb_costs_no_more_than_the_limit(name: str) -> None:
    packed = bomb(name)
    limit = 1 << 20
    assert len(packed) < 2 * limit
    tracemalloc.start()
    try:
        with pytest.raises(RpcError) as caught:
            get_encoding(name).decompress(packed, limit)
        assert tracemalloc.get_traced_memory()[1] < 4 * limit
    finally:
        tracemalloc.stop()
    assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("name", COMPRESSIONS)
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda packed: packed[:-1], "ends too early"),
        (lambda packed: b"", "ends too early"),
        (lambda packed: packed + b"x", "bytes follow its end"),
        (lambda packed: packed * 2, "bytes follow its end"),
        (lambda packed: b"garbage, not compressed", "not valid"),
    ],
)
def test_malformed(name: str, change: object, fault: str) -> None:
    encoding = get_encoding(name)
    packed = encoding.compress(b"some message" * 10)
    with pytest.raises(RpcError, match=fault) as caught:
        encoding.decompress(change(packed), 1000)  # type: ignore[operator]
    assert caught.value.code is StatusCode.INTERNAL
    assert name in caught.value.message


@pytest.mark.parametrize("name", COMPRESSIONS)
@given(data=st.binary(max_size=60))
def test_no_bytes_of_a_peer_raise_anything_else(name: str, data: bytes) -> None:
    encoding = get_encoding(name)
    for received in (data, encoding.compress(b"x" * 50)[:10] + data):
        with contextlib.suppress(RpcError):
            encoding.decompress(received, 100)


def test_zstd_window_is_bounded() -> None:
    """The window is the sender's choice, and is allocated before the first byte comes out."""
    options = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.content_size_flag: 0}
    frame = zstd.ZstdCompressor(options=options)
    with pytest.raises(RpcError) as caught:
        get_encoding("zstd").decompress(frame.compress(b"x" * 100) + frame.flush(), 1000)
    assert caught.value.code is StatusCode.INTERNAL


def test_names() -> None:
    assert get_encoding(None) is get_encoding("identity") is find_encoding(b"identity")
    assert find_encoding(b"gzip") is get_encoding("gzip")
    assert find_encoding(b"snappy") is find_encoding(b"\xff") is find_encoding(b"") is None
    with pytest.raises(ValueError, match="one of identity, deflate, gzip, zstd, not 'snappy'"):
        get_encoding("snappy")


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        (None, {"identity"}),
        (b"", {"identity"}),
        (b"gzip", {"identity", "gzip"}),
        (b"identity, br ,,gzip", {"identity", "br", "gzip"}),
        (b"identity,deflate,gzip,zstd", {"identity", "deflate", "gzip", "zstd"}),
        (b"\xff", {"identity", "\xff"}),
    ],
)
def test_accept_encoding(value: bytes | None, accepted: set[str]) -> None:
    assert parse_accept_encoding(value) == accepted


def test_zstd_is_optional() -> None:
    program = (
        "import sys\n"
        "sys.modules['compression.zstd'] = sys.modules['backports.zstd'] = None\n"
        "from minirpc.rpc.compression import ACCEPT_ENCODING, find_encoding, get_encoding\n"
        "print(ACCEPT_ENCODING, find_encoding(b'zstd'), get_encoding('gzip').decompress("
        "get_encoding('gzip').compress(b'x'), 1))\n"
        "try:\n    get_encoding('zstd')\nexcept ValueError as error:\n    print(error)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout == (
        "b'identity,deflate,gzip' None b'x'\n"
        "compression must be one of identity, deflate, gzip, not 'zstd' (zstd needs minirpc[zstd])\n"
    )
