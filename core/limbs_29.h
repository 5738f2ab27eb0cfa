/* Numbers of nine 29-bit limbs, least significant first, and their products
 * as columns of 64 bits.  Constant time.
 *
 * Made for WebAssembly, where 64-bit multiplication has no high half and no
 * carry flag: a column takes nine products of 58 bits without a carry.
 */
#ifndef BZT_CORE_LIMBS_29_H
#define BZT_CORE_LIMBS_29_H

#include <stdint.h>

#define MASK_29 0x1fffffffu

/* From and to eight 32-bit limbs (values below 2^256). */
static inline void limbs_29_split(uint32_t out[9], const uint32_t in[8])
{
    out[0] = in[0] & MASK_29;
    for (int i = 1; i < 8; i++)
        out[i] = (in[i - 1] >> (32 - 3 * i) | in[i] << (3 * i)) & MASK_29;
    out[8] = in[7] >> 8;
}

static inline void limbs_29_join(uint32_t out[8], const uint32_t in[9])
{
    for (int i = 0; i < 8; i++)
        out[i] = in[i] >> (3 * i) | in[i + 1] << (29 - 3 * i);
}

/* t[0..16] = a b; limbs below 2^29, columns below 9 * 2^58 < 2^62. */
static inline void limbs_29_mul(int64_t t[18], const uint32_t a[9],
                                const uint32_t b[9])
{
    for (int i = 0; i < 18; i++)
        t[i] = 0;
#pragma GCC unroll 9
    for (int i = 0; i < 9; i++) {
#pragma GCC unroll 9
        for (int j = 0; j < 9; j++)
            t[i + j] += (int64_t)((uint64_t)a[i] * b[j]);
    }
}

static inline void limbs_29_sqr(int64_t t[18], const uint32_t a[9])
{
    for (int i = 0; i < 18; i++)
        t[i] = 0;
#pragma GCC unroll 9
    for (int i = 0; i < 9; i++) {
#pragma GCC unroll 9
        for (int j = i + 1; j < 9; j++)
            t[i + j] += (int64_t)((uint64_t)(2 * a[i]) * a[j]);
    }
#pragma GCC unroll 9
    for (int i = 0; i < 9; i++)
        t[2 * i] += (int64_t)((uint64_t)a[i] * a[i]);
}

/* Carry nine columns into limbs.  Columns may be negative, their sum is not;
 * the last limb takes what is left. */
static inline void limbs_29_carry(uint32_t out[9], const int64_t t[9])
{
    int64_t c = 0;
    for (int i = 0; i < 8; i++) {
        c += t[i];
        out[i] = (uint32_t)c & MASK_29;
        c >>= 29;
    }
    out[8] = (uint32_t)(c + t[8]);
}

/* The same for small columns, |t| < 2^31 - 2^3. */
static inline void limbs_29_carry_small(uint32_t out[9], const int32_t t[9])
{
    int32_t c = 0;
    for (int i = 0; i < 8; i++) {
        c += t[i];
        out[i] = (uint32_t)c & MASK_29;
        c >>= 29;
    }
    out[8] = (uint32_t)(c + t[8]);
}

#endif
