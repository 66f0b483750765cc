"""Metrics for Prometheus, by ``prometheus_client``: install ``minirpc[metrics]``.

The names and labels are those that gRPC's Go middleware made usual, so that dashboards for it fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, start_http_server

from minirpc.aio import InterceptedCall, Proceed, ServerCall, Status

__all__ = ["Metrics", "serve_metrics"]

_KINDS = {
    (False, False): "unary",
    (False, True): "server_stream",
    (True, False): "client_stream",
    (True, True): "bidi_stream",
}
_LABELS = ("grpc_type", "grpc_service", "grpc_method")


class Metrics:
    """Counts calls and measures how long they take; for servers and channels, and one object may serve both.

    ``grpc_server_started_total``, ``grpc_server_handled_total`` with the label ``grpc_code``, and the histogram
    ``grpc_server_handling_seconds``; for channels ``grpc_client_…``.

    Methods that only a server's fallback serves are counted together, without names: clients choose those, and each
    would stay for ever.

    Args:
        registry: where to register.
        buckets: the upper bounds of the histogram's buckets, in seconds.
    """

    def __init__(
        self, registry: CollectorRegistry = REGISTRY, *, buckets: Sequence[float] = Histogram.DEFAULT_BUCKETS
    ) -> None:
        self._server = _Side("server", registry, buckets)
        self._client = _Side("client", registry, buckets)

    async def __call__(self, call: InterceptedCall, proceed: Proceed) -> None:
        """Lets the call pass."""
        (self._server if isinstance(call, ServerCall) else self._client).count(call)
        await proceed()


class _Side:
    def __init__(self, side: str, registry: CollectorRegistry, buckets: Sequence[float]) -> None:
        self._started = Counter(f"grpc_{side}_started_total", "Calls that began.", _LABELS, registry=registry)
        self._handled = Counter(
            f"grpc_{side}_handled_total", "Calls that ended.", (*_LABELS, "grpc_code"), registry=registry
        )
        self._seconds = Histogram(
            f"grpc_{side}_handling_seconds", "How long calls took.", _LABELS, registry=registry, buckets=buckets
        )

    def count(self, call: InterceptedCall) -> None:
        _, service, method = call.method.path.split("/")
        if isinstance(call, ServerCall) and call.generic:
            service = method = "unknown"
        labels = (_KINDS[call.method.client_streaming, call.method.server_streaming], service, method)
        self._started.labels(*labels).inc()

        def over(status: Status, seconds: float) -> None:
            self._handled.labels(*labels, _code_name(status)).inc()
            self._seconds.labels(*labels).observe(seconds)

        call.add_done_callback(over)


@contextmanager
def serve_metrics(
    port: int = 9464, host: str = "127.0.0.1", *, registry: CollectorRegistry = REGISTRY
) -> Iterator[str]:
    """Serves a registry over HTTP while the block runs, for Prometheus to scrape: ``prometheus_client``'s own server.

    It has a thread of its own, so that it answers while the event loop is busy, which is when one wants to know.

    Args:
        port: where to listen; 0 takes any free port.
        host: the address to listen on; in a pod ``0.0.0.0``.
        registry: what to serve.

    Yields:
        The URL: ``http://127.0.0.1:9464/metrics``.

    Raises:
        OSError: the address cannot be bound.
    """
    server, thread = start_http_server(port, host, registry)
    try:
        yield f"http://{host}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _code_name(status: Status) -> str:
    """The name of a code as Go writes it: ``NotFound``, ``OK``."""
    name = status.code.name
    return name if name == "OK" else "".join(map(str.capitalize, name.split("_")))
