/* What minirpc._codec needs of CPython that Cython cannot say, or not as cheaply.
 *
 * Everything that depends on the layout of CPython's objects stands here. Only names of its documented C API and of its
 * public headers are used; where a fast path leans on a version's layout, any other version takes the portable one.
 */

#ifndef MINIRPC_CODEC_H
#define MINIRPC_CODEC_H

#include <Python.h>
#include <structmember.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "_instances.h"
#include "_pack.h"
#include "_run.h"
#include "_shared_text.h"
#include "_utf8.h"

/* ---- integers */

/* Reads an int, or an instance of a subclass. Returns whether it fits; never raises, never runs code of the value. */
static inline int minirpc_as_int64(PyObject *number, int64_t *value)
{
    int overflow;
    if (minirpc_short_int(number, value)) return 1;
    *value = PyLong_AsLongLongAndOverflow(number, &overflow);
    return overflow == 0;
}

static inline int minirpc_as_uint64(PyObject *number, uint64_t *value)
{
    int64_t as_signed;
    int overflow;
    if (!minirpc_short_int(number, &as_signed)) {
        as_signed = PyLong_AsLongLongAndOverflow(number, &overflow);
        if (overflow < 0) return 0;
        if (overflow > 0) {
            *value = PyLong_AsUnsignedLongLong(number);
            if (*value != (uint64_t)-1 || !PyErr_Occurred()) return 1;
            PyErr_Clear(); /* OverflowError: beyond 64 bits */
            return 0;
        }
    }
    *value = (uint64_t)as_signed;
    return as_signed >= 0;
}

/* ---- fixed-width numbers, little-endian on the wire */

static inline uint32_t minirpc_load32(const uint8_t *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof value);
#if PY_BIG_ENDIAN
    value = __builtin_bswap32(value);
#endif
    return value;
}

static inline uint64_t minirpc_load64(const uint8_t *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof value);
#if PY_BIG_ENDIAN
    value = __builtin_bswap64(value);
#endif
    return value;
}

static inline void minirpc_store32(uint8_t *p, uint32_t value)
{
#if PY_BIG_ENDIAN
    value = __builtin_bswap32(value);
#endif
    memcpy(p, &value, sizeof value);
}

static inline void minirpc_store64(uint8_t *p, uint64_t value)
{
#if PY_BIG_ENDIAN
    value = __builtin_bswap64(value);
#endif
    memcpy(p, &value, sizeof value);
}

static inline double minirpc_bits_to_double(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint64_t minirpc_double_to_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline double minirpc_bits_to_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t minirpc_float_to_bits(double value)
{
    float narrow = (float)value;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    return bits;
}

/* ---- strings */

/* The UTF-8 bytes of a str, or of an instance of a subclass; NULL with an exception if it has a lone surrogate. */
static inline const char *minirpc_utf8(PyObject *text, Py_ssize_t *size)
{
    if (PyUnicode_IS_COMPACT_ASCII(text)) {
        *size = PyUnicode_GET_LENGTH(text);
        return (const char *)PyUnicode_1BYTE_DATA(text);
    }
    return PyUnicode_AsUTF8AndSize(text, size);
}

static inline int minirpc_is_ascii_text(PyObject *text)
{
    return PyUnicode_IS_COMPACT_ASCII(text);
}

/* What of a str is a byte that was no UTF-8: such bytes become U+DC80 to U+DCFF when they are read (PEP 383). */
static inline int minirpc_is_escaped(Py_UCS4 c)
{
    return c >= 0xDC80 && c <= 0xDCFF;
}

/* How many bytes a str stands for that may have escaped ones; -1 without an exception if it has other lone surrogates.
 * The codec of Python would do, but it may call an error handler, and that can be anybody's code. */
static inline Py_ssize_t minirpc_escaped_size(PyObject *text)
{
#if PY_VERSION_HEX < 0x030C0000
    if (PyUnicode_READY(text) < 0) { /* of another C extension's making, in a form of old; there is no memory */
        PyErr_Clear();
        return -1;
    }
#endif
    Py_ssize_t i, size = 0, length = PyUnicode_GET_LENGTH(text);
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    for (i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        if (c >= 0xD800 && c <= 0xDFFF && !minirpc_is_escaped(c)) return -1;
        size += minirpc_is_escaped(c) ? 1 : 1 + (c > 0x7F) + (c > 0x7FF) + (c > 0xFFFF);
    }
    return size;
}

/* Writes them, and returns the place behind. */
static inline uint8_t *minirpc_put_escaped(uint8_t *p, PyObject *text)
{
    Py_ssize_t i, length = PyUnicode_GET_LENGTH(text);
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    for (i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        if (c < 0x80 || minirpc_is_escaped(c)) {
            *p++ = (uint8_t)(c & 0xFF);
        } else if (c < 0x800) {
            *p++ = (uint8_t)(0xC0 | c >> 6);
            *p++ = (uint8_t)(0x80 | (c & 0x3F));
        } else if (c < 0x10000) {
            *p++ = (uint8_t)(0xE0 | c >> 12);
            *p++ = (uint8_t)(0x80 | (c >> 6 & 0x3F));
            *p++ = (uint8_t)(0x80 | (c & 0x3F));
        } else {
            *p++ = (uint8_t)(0xF0 | c >> 18);
            *p++ = (uint8_t)(0x80 | (c >> 12 & 0x3F));
            *p++ = (uint8_t)(0x80 | (c >> 6 & 0x3F));
            *p++ = (uint8_t)(0x80 | (c & 0x3F));
        }
    }
    return p;
}

/* The hash of a str, which is nearly always there already. */
static inline Py_hash_t minirpc_text_hash(PyObject *text)
{
    Py_hash_t hash = ((PyASCIIObject *)text)->hash;
    return hash != -1 ? hash : PyObject_Hash(text);
}

/* ---- lists */

static inline PyObject **minirpc_list_items(PyObject *list)
{
    return ((PyListObject *)list)->ob_item;
}

/* A list without elements, with room for as many. */
static inline PyObject *minirpc_list_with_room(Py_ssize_t room)
{
    PyObject *list = PyList_New(room);
    if (list != NULL) Py_SET_SIZE(list, 0); /* the slots behind the size are free to be used: see PyList_Append */
    return list;
}

/* Appends an item and steals the reference to it; -1 with an exception if there is no memory. */
static inline int minirpc_append(PyObject *list, PyObject *item)
{
    Py_ssize_t size = PyList_GET_SIZE(list);
    if (size < ((PyListObject *)list)->allocated) {
        Py_SET_SIZE(list, size + 1);
        PyList_SET_ITEM(list, size, item);
        return 0;
    }
    int result = PyList_Append(list, item);
    Py_DECREF(item);
    return result;
}

/* ---- arrays of numbers: minirpc.numbers.Numbers, whose base is array.array */

/* An array as CPython 3.11 to 3.13 lay it out. There is no C API for arrays: where this does not hold, they are made by
 * calling their class, and found by asking them for a buffer. */
typedef struct {
    PyObject_VAR_HEAD
    char *items; /* of PyMem_Malloc; NULL if there are none */
    Py_ssize_t allocated;
    const void *type; /* of the items: one for each type code */
    PyObject *weak_references;
    Py_ssize_t exports;
} minirpc_array;

#define MINIRPC_NUMBER_TYPES 6
static const char minirpc_number_codes[MINIRPC_NUMBER_TYPES + 1] = "dfiIqQ";
static const uint8_t minirpc_number_sizes[MINIRPC_NUMBER_TYPES] = {8, 4, 4, 4, 8, 8};

static PyTypeObject *minirpc_numbers_class; /* kept, as all the following */
static PyObject *minirpc_numbers_codes[MINIRPC_NUMBER_TYPES];
static PyObject *minirpc_numbers_empty[MINIRPC_NUMBER_TYPES];
static PyObject *minirpc_frombytes;
static int minirpc_layout_holds;
static int minirpc_numbers_by_layout;

/* The items of an array, which stay there as long as nobody else gets to run. */
static inline char *minirpc_numbers_items(PyObject *numbers, Py_ssize_t *count)
{
    Py_buffer view;
    if (minirpc_numbers_by_layout) {
        *count = Py_SIZE(numbers);
        return ((minirpc_array *)numbers)->items;
    }
    if (PyObject_GetBuffer(numbers, &view, PyBUF_SIMPLE) < 0) { /* no memory */
        PyErr_Clear();
        *count = 0;
        return NULL;
    }
    *count = view.len / view.itemsize;
    char *items = view.buf;
    PyBuffer_Release(&view);
    return items;
}

/* Whether an object is exactly a Numbers with items of a type. */
static inline int minirpc_is_numbers(PyObject *object, int type)
{
    if (!Py_IS_TYPE(object, minirpc_numbers_class)) return 0;
    if (minirpc_numbers_by_layout)
        return ((minirpc_array *)object)->type == ((minirpc_array *)minirpc_numbers_empty[type])->type;
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, PyBUF_FORMAT) < 0) {
        PyErr_Clear();
        return 0;
    }
    int same = view.format[0] == minirpc_number_codes[type];
    PyBuffer_Release(&view);
    return same;
}

/* A new array of so many numbers, whose values are still to be written; NULL with an exception. It is kept from the
 * garbage collector: numbers make no cycles. */
static PyObject *minirpc_new_numbers(int type, Py_ssize_t count)
{
    Py_ssize_t size = count * minirpc_number_sizes[type];
    if (!minirpc_numbers_by_layout) {
        PyObject *bytes = PyBytes_FromStringAndSize(NULL, size);
        if (bytes == NULL) return NULL;
        PyObject *numbers =
            PyObject_CallFunctionObjArgs((PyObject *)minirpc_numbers_class, minirpc_numbers_codes[type], bytes, NULL);
        Py_DECREF(bytes);
        return numbers;
    }
    minirpc_array *numbers = (minirpc_array *)minirpc_numbers_class->tp_alloc(minirpc_numbers_class, 0);
    if (numbers == NULL) return NULL;
    numbers->type = ((minirpc_array *)minirpc_numbers_empty[type])->type; /* first: destruction may look at it */
    if (PyObject_GC_IsTracked((PyObject *)numbers)) PyObject_GC_UnTrack(numbers);
    if (count > 0) {
        numbers->items = PyMem_Malloc(size);
        if (numbers->items == NULL) {
            Py_DECREF(numbers);
            return PyErr_NoMemory();
        }
        numbers->allocated = count;
        Py_SET_SIZE(numbers, count);
    }
    return (PyObject *)numbers;
}

/* Appends numbers from memory; -1 with an exception, which is a BufferError while somebody holds a buffer of them. */
static int minirpc_extend_numbers(PyObject *numbers, const char *items, Py_ssize_t size)
{
    PyObject *view = PyMemoryView_FromMemory((char *)items, size, PyBUF_READ);
    if (view == NULL) return -1;
    PyObject *none = PyObject_CallFunctionObjArgs(minirpc_frombytes, numbers, view, NULL);
    Py_DECREF(view);
    Py_XDECREF(none);
    return none == NULL ? -1 : 0;
}

static binaryfunc minirpc_any_subscript;
static objobjargproc minirpc_any_ass_subscript;

/* numbers[i] for an int: what the class's own __getitem__ does, without a call of it. */
static PyObject *minirpc_numbers_subscript(PyObject *numbers, PyObject *index)
{
    binaryfunc of_array = minirpc_numbers_class->tp_base->tp_as_mapping->mp_subscript;
    return PyLong_CheckExact(index) ? of_array(numbers, index) : minirpc_any_subscript(numbers, index);
}

/* The same for numbers[i] = value, of a value whose conversion runs no code that could free the items, and for
 * del numbers[i]. */
static int minirpc_numbers_ass_subscript(PyObject *numbers, PyObject *index, PyObject *value)
{
    objobjargproc of_array = minirpc_numbers_class->tp_base->tp_as_mapping->mp_ass_subscript;
    int direct = PyLong_CheckExact(index) && (value == NULL || PyFloat_CheckExact(value) || PyLong_CheckExact(value));
    return direct ? of_array(numbers, index, value) : minirpc_any_ass_subscript(numbers, index, value);
}

/* Gets to know the class; -1 with an exception. */
static int minirpc_set_numbers(PyObject *numbers_class)
{
    minirpc_numbers_class = (PyTypeObject *)Py_NewRef(numbers_class);
    minirpc_frombytes = PyObject_GetAttrString((PyObject *)minirpc_numbers_class->tp_base, "frombytes");
    if (minirpc_frombytes == NULL) return -1;
    for (int i = 0; i < MINIRPC_NUMBER_TYPES; i++) {
        minirpc_numbers_codes[i] = PyUnicode_FromStringAndSize(&minirpc_number_codes[i], 1);
        if (minirpc_numbers_codes[i] == NULL) return -1;
        minirpc_numbers_empty[i] = PyObject_CallOneArg(numbers_class, minirpc_numbers_codes[i]);
        if (minirpc_numbers_empty[i] == NULL) return -1;
    }
    PyMappingMethods *methods = minirpc_numbers_class->tp_as_mapping;
    minirpc_any_subscript = methods->mp_subscript;
    minirpc_any_ass_subscript = methods->mp_ass_subscript;
    methods->mp_subscript = minirpc_numbers_subscript;
    methods->mp_ass_subscript = minirpc_numbers_ass_subscript;
#if PY_VERSION_HEX < 0x030E0000
    if (minirpc_numbers_class->tp_basicsize != sizeof(minirpc_array)) return 0;
    double number = 0.5;
    PyObject *sample = PyObject_CallFunction(numbers_class, "O(dd)", minirpc_numbers_codes[0], 1.0, number);
    if (sample == NULL) return -1;
    minirpc_array *array = (minirpc_array *)sample;
    minirpc_layout_holds = Py_SIZE(sample) == 2 && array->allocated >= 2 && array->exports == 0
        && array->type == ((minirpc_array *)minirpc_numbers_empty[0])->type && memcmp(array->items + 8, &number, 8) == 0;
    Py_DECREF(sample);
    minirpc_numbers_by_layout = minirpc_layout_holds;
#endif
    return 0;
}

/* Says whether the layout is to be used, if it holds; returns whether it was. */
static int minirpc_use_layout(int by_layout)
{
    int before = minirpc_numbers_by_layout;
    minirpc_numbers_by_layout = by_layout && minirpc_layout_holds;
    return before;
}

/* ---- instances and their slots */

/* The offset of a slot's value in an instance; -1 if `member` is not what `__slots__` makes. */
static inline Py_ssize_t minirpc_slot_offset(PyObject *member)
{
    if (!Py_IS_TYPE(member, &PyMemberDescr_Type)) return -1;
    PyMemberDef *definition = ((PyMemberDescrObject *)member)->d_member;
    return definition->type == T_OBJECT_EX ? definition->offset : -1;
}

static inline PyTypeObject *minirpc_slot_owner(PyObject *member)
{
    return PyDescr_TYPE(member);
}

/* Hands a new reference, or NULL and the pending exception, over to Cython. */
static inline PyObject *minirpc_take(PyObject *reference)
{
    return reference;
}

static inline int minirpc_pending(void)
{
    return -1;
}

/* ---- garbage collection */

/* Before 3.12, CPython collects garbage while a container is made, and an exception counts as one: finalizers could run
 * in the middle of an encoding. Later versions collect between instructions of Python code only. */
static inline int minirpc_hold_collection(void)
{
#if PY_VERSION_HEX < 0x030C0000
    return PyGC_Disable();
#else
    return 0;
#endif
}

static inline void minirpc_release_collection(int was_enabled)
{
    if (was_enabled) PyGC_Enable();
}

/* ---- constructors without a detour */

/* Makes calls of `type` run `construct` at once, instead of type.__call__, __new__ and __init__. This slot is never
 * inherited: subclasses go the ordinary way. Refuses where the class or its metaclass has a say in construction. */
static inline int minirpc_set_constructor(PyTypeObject *type, vectorcallfunc construct)
{
    PyTypeObject *meta = Py_TYPE(type);
    if (type->tp_new != PyBaseObject_Type.tp_new || meta->tp_call != PyType_Type.tp_call) return 0;
    if (meta->tp_vectorcall_offset != offsetof(PyTypeObject, tp_vectorcall)) return 0;
#if PY_VERSION_HEX < 0x030C0000
    meta->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL; /* from 3.12 on, a metaclass inherits it with tp_call */
#endif
    type->tp_vectorcall = construct;
    return 1;
}

#endif
