# Part of _codec.pyx: the buffer that a JSON text is written into, and strings.
#
# The buffer is ASCII. A string that is not stands in a list beside it, with its place, until the text is put together
# (_json_wide.h). A function returns whether it went well; if not, there may be an exception.

cdef extern from "_json_wide.h":
    ctypedef struct minirpc_insert:
        Py_ssize_t at
        PyObject* text
        Py_ssize_t first
        Py_ssize_t length
    const uint8_t* minirpc_plain_end(const uint8_t*, const uint8_t*, uint8_t*)
    bint minirpc_copy_plain(uint8_t*, const uint8_t*, Py_ssize_t)
    uint8_t* minirpc_put_escape(uint8_t*, uint8_t)
    bint minirpc_is_ready(PyObject*)
    Py_ssize_t minirpc_escaped_length(PyObject*)
    PyObject* minirpc_joined_text(const uint8_t*, const uint8_t*, const minirpc_insert*, int, Py_ssize_t, uint32_t)

cdef enum:
    NEAR_INSERTS = 8  # need no memory from the heap

cdef struct Inserts:
    minirpc_insert* all  # in the order of their places
    int count
    int most  # that there is room for
    uint32_t widest  # all the bits of their characters are in this
    Py_ssize_t length  # of all together, with escapes
    minirpc_insert[NEAR_INSERTS] near


cdef void open_inserts(Inserts* s) noexcept:
    s.all = s.near
    s.count = 0
    s.most = NEAR_INSERTS
    s.widest = 0x7F
    s.length = 0


cdef void close_inserts(Inserts* s) noexcept:
    cdef int i
    for i in range(s.count):
        Py_DECREF(s.all[i].text)
    if s.all != s.near:
        PyMem_Free(s.all)


cdef bint grow_inserts(Inserts* s) noexcept:
    cdef minirpc_insert* more
    if s.most > INT_MAX // 2:
        return False
    if s.all == s.near:
        more = <minirpc_insert*>PyMem_Malloc(2 * s.most * sizeof(minirpc_insert))
        if more != NULL:
            memcpy(more, s.all, s.count * sizeof(minirpc_insert))
    else:
        more = <minirpc_insert*>PyMem_Realloc(s.all, 2 * <size_t>s.most * sizeof(minirpc_insert))
    if more == NULL:
        return False
    s.all = more
    s.most *= 2
    return True


cdef bint insert(Writer* w, PyObject* text, Py_ssize_t first, Py_ssize_t length) noexcept:
    """Has a str, but for so many characters at its beginning, stand here. ``length`` is what it takes with its escapes."""
    cdef Inserts* s = w.inserts
    if s.count == s.most and not grow_inserts(s):
        return False
    Py_INCREF(text)
    s.all[s.count] = minirpc_insert(w.pos - w.start, text, first, length)
    s.count += 1
    s.length += length
    s.widest |= PyUnicode_MAX_CHAR_VALUE(text)
    return True


cdef bint add_wide(Writer* w, PyObject* text, Py_ssize_t first) noexcept:
    """Writes JSON, but for so many characters at its beginning."""
    if not minirpc_is_ready(text) or minirpc_escaped_length(text) < 0:  # a lone surrogate
        return False
    return insert(w, text, first, PyUnicode_GET_LENGTH(text) - first)


cdef PyObject* finished_text(Writer* w) noexcept:
    """The str that was written; NULL with an exception. Takes over the reference to the memory."""
    cdef PyObject* text
    cdef Inserts* s = w.inserts
    if w.heap != NULL and s.count == 0:
        return minirpc_cut_text(w.heap, w.pos - w.start)
    text = minirpc_joined_text(w.start, w.pos, s.all, s.count, s.length, s.widest)
    Py_XDECREF(w.heap)
    return text


cdef bint add_text(Writer* w, const char* text, Py_ssize_t size) noexcept:
    if not room(w, size):
        return False
    memcpy(w.pos, text, size)
    w.pos += size
    return True


cdef inline bint add_byte(Writer* w, uint8_t byte) noexcept:
    if not room(w, 1):
        return False
    w.pos[0] = byte
    w.pos += 1
    return True


cdef bint add_string(Writer* w, PyObject* value) noexcept:
    cdef Py_ssize_t size
    if not PyUnicode_CheckExact(value):
        return False
    if not minirpc_is_ascii_text(value):
        return add_wide_string(w, value)
    size = PyUnicode_GET_LENGTH(value)
    if not room(w, size + 2):
        return False
    w.pos[0] = b'"'
    if not minirpc_copy_plain(w.pos + 1, minirpc_text_bytes(value), size):
        return add_escaped_string(w, minirpc_text_bytes(value), size)
    w.pos[size + 1] = b'"'
    w.pos += size + 2
    return True


cdef bint add_wide_string(Writer* w, PyObject* value) noexcept:
    cdef Py_ssize_t length
    if not minirpc_is_ready(value):
        return False
    length = minirpc_escaped_length(value)
    return length >= 0 and add_byte(w, b'"') and insert(w, value, 0, length) and add_byte(w, b'"')


cdef bint add_escaped_string(Writer* w, const uint8_t* p, Py_ssize_t size) noexcept:
    """Writes ASCII in which something must be escaped."""
    cdef const uint8_t* end = p + size
    cdef Py_ssize_t run
    cdef uint8_t high = 0
    if not add_byte(w, b'"'):
        return False
    while True:
        run = minirpc_plain_end(p, end, &high) - p
        if not room(w, run + 8):
            return False
        memcpy(w.pos, p, run)
        w.pos += run
        p += run
        if p == end:
            w.pos[0] = b'"'
            w.pos += 1
            return True
        w.pos = minirpc_put_escape(w.pos, p[0])
        p += 1


cdef bint add_text_of(Writer* w, PyObject* function, PyObject* message, int depth, object registry) noexcept:
    """Writes what a Python function makes of a message, which the caller holds."""
    cdef bint done
    cdef PyObject* level = PyLong_FromLong(depth)
    cdef PyObject* text
    if level == NULL:
        return False
    text = PyObject_CallFunctionObjArgs(function, message, level, <PyObject*>registry, NULL)
    Py_DECREF(level)
    if text == NULL:
        return False
    if minirpc_is_ascii_text(text):
        done = add_text(w, <const char*>minirpc_text_bytes(text), PyUnicode_GET_LENGTH(text))
    else:  # all JSON begins with ASCII; write_object may have to change it
        done = add_byte(w, <uint8_t>PyUnicode_READ_CHAR(text, 0)) and add_wide(w, text, 1)
    Py_DECREF(text)
    return done
