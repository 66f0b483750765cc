"""What a handler knows of the call that it serves, and what it may say beside its messages."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Generator, Sequence
from concurrent.futures import Future
from contextvars import ContextVar
from typing import Any, NoReturn

from minirpc.aio.tls import PeerIdentity
from minirpc.errors import RpcError, StatusCode
from minirpc.http2 import Header
from minirpc.rpc.compression import IDENTITY, Encoding, get_encoding
from minirpc.rpc.metadata import Metadata, MetadataInput, encode_metadata

__all__ = ["Context", "inherit_deadline", "inherited_deadline"]

# In time.monotonic(), for a handler in a thread may call from another event loop, whose clock may be another.
_deadline: ContextVar[float | None] = ContextVar("minirpc_deadline", default=None)


def inherit_deadline(deadline: float | None, loop: asyncio.AbstractEventLoop) -> None:
    """Bounds the calls that the current task makes from now on by a deadline, in the loop's time."""
    _deadline.set(None if deadline is None else deadline - loop.time() + time.monotonic())


def inherited_deadline(loop: asyncio.AbstractEventLoop) -> float | None:
    """Returns the deadline that bounds outgoing calls here, in the loop's time; None outside of handlers."""
    deadline = _deadline.get()
    return None if deadline is None else deadline - time.monotonic() + loop.time()


class _Done(Awaitable[None]):
    """What has happened already, for those who wait for it."""

    def __await__(self) -> Generator[None, None, None]:
        yield from ()


_DONE = _Done()


class Context:
    """One call, as its handler sees it. For use in the handler's task, or in its thread if it is a plain ``def``.

    Attributes:
        method: the method's path, ``/package.Service/Method``.
        peer: the client's address: ``ipv4:10.0.0.1:41234``, ``ipv6:[::1]:41234``, ``unix:/path``.
        metadata: what the client sent with the call: pairs in order, ``bytes`` for keys that end in ``-bin``.
        identity: who the client is by its TLS certificate; None without one.
        accepted_compressions: how responses may be compressed: what the client reads, ``identity`` included.
        request_compression: how the client compresses requests; ``identity`` for not at all.
        compress: whether responses from now on are compressed, if the call has a compression (see
            :meth:`set_compression`). A handler may set it before each response.
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
        *,
        accepted_compressions: frozenset[str] = frozenset({"identity"}),
        request_compression: str = "identity",
        encoding: Encoding = IDENTITY,
    ) -> None:
        self.method = method
        self.peer = peer
        self.metadata = metadata
        self.identity = identity
        self._deadline = deadline
        self._loop = loop
        self._loop_thread = threading.get_ident()
        self.accepted_compressions = accepted_compressions
        self.request_compression = request_compression
        self.compress = True
        self._request_compressed = False
        self._encoding = encoding if encoding.name in accepted_compressions else IDENTITY
        self._headers_sent = False
        self._send_headers = send_headers
        self._trailing: Sequence[Header] = ()
        self._added_initial: list[Header] = []
        self._added_trailing: list[Header] = []
        self._cancelled = False
        self._thread: Future[Any] | None = None  # where the handler runs, if it is a plain one

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

    @property
    def request_compressed(self) -> bool:
        """Whether the request that was read last had come compressed."""
        return self._request_compressed

    def set_compression(self, compression: str | None) -> bool:
        """Chooses how the responses of this call are compressed, in place of the server's choice.

        Args:
            compression: ``identity`` (or None), ``deflate``, ``gzip`` or, with ``minirpc[zstd]``, ``zstd``.

        Returns:
            Whether the client reads it. If not, responses go out uncompressed.

        Raises:
            RuntimeError: the first response or the initial metadata have gone out already.
            ValueError: there is no such compression.
        """
        encoding = get_encoding(compression)
        if self._headers_sent:
            raise RuntimeError("the compression is chosen before the first response and the initial metadata")
        accepted = encoding.name in self.accepted_compressions
        self._encoding = encoding if accepted else IDENTITY
        return accepted

    def send_initial_metadata(self, metadata: MetadataInput = ()) -> Awaitable[None]:
        """Sends initial metadata now. Without this call they go out, empty, with the first message.

        An ``async`` handler may await the result, as everything else that sends; a handler in a thread just calls.

        Raises:
            RuntimeError: they have gone out already.
            TypeError, ValueError: the metadata cannot be sent (see :func:`minirpc.rpc.metadata.encode_metadata`).
        """
        encoded = encode_metadata(metadata)
        if self._headers_sent:
            raise RuntimeError("initial metadata have been sent")
        self._headers_sent = True
        if threading.get_ident() == self._loop_thread:
            self._send_headers(encoded)
        else:
            # In order with the messages that the thread sends: they take the same way.
            self._loop.call_soon_threadsafe(self._send_headers, encoded)
        return _DONE

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
