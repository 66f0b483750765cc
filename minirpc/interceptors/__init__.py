"""Interceptors to use as they are, and to learn from: each is a page of code on :mod:`minirpc.aio.interceptors`.

Metrics for Prometheus, which need ``minirpc[metrics]``, are in :mod:`minirpc.interceptors.prometheus`; tracing and
metrics for OpenTelemetry, which need ``minirpc[opentelemetry]``, in :mod:`minirpc.interceptors.opentelemetry`.
"""

from minirpc.interceptors.call_log import CallLog
from minirpc.interceptors.tokens import SendToken, TokenAuth, caller

__all__ = ["CallLog", "SendToken", "TokenAuth", "caller"]
