"""The rules of RFC 9113 section 8 for header blocks.

A block that breaks one of them is malformed, and section 8.1.1 asks for a stream error of type PROTOCOL_ERROR.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence

from minirpc.http2.interface import Header

__all__ = ["BlockKind", "find_fault"]


class BlockKind(enum.Enum):
    """What a received header block is."""

    REQUEST = "request"
    RESPONSE = "response"
    TRAILERS = "trailers"


# Section 8.2.1: no characters 0x00-0x20, upper case or 0x7f-0xff in a name, and no colon but a pseudo-header's first.
_NAME = re.compile(rb"[!-9;-@\[-~]+")
# Section 8.2.1: no NUL, LF or CR anywhere in a value, no space or tab at either end.
_BAD_VALUE = re.compile(rb"[\0\r\n]|\A[ \t]|[ \t]\Z")

# Section 8.2.2: fields that describe one connection of HTTP/1.1 have no place in HTTP/2.
_CONNECTION_SPECIFIC = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"})

_ALLOWED_PSEUDO = {
    BlockKind.REQUEST: frozenset({b":method", b":scheme", b":path", b":authority"}),
    BlockKind.RESPONSE: frozenset({b":status"}),
    BlockKind.TRAILERS: frozenset[bytes](),
}
# Section 8.3.1: a request has exactly one each of :method, :scheme and :path. Section 8.3.2: a response has :status.
_REQUIRED_PSEUDO = {
    BlockKind.REQUEST: frozenset({b":method", b":scheme", b":path"}),
    BlockKind.RESPONSE: frozenset({b":status"}),
    BlockKind.TRAILERS: frozenset[bytes](),
}


def find_fault(headers: Sequence[Header], kind: BlockKind) -> str | None:
    """Returns what makes a received header block malformed, or None if it is well formed."""
    allowed = _ALLOWED_PSEUDO[kind]
    seen: set[bytes] = set()
    regular_seen = False
    for name, value in headers:
        if name[:1] == b":":
            # Section 8.3: pseudo-headers come first, once each, and only those that are defined for this kind.
            if regular_seen:
                return f"pseudo-header {name!r} after a regular field"
            if name not in allowed:
                return f"pseudo-header {name!r} in {kind.value}"
            if name in seen:
                return f"pseudo-header {name!r} twice"
            seen.add(name)
            if not value and name == b":path":
                return "empty :path"
        else:
            regular_seen = True
            if not _NAME.fullmatch(name):
                return f"field name {name!r} is not allowed"
            if name in _CONNECTION_SPECIFIC or (name == b"te" and value != b"trailers"):
                return f"connection-specific field {name!r}"
        if _BAD_VALUE.search(value):
            return f"value of field {name!r} is not allowed"
    missing = _REQUIRED_PSEUDO[kind] - seen
    if missing:
        return f"no {min(missing).decode()} in {kind.value}"
    return None
