/* UTF-8 to str, for minirpc._codec: a pass that checks and measures, and one that fills in.
 *
 * CPython's own decoder starts with a guess and begins again with wider characters where the first of them turns up; to
 * text that is mostly ASCII, as names and addresses are, that happens for nearly each string.
 */

#ifndef MINIRPC_UTF8_H
#define MINIRPC_UTF8_H

#include <Python.h>
#include <stdint.h>
#include <string.h>

#define MINIRPC_HIGH_BITS 0x8080808080808080u

static inline int minirpc_is_ascii(const uint8_t *p, Py_ssize_t size)
{
    uint64_t word, high_bits = 0;
    for (; size >= 8; p += 8, size -= 8) {
        memcpy(&word, p, 8);
        high_bits |= word;
    }
    for (; size > 0; p++, size--) high_bits |= *p;
    return !(high_bits & MINIRPC_HIGH_BITS);
}

/* How many bytes in memory come before the first that is not ASCII, of eight; 8 if all are. */
static inline int minirpc_ascii_of_8(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, 8);
    word &= MINIRPC_HIGH_BITS;
#if PY_BIG_ENDIAN
    return word ? __builtin_clzll(word) >> 3 : 8;
#else
    return word ? __builtin_ctzll(word) >> 3 : 8;
#endif
}

/* How many of the bytes at `p` are ASCII. */
static inline Py_ssize_t minirpc_ascii_run(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *start = p;
    int run;
    while (end - p >= 8) {
        run = minirpc_ascii_of_8(p);
        p += run;
        if (run < 8) return p - start;
    }
    while (p < end && *p < 0x80) p++;
    return p - start;
}

static inline int minirpc_is_tail(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* The number of characters, and the least of 0x7F, 0xFF, 0xFFFF and 0x10FFFF that is above none of them; -1 if the bytes
 * are not UTF-8 (The Unicode Standard, table "Well-Formed UTF-8 Byte Sequences"). */
static inline Py_ssize_t minirpc_measure_utf8(const uint8_t *p, const uint8_t *end, Py_UCS4 *bound)
{
    Py_ssize_t length = 0;
    uint32_t bits = 0x7F;
    while (p < end) {
        uint8_t first = *p;
        if (first < 0x80) {
            Py_ssize_t run = minirpc_ascii_run(p, end);
            p += run;
            length += run;
            continue;
        }
        if (first < 0xC2) return -1; /* a tail, or longer than need be */
        if (first < 0xE0) {
            if (end - p < 2 || !minirpc_is_tail(p[1])) return -1;
            bits |= first < 0xC4 ? 0xFF : 0xFFFF;
            p += 2;
        } else if (first < 0xF0) {
            if (end - p < 3 || !minirpc_is_tail(p[1]) || !minirpc_is_tail(p[2])) return -1;
            if (first == 0xE0 && p[1] < 0xA0) return -1; /* longer than need be */
            if (first == 0xED && p[1] > 0x9F) return -1; /* a surrogate */
            bits |= 0xFFFF;
            p += 3;
        } else {
            if (first > 0xF4 || end - p < 4) return -1;
            if (!minirpc_is_tail(p[1]) || !minirpc_is_tail(p[2]) || !minirpc_is_tail(p[3])) return -1;
            if (first == 0xF0 && p[1] < 0x90) return -1; /* longer than need be */
            if (first == 0xF4 && p[1] > 0x8F) return -1; /* beyond Unicode */
            bits |= 0x10FFFF;
            p += 4;
        }
        length++;
    }
    *bound = bits > 0xFFFF ? 0x10FFFF : bits;
    return length;
}

/* Fills in characters of one width from bytes that were measured. */
#define MINIRPC_FILL(name, character)                                                                             \
    static inline void name(character *out, Py_ssize_t length, const uint8_t *p, const uint8_t *end)              \
    {                                                                                                             \
        int run;                                                                                                  \
        const character *full = out + length; /* the last characters must not be written eight at a time */       \
        while (p < end) {                                                                                         \
            uint8_t first = *p;                                                                                   \
            if (first < 0x80) {                                                                                   \
                while (end - p >= 8 && (run = minirpc_ascii_of_8(p)) > 0) {                                       \
                    if (full - out >= 8) { /* in one go, as the count is known; what is too much is overwritten */\
                        for (int i = 0; i < 8; i++) out[i] = (character)p[i];                                     \
                    } else {                                                                                      \
                        for (int i = 0; i < run; i++) out[i] = (character)p[i];                                   \
                    }                                                                                             \
                    out += run;                                                                                   \
                    p += run;                                                                                     \
                }                                                                                                 \
                if (end - p < 8)                                                                                  \
                    while (p < end && *p < 0x80) *out++ = (character)*p++;                                        \
            } else if (first < 0xE0) {                                                                            \
                *out++ = (character)((first & 0x1F) << 6 | (p[1] & 0x3F));                                        \
                p += 2;                                                                                           \
            } else if (first < 0xF0) {                                                                            \
                *out++ = (character)((first & 0x0F) << 12 | (p[1] & 0x3F) << 6 | (p[2] & 0x3F));                  \
                p += 3;                                                                                           \
            } else {                                                                                              \
                *out++ = (character)((first & 0x07) << 18 | (p[1] & 0x3F) << 12 | (p[2] & 0x3F) << 6 | (p[3] & 0x3F)); \
                p += 4;                                                                                           \
            }                                                                                                     \
        }                                                                                                         \
    }

MINIRPC_FILL(minirpc_fill_1, Py_UCS1)
MINIRPC_FILL(minirpc_fill_2, Py_UCS2)
MINIRPC_FILL(minirpc_fill_4, Py_UCS4)

/* A new str of UTF-8 bytes that were measured, or come of strs; NULL with an exception. */
static inline PyObject *minirpc_filled_text(const uint8_t *p, Py_ssize_t size, Py_ssize_t length, Py_UCS4 bound)
{
    const uint8_t *end = p + size;
    PyObject *text = PyUnicode_New(length, bound);
    if (text == NULL) return NULL;
    if (bound <= 0x7F) memcpy(PyUnicode_1BYTE_DATA(text), p, (size_t)size);
    else if (bound <= 0xFF) minirpc_fill_1(PyUnicode_1BYTE_DATA(text), length, p, end);
    else if (bound <= 0xFFFF) minirpc_fill_2(PyUnicode_2BYTE_DATA(text), length, p, end);
    else minirpc_fill_4(PyUnicode_4BYTE_DATA(text), length, p, end);
    return text;
}

/* A str that nobody else knows yet, with room for so much ASCII; NULL with an exception. */
static inline PyObject *minirpc_text_room(Py_ssize_t size)
{
    return PyUnicode_New(size, 127);
}

static inline uint8_t *minirpc_text_bytes(PyObject *text)
{
    return PyUnicode_1BYTE_DATA(text);
}

/* The same str, of so many bytes, which are ASCII; takes over the reference to it. NULL with an exception. */
static inline PyObject *minirpc_cut_text(PyObject *text, Py_ssize_t size)
{
    if (PyUnicode_Resize(&text, size) < 0) {
        Py_DECREF(text);
        return NULL;
    }
    return text;
}

static inline int minirpc_is_utf8(const uint8_t *p, Py_ssize_t size)
{
    Py_UCS4 bound;
    return minirpc_is_ascii(p, size) || minirpc_measure_utf8(p, p + size, &bound) >= 0;
}

/* A new str of UTF-8 bytes; NULL with an exception (UnicodeDecodeError) if they are not. `errors` is NULL or the name of
 * one of Python's own error handlers. What is short is left to CPython, which has strings of one character ready. */
static inline PyObject *minirpc_text(const uint8_t *p, Py_ssize_t size, const char *errors)
{
    const uint8_t *end = p + size;
    Py_UCS4 bound = 0;
    PyObject *text;
    Py_ssize_t length;
    if (size <= 4) return PyUnicode_DecodeUTF8((const char *)p, size, errors);
    if (minirpc_is_ascii(p, size)) {
        text = PyUnicode_New(size, 127);
        if (text != NULL) memcpy(PyUnicode_1BYTE_DATA(text), p, size);
        return text;
    }
    length = minirpc_measure_utf8(p, end, &bound);
    if (length < 0) return PyUnicode_DecodeUTF8((const char *)p, size, errors); /* its errors, and its handlers */
    return minirpc_filled_text(p, size, length, bound);
}

/* ---- str to UTF-8 */

/* Writes characters as UTF-8; NULL at a lone surrogate. */
#define MINIRPC_PUT(name, character)                                                                              \
    static uint8_t *name(uint8_t *out, const character *p, const character *end)                                  \
    {                                                                                                             \
        while (p < end) {                                                                                         \
            Py_UCS4 c = *p;                                                                                       \
            if (c < 0x80) {                                                                                       \
                while (end - p >= 8) { /* in one go: the count is known */                                        \
                    uint64_t word, seen = 0;                                                                      \
                    for (int i = 0; i < 8; i += 8 / (int)sizeof(character)) {                                     \
                        memcpy(&word, p + i, 8);                                                                  \
                        seen |= word;                                                                             \
                    }                                                                                             \
                    if (seen & ~(~(uint64_t)0 / (character)~(character)0 * 0x7F)) break;                          \
                    for (int i = 0; i < 8; i++) out[i] = (uint8_t)p[i];                                           \
                    out += 8;                                                                                     \
                    p += 8;                                                                                       \
                }                                                                                                 \
                while (p < end && *p < 0x80) *out++ = (uint8_t)*p++;                                              \
                continue;                                                                                         \
            }                                                                                                     \
            p++;                                                                                                  \
            if (c < 0x800) {                                                                                      \
                *out++ = (uint8_t)(0xC0 | c >> 6);                                                                \
            } else {                                                                                              \
                if (c < 0x10000) {                                                                                \
                    if (c >= 0xD800 && c <= 0xDFFF) return NULL;                                                  \
                    *out++ = (uint8_t)(0xE0 | c >> 12);                                                           \
                } else {                                                                                          \
                    *out++ = (uint8_t)(0xF0 | c >> 18);                                                           \
                    *out++ = (uint8_t)(0x80 | (c >> 12 & 0x3F));                                                  \
                }                                                                                                 \
                *out++ = (uint8_t)(0x80 | (c >> 6 & 0x3F));                                                       \
            }                                                                                                     \
            *out++ = (uint8_t)(0x80 | (c & 0x3F));                                                                \
        }                                                                                                         \
        return out;                                                                                               \
    }

MINIRPC_PUT(minirpc_put_1, Py_UCS1)
MINIRPC_PUT(minirpc_put_2, Py_UCS2)
MINIRPC_PUT(minirpc_put_4, Py_UCS4)

/* Whether nobody else holds a str that is not ASCII, and CPython has no UTF-8 of it yet. */
static inline int minirpc_is_own_text(PyObject *text)
{
    return Py_REFCNT(text) == 1 && PyUnicode_CheckExact(text) && PyUnicode_IS_COMPACT(text) && !PyUnicode_IS_ASCII(text)
        && ((PyCompactUnicodeObject *)text)->utf8 == NULL;
}

/* The most bytes that a str of that kind takes in UTF-8. */
static inline Py_ssize_t minirpc_utf8_room(PyObject *text)
{
    int kind = PyUnicode_KIND(text);
    return PyUnicode_GET_LENGTH(text) * (kind == PyUnicode_4BYTE_KIND ? 4 : kind + 1);
}

/* Writes a str of that kind where there is that much room, and returns the place behind; NULL
 * without an exception if it has a lone surrogate. */
static inline uint8_t *minirpc_put_text(uint8_t *out, PyObject *text)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    int kind = PyUnicode_KIND(text);
    if (kind == PyUnicode_1BYTE_KIND)
        return minirpc_put_1(out, PyUnicode_1BYTE_DATA(text), PyUnicode_1BYTE_DATA(text) + length);
    if (kind == PyUnicode_2BYTE_KIND)
        return minirpc_put_2(out, PyUnicode_2BYTE_DATA(text), PyUnicode_2BYTE_DATA(text) + length);
    return minirpc_put_4(out, PyUnicode_4BYTE_DATA(text), PyUnicode_4BYTE_DATA(text) + length);
}

#endif
