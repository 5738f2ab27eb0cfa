/* SM2: keys, signatures, encryption (bzt/sm2.h; GB/T 32918.1, .2, .4, .5). */
#include "bytes.h"
#include "ct.h"
#include "der.h"
#include "ge.h"
#include "sm2_nonce.h"
#include "sm3.h"
#include "wipe.h"

#include <string.h>

const uint8_t bzt_sm2_default_id[16] = {'1', '2', '3', '4', '5', '6', '7', '8',
                                        '1', '2', '3', '4', '5', '6', '7', '8'};

/* ---- keys --------------------------------------------------------------- */

/* d + 1, whose inverse a signature needs: not zero. */
static bzt_err read_key(sc *d, sc *d1, const uint8_t in[32])
{
    bzt_err err = sc_read(d, in);
    if (err)
        return err;
    sc one;
    sc_set_small(&one, 1);
    sc_add(d1, d, &one);
    uint32_t zero = sc_is_zero(d1);
    ct_public(zero); /* d = n - 1 is no key */
    if (!zero)
        return BZT_OK;
    sc_wipe(d);
    return BZT_ERR_RANGE;
}

bzt_err bzt_sm2_public(uint8_t pub[65], const bzt_sm2_key *key)
{
    sc d, d1;
    ge point;
    bzt_err err = read_key(&d, &d1, key->d);
    if (err) {
        wipe(pub, 65);
        return err;
    }
    ge_mul_base(&point, &d);
    err = ge_write(pub, &point);
    sc_wipe(&d);
    sc_wipe(&d1);
    ge_wipe(&point);
    return err;
}

/* d = n - 1 has probability 2^-256: it is refused, not retried. */
bzt_err bzt_sm2_key_new(bzt_sm2_key *out, uint8_t pub[65],
                        const uint8_t random[48])
{
    sc d;
    sc_from_wide(&d, random);
    sc_write(out->d, &d);
    sc_wipe(&d);
    bzt_err err = bzt_sm2_public(pub, out);
    if (err)
        bzt_sm2_key_wipe(out);
    return err;
}

void bzt_sm2_key_wipe(bzt_sm2_key *key)
{
    wipe(key, sizeof *key);
}

bzt_err bzt_sm2_point_check(const uint8_t pub[65])
{
    ge point;
    return ge_read(&point, pub);
}

bzt_err bzt_sm2_point_compress(uint8_t out[33], const uint8_t pub[65])
{
    bzt_err err = bzt_sm2_point_check(pub);
    if (err) {
        memset(out, 0, 33);
        return err;
    }
    out[0] = (uint8_t)(2 | (pub[64] & 1));
    memmove(out + 1, pub + 1, 32);
    return BZT_OK;
}

bzt_err bzt_sm2_point_decompress(uint8_t pub[65], const uint8_t in[33])
{
    ge point;
    bzt_err err = ge_read_compressed(&point, in);
    if (err) {
        memset(pub, 0, 65);
        return err;
    }
    return ge_write(pub, &point);
}

/* ---- digest ------------------------------------------------------------- */

/* a, b, xG, yG of GB/T 32918.5, as Z_A hashes them. */
static const uint8_t curve_bytes[128] = {
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc, 0x28, 0xe9, 0xfa, 0x9e,
    0x9d, 0x9f, 0x5e, 0x34, 0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7,
    0xf3, 0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92, 0xdd, 0xbc, 0xbd, 0x41,
    0x4d, 0x94, 0x0e, 0x93, 0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19,
    0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94, 0x8f, 0xe3, 0x0b, 0xbf,
    0xf2, 0x66, 0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7,
    0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c, 0x59, 0xbd, 0xce, 0xe3,
    0x6b, 0x69, 0x21, 0x53, 0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40,
    0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0};

bzt_err bzt_sm2_z(uint8_t z[32], const uint8_t pub[65], bzt_span id)
{
    memset(z, 0, 32);
    if (id.len > 8191)
        return BZT_ERR_RANGE;
    bzt_err err = bzt_sm2_point_check(pub);
    if (err)
        return err;
    const uint8_t bits[2] = {(uint8_t)(id.len >> 5), (uint8_t)(id.len << 3)};
    sm3 hash;
    sm3_init(&hash);
    sm3_update(&hash, bits, sizeof bits);
    sm3_update(&hash, id.p, id.len);
    sm3_update(&hash, curve_bytes, sizeof curve_bytes);
    sm3_update(&hash, pub + 1, 64);
    sm3_final(&hash, z);
    return BZT_OK;
}

bzt_err bzt_sm2_digest(uint8_t e[32], const uint8_t pub[65], bzt_span message)
{
    uint8_t z[32];
    bzt_err err = bzt_sm2_z(z, pub, BZT_SM2_DEFAULT_ID);
    memset(e, 0, 32);
    if (err)
        return err;
    sm3 hash;
    sm3_init(&hash);
    sm3_update(&hash, z, sizeof z);
    sm3_update(&hash, message.p, message.len);
    sm3_final(&hash, e);
    return BZT_OK;
}

/* ---- nonces ------------------------------------------------------------- */

static void xof_field(xof *x, const void *data, size_t len)
{
    uint8_t size[4];
    store_be32(size, (uint32_t)len);
    xof_update(x, size, sizeof size);
    xof_update(x, data, len);
}

/* A nonce for the try `counter`: secret and unrepeated if either the random
 * bytes or the secret are (doc/protocol/protocol.md, Notation). */
static void nonce(sc *k, const char *label, const uint8_t random[48],
                  bzt_span secret, const uint8_t public[32], uint32_t counter)
{
    uint8_t wide[48], count[4];
    xof x;
    store_be32(count, counter);
    xof_init(&x, label);
    xof_field(&x, random, 48);
    xof_field(&x, secret.p, secret.len);
    xof_field(&x, public, 32);
    xof_field(&x, count, sizeof count);
    xof_final(&x, wide, sizeof wide);
    sc_from_wide(k, wide);
    wipe(wide, sizeof wide);
}

/* A try fails with probability 2^-255 or so (2^-8 for the encryption of one
 * byte): running out of these many means that a random source or this code
 * is broken. */
enum { TRIES = 64 };

/* ---- signatures --------------------------------------------------------- */

/* s = (k + r) / (1 + d) - r, the same value as the standard's
 * (k - r d) / (1 + d), with one product fewer.  GB/T 32918.2, 6.1, A5-A6.
 * Secret: k, d.  r and s are the signature; that one of them is zero says
 * nothing of the nonce that is then thrown away. */
static uint32_t sign(bzt_sm2_signature *out, const sc *d1, const sc *e,
                     const sc *k)
{
    ge point;
    sc r, s, rk, t;
    ge_mul_base(&point, k);
    uint32_t ok = ge_x_scalar(&r, &point) == BZT_OK;
    sc_add(&r, &r, e);
    sc_add(&rk, &r, k);
    sc_inv(&t, d1);
    sc_mul(&s, &rk, &t);
    sc_sub(&s, &s, &r);
    ok &= 1 ^ (sc_is_zero(&r) | sc_is_zero(&rk) | sc_is_zero(&s));
    ct_public(ok);
    memset(out, 0, sizeof *out);
    if (ok) {
        sc_write(out->r, &r);
        sc_write(out->s, &s);
        ct_public(*out);
    }
    ge_wipe(&point);
    sc_wipe(&r);
    sc_wipe(&s);
    sc_wipe(&rk);
    sc_wipe(&t);
    return ok;
}

uint32_t sm2_sign_once(bzt_sm2_signature *out, const sc *d, const sc *e,
                       const sc *k)
{
    sc d1, one;
    sc_set_small(&one, 1);
    sc_add(&d1, d, &one);
    uint32_t ok = sign(out, &d1, e, k);
    sc_wipe(&d1);
    return ok;
}

bzt_err bzt_sm2_sign_digest(bzt_sm2_signature *out, const bzt_sm2_key *key,
                            const uint8_t e[32], const uint8_t random[48])
{
    sc d, d1, e_scalar, k;
    memset(out, 0, sizeof *out);
    bzt_err err = read_key(&d, &d1, key->d);
    if (err)
        return err;
    sc_reduce(&e_scalar, e);
    err = BZT_ERR_RANDOM;
    for (uint32_t i = 0; err && i < TRIES; i++) {
        nonce(&k, "bzt-k", random, (bzt_span){key->d, 32}, e, i);
        if (sign(out, &d1, &e_scalar, &k))
            err = BZT_OK;
    }
    sc_wipe(&k);
    sc_wipe(&d);
    sc_wipe(&d1);
    return err;
}

bzt_err bzt_sm2_sign(bzt_sm2_signature *out, const bzt_sm2_key *key,
                     bzt_span message, const uint8_t random[48])
{
    uint8_t pub[65], e[32];
    memset(out, 0, sizeof *out);
    bzt_err err = bzt_sm2_public(pub, key);
    if (err)
        return err;
    ct_public(pub); /* the public key */
    if ((err = bzt_sm2_digest(e, pub, message)))
        return err;
    return bzt_sm2_sign_digest(out, key, e, random);
}

/* GB/T 32918.2, 7.1: R' = e + x(s G + (r + s) P) is compared as
 * x = r - e, which needs no inverse. */
bzt_err bzt_sm2_verify_digest_vartime(const uint8_t pub[65],
                                      const uint8_t e[32],
                                      const bzt_sm2_signature *sig)
{
    ge p, sum;
    sc r, s, t, x;
    bzt_err err = ge_read(&p, pub);
    if (err)
        return err;
    if ((err = sc_read(&r, sig->r)) || (err = sc_read(&s, sig->s)))
        return err;
    sc_add(&t, &r, &s);
    if (sc_is_zero(&t))
        return BZT_ERR_SIGNATURE;
    ge_mul2_vartime(&sum, &s, &t, &p);
    sc_reduce(&x, e);
    sc_sub(&x, &r, &x);
    return ge_x_is_vartime(&sum, &x) ? BZT_OK : BZT_ERR_SIGNATURE;
}

bzt_err bzt_sm2_verify_vartime(const uint8_t pub[65], bzt_span message,
                               const bzt_sm2_signature *sig)
{
    uint8_t e[32];
    bzt_err err = bzt_sm2_digest(e, pub, message);
    if (err)
        return err;
    return bzt_sm2_verify_digest_vartime(pub, e, sig);
}

void bzt_sm2_signature_write(uint8_t out[BZT_SM2_SIGNATURE_DER_MAX],
                             size_t *len, const bzt_sm2_signature *sig)
{
    der_writer w;
    bzt_span der;
    der_writer_init(&w, out, BZT_SM2_SIGNATURE_DER_MAX);
    size_t mark = der_begin(&w, DER_SEQUENCE);
    der_write_uint(&w, (bzt_span){sig->r, 32});
    der_write_uint(&w, (bzt_span){sig->s, 32});
    der_end_at(&w, mark);
    bzt_err err = der_writer_done(&der, &w);
    *len = err ? 0 : der.len; /* 72 bytes always suffice */
}

bzt_err bzt_sm2_signature_read(bzt_sm2_signature *out, bzt_span der)
{
    bzt_span body;
    bzt_err err;
    memset(out, 0, sizeof *out);
    if ((err = der_read(&body, &der, DER_SEQUENCE)))
        return err;
    if ((err = der_end(der)))
        return err;
    if ((err = der_read_uint256(out->r, &body)))
        goto out;
    if ((err = der_read_uint256(out->s, &body)))
        goto out;
    err = der_end(body);
out:
    if (err)
        memset(out, 0, sizeof *out);
    return err;
}

/* ---- encryption --------------------------------------------------------- */

/* x2 || y2, and C3 = SM3(x2 || plain || y2). */
static void check_value(uint8_t c3[32], const uint8_t shared[65],
                        bzt_span plain)
{
    sm3 hash;
    sm3_init(&hash);
    sm3_update(&hash, shared + 1, 32);
    sm3_update(&hash, plain.p, plain.len);
    sm3_update(&hash, shared + 33, 32);
    sm3_final(&hash, c3);
}

static void xor_into(uint8_t *out, const uint8_t *in, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] ^= in[i];
}

uint32_t sm2_encrypt_once(uint8_t *out, const ge *pub, bzt_span plain,
                          const sc *k)
{
    ge point;
    uint8_t shared[65];
    uint8_t *c3 = out + 65, *c2 = out + 97;
    ge_mul_base(&point, k);
    uint32_t ok = ge_write(out, &point) == BZT_OK;
    ge_mul(&point, k, pub);
    ok &= ge_write(shared, &point) == BZT_OK;
    kdf_sm3(c2, plain.len, (bzt_span){shared + 1, 64});
    ok &= 1 ^ ct_is_all_zero(c2, plain.len);
    ct_public(ok); /* of a try that is thrown away */
    xor_into(c2, plain.p, plain.len);
    check_value(c3, shared, plain);
    if (!ok)
        wipe(out, BZT_SM2_CIPHER_OVERHEAD + plain.len);
    ct_public_bytes(out, BZT_SM2_CIPHER_OVERHEAD + plain.len);
    wipe(shared, sizeof shared);
    ge_wipe(&point);
    return ok;
}

bzt_err bzt_sm2_encrypt(uint8_t *out, const uint8_t pub[65], bzt_span plain,
                        const uint8_t random[48])
{
    ge p;
    sc k;
    uint8_t digest[32];
    if (plain.len < 1 || plain.len > 65535)
        return BZT_ERR_RANGE;
    bzt_err err = ge_read(&p, pub);
    if (err) {
        memset(out, 0, BZT_SM2_CIPHER_OVERHEAD + plain.len);
        return err;
    }
    sm3_digest(digest, plain);
    err = BZT_ERR_RANDOM;
    for (uint32_t i = 0; err && i < TRIES; i++) {
        nonce(&k, "bzt-encrypt", random, (bzt_span){digest, 32}, pub + 1, i);
        if (sm2_encrypt_once(out, &p, plain, &k))
            err = BZT_OK;
    }
    sc_wipe(&k);
    wipe(digest, sizeof digest);
    return err;
}

/* GB/T 32918.4, 7.1.  An all-zero t is an error there too (B4); it is told
 * no otherwise than a wrong C3. */
bzt_err bzt_sm2_decrypt(uint8_t *out, const bzt_sm2_key *key, bzt_span cipher)
{
    ge c1;
    sc d, d1;
    uint8_t shared[65], c3[32];
    if (cipher.len <= BZT_SM2_CIPHER_OVERHEAD)
        return BZT_ERR_TRUNCATED;
    size_t len = cipher.len - BZT_SM2_CIPHER_OVERHEAD;
    const uint8_t *c2 = cipher.p + BZT_SM2_CIPHER_OVERHEAD;
    memset(out, 0, len);
    bzt_err err = read_key(&d, &d1, key->d);
    if (err)
        return err;
    if ((err = ge_read(&c1, cipher.p)))
        goto out;
    ge_mul(&c1, &d, &c1);
    if ((err = ge_write(shared, &c1)))
        goto out;
    kdf_sm3(out, len, (bzt_span){shared + 1, 64});
    uint32_t bad = ct_is_all_zero(out, len);
    xor_into(out, c2, len);
    check_value(c3, shared, (bzt_span){out, len});
    bad |= 1 ^ ct_is_equal(c3, cipher.p + 65, 32);
    ct_public(bad); /* the caller learns it as an error */
    if (bad) {
        wipe(out, len);
        err = BZT_ERR_DECRYPT;
    }
out:
    wipe(shared, sizeof shared);
    wipe(c3, sizeof c3);
    ge_wipe(&c1);
    sc_wipe(&d);
    sc_wipe(&d1);
    return err;
}
