/* What was verified, kept whole: for every login and binding the exact
 * signed bytes, signature, certificate and chain, so that anybody can verify
 * it again.  records/LOGIN/TIME-REQUEST.json, written once, never changed.
 */
#ifndef BZT_PLATFORM_RECORD_H
#define BZT_PLATFORM_RECORD_H

#include "base/json.h"
#include <bzt/client.h>

enum { RECORDS_PAGE = 20 };

typedef struct record {
    const char *login;
    const char *domain;
    int64_t at; /* when it was verified */
    const bzt_request *request;
    const bzt_result *result;
    const bzt_holder *holder;
} record;

/* Durable when it returns.  BZT_ERR_IO, BZT_ERR_MEMORY. */
BZT_MUST_USE bzt_err record_add(const char *folder, arena *a, const record *r);
/* The newest RECORDS_PAGE records older than `before` (NULL: all) as an
 * array; *next is the `before` of the next page, or NULL. */
BZT_MUST_USE bzt_err record_list(json **out, const char **next, arena *a,
                                 const char *folder, const char *login,
                                 const char *before);

#endif
