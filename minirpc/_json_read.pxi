# Part of _codec.pyx: JSON text to messages.
#
# This is the optimistic half of minirpc.message.json.reader: it reads what is common straight from the text, with no
# tree between, and gives up on the rest, malformed text included, without a reason. What it has made so far is thrown
# away then, and the careful reader in Python reads the text again, or finds the error. So no rule of errors exists twice.
#
# A function returns the place behind what it read, or NULL; then there may be an exception (no memory, or one of Python
# code that was called), which goes to the caller. The text is held by the outermost function, and nobody can change it.

cdef extern from "_json_read.h":
    ctypedef struct minirpc_name:
        const uint8_t* text
        Py_ssize_t size
        void* value
    ctypedef struct minirpc_names:
        minirpc_name* places
        int bits
    ctypedef struct minirpc_scratch:
        uint8_t* at
    ctypedef struct minirpc_number:
        uint64_t digits
        bint negative
        bint whole
        bint exact
    const uint8_t* minirpc_skip_space(const uint8_t*)
    minirpc_name* minirpc_place_of(const minirpc_names*, const uint8_t*, Py_ssize_t)
    void* minirpc_find_name(const minirpc_names*, const uint8_t*, Py_ssize_t)
    void minirpc_open_scratch(minirpc_scratch*)
    void minirpc_close_scratch(minirpc_scratch*)
    bint minirpc_scratch_room(minirpc_scratch*, Py_ssize_t, Py_ssize_t)
    PyObject* minirpc_read_string(const uint8_t**, const uint8_t*, minirpc_scratch*)
    const uint8_t* minirpc_skip_string(const uint8_t*, const uint8_t*, minirpc_scratch*)
    void minirpc_fill_base64_values()
    PyObject* minirpc_read_base64(const uint8_t*, Py_ssize_t)
    const uint8_t* minirpc_read_number(const uint8_t*, minirpc_number*)
    bint minirpc_read_double(const minirpc_number*, const uint8_t*, const uint8_t*, double*)
    const uint8_t* minirpc_read_timestamp(const uint8_t*, int64_t*, int64_t*)
    const uint8_t* minirpc_read_duration(const uint8_t*, int64_t*, int64_t*)

cdef extern from "Python.h":
    Py_ssize_t PY_SSIZE_T_MAX

cdef extern from "<string.h>":
    const void* memchr(const void*, int, size_t)

cdef enum:
    MAX_LEVELS = 256  # of objects and arrays: the C stack is finite
    SEEN_WORDS = 4  # for the fields of a class that are noted on the C stack

cdef enum JsonForm:
    FORM_OBJECT  # of the fields
    FORM_WRAPPER
    FORM_STRUCT
    FORM_LIST
    FORM_VALUE
    FORM_TIMESTAMP
    FORM_DURATION

cdef struct JsonTable

cdef struct JsonEntry:
    const Field* f
    const uint8_t* name  # in the text, with the closing quote
    Py_ssize_t size
    minirpc_names* members  # of an enum: the members of its class by name
    PyObject* null  # what stands for null in an enum, or NULL
    JsonTable* table  # of a message that is read here
    PyObject* function  # of any other message

cdef struct JsonTable:
    Table* table
    JsonForm form
    bint extendable
    int n_entries
    JsonEntry* entries  # in the order of the numbers
    minirpc_names names  # entries by their names

cdef struct JsonText:
    const uint8_t* end
    int levels  # that may still nest
    bint ignore_unknown
    minirpc_scratch scratch
    PyObject* registry
    PyObject* limit  # of depth

cdef dict JSON_FORMS = {
    "": FORM_OBJECT, "wrapper": FORM_WRAPPER, "struct": FORM_STRUCT, "list": FORM_LIST, "value": FORM_VALUE,
    "timestamp": FORM_TIMESTAMP, "duration": FORM_DURATION,
}

minirpc_fill_base64_values()


@cython.final
cdef class JsonReader:
    """Reads the messages of one class from JSON.

    Args:
        cls: the class.
        form: "" for an object of the fields; or else what the class is: "timestamp", "duration", "wrapper", "struct",
            "list" or "value".
        describe: gives the rows of the fields, in the order of their numbers, and the places of the rows by the names of
            the fields. A row has the name that is expected; for an enum its members by name, None being that of null;
            for messages what reads them: a ``JsonReader``, or ``(text, depth, ignore_unknown, registry, max_depth)``
            → message, or None where it gives up. Called when the first message is read.
        extendable: whether members with other names may be extensions.
    """

    cdef Plan plan
    cdef object describe
    cdef bint ready
    cdef bint linked  # so are the readers of sub-messages, and theirs, and so on
    cdef list kept
    cdef JsonTable table

    def __init__(self, cls, str form, describe, bint extendable):
        self.plan = Plan.of(cls)
        self.describe = describe
        self.table.form = JSON_FORMS[form]
        self.table.extendable = extendable

    def read(self, cls, data, bint ignore_unknown, registry, max_depth):
        """Reads a message of ``cls``, the reader's class or a subclass, from all of a document.

        Returns:
            The message. None if the text is malformed, does not fit, or has something that is not read here.
        """
        cdef const char* at
        cdef Py_ssize_t size = 0
        if not self.linked:
            prepare_readers(self)
        if isinstance(data, str):
            if not minirpc_is_ascii_text(<PyObject*>data):
                try:
                    data = str.encode(data)  # and not the copy that a str keeps of itself: it may be large
                except UnicodeEncodeError:
                    return None
        elif isinstance(data, bytearray):
            data = bytes(data)  # other code can change it
        elif not isinstance(data, bytes):
            return None
        if not PyLong_CheckExact(<PyObject*>max_depth):
            return None
        if isinstance(data, bytes):
            at, size = PyBytes_AS_STRING(<PyObject*>data), PyBytes_GET_SIZE(<PyObject*>data)
        else:
            at = minirpc_utf8(<PyObject*>data, &size)
        return read_document(&self.table, cls, <const uint8_t*>at, size, ignore_unknown, registry, max_depth)

    cdef int prepare(self) except -1:
        cdef JsonTable* t = &self.table
        cdef JsonEntry* j
        cdef int i
        fill_powers()
        if not self.plan.table.linked:
            link(self.plan)
        rows, places = self.describe()
        kept = [rows, places]
        block = _Block(max(len(rows), 1) * sizeof(JsonEntry))
        kept.append(block)
        entries = <JsonEntry*>block.address
        for i, (name, members, reader) in enumerate(rows):
            j = &entries[i]
            j.f = &self.plan.table.fields[i]
            quoted = (name + '"').encode()
            kept.append(quoted)
            j.name = <const uint8_t*>PyBytes_AS_STRING(<PyObject*>quoted)
            # what has to be escaped never stands in the text like this
            j.size = len(quoted) if name.isprintable() and '"' not in name and "\\" not in name else PY_SSIZE_T_MAX
            if members is not None:
                find_members(j, members, kept)
            if isinstance(reader, JsonReader):
                j.table = &(<JsonReader>reader).table
            elif reader is not None:
                j.function = <PyObject*>reader
        if self.ready:
            return 0  # another thread was here
        t.table = &self.plan.table
        t.n_entries = len(rows)
        t.entries = entries
        index_json_names(&t.names, [(name, <size_t>&entries[place]) for name, place in places.items()], kept)
        self.kept = kept
        self.ready = True
        return 0


cdef int find_members(JsonEntry* j, dict members, list kept) except -1:
    block = _Block(sizeof(minirpc_names))
    kept.append(block)
    j.members = <minirpc_names*>block.address
    index_json_names(j.members, [(name, <size_t><PyObject*>member) for name, member in members.items() if name], kept)
    if None in members:
        j.null = <PyObject*>members[None]


cdef int index_json_names(minirpc_names* names, list pairs, list kept) except -1:
    """Makes a table of (name, pointer)."""
    cdef minirpc_name* place
    cdef size_t value
    cdef int bits = 1
    while 1 << bits < 2 * len(pairs):
        bits += 1
    block = _Block((<size_t>1 << bits) * sizeof(minirpc_name))
    kept.append(block)
    names.bits = bits
    names.places = <minirpc_name*>block.address
    for name, value in pairs:
        text = name.encode()
        kept.append(text)
        place = minirpc_place_of(names, <const uint8_t*>PyBytes_AS_STRING(<PyObject*>text), len(text))
        place.text = <const uint8_t*>PyBytes_AS_STRING(<PyObject*>text)
        place.size = len(text)
        place.value = <void*>value
    return 0


cdef int prepare_readers(JsonReader root) except -1:
    """Makes ready what can be reached from a reader: nothing that is called later may raise."""
    cdef JsonReader t
    found = [root]
    seen = {root}
    for t in found:  # grows
        if not t.ready:
            t.prepare()
        for _, _, reader in t.kept[0]:
            if isinstance(reader, JsonReader) and reader not in seen:
                seen.add(reader)
                found.append(reader)
    for t in found:
        t.linked = True
    return 0


cdef object read_document(
    JsonTable* t, object cls, const uint8_t* at, Py_ssize_t size, bint ignore_unknown, object registry, object max_depth
):
    cdef JsonText r
    cdef const uint8_t* p
    cdef PyObject* message
    cdef int64_t depth = 0
    cdef bint pause
    cdef bint own = <PyTypeObject*><PyObject*>cls == t.table.type
    if not own and t.form != FORM_OBJECT:
        return None
    if not minirpc_as_int64(<PyObject*>max_depth, &depth) or depth < 0:
        return None
    message = new_message(t.table) if own else new_of_type(t.table, <PyTypeObject*><PyObject*>cls)
    if message == NULL:
        raise_pending()
    r.end = at + size
    r.levels = MAX_LEVELS
    r.ignore_unknown = ignore_unknown
    r.registry = <PyObject*>registry
    r.limit = <PyObject*>max_depth
    minirpc_open_scratch(&r.scratch)
    pause = size > GC_PAUSE_SIZE and PyGC_Disable()
    p = read_json_message(&r, t, message, minirpc_skip_space(at), <int>min(depth, MAX_LEVELS))
    if pause:
        PyGC_Enable()
    minirpc_close_scratch(&r.scratch)
    if p != NULL and minirpc_skip_space(p) == r.end:
        return minirpc_take(message)
    Py_DECREF(message)
    if PyErr_Occurred() != NULL:
        raise_pending()
    return None


# ---- tokens


cdef inline bint is_word(const uint8_t* p, const char* word, Py_ssize_t size) noexcept:
    """Whether a word stands at ``p``; the text ends with a zero, as the word does."""
    cdef Py_ssize_t i
    for i in range(size):
        if p[i] != <uint8_t>word[i]:
            return False
    return True


cdef inline const uint8_t* behind_name(const uint8_t* p) noexcept:
    """Goes from the place behind a member's name to its value; NULL if there is no colon."""
    p = minirpc_skip_space(p)
    return minirpc_skip_space(p + 1) if p[0] == b":" else NULL


cdef inline const uint8_t* next_item(const uint8_t* p, uint8_t closing, bint* more) noexcept:
    """Goes from the place behind an element or a member to the next one, or behind the closing bracket."""
    p = minirpc_skip_space(p)
    more[0] = p[0] == b","
    if more[0]:
        return minirpc_skip_space(p + 1)
    return p + 1 if p[0] == closing else NULL


cdef inline const uint8_t* first_item(const uint8_t* p, uint8_t closing, bint* more) noexcept:
    """The same from behind an opening bracket."""
    p = minirpc_skip_space(p)
    more[0] = p[0] != closing
    return p if more[0] else p + 1


cdef const uint8_t* skip_json(JsonText* r, const uint8_t* p) noexcept:
    """Goes over any value."""
    cdef minirpc_number number
    cdef uint8_t first = p[0]
    cdef bint more = False
    if first == b'"':
        return minirpc_skip_string(p + 1, r.end, &r.scratch)
    if first == b"t":
        return p + 4 if is_word(p, b"true", 4) else NULL
    if first == b"f":
        return p + 5 if is_word(p, b"false", 5) else NULL
    if first == b"n":
        return p + 4 if is_word(p, b"null", 4) else NULL
    if first != b"{" and first != b"[":
        return minirpc_read_number(p, &number)
    if r.levels == 0:
        return NULL
    r.levels -= 1
    p = first_item(p + 1, first + 2, &more)  # the closing bracket, in ASCII
    while more:
        if first == b"{":
            p = minirpc_skip_string(p + 1, r.end, &r.scratch) if p[0] == b'"' else NULL
            if p != NULL:
                p = behind_name(p)
            if p == NULL:
                return NULL
        p = skip_json(r, p)
        if p == NULL:
            return NULL
        p = next_item(p, first + 2, &more)
        if p == NULL:
            return NULL
    r.levels += 1
    return p


# ---- scalars


cdef const uint8_t* read_json_int(const Field* f, const uint8_t* p, uint64_t* bits) noexcept:
    """Reads an integer, quoted or not, as a number of 64 bits."""
    cdef minirpc_number number
    cdef uint64_t limit
    cdef int kind = f.kind
    cdef bint quoted = p[0] == b'"'
    p = minirpc_read_number(p + quoted, &number)
    if p == NULL or not number.whole or not number.exact:
        return NULL
    if quoted:
        if p[0] != b'"':
            return NULL
        p += 1
    if kind == KIND_UINT64 or kind == KIND_FIXED64:
        limit = 0 if number.negative else <uint64_t>-1
    elif kind == KIND_UINT32 or kind == KIND_FIXED32:
        limit = 0 if number.negative else <uint32_t>-1
    elif is_wide(kind):
        limit = (<uint64_t>1 << 63) - 1 + number.negative
    else:
        limit = (<uint64_t>1 << 31) - 1 + number.negative
    if number.digits > limit:
        return NULL
    bits[0] = 0 - number.digits if number.negative else number.digits
    return p


cdef const uint8_t* read_json_double(const uint8_t* p, double* value) noexcept:
    cdef minirpc_number number
    cdef const uint8_t* start = p
    cdef bint quoted = p[0] == b'"'
    p = minirpc_read_number(p + quoted, &number)
    if p == NULL:
        if is_word(start, b'"NaN"', 5):
            value[0] = NOT_A_NUMBER
            return start + 5
        if is_word(start, b'"Infinity"', 10):
            value[0] = INFINITE
            return start + 10
        if is_word(start, b'"-Infinity"', 11):
            value[0] = -INFINITE
            return start + 11
        return NULL
    if quoted:
        number.whole = False  # it is a text, and so "-0" has a sign
    if not minirpc_read_double(&number, start + quoted, p, value):
        return NULL
    if not quoted:
        return p
    return p + 1 if p[0] == b'"' else NULL


cdef double NOT_A_NUMBER = float("nan")
cdef double INFINITE = float("inf")


cdef const uint8_t* read_json_number(const Field* f, const uint8_t* p, uint64_t* bits) noexcept:
    """Reads a number as it stands in memory: in the low half, if it has 32 bits."""
    cdef double number = 0.0
    if f.kind != KIND_DOUBLE and f.kind != KIND_FLOAT:
        return read_json_int(f, p, bits)
    p = read_json_double(p, &number)
    if p == NULL:
        return NULL
    if f.kind == KIND_DOUBLE:
        bits[0] = minirpc_double_to_bits(number)
        return p
    if FLOAT_OVERFLOW <= fabs(number) <= DOUBLE_MAX:
        return NULL
    bits[0] = minirpc_float_to_bits(number)
    return p


cdef PyObject* object_of_number(const Field* f, uint64_t bits) noexcept:
    cdef int kind = f.kind
    if kind == KIND_DOUBLE:
        return PyFloat_FromDouble(minirpc_bits_to_double(bits))
    if kind == KIND_FLOAT:
        return PyFloat_FromDouble(minirpc_bits_to_float(<uint32_t>bits))
    if kind == KIND_UINT64 or kind == KIND_FIXED64:
        return PyLong_FromUnsignedLongLong(bits)
    return PyLong_FromLongLong(<int64_t>bits)


cdef const uint8_t* read_json_enum(
    JsonText* r, const JsonEntry* j, const Field* f, const uint8_t* p, PyObject** value
) noexcept:
    """Reads an enum's name or number. ``value`` stays NULL if it is to be left out."""
    cdef uint64_t bits = 0
    cdef const uint8_t* start = p + 1
    if p[0] == b'"':
        p = start
        while p[0] >= b"0" and p[0] < 128 and p[0] != b"\\":  # whatever a name may have, and no quote
            p += 1
        if p[0] != b'"':
            return NULL
        value[0] = <PyObject*>minirpc_find_name(j.members, start, p - start)
        if value[0] == NULL:
            return p + 1 if r.ignore_unknown else NULL
        Py_INCREF(value[0])
        return p + 1
    if p[0] == b"n":
        if j.null == NULL or not is_word(p, b"null", 4):
            return NULL
        Py_INCREF(j.null)
        value[0] = j.null
        return p + 4
    p = read_json_int(f, p, &bits)
    if p == NULL:
        return NULL
    value[0] = enum_member(f, <int32_t><int64_t>bits)
    return NULL if value[0] == NULL else p


cdef const uint8_t* read_json_bytes(JsonText* r, const uint8_t* p, PyObject** value) noexcept:
    cdef const uint8_t* quote
    if p[0] != b'"':
        return NULL
    p += 1
    quote = <const uint8_t*>memchr(p, b'"', r.end - p)
    if quote == NULL:
        return NULL
    value[0] = minirpc_read_base64(p, quote - p)
    return NULL if value[0] == NULL else quote + 1


cdef inline const uint8_t* read_json_string(JsonText* r, const uint8_t* p, PyObject** value) noexcept:
    if p[0] != b'"':
        return NULL
    p += 1
    value[0] = minirpc_read_string(&p, r.end, &r.scratch)
    return NULL if value[0] == NULL else p


cdef const uint8_t* read_json_bool(const uint8_t* p, PyObject** value) noexcept:
    if is_word(p, b"true", 4):
        value[0] = True_
        p += 4
    elif is_word(p, b"false", 5):
        value[0] = False_
        p += 5
    else:
        return NULL
    Py_INCREF(value[0])
    return p


cdef const uint8_t* read_json_scalar(
    JsonText* r, const JsonEntry* j, const Field* f, const uint8_t* p, PyObject** value
) noexcept:
    """Reads a value that is no message. ``value`` becomes a new reference; it stays NULL if it is to be left out."""
    cdef uint64_t bits = 0
    cdef int kind = f.kind
    if kind == KIND_STRING:
        return read_json_string(r, p, value)
    if kind == KIND_BYTES:
        return read_json_bytes(r, p, value)
    if kind == KIND_BOOL:
        return read_json_bool(p, value)
    if kind == KIND_ENUM:
        return read_json_enum(r, j, f, p, value)
    p = read_json_number(f, p, &bits)
    if p == NULL:
        return NULL
    value[0] = object_of_number(f, bits)
    return NULL if value[0] == NULL else p


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
