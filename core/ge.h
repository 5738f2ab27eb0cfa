/* Points of the SM2 curve (GB/T 32918.5).
 *
 * `ge` is a projective point that may be infinity.  Bytes are 65, 04 || x ||
 * y, big-endian.  Everything here is constant time in scalars and points,
 * but for what ends in _vartime, which is for public data only.
 */
#ifndef BZT_CORE_GE_H
#define BZT_CORE_GE_H

#include "sc.h"
#include <bzt/err.h>
#include <stdint.h>

#if defined(__wasm__) || defined(BZT_LIMBS_29)
typedef struct fe {
    uint32_t l[9];
} fe;
#else
typedef struct fe {
    uint64_t l[4];
} fe;
#endif

typedef struct ge {
    fe x, y, z;
} ge;

/* 04 || x || y: coordinates below p and on the curve (so never infinity).
 * BZT_ERR_POINT otherwise; then out is infinity.  Declassifies the verdict. */
BZT_MUST_USE bzt_err ge_read(ge *out, const uint8_t in[65]);

/* 33 bytes 02/03 || x.  BZT_ERR_POINT when x is not below p or has no y. */
BZT_MUST_USE bzt_err ge_read_compressed(ge *out, const uint8_t in[33]);

/* BZT_ERR_POINT when a is infinity; then out is all zero. */
BZT_MUST_USE bzt_err ge_write(uint8_t out[65], const ge *a);
BZT_MUST_USE bzt_err ge_write_compressed(uint8_t out[33], const ge *a);

/* x(a) mod n.  BZT_ERR_POINT at infinity; then out is zero. */
BZT_MUST_USE bzt_err ge_x_scalar(sc *out, const ge *a);
/* 1 when a is not infinity and x(a) mod n is x; public data only, and much
 * cheaper than ge_x_scalar. */
uint32_t ge_x_is_vartime(const ge *a, const sc *x);

void ge_set_infinity(ge *out);
void ge_set_base(ge *out);
void ge_add(ge *out, const ge *a, const ge *b); /* complete */
void ge_double(ge *out, const ge *a);
void ge_neg(ge *out, const ge *a);
uint32_t ge_is_infinity(const ge *a);
uint32_t ge_is_equal(const ge *a, const ge *b);
void ge_cmov(ge *out, const ge *a, uint32_t flag);
void ge_wipe(ge *a);

/* out = k*G, precomputed table, constant-time selection.  k may be zero. */
void ge_mul_base(ge *out, const sc *k);
/* out = k*P for any P.  k may be zero. */
void ge_mul(ge *out, const sc *k, const ge *p);
/* out = s*G + t*P, public data only (verification). */
void ge_mul2_vartime(ge *out, const sc *s, const sc *t, const ge *p);

#endif
