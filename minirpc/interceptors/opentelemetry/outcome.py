"""How an attempt ended, as the interceptor around it can know."""

from __future__ import annotations

from minirpc.aio import InterceptedCall, Status
from minirpc.errors import RpcError, StatusCode

__all__ = ["outcome_of"]


def outcome_of(call: InterceptedCall, error: BaseException | None) -> Status:
    """Returns the status of an attempt.

    Args:
        call: the call.
        error: what ``proceed`` raised; None where it returned.
    """
    if error is None:
        return Status(StatusCode.OK)
    if isinstance(error, RpcError):
        return Status(error.code, error.message, cause=error)
    if isinstance(error, Exception):
        return Status(StatusCode.UNKNOWN, str(error), cause=error)
    # It was cancelled. If the call is over and took its attempt with it (its deadline passed, say), what it ended with
    # is known at once; otherwise this attempt alone was cancelled.
    found: list[Status] = []
    call.add_done_callback(lambda status, _: found.append(status))
    return found[0] if found else Status(StatusCode.CANCELLED)
