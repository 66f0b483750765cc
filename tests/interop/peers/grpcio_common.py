"""What the grpcio client and server share: to see whether a message travelled compressed, which grpcio does not tell.

With the channel argument below, grpcio hands messages on as they came, and the deserializer sees whether it is given a
gzip member. No message of this service begins like one: ``1f 8b`` would be a tag with a wire type that does not exist.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["AS_IT_CAME", "Received", "receiver"]

AS_IT_CAME = ("grpc.per_message_decompression", 0)
"""The channel argument by which grpcio leaves compressed messages as they are."""

_GZIP_MAGIC = b"\x1f\x8b"


class Received(NamedTuple):
    """A message, and whether it came compressed."""

    message: Any
    compressed: bool


def receiver(deserialize: Callable[[bytes], Any]) -> Callable[[bytes], Received]:
    """Makes a deserializer of messages that have been left as they came."""

    def receive(data: bytes) -> Received:
        compressed = data.startswith(_GZIP_MAGIC)
        return Received(deserialize(gzip.decompress(data) if compressed else data), compressed)

    return receive
