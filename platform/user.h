/* Users of the platform and the certificates bound to them, as files:
 *
 *   users/LOGIN.json        organisation, password, bound certificate
 *   bindings/HEX.json       certificate (SM3) → login
 *
 * Each is written whole and durably.  The user's file is what counts: a
 * binding that it does not confirm does not exist.  Not for two threads at
 * once.
 */
#ifndef BZT_PLATFORM_USER_H
#define BZT_PLATFORM_USER_H

#include "base/arena.h"
#include <bzt/err.h>
#include <bzt/span.h>

enum { LOGIN_MAX = 32, ORGANISATION_MAX = 300, USCC_LEN = 18 };

/* Texts are of the arena; optional ones NULL. */
typedef struct user {
    const char *login;
    const char *organisation, *uscc;
    const char *password; /* its hash */
    int64_t created_at;
    /* the bound certificate */
    int is_bound;
    uint8_t certificate[32]; /* SM3 */
    const char *holder;      /* common name */
    int64_t not_after, bound_at;
} user;

/* Make the folder's folders.  BZT_ERR_IO. */
BZT_MUST_USE bzt_err users_prepare(const char *folder);
/* BZT_ERR_BAD_FIELD: login (lower-case letters, digits, . _ - @, beginning
 * with a letter or digit) or organisation; BZT_ERR_USCC;
 * BZT_ERR_DUPLICATE: there is one. */
BZT_MUST_USE bzt_err user_add(const char *folder, arena *a, const user *u);
/* BZT_ERR_NOT_FOUND also for what can be no login; BZT_ERR_IO. */
BZT_MUST_USE bzt_err user_get(user *out, arena *a, const char *folder,
                              const char *login);
/* Whose certificate is it?  BZT_ERR_NOT_FOUND: nobody's. */
BZT_MUST_USE bzt_err user_find_certificate(user *out, arena *a,
                                           const char *folder,
                                           const uint8_t certificate[32]);
/* u's certificate fields take the place of what was bound before.
 * BZT_ERR_CONFLICT: another user has this certificate. */
BZT_MUST_USE bzt_err user_bind(const char *folder, arena *a, const user *u);

#endif
