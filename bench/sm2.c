/* SM2 beside OpenSSL and libgcrypt in the same run: keys, points,
 * signatures, encryption; and the parts that they are made of. */
#include "bench/bench.h"
#include "core/fe.h"
#include "test/core/sm2_peers.h"

typedef struct work {
    bzt_sm2_key key;
    uint8_t pub[65], e[32], random[48], plain[32];
    bzt_sm2_signature sig;
    uint8_t der[80], cipher[129], cipher_der[200];
    size_t der_len, cipher_der_len;
    sc k;
    ge p;
    fe f;

    EVP_PKEY *openssl;
    EC_GROUP *group;
    EC_POINT *point, *product;
    BIGNUM *scalar, *x, *y;
    BN_CTX *bn;

    gcry_sexp_t gcrypt;
    gcry_ctx_t gcrypt_curve;
    gcry_mpi_t gcrypt_scalar, gcrypt_x, gcrypt_y;
    gcry_mpi_point_t gcrypt_point, gcrypt_base, gcrypt_product;
} work;

static work w;

static void must(bzt_err err)
{
    if (err)
        abort();
}

/* ---- ours --------------------------------------------------------------- */

static void our_fixed(void *self)
{
    uint8_t out[65];
    ge r;
    (void)self;
    ge_mul_base(&r, &w.k);
    must(ge_write(out, &r));
}

static void our_variable(void *self)
{
    uint8_t out[65];
    ge r;
    (void)self;
    ge_mul(&r, &w.k, &w.p);
    must(ge_write(out, &r));
}

static void our_sign(void *self)
{
    bzt_sm2_signature sig;
    (void)self;
    must(bzt_sm2_sign_digest(&sig, &w.key, w.e, w.random));
}

static void our_verify(void *self)
{
    (void)self;
    must(bzt_sm2_verify_digest_vartime(w.pub, w.e, &w.sig));
}

static void our_encrypt(void *self)
{
    uint8_t out[129];
    (void)self;
    must(bzt_sm2_encrypt(out, w.pub, (bzt_span){w.plain, 32}, w.random));
}

static void our_decrypt(void *self)
{
    uint8_t out[32];
    (void)self;
    must(bzt_sm2_decrypt(out, &w.key, (bzt_span){w.cipher, 129}));
}

/* ---- OpenSSL ------------------------------------------------------------ */

static void openssl_affine(void)
{
    peer_must(
        EC_POINT_get_affine_coordinates(w.group, w.product, w.x, w.y, w.bn));
}

static void openssl_fixed(void *self)
{
    (void)self;
    peer_must(EC_POINT_mul(w.group, w.product, w.scalar, NULL, NULL, w.bn));
    openssl_affine();
}

static void openssl_variable(void *self)
{
    (void)self;
    peer_must(EC_POINT_mul(w.group, w.product, NULL, w.point, w.scalar, w.bn));
    openssl_affine();
}

static void openssl_sign_one(void *self)
{
    uint8_t der[80];
    size_t len;
    (void)self;
    openssl_sign_digest(der, &len, w.openssl, w.e);
}

static void openssl_verify_one(void *self)
{
    (void)self;
    peer_must(
        openssl_verify_digest(w.openssl, w.e, (bzt_span){w.der, w.der_len}));
}

static void openssl_encrypt_one(void *self)
{
    uint8_t der[200];
    (void)self;
    openssl_encrypt(der, sizeof der, w.openssl, (bzt_span){w.plain, 32});
}

static void openssl_decrypt_one(void *self)
{
    uint8_t out[32];
    size_t len = sizeof out;
    (void)self;
    peer_must(openssl_decrypt(out, &len, w.openssl,
                              (bzt_span){w.cipher_der, w.cipher_der_len}));
}

/* ---- libgcrypt ---------------------------------------------------------- */

static void gcrypt_mul(gcry_mpi_point_t base)
{
    gcry_mpi_ec_mul(w.gcrypt_product, w.gcrypt_scalar, base, w.gcrypt_curve);
    peer_must(!gcry_mpi_ec_get_affine(w.gcrypt_x, w.gcrypt_y, w.gcrypt_product,
                                      w.gcrypt_curve));
}

static void gcrypt_fixed(void *self)
{
    (void)self;
    gcrypt_mul(w.gcrypt_base);
}

static void gcrypt_variable(void *self)
{
    (void)self;
    gcrypt_mul(w.gcrypt_point);
}

static void gcrypt_sign_one(void *self)
{
    bzt_sm2_signature sig;
    (void)self;
    gcrypt_sign_digest(&sig, w.gcrypt, w.e);
}

static void gcrypt_verify_one(void *self)
{
    (void)self;
    peer_must(gcrypt_verify_digest(w.gcrypt, w.e, &w.sig));
}

static void gcrypt_encrypt_one(void *self)
{
    uint8_t out[129];
    (void)self;
    gcrypt_encrypt(out, w.gcrypt, (bzt_span){w.plain, 32});
}

static void gcrypt_decrypt_one(void *self)
{
    uint8_t out[32];
    (void)self;
    peer_must(gcrypt_decrypt(out, w.gcrypt, (bzt_span){w.cipher, 129}));
}

/* ---- parts: a hundred at a time ----------------------------------------- */

static void parts_mul(void *self)
{
    (void)self;
    for (int i = 0; i < 100; i++)
        fe_mul(&w.f, &w.f, &fe_b);
}

static void parts_sqr(void *self)
{
    (void)self;
    fe_sqr_n(&w.f, &w.f, 100);
}

static void parts_inv(void *self)
{
    (void)self;
    fe_inv(&w.f, &w.f);
}

static void parts_scalar_mul(void *self)
{
    static sc a;
    (void)self;
    for (int i = 0; i < 100; i++)
        sc_mul(&a, &a, &w.k);
}

static void parts_scalar_inv(void *self)
{
    sc a;
    (void)self;
    sc_inv(&a, &w.k);
}

static void run_part(bench *b, const char *name, void (*run)(void *))
{
    const bench_case one = {"bzt", run, NULL, 0};
    bench_group(b, NULL, name, &one, 1);
}

/* ---- */

static void prepare_ours(void)
{
    memset(w.random, 0x5a, sizeof w.random);
    memset(w.e, 0xc3, sizeof w.e);
    memset(w.plain, 0x71, sizeof w.plain);
    must(bzt_sm2_key_new(&w.key, w.pub, w.random));
    must(bzt_sm2_sign_digest(&w.sig, &w.key, w.e, w.random));
    bzt_sm2_signature_write(w.der, &w.der_len, &w.sig);
    must(bzt_sm2_encrypt(w.cipher, w.pub, (bzt_span){w.plain, 32}, w.random));
    w.cipher_der_len = cipher_to_der(w.cipher_der, sizeof w.cipher_der,
                                     (bzt_span){w.cipher, 129});
    must(sc_read(&w.k, w.key.d));
    must(ge_read(&w.p, w.pub));
    w.f = w.p.x;
}

static void prepare_openssl(void)
{
    w.openssl = openssl_key(w.pub, w.key.d);
    w.bn = BN_CTX_new();
    w.group = EC_GROUP_new_by_curve_name(NID_sm2);
    w.point = EC_POINT_new(w.group);
    w.product = EC_POINT_new(w.group);
    w.scalar = BN_bin2bn(w.key.d, 32, NULL);
    w.x = BN_new();
    w.y = BN_new();
    peer_must(EC_POINT_oct2point(w.group, w.point, w.pub, 65, w.bn));
}

static void prepare_gcrypt(void)
{
    gcrypt_begin();
    w.gcrypt = gcrypt_key(w.pub, w.key.d);
    peer_must(!gcry_mpi_ec_new(&w.gcrypt_curve, w.gcrypt, NULL));
    peer_must(
        !gcry_mpi_scan(&w.gcrypt_scalar, GCRYMPI_FMT_USG, w.key.d, 32, NULL));
    w.gcrypt_base = gcry_mpi_ec_get_point("g", w.gcrypt_curve, 1);
    w.gcrypt_point = gcry_mpi_ec_get_point("q", w.gcrypt_curve, 1);
    w.gcrypt_product = gcry_mpi_point_new(0);
    w.gcrypt_x = gcry_mpi_new(0);
    w.gcrypt_y = gcry_mpi_new(0);
}

static double beside(bench *b, const char *name, void (*ours)(void *),
                     void (*openssl)(void *), void (*gcrypt)(void *))
{
    bench_result r[3];
    const bench_case cases[] = {{"bzt", ours, NULL, 0},
                                {"openssl", openssl, NULL, 0},
                                {"libgcrypt", gcrypt, NULL, 0}};
    bench_group(b, r, name, cases, 3);
    return r[1].ns / r[0].ns;
}

int main(int argc, char **argv)
{
    bench b;
    bench_init(&b, "sm2", argc, argv);
    prepare_ours();
    prepare_openssl();
    prepare_gcrypt();
    double fixed =
        beside(&b, "fixed base", our_fixed, openssl_fixed, gcrypt_fixed);
    double variable = beside(&b, "variable base", our_variable,
                             openssl_variable, gcrypt_variable);
    beside(&b, "sign", our_sign, openssl_sign_one, gcrypt_sign_one);
    double verify =
        beside(&b, "verify", our_verify, openssl_verify_one, gcrypt_verify_one);
    beside(&b, "encrypt 32 B", our_encrypt, openssl_encrypt_one,
           gcrypt_encrypt_one);
    beside(&b, "decrypt 32 B", our_decrypt, openssl_decrypt_one,
           gcrypt_decrypt_one);
    run_part(&b, "100 field products", parts_mul);
    run_part(&b, "100 field squares", parts_sqr);
    run_part(&b, "field inverse", parts_inv);
    run_part(&b, "100 scalar products", parts_scalar_mul);
    run_part(&b, "scalar inverse", parts_scalar_inv);
    bench_mark(&b, "verify / OpenSSL", verify, "at least", 3);
    bench_mark(&b, "fixed base / OpenSSL", fixed, "at least", 12);
    bench_mark(&b, "variable base / OpenSSL", variable, "at least", 3);
    return bench_finish(&b);
}
