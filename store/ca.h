/* CAs and the keys of the built-in one (tables ca, ca_key). */
#ifndef BZT_STORE_CA_H
#define BZT_STORE_CA_H

#include "base/arena.h"
#include "store.h"

typedef struct ca_row {
    uint8_t id[16], tenant[16];
    const char *name;
    const char *connector; /* builtin */
    const char *settings;  /* JSON of the connector */
    int64_t created_at;
} ca_row;

typedef struct ca_key_row {
    uint8_t id[16], ca[16];
    const char *role; /* root, issuing, ocsp */
    bzt_span certificate;
    bzt_span key_sealed;
    int64_t crl_number; /* of the last list; of the issuing key */
    int64_t created_at;
} ca_key_row;

/* Rows live in the arena.  BZT_ERR_NOT_FOUND. */
BZT_MUST_USE bzt_err ca_get(store_tx *tx, ca_row *out, arena *a,
                            const uint8_t id[16]);
BZT_MUST_USE bzt_err ca_insert(store_tx *tx, const ca_row *row);
BZT_MUST_USE bzt_err ca_key_find(store_tx *tx, ca_key_row *out, arena *a,
                                 const uint8_t ca[16], const char *role);
BZT_MUST_USE bzt_err ca_key_insert(store_tx *tx, const ca_key_row *row);
BZT_MUST_USE bzt_err ca_key_update_number(store_tx *tx, const uint8_t id[16],
                                          int64_t crl_number);

/* The last list of a CA, for all nodes.  BZT_ERR_NOT_FOUND: none, or a
 * certificate was revoked since. */
BZT_MUST_USE bzt_err ca_list_get(store_tx *tx, bzt_span *out, arena *a,
                                 const uint8_t ca[16]);
BZT_MUST_USE bzt_err ca_list_put(store_tx *tx, const uint8_t ca[16],
                                 bzt_span der);
BZT_MUST_USE bzt_err ca_list_forget(store_tx *tx, const uint8_t ca[16]);

#endif
