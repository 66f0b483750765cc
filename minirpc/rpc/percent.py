"""Percent-decoding (RFC 3986 section 2.1), without the cost of loading ``urllib.parse``."""

from __future__ import annotations

import re

__all__ = ["percent_decode"]

_ESCAPE = rb"%([0-9A-Fa-f]{2})"  # compiled at first use


def percent_decode(value: bytes) -> bytes:
    """Returns the bytes with each ``%XX`` replaced by the byte that it means; what is no such escape stays."""
    return re.sub(_ESCAPE, lambda match: bytes((int(match[1], 16),)), value) if b"%" in value else value
