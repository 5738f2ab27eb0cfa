/* A holder's certificate with everything that decides whether it may be
 * used: its entry, enterprise, key and CA, read in one statement. */
#ifndef BZT_STORE_HOLDER_H
#define BZT_STORE_HOLDER_H

#include "base/arena.h"
#include "store.h"

typedef struct holder_certificate {
    uint8_t id[16], key[16], ca[16], entry[16];
    bzt_span der;
    uint8_t fingerprint[32];
    int64_t not_before, not_after;
    const char *state; /* of the certificate: active, revoked */
    uint8_t person[16];
    const char *entry_state;
    const char *organisation; /* NULL: personal */
    const char *uscc;
    uint8_t device[16];
    const char *purpose;   /* of the key: sign, decrypt */
    const char *key_state; /* live, pin, clone, … */
} holder_certificate;

BZT_MUST_USE bzt_err holder_certificate_get(store_tx *tx,
                                            holder_certificate *out, arena *a,
                                            const uint8_t certificate[16]);

/* The certificates above it, issuing CA first: an array in the arena. */
BZT_MUST_USE bzt_err holder_chain(store_tx *tx, bzt_span **out, size_t *n,
                                  arena *a, const uint8_t ca[16]);

/* The certificates of a person, in force or not: an array in the arena. */
BZT_MUST_USE bzt_err holder_ders(store_tx *tx, bzt_span **out, size_t *n,
                                 arena *a, const uint8_t person[16]);

#endif
