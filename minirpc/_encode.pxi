# Part of _codec.pyx: messages to bytes, on top of _writer.pxi.
#
# After a fault, each field on the way out adds its step to the path by `refuse_at`.


cdef enum:
    PACKED_BATCH = 1 << 16  # numbers for which the most memory that they may take is made ready at once


# ---- sub-messages, repeated fields, maps


cdef bint encode_message(Writer* w, Field* f, PyObject* value, int depth) noexcept:
    cdef Py_ssize_t mark = 0
    cdef int reserved = 0
    if not PyObject_TypeCheck(value, f.table.type):
        return refuse(w, NOT_A_MESSAGE, f, value)
    if depth <= 0:
        return refuse(w, NESTED_TOO_DEEP, f, NULL)
    return (
        open_length(w, f, f.head, &mark, &reserved)
        and encode_fields(w, f.table, value, depth - 1)
        and close_length(w, f, mark, reserved)
    )


cdef bint encode_group(Writer* w, Field* f, PyObject* value, int depth) noexcept:
    if not PyObject_TypeCheck(value, f.table.type):
        return refuse(w, NOT_A_MESSAGE, f, value)
    if depth <= 0:
        return refuse(w, NESTED_TOO_DEEP, f, NULL)
    if not room(w, HEAD_SIZE):
        return False
    put_head(w, f, f.head)
    if not (encode_fields(w, f.table, value, depth - 1) and room(w, HEAD_SIZE)):
        return False
    put_head(w, f, f.end_head)
    return True


cdef inline bint encode_value(Writer* w, Field* f, PyObject* value, int depth) noexcept:
    if f.kind == KIND_MESSAGE:
        return encode_message(w, f, value, depth)
    if f.kind == KIND_GROUP:
        return encode_group(w, f, value, depth)
    return encode_scalar(w, f, value, False)


cdef bint encode_elements(Writer* w, Field* f, PyObject* items, int depth) noexcept:
    cdef Py_ssize_t i
    for i in range(PyList_GET_SIZE(items)):
        if not encode_value(w, f, PyList_GET_ITEM(items, i), depth):
            return refuse_at(w, f, i, NULL)
    return True


cdef bint encode_ordinary(Writer* w, const Field* f, PyObject* items, Py_ssize_t* done) noexcept:
    """Writes the numbers of a list up to the first that is not plainly of the field's type; counts them in ``done``.

    False if there is no memory.
    """
    cdef PyObject** values = minirpc_list_items(items)
    cdef Py_ssize_t count = PyList_GET_SIZE(items)
    cdef Py_ssize_t some
    cdef Py_ssize_t written
    if f.kind == KIND_DOUBLE:
        if not room(w, 8 * count):
            return False
        done[0] = minirpc_put_doubles(w.pos, values, count)
        w.pos += 8 * done[0]
        return True
    if f.wire_type != VARINT or f.kind == KIND_BOOL or f.kind == KIND_ENUM:
        return True
    while done[0] < count:
        some = min(count - done[0], PACKED_BATCH)
        if not room(w, some * MAX_VARINT_SIZE):
            return False
        written = minirpc_put_ints(&w.pos, values + done[0], some, f.least, f.most, f.zigzag)
        done[0] += written
        if written < some:
            return True
    return True


cdef bint encode_packed(Writer* w, Field* f, PyObject* items) noexcept:
    cdef bint closed = f.closed
    cdef Py_ssize_t mark = 0
    cdef int reserved = 0
    cdef uint64_t bits = 0
    cdef Py_ssize_t count = PyList_GET_SIZE(items)
    cdef Py_ssize_t done = 0
    cdef Py_ssize_t i
    if count == 0:
        return True
    if not (open_length(w, f, f.packed_head, &mark, &reserved) and encode_ordinary(w, f, items, &done)):
        return False
    for i in range(done, count):
        if not bits_of_object(f, PyList_GET_ITEM(items, i), &bits) or (closed and not is_named(f, <int32_t>bits)):
            refuse(w, NOT_A_SCALAR, f, PyList_GET_ITEM(items, i))
            return refuse_at(w, f, i, NULL)
        if not room(w, MAX_VARINT_SIZE):
            return False
        put_bits(w, f, bits)
    return close_length(w, f, mark, reserved)


cdef bint encode_repeated(Writer* w, Field* f, PyObject* items, int depth) noexcept:
    if f.keeps_runs and minirpc_is_run(items):
        return encode_kept_run(w, f, items)
    if f.typecode and minirpc_is_numbers(items, f.number_type):
        return encode_numbers(w, f, items)
    if not PyList_Check(items):
        refuse(w, NOT_A_LIST, f, items)
        return refuse_at(w, f, NO_INDEX, NULL)
    if f.packed:
        return encode_packed(w, f, items)
    return encode_elements(w, f, items, depth)


cdef bint encode_entry(Writer* w, Field* f, PyObject* key, PyObject* value, int depth) noexcept:
    """Writes a map entry, in which key and value always stand."""
    cdef Py_ssize_t mark = 0
    cdef int reserved = 0
    if not open_length(w, f, f.head, &mark, &reserved):
        return False
    if not encode_scalar(w, f.key, key, False):
        refuse_at(w, f.key, NO_INDEX, NULL)
        return refuse_at(w, f, NO_INDEX, NULL)
    if not encode_value(w, f.value, value, depth):
        return refuse_at(w, f, NO_INDEX, key)
    return close_length(w, f, mark, reserved)


cdef struct Entry:
    PyObject* key
    PyObject* value
    uint64_t rank  # orders integers; for strings, all the same


cdef int compare_entries(const void* a, const void* b) noexcept:
    cdef const Entry* x = <const Entry*>a
    cdef const Entry* y = <const Entry*>b
    if x.rank != y.rank:
        return -1 if x.rank < y.rank else 1
    return PyUnicode_Compare(x.key, y.key) if PyUnicode_Check(x.key) else 0


cdef bint rank_key(const Field* f, PyObject* key, uint64_t* rank) noexcept:
    """How integer keys are ordered. False if the key does not fit its field."""
    rank[0] = 0
    if f.kind == KIND_STRING:
        return PyUnicode_Check(key)
    if not bits_of_object(f, key, rank):
        return False
    if f.kind == KIND_SINT32 or f.kind == KIND_SINT64:
        rank[0] = <uint64_t>unzigzag(rank[0])
    if f.kind not in (KIND_BOOL, KIND_UINT32, KIND_FIXED32, KIND_UINT64, KIND_FIXED64):
        rank[0] ^= <uint64_t>1 << 63  # negative numbers come first
    return True


cdef bint encode_sorted(Writer* w, Field* f, PyObject* entries, int depth) noexcept:
    cdef Py_ssize_t size = PyDict_GET_SIZE(entries)
    cdef Py_ssize_t pos = 0
    cdef Py_ssize_t i = 0
    cdef bint done = True
    cdef Entry* sorted_entries = <Entry*>PyMem_Malloc(size * sizeof(Entry))
    if sorted_entries == NULL:
        PyErr_NoMemory()
        return refuse(w, EXCEPTION, f, NULL)
    while done and PyDict_Next(entries, &pos, &sorted_entries[i].key, &sorted_entries[i].value):
        done = rank_key(f.key, sorted_entries[i].key, &sorted_entries[i].rank)
        if not done:
            refuse(w, NOT_A_SCALAR, f.key, sorted_entries[i].key)
            refuse_at(w, f.key, NO_INDEX, NULL)
            refuse_at(w, f, NO_INDEX, NULL)
        i += 1
    if done:
        qsort(sorted_entries, size, sizeof(Entry), &compare_entries)
    for i in range(size):
        done = done and encode_entry(w, f, sorted_entries[i].key, sorted_entries[i].value, depth)
    PyMem_Free(sorted_entries)
    return done


cdef bint encode_map(Writer* w, Field* f, PyObject* entries, int depth) noexcept:
    cdef PyObject* key = NULL
    cdef PyObject* value = NULL
    cdef Py_ssize_t pos = 0
    if not PyDict_Check(entries):
        refuse(w, NOT_A_DICT, f, entries)
        return refuse_at(w, f, NO_INDEX, NULL)
    if w.deterministic and PyDict_GET_SIZE(entries) > 1:
        return encode_sorted(w, f, entries, depth)
    while PyDict_Next(entries, &pos, &key, &value):
        if not encode_entry(w, f, key, value, depth):
            return False
    return True


# ---- messages


cdef inline bint encode_unknown(Writer* w, PyObject* unknown) noexcept:
    cdef Py_ssize_t size
    if unknown == NULL or unknown == EMPTY_BYTES or not PyBytes_Check(unknown):
        return True
    size = PyBytes_GET_SIZE(unknown)
    if not room(w, size):
        return False
    memcpy(w.pos, PyBytes_AS_STRING(unknown), size)
    w.pos += size
    return True


cdef Table* table_of_holder(PyObject* holder) noexcept:
    """How to write what stands for an extension; NULL if its class is no message class, or not linked.

    By `__plans__` and not by `__plan__`, which may be the other engine's.
    """
    cdef PyObject* plans = _PyType_Lookup(Py_TYPE(holder), <PyObject*>PLANS_ATTRIBUTE)
    cdef PyObject* found
    cdef Table* t
    if plans == NULL or not PyDict_CheckExact(plans):
        return NULL
    found = PyDict_GetItemWithError(plans, <PyObject*>Plan)
    if found == NULL or Py_TYPE(found) != <PyTypeObject*>Plan:
        return NULL
    t = &(<Plan>found).table
    # a holder that could be extended could hold itself, which takes no level
    if not t.linked or t.extensions != NO_SLOT or not PyObject_TypeCheck(holder, t.type):
        return NULL
    return t


cdef bint encode_extensions(Writer* w, PyObject* holders, int depth) noexcept:
    """Writes what stands in a message's slot for extensions: None, or a dict of holders."""
    cdef PyObject* key = NULL
    cdef PyObject* holder = NULL
    cdef Py_ssize_t pos = 0
    cdef Table* t
    if holders == NULL or holders == None_:
        return True
    if not PyDict_Check(holders):
        return refuse(w, NOT_LINKED, NULL, holders)
    while PyDict_Next(holders, &pos, &key, &holder):
        t = table_of_holder(holder)
        if t == NULL:
            return refuse(w, NOT_LINKED, NULL, holder)
        if not encode_fields(w, t, holder, depth):
            return False
    return True


cdef bint refuse_unset(Writer* w, const Field* f) noexcept:
    refuse(w, NOT_SET, f, NULL)
    return refuse_at(w, f, NO_INDEX, NULL)


cdef bint encode_fields(Writer* w, Table* t, PyObject* message, int depth) noexcept:
    """Writes all fields of a message, below which ``depth`` levels may follow."""
    cdef Field* f
    cdef PyObject* value
    cdef int i
    for i in range(t.n_fields):
        f = &t.fields[i]
        value = slot_at(message, f.offset)[0]
        if value == f.default or value == NULL:
            if f.required and not w.partial:
                return refuse_unset(w, f)
            continue
        if f.shape == ONE_SCALAR:
            if not encode_scalar(w, f, value, f.implicit):
                return refuse_at(w, f, NO_INDEX, NULL)
        elif f.shape == ONE_MESSAGE:
            if not encode_message(w, f, value, depth):
                return refuse_at(w, f, NO_INDEX, NULL)
        elif f.shape == ONE_GROUP:
            if not encode_group(w, f, value, depth):
                return refuse_at(w, f, NO_INDEX, NULL)
        elif value == None_:  # a container: empty
            continue
        elif f.shape == MAP_ENTRIES:
            if not encode_map(w, f, value, depth):
                return False
        elif not encode_repeated(w, f, value, depth):
            return False
    if t.extensions != NO_SLOT and not encode_extensions(w, slot_at(message, t.extensions)[0], depth):
        return False
    return encode_unknown(w, slot_at(message, t.unknown)[0])


cdef object encode_root(Plan plan, PyObject* message, bint deterministic, bint partial):
    """Serializes a message of a linked class. None: a holder had to be linked, which runs code; to be called again."""
    cdef uint8_t[STACK_SIZE] stack
    cdef Writer w
    cdef bint held
    cdef bint done
    w.start = w.pos = stack
    w.end = stack + STACK_SIZE
    w.heap = NULL
    w.is_text = False
    w.likely_size = plan.last_size
    w.deterministic = deterministic
    w.partial = partial
    w.misfit = FITS
    w.culprit = NULL
    w.trail = Trail(NULL, 0, 0)
    held = minirpc_hold_collection()
    done = encode_fields(&w, &plan.table, message, MAX_DEPTH)
    minirpc_release_collection(held)
    if done:
        return finish(&w, plan)
    Py_XDECREF(w.heap)
    try:
        if w.misfit == EXCEPTION:
            raise_pending()
        if w.misfit == NOT_LINKED:
            link_holder(<object>w.culprit)
            return None
        if deterministic:
            # sorted or not, it fails; the value that is named is the first in the order of the dict
            return encode_root(plan, message, False, partial)
        raise EncodeError(misfit_reason(&w), trail_path(&w.trail, plan))
    finally:
        free_trail(&w.trail)
        Py_XDECREF(w.culprit)


cdef object finish(Writer* w, Plan plan):
    cdef Py_ssize_t size = w.pos - w.start
    if size > INT32_MAX:
        Py_XDECREF(w.heap)
        raise EncodeError(wording().too_large(size), plan.cls.__full_name__())
    plan.last_size = min(size, LIKELY_SIZE)
    if w.heap == NULL:
        w.heap = PyBytes_FromStringAndSize(<const char*>w.start, size)
    elif w.pos != w.end:
        _PyBytes_Resize(&w.heap, size)
    return minirpc_take(w.heap)


cdef str misfit_reason(Writer* w):
    faults = wording()
    if w.misfit == NESTED_TOO_DEEP:
        return faults.too_deep(MAX_DEPTH)
    if w.misfit == NOT_SET:
        return faults.not_set()
    value = <object>w.culprit
    spec = <object>w.field.spec
    if w.misfit == NOT_A_LIST:
        return faults.expected("list", value)
    if w.misfit == NOT_A_DICT:
        return faults.expected("dict", value)
    if w.misfit == NOT_A_MESSAGE:
        return faults.expected(spec.type.__full_name__(), value)
    try:
        faults.check_scalar(spec, value)
    except EncodeError as error:
        return error.reason
    raise AssertionError(f"{value!r} does not fit {spec!r}")


cdef int link_holder(object holder) except -1:
    """Links the class of what was refused in a slot for extensions.

    Raises:
        TypeError: that does not help, for it is no holder.
    """
    cdef Plan plan = Plan.of(type(holder)) if hasattr(type(holder), "__plans__") else None
    if plan is None or plan.table.linked or plan.table.extensions != NO_SLOT:
        raise TypeError(f"{type(holder).__name__} does not hold extensions")
    link(plan)
    return 0


cdef object encode_linked(Plan plan, PyObject* message, bint deterministic, bint partial):
    if not plan.table.linked:
        link(plan)
    while True:
        data = encode_root(plan, message, deterministic, partial)
        if data is not None:
            return data


def to_binary(self, *, bint deterministic=False):
    """``Message.to_binary``: serializes the message. ``SerializeToString`` is Google's name for it.

    Args:
        self: a message.
        deterministic: write map entries in the order of their keys, so that equal messages give equal bytes.

    Raises:
        EncodeError: a value does not fit its field; the error names the field's path.
    """
    return encode_linked(plan_of(Py_TYPE(<PyObject*>self)), <PyObject*>self, deterministic, False)
