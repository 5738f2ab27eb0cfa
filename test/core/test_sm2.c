/* SM2: known answers of GB/T 32918.5 and of other implementations, and that
 * nothing else is accepted. */
#include "core/sm2_nonce.h"
#include "slow.h"
#include <bzt/sm2.h>

#include "sm2_cipher_leading_zero.h"
#include "sm2_core.h"
#include "sm2_signature_edges.h"

#define SIGN    sm2_core_sign_gbt32918_5
#define ENCRYPT sm2_core_encrypt_gbt32918_5

static sc scalar(bzt_span bytes)
{
    sc out;
    assert_int_equal(bytes.len, 32);
    assert_int_equal(sc_read(&out, bytes.p), BZT_OK);
    return out;
}

static bzt_sm2_key key_of(bzt_span bytes)
{
    bzt_sm2_key key;
    assert_int_equal(bytes.len, 32);
    memcpy(key.d, bytes.p, 32);
    return key;
}

static void make_key(bzt_sm2_key *key, uint8_t pub[65], uint64_t seed)
{
    uint8_t random[48];
    unit_fill(random, sizeof random, seed);
    assert_int_equal(bzt_sm2_key_new(key, pub, random), BZT_OK);
}

/* ---- keys --------------------------------------------------------------- */

static void sm2_public_and_z_and_e_are_the_standard_ones(void **state)
{
    const bzt_sm2_key key = key_of(SIGN.d);
    uint8_t pub[65], z[32], e[32];
    (void)state;
    assert_int_equal(bzt_sm2_public(pub, &key), BZT_OK);
    assert_span_equal(pub, SIGN.pub);
    assert_int_equal(bzt_sm2_z(z, pub, SIGN.id), BZT_OK);
    assert_span_equal(z, SIGN.za);
    assert_int_equal(bzt_sm2_z(z, pub, BZT_SM2_DEFAULT_ID), BZT_OK);
    assert_span_equal(z, SIGN.za);
    assert_int_equal(bzt_sm2_digest(e, pub, SIGN.msg), BZT_OK);
    assert_span_equal(e, SIGN.e);
}

static void sm2_key_is_between_1_and_n_less_2(void **state)
{
    bzt_sm2_key key = {{0}};
    uint8_t pub[65], zero[65] = {0};
    num one = {0};
    (void)state;
    one[31] = 1;
    assert_int_equal(bzt_sm2_public(pub, &key), BZT_ERR_RANGE);
    assert_memory_equal(pub, zero, 65);
    key.d[31] = 1;
    assert_int_equal(bzt_sm2_public(pub, &key), BZT_OK);
    slow_sub(key.d, slow_n, one); /* n - 1 */
    assert_int_equal(bzt_sm2_public(pub, &key), BZT_ERR_RANGE);
    assert_memory_equal(pub, zero, 65);
    slow_sub(key.d, key.d, one); /* n - 2 */
    assert_int_equal(bzt_sm2_public(pub, &key), BZT_OK);
    memcpy(key.d, slow_n, 32);
    assert_int_equal(bzt_sm2_public(pub, &key), BZT_ERR_RANGE);
    memset(key.d, 0xff, 32);
    assert_int_equal(bzt_sm2_public(pub, &key), BZT_ERR_RANGE);
}

/* 48 bytes that give n - 1: n - 2 before one is added. */
static void sm2_key_new_refuses_n_less_1(void **state)
{
    uint8_t random[48] = {0}, pub[65];
    bzt_sm2_key key;
    num two = {0};
    (void)state;
    two[31] = 2;
    slow_sub(random + 16, slow_n, two);
    assert_int_equal(bzt_sm2_key_new(&key, pub, random), BZT_ERR_RANGE);
    assert_memory_equal(key.d, (const uint8_t[32]){0}, 32);
    assert_memory_equal(pub, (const uint8_t[65]){0}, 65);
    random[47]--;
    assert_int_equal(bzt_sm2_key_new(&key, pub, random), BZT_OK);
    assert_int_equal(bzt_sm2_point_check(pub), BZT_OK);
}

static void sm2_points_compress_and_come_back(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 20; i++) {
        bzt_sm2_key key;
        uint8_t pub[65], packed[33], back[65];
        make_key(&key, pub, 100 + i);
        assert_int_equal(bzt_sm2_point_compress(packed, pub), BZT_OK);
        assert_int_equal(bzt_sm2_point_decompress(back, packed), BZT_OK);
        assert_memory_equal(back, pub, 65);
        packed[0] = 4;
        assert_int_equal(bzt_sm2_point_decompress(back, packed), BZT_ERR_POINT);
        assert_memory_equal(back, (const uint8_t[65]){0}, 65);
        pub[64] ^= 1;
        assert_int_equal(bzt_sm2_point_check(pub), BZT_ERR_POINT);
        assert_int_equal(bzt_sm2_point_compress(packed, pub), BZT_ERR_POINT);
        assert_memory_equal(packed, (const uint8_t[33]){0}, 33);
    }
}

static void sm2_z_refuses_long_ids_and_bad_points(void **state)
{
    static const uint8_t id[8192];
    uint8_t z[32], pub[65];
    bzt_sm2_key key;
    (void)state;
    make_key(&key, pub, 1);
    assert_int_equal(bzt_sm2_z(z, pub, (bzt_span){id, 8191}), BZT_OK);
    assert_int_equal(bzt_sm2_z(z, pub, (bzt_span){id, 8192}), BZT_ERR_RANGE);
    pub[10] ^= 1;
    assert_int_equal(bzt_sm2_z(z, pub, BZT_SM2_DEFAULT_ID), BZT_ERR_POINT);
    assert_int_equal(bzt_sm2_digest(z, pub, BZT_SM2_DEFAULT_ID), BZT_ERR_POINT);
    assert_memory_equal(z, (const uint8_t[32]){0}, 32);
}

/* ---- signatures --------------------------------------------------------- */

static void sm2_signs_as_the_standard_does(void **state)
{
    const sc d = scalar(SIGN.d), k = scalar(SIGN.k);
    sc e;
    bzt_sm2_signature sig;
    uint8_t der[BZT_SM2_SIGNATURE_DER_MAX];
    size_t len;
    (void)state;
    sc_reduce(&e, SIGN.e.p);
    assert_int_equal(sm2_sign_once(&sig, &d, &e, &k), 1);
    assert_span_equal(sig.r, SIGN.r);
    assert_span_equal(sig.s, SIGN.s);
    bzt_sm2_signature_write(der, &len, &sig);
    assert_int_equal(len, SIGN.sig_der.len);
    assert_span_equal(der, SIGN.sig_der);
    assert_int_equal(bzt_sm2_verify_vartime(SIGN.pub.p, SIGN.msg, &sig),
                     BZT_OK);
}

/* r = 0, r + k = n and s = 0 ask for another nonce. */
static void sm2_sign_throws_bad_nonces_away(void **state)
{
    const sc d = scalar(SIGN.d), k = scalar(SIGN.k);
    ge point;
    sc x, e, t;
    bzt_sm2_signature sig;
    (void)state;
    ge_mul_base(&point, &k);
    assert_int_equal(ge_x_scalar(&x, &point), BZT_OK);
    sc_neg(&e, &x); /* r = 0 */
    assert_int_equal(sm2_sign_once(&sig, &d, &e, &k), 0);
    assert_memory_equal(&sig, (const uint8_t[64]){0}, 64);
    sc_add(&t, &x, &k);
    sc_neg(&e, &t); /* r = -k */
    assert_int_equal(sm2_sign_once(&sig, &d, &e, &k), 0);
    sc_inv(&t, &d); /* s = 0 when k = r d, e = k/d - x */
    sc_mul(&t, &t, &k);
    sc_sub(&e, &t, &x);
    assert_int_equal(sm2_sign_once(&sig, &d, &e, &k), 0);
    assert_memory_equal(&sig, (const uint8_t[64]){0}, 64);
}

static void sm2_verifies_edge_signatures(void **state)
{
    const uint8_t *pub = sm2_signature_edges.pub.p;
    const bzt_span msg = sm2_signature_edges.msg;
    (void)state;
    for (int i = 0; i < sm2_signature_edges_valid_n; i++) {
        bzt_sm2_signature sig;
        uint8_t der[BZT_SM2_SIGNATURE_DER_MAX];
        size_t len;
        const bzt_span right = sm2_signature_edges_valid[i].sig_der;
        assert_int_equal(bzt_sm2_signature_read(&sig, right), BZT_OK);
        assert_span_equal(sig.r, sm2_signature_edges_valid[i].r);
        assert_span_equal(sig.s, sm2_signature_edges_valid[i].s);
        assert_int_equal(bzt_sm2_verify_vartime(pub, msg, &sig), BZT_OK);
        bzt_sm2_signature_write(der, &len, &sig);
        assert_int_equal(len, right.len);
        assert_span_equal(der, right);
    }
}

static void sm2_refuses_edge_signatures(void **state)
{
    (void)state;
    for (int i = 0; i < sm2_signature_edges_invalid_n; i++) {
        bzt_sm2_signature sig;
        bzt_err right = BZT_ERR_RANGE;
        if (sm2_signature_edges_invalid[i].sig_der.len) {
            assert_int_equal(bzt_sm2_signature_read(
                                 &sig, sm2_signature_edges_invalid[i].sig_der),
                             BZT_OK);
            right = BZT_ERR_SIGNATURE;
        } else {
            memcpy(sig.r, sm2_signature_edges_invalid[i].r.p, 32);
            memcpy(sig.s, sm2_signature_edges_invalid[i].s.p, 32);
        }
        if (strstr(sm2_signature_edges_invalid[i].label, "t=r+s"))
            right = BZT_ERR_SIGNATURE;
        assert_int_equal(bzt_sm2_verify_vartime(sm2_signature_edges.pub.p,
                                                sm2_signature_edges.msg, &sig),
                         right);
    }
}

static void sm2_signatures_verify_and_altered_ones_do_not(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 12; i++) {
        bzt_sm2_key key;
        bzt_sm2_signature sig, bad;
        uint8_t pub[65], e[32], random[48];
        make_key(&key, pub, 200 + i);
        unit_fill(e, 32, 300 + i);
        unit_fill(random, 48, 400 + i);
        assert_int_equal(bzt_sm2_sign_digest(&sig, &key, e, random), BZT_OK);
        assert_int_equal(bzt_sm2_verify_digest_vartime(pub, e, &sig), BZT_OK);
        for (int bit = (int)i; bit < 512; bit += 12) {
            bad = sig;
            if (bit < 256)
                bad.r[bit / 8] ^= (uint8_t)(1 << bit % 8);
            else
                bad.s[bit / 8 - 32] ^= (uint8_t)(1 << bit % 8);
            assert_int_not_equal(bzt_sm2_verify_digest_vartime(pub, e, &bad),
                                 BZT_OK);
        }
        e[i] ^= 4;
        assert_int_equal(bzt_sm2_verify_digest_vartime(pub, e, &sig),
                         BZT_ERR_SIGNATURE);
        e[i] ^= 4;
        make_key(&key, pub, 500 + i);
        assert_int_equal(bzt_sm2_verify_digest_vartime(pub, e, &sig),
                         BZT_ERR_SIGNATURE);
        pub[0] = 0;
        assert_int_equal(bzt_sm2_verify_digest_vartime(pub, e, &sig),
                         BZT_ERR_POINT);
    }
}

/* The nonce depends on each of random, key and digest; the same of all three
 * gives the same signature. */
static void sm2_nonce_is_hedged(void **state)
{
    bzt_sm2_key a, b;
    bzt_sm2_signature first, again;
    uint8_t pub[65], e[32] = {1}, random[48] = {0};
    (void)state;
    make_key(&a, pub, 1);
    make_key(&b, pub, 2);
    assert_int_equal(bzt_sm2_sign_digest(&first, &a, e, random), BZT_OK);
    assert_int_equal(bzt_sm2_sign_digest(&again, &a, e, random), BZT_OK);
    assert_memory_equal(&first, &again, sizeof first);
    random[47] = 1;
    assert_int_equal(bzt_sm2_sign_digest(&again, &a, e, random), BZT_OK);
    assert_memory_not_equal(first.r, again.r, 32);
    random[47] = 0;
    assert_int_equal(bzt_sm2_sign_digest(&again, &b, e, random), BZT_OK);
    assert_memory_not_equal(first.r, again.r, 32);
    /* r - e = x mod n tells the nonce's point: another digest, another one */
    sc r, s, ea, eb;
    assert_int_equal(sc_read(&r, first.r), BZT_OK);
    sc_reduce(&ea, e);
    sc_sub(&r, &r, &ea);
    e[0] = 2;
    assert_int_equal(bzt_sm2_sign_digest(&again, &a, e, random), BZT_OK);
    assert_int_equal(sc_read(&s, again.r), BZT_OK);
    sc_reduce(&eb, e);
    sc_sub(&s, &s, &eb);
    assert_int_equal(sc_is_equal(&r, &s), 0);
}

static void sm2_sign_refuses_bad_keys(void **state)
{
    bzt_sm2_key key = {{0}};
    bzt_sm2_signature sig;
    uint8_t e[32] = {0}, random[48] = {0};
    (void)state;
    memset(&sig, 1, sizeof sig);
    assert_int_equal(bzt_sm2_sign_digest(&sig, &key, e, random), BZT_ERR_RANGE);
    assert_memory_equal(&sig, (const uint8_t[64]){0}, 64);
    memcpy(key.d, slow_n, 32);
    assert_int_equal(bzt_sm2_sign(&sig, &key, HEX("x"), random), BZT_ERR_RANGE);
}

static void sm2_sign_over_message_uses_the_default_id(void **state)
{
    bzt_sm2_key key;
    bzt_sm2_signature sig;
    uint8_t pub[65], random[48] = {9};
    (void)state;
    make_key(&key, pub, 3);
    assert_int_equal(bzt_sm2_sign(&sig, &key, HEX("message"), random), BZT_OK);
    assert_int_equal(bzt_sm2_verify_vartime(pub, HEX("message"), &sig), BZT_OK);
    assert_int_equal(bzt_sm2_verify_vartime(pub, HEX("massage"), &sig),
                     BZT_ERR_SIGNATURE);
}

static void sm2_signature_read_is_strict(void **state)
{
    bzt_sm2_signature sig;
    uint8_t bytes[80];
    const bzt_span der = SIGN.sig_der;
    (void)state;
    for (size_t len = 0; len < der.len; len++) {
        assert_int_not_equal(
            bzt_sm2_signature_read(&sig, (bzt_span){der.p, len}), BZT_OK);
        assert_memory_equal(&sig, (const uint8_t[64]){0}, 64);
    }
    memcpy(bytes, der.p, der.len);
    bytes[der.len] = 0;
    assert_int_equal(
        bzt_sm2_signature_read(&sig, (bzt_span){bytes, der.len + 1}),
        BZT_ERR_TRAILING);
    static const char *const bad[] = {
        "\x30\x06\x02\x01\x81\x02\x01\x01",             /* negative */
        "\x30\x07\x02\x02\x00\x01\x02\x01\x01",         /* not minimal */
        "\x30\x81\x06\x02\x01\x01\x02\x01\x01",         /* long length */
        "\x31\x06\x02\x01\x01\x02\x01\x01",             /* SET */
        "\x30\x09\x02\x01\x01\x02\x01\x01\x02\x01\x01", /* three numbers */
        "\x30\x06\x02\x01\x01\x04\x01\x01",             /* OCTET STRING */
        "\x30\x03\x02\x01\x01"};                        /* one number */
    static const size_t bad_len[] = {8, 9, 9, 8, 11, 8, 5};
    for (size_t i = 0; i < sizeof bad_len / sizeof *bad_len; i++) {
        const bzt_span in = {(const uint8_t *)bad[i], bad_len[i]};
        assert_int_not_equal(bzt_sm2_signature_read(&sig, in), BZT_OK);
        assert_memory_equal(&sig, (const uint8_t[64]){0}, 64);
    }
    /* 2^256: 33 bytes of magnitude */
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, "\x30\x26\x02\x21\x01", 5);
    memcpy(bytes + 37, "\x02\x01\x01", 3);
    assert_int_not_equal(bzt_sm2_signature_read(&sig, (bzt_span){bytes, 40}),
                         BZT_OK);
    /* small numbers are read, whatever verification says */
    assert_int_equal(
        bzt_sm2_signature_read(&sig, HEX("\x30\x06\x02\x01\x01\x02\x01\x02")),
        BZT_OK);
    assert_int_equal(sig.r[31], 1);
    assert_int_equal(sig.s[31], 2);
}

/* ---- encryption --------------------------------------------------------- */

static void sm2_encrypts_as_the_standard_does(void **state)
{
    const bzt_sm2_key key = key_of(ENCRYPT.d);
    const sc k = scalar(ENCRYPT.k);
    uint8_t pub[65], out[256];
    ge p;
    (void)state;
    assert_int_equal(bzt_sm2_public(pub, &key), BZT_OK);
    assert_int_equal(ge_read(&p, pub), BZT_OK);
    assert_int_equal(sm2_encrypt_once(out, &p, ENCRYPT.msg, &k), 1);
    assert_int_equal(ENCRYPT.c1c3c2.len, 97 + ENCRYPT.msg.len);
    assert_span_equal(out, ENCRYPT.c1c3c2);
    assert_int_equal(bzt_sm2_decrypt(out, &key, ENCRYPT.c1c3c2), BZT_OK);
    assert_span_equal(out, ENCRYPT.msg);
}

static void sm2_ciphertext_keeps_leading_zeros(void **state)
{
    const bzt_sm2_key key = key_of(sm2_cipher_leading_zero.priv);
    const sc k = scalar(sm2_cipher_leading_zero.k);
    const bzt_span msg = sm2_cipher_leading_zero.msg;
    uint8_t pub[65], out[256];
    ge p;
    (void)state;
    assert_int_equal(bzt_sm2_decrypt(out, &key, sm2_cipher_leading_zero.c1c3c2),
                     BZT_OK);
    assert_span_equal(out, msg);
    assert_int_equal(bzt_sm2_public(pub, &key), BZT_OK);
    assert_int_equal(ge_read(&p, pub), BZT_OK);
    assert_int_equal(sm2_encrypt_once(out, &p, msg, &k), 1);
    assert_span_equal(out, sm2_cipher_leading_zero.c1c3c2);
}

static void sm2_decrypt_refuses_each_altered_byte(void **state)
{
    bzt_sm2_key key;
    uint8_t pub[65], cipher[97 + 20], bad[97 + 20], out[20];
    uint8_t random[48] = {7}, zero[20] = {0};
    const bzt_span plain = HEX("twenty bytes of text");
    (void)state;
    make_key(&key, pub, 4);
    assert_int_equal(bzt_sm2_encrypt(cipher, pub, plain, random), BZT_OK);
    assert_int_equal(
        bzt_sm2_decrypt(out, &key, (bzt_span){cipher, sizeof cipher}), BZT_OK);
    assert_memory_equal(out, plain.p, 20);
    for (size_t i = 0; i < sizeof cipher; i++) {
        memcpy(bad, cipher, sizeof bad);
        bad[i] ^= (uint8_t)(1 << i % 8);
        assert_int_equal(
            bzt_sm2_decrypt(out, &key, (bzt_span){bad, sizeof bad}),
            i < 65 ? BZT_ERR_POINT : BZT_ERR_DECRYPT);
        assert_memory_equal(out, zero, 20);
    }
    for (size_t len = 0; len < sizeof cipher; len++) {
        bzt_err err = bzt_sm2_decrypt(out, &key, (bzt_span){cipher, len});
        assert_int_equal(err, len <= 97 ? BZT_ERR_TRUNCATED : BZT_ERR_DECRYPT);
    }
    make_key(&key, pub, 5);
    assert_int_equal(
        bzt_sm2_decrypt(out, &key, (bzt_span){cipher, sizeof cipher}),
        BZT_ERR_DECRYPT);
}

/* One byte: every 256th key stream is zero and must not be used. */
static void sm2_encrypt_never_sends_the_plain_byte(void **state)
{
    bzt_sm2_key key;
    uint8_t pub[65], cipher[98], out[1];
    const uint8_t plain[1] = {0x5a};
    int retried = 0;
    ge p;
    (void)state;
    make_key(&key, pub, 6);
    assert_int_equal(ge_read(&p, pub), BZT_OK);
    for (uint64_t i = 0; i < 1500; i++) {
        uint8_t random[48];
        sc k;
        unit_fill(random, 48, 1000 + i);
        sc_from_wide(&k, random);
        retried += !sm2_encrypt_once(cipher, &p, (bzt_span){plain, 1}, &k);
        assert_int_equal(
            bzt_sm2_encrypt(cipher, pub, (bzt_span){plain, 1}, random), BZT_OK);
        assert_int_not_equal(cipher[97], plain[0]);
        if (i % 50 == 0) {
            assert_int_equal(bzt_sm2_decrypt(out, &key, (bzt_span){cipher, 98}),
                             BZT_OK);
            assert_int_equal(out[0], plain[0]);
        }
    }
    assert_in_range(retried, 1, 30);
}

static void sm2_encrypts_any_length(void **state)
{
    static uint8_t plain[65536], cipher[97 + 65536], out[65536];
    static const size_t lengths[] = {1,  2,  31,  32,   33,   63,
                                     64, 65, 100, 1000, 4096, 65535};
    bzt_sm2_key key;
    uint8_t pub[65], random[48];
    (void)state;
    make_key(&key, pub, 7);
    unit_fill(plain, sizeof plain, 8);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const size_t len = lengths[i];
        unit_fill(random, 48, 2000 + i);
        assert_int_equal(
            bzt_sm2_encrypt(cipher, pub, (bzt_span){plain, len}, random),
            BZT_OK);
        assert_int_equal(
            bzt_sm2_decrypt(out, &key, (bzt_span){cipher, 97 + len}), BZT_OK);
        assert_memory_equal(out, plain, len);
    }
    assert_int_equal(bzt_sm2_encrypt(cipher, pub, (bzt_span){plain, 0}, random),
                     BZT_ERR_RANGE);
    assert_int_equal(
        bzt_sm2_encrypt(cipher, pub, (bzt_span){plain, 65536}, random),
        BZT_ERR_RANGE);
    pub[20] ^= 1;
    assert_int_equal(bzt_sm2_encrypt(cipher, pub, (bzt_span){plain, 5}, random),
                     BZT_ERR_POINT);
    assert_memory_equal(cipher, (const uint8_t[102]){0}, 102);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sm2_public_and_z_and_e_are_the_standard_ones),
        cmocka_unit_test(sm2_key_is_between_1_and_n_less_2),
        cmocka_unit_test(sm2_key_new_refuses_n_less_1),
        cmocka_unit_test(sm2_points_compress_and_come_back),
        cmocka_unit_test(sm2_z_refuses_long_ids_and_bad_points),
        cmocka_unit_test(sm2_signs_as_the_standard_does),
        cmocka_unit_test(sm2_sign_throws_bad_nonces_away),
        cmocka_unit_test(sm2_verifies_edge_signatures),
        cmocka_unit_test(sm2_refuses_edge_signatures),
        cmocka_unit_test(sm2_signatures_verify_and_altered_ones_do_not),
        cmocka_unit_test(sm2_nonce_is_hedged),
        cmocka_unit_test(sm2_sign_refuses_bad_keys),
        cmocka_unit_test(sm2_sign_over_message_uses_the_default_id),
        cmocka_unit_test(sm2_signature_read_is_strict),
        cmocka_unit_test(sm2_encrypts_as_the_standard_does),
        cmocka_unit_test(sm2_ciphertext_keeps_leading_zeros),
        cmocka_unit_test(sm2_decrypt_refuses_each_altered_byte),
        cmocka_unit_test(sm2_encrypt_never_sends_the_plain_byte),
        cmocka_unit_test(sm2_encrypts_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
