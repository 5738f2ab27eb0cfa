/* Applications for certificates (table application). */
#ifndef BZT_STORE_APPLICATION_H
#define BZT_STORE_APPLICATION_H

#include "base/arena.h"
#include "store.h"

typedef struct application_row {
    uint8_t id[16], tenant[16], catalogue[16], person[16];
    int has_enterprise;
    uint8_t enterprise[16];
    const char *state;  /* submitted, approved, rejected, issued */
    const char *reason; /* of the last rejection, or NULL */
    int is_reviewed;
    uint8_t reviewed_by[16];
    int64_t reviewed_at;
    int has_entry;
    uint8_t entry[16];
    int64_t version, created_at, updated_at;
} application_row;

/* Rows live in the arena.  BZT_ERR_NOT_FOUND. */
BZT_MUST_USE bzt_err application_get(store_tx *tx, application_row *out,
                                     arena *a, const uint8_t id[16]);
/* An application that is submitted or approved for the same thing; the
 * enterprise may be NULL. */
BZT_MUST_USE bzt_err application_find_open(store_tx *tx, application_row *out,
                                           arena *a, const uint8_t person[16],
                                           const uint8_t catalogue[16],
                                           const uint8_t *enterprise);
/* How many for this enterprise are submitted or approved. */
BZT_MUST_USE bzt_err application_count_open(store_tx *tx, int64_t *n,
                                            const uint8_t enterprise[16]);
BZT_MUST_USE bzt_err application_insert(store_tx *tx,
                                        const application_row *row);
/* Write back state, reason, review and entry where the version is still
 * row->version; then it is one more.  BZT_ERR_BUSY: somebody was first. */
BZT_MUST_USE bzt_err application_update(store_tx *tx, application_row *row);

/* Newest first, those after the id `after` (NULL: from the newest). */
BZT_MUST_USE bzt_err application_list_person(store_tx *tx,
                                             application_row **out, size_t *n,
                                             size_t max, arena *a,
                                             const uint8_t person[16],
                                             const uint8_t *after);
/* Of a tenant in one state, oldest first: a reviewer's queue. */
BZT_MUST_USE bzt_err application_list_state(store_tx *tx, application_row **out,
                                            size_t *n, size_t max, arena *a,
                                            const uint8_t tenant[16],
                                            const char *state,
                                            const uint8_t *after);

#endif
