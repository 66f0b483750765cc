# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, annotation_typing=False
"""Varints, zigzag, tags, and the skipping of unknown fields: the compiled twin of :mod:`minirpc.wire.varint`.

The work is done by the functions of ``_varint.pxd``; here they get Python's arguments and errors.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.limits cimport INT_MAX

from minirpc.errors import DecodeError

__all__ = [
    "decode_tag",
    "decode_varint",
    "decode_zigzag",
    "encode_tag",
    "encode_varint",
    "encode_zigzag",
    "skip_field",
]


cdef str reason_text(const Fault* fault):
    cdef Reason reason = fault.reason
    if reason == TRUNCATED_TAG:
        return "truncated tag"
    if reason == TAG_OVERFLOW:
        return "tag does not fit in 32 bits"
    if reason == FIELD_NUMBER_ZERO:
        return "field number 0 is not allowed"
    if reason == UNDEFINED_WIRE_TYPE:
        return f"wire type {fault.first} is not defined"
    if reason == GROUP_NOT_STARTED:
        return f"end of group {fault.first} without its start"
    if reason == GROUP_MISMATCH:
        return f"end of group {fault.first} inside group {fault.second}"
    if reason == GROUP_NOT_CLOSED:
        return f"group {fault.first} is not closed"
    if reason == TRUNCATED_VARINT:
        return "truncated varint"
    if reason == VARINT_OVERFLOW:
        return "varint is longer than 10 bytes"
    if reason == TRUNCATED_FIXED:
        return f"truncated fixed{fault.first}"
    if reason == LENGTH_PAST_END:
        return f"length {fault.first} goes past the end, {fault.second} bytes remain"
    if reason == PACKED_REMAINDER:
        return f"packed run of {fault.first} bytes is not a multiple of {fault.second}"
    if reason == INVALID_UTF8:
        return "invalid UTF-8 in a string"
    assert reason == TOO_DEEP
    return f"nested deeper than {fault.first} levels"


cdef object decode_error(const Fault* fault, const uint8_t* base, object path):
    """The ``DecodeError`` for any fault but RAISED, in an input that starts at ``base``."""
    return DecodeError(reason_text(fault), path, fault.at - base)


cdef class _Input:
    """A bytes-like object, held while it is read, and a position in it."""

    cdef Py_buffer view
    cdef const uint8_t* base
    cdef const uint8_t* start
    cdef const uint8_t* end

    def __cinit__(self, data, Py_ssize_t pos):
        PyObject_GetBuffer(data, &self.view, PyBUF_SIMPLE)
        if not 0 <= pos <= self.view.len:
            raise ValueError(f"position {pos} is not between 0 and {self.view.len}")
        self.base = <const uint8_t*>self.view.buf
        self.start = self.base + pos
        self.end = self.base + self.view.len

    def __dealloc__(self):
        PyBuffer_Release(&self.view)  # does nothing if there is no buffer

    cdef object error(self, const Fault* fault):
        return decode_error(fault, self.base, "")


cdef bytes varint_bytes(uint64_t value):
    cdef uint8_t[MAX_VARINT_SIZE] buffer
    cdef uint8_t* end = put_varint(buffer, value)
    return PyBytes_FromStringAndSize(<char*>buffer, end - buffer)


def encode_varint(value: int) -> bytes:
    """The shortest varint of ``value``.

    Raises:
        ValueError: ``value`` is not between 0 and 2**64 - 1.
    """
    if not 0 <= value < 1 << 64:
        raise ValueError(f"{value} does not fit in 64 bits")
    return varint_bytes(value)


def decode_varint(data, Py_ssize_t pos=0):
    """Reads the varint at ``pos``.

    Returns:
        The value, cut to its low 64 bits as every protobuf implementation does, and the position behind it.

    Raises:
        DecodeError: truncated, or longer than 10 bytes.
    """
    cdef _Input source = _Input(data, pos)
    cdef Fault fault
    cdef uint64_t value = 0
    cdef const uint8_t* p = read_varint(source.start, source.end, &value, &fault)
    if p == NULL:
        raise source.error(&fault)
    return value, p - source.base


def encode_zigzag(value: int) -> int:
    """Maps a signed 64-bit integer to an unsigned one so that small magnitudes stay small: 0, -1, 1, -2 → 0, 1, 2, 3.

    Raises:
        ValueError: ``value`` is not between -2**63 and 2**63 - 1.
    """
    if not -(1 << 63) <= value < 1 << 63:
        raise ValueError(f"{value} does not fit in 64 bits")
    return zigzag(value)


def decode_zigzag(value: int) -> int:
    """The inverse of :func:`encode_zigzag`.

    Raises:
        ValueError: ``value`` is not between 0 and 2**64 - 1.
    """
    if not 0 <= value < 1 << 64:
        raise ValueError(f"{value} does not fit in 64 bits")
    return unzigzag(value)


def encode_tag(number: int, wire_type: int) -> bytes:
    """The tag of field ``number`` (1 to 2**29 - 1) with a wire type (0 to 5).

    Raises:
        ValueError: one of them is out of its range.
    """
    if not 1 <= number < 1 << 29:
        raise ValueError(f"field number {number} is not between 1 and 2**29 - 1")
    if not 0 <= wire_type <= I32:
        raise ValueError(f"wire type {wire_type} is not defined")
    return varint_bytes(<uint32_t>number << 3 | <uint32_t>wire_type)


def decode_tag(data, Py_ssize_t pos=0):
    """Reads the tag at ``pos``.

    Returns:
        The field number, the wire type, and the position behind the tag.

    Raises:
        DecodeError: truncated, over 32 bits or 5 bytes, field number 0, or wire type 6 or 7.
    """
    cdef _Input source = _Input(data, pos)
    cdef Fault fault
    cdef uint32_t tag = 0
    cdef const uint8_t* p = read_tag(source.start, source.end, &tag, &fault)
    if p == NULL or not tag_is_allowed(tag, source.start, &fault):
        raise source.error(&fault)
    return tag >> 3, tag & 7, p - source.base


def skip_field(data, Py_ssize_t pos, number: int, wire_type: int, depth: int = MAX_DEPTH, *, tag_pos=None, limit=None):
    """Skips the value of a field whose tag was read.

    Args:
        data: the input.
        pos: the position behind the tag.
        number: the field number of the tag.
        wire_type: the wire type of the tag.
        depth: how many levels of groups may follow; the tag's own group is the first.
        tag_pos: the position of the tag itself, which errors about groups name; ``pos`` - 1 if not given.
        limit: the depth that the outermost message was given, for the error; ``depth`` if not given.

    Returns:
        The position behind the value.

    Raises:
        DecodeError: whatever is malformed in it.
    """
    cdef _Input source = _Input(data, pos)
    cdef Fault fault
    cdef int levels = <int>min(max(depth, 0), INT_MAX)
    cdef int shown = levels if limit is None else <int>min(max(limit, levels), INT_MAX)
    cdef Py_ssize_t tag_at = pos - 1 if tag_pos is None else tag_pos
    if not (1 <= number < 1 << 29 and 0 <= wire_type <= I32):
        raise ValueError(f"field number {number} with wire type {wire_type} makes no tag")
    cdef uint32_t tag = <uint32_t>number << 3 | <uint32_t>wire_type
    cdef const uint8_t* p = skip_value(
        source.start, source.end, tag, source.base + tag_at, levels, shown, &fault
    )
    if p == NULL:
        if fault.reason == RAISED:
            raise_pending()
        raise source.error(&fault)
    return p - source.base


cdef extern from *:
    """
    static int minirpc_pending(void) { return -1; }
    """
    int raise_pending "minirpc_pending"() except -1  # lets an exception through that C code has set
