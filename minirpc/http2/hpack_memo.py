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
from hpack import Decoder, Encoder, HeaderTuple, NeverIndexedHeaderTuple
from hpack.exceptions import HPACKError, OversizedHeaderListError
from hpack.hpack import encode_integer
from hpack.table import HeaderTable

from minirpc.http2.header_rules import BlockKind, find_fault
from minirpc.http2.interface import FixedHeaders, Header

__all__ = [
    "MAX_BLOCK_FACTOR",
    "MalformedBlockError",
    "MemoDecoder",
    "MemoEncoder",
    "OversizedBlockError",
]

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
_LONG_STRING = 127  # RFC 7541 section 5.2: from here on, a length takes more than one octet
_OCTETS = [bytes([size]) for size in range(_LONG_STRING)]


class _Entries(list[tuple[bytes, bytes]]):
    """The dynamic entries of a table, the newest first. There are 128 at most (RFC 7541 section 4.1)."""

    __slots__ = ()

    def appendleft(self, entry: tuple[bytes, bytes]) -> None:
        """Adds the newest."""
        self.insert(0, entry)


class CountingTable(HeaderTable):
    """A header table whose :attr:`mutations` grows with every change."""

    mutations = 0

    def __init__(self) -> None:  # pyright: ignore[reportMissingSuperCall]  # which makes a deque, half a KiB empty
        self._maxsize = HeaderTable.DEFAULT_SIZE
        self._current_size = 0
        self.resized = False
        self.dynamic_entries = cast(Any, _Entries())

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
    huffman_coder = Encoder().huffman_coder  # it has no state

    def __init__(self) -> None:  # pyright: ignore[reportMissingSuperCall]  # which makes what is replaced here
        self.table_size_changes = []
        self.header_table = CountingTable()
        self._memo: dict[Header, bytes] = {}
        self._names: dict[bytes, bytes] = {}  # of fields that are not indexed
        self._blocks: dict[int, tuple[FixedHeaders, bytes]] = {}  # by the identity of the headers, which are held
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

    def encode(self, headers: Iterable[Any], huffman: bool = False) -> bytes:
        """Encodes ``(name, value)`` pairs of bytes into one header block."""
        parts: list[bytes] = []
        if self.table_size_changes:
            # RFC 7541 section 4.2: a change of size is signalled at the start of the next block.
            parts.append(self._encode_table_size_change())
            self.header_table.resized = False
        if self.header_table.mutations != self._memo_state:
            self._forget()
        memo = self._memo
        if type(headers) is not FixedHeaders or parts:
            parts += [memo.get(header) or self._encode_field(header, huffman) for header in headers]
            return b"".join(parts)
        known = self._blocks.get(id(headers))
        if known is not None:
            return known[1]
        state = self._memo_state
        block = b"".join([memo.get(header) or self._encode_field(header, huffman) for header in headers])
        if self._memo_state == state and len(self._blocks) < _MEMO_ENTRIES and len(block) <= _MEMO_BLOCK_SIZE:
            self._blocks[id(headers)] = headers, block
        return block

    def _forget(self) -> None:
        self._blocks.clear()
        self._memo.clear()
        self._names.clear()
        self._memo_state = self.header_table.mutations

    def _encode_field(self, header: Header, huffman: bool) -> bytes:
        """Encodes a field that is not remembered, and leaves the memo as the table's new state allows."""
        name, value = header
        if name not in _INDEXED_NAMES:
            return self._encode_unindexed(name, value)
        encoded: bytes = self.add((name, value), False, huffman)
        if self.header_table.mutations != self._memo_state:
            self._forget()
        elif len(self._memo) < _MEMO_ENTRIES:
            self._memo[name, value] = encoded
        return encoded

    def _encode_unindexed(self, name: bytes, value: bytes) -> bytes:
        """Encodes a literal that stays out of the table, behind a name whose form is remembered."""
        # Huffman coding in Python costs more than the octets that it saves on a value that is sent once.
        start = self._names.get(name)
        if start is None:
            representation = _NEVER_INDEXED if name in _SECRET_NAMES else _WITHOUT_INDEXING
            match = self.header_table.search(name, b"")
            if match is None:
                start = self._encode_literal(name, b"", representation, False)[:-1]  # without the value's length
            else:
                start = self._encode_indexed_literal(match[0], b"", representation, False)[:-1]
            if len(self._names) < _MEMO_ENTRIES and len(name) <= _MEMO_BLOCK_SIZE:
                self._names[name] = start
        size = len(value)
        return start + (_OCTETS[size] if size < _LONG_STRING else bytes(encode_integer(size, 7))) + value


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

    def __init__(self, max_header_list_size: int) -> None:  # pyright: ignore[reportMissingSuperCall]  # as above
        self.max_header_list_size = _OVERSIZE_LIST * max_header_list_size
        self.header_table = CountingTable()
        self.max_allowed_table_size = self.header_table.maxsize
        self._limit = max_header_list_size
        self._memo: dict[bytes, list[HeaderTuple]] = {}
        self._good: dict[bytes, BlockKind] = {}  # of blocks in the memo: as what they were found good
        self._fields: dict[int, HeaderTuple] = {}  # by the octet that stands for them
        self._memo_state: tuple[int, int, int] | None = None

    def find_good(self, block: bytes, kind: BlockKind) -> list[Header] | None:
        """Returns the fields of a block that :meth:`decode_checked` remembers as a good one of that kind."""
        if self._good.get(block) is not kind:
            return None
        state = (self.header_table.mutations, self.max_allowed_table_size, self.max_header_list_size)
        known: Any = self._memo[block]
        return known if state == self._memo_state else None

    def decode_checked(self, block: bytes, kind: BlockKind) -> tuple[list[Header], bool]:
        """Decodes one header block. Raises what :meth:`decode` raises.

        Returns:
            The fields, and whether they are a well-formed block of that kind that says nothing of the message's length
            and is no informational response. A remembered block is looked at once.
        """
        headers: Any = self.decode(block, raw=True)
        if self._good.get(block) is kind:
            return headers, True
        good = (
            find_fault(headers, kind) is None
            and not any(name == b"content-length" for name, _ in headers)
            and not (kind is BlockKind.RESPONSE and headers[0][1][:1] == b"1")
        )
        if good and block in self._memo:
            self._good[block] = kind
        return headers, good

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
            self._forget()
            self._fields.clear()
            self._memo_state = state
        block = bytes(data)
        headers = self._memo.get(block)
        if headers is not None:
            return headers
        if len(block) > MAX_BLOCK_FACTOR * self._limit:
            raise OversizedHeaderListError(f"header block of {len(block)} bytes, the limit is {self._limit}")
        small = len(block) <= _MEMO_BLOCK_SIZE
        headers = self._decode_literals(block) if small else None
        if headers is None:
            headers = self._decode_any(block)
        if small and len(headers) <= _MEMO_BLOCK_FIELDS and self.header_table.mutations == state[0]:
            if len(self._memo) >= _MEMO_ENTRIES:
                self._forget()
            self._memo[block] = headers
        return headers

    def _forget(self) -> None:
        self._memo.clear()
        self._good.clear()

    def _decode_any(self, block: bytes) -> list[HeaderTuple]:
        """Decodes a block with hpack."""
        try:
            headers = list(super().decode(block, True))
        except OversizedHeaderListError:
            raise
        except (HPACKError, IndexError, TypeError) as error:
            raise MalformedBlockError(f"malformed header block ({type(error).__name__})") from error
        size = sum(map(len, chain.from_iterable(headers))) + 32 * len(headers)
        if size > self._limit:
            raise OversizedBlockError(f"header list of {size} bytes, the limit is {self._limit}")
        return headers

    def _decode_literals(self, block: bytes) -> list[HeaderTuple] | None:
        """Decodes a block of fields that the table has and short literals that it does not take up.

        That is what a block with a value of its own, such as a timeout, looks like once the tables are filled.

        Returns:
            The fields; None if there is any other form in it, or anything wrong: nothing has changed then.
        """
        if self.header_table.maxsize > self.max_allowed_table_size:
            return None
        headers: list[HeaderTuple] = []
        end = len(block)
        total = position = 0
        while position < end:
            octet = block[position]
            position += 1
            if octet & 0x80:  # RFC 7541 section 6.1
                header = self._fields.get(octet) or self._look_up(octet)
                if header is None:
                    return None
            else:
                # Sections 6.2.2 and 6.2.3, with a name of its own and two short strings without Huffman code.
                if octet & 0x6F:
                    return None
                middle = position + 1 + block[position] if position < end else end
                if middle >= end or middle - position > _LONG_STRING or block[middle] >= _LONG_STRING:
                    return None
                name = block[position + 1 : middle]
                position = middle + 1 + block[middle]
                if position > end:
                    return None
                header = (NeverIndexedHeaderTuple if octet else HeaderTuple)(name, block[middle + 1 : position])
            headers.append(header)
            total += len(header[0]) + len(header[1]) + 32
        return headers if total <= self._limit else None

    def _look_up(self, octet: int) -> HeaderTuple | None:
        """Returns the field of the table that an octet stands for; None if it takes more octets, or there is none."""
        index = octet & 0x7F
        if index in (0, _LONG_STRING):
            return None
        try:
            header = HeaderTuple(*self.header_table.get_by_index(index))
        except HPACKError:
            return None
        self._fields[octet] = header
        return header
