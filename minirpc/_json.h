/* Single values as JSON text, for minirpc._codec: each function writes where its caller has made room. */

#ifndef MINIRPC_JSON_H
#define MINIRPC_JSON_H

#include <Python.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define MINIRPC_ONES 0x0101010101010101u
#define MINIRPC_HIGHS 0x8080808080808080u

/* ---- strings */

/* Where a word has a byte that a JSON string must escape (RFC 8259, section 7): a high bit is set in the first of them,
 * and maybe in others behind it. */
static inline uint64_t minirpc_escaped_bytes(uint64_t word)
{
    uint64_t quotes = word ^ MINIRPC_ONES * '"', slashes = word ^ MINIRPC_ONES * '\\';
    /* a byte's high bit becomes set where subtracting borrows, so where it was below */
    return ((word - MINIRPC_ONES * 0x20) & ~word & MINIRPC_HIGHS) | ((quotes - MINIRPC_ONES) & ~quotes & MINIRPC_HIGHS)
        | ((slashes - MINIRPC_ONES) & ~slashes & MINIRPC_HIGHS);
}

/* The first of the bytes from `p` to `end` that a JSON string must escape, or `end`. Where any before it is not ASCII,
 * *high gets its high bit. */
static inline const uint8_t *minirpc_plain_end(const uint8_t *p, const uint8_t *end, uint8_t *high)
{
    uint8_t bits = 0;
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), last_control = _mm_set1_epi8(0x1F);
    while (end - p >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)p);
        __m128i found = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash));
        found = _mm_or_si128(found, _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes));
        uint32_t stops = (uint32_t)_mm_movemask_epi8(found), highs = (uint32_t)_mm_movemask_epi8(bytes);
        if (stops) {
            if (highs & (stops - 1) & ~stops) *high = 0x80; /* of those before the first stop */
            *high |= bits;
            return p + __builtin_ctz(stops);
        }
        if (highs) bits = 0x80;
        p += 16;
    }
#else
    uint64_t word;
    while (end - p >= 8) {
        memcpy(&word, p, 8);
        if (minirpc_escaped_bytes(word)) break;
        if (word & MINIRPC_HIGHS) bits = 0x80;
        p += 8;
    }
#endif
    while (p < end && *p >= 0x20 && *p != '"' && *p != '\\') bits |= *p++;
    *high |= bits & 0x80;
    return p;
}

/* Copies ASCII. Returns 0 if any of it must be escaped, and then what was written says nothing. */
static inline int minirpc_copy_plain(uint8_t *out, const uint8_t *p, Py_ssize_t size)
{
    uint64_t first, last;
    uint32_t head, tail;
    uint8_t *last_out;
    /* the last block overlaps with the one before */
#ifdef __SSE2__
    if (size >= 16) {
        const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), last_control = _mm_set1_epi8(0x1F);
        const uint8_t *last_p = p + size - 16;
        __m128i bytes, found, all = _mm_setzero_si128();
        last_out = out + size - 16;
        for (;;) {
            if (p > last_p) {
                p = last_p;
                out = last_out;
            }
            bytes = _mm_loadu_si128((const __m128i *)p);
            _mm_storeu_si128((__m128i *)out, bytes);
            found = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash));
            found = _mm_or_si128(found, _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes));
            all = _mm_or_si128(all, found);
            if (p == last_p) return _mm_movemask_epi8(all) == 0;
            p += 16;
            out += 16;
        }
    }
#endif
    if (size >= 8) {
        const uint8_t *last_p = p + size - 8;
        last_out = out + size - 8;
        for (; p < last_p; p += 8, out += 8) {
            memcpy(&first, p, 8);
            memcpy(out, &first, 8);
            if (minirpc_escaped_bytes(first)) return 0;
        }
        memcpy(&last, last_p, 8);
        memcpy(last_out, &last, 8);
        return !minirpc_escaped_bytes(last);
    }
    if (size >= 4) {
        memcpy(&head, p, 4);
        memcpy(&tail, p + size - 4, 4);
        memcpy(out, &head, 4);
        memcpy(out + size - 4, &tail, 4);
        return !minirpc_escaped_bytes((uint64_t)head << 32 | tail);
    }
    for (; size > 0; size--, p++) {
        if (*p < 0x20 || *p == '"' || *p == '\\') return 0;
        *out++ = *p;
    }
    return 1;
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

static const char minirpc_base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static char minirpc_base64_pairs[1 << 12][2];

/* To be called before base64 is written. */
static inline void minirpc_fill_base64_pairs(void)
{
    for (int i = 0; i < 1 << 12; i++) {
        minirpc_base64_pairs[i][0] = minirpc_base64_digits[i >> 6];
        minirpc_base64_pairs[i][1] = minirpc_base64_digits[i & 63];
    }
}

#if defined(__x86_64__) && defined(__GNUC__)
#define MINIRPC_BASE64_BLOCKS
#include <tmmintrin.h>

/* The same for a processor with SSSE3: 16 digits at a time, of 12 bytes, while there are 16 to be loaded. Returns how many
 * bytes it has written digits of. */
__attribute__((target("ssse3"))) static Py_ssize_t minirpc_put_base64_blocks(
    uint8_t *out, const uint8_t *p, Py_ssize_t size)
{
    /* each three bytes a b c as b a c b: in the two little-endian halves stand all the bits that two digits are made of */
    const __m128i spread = _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    const __m128i outer = _mm_set1_epi32(0x0FC0FC00), inner = _mm_set1_epi32(0x003F03F0);
    const __m128i to_right = _mm_set1_epi32(0x04000040), to_left = _mm_set1_epi32(0x01000010);
    /* what is to be added to a number for its digit: to 0-25, at 13; to 26-51, at 0; to 52-61, at 1-10; to 62 and 63 */
    const __m128i distance = _mm_setr_epi8(
        'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
        '+' - 62, '/' - 63, 'A', 0, 0);
    Py_ssize_t done = 0;
    for (; size - done >= 16; done += 12, out += 16) {
        __m128i bytes = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(p + done)), spread);
        /* multiplying shifts each half by as much as it needs */
        __m128i numbers = _mm_or_si128(
            _mm_mulhi_epu16(_mm_and_si128(bytes, outer), to_right), _mm_mullo_epi16(_mm_and_si128(bytes, inner), to_left));
        __m128i place = _mm_subs_epu8(numbers, _mm_set1_epi8(51));
        place = _mm_or_si128(place, _mm_and_si128(_mm_cmpgt_epi8(_mm_set1_epi8(26), numbers), _mm_set1_epi8(13)));
        _mm_storeu_si128((__m128i *)out, _mm_add_epi8(numbers, _mm_shuffle_epi8(distance, place)));
    }
    return done;
}
#endif

/* Writes base64 (RFC 4648, section 4): four bytes for each three that have begun. */
static inline uint8_t *minirpc_put_base64(uint8_t *out, const uint8_t *p, Py_ssize_t size)
{
    uint32_t bits;
    uint64_t six;
    uint16_t pairs[4];
#ifdef MINIRPC_BASE64_BLOCKS
    if (size >= 16 && __builtin_cpu_supports("ssse3")) {
        Py_ssize_t done = minirpc_put_base64_blocks(out, p, size);
        out += done / 3 * 4;
        p += done;
        size -= done;
    }
#endif
    for (; size >= 8; p += 6, size -= 6, out += 8) { /* six at a time, of a word of eight */
        memcpy(&six, p, 8);
#if !PY_BIG_ENDIAN
        six = __builtin_bswap64(six);
#endif
        memcpy(&pairs[0], minirpc_base64_pairs[six >> 52], 2);
        memcpy(&pairs[1], minirpc_base64_pairs[six >> 40 & 0xFFF], 2);
        memcpy(&pairs[2], minirpc_base64_pairs[six >> 28 & 0xFFF], 2);
        memcpy(&pairs[3], minirpc_base64_pairs[six >> 16 & 0xFFF], 2);
        memcpy(out, pairs, 8);
    }
    for (; size >= 3; p += 3, size -= 3, out += 4) {
        bits = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        memcpy(out, minirpc_base64_pairs[bits >> 12], 2);
        memcpy(out + 2, minirpc_base64_pairs[bits & 0xFFF], 2);
    }
    if (size > 0) {
        bits = (uint32_t)p[0] << 16 | (size == 2 ? (uint32_t)p[1] << 8 : 0);
        memcpy(out, minirpc_base64_pairs[bits >> 12], 2);
        out[2] = size == 2 ? (uint8_t)minirpc_base64_digits[bits >> 6 & 63] : '=';
        out[3] = '=';
        out += 4;
    }
    return out;
}

#endif
