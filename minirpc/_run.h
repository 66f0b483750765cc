/* Repeated fields as they came, for minirpc._codec: short packed runs, and strings or bytes one after the other.
 *
 * An array of numbers takes 100 bytes and two allocations before it has a number, and some messages consist of small ones:
 * the positions in descriptors, coordinates, shapes. A list of strings takes as much, and 50 bytes for each string. Until
 * somebody reads such a field, its slot holds the bytes from the wire. They are checked before, so the values can be made
 * of them at any time, and encoding writes them as they are.
 */

#ifndef MINIRPC_RUN_H
#define MINIRPC_RUN_H

#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MINIRPC_RUN_SIZE 64 /* bytes of the longest run of numbers that is kept so */
#define MINIRPC_RUN_OF_CHUNKS (1 << 17) /* and of strings: reading them goes over their bytes a second time */
#define MINIRPC_RUN_VARINT 4 /* bytes of the longest varint in one: all kinds of numbers hold what these can say */

/* The bytes of a run. Never changes, and never leaves the slots of messages. */
typedef struct {
    PyObject_VAR_HEAD
    uint8_t bytes[1];
} minirpc_run;

static void minirpc_run_dealloc(PyObject *run)
{
    PyObject_Free(run);
}

static PyTypeObject minirpc_run_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "minirpc._codec.PackedRun",
    .tp_basicsize = offsetof(minirpc_run, bytes),
    .tp_itemsize = 1,
    .tp_dealloc = minirpc_run_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
};

static inline int minirpc_set_runs(void)
{
    return PyType_Ready(&minirpc_run_type);
}

static inline int minirpc_is_run(PyObject *object)
{
    return object != NULL && Py_IS_TYPE(object, &minirpc_run_type);
}

static inline const uint8_t *minirpc_run_bytes(PyObject *run)
{
    return ((minirpc_run *)run)->bytes;
}

static inline Py_ssize_t minirpc_run_size(PyObject *run)
{
    return Py_SIZE(run);
}

static inline PyObject *minirpc_new_run(const uint8_t *p, Py_ssize_t size)
{
    minirpc_run *run = (minirpc_run *)PyObject_Malloc(offsetof(minirpc_run, bytes) + size);
    if (run == NULL) return PyErr_NoMemory();
    PyObject_InitVar((PyVarObject *)run, &minirpc_run_type, size);
    memcpy(run->bytes, p, size);
    return (PyObject *)run;
}

/* Whether bytes are varints as encoding would write them: none longer than it must be, and none very long. */
static inline int minirpc_is_run_of_varints(const uint8_t *p, Py_ssize_t size)
{
    int length = 0;
    for (const uint8_t *end = p + size; p < end; p++) {
        length++;
        if (*p >= 0x80) continue;
        if (length > MINIRPC_RUN_VARINT || (length > 1 && *p == 0)) return 0;
        length = 0;
    }
    return length == 0;
}

#endif
