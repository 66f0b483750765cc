# Part of _codec.pyx: packed runs that stay in a slot as they came until they are read (`_run.h`).
#
# A field has them if it is written packed, and if nobody but this module gets to see its slot: see `hide_runs`.


cdef PyObject* numbers_of_run(const Field* f, PyObject* run) noexcept:
    """The Numbers that a run stands for; NULL with an exception."""
    cdef Reader r
    cdef const uint8_t* p = minirpc_run_bytes(run)
    cdef Py_ssize_t size = minirpc_run_size(run)
    cdef Py_ssize_t count = run_count(f, run)
    cdef Py_ssize_t done = 0
    cdef PyObject* numbers = minirpc_new_numbers(f.number_type, count)
    if numbers != NULL:
        read_run(&r, f, minirpc_numbers_items(numbers, &count), p, p + size, &done)
    return numbers


cdef Py_ssize_t run_count(const Field* f, PyObject* run) noexcept:
    if f.wire_type == VARINT:
        return count_varints(minirpc_run_bytes(run), minirpc_run_size(run))
    return minirpc_run_size(run) // f.number_size


cdef bint settle(const Field* f, PyObject** slot) noexcept:
    """Puts Numbers in the place of a run, if there is one. False with an exception.

    Making Numbers may set off a garbage collection, which may run code that does the same.
    """
    cdef PyObject* run = slot[0]
    cdef PyObject* numbers
    if not minirpc_is_run(run):
        return True
    Py_INCREF(run)
    numbers = numbers_of_run(f, run)
    if numbers != NULL:
        if slot[0] == run:
            put_at(slot, numbers)
        else:
            Py_DECREF(numbers)
    Py_DECREF(run)
    return numbers != NULL


cdef inline bint may_keep_run(const Field* f, PyObject* held, const uint8_t* p, Py_ssize_t length) noexcept:
    """Whether ``length`` bytes of a packed run, whole numbers if these have a fixed size, may stay as they are."""
    if not f.keeps_runs or not is_absent(held) or length > MINIRPC_RUN_SIZE or length == 0:
        return False
    return f.wire_type != VARINT or minirpc_is_run_of_varints(p, length)


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
    put_head(w, f, f.packed_head)
    w.pos = put_varint(w.pos, size)
    memcpy(w.pos, minirpc_run_bytes(run), size)
    w.pos += size
    return True


cdef bint same_run(const Field* f, PyObject* x, PyObject* y) noexcept:
    """Whether two runs are of the same bytes, and these say all: a NaN differs from itself."""
    cdef Py_ssize_t size = minirpc_run_size(x)
    if f.kind == KIND_DOUBLE or f.kind == KIND_FLOAT or size != minirpc_run_size(y):
        return False
    return memcmp(minirpc_run_bytes(x), minirpc_run_bytes(y), size) == 0


cdef int hide_runs(object cls, Field* f, object spec) except -1:
    """Lets a field of numbers keep runs, if its attribute is one of this module's and not the other engine's."""
    attributes = vars(cls)
    if not f.typecode or not f.packed or type(attributes.get(spec.name)) is not ContainerSlot:
        return 0
    member = attributes[spec.slot]
    if type(member) is not _NumbersSlot:
        setattr(cls, spec.slot, _NumbersSlot(member, spec))
    f.keeps_runs = True
    return 0


@cython.final
cdef class _NumbersSlot(_Slot):
    """The slot below the attribute of a field of numbers, for Python code: holds Numbers where there is a run.

    Args:
        member: the slot as the class was made with it.
        spec: the field.
    """

    cdef Field field

    def __init__(self, member, spec):
        self.name = spec.slot
        describe_numbers(&self.field, spec)

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
