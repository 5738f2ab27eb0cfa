/* SM2 encryption under a given k, and opening with a shared point that was
 * made by two sides (GB/T 32918.4, C1 || C3 || C2).  Pure. */
#include "core/ct.h"
#include "core/sm2_nonce.h"
#include "core/wipe.h"
#include "must.h"
#include "proof.h"
#include <string.h>

/* C3 = SM3(x || M || y) */
static void check_value(uint8_t c3[32], const uint8_t shared[65],
                        bzt_span plain)
{
    sm3 s;
    sm3_init(&s);
    sm3_update(&s, shared + 1, 32);
    sm3_update(&s, plain.p, plain.len);
    sm3_update(&s, shared + 33, 32);
    sm3_final(&s, c3);
}

/* out = in xor KDF(x || y); out may be in. */
static void mask(uint8_t *out, const uint8_t shared[65], bzt_span in)
{
    memmove(out, in.p, in.len);
    uint8_t block[32], z[68];
    memcpy(z, shared + 1, 64);
    for (size_t at = 0, i = 1; at < in.len; at += 32, i++) {
        z[64] = (uint8_t)(i >> 24);
        z[65] = (uint8_t)(i >> 16);
        z[66] = (uint8_t)(i >> 8);
        z[67] = (uint8_t)i;
        sm3_digest(block, (bzt_span){z, sizeof z});
        for (size_t j = 0; j < 32 && at + j < in.len; j++)
            out[at + j] ^= block[j];
    }
    wipe(block, sizeof block);
    wipe(z, sizeof z);
}

bzt_err seal(uint8_t *out, const uint8_t P[65], bzt_span plain, const sc *k)
{
    ge point;
    bzt_err err = ge_read(&point, P);
    if (err)
        return err;
    /* An all-zero mask over 48 bytes and more has probability 2^-384. */
    must(sm2_encrypt_once(out, &point, plain, k));
    ge_wipe(&point);
    return BZT_OK;
}

bzt_err bzt_shared_open(uint8_t *out, const uint8_t shared[65],
                        const uint8_t c3[32], bzt_span c2)
{
    uint8_t right[32];
    mask(out, shared, c2);
    check_value(right, shared, (bzt_span){out, c2.len});
    uint32_t ok = ct_is_equal(right, c3, sizeof right);
    ct_public(ok); /* the caller learns it */
    wipe(right, sizeof right);
    if (ok)
        return BZT_OK;
    wipe(out, c2.len);
    return BZT_ERR_DECRYPT;
}
