# Part of _codec.pyx: repeated fields of numbers, which are minirpc.numbers.Numbers or, if one was assigned, lists.
#
# What is read is first collected in memory that nobody else knows, so nothing can move or free it meanwhile.

cdef enum:
    BATCH_SIZE = 512  # bytes of unpacked numbers that are appended at once


# ---- one number between the wire and memory


cdef inline void store_number(const Field* f, char* at, uint64_t bits) noexcept:
    """Stores what is on the wire as the number that it means. Kinds of 32 bits take the low 32 of a varint."""
    cdef uint32_t low = <uint32_t>bits
    if f.kind == KIND_SINT64:
        bits = <uint64_t>unzigzag(bits)
    elif f.kind == KIND_SINT32:
        low = <uint32_t>unzigzag(low)
    if f.number_size == 8:
        memcpy(at, &bits, 8)
    else:
        memcpy(at, &low, 4)


cdef inline uint64_t load_number(const Field* f, const char* at) noexcept:
    """The reverse: what goes on the wire."""
    cdef uint64_t bits = 0
    cdef uint32_t low = 0
    if f.number_size == 8:
        memcpy(&bits, at, 8)
        return zigzag(<int64_t>bits) if f.kind == KIND_SINT64 else bits
    memcpy(&low, at, 4)
    if f.kind == KIND_SINT32:
        return <uint32_t>zigzag(<int32_t>low)
    if f.kind == KIND_INT32:
        return <uint64_t><int64_t><int32_t>low  # a negative int32 goes out as 64 bits
    return low


# ---- reading


cdef inline Py_ssize_t count_varints(const uint8_t* p, Py_ssize_t length) noexcept:
    """How many bytes end a varint. Eight at a time, as runs are long."""
    cdef Py_ssize_t count = 0
    cdef uint64_t word
    while length >= 8:
        memcpy(&word, p, 8)
        count += ((~word >> 7 & 0x0101010101010101ULL) * 0x0101010101010101ULL) >> 56
        p += 8
        length -= 8
    while length > 0:
        count += p[0] < 0x80
        p += 1
        length -= 1
    return count


cdef const uint8_t* read_run(
    Reader* r, const Field* f, char* at, const uint8_t* p, const uint8_t* end, Py_ssize_t* done
) noexcept:
    """Reads the numbers of a packed run to memory, where there is room for them; counts them in ``done``."""
    cdef uint64_t bits = 0
    cdef int size = f.number_size
    if p == end:
        return p
    if f.wire_type != VARINT and not BIG_ENDIAN:
        memcpy(at, p, end - p)
        done[0] = (end - p) // size
        return end
    while p < end:
        p = read_bits(r, f.wire_type, p, end, &bits)
        if p == NULL:
            return NULL
        store_number(f, at, bits)
        at += size
        done[0] += 1
    return p


cdef inline bint is_absent(PyObject* container) noexcept:
    return container == NULL or container == None_


cdef Py_ssize_t container_size(const Field* f, PyObject* message) noexcept:
    """How many elements a repeated field has."""
    cdef PyObject* items = slot_at(message, f.offset)[0]
    cdef Py_ssize_t count = 0
    if items == NULL:
        return 0
    if PyList_Check(items):
        return PyList_GET_SIZE(items)
    if minirpc_is_run(items):
        return number_count(f, minirpc_run_bytes(items), minirpc_run_bytes(items) + minirpc_run_size(items))
    if f.typecode and minirpc_is_numbers(items, f.number_type):
        minirpc_numbers_items(items, &count)
    return count


cdef bint add_numbers(const Field* f, PyObject* message, const char* at, Py_ssize_t count) noexcept:
    """Appends numbers in memory to the Numbers in a field's slot, or makes new ones. False with an exception."""
    cdef PyObject* numbers = slot_at(message, f.offset)[0]
    cdef Py_ssize_t size = 0
    cdef bint done
    if is_absent(numbers):
        numbers = minirpc_new_numbers(f.number_type, count)
        if numbers == NULL:
            return False
        if count:
            memcpy(minirpc_numbers_items(numbers, &size), at, count * f.number_size)
        put(message, f.offset, numbers)
        return True
    Py_INCREF(numbers)
    done = minirpc_extend_numbers(numbers, at, count * f.number_size) == 0
    Py_DECREF(numbers)
    return done


cdef const uint8_t* read_packed_numbers(
    Reader* r, const Field* f, PyObject* message, const uint8_t* p, const uint8_t* end
) noexcept:
    cdef const uint8_t* start = p
    cdef Py_ssize_t length = 0
    cdef Py_ssize_t count
    cdef Py_ssize_t done = 0
    cdef PyObject* numbers
    cdef char* at
    p = read_length(p, end, &length, &r.fault)
    if p == NULL:
        return stop(r, f, container_size(f, message))
    if f.wire_type == VARINT:
        count = count_varints(p, length)
    else:
        count = length // f.number_size
        if length % f.number_size:
            fail(&r.fault, PACKED_REMAINDER, start, length, f.number_size)
            return stop(r, f, container_size(f, message))
    if is_run_of_numbers(f, slot_at(message, f.offset)[0], p, length):
        return keep_run(r, f, message, p, length)
    numbers = minirpc_new_numbers(f.number_type, count)
    if numbers == NULL:
        return stop_raised(r)
    at = minirpc_numbers_items(numbers, &count)
    p = read_run(r, f, at, p, p + length, &done)
    if p == NULL:
        Py_DECREF(numbers)
        return stop(r, f, container_size(f, message) + done)
    if is_absent(slot_at(message, f.offset)[0]):
        put(message, f.offset, numbers)
        return p
    if not add_numbers(f, message, at, count):
        p = stop_raised(r)
    Py_DECREF(numbers)
    return p


cdef const uint8_t* read_unpacked_numbers(
    Reader* r, const Field* f, PyObject* message, const uint8_t* p, const uint8_t* end
) noexcept:
    """Reads numbers as long as one follows the other."""
    cdef char[BATCH_SIZE] batch
    cdef Py_ssize_t count = 0
    cdef uint64_t bits = 0
    cdef int size = f.number_size
    while True:
        p = read_bits(r, f.wire_type, p, end, &bits)
        if p == NULL:
            return stop(r, f, container_size(f, message) + count)
        store_number(f, batch + count * size, bits)
        count += 1
        if not tag_follows(f, p, end):
            break
        if count * size == BATCH_SIZE:
            if not add_numbers(f, message, batch, count):
                return stop_raised(r)
            count = 0
        r.tag_at = p
        p += f.head_size
    return p if add_numbers(f, message, batch, count) else stop_raised(r)


cdef const uint8_t* decode_numbers(
    Reader* r, const Field* f, PyObject* message, uint32_t tag, const uint8_t* p, const uint8_t* end, int depth
) noexcept:
    cdef PyObject* items
    if not settle(f, slot_at(message, f.offset)):
        return stop_raised(r)
    items = slot_at(message, f.offset)[0]
    if not is_absent(items) and not minirpc_is_numbers(items, f.number_type):
        return decode_repeated(r, f, message, tag, p, end, depth)
    if tag != f.tag:
        return read_packed_numbers(r, f, message, p, end)
    return read_unpacked_numbers(r, f, message, p, end)


# ---- writing


cdef bint encode_run(Writer* w, const Field* f, const char* at, Py_ssize_t count) noexcept:
    """Writes numbers one after the other."""
    cdef Py_ssize_t i
    if f.wire_type != VARINT and not BIG_ENDIAN:
        if not room(w, count * f.number_size):
            return False
        memcpy(w.pos, at, count * f.number_size)
        w.pos += count * f.number_size
        return True
    for i in range(count):
        if not room(w, MAX_VARINT_SIZE):
            return False
        put_bits(w, f, load_number(f, at))
        at += f.number_size
    return True


cdef bint encode_numbers(Writer* w, Field* f, PyObject* numbers) noexcept:
    cdef Py_ssize_t mark = 0
    cdef int reserved = 0
    cdef Py_ssize_t count = 0
    cdef Py_ssize_t i
    cdef const char* at = minirpc_numbers_items(numbers, &count)
    if count == 0:
        return True
    if f.packed:
        return (
            open_length(w, f, f.packed_head, &mark, &reserved)
            and encode_run(w, f, at, count)
            and close_length(w, f, mark, reserved)
        )
    for i in range(count):
        if not room(w, PREFIX_SIZE):
            return False
        put_head(w, f, f.head)
        put_bits(w, f, load_number(f, at))
        at += f.number_size
    return True


# ---- as objects


cdef object copy_of_numbers(const Field* f, PyObject* numbers):
    cdef Py_ssize_t count = 0
    cdef char* at = minirpc_numbers_items(numbers, &count)
    cdef PyObject* twin = minirpc_new_numbers(f.number_type, count)
    if twin != NULL and count:
        memcpy(minirpc_numbers_items(twin, &count), minirpc_numbers_items(numbers, &count), count * f.number_size)
    return minirpc_take(twin)


cdef bint same_numbers(const Field* f, PyObject* x, PyObject* y) noexcept:
    """Compares the Numbers of two fields, as numbers: a NaN differs from itself, zeros of both signs are the same."""
    cdef Py_ssize_t x_count = 0
    cdef Py_ssize_t y_count = 0
    cdef Py_ssize_t i
    cdef const char* a = minirpc_numbers_items(x, &x_count)
    cdef const char* b = minirpc_numbers_items(y, &y_count)
    if x_count != y_count:
        return False
    if f.kind == KIND_DOUBLE:
        for i in range(x_count):
            if (<const double*>a)[i] != (<const double*>b)[i]:
                return False
        return True
    if f.kind == KIND_FLOAT:
        for i in range(x_count):
            if (<const float*>a)[i] != (<const float*>b)[i]:
                return False
        return True
    return x_count == 0 or memcmp(a, b, x_count * f.number_size) == 0


cdef object adopted(const Field* f, object value):
    """What a field of numbers keeps of a value that is assigned to it and is not None. This may run Python code."""
    if PyList_CheckExact(<PyObject*>value) or minirpc_is_numbers(<PyObject*>value, f.number_type):
        return value
    return adopt(value, (<object>f.spec).typecode)


cdef object python_getitem = Numbers.__getitem__
cdef object python_append = Numbers.append
cdef object array_append = Numbers.__base__.append


def getitem(numbers, at):
    """``Numbers.__getitem__``. The interpreter goes around the slot of a class whose function is one of Python's."""
    return python_getitem(numbers, at)


def append(numbers, value):
    """``Numbers.append``."""
    if PyFloat_CheckExact(<PyObject*>value) or PyLong_CheckExact(<PyObject*>value):
        array_append(numbers, value)
    else:
        python_append(numbers, value)


def use_layout(bint by_layout):
    """Whether arrays are made and read by their layout in memory, or as where that is not known. For tests.

    Returns:
        Whether they were. They cannot be if the layout was not found at import.
    """
    return minirpc_use_layout(by_layout)


Numbers.__getitem__ = getitem
Numbers.append = append
minirpc_set_numbers(Numbers)  # last: to set an attribute sets slots
