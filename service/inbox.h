/* Messages: the hub of every step, told in the transaction of the step. */
#ifndef BZT_SERVICE_INBOX_H
#define BZT_SERVICE_INBOX_H

#include "base/arena.h"
#include "service.h"
#include "store/message.h"

enum { INBOX_PAGE = 50 };

/* kind: a row of doc/api.md, "Kinds of messages".  body: a JSON object of
 * the kind's values; NULL: none.  subject: what it is about, or NULL. */
typedef struct inbox_note {
    const char *kind;
    const char *body;
    const uint8_t *person;
    const uint8_t *subject;
} inbox_note;

/* Write it and touch the person, so that an open app hears at once.
 * BZT_ERR_RANDOM. */
BZT_MUST_USE bzt_err inbox_tell(store_tx *tx, int64_t now_ms,
                                const inbox_note *note);

typedef struct inbox_page {
    message_row *rows; /* newest first */
    size_t n;
    int64_t unread;
    int has_more;
} inbox_page;
/* After the id `after`, or from the newest with NULL. */
BZT_MUST_USE bzt_err inbox_read(service *s, inbox_page *out, arena *a,
                                const uint8_t person[16], const uint8_t *after);
/* Made since the message `last` (NULL: since `since`), oldest first. */
BZT_MUST_USE bzt_err inbox_read_new(service *s, inbox_page *out, arena *a,
                                    const uint8_t person[16],
                                    const uint8_t *last, int64_t since);
/* BZT_ERR_NOT_FOUND: no such message of this person. */
BZT_MUST_USE bzt_err inbox_mark(service *s, const uint8_t person[16],
                                const uint8_t message[16], int64_t now_ms);

#endif
