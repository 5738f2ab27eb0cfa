/* Shared by the account_*.c files. */
#ifndef BZT_SERVICE_ACCOUNT_INTERNAL_H
#define BZT_SERVICE_ACCOUNT_INTERNAL_H

#include "account.h"
#include "store/person.h"

/* Inside a transaction: check the phone's proof, make the session, note it.
 * *out has token and row; in->proof may be NULL. */
BZT_MUST_USE bzt_err account_tx_begin(store_tx *tx, account_session *out,
                                      arena *a, service *s,
                                      const person_row *person,
                                      const account_login *in, int64_t now_ms);

void account_phone_index(uint8_t out[32], const service *s, const char *phone);
/* 'what/' and the hash in hex: a name in table rate without personal data. */
const char *account_rate_name(arena *a, const char *what,
                              const uint8_t hash[32]);
BZT_MUST_USE bzt_err account_view(account_person *out, arena *a, service *s,
                                  const person_row *row);

#endif
