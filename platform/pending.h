/* Requests that somebody is waiting for, in memory.
 *
 * Each belongs to the browser that asked for it (the secret of its cookie
 * gives request.browser); nobody else is told anything of it.  Not for two
 * threads at once.
 */
#ifndef BZT_PLATFORM_PENDING_H
#define BZT_PLATFORM_PENDING_H

#include "user.h"
#include <bzt/client.h>

enum {
    PENDING_MAX = 2048,
    PENDING_KEPT_MS = 120000, /* after its end */
    PENDING_TRIES_MAX = 6     /* to verify while an outside party is silent */
};

typedef struct pending {
    bzt_request request; /* id empty: free */
    /* bind: whose account; login: who got in, once done */
    char login[LOGIN_MAX + 1];
    bzt_request_state state;
    char reason[40];
    char zh[640], en[640]; /* what to tell, "" while it goes well */
    int64_t version;       /* counts what this platform has seen */
    int64_t ended_at;      /* 0: not ended */
    int64_t refresh_at;    /* not asked again before */
    int is_refreshing;
    int tries;
    int is_released; /* a login is handed out once */
} pending;

typedef struct pendings {
    pending slots[PENDING_MAX];
    size_t high; /* slots beyond were never used */
} pendings;

int pending_is_ended(const pending *p);
/* A copy is kept.  Ended ones and those that nobody can use any more make
 * room.  BZT_ERR_LIMITED: full. */
BZT_MUST_USE bzt_err pending_add(pendings *all, const pending *p,
                                 int64_t now_ms);
/* NULL: unknown.  Valid until the next pending_add. */
pending *pending_find(pendings *all, const char *id);
/* The open request of this kind of this browser, or NULL. */
pending *pending_of_browser(pendings *all, const uint8_t browser[32],
                            bzt_request_kind kind);
/* State and reason; ends it where the state is an end. */
void pending_set(pending *p, bzt_request_state state, const char *reason,
                 int64_t now_ms);
/* "created" … */
const char *pending_state_text(bzt_request_state state);
/* What a reason of doc/api.md means for whoever sits at the computer; ""
 * for none.  zh and en are static. */
void pending_explain(const char **zh, const char **en, const char *reason);

#endif
