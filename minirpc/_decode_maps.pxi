# Part of _codec.pyx: bytes to maps, on top of _decode.pxi.


cdef PyObject* own_dict(const Field* f, PyObject* message) noexcept:
    """A new reference to the dict in a slot, which is put there if there is none. NULL with an exception."""
    cdef PyObject* entries = slot_at(message, f.offset)[0]
    if entries == NULL or entries == None_:
        entries = PyDict_New()
        if entries == NULL:
            return NULL
        Py_INCREF(entries)
        put(message, f.offset, entries)
        return entries
    if not PyDict_Check(entries):
        PyErr_Format(PyExc_TypeError, MERGE_ERROR, Py_TYPE(entries).tp_name, <const char*>b"dict")
        return NULL
    Py_INCREF(entries)
    return entries


cdef const uint8_t* read_entry(
    Reader* r, const Field* f, PyObject** key, PyObject** value, const uint8_t* p, const uint8_t* end, int depth
) noexcept:
    """Reads the fields of a map entry. ``key`` and ``value`` own what they hold, also when it returns NULL.

    The fault is UNNAMED_NUMBER if the entry is well-formed, but a value in it is none of its enum.
    """
    cdef const uint8_t* start
    cdef const uint8_t* content
    cdef bint unnamed = False
    cdef uint64_t bits = 0
    cdef uint32_t tag = 0
    cdef const Field* part
    cdef PyObject* read = NULL
    while p < end:
        start = p
        p = read_tag(p, end, &tag, &r.fault)
        if p == NULL:
            return NULL
        if tag == f.value.tag and f.value.kind == KIND_MESSAGE:
            p = decode_message(r, f.value, value, p, end, depth)
        elif tag == f.key.tag or tag == f.value.tag:
            part = f.key if tag == f.key.tag else f.value
            content = p
            p = read_scalar(r, part, p, end, &read)
            if p != NULL:
                put_at(key if tag == f.key.tag else value, read)
            elif r.fault.reason == UNNAMED_NUMBER:
                unnamed = True
                p = read_varint(content, end, &bits, &r.fault)
            else:
                return stop(r, part, NO_INDEX)
        elif tag_is_allowed(tag, start, &r.fault):
            p = skip_value(p, end, tag, start, depth, r.limit, &r.fault)
        else:
            return NULL
        if p == NULL:
            return NULL
    if unnamed:
        r.fault.reason = UNNAMED_NUMBER
        return NULL
    return p


cdef PyObject* default_of_part(const Field* part) noexcept:
    """What a map entry's key or value is if the entry does not say; NULL with an exception."""
    if part.kind == KIND_MESSAGE:
        return new_message(part.table)
    Py_INCREF(part.default)
    return part.default


cdef bint store_entry(const Field* f, PyObject* entries, PyObject** key, PyObject** value) noexcept:
    """Puts a read entry into the dict. False with an exception."""
    if key[0] == NULL:
        key[0] = default_of_part(f.key)
    if value[0] == NULL:
        value[0] = default_of_part(f.value)
    return key[0] != NULL and value[0] != NULL and PyDict_SetItem(entries, key[0], value[0]) == 0


cdef const uint8_t* read_entries(
    Reader* r, const Field* f, PyObject* entries, const uint8_t* p, const uint8_t* end, int depth
) noexcept:
    """Reads map entries as long as one follows the other."""
    cdef Py_ssize_t length = 0
    cdef PyObject* key
    cdef PyObject* value
    while True:
        p = read_length(p, end, &length, &r.fault)
        if p == NULL:
            return stop(r, f, NO_INDEX)
        key = value = NULL
        p = read_entry(r, f, &key, &value, p, p + length, depth)
        if p == NULL:
            stop(r, f, NO_INDEX)
        elif not store_entry(f, entries, &key, &value):
            p = stop_raised(r)
        Py_XDECREF(key)
        Py_XDECREF(value)
        if p == NULL or not tag_follows(f, p, end):
            return p
        r.tag_at = p
        p += f.head_size


cdef const uint8_t* decode_map(
    Reader* r, const Field* f, PyObject* message, const uint8_t* p, const uint8_t* end, int depth
) noexcept:
    cdef PyObject* entries = own_dict(f, message)
    if entries == NULL:
        return stop_raised(r)
    p = read_entries(r, f, entries, p, end, depth)
    Py_DECREF(entries)
    return p
