/* The HTTP engine: libevent's evhttp on a unix socket, behind nginx.
 *
 * One event thread owns every connection, timer and waiter; handlers run on
 * worker threads and never touch a connection.
 */
#ifndef BZT_SERVER_HTTP_H
#define BZT_SERVER_HTTP_H

#include "route.h"

typedef struct http http;

/* Who calls?  Fills c->caller, or says why not.  Runs on a worker. */
typedef bzt_err (*http_authenticate)(call *c, const route *r);
/* Versions of n objects, as other nodes have left them; unknown ids stay
 * untouched.  Runs on a worker. */
typedef bzt_err (*http_versions)(struct service *s, int64_t *versions,
                                 const uint8_t (*ids)[16], size_t n);

typedef struct http_options {
    const char *socket; /* path; a stale socket there is removed */
    const route *routes;
    size_t routes_n;
    http_authenticate authenticate;
    /* For OPTIONS of WHO_PAGE routes: calls call_allow_origin when the
     * origin may.  NULL: no other origin may call. */
    handler preflight;
    http_versions versions; /* NULL: no other node writes to the store */
    int workers;            /* 0: 16 */
    int queue;              /* calls waiting for a worker; 0: 2048 */
    int heartbeat_ms;       /* of event streams; 0: 30 000 */
    int stream_max_ms;      /* then the client comes again; 0: 30 minutes */
    int signals;            /* 1: SIGTERM and SIGINT stop it */
    int quiet;              /* 1: no access log */
} http_options;

/* The socket listens from here on; nothing is answered before http_run.
 * BZT_ERR_CONFIG: the path is too long, or another process serves it;
 * BZT_ERR_IO. */
BZT_MUST_USE bzt_err http_new(http **out, const http_options *o);
/* Serve until stopped: no new connections, streams end with `retry:`, long
 * polls are answered, running calls are finished.  SIGPIPE is ignored from
 * here on. */
BZT_MUST_USE bzt_err http_run(http *h, struct service *s);
/* From any thread. */
void http_stop(http *h);
void http_free(http *h); /* NULL is allowed */

/* store_options.touched, with the engine as `self`. */
void http_touched(void *self, const uint8_t id[16]);

/* libevent's memory is wiped when it is freed: bodies pass through it.
 * Call once, before the first http_new. */
void http_wipe_memory(void);

#endif
