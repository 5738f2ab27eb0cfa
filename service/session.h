/* Sessions: who calls, by the value of a cookie.
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

/* Task: forget ended sessions and old nonces of signed requests. */
bzt_err session_task(service *s, int *more);

#endif
