/* Time-based one-time passwords: RFC 6238 with HMAC-SHA-1, six digits,
 * steps of 30 s - what every authenticator app knows. */
#ifndef BZT_PKI_TOTP_H
#define BZT_PKI_TOTP_H

#include <bzt/err.h>
#include <bzt/span.h>
#include <stdint.h>

enum { TOTP_SECRET_LEN = 20, TOTP_DIGITS = 6 };

/* The code of one step, zero-terminated. */
void totp_code(char out[TOTP_DIGITS + 1], bzt_span secret, int64_t step);
int64_t totp_step(int64_t now_ms);
/* The step of a code: this one, the one before or after, and later than
 * `last`, since each works once.  BZT_ERR_TOTP. */
BZT_MUST_USE bzt_err totp_check(int64_t *step, bzt_span secret,
                                const char *code, int64_t last, int64_t now_ms);

#endif
