/* SM2 of OpenSSL and libgcrypt in the terms of bzt/sm2.h, for the cross tests
 * and the bench.  Any failure of theirs that is not an answer aborts. */
#ifndef BZT_TEST_CORE_SM2_PEERS_H
#define BZT_TEST_CORE_SM2_PEERS_H

#define OPENSSL_SUPPRESS_DEPRECATED /* EC_POINT_mul's relatives */
#include <bzt/sm2.h>
#include <core/der.h>

#include <gcrypt.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

#define PEER __attribute__((unused)) static

PEER void peer_must(int ok)
{
    if (!ok)
        abort();
}

/* ---- OpenSSL ------------------------------------------------------------ */

/* d may be NULL. */
PEER EVP_PKEY *openssl_key(const uint8_t pub[65], const uint8_t *d)
{
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    BIGNUM *priv = d ? BN_bin2bn(d, 32, NULL) : NULL;
    EVP_PKEY *key = NULL;
    peer_must(OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
                                              "SM2", 0));
    peer_must(OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
                                               pub, 65));
    if (priv)
        peer_must(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, priv));
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    peer_must(EVP_PKEY_fromdata_init(ctx) == 1);
    peer_must(EVP_PKEY_fromdata(ctx, &key,
                                d ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                                params) == 1);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    BN_free(priv);
    return key;
}

PEER void openssl_sign_digest(uint8_t *der, size_t *len, EVP_PKEY *key,
                              const uint8_t e[32])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    *len = 80;
    peer_must(EVP_PKEY_sign_init(ctx) == 1);
    peer_must(EVP_PKEY_sign(ctx, der, len, e, 32) == 1);
    EVP_PKEY_CTX_free(ctx);
}

PEER int openssl_verify_digest(EVP_PKEY *key, const uint8_t e[32], bzt_span der)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    peer_must(EVP_PKEY_verify_init(ctx) == 1);
    int ok = EVP_PKEY_verify(ctx, der.p, der.len, e, 32);
    EVP_PKEY_CTX_free(ctx);
    return ok == 1;
}

/* Over a message, with the distinguishing id, which it hashes itself. */
PEER int openssl_verify(EVP_PKEY *key, bzt_span id, bzt_span message,
                        bzt_span der)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    peer_must(EVP_PKEY_CTX_set1_id(ctx, id.p, (int)id.len) == 1);
    EVP_MD_CTX_set_pkey_ctx(md, ctx);
    peer_must(EVP_DigestVerifyInit(md, NULL, EVP_sm3(), NULL, key) == 1);
    int ok = EVP_DigestVerify(md, der.p, der.len, message.p, message.len);
    EVP_MD_CTX_free(md);
    EVP_PKEY_CTX_free(ctx);
    return ok == 1;
}

PEER void openssl_sign(uint8_t *der, size_t *len, EVP_PKEY *key, bzt_span id,
                       bzt_span message)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    *len = 80;
    peer_must(EVP_PKEY_CTX_set1_id(ctx, id.p, (int)id.len) == 1);
    EVP_MD_CTX_set_pkey_ctx(md, ctx);
    peer_must(EVP_DigestSignInit(md, NULL, EVP_sm3(), NULL, key) == 1);
    peer_must(EVP_DigestSign(md, der, len, message.p, message.len) == 1);
    EVP_MD_CTX_free(md);
    EVP_PKEY_CTX_free(ctx);
}

/* SM2Cipher ::= SEQUENCE { x, y INTEGER, C3, C2 OCTET STRING }. */
PEER size_t openssl_encrypt(uint8_t *der, size_t cap, EVP_PKEY *key,
                            bzt_span plain)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    size_t len = cap;
    peer_must(EVP_PKEY_encrypt_init(ctx) == 1);
    peer_must(EVP_PKEY_encrypt(ctx, der, &len, plain.p, plain.len) == 1);
    EVP_PKEY_CTX_free(ctx);
    return len;
}

PEER int openssl_decrypt(uint8_t *out, size_t *len, EVP_PKEY *key, bzt_span der)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    peer_must(EVP_PKEY_decrypt_init(ctx) == 1);
    int ok = EVP_PKEY_decrypt(ctx, out, len, der.p, der.len);
    EVP_PKEY_CTX_free(ctx);
    return ok == 1;
}

PEER void cipher_from_der(uint8_t *out, bzt_span der)
{
    bzt_span body, c3, c2;
    peer_must(!der_read(&body, &der, DER_SEQUENCE) && !der_end(der));
    out[0] = 4;
    peer_must(!der_read_uint256(out + 1, &body));
    peer_must(!der_read_uint256(out + 33, &body));
    peer_must(!der_read(&c3, &body, DER_OCTET_STRING) && c3.len == 32);
    peer_must(!der_read(&c2, &body, DER_OCTET_STRING) && !der_end(body));
    memcpy(out + 65, c3.p, 32);
    memcpy(out + 97, c2.p, c2.len);
}

PEER size_t cipher_to_der(uint8_t *out, size_t cap, bzt_span cipher)
{
    der_writer w;
    bzt_span whole;
    der_writer_init(&w, out, cap);
    size_t mark = der_begin(&w, DER_SEQUENCE);
    der_write_uint(&w, (bzt_span){cipher.p + 1, 32});
    der_write_uint(&w, (bzt_span){cipher.p + 33, 32});
    der_write(&w, DER_OCTET_STRING, (bzt_span){cipher.p + 65, 32});
    der_write(&w, DER_OCTET_STRING, (bzt_span){cipher.p + 97, cipher.len - 97});
    der_end_at(&w, mark);
    peer_must(!der_writer_done(&whole, &w));
    return whole.len;
}

/* ---- libgcrypt ---------------------------------------------------------- */

PEER void gcrypt_begin(void)
{
    peer_must(gcry_check_version("1.9.0") != NULL);
    gcry_control(GCRYCTL_ENABLE_QUICK_RANDOM, 0); /* keys of tests */
    gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
}

PEER gcry_sexp_t gcrypt_key(const uint8_t pub[65], const uint8_t *d)
{
    gcry_sexp_t key;
    if (d)
        peer_must(!gcry_sexp_build(&key, NULL,
                                   "(private-key(ecc(curve sm2p256v1)(q %b)"
                                   "(d %b)))",
                                   65, pub, 32, d));
    else
        peer_must(!gcry_sexp_build(
            &key, NULL, "(public-key(ecc(curve sm2p256v1)(q %b)))", 65, pub));
    return key;
}

PEER gcry_sexp_t gcrypt_data(bzt_span value)
{
    gcry_sexp_t data;
    peer_must(!gcry_sexp_build(&data, NULL, "(data(flags sm2)(value %b))",
                               (int)value.len, value.p));
    return data;
}

PEER gcry_sexp_t gcrypt_digest(const uint8_t e[32])
{
    gcry_sexp_t data;
    peer_must(
        !gcry_sexp_build(&data, NULL, "(data(flags sm2)(hash sm3 %b))", 32, e));
    return data;
}

/* The value named `name`, right-aligned in `len` bytes. */
PEER void gcrypt_value(uint8_t *out, size_t len, gcry_sexp_t from,
                       const char *name)
{
    size_t n;
    gcry_sexp_t part = gcry_sexp_find_token(from, name, 0);
    const uint8_t *p = (const uint8_t *)gcry_sexp_nth_data(part, 1, &n);
    peer_must(p != NULL);
    while (n > len && !*p) {
        p++;
        n--;
    }
    peer_must(n <= len);
    memset(out, 0, len - n);
    memcpy(out + len - n, p, n);
    gcry_sexp_release(part);
}

PEER void gcrypt_sign_digest(bzt_sm2_signature *out, gcry_sexp_t key,
                             const uint8_t e[32])
{
    gcry_sexp_t sig, data = gcrypt_digest(e);
    peer_must(!gcry_pk_sign(&sig, data, key));
    gcrypt_value(out->r, 32, sig, "r");
    gcrypt_value(out->s, 32, sig, "s");
    gcry_sexp_release(sig);
    gcry_sexp_release(data);
}

PEER int gcrypt_verify_digest(gcry_sexp_t key, const uint8_t e[32],
                              const bzt_sm2_signature *sig)
{
    gcry_sexp_t s, data = gcrypt_digest(e);
    peer_must(!gcry_sexp_build(&s, NULL, "(sig-val(sm2(r %b)(s %b)))", 32,
                               sig->r, 32, sig->s));
    int ok = gcry_pk_verify(s, data, key) == 0;
    gcry_sexp_release(s);
    gcry_sexp_release(data);
    return ok;
}

PEER void gcrypt_encrypt(uint8_t *cipher, gcry_sexp_t key, bzt_span plain)
{
    gcry_sexp_t out, data = gcrypt_data(plain);
    peer_must(!gcry_pk_encrypt(&out, data, key));
    gcrypt_value(cipher, 65, out, "a");
    gcrypt_value(cipher + 65, 32, out, "b");
    gcrypt_value(cipher + 97, plain.len, out, "c");
    gcry_sexp_release(out);
    gcry_sexp_release(data);
}

PEER int gcrypt_decrypt(uint8_t *out, gcry_sexp_t key, bzt_span cipher)
{
    gcry_sexp_t in, plain;
    peer_must(!gcry_sexp_build(
        &in, NULL, "(enc-val(flags sm2)(sm2(a %b)(b %b)(c %b)))", 65, cipher.p,
        32, cipher.p + 65, (int)cipher.len - 97, cipher.p + 97));
    int ok = gcry_pk_decrypt(&plain, in, key) == 0;
    if (ok) {
        gcrypt_value(out, cipher.len - 97, plain, "value");
        gcry_sexp_release(plain);
    }
    gcry_sexp_release(in);
    return ok;
}

#endif
