/* Scalars modulo n, the order of the SM2 curve (GB/T 32918.5).
 *
 * A `sc` is secret unless its name says otherwise: every function is constant
 * time in its values, and whoever holds one on the stack wipes it.  Always
 * fully reduced.  The limbs are of one backend (4x64 or 9x29) and are nobody
 * else's business.
 */
#ifndef BZT_CORE_SC_H
#define BZT_CORE_SC_H

#include <bzt/err.h>
#include <stdint.h>

#if defined(__wasm__) || defined(BZT_LIMBS_29)
typedef struct sc {
    uint32_t l[9];
} sc;
#else
typedef struct sc {
    uint64_t l[4];
} sc;
#endif

/* Big-endian 32 bytes in [1, n-1], before any reduction.  Whether the range
 * holds is declassified.  BZT_ERR_RANGE; then out is zero. */
BZT_MUST_USE bzt_err sc_read(sc *out, const uint8_t in[32]);

/* As sc_read, but zero is allowed: [0, n-1] (the z of a Schnorr proof). */
BZT_MUST_USE bzt_err sc_read_or_zero(sc *out, const uint8_t in[32]);

/* Any 32 bytes, reduced mod n (digests e, x coordinates). */
void sc_reduce(sc *out, const uint8_t in[32]);

/* to_scalar of the protocol: int(48 bytes) mod (n-1) + 1, in [1, n-1]. */
void sc_from_wide(sc *out, const uint8_t in[48]);

void sc_write(uint8_t out[32], const sc *a);
void sc_set_small(sc *out, uint32_t v);

/* out may alias any input. */
void sc_add(sc *out, const sc *a, const sc *b);
void sc_sub(sc *out, const sc *a, const sc *b);
void sc_neg(sc *out, const sc *a);
void sc_mul(sc *out, const sc *a, const sc *b);
void sc_inv(sc *out, const sc *a); /* a^-1; 0 gives 0 */

/* 1 or 0, without a branch; not declassified. */
uint32_t sc_is_zero(const sc *a);
uint32_t sc_is_equal(const sc *a, const sc *b);
void sc_cmov(sc *out, const sc *a, uint32_t flag); /* flag 1: out = a */
void sc_wipe(sc *a);

#endif
