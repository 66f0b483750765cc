/* What of a JSON text is not ASCII, for minirpc._codec.
 *
 * A text is collected as ASCII. Strings with other characters are only noted, with the place where they belong, and put
 * in once it is known how wide the characters of the whole are: what is in memory two bytes wide is copied so, and does not
 * go through UTF-8 and back.
 */

#ifndef MINIRPC_JSON_WIDE_H
#define MINIRPC_JSON_WIDE_H

#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "_json.h"

/* A str that belongs into a text. */
typedef struct {
    Py_ssize_t at; /* so many characters of ASCII stand before it */
    PyObject *text; /* owned */
    Py_ssize_t first; /* the first of its characters that is to be written */
    Py_ssize_t length; /* how many characters are written for it; as many as it has from there on: just these */
} minirpc_insert;

static inline int minirpc_is_surrogate(Py_UCS4 c)
{
    return c >= 0xD800 && c <= 0xDFFF;
}

static inline int minirpc_stops(Py_UCS4 c)
{
    return c < 0x20 || c == '"' || c == '\\' || minirpc_is_surrogate(c);
}

/* The first of some characters that a JSON string must escape, or that is a surrogate; or `end`. */
static inline const Py_UCS1 *minirpc_stop_1(const Py_UCS1 *p, const Py_UCS1 *end)
{
    uint8_t high = 0;
    return minirpc_plain_end(p, end, &high);
}

static inline const Py_UCS2 *minirpc_stop_2(const Py_UCS2 *p, const Py_UCS2 *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), last_control = _mm_set1_epi8(0x1F);
    for (; end - p >= 16; p += 16) {
        /* as bytes, what is above 0xFF is 0xFF, but from 0x8000 on, where the surrogates are, it is 0, as a control */
        __m128i some = _mm_packus_epi16(_mm_loadu_si128((const __m128i *)p), _mm_loadu_si128((const __m128i *)(p + 8)));
        __m128i found = _mm_or_si128(_mm_cmpeq_epi8(some, quote), _mm_cmpeq_epi8(some, slash));
        found = _mm_or_si128(found, _mm_cmpeq_epi8(_mm_min_epu8(some, last_control), some));
        if (_mm_movemask_epi8(found) == 0) continue;
        for (int i = 0; i < 16; i++)
            if (minirpc_stops(p[i])) return p + i;
    }
#endif
    while (p < end && !minirpc_stops(*p)) p++;
    return p;
}

static inline const Py_UCS4 *minirpc_stop_4(const Py_UCS4 *p, const Py_UCS4 *end)
{
    while (p < end && !minirpc_stops(*p)) p++;
    return p;
}

/* How many characters a string takes with its escapes; -1 if it has a lone surrogate. */
#define MINIRPC_ESCAPED_LENGTH(name, character, stop)                         \
    static Py_ssize_t name(const character *p, Py_ssize_t length)             \
    {                                                                         \
        const character *end = p + length;                                    \
        uint8_t escape[8];                                                    \
        while ((p = stop(p, end)) < end) {                                    \
            if (minirpc_is_surrogate(*p)) return -1;                          \
            length += minirpc_put_escape(escape, (uint8_t)*p++) - escape - 1; \
        }                                                                     \
        return length;                                                        \
    }

MINIRPC_ESCAPED_LENGTH(minirpc_escaped_length_1, Py_UCS1, minirpc_stop_1)
MINIRPC_ESCAPED_LENGTH(minirpc_escaped_length_2, Py_UCS2, minirpc_stop_2)
MINIRPC_ESCAPED_LENGTH(minirpc_escaped_length_4, Py_UCS4, minirpc_stop_4)

static inline Py_ssize_t minirpc_escaped_length(PyObject *text)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    switch (PyUnicode_KIND(text)) {
    case PyUnicode_1BYTE_KIND: return minirpc_escaped_length_1(PyUnicode_1BYTE_DATA(text), length);
    case PyUnicode_2BYTE_KIND: return minirpc_escaped_length_2(PyUnicode_2BYTE_DATA(text), length);
    default: return minirpc_escaped_length_4(PyUnicode_4BYTE_DATA(text), length);
    }
}

/* Whether a str is ready to be read, in CPython 3.11 too; no exception is set. */
static inline int minirpc_is_ready(PyObject *text)
{
#if PY_VERSION_HEX < 0x030C0000
    if (PyUnicode_READY(text) < 0) { /* of another C extension's making, in a form of old; there is no memory */
        PyErr_Clear();
        return 0;
    }
#else
    (void)text;
#endif
    return 1;
}

/* Copies characters, widened, and with escapes if `escaped`. */
#define MINIRPC_COPY(name, from, to, stop)                                          \
    static to *name(to *out, const from *p, Py_ssize_t length, int escaped)         \
    {                                                                               \
        const from *end = p + length, *next;                                        \
        for (;;) {                                                                  \
            next = escaped ? stop(p, end) : end;                                    \
            length = next - p;                                                      \
            if (sizeof(from) == sizeof(to))                                         \
                memcpy(out, p, (size_t)length * sizeof(to));                        \
            else                                                                    \
                for (Py_ssize_t i = 0; i < length; i++) out[i] = (to)p[i];          \
            out += length;                                                          \
            if (next == end) return out;                                            \
            uint8_t escape[8];                                                      \
            int size = (int)(minirpc_put_escape(escape, (uint8_t)*next) - escape);  \
            for (int i = 0; i < size; i++) *out++ = escape[i];                      \
            p = next + 1;                                                           \
        }                                                                           \
    }

MINIRPC_COPY(minirpc_copy_1_1, Py_UCS1, Py_UCS1, minirpc_stop_1)
MINIRPC_COPY(minirpc_copy_1_2, Py_UCS1, Py_UCS2, minirpc_stop_1)
MINIRPC_COPY(minirpc_copy_1_4, Py_UCS1, Py_UCS4, minirpc_stop_1)
MINIRPC_COPY(minirpc_copy_2_2, Py_UCS2, Py_UCS2, minirpc_stop_2)
MINIRPC_COPY(minirpc_copy_2_4, Py_UCS2, Py_UCS4, minirpc_stop_2)
MINIRPC_COPY(minirpc_copy_4_4, Py_UCS4, Py_UCS4, minirpc_stop_4)

/* Puts inserts between ASCII. The str that is filled has characters of that kind, and so none of the inserts has wider ones. */
#define MINIRPC_PUT_INSERTS(name, character, copy_1, copy_2, copy_4)                                        \
    static void name(character *out, const uint8_t *p, const uint8_t *end, const minirpc_insert *i, int n)  \
    {                                                                                                       \
        Py_ssize_t at = 0;                                                                                  \
        for (; n > 0; n--, i++) {                                                                           \
            Py_ssize_t first = i->first, length = PyUnicode_GET_LENGTH(i->text) - first;                    \
            int escaped = i->length != length;                                                              \
            out = minirpc_copy_1_##copy_1(out, p + at, i->at - at, 0);                                      \
            at = i->at;                                                                                     \
            switch (PyUnicode_KIND(i->text)) {                                                              \
            case PyUnicode_1BYTE_KIND:                                                                      \
                out = minirpc_copy_1_##copy_1(out, PyUnicode_1BYTE_DATA(i->text) + first, length, escaped); \
                break;                                                                                      \
            copy_2 copy_4                                                                                   \
            }                                                                                               \
        }                                                                                                   \
        minirpc_copy_1_##copy_1(out, p + at, end - p - at, 0);                                              \
    }

#define MINIRPC_CASE(kind, data, copy)                                    \
    case kind:                                                            \
        out = copy(out, data(i->text) + first, length, escaped);          \
        break;
#define MINIRPC_NO_CASE \
    default: break;

MINIRPC_PUT_INSERTS(minirpc_put_inserts_1, Py_UCS1, 1, , MINIRPC_NO_CASE)
MINIRPC_PUT_INSERTS(
    minirpc_put_inserts_2, Py_UCS2, 2, MINIRPC_CASE(PyUnicode_2BYTE_KIND, PyUnicode_2BYTE_DATA, minirpc_copy_2_2),
    MINIRPC_NO_CASE)
MINIRPC_PUT_INSERTS(
    minirpc_put_inserts_4, Py_UCS4, 4, MINIRPC_CASE(PyUnicode_2BYTE_KIND, PyUnicode_2BYTE_DATA, minirpc_copy_2_4),
    MINIRPC_CASE(PyUnicode_4BYTE_KIND, PyUnicode_4BYTE_DATA, minirpc_copy_4_4))

/* A new str of ASCII and inserts, whose lengths have that sum; NULL with an exception. */
static inline PyObject *minirpc_joined_text(
    const uint8_t *p, const uint8_t *end, const minirpc_insert *inserts, int n, Py_ssize_t inserted, Py_UCS4 widest)
{
    PyObject *text = PyUnicode_New(end - p + inserted, widest);
    if (text == NULL) return NULL;
    switch (PyUnicode_KIND(text)) {
    case PyUnicode_1BYTE_KIND: minirpc_put_inserts_1(PyUnicode_1BYTE_DATA(text), p, end, inserts, n); break;
    case PyUnicode_2BYTE_KIND: minirpc_put_inserts_2(PyUnicode_2BYTE_DATA(text), p, end, inserts, n); break;
    default: minirpc_put_inserts_4(PyUnicode_4BYTE_DATA(text), p, end, inserts, n); break;
    }
    return text;
}

#endif
