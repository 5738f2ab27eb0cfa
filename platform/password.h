/* Passwords: Argon2id (RFC 9106), encoded with its parameters. */
#ifndef BZT_PLATFORM_PASSWORD_H
#define BZT_PLATFORM_PASSWORD_H

#include "base/arena.h"
#include <bzt/err.h>

enum { PASSWORD_MIN = 8, PASSWORD_MAX = 64, PASSWORD_HASH_MAX = 160 };

/* BZT_ERR_PASSWORD_FORM: not PASSWORD_MIN to PASSWORD_MAX visible ASCII. */
BZT_MUST_USE bzt_err password_hash(const char **out, arena *a,
                                   const char *password);
/* hash NULL: there is no such account; it takes as long.
 * BZT_ERR_PASSWORD, BZT_ERR_MEMORY. */
BZT_MUST_USE bzt_err password_check(const char *hash, const char *password);

#endif
