/* Accounts of operators and reviewers: set-up codes, log-in with a second
 * factor, client keys for the command line. */
#ifndef BZT_SERVICE_STAFF_H
#define BZT_SERVICE_STAFF_H

#include "base/arena.h"
#include "pki/totp.h"
#include "service.h"
#include "session.h"

enum { STAFF_CODE_SIZE = 33 }; /* base32 of 20 bytes, with the zero */
#define STAFF_CODE_LIFE_MS (24LL * 3600 * 1000)

/* A new set-up code for a tenant, written in tx; code is a secret. */
BZT_MUST_USE bzt_err staff_tx_code(store_tx *tx, char code[STAFF_CODE_SIZE],
                                   const uint8_t tenant[16], const char *roles,
                                   int64_t now_ms);

/* roles: "operator", "reviewer" or both, separated by a comma.
 * BZT_ERR_BAD_FIELD: other words. */
typedef struct staff_invitation {
    uint8_t staff[16], tenant[16];
    const char *roles;
} staff_invitation;
BZT_MUST_USE bzt_err staff_invite(service *s, char code[STAFF_CODE_SIZE],
                                  const staff_invitation *by, int64_t now_ms);

typedef struct staff_setup_order {
    const char *code, *login, *password, *totp;
    uint8_t totp_secret[TOTP_SECRET_LEN];
} staff_setup_order;
/* BZT_ERR_SETUP_CODE; BZT_ERR_DUPLICATE: the login is taken;
 * BZT_ERR_PASSWORD_FORM; BZT_ERR_TOTP: the app was not set up rightly. */
BZT_MUST_USE bzt_err staff_setup(service *s, arena *a,
                                 const staff_setup_order *order,
                                 int64_t now_ms);

typedef struct staff_login_order {
    const char *login, *password, *totp;
} staff_login_order;
typedef struct staff_session {
    char token[SESSION_TOKEN_SIZE];
    session_row row;
    uint8_t id[16];
    const char *login, *roles, *tenant;
} staff_session;
/* BZT_ERR_PASSWORD: also for an unknown or disabled account; BZT_ERR_TOTP;
 * BZT_ERR_LIMITED with *wait_ms, growing with every failure of either. */
BZT_MUST_USE bzt_err staff_login(service *s, staff_session *out,
                                 int64_t *wait_ms, arena *a,
                                 const staff_login_order *order,
                                 int64_t now_ms);
BZT_MUST_USE bzt_err staff_logout(service *s, const uint8_t session[32],
                                  int64_t now_ms);

typedef struct staff_key_order {
    uint8_t staff[16], tenant[16];
    const char *name;
    uint8_t public_key[65];
} staff_key_order;
/* BZT_ERR_POINT: not on the curve. */
BZT_MUST_USE bzt_err staff_key_add(service *s, uint8_t id[16],
                                   const staff_key_order *order,
                                   int64_t now_ms);

#endif
