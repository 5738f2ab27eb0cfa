/* SM3 (GB/T 32905), HMAC-SM3, PBKDF2-HMAC-SM3, and the labelled KDF of the
 * key protocol (doc/protocol/protocol.md, Notation). */
#ifndef BZT_CORE_SM3_H
#define BZT_CORE_SM3_H

#include <bzt/span.h>
#include <stdint.h>

typedef struct sm3 {
    uint32_t h[8];
    uint64_t len;
    uint8_t block[64];
} sm3;

void sm3_init(sm3 *s);
void sm3_update(sm3 *s, const void *data, size_t len);
void sm3_final(sm3 *s, uint8_t out[32]); /* wipes s */
void sm3_digest(uint8_t out[32], bzt_span data);

typedef struct hmac_sm3 {
    sm3 inner, outer;
} hmac_sm3;

void hmac_sm3_init(hmac_sm3 *h, bzt_span key);
void hmac_sm3_update(hmac_sm3 *h, const void *data, size_t len);
/* One part of fields() (doc/protocol/protocol.md, Notation): its length in 4
 * bytes, then the part, so that two different lists never look alike. */
void hmac_sm3_field(hmac_sm3 *h, bzt_span part);
void hmac_sm3_final(hmac_sm3 *h, uint8_t out[32]); /* wipes h */
void hmac_sm3_digest(uint8_t out[32], bzt_span key, bzt_span data);

/* PBKDF2 (RFC 8018, 5.2) with HMAC-SM3.  Constant time in password. */
void pbkdf2_sm3(uint8_t *out, size_t out_len, bzt_span password, bzt_span salt,
                uint32_t iterations);

/* The KDF of GB/T 32918.4, 5.4.3: SM3(z || i32be), i = 1, 2, ... */
void kdf_sm3(uint8_t *out, size_t out_len, bzt_span z);

/* xof(label, data, len): SM3(label || 00 || data || i32be) for i = 1, 2, … */
void xof_sm3(uint8_t *out, size_t out_len, const char *label, bzt_span data);

/* xof over data that comes in parts: init, update …, then read once. */
typedef struct xof {
    sm3 prefix;
} xof;
void xof_init(xof *x, const char *label);
void xof_update(xof *x, const void *data, size_t len);
void xof_final(xof *x, uint8_t *out, size_t out_len); /* wipes x */

#endif
