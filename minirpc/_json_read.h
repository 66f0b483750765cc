/* Single values from JSON text, for minirpc._codec.
 *
 * The text is UTF-8 with a byte behind its end that is 0, as CPython's own objects have it: what looks for a digit or a
 * quote stops there without asking where the end is. A function that cannot read something, because it is malformed or
 * rare, says so without a reason: another reader then reads the text again (see _json_reader.pxi).
 */

#ifndef MINIRPC_JSON_READ_H
#define MINIRPC_JSON_READ_H

#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "_decimal.h"
#include "_json.h"
#include "_utf8.h"

static inline const uint8_t *minirpc_skip_space(const uint8_t *p)
{
    while (*p <= ' ' && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) p++;
    return p;
}

/* ---- names: of fields and of enum values */

typedef struct {
    const uint8_t *text; /* NULL: nothing is here */
    Py_ssize_t size;
    void *value;
} minirpc_name;

/* A hash table with open addressing, of 2**bits places, at least half of which are empty. */
typedef struct {
    minirpc_name *places;
    int bits;
} minirpc_names;

static inline uint64_t minirpc_name_hash(const uint8_t *text, Py_ssize_t size)
{
    uint64_t first = 0, last = 0;
    if (size >= 8) {
        memcpy(&first, text, 8);
        memcpy(&last, text + size - 8, 8);
    } else {
        for (Py_ssize_t i = 0; i < size; i++) first = first << 8 | text[i];
    }
    return ((first ^ (uint64_t)size) * 0x9E3779B97F4A7C15u ^ last) * 0xD6E8FEB86659FD93u;
}

static inline minirpc_name *minirpc_place_of(const minirpc_names *names, const uint8_t *text, Py_ssize_t size)
{
    size_t last = ((size_t)1 << names->bits) - 1;
    size_t at = (size_t)(minirpc_name_hash(text, size) >> 32) & last;
    while (names->places[at].text != NULL
           && (names->places[at].size != size || memcmp(names->places[at].text, text, (size_t)size) != 0))
        at = (at + 1) & last;
    return &names->places[at];
}

/* What a name stands for, or NULL. */
static inline void *minirpc_find_name(const minirpc_names *names, const uint8_t *text, Py_ssize_t size)
{
    return minirpc_place_of(names, text, size)->value;
}

/* ---- strings */

/* Memory that grows, first of the C stack. */
typedef struct {
    uint8_t *at;
    Py_ssize_t size;
    uint8_t first[512];
} minirpc_scratch;

static inline void minirpc_open_scratch(minirpc_scratch *scratch)
{
    scratch->at = scratch->first;
    scratch->size = sizeof scratch->first;
}

static inline void minirpc_close_scratch(minirpc_scratch *scratch)
{
    if (scratch->at != scratch->first) PyMem_Free(scratch->at);
}

/* Makes room for so many bytes, and keeps the first `used`; 0 with an exception. */
static inline int minirpc_scratch_room(minirpc_scratch *scratch, Py_ssize_t used, Py_ssize_t needed)
{
    if (needed <= scratch->size) return 1;
    Py_ssize_t size = needed + needed / 2;
    uint8_t *memory = PyMem_Malloc((size_t)size);
    if (memory == NULL) {
        PyErr_NoMemory();
        return 0;
    }
    memcpy(memory, scratch->at, (size_t)used);
    minirpc_close_scratch(scratch);
    scratch->at = memory;
    scratch->size = size;
    return 1;
}

/* The four hexadecimal digits at `p`; -1 if they are not. */
static inline int32_t minirpc_hex4(const uint8_t *p)
{
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t c = p[i], letter = c | 0x20;
        if (c >= '0' && c <= '9') value = value << 4 | (c - '0');
        else if (letter >= 'a' && letter <= 'f') value = value << 4 | (letter - 'a' + 10);
        else return -1;
    }
    return value;
}

/* Writes a character as UTF-8. */
static inline uint8_t *minirpc_put_character(uint8_t *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (uint8_t)c;
        return out;
    }
    if (c < 0x800) {
        *out++ = (uint8_t)(0xC0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *out++ = (uint8_t)(0xE0 | c >> 12);
        } else {
            *out++ = (uint8_t)(0xF0 | c >> 18);
            *out++ = (uint8_t)(0x80 | (c >> 12 & 0x3F));
        }
        *out++ = (uint8_t)(0x80 | (c >> 6 & 0x3F));
    }
    *out++ = (uint8_t)(0x80 | (c & 0x3F));
    return out;
}

/* Reads an escape, whose backslash is at *at: writes its character, 3 bytes at most for each 6 of the escape. NULL if it
 * is malformed or a lone surrogate. */
static inline uint8_t *minirpc_read_escape(uint8_t *out, const uint8_t **at)
{
    const uint8_t *p = *at + 1;
    int32_t c, low;
    switch (*p++) {
    case '"': *out++ = '"'; break;
    case '\\': *out++ = '\\'; break;
    case '/': *out++ = '/'; break;
    case 'b': *out++ = '\b'; break;
    case 'f': *out++ = '\f'; break;
    case 'n': *out++ = '\n'; break;
    case 'r': *out++ = '\r'; break;
    case 't': *out++ = '\t'; break;
    case 'u':
        c = minirpc_hex4(p);
        if (c < 0) return NULL;
        p += 4;
        if (c >= 0xD800 && c <= 0xDFFF) {
            if (c > 0xDBFF || p[0] != '\\' || p[1] != 'u') return NULL;
            low = minirpc_hex4(p + 2);
            if (low < 0xDC00 || low > 0xDFFF) return NULL;
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            p += 6;
        }
        out = minirpc_put_character(out, (uint32_t)c);
        break;
    default: return NULL;
    }
    *at = p;
    return out;
}

/* Reads the rest of a string that has an escape, from `p` on, into the scratch memory, where the first `used` bytes are
 * there already. Returns the closing quote and adds to *used; NULL, with an exception if there is no memory. */
static const uint8_t *minirpc_unescape(const uint8_t *p, const uint8_t *end, minirpc_scratch *scratch, Py_ssize_t *used)
{
    const uint8_t *run;
    uint8_t *out;
    uint8_t high = 0;
    while (*p == '\\') {
        /* an escape, and what follows it up to the next, never take more as UTF-8 */
        if (!minirpc_scratch_room(scratch, *used, *used + 12)) return NULL;
        out = scratch->at + *used;
        do {
            out = minirpc_read_escape(out, &p);
            if (out == NULL) return NULL;
        } while (*p == '\\' && out - scratch->at + 12 <= scratch->size);
        *used = out - scratch->at;
        run = minirpc_plain_end(p, end, &high);
        if (!minirpc_scratch_room(scratch, *used, *used + (run - p))) return NULL;
        memcpy(scratch->at + *used, p, (size_t)(run - p));
        *used += run - p;
        p = run;
    }
    return p < end && *p == '"' ? p : NULL;
}

/* A new str of bytes that are ASCII if `high` is 0, or else UTF-8; NULL, with an exception only if there is no memory. */
static inline PyObject *minirpc_json_text(const uint8_t *p, Py_ssize_t size, uint8_t high)
{
    PyObject *text;
    if (!high && size > 1) {
        text = PyUnicode_New(size, 127);
        if (text != NULL) memcpy(PyUnicode_1BYTE_DATA(text), p, (size_t)size);
        return text;
    }
    text = minirpc_text(p, size, NULL);
    if (text == NULL && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) PyErr_Clear();
    return text;
}

/* Reads a string behind its opening quote; *at comes to stand behind the closing one. NULL, with an exception only if
 * there is no memory. */
static PyObject *minirpc_read_string(const uint8_t **at, const uint8_t *end, minirpc_scratch *scratch)
{
    uint8_t high = 0;
    const uint8_t *p = *at, *run = minirpc_plain_end(p, end, &high);
    Py_ssize_t used = run - p;
    if (run == end) return NULL;
    if (*run == '"') {
        *at = run + 1;
        return minirpc_json_text(p, used, high);
    }
    if (*run != '\\' || !minirpc_scratch_room(scratch, 0, used + 12)) return NULL;
    memcpy(scratch->at, p, (size_t)used);
    p = minirpc_unescape(run, end, scratch, &used);
    if (p == NULL) return NULL;
    *at = p + 1;
    return minirpc_json_text(scratch->at, used, 0x80);
}

/* Goes over a string in the same way; NULL if it is malformed, or there is no memory, with an exception. */
static const uint8_t *minirpc_skip_string(const uint8_t *p, const uint8_t *end, minirpc_scratch *scratch)
{
    uint8_t high = 0;
    Py_UCS4 bound;
    Py_ssize_t used = 0;
    const uint8_t *start = p;
    p = minirpc_plain_end(p, end, &high);
    if (p < end && *p == '\\') p = minirpc_unescape(p, end, scratch, &used);
    if (p == NULL || p == end || *p != '"') return NULL;
    return minirpc_measure_utf8(start, p, &bound) < 0 ? NULL : p + 1;
}

/* ---- base64 */

#define MINIRPC_NO_DIGIT 0x80

/* The values of the digits of both alphabets (RFC 4648, sections 4 and 5). */
static uint8_t minirpc_base64_values[256];

static inline void minirpc_fill_base64_values(void)
{
    memset(minirpc_base64_values, MINIRPC_NO_DIGIT, sizeof minirpc_base64_values);
    for (int i = 0; i < 64; i++) minirpc_base64_values[(uint8_t)minirpc_base64_digits[i]] = (uint8_t)i;
    minirpc_base64_values['-'] = 62;
    minirpc_base64_values['_'] = 63;
}

/* A new bytes object of base64; NULL, with an exception only if there is no memory. */
static PyObject *minirpc_read_base64(const uint8_t *p, Py_ssize_t size)
{
    const uint8_t *values = minirpc_base64_values, *whole;
    uint8_t a, b, c, d, wrong = 0;
    if (size && size % 4 == 0 && p[size - 1] == '=') size -= p[size - 2] == '=' ? 2 : 1;
    if (size % 4 == 1) return NULL;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, size / 4 * 3 + (size % 4 ? size % 4 - 1 : 0));
    if (bytes == NULL) return NULL;
    uint8_t *out = (uint8_t *)PyBytes_AS_STRING(bytes);
    for (whole = p + size / 4 * 4; p < whole; p += 4, out += 3) {
        a = values[p[0]], b = values[p[1]], c = values[p[2]], d = values[p[3]];
        wrong |= a | b | c | d;
        out[0] = (uint8_t)(a << 2 | b >> 4);
        out[1] = (uint8_t)(b << 4 | c >> 2);
        out[2] = (uint8_t)(c << 6 | d);
    }
    if (size % 4) {
        a = values[p[0]], b = values[p[1]], c = size % 4 == 3 ? values[p[2]] : 0;
        wrong |= a | b | c;
        *out++ = (uint8_t)(a << 2 | b >> 4);
        if (size % 4 == 3) *out = (uint8_t)(b << 4 | c >> 2);
        /* bits that are left over should be 0 */
        if (size % 4 == 2 ? b & 15 : c & 3) wrong = MINIRPC_NO_DIGIT;
    }
    if (!(wrong & MINIRPC_NO_DIGIT)) return bytes;
    Py_DECREF(bytes);
    return NULL;
}

/* ---- numbers */

/* A number as it is written: digits * 10**exponent. */
typedef struct {
    uint64_t digits;
    int32_t exponent;
    uint8_t negative;
    uint8_t whole; /* neither a fraction nor an exponent */
    uint8_t exact; /* all digits are in `digits` */
} minirpc_number;

#define MINIRPC_MANY 100000 /* an exponent that is beyond every double, whatever the digits before it */

/* Reads digits; their number is how far it moves. */
static inline const uint8_t *minirpc_read_digits(const uint8_t *p, uint64_t *digits)
{
    uint64_t number = *digits;
    uint8_t digit;
    while ((digit = (uint8_t)(*p - '0')) <= 9) {
        number = number * 10 + digit;
        p++;
    }
    *digits = number;
    return p;
}

/* Reads a number (RFC 8259, section 6), and returns the place behind it; NULL if it is none. */
static inline const uint8_t *minirpc_read_number(const uint8_t *p, minirpc_number *number)
{
    const uint8_t *start, *behind;
    Py_ssize_t count, zeros = 0;
    uint64_t digits = 0;
    number->negative = *p == '-';
    p += number->negative;
    start = p;
    p = minirpc_read_digits(p, &digits);
    count = p - start;
    if (count == 0 || (count > 1 && *start == '0')) return NULL;
    number->exponent = 0;
    number->whole = *p != '.' && (*p | 0x20) != 'e';
    number->exact = 1;
    if (*p == '.') {
        behind = minirpc_read_digits(++p, &digits);
        if (behind == p) return NULL;
        if (behind - p > MINIRPC_MANY) number->exact = 0;
        else number->exponent = (int32_t)(p - behind);
        if (*start == '0')
            while (p + zeros < behind && p[zeros] == '0') zeros++;
        count += behind - p - (*start == '0' ? zeros + 1 : 0);
        p = behind;
    }
    if ((*p | 0x20) == 'e') {
        int negative = p[1] == '-';
        int32_t exponent = 0;
        p += 1 + (negative || p[1] == '+');
        for (behind = p; *p >= '0' && *p <= '9'; p++)
            if (exponent < MINIRPC_MANY) exponent = exponent * 10 + (*p - '0');
        if (behind == p) return NULL;
        number->exponent += negative ? -exponent : exponent;
    }
    /* ten to the 19th fits into 64 bits; of numbers with 20 digits, those do that begin with 1 and have not wrapped */
    if (count > 20 || (count == 20 && !(number->whole && *start == '1' && digits >= 10000000000000000000u)))
        number->exact = 0;
    number->digits = digits;
    return p;
}

/* The double next to a number that stands from `p` to `end`. Returns 0 if it is out of range, or there is no memory, with
 * an exception. */
static inline int minirpc_read_double(const minirpc_number *read, const uint8_t *p, const uint8_t *end, double *number)
{
    char *stop;
    if (!read->exact || !minirpc_next_double(read->digits, read->exponent, number)) {
        *number = PyOS_string_to_double((const char *)p, &stop, NULL);
        if (*number == -1.0 && PyErr_Occurred()) return 0;
        return stop == (const char *)end && *number - *number == 0.0;
    }
    if (read->negative) *number = read->whole && !read->digits ? 0.0 : -*number; /* -0 is an integer, which has no sign */
    return 1;
}

/* ---- times */

/* Reads `count` digits at `p`; -1 if they are not. */
static inline int64_t minirpc_digits_at(const uint8_t *p, int count)
{
    int64_t number = 0;
    for (int i = 0; i < count; i++) {
        if (p[i] < '0' || p[i] > '9') return -1;
        number = number * 10 + (p[i] - '0');
    }
    return number;
}

/* Reads a fraction of a second, of 1 to 9 digits behind a point, if there is one; NULL if it is malformed. */
static inline const uint8_t *minirpc_read_nanos(const uint8_t *p, int64_t *nanos)
{
    int count = 0;
    *nanos = 0;
    if (*p != '.') return p;
    for (p++; count < 9 && *p >= '0' && *p <= '9'; p++, count++) *nanos = *nanos * 10 + (*p - '0');
    if (!count) return NULL;
    for (; count < 9; count++) *nanos *= 10;
    return p;
}

/* Reads a date and time in UTC (timestamp.proto), and returns the place behind it; NULL if it is something else. */
static const uint8_t *minirpc_read_timestamp(const uint8_t *p, int64_t *seconds, int64_t *nanos)
{
    static const uint8_t days_of[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    static const uint16_t days_before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t year, month, day, hour, minute, second, days;
    year = minirpc_digits_at(p, 4);
    if (year < 1 || p[4] != '-') return NULL;
    month = minirpc_digits_at(p + 5, 2);
    if (month < 1 || month > 12 || p[7] != '-') return NULL;
    day = minirpc_digits_at(p + 8, 2);
    if (day < 1 || p[10] != 'T') return NULL;
    hour = minirpc_digits_at(p + 11, 2);
    if (hour < 0 || hour > 23 || p[13] != ':') return NULL;
    minute = minirpc_digits_at(p + 14, 2);
    if (minute < 0 || minute > 59 || p[16] != ':') return NULL;
    second = minirpc_digits_at(p + 17, 2);
    if (second < 0 || second > 59) return NULL;
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > days_of[month - 1] + (leap && month == 2)) return NULL;
    p = minirpc_read_nanos(p + 19, nanos);
    if (p == NULL || *p != 'Z') return NULL; /* with an offset it is rare */
    year--;
    days = year * 365 + year / 4 - year / 100 + year / 400 + days_before[month - 1] + (leap && month > 2) + day - 1;
    *seconds = ((days - 719162) * 24 + hour) * 3600 + minute * 60 + second; /* 719162 days from year 1 to 1970 */
    return p + 1;
}

/* Reads seconds with the suffix `s` (duration.proto), and returns the place behind; NULL if it is something else. */
static const uint8_t *minirpc_read_duration(const uint8_t *p, int64_t *seconds, int64_t *nanos)
{
    const uint8_t *start;
    int negative = *p == '-';
    p += negative;
    *seconds = 0;
    for (start = p; p - start < 12 && *p >= '0' && *p <= '9'; p++) *seconds = *seconds * 10 + (*p - '0');
    if (p == start || *seconds > 315576000000) return NULL; /* 10,000 years */
    p = minirpc_read_nanos(p, nanos);
    if (p == NULL || *p != 's') return NULL;
    if (negative) {
        *seconds = -*seconds;
        *nanos = -*nanos;
    }
    return p + 1;
}

#endif
