/* Sessions, in memory: a restart logs everybody out.
 *
 * The cookie's secret is known to the browser alone; here is its SM3.  Not
 * for two threads at once.
 */
#ifndef BZT_PLATFORM_SESSION_H
#define BZT_PLATFORM_SESSION_H

#include "core/text.h"
#include "user.h"
#include <bzt/err.h>
#include <bzt/span.h>

enum {
    SESSION_SLOTS = 1024,
    SESSION_MS = 8 * 3600 * 1000,
    SESSION_IDLE_MS = 3600 * 1000,
    SECRET_LEN = 32
};
#define SECRET_TEXT_LEN BASE64URL_LEN(SECRET_LEN)

typedef struct session {
    uint8_t id[32]; /* SM3 of the cookie's secret */
    char login[LOGIN_MAX + 1];
    char csrf[SECRET_TEXT_LEN + 1];
    int64_t expires_at; /* 0: free slot */
    int64_t idle_at;
} session;

typedef struct sessions {
    session slots[SESSION_SLOTS];
} sessions;

/* The cookie's value goes into cookie; *out is a copy.  When all slots are
 * taken, the session that ends first ends now.  BZT_ERR_RANDOM. */
BZT_MUST_USE bzt_err session_open(session *out,
                                  char cookie[SECRET_TEXT_LEN + 1],
                                  sessions *all, const char *login,
                                  int64_t now_ms);
/* cookie may be NULL or anything.  BZT_ERR_UNAUTHENTICATED. */
BZT_MUST_USE bzt_err session_find(session *out, sessions *all,
                                  const char *cookie, int64_t now_ms);
void session_close(sessions *all, const uint8_t id[32]);
/* BZT_ERR_CSRF unless token (may be NULL) is the session's. */
BZT_MUST_USE bzt_err session_check_csrf(const session *s, const char *token);

/* 32 random bytes as text. */
BZT_MUST_USE bzt_err secret_new(char out[SECRET_TEXT_LEN + 1]);
/* The value of a cookie in a Cookie header, copied; BZT_ERR_NOT_FOUND when
 * it is not there, not a secret, or there twice. */
BZT_MUST_USE bzt_err cookie_find(char out[SECRET_TEXT_LEN + 1],
                                 const char *header, const char *name);

#endif
