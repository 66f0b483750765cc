"""Bytes to values and back. This module alone chooses the engine: everything else asks it.

``IMPLEMENTATION`` is ``"compiled"`` or ``"pure"``. The environment variable ``MINIRPC_IMPLEMENTATION`` forces one of
them; unset or empty, the compiled engine runs where it was built. Both behave the same, to the byte and to the error.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

__all__ = [
    "IMPLEMENTATION",
    "ContainerSlot",
    "DefaultSlot",
    "JsonReader",
    "JsonWriter",
    "OneofSlot",
    "Plan",
    "copy",
    "decode_tag",
    "decode_varint",
    "decode_zigzag",
    "deepcopy",
    "encode_tag",
    "encode_varint",
    "encode_zigzag",
    "equal",
    "from_binary",
    "init",
    "install",
    "skip_field",
    "to_binary",
    "to_json",
]


def _choose() -> str:
    wanted = os.environ.get("MINIRPC_IMPLEMENTATION", "")
    if wanted not in ("", "pure", "compiled"):
        raise ImportError(f"MINIRPC_IMPLEMENTATION is {wanted!r}; it can be 'pure' or 'compiled'")
    if wanted == "pure":
        return "pure"
    try:
        import minirpc._codec  # noqa: F401, PLC0415
    except ImportError as error:
        if wanted == "compiled":
            raise ImportError(
                "MINIRPC_IMPLEMENTATION is 'compiled', but this install has no compiled engine"
            ) from error
        return "pure"
    return "compiled"


IMPLEMENTATION: str = _choose()
"""The engine that runs: ``"compiled"`` or ``"pure"``."""

JsonReader: Any
"""The compiled reader of JSON, or None: there is one for speed alone, before :mod:`minirpc.message.json.reader`."""
JsonWriter: Any
"""The compiled writer of JSON, or None: there is one for speed alone, beside :mod:`minirpc.message.json.writer`."""

if TYPE_CHECKING or IMPLEMENTATION == "pure":
    from minirpc.wire.plan import Plan, from_binary, to_binary
    from minirpc.wire.slots import ContainerSlot, DefaultSlot, OneofSlot, copy, deepcopy, equal, init, install
    from minirpc.wire.varint import (
        decode_tag,
        decode_varint,
        decode_zigzag,
        encode_tag,
        encode_varint,
        encode_zigzag,
        skip_field,
    )
else:
    from minirpc._codec import (
        ContainerSlot,
        DefaultSlot,
        OneofSlot,
        Plan,
        copy,
        deepcopy,
        equal,
        from_binary,
        init,
        install,
        to_binary,
    )
    from minirpc._varint import (
        decode_tag,
        decode_varint,
        decode_zigzag,
        encode_tag,
        encode_varint,
        encode_zigzag,
        skip_field,
    )

if IMPLEMENTATION == "compiled":
    from minirpc._codec import JsonReader, JsonWriter, to_json
else:
    JsonReader = JsonWriter = None

    def to_json(message: Any, registry: Any) -> str | None:  # noqa: ARG001  the other has them
        """Nothing: this engine has no writer of JSON beside the one of messages."""
        return None
