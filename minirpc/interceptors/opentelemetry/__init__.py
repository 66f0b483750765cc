"""Tracing and metrics by OpenTelemetry, under gRPC's own names: install ``minirpc[opentelemetry]``.

Only OpenTelemetry's API is needed here; what becomes of spans and numbers is up to the SDK that the program sets up.
Attempts that interceptors make again, and those that the channel makes by itself, are told apart.
"""

from minirpc.interceptors.opentelemetry.metrics import Metrics
from minirpc.interceptors.opentelemetry.tracing import Tracing

__all__ = ["Metrics", "Tracing"]
