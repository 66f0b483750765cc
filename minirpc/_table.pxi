# Part of _codec.pyx: makes a class's Table from its FieldSpecs, in three steps, for classes refer to each other before all
# of them exist. At class creation: numbers, tags, slots. At the first construction: enum classes, and with them the
# defaults. At the first encoding or decoding: the tables of sub-messages.

cdef const char* SURROGATE_ESCAPE = b"surrogateescape"


@cython.final
cdef class _Block:
    """Zeroed memory that is freed with this object."""

    cdef void* address

    def __cinit__(self, size_t size):
        self.address = PyMem_Calloc(1, size)
        if self.address == NULL:
            raise MemoryError

    def __dealloc__(self):
        PyMem_Free(self.address)


cdef void* allocate(Plan plan, Py_ssize_t count, Py_ssize_t size) except NULL:
    block = _Block(max(count, 1) * size)
    plan.memory.append(block)
    return block.address


cdef PyObject* keep(Plan plan, object value):
    plan.kept.append(value)
    return <PyObject*>value


cdef Plan make_plan(object cls):
    cdef Plan plan = Plan.__new__(Plan)
    cdef Table* t = &plan.table
    cdef int i
    if not isinstance(cls, type):
        raise TypeError(f"{cls!r} is no class")
    owner = next(base for base in cls.__mro__ if "__fields__" in vars(base))
    plan.cls = owner
    plan.kept = []
    plan.memory = []
    t.type = <PyTypeObject*>owner
    specs = sorted(owner.__fields__, key=lambda spec: spec.number)
    t.unknown = slot_offset(owner, "_unknown")
    t.extensions = extensions_offset(owner)
    t.n_fields = len(specs)
    t.fields = <Field*>allocate(plan, t.n_fields, sizeof(Field))
    t.leaf = t.extensions == NO_SLOT
    for i, spec in enumerate(specs):
        describe(plan, &t.fields[i], spec)
        place(plan, &t.fields[i], spec)
        hide_runs(owner, &t.fields[i], spec)
        t.leaf = t.leaf and t.fields[i].shape == ONE_SCALAR
    t.body_size = (t.type.tp_basicsize - <Py_ssize_t>sizeof(PyObject)) // <Py_ssize_t>sizeof(PyObject*)
    t.plain = minirpc_is_plain(t.type) and count_slots(owner) == t.body_size
    if t.plain:
        minirpc_set_dealloc(t.type)
    beside = {} if t.extensions == NO_SLOT else attributes_beside_extensions(owner)
    method = owner.__eq__
    t.compares = method is equal or method is beside.get("__eq__", equal)
    method = getattr(owner, "__deepcopy__", None)
    t.copies = method is deepcopy or method is beside.get("__deepcopy__", deepcopy)
    index_numbers(plan)
    index_names(plan)
    return plan


cdef object attributes_beside_extensions(owner):
    """The attributes of the class that has the slot for extensions: what it makes of them is nothing where there are none."""
    return next(vars(cls) for cls in owner.__mro__ if "_extensions" in vars(cls))


cdef int describe_values(Field* f, object spec) except -1:
    """Fills in what reading a run of values takes, that is repeated but no message."""
    cdef int i
    f.number = spec.number
    f.kind = spec.kind
    f.wire_type = spec.kind.wire_type
    put_tag(f)
    for i, code in enumerate("dfiIqQ"):
        if code == spec.typecode:
            f.typecode = <uint8_t>ord(code)
            f.number_type = i
            f.number_size = minirpc_number_sizes[i]
    if not spec.utf8:
        f.errors = SURROGATE_ESCAPE
    f.luck.credit = <uint8_t>MINIRPC_FIRST_CREDIT
    return 0


cdef void put_tag(Field* f) noexcept:
    f.tag = f.number << 3 | f.wire_type
    f.head_size = <uint8_t>(put_varint(f.head, f.tag) - f.head)


cdef int describe(Plan plan, Field* f, object spec) except -1:
    """Fills in what a field has in common with the key or value of a map entry."""
    is_map = spec.card == CARD_MAP
    is_repeated = spec.card == CARD_REPEATED
    describe_values(f, spec)
    if is_map:
        f.wire_type = LEN
        put_tag(f)
    f.packed_tag = spec.packed_tag if is_repeated and spec.kind.packable else f.tag
    put_varint(f.packed_head, f.packed_tag)
    f.end_tag = f.number << 3 | EGROUP
    put_varint(f.end_head, f.end_tag)
    f.zigzag = f.kind == KIND_SINT32 or f.kind == KIND_SINT64
    f.least, f.most = INT32_MIN, INT32_MAX
    if f.kind == KIND_UINT32:
        f.least, f.most = 0, UINT32_MAX
    elif f.kind == KIND_UINT64:
        f.least, f.most = 0, INT64_MAX
    elif f.kind == KIND_INT64 or f.kind == KIND_SINT64:
        f.least, f.most = INT64_MIN, INT64_MAX
    f.implicit = spec.card == CARD_IMPLICIT
    f.required = spec.required
    f.packed = spec.packed
    f.unknown = plan.table.unknown
    f.length_size = 1
    if is_map:
        f.shape = MAP_ENTRIES
        f.key = <Field*>allocate(plan, 1, sizeof(Field))
        f.value = <Field*>allocate(plan, 1, sizeof(Field))
        describe(plan, f.key, spec.key)
        describe(plan, f.value, spec.value)
        if f.value.kind == KIND_GROUP:
            raise TypeError(f"{spec!r}: groups are no values of maps")
    elif f.kind == KIND_MESSAGE:
        f.shape = MANY_MESSAGES if is_repeated else ONE_MESSAGE
    elif f.kind == KIND_GROUP:
        f.shape = MANY_GROUPS if is_repeated else ONE_GROUP
    else:
        f.shape = MANY_SCALARS if is_repeated else ONE_SCALAR
    f.name = keep(plan, sys.intern(spec.name))
    f.spec = keep(plan, spec)
    if f.kind != KIND_ENUM and not is_map and not is_repeated:
        f.default = keep(plan, spec.default)
    return 0


cdef inline bint holds_messages(const Field* f) noexcept:
    return f.kind == KIND_MESSAGE or f.kind == KIND_GROUP


cdef int place(Plan plan, Field* f, object spec) except -1:
    """Finds the slots of a field and of its oneof siblings."""
    cdef int i
    f.offset = slot_offset(plan.cls, spec.slot)
    f.n_siblings = len(spec.siblings)
    f.siblings = <Py_ssize_t*>allocate(plan, f.n_siblings, sizeof(Py_ssize_t))
    for i, sibling in enumerate(spec.siblings):
        f.siblings[i] = slot_offset(plan.cls, sibling)
    return 0


cdef Py_ssize_t slot_offset(object cls, str name) except -1:
    for base in cls.__mro__:
        if name in vars(base):
            return checked_offset(vars(base)[name], cls)
    raise TypeError(f"{cls.__name__} has no slot {name!r}")


cdef Py_ssize_t extensions_offset(object cls) except? NO_SLOT:
    """The offset of the slot for extensions, which a message class has from its base; NO_SLOT if it has none."""
    for base in cls.__mro__[1:]:
        if "_extensions" in vars(base):
            return checked_offset(vars(base)["_extensions"], cls)
    return NO_SLOT


cdef Py_ssize_t checked_offset(object member, object cls) except -1:
    if type(member) is _RunSlot:
        member = (<_RunSlot>member).member
    cdef Py_ssize_t offset = minirpc_slot_offset(<PyObject*>member)
    if offset < 0:
        raise TypeError(f"{member!r} is no slot")
    if cls is not None and not PyType_IsSubtype(<PyTypeObject*>cls, minirpc_slot_owner(<PyObject*>member)):
        raise TypeError(f"{member!r} is no slot of {cls.__name__}")
    return offset


cdef Py_ssize_t count_slots(object cls) except -1:
    """How many slots an instance has, those of the bases among them."""
    offsets = set()
    for base in cls.__mro__:
        for value in vars(base).values():
            if type(value) is _RunSlot or minirpc_slot_offset(<PyObject*>value) >= 0:
                offsets.add(checked_offset(value, None))
    return len(offsets)


cdef int index_numbers(Plan plan) except -1:
    cdef Table* t = &plan.table
    cdef int i
    if t.n_fields > 0:
        t.n_dense = min(t.fields[t.n_fields - 1].number + 1, DENSE_NUMBERS)
    t.dense = <Field**>allocate(plan, t.n_dense, sizeof(Field*))
    for i in range(t.n_fields):
        if t.fields[i].number < t.n_dense:
            t.dense[t.fields[i].number] = &t.fields[i]
    return 0


cdef int index_names(Plan plan) except -1:
    cdef Table* t = &plan.table
    cdef Py_hash_t size = 4
    cdef Py_hash_t at
    cdef int i
    while size < 2 * t.n_fields + 1:  # at least half of it stays empty: searches end soon
        size *= 2
    t.name_mask = size - 1
    t.by_name = <Field**>allocate(plan, size, sizeof(Field*))
    plan.keyword_fields = <Field**>allocate(plan, t.n_fields, sizeof(Field*))
    for i in range(t.n_fields):
        at = minirpc_text_hash(t.fields[i].name) & t.name_mask
        while t.by_name[at] != NULL:
            at = (at + 1) & t.name_mask
        t.by_name[at] = &t.fields[i]
    return 0


cdef int find_defaults(Plan plan) except -1:
    """The second step: asks for the enum classes and fills in the template."""
    cdef Table* t = &plan.table
    cdef Field* f
    cdef int i
    for i in range(t.n_fields):
        f = &t.fields[i]
        find_enum(plan, f)
        if f.shape == MAP_ENTRIES:
            find_enum(plan, f.value)
    t.template = <PyObject**>allocate(plan, t.body_size, sizeof(PyObject*))
    if t.plain:
        for i in range(t.n_fields):
            t.template[body_index(t.fields[i].offset)] = t.fields[i].default
        t.template[body_index(t.unknown)] = EMPTY_BYTES
        if t.extensions != NO_SLOT:
            t.template[body_index(t.extensions)] = None_
        count_shares(plan)
    t.has_defaults = True
    return 0


cdef int count_shares(Plan plan) except -1:
    """Counts how often each object stands in the template."""
    cdef Table* t = &plan.table
    cdef Py_ssize_t i
    cdef int at
    t.shares = <minirpc_share*>allocate(plan, t.body_size, sizeof(minirpc_share))
    t.n_shares = 0
    for i in range(t.body_size):
        if t.template[i] == NULL:
            continue
        at = 0
        while at < t.n_shares and t.shares[at].object != t.template[i]:
            at += 1
        if at == t.n_shares:
            t.shares[at].object = t.template[i]
            t.n_shares += 1
        t.shares[at].count += 1
    return 0


cdef Py_ssize_t body_index(Py_ssize_t offset) noexcept:
    return (offset - <Py_ssize_t>sizeof(PyObject)) // <Py_ssize_t>sizeof(PyObject*)


cdef int find_enum(Plan plan, Field* f) except -1:
    cdef int size
    if f.kind != KIND_ENUM:
        return 0
    spec = <object>f.spec
    enum_class = spec.type
    members = {int(member): member for member in enum_class}
    size = max([number for number in members if number < DENSE_MEMBERS], default=-1) + 1
    f.members = <PyObject**>allocate(plan, size, sizeof(PyObject*))
    for number, member in members.items():
        if 0 <= number < size:
            f.members[<int>number] = <PyObject*>member
    f.n_members = max(size, 0)
    f.all_members = keep(plan, members)
    f.enum_class = keep(plan, enum_class)
    f.missing = keep(plan, enum_class._missing_)
    f.closed = getattr(enum_class, "__closed__", False)
    if f.shape == ONE_SCALAR:
        f.default = keep(plan, spec.default)
    return 0


cdef int link(Plan plan) except -1:
    """The third step: finds the tables of the sub-messages, of this class and of all that can be reached from it."""
    cdef Plan other
    found = [plan]
    for other in found:  # grows
        for sub_plan in link_own(other):
            if not (<Plan>sub_plan).table.linked and sub_plan not in found:
                found.append(sub_plan)
    for other in found:
        other.table.linked = True
    return 0


cdef list link_own(Plan plan):
    cdef Table* t = &plan.table
    cdef Field* f
    cdef Plan sub_plan
    cdef int i
    sub_plans = []
    if not t.has_defaults:
        find_defaults(plan)
    for i in range(t.n_fields):
        f = &t.fields[i]
        if f.shape == MAP_ENTRIES:
            f = f.value
        if holds_messages(f):
            sub_plan = Plan.of((<object>f.spec).type)
            keep(plan, sub_plan)
            f.table = &sub_plan.table
            sub_plans.append(sub_plan)
    return sub_plans
