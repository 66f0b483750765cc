/* How messages are made and destroyed, for minirpc._codec: in one loop over their slots.
 *
 * What CPython does for instances of any class with `__slots__` asks each slot of each base class for its type and holds
 * and releases None for every field that is not set. Of the time that decoding takes, that was a third.
 */

#ifndef MINIRPC_INSTANCES_H
#define MINIRPC_INSTANCES_H

#include <Python.h>
#include <string.h>

#define MINIRPC_DIRECT_LEVELS 40 /* of messages that are destroyed inside each other, before CPython's trash can is used */

/* Whether instances are a header and slots, nothing else, as far as their class says; see Table.plain. */
static inline int minirpc_is_plain(PyTypeObject *type)
{
    unsigned long managed = 0;
#ifdef Py_TPFLAGS_MANAGED_DICT
    managed |= Py_TPFLAGS_MANAGED_DICT;
#endif
#ifdef Py_TPFLAGS_MANAGED_WEAKREF
    managed |= Py_TPFLAGS_MANAGED_WEAKREF;
#endif
    return PyType_IS_GC(type) && type->tp_alloc == PyType_GenericAlloc && type->tp_new == PyBaseObject_Type.tp_new
        && type->tp_itemsize == 0 && type->tp_dictoffset == 0 && type->tp_weaklistoffset == 0
        && !(type->tp_flags & managed);
}

/* ---- many references to one object at once */

static inline void minirpc_incref_by(PyObject *object, Py_ssize_t count)
{
#if defined(Py_REF_DEBUG) || defined(Py_GIL_DISABLED)
    while (count-- > 0) Py_INCREF(object);
#else
#if PY_VERSION_HEX >= 0x030C0000
    if (_Py_IsImmortal(object)) return;
#endif
    object->ob_refcnt += count;
#endif
}

/* The reverse, of an object that lives on: None. */
static inline void minirpc_decref_none(Py_ssize_t count)
{
#if defined(Py_REF_DEBUG) || defined(Py_GIL_DISABLED)
    while (count-- > 0) Py_DECREF(Py_None);
#elif PY_VERSION_HEX < 0x030C0000 /* from there on it is immortal */
    Py_None->ob_refcnt -= count;
#else
    (void)count;
#endif
}

/* ---- making */

/* What a new instance holds: the pointers behind its header, and each object among them with how often it is there. */
typedef struct {
    PyObject *object;
    Py_ssize_t count;
} minirpc_share;

/* A new instance of a class whose instances are slots only, which the garbage collector does not know yet; NULL with an
 * exception. `size` is that of the body in pointers. */
static inline PyObject *minirpc_new_plain(
    PyTypeObject *type, PyObject *const *body, Py_ssize_t size, const minirpc_share *shares, int n_shares)
{
    PyObject *instance = (PyObject *)PyObject_GC_New(PyObject, type);
    if (instance == NULL) return NULL;
    memcpy(instance + 1, body, size * sizeof(PyObject *));
    for (int i = 0; i < n_shares; i++) minirpc_incref_by(shares[i].object, shares[i].count);
    return instance;
}

/* ---- destroying */

static int minirpc_levels; /* of minirpc_destroy; a guess while threads take turns in it, and only ever used as one */

static void minirpc_dealloc(PyObject *instance);

/* Releases what the slots hold, then the instance. `type` is its class, `owner` the one whose slots these are. */
static inline void minirpc_destroy(PyObject *instance, PyTypeObject *type, PyTypeObject *owner)
{
    PyObject **slot = (PyObject **)(instance + 1);
    PyObject **end = (PyObject **)((char *)instance + owner->tp_basicsize);
    Py_ssize_t nones = 0;
    for (; slot < end; slot++) {
        if (*slot == Py_None) nones++;
        else Py_XDECREF(*slot);
    }
    minirpc_decref_none(nones);
    type->tp_free(instance);
    Py_DECREF(type);
}

/* tp_dealloc of message classes that are plain; of subclasses too, once CPython has cleared what these add. */
static void minirpc_dealloc(PyObject *instance)
{
    PyTypeObject *type = Py_TYPE(instance), *owner = type;
    while (owner->tp_dealloc != minirpc_dealloc) owner = owner->tp_base;
    if (owner == type && type->tp_finalize != NULL && PyObject_CallFinalizerFromDealloc(instance) < 0) return;
    PyObject_GC_UnTrack(instance);
    if (minirpc_levels < MINIRPC_DIRECT_LEVELS) {
        minirpc_levels++;
        minirpc_destroy(instance, type, owner);
        minirpc_levels--;
        return;
    }
    Py_TRASHCAN_BEGIN(instance, minirpc_dealloc)
    minirpc_destroy(instance, type, owner);
    Py_TRASHCAN_END
}

static inline void minirpc_set_dealloc(PyTypeObject *type)
{
    type->tp_dealloc = minirpc_dealloc;
}

#endif
