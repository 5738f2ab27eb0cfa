/* Rows of `session`: who is logged in.  Rows are found by the SM3 of the
 * cookie's value, so that a copy of the database opens no session. */
#ifndef BZT_STORE_SESSION_H
#define BZT_STORE_SESSION_H

#include "store.h"

enum { SESSION_CSRF_LEN = 32 };

typedef struct session_row {
    uint8_t token_hash[32];
    int is_staff; /* kind */
    uint8_t person[16];
    uint8_t staff[16];
    int has_device;
    uint8_t device[16];
    uint8_t csrf[SESSION_CSRF_LEN];
    int64_t created_at, seen_at, expires_at;

    /* only read, from person and staff */
    int has_realname;
    int staff_is_active;
    uint8_t tenant[16];
    char roles[64]; /* comma-separated */
} session_row;

BZT_MUST_USE bzt_err session_insert(store_tx *tx, const session_row *row);
/* BZT_ERR_NOT_FOUND.  Does not look at the times. */
BZT_MUST_USE bzt_err session_get(store_tx *tx, session_row *out,
                                 const uint8_t token_hash[32]);
/* The session is on this device from now on. */
BZT_MUST_USE bzt_err session_update_device(store_tx *tx,
                                           const uint8_t token_hash[32],
                                           const uint8_t device[16]);
BZT_MUST_USE bzt_err session_update_seen(store_tx *tx,
                                         const uint8_t token_hash[32],
                                         int64_t seen_at);
BZT_MUST_USE bzt_err session_delete(store_tx *tx, const uint8_t token_hash[32]);
/* All sessions of a person but this one (NULL: all): a new password. */
BZT_MUST_USE bzt_err session_delete_others(store_tx *tx,
                                           const uint8_t person[16],
                                           const uint8_t *token_hash);
/* All sessions of a person's phone but this one: a new device key. */
BZT_MUST_USE bzt_err session_delete_device(store_tx *tx,
                                           const uint8_t person[16],
                                           const uint8_t device[16],
                                           const uint8_t token_hash[32]);
/* Sessions past their end, or of this kind and not seen since idle_at. */
BZT_MUST_USE bzt_err session_sweep(store_tx *tx, int64_t *n, int is_staff,
                                   int64_t now_ms, int64_t idle_at);

#endif
