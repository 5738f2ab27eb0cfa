/* The server's side of split keys (tables split_key, key_op, unlock_permit).
 *
 * A row is written back only on condition that nobody else was faster: see
 * key_update.  Kinds, states and outcomes are the words of doc/wire.md.
 */
#ifndef BZT_STORE_KEY_H
#define BZT_STORE_KEY_H

#include "base/arena.h"
#include "store.h"

typedef struct key_row {
    uint8_t id[16], person[16], device[16];
    int has_application, has_entry;
    uint8_t application[16], entry[16];
    const char *purpose;   /* sign, decrypt */
    const char *state;     /* new, live, pin, clone, frozen */
    bzt_span share_sealed; /* u2; empty while new */
    int has_point;
    uint8_t point[65];
    int64_t g, failures, wait_until;
    int has_last;
    uint8_t last_op[16];
    const char *last_kind;
    int has_signature;
    uint8_t last_signature[64];
    int64_t last_wrong;
    int has_moving;
    int64_t moving_g;
    uint8_t moving_device[16];
    bzt_span moving_blob;
    int64_t certified, pending, enterprise, created_at;
    const char *seen; /* outcome of the op_id asked for, or NULL */
} key_row;

/* op: 16 bytes, or NULL when nothing remembered is asked for. */
BZT_MUST_USE bzt_err key_get(store_tx *tx, key_row *out, arena *a,
                             const uint8_t id[16], const uint8_t *op);
BZT_MUST_USE bzt_err key_insert(store_tx *tx, const key_row *row);

/* What must still be so for a write to count. */
typedef struct key_condition {
    int64_t g, failures;
    const char *state;
} key_condition;

/* Write the protocol's columns of *after (device, state, share, point, g,
 * failures, wait, last, moving).  BZT_ERR_BUSY: the condition fails. */
BZT_MUST_USE bzt_err key_update(store_tx *tx, const key_row *after,
                                const key_condition *condition);
/* Remember an op_id; forgets those that are both older than before_ms and
 * not among the last `keep` of the key. */
BZT_MUST_USE bzt_err key_op_insert(store_tx *tx, const uint8_t key[16],
                                   const uint8_t op[16], const char *outcome,
                                   int64_t at_ms);
BZT_MUST_USE bzt_err key_op_prune(store_tx *tx, const uint8_t key[16],
                                  int64_t keep, int64_t before_ms);

/* Ten wrong tries on a phone: its live keys, and no others, are PIN-locked. */
BZT_MUST_USE bzt_err key_lock_device(store_tx *tx, const uint8_t device[16]);
/* Keys of a phone, and those on their way to it. */
BZT_MUST_USE bzt_err key_list_device(store_tx *tx, key_row **out, size_t *n,
                                     size_t max, arena *a,
                                     const uint8_t device[16]);
BZT_MUST_USE bzt_err key_list_moving(store_tx *tx, key_row **out, size_t *n,
                                     size_t max, arena *a,
                                     const uint8_t device[16]);

/* What the key is made for; set when its request is first opened. */
BZT_MUST_USE bzt_err key_update_application(store_tx *tx, const uint8_t id[16],
                                            const uint8_t application[16]);
/* A CA has the application and may take its time. */
BZT_MUST_USE bzt_err key_update_pending(store_tx *tx, const uint8_t id[16],
                                        int pending);
/* The key has a certificate and belongs to this entry. */
BZT_MUST_USE bzt_err key_update_certified(store_tx *tx, const uint8_t id[16],
                                          const uint8_t entry[16],
                                          int enterprise);
/* Keys without certificate and without a pending application, made before. */
BZT_MUST_USE bzt_err key_sweep(store_tx *tx, int64_t *n, int64_t before_ms);

/* A reviewer's permission to lift a PIN lock. */
typedef struct unlock_permit {
    uint8_t key[16], staff[16];
    int64_t approved, until;
} unlock_permit;
BZT_MUST_USE bzt_err unlock_permit_put(store_tx *tx, const unlock_permit *p);
BZT_MUST_USE bzt_err unlock_permit_get(store_tx *tx, unlock_permit *out,
                                       const uint8_t key[16]);
BZT_MUST_USE bzt_err unlock_permit_delete(store_tx *tx, const uint8_t key[16]);

#endif
