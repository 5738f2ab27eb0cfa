/* Messages to holders (table message). */
#ifndef BZT_STORE_MESSAGE_H
#define BZT_STORE_MESSAGE_H

#include "base/arena.h"
#include "store.h"

typedef struct message_row {
    uint8_t id[16], person[16];
    const char *kind;
    const char *body; /* JSON object */
    int has_subject;
    uint8_t subject[16];
    int64_t read_at; /* 0: not yet */
    int64_t created_at;
} message_row;

BZT_MUST_USE bzt_err message_insert(store_tx *tx, const message_row *row);
/* Newest first, those after the id `after` (NULL: from the newest). */
BZT_MUST_USE bzt_err message_list(store_tx *tx, message_row **out, size_t *n,
                                  size_t max, arena *a,
                                  const uint8_t person[16],
                                  const uint8_t *after);
/* Those made since the message `last` (NULL: since `since`), oldest first. */
BZT_MUST_USE bzt_err message_list_new(store_tx *tx, message_row **out,
                                      size_t *n, size_t max, arena *a,
                                      const uint8_t person[16],
                                      const uint8_t *last, int64_t since);
BZT_MUST_USE bzt_err message_count_unread(store_tx *tx, int64_t *n,
                                          const uint8_t person[16]);
/* BZT_ERR_NOT_FOUND: no such message of this person. */
BZT_MUST_USE bzt_err message_update_read(store_tx *tx, const uint8_t person[16],
                                         const uint8_t id[16], int64_t at);

#endif
