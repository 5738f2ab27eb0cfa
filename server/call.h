/* One HTTP request on its way through a handler.
 *
 * The server has already found the route, checked who may call and every
 * field, and runs the handler on a worker thread: handlers are straight,
 * blocking code.  A handler translates and decides nothing (STYLE L3): it
 * reads the checked body, calls one service, writes the answer.
 */
#ifndef BZT_SERVER_CALL_H
#define BZT_SERVER_CALL_H

#include "base/arena.h"
#include "base/json.h"
#include <bzt/err.h>
#include <bzt/span.h>
#include <stdint.h>

struct service; /* service/service.h: everything that handlers may use */

typedef enum who {
    WHO_ANYONE,
    WHO_APP,    /* a person's session */
    WHO_PERSON, /* … whose real name is confirmed */
    WHO_DEVICE, /* … session on a device */
    WHO_HOLDER, /* real name and device */
    WHO_STAFF,  /* any staff account */
    WHO_REVIEWER,
    WHO_OPERATOR,
    WHO_RP,  /* signed by a business system's key */
    WHO_PAGE /* page token of one request; the handler resolves it */
} who;

typedef struct caller {
    who who;
    uint8_t session[32]; /* token hash; of app and staff sessions */
    uint8_t person[16];
    uint8_t device[16];
    int has_device;
    int has_realname;
    uint8_t staff[16];
    uint8_t tenant[16]; /* of staff and RP */
    uint8_t rp[16];
} caller;

enum { CALL_PARAMS = 3, CALL_HEADERS = 8 };

typedef struct call {
    arena *arena;
    struct service *service;
    caller caller;
    const char *method;
    const char *path;                /* without query */
    const char *params[CALL_PARAMS]; /* :name parts, in order, decoded */
    const json *body;                /* checked object, or NULL */
    bzt_span raw;                    /* exact bytes of the body */
    int64_t now_ms;
    const char *origin;          /* Origin header or NULL */
    const char *agent;           /* User-Agent, cut to 200, or NULL */
    const char *address;         /* of the client, set by nginx */
    const char *idempotency_key; /* header or NULL */

    /* the answer; status 0 means 200, or 204 when there is no body */
    int status;
    json *answer;
    bzt_span answer_raw; /* instead of answer, with this type */
    const char *answer_type;
    struct {
        const char *name, *value; /* arena */
    } headers[CALL_HEADERS];
    int headers_n;

    /* members for problem+json when the handler returns an error */
    json *problem;
    /* set instead of an answer: no bytes at all, the connection is closed */
    int hang_up;

    /* long poll: see call_wait */
    int waiting;
    uint8_t wait_id[16];
    int64_t wait_until_ms;
    int is_last; /* the wait is over: answer with what there is */

    /* event stream: see call_stream */
    struct stream *stream;
    struct exchange *exchange; /* of the engine: server/engine.h */
} call;

typedef bzt_err (*handler)(call *c);

/* --- reading ------------------------------------------------------------ */

/* Query parameter, decoded, in the arena; NULL when absent.  The engine has
 * checked the whole query: printable ASCII, each name once. */
const char *call_query(call *c, const char *name);
/* Query number; BZT_ERR_BAD_FIELD (and c->problem) when malformed. */
BZT_MUST_USE bzt_err call_query_int(int64_t *out, call *c, const char *name,
                                    int64_t fallback, int64_t min, int64_t max);
/* Path parameter i as an id of this kind.  BZT_ERR_NOT_FOUND otherwise. */
BZT_MUST_USE bzt_err call_id(uint8_t out[16], call *c, int i, const char *kind);
/* Any request header, or NULL. */
const char *call_header(call *c, const char *name);
/* Value of a cookie, or NULL. */
const char *call_cookie(call *c, const char *name);

/* --- answering ---------------------------------------------------------- */

/* c->answer, made on first use. */
json *call_answer(call *c);
/* c->problem, made on first use: extra members for an error. */
json *call_problem(call *c);
/* Both are copied. */
void call_set_header(call *c, const char *name, const char *value);
/* CORS: pages of this origin may read the answer, also when it is an error.
 * For WHO_PAGE routes, once c->origin is known to be a domain of the RP. */
void call_allow_origin(call *c, const char *origin);
/* Session cookie by its full name; value NULL clears it. */
void call_set_cookie(call *c, const char *name, const char *value,
                     int64_t max_age_s);
/* Raw bytes of another type (DER, NDJSON, HTML). */
void call_answer_bytes(call *c, const char *type, bzt_span bytes);

/* Long poll: return call_wait(...) to be called again on a worker, with all
 * else as it was, when `id` is touched by a commit or at until_ms (then
 * c->is_last is set; a later wait of the same call cannot move it out).  Does
 * nothing but BZT_OK when is_last already. */
BZT_MUST_USE bzt_err call_wait(call *c, const uint8_t id[16], int64_t until_ms);

/* --- event streams ------------------------------------------------------ */

/* Called on a worker: once at the start (before the head of the answer goes
 * out: an error then is an ordinary problem answer), whenever `id` is touched,
 * and every `tick_ms` if that is not 0; never twice at once for one stream.
 * Returning an error ends the stream.  `state` is the stream's own, freed by
 * free_fn. */
typedef bzt_err (*stream_fn)(struct stream *s, void *state, arena *a,
                             struct service *service, int64_t now_ms);
typedef struct stream_options {
    uint8_t id[16];
    int tick_ms;
    stream_fn run;
    void *state;
    void (*free_state)(void *state);
} stream_options;
/* Answer this call with an event stream. */
BZT_MUST_USE bzt_err call_stream(call *c, const stream_options *options);
/* One event; data is one line of JSON, copied.  A client that reads too
 * slowly is closed: it comes back and starts anew. */
void stream_send(struct stream *s, const char *event, bzt_span data);
/* After the events sent so far, close. */
void stream_end(struct stream *s);

#endif
