# Part of _codec.pyx: JSON text to messages: the reader of a class, and the tables that it reads by.
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
