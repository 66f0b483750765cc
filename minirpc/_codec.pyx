# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: annotation_typing=False
"""The compiled engine: whole messages to bytes and back, and what message classes need to be quick.

The seam between Python and C is the whole message: one call encodes or decodes a tree. Everything follows from that:

* A message class is described once by a ``Table``: a ``Field`` for each field, sorted by number, and a dense index over
  the low numbers. Values live in the instances' slots, which are read and written through their offsets; no attribute
  protocol, no dict.
* Decoding compares the tag that it read with the tags of the field, reads by wire type and makes the object by kind
  (``_reader.pxi``: values, ``_decode.pxi``: messages). New messages are filled from a template of defaults, and destroyed
  in one loop (``_instances.h``). Short strings that repeat are shared (``_shared_text.h``).
* Repeated scalars are kept as they came until they are read (``_runs.pxi``): who passes a message on, or reads a part of it,
  does not pay for their objects.
* Encoding goes forward in a single pass; lengths are filled in once they are known (``_writer.pxi``: values,
  ``_encode.pxi``: messages).
* These functions cannot raise. They return a failure code, note what was wrong, and each level on the way out adds a
  step to the path; only the outermost turns that into a Python exception. A peer that sends garbage gets no more of our
  time than one that sends messages.
* ``_objects.pxi`` holds constructor, equality and copies, ``_slots.pxi`` the attributes of containers, oneofs and fields
  with a default of their own. ``_json_text.pxi`` and
  ``_json.pxi`` write JSON, ``_json_reader.pxi``, ``_json_scalars.pxi`` and ``_json_read.pxi`` read it.

Rules that the code leans on:

* An engine's call holds the GIL. Other code runs inside it only where an object is destroyed, where a container object
  is made (CPython 3.11 may then collect garbage), where an unknown enum number calls its class, and where a wrongly
  typed object is hashed or compared. What is used after such a point is held by a counted reference, and a slot or a
  list is read afresh. Encoding has no such point: it checks types and reads, with collection held, so borrowed
  references do.
* An empty slot (NULL) stands for the default everywhere: ``del message.field`` leaves one, containers start as one.
* An instance is filled completely before the garbage collector learns of it. Instances of classes that can hold only
  scalars are not told to it at all: correctly typed values make no cycles.
* A slot of a field with ``keeps_runs`` may hold a run, which nobody outside of this module may see: ``settle`` puts in its
  place what it stands for. Python code reads such slots through a ``_RunSlot``.
* Pointers in a ``Table`` are to objects that its ``Plan`` keeps in ``kept``; a class keeps its plan.
"""

cimport cython
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc, PyMem_Realloc
from libc.limits cimport INT_MAX
from libc.math cimport fabs
from libc.stdint cimport INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, UINT32_MAX
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memmove

from minirpc._capi cimport *
from minirpc._varint cimport *

import copy as _copy
import sys

from minirpc.errors import EncodeError
from minirpc.numbers import Numbers, adopt

__all__ = [
    "ContainerSlot",
    "DefaultSlot",
    "JsonReader",
    "JsonWriter",
    "OneofSlot",
    "Plan",
    "copy",
    "deepcopy",
    "equal",
    "from_binary",
    "init",
    "install",
    "to_binary",
    "to_json",
]

cdef enum:  # minirpc.wire.spec.Kind
    KIND_DOUBLE = 1
    KIND_FLOAT = 2
    KIND_INT64 = 3
    KIND_UINT64 = 4
    KIND_INT32 = 5
    KIND_FIXED64 = 6
    KIND_FIXED32 = 7
    KIND_BOOL = 8
    KIND_STRING = 9
    KIND_GROUP = 10
    KIND_MESSAGE = 11
    KIND_BYTES = 12
    KIND_UINT32 = 13
    KIND_ENUM = 14
    KIND_SFIXED32 = 15
    KIND_SFIXED64 = 16
    KIND_SINT32 = 17
    KIND_SINT64 = 18

cdef enum:  # minirpc.wire.spec.Card
    CARD_IMPLICIT = 0
    CARD_REPEATED = 2
    CARD_MAP = 3

cdef enum Shape:
    ONE_SCALAR
    ONE_MESSAGE
    ONE_GROUP
    MANY_SCALARS  # this and all that follow are containers
    MANY_MESSAGES
    MANY_GROUPS
    MAP_ENTRIES

cdef bint BIG_ENDIAN = sys.byteorder == "big"

cdef enum:
    HEAD_SIZE = 8  # a tag's bytes, padded so that they are copied in one go
    DENSE_NUMBERS = 256  # field numbers below this are found by index
    DENSE_MEMBERS = 1024  # and enum numbers below this
    NO_INDEX = -1
    NO_SLOT = -1

cdef struct Table

cdef struct Field:
    # what every value needs comes first, to stand in one line of the processor's cache
    uint32_t number
    uint32_t tag  # of one value
    uint32_t packed_tag  # of a packed run; the same as tag where there are none
    Shape shape
    uint8_t kind
    uint8_t wire_type  # of one value
    uint8_t head_size
    uint8_t typecode  # of the numbers of a repeated field, or 0
    uint8_t number_type  # the place of that in minirpc_number_codes
    uint8_t number_size  # in memory
    uint8_t length_size  # what the last length prefix took: a guess at the next, see open_length
    minirpc_luck luck  # of a string: whether its values repeat
    bint keeps_runs  # short packed runs stay as they came until they are read
    bint implicit  # the default is not written
    bint required  # a message without it is not written
    bint closed  # an enum that has no values without a name
    Py_ssize_t offset  # of the slot in an instance
    PyObject* default  # what the slot holds while unset; NULL for containers
    uint8_t[HEAD_SIZE] head  # tag and packed_tag as they are written
    bint packed  # how a repeated field is written
    bint zigzag
    int64_t least  # of an integer; of uint64, as far as these go
    int64_t most
    int n_siblings
    Py_ssize_t* siblings  # offsets of the other members of the oneof
    Table* table  # of the sub-message's class
    const char* errors  # of a string: "surrogateescape" if it may hold any bytes, or NULL
    PyObject* enum_class
    PyObject** members  # by number, NULL in the gaps
    PyObject* all_members  # a dict by number
    PyObject* missing  # the class's `_missing_`: what it makes of other numbers
    int n_members
    uint32_t end_tag  # of a group, as long as its start tag
    uint8_t[HEAD_SIZE] end_head
    uint8_t[HEAD_SIZE] packed_head
    Py_ssize_t unknown  # offset of the slot that takes numbers which a closed enum does not name
    PyObject* name
    PyObject* spec
    Field* key
    Field* value

cdef struct Table:
    PyTypeObject* type
    Field* fields  # sorted by number
    int n_fields
    Field** dense
    uint32_t n_dense
    Field** by_name  # a hash table with open addressing
    Py_hash_t name_mask
    Py_ssize_t unknown  # offset of the slot with the bytes of unknown fields
    Py_ssize_t extensions  # offset of the slot with the holders of extensions, or NO_SLOT
    PyObject** template  # the body of a new instance: all that follows its header
    Py_ssize_t body_size  # in pointers
    minirpc_share* shares  # the objects in the template
    int n_shares
    bint plain  # the body is slots, nothing else
    bint leaf  # the slots hold scalars only
    bint compares  # by the `equal` of this module; with extensions only while these are none
    bint copies  # by the `deepcopy` of this module; the same
    bint has_defaults  # enum classes are known, template is filled
    bint linked  # tables of sub-messages are known, and theirs, and so on


cdef object wording():
    """The module with the reasons of encode errors. minirpc.wire chooses an engine, and so imports this module first."""
    from minirpc.wire import faults
    return faults


# ---- where an error is: a path, from the inside out

cdef struct Step:
    PyObject* name  # of the field, borrowed from a plan
    Py_ssize_t index  # of the element, or NO_INDEX
    PyObject* key  # of the map entry, owned; or NULL

cdef struct Trail:
    Step* steps
    Py_ssize_t length
    Py_ssize_t room


cdef void add_step(Trail* trail, const Field* f, Py_ssize_t index, PyObject* key) noexcept:
    cdef Step* steps
    cdef Py_ssize_t room
    if trail.length == trail.room:
        room = 2 * trail.room + 8
        steps = <Step*>PyMem_Realloc(trail.steps, room * sizeof(Step))
        if steps == NULL:
            return  # a path with a gap is better than none
        trail.steps = steps
        trail.room = room
    Py_XINCREF(key)
    trail.steps[trail.length] = Step(f.name, index, key)
    trail.length += 1


cdef str trail_path(Trail* trail, Plan plan):
    cdef Step* step
    cdef Py_ssize_t i
    parts = [plan.cls.__full_name__()]
    words = wording()
    for i in range(trail.length - 1, -1, -1):
        step = &trail.steps[i]
        parts.append(f".{<object>step.name}")
        if step.key != NULL:
            parts.append(words.element(<object>step.key))
        elif step.index != NO_INDEX:
            parts.append(words.element(step.index))
    return "".join(parts)


cdef void free_trail(Trail* trail) noexcept:
    cdef Py_ssize_t i
    for i in range(trail.length):
        Py_XDECREF(trail.steps[i].key)
    PyMem_Free(trail.steps)


# ---- instances


cdef inline PyObject** slot_at(PyObject* message, Py_ssize_t offset) noexcept:
    return <PyObject**>(<char*>message + offset)


cdef inline void put_at(PyObject** slot, PyObject* value) noexcept:
    """Stores a value and takes over the reference to it."""
    cdef PyObject* old = slot[0]
    slot[0] = value
    Py_XDECREF(old)


cdef inline void put(PyObject* message, Py_ssize_t offset, PyObject* value) noexcept:
    put_at(slot_at(message, offset), value)


cdef PyObject* new_of_type(const Table* t, PyTypeObject* cls) noexcept:
    """A message with all fields unset, of the table's class or of a subclass; NULL with an exception."""
    cdef PyObject* message = cls.tp_alloc(cls, 0)
    cdef PyObject* default
    cdef int i
    if message == NULL:
        return NULL
    for i in range(t.n_fields):
        default = t.fields[i].default
        Py_XINCREF(default)
        slot_at(message, t.fields[i].offset)[0] = default
    Py_INCREF(EMPTY_BYTES)
    slot_at(message, t.unknown)[0] = EMPTY_BYTES
    if t.extensions != NO_SLOT:
        Py_INCREF(None_)
        slot_at(message, t.extensions)[0] = None_
    return message


cdef inline PyObject* new_untracked(const Table* t) noexcept:
    """The same for the table's own class, if it is plain, before the garbage collector learns of it."""
    return minirpc_new_plain(t.type, t.template, t.body_size, t.shares, t.n_shares)


cdef inline PyObject* new_message(const Table* t) noexcept:
    cdef PyObject* message
    if not t.plain:
        return new_of_type(t, t.type)
    message = new_untracked(t)
    if message != NULL and not t.leaf:
        PyObject_GC_Track(message)
    return message


cdef PyObject* EMPTY_BYTES
cdef object PLAN_ATTRIBUTE = sys.intern("__plan__")
cdef object PLANS_ATTRIBUTE = sys.intern("__plans__")
_no_bytes = b""
EMPTY_BYTES = <PyObject*>_no_bytes


# ---- plans


@cython.final
cdef class Plan:
    """How to read and write the messages of one class. See :class:`minirpc.wire.spec.AnyPlan` for its methods."""

    cdef Table table
    cdef readonly object cls
    cdef list kept  # owns the objects that the table points to
    cdef list memory  # and the memory, as _Block objects
    cdef Py_ssize_t last_size  # of an encoded message, up to LIKELY_SIZE: a guess at the next
    cdef object json_writer  # what `to_json` uses: a JsonWriter, or None
    cdef object keywords  # the names in the last call of the class, and the fields that they are
    cdef Field** keyword_fields

    def __init__(self):
        raise TypeError("use Plan.of(cls)")

    @staticmethod
    def of(message_class, /):
        """The plan of a message class, made once and kept on the class."""
        plans = message_class.__plans__
        plan = plans.get(Plan)
        if plan is None:
            plan = plans.setdefault(Plan, make_plan(message_class))
        return plan

    def encode(self, message, bint deterministic=False, bint partial=False):
        self.check(<PyObject*>message)
        return encode_linked(self, <PyObject*>message, deterministic, partial)

    def decode(self, cls, data, Py_ssize_t depth=MAX_DEPTH):
        if not (isinstance(cls, type) and PyType_IsSubtype(<PyTypeObject*>cls, self.table.type)):
            raise TypeError(f"{cls!r} is no class of {self.cls.__full_name__()}")
        return decode_new(self, <PyTypeObject*>cls, data, depth)

    def decode_into(self, message, data, Py_ssize_t depth=MAX_DEPTH):
        self.check(<PyObject*>message)
        if not self.table.linked:
            link(self)
        fill_empty_slots(&self.table, <PyObject*>message)
        decode_root(self, <PyObject*>message, data, depth)

    cdef int check(self, PyObject* message) except -1:
        if not PyObject_TypeCheck(message, self.table.type):
            raise TypeError(wording().expected(self.cls.__full_name__(), <object>message))
        return 0


cdef inline Plan plan_of(PyTypeObject* cls):
    """The plan of a message class, subclasses included.

    Raises:
        TypeError: it is no message class.
    """
    cdef PyObject* found = _PyType_Lookup(cls, <PyObject*>PLAN_ATTRIBUTE)
    cdef Plan plan
    if found != NULL and Py_TYPE(found) == <PyTypeObject*>Plan:
        plan = <Plan>found
    else:
        plan = plan_of_other_engine(<object>cls)
    if not PyType_IsSubtype(cls, plan.table.type):
        raise TypeError(f"the plan of {(<object>cls).__name__} is for another class")
    return plan


cdef Plan plan_of_other_engine(object cls):
    if not hasattr(cls, "__plans__"):
        raise TypeError(f"{cls.__name__} is no message class")
    return Plan.of(cls)


include "_table.pxi"
include "_reader.pxi"
include "_decode.pxi"
include "_decode_maps.pxi"
include "_writer.pxi"
include "_encode.pxi"
include "_numbers.pxi"
include "_slots.pxi"
include "_runs.pxi"
include "_objects.pxi"
include "_json_text.pxi"
include "_json.pxi"
include "_json_reader.pxi"
include "_json_scalars.pxi"
include "_json_read.pxi"
