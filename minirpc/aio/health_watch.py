"""Asks a server, on a connection that calls use, whether it serves (gRFC A17: ``grpc.health.v1.Health/Watch``)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from minirpc.aio.backoff import Backoff
from minirpc.aio.client_stream import ClientStream
from minirpc.aio.connection import Connection
from minirpc.aio.deadlines import Deadlines
from minirpc.errors import RpcError, StatusCode
from minirpc.frozen import frozen
from minirpc.http2 import Header
from minirpc.rpc.compression import ACCEPT_ENCODING

__all__ = ["HealthCheck", "HealthWatch"]

_log = logging.getLogger("minirpc.channel")

_PATH = b"/grpc.health.v1.Health/Watch"
_SERVING = 1  # of HealthCheckResponse.ServingStatus
_STATUS_NAMES = {0: "UNKNOWN", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}
_MAX_RESPONSE = 1 << 12  # bytes; a response has one small field


@frozen
class HealthCheck:
    """What a channel asks its servers.

    Attributes:
        service: the name to ask for; ``""`` for the server as a whole.
        headers: the headers of the request but ``:path``: ``:method``, ``:scheme`` and ``:authority``.
    """

    service: str
    headers: Sequence[Header]

    def request(self) -> bytes:
        """Returns the ``HealthCheckRequest``. The layers of messages are above this one, and it has but one field."""
        name = self.service.encode()
        return b"\x0a" + _varint(len(name)) + name if name else b""


class HealthWatch:
    """One connection's health, asked for until :meth:`stop`.

    Attributes:
        deadlines: those of its calls; there are none.

    Args:
        check: what to ask.
        connection: where.
        backoff: the waits between attempts that the server ends without an answer.
        loop: the event loop.
        changed: hears None when the server serves, and else the reason why it is not to be used.
    """

    def __init__(
        self,
        check: HealthCheck,
        connection: Connection,
        backoff: Backoff,
        loop: asyncio.AbstractEventLoop,
        changed: Callable[[str | None], object],
    ) -> None:
        self.deadlines = Deadlines()
        self._check = check
        self._connection = connection
        self._backoff = backoff
        self._loop = loop
        self._changed = changed
        self._stopped = asyncio.Event()
        self._stream: ClientStream | None = None

    def stop(self) -> None:
        """Ends the watch. ``changed`` is not called any more."""
        self._stopped.set()
        if self._stream is not None:
            self._stream.cancel()

    async def run(self) -> None:
        """Watches until :meth:`stop`, or until the server says that it has no health service: it is healthy then."""
        failures = 0
        try:
            while not self._stopped.is_set():
                began = self._loop.time()
                answered, failure = await self._watch_once()
                if failure is None:
                    return
                failures = 1 if answered else failures + 1
                self._tell(failure)
                wait = began + self._backoff.delay(failures) - self._loop.time()
                try:
                    # counted from the beginning: at once after a long watch, as servers end some now and then
                    async with asyncio.timeout(max(wait, 0)):
                        await self._stopped.wait()
                except TimeoutError:
                    pass
        finally:
            self.stop()

    async def _watch_once(self) -> tuple[bool, str | None]:
        """Returns whether there was an answer, and what went wrong; None if there is nothing more to ask."""
        connection = self._connection
        peer = connection.peer
        if not connection.is_open or connection.draining:
            return False, None  # who owns it hears of that
        if not connection.engine.can_open_stream:
            return False, f"{peer}: no stream is left to ask for its health"
        stream = self._stream = ClientStream(
            self,
            self._loop,
            [
                (b":path", _PATH),
                *self._check.headers,
                (b"te", b"trailers"),
                (b"content-type", b"application/grpc"),
                (b"grpc-accept-encoding", ACCEPT_ENCODING),
            ],
            request=self._check.request(),
            single_response=False,
            deadline=None,
            max_receive_message_size=_MAX_RESPONSE,
        )
        stream.attach(connection)
        answered = False
        try:
            while (message := await stream.read()) is not None:
                status = _read_status(stream.open_message(message))
                answered = True
                name = _STATUS_NAMES.get(status, str(status))
                self._tell(None if status == _SERVING else f"{peer} says of its health: {name}")
        except (RpcError, ValueError) as error:
            return answered, f"{peer}: health check: {error}"
        finally:
            self._stream = None
            stream.cancel()
        if stream.status is not None and stream.status.code is StatusCode.UNIMPLEMENTED:
            # gRFC A17: a server without the service is to be used as before
            _log.warning("%s has no health service: it counts as healthy", peer)
            self._tell(None)
            return True, None
        code = "UNKNOWN" if stream.status is None else stream.status.code.name
        return answered, f"{peer}: health check ended with {code}"

    def _tell(self, unhealthy: str | None) -> None:
        if not self._stopped.is_set():
            self._changed(unhealthy)

    # -- client_stream.StreamSource

    def submit(self, stream: ClientStream) -> None:
        """Ends a stream that would be tried again: on this connection there is no use in that."""
        stream.fail(StatusCode.UNAVAILABLE, "the connection has ended")

    def stream_over(self, stream: ClientStream) -> None:
        """Has nothing to do: the stream has no place in a channel."""

    def waiting_for(self, stream: ClientStream) -> str:  # noqa: ARG002
        """Is not called for a stream without a deadline."""
        return ""


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    raise ValueError("the response is no HealthCheckResponse")


def _read_status(data: bytes) -> int:
    """Reads field 1 of a ``HealthCheckResponse``, the last one if it is there more than once; 0 without any.

    Raises:
        ValueError: this is no message, or has a group, which none ever had.
    """
    status = at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        match tag & 7:
            case 0:
                value, at = _read_varint(data, at)
                if tag >> 3 == 1:
                    status = value
            case 1:
                at += 8
            case 2:
                size, at = _read_varint(data, at)
                at += size
            case 5:
                at += 4
            case _:
                raise ValueError("the response is no HealthCheckResponse")
    if at > len(data):
        raise ValueError("the response is no HealthCheckResponse")
    return status
