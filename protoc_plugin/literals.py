"""Python literals."""

from __future__ import annotations

import math
import re
from typing import Any

__all__ = ["bytes_literal", "escape", "literal", "text_literal"]


def literal(value: Any) -> str:
    """The source of a bool, number, string or bytes; infinity and NaN are the contract's names for them."""
    if isinstance(value, str):
        return text_literal(value)
    if isinstance(value, bytes):
        return bytes_literal(value)
    if isinstance(value, float) and not math.isfinite(value):
        sign = "-" if math.copysign(1, value) < 0 and not math.isnan(value) else ""
        return f"{sign}_pb.{'nan' if math.isnan(value) else 'inf'}"
    return repr(value)


def escape(text: str) -> str:
    """Replaces control characters and lone surrogates, which Python source may not hold, but not tabs and newlines."""
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", lambda match: f"\\x{ord(match[0]):02x}", text)
    return re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", text)


def text_literal(value: str) -> str:
    """A string."""
    return '"' + escape(value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")) + '"'


_BYTE_ESCAPES = {ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}


def bytes_literal(value: bytes) -> str:
    """A bytes literal; :func:`repr` would change its quotes with its contents."""
    chars = [_BYTE_ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}") for byte in value]
    return f'b"{"".join(chars)}"'
