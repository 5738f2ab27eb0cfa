/* Who calls, by a signed HTTP request (doc/api.md, BZT-SM2).
 *
 * The time may differ by a minute; the nonce is remembered for ten, so that
 * a request works once.
 */
#ifndef BZT_SERVICE_SIGNED_H
#define BZT_SERVICE_SIGNED_H

#include "base/arena.h"
#include "service.h"
#include <bzt/span.h>

#define SIGNED_SKEW_MS  (60LL * 1000)
#define SIGNED_NONCE_MS (10LL * 60 * 1000)

typedef struct signed_request {
    const char *authorization;   /* the header's value */
    const char *method, *target; /* target: path and query as sent */
    bzt_span body;
} signed_request;
typedef struct signed_caller {
    uint8_t id[16]; /* of the rp, or of the staff account */
    uint8_t tenant[16];
    char roles[64]; /* of staff */
} signed_caller;

/* BZT_ERR_UNAUTHENTICATED: not of that form or an unknown id.
 * BZT_ERR_RP_UNKNOWN: the RP is disabled.  BZT_ERR_SIGNATURE, BZT_ERR_SKEW
 * (60 s), BZT_ERR_REPLAY: the nonce was used.  Nothing is stored unless the
 * signature holds.  The arena is scratch. */
BZT_MUST_USE bzt_err signed_find_rp(signed_caller *out, service *s, arena *a,
                                    const signed_request *r, int64_t now_ms);
BZT_MUST_USE bzt_err signed_find_staff(signed_caller *out, service *s, arena *a,
                                       const signed_request *r, int64_t now_ms);

#endif
