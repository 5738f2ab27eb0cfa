/* SM4 beside OpenSSL (ECB, CBC, CTR) and libgcrypt (GCM), on lengths and
 * bytes that nobody chose. */
#include "unit.h"

#include "core/sm4.h"

#include <gcrypt.h>
#include <openssl/evp.h>
#include <stdlib.h>

enum { ROUNDS = 1000, MOST = 6000 };

static uint8_t in[MOST], ours[MOST], theirs[MOST];

static size_t length(uint64_t *seed)
{
    const size_t bound = unit_next(seed) % 3 ? 300 : MOST;
    return unit_next(seed) % (bound + 1);
}

static void openssl(const EVP_CIPHER *cipher, int encrypt, const uint8_t *key,
                    const uint8_t *iv, size_t len)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n;
    assert_non_null(ctx);
    assert_true(EVP_CipherInit_ex(ctx, cipher, 0, key, iv, encrypt));
    assert_true(EVP_CIPHER_CTX_set_padding(ctx, 0));
    if (len)
        assert_true(EVP_CipherUpdate(ctx, theirs, &n, in, (int)len));
    EVP_CIPHER_CTX_free(ctx);
}

typedef struct draw {
    uint8_t key[16], iv[16];
    sm4_key enc, dec;
    size_t len;
} draw;

static draw next(uint64_t *seed)
{
    draw d;
    d.len = length(seed);
    unit_fill(in, d.len, *seed);
    unit_fill(d.key, 16, *seed + 1);
    unit_fill(d.iv, 16, *seed + 2);
    sm4_init_encrypt(&d.enc, d.key);
    sm4_init_decrypt(&d.dec, d.key);
    return d;
}

static void sm4_ecb_equals_openssl(void **state)
{
    uint64_t seed = 11;
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        draw d = next(&seed);
        d.len &= ~(size_t)15;
        openssl(EVP_sm4_ecb(), 1, d.key, 0, d.len);
        sm4_ecb(ours, &d.enc, in, d.len);
        assert_memory_equal(ours, theirs, d.len);
        openssl(EVP_sm4_ecb(), 0, d.key, 0, d.len);
        sm4_ecb(ours, &d.dec, in, d.len);
        assert_memory_equal(ours, theirs, d.len);
    }
}

static void sm4_cbc_equals_openssl(void **state)
{
    uint64_t seed = 12;
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        draw d = next(&seed);
        uint8_t iv[16];
        d.len &= ~(size_t)15;
        memcpy(iv, d.iv, 16);
        openssl(EVP_sm4_cbc(), 1, d.key, d.iv, d.len);
        sm4_cbc_encrypt(ours, &d.enc, iv, in, d.len);
        assert_memory_equal(ours, theirs, d.len);
        memcpy(iv, d.iv, 16);
        openssl(EVP_sm4_cbc(), 0, d.key, d.iv, d.len);
        sm4_cbc_decrypt(ours, &d.dec, iv, in, d.len);
        assert_memory_equal(ours, theirs, d.len);
    }
}

static void sm4_ctr_equals_openssl(void **state)
{
    uint64_t seed = 13;
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        draw d = next(&seed);
        uint8_t counter[16];
        if (i % 2) /* the carry happens on the way */
            memset(d.iv + 16 - i % 16, 0xff, (size_t)(i % 16));
        memcpy(counter, d.iv, 16);
        openssl(EVP_sm4_ctr(), 1, d.key, d.iv, d.len);
        sm4_ctr(ours, &d.enc, counter, in, d.len);
        assert_memory_equal(ours, theirs, d.len);
    }
}

static void sm4_gcm_equals_libgcrypt(void **state)
{
    uint64_t seed = 14;
    gcry_cipher_hd_t h;
    (void)state;
    assert_int_equal(
        gcry_cipher_open(&h, GCRY_CIPHER_SM4, GCRY_CIPHER_MODE_GCM, 0), 0);
    for (int i = 0; i < ROUNDS; i++) {
        draw d = next(&seed);
        uint8_t aad[200], tag[16], right[16];
        const size_t aad_len = unit_next(&seed) % sizeof(aad);
        unit_fill(aad, aad_len, seed);
        assert_int_equal(gcry_cipher_setkey(h, d.key, 16), 0);
        assert_int_equal(gcry_cipher_setiv(h, d.iv, 12), 0);
        assert_int_equal(gcry_cipher_authenticate(h, aad, aad_len), 0);
        assert_int_equal(gcry_cipher_encrypt(h, theirs, d.len, in, d.len), 0);
        assert_int_equal(gcry_cipher_gettag(h, right, 16), 0);
        sm4_gcm_seal(ours, tag, d.key, d.iv, (bzt_span){aad, aad_len},
                     (bzt_span){in, d.len});
        assert_memory_equal(ours, theirs, d.len);
        assert_memory_equal(tag, right, 16);
        assert_int_equal(sm4_gcm_open(ours, d.key, d.iv,
                                      (bzt_span){aad, aad_len},
                                      (bzt_span){theirs, d.len}, right),
                         BZT_OK);
        assert_memory_equal(ours, in, d.len);
    }
    gcry_cipher_close(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sm4_ecb_equals_openssl),
        cmocka_unit_test(sm4_cbc_equals_openssl),
        cmocka_unit_test(sm4_ctr_equals_openssl),
        cmocka_unit_test(sm4_gcm_equals_libgcrypt),
    };
    gcry_check_version(0);
    gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    return cmocka_run_group_tests(tests, 0, 0);
}
