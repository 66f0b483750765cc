/* Lists of numbers to packed runs, for minirpc._codec: loops that leave at the first value that is not ordinary. */

#ifndef MINIRPC_PACK_H
#define MINIRPC_PACK_H

#include <Python.h>
#include <stdint.h>
#include <string.h>

/* ---- integers */

/* Whether an int, or an instance of a subclass, has no more than two digits (60 bits, most often); if so, its value. */
static inline int minirpc_short_int(PyObject *number, int64_t *value)
{
#if PY_VERSION_HEX >= 0x030E0000
    if (!PyUnstable_Long_IsCompact((PyLongObject *)number)) return 0;
    *value = PyUnstable_Long_CompactValue((PyLongObject *)number);
    return 1;
#else
#if PY_VERSION_HEX >= 0x030C0000
    uintptr_t tag = ((PyLongObject *)number)->long_value.lv_tag;
    const digit *digits = ((PyLongObject *)number)->long_value.ob_digit;
    Py_ssize_t size = (Py_ssize_t)(tag >> 3);
    int64_t sign = 1 - (int64_t)(tag & 3); /* 0: positive, 1: zero, 2: negative */
#else
    const digit *digits = ((PyLongObject *)number)->ob_digit;
    Py_ssize_t size = Py_SIZE(number);
    int64_t sign = size < 0 ? -1 : 1;
    size *= sign;
#endif
    if (size > 2) return 0;
    uint64_t magnitude = size == 0 ? 0 : digits[0];
    if (size == 2) magnitude |= (uint64_t)digits[1] << PyLong_SHIFT;
    *value = sign * (int64_t)magnitude;
    return 1;
#endif
}

/* Writes a varint where there is room for ten bytes, and returns the place behind. Without a branch for each byte: their
 * number is hard to guess. */
static inline uint8_t *minirpc_put_varint(uint8_t *p, uint64_t value)
{
    if (value < 0x80) {
        *p = (uint8_t)value;
        return p + 1;
    }
#if !PY_BIG_ENDIAN
    if (value >> 56 == 0) {
        int size = (70 - __builtin_clzll(value)) / 7; /* in bytes */
        value = (value & 0x00FFFFFFF0000000u) << 4 | (value & 0x000000000FFFFFFFu);
        value = (value & 0x0FFFC0000FFFC000u) << 2 | (value & 0x00003FFF00003FFFu);
        value = (value & 0x3F803F803F803F80u) << 1 | (value & 0x007F007F007F007Fu);
        value |= 0x8080808080808080u >> (72 - 8 * size); /* more bytes follow all but the last */
        memcpy(p, &value, 8);
        return p + size;
    }
#endif
    while (value >= 0x80) {
        *p++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *p = (uint8_t)value;
    return p + 1;
}

/* What is done to an int before it is written as a varint. */
enum { MINIRPC_AS_IT_IS, MINIRPC_ZIGZAG };

/* Writes ints as varints where there is room for ten bytes each. Stops at what is not exactly an int, or not between the
 * limits; returns how many it wrote. */
static inline Py_ssize_t minirpc_put_ints(
    uint8_t **pos, PyObject *const *items, Py_ssize_t count, int64_t least, int64_t most, int zigzag)
{
    uint8_t *p = *pos;
    Py_ssize_t i;
    int64_t value;
    for (i = 0; i < count; i++) {
        if (!PyLong_CheckExact(items[i]) || !minirpc_short_int(items[i], &value) || value < least || value > most) break;
        p = minirpc_put_varint(p, zigzag ? (uint64_t)value << 1 ^ (uint64_t)(value >> 63) : (uint64_t)value);
    }
    *pos = p;
    return i;
}

/* The same for floats as doubles, of which each takes eight bytes. */
static inline Py_ssize_t minirpc_put_doubles(uint8_t *p, PyObject *const *items, Py_ssize_t count)
{
    Py_ssize_t i;
    for (i = 0; i < count && PyFloat_CheckExact(items[i]); i++) {
        double value = PyFloat_AS_DOUBLE(items[i]);
#if PY_BIG_ENDIAN
        uint64_t bits;
        memcpy(&bits, &value, 8);
        bits = __builtin_bswap64(bits);
        memcpy(p + 8 * i, &bits, 8);
#else
        memcpy(p + 8 * i, &value, 8);
#endif
    }
    return i;
}

#endif
