# Part of _codec.pyx: repeated numbers, strings and bytes that stay in a slot as they came until they are read (`_run.h`).
#
# A field has such runs if nobody but this module gets to see its slot (`hide_runs`); numbers, if they are written packed.
# Encoding a run gives the bytes that it came as, so only what encoding would write the same way is kept as one.


cdef PyObject* values_of_run(const Field* f, PyObject* run) noexcept:
    """The Numbers or the list that a run stands for; NULL with an exception."""
    cdef const uint8_t* p = minirpc_run_bytes(run)
    cdef const uint8_t* end = p + minirpc_run_size(run)
    return numbers_of_run(f, p, end) if f.typecode else list_of_run(f, p, end)


cdef PyObject* numbers_of_run(const Field* f, const uint8_t* p, const uint8_t* end) noexcept:
    cdef Reader r
    cdef Py_ssize_t done = 0
    cdef Py_ssize_t count = number_count(f, p, end)
    cdef PyObject* numbers = minirpc_new_numbers(f.number_type, count)
    if numbers != NULL:
        read_run(&r, f, minirpc_numbers_items(numbers, &count), p, end, &done)
    return numbers


cdef PyObject* list_of_run(const Field* f, const uint8_t* p, const uint8_t* end) noexcept:
    cdef Reader r
    cdef PyObject* items = minirpc_list_with_room(count_elements(f, p, end))
    if items == NULL:
        return NULL
    r.trail = Trail(NULL, 0, 0)
    if read_elements(&r, f, items, p, end) == NULL:  # there is no memory
        Py_DECREF(items)
        return NULL
    return items


cdef Py_ssize_t number_count(const Field* f, const uint8_t* p, const uint8_t* end) noexcept:
    return count_varints(p, end - p) if f.wire_type == VARINT else (end - p) // f.number_size


cdef bint settle(const Field* f, PyObject** slot) noexcept:
    """Puts what a run stands for in its place, if there is one. False with an exception.

    Making a container may set off a garbage collection, which may run code that does the same.
    """
    cdef PyObject* run = slot[0]
    cdef PyObject* values
    if not minirpc_is_run(run):
        return True
    Py_INCREF(run)
    values = values_of_run(f, run)
    if values != NULL:
        if slot[0] == run:
            put_at(slot, values)
        else:
            Py_DECREF(values)
    Py_DECREF(run)
    return values != NULL


cdef inline bint is_run_of_numbers(const Field* f, PyObject* held, const uint8_t* p, Py_ssize_t length) noexcept:
    """Whether ``length`` bytes of a packed run, whole numbers if these have a fixed size, may stay as they are."""
    if not f.keeps_runs or not is_absent(held) or length > MINIRPC_RUN_SIZE or length == 0:
        return False
    return f.wire_type != VARINT or minirpc_is_run_of_varints(p, length)


cdef const uint8_t* end_of_chunks(const Field* f, const uint8_t* p, const uint8_t* end) noexcept:
    """The end of strings or bytes that stand one after the other, the first of which has had its tag read.

    NULL if they may not stay as they are: they are malformed, too long, or encoding would write them otherwise.
    """
    cdef const uint8_t* limit = p + min(end - p, MINIRPC_RUN_OF_CHUNKS)
    cdef const uint8_t* start
    cdef Fault fault
    cdef Py_ssize_t length = 0
    while True:
        start = p
        p = read_length(p, limit, &length, &fault)
        if p == NULL or p - start != varint_size(length):
            return NULL
        if f.kind == KIND_STRING and f.errors == NULL and not minirpc_is_utf8(p, length):
            return NULL
        p += length
        if not tag_follows(f, p, end):
            return p
        p += f.head_size
        if p > limit:
            return NULL


cdef const uint8_t* keep_run(
    Reader* r, const Field* f, PyObject* message, const uint8_t* p, Py_ssize_t length
) noexcept:
    cdef PyObject* run = minirpc_new_run(p, length)
    if run == NULL:
        return stop_raised(r)
    put(message, f.offset, run)
    return p + length


cdef bint encode_kept_run(Writer* w, const Field* f, PyObject* run) noexcept:
    cdef Py_ssize_t size = minirpc_run_size(run)
    if not room(w, size + PREFIX_SIZE):
        return False
    if f.typecode:
        put_head(w, f, f.packed_head)
        w.pos = put_varint(w.pos, size)
    else:
        put_head(w, f, f.head)
    memcpy(w.pos, minirpc_run_bytes(run), size)
    w.pos += size
    return True


cdef inline bint bytes_tell(const Field* f) noexcept:
    """Whether runs of a field are equal if and only if their bytes are: a NaN differs from itself, and 0.0 is -0.0."""
    return f.kind != KIND_DOUBLE and f.kind != KIND_FLOAT


cdef bint same_run(PyObject* x, PyObject* y) noexcept:
    cdef Py_ssize_t size = minirpc_run_size(x)
    return size == minirpc_run_size(y) and memcmp(minirpc_run_bytes(x), minirpc_run_bytes(y), size) == 0


cdef int hide_runs(object cls, Field* f, object spec) except -1:
    """Lets a field keep runs, if its attribute is one of this module's and not the other engine's."""
    attributes = vars(cls)
    if f.shape != MANY_SCALARS or type(attributes.get(spec.name)) is not ContainerSlot:
        return 0
    if not (f.typecode and f.packed) and f.wire_type != LEN:
        return 0
    member = attributes[spec.slot]
    if type(member) is not _RunSlot:
        setattr(cls, spec.slot, _RunSlot(member, spec))
    f.keeps_runs = True
    return 0


@cython.final
cdef class _RunSlot(_Slot):
    """The slot below the attribute of a field that keeps runs, for Python code, which finds what a run stands for.

    Args:
        member: the slot as the class was made with it.
        spec: the field.
    """

    cdef Field field

    def __init__(self, member, spec):
        self.name = spec.slot
        describe_values(&self.field, spec)

    def __get__(self, message, cls):
        if message is None:
            return self
        cdef PyObject** slot = self.slot_of(<PyObject*>message)
        if not settle(&self.field, slot):
            raise_pending()
        if slot[0] == NULL:
            raise AttributeError(self.name)
        return <object>slot[0]

    def __set__(self, message, value):
        Py_INCREF(<PyObject*>value)
        put_at(self.slot_of(<PyObject*>message), <PyObject*>value)

    def __delete__(self, message):
        cdef PyObject** slot = self.slot_of(<PyObject*>message)
        if slot[0] == NULL:
            raise AttributeError(self.name)
        put_at(slot, NULL)


if minirpc_set_runs() < 0:
    raise_pending()
