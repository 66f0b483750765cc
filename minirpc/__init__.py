"""minirpc: protocol buffers and gRPC for Python.

This module is light on purpose: it imports neither asyncio nor h2, so that programs that only read and write messages
pay for nothing else. The RPC runtime is :mod:`minirpc.aio`.
"""

from minirpc.errors import DecodeError, EncodeError, Error, RpcError, StatusCode

__all__ = ["DecodeError", "EncodeError", "Error", "RpcError", "StatusCode", "__version__"]

__version__ = "0.1.0"
