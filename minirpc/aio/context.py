"""What a handler knows of the call that it serves, and what it may say beside its messages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import NoReturn

from minirpc.aio.tls import PeerIdentity
from minirpc.errors import RpcError, StatusCode
from minirpc.http2 import Header
from minirpc.rpc.metadata import Metadata, MetadataInput, encode_metadata

__all__ = ["Context", "inherit_deadline", "inherited_deadline"]

_deadline: ContextVar[float | None] = ContextVar("minirpc_deadline", default=None)


def inherit_deadline(deadline: float | None) -> None:
    """Bounds the calls that the current task makes from now on by a deadline, in the loop's time."""
    _deadline.set(deadline)


def inherited_deadline() -> float | None:
    """Returns the deadline that bounds outgoing calls here, in the loop's time; None outside of handlers."""
    return _deadline.get()


class Context:
    """One call, as its handler sees it.

    Attributes:
        method: the method's path, ``/package.Service/Method``.
        peer: the client's address: ``ipv4:10.0.0.1:41234``, ``ipv6:[::1]:41234``, ``unix:/path``.
        metadata: what the client sent with the call: pairs in order, ``bytes`` for keys that end in ``-bin``.
        identity: who the client is by its TLS certificate; None without one.
    """

    def __init__(
        self,
        method: str,
        peer: str,
        metadata: Metadata,
        deadline: float | None,
        loop: asyncio.AbstractEventLoop,
        send_headers: Callable[[Sequence[Header]], None],
        identity: PeerIdentity | None = None,
    ) -> None:
        self.method = method
        self.peer = peer
        self.metadata = metadata
        self.identity = identity
        self._deadline = deadline
        self._loop = loop
        self._send_headers = send_headers
        self._trailing: Sequence[Header] = ()
        self._added_initial: list[Header] = []
        self._added_trailing: list[Header] = []
        self._cancelled = False

    def __repr__(self) -> str:
        return f"<Context {self.method} from {self.peer}>"

    def time_remaining(self) -> float | None:
        """Returns the seconds until the call's deadline (0 if it has passed), or None if it has none."""
        return None if self._deadline is None else max(0.0, self._deadline - self._loop.time())

    def cancelled(self) -> bool:
        """Returns whether nobody waits for the reply any more: the client cancelled, or the deadline passed.

        An ``async`` handler is cancelled then and need not ask; a handler in a thread cannot be, and should.
        """
        return self._cancelled

    async def send_initial_metadata(self, metadata: MetadataInput = ()) -> None:
        """Sends initial metadata now. Without this call they go out, empty, with the first message.

        Raises:
            RuntimeError: they have gone out already.
            TypeError, ValueError: the metadata cannot be sent (see :func:`minirpc.rpc.metadata.encode_metadata`).
        """
        self._send_headers(encode_metadata(metadata))

    def set_trailing_metadata(self, metadata: MetadataInput) -> None:
        """Sets the metadata that go out with the status, in place of what was set before.

        Raises:
            TypeError, ValueError: the metadata cannot be sent (see :func:`minirpc.rpc.metadata.encode_metadata`).
        """
        self._trailing = encode_metadata(metadata)

    def add_initial_metadata(self, metadata: MetadataInput) -> None:
        """Adds to the initial metadata, whenever they go out and whatever else they hold; for interceptors.

        Without effect once they have gone out, and for a call that fails before.

        Raises:
            TypeError, ValueError: the metadata cannot be sent (see :func:`minirpc.rpc.metadata.encode_metadata`).
        """
        self._added_initial += encode_metadata(metadata)

    def add_trailing_metadata(self, metadata: MetadataInput) -> None:
        """Adds to the metadata that go out with the status, whatever :meth:`set_trailing_metadata` sets.

        Raises:
            TypeError, ValueError: the metadata cannot be sent (see :func:`minirpc.rpc.metadata.encode_metadata`).
        """
        self._added_trailing += encode_metadata(metadata)

    def abort(self, code: StatusCode, message: str = "", *, details: bytes | None = None) -> NoReturn:
        """Ends the call with a status other than OK, by raising :class:`RpcError`.

        Args:
            code: the status code.
            message: the status message, for people.
            details: a serialized ``google.rpc.Status`` with typed details.

        Raises:
            ValueError: ``code`` is OK.
        """
        if code is StatusCode.OK:
            raise ValueError("a call is aborted with a code other than OK")
        raise RpcError(code, message, details=details)
