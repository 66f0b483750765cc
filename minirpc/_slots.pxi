# Part of _codec.pyx: the attributes of containers, of oneof members and of fields with a default of their own, data
# descriptors above hidden slots.


cdef class _Slot:
    """What the descriptors share: the slot below, and whose it is."""

    cdef readonly str name
    cdef object member  # keeps `owner`
    cdef PyTypeObject* owner
    cdef Py_ssize_t offset

    def __cinit__(self, member, *rest):
        self.offset = checked_offset(member, None)
        self.owner = minirpc_slot_owner(<PyObject*>member)
        self.member = member

    def __repr__(self):
        return f"<field {self.name}>"

    cdef PyObject** slot_of(self, PyObject* message) except NULL:
        if not PyObject_TypeCheck(message, self.owner):
            raise TypeError(f"{self.name!r} is no field of {type(<object>message).__name__}")
        return slot_at(message, self.offset)


@cython.final
cdef class ContainerSlot(_Slot):
    """The attribute of a repeated field or map: makes its container when it is first read.

    Args:
        member: the slot below, a member descriptor.
        spec: the field.
    """

    cdef bint is_map
    cdef str typecode  # of a field of numbers, or ""
    cdef Field values  # how to read a run of them

    def __init__(self, member, spec):
        self.name = spec.name
        self.is_map = spec.card == CARD_MAP
        self.typecode = spec.typecode
        describe_values(&self.values, spec)

    cdef object fresh(self):
        if self.typecode:
            return Numbers(self.typecode)
        return {} if self.is_map else []

    def __get__(self, message, cls):
        if message is None:
            return self
        cdef PyObject** slot = self.slot_of(<PyObject*>message)
        if minirpc_is_run(slot[0]) and not settle(&self.values, slot):
            raise_pending()
        if is_absent(slot[0]):  # None is the pure engine's way to clear
            fresh = self.fresh()
            if is_absent(slot[0]):  # still: making a container may set off a garbage collection
                Py_INCREF(<PyObject*>fresh)
                put_at(slot, <PyObject*>fresh)
        return <object>slot[0]

    def __set__(self, message, value):
        cdef PyObject** slot = self.slot_of(<PyObject*>message)
        if value is None:
            put_at(slot, NULL)
        else:
            if self.typecode and not PyList_CheckExact(<PyObject*>value):
                value = adopt(value, self.typecode)
            Py_INCREF(<PyObject*>value)
            put_at(slot, <PyObject*>value)

    def __delete__(self, message):
        put_at(self.slot_of(<PyObject*>message), NULL)


cdef class _PresenceSlot(_Slot):
    """What has presence, and reads as something else than what it holds while it is unset: None, or nothing."""

    cdef object spec
    cdef object unset  # what it reads as
    cdef bint unset_is_known  # enum classes may not exist before the first read

    def __cinit__(self, member, spec, *rest):
        self.spec = spec
        self.name = spec.name
        self.unset = spec.explicit_default
        self.unset_is_known = spec.kind != KIND_ENUM or self.unset is None

    def __get__(self, message, cls):
        if message is None:
            return self
        cdef PyObject* value = self.slot_of(<PyObject*>message)[0]
        if value != NULL and value != None_:
            return <object>value
        if not self.unset_is_known:
            self.unset = self.spec.unset_value
            self.unset_is_known = True
        return self.unset

    def __delete__(self, message):
        self.slot_of(<PyObject*>message)
        set_none(<PyObject*>message, self.offset)


@cython.final
cdef class DefaultSlot(_PresenceSlot):
    """The attribute of a field with presence and an explicit default, which is what it reads as while unset.

    Args:
        member: the slot below, a member descriptor.
        spec: the field.
    """

    def __init__(self, member, spec):
        pass

    def __set__(self, message, value):
        Py_INCREF(<PyObject*>value)
        put_at(self.slot_of(<PyObject*>message), <PyObject*>value)


@cython.final
cdef class OneofSlot(_PresenceSlot):
    """The attribute of a oneof member: setting it to anything but None clears the other members.

    Args:
        member: the slot below, a member descriptor.
        spec: the field.
        siblings: the slots of the other members.
    """

    cdef list sibling_offsets

    def __init__(self, member, spec, siblings):
        self.sibling_offsets = [checked_offset(sibling, self.member.__objclass__) for sibling in siblings]

    def __set__(self, message, value):
        cdef Py_ssize_t offset
        Py_INCREF(<PyObject*>value)
        put_at(self.slot_of(<PyObject*>message), <PyObject*>value)
        if value is not None:
            for offset in self.sibling_offsets:
                set_none(<PyObject*>message, offset)


cdef inline void set_none(PyObject* message, Py_ssize_t offset) noexcept:
    Py_INCREF(None_)
    put(message, offset, None_)
