/* Business systems (table rp). */
#ifndef BZT_STORE_RP_H
#define BZT_STORE_RP_H

#include "base/arena.h"
#include "store.h"

typedef struct rp_row {
    uint8_t id[16];
    uint8_t tenant[16];
    const char *name;
    bzt_span certificate;
    uint8_t public_key[65];
    const char *domains;     /* JSON array of lower-case hosts */
    const char *webhook_url; /* or NULL */
    const char *state;       /* active, disabled */
    int64_t created_at;
} rp_row;

/* Rows live in the arena.  BZT_ERR_NOT_FOUND. */
BZT_MUST_USE bzt_err rp_get(store_tx *tx, rp_row *out, arena *a,
                            const uint8_t id[16]);
BZT_MUST_USE bzt_err rp_insert(store_tx *tx, const rp_row *row);
/* BZT_ERR_NOT_FOUND: no such RP of this tenant. */
BZT_MUST_USE bzt_err rp_update_state(store_tx *tx, const uint8_t tenant[16],
                                     const uint8_t id[16], const char *state);
/* Those of a tenant, oldest first: an array in the arena, *n of at most
 * max. */
BZT_MUST_USE bzt_err rp_list(store_tx *tx, rp_row **out, size_t *n, size_t max,
                             arena *a, const uint8_t tenant[16]);

#endif
