/* The platform's HTTP engine: evhttp on a unix socket behind nginx.
 *
 * One event thread has every connection; handlers run on worker threads,
 * each with a client for bztd, and may block.  A handler that wants to wait
 * for a change of a pending request says so and is run again, so that
 * browsers that wait take no thread.
 */
#ifndef BZT_PLATFORM_HTTP_H
#define BZT_PLATFORM_HTTP_H

#include "app.h"
#include "base/json.h"
#include "work.h"

typedef struct http http;
typedef struct call call;
typedef bzt_err (*handler)(call *c, bzt_client *client);

typedef enum who {
    WHO_ANYONE, /* c->me is there if a session is */
    WHO_USER    /* a session; other methods than GET with its CSRF token */
} who;

/* A field of a JSON body: text of min to max bytes, always required. */
typedef struct field {
    const char *name;
    size_t min, max;
} field;

enum { FIELDS_MAX = 4 };

typedef struct route {
    const char *method;
    const char *path; /* a last part ":id" takes one segment */
    who who;
    handler run;
    const char *query[4];     /* known names, NULL ends */
    field fields[FIELDS_MAX]; /* of the JSON object; name NULL ends */
    int is_raw;               /* the body is not looked at */
} route;

enum { COOKIES_SET_MAX = 2 };

struct call {
    app *app;
    arena *arena;
    const route *route;
    int64_t now_ms;
    const char *param;  /* the segment of ":id" */
    const char *origin; /* or NULL */
    const char *if_none_match;
    session me; /* login empty: none */
    char browser_cookie[SECRET_TEXT_LEN + 1];
    bzt_span raw;
    const json *body;
    const char *field; /* of BZT_ERR_BAD_FIELD */

    /* the answer: JSON, or bytes of a type */
    int status; /* 0: 200, or 204 without a body */
    json *json;
    bzt_span bytes;
    const char *type, *etag;
    const char *cookies[COOKIES_SET_MAX];
    int cookies_n;
    int64_t retry_ms; /* of BZT_ERR_LIMITED */

    /* set by a handler that wants to be run again */
    const char *wait_for; /* id of a pending request */
    int64_t wait_version; /* until it has another one, */
    int64_t wait_until;   /* or until then */
    int is_last;          /* it may not wait once more */
};

/* NULL when it is not there. */
const char *call_query(const call *c, const char *name);
/* fallback when it is not there; BZT_ERR_BAD_FIELD. */
BZT_MUST_USE bzt_err call_query_int(int64_t *out, call *c, const char *name,
                                    int64_t fallback, int64_t max);
json *call_answer(call *c);
/* value empty: the cookie is removed. */
void call_set_cookie(call *c, const char *name, const char *value,
                     int64_t seconds);
BZT_MUST_USE bzt_err call_bad_field(call *c, const char *name);

typedef struct http_options {
    const char *socket;
    const route *routes;
    size_t routes_n;
    handler page; /* every other GET */
    const char *session_cookie, *browser_cookie;
    /* Something may be due for the request that somebody waits for. */
    void (*watch)(app *a, const char *id, int64_t now_ms);
    const char *csp; /* Content-Security-Policy of every answer */
} http_options;

/* Listens from here on.  BZT_ERR_CONFIG: path too long or served by
 * another process; BZT_ERR_IO, BZT_ERR_MEMORY. */
BZT_MUST_USE bzt_err http_new(http **out, app *a, work *w,
                              const http_options *o);
/* Until SIGTERM or SIGINT; calls that run are answered. */
BZT_MUST_USE bzt_err http_run(http *h);
void http_free(http *h); /* NULL is allowed; not before work_free */
/* A pending request has changed.  From any thread. */
void http_changed(http *h);
/* Run a job of the platform's own.  From any thread. */
BZT_MUST_USE bzt_err http_submit(http *h, job *j);

#endif
