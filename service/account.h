/* People's accounts: codes by SMS, passwords, log-in.
 *
 * Functions that a limit can stop fill *wait_ms when they return
 * BZT_ERR_LIMITED: how long until the next try.
 */
#ifndef BZT_SERVICE_ACCOUNT_H
#define BZT_SERVICE_ACCOUNT_H

#include "base/arena.h"
#include "service.h"
#include "session.h"

enum { ACCOUNT_CODE_TRIES = 5 };
#define ACCOUNT_CODE_LIFE_MS  (5LL * 60 * 1000)
#define ACCOUNT_PROOF_SKEW_MS (5LL * 60 * 1000)
/* After a login by SMS a password may be set without the old one. */
#define ACCOUNT_FRESH_MS (10LL * 60 * 1000)

/* Have a six-digit code sent.  BZT_ERR_LIMITED; BZT_ERR_UNAVAILABLE: the
 * gateway did not take it. */
typedef struct account_code_order {
    const char *phone;
    const char *purpose; /* login */
    const char *address; /* of the client, or NULL */
} account_code_order;
BZT_MUST_USE bzt_err account_send_code(service *s, int64_t *wait_ms,
                                       const account_code_order *order,
                                       int64_t now_ms);

/* The phone proves that it has the device key: HMAC-SM3 over
 * fields("login", device, at, SM3(phone)). */
typedef struct account_proof {
    uint8_t device[16];
    int64_t at;
    uint8_t mac[32];
} account_proof;

typedef struct account_login {
    const char *phone;
    const char *code; /* one of the two */
    const char *password;
    const account_proof *proof; /* or NULL */
} account_login;

/* What a person sees of the own account; texts in the arena. */
typedef struct account_person {
    uint8_t id[16];
    const char *phone_masked;
    int has_password, has_realname;
    const char *name_masked, *id_number_masked, *provider;
    int64_t realname_at;
    const char *language;
} account_person;

typedef struct account_session {
    char token[SESSION_TOKEN_SIZE]; /* the cookie's value: a secret */
    session_row row;
    account_person person;
} account_session;

/* Log in by code; the first time registers.
 *
 * BZT_ERR_SMS_CODE     wrong, or none was sent
 * BZT_ERR_SMS_EXPIRED  older than five minutes
 * BZT_ERR_SMS_USED     it was the right one, and has been used
 * BZT_ERR_SMS_TRIES    five wrong ones before
 * BZT_ERR_MAC, BZT_ERR_SKEW, BZT_ERR_FORBIDDEN (frozen)  the phone's proof
 */
BZT_MUST_USE bzt_err account_login_code(service *s, account_session *out,
                                        arena *a, const account_login *in,
                                        int64_t now_ms);
/* Log in by password.  BZT_ERR_PASSWORD: wrong, no password, or no account;
 * BZT_ERR_LIMITED: too early after failures; the proof's errors as above. */
BZT_MUST_USE bzt_err account_login_password(service *s, account_session *out,
                                            int64_t *wait_ms, arena *a,
                                            const account_login *in,
                                            int64_t now_ms);
BZT_MUST_USE bzt_err account_logout(service *s, const uint8_t session[32],
                                    int64_t now_ms);
/* The session and its person, as at the login but without a token. */
BZT_MUST_USE bzt_err account_me(service *s, account_session *out, arena *a,
                                const uint8_t session[32]);

/* old may be NULL when no password is set, or when the session began by SMS
 * within ten minutes.  The person's other sessions end.
 * BZT_ERR_PASSWORD_FORM, BZT_ERR_PASSWORD (old), BZT_ERR_LIMITED. */
typedef struct account_password_change {
    uint8_t person[16], session[32];
    const char *password, *old;
} account_password_change;
BZT_MUST_USE bzt_err account_set_password(service *s, int64_t *wait_ms,
                                          arena *a,
                                          const account_password_change *in,
                                          int64_t now_ms);

/* Did this session begin by SMS within ten minutes?  BZT_ERR_NOT_FRESH. */
BZT_MUST_USE bzt_err account_check_fresh(service *s, arena *a,
                                         const uint8_t session[32],
                                         int64_t now_ms);

/* The person of a row, unsealed and masked. */
BZT_MUST_USE bzt_err account_person_of(account_person *out, arena *a,
                                       service *s, const uint8_t id[16]);

/* Task: forget old codes and counts. */
bzt_err account_task(service *s, int *more);

#endif
