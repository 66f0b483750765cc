"""How much a channel keeps of what its calls have sent, so that they can be tried again (gRFC A6)."""

from __future__ import annotations

__all__ = ["DEFAULT_RETRY_BUFFER_SIZE", "DEFAULT_RETRY_BUFFER_TOTAL", "RetryBuffer"]

DEFAULT_RETRY_BUFFER_SIZE = 1 << 18
DEFAULT_RETRY_BUFFER_TOTAL = 1 << 24


class RetryBuffer:
    """The limits of one channel, and what its calls keep at present.

    Args:
        per_call: bytes for each call.
        total: bytes for all calls together.

    Raises:
        ValueError: a limit is negative.

    Attributes:
        per_call: see above.
        used: bytes that all calls keep now.
    """

    __slots__ = ("_total", "per_call", "used")

    def __init__(self, per_call: int = DEFAULT_RETRY_BUFFER_SIZE, total: int = DEFAULT_RETRY_BUFFER_TOTAL) -> None:
        for name, limit in (("retry_buffer_size", per_call), ("retry_buffer_total", total)):
            if limit < 0:
                raise ValueError(f"{name} must be at least 0 bytes, not {limit}")
        self.per_call = per_call
        self._total = total
        self.used = 0

    def take(self, size: int) -> bool:
        """Takes room for so many bytes; False, and none is taken, if there is not enough."""
        if self.used + size > self._total:
            return False
        self.used += size
        return True

    def give_back(self, size: int) -> None:
        """Gives room back."""
        self.used -= size
