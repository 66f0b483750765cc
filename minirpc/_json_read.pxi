# Part of _codec.pyx: messages from JSON text, on top of _json_scalars.pxi. See _json_reader.pxi for what NULL means.


# ---- fields


cdef const uint8_t* read_json_child(
    JsonText* r, const JsonEntry* j, const uint8_t* p, int depth, PyObject** value
) noexcept:
    """Reads a sub-message. ``value`` becomes a new reference, also when it returns NULL."""
    if j.table == NULL:
        return read_json_by_function(r, j, p, depth, value)
    value[0] = new_message(j.table.table)
    if value[0] == NULL:
        return NULL
    return read_json_message(r, j.table, value[0], p, depth)


cdef const uint8_t* read_json_by_function(
    JsonText* r, const JsonEntry* j, const uint8_t* p, int depth, PyObject** value
) noexcept:
    """Reads a sub-message by the function for it, which gets its text."""
    cdef const uint8_t* start = p
    cdef PyObject* text
    cdef PyObject* level
    p = skip_json(r, p)
    if p == NULL:
        return NULL
    text = minirpc_text(start, p - start, NULL)
    level = PyLong_FromLong(depth)
    if text != NULL and level != NULL:
        value[0] = PyObject_CallFunctionObjArgs(
            j.function, text, level, True_ if r.ignore_unknown else False_, r.registry, r.limit, NULL
        )
    Py_XDECREF(text)
    Py_XDECREF(level)
    if value[0] == NULL or value[0] == None_:
        return NULL
    return p


cdef inline const uint8_t* read_json_value(
    JsonText* r, const JsonEntry* j, const Field* f, const uint8_t* p, int depth, PyObject** value
) noexcept:
    """Reads a field's value, or an element of it; ``depth`` is that of a message."""
    value[0] = NULL
    if holds_messages(f):
        p = read_json_child(r, j, p, depth, value)
    else:
        p = read_json_scalar(r, j, f, p, value)
    if p == NULL:
        Py_XDECREF(value[0])
    return p


cdef bint has_sibling(const Field* f, PyObject* message) noexcept:
    """Whether another member of a oneof is set."""
    cdef int i
    for i in range(f.n_siblings):
        if slot_at(message, f.siblings[i])[0] != None_:
            return True
    return False


cdef const uint8_t* read_json_numbers(JsonText* r, const Field* f, PyObject* message, const uint8_t* p) noexcept:
    """Reads an array of numbers, from behind its opening bracket."""
    cdef Py_ssize_t used = 0
    cdef Py_ssize_t count = 0
    cdef uint64_t bits = 0
    cdef uint32_t low
    cdef bint more = False
    cdef PyObject* numbers
    p = first_item(p, b"]", &more)
    while more:
        p = read_json_number(f, p, &bits)
        if p == NULL or not minirpc_scratch_room(&r.scratch, used, used + 8):
            return NULL
        if f.number_size == 8:
            memcpy(r.scratch.at + used, &bits, 8)
        else:
            low = <uint32_t>bits
            memcpy(r.scratch.at + used, &low, 4)
        used += f.number_size
        p = next_item(p, b"]", &more)
        if p == NULL:
            return NULL
    numbers = minirpc_new_numbers(f.number_type, used // f.number_size)
    if numbers == NULL:
        return NULL
    if used:
        memcpy(minirpc_numbers_items(numbers, &count), r.scratch.at, used)
    put(message, f.offset, numbers)
    return p


cdef const uint8_t* read_json_elements(
    JsonText* r, const JsonEntry* j, PyObject* items, const uint8_t* p, int depth
) noexcept:
    """Reads an array, from behind its opening bracket."""
    cdef PyObject* value = NULL
    cdef bint more = False
    p = first_item(p, b"]", &more)
    while more:
        p = read_json_value(r, j, j.f, p, depth, &value)
        if p == NULL or (value != NULL and minirpc_append(items, value) < 0):
            return NULL
        p = next_item(p, b"]", &more)
        if p == NULL:
            return NULL
    return p


cdef const uint8_t* read_json_list(
    JsonText* r, const JsonEntry* j, PyObject* message, const uint8_t* p, int depth
) noexcept:
    cdef PyObject* items
    if p[0] != b"[" or r.levels == 0:
        return NULL
    if j.f.typecode:
        return read_json_numbers(r, j.f, message, p + 1)
    items = PyList_New(0)
    if items == NULL:
        return NULL
    r.levels -= 1
    p = read_json_elements(r, j, items, p + 1, depth)
    r.levels += 1
    if p == NULL:
        Py_DECREF(items)
    else:
        put(message, j.f.offset, items)
    return p


cdef const uint8_t* read_json_key(JsonText* r, const Field* f, const uint8_t* p, PyObject** key) noexcept:
    """Reads a map's key; ``p`` is at the opening quote."""
    cdef uint64_t bits = 0
    if f.kind == KIND_STRING:
        return read_json_string(r, p, key)
    if p[0] != b'"':
        return NULL
    if f.kind == KIND_BOOL:
        p = read_json_bool(p + 1, key)
        return p + 1 if p != NULL and p[0] == b'"' else NULL
    p = read_json_int(f, p, &bits)
    if p == NULL:
        return NULL
    key[0] = object_of_number(f, bits)
    return NULL if key[0] == NULL else p


cdef const uint8_t* read_json_entry(
    JsonText* r, const JsonEntry* j, PyObject* entries, const uint8_t* p, int depth
) noexcept:
    cdef PyObject* key = NULL
    cdef PyObject* value = NULL
    cdef Py_ssize_t size = PyDict_GET_SIZE(entries)
    p = read_json_key(r, j.f.key, p, &key)
    if p != NULL:
        p = behind_name(p)
    if p != NULL:
        p = read_json_value(r, j, j.f.value, p, depth, &value)
    if p != NULL:
        # a key that was there before is an error, also in front of what is to be left out
        if value == NULL:
            if PyDict_GetItemWithError(entries, key) != NULL or PyErr_Occurred() != NULL:
                p = NULL
        else:
            if PyDict_SetItem(entries, key, value) < 0 or PyDict_GET_SIZE(entries) == size:
                p = NULL
            Py_DECREF(value)
    Py_XDECREF(key)
    return p


cdef const uint8_t* read_json_entries(
    JsonText* r, const JsonEntry* j, PyObject* entries, const uint8_t* p, int depth
) noexcept:
    """Reads the members of an object that is a map, from behind its opening bracket."""
    cdef bint more = False
    p = first_item(p, b"}", &more)
    while more:
        p = read_json_entry(r, j, entries, p, depth)
        if p != NULL:
            p = next_item(p, b"}", &more)
        if p == NULL:
            return NULL
    return p


cdef const uint8_t* read_json_map(
    JsonText* r, const JsonEntry* j, PyObject* message, const uint8_t* p, int depth
) noexcept:
    cdef PyObject* entries
    if p[0] != b"{" or r.levels == 0:
        return NULL
    entries = PyDict_New()
    if entries == NULL:
        return NULL
    r.levels -= 1
    p = read_json_entries(r, j, entries, p + 1, depth)
    r.levels += 1
    if p == NULL:
        Py_DECREF(entries)
    else:
        put(message, j.f.offset, entries)
    return p


cdef inline bint takes_null(const JsonEntry* j) noexcept:
    """Whether null is a value of a field's type, and not the absence of one."""
    if j.f.shape >= MANY_SCALARS:
        return False
    return j.null != NULL or (j.table != NULL and j.table.form == FORM_VALUE)


cdef const uint8_t* read_json_field(
    JsonText* r, const JsonEntry* j, PyObject* message, const uint8_t* p, int depth
) noexcept:
    """Reads a field of a message; ``depth`` is that of sub-messages."""
    cdef PyObject* value = NULL
    if p[0] == b"n" and not takes_null(j):
        return p + 4 if is_word(p, b"null", 4) else NULL
    if j.f.shape == MAP_ENTRIES:
        return read_json_map(r, j, message, p, depth)
    if j.f.shape >= MANY_SCALARS:
        return read_json_list(r, j, message, p, depth)
    p = read_json_value(r, j, j.f, p, depth, &value)
    if p == NULL or value == NULL:
        return p
    if j.f.n_siblings and has_sibling(j.f, message):
        Py_DECREF(value)
        return NULL
    put(message, j.f.offset, value)
    return p


# ---- messages


cdef const JsonEntry* find_entry(JsonText* r, const JsonTable* t, const uint8_t** at) noexcept:
    """Finds the field of the name that is at ``at``, which comes to stand behind it; NULL if there is none.

    A name that is not plain, or may be an extension's, moves ``at`` to NULL.
    """
    cdef const uint8_t* start = at[0]
    cdef const uint8_t* p = start
    cdef const JsonEntry* found
    while p[0] >= b" " and p[0] != b'"' and p[0] != b"\\":
        p += 1
    at[0] = p + 1 if p[0] == b'"' else NULL
    if p[0] != b'"':
        return NULL
    found = <const JsonEntry*>minirpc_find_name(&t.names, start, p - start)
    if found == NULL and t.extendable and start[0] == b"[":
        at[0] = NULL
    return found


cdef const uint8_t* read_json_members(
    JsonText* r, const JsonTable* t, PyObject* message, const uint8_t* p, int depth, uint64_t* seen
) noexcept:
    """Reads the members of an object, from behind its opening bracket."""
    cdef const JsonEntry* likely = t.entries
    cdef const JsonEntry* behind = t.entries + t.n_entries
    cdef const JsonEntry* j
    cdef const uint8_t* name
    cdef Py_ssize_t i
    cdef bint more = False
    p = first_item(p, b"}", &more)
    while more:
        if p[0] != b'"':
            return NULL
        name = p + 1
        # fields mostly come in the order of their numbers
        if likely < behind and r.end - name >= likely.size and memcmp(name, likely.name, likely.size) == 0:
            j = likely
            p = name + likely.size
        else:
            p = name
            j = find_entry(r, t, &p)
            if p == NULL:
                return NULL
        if j == NULL:
            # its name is skipped once more, since it has to be UTF-8
            if not r.ignore_unknown or minirpc_skip_string(name, r.end, &r.scratch) != p:
                return NULL
        p = behind_name(p)
        if p == NULL:
            return NULL
        if j == NULL:
            p = skip_json(r, p)
        else:
            i = j - t.entries
            if seen[i >> 6] >> (i & 63) & 1:
                return NULL  # a second time
            seen[i >> 6] |= <uint64_t>1 << (i & 63)
            p = read_json_field(r, j, message, p, depth)
            likely = j + 1
        if p == NULL:
            return NULL
        p = next_item(p, b"}", &more)
        if p == NULL:
            return NULL
    return p


cdef const uint8_t* read_json_object(
    JsonText* r, const JsonTable* t, PyObject* message, const uint8_t* p, int depth
) noexcept:
    cdef uint64_t[SEEN_WORDS] few
    cdef uint64_t* seen = few
    if p[0] != b"{" or r.levels == 0:
        return NULL
    r.levels -= 1
    if t.n_entries <= 64 * SEEN_WORDS:
        few[0] = few[1] = few[2] = few[3] = 0
        p = read_json_members(r, t, message, p + 1, depth - 1, seen)
    else:
        seen = <uint64_t*>PyMem_Calloc(t.n_entries // 64 + 1, 8)
        if seen == NULL:
            PyErr_NoMemory()
            return NULL
        p = read_json_members(r, t, message, p + 1, depth - 1, seen)
        PyMem_Free(seen)
    r.levels += 1
    return p


cdef const uint8_t* read_json_time(const JsonTable* t, PyObject* message, const uint8_t* p) noexcept:
    cdef int64_t seconds = 0
    cdef int64_t nanos = 0
    cdef PyObject* whole
    cdef PyObject* fraction
    if p[0] != b'"':
        return NULL
    if t.form == FORM_TIMESTAMP:
        p = minirpc_read_timestamp(p + 1, &seconds, &nanos)
    else:
        p = minirpc_read_duration(p + 1, &seconds, &nanos)
    if p == NULL or p[0] != b'"':
        return NULL
    whole = PyLong_FromLongLong(seconds)
    fraction = PyLong_FromLongLong(nanos)
    if whole == NULL or fraction == NULL:
        Py_XDECREF(whole)
        Py_XDECREF(fraction)
        return NULL
    put(message, t.entries[0].f.offset, whole)
    put(message, t.entries[1].f.offset, fraction)
    return p + 1


cdef enum:  # google.protobuf.Value
    PLACE_OF_NULL = 0
    PLACE_OF_NUMBER = 1
    PLACE_OF_STRING = 2
    PLACE_OF_BOOL = 3
    PLACE_OF_STRUCT = 4
    PLACE_OF_LIST = 5


cdef const uint8_t* read_json_any_value(
    JsonText* r, const JsonTable* t, PyObject* message, const uint8_t* p, int depth
) noexcept:
    """Reads a ``google.protobuf.Value``."""
    cdef PyObject* value = NULL
    cdef int place = PLACE_OF_NUMBER
    if p[0] == b'"':
        place = PLACE_OF_STRING
    elif p[0] == b"{":
        place = PLACE_OF_STRUCT
    elif p[0] == b"[":
        place = PLACE_OF_LIST
    elif p[0] == b"n":
        place = PLACE_OF_NULL
    elif p[0] == b"t" or p[0] == b"f":
        place = PLACE_OF_BOOL
    if place == PLACE_OF_STRING:
        p = read_json_string(r, p, &value)  # and not the text of a number
        if p == NULL:
            return NULL
    else:
        p = read_json_value(r, &t.entries[place], t.entries[place].f, p, depth - 1, &value)
        if p == NULL:
            return NULL
    put(message, t.entries[place].f.offset, value)
    return p


cdef const uint8_t* read_json_message(
    JsonText* r, const JsonTable* t, PyObject* message, const uint8_t* p, int depth
) noexcept:
    """Reads a message, in the form that it has, into a new one, which the caller holds."""
    cdef PyObject* value = NULL
    if depth < 0:
        return NULL
    if t.form == FORM_OBJECT:
        return read_json_object(r, t, message, p, depth)
    if t.form == FORM_VALUE:
        return read_json_any_value(r, t, message, p, depth)
    if t.form == FORM_STRUCT:
        return read_json_map(r, t.entries, message, p, depth - 1)
    if t.form == FORM_LIST:
        return read_json_list(r, t.entries, message, p, depth - 1)
    if t.form == FORM_WRAPPER:
        p = read_json_scalar(r, t.entries, t.entries[0].f, p, &value)
        if p != NULL:
            put(message, t.entries[0].f.offset, value)
        return p
    return read_json_time(t, message, p)
