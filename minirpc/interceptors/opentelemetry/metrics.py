"""Metrics with the names, units and buckets of gRFC A66."""

from __future__ import annotations

import time

from opentelemetry.metrics import Histogram, Meter, MeterProvider

from minirpc.aio import (
    AttemptObserver,
    AttemptStart,
    ClientCall,
    InterceptedCall,
    Proceed,
    ServerCall,
    Status,
    StreamObserver,
)

__all__ = ["LATENCY_BUCKETS", "SIZE_BUCKETS", "Metrics"]

LATENCY_BUCKETS = (
    *(0.0, 0.00001, 0.00005, 0.0001, 0.0003, 0.0006, 0.0008, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008),
    *(0.01, 0.013, 0.016, 0.02, 0.025, 0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5),
    *(0.65, 0.8, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0),
)
"""The bounds of A66 for durations, in seconds."""

SIZE_BUCKETS = (0.0, *(float(1 << bits) for bits in (10, 11, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32)))
"""The bounds of A66 for sizes, in bytes."""

_OTHER = "other"


class Metrics:
    """Counts and measures calls and their attempts; for servers and channels.

    On a server ``grpc.server.call.…``: ``started``, ``duration`` and the sizes of all messages of a call, each way, as
    they are on the wire, ``sent_total_compressed_message_size`` and ``rcvd_total_compressed_message_size``; in a
    channel ``grpc.client.call.duration``, and of each attempt, whoever makes it, ``grpc.client.attempt.…``, the same
    four. Durations are in seconds, sizes in bytes.

    Methods that only a server's fallback serves are counted together, as ``other``: clients choose those names, and
    each would stay for ever.

    Args:
        meter_provider: where the instruments are made. There is no default, as A66 asks.
        target: what ``grpc.target`` says of the calls of a channel: its target in full, as ``dns:///geo:50051``. For
            many channels with targets that differ, such as addresses, better one name for all.
    """

    def __init__(self, meter_provider: MeterProvider, *, target: str = _OTHER) -> None:
        meter = meter_provider.get_meter("minirpc")
        self._target = target
        self._server_started = meter.create_counter(
            "grpc.server.call.started", "{call}", "Calls that began, those that still run included."
        )
        self._server_duration = _durations(meter, "grpc.server.call.duration", "How long calls took on the server.")
        self._server_sizes = _Sizes(meter, "grpc.server.call")
        self._attempt_started = meter.create_counter(
            "grpc.client.attempt.started", "{attempt}", "Attempts that began, those that still run included."
        )
        self._attempt_duration = _durations(meter, "grpc.client.attempt.duration", "How long attempts took.")
        self._attempt_sizes = _Sizes(meter, "grpc.client.attempt")
        self._call_duration = _durations(meter, "grpc.client.call.duration", "How long calls took, attempts and all.")

    async def __call__(self, call: InterceptedCall, proceed: Proceed) -> None:
        """Lets the call pass."""
        if isinstance(call, ClientCall):
            self._make(call)
        elif isinstance(call, ServerCall):
            self._serve(call)
        await proceed()

    def _serve(self, call: ServerCall) -> None:
        method = {"grpc.method": _OTHER if call.generic else call.method.path[1:]}
        self._server_started.add(1, method)
        totals = _Totals()
        call.observe(totals)

        def over(status: Status, seconds: float) -> None:
            labels = {**method, "grpc.status": status.code.name}
            self._server_duration.record(seconds, labels)
            self._server_sizes.record(totals, labels)

        call.add_done_callback(over)

    def _make(self, call: ClientCall) -> None:
        if self in call.shared:
            return  # an interceptor outside tries again: attempts are told all the same
        call.shared[self] = True
        labels = {"grpc.method": call.method.path[1:], "grpc.target": self._target}

        def over(status: Status, seconds: float) -> None:
            self._call_duration.record(seconds, {**labels, "grpc.status": status.code.name})

        def begin(start: AttemptStart) -> AttemptObserver:  # noqa: ARG001  # attempts of all kinds count
            self._attempt_started.add(1, labels)
            return _MeasuredAttempt(self, labels)

        call.add_done_callback(over)
        call.observe_attempts(begin)

    def attempt_over(self, totals: _MeasuredAttempt, labels: dict[str, str]) -> None:
        """Records an attempt that has ended."""
        self._attempt_duration.record(time.perf_counter() - totals.began, labels)
        self._attempt_sizes.record(totals, labels)


class _Totals(StreamObserver):
    """Adds sizes up, as they are on the wire and without framing."""

    def __init__(self) -> None:
        self.sent = self.received = 0

    def message_sent(self, size: int, wire_size: int | None) -> None:
        self.sent += size if wire_size is None else wire_size

    def message_received(self, wire_size: int, compressed: bool) -> None:  # noqa: ARG002
        self.received += wire_size


class _MeasuredAttempt(_Totals, AttemptObserver):
    def __init__(self, owner: Metrics, labels: dict[str, str]) -> None:
        super().__init__()
        self.began = time.perf_counter()
        self._owner = owner
        self._labels = labels

    def ended(self, status: Status, peer: str) -> None:  # noqa: ARG002
        self._owner.attempt_over(self, {**self._labels, "grpc.status": status.code.name})


class _Sizes:
    """The two histograms of sizes of calls, or of attempts."""

    def __init__(self, meter: Meter, prefix: str) -> None:
        self._sent, self._received = (
            meter.create_histogram(
                f"{prefix}.{way}_total_compressed_message_size",
                "By",
                f"Bytes of all messages {what}, compressed where they are, without framing and metadata.",
                explicit_bucket_boundaries_advisory=SIZE_BUCKETS,
            )
            for way, what in (("sent", "sent"), ("rcvd", "received"))
        )

    def record(self, totals: _Totals, labels: dict[str, str]) -> None:
        self._sent.record(totals.sent, labels)
        self._received.record(totals.received, labels)


def _durations(meter: Meter, name: str, description: str) -> Histogram:
    return meter.create_histogram(name, "s", description, explicit_bucket_boundaries_advisory=LATENCY_BUCKETS)
