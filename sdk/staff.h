/* Staff at the command line: an account set up once, a client key in a
 * folder, signed calls from then on.
 *
 *   staff.json   API, login, id of the client key, TLS roots
 *   staff.key    its private key (32 bytes), mode 0600
 *   totp.txt     the one-time password's secret, for an authenticator app
 */
#ifndef BZT_SDK_STAFF_H
#define BZT_SDK_STAFF_H

#include "signed_call.h"

typedef struct staff staff;

typedef struct staff_account {
    const char *api;       /* https://… */
    const char *tls_roots; /* or NULL */
    const char *code;      /* set-up code */
    const char *login, *password;
    const char *key_name; /* "reviewer's laptop" */
} staff_account;

/* Make the account and the folder.  BZT_ERR_CONFLICT: the folder holds one
 * already; errors of the API, *problem then holds its answer's text. */
BZT_MUST_USE bzt_err staff_setup_account(const char *folder,
                                         const staff_account *account,
                                         char problem[PROBLEM_TEXT_MAX]);
BZT_MUST_USE bzt_err staff_open(staff **out, const char *folder);
void staff_close(staff *s); /* wipes; NULL is allowed */
arena *staff_arena(staff *s);
/* For signed_call_json and signed_call_bytes. */
signed_call *staff_call(staff *s);

#endif
