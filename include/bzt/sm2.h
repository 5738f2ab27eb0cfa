/* SM2 of GB/T 32918: keys, signatures, encryption.
 *
 * No allocation, no random source of its own: random bytes come as an
 * argument, from the operating system.  Points are 65 bytes, 04 || x || y,
 * or 33 compressed; scalars, digests and r, s are 32 bytes big-endian.
 */
#ifndef BZT_SM2_H
#define BZT_SM2_H

#include "err.h"
#include "span.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A whole private key: of CAs, RPs, seal makers, sites.  Holders' keys never
 * exist in this form. */
typedef struct bzt_sm2_key {
    uint8_t d[32];
} bzt_sm2_key;

typedef struct bzt_sm2_signature {
    uint8_t r[32];
    uint8_t s[32];
} bzt_sm2_signature;

/* The default distinguishing id, 1234567812345678 (16 ASCII bytes). */
extern const uint8_t bzt_sm2_default_id[16];
#define BZT_SM2_DEFAULT_ID ((bzt_span){bzt_sm2_default_id, 16})

/* d in [1, n-2] from 48 random bytes; pub receives 04 || x || y. */
BZT_MUST_USE bzt_err bzt_sm2_key_new(bzt_sm2_key *out, uint8_t pub[65],
                                     const uint8_t random[48]);

/* BZT_ERR_RANGE when d is outside [1, n-2]. */
BZT_MUST_USE bzt_err bzt_sm2_public(uint8_t pub[65], const bzt_sm2_key *key);
void bzt_sm2_key_wipe(bzt_sm2_key *key);

/* BZT_ERR_POINT: not on the curve, a coordinate not below p, infinity. */
BZT_MUST_USE bzt_err bzt_sm2_point_check(const uint8_t pub[65]);
BZT_MUST_USE bzt_err bzt_sm2_point_compress(uint8_t out[33],
                                            const uint8_t pub[65]);
BZT_MUST_USE bzt_err bzt_sm2_point_decompress(uint8_t pub[65],
                                              const uint8_t in[33]);

/* Z_A of GB/T 32918.2, 5.5.  id at most 8191 bytes (BZT_ERR_RANGE). */
BZT_MUST_USE bzt_err bzt_sm2_z(uint8_t z[32], const uint8_t pub[65],
                               bzt_span id);
/* e = SM3(Z_A || message), default id. */
BZT_MUST_USE bzt_err bzt_sm2_digest(uint8_t e[32], const uint8_t pub[65],
                                    bzt_span message);

/* Sign a digest e that holds Z_A.  Constant time in the key.  The nonce is
 * hedged: it stays secret if either `random` or the key is good. */
BZT_MUST_USE bzt_err bzt_sm2_sign_digest(bzt_sm2_signature *out,
                                         const bzt_sm2_key *key,
                                         const uint8_t e[32],
                                         const uint8_t random[48]);
/* As above over message, with the default id. */
BZT_MUST_USE bzt_err bzt_sm2_sign(bzt_sm2_signature *out,
                                  const bzt_sm2_key *key, bzt_span message,
                                  const uint8_t random[48]);

/* BZT_OK, or BZT_ERR_POINT (public key), BZT_ERR_RANGE (r, s outside
 * [1, n-1]), BZT_ERR_SIGNATURE.  Variable time: public data only. */
BZT_MUST_USE bzt_err bzt_sm2_verify_digest_vartime(
    const uint8_t pub[65], const uint8_t e[32], const bzt_sm2_signature *sig);
BZT_MUST_USE bzt_err bzt_sm2_verify_vartime(const uint8_t pub[65],
                                            bzt_span message,
                                            const bzt_sm2_signature *sig);

/* SEQUENCE { r, s }: minimal DER, at most 72 bytes.  *len is set. */
#define BZT_SM2_SIGNATURE_DER_MAX 72
void bzt_sm2_signature_write(uint8_t out[BZT_SM2_SIGNATURE_DER_MAX],
                             size_t *len, const bzt_sm2_signature *sig);
/* Strict: minimal, positive, no trailing bytes, r and s below 2^256. */
BZT_MUST_USE bzt_err bzt_sm2_signature_read(bzt_sm2_signature *out,
                                            bzt_span der);

/* C1 || C3 || C2 of GB/T 32918.4; out has 97 + plain.len bytes.
 * plain.len 1 .. 65535 (BZT_ERR_RANGE). */
#define BZT_SM2_CIPHER_OVERHEAD 97
BZT_MUST_USE bzt_err bzt_sm2_encrypt(uint8_t *out, const uint8_t pub[65],
                                     bzt_span plain, const uint8_t random[48]);
/* out has cipher.len - 97 bytes.  BZT_ERR_TRUNCATED, BZT_ERR_POINT, or
 * BZT_ERR_DECRYPT (C3); then out is all zero. */
BZT_MUST_USE bzt_err bzt_sm2_decrypt(uint8_t *out, const bzt_sm2_key *key,
                                     bzt_span cipher);

#ifdef __cplusplus
}
#endif
#endif
