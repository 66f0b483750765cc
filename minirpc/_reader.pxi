# Part of _codec.pyx: single values from bytes, and what happens to faults.
#
# A reader function returns the place behind what it read, or NULL after noting a fault.

cdef struct Reader:
    Fault fault
    Trail trail
    int limit  # of depth
    const uint8_t* tag_at  # where the tag of the field stands that is read; the fields of sub-messages change it


cdef const uint8_t* stop(Reader* r, const Field* f, Py_ssize_t index) noexcept:
    if r.fault.reason > UNNAMED_NUMBER:
        add_step(&r.trail, f, index, NULL)
    return NULL


cdef const uint8_t* stop_raised(Reader* r) noexcept:
    r.fault.reason = RAISED
    return NULL


cdef const uint8_t* stop_without_value(Reader* r) noexcept:
    """No object was made of a value: there is an exception, or a closed enum does not name the number."""
    r.fault.reason = RAISED if PyErr_Occurred() != NULL else UNNAMED_NUMBER
    return NULL


# ---- scalars


cdef PyObject* member_without_name(const Field* f, PyObject* number) noexcept:
    """What an enum's class makes of a number that it has no member for. This may run Python code."""
    cdef PyObject* member = PyObject_CallOneArg(f.missing, number)
    if member == NULL or PyObject_TypeCheck(member, <PyTypeObject*>f.enum_class):
        return member
    Py_DECREF(member)  # it answers None; calling the class raises its error
    return PyObject_CallOneArg(f.enum_class, number)


cdef PyObject* find_member(const Field* f, int32_t number) noexcept:
    """A new reference to what an enum has for a number. NULL with an exception, or without one if it is closed."""
    cdef PyObject* member
    cdef PyObject* key = PyLong_FromLong(number)
    if key == NULL:
        return NULL
    member = PyDict_GetItemWithError(f.all_members, key)
    if member != NULL:
        Py_INCREF(member)
    elif not f.closed and PyErr_Occurred() == NULL:
        member = member_without_name(f, key)
    Py_DECREF(key)
    return member


cdef inline PyObject* enum_member(const Field* f, int32_t number) noexcept:
    cdef PyObject* member
    if 0 <= number < f.n_members and f.members[number] != NULL:
        member = f.members[number]
        Py_INCREF(member)
        return member
    return find_member(f, number)


cdef inline PyObject* object_of_bits(const Field* f, uint64_t bits) noexcept:
    """The value of what is on the wire. Kinds of 32 bits take the low 32 of a varint (encoding specification).

    NULL with an exception; without one, if a closed enum does not name the number.
    """
    cdef int kind = f.kind
    cdef PyObject* truth
    if kind == KIND_INT32 or kind == KIND_SFIXED32:
        return PyLong_FromLong(<int32_t>bits)
    if kind == KIND_INT64 or kind == KIND_SFIXED64:
        return PyLong_FromLongLong(<int64_t>bits)
    if kind == KIND_UINT32 or kind == KIND_FIXED32:
        return PyLong_FromLongLong(<uint32_t>bits)
    if kind == KIND_UINT64 or kind == KIND_FIXED64:
        return PyLong_FromUnsignedLongLong(bits)
    if kind == KIND_SINT32:
        return PyLong_FromLong(<int32_t>unzigzag(<uint32_t>bits))
    if kind == KIND_SINT64:
        return PyLong_FromLongLong(unzigzag(bits))
    if kind == KIND_DOUBLE:
        return PyFloat_FromDouble(minirpc_bits_to_double(bits))
    if kind == KIND_FLOAT:
        return PyFloat_FromDouble(minirpc_bits_to_float(<uint32_t>bits))
    if kind == KIND_ENUM:
        return enum_member(f, <int32_t>bits)
    truth = True_ if bits else False_
    Py_INCREF(truth)
    return truth


cdef inline const uint8_t* read_bits(
    Reader* r, int wire_type, const uint8_t* p, const uint8_t* end, uint64_t* bits
) noexcept:
    if wire_type == VARINT:
        return read_varint(p, end, bits, &r.fault)
    if wire_type == I64:
        if end - p < 8:
            return fail(&r.fault, TRUNCATED_FIXED, p, 64, 0)
        bits[0] = minirpc_load64(p)
        return p + 8
    if end - p < 4:
        return fail(&r.fault, TRUNCATED_FIXED, p, 32, 0)
    bits[0] = minirpc_load32(p)
    return p + 4


cdef inline const uint8_t* read_chunk(
    Reader* r, const Field* f, const uint8_t* p, const uint8_t* end, PyObject** value
) noexcept:
    """Reads a string or bytes value."""
    cdef Py_ssize_t length = 0
    cdef minirpc_luck* luck = <minirpc_luck*>&f.luck  # changes in a plan that else does not; it is a guess
    p = read_length(p, end, &length, &r.fault)
    if p == NULL:
        return NULL
    if f.kind == KIND_BYTES:
        value[0] = PyBytes_FromStringAndSize(<const char*>p, length)
    elif minirpc_may_share(luck, length):
        value[0] = minirpc_shared_text(p, length, f.errors, luck)
    else:
        value[0] = minirpc_text(p, length, f.errors)
    if value[0] != NULL:
        return p + length
    if not PyErr_ExceptionMatches(PyExc_UnicodeDecodeError):
        return stop_raised(r)
    PyErr_Clear()
    return fail(&r.fault, INVALID_UTF8, p, 0, 0)


cdef inline const uint8_t* read_scalar(
    Reader* r, const Field* f, const uint8_t* p, const uint8_t* end, PyObject** value
) noexcept:
    """Reads one value; ``value`` becomes a new reference, unless it returns NULL.

    The fault is UNNAMED_NUMBER if the value is well-formed, but none of its enum.
    """
    cdef uint64_t bits = 0
    if f.wire_type == LEN:
        return read_chunk(r, f, p, end, value)
    p = read_bits(r, f.wire_type, p, end, &bits)
    if p == NULL:
        return NULL
    value[0] = object_of_bits(f, bits)
    return stop_without_value(r) if value[0] == NULL else p
