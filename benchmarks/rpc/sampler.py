"""Where a process's time goes: samples of what Python code runs, by the part of the stack that it belongs to."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Mapping
from types import FrameType

__all__ = ["PARTS", "Sampler"]

_INTERVAL = 0.001  # seconds of processor time between samples

PARTS: Mapping[str, tuple[str, ...]] = {
    "HTTP/2 engine, with h2 and hpack": ("minirpc/http2/", "/h2/", "/hpack/", "/hyperframe/"),
    "gRPC: framing, metadata, status": ("minirpc/rpc/",),
    "streams and calls": (
        "aio/stream.py",
        "aio/client_stream.py",
        "aio/server_stream.py",
        "aio/call.py",
        "aio/inbox.py",
        "aio/waiter.py",
        "aio/service.py",
        "aio/deadlines.py",
    ),
    "connection": ("aio/connection", "aio/intake.py", "aio/read_buffers.py", "aio/keepalive.py", "aio/watch.py"),
    "server and handler": ("aio/server.py", "aio/eager.py", "aio/context.py", "aio/handler_slots.py"),
    "channel, balancing, counters": ("minirpc/aio/",),
    "messages and the program itself": ("generated_minirpc/", "minirpc/", "benchmarks/"),
    "event loop and sockets": ("",),
}
"""Parts of the stack, and texts that the paths of their modules have; the first part that fits counts."""


class Sampler:
    """Takes samples of the main thread. What C code does counts for the Python code that called it."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def start(self) -> None:
        """Begins, with nothing."""
        self._counts.clear()
        signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, _INTERVAL, _INTERVAL)

    def stop(self) -> dict[str, float]:
        """Returns each part's share of the samples."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        shares = dict.fromkeys(PARTS, 0.0)
        for path, count in self._counts.items():
            part = next(part for part, texts in PARTS.items() if any(text in path for text in texts))
            shares[part] += count / self._counts.total()
        return shares

    def _sample(self, _number: int, frame: FrameType | None) -> None:
        if frame is not None:
            self._counts[frame.f_code.co_filename] += 1
