# Part of _codec.pyx: bytes to messages, on top of _reader.pxi.
#
# Each field on the way out of a fault adds its step to the path by `stop`. The message that is filled is held by the
# caller.

cdef enum:
    GC_PAUSE_SIZE = 8192  # bytes; a larger message would set off collections that find nothing
    NO_GROUP = 0  # instead of an end tag

cdef const char* MERGE_ERROR = b"cannot merge into %s, which is no %s"


# ---- singular fields


cdef inline void clear_siblings(PyObject* message, const Field* f) noexcept:
    """Of a oneof, only the member that came last stays set (encoding specification, "Last One Wins")."""
    cdef int i
    for i in range(f.n_siblings):
        if slot_at(message, f.siblings[i])[0] != None_:
            Py_INCREF(None_)
            put(message, f.siblings[i], None_)


cdef inline const uint8_t* decode_scalar(
    Reader* r, const Field* f, PyObject* message, const uint8_t* p, const uint8_t* end
) noexcept:
    cdef PyObject* value = NULL
    p = read_scalar(r, f, p, end, &value)
    if p == NULL:
        return stop(r, f, NO_INDEX)
    put(message, f.offset, value)
    clear_siblings(message, f)
    return p


cdef void fill_empty_slots(const Table* t, PyObject* message) noexcept:
    """Gives a message that is merged into what an empty slot stands for, so that all its attributes can be read."""
    cdef PyObject** slot
    cdef int i
    for i in range(t.n_fields):
        slot = slot_at(message, t.fields[i].offset)
        if slot[0] == NULL:
            Py_XINCREF(t.fields[i].default)
            slot[0] = t.fields[i].default
    if slot_at(message, t.unknown)[0] == NULL:
        Py_INCREF(EMPTY_BYTES)
        slot_at(message, t.unknown)[0] = EMPTY_BYTES
    if t.extensions != NO_SLOT and slot_at(message, t.extensions)[0] == NULL:
        Py_INCREF(None_)
        slot_at(message, t.extensions)[0] = None_


cdef inline PyObject* own_child(const Field* f, PyObject** slot) noexcept:
    """A new reference to the sub-message in a slot, which is put there if there is none. NULL with an exception."""
    cdef PyObject* child = slot[0]
    if child != NULL and child != None_:
        if not PyObject_TypeCheck(child, f.table.type):
            PyErr_Format(PyExc_TypeError, MERGE_ERROR, Py_TYPE(child).tp_name, f.table.type.tp_name)
            return NULL
        Py_INCREF(child)
        return child
    child = new_message(f.table)
    if child != NULL:
        Py_INCREF(child)
        put_at(slot, child)
    return child


cdef const uint8_t* decode_child(
    Reader* r, const Field* f, PyObject* child, const uint8_t* p, const uint8_t* end, int depth
) noexcept:
    """Reads the content of a sub-message into ``child``, which the caller holds."""
    if not enter_level(p, depth, r.limit, &r.fault):
        return NULL
    p = decode_fields(r, f.table, child, p, end, depth - 1, NO_GROUP)
    leave_level(depth, r.limit)
    return p


cdef const uint8_t* decode_group(
    Reader* r, const Field* f, PyObject* child, const uint8_t* p, const uint8_t* end, int depth
) noexcept:
    """Reads the content of a group, and its end tag, into ``child``, which the caller holds."""
    cdef const uint8_t* start = r.tag_at
    if not enter_level(start, depth, r.limit, &r.fault):
        return NULL
    p = decode_fields(r, f.table, child, p, end, depth - 1, f.end_tag)
    leave_level(depth, r.limit)
    if p == NULL and r.fault.reason == GROUP_NOT_CLOSED and r.fault.at == NULL:
        r.fault.at = start
    return p


cdef const uint8_t* decode_message(
    Reader* r, const Field* f, PyObject** slot, const uint8_t* p, const uint8_t* end, int depth
) noexcept:
    """Reads a sub-message into a slot; one that is there is merged into (encoding specification, "Last One Wins")."""
    cdef Py_ssize_t length = 0
    cdef PyObject* child
    p = read_length(p, end, &length, &r.fault)
    if p == NULL:
        return stop(r, f, NO_INDEX)
    child = own_child(f, slot)
    if child == NULL:
        return stop_raised(r)
    p = decode_child(r, f, child, p, p + length, depth)
    Py_DECREF(child)
    return stop(r, f, NO_INDEX) if p == NULL else p


cdef const uint8_t* decode_member(
    Reader* r, const Field* f, PyObject* message, const uint8_t* p, const uint8_t* end, int depth
) noexcept:
    cdef PyObject** slot = slot_at(message, f.offset)
    p = decode_message(r, f, slot, p, end, depth)
    # also after a fault, if it left a message there: one that was merged into lives on, and has one member at most
    if p != NULL or (slot[0] != NULL and slot[0] != None_):
        clear_siblings(message, f)
    return p


cdef const uint8_t* decode_group_member(
    Reader* r, const Field* f, PyObject* message, const uint8_t* p, const uint8_t* end, int depth
) noexcept:
    cdef PyObject* child = own_child(f, slot_at(message, f.offset))
    if child == NULL:
        return stop_raised(r)
    p = decode_group(r, f, child, p, end, depth)
    Py_DECREF(child)
    clear_siblings(message, f)  # also after a fault, as above
    return stop(r, f, NO_INDEX) if p == NULL else p


# ---- repeated fields


cdef inline bint tag_follows(const Field* f, const uint8_t* p, const uint8_t* end) noexcept:
    """Whether one more element of a repeated field or map stands at ``p``."""
    if f.head_size == 1:
        return p < end and p[0] == f.head[0]
    return end - p >= f.head_size and memcmp(p, f.head, f.head_size) == 0


cdef PyObject* own_list(const Field* f, PyObject* message, Py_ssize_t room) noexcept:
    """A new reference to the list in a slot; a new one with ``room`` if there is none. NULL with an exception."""
    cdef PyObject* items = slot_at(message, f.offset)[0]
    if items == NULL or items == None_:
        items = minirpc_list_with_room(room)
        if items == NULL:
            return NULL
        Py_INCREF(items)
        put(message, f.offset, items)
        return items
    if not PyList_Check(items):
        PyErr_Format(PyExc_TypeError, MERGE_ERROR, Py_TYPE(items).tp_name, <const char*>b"list")
        return NULL
    Py_INCREF(items)
    return items


cdef Py_ssize_t count_elements(const Field* f, const uint8_t* p, const uint8_t* end) noexcept:
    """How many elements with a length stand one after the other, the first of which has had its tag read.

    For a new list, which then takes no more memory than it needs, and never moves. What is malformed ends the count.
    """
    cdef Fault fault
    cdef Py_ssize_t length = 0
    cdef Py_ssize_t count = 1
    while True:
        p = read_length(p, end, &length, &fault)
        if p == NULL or not tag_follows(f, p + length, end):
            return count
        p += length + f.head_size
        count += 1


cdef const uint8_t* read_elements(
    Reader* r, const Field* f, PyObject* items, const uint8_t* p, const uint8_t* end
) noexcept:
    """Reads unpacked values as long as one follows the other."""
    cdef PyObject* value = NULL
    while True:
        p = read_scalar(r, f, p, end, &value)
        if p == NULL:
            return stop(r, f, PyList_GET_SIZE(items))
        if minirpc_append(items, value) < 0:
            return stop_raised(r)
        if not tag_follows(f, p, end):
            return p
        r.tag_at = p
        p += f.head_size


cdef inline PyObject* append_child(const Field* f, PyObject* items) noexcept:
    """A new reference to a new message at the end of a list. NULL with an exception."""
    cdef PyObject* child = new_message(f.table)
    if child == NULL:
        return NULL
    Py_INCREF(child)
    if minirpc_append(items, child) < 0:
        Py_DECREF(child)
        return NULL
    return child


cdef const uint8_t* read_children(
    Reader* r, const Field* f, PyObject* items, const uint8_t* p, const uint8_t* end, int depth
) noexcept:
    """Reads sub-messages as long as one follows the other."""
    cdef Py_ssize_t length = 0
    cdef Py_ssize_t index
    cdef PyObject* child
    while True:
        index = PyList_GET_SIZE(items)
        p = read_length(p, end, &length, &r.fault)
        if p == NULL:
            return stop(r, f, index)
        child = append_child(f, items)
        if child == NULL:
            return stop_raised(r)
        p = decode_child(r, f, child, p, p + length, depth)
        Py_DECREF(child)
        if p == NULL:
            return stop(r, f, index)
        if not tag_follows(f, p, end):
            return p
        p += f.head_size


cdef const uint8_t* decode_groups(
    Reader* r, const Field* f, PyObject* message, const uint8_t* p, const uint8_t* end, int depth
) noexcept:
    """Reads groups as long as one follows the other."""
    cdef Py_ssize_t index
    cdef PyObject* child
    cdef PyObject* items = own_list(f, message, 0)
    if items == NULL:
        return stop_raised(r)
    while True:
        index = PyList_GET_SIZE(items)
        child = append_child(f, items)
        if child == NULL:
            p = stop_raised(r)
            break
        p = decode_group(r, f, child, p, end, depth)
        Py_DECREF(child)
        if p == NULL:
            stop(r, f, index)
            break
        if not tag_follows(f, p, end):
            break
        r.tag_at = p
        p += f.head_size
    Py_DECREF(items)
    return p


cdef const uint8_t* read_packed(
    Reader* r, const Field* f, PyObject* message, const uint8_t* p, const uint8_t* end
) noexcept:
    """Reads a packed run, appending to the list in the field's slot."""
    cdef const uint8_t* start = p
    cdef Py_ssize_t length = 0
    cdef Py_ssize_t count
    cdef PyObject* items
    cdef int size = 8 if f.wire_type == I64 else 4
    p = read_length(p, end, &length, &r.fault)
    if p == NULL:
        return stop(r, f, container_size(f, message))
    if f.wire_type == VARINT:
        count = count_varints(p, length)
    else:
        count = length // size
        if length % size:
            fail(&r.fault, PACKED_REMAINDER, start, length, size)
            return stop(r, f, container_size(f, message))
    items = own_list(f, message, count)
    if items == NULL:
        return stop_raised(r)
    p = read_packed_values(r, f, message, items, p, p + length)
    Py_DECREF(items)
    return p


cdef bint append_unnamed(const Field* f, PyObject* message, int32_t number) noexcept:
    """Puts a number of a packed run, which a closed enum does not name, to the unknown fields, as if it had come alone.

    False with an exception.
    """
    cdef uint8_t[PREFIX_SIZE] alone
    cdef uint8_t* end = put_varint(put_varint(alone, f.tag), <uint64_t><int64_t>number)
    return append_unknown(slot_at(message, f.unknown), alone, end - alone)


cdef const uint8_t* read_packed_values(
    Reader* r, const Field* f, PyObject* message, PyObject* items, const uint8_t* p, const uint8_t* end
) noexcept:
    cdef uint64_t bits = 0
    cdef PyObject* value
    while p < end:
        p = read_bits(r, f.wire_type, p, end, &bits)
        if p == NULL:
            return stop(r, f, PyList_GET_SIZE(items))
        value = object_of_bits(f, bits)
        if value == NULL:
            if PyErr_Occurred() != NULL or not append_unnamed(f, message, <int32_t>bits):
                return stop_raised(r)
        elif minirpc_append(items, value) < 0:
            return stop_raised(r)
    return p


cdef const uint8_t* decode_repeated(
    Reader* r, const Field* f, PyObject* message, uint32_t tag, const uint8_t* p, const uint8_t* end, int depth
) noexcept:
    cdef PyObject* items
    cdef Py_ssize_t room = 0
    cdef const uint8_t* behind
    if tag != f.tag:
        return read_packed(r, f, message, p, end)
    if f.keeps_runs and f.wire_type == LEN:
        if is_absent(slot_at(message, f.offset)[0]):
            behind = end_of_chunks(f, p, end)
            if behind != NULL:
                return keep_run(r, f, message, p, behind - p)
        elif not settle(f, slot_at(message, f.offset)):
            return stop_raised(r)
    if f.wire_type == LEN and is_absent(slot_at(message, f.offset)[0]):
        room = count_elements(f, p, end)
    items = own_list(f, message, room)
    if items == NULL:
        return stop_raised(r)
    if f.shape == MANY_MESSAGES:
        p = read_children(r, f, items, p, end, depth)
    else:
        p = read_elements(r, f, items, p, end)
    Py_DECREF(items)
    return p


# ---- unknown fields


cdef bint append_unknown(PyObject** slot, const uint8_t* data, Py_ssize_t size) noexcept:
    """Appends to the bytes of unknown fields. False with an exception.

    Bytes that nobody else holds grow in place: with a copy for each of many fields, a peer could make us copy forever.
    """
    cdef PyObject* old = slot[0]
    cdef PyObject* joined
    cdef Py_ssize_t old_size
    if old == NULL or old == None_ or old == EMPTY_BYTES:
        joined = PyBytes_FromStringAndSize(<const char*>data, size)
        if joined == NULL:
            return False
        put_at(slot, joined)
        return True
    if not PyBytes_Check(old):
        PyErr_Format(PyExc_TypeError, MERGE_ERROR, Py_TYPE(old).tp_name, <const char*>b"bytes")
        return False
    old_size = PyBytes_GET_SIZE(old)
    if PyBytes_CheckExact(old) and Py_REFCNT(old) == 1:
        if _PyBytes_Resize(slot, old_size + size) < 0:
            return False
    else:
        joined = PyBytes_FromStringAndSize(NULL, old_size + size)
        if joined == NULL:
            return False
        memcpy(PyBytes_AS_STRING(joined), PyBytes_AS_STRING(old), old_size)
        put_at(slot, joined)
    memcpy(PyBytes_AS_STRING(slot[0]) + old_size, data, size)
    return True


cdef const uint8_t* decode_unknown(
    Reader* r, const Table* t, PyObject* message, uint32_t tag, const uint8_t* p, const uint8_t* end, int depth
) noexcept:
    """Skips a field whose tag ends at ``p``, and keeps its bytes."""
    cdef const uint8_t* start = r.tag_at
    if not tag_is_allowed(tag, start, &r.fault):
        return NULL
    p = skip_value(p, end, tag, start, depth, r.limit, &r.fault)
    if p == NULL:
        return NULL
    if not append_unknown(slot_at(message, t.unknown), start, p - start):
        return stop_raised(r)
    return p


cdef const uint8_t* decode_unnamed(
    Reader* r, const Table* t, PyObject* message, const uint8_t* end, int depth
) noexcept:
    """Keeps the field that was read as it came, if all that is wrong with it is a number without a name."""
    cdef uint32_t tag = 0
    cdef const uint8_t* p
    if r.fault.reason != UNNAMED_NUMBER:
        return NULL
    p = read_tag(r.tag_at, end, &tag, &r.fault)
    return decode_unknown(r, t, message, tag, p, end, depth)


# ---- messages


cdef inline const Field* find_field(const Table* t, uint32_t number) noexcept:
    cdef int low = 0
    cdef int high = t.n_fields
    cdef int middle
    if number < t.n_dense:
        return t.dense[number]
    while low < high:
        middle = (low + high) // 2
        if t.fields[middle].number < number:
            low = middle + 1
        else:
            high = middle
    return &t.fields[low] if low < t.n_fields and t.fields[low].number == number else NULL


cdef const uint8_t* decode_fields(
    Reader* r, const Table* t, PyObject* message, const uint8_t* p, const uint8_t* end, int depth, uint32_t end_tag
) noexcept:
    """Reads all fields into ``message``, below which ``depth`` levels may follow.

    They go up to ``end``; those of a group up to ``end_tag``. Where that is missing, ``at`` of the fault is NULL, for the
    caller to say where the group starts.
    """
    cdef uint32_t tag = 0
    cdef const Field* f
    while p < end:
        r.tag_at = p
        p = read_tag(p, end, &tag, &r.fault)
        if p == NULL:
            return NULL
        f = find_field(t, tag >> 3)
        if f == NULL or (tag != f.tag and tag != f.packed_tag):
            if tag & 7 == EGROUP and end_tag != NO_GROUP:
                return p if tag == end_tag else wrong_end(r, tag, end_tag)
            p = decode_unknown(r, t, message, tag, p, end, depth)
        elif f.shape == ONE_SCALAR:
            p = decode_scalar(r, f, message, p, end)
        elif f.shape == ONE_MESSAGE:
            p = decode_member(r, f, message, p, end, depth)
        elif f.shape == MAP_ENTRIES:
            p = decode_map(r, f, message, p, end, depth)
        elif f.shape == ONE_GROUP:
            p = decode_group_member(r, f, message, p, end, depth)
        elif f.shape == MANY_GROUPS:
            p = decode_groups(r, f, message, p, end, depth)
        elif f.typecode:
            p = decode_numbers(r, f, message, tag, p, end, depth)
        else:
            p = decode_repeated(r, f, message, tag, p, end, depth)
        if p == NULL:
            p = decode_unnamed(r, t, message, end, depth)
            if p == NULL:
                return NULL
    if end_tag != NO_GROUP:
        return fail(&r.fault, GROUP_NOT_CLOSED, NULL, end_tag >> 3, 0)
    return p


cdef const uint8_t* wrong_end(Reader* r, uint32_t tag, uint32_t end_tag) noexcept:
    if tag_is_allowed(tag, r.tag_at, &r.fault):
        fail(&r.fault, GROUP_MISMATCH, r.tag_at, tag >> 3, end_tag >> 3)
    return NULL


cdef int decode_bytes(Plan plan, PyObject* message, const uint8_t* data, Py_ssize_t size, int depth) except -1:
    cdef Reader r
    cdef bint pause = size > GC_PAUSE_SIZE and PyGC_Disable()
    r.limit = depth
    r.trail = Trail(NULL, 0, 0)
    cdef const uint8_t* p = decode_fields(&r, &plan.table, message, data, data + size, depth, NO_GROUP)
    if pause:
        PyGC_Enable()
    if p != NULL:
        return 0
    if r.fault.reason == RAISED:
        free_trail(&r.trail)
        return raise_pending()
    try:
        raise decode_error(&r.fault, data, trail_path(&r.trail, plan))
    finally:
        free_trail(&r.trail)


cdef int decode_root(Plan plan, PyObject* message, object data, Py_ssize_t depth) except -1:
    cdef Py_buffer view
    cdef int levels = <int>min(max(depth, 0), INT_MAX)
    if isinstance(data, bytes):
        return decode_bytes(
            plan, message, <const uint8_t*>PyBytes_AS_STRING(<PyObject*>data), PyBytes_GET_SIZE(<PyObject*>data), levels
        )
    if isinstance(data, memoryview):
        if not data.c_contiguous:
            data = bytes(data)
    elif not isinstance(data, bytearray):
        raise TypeError(f"expected bytes, bytearray or memoryview, got {type(data).__name__}")
    if PyObject_GetBuffer(<PyObject*>data, &view, PyBUF_SIMPLE) < 0:
        raise_pending()
    try:
        return decode_bytes(plan, message, <const uint8_t*>view.buf, view.len, levels)
    finally:
        PyBuffer_Release(&view)


cdef object decode_new(Plan plan, PyTypeObject* cls, object data, Py_ssize_t depth):
    """Makes a message of ``cls``, the plan's class or a subclass of it."""
    if not plan.table.linked:
        link(plan)
    if cls == plan.table.type:
        message = minirpc_take(new_message(&plan.table))
    else:
        message = minirpc_take(new_of_type(&plan.table, cls))
    decode_root(plan, <PyObject*>message, data, depth)
    return message


def from_binary(cls, data, *, Py_ssize_t max_depth=MAX_DEPTH):
    """``Message.from_binary``: reads a message from all of ``data``. ``FromString`` is Google's name for it.

    Args:
        cls: the message class.
        data: one serialized message.
        max_depth: how many levels of messages and groups may nest below this one.

    Raises:
        DecodeError: ``data`` is malformed; the error names the field's path and the byte offset.
    """
    if not isinstance(cls, type):
        raise TypeError(f"{cls!r} is no class")
    return decode_new(plan_of(<PyTypeObject*>cls), <PyTypeObject*>cls, data, max_depth)
