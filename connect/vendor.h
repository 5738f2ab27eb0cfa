/* Signed JSON calls to an outside party (doc/connectors.md).
 *
 * Every request carries an HMAC-SM3 over method, path, time, nonce and body;
 * every answer one over that nonce and its payload, so that an old answer,
 * or one made by somebody on the way, is not taken.
 */
#ifndef BZT_CONNECT_VENDOR_H
#define BZT_CONNECT_VENDOR_H

#include "base/arena.h"
#include "base/json.h"
#include <bzt/err.h>

typedef struct vendor vendor;

typedef struct vendor_options {
    const char *url;      /* without a slash at its end */
    const char *id;       /* ours with the vendor */
    const char *key_file; /* 64 hex digits, mode 0600 */
    const char *ca_file;  /* PEM roots, NULL: the system's */
    int timeout_ms;       /* 0: 5 s */
} vendor_options;

/* BZT_ERR_CONFIG: URL, id or key of the wrong form. */
BZT_MUST_USE bzt_err vendor_new(vendor **out, const vendor_options *options);
void vendor_free(vendor *v);

/* POST body to path (it begins with a slash); *answer is the payload, for
 * every HTTP status, and *status is that.  For many threads at once.
 * BZT_ERR_UNAVAILABLE: no answer, or one without a right MAC. */
BZT_MUST_USE bzt_err vendor_call(json **answer, int *status, arena *a,
                                 vendor *v, const char *path, const json *body);

#endif
