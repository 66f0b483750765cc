# Part of _codec.pyx: the buffer that a message is written into, and single values to bytes.
#
# A function returns whether it went well. No function here or in _encode.pxi runs Python code, or makes or destroys an
# object that could (see `Writer.culprit`): all references are borrowed, and lists and dicts cannot change while they are
# walked.

cdef enum:
    STACK_SIZE = 1024  # bytes of a message that need no memory from the heap
    LIKELY_SIZE = 1 << 20  # bytes that a message may take at once because the one before it did
    PREFIX_SIZE = HEAD_SIZE + MAX_VARINT_SIZE  # the most that a tag and a varint take
    TEXT_ROOM = 64  # bytes that a text gets beyond what it asks for: quotes and brackets come next

cdef double FLOAT_OVERFLOW = 3.4028235677973366e+38  # the first value that rounds to infinity in binary32
cdef double DOUBLE_MAX = sys.float_info.max

cdef enum Misfit:
    FITS
    EXCEPTION  # is set already
    NOT_A_SCALAR  # of the field's type, or out of range: faults.check_scalar knows more
    NOT_A_MESSAGE
    NOT_A_LIST
    NOT_A_DICT
    NESTED_TOO_DEEP
    NOT_SET  # and required
    NOT_LINKED  # it stands for an extension, but its class has no table yet, or is none for that

cdef struct Inserts

cdef struct Writer:
    uint8_t* start
    uint8_t* pos
    uint8_t* end
    Py_ssize_t likely_size  # what the last message of the class took, so that the buffer does not grow in many steps
    PyObject* heap  # the object whose memory this is, or NULL while it is on the C stack: bytes, or
    bint is_text  # a str with room for ASCII
    Inserts* inserts  # of a text: what else belongs into it, see _json_text.pxi
    bint deterministic
    bint partial  # required fields may be unset
    Misfit misfit
    const Field* field  # whose value does not fit
    PyObject* culprit  # that value, owned: once the functions have returned, code runs and may destroy it
    Trail trail


cdef bint refuse(Writer* w, Misfit misfit, const Field* f, PyObject* value) noexcept:
    w.misfit = misfit
    w.field = f
    Py_XINCREF(value)
    w.culprit = value
    return False


cdef bint refuse_at(Writer* w, const Field* f, Py_ssize_t index, PyObject* key) noexcept:
    """Adds a step to the path of a value that does not fit."""
    if w.misfit != EXCEPTION:
        add_step(&w.trail, f, index, key)
    return False


# ---- the buffer


cdef bint grow(Writer* w, Py_ssize_t needed) noexcept:
    cdef Py_ssize_t used = w.pos - w.start
    cdef Py_ssize_t size = max(2 * (w.end - w.start), used + needed)
    cdef PyObject* before = w.heap
    if w.heap == NULL:
        size = max(size, w.likely_size + PREFIX_SIZE)  # what is asked for is most often a little more than what is used
    if w.is_text:
        size += TEXT_ROOM
        w.heap = minirpc_text_room(size)
        if w.heap != NULL:
            memcpy(minirpc_text_bytes(w.heap), w.start, used)
        Py_XDECREF(before)
    elif w.heap == NULL:
        w.heap = PyBytes_FromStringAndSize(NULL, size)
        if w.heap != NULL:
            memcpy(PyBytes_AS_STRING(w.heap), w.start, used)
    else:
        _PyBytes_Resize(&w.heap, size)  # sets heap to NULL if it fails
    if w.heap == NULL:
        return refuse(w, EXCEPTION, NULL, NULL)
    w.start = minirpc_text_bytes(w.heap) if w.is_text else <uint8_t*>PyBytes_AS_STRING(w.heap)
    w.pos = w.start + used
    w.end = w.start + size
    return True


cdef inline bint room(Writer* w, Py_ssize_t needed) noexcept:
    """Makes sure that so many bytes can be written at ``w.pos``."""
    return w.end - w.pos >= needed or grow(w, needed)


cdef inline void put_head(Writer* w, const Field* f, const uint8_t* head) noexcept:
    """Writes a tag where there is PREFIX_SIZE room."""
    memcpy(w.pos, head, HEAD_SIZE)
    w.pos += f.head_size


cdef inline bint open_length(Writer* w, const Field* f, const uint8_t* head, Py_ssize_t* mark, int* reserved) noexcept:
    """Writes a tag and leaves space for the length of what follows.

    How much space is a guess: what the field's last length took. The content has to move if it is wrong, so a field that
    is always large costs no more than one that is always small. The guess is only that: another thread may spoil it.
    """
    if not room(w, PREFIX_SIZE):
        return False
    put_head(w, f, head)
    reserved[0] = f.length_size
    mark[0] = w.pos - w.start
    w.pos += reserved[0]
    return True


cdef inline bint close_length(Writer* w, Field* f, Py_ssize_t mark, int reserved) noexcept:
    """Fills in the length of what was written since ``open_length``."""
    cdef Py_ssize_t length = (w.pos - w.start) - mark - reserved
    cdef int size = varint_size(length)
    cdef uint8_t* content
    if size != reserved:
        if not room(w, size):
            return False
        content = w.start + mark + reserved
        memmove(content + (size - reserved), content, length)
        w.pos += size - reserved
        f.length_size = <uint8_t>size
    put_varint(w.start + mark, length)
    return True


# ---- scalars


cdef inline bint bits_of_float(int kind, PyObject* value, uint64_t* bits) noexcept:
    cdef double number
    if PyFloat_Check(value):
        number = PyFloat_AS_DOUBLE(value)
    elif PyLong_Check(value):
        number = PyLong_AsDouble(value)
        if number == -1.0 and PyErr_Occurred() != NULL:
            PyErr_Clear()  # OverflowError
            return False
    else:
        return False
    if kind == KIND_DOUBLE:
        bits[0] = minirpc_double_to_bits(number)
        return True
    if FLOAT_OVERFLOW <= fabs(number) <= DOUBLE_MAX:
        return False
    bits[0] = minirpc_float_to_bits(number)
    return True


cdef inline bint bits_of_int(int kind, PyObject* value, uint64_t* bits) noexcept:
    cdef int64_t number = 0
    if not PyLong_Check(value):
        return False
    if kind == KIND_UINT64 or kind == KIND_FIXED64:
        return minirpc_as_uint64(value, bits)
    if not minirpc_as_int64(value, &number):
        return False
    if kind == KIND_SINT32 or kind == KIND_SINT64:
        bits[0] = zigzag(number)
    else:
        bits[0] = <uint64_t>number  # a negative int32 goes out as 64 bits (encoding specification, "Signed Integers")
    if kind == KIND_INT64 or kind == KIND_SINT64 or kind == KIND_SFIXED64:
        return True
    if kind == KIND_UINT32 or kind == KIND_FIXED32:
        return number == <uint32_t>number
    return number == <int32_t>number


cdef bint is_named(const Field* f, int32_t number) noexcept:
    """Whether an enum has a value with this number."""
    cdef PyObject* member = NULL
    cdef PyObject* key
    if 0 <= number < f.n_members and f.members[number] != NULL:
        return True
    key = PyLong_FromLong(number)  # and not the value itself, which may be of a class with its own __hash__ and __eq__
    if key != NULL:
        member = PyDict_GetItemWithError(f.all_members, key)
        Py_DECREF(key)
    if PyErr_Occurred() != NULL:
        PyErr_Clear()  # no memory: the value is refused
    return member != NULL


cdef inline bint bits_of_object(const Field* f, PyObject* value, uint64_t* bits) noexcept:
    """What goes on the wire for a value that is no string or bytes. False if it does not fit.

    Whether a closed enum names the number is not asked here: in the loop over a packed run, that would be felt.
    """
    cdef int kind = f.kind
    if kind == KIND_BOOL:
        bits[0] = value == True_
        return value == True_ or value == False_
    if kind == KIND_DOUBLE or kind == KIND_FLOAT:
        return bits_of_float(kind, value, bits)
    return bits_of_int(kind, value, bits)


cdef inline void put_bits(Writer* w, const Field* f, uint64_t bits) noexcept:
    """Writes a value where there is MAX_VARINT_SIZE room."""
    if f.wire_type == VARINT:
        w.pos = minirpc_put_varint(w.pos, bits)
    elif f.wire_type == I64:
        minirpc_store64(w.pos, bits)
        w.pos += 8
    else:
        minirpc_store32(w.pos, <uint32_t>bits)
        w.pos += 4


cdef inline bint encode_chunk(Writer* w, const Field* f, const char* data, Py_ssize_t size, bint implicit) noexcept:
    if size == 0 and implicit:
        return True
    if not room(w, size + PREFIX_SIZE):
        return False
    put_head(w, f, f.head)
    w.pos = put_varint(w.pos, size)
    memcpy(w.pos, data, size)
    w.pos += size
    return True


cdef bint encode_escaped(Writer* w, const Field* f, PyObject* value, bint implicit) noexcept:
    """Writes a string that may hold any bytes."""
    cdef Py_ssize_t size = minirpc_escaped_size(value)
    if size < 0:
        return refuse(w, NOT_A_SCALAR, f, value)
    if size == 0 and implicit:
        return True
    if not room(w, size + PREFIX_SIZE):
        return False
    put_head(w, f, f.head)
    w.pos = minirpc_put_escaped(put_varint(w.pos, size), value)
    return True


cdef bint encode_own_text(Writer* w, Field* f, PyObject* value) noexcept:
    """Writes a string that is not ASCII, and that only its message holds, without a copy in UTF-8 beside it.

    CPython keeps such a copy for as long as the string lives. A string that others hold too, as a constant, may be
    written again and again, and gets one.
    """
    cdef Py_ssize_t mark = 0
    cdef int reserved = 0
    cdef uint8_t* end
    if not (room(w, minirpc_utf8_room(value) + 2 * PREFIX_SIZE) and open_length(w, f, f.head, &mark, &reserved)):
        return False
    end = minirpc_put_text(w.pos, value)
    if end == NULL:
        return refuse(w, NOT_A_SCALAR, f, value)
    w.pos = end
    return close_length(w, f, mark, reserved)


cdef bint encode_string(Writer* w, const Field* f, PyObject* value, bint implicit) noexcept:
    cdef Py_ssize_t size = 0
    cdef const char* data
    if not PyUnicode_Check(value):
        return refuse(w, NOT_A_SCALAR, f, value)
    if f.errors != NULL and not minirpc_is_ascii_text(value):
        return encode_escaped(w, f, value, implicit)
    if minirpc_is_own_text(value):
        return encode_own_text(w, <Field*>f, value)
    data = minirpc_utf8(value, &size)
    if data != NULL:
        return encode_chunk(w, f, data, size, implicit)
    if not PyErr_ExceptionMatches(PyExc_UnicodeEncodeError):
        return refuse(w, EXCEPTION, f, NULL)
    PyErr_Clear()
    return refuse(w, NOT_A_SCALAR, f, value)


cdef bint encode_memoryview(Writer* w, const Field* f, PyObject* value, bint implicit) noexcept:
    """Writes the bytes of any memoryview, strided ones too."""
    cdef Py_buffer view
    cdef bint done
    if PyObject_GetBuffer(value, &view, PyBUF_FULL_RO) < 0:
        return refuse(w, EXCEPTION, f, NULL)  # released
    done = (view.len == 0 and implicit) or room(w, view.len + PREFIX_SIZE)
    if done and not (view.len == 0 and implicit):
        put_head(w, f, f.head)
        w.pos = put_varint(w.pos, view.len)
        done = PyBuffer_ToContiguous(w.pos, &view, view.len, b"C") == 0 or refuse(w, EXCEPTION, f, NULL)
        w.pos += view.len
    PyBuffer_Release(&view)
    return done


cdef bint encode_bytes(Writer* w, const Field* f, PyObject* value, bint implicit) noexcept:
    if PyBytes_Check(value):
        return encode_chunk(w, f, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), implicit)
    if PyByteArray_Check(value):
        return encode_chunk(w, f, PyByteArray_AS_STRING(value), PyByteArray_GET_SIZE(value), implicit)
    if PyMemoryView_Check(value):
        return encode_memoryview(w, f, value, implicit)
    return refuse(w, NOT_A_SCALAR, f, value)


cdef inline bint encode_scalar(Writer* w, const Field* f, PyObject* value, bint implicit) noexcept:
    """Writes tag and value; neither, if ``implicit`` and it is the default, which on the wire is zero in all kinds."""
    cdef uint64_t bits = 0
    if f.kind == KIND_STRING:
        return encode_string(w, f, value, implicit)
    if f.kind == KIND_BYTES:
        return encode_bytes(w, f, value, implicit)
    if not bits_of_object(f, value, &bits) or (f.closed and not is_named(f, <int32_t>bits)):
        return refuse(w, NOT_A_SCALAR, f, value)
    if bits == 0 and implicit:
        return True
    if not room(w, PREFIX_SIZE):
        return False
    put_head(w, f, f.head)
    put_bits(w, f, bits)
    return True
