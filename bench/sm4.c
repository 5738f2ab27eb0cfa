/* SM4 and SM3 beside OpenSSL and libgcrypt, 16 KiB at a time. */
#include "bench.h"

#include "core/sm3.h"
#include "core/sm4.h"

#include <gcrypt.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIZE = 16384, SMALL = 256 };

static uint8_t in[SIZE], out[SIZE], tag[16];
static const uint8_t key[16] = "0123456789abcde", iv[16] = "fedcba987654321";
static sm4_key enc, dec;

static void require(int holds)
{
    if (holds)
        return;
    fputs("bench: a library refused\n", stderr);
    exit(1);
}

/* ---- ours; self is unused or the length ---- */

static void our_ecb(void *self)
{
    (void)self;
    sm4_ecb(out, &enc, in, SIZE);
}

static void our_cbc_encrypt(void *self)
{
    uint8_t v[16] = {0};
    (void)self;
    sm4_cbc_encrypt(out, &enc, v, in, SIZE);
}

static void our_cbc_decrypt(void *self)
{
    uint8_t v[16] = {0};
    (void)self;
    sm4_cbc_decrypt(out, &dec, v, in, SIZE);
}

static void our_ctr(void *self)
{
    uint8_t v[16] = {0};
    (void)self;
    sm4_ctr(out, &enc, v, in, SIZE);
}

static void our_gcm(void *self)
{
    const bzt_span aad = {key, 16};
    sm4_gcm_seal(out, tag, key, iv, aad, (bzt_span){in, *(size_t *)self});
}

static void our_sm3(void *self)
{
    sm3_digest(out, (bzt_span){in, *(size_t *)self});
}

static void our_hmac(void *self)
{
    hmac_sm3_digest(out, (bzt_span){key, 16}, (bzt_span){in, *(size_t *)self});
}

static void our_pbkdf2(void *self)
{
    (void)self;
    pbkdf2_sm3(out, 48, (bzt_span){in, 6}, (bzt_span){in, 56}, 10000);
}

static void our_key(void *self)
{
    (void)self;
    sm4_init_encrypt(&enc, key);
}

/* ---- OpenSSL: a context per mode, made before; a run sets only its iv ---- */

static void their_cipher(void *self)
{
    EVP_CIPHER_CTX *ctx = self;
    int n;
    require(EVP_CipherInit_ex(ctx, 0, 0, 0, iv, -1));
    require(EVP_CipherUpdate(ctx, out, &n, in, SIZE));
}

static EVP_CIPHER_CTX *openssl(const EVP_CIPHER *cipher, int encrypt)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    require(ctx && EVP_CipherInit_ex(ctx, cipher, 0, key, iv, encrypt));
    EVP_CIPHER_CTX_set_padding(ctx, 0);
    return ctx;
}

static void their_sm3(void *self)
{
    require(EVP_Digest(in, *(size_t *)self, out, 0, EVP_sm3(), 0));
}

static void their_hmac(void *self)
{
    unsigned n;
    require(HMAC(EVP_sm3(), key, 16, in, *(size_t *)self, out, &n) != 0);
}

static void their_pbkdf2(void *self)
{
    (void)self;
    require(PKCS5_PBKDF2_HMAC((const char *)in, 6, in, 56, 10000, EVP_sm3(), 48,
                              out));
}

/* ---- libgcrypt ---- */

typedef struct gcrypt_mode {
    gcry_cipher_hd_t h;
    int is_decrypt;
} gcrypt_mode;

static gcrypt_mode gcrypt(int mode, int is_decrypt)
{
    gcrypt_mode m = {.is_decrypt = is_decrypt};
    require(!gcry_cipher_open(&m.h, GCRY_CIPHER_SM4, mode, 0));
    require(!gcry_cipher_setkey(m.h, key, 16));
    return m;
}

static void gcrypt_cipher(void *self)
{
    gcrypt_mode *m = self;
    gcry_cipher_setiv(m->h, iv, 16);
    if (m->is_decrypt)
        require(!gcry_cipher_decrypt(m->h, out, SIZE, in, SIZE));
    else
        require(!gcry_cipher_encrypt(m->h, out, SIZE, in, SIZE));
}

static void gcrypt_ctr(void *self)
{
    gcrypt_mode *m = self;
    gcry_cipher_setctr(m->h, iv, 16);
    require(!gcry_cipher_encrypt(m->h, out, SIZE, in, SIZE));
}

/* As ours: a new key for each message. */
static void gcrypt_gcm(gcrypt_mode *m, size_t len)
{
    require(!gcry_cipher_setkey(m->h, key, 16));
    gcry_cipher_setiv(m->h, iv, 12);
    require(!gcry_cipher_authenticate(m->h, key, 16));
    require(!gcry_cipher_encrypt(m->h, out, len, in, len));
    require(!gcry_cipher_gettag(m->h, tag, 16));
}

static void gcrypt_gcm_long(void *self)
{
    gcrypt_gcm(self, SIZE);
}

static void gcrypt_gcm_short(void *self)
{
    gcrypt_gcm(self, SMALL);
}

static void gcrypt_sm3(void *self)
{
    gcry_md_hash_buffer(GCRY_MD_SM3, out, in, *(size_t *)self);
}

static void gcrypt_pbkdf2(void *self)
{
    (void)self;
    require(!gcry_kdf_derive(in, 6, GCRY_KDF_PBKDF2, GCRY_MD_SM3, in, 56, 10000,
                             48, out));
}

static void ciphers(bench *b)
{
    gcrypt_mode ecb = gcrypt(GCRY_CIPHER_MODE_ECB, 0);
    gcrypt_mode cbc = gcrypt(GCRY_CIPHER_MODE_CBC, 0);
    gcrypt_mode cbc_back = gcrypt(GCRY_CIPHER_MODE_CBC, 1);
    gcrypt_mode ctr = gcrypt(GCRY_CIPHER_MODE_CTR, 0);
    gcrypt_mode gcm = gcrypt(GCRY_CIPHER_MODE_GCM, 0);
    size_t whole = SIZE, small = SMALL;
    const bench_case c_ecb[] = {
        {"bzt", our_ecb, 0, SIZE},
        {"openssl", their_cipher, openssl(EVP_sm4_ecb(), 1), SIZE},
        {"libgcrypt", gcrypt_cipher, &ecb, SIZE}};
    const bench_case c_cbc[] = {
        {"bzt", our_cbc_encrypt, 0, SIZE},
        {"openssl", their_cipher, openssl(EVP_sm4_cbc(), 1), SIZE},
        {"libgcrypt", gcrypt_cipher, &cbc, SIZE}};
    const bench_case c_cbc_back[] = {
        {"bzt", our_cbc_decrypt, 0, SIZE},
        {"openssl", their_cipher, openssl(EVP_sm4_cbc(), 0), SIZE},
        {"libgcrypt", gcrypt_cipher, &cbc_back, SIZE}};
    const bench_case c_ctr[] = {
        {"bzt", our_ctr, 0, SIZE},
        {"openssl", their_cipher, openssl(EVP_sm4_ctr(), 1), SIZE},
        {"libgcrypt", gcrypt_ctr, &ctr, SIZE}};
    const bench_case c_gcm[] = {{"bzt", our_gcm, &whole, SIZE},
                                {"libgcrypt", gcrypt_gcm_long, &gcm, SIZE}};
    const bench_case c_gcm_small[] = {
        {"bzt", our_gcm, &small, SMALL},
        {"libgcrypt", gcrypt_gcm_short, &gcm, SMALL}};
    const bench_case c_key[] = {{"bzt", our_key, 0, 0}};
    bench_group(b, NULL, "sm4 ecb 16 KiB", c_ecb, 3);
    bench_group(b, NULL, "sm4 cbc encrypt 16 KiB", c_cbc, 3);
    bench_group(b, NULL, "sm4 cbc decrypt 16 KiB", c_cbc_back, 3);
    bench_group(b, NULL, "sm4 ctr 16 KiB", c_ctr, 3);
    bench_group(b, NULL, "sm4 gcm seal 16 KiB", c_gcm, 2);
    bench_group(b, NULL, "sm4 gcm seal 256 B", c_gcm_small, 2);
    bench_group(b, NULL, "sm4 key", c_key, 1);
    EVP_CIPHER_CTX_free(c_ecb[1].self);
    EVP_CIPHER_CTX_free(c_cbc[1].self);
    EVP_CIPHER_CTX_free(c_cbc_back[1].self);
    EVP_CIPHER_CTX_free(c_ctr[1].self);
    gcry_cipher_close(ecb.h);
    gcry_cipher_close(cbc.h);
    gcry_cipher_close(cbc_back.h);
    gcry_cipher_close(ctr.h);
    gcry_cipher_close(gcm.h);
}

static void hashes(bench *b)
{
    size_t whole = SIZE, small = 64;
    const bench_case c_sm3[] = {{"bzt", our_sm3, &whole, SIZE},
                                {"openssl", their_sm3, &whole, SIZE},
                                {"libgcrypt", gcrypt_sm3, &whole, SIZE}};
    const bench_case c_small[] = {{"bzt", our_sm3, &small, 64},
                                  {"openssl", their_sm3, &small, 64},
                                  {"libgcrypt", gcrypt_sm3, &small, 64}};
    const bench_case c_hmac[] = {{"bzt", our_hmac, &small, 64},
                                 {"openssl", their_hmac, &small, 64}};
    const bench_case c_pbkdf2[] = {{"bzt", our_pbkdf2, 0, 0},
                                   {"openssl", their_pbkdf2, 0, 0},
                                   {"libgcrypt", gcrypt_pbkdf2, 0, 0}};
    bench_group(b, NULL, "sm3 16 KiB", c_sm3, 3);
    bench_group(b, NULL, "sm3 64 B", c_small, 3);
    bench_group(b, NULL, "hmac-sm3 64 B", c_hmac, 2);
    bench_group(b, NULL, "pbkdf2 10000, 48 B", c_pbkdf2, 3);
}

int main(int argc, char **argv)
{
    bench b;
    bench_init(&b, "sm4", argc, argv);
    gcry_check_version(0);
    gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    sm4_init_encrypt(&enc, key);
    sm4_init_decrypt(&dec, key);
    ciphers(&b);
    hashes(&b);
    return bench_finish(&b);
}
