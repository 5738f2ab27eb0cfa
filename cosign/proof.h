/* Hedged nonces and Schnorr proofs (protocol.md, Notation).
 *
 * Proof of v for V = v*B: A = k*B, c = to_scalar(xof(label, B || V || A ||
 * context, 48)), z = k + c*v.  Contexts come from wire.h.
 */
#ifndef BZT_COSIGN_PROOF_H
#define BZT_COSIGN_PROOF_H

#include "core/ge.h"
#include "core/sc.h"
#include "wire.h"

/* to_scalar(xof(label, fields(random, secret, ...), 48)): secret and
 * unrepeated if either the generator or the secret is good. */
typedef struct hedge {
    xof x;
} hedge;
void hedge_init(hedge *h, const char *label, const uint8_t random[48],
                const uint8_t secret[32]);
void hedge_init_sc(hedge *h, const char *label, const uint8_t random[48],
                   const sc *secret);
void hedge_add(hedge *h, const void *p, size_t len);
void hedge_add_u64(hedge *h, uint64_t v);
void hedge_final(hedge *h, sc *out); /* wipes h */

typedef struct proof {
    const char *label;
    const uint8_t *B; /* wire_base, or another point */
    const uint8_t *V;
    const wire *about; /* its context */
} proof;

/* v*B must be V.  Constant time in v. */
void proof_make(uint8_t A[65], uint8_t z[32], const proof *p, const sc *v,
                const uint8_t random[48]);

/* BZT_ERR_PROOF: does not hold.  BZT_ERR_POINT, BZT_ERR_RANGE: B, V, A is
 * not a point, z is not in [1, n-1].  Variable time in all of it when B is
 * the base point; constant time, but for the verdict, otherwise. */
BZT_MUST_USE bzt_err proof_check(const proof *p, const uint8_t A[65],
                                 const uint8_t z[32]);

/* SM2 encryption (GB/T 32918.4), C1 || C3 || C2, under a given k.
 * out has 97 + plain.len bytes. BZT_ERR_POINT: P is not a point. */
BZT_MUST_USE bzt_err seal(uint8_t *out, const uint8_t P[65], bzt_span plain,
                          const sc *k);

#endif
