/* Certificates that were issued (table certificate). */
#ifndef BZT_STORE_CERTIFICATE_H
#define BZT_STORE_CERTIFICATE_H

#include "base/arena.h"
#include "store.h"

typedef struct certificate_row {
    uint8_t id[16], entry[16], key[16], ca[16];
    bzt_span serial; /* magnitude */
    bzt_span der;
    uint8_t fingerprint[32]; /* SM3 of der */
    int64_t not_before, not_after;
    const char *state; /* active, revoked */
    int64_t revoked_at, reason;
    int64_t created_at;
} certificate_row;

/* Rows live in the arena.  BZT_ERR_NOT_FOUND. */
BZT_MUST_USE bzt_err certificate_get(store_tx *tx, certificate_row *out,
                                     arena *a, const uint8_t id[16]);
BZT_MUST_USE bzt_err certificate_find_serial(store_tx *tx, certificate_row *out,
                                             arena *a, const uint8_t ca[16],
                                             bzt_span serial);
/* BZT_ERR_DUPLICATE: issued before. */
BZT_MUST_USE bzt_err certificate_insert(store_tx *tx,
                                        const certificate_row *row);
/* BZT_ERR_NOT_FOUND: none, or not active. */
BZT_MUST_USE bzt_err certificate_revoke(store_tx *tx, const uint8_t id[16],
                                        int64_t at, int64_t reason);
/* Of an entry, oldest first. */
BZT_MUST_USE bzt_err certificate_list(store_tx *tx, certificate_row **out,
                                      size_t *n, size_t max, arena *a,
                                      const uint8_t entry[16]);
/* Revoked ones of a CA that have not expired at `at`. */
BZT_MUST_USE bzt_err certificate_list_revoked(store_tx *tx,
                                              certificate_row **out, size_t *n,
                                              size_t max, arena *a,
                                              const uint8_t ca[16], int64_t at);

#endif
