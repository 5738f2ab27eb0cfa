/* Arithmetic on 32 big-endian bytes, bit by bit: slow, and nothing like the
 * code under test.  For the unit tests of fe, sc and ge. */
#ifndef BZT_TEST_CORE_SLOW_H
#define BZT_TEST_CORE_SLOW_H

#include "unit.h"

typedef uint8_t num[32];

static const num slow_p = "\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff"
                          "\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00"
                          "\xff\xff\xff\xff\xff\xff\xff\xff";
static const num slow_n = "\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff"
                          "\xff\xff\xff\xff\x72\x03\xdf\x6b\x21\xc6\x05\x2b"
                          "\x53\xbb\xf4\x09\x39\xd5\x41\x23";

/* out = a + b; returns the carry. */
UNUSED static int slow_add(num out, const num a, const num b)
{
    unsigned c = 0;
    for (int i = 31; i >= 0; i--) {
        c += (unsigned)a[i] + b[i];
        out[i] = (uint8_t)c;
        c >>= 8;
    }
    return (int)c;
}

/* out = a - b; returns the borrow. */
UNUSED static int slow_sub(num out, const num a, const num b)
{
    int c = 0;
    for (int i = 31; i >= 0; i--) {
        int d = a[i] - b[i] - c;
        out[i] = (uint8_t)d;
        c = d < 0;
    }
    return c;
}

/* r = 2 r + bit, mod m */
UNUSED static void slow_shift_in(num r, int bit, const num m)
{
    num one = {0};
    one[31] = (uint8_t)bit;
    int carry = slow_add(r, r, r);
    carry |= slow_add(r, r, one);
    if (carry || memcmp(r, m, 32) >= 0)
        slow_sub(r, r, m);
}

/* out = in mod m, of any length. */
UNUSED static void slow_mod(num out, const uint8_t *in, size_t len, const num m)
{
    num r = {0};
    for (size_t i = 0; i < 8 * len; i++)
        slow_shift_in(r, in[i / 8] >> (7 - i % 8) & 1, m);
    memcpy(out, r, 32);
}

/* a, b < m from here on. */
UNUSED static void slow_add_mod(num out, const num a, const num b, const num m)
{
    if (slow_add(out, a, b) || memcmp(out, m, 32) >= 0)
        slow_sub(out, out, m);
}

UNUSED static void slow_sub_mod(num out, const num a, const num b, const num m)
{
    if (slow_sub(out, a, b))
        slow_add(out, out, m);
}

UNUSED static void slow_mul_mod(num out, const num a, const num b, const num m)
{
    num r = {0};
    for (int i = 0; i < 256; i++) {
        slow_add_mod(r, r, r, m);
        if (a[i / 8] >> (7 - i % 8) & 1)
            slow_add_mod(r, r, b, m);
    }
    memcpy(out, r, 32);
}

/* Values that meet carries: words of few kinds, the first and last values,
 * and random ones; below m. */
UNUSED static void slow_edge(num out, uint64_t *state, const num m)
{
    static const uint32_t words[] = {0,          1,          0xffffffff,
                                     0xfffffffe, 0x80000000, 0x7fffffff};
    num v, small = {0};
    uint64_t kind = unit_next(state) >> 60;
    for (int i = 0; i < 32; i += 4) {
        uint64_t r = unit_next(state);
        uint32_t w = kind < 8 ? words[(r >> 33) % 6] : (uint32_t)(r >> 20);
        for (int j = 0; j < 4; j++)
            v[i + j] = (uint8_t)(w >> (24 - 8 * j));
    }
    slow_mod(out, v, 32, m);
    small[31] = (uint8_t)(unit_next(state) >> 61);
    if (kind == 15)
        memcpy(out, small, 32);
    if (kind == 14)
        slow_sub_mod(out, (const uint8_t[32]){0}, small, m);
}

#endif
