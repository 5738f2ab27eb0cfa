/* The whole HTTP surface as one table (routes.c): method, path, who may
 * call, which fields, which handler.  Nothing is checked anywhere else. */
#ifndef BZT_SERVER_ROUTE_H
#define BZT_SERVER_ROUTE_H

#include "call.h"

typedef enum field_type {
    FIELD_TEXT, /* UTF-8, min..max bytes, no control characters */
    FIELD_INT,  /* min..max */
    FIELD_BOOL,
    FIELD_BYTES,  /* base64url of min..max bytes */
    FIELD_ID,     /* id of `kind` */
    FIELD_ENUM,   /* one of the words in `kind`, separated by | */
    FIELD_PHONE,  /* mainland mobile number, 11 digits */
    FIELD_OBJECT, /* any object; the handler reads it */
    FIELD_ARRAY   /* min..max items; the handler reads them */
} field_type;

typedef struct field {
    const char *name; /* NULL ends a list */
    field_type type;
    int64_t min, max;
    const char *kind;
    int optional; /* may be absent or null */
} field;

typedef struct route {
    const char *method; /* "GET", "POST", "DELETE" */
    /* "/app/v1/keys/:key/sign"; a last "*rest" takes what is left of the
     * path, slashes too, as one parameter */
    const char *path;
    who who;
    const field *fields; /* NULL: none, and the body may be missing */
    handler run;
    size_t max_body; /* 0: 64 KiB; at most ROUTE_BODY_MAX */
    unsigned flags;
    /* NULL: a JSON object with `fields`.  Otherwise the one media type of a
     * body that the handler reads as bytes from c->raw; fields is NULL. */
    const char *body_type;
} route;

enum { ROUTE_BODY_MAX = 1 << 20 };

enum {
    ROUTE_SECRET = 1,  /* Cache-Control: no-store, bodies wiped */
    ROUTE_NO_CSRF = 2, /* a POST before there is a session */
    ROUTE_UNLOGGED = 4 /* not in the access log */
};

extern const route routes[];
extern const size_t routes_n;

#endif
