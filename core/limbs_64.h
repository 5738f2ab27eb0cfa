/* Numbers of four 64-bit limbs, least significant first.  Constant time. */
#ifndef BZT_CORE_LIMBS_64_H
#define BZT_CORE_LIMBS_64_H

#include <stdint.h>

__extension__ typedef unsigned __int128 bzt_u128;

/* out = a + b; returns the carry. */
static inline uint64_t limbs_add(uint64_t out[4], const uint64_t a[4],
                                 const uint64_t b[4])
{
    bzt_u128 c = 0;
    for (int i = 0; i < 4; i++) {
        c += (bzt_u128)a[i] + b[i];
        out[i] = (uint64_t)c;
        c >>= 64;
    }
    return (uint64_t)c;
}

/* out = a - b; returns the borrow. */
static inline uint64_t limbs_sub(uint64_t out[4], const uint64_t a[4],
                                 const uint64_t b[4])
{
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
        bzt_u128 d = (bzt_u128)a[i] - b[i] - borrow;
        out[i] = (uint64_t)d;
        borrow = (uint64_t)(d >> 64) & 1;
    }
    return borrow;
}

/* t[0..4] += a b; returns the carry.  t + a b < 2^384. */
static inline uint64_t limbs_mul_add(uint64_t t[5], const uint64_t a[4],
                                     uint64_t b)
{
    bzt_u128 c = 0;
    for (int i = 0; i < 4; i++) {
        c += (bzt_u128)a[i] * b + t[i];
        t[i] = (uint64_t)c;
        c >>= 64;
    }
    c += t[4];
    t[4] = (uint64_t)c;
    return (uint64_t)(c >> 64);
}

#endif
