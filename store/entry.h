/* Certificate entries (table entry): what a holder sees as one certificate,
 * with its keys and one PIN. */
#ifndef BZT_STORE_ENTRY_H
#define BZT_STORE_ENTRY_H

#include "base/arena.h"
#include "store.h"

typedef struct entry_row {
    uint8_t id[16], person[16];
    int has_enterprise;
    uint8_t enterprise[16];
    uint8_t application[16], ca[16];
    const char *state; /* active, revoked */
    int64_t created_at;
} entry_row;

/* A key as its entry shows it. */
typedef struct entry_key {
    uint8_t id[16], device[16];
    const char *purpose, *state;
    uint8_t point[65];
} entry_key;

/* Rows live in the arena.  BZT_ERR_NOT_FOUND. */
BZT_MUST_USE bzt_err entry_get(store_tx *tx, entry_row *out, arena *a,
                               const uint8_t id[16]);
BZT_MUST_USE bzt_err entry_insert(store_tx *tx, const entry_row *row);
BZT_MUST_USE bzt_err entry_update_state(store_tx *tx, const uint8_t id[16],
                                        const char *state);
/* Newest first. */
BZT_MUST_USE bzt_err entry_list(store_tx *tx, entry_row **out, size_t *n,
                                size_t max, arena *a, const uint8_t person[16]);

BZT_MUST_USE bzt_err entry_list_keys(store_tx *tx, entry_key **out, size_t *n,
                                     size_t max, arena *a,
                                     const uint8_t entry[16]);
/* The key has a certificate: it belongs to the entry from now on.
 * BZT_ERR_CONFLICT: it has an entry already. */
BZT_MUST_USE bzt_err entry_adopt_key(store_tx *tx, const entry_row *row,
                                     const uint8_t key[16]);

#endif
