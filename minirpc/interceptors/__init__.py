"""Interceptors to use as they are, and to learn from: each is a page of code on :mod:`minirpc.aio.interceptors`.

Metrics, which need ``minirpc[metrics]``, are in :mod:`minirpc.interceptors.prometheus`.
"""

from minirpc.interceptors.call_log import CallLog
from minirpc.interceptors.tokens import SendToken, TokenAuth, caller

__all__ = ["CallLog", "SendToken", "TokenAuth", "caller"]
