/* The vendor's side of signed calls (doc/connectors.md, Signatures): is this
 * request from the customer, in time, and for the first time? */
#ifndef BZT_SANDBOX_SIGNATURE_H
#define BZT_SANDBOX_SIGNATURE_H

#include "base/arena.h"
#include <bzt/err.h>
#include <bzt/span.h>
#include <stdint.h>

enum { NONCES_KEPT = 4096 };

typedef struct customer {
    char id[64];
    uint8_t key[32];
    uint8_t nonces[NONCES_KEPT][16]; /* a ring of the last ones */
    size_t nonces_n;
} customer;

/* BZT_ERR_CONFIG: id or key file of the wrong form. */
BZT_MUST_USE bzt_err customer_init(customer *c, const char *id,
                                   const char *key_file);
void customer_wipe(customer *c);

typedef struct signed_call {
    const char *authorization; /* header, or NULL */
    const char *path;          /* as sent */
    bzt_span body;
    int64_t now_ms;
} signed_call;

/* nonce gets the text that the answer is bound to, in the arena.
 * BZT_ERR_UNAUTHENTICATED, BZT_ERR_SIGNATURE, BZT_ERR_SKEW, BZT_ERR_REPLAY. */
BZT_MUST_USE bzt_err customer_check(const char **nonce, arena *a, customer *c,
                                    const signed_call *call);
/* {payload, mac} in the arena. */
BZT_MUST_USE bzt_err customer_answer(bzt_span *out, arena *a, const customer *c,
                                     const char *nonce, const char *payload);

#endif
