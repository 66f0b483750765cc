/* Numbers between binary and decimal, for minirpc._codec: the fewest digits that give a floating-point number, and the
 * number that is next to given digits.
 *
 * Both multiply by a power of ten to 128 bits. Digits come of Schubfach (R. Giulietti, "The Schubfach way to render
 * doubles"); reading is a plain estimate with a bound of its error, which says when it cannot decide.
 */

#ifndef MINIRPC_DECIMAL_H
#define MINIRPC_DECIMAL_H

#include <Python.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* ---- powers of ten */

/* 10**k is more than (high:low - 1) * 2**e and at most high:low * 2**e, where e is minirpc_power_exponent(k) and high's
 * top bit is set. */
typedef struct {
    uint64_t high, low;
} minirpc_power;

#define MINIRPC_LEAST_POWER (-342)
#define MINIRPC_LARGEST_POWER 325
#define MINIRPC_POWERS (MINIRPC_LARGEST_POWER - MINIRPC_LEAST_POWER + 1)

static minirpc_power minirpc_powers[MINIRPC_POWERS]; /* see _json.pxi for who fills it in, before the first use */

/* floor(log2(10**k)), floor(log10(2**q)) and floor(log10(3/4 * 2**q)), for exponents of doubles. */
static inline int minirpc_log2_of_power(int k)
{
    return (int)((int64_t)k * 1741647 >> 19);
}

static inline int minirpc_log10_of_binary(int q)
{
    return (int)((int64_t)q * 1262611 >> 22);
}

static inline int minirpc_log10_of_three_quarters(int q)
{
    return (int)(((int64_t)q * 1262611 - 524031) >> 22);
}

static inline int minirpc_power_exponent(int k)
{
    return minirpc_log2_of_power(k) - 127;
}

static inline minirpc_power minirpc_power_of_ten(int k)
{
    return minirpc_powers[k - MINIRPC_LEAST_POWER];
}

/* a * b: the low half, and in *high the other. */
static inline uint64_t minirpc_multiply(uint64_t a, uint64_t b, uint64_t *high)
{
#ifdef __SIZEOF_INT128__
    unsigned __int128 product = (unsigned __int128)a * b;
    *high = (uint64_t)(product >> 64);
    return (uint64_t)product;
#else
    uint64_t a_low = (uint32_t)a, a_high = a >> 32, b_low = (uint32_t)b, b_high = b >> 32;
    uint64_t low = a_low * b_low, middle = a_high * b_low + (low >> 32), other = a_low * b_high + (uint32_t)middle;
    *high = a_high * b_high + (middle >> 32) + (other >> 32);
    return other << 32 | (uint32_t)low;
#endif
}

/* ---- the fewest digits */

/* The top 64 bits of g * c, whose last bit also stands for everything below: so much decides on which side of a bound
 * the product is. */
static inline uint64_t minirpc_scaled(minirpc_power g, uint64_t c)
{
    uint64_t low_high, high_high, high_low;
    minirpc_multiply(g.low, c, &low_high);
    high_low = minirpc_multiply(g.high, c, &high_high);
    high_low += low_high;
    high_high += high_low < low_high;
    return high_high | (high_low > 1);
}

/* The decimal of the fewest digits that is nearer to c * 2**q than to its neighbours, and of those the nearest to it:
 * *digits * 10**(what is returned). Zeros may stand at the end of *digits.
 *
 * c is below 2**53 and not 0. `uneven`: the neighbour below is only half as far as the one above. */
static inline int minirpc_fewest_digits(uint64_t c, int q, int uneven, uint64_t *digits)
{
    int k = uneven ? minirpc_log10_of_three_quarters(q) : minirpc_log10_of_binary(q);
    int h = q + minirpc_log2_of_power(-k) + 1;
    minirpc_power g = minirpc_power_of_ten(-k);
    /* four times the number and the bounds of what rounds to it, in units of 10**k; an even c owns its bounds */
    uint64_t odd = c & 1;
    uint64_t lower = minirpc_scaled(g, (4 * c - 2 + (uint64_t)(uneven != 0)) << h) + odd;
    uint64_t number = minirpc_scaled(g, 4 * c << h);
    uint64_t upper = minirpc_scaled(g, (4 * c + 2) << h) - odd;
    uint64_t s = number / 4, tens = s / 10;
    int below, above;
    if (s >= 10) { /* one digit less? */
        below = lower <= 40 * tens;
        above = 40 * tens + 40 <= upper;
        if (below != above) {
            *digits = tens + (uint64_t)above;
            return k + 1;
        }
    }
    below = lower <= 4 * s;
    above = 4 * s + 4 <= upper;
    if (below != above)
        *digits = s + (uint64_t)above;
    else /* both or none: the nearer one, of two the even one */
        *digits = s + (number > 4 * s + 2 || (number == 4 * s + 2 && (s & 1)));
    return k;
}

/* ---- the number next to digits */

/* Finds the double next to digits * 10**k. Returns 0 where this short way cannot tell it, or it is out of range. */
static inline int minirpc_next_double(uint64_t digits, int k, double *number)
{
#if FLT_EVAL_METHOD == 0
    static const double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (digits <= (uint64_t)1 << 53 && k >= -22 && k <= 22) { /* both are exact: one rounding (Clinger) */
        *number = k < 0 ? (double)digits / exact[-k] : (double)digits * exact[k];
        return 1;
    }
#endif
    if (digits == 0) {
        *number = 0.0;
        return 1;
    }
    if (k < MINIRPC_LEAST_POWER || k > 308) return 0;
    int zeros = __builtin_clzll(digits), exponent, shift;
    minirpc_power g = minirpc_power_of_ten(k);
    uint64_t top, middle, carried, rest, half, mantissa, bits;
    digits <<= zeros;
    /* the product is more than top:middle - 1 and less than top:middle + 1, in units of middle */
    minirpc_multiply(g.low, digits, &carried);
    middle = minirpc_multiply(g.high, digits, &top);
    middle += carried;
    top += middle < carried;
    shift = 10 + (int)(top >> 63);
    exponent = minirpc_power_exponent(k) - zeros + 180 + shift; /* of the first bit */
    if (exponent < -1022) return 0;
    mantissa = top >> shift;
    rest = top & (((uint64_t)1 << shift) - 1);
    half = (uint64_t)1 << (shift - 1);
    /* Just here it may be on either side of the middle between two doubles, or there. Above, it is surely more than the
     * middle: the power errs by less than one unit. Below, it is surely less: the power errs upwards alone. */
    if (rest == half && middle == 0) return 0;
    mantissa += rest >= half;
    if (mantissa >> 53) {
        mantissa >>= 1;
        exponent++;
    }
    if (exponent > 1023) return 0;
    bits = (uint64_t)(exponent + 1023) << 52 | (mantissa & (((uint64_t)1 << 52) - 1));
    memcpy(number, &bits, sizeof bits);
    return 1;
}

/* ---- decimal text */

static const char minirpc_pairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
    "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

/* How many digits a number has; 1 for 0. */
static inline int minirpc_count_digits(uint64_t number)
{
    static const uint64_t powers[] = {
        0, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
        1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000,
        1000000000000000000, 10000000000000000000u};
    int estimate = (64 - __builtin_clzll(number | 1)) * 1233 >> 12; /* 1233 / 4096 is about log10(2) */
    return estimate + (number >= powers[estimate]);
}

/* Writes eight digits of a number below 10**8. Each step waits for few others: halves, their halves, and theirs. */
static inline void minirpc_put_8_digits(uint8_t *out, uint32_t number)
{
    uint32_t high = number / 10000, low = number % 10000;
    memcpy(out, minirpc_pairs + 2 * (high / 100), 2);
    memcpy(out + 2, minirpc_pairs + 2 * (high % 100), 2);
    memcpy(out + 4, minirpc_pairs + 2 * (low / 100), 2);
    memcpy(out + 6, minirpc_pairs + 2 * (low % 100), 2);
}

/* Writes the last `count` digits of a number. */
static inline void minirpc_put_digits(uint8_t *out, uint64_t number, int count)
{
    while (count >= 8) {
        count -= 8;
        minirpc_put_8_digits(out + count, (uint32_t)(number % 100000000));
        number /= 100000000;
    }
    while (count >= 2) {
        count -= 2;
        memcpy(out + count, minirpc_pairs + 2 * (number % 100), 2);
        number /= 100;
    }
    if (count) *out = (uint8_t)('0' + number % 10);
}

static inline uint8_t *minirpc_put_decimal(uint8_t *out, uint64_t number, int negative)
{
    int count = minirpc_count_digits(number);
    if (negative) *out++ = '-';
    minirpc_put_digits(out, number, count);
    return out + count;
}

#define MINIRPC_FLOAT_SIZE 40 /* the most bytes that are written for a floating-point number, scratch behind it included */

/* Writes digits * 10**exponent as `float.__repr__` does. `digits` is not 0, and below 10**17. */
static inline uint8_t *minirpc_put_scaled(uint8_t *out, uint64_t digits, int exponent)
{
    int count, point, place;
    while (digits % 100000000 == 0) {
        digits /= 100000000;
        exponent += 8;
    }
    while (digits % 10 == 0) {
        digits /= 10;
        exponent++;
    }
    count = minirpc_count_digits(digits);
    point = count + exponent; /* how many digits stand before it */
    if (point > 16 || point <= -4) {
        minirpc_put_digits(out + 1, digits, count);
        out[0] = out[1];
        out[1] = '.';
        out += count > 1 ? count + 1 : 1;
        place = point - 1;
        *out++ = 'e';
        *out++ = place < 0 ? '-' : '+';
        if (place < 0) place = -place;
        count = place < 100 ? 2 : 3;
        minirpc_put_digits(out, (uint64_t)place, count);
        return out + count;
    }
    if (point <= 0) {
        memcpy(out, "0.0000", 6);
        out += 2 - point;
        minirpc_put_digits(out, digits, count);
        return out + count;
    }
    if (point < count) {
        minirpc_put_digits(out + 1, digits, count);
        memmove(out, out + 1, (size_t)point);
        out[point] = '.';
        return out + count + 1;
    }
    minirpc_put_digits(out, digits, count);
    memcpy(out + count, "0000000000000000", 16);
    memcpy(out + point, ".0", 2);
    return out + point + 2;
}

/* Writes a finite number as `float.__repr__` does. */
static inline uint8_t *minirpc_put_double(uint8_t *out, double number)
{
    uint64_t bits, digits, mantissa;
    int exponent;
    double positive = fabs(number);
    memcpy(&bits, &number, sizeof bits);
    if (bits >> 63) *out++ = '-';
    if (positive < 1e15 && positive == (double)(int64_t)positive) {
        out = minirpc_put_decimal(out, (uint64_t)positive, 0);
        memcpy(out, ".0", 2);
        return out + 2;
    }
    mantissa = bits & (((uint64_t)1 << 52) - 1);
    exponent = (int)(bits >> 52 & 0x7FF);
    if (exponent)
        exponent = minirpc_fewest_digits(mantissa | (uint64_t)1 << 52, exponent - 1075, !mantissa && exponent > 1, &digits);
    else
        exponent = minirpc_fewest_digits(mantissa, -1074, 0, &digits);
    return minirpc_put_scaled(out, digits, exponent);
}

/* Writes a finite binary32 number by the fewest digits that tell it from its neighbours, in the form of a float's repr. */
static inline uint8_t *minirpc_put_float(uint8_t *out, float number)
{
    uint32_t bits, mantissa;
    uint64_t digits;
    int exponent;
    memcpy(&bits, &number, sizeof bits);
    if (bits << 1 == 0 || (fabsf(number) < 1e6f && number == (float)(int32_t)number)) return minirpc_put_double(out, number);
    if (bits >> 31) *out++ = '-';
    /* rounded to as many digits it would lie beyond the range, where some parsers see an overflow */
    if (bits << 1 == 0xFEFFFFFE) return minirpc_put_scaled(out, 34028234, 31);
    mantissa = bits & 0x7FFFFF;
    exponent = (int)(bits >> 23 & 0xFF);
    if (exponent)
        exponent = minirpc_fewest_digits(mantissa | 0x800000, exponent - 150, !mantissa && exponent > 1, &digits);
    else
        exponent = minirpc_fewest_digits(mantissa, -149, 0, &digits);
    return minirpc_put_scaled(out, digits, exponent);
}

#endif
