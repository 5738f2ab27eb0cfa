/* The field of p = 2^256 - 2^224 - 2^96 + 2^64 - 1 (GB/T 32918.5).
 *
 * Two backends with one meaning: fe_64.c (four limbs of 64 bits, always
 * below p) and fe_29.c (nine limbs of 29 bits, bounds in that file).  Both
 * hold elements in Montgomery form.  Everything is constant time; out may
 * alias any input.  The type itself is in ge.h, which is what others see.
 */
#ifndef BZT_CORE_FE_H
#define BZT_CORE_FE_H

#include "ge.h"
#include <stdint.h>

extern const fe fe_one;
extern const fe fe_b; /* of y^2 = x^3 - 3x + b */

/* 1 when the 32 big-endian bytes are below p; otherwise 0, and out is 0. */
uint32_t fe_read(fe *out, const uint8_t in[32]);
void fe_write(uint8_t out[32], const fe *a);

/* fe_add, fe_sub: out = a + b, a - b.  fe_half: out = a / 2. */
#if defined(__wasm__) || defined(BZT_LIMBS_29)
#include "fe_29.h"
#else
#include "fe_64.h"
#endif
void fe_mul(fe *out, const fe *a, const fe *b);
void fe_sqr(fe *out, const fe *a);

void fe_sqr_n(fe *out, const fe *a, unsigned n); /* a^(2^n) */
void fe_inv(fe *out, const fe *a);               /* 0 gives 0 */
/* A root of a if a is a square, else of -a. */
void fe_sqrt(fe *out, const fe *a);

/* 1 or 0, without a branch; not declassified. */
uint32_t fe_is_zero(const fe *a);
uint32_t fe_is_equal(const fe *a, const fe *b);
void fe_cmov(fe *out, const fe *a, uint32_t flag); /* flag 1: out = a */

/* out = entry `index` of a table of `entries`, each of n elements (2 or 5);
 * reads all of it. */
void fe_select(fe *out, unsigned n, const fe *table, unsigned entries,
               uint32_t index);

static inline void fe_neg(fe *out, const fe *a)
{
    const fe zero = {{0}};
    fe_sub(out, &zero, a);
}

#endif
