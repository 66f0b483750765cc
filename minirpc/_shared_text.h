/* Short strings that repeat, for minirpc._codec: names, labels, types, words.
 *
 * The strings that were read last are kept in a table. Where the same bytes come again, the same `str` is handed out: no
 * memory is taken for it, its hash is known when it becomes a key, and comparing it with its like is comparing pointers.
 *
 * The table has a fixed number of places and a new string takes that of an older one, so what peers send can neither make
 * it grow nor make a search long; it holds less than a megabyte. A hash only chooses the places: what is found there
 * is compared in full.
 */

#ifndef MINIRPC_SHARED_TEXT_H
#define MINIRPC_SHARED_TEXT_H

#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "_utf8.h"

#define MINIRPC_SHARED_BITS 11 /* of a hash, which chooses two places */
#define MINIRPC_SHARED_SIZE 64 /* bytes of the longest string that is shared */

static PyObject *minirpc_shared[1 << MINIRPC_SHARED_BITS][2];

/* How a field's strings have fared. Looking costs time, and is for nothing where each string comes once: ids, digests. So
 * a hit earns and a miss costs; a field that has nothing left does not look, but is asked again now and then. */
typedef struct {
    uint8_t credit;
    uint8_t passed;
} minirpc_luck;

enum { MINIRPC_FIRST_CREDIT = 32, MINIRPC_MOST_CREDIT = 96, MINIRPC_NEXT_CREDIT = 8 };

static inline int minirpc_may_share(minirpc_luck *luck, Py_ssize_t size)
{
    if (size < 2 || size > MINIRPC_SHARED_SIZE) return 0; /* CPython shares those of one character */
    if (luck->credit > 0) return 1;
    if (++luck->passed != 0) return 0;
    luck->credit = MINIRPC_NEXT_CREDIT; /* after 256 */
    return 1;
}

static inline uint64_t minirpc_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

/* A hash of 2 to MINIRPC_SHARED_SIZE bytes. `seen` becomes all bytes ORed: it tells whether they are ASCII. */
static inline uint64_t minirpc_hash_bytes(const uint8_t *p, Py_ssize_t size, uint64_t *seen)
{
    uint64_t word, hash = (uint64_t)size;
    uint32_t head, tail;
    if (size >= 8) {
        const uint8_t *last = p + size - 8;
        memcpy(&word, last, 8); /* may overlap with what comes before */
        *seen = word;
        hash = minirpc_mix(hash, word);
        for (; p < last; p += 8) {
            memcpy(&word, p, 8);
            *seen |= word;
            hash = minirpc_mix(hash, word);
        }
        return hash;
    }
    if (size >= 4) {
        memcpy(&head, p, 4);
        memcpy(&tail, p + size - 4, 4);
    } else {
        head = (uint32_t)p[0] | (uint32_t)p[1] << 8;
        tail = p[size - 1];
    }
    *seen = word = (uint64_t)head << 32 | tail;
    return minirpc_mix(hash, word);
}

static inline int minirpc_same_bytes(const uint8_t *a, const uint8_t *b, Py_ssize_t size)
{
    uint64_t x, y;
    if (size < 8) {
        for (Py_ssize_t i = 0; i < size; i++)
            if (a[i] != b[i]) return 0;
        return 1;
    }
    for (Py_ssize_t at = 0; at < size - 8; at += 8) {
        memcpy(&x, a + at, 8);
        memcpy(&y, b + at, 8);
        if (x != y) return 0;
    }
    memcpy(&x, a + size - 8, 8);
    memcpy(&y, b + size - 8, 8);
    return x == y;
}

static inline PyObject *minirpc_hit(PyObject *text, minirpc_luck *luck)
{
    if (luck->credit < MINIRPC_MOST_CREDIT) luck->credit += 2;
    Py_INCREF(text);
    return text;
}

/* Puts a new string into the first of its two places, and what was there into the second. To destroy what was in that
 * runs no code: it is exactly a str. */
static inline PyObject *minirpc_keep_shared(PyObject **places, PyObject *text, minirpc_luck *luck)
{
    if (luck->credit > 0) luck->credit--;
    if (text == NULL) return NULL;
    PyObject *old = places[1];
    Py_INCREF(text);
    places[1] = places[0];
    places[0] = text;
    Py_XDECREF(old);
    return text;
}

static inline int minirpc_is_wide(PyObject *text, const void *characters, Py_ssize_t length, int kind)
{
    return text != NULL && PyUnicode_GET_LENGTH(text) == length && !PyUnicode_IS_COMPACT_ASCII(text)
        && (int)PyUnicode_KIND(text) == kind && memcmp(PyUnicode_DATA(text), characters, length * kind) == 0;
}

static inline int minirpc_is_narrow(PyObject *text, const uint8_t *p, Py_ssize_t size)
{
    return text != NULL && PyUnicode_GET_LENGTH(text) == size && PyUnicode_IS_COMPACT_ASCII(text)
        && minirpc_same_bytes(PyUnicode_1BYTE_DATA(text), p, size);
}

static PyObject *minirpc_share_wide(PyObject **places, const uint8_t *p, Py_ssize_t size, minirpc_luck *luck)
{
    union {
        Py_UCS1 of_1[MINIRPC_SHARED_SIZE];
        Py_UCS2 of_2[MINIRPC_SHARED_SIZE];
        Py_UCS4 of_4[MINIRPC_SHARED_SIZE];
    } filled;
    const uint8_t *end = p + size;
    Py_UCS4 bound = 0;
    Py_ssize_t length = minirpc_measure_utf8(p, end, &bound);
    int kind = bound == 0xFF ? PyUnicode_1BYTE_KIND : bound == 0xFFFF ? PyUnicode_2BYTE_KIND : PyUnicode_4BYTE_KIND;
    PyObject *text;
    if (length < 0) return NULL;
    if (kind == PyUnicode_1BYTE_KIND) minirpc_fill_1(filled.of_1, length, p, end);
    else if (kind == PyUnicode_2BYTE_KIND) minirpc_fill_2(filled.of_2, length, p, end);
    else minirpc_fill_4(filled.of_4, length, p, end);
    for (int i = 0; i < 2; i++)
        if (minirpc_is_wide(places[i], &filled, length, kind)) return minirpc_hit(places[i], luck);
    text = PyUnicode_New(length, bound);
    if (text != NULL) memcpy(PyUnicode_DATA(text), &filled, length * kind);
    return minirpc_keep_shared(places, text, luck);
}

/* As minirpc_text, a new reference to a string that may be an old one. To be asked after minirpc_may_share. */
static inline PyObject *minirpc_shared_text(const uint8_t *p, Py_ssize_t size, const char *errors, minirpc_luck *luck)
{
    uint64_t seen = 0;
    PyObject **places = minirpc_shared[minirpc_hash_bytes(p, size, &seen) >> (64 - MINIRPC_SHARED_BITS)];
    PyObject *text;
    if (seen & MINIRPC_HIGH_BITS) {
        text = minirpc_share_wide(places, p, size, luck);
        return text != NULL || PyErr_Occurred() ? text : minirpc_text(p, size, errors);
    }
    for (int i = 0; i < 2; i++)
        if (minirpc_is_narrow(places[i], p, size)) return minirpc_hit(places[i], luck);
    text = PyUnicode_New(size, 127);
    if (text != NULL) memcpy(PyUnicode_1BYTE_DATA(text), p, size);
    return minirpc_keep_shared(places, text, luck);
}

#endif
