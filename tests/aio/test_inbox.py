"""What streams hold of messages that nobody reads."""

from __future__ import annotations

import random
import tracemalloc
from collections import deque

import pytest

from minirpc.aio.inbox import Inbox
from minirpc.rpc.framing import CompressedMessage, Deframer, encode_prefix


def test_order_and_kinds_are_kept() -> None:
    source = random.Random(1)
    inbox, expected = Inbox(), deque[bytes]()
    for _ in range(400):
        messages = [source.choice([bytes, CompressedMessage])(source.randbytes(source.randrange(9))) for _ in range(50)]
        inbox.extend(messages)
        expected.extend(messages)
        for _ in range(source.choice([10, 40, 300])):
            if expected:
                assert inbox
                message, wanted = inbox.popleft(), expected.popleft()
                assert (message, type(message)) == (wanted, type(wanted))
        assert (len(inbox), bool(inbox)) == (len(expected), bool(expected))
    inbox.extend([])
    inbox.clear()
    assert (len(inbox), bool(inbox)) == (0, False)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("size", [0, 1, 2, 20])
def test_small_messages_take_little_more_than_their_bytes(size: int, compressed: bool) -> None:
    """A window full of them, in full frames."""
    window, frame = 1 << 19, 1 << 14
    message = encode_prefix(size, compressed) + bytes(size)
    inbox, deframer = Inbox(), Deframer(4 << 20)
    deframer.compression_agreed = True
    tracemalloc.start()
    try:
        for _ in range(window // frame):
            inbox.extend(deframer.feed(message * (frame // len(message))))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1.5 * window
