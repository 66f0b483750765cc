"""One log line for each call, when it is over."""

from __future__ import annotations

import logging

from minirpc.aio import InterceptedCall, Proceed, ServerCall, Status
from minirpc.errors import StatusCode

__all__ = ["CallLog"]


class CallLog:
    """Logs how each call ended, with method, peer, status and duration; for servers and channels.

    Args:
        logger: by default ``minirpc.calls``.
        level: for calls that end with OK.
        failure_level: for all others.
    """

    def __init__(
        self,
        logger: logging.Logger | None = None,
        *,
        level: int = logging.INFO,
        failure_level: int = logging.WARNING,
    ) -> None:
        self._logger = logger or logging.getLogger("minirpc.calls")
        self._level = level
        self._failure_level = failure_level

    async def __call__(self, call: InterceptedCall, proceed: Proceed) -> None:
        """Lets the call pass."""
        served = isinstance(call, ServerCall)

        def over(status: Status, seconds: float) -> None:
            self._logger.log(
                self._level if status.code is StatusCode.OK else self._failure_level,
                "%s %s %s %s: %s in %.1f ms%s",
                "served" if served else "called",
                call.method.path,
                "for" if served else "at",
                call.peer or "no peer",
                status.code.name,
                seconds * 1000,
                f": {status.message}" if status.message else "",
            )

        call.add_done_callback(over)
        await proceed()
