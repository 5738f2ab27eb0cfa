/* SM3, HMAC and PBKDF2 beside OpenSSL and libgcrypt, on lengths, chunks and
 * bytes that nobody chose. */
#include "unit.h"

#include "core/sm3.h"

#include <gcrypt.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

enum { ROUNDS = 2000, MOST = 5000 };

static uint8_t data[MOST];

/* Up to `most`, small ones more often. */
static size_t length(uint64_t *seed, size_t most)
{
    const size_t bound = unit_next(seed) % 3 ? most / 20 : most;
    return unit_next(seed) % (bound + 1);
}

static void sm3_equals_openssl_for_all_chunkings(void **state)
{
    uint64_t seed = 7;
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        const size_t len = length(&seed, MOST);
        uint8_t ours[32], theirs[32];
        sm3 s;
        unit_fill(data, len, seed);
        assert_true(EVP_Digest(data, len, theirs, 0, EVP_sm3(), 0));
        sm3_init(&s);
        for (size_t at = 0; at < len;) {
            size_t n = length(&seed, 300);
            n = n < len - at ? n : len - at;
            sm3_update(&s, data + at, n);
            at += n;
        }
        sm3_final(&s, ours);
        assert_memory_equal(ours, theirs, 32);
    }
}

static void hmac_equals_openssl(void **state)
{
    uint64_t seed = 8;
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        const size_t len = length(&seed, MOST), key_len = length(&seed, 200);
        uint8_t key[201], ours[32], theirs[32];
        unsigned n = 32;
        unit_fill(data, len, seed);
        unit_fill(key, key_len, seed + 1);
        assert_non_null(
            HMAC(EVP_sm3(), key, (int)key_len, data, len, theirs, &n));
        hmac_sm3_digest(ours, (bzt_span){key, key_len}, (bzt_span){data, len});
        assert_memory_equal(ours, theirs, 32);
    }
}

static void pbkdf2_equals_openssl(void **state)
{
    uint64_t seed = 9;
    (void)state;
    for (int i = 0; i < ROUNDS / 10; i++) {
        const size_t len = length(&seed, 200), salt_len = length(&seed, 300);
        const size_t out_len = 1 + unit_next(&seed) % 150;
        const uint32_t iterations = 1 + (uint32_t)(unit_next(&seed) % 30);
        uint8_t password[200], salt[300], ours[150], theirs[150];
        unit_fill(password, len, seed);
        unit_fill(salt, salt_len, seed + 1);
        assert_true(PKCS5_PBKDF2_HMAC((const char *)password, (int)len, salt,
                                      (int)salt_len, (int)iterations, EVP_sm3(),
                                      (int)out_len, theirs));
        pbkdf2_sm3(ours, out_len, (bzt_span){password, len},
                   (bzt_span){salt, salt_len}, iterations);
        assert_memory_equal(ours, theirs, out_len);
    }
}

static void sm3_equals_libgcrypt_beyond_32_bits_of_length(void **state)
{
    /* 2^29 bytes are 2^32 bits: the upper half of the length counts. */
    static uint8_t block[1 << 20];
    const int blocks = 512 + 1;
    gcry_md_hd_t md;
    uint8_t ours[32];
    sm3 s;
    (void)state;
    assert_int_equal(gcry_md_open(&md, GCRY_MD_SM3, 0), 0);
    sm3_init(&s);
    unit_fill(block, sizeof(block), 5);
    for (int i = 0; i < blocks; i++) {
        gcry_md_write(md, block, sizeof(block));
        sm3_update(&s, block, sizeof(block));
    }
    sm3_final(&s, ours);
    assert_memory_equal(ours, gcry_md_read(md, GCRY_MD_SM3), 32);
    gcry_md_close(md);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sm3_equals_openssl_for_all_chunkings),
        cmocka_unit_test(hmac_equals_openssl),
        cmocka_unit_test(pbkdf2_equals_openssl),
        cmocka_unit_test(sm3_equals_libgcrypt_beyond_32_bits_of_length),
    };
    gcry_check_version(0);
    gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    return cmocka_run_group_tests(tests, 0, 0);
}
