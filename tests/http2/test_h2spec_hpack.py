"""What the tool h2spec checks in its section "hpack": each of these header blocks is a COMPRESSION_ERROR.

The numbers are those of the tool's cases, which follow the sections of RFC 7541.
"""

from __future__ import annotations

import pytest
from frame_client import FrameClient, hold_cases

from minirpc.http2 import ErrorCode

# (before the fields of a request, after them)
CASES: dict[str, tuple[bytes, bytes]] = {
    "2.3.3/1 indexed field, index 70": (b"", b"\xc6"),
    "2.3.3/2 literal field, index 70": (b"", b"\x7f\x07\x05empty"),
    "4.2/1 table size update at the end": (b"", b"\x20"),
    "5.2/1 Huffman padding of more than 7 bits": (b"", b"\0\4test\x84\x50\xec\xff\xff"),
    "5.2/2 Huffman padding of zeros": (b"", b"\0\4test\x83\x49\x50\x90"),
    "5.2/3 Huffman code of EOS": (b"", b"\0\4test\x84\xff\xff\xff\xff"),
    "6.1/1 indexed field, index 0": (b"", b"\x80"),
    "6.3/1 table size update over the limit": (b"\x3f\xe2\x1f", b""),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
async def test_hpack(before: bytes, after: bytes) -> None:
    async def case(client: FrameClient) -> None:
        frame = client.headers()
        frame.data = before + frame.data + after
        client.write(frame)
        await client.expect_connection_error(ErrorCode.COMPRESSION_ERROR)

    await hold_cases(case)


def test_every_case_is_here() -> None:
    assert len(CASES) == 8
