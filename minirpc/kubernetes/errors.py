"""What goes wrong between a resolver and the API server."""

from __future__ import annotations

from minirpc.errors import Error

__all__ = ["ExpiredError", "KubernetesError"]


class KubernetesError(Error):
    """The endpoints of a service cannot be learnt: no way to the API server, no right to ask, or no answer to use.

    Attributes:
        status: the HTTP status of the API server's answer; None where there was none.
        retry_after: seconds that the server asked to wait, or 0.
    """

    def __init__(self, message: str, *, status: int | None = None, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class ExpiredError(KubernetesError):
    """The API server no longer has the changes since the resource version that was asked for: list anew."""
