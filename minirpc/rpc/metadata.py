"""Call metadata: what may be sent, and how it travels in header fields (PROTOCOL-HTTP2, "Requests")."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TypeAlias, cast

from minirpc.rpc.retry import PREVIOUS_ATTEMPTS, PUSHBACK

__all__ = [
    "DEFAULT_MAX_RECEIVE_METADATA_SIZE",
    "Metadata",
    "MetadataInput",
    "decode_binary",
    "decode_metadata",
    "describe_oversize",
    "encode_binary",
    "encode_metadata",
    "forwardable",
    "is_grpc_content_type",
    "metadata_pairs",
    "metadata_size",
]

Metadata: TypeAlias = tuple[tuple[str, str | bytes], ...]
"""Received metadata in order: ``bytes`` for keys that end in ``-bin``, ``str`` for all others."""

MetadataInput: TypeAlias = Mapping[str, str | bytes] | Iterable[tuple[str, str | bytes]]
"""What callers and handlers may give: a mapping, or pairs (a key may then occur more than once)."""

DEFAULT_MAX_RECEIVE_METADATA_SIZE = 16 << 10
"""16 KiB: above it, gRPC's other implementations refuse metadata too."""

_KEY = re.compile(r"[0-9a-z_.-]+")  # Header-Name
_ASCII_VALUE = re.compile(r"[ -~]*")  # ASCII-Value

# Fields that gRPC or HTTP/2 own. Custom metadata must not use them, nor any name that starts with "grpc-".
_RESERVED = frozenset(
    {
        "connection",
        "content-length",
        "content-type",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
_RESERVED_PREFIX = "grpc-"
# What gRFC A6 lets applications see, and what it lets servers send ("Exposed Retry Metadata", "Pushback").
_VISIBLE = frozenset({PREVIOUS_ATTEMPTS, PUSHBACK})
_SENDABLE = PUSHBACK.decode()
# Received fields of the protocol itself; "user-agent" is for the application to see.
_HIDDEN = frozenset({b"content-type", b"te"})


def is_grpc_content_type(value: bytes) -> bool:
    """Returns whether a content-type is ``application/grpc`` or ``application/grpc+codec``, parameters aside."""
    return value.partition(b";")[0].partition(b"+")[0] == b"application/grpc"


def encode_metadata(metadata: MetadataInput) -> list[tuple[bytes, bytes]]:
    """Checks metadata and returns it as header fields.

    Raises:
        TypeError: a value that is not ``str``, or not ``bytes`` under a key that ends in ``-bin``.
        ValueError: a key with characters other than ``0-9 a-z _ - .``, a reserved key, or a text value with characters
            outside printable ASCII or with spaces at an end.
    """
    return [_encode_pair(key, value) for key, value in metadata_pairs(metadata)]


def metadata_pairs(metadata: MetadataInput) -> Metadata:
    """Returns metadata as pairs in order, unchecked."""
    if isinstance(metadata, Mapping):
        metadata = cast("Mapping[str, str | bytes]", metadata).items()
    return tuple(metadata)


def _encode_pair(key: str, value: str | bytes) -> tuple[bytes, bytes]:
    if not _KEY.fullmatch(key):
        raise ValueError(f"metadata key {key!r} has characters other than 0-9 a-z _ - .")
    if (key.startswith(_RESERVED_PREFIX) and key != _SENDABLE) or key in _RESERVED:
        raise ValueError(f"metadata key {key!r} is reserved")
    if key.endswith("-bin"):
        if not isinstance(value, bytes):
            raise TypeError(f"metadata {key!r} must be bytes, not {type(value).__name__}")
        return key.encode(), encode_binary(value)
    if not isinstance(value, str):
        raise TypeError(
            f"metadata {key!r} must be str, not {type(value).__name__} (bytes need a key that ends in -bin)"
        )
    if not _ASCII_VALUE.fullmatch(value):
        raise ValueError(f"metadata {key!r} has characters outside printable ASCII (use a key that ends in -bin)")
    if value.strip(" ") != value:
        raise ValueError(f"metadata {key!r} has spaces at an end, which do not survive HTTP")
    return key.encode(), value.encode()


def metadata_size(headers: Sequence[tuple[bytes, bytes]]) -> int:
    """Returns the size of header fields in bytes, as RFC 9113 section 6.5.2 counts them: 32 for each field besides its
    name and value."""
    return sum(map(len, chain.from_iterable(headers))) + 32 * len(headers)


def describe_oversize(size: int, limit: int) -> str:
    """Returns what to say of received header fields that are larger than the limit.

    Args:
        size: what :func:`metadata_size` says of all fields of a block.
        limit: bytes.
    """
    return f"received metadata of {size} bytes are larger than max_receive_metadata_size ({limit} bytes)"


def decode_metadata(headers: Sequence[tuple[bytes, bytes]]) -> Metadata:
    """Returns the custom metadata among received header fields.

    Raises:
        ValueError: the value of a key that ends in ``-bin`` is not base64.
    """
    pairs: list[tuple[str, str | bytes]] = []
    for name, value in headers:
        if name[:1] == b":" or name in _HIDDEN or (name.startswith(b"grpc-") and name not in _VISIBLE):
            continue
        key = name.decode("ascii")
        if key.endswith("-bin"):
            # Values of equal keys may have been joined on the way, and base64 has no comma.
            pairs += [(key, decode_binary(part)) for part in value.split(b",")]
        else:
            # Field values are opaque octets (RFC 9110 section 5.5); ISO 8859-1 loses none.
            pairs.append((key, value.decode("latin-1")))
    return tuple(pairs)


def forwardable(metadata: Metadata) -> Metadata:
    """Returns those of received metadata that may be sent on: without ``user-agent`` and what is no valid metadata."""
    return tuple(pair for pair in metadata if _is_valid(*pair))


def _is_valid(key: str, value: str | bytes) -> bool:
    try:
        _encode_pair(key, value)
    except (TypeError, ValueError):
        return False
    return True


def encode_binary(value: bytes) -> bytes:
    """Returns a binary value as base64 without padding, as gRPC recommends to send it."""
    return b64encode(value).rstrip(b"=")


def decode_binary(value: bytes) -> bytes:
    """Reads a binary value, with or without padding.

    Raises:
        ValueError: it is not base64.
    """
    text = value.strip(b" ").rstrip(b"=")
    try:
        return b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(f"binary metadata is not base64: {error}") from None
