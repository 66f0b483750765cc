# Part of _codec.pyx: messages as Python objects. Constructor, equality, copies.


# ---- construction


cdef Field* find_name(const Table* t, PyObject* name) except? NULL:
    """The field that a keyword names, or NULL."""
    cdef Py_hash_t at = minirpc_text_hash(name) & t.name_mask
    cdef Field* f
    while t.by_name[at] != NULL:
        f = t.by_name[at]
        if f.name == name or PyUnicode_Compare(f.name, name) == 0:
            return f
        at = (at + 1) & t.name_mask
    return NULL


cdef bint assign(Plan plan, PyObject* message, PyObject* name, PyObject* value) except -1:
    """Stores a keyword's value. Returns whether it sets a member of a oneof that has others."""
    cdef Field* f = find_name(&plan.table, name)
    if f == NULL:
        raise TypeError(f"{plan.cls.__name__}() got an unexpected keyword argument {<object>name!r}")
    return assign_to(f, message, value)


cdef inline bint assign_to(Field* f, PyObject* message, PyObject* value) except -1:
    if value == None_ and f.shape >= MANY_SCALARS:
        return False
    if f.typecode:
        kept = adopted(f, <object>value)
        Py_INCREF(<PyObject*>kept)
        put(message, f.offset, <PyObject*>kept)
        return False
    Py_INCREF(value)
    put(message, f.offset, value)
    return f.n_siblings > 0 and value != None_


cdef int check_oneofs(Plan plan, PyObject* message) except -1:
    given = {}
    for spec in plan.cls.__fields__:
        if spec.oneof and getattr(<object>message, spec.slot) is not None:
            given.setdefault(spec.oneof, []).append(spec.name)
    for oneof, names in given.items():
        if len(names) > 1:
            raise TypeError(
                f"{plan.cls.__name__}() got two members of oneof {oneof!r}: {names[0]!r} and {names[1]!r}"
            )
    return 0


cdef int refuse_positional(Plan plan) except -1:
    raise TypeError(f"{plan.cls.__name__}() takes no positional arguments")


cdef int assign_keywords(Plan plan, PyObject* message, PyObject* const* values, PyObject* names) except -1:
    cdef bint oneofs = False
    cdef Py_ssize_t i
    for i in range(PyTuple_GET_SIZE(names)):
        if <PyObject*>plan.keywords == names:  # still: to adopt a value may run code
            oneofs |= assign_to(plan.keyword_fields[i], message, values[i])
        else:
            oneofs |= assign(plan, message, PyTuple_GET_ITEM(names, i), values[i])
    return check_oneofs(plan, message) if oneofs else 0


cdef int note_keywords(Plan plan, PyObject* names) except -1:
    """Looks up the names of a call: each time that one line of a program makes a message, they are the same tuple."""
    cdef Table* t = &plan.table
    cdef Py_ssize_t count = PyTuple_GET_SIZE(names)
    cdef Py_ssize_t i
    plan.keywords = None
    if count > t.n_fields:
        return 0  # one of them is no field
    for i in range(count):
        if not PyUnicode_CheckExact(PyTuple_GET_ITEM(names, i)):
            return 0  # its hash may be code, which may make a message, and note its names
        plan.keyword_fields[i] = find_name(t, PyTuple_GET_ITEM(names, i))
        if plan.keyword_fields[i] == NULL:
            return 0
    plan.keywords = <object>names
    return 0


cdef PyObject* construct(PyObject* cls, PyObject* const* args, size_t nargsf, PyObject* names) except NULL:
    """What a call of a message class runs: see ``minirpc_set_constructor``."""
    cdef Plan plan = plan_of(<PyTypeObject*>cls)
    cdef Table* t = &plan.table
    cdef PyObject* message
    if PyVectorcall_NARGS(nargsf):
        refuse_positional(plan)
    if not t.has_defaults:
        find_defaults(plan)
    message = new_untracked(t) if t.plain else new_of_type(t, t.type)
    if message == NULL:
        raise_pending()
    if names != NULL:
        try:
            if <PyObject*>plan.keywords != names:
                note_keywords(plan, names)
            assign_keywords(plan, message, args, names)
        except BaseException:
            Py_DECREF(message)
            raise
    if t.plain and not t.leaf:
        PyObject_GC_Track(message)
    return message


def init(self, /, *args, **fields):
    """``Message.__init__``: sets every field, to its keyword's value or to its default.

    Raises:
        TypeError: an unknown keyword, a positional argument, or two members of one oneof.
    """
    cdef PyObject* message = <PyObject*>self
    cdef Plan plan = plan_of(Py_TYPE(message))
    cdef Table* t = &plan.table
    cdef bint oneofs = False
    cdef int i
    if args:
        refuse_positional(plan)
    if not t.has_defaults:
        find_defaults(plan)
    for i in range(t.n_fields):
        Py_XINCREF(t.fields[i].default)
        put(message, t.fields[i].offset, t.fields[i].default)
    Py_INCREF(EMPTY_BYTES)
    put(message, t.unknown, EMPTY_BYTES)
    if t.extensions != NO_SLOT:
        set_none(message, t.extensions)
    for name, value in fields.items():
        if assign(plan, message, <PyObject*>name, <PyObject*>value):
            oneofs = True
    if oneofs:
        check_oneofs(plan, message)


def install(cls):
    """Gives a message class a constructor that does without ``__new__`` and ``__init__``, if it has none of its own."""
    if cls.__init__ is init:
        minirpc_set_constructor(<PyTypeObject*>cls, &construct)


# ---- equality


def equal(a, b):
    """``__eq__``: same class, equal fields (as in tuples: identical or equal), same unknown fields."""
    if type(a) is not type(b):
        return NotImplemented
    if a is b:
        return True
    cdef Plan plan = plan_of(Py_TYPE(<PyObject*>a))
    if not plan.table.has_defaults:
        find_defaults(plan)
    return same_fields(&plan.table, <PyObject*>a, <PyObject*>b)


cdef bint same_fields(Table* t, PyObject* a, PyObject* b) except -1:
    cdef Field* f
    cdef PyObject* x
    cdef PyObject* y
    cdef int i
    for i in range(t.n_fields):
        f = &t.fields[i]
        x = slot_at(a, f.offset)[0]
        y = slot_at(b, f.offset)[0]
        if x == y:
            continue
        if f.keeps_runs and (minirpc_is_run(x) or minirpc_is_run(y)):
            if minirpc_is_run(x) and minirpc_is_run(y) and bytes_tell(f):
                if not same_run(x, y):
                    return False
                continue
            settled(f, a)
            y = settled(f, b)
            x = slot_at(a, f.offset)[0]
        if not same_slots(f, x, y):
            return False
    x = slot_at(a, t.unknown)[0]
    y = slot_at(b, t.unknown)[0]
    return x == y or same_objects(x if x != NULL else EMPTY_BYTES, y if y != NULL else EMPTY_BYTES)


cdef PyObject* settled(const Field* f, PyObject* message) except? NULL:
    """What is in a field's slot, and no run."""
    if not settle(f, slot_at(message, f.offset)):
        raise_pending()
    return slot_at(message, f.offset)[0]


cdef bint is_empty(const Field* f, PyObject* container) noexcept:
    cdef Py_ssize_t count = 0
    if is_absent(container):
        return True
    if f.typecode and minirpc_is_numbers(container, f.number_type):
        minirpc_numbers_items(container, &count)
        return count == 0
    if PyList_Check(container):
        return PyList_GET_SIZE(container) == 0
    return PyDict_Check(container) and PyDict_GET_SIZE(container) == 0


cdef bint same_slots(Field* f, PyObject* x, PyObject* y) except -1:
    if f.shape >= MANY_SCALARS:
        if is_empty(f, x) or is_empty(f, y):
            return is_empty(f, x) and is_empty(f, y)
        if f.typecode and minirpc_is_numbers(x, f.number_type) and minirpc_is_numbers(y, f.number_type):
            return same_numbers(f, x, y)
        if (f.shape == MANY_MESSAGES or f.shape == MANY_GROUPS) and PyList_CheckExact(x) and PyList_CheckExact(y):
            return same_lists(f, <object>x, <object>y)
        return same_objects(x, y)
    if x == NULL:
        x = f.default
    if y == NULL:
        y = f.default
    return same_values(f, x, y)


cdef inline bint holds_extensions(const Table* t, PyObject* message) noexcept:
    """Whether any were asked for; else they are unknown fields as others."""
    return t.extensions != NO_SLOT and not is_absent(slot_at(message, t.extensions)[0])


cdef bint same_objects(PyObject* x, PyObject* y) except -1:
    left, right = <object>x, <object>y  # held: a comparison may run anything
    return PyObject_RichCompareBool(<PyObject*>left, <PyObject*>right, Py_EQ)


cdef bint same_values(Field* f, PyObject* x, PyObject* y) except -1:
    """Compares two values of a field; messages of its very class without the detour through ``__eq__``."""
    if x == y:
        return True
    if f.table == NULL or not f.table.compares or Py_TYPE(x) != f.table.type or Py_TYPE(y) != f.table.type:
        return same_objects(x, y)
    if holds_extensions(f.table, x) or holds_extensions(f.table, y):
        return same_objects(x, y)
    left, right = <object>x, <object>y
    enter_call(b" in comparison")
    try:
        return same_fields(f.table, x, y)
    finally:
        Py_LeaveRecursiveCall()


cdef bint same_lists(Field* f, list x, list y) except -1:
    cdef Py_ssize_t i = 0
    if len(x) != len(y):
        return False
    while i < len(x) and i < len(y):  # comparing may run code that changes them
        if not same_values(f, <PyObject*>x[i], <PyObject*>y[i]):
            return False
        i += 1
    return len(x) == len(y)


cdef int enter_call(const char* where) except -1:
    if Py_EnterRecursiveCall(where):
        raise_pending()
    return 0


# ---- copies


cdef object new_like(Plan plan, PyObject* message):
    if not plan.table.has_defaults:
        find_defaults(plan)
    if Py_TYPE(message) == plan.table.type:
        return minirpc_take(new_message(&plan.table))
    return minirpc_take(new_of_type(&plan.table, Py_TYPE(message)))


cdef void share_slot(PyObject* target, PyObject* source, Py_ssize_t offset) noexcept:
    cdef PyObject* value = slot_at(source, offset)[0]
    Py_XINCREF(value)
    put(target, offset, value)


def copy(message):
    """``__copy__``: a new message that shares the values, containers included."""
    cdef Plan plan = plan_of(Py_TYPE(<PyObject*>message))
    cdef int i
    twin = new_like(plan, <PyObject*>message)
    for i in range(plan.table.n_fields):
        if plan.table.fields[i].keeps_runs:  # both are to share what is made of it
            settled(&plan.table.fields[i], <PyObject*>message)
        share_slot(<PyObject*>twin, <PyObject*>message, plan.table.fields[i].offset)
    share_slot(<PyObject*>twin, <PyObject*>message, plan.table.unknown)
    if hasattr(message, "__dict__"):
        twin.__dict__.update(message.__dict__)
    return twin


def deepcopy(message, memo=None):
    """``__deepcopy__``: a new message that shares nothing that can change."""
    cdef Plan plan = plan_of(Py_TYPE(<PyObject*>message))
    cdef bint paused
    if plan.table.leaf:
        return copy_message(plan, message, {} if memo is None else memo, True)
    # as in decoding: the copies live, and looking at each of them again and again would find nothing
    paused = PyGC_Disable()
    try:
        return copy_message(plan, message, {} if memo is None else memo, True)
    finally:
        if paused:
            PyGC_Enable()


# An object whose only reference is in the slot or list that we have come from cannot be met a second time: it needs no
# entry in the memo, which is most of the cost of a deep copy. `shared` is the answer to that, asked before we hold it.


cdef object copy_message(Plan plan, object message, dict memo, bint shared):
    cdef PyObject* source = <PyObject*>message
    cdef PyObject* value
    cdef Field* f
    cdef int i
    twin = new_like(plan, source)
    if shared:
        remember(memo, message, twin)
    enter_call(b" while copying a message")
    try:
        for i in range(plan.table.n_fields):
            f = &plan.table.fields[i]
            value = slot_at(source, f.offset)[0]
            if value == NULL or is_immutable(f, value):
                share_slot(<PyObject*>twin, source, f.offset)
                continue
            copied = copy_slot(f, value, memo)
            Py_INCREF(<PyObject*>copied)
            put(<PyObject*>twin, f.offset, <PyObject*>copied)
    finally:
        Py_LeaveRecursiveCall()
    share_slot(<PyObject*>twin, source, plan.table.unknown)
    if source_has_dict(plan, source):
        twin.__dict__.update(_copy.deepcopy(message.__dict__, memo))
    return twin


cdef bint source_has_dict(Plan plan, PyObject* source):
    return not (plan.table.plain and Py_TYPE(source) == plan.table.type) and hasattr(<object>source, "__dict__")


cdef int remember(dict memo, object original, object twin) except -1:
    """Notes a copy as the copy module does: by the original's id, for as long as which the original must live."""
    memo[id(original)] = twin
    memo.setdefault(id(memo), []).append(original)
    return 0


cdef inline bint is_immutable(const Field* f, PyObject* value) noexcept:
    return (
        value == None_ or value == True_ or value == False_ or Py_TYPE(value) == <PyTypeObject*>f.enum_class
        or PyUnicode_CheckExact(value) or PyLong_CheckExact(value)
        or PyFloat_CheckExact(value) or PyBytes_CheckExact(value) or minirpc_is_run(value)
    )


cdef object copy_slot(Field* f, PyObject* value, dict memo):
    cdef bint shared = Py_REFCNT(value) > 1
    if f.shape == MAP_ENTRIES and PyDict_CheckExact(value):
        return copy_dict(f.value, <dict>value, memo, shared)
    if f.typecode and not shared and minirpc_is_numbers(value, f.number_type):
        return copy_of_numbers(f, value)
    if f.shape >= MANY_SCALARS and PyList_CheckExact(value):
        return copy_list(f, <list>value, memo, shared)
    return copy_value(f, <object>value, memo, shared)


cdef object copy_value(Field* f, object value, dict memo, bint shared):
    """Copies one value of a field."""
    cdef PyObject* found
    cdef Plan plan
    if is_immutable(f, <PyObject*>value):
        return value
    if not holds_messages(f):
        return _copy.deepcopy(value, memo)
    found = _PyType_Lookup(Py_TYPE(<PyObject*>value), <PyObject*>PLAN_ATTRIBUTE)
    if found == NULL or Py_TYPE(found) != <PyTypeObject*>Plan:
        return _copy.deepcopy(value, memo)
    plan = <Plan>found
    if Py_TYPE(<PyObject*>value) != plan.table.type or not plan.table.copies:
        return _copy.deepcopy(value, memo)
    if holds_extensions(&plan.table, <PyObject*>value):
        return _copy.deepcopy(value, memo)
    if shared and id(value) in memo:
        return memo[id(value)]
    return copy_message(plan, value, memo, shared)


cdef object copy_list(Field* f, list values, dict memo, bint shared):
    cdef Py_ssize_t i = 0
    cdef bint item_shared
    if shared and id(values) in memo:
        return memo[id(values)]
    twin = []
    if shared:
        remember(memo, values, twin)
    while i < len(values):  # copying a value may run code that changes the list
        item_shared = Py_REFCNT(PyList_GET_ITEM(<PyObject*>values, i)) > 1
        twin.append(copy_value(f, values[i], memo, item_shared))
        i += 1
    return twin


cdef object copy_dict(Field* f, dict entries, dict memo, bint shared):
    cdef PyObject* key = NULL
    cdef PyObject* value = NULL
    cdef Py_ssize_t pos = 0
    cdef Py_ssize_t size = len(entries)
    cdef bint item_shared
    if shared and id(entries) in memo:
        return memo[id(entries)]
    twin = {}
    if shared:
        remember(memo, entries, twin)
    while PyDict_Next(<PyObject*>entries, &pos, &key, &value):
        item_shared = Py_REFCNT(value) > 1
        name, original = <object>key, <object>value
        twin[name] = copy_value(f, original, memo, item_shared)
        if len(entries) != size:
            raise RuntimeError("dictionary changed size during iteration")
    return twin
