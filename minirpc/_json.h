/* Single values as JSON text, for minirpc._codec: each function writes where its caller has made room. */

#ifndef MINIRPC_JSON_H
#define MINIRPC_JSON_H

#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define MINIRPC_ONES 0x0101010101010101u
#define MINIRPC_HIGHS 0x8080808080808080u

/* ---- strings */

/* How many of the bytes at `p` come before the first that a JSON string must escape (RFC 8259, section 7). */
static inline Py_ssize_t minirpc_plain_run(const uint8_t *p, Py_ssize_t size)
{
    const uint8_t *start = p, *end = p + size;
    uint64_t word, quotes, slashes;
    while (end - p >= 8) {
        memcpy(&word, p, 8);
        quotes = word ^ MINIRPC_ONES * '"';
        slashes = word ^ MINIRPC_ONES * '\\';
        /* a byte's high bit becomes set where subtracting borrows, so where it was below */
        if (((word - MINIRPC_ONES * 0x20) & ~word & MINIRPC_HIGHS) | ((quotes - MINIRPC_ONES) & ~quotes & MINIRPC_HIGHS)
            | ((slashes - MINIRPC_ONES) & ~slashes & MINIRPC_HIGHS))
            break;
        p += 8;
    }
    while (p < end && *p >= 0x20 && *p != '"' && *p != '\\') p++;
    return p - start;
}

/* Writes one character that must be escaped: 6 bytes at most. */
static inline uint8_t *minirpc_put_escape(uint8_t *out, uint8_t c)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t letter = c == '"' || c == '\\' ? c
        : c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : c == '\b' ? 'b' : c == '\f' ? 'f' : 0;
    *out++ = '\\';
    if (letter) {
        *out++ = letter;
        return out;
    }
    memcpy(out, "u00", 3);
    out[3] = (uint8_t)digits[c >> 4];
    out[4] = (uint8_t)digits[c & 15];
    return out + 5;
}

/* Writes base64 (RFC 4648, section 4): four bytes for each three that have begun. */
static inline uint8_t *minirpc_put_base64(uint8_t *out, const uint8_t *p, Py_ssize_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits;
    for (; size >= 3; p += 3, size -= 3, out += 4) {
        bits = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        out[0] = (uint8_t)digits[bits >> 18];
        out[1] = (uint8_t)digits[bits >> 12 & 63];
        out[2] = (uint8_t)digits[bits >> 6 & 63];
        out[3] = (uint8_t)digits[bits & 63];
    }
    if (size > 0) {
        bits = (uint32_t)p[0] << 16 | (size == 2 ? (uint32_t)p[1] << 8 : 0);
        out[0] = (uint8_t)digits[bits >> 18];
        out[1] = (uint8_t)digits[bits >> 12 & 63];
        out[2] = size == 2 ? (uint8_t)digits[bits >> 6 & 63] : '=';
        out[3] = '=';
        out += 4;
    }
    return out;
}

/* ---- numbers */

static inline uint8_t *minirpc_put_decimal(uint8_t *out, uint64_t number, int negative)
{
    uint8_t digits[20], *first = digits + sizeof digits;
    Py_ssize_t size;
    do {
        *--first = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number);
    if (negative) *out++ = '-';
    size = digits + sizeof digits - first;
    memcpy(out, first, (size_t)size);
    return out + size;
}

#define MINIRPC_FLOAT_SIZE 32 /* the most bytes that the repr of a float takes, and more */

/* Writes a finite number as `float.__repr__` does; NULL with an exception. */
static inline uint8_t *minirpc_put_double(uint8_t *out, double number)
{
    double positive = fabs(number), scale = 1.0, whole;
    char *text;
    size_t size;
    /* Decimals of up to 15 digits differ as doubles, and the quotient of two integers below 2**53 is the double next to
     * it: the first fraction that gives the number back is the shortest that does. Most numbers that people write. */
    if (positive >= 0.001 && positive < 1e15) {
        for (int places = 0; places <= 6; places++, scale *= 10.0) {
            whole = nearbyint(positive * scale);
            if (whole >= 1e15) break;
            if (whole / scale != positive) continue;
            uint64_t digits = (uint64_t)whole, unit = (uint64_t)scale;
            out = minirpc_put_decimal(out, digits / unit, number < 0);
            *out++ = '.';
            if (!places) {
                *out++ = '0';
                return out;
            }
            digits %= unit;
            for (int place = places - 1; place >= 0; place--, digits /= 10) out[place] = (uint8_t)('0' + digits % 10);
            return out + places;
        }
    }
    text = PyOS_double_to_string(number, 'r', 0, Py_DTSF_ADD_DOT_0, NULL);
    if (text == NULL) return NULL;
    size = strlen(text);
    memcpy(out, text, size);
    PyMem_Free(text);
    return out + size;
}

#endif
