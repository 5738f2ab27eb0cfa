/* Inside of the engine: what http.c, conn.c, exchange.c and stream.c share.
 *
 * An exchange is one request with its answer.  It is at any time in the
 * hands of one thread: the event thread, or a worker between pool_submit
 * and `done`.  Fields of `req` and of libevent are the event thread's.
 */
#ifndef BZT_SERVER_ENGINE_H
#define BZT_SERVER_ENGINE_H

#include "http.h"
#include "wait.h"
#include "work.h"
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>

enum {
    HEADERS_MAX = 64,
    QUERIES_MAX = 16,
    HEADER_BYTES_MAX = 16 * 1024,
    ARENA_MAX = 32 << 20, /* memory of one call */
    ARENAS_KEPT = 64,     /* between calls */
    STREAM_BACKLOG = 256 * 1024,
    IDLE_S = 120, /* of a connection between or within requests */
    STOP_S = 30   /* calls that run longer are left behind */
};

typedef struct pair {
    const char *name, *value;
} pair;

struct http {
    http_options o;
    struct service *service;
    struct event_base *base;
    struct evhttp *evhttp;
    struct evhttp_bound_socket *bound;
    int listen_fd;
    pool *pool;
    waits *waits;
    struct event *notified, *poll_timer, *sigterm, *sigint, *stop_timer;
    struct poll *poll;
    int wants_stop; /* atomic: set by any thread */
    int stopping;
    int freeing; /* evhttp is being freed, with its requests */
    size_t open; /* exchanges and streams */
    int64_t overloaded_ms;
    arena *arenas[ARENAS_KEPT];
    int arenas_n;
};

typedef enum exchange_state {
    EXCHANGE_RUNNING,
    EXCHANGE_WAITING,
    EXCHANGE_ANSWERED
} exchange_state;

typedef struct exchange {
    job job; /* first */
    call c;
    http *http;
    arena *arena;
    const route *route; /* NULL: none was found */
    handler run;        /* of the route, or the preflight */
    exchange_state state;
    struct evhttp_request *req; /* NULL: the client has gone */
    const char *target;         /* path and query as sent */
    pair headers[HEADERS_MAX];
    int headers_n;
    pair queries[QUERIES_MAX];
    int queries_n;
    int64_t started_ms; /* monotonic */
    int is_prepared;    /* caller and fields were checked */
    int is_preflight;
    int close_after; /* answer with Connection: close */
    uint64_t mark;   /* waits_mark before the handler ran */
    waiter waiter;
    struct event *timer; /* end of a long poll */
    int64_t wait_end_ms; /* monotonic; 0: it has not waited yet */

    /* the answer, made by the worker */
    int status;
    bzt_span body;
    const char *type;
} exchange;

/* --- conn.c -------------------------------------------------------------- */

/* evhttp's callback for every request. */
void conn_request(struct evhttp_request *req, void *http);
/* Send the answer of x. */
void conn_answer(exchange *x);
/* Close without a word. */
void conn_hang_up(exchange *x);
/* While nothing is sent: notice that the client goes. */
void conn_watch(exchange *x);
/* Headers of every answer and those of the handler. */
void conn_add_headers(struct evhttp_request *req, const exchange *x);

/* --- exchange.c ---------------------------------------------------------- */

exchange *exchange_new(http *h);
void exchange_free(exchange *x);
/* Give it to a worker, or answer that there is none. */
void exchange_submit(exchange *x);
/* x->status, body, type: the problem answer for err. */
void exchange_fail(exchange *x, bzt_err err);
/* The long poll ends now: one more run with is_last. */
void exchange_end_wait(exchange *x);
/* The client of a waiting exchange has gone. */
void exchange_gone(exchange *x);
exchange *exchange_of(waiter *w); /* NULL: w is a stream's */

/* --- stream.c ------------------------------------------------------------ */

typedef struct stream stream;

/* On the worker, after the handler: the first run. */
BZT_MUST_USE bzt_err stream_first_run(stream *s, exchange *x);
/* On the event thread: takes the request over from x, which is freed. */
void stream_begin(stream *s, exchange *x);
/* Never begun. */
void stream_free(stream *s);
/* Say `retry:` and close: the server stops. */
void stream_stop(stream *s);
stream *stream_of(waiter *w); /* NULL: w is an exchange's */

/* --- http.c -------------------------------------------------------------- */

/* An exchange or stream has ended. */
void http_closed(http *h);
/* No worker can take a call: logged, at most once a second. */
void http_overloaded(http *h);
void http_log(const http *h, const route *r, const char *method, int status,
              int64_t started_ms);

/* --- route.c, fields.c, query.c, problem.c ------------------------------- */

/* The route of method and path, and its parameters.  BZT_ERR_NOT_FOUND;
 * BZT_ERR_METHOD: *allow names those that there are, in the arena. */
BZT_MUST_USE bzt_err route_find(const route **out, const char **params,
                                const char **allow, arena *a, const http *h,
                                const char *method, const char *path);
/* The WHO_PAGE route that a preflight asks about, or NULL. */
const route *route_find_page(const http *h, const char *path);

/* Percent-decoded; NULL unless it is printable ASCII, or memory is short. */
char *query_decode(arena *a, const char *text, size_t len, int plus_is_space);
/* Fills x->queries from the text after '?'.  BZT_ERR_BAD_FIELD. */
BZT_MUST_USE bzt_err query_read(exchange *x, const char *text);

/* An object with every field of the table, and no other.  BZT_ERR_BAD_JSON;
 * BZT_ERR_BAD_FIELD with members in c->problem; BZT_ERR_MEMORY. */
BZT_MUST_USE bzt_err fields_check(call *c, const field *fields);
/* c->problem says which field and what is wrong with it. */
bzt_err field_problem(call *c, const char *name, const char *en,
                      const char *zh);

/* problem+json (RFC 9457) of err with the members of extra (or NULL).
 * *retry_after: seconds, or 0. */
void problem_write(bzt_span *out, int *status, int64_t *retry_after, arena *a,
                   bzt_err err, json *extra);

#endif
