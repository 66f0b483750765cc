"""The responses of a server to requests that no handler is to see."""

from __future__ import annotations

from minirpc.aio.server_stream import trailers_only
from minirpc.errors import StatusCode
from minirpc.http2 import Header
from minirpc.rpc.compression import ACCEPT_ENCODING
from minirpc.rpc.metadata import is_grpc_content_type
from minirpc.rpc.status import Status

__all__ = ["describe_refusal", "find_refusal", "unknown_encoding", "unknown_method"]


def describe_refusal(refusal: list[Header] | None) -> str:
    """Says for the log why a request was refused; None stands for a method that is not there."""
    if refusal is None:
        return "no such method"
    return ", ".join(f"{name.decode()}={value.decode('latin-1')}" for name, value in refusal)


def unknown_method(fields: dict[bytes, bytes]) -> list[Header]:
    """Returns the response to a request whose method the server does not have."""
    path = fields[b":path"].decode("utf-8", "replace")
    return trailers_only(Status(StatusCode.UNIMPLEMENTED, f"this server has no method {path}"))


def find_refusal(fields: dict[bytes, bytes]) -> list[Header] | None:
    """Returns the response to a request that is no gRPC request that this server can read, or None."""
    if fields[b":method"] != b"POST":
        return [(b":status", b"405"), (b"allow", b"POST")]
    if not is_grpc_content_type(fields.get(b"content-type", b"")):
        # PROTOCOL-HTTP2, "Requests": 415 Unsupported Media Type.
        return [(b":status", b"415")]
    return None


def unknown_encoding(fields: dict[bytes, bytes]) -> list[Header]:
    """PROTOCOL-HTTP2, "Message-Encoding": UNIMPLEMENTED, with the encodings that are accepted."""
    name = fields[b"grpc-encoding"].decode("latin-1")
    status = Status(StatusCode.UNIMPLEMENTED, f"grpc-encoding {name!r} is not supported")
    return [*trailers_only(status), (b"grpc-accept-encoding", ACCEPT_ENCODING)]
