/* People (table person). */
#ifndef BZT_STORE_PERSON_H
#define BZT_STORE_PERSON_H

#include "base/arena.h"
#include "store.h"

typedef struct person_row {
    uint8_t id[16];
    bzt_span phone_sealed;
    uint8_t phone_index[32];
    const char *password; /* encoded hash, or NULL */
    int64_t password_failures, password_next_at;
    int has_realname; /* the next five are set */
    bzt_span name_sealed, id_number_sealed;
    uint8_t id_number_index[32];
    const char *realname_provider;
    int64_t realname_at;
    const char *language;
    int64_t created_at;
} person_row;

/* Rows live in the arena.  BZT_ERR_NOT_FOUND. */
BZT_MUST_USE bzt_err person_get(store_tx *tx, person_row *out, arena *a,
                                const uint8_t id[16]);
BZT_MUST_USE bzt_err person_find_phone(store_tx *tx, person_row *out, arena *a,
                                       const uint8_t phone_index[32]);
BZT_MUST_USE bzt_err person_find_id_number(store_tx *tx, person_row *out,
                                           arena *a, const uint8_t index[32]);
/* BZT_ERR_DUPLICATE: the number is registered. */
BZT_MUST_USE bzt_err person_insert(store_tx *tx, const person_row *row);
/* Hash, failures and next try. */
BZT_MUST_USE bzt_err person_update_password(store_tx *tx,
                                            const person_row *row);
/* The five members of has_realname.  BZT_ERR_DUPLICATE: the ID number is
 * another person's. */
BZT_MUST_USE bzt_err person_update_realname(store_tx *tx,
                                            const person_row *row);

#endif
