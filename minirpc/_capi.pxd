# cython: language_level=3
"""CPython's C API on plain pointers, for code that counts its references itself.

A function that returns a new reference says so by its name in CPython's manual; pointers into containers are borrowed.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

cdef extern from "_codec.h":
    ctypedef struct PyObject:
        pass
    ctypedef struct PyTypeObject:
        const char* tp_name
        Py_ssize_t tp_basicsize
        PyObject* (*tp_alloc)(PyTypeObject*, Py_ssize_t)
    ctypedef PyObject* (*vectorcallfunc)(PyObject*, PyObject* const*, size_t, PyObject*) except NULL

    PyObject* None_ "Py_None"
    PyObject* True_ "Py_True"
    PyObject* False_ "Py_False"
    void Py_INCREF(PyObject*)
    void Py_XINCREF(PyObject*)
    void Py_DECREF(PyObject*)
    void Py_XDECREF(PyObject*)
    Py_ssize_t Py_REFCNT(PyObject*)
    PyTypeObject* Py_TYPE(PyObject*)
    bint PyType_IsSubtype(PyTypeObject*, PyTypeObject*)
    bint PyObject_TypeCheck(PyObject*, PyTypeObject*)
    PyObject* _PyType_Lookup(PyTypeObject*, PyObject*)
    PyObject* PyObject_CallOneArg(PyObject*, PyObject*)
    PyObject* PyObject_CallFunctionObjArgs(PyObject*, ...)
    int PyObject_RichCompareBool(PyObject*, PyObject*, int) except -1
    int Py_EQ

    PyObject* PyErr_Occurred()
    void PyErr_Clear()
    bint PyErr_ExceptionMatches(PyObject*)
    PyObject* PyErr_NoMemory()
    PyObject* PyErr_Format(PyObject*, const char*, ...)
    PyObject* PyExc_TypeError
    PyObject* PyExc_UnicodeDecodeError
    PyObject* PyExc_UnicodeEncodeError
    int raise_pending "minirpc_pending"() except -1  # lets an exception through that C code has set

    int PyGC_Disable()
    int PyGC_Enable()
    void PyObject_GC_Track(PyObject*)

    bint PyLong_Check(PyObject*)
    bint PyLong_CheckExact(PyObject*)
    PyObject* PyLong_FromLong(long)
    PyObject* PyLong_FromLongLong(long long)
    PyObject* PyLong_FromUnsignedLongLong(unsigned long long)
    double PyLong_AsDouble(PyObject*)

    bint PyFloat_Check(PyObject*)
    bint PyFloat_CheckExact(PyObject*)
    double PyFloat_AS_DOUBLE(PyObject*)
    PyObject* PyFloat_FromDouble(double)

    bint PyUnicode_Check(PyObject*)
    bint PyUnicode_CheckExact(PyObject*)
    int PyUnicode_Compare(PyObject*, PyObject*)

    bint PyBytes_Check(PyObject*)
    bint PyBytes_CheckExact(PyObject*)
    char* PyBytes_AS_STRING(PyObject*)
    Py_ssize_t PyBytes_GET_SIZE(PyObject*)
    PyObject* PyBytes_FromStringAndSize(const char*, Py_ssize_t)
    int _PyBytes_Resize(PyObject**, Py_ssize_t)
    bint PyByteArray_Check(PyObject*)
    char* PyByteArray_AS_STRING(PyObject*)
    Py_ssize_t PyByteArray_GET_SIZE(PyObject*)
    bint PyMemoryView_Check(PyObject*)
    int PyObject_GetBuffer(PyObject*, Py_buffer*, int)
    int PyBuffer_ToContiguous(void*, Py_buffer*, Py_ssize_t, char)
    void PyBuffer_Release(Py_buffer*)
    int PyBUF_SIMPLE
    int PyBUF_FULL_RO

    bint PyList_Check(PyObject*)
    bint PyList_CheckExact(PyObject*)
    Py_ssize_t PyList_GET_SIZE(PyObject*)
    PyObject* PyList_GET_ITEM(PyObject*, Py_ssize_t)
    PyObject** minirpc_list_items(PyObject*)

    bint PyDict_Check(PyObject*)
    bint PyDict_CheckExact(PyObject*)
    PyObject* PyList_New(Py_ssize_t)

    PyObject* PyDict_New()
    Py_ssize_t PyDict_GET_SIZE(PyObject*)
    PyObject* PyDict_GetItemWithError(PyObject*, PyObject*)
    int PyDict_SetItem(PyObject*, PyObject*, PyObject*)
    bint PyDict_Next(PyObject*, Py_ssize_t*, PyObject**, PyObject**)

    Py_ssize_t PyVectorcall_NARGS(size_t)
    Py_ssize_t PyTuple_GET_SIZE(PyObject*)
    PyObject* PyTuple_GET_ITEM(PyObject*, Py_ssize_t)

    Py_ssize_t minirpc_put_ints(uint8_t**, PyObject* const*, Py_ssize_t, int64_t, int64_t, bint)
    Py_ssize_t minirpc_put_doubles(uint8_t*, PyObject* const*, Py_ssize_t)
    uint8_t* minirpc_put_varint(uint8_t*, uint64_t)
    bint minirpc_is_own_text(PyObject*)
    Py_ssize_t minirpc_utf8_room(PyObject*)
    uint8_t* minirpc_put_text(uint8_t*, PyObject*)
    bint minirpc_as_int64(PyObject*, int64_t*)
    bint minirpc_as_uint64(PyObject*, uint64_t*)
    uint32_t minirpc_load32(const uint8_t*)
    uint64_t minirpc_load64(const uint8_t*)
    void minirpc_store32(uint8_t*, uint32_t)
    void minirpc_store64(uint8_t*, uint64_t)
    double minirpc_bits_to_double(uint64_t)
    double minirpc_bits_to_float(uint32_t)
    uint64_t minirpc_double_to_bits(double)
    uint32_t minirpc_float_to_bits(double)
    PyObject* minirpc_text(const uint8_t*, Py_ssize_t, const char*)
    ctypedef struct minirpc_luck:
        uint8_t credit
    int MINIRPC_FIRST_CREDIT
    bint minirpc_may_share(minirpc_luck*, Py_ssize_t)
    PyObject* minirpc_shared_text(const uint8_t*, Py_ssize_t, const char*, minirpc_luck*)
    const char* minirpc_utf8(PyObject*, Py_ssize_t*)
    bint minirpc_is_ascii_text(PyObject*)
    Py_ssize_t PyUnicode_GET_LENGTH(PyObject*)
    uint32_t PyUnicode_MAX_CHAR_VALUE(PyObject*)
    uint32_t PyUnicode_READ_CHAR(PyObject*, Py_ssize_t)
    PyObject* minirpc_text_room(Py_ssize_t)
    uint8_t* minirpc_text_bytes(PyObject*)
    PyObject* minirpc_cut_text(PyObject*, Py_ssize_t)
    Py_ssize_t minirpc_escaped_size(PyObject*)
    uint8_t* minirpc_put_escaped(uint8_t*, PyObject*)
    Py_hash_t minirpc_text_hash(PyObject*) except? -1
    PyObject* minirpc_list_with_room(Py_ssize_t)
    int minirpc_append(PyObject*, PyObject*)
    const char* minirpc_number_codes
    const uint8_t* minirpc_number_sizes
    int minirpc_set_numbers(object) except -1
    bint minirpc_use_layout(bint)
    bint minirpc_is_numbers(PyObject*, int)
    PyObject* minirpc_new_numbers(int, Py_ssize_t)
    char* minirpc_numbers_items(PyObject*, Py_ssize_t*)
    int minirpc_extend_numbers(PyObject*, const char*, Py_ssize_t)
    int minirpc_set_runs()
    bint minirpc_is_run(PyObject*)
    const uint8_t* minirpc_run_bytes(PyObject*)
    Py_ssize_t minirpc_run_size(PyObject*)
    PyObject* minirpc_new_run(const uint8_t*, Py_ssize_t)
    bint minirpc_is_run_of_varints(const uint8_t*, Py_ssize_t)
    int MINIRPC_RUN_SIZE
    int MINIRPC_RUN_OF_CHUNKS
    bint minirpc_is_utf8(const uint8_t*, Py_ssize_t)
    Py_ssize_t minirpc_slot_offset(PyObject*)
    PyTypeObject* minirpc_slot_owner(PyObject*)
    bint minirpc_is_plain(PyTypeObject*)
    ctypedef struct minirpc_share:
        PyObject* object
        Py_ssize_t count
    PyObject* minirpc_new_plain(PyTypeObject*, PyObject* const*, Py_ssize_t, const minirpc_share*, int)
    void minirpc_set_dealloc(PyTypeObject*)
    object minirpc_take(PyObject*)
    bint minirpc_hold_collection()
    void minirpc_release_collection(bint)
    bint minirpc_set_constructor(PyTypeObject*, vectorcallfunc)


cdef extern from "<stdlib.h>":
    # unlike Cython's own declaration, for comparisons that hold the GIL
    void qsort(void*, size_t, size_t, int (*)(const void*, const void*) noexcept)
