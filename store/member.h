/* Who acts for which enterprise (table member). */
#ifndef BZT_STORE_MEMBER_H
#define BZT_STORE_MEMBER_H

#include "base/arena.h"
#include "store.h"

/* Bits of permissions. */
enum { MEMBER_LOGIN = 1, MEMBER_SEAL = 2, MEMBER_MAKE = 4, MEMBER_OPEN = 8 };
enum { MEMBER_ALL = MEMBER_LOGIN | MEMBER_SEAL | MEMBER_MAKE | MEMBER_OPEN };

typedef struct member_row {
    uint8_t id[16], enterprise[16], person[16];
    const char *role; /* admin, clerk */
    int64_t permissions;
    const char *state; /* claimed, active, left */
    int64_t created_at;
} member_row;

/* BZT_ERR_NOT_FOUND. */
BZT_MUST_USE bzt_err member_find(store_tx *tx, member_row *out, arena *a,
                                 const uint8_t enterprise[16],
                                 const uint8_t person[16]);
BZT_MUST_USE bzt_err member_insert(store_tx *tx, const member_row *row);
BZT_MUST_USE bzt_err member_update_state(store_tx *tx, const uint8_t id[16],
                                         const char *state);

#endif
