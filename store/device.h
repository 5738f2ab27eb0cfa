/* Phones (table device). */
#ifndef BZT_STORE_DEVICE_H
#define BZT_STORE_DEVICE_H

#include "base/arena.h"
#include "store.h"

typedef struct device_row {
    uint8_t id[16], person[16];
    const char *name;
    bzt_span key_sealed;
    int64_t failures;  /* wrong PINs in a row, over all keys */
    const char *state; /* live, frozen */
    int64_t created_at;
} device_row;

BZT_MUST_USE bzt_err device_get(store_tx *tx, device_row *out, arena *a,
                                const uint8_t id[16]);
BZT_MUST_USE bzt_err device_insert(store_tx *tx, const device_row *row);
BZT_MUST_USE bzt_err device_list(store_tx *tx, device_row **out, size_t *n,
                                 size_t max, arena *a,
                                 const uint8_t person[16]);
/* A new device key; the count begins anew. */
BZT_MUST_USE bzt_err device_update_key(store_tx *tx, const uint8_t id[16],
                                       bzt_span key_sealed);

/* The device row is locked before any key row: call one of these first in
 * a transaction that writes keys.  They give the count as it now is. */
BZT_MUST_USE bzt_err device_lock(store_tx *tx, int64_t *failures,
                                 const uint8_t id[16]);
BZT_MUST_USE bzt_err device_tries_add(store_tx *tx, int64_t *failures,
                                      const uint8_t id[16]);
BZT_MUST_USE bzt_err device_tries_clear(store_tx *tx, int64_t *failures,
                                        const uint8_t id[16]);

#endif
