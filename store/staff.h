/* Accounts of a tenant's people and their keys (tables staff, staff_key). */
#ifndef BZT_STORE_STAFF_H
#define BZT_STORE_STAFF_H

#include "base/arena.h"
#include "store.h"

typedef struct staff_row {
    uint8_t id[16], tenant[16];
    const char *login;
    const char *roles; /* operator, reviewer: comma-separated */
    const char *password;
    bzt_span totp_sealed;
    int64_t totp_last; /* the last step used */
    int64_t failures, next_at;
    const char *state; /* active, disabled */
    int64_t created_at;
} staff_row;

typedef struct staff_key_row {
    uint8_t id[16], staff[16];
    const char *name;
    uint8_t public_key[65];
    const char *state; /* active, removed */
    int64_t created_at;
} staff_key_row;

/* Rows live in the arena.  BZT_ERR_NOT_FOUND. */
BZT_MUST_USE bzt_err staff_get(store_tx *tx, staff_row *out, arena *a,
                               const uint8_t id[16]);
BZT_MUST_USE bzt_err staff_find_login(store_tx *tx, staff_row *out, arena *a,
                                      const char *login);
/* BZT_ERR_DUPLICATE: the login is taken. */
BZT_MUST_USE bzt_err staff_insert(store_tx *tx, const staff_row *row);
/* Failures, next_at and totp_last. */
BZT_MUST_USE bzt_err staff_update(store_tx *tx, const staff_row *row);

BZT_MUST_USE bzt_err staff_key_get(store_tx *tx, staff_key_row *out, arena *a,
                                   const uint8_t id[16]);
BZT_MUST_USE bzt_err staff_key_insert(store_tx *tx, const staff_key_row *row);

#endif
