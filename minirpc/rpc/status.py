"""Status codes and messages on the wire, and what the failures of HTTP/2 mean in gRPC."""

from __future__ import annotations

import re

from minirpc.errors import StatusCode
from minirpc.frozen import frozen
from minirpc.rpc.percent import percent_decode

__all__ = [
    "OK",
    "Status",
    "code_from_http_status",
    "code_from_rst_stream",
    "decode_message",
    "encode_message",
    "parse_code",
]


_set = object.__setattr__


@frozen
class Status:
    """How a call ended.

    Attributes:
        code: the status code.
        message: the status message, for people.
        details: the bytes of ``grpc-status-details-bin``, or None.
        cause: the exception that led to it on this side, or None.
    """

    code: StatusCode
    message: str = ""
    details: bytes | None = None
    cause: BaseException | None = None

    # a status is made for every call that fails
    def __init__(
        self,
        code: StatusCode,
        message: str = "",
        details: bytes | None = None,
        cause: BaseException | None = None,
    ) -> None:
        _set(self, "code", code)
        _set(self, "message", message)
        _set(self, "details", details)
        _set(self, "cause", cause)


OK = Status(StatusCode.OK)

# PROTOCOL-HTTP2, "Responses": Percent-Byte-Unencoded is %x20-%x24 and %x26-%x7E; every other byte is %XX.
# Compiled at first use: a program may start without a failure.
_TO_ENCODE = rb"[^ -$&-~]"

# "HTTP to gRPC Status Code Mapping": what a response without grpc-status means.
_HTTP_CODES = {
    "400": StatusCode.INTERNAL,
    "401": StatusCode.UNAUTHENTICATED,
    "403": StatusCode.PERMISSION_DENIED,
    "404": StatusCode.UNIMPLEMENTED,
    "429": StatusCode.UNAVAILABLE,
    "502": StatusCode.UNAVAILABLE,
    "503": StatusCode.UNAVAILABLE,
    "504": StatusCode.UNAVAILABLE,
}

# PROTOCOL-HTTP2, "Errors": what an RST_STREAM from the server means. STREAM_CLOSED and HTTP_1_1_REQUIRED have no
# mapping there, and a code that nobody knows is treated as INTERNAL_ERROR (RFC 9113 section 7).
_RST_STREAM_CODES = {
    0x0: StatusCode.INTERNAL,  # NO_ERROR
    0x1: StatusCode.INTERNAL,  # PROTOCOL_ERROR
    0x2: StatusCode.INTERNAL,  # INTERNAL_ERROR
    0x3: StatusCode.INTERNAL,  # FLOW_CONTROL_ERROR
    0x4: StatusCode.INTERNAL,  # SETTINGS_TIMEOUT
    0x5: StatusCode.UNKNOWN,  # STREAM_CLOSED
    0x6: StatusCode.INTERNAL,  # FRAME_SIZE_ERROR
    0x7: StatusCode.UNAVAILABLE,  # REFUSED_STREAM
    0x8: StatusCode.CANCELLED,  # CANCEL
    0x9: StatusCode.INTERNAL,  # COMPRESSION_ERROR
    0xA: StatusCode.INTERNAL,  # CONNECT_ERROR
    0xB: StatusCode.RESOURCE_EXHAUSTED,  # ENHANCE_YOUR_CALM
    0xC: StatusCode.PERMISSION_DENIED,  # INADEQUATE_SECURITY
    0xD: StatusCode.UNKNOWN,  # HTTP_1_1_REQUIRED
}


def encode_message(message: str) -> bytes:
    """Returns the value of ``grpc-message``: UTF-8, percent-encoded. Lone surrogates become U+FFFD."""
    raw = message.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()
    return re.sub(_TO_ENCODE, lambda match: b"%%%02X" % match[0][0], raw)


def decode_message(value: bytes) -> str:
    """Reads ``grpc-message``. Never fails: a bad escape stays as it is, bad UTF-8 becomes U+FFFD."""
    return percent_decode(value).decode("utf-8", "replace")


def parse_code(value: bytes) -> StatusCode:
    """Reads ``grpc-status``. What is no known code is UNKNOWN ("Error parsing returned status")."""
    try:
        return StatusCode(int(value)) if value.isdigit() else StatusCode.UNKNOWN
    except ValueError:
        return StatusCode.UNKNOWN


def code_from_http_status(http_status: str) -> StatusCode:
    """Returns the code for a response with this ``:status``, of whatever form, and no ``grpc-status``."""
    return _HTTP_CODES.get(http_status, StatusCode.UNKNOWN)


def code_from_rst_stream(error_code: int) -> StatusCode:
    """Returns the code for a call whose stream the server reset with this HTTP/2 error code."""
    return _RST_STREAM_CODES.get(error_code, StatusCode.INTERNAL)
