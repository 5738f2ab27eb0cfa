/* What the outside parties do with a call that was signed rightly. */
#ifndef BZT_SANDBOX_PARTIES_H
#define BZT_SANDBOX_PARTIES_H

#include "base/arena.h"
#include "base/json.h"
#include <bzt/err.h>
#include <stdint.h>

/* How the next n calls of a party end. */
typedef enum outcome {
    OUTCOME_OK,
    OUTCOME_REFUSE, /* a proper no */
    OUTCOME_SLOW,   /* the right answer, but late */
    OUTCOME_DOWN,   /* the connection is closed */
    OUTCOME_HALF,   /* done, but only half of the answer arrives */
    OUTCOMES
} outcome;

/* "ok" and so on; OUTCOMES when unknown. */
outcome outcome_read(const char *text);

enum { INBOX_KEPT = 1000 };

typedef struct sent_message {
    char phone[16], text_id[32], code[16], language[8];
    int64_t at;
} sent_message;

typedef struct inbox {
    sent_message kept[INBOX_KEPT]; /* a ring */
    size_t n;
} inbox;

/* SMS gateway: keeps the message.  *status is the HTTP status. */
BZT_MUST_USE bzt_err sms_take(json **answer, int *status, arena *a, inbox *in,
                              const json *body, int refuse, int64_t now_ms);
/* {messages: […]}, newest first; phone NULL: of everybody. */
BZT_MUST_USE bzt_err inbox_show(json **out, arena *a, const inbox *in,
                                const char *phone);

/* Public security: names that contain 拒 do not belong to their number,
 * names that contain 无 are not in the register. */
BZT_MUST_USE bzt_err identity_check(json **answer, int *status, arena *a,
                                    const json *body, int refuse);

#endif
