/* Binding a certificate and logging in by one: what is asked of bztd, and
 * what must hold before anybody is believed. */
#ifndef BZT_PLATFORM_JOURNEY_H
#define BZT_PLATFORM_JOURNEY_H

#include "app.h"
#include "base/arena.h"

typedef struct journey {
    bzt_request_kind kind;
    const char *login;  /* bind: whose account; login: NULL */
    const char *secret; /* of the browser's cookie */
} journey;

/* Ask bztd for a request and remember it; *out is a copy.  Another one of
 * the same kind and browser is cancelled.
 * BZT_ERR_UNAVAILABLE, BZT_ERR_LIMITED, BZT_ERR_NOT_FOUND (the user). */
BZT_MUST_USE bzt_err journey_begin(pending *out, app *a, arena *mem,
                                   bzt_client *client, const journey *j);
/* Ask bztd what became of it, now.  A result is verified, recorded, and
 * carried out: the binding made, or the user found.  Whatever happens
 * stands in the pending request afterwards. */
void journey_refresh(app *a, bzt_client *client, const char *id);
/* The same, soon, by another thread.  BZT_ERR_LIMITED. */
BZT_MUST_USE bzt_err journey_refresh_later(app *a, const char *id);
void journey_cancel(app *a, bzt_client *client, const char *id);
/* http_options.watch: refresh it when that is due. */
void journey_watch(app *a, const char *id, int64_t now_ms);

#endif
