/* Numbers of four 64-bit limbs, least significant first.  Constant time. */
#ifndef BZT_CORE_LIMBS_64_H
#define BZT_CORE_LIMBS_64_H

#include "ct.h"
#include <stdint.h>

__extension__ typedef unsigned __int128 bzt_u128;

#ifdef __x86_64__
#include "carry_x86.h"
#else
#include "carry_c.inc"
#endif

/* Low half; *high is the other. */
static inline uint64_t mul_wide(uint64_t *high, uint64_t a, uint64_t b)
{
    bzt_u128 t = (bzt_u128)a * b;
    *high = (uint64_t)(t >> 64);
    return (uint64_t)t;
}

/* out = a + b; returns the carry. */
static inline carry_flag limbs_add(uint64_t out[4], const uint64_t a[4],
                                   const uint64_t b[4])
{
    carry_flag c = add_carry(&out[0], a[0], b[0], 0);
    c = add_carry(&out[1], a[1], b[1], c);
    c = add_carry(&out[2], a[2], b[2], c);
    return add_carry(&out[3], a[3], b[3], c);
}

/* out = a - b; returns the borrow. */
static inline carry_flag limbs_sub(uint64_t out[4], const uint64_t a[4],
                                   const uint64_t b[4])
{
    carry_flag c = sub_borrow(&out[0], a[0], b[0], 0);
    c = sub_borrow(&out[1], a[1], b[1], c);
    c = sub_borrow(&out[2], a[2], b[2], c);
    return sub_borrow(&out[3], a[3], b[3], c);
}

/* out = a b, five limbs. */
static inline void limbs_mul_one(uint64_t out[5], const uint64_t a[4],
                                 uint64_t b)
{
    uint64_t h0, h1, h2, h3;
    out[0] = mul_wide(&h0, a[0], b);
    out[1] = mul_wide(&h1, a[1], b);
    out[2] = mul_wide(&h2, a[2], b);
    out[3] = mul_wide(&h3, a[3], b);
    carry_flag c = add_carry(&out[1], out[1], h0, 0);
    c = add_carry(&out[2], out[2], h1, c);
    c = add_carry(&out[3], out[3], h2, c);
    (void)add_carry(&out[4], h3, 0, c);
}

/* t[0..4] += a b; returns the carry. */
static inline carry_flag limbs_mul_add(uint64_t t[5], const uint64_t a[4],
                                       uint64_t b)
{
    uint64_t row[5];
    limbs_mul_one(row, a, b);
    carry_flag c = add_carry(&t[0], t[0], row[0], 0);
    c = add_carry(&t[1], t[1], row[1], c);
    c = add_carry(&t[2], t[2], row[2], c);
    c = add_carry(&t[3], t[3], row[3], c);
    return add_carry(&t[4], t[4], row[4], c);
}

/* out[0..7] = a^2 */
static inline void limbs_sqr(uint64_t out[8], const uint64_t a[4])
{
    uint64_t l03, l12, l13, l23, h01, h02, h03, h12, h13, h23;
    out[1] = mul_wide(&h01, a[0], a[1]);
    out[2] = mul_wide(&h02, a[0], a[2]);
    l03 = mul_wide(&h03, a[0], a[3]);
    l12 = mul_wide(&h12, a[1], a[2]);
    l13 = mul_wide(&h13, a[1], a[3]);
    l23 = mul_wide(&h23, a[2], a[3]);
    carry_flag c = add_carry(&out[2], out[2], h01, 0);
    c = add_carry(&out[3], l03, h02, c);
    c = add_carry(&out[4], l13, h03, c);
    c = add_carry(&out[5], l23, h13, c);
    (void)add_carry(&out[6], h23, 0, c);
    c = add_carry(&out[3], out[3], l12, 0);
    c = add_carry(&out[4], out[4], h12, c);
    c = add_carry(&out[5], out[5], 0, c);
    (void)add_carry(&out[6], out[6], 0, c);

    c = 0;
    for (int i = 1; i < 7; i++)
        c = add_carry(&out[i], out[i], out[i], c);
    out[7] = c;

    uint64_t h0, h1, h2, h3;
    out[0] = mul_wide(&h0, a[0], a[0]);
    uint64_t l1 = mul_wide(&h1, a[1], a[1]);
    uint64_t l2 = mul_wide(&h2, a[2], a[2]);
    uint64_t l3 = mul_wide(&h3, a[3], a[3]);
    c = add_carry(&out[1], out[1], h0, 0);
    c = add_carry(&out[2], out[2], l1, c);
    c = add_carry(&out[3], out[3], h1, c);
    c = add_carry(&out[4], out[4], l2, c);
    c = add_carry(&out[5], out[5], h2, c);
    c = add_carry(&out[6], out[6], l3, c);
    (void)add_carry(&out[7], out[7], h3, c);
}

/* d = t + top 2^256 - m; all ones if that is negative, else zero.  top is 0
 * or 1, and the input below 2m. */
static inline uint64_t limbs_sub_mask(uint64_t d[4], const uint64_t t[4],
                                      uint64_t top, const uint64_t m[4])
{
    uint64_t mask;
    carry_flag c = limbs_sub(d, t, m);
    (void)sub_borrow(&mask, top, 0, c);
    return ct_barrier64(mask);
}

#endif
