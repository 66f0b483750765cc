"""Tracing and metrics by OpenTelemetry, under gRPC's own names: install ``minirpc[opentelemetry]``.

Only OpenTelemetry's API is needed here; what becomes of spans and numbers is up to the SDK that the program sets up.
Both interceptors belong last in the list, next to the network: there they see each attempt of those that try again.
"""

from minirpc.interceptors.opentelemetry.metrics import Metrics
from minirpc.interceptors.opentelemetry.tracing import Tracing

__all__ = ["Metrics", "Tracing"]
