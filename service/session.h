/* Sessions: who calls, by the value of a cookie or by a signed request.
 *
 * An app session ends 30 days after its last use and 180 days after its
 * begin; a staff session after 30 minutes and 12 hours.
 */
#ifndef BZT_SERVICE_SESSION_H
#define BZT_SERVICE_SESSION_H

#include "service.h"
#include "store/session.h"
#include <bzt/span.h>

enum { SESSION_TOKEN_SIZE = 44 }; /* base64url of 32 bytes, with the zero */

#define SESSION_APP_IDLE_MS   (30LL * 24 * 3600 * 1000)
#define SESSION_APP_MAX_MS    (180LL * 24 * 3600 * 1000)
#define SESSION_STAFF_IDLE_MS (30LL * 60 * 1000)
#define SESSION_STAFF_MAX_MS  (12LL * 3600 * 1000)

/* Names of the cookies. */
#define SESSION_APP_COOKIE   "__Host-bzt"
#define SESSION_STAFF_COOKIE "__Host-bzt-staff"

/* A new session for row->person (or row->staff with row->is_staff): fills
 * token_hash, csrf and the times of row, and the cookie's value in token,
 * which is a secret.  The caller inserts row in its transaction.
 * BZT_ERR_RANDOM. */
BZT_MUST_USE bzt_err session_new(char token[SESSION_TOKEN_SIZE],
                                 session_row *row, int64_t now_ms);

/* The live session of a cookie's value; marks it as seen now and then.
 * BZT_ERR_UNAUTHENTICATED: none, ended, of the other kind, staff disabled. */
BZT_MUST_USE bzt_err session_find(session_row *out, service *s,
                                  const char *token, int is_staff,
                                  int64_t now_ms);

/* Is this the csrf value of the session?  Constant time.  BZT_ERR_CSRF. */
BZT_MUST_USE bzt_err session_csrf_check(const session_row *row,
                                        const char *header);

/* Who signed an HTTP request (doc/api.md, BZT-SM2). */
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
 * signature holds. */
BZT_MUST_USE bzt_err signed_find_rp(signed_caller *out, service *s,
                                    const signed_request *r, int64_t now_ms);
BZT_MUST_USE bzt_err signed_find_staff(signed_caller *out, service *s,
                                       const signed_request *r, int64_t now_ms);

/* Tasks: forget ended sessions and old nonces. */
bzt_err session_task(service *s, int *more);

#endif
