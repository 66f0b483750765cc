# cython: language_level=3
"""The primitives of the protobuf wire format, for the compiled engine to inline.

Readers take the place to read at and the end of what they may read, and return the place behind what they read, or NULL
after noting in a ``Fault`` what is wrong and where. Nothing here touches a Python object, except that a very deep group
asks the interpreter for permission to recurse.

Source: protobuf encoding specification. The reasons of faults are those of the table in :mod:`minirpc.wire.spec`.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

cdef extern from "Python.h":
    int Py_EnterRecursiveCall(const char* where)
    void Py_LeaveRecursiveCall()

cdef enum WireType:
    VARINT = 0
    I64 = 1
    LEN = 2
    SGROUP = 3
    EGROUP = 4
    I32 = 5

cdef enum:
    MAX_VARINT_SIZE = 10
    MAX_TAG_SIZE = 5
    MAX_DEPTH = 100  # levels that fit on any C stack; beyond them the interpreter's own limit holds too

cdef enum Reason:
    NO_FAULT
    RAISED  # a Python exception is set and says it all
    UNNAMED_NUMBER  # no fault: a closed enum does not name the number, which therefore is none of its field's values
    TRUNCATED_TAG
    TAG_OVERFLOW
    FIELD_NUMBER_ZERO
    UNDEFINED_WIRE_TYPE  # first: the wire type
    GROUP_NOT_STARTED  # first: the group's number
    GROUP_MISMATCH  # first: the number that ends, second: the number that is open
    GROUP_NOT_CLOSED  # first: the group's number
    TRUNCATED_VARINT
    VARINT_OVERFLOW
    TRUNCATED_FIXED  # first: 32 or 64
    LENGTH_PAST_END  # first: the length, second: what remains
    PACKED_REMAINDER  # first: the length, second: the size of an element
    INVALID_UTF8
    TOO_DEEP  # first: the limit

cdef struct Fault:
    Reason reason
    const uint8_t* at
    uint64_t first
    uint64_t second

# Makes a Python object of a fault: in _varint.pyx, for it needs one.
cdef object decode_error(const Fault* fault, const uint8_t* base, object path)


cdef inline const uint8_t* fail(
    Fault* fault, Reason reason, const uint8_t* at, uint64_t first, uint64_t second
) noexcept nogil:
    """Notes a fault. Returns NULL, for the reader to return."""
    fault.reason = reason
    fault.at = at
    fault.first = first
    fault.second = second
    return NULL


# ---- writing


cdef inline int varint_size(uint64_t value) noexcept nogil:
    cdef int size = 1
    while value >= 0x80:
        value >>= 7
        size += 1
    return size


cdef inline uint8_t* put_varint(uint8_t* p, uint64_t value) noexcept nogil:
    """Writes a varint at ``p``, where there is room for it, and returns the place behind."""
    while value >= 0x80:
        p[0] = <uint8_t>(value | 0x80)
        p += 1
        value >>= 7
    p[0] = <uint8_t>value
    return p + 1


cdef inline uint64_t zigzag(int64_t value) noexcept nogil:
    return (<uint64_t>value << 1) ^ <uint64_t>(value >> 63)


cdef inline int64_t unzigzag(uint64_t value) noexcept nogil:
    return <int64_t>(value >> 1) ^ -<int64_t>(value & 1)


# ---- reading


cdef inline const uint8_t* read_long_varint(
    const uint8_t* p, const uint8_t* end, uint64_t* value, Fault* fault
) noexcept nogil:
    cdef const uint8_t* start = p
    cdef uint64_t result = 0
    cdef int shift = 0
    while p < end:
        result |= <uint64_t>(p[0] & 0x7F) << shift  # the tenth byte's high bits fall off: cut to 64 bits
        if p[0] < 0x80:
            value[0] = result
            return p + 1
        p += 1
        shift += 7
        if shift == 7 * MAX_VARINT_SIZE:
            return fail(fault, VARINT_OVERFLOW, start, 0, 0)
    return fail(fault, TRUNCATED_VARINT, start, 0, 0)


cdef inline const uint8_t* read_varint(
    const uint8_t* p, const uint8_t* end, uint64_t* value, Fault* fault
) noexcept nogil:
    if p < end and p[0] < 0x80:
        value[0] = p[0]
        return p + 1
    return read_long_varint(p, end, value, fault)


cdef inline const uint8_t* read_long_tag(
    const uint8_t* p, const uint8_t* end, uint32_t* tag, Fault* fault
) noexcept nogil:
    cdef const uint8_t* start = p
    cdef uint64_t result = 0
    cdef int shift = 0
    while p < end:
        result |= <uint64_t>(p[0] & 0x7F) << shift
        if p[0] < 0x80:
            if result >> 32:
                break
            tag[0] = <uint32_t>result
            return p + 1
        p += 1
        shift += 7
        if shift == 7 * MAX_TAG_SIZE:
            break
    else:
        return fail(fault, TRUNCATED_TAG, start, 0, 0)
    return fail(fault, TAG_OVERFLOW, start, 0, 0)


cdef inline const uint8_t* read_tag(
    const uint8_t* p, const uint8_t* end, uint32_t* tag, Fault* fault
) noexcept nogil:
    """Reads a tag, without asking whether its field number and wire type are allowed: see ``tag_is_allowed``."""
    if p < end and p[0] < 0x80:
        tag[0] = p[0]
        return p + 1
    return read_long_tag(p, end, tag, fault)


cdef inline bint tag_is_allowed(uint32_t tag, const uint8_t* at, Fault* fault) noexcept nogil:
    """What remains to be checked of a tag that matches no known field."""
    if tag >> 3 == 0:
        fail(fault, FIELD_NUMBER_ZERO, at, 0, 0)
        return False
    if tag & 7 > I32:
        fail(fault, UNDEFINED_WIRE_TYPE, at, tag & 7, 0)
        return False
    return True


cdef inline const uint8_t* read_length(
    const uint8_t* p, const uint8_t* end, Py_ssize_t* length, Fault* fault
) noexcept nogil:
    """Reads a length prefix; ``end`` is at least as far away as it says."""
    cdef const uint8_t* start = p
    cdef uint64_t value = 0
    p = read_varint(p, end, &value, fault)
    if p == NULL:
        return NULL
    if value > <uint64_t>(end - p):
        return fail(fault, LENGTH_PAST_END, start, value, <uint64_t>(end - p))
    length[0] = <Py_ssize_t>value
    return p


cdef inline const uint8_t* skip_fixed(
    const uint8_t* p, const uint8_t* end, Py_ssize_t size, Fault* fault
) noexcept nogil:
    if end - p < size:
        return fail(fault, TRUNCATED_FIXED, p, 8 * size, 0)
    return p + size


cdef inline const uint8_t* skip_value(
    const uint8_t* p, const uint8_t* end, uint32_t tag, const uint8_t* tag_at, int depth, int limit, Fault* fault
) noexcept:
    """Skips what follows an allowed tag. See ``skip_field`` for ``depth`` and ``limit``."""
    cdef uint64_t value = 0
    cdef Py_ssize_t length = 0
    cdef int wire_type = tag & 7
    if wire_type == VARINT:
        return read_varint(p, end, &value, fault)
    if wire_type == LEN:
        p = read_length(p, end, &length, fault)
        return p if p == NULL else p + length
    if wire_type == I64:
        return skip_fixed(p, end, 8, fault)
    if wire_type == I32:
        return skip_fixed(p, end, 4, fault)
    if wire_type == EGROUP:
        return fail(fault, GROUP_NOT_STARTED, tag_at, tag >> 3, 0)
    return skip_group(p, end, tag >> 3, tag_at, depth, limit, fault)


cdef inline bint enter_level(const uint8_t* at, int depth, int limit, Fault* fault) noexcept:
    """Asks to go one level deeper when ``depth`` of ``limit`` levels are left; if granted, ``leave_level`` must follow."""
    if depth <= 0:
        fail(fault, TOO_DEEP, at, limit, 0)
        return False
    if limit - depth >= MAX_DEPTH and Py_EnterRecursiveCall(b" while decoding a message"):
        fault.reason = RAISED
        return False
    return True


cdef inline void leave_level(int depth, int limit) noexcept:
    if limit - depth >= MAX_DEPTH:
        Py_LeaveRecursiveCall()


cdef inline const uint8_t* skip_group(
    const uint8_t* p, const uint8_t* end, uint32_t number, const uint8_t* tag_at, int depth, int limit, Fault* fault
) noexcept:
    if not enter_level(tag_at, depth, limit, fault):
        return NULL
    p = skip_group_fields(p, end, number, tag_at, depth - 1, limit, fault)
    leave_level(depth, limit)
    return p


cdef inline const uint8_t* skip_group_fields(
    const uint8_t* p, const uint8_t* end, uint32_t number, const uint8_t* tag_at, int depth, int limit, Fault* fault
) noexcept:
    cdef uint32_t tag = 0
    cdef const uint8_t* inner_at
    while p < end:
        inner_at = p
        p = read_tag(p, end, &tag, fault)
        if p == NULL or not tag_is_allowed(tag, inner_at, fault):
            return NULL
        if tag & 7 == EGROUP:
            if tag >> 3 != number:
                return fail(fault, GROUP_MISMATCH, inner_at, tag >> 3, number)
            return p
        p = skip_value(p, end, tag, inner_at, depth, limit, fault)
        if p == NULL:
            return NULL
    return fail(fault, GROUP_NOT_CLOSED, tag_at, number, 0)
