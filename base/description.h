/* The description of a request: JSON that the business system has signed
 * (doc/api.md, Description).  Read by bztd and again by the phone. */
#ifndef BZT_BASE_DESCRIPTION_H
#define BZT_BASE_DESCRIPTION_H

#include "arena.h"
#include <bzt/err.h>
#include <bzt/span.h>

typedef enum request_kind { REQUEST_LOGIN = 1, REQUEST_BIND = 2 } request_kind;

/* "login", "bind". */
const char *request_kind_text(request_kind kind);

enum {
    DESCRIPTION_MAX = 4096,
    DESCRIPTION_LIFE_MIN_MS = 1000,
    DESCRIPTION_LIFE_MAX_MS = 600000
};

typedef struct description {
    request_kind kind;
    uint8_t rp[16];
    const char *domain; /* lower case, host or host:port */
    const char *title;
    const char *organisation; /* name; NULL together with uscc */
    const char *uscc;
    const char *account; /* label of the user at the platform, or NULL */
    uint8_t browser[32];
    uint8_t nonce[16];
    int64_t created_at, expires_at;
} description;

/* Strict: every member known, of its type and bounds, plain text, version 1.
 * BZT_ERR_BAD_JSON, BZT_ERR_BAD_UTF8, BZT_ERR_BAD_FIELD (*field names it).
 * field may be NULL. */
BZT_MUST_USE bzt_err description_read(description *out, const char **field,
                                      arena *a, bzt_span bytes);
/* The bytes to be signed. */
BZT_MUST_USE bzt_err description_write(bzt_span *out, arena *a,
                                       const description *d);

#endif
