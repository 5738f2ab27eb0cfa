/* SM2 beside OpenSSL and libgcrypt: what one makes the others take, both
 * ways; fields and scalars beside OpenSSL's numbers. */
#include "core/fe.h"
#include "core/sc.h"
#include "slow.h"
#include "sm2_peers.h"

enum { ROUNDS = 60, SLOW_ROUNDS = 10 };

typedef struct party {
    bzt_sm2_key key;
    uint8_t pub[65];
    EVP_PKEY *openssl, *openssl_pub;
    gcry_sexp_t gcrypt, gcrypt_pub;
} party;

static void party_make(party *p, uint64_t seed)
{
    uint8_t random[48];
    unit_fill(random, 48, seed);
    assert_int_equal(bzt_sm2_key_new(&p->key, p->pub, random), BZT_OK);
    p->openssl = openssl_key(p->pub, p->key.d);
    p->openssl_pub = openssl_key(p->pub, NULL);
    p->gcrypt = gcrypt_key(p->pub, p->key.d);
    p->gcrypt_pub = gcrypt_key(p->pub, NULL);
}

static void party_free(party *p)
{
    EVP_PKEY_free(p->openssl);
    EVP_PKEY_free(p->openssl_pub);
    gcry_sexp_release(p->gcrypt);
    gcry_sexp_release(p->gcrypt_pub);
}

static void sm2_public_keys_equal_openssl_s(void **state)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
    EC_POINT *point = EC_POINT_new(group);
    (void)state;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        party p;
        uint8_t right[65], packed[33], right_packed[33];
        party_make(&p, 10 + i);
        BIGNUM *d = BN_bin2bn(p.key.d, 32, NULL);
        assert_true(EC_POINT_mul(group, point, d, NULL, NULL, NULL));
        assert_int_equal(EC_POINT_point2oct(group, point,
                                            POINT_CONVERSION_UNCOMPRESSED,
                                            right, 65, NULL),
                         65);
        assert_memory_equal(p.pub, right, 65);
        assert_int_equal(EC_POINT_point2oct(group, point,
                                            POINT_CONVERSION_COMPRESSED,
                                            right_packed, 33, NULL),
                         33);
        assert_int_equal(bzt_sm2_point_compress(packed, p.pub), BZT_OK);
        assert_memory_equal(packed, right_packed, 33);
        BN_free(d);
        party_free(&p);
    }
    EC_POINT_free(point);
    EC_GROUP_free(group);
}

static void sm2_our_signatures_are_taken(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        party p;
        bzt_sm2_signature sig;
        uint8_t message[100], e[32], random[48], der[72];
        size_t len;
        const bzt_span m = {message, (size_t)i};
        party_make(&p, 100 + i);
        unit_fill(message, sizeof message, i);
        unit_fill(random, 48, i);
        assert_int_equal(bzt_sm2_sign(&sig, &p.key, m, random), BZT_OK);
        bzt_sm2_signature_write(der, &len, &sig);
        assert_true(openssl_verify(p.openssl_pub, BZT_SM2_DEFAULT_ID, m,
                                   (bzt_span){der, len}));
        assert_int_equal(bzt_sm2_digest(e, p.pub, m), BZT_OK);
        if (i < SLOW_ROUNDS)
            assert_true(gcrypt_verify_digest(p.gcrypt_pub, e, &sig));
        e[i % 32] ^= 1;
        assert_false(
            openssl_verify_digest(p.openssl_pub, e, (bzt_span){der, len}));
        party_free(&p);
    }
}

static void sm2_their_signatures_are_taken(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        party p;
        bzt_sm2_signature sig;
        uint8_t message[100], e[32], der[80];
        size_t len;
        const bzt_span m = {message, (size_t)i};
        party_make(&p, 200 + i);
        unit_fill(message, sizeof message, i);
        openssl_sign(der, &len, p.openssl, BZT_SM2_DEFAULT_ID, m);
        assert_int_equal(bzt_sm2_signature_read(&sig, (bzt_span){der, len}),
                         BZT_OK);
        assert_int_equal(bzt_sm2_verify_vartime(p.pub, m, &sig), BZT_OK);
        assert_int_equal(bzt_sm2_digest(e, p.pub, m), BZT_OK);
        openssl_sign_digest(der, &len, p.openssl, e);
        assert_int_equal(bzt_sm2_signature_read(&sig, (bzt_span){der, len}),
                         BZT_OK);
        assert_int_equal(bzt_sm2_verify_digest_vartime(p.pub, e, &sig), BZT_OK);
        if (i < SLOW_ROUNDS) {
            gcrypt_sign_digest(&sig, p.gcrypt, e);
            assert_int_equal(bzt_sm2_verify_digest_vartime(p.pub, e, &sig),
                             BZT_OK);
        }
        party_free(&p);
    }
}

static void sm2_other_ids_agree_with_openssl(void **state)
{
    uint8_t id[300];
    (void)state;
    unit_fill(id, sizeof id, 1);
    for (size_t len = 1; len < sizeof id; len += 37) {
        party p;
        bzt_sm2_signature sig;
        uint8_t z[32], e[32], der[80];
        size_t der_len;
        const bzt_span m = HEX("a message");
        party_make(&p, 300 + len);
        openssl_sign(der, &der_len, p.openssl, (bzt_span){id, len}, m);
        assert_int_equal(bzt_sm2_signature_read(&sig, (bzt_span){der, der_len}),
                         BZT_OK);
        assert_int_equal(bzt_sm2_z(z, p.pub, (bzt_span){id, len}), BZT_OK);
        uint8_t both[32 + 9];
        memcpy(both, z, 32);
        memcpy(both + 32, m.p, 9);
        assert_true(EVP_Digest(both, sizeof both, e, 0, EVP_sm3(), 0));
        assert_int_equal(bzt_sm2_verify_digest_vartime(p.pub, e, &sig), BZT_OK);
        assert_int_equal(bzt_sm2_verify_vartime(p.pub, m, &sig),
                         BZT_ERR_SIGNATURE);
        party_free(&p);
    }
}

/* libgcrypt 1.10 hashes x2 and y2 without their leading zero bytes into C3:
 * one ciphertext in 128 is of no use to anybody else. */
static int gcrypt_errs(const party *p, const uint8_t cipher[65])
{
    sc d;
    ge shared;
    uint8_t bytes[65];
    assert_int_equal(sc_read(&d, p->key.d), BZT_OK);
    assert_int_equal(ge_read(&shared, cipher), BZT_OK);
    ge_mul(&shared, &d, &shared);
    assert_int_equal(ge_write(bytes, &shared), BZT_OK);
    return !bytes[1] || !bytes[33];
}

static void sm2_our_ciphertexts_are_opened(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        party p;
        uint8_t plain[200], random[48], cipher[297], der[320], out[200];
        const size_t n = 1 + (size_t)i * 3;
        party_make(&p, 400 + i);
        unit_fill(plain, sizeof plain, i);
        plain[0] |= 1; /* libgcrypt drops leading zeros */
        unit_fill(random, 48, i);
        assert_int_equal(
            bzt_sm2_encrypt(cipher, p.pub, (bzt_span){plain, n}, random),
            BZT_OK);
        const bzt_span whole = {cipher, 97 + n};
        size_t len = cipher_to_der(der, sizeof der, whole);
        size_t out_len = sizeof out;
        assert_true(
            openssl_decrypt(out, &out_len, p.openssl, (bzt_span){der, len}));
        assert_int_equal(out_len, n);
        assert_memory_equal(out, plain, n);
        if (i < SLOW_ROUNDS && !gcrypt_errs(&p, cipher)) {
            assert_true(gcrypt_decrypt(out, p.gcrypt, whole));
            assert_memory_equal(out, plain, n);
        }
        party_free(&p);
    }
}

static void sm2_their_ciphertexts_are_opened(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        party p;
        uint8_t plain[200], cipher[297], der[400], out[200];
        const size_t n = 1 + (size_t)i * 3;
        party_make(&p, 500 + i);
        unit_fill(plain, sizeof plain, i);
        size_t len = openssl_encrypt(der, sizeof der, p.openssl_pub,
                                     (bzt_span){plain, n});
        cipher_from_der(cipher, (bzt_span){der, len});
        const bzt_span whole = {cipher, 97 + n};
        assert_int_equal(bzt_sm2_decrypt(out, &p.key, whole), BZT_OK);
        assert_memory_equal(out, plain, n);
        if (i < SLOW_ROUNDS) {
            plain[0] |= 1;
            do {
                gcrypt_encrypt(cipher, p.gcrypt_pub, (bzt_span){plain, n});
            } while (gcrypt_errs(&p, cipher));
            assert_int_equal(bzt_sm2_decrypt(out, &p.key, whole), BZT_OK);
            assert_memory_equal(out, plain, n);
        }
        party_free(&p);
    }
}

/* One operation of ours against BN's, mod m. */
static void assert_bn(const num ours, const BIGNUM *theirs)
{
    num right;
    assert_int_equal(BN_bn2binpad(theirs, right, 32), 32);
    assert_memory_equal(ours, right, 32);
}

static void fe_and_sc_agree_with_openssl_numbers(void **state)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *p = BN_bin2bn(slow_p, 32, NULL), *n = BN_bin2bn(slow_n, 32, NULL);
    BIGNUM *x = BN_new(), *y = BN_new(), *z = BN_new();
    uint64_t seed = 31;
    (void)state;
    for (int i = 0; i < 4000; i++) {
        num a, b, out;
        fe fa, fb;
        sc sa, sb;
        slow_edge(a, &seed, slow_n);
        slow_edge(b, &seed, slow_n);
        BN_bin2bn(a, 32, x);
        BN_bin2bn(b, 32, y);
        assert_int_equal(fe_read(&fa, a) & fe_read(&fb, b), 1);
        assert_int_equal(sc_read_or_zero(&sa, a), BZT_OK);
        assert_int_equal(sc_read_or_zero(&sb, b), BZT_OK);
        fe_mul(&fb, &fa, &fb);
        fe_write(out, &fb);
        BN_mod_mul(z, x, y, p, ctx);
        assert_bn(out, z);
        sc_mul(&sb, &sa, &sb);
        sc_write(out, &sb);
        BN_mod_mul(z, x, y, n, ctx);
        assert_bn(out, z);
        if (BN_is_zero(x) || i % 8)
            continue;
        fe_inv(&fa, &fa);
        fe_write(out, &fa);
        assert_non_null(BN_mod_inverse(z, x, p, ctx));
        assert_bn(out, z);
        sc_inv(&sa, &sa);
        sc_write(out, &sa);
        assert_non_null(BN_mod_inverse(z, x, n, ctx));
        assert_bn(out, z);
    }
    BN_free(p);
    BN_free(n);
    BN_free(x);
    BN_free(y);
    BN_free(z);
    BN_CTX_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sm2_public_keys_equal_openssl_s),
        cmocka_unit_test(sm2_our_signatures_are_taken),
        cmocka_unit_test(sm2_their_signatures_are_taken),
        cmocka_unit_test(sm2_other_ids_agree_with_openssl),
        cmocka_unit_test(sm2_our_ciphertexts_are_opened),
        cmocka_unit_test(sm2_their_ciphertexts_are_opened),
        cmocka_unit_test(fe_and_sc_agree_with_openssl_numbers),
    };
    gcrypt_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
