/* Enterprises (table enterprise): claimed by their administrators. */
#ifndef BZT_STORE_ENTERPRISE_H
#define BZT_STORE_ENTERPRISE_H

#include "base/arena.h"
#include "store.h"

typedef struct enterprise_row {
    uint8_t id[16];
    const char *name;
    const char *uscc;
    bzt_span legal_name_sealed, legal_id_sealed;
    const char *state; /* claimed, active */
    uint8_t created_by[16];
    int64_t created_at;
} enterprise_row;

/* An enterprise as one of its members sees it. */
typedef struct enterprise_of {
    enterprise_row enterprise;
    const char *role; /* admin, clerk */
    const char *member_state;
} enterprise_of;

/* Rows live in the arena.  BZT_ERR_NOT_FOUND. */
BZT_MUST_USE bzt_err enterprise_get(store_tx *tx, enterprise_row *out, arena *a,
                                    const uint8_t id[16]);
BZT_MUST_USE bzt_err enterprise_find_uscc(store_tx *tx, enterprise_row *out,
                                          arena *a, const char *uscc);
/* BZT_ERR_DUPLICATE: the code is registered. */
BZT_MUST_USE bzt_err enterprise_insert(store_tx *tx, const enterprise_row *row);
BZT_MUST_USE bzt_err enterprise_update_state(store_tx *tx, const uint8_t id[16],
                                             const char *state);
/* Name and legal representative, while nothing has been certified.
 * BZT_ERR_NOT_FOUND: no such enterprise that is only claimed. */
BZT_MUST_USE bzt_err enterprise_update_facts(store_tx *tx,
                                             const enterprise_row *row);
/* Of a person, oldest first; *n of at most max. */
BZT_MUST_USE bzt_err enterprise_list(store_tx *tx, enterprise_of **out,
                                     size_t *n, size_t max, arena *a,
                                     const uint8_t person[16]);

#endif
