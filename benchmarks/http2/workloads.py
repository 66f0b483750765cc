"""What two endpoints say to each other. Each workload runs for a while and returns how much of its unit it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Protocol

from minirpc.http2 import Header

__all__ = ["WORKLOADS", "Endpoint", "Workload"]

REQUEST: list[Header] = [
    (b":method", b"POST"),
    (b":scheme", b"http"),
    (b":path", b"/package.Service/Method"),
    (b":authority", b"localhost:50051"),
    (b"te", b"trailers"),
    (b"content-type", b"application/grpc"),
    (b"user-agent", b"benchmark/1.0"),
    (b"grpc-accept-encoding", b"identity,gzip"),
]
RESPONSE: list[Header] = [(b":status", b"200"), (b"content-type", b"application/grpc")]
TRAILERS: list[Header] = [(b"grpc-status", b"0")]
MESSAGE = memoryview(b"\0\0\0\0\7payload")
MEBIBYTE = memoryview(bytes(1 << 20))
_WRITE = 64  # small messages that leave in one write


class Endpoint(Protocol):
    """One side of a connection without IO."""

    requests: list[int]
    received: int

    def receive(self, data: bytes | bytearray) -> object: ...
    def take_output(self) -> bytes | bytearray: ...
    def open_stream(self, headers: Sequence[Header]) -> int: ...
    def send_headers(self, stream_id: int, headers: Sequence[Header], end_stream: bool) -> None: ...
    def send_data(self, stream_id: int, data: memoryview, end_stream: bool) -> int: ...


Workload = Callable[[Endpoint, Endpoint, int], None]


def settle(client: Endpoint, server: Endpoint) -> None:
    """Carries bytes to and fro until both sides are silent."""
    while True:
        output = client.take_output()
        answer = server.take_output()
        if not output and not answer:
            return
        server.receive(output)
        client.receive(answer)


def _call(client: Endpoint, server: Endpoint, request: list[Header]) -> None:
    client.send_data(client.open_stream(request), MESSAGE, True)
    server.receive(client.take_output())
    (stream_id,) = server.requests
    server.requests.clear()
    server.send_headers(stream_id, RESPONSE, False)
    server.send_data(stream_id, MESSAGE, False)
    server.send_headers(stream_id, TRAILERS, True)
    client.receive(server.take_output())


def unary(client: Endpoint, server: Endpoint, repeats: int) -> None:
    """Calls with the same headers."""
    for _ in range(repeats):
        _call(client, server, REQUEST)


_timeouts = count(1)


def unary_with_deadline(client: Endpoint, server: Endpoint, repeats: int) -> None:
    """Calls that each have another grpc-timeout."""
    for _ in range(repeats):
        _call(client, server, [*REQUEST, (b"grpc-timeout", b"%dn" % (10_000_000 + next(_timeouts)))])


def _begin(client: Endpoint, server: Endpoint) -> int:
    stream_id = client.open_stream(REQUEST)
    settle(client, server)
    server.requests.clear()
    server.send_headers(stream_id, RESPONSE, False)
    settle(client, server)
    return stream_id


def _end(client: Endpoint, server: Endpoint, stream_id: int) -> None:
    client.send_data(stream_id, MESSAGE[:0], True)
    server.send_headers(stream_id, TRAILERS, True)
    settle(client, server)


def small_messages(client: Endpoint, server: Endpoint, repeats: int) -> None:
    """A stream of small messages from the server, several in a write."""
    stream_id = _begin(client, server)
    for _ in range(repeats // _WRITE):
        for _ in range(_WRITE):
            server.send_data(stream_id, MESSAGE, False)
        settle(client, server)
    _end(client, server, stream_id)


def large_messages(client: Endpoint, server: Endpoint, repeats: int) -> None:
    """Messages of 1 MiB from the client, in as many frames as it takes."""
    stream_id = _begin(client, server)
    for _ in range(repeats):
        left = MEBIBYTE
        while left:
            sent = client.send_data(stream_id, left[: 1 << 14], False)
            left = left[sent:]
            if not sent or len(left) % (1 << 18) == 0:
                settle(client, server)  # a write of 256 KiB
    _end(client, server, stream_id)


WORKLOADS: dict[str, tuple[Workload, str, int]] = {
    "unary call": (unary, "µs a call", 2000),
    "unary call, a new timeout each": (unary_with_deadline, "µs a call", 2000),
    "stream of small messages": (small_messages, "µs a message", 64 * 100),
    "1 MiB in frames of 16 KiB": (large_messages, "µs a MiB", 30),
}
"""By name: the workload, its unit, and how often it is done for one figure."""
