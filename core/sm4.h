/* SM4 (GB/T 32907): ECB, CBC, CTR, GCM (NIST SP 800-38A/D; RFC 8998).
 * Constant time: the S-box is never indexed by a secret. */
#ifndef BZT_CORE_SM4_H
#define BZT_CORE_SM4_H

#include <bzt/err.h>
#include <bzt/span.h>
#include <stdint.h>

typedef struct sm4_key {
    uint32_t rk[32];
} sm4_key;

void sm4_init_encrypt(sm4_key *k, const uint8_t key[16]);
void sm4_init_decrypt(sm4_key *k, const uint8_t key[16]);
void sm4_wipe(sm4_key *k);

/* len is a multiple of 16 (asserted); out may equal in. */
void sm4_ecb(uint8_t *out, const sm4_key *k, const uint8_t *in, size_t len);
/* iv is left ready for the next call. */
void sm4_cbc_encrypt(uint8_t *out, const sm4_key *enc, uint8_t iv[16],
                     const uint8_t *in, size_t len);
void sm4_cbc_decrypt(uint8_t *out, const sm4_key *dec, uint8_t iv[16],
                     const uint8_t *in, size_t len);
/* Any length; counter is 16 bytes big-endian, advanced per block. */
void sm4_ctr(uint8_t *out, const sm4_key *enc, uint8_t counter[16],
             const uint8_t *in, size_t len);

/* One-shot GCM, 12-byte nonce, 16-byte tag.  out has in.len bytes. */
void sm4_gcm_seal(uint8_t *out, uint8_t tag[16], const uint8_t key[16],
                  const uint8_t nonce[12], bzt_span aad, bzt_span in);
/* BZT_ERR_DECRYPT: the tag does not fit; then out is all zero. */
BZT_MUST_USE bzt_err sm4_gcm_open(uint8_t *out, const uint8_t key[16],
                                  const uint8_t nonce[12], bzt_span aad,
                                  bzt_span in, const uint8_t tag[16]);
#endif
