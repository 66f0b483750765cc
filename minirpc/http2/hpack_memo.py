"""HPACK with memory: what was encoded or decoded once is not computed again while that is sound.

An encoded field means what it means only against the dynamic table of that moment. Each table here counts its
mutations, so equal counts mean equal contents, order and size. A result is kept only if producing it left the count
unchanged, and is used again only while the count is still the same.

Only fields with few different values enter the dynamic table. Per-call values (a timeout, trace metadata) are literals
without indexing: they would push the stable fields out, and with them everything that was remembered.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any, cast

from h2.errors import ErrorCodes
from h2.exceptions import ProtocolError
from hpack import Decoder, Encoder, HeaderTuple
from hpack.exceptions import HPACKError, OversizedHeaderListError
from hpack.table import HeaderTable

from minirpc.http2.interface import Header

__all__ = ["MAX_BLOCK_FACTOR", "MalformedBlockError", "MemoDecoder", "MemoEncoder", "OversizedBlockError"]

_MEMO_ENTRIES = 256
_MEMO_BLOCK_SIZE = 1024
_MEMO_BLOCK_FIELDS = 64  # one octet may stand for a field of 100 bytes
# A list above the limit is decoded and dropped, while that is affordable: up to so many times the limit as a block, and
# (one byte may stand for a whole field) as a list. Beyond, the connection ends.
MAX_BLOCK_FACTOR = 4
_OVERSIZE_LIST = 16

_INDEXED_NAMES = frozenset(
    {
        b":authority",
        b":method",
        b":path",
        b":scheme",
        b":status",
        b"content-type",
        b"grpc-accept-encoding",
        b"grpc-encoding",
        b"grpc-status",
        b"te",
        b"user-agent",
    }
)
# RFC 7541 section 7.1.3: secrets are never indexed, by us or by any intermediary, so that nobody can probe for them.
_SECRET_NAMES = frozenset({b"authorization", b"cookie", b"proxy-authorization", b"set-cookie"})

_WITHOUT_INDEXING = b"\x00"  # RFC 7541 section 6.2.2
_NEVER_INDEXED = b"\x10"  # RFC 7541 section 6.2.3


class CountingTable(HeaderTable):
    """A header table whose :attr:`mutations` grows with every change."""

    def __init__(self) -> None:
        self.mutations = 0
        super().__init__()

    def add(self, name: bytes, value: bytes) -> None:
        """Inserts an entry (and evicts what no longer fits)."""
        self.mutations += 1
        super().add(name, value)

    @property
    def maxsize(self) -> int:
        """The size limit in bytes, as RFC 7541 section 4.1 counts them."""
        return self._maxsize

    @maxsize.setter
    def maxsize(self, newmax: int) -> None:
        self.mutations += 1
        cast(Any, HeaderTable.maxsize).fset(self, newmax)


class MemoEncoder(Encoder):
    """An encoder that keeps each indexed field's bytes while the table stands still."""

    header_table: CountingTable

    def __init__(self) -> None:
        super().__init__()
        self.header_table = CountingTable()
        self._memo: dict[Header, bytes] = {}
        self._memo_state = -1

    @property
    def header_table_size(self) -> int:
        """The size limit of the dynamic table, which the peer sets."""
        return self.header_table.maxsize

    @header_table_size.setter
    def header_table_size(self, value: int) -> None:
        # RFC 7541 section 4.2: of several changes between two blocks, the smallest size and the last are signalled.
        # (hpack's own setter forgets a change that is followed by the same value once more.)
        pending = self.table_size_changes
        if value == self.header_table.maxsize and not pending:
            return
        self.header_table.maxsize = value
        smallest = min(value, *pending) if pending else value
        self.table_size_changes = [value] if smallest == value else [smallest, value]

    def encode(self, headers: Iterable[Any], huffman: bool = True) -> bytes:
        """Encodes ``(name, value)`` pairs of bytes into one header block."""
        table = self.header_table
        parts: list[bytes] = []
        if self.table_size_changes:
            # RFC 7541 section 4.2: a change of size is signalled at the start of the next block.
            parts.append(self._encode_table_size_change())
            table.resized = False
        memo = self._memo
        for header in headers:
            if table.mutations != self._memo_state:
                memo.clear()
                self._memo_state = table.mutations
            encoded = memo.get(header)
            if encoded is None:
                encoded = self._encode_field(header[0], header[1], huffman)
                if table.mutations == self._memo_state and header[0] in _INDEXED_NAMES and len(memo) < _MEMO_ENTRIES:
                    memo[header] = encoded
            parts.append(encoded)
        return b"".join(parts)

    def _encode_field(self, name: bytes, value: bytes, huffman: bool) -> bytes:
        if name in _INDEXED_NAMES:
            return self.add((name, value), False, huffman)
        representation = _NEVER_INDEXED if name in _SECRET_NAMES else _WITHOUT_INDEXING
        match = self.header_table.search(name, value)
        # Huffman coding in Python costs more than the octets that it saves on a value that is sent once.
        if match is None:
            return self._encode_literal(name, value, representation, False)
        return self._encode_indexed_literal(match[0], value, representation, False)


class OversizedBlockError(ProtocolError):
    """A header list is larger than the limit. The dynamic table has taken the block: the connection can go on."""


class MalformedBlockError(ProtocolError):
    """A header block is no HPACK. RFC 9113 section 4.3: a connection error, as the tables are no longer the same."""

    error_code = ErrorCodes.COMPRESSION_ERROR


class MemoDecoder(Decoder):
    """A decoder that keeps whole blocks while the table and the limits stand still.

    A remembered block yields the same list again: callers must not change it.

    Args:
        max_header_list_size: the largest list to return, in bytes as RFC 9113 section 6.5.2 counts them.
    """

    header_table: CountingTable

    def __init__(self, max_header_list_size: int) -> None:
        super().__init__(_OVERSIZE_LIST * max_header_list_size)
        self._limit = max_header_list_size
        self.header_table = CountingTable()
        self._memo: dict[bytes, Iterable[HeaderTuple]] = {}
        self._memo_state: tuple[int, int, int] | None = None

    def decode(self, data: bytes, raw: bool = False) -> Iterable[HeaderTuple]:
        """Decodes one header block into ``(name, value)`` pairs, of bytes if ``raw``.

        Raises:
            OversizedBlockError: the list is larger than the limit.
            MalformedBlockError: the block is malformed.
            hpack.exceptions.OversizedHeaderListError: it is so large that it is not decoded to its end.
        """
        if not raw:
            return super().decode(data, raw)
        state = (self.header_table.mutations, self.max_allowed_table_size, self.max_header_list_size)
        if state != self._memo_state:
            self._memo.clear()
            self._memo_state = state
        block = bytes(data)
        headers = self._memo.get(block)
        if headers is None:
            if len(block) > MAX_BLOCK_FACTOR * self._limit:
                raise OversizedHeaderListError(f"header block of {len(block)} bytes, the limit is {self._limit}")
            try:
                headers = list(super().decode(block, raw))
            except OversizedHeaderListError:
                raise
            except (HPACKError, IndexError, TypeError) as error:
                raise MalformedBlockError(f"malformed header block ({type(error).__name__})") from error
            size = sum(map(len, chain.from_iterable(headers))) + 32 * len(headers)
            if size > self._limit:
                raise OversizedBlockError(f"header list of {size} bytes, the limit is {self._limit}")
            small = len(block) <= _MEMO_BLOCK_SIZE and len(headers) <= _MEMO_BLOCK_FIELDS
            if small and self.header_table.mutations == state[0]:
                if len(self._memo) >= _MEMO_ENTRIES:
                    self._memo.clear()
                self._memo[block] = headers
        return headers
