/* What can be applied for (table catalogue). */
#ifndef BZT_STORE_CATALOGUE_H
#define BZT_STORE_CATALOGUE_H

#include "base/arena.h"
#include "store.h"

typedef struct catalogue_row {
    uint8_t id[16], tenant[16];
    const char *province, *platform;
    uint8_t ca[16];
    const char *ca_name; /* read only */
    const char *subject; /* personal, enterprise */
    const char *product;
    int64_t validity_days, fee_cents;
    const char *attachments; /* JSON array of needed kinds */
    const char *state;       /* offered, withdrawn */
    int64_t created_at;
} catalogue_row;

/* Rows live in the arena.  BZT_ERR_NOT_FOUND. */
BZT_MUST_USE bzt_err catalogue_get(store_tx *tx, catalogue_row *out, arena *a,
                                   const uint8_t id[16]);
BZT_MUST_USE bzt_err catalogue_insert(store_tx *tx, const catalogue_row *row);
/* BZT_ERR_NOT_FOUND: no such row of this tenant. */
BZT_MUST_USE bzt_err catalogue_update_state(store_tx *tx,
                                            const uint8_t tenant[16],
                                            const uint8_t id[16],
                                            const char *state);
/* Those that are offered, of all tenants, by province and platform. */
BZT_MUST_USE bzt_err catalogue_list_offered(store_tx *tx, catalogue_row **out,
                                            size_t *n, size_t max, arena *a);
/* All of one tenant. */
BZT_MUST_USE bzt_err catalogue_list_tenant(store_tx *tx, catalogue_row **out,
                                           size_t *n, size_t max, arena *a,
                                           const uint8_t tenant[16]);

#endif
