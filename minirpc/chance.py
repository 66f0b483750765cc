"""The standard library's ``random``, which brings a good part of OpenSSL's hashes along: loaded when chance decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minirpc.lazy import lazy

if TYPE_CHECKING:
    import random
else:
    random = lazy("random")

__all__ = ["random"]
