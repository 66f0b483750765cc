# Part of _codec.pyx: the attributes of containers and oneof members, data descriptors above hidden slots.


cdef class _Slot:
    """What the descriptors share: the slot below, and whose it is."""

    cdef readonly str name
    cdef object member  # keeps `owner`
    cdef PyTypeObject* owner
    cdef Py_ssize_t offset

    def __cinit__(self, member, str name not None, *rest):
        self.offset = checked_offset(member, None)
        self.owner = minirpc_slot_owner(<PyObject*>member)
        self.member = member
        self.name = name

    def __repr__(self):
        return f"<field {self.name}>"

    cdef PyObject** slot_of(self, PyObject* message) except NULL:
        if not PyObject_TypeCheck(message, self.owner):
            raise TypeError(f"{self.name!r} is no field of {type(<object>message).__name__}")
        return slot_at(message, self.offset)


@cython.final
cdef class ContainerSlot(_Slot):
    """The attribute of a repeated field or map: makes its list or dict when it is first read.

    Args:
        member: the slot below, a member descriptor.
        name: the field's name.
        is_map: whether to make a dict instead of a list.
    """

    cdef bint is_map

    def __init__(self, member, name, bint is_map):
        self.is_map = is_map

    def __get__(self, message, cls):
        if message is None:
            return self
        cdef PyObject** slot = self.slot_of(<PyObject*>message)
        if slot[0] == NULL:
            fresh = {} if self.is_map else []
            if slot[0] == NULL:  # still: making a container may set off a garbage collection
                Py_INCREF(<PyObject*>fresh)
                slot[0] = <PyObject*>fresh
        elif slot[0] == None_:  # the pure engine's way to clear
            put_at(slot, NULL)
            return self.__get__(message, cls)
        return <object>slot[0]

    def __set__(self, message, value):
        cdef PyObject** slot = self.slot_of(<PyObject*>message)
        if value is None:
            put_at(slot, NULL)
        else:
            Py_INCREF(<PyObject*>value)
            put_at(slot, <PyObject*>value)

    def __delete__(self, message):
        put_at(self.slot_of(<PyObject*>message), NULL)


@cython.final
cdef class OneofSlot(_Slot):
    """The attribute of a oneof member: setting it to anything but None clears the other members.

    Args:
        member: the slot below, a member descriptor.
        name: the field's name.
        siblings: the slots of the other members.
    """

    cdef list sibling_offsets

    def __init__(self, member, name, siblings):
        self.sibling_offsets = [checked_offset(sibling, self.member.__objclass__) for sibling in siblings]

    def __get__(self, message, cls):
        if message is None:
            return self
        cdef PyObject** slot = self.slot_of(<PyObject*>message)
        return None if slot[0] == NULL else <object>slot[0]

    def __set__(self, message, value):
        cdef Py_ssize_t offset
        Py_INCREF(<PyObject*>value)
        put_at(self.slot_of(<PyObject*>message), <PyObject*>value)
        if value is not None:
            for offset in self.sibling_offsets:
                set_none(<PyObject*>message, offset)

    def __delete__(self, message):
        self.slot_of(<PyObject*>message)
        set_none(<PyObject*>message, self.offset)


cdef inline void set_none(PyObject* message, Py_ssize_t offset) noexcept:
    Py_INCREF(None_)
    put(message, offset, None_)
