# Part of _codec.pyx: messages to JSON text.
#
# This is the optimistic half of minirpc.message.json.writer: it writes what is common, and gives up on the rest, without
# a reason: the careful writer in Python then writes the message again, or finds the error. A function returns whether it
# went well; if not, there may be an exception.
#
# Unlike encoding, this calls Python code, for types with a form of their own and for extensions: what is used after such
# a call is held by a counted reference, and lists and dicts are read afresh.

cdef extern from "_json.h":
    void minirpc_fill_base64_pairs()
    uint8_t* minirpc_put_base64(uint8_t*, const uint8_t*, Py_ssize_t)

cdef extern from "_decimal.h":
    enum:
        MINIRPC_FLOAT_SIZE
        MINIRPC_POWERS
        MINIRPC_LEAST_POWER
    ctypedef struct minirpc_power:
        uint64_t high
        uint64_t low
    minirpc_power* minirpc_powers
    int minirpc_power_exponent(int)
    uint8_t* minirpc_put_decimal(uint8_t*, uint64_t, bint)
    uint8_t* minirpc_put_double(uint8_t*, double)
    uint8_t* minirpc_put_float(uint8_t*, float)

cdef bint powers_are_known = False


cdef int fill_powers() except -1:
    """Computes the powers of ten that _decimal.h needs. Before the first use, and not at import: it takes milliseconds."""
    cdef minirpc_power* power
    cdef int i
    global powers_are_known
    if powers_are_known:
        return 0
    for i in range(MINIRPC_POWERS):
        k = MINIRPC_LEAST_POWER + i
        e = minirpc_power_exponent(k)
        above, below = 10 ** max(k, 0) << max(-e, 0), 10 ** max(-k, 0) << max(e, 0)
        mantissa = -(-above // below)
        power = &minirpc_powers[i]
        power.high = mantissa >> 64
        power.low = mantissa & 0xFFFFFFFFFFFFFFFF
    powers_are_known = True
    return 0


minirpc_fill_base64_pairs()

cdef enum:
    DECIMAL_SIZE = 24  # the most that an integer takes, with its quotes
    KEY_BLOCK = 16  # bytes of a key that are copied in one go

cdef struct JsonField:
    const Field* f
    const char* key  # `,"name":`, and zeros up to a multiple of KEY_BLOCK
    Py_ssize_t key_size
    PyObject* wide_key  # the same behind the comma, as a str, if it is not all ASCII; or NULL
    PyObject* names  # of an enum: a dict by number of bytes, or of str where they are not ASCII; or NULL
    PyObject** low_names  # those of low numbers, NULL in the gaps
    int n_low_names
    PyObject* writer  # of a message: a JsonWriter, or a Python function


@cython.final
cdef class JsonWriter:
    """Writes the messages of one class as JSON.

    Args:
        cls: the class.
        describe: gives a tuple for each field, in the order of their numbers: the quoted name with a colon, as bytes; for
            an enum the texts of its values by number, as bytes, or None for numbers; for messages what writes them, a
            ``JsonWriter`` or ``(message, depth, registry)`` → text, or None. Called when the first message is written.
        extensions: ``(message, depth, registry)`` → the members that are extensions, each behind a comma; None if it
            cannot have any.
        with_defaults: write fields without presence that hold their default.
    """

    cdef Plan plan
    cdef object describe
    cdef object extensions
    cdef bint with_defaults
    cdef bint ready
    cdef bint linked  # so are the writers of sub-messages, and theirs, and so on
    cdef Py_ssize_t last_size  # of a text without what was not ASCII: a guess at the next
    cdef list kept
    cdef _Block block
    cdef JsonField* fields

    def __init__(self, cls, describe, extensions, bint with_defaults):
        self.plan = Plan.of(cls)
        self.describe = describe
        self.extensions = extensions
        self.with_defaults = with_defaults

    def write(self, message, int depth, registry):
        """Gives the text of a message.

        Raises:
            TypeError: it is nothing for this writer.
        """
        text = write_text(self, <PyObject*>message, depth, registry)
        if text is None:
            raise_pending_or_refusal()
        return text

    def serve(self):
        """Lets ``to_json`` use this writer for the messages of the class."""
        self.plan.json_writer = self

    cdef int prepare(self) except -1:
        cdef Table* t = &self.plan.table
        cdef JsonField* j
        cdef JsonField* fields
        cdef int i
        fill_powers()
        rows = self.describe()
        if not t.has_defaults:
            find_defaults(self.plan)
        block = _Block(max(t.n_fields, 1) * sizeof(JsonField))
        fields = <JsonField*>block.address
        for i, (key, names, writer) in enumerate(rows):
            j = &fields[i]
            wide = None if key.isascii() else key.decode()
            key = b"," + key
            j.f = &t.fields[i]
            j.key_size = len(key)
            key += bytes(KEY_BLOCK - 1 - (len(key) - 1) % KEY_BLOCK)
            j.key = PyBytes_AS_STRING(<PyObject*>key)
            j.wide_key = <PyObject*>wide if wide is not None else NULL
            if names is not None:
                names = {number: text if text.isascii() else text.decode() for number, text in names.items()}
            j.names = <PyObject*>names if names is not None else NULL
            low_names = find_low_names(j, names) if names is not None else None
            j.writer = <PyObject*>writer if writer is not None else NULL
            rows[i] = (key, wide, names, low_names, writer)
        if self.ready:
            return 0  # another thread was here
        self.kept = rows
        self.block = block
        self.fields = fields
        self.ready = True
        return 0


cdef object write_text(JsonWriter t, PyObject* message, int depth, object registry):
    """The text of a message; None, maybe with an exception that is pending, if it is not for this writer."""
    cdef uint8_t[STACK_SIZE] stack
    cdef Inserts inserts
    cdef Writer w
    cdef PyObject* text
    if not t.linked:
        prepare_all(t)
    if not PyObject_TypeCheck(message, t.plan.table.type):
        return None
    w.start = w.pos = stack
    w.end = stack + STACK_SIZE
    w.heap = NULL
    w.likely_size = t.last_size
    w.is_text = True
    w.inserts = &inserts
    open_inserts(&inserts)
    if not write_object(&w, t, message, depth, registry):
        close_inserts(&inserts)
        Py_XDECREF(w.heap)
        return None
    t.last_size = min(w.pos - w.start, <Py_ssize_t>LIKELY_SIZE)
    text = finished_text(&w)
    close_inserts(&inserts)
    return minirpc_take(text)


def to_json(message, registry):
    """The JSON text of a message, written with the usual options; None if the careful writer has to say more."""
    cdef Plan plan = plan_of(Py_TYPE(<PyObject*>message))
    if plan.json_writer is None:
        return None
    text = write_text(<JsonWriter>plan.json_writer, <PyObject*>message, MAX_DEPTH, registry)
    if text is None and PyErr_Occurred() != NULL:
        if not PyErr_ExceptionMatches(<PyObject*>REFUSALS):
            raise_pending()
        PyErr_Clear()
    return text


cdef tuple REFUSALS = (AttributeError, EncodeError, TypeError, UnicodeEncodeError)


cdef _Block find_low_names(JsonField* j, dict names):
    cdef int number
    low = [number for number in names if 0 <= number < DENSE_MEMBERS]
    cdef int count = max(low, default=-1) + 1
    block = _Block(count * sizeof(PyObject*))
    j.low_names = <PyObject**>block.address
    j.n_low_names = count
    for number in low:
        j.low_names[number] = <PyObject*>names[number]
    return block


cdef int prepare_all(JsonWriter root) except -1:
    """Makes ready what can be reached from a writer: nothing that is called later may raise."""
    cdef JsonWriter t
    found = [root]
    seen = {root}
    for t in found:  # grows
        if not t.ready:
            t.prepare()
        for *_, writer in t.kept:
            if isinstance(writer, JsonWriter) and writer not in seen:
                seen.add(writer)
                found.append(writer)
    for t in found:
        t.linked = True
    return 0


cdef int raise_pending_or_refusal() except -1:
    if PyErr_Occurred() != NULL:
        raise_pending()
    raise TypeError("not for this writer")


# ---- scalars


cdef bint add_bytes(Writer* w, PyObject* value) noexcept:
    cdef Py_ssize_t size
    if not PyBytes_CheckExact(value):
        return False
    size = PyBytes_GET_SIZE(value)
    if not room(w, (size + 2) // 3 * 4 + 2):
        return False
    w.pos[0] = b'"'
    w.pos = minirpc_put_base64(w.pos + 1, <const uint8_t*>PyBytes_AS_STRING(value), size)
    w.pos[0] = b'"'
    w.pos += 1
    return True


cdef inline bint is_wide(int kind) noexcept:
    return (
        kind == KIND_INT64 or kind == KIND_SINT64 or kind == KIND_SFIXED64 or kind == KIND_UINT64 or kind == KIND_FIXED64
    )


cdef bint add_int(Writer* w, const Field* f, PyObject* value, bint quoted) noexcept:
    cdef int kind = f.kind
    cdef int64_t number = 0
    cdef uint64_t size = 0
    cdef bint negative = False
    if kind == KIND_UINT64 or kind == KIND_FIXED64:
        if not minirpc_as_uint64(value, &size):
            return False
    else:
        if not minirpc_as_int64(value, &number):
            return False
        if kind == KIND_UINT32 or kind == KIND_FIXED32:
            if number != <uint32_t>number:
                return False
        elif not is_wide(kind) and number != <int32_t>number:
            return False
        negative = number < 0
        size = 0 - <uint64_t>number if negative else <uint64_t>number
    if not room(w, DECIMAL_SIZE):
        return False
    if quoted:
        w.pos[0] = b'"'
        w.pos += 1
    w.pos = minirpc_put_decimal(w.pos, size, negative)
    if quoted:
        w.pos[0] = b'"'
        w.pos += 1
    return True


cdef bint add_double(Writer* w, double number) noexcept:
    if not room(w, MINIRPC_FLOAT_SIZE):
        return False
    if number - number != 0.0:
        if number != number:
            return add_text(w, b'"NaN"', 5)
        return add_text(w, b'"Infinity"', 10) if number > 0 else add_text(w, b'"-Infinity"', 11)
    w.pos = minirpc_put_double(w.pos, number)
    return True


cdef bint add_enum(Writer* w, const JsonField* j, const Field* f, PyObject* value) noexcept:
    cdef PyObject* name = NULL
    cdef int64_t number = 0
    if Py_TYPE(value) != <PyTypeObject*>f.enum_class and not PyLong_CheckExact(value):
        return False
    if not minirpc_as_int64(value, &number) or number != <int32_t>number:
        return False
    if 0 <= number < j.n_low_names:
        name = j.low_names[number]
    elif j.names != NULL:
        name = name_of_number(j, number)
        if name == NULL and PyErr_Occurred() != NULL:
            return False
    if name == NULL:
        return (not f.closed or is_named(f, <int32_t>number)) and add_int(w, f, value, False)
    if not PyBytes_CheckExact(name):
        return add_wide(w, name, 0)
    return add_text(w, PyBytes_AS_STRING(name), PyBytes_GET_SIZE(name))


cdef PyObject* name_of_number(const JsonField* j, int64_t number) noexcept:
    cdef PyObject* key = PyLong_FromLongLong(number)
    cdef PyObject* name
    if key == NULL:
        return NULL
    name = PyDict_GetItemWithError(j.names, key)
    Py_DECREF(key)
    return name


cdef bint add_scalar(Writer* w, const JsonField* j, const Field* f, PyObject* value) noexcept:
    cdef int kind = f.kind
    if kind == KIND_STRING:
        return add_string(w, value)
    if kind == KIND_BYTES:
        return add_bytes(w, value)
    if kind == KIND_ENUM:
        return add_enum(w, j, f, value)
    if kind == KIND_BOOL:
        if value == True_:
            return add_text(w, b"true", 4)
        return value == False_ and add_text(w, b"false", 5)
    if kind == KIND_DOUBLE:
        return PyFloat_CheckExact(value) and add_double(w, PyFloat_AS_DOUBLE(value))
    if kind == KIND_FLOAT:
        return add_float(w, value)
    return PyLong_CheckExact(value) and add_int(w, f, value, is_wide(kind))


cdef bint add_float(Writer* w, PyObject* value) noexcept:
    """Writes a binary32 number by the fewest digits that tell it from its neighbours."""
    if not PyFloat_CheckExact(value):
        return False
    return add_float_number(w, PyFloat_AS_DOUBLE(value))


cdef bint add_float_number(Writer* w, double number) noexcept:
    if number - number != 0.0:
        return add_double(w, number)
    if fabs(number) >= FLOAT_OVERFLOW or not room(w, MINIRPC_FLOAT_SIZE):
        return False
    w.pos = minirpc_put_float(w.pos, <float>number)
    return True


# ---- messages


cdef inline bint add_field_key(Writer* w, const JsonField* j) noexcept:
    cdef Py_ssize_t at = 0
    if j.wide_key != NULL:
        return add_byte(w, b",") and add_wide(w, j.wide_key, 0)
    if not room(w, j.key_size + KEY_BLOCK):
        return False
    while at < j.key_size:  # what is too much is overwritten
        memcpy(w.pos + at, j.key + at, KEY_BLOCK)
        at += KEY_BLOCK
    w.pos += j.key_size
    return True


cdef bint is_json_default(const Field* f, PyObject* value) noexcept:
    """Whether a value is the one that is not written. What is of a wrong type is not."""
    cdef int kind = f.kind
    cdef int64_t number = 1
    if value == f.default:
        return True
    if kind == KIND_STRING:
        return PyUnicode_CheckExact(value) and minirpc_is_ascii_text(value) and PyUnicode_GET_LENGTH(value) == 0
    if kind == KIND_BYTES:
        return PyBytes_CheckExact(value) and PyBytes_GET_SIZE(value) == 0
    if kind == KIND_BOOL:
        return value == False_
    if kind == KIND_DOUBLE or kind == KIND_FLOAT:
        return PyFloat_CheckExact(value) and minirpc_double_to_bits(PyFloat_AS_DOUBLE(value)) == 0
    if kind == KIND_ENUM and Py_TYPE(value) == <PyTypeObject*>f.enum_class:
        return minirpc_as_int64(value, &number) and number == 0
    return PyLong_CheckExact(value) and minirpc_as_int64(value, &number) and number == 0


cdef bint add_message(Writer* w, const JsonField* j, PyObject* value, int depth, object registry) noexcept:
    """Writes a sub-message."""
    cdef bint done = False
    Py_INCREF(value)
    if Py_TYPE(j.writer) == <PyTypeObject*>JsonWriter:
        if PyObject_TypeCheck(value, (<JsonWriter>j.writer).plan.table.type):
            done = write_object(w, <JsonWriter>j.writer, value, depth, registry)
    else:
        done = add_text_of(w, j.writer, value, depth, registry)
    Py_DECREF(value)
    return done


cdef bint add_value(Writer* w, const JsonField* j, const Field* f, PyObject* value, int depth, object registry) noexcept:
    if j.writer != NULL:
        return add_message(w, j, value, depth - 1, registry)
    return add_scalar(w, j, f, value)


cdef bint add_numbers_as_json(Writer* w, const Field* f, PyObject* numbers) noexcept:
    """Writes the elements of Numbers, which holds no references."""
    cdef Py_ssize_t count = 0
    cdef Py_ssize_t i
    cdef const char* at = minirpc_numbers_items(numbers, &count)
    if f.kind != KIND_DOUBLE and f.kind != KIND_FLOAT:
        return add_integers(w, f, at, count)
    for i in range(count):
        if i and not add_byte(w, b","):
            return False
        if not (add_double(w, (<const double*>at)[i]) if f.kind == KIND_DOUBLE else add_float_number(w, (<const float*>at)[i])):
            return False
    return True


cdef bint add_integers(Writer* w, const Field* f, const char* at, Py_ssize_t count) noexcept:
    """Writes integers in memory, which stay there: nobody else gets to run."""
    cdef Py_ssize_t i
    for i in range(count):
        if not room(w, DECIMAL_SIZE + 1):
            return False
        if i:
            w.pos[0] = b","
            w.pos += 1
        add_number(w, f, at + i * f.number_size)
    return True


cdef void add_number(Writer* w, const Field* f, const char* at) noexcept:
    """Writes an integer in memory, where there is room."""
    cdef int64_t number
    cdef bint wide = f.number_size == 8
    if wide:
        number = (<const int64_t*>at)[0]
    elif f.kind == KIND_UINT32 or f.kind == KIND_FIXED32:
        number = (<const uint32_t*>at)[0]
    else:
        number = (<const int32_t*>at)[0]
    if wide:
        w.pos[0] = b'"'
        w.pos += 1
    if number < 0 and f.kind != KIND_UINT64 and f.kind != KIND_FIXED64:
        w.pos = minirpc_put_decimal(w.pos, 0 - <uint64_t>number, True)
    else:
        w.pos = minirpc_put_decimal(w.pos, <uint64_t>number, False)
    if wide:
        w.pos[0] = b'"'
        w.pos += 1


cdef bint add_list(Writer* w, const JsonField* j, PyObject* items, int depth, object registry) noexcept:
    """Writes an array of what the caller holds."""
    cdef Py_ssize_t i = 0
    if not add_byte(w, b"["):
        return False
    if j.f.typecode and minirpc_is_numbers(items, j.f.number_type):
        return add_numbers_as_json(w, j.f, items) and add_byte(w, b"]")
    if not PyList_CheckExact(items):
        return False
    while i < PyList_GET_SIZE(items):
        if i and not add_byte(w, b","):
            return False
        if not add_value(w, j, j.f, PyList_GET_ITEM(items, i), depth, registry):
            return False
        i += 1
    return add_byte(w, b"]")


cdef bint add_key(Writer* w, const JsonField* j, PyObject* key) noexcept:
    cdef const Field* f = j.f.key
    if f.kind == KIND_STRING:
        return add_string(w, key)
    if f.kind == KIND_BOOL:
        if key == True_:
            return add_text(w, b'"true"', 6)
        return key == False_ and add_text(w, b'"false"', 7)
    return PyLong_CheckExact(key) and add_int(w, f, key, True)


cdef bint add_map(Writer* w, const JsonField* j, PyObject* entries, int depth, object registry) noexcept:
    """Writes an object of the dict that the caller holds."""
    cdef PyObject* key = NULL
    cdef PyObject* value = NULL
    cdef Py_ssize_t pos = 0
    cdef Py_ssize_t size
    cdef bint first = True
    if not PyDict_CheckExact(entries) or not add_byte(w, b"{"):
        return False
    size = PyDict_GET_SIZE(entries)
    while PyDict_Next(entries, &pos, &key, &value):
        if not first and not add_byte(w, b","):
            return False
        first = False
        if not (add_key(w, j, key) and add_byte(w, b":") and add_value(w, j, j.f.value, value, depth, registry)):
            return False
        if PyDict_GET_SIZE(entries) != size:
            return False
    return add_byte(w, b"}")


cdef bint add_container(Writer* w, JsonWriter t, const JsonField* j, PyObject* items, int depth, object registry) noexcept:
    cdef bint done
    if is_absent(items):
        if not t.with_defaults:
            return True
        return add_field_key(w, j) and add_text(w, b"{}" if j.f.shape == MAP_ENTRIES else b"[]", 2)
    if not t.with_defaults and is_empty(j.f, items):
        if j.f.shape == MAP_ENTRIES:
            return PyDict_CheckExact(items)
        return PyList_CheckExact(items) or (j.f.typecode and minirpc_is_numbers(items, j.f.number_type))
    Py_INCREF(items)
    done = add_field_key(w, j) and (
        add_map(w, j, items, depth, registry) if j.f.shape == MAP_ENTRIES else add_list(w, j, items, depth, registry)
    )
    Py_DECREF(items)
    return done


cdef bint may_have_extensions(const Table* t, PyObject* message) noexcept:
    """Whether there is a holder of one, or there are unknown fields, of which one may be."""
    cdef PyObject* unknown = slot_at(message, t.unknown)[0]
    if t.extensions == NO_SLOT or not is_absent(slot_at(message, t.extensions)[0]):
        return True
    return unknown != NULL and not (PyBytes_CheckExact(unknown) and PyBytes_GET_SIZE(unknown) == 0)


cdef bint write_object(Writer* w, JsonWriter t, PyObject* message, int depth, object registry) noexcept:
    """Writes a message, which the caller holds, as an object of its fields."""
    cdef Py_ssize_t start = w.pos - w.start
    cdef const JsonField* j
    cdef PyObject* value
    cdef int i
    if depth < 0:
        return False
    for i in range(t.plan.table.n_fields):
        j = &t.fields[i]
        if j.f.keeps_runs and not settle(j.f, slot_at(message, j.f.offset)):
            PyErr_Clear()
            return False
        value = slot_at(message, j.f.offset)[0]
        if j.f.shape >= MANY_SCALARS:
            if not add_container(w, t, j, value, depth, registry):
                return False
            continue
        if value == NULL:
            value = j.f.default
        if j.f.implicit:
            if not t.with_defaults and is_json_default(j.f, value):
                continue
        elif value == None_:
            continue
        if not (add_field_key(w, j) and add_value(w, j, j.f, value, depth, registry)):
            return False
    if t.extensions is not None and may_have_extensions(&t.plan.table, message):
        if not add_text_of(w, <PyObject*>t.extensions, message, depth, registry):
            return False
    if w.pos - w.start == start:
        return add_text(w, b"{}", 2)
    w.start[start] = b"{"  # instead of the first comma
    return add_byte(w, b"}")
