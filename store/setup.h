/* Tenants, and codes that make a staff account (tables tenant, setup_code). */
#ifndef BZT_STORE_SETUP_H
#define BZT_STORE_SETUP_H

#include "base/arena.h"
#include "store.h"

typedef struct tenant_row {
    uint8_t id[16];
    const char *name;
    int64_t created_at;
} tenant_row;

typedef struct setup_code_row {
    uint8_t code_hash[32]; /* SM3 of the code */
    uint8_t tenant[16];
    const char *roles;
    int64_t expires_at, used_at; /* used_at 0: not yet */
} setup_code_row;

BZT_MUST_USE bzt_err tenant_get(store_tx *tx, tenant_row *out, arena *a,
                                const uint8_t id[16]);
/* The oldest tenant.  BZT_ERR_NOT_FOUND: nothing was set up. */
BZT_MUST_USE bzt_err tenant_find_first(store_tx *tx, tenant_row *out, arena *a);
BZT_MUST_USE bzt_err tenant_insert(store_tx *tx, const tenant_row *row);

BZT_MUST_USE bzt_err setup_code_insert(store_tx *tx, const setup_code_row *row);
BZT_MUST_USE bzt_err setup_code_get(store_tx *tx, setup_code_row *out, arena *a,
                                    const uint8_t code_hash[32]);
/* BZT_ERR_NOT_FOUND: used already. */
BZT_MUST_USE bzt_err setup_code_use(store_tx *tx, const uint8_t code_hash[32],
                                    int64_t at);

#endif
