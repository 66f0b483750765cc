"""The messages of ``google.rpc`` that rich errors carry: generated from ``google/rpc/*.proto``, and shipped.

:mod:`minirpc.rich_errors` puts them into failures and finds them there.
"""

from minirpc.google_rpc.code_pb import Code
from minirpc.google_rpc.error_details_pb import (
    BadRequest,
    DebugInfo,
    ErrorInfo,
    Help,
    LocalizedMessage,
    PreconditionFailure,
    QuotaFailure,
    RequestInfo,
    ResourceInfo,
    RetryInfo,
)
from minirpc.google_rpc.status_pb import Status

__all__ = [
    "BadRequest",
    "Code",
    "DebugInfo",
    "ErrorInfo",
    "Help",
    "LocalizedMessage",
    "PreconditionFailure",
    "QuotaFailure",
    "RequestInfo",
    "ResourceInfo",
    "RetryInfo",
    "Status",
]
