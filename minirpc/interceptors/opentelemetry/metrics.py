"""Metrics with the names, units and buckets of gRFC A66."""

from __future__ import annotations

import time

from opentelemetry.metrics import Histogram, Meter, MeterProvider

from minirpc.aio import ClientCall, InterceptedCall, Proceed, Status
from minirpc.interceptors.opentelemetry.outcome import outcome_of

__all__ = ["LATENCY_BUCKETS", "Metrics"]

LATENCY_BUCKETS = (
    *(0.0, 0.00001, 0.00005, 0.0001, 0.0003, 0.0006, 0.0008, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008),
    *(0.01, 0.013, 0.016, 0.02, 0.025, 0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5),
    *(0.65, 0.8, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0),
)
"""The bounds of A66 for durations, in seconds."""

_OTHER = "other"


class Metrics:
    """Counts and times calls and their attempts; for servers and channels.

    On a server ``grpc.server.call.started`` and ``grpc.server.call.duration``; in a channel
    ``grpc.client.call.duration``, ``grpc.client.attempt.started`` and ``grpc.client.attempt.duration``. Durations are
    in seconds. The sizes of messages, which A66 has as well, are not known to interceptors.

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
        self._attempt_started = meter.create_counter(
            "grpc.client.attempt.started", "{attempt}", "Attempts that began, those that still run included."
        )
        self._attempt_duration = _durations(meter, "grpc.client.attempt.duration", "How long attempts took.")
        self._call_duration = _durations(meter, "grpc.client.call.duration", "How long calls took, attempts and all.")

    async def __call__(self, call: InterceptedCall, proceed: Proceed) -> None:
        """Lets the call pass."""
        if isinstance(call, ClientCall):
            await self._make(call, proceed)
        else:
            await self._serve(call, proceed)

    async def _serve(self, call: InterceptedCall, proceed: Proceed) -> None:
        method = {"grpc.method": _OTHER if getattr(call, "generic", False) else call.method.path[1:]}
        self._server_started.add(1, method)
        _record_at_end(call, self._server_duration, method)
        await proceed()

    async def _make(self, call: ClientCall, proceed: Proceed) -> None:
        labels = {"grpc.method": call.method.path[1:], "grpc.target": self._target}
        if self not in call.shared:  # else this is a further attempt
            call.shared[self] = True
            _record_at_end(call, self._call_duration, labels)
        self._attempt_started.add(1, labels)
        started = time.perf_counter()
        failure: BaseException | None = None
        try:
            await proceed()
        except BaseException as error:
            failure = error
            raise
        finally:
            status = outcome_of(call, failure)
            self._attempt_duration.record(time.perf_counter() - started, {**labels, "grpc.status": status.code.name})


def _durations(meter: Meter, name: str, description: str) -> Histogram:
    return meter.create_histogram(name, "s", description, explicit_bucket_boundaries_advisory=LATENCY_BUCKETS)


def _record_at_end(call: InterceptedCall, durations: Histogram, labels: dict[str, str]) -> None:
    def over(status: Status, seconds: float) -> None:
        durations.record(seconds, {**labels, "grpc.status": status.code.name})

    call.add_done_callback(over)
