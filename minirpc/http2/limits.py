"""How much of what costs little to send and something to receive an endpoint takes from its peer.

A limit is a token bucket: what the peer may send at once, and how fast that comes back. The defaults stand far above
what well-behaved peers send and far below what it takes to keep a processor busy. Where a frame answers what this side
has sent (PING measures the path of our DATA, WINDOW_UPDATE gives its credit back), each HEADERS and DATA frame that
leaves allows more of them: a busy connection cannot run into such a limit.
"""

from __future__ import annotations

import math

from minirpc.frozen import frozen

__all__ = ["FloodLimits", "Rate"]


@frozen
class Rate:
    """A token bucket, refilled when it is empty: up to twice ``burst`` may come close together.

    Attributes:
        burst: frames at once, at least 1; infinity for no limit.
        per_second: frames a second in the long run, at least 0.
        per_sent_frame: frames for each HEADERS or DATA frame that this side sends, at least 0.
    """

    burst: float
    per_second: float
    per_sent_frame: float = 0.0

    def __post_init__(self) -> None:
        # written so that NaN, too, is refused
        if not (self.burst >= 1 and 0 <= self.per_second < math.inf and 0 <= self.per_sent_frame < math.inf):
            raise ValueError(f"not a rate: {self}")


@frozen(kw_only=True)
class FloodLimits:
    """Limits of one connection. Beyond any of them it ends with GOAWAY(ENHANCE_YOUR_CALM), which names the limit.

    Attributes:
        stream_resets: RST_STREAM for calls in progress (servers only; CVE-2023-44487, "rapid reset"). A client that
            cancels 1,000 calls at once every other second is within the default.
        stream_errors: streams that this side resets by the peer's fault, refused ones included (CVE-2025-8671, "made
            you reset"). A client makes some before it knows MAX_CONCURRENT_STREAMS, and none afterwards.
        pings: PING.
        settings: SETTINGS, acknowledgements included.
        window_updates: WINDOW_UPDATE. Some peers give each DATA frame back by two, for the stream and the connection.
        empty_data: DATA without data and without END_STREAM.
        priorities: PRIORITY, which has no meaning here.
        informational: responses with a status of 1xx (clients only).
        ignored_frames: what has no effect: frames of unknown types, RST_STREAM and HEADERS for streams that are over,
            acknowledgements of PING, GOAWAY.
        continuations: CONTINUATION frames of one header block, at least 0. The block's size has a limit of its own,
            four times ``max_header_list_size``.
    """

    stream_resets: Rate = Rate(2000, 500)
    stream_errors: Rate = Rate(1000, 100)
    pings: Rate = Rate(1000, 200, 1)
    settings: Rate = Rate(100, 20)
    window_updates: Rate = Rate(5000, 1000, 4)
    empty_data: Rate = Rate(1000, 100)
    priorities: Rate = Rate(1000, 100)
    informational: Rate = Rate(1000, 100, 1)
    ignored_frames: Rate = Rate(1000, 200, 1)
    continuations: int = 64

    def __post_init__(self) -> None:
        if self.continuations < 0:
            raise ValueError(f"continuations must be at least 0, not {self.continuations}")
