"""How much time a server gives to a client, and how long connections live."""

from __future__ import annotations

import math

from minirpc.frozen import frozen

__all__ = ["ConnectionLimits", "Lifespan"]


@frozen(kw_only=True)
class ConnectionLimits:
    """What a server bears with on each of its connections. Who goes beyond a limit loses that connection and no other.

    Limits of what a client may send, rather than of time, are those of ``Http2Options``.

    Attributes:
        preface_timeout: seconds for a client to begin HTTP/2, its first SETTINGS included, after TCP has connected, or
            TLS after its own ``handshake_timeout``. None for no limit, here and below.
        frame_timeout: seconds for a frame or a header block that has begun to arrive to be complete. It takes up to
            twice as long to be noticed.
        stall_timeout: seconds in which a client must take some of the bytes that its socket holds up.
        window_stall_timeout: seconds in which a client must open the windows of HTTP/2 for some of the messages that
            wait for it. A client that works long on what it has received is no fault in gRPC, hence the length.
        ping_min_time: seconds that there must be between two PINGs of a client while no HEADERS or DATA are sent to it.
        ping_without_calls: whether that is enough between PINGs while no call runs; if not, it takes two hours.
        ping_strikes: how many PINGs may come too early. The next one ends the connection by GOAWAY with
            ENHANCE_YOUR_CALM and the debug data ``too_many_pings`` (gRFC A8).
    """

    preface_timeout: float | None = 10.0
    frame_timeout: float | None = 30.0
    stall_timeout: float | None = 20.0
    window_stall_timeout: float | None = 1800.0
    ping_min_time: float = 300.0
    ping_without_calls: bool = False
    ping_strikes: int = 2

    def __post_init__(self) -> None:
        for name in ("preface_timeout", "frame_timeout", "stall_timeout", "window_stall_timeout"):
            _check_seconds(name, getattr(self, name))
        if not 0 <= self.ping_min_time < math.inf:
            raise ValueError(f"ping_min_time must be a number of seconds, not {self.ping_min_time}")
        if self.ping_strikes < 0:
            raise ValueError(f"ping_strikes must be 0 or more, not {self.ping_strikes}")


@frozen(kw_only=True)
class Lifespan:
    """How long a server keeps a connection that nothing is wrong with (gRFC A9). None means for ever.

    Attributes:
        max_idle: seconds without a call after which it is drained.
        max_age: seconds after which it is drained, more or less by a tenth, at random.
        max_age_grace: seconds for calls to end after ``max_age``.
    """

    max_idle: float | None = None
    max_age: float | None = None
    max_age_grace: float | None = None

    def __post_init__(self) -> None:
        _check_seconds("max_connection_idle", self.max_idle)
        _check_seconds("max_connection_age", self.max_age)
        if self.max_age_grace is not None and not 0 <= self.max_age_grace < math.inf:
            raise ValueError(f"max_connection_age_grace must be a number of seconds, not {self.max_age_grace}")


def _check_seconds(name: str, value: float | None) -> None:
    if value is not None and not 0 < value < math.inf:
        raise ValueError(f"{name} must be a positive number of seconds, or None, not {value}")
