"""What a decoded message costs in memory, as the operating system sees it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

__all__ = ["bytes_per_message"]

_STATUS = Path("/proc/self/status")


def _resident() -> int:
    """The private memory of this process that is in use, in bytes, without that of mapped files."""
    for line in _STATUS.read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise OSError("the kernel does not tell the anonymous memory of a process")


def bytes_per_message(decode: Callable[[], object], size: int, total: int) -> float | None:
    """Measures how much a process grows for each message that it decodes and keeps.

    What Python's allocators and ``tracemalloc`` count leaves out messages whose memory is managed in C. The message is
    decoded in a process forked for it, so that what other measurements have freed is not reused beyond what is there
    now; a part of the messages is decoded before the first look, to use that up.

    Args:
        decode: makes one more message.
        size: its encoded size in bytes, by which the number of messages is chosen.
        total: about so many bytes of messages are made.

    Returns:
        Bytes; None where the operating system does not tell, or if the messages were too few to make a difference.
    """
    if not _STATUS.exists() or not hasattr(os, "fork"):
        return None
    count = min(max(total // (6 * size + 200), 6), 20_000)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        answer = b""
        try:
            kept: list[object] = [None] * (count + count // 2)
            for index in range(count // 2):
                kept[index] = decode()
            before = _resident()
            for index in range(count // 2, len(kept)):
                kept[index] = decode()
            answer = str((_resident() - before) / count).encode()
        finally:
            os.write(writing, answer)
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    grown = float(answer or 0)
    return grown if grown > 0 else None
