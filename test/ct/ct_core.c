/* Core with secret scalars, points, keys, messages, passwords. */
#include "ct_case.h"

#include "core/ge.h"
#include "core/sc.h"
#include "core/sm3.h"
#include "core/sm4.h"
#include "core/sm4_lanes.h"
#include <bzt/sm2.h>

#include <string.h>

#define SECRET(x) ct_secret_bytes(&(x), sizeof(x))

static void secret_scalar(sc *out, unsigned seed)
{
    uint8_t wide[48];
    ct_fill(wide, sizeof wide, seed);
    SECRET(wide);
    sc_from_wide(out, wide);
}

/* A point whose coordinates, not only its discrete logarithm, are secret. */
static void secret_point(ge *out, unsigned seed)
{
    sc k;
    secret_scalar(&k, seed);
    ge_mul_base(out, &k);
    SECRET(*out);
}

static void must_be_on_curve(const uint8_t bytes[65], const char *what)
{
    ct_public_bytes(bytes, 65);
    ct_must(bzt_sm2_point_check(bytes) == BZT_OK, what);
}

/* ---- scalars and points ------------------------------------------------- */

static void run_sc(void)
{
    sc a, b, r, inverse;
    uint8_t bytes[32];
    secret_scalar(&a, 1);
    secret_scalar(&b, 2);
    sc_add(&r, &a, &b);
    sc_sub(&r, &r, &b);
    sc_neg(&r, &r);
    sc_neg(&r, &r);
    sc_mul(&r, &r, &b);
    sc_inv(&inverse, &b);
    sc_mul(&r, &r, &inverse);
    uint32_t same = sc_is_equal(&a, &r);
    uint32_t zero = sc_is_zero(&r);
    sc_cmov(&r, &b, same);
    same &= sc_is_equal(&b, &r);
    sc_write(bytes, &r);
    sc_reduce(&a, bytes);
    same &= sc_is_equal(&a, &r);
    bzt_err err = sc_read(&a, bytes);
    same &= sc_is_equal(&a, &r);
    ct_public(same);
    ct_public(zero);
    ct_must(same && !zero && err == BZT_OK, "sc");
    sc_wipe(&a);
}

static void run_ge_mul_base(void)
{
    sc k;
    ge r;
    uint8_t out[65];
    secret_scalar(&k, 3);
    ge_mul_base(&r, &k);
    ct_must(ge_write(out, &r) == BZT_OK, "ge_write");
    must_be_on_curve(out, "ge_mul_base");
}

static void run_ge_mul(void)
{
    sc k;
    ge p, r;
    uint8_t out[65];
    secret_scalar(&k, 4);
    secret_point(&p, 5);
    ge_mul(&r, &k, &p);
    ct_must(ge_write(out, &r) == BZT_OK, "ge_write");
    must_be_on_curve(out, "ge_mul");
}

static void run_ge(void)
{
    sc x;
    ge p, q, r;
    uint8_t bytes[65], packed[33];
    secret_point(&p, 6);
    secret_point(&q, 7);
    ge_add(&r, &p, &q);
    ge_double(&r, &r);
    ge_neg(&q, &q);
    ge_add(&r, &r, &q);
    uint32_t same = ge_is_equal(&r, &q);
    uint32_t infinity = ge_is_infinity(&r);
    ge_cmov(&r, &p, same | infinity);
    ct_must(ge_write(bytes, &r) == BZT_OK, "ge_write");
    ct_must(ge_write_compressed(packed, &r) == BZT_OK, "ge_write_compressed");
    ct_must(ge_x_scalar(&x, &r) == BZT_OK, "ge_x_scalar");
    SECRET(bytes);
    SECRET(packed);
    ct_must(ge_read(&p, bytes) == BZT_OK, "ge_read");
    ct_must(ge_read_compressed(&q, packed) == BZT_OK, "ge_read_compressed");
    same = ge_is_equal(&p, &q);
    ct_public(same);
    ct_must(same == 1, "ge");
    ge_wipe(&p);
}

/* ---- SM2 ---------------------------------------------------------------- */

static void secret_key(bzt_sm2_key *key, uint8_t pub[65])
{
    uint8_t random[48];
    ct_fill(random, sizeof random, 8);
    SECRET(random);
    ct_must(bzt_sm2_key_new(key, pub, random) == BZT_OK, "bzt_sm2_key_new");
    ct_public_bytes(pub, 65);
}

static void run_sm2_sign(void)
{
    bzt_sm2_key key;
    bzt_sm2_signature sig;
    uint8_t pub[65], e[32], random[48];
    secret_key(&key, pub);
    ct_fill(e, sizeof e, 9);
    ct_fill(random, sizeof random, 10);
    SECRET(random);
    ct_must(bzt_sm2_sign_digest(&sig, &key, e, random) == BZT_OK,
            "bzt_sm2_sign_digest");
    ct_must(bzt_sm2_verify_digest_vartime(pub, e, &sig) == BZT_OK,
            "the signature");
    ct_must(bzt_sm2_sign(&sig, &key, BZT_SPAN_LIT("m"), random) == BZT_OK,
            "bzt_sm2_sign");
    bzt_sm2_key_wipe(&key);
}

static void run_sm2_encrypt_and_decrypt(void)
{
    bzt_sm2_key key;
    uint8_t pub[65], plain[50], cipher[147], out[50], random[48];
    secret_key(&key, pub);
    ct_fill(plain, sizeof plain, 11);
    ct_fill(random, sizeof random, 12);
    SECRET(plain);
    SECRET(random);
    ct_must(bzt_sm2_encrypt(cipher, pub, (bzt_span){plain, 50}, random) ==
                BZT_OK,
            "bzt_sm2_encrypt");
    ct_must(bzt_sm2_decrypt(out, &key, (bzt_span){cipher, 147}) == BZT_OK,
            "bzt_sm2_decrypt");
    ct_public(out);
    ct_public(plain);
    ct_must(!memcmp(out, plain, 50), "the plaintext");
    cipher[146] ^= 1;
    ct_must(bzt_sm2_decrypt(out, &key, (bzt_span){cipher, 147}) ==
                BZT_ERR_DECRYPT,
            "refusing");
}

/* ---- SM3 ---------------------------------------------------------------- */

static void run_sm3(void)
{
    uint8_t data[200], out[100];
    xof x;
    ct_fill(data, sizeof data, 13);
    SECRET(data);
    sm3_digest(out, (bzt_span){data, sizeof data});
    hmac_sm3_digest(out, (bzt_span){data, 100}, (bzt_span){data, 200});
    kdf_sm3(out, sizeof out, (bzt_span){data, sizeof data});
    xof_sm3(out, sizeof out, "label", (bzt_span){data, sizeof data});
    xof_init(&x, "label");
    xof_update(&x, data, sizeof data);
    xof_final(&x, out, sizeof out);
}

static void run_pbkdf2(void)
{
    uint8_t pin[6], salt[16], out[48];
    ct_fill(pin, sizeof pin, 14);
    ct_fill(salt, sizeof salt, 15);
    SECRET(pin);
    SECRET(salt);
    pbkdf2_sm3(out, sizeof out, (bzt_span){pin, 6}, (bzt_span){salt, 16}, 20);
}

/* ---- SM4 ---------------------------------------------------------------- */

static void run_sm4(void)
{
    uint8_t key[16], data[400], out[400], iv[16];
    sm4_key k;
    ct_fill(key, sizeof key, 16);
    ct_fill(data, sizeof data, 17);
    ct_fill(iv, sizeof iv, 18);
    SECRET(key);
    SECRET(data);
    sm4_init_encrypt(&k, key);
    sm4_ecb(out, &k, data, sizeof data);
    sm4_cbc_encrypt(out, &k, iv, data, sizeof data);
    ct_public(iv); /* a block of ciphertext */
    sm4_ctr(out, &k, iv, data, sizeof data - 5);
    sm4_init_decrypt(&k, key);
    sm4_cbc_decrypt(out, &k, iv, data, sizeof data);
    sm4_wipe(&k);
}

static void run_sm4_gcm(void)
{
    uint8_t key[16], data[333], out[333], back[333], nonce[12], tag[16];
    const bzt_span aad = BZT_SPAN_LIT("associated");
    ct_fill(key, sizeof key, 19);
    ct_fill(data, sizeof data, 20);
    ct_fill(nonce, sizeof nonce, 21);
    SECRET(key);
    SECRET(data);
    sm4_gcm_seal(out, tag, key, nonce, aad, (bzt_span){data, sizeof data});
    ct_must(sm4_gcm_open(back, key, nonce, aad, (bzt_span){out, sizeof out},
                         tag) == BZT_OK,
            "sm4_gcm_open");
    ct_public(back);
    ct_public(data);
    ct_must(!memcmp(back, data, sizeof data), "the plaintext");
}

/* The lanes that sm4_lanes_pick would not choose on this processor. */
static void run_sm4_lanes(void)
{
    uint8_t key[16], data[320], y[16];
    ct_fill(key, sizeof key, 22);
    ct_fill(data, sizeof data, 23);
    SECRET(key);
    SECRET(data);
    for (unsigned i = 0; sm4_lanes_get(i); i++) {
        const sm4_lanes *lanes = sm4_lanes_get(i);
        sm4_key k;
        ghash_key h;
        sm4_init_encrypt(&k, key);
        lanes->blocks(data, &k, data, sizeof data / 16);
        k.rk[0] = lanes->sbox(k.rk[0]);
        ct_fill(y, sizeof y, 24);
        if (lanes->ctr)
            lanes->ctr(data, &k, y, data, sizeof data / 16);
        lanes->ghash_init(&h, key);
        lanes->ghash(y, &h, data, sizeof data / 16);
    }
}

const ct_case ct_core_cases[] = {
    {"sc", run_sc},
    {"ge", run_ge},
    {"ge_mul_base", run_ge_mul_base},
    {"ge_mul", run_ge_mul},
    {"sm2_sign", run_sm2_sign},
    {"sm2_encrypt_and_decrypt", run_sm2_encrypt_and_decrypt},
    {"sm3", run_sm3},
    {"pbkdf2", run_pbkdf2},
    {"sm4", run_sm4},
    {"sm4_gcm", run_sm4_gcm},
    {"sm4_lanes", run_sm4_lanes},
    {0, 0},
};
