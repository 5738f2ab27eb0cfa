/* HTTP client (libcurl): one call, one answer, bounded in size and time. */
#ifndef BZT_BASE_HTTP_CLIENT_H
#define BZT_BASE_HTTP_CLIENT_H

#include "arena.h"
#include <bzt/err.h>
#include <bzt/span.h>

typedef struct http_client http_client;

typedef struct http_options {
    const char *ca_file; /* PEM roots for https; NULL: the system's */
    int timeout_ms;      /* whole call; 0 means 30 000 */
    size_t max_answer;   /* bytes; 0 means 1 MiB */
} http_options;

typedef struct http_header {
    const char *name, *value;
} http_header;

typedef struct http_request {
    const char *method, *url;
    const char *content_type; /* NULL when there is no body */
    bzt_span body;
    const http_header *headers;
    size_t headers_n;
} http_request;

typedef struct http_answer {
    int status;
    bzt_span body;            /* in the arena, zero byte after the end */
    const char *content_type; /* in the arena, may be NULL */
} http_answer;

/* One client is one connection pool with a cookie jar; not for two threads
 * at once. */
BZT_MUST_USE bzt_err http_client_new(http_client **out,
                                     const http_options *options);
void http_client_free(http_client *c);
/* BZT_ERR_UNAVAILABLE: no answer (refused, time-out, TLS); any HTTP status
 * is BZT_OK. */
BZT_MUST_USE bzt_err http_call(http_answer *out, arena *a, http_client *c,
                               const http_request *request);
/* Cookies by name for the last host, so that a CLI can keep a session:
 * Netscape cookie file lines, read and written whole. */
BZT_MUST_USE bzt_err http_cookies_write(http_client *c, const char *path);
BZT_MUST_USE bzt_err http_cookies_read(http_client *c, const char *path);

#endif
