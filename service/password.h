/* Passwords: their form, Argon2id (RFC 9106), and the delay after failures.
 *
 * 19 MiB, two passes, one lane; at most PASSWORD_SLOTS are computed at once,
 * so that a thousand logins at the same time take 76 MiB and not 19 GiB; at
 * most PASSWORD_WAITERS wait for a slot, so that they cannot hold every
 * worker of the server either.
 */
#ifndef BZT_SERVICE_PASSWORD_H
#define BZT_SERVICE_PASSWORD_H

#include "base/arena.h"
#include <bzt/err.h>
#include <stdint.h>

enum {
    PASSWORD_SLOTS = 4,
    PASSWORD_WAITERS = 8,
    PASSWORD_MIN = 6,
    PASSWORD_MAX = 20
};

/* 6 to 20 visible ASCII characters, any mix.  BZT_ERR_PASSWORD_FORM. */
BZT_MUST_USE bzt_err password_check_form(const char *password);
/* The encoded hash, in the arena.  BZT_ERR_UNAVAILABLE: too many at once; try
 * again. */
BZT_MUST_USE bzt_err password_hash(const char **out, arena *a,
                                   const char *password);
/* hash NULL: there is no account; takes as long and fails.
 * BZT_ERR_PASSWORD: wrong.  BZT_ERR_UNAVAILABLE as above. */
BZT_MUST_USE bzt_err password_verify(const char *hash, const char *password);
/* Milliseconds until the next try may be made after n failures in a row:
 * 0, 0, 1 s, 2 s, 4 s … 900 s. */
int64_t password_delay_ms(int64_t failures);

#endif
