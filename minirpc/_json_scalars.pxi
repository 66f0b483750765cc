# Part of _codec.pyx: single values from JSON text, and what stands between them. See _json_reader.pxi for what NULL means.


# ---- tokens


cdef inline bint is_word(const uint8_t* p, const char* word, Py_ssize_t size) noexcept:
    """Whether a word stands at ``p``; the text ends with a zero, as the word does."""
    cdef Py_ssize_t i
    for i in range(size):
        if p[i] != <uint8_t>word[i]:
            return False
    return True


cdef inline const uint8_t* behind_name(const uint8_t* p) noexcept:
    """Goes from the place behind a member's name to its value; NULL if there is no colon."""
    p = minirpc_skip_space(p)
    return minirpc_skip_space(p + 1) if p[0] == b":" else NULL


cdef inline const uint8_t* next_item(const uint8_t* p, uint8_t closing, bint* more) noexcept:
    """Goes from the place behind an element or a member to the next one, or behind the closing bracket."""
    p = minirpc_skip_space(p)
    more[0] = p[0] == b","
    if more[0]:
        return minirpc_skip_space(p + 1)
    return p + 1 if p[0] == closing else NULL


cdef inline const uint8_t* first_item(const uint8_t* p, uint8_t closing, bint* more) noexcept:
    """The same from behind an opening bracket."""
    p = minirpc_skip_space(p)
    more[0] = p[0] != closing
    return p if more[0] else p + 1


cdef const uint8_t* skip_json(JsonText* r, const uint8_t* p) noexcept:
    """Goes over any value."""
    cdef minirpc_number number
    cdef uint8_t first = p[0]
    cdef bint more = False
    if first == b'"':
        return minirpc_skip_string(p + 1, r.end, &r.scratch)
    if first == b"t":
        return p + 4 if is_word(p, b"true", 4) else NULL
    if first == b"f":
        return p + 5 if is_word(p, b"false", 5) else NULL
    if first == b"n":
        return p + 4 if is_word(p, b"null", 4) else NULL
    if first != b"{" and first != b"[":
        return minirpc_read_number(p, &number)
    if r.levels == 0:
        return NULL
    r.levels -= 1
    p = first_item(p + 1, first + 2, &more)  # the closing bracket, in ASCII
    while more:
        if first == b"{":
            p = minirpc_skip_string(p + 1, r.end, &r.scratch) if p[0] == b'"' else NULL
            if p != NULL:
                p = behind_name(p)
            if p == NULL:
                return NULL
        p = skip_json(r, p)
        if p == NULL:
            return NULL
        p = next_item(p, first + 2, &more)
        if p == NULL:
            return NULL
    r.levels += 1
    return p


# ---- scalars


cdef const uint8_t* read_json_int(const Field* f, const uint8_t* p, uint64_t* bits) noexcept:
    """Reads an integer, quoted or not, as a number of 64 bits."""
    cdef minirpc_number number
    cdef uint64_t limit
    cdef int kind = f.kind
    cdef bint quoted = p[0] == b'"'
    p = minirpc_read_number(p + quoted, &number)
    if p == NULL or not number.whole or not number.exact:
        return NULL
    if quoted:
        if p[0] != b'"':
            return NULL
        p += 1
    if kind == KIND_UINT64 or kind == KIND_FIXED64:
        limit = 0 if number.negative else <uint64_t>-1
    elif kind == KIND_UINT32 or kind == KIND_FIXED32:
        limit = 0 if number.negative else <uint32_t>-1
    elif is_wide(kind):
        limit = (<uint64_t>1 << 63) - 1 + number.negative
    else:
        limit = (<uint64_t>1 << 31) - 1 + number.negative
    if number.digits > limit:
        return NULL
    bits[0] = 0 - number.digits if number.negative else number.digits
    return p


cdef const uint8_t* read_json_double(const uint8_t* p, double* value) noexcept:
    cdef minirpc_number number
    cdef const uint8_t* start = p
    cdef bint quoted = p[0] == b'"'
    p = minirpc_read_number(p + quoted, &number)
    if p == NULL:
        if is_word(start, b'"NaN"', 5):
            value[0] = NOT_A_NUMBER
            return start + 5
        if is_word(start, b'"Infinity"', 10):
            value[0] = INFINITE
            return start + 10
        if is_word(start, b'"-Infinity"', 11):
            value[0] = -INFINITE
            return start + 11
        return NULL
    if quoted:
        number.whole = False  # it is a text, and so "-0" has a sign
    if not minirpc_read_double(&number, start + quoted, p, value):
        return NULL
    if not quoted:
        return p
    return p + 1 if p[0] == b'"' else NULL


cdef double NOT_A_NUMBER = float("nan")
cdef double INFINITE = float("inf")


cdef const uint8_t* read_json_number(const Field* f, const uint8_t* p, uint64_t* bits) noexcept:
    """Reads a number as it stands in memory: in the low half, if it has 32 bits."""
    cdef double number = 0.0
    if f.kind != KIND_DOUBLE and f.kind != KIND_FLOAT:
        return read_json_int(f, p, bits)
    p = read_json_double(p, &number)
    if p == NULL:
        return NULL
    if f.kind == KIND_DOUBLE:
        bits[0] = minirpc_double_to_bits(number)
        return p
    if FLOAT_OVERFLOW <= fabs(number) <= DOUBLE_MAX:
        return NULL
    bits[0] = minirpc_float_to_bits(number)
    return p


cdef PyObject* object_of_number(const Field* f, uint64_t bits) noexcept:
    cdef int kind = f.kind
    if kind == KIND_DOUBLE:
        return PyFloat_FromDouble(minirpc_bits_to_double(bits))
    if kind == KIND_FLOAT:
        return PyFloat_FromDouble(minirpc_bits_to_float(<uint32_t>bits))
    if kind == KIND_UINT64 or kind == KIND_FIXED64:
        return PyLong_FromUnsignedLongLong(bits)
    return PyLong_FromLongLong(<int64_t>bits)


cdef const uint8_t* read_json_enum(
    JsonText* r, const JsonEntry* j, const Field* f, const uint8_t* p, PyObject** value
) noexcept:
    """Reads an enum's name or number. ``value`` stays NULL if it is to be left out."""
    cdef uint64_t bits = 0
    cdef const uint8_t* start = p + 1
    if p[0] == b'"':
        p = start
        while p[0] >= b"0" and p[0] < 128 and p[0] != b"\\":  # whatever a name may have, and no quote
            p += 1
        if p[0] != b'"':
            return NULL
        value[0] = <PyObject*>minirpc_find_name(j.members, start, p - start)
        if value[0] == NULL:
            return p + 1 if r.ignore_unknown else NULL
        Py_INCREF(value[0])
        return p + 1
    if p[0] == b"n":
        if j.null == NULL or not is_word(p, b"null", 4):
            return NULL
        Py_INCREF(j.null)
        value[0] = j.null
        return p + 4
    p = read_json_int(f, p, &bits)
    if p == NULL:
        return NULL
    value[0] = enum_member(f, <int32_t><int64_t>bits)
    return NULL if value[0] == NULL else p


cdef const uint8_t* read_json_bytes(JsonText* r, const uint8_t* p, PyObject** value) noexcept:
    cdef const uint8_t* quote
    if p[0] != b'"':
        return NULL
    p += 1
    quote = <const uint8_t*>memchr(p, b'"', r.end - p)
    if quote == NULL:
        return NULL
    value[0] = minirpc_read_base64(p, quote - p)
    return NULL if value[0] == NULL else quote + 1


cdef inline const uint8_t* read_json_string(JsonText* r, const uint8_t* p, PyObject** value) noexcept:
    if p[0] != b'"':
        return NULL
    p += 1
    value[0] = minirpc_read_string(&p, r.end, &r.scratch)
    return NULL if value[0] == NULL else p


cdef const uint8_t* read_json_bool(const uint8_t* p, PyObject** value) noexcept:
    if is_word(p, b"true", 4):
        value[0] = True_
        p += 4
    elif is_word(p, b"false", 5):
        value[0] = False_
        p += 5
    else:
        return NULL
    Py_INCREF(value[0])
    return p


cdef const uint8_t* read_json_scalar(
    JsonText* r, const JsonEntry* j, const Field* f, const uint8_t* p, PyObject** value
) noexcept:
    """Reads a value that is no message. ``value`` becomes a new reference; it stays NULL if it is to be left out."""
    cdef uint64_t bits = 0
    cdef int kind = f.kind
    if kind == KIND_STRING:
        return read_json_string(r, p, value)
    if kind == KIND_BYTES:
        return read_json_bytes(r, p, value)
    if kind == KIND_BOOL:
        return read_json_bool(p, value)
    if kind == KIND_ENUM:
        return read_json_enum(r, j, f, p, value)
    p = read_json_number(f, p, &bits)
    if p == NULL:
        return NULL
    value[0] = object_of_number(f, bits)
    return NULL if value[0] == NULL else p
