"""``google.rpc.Status`` and the details of errors, which rich gRPC errors carry: generated, and shipped.

Source: ``google/rpc/status.proto``, ``code.proto`` and ``error_details.proto``, in minirpc's own words.
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
