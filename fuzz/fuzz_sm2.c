/* SM2 from bytes that an enemy chose: signatures, points, ciphertexts; and
 * scalars that he chose, where different ways must lead to one point. */
#include "core/ge.h"
#include <bzt/sm2.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(int holds)
{
    if (!holds)
        abort();
}

static void signature(bzt_span in)
{
    bzt_sm2_signature sig;
    uint8_t again[BZT_SM2_SIGNATURE_DER_MAX];
    size_t n;
    if (bzt_sm2_signature_read(&sig, in))
        return;
    bzt_sm2_signature_write(again, &n, &sig);
    require(n == in.len && !memcmp(again, in.p, n));
}

static void point(bzt_span in)
{
    uint8_t pub[65], packed[33], back[65];
    if (in.len == 65 && !bzt_sm2_point_check(in.p)) {
        require(!bzt_sm2_point_compress(packed, in.p));
        require(!bzt_sm2_point_decompress(back, packed));
        require(!memcmp(back, in.p, 65));
    }
    if (in.len == 33 && !bzt_sm2_point_decompress(pub, in.p)) {
        require(!bzt_sm2_point_check(pub));
        require(!bzt_sm2_point_compress(packed, pub));
        require(!memcmp(packed, in.p, 33));
    }
}

/* pub, e, r, s: that it verifies is out of reach; that it answers is not. */
static void verification(bzt_span in)
{
    bzt_sm2_signature sig;
    if (in.len != 65 + 32 + 64)
        return;
    memcpy(&sig, in.p + 97, 64);
    bzt_err err = bzt_sm2_verify_digest_vartime(in.p, in.p + 65, &sig);
    require(err == BZT_OK || err == BZT_ERR_POINT || err == BZT_ERR_RANGE ||
            err == BZT_ERR_SIGNATURE);
}

/* The key is 1: the shared point is C1, so that the fuzzer can get far. */
static void ciphertext(bzt_span in)
{
    static const bzt_sm2_key key = {{[31] = 1}};
    uint8_t *out = malloc(in.len + 1);
    require(out != NULL);
    bzt_err err = bzt_sm2_decrypt(out, &key, in);
    for (size_t i = 97; err && i < in.len; i++)
        require(out[i - 97] == 0);
    free(out);
}

static void scalars(bzt_span in)
{
    sc a, b, t;
    ge base, x, y, z;
    if (in.len != 64)
        return;
    sc_reduce(&a, in.p);
    sc_reduce(&b, in.p + 32);
    sc_inv(&t, &b);
    sc_mul(&t, &t, &b);
    sc_mul(&t, &t, &a);
    require(sc_is_zero(&b) ? sc_is_zero(&t) : sc_is_equal(&t, &a));
    ge_set_base(&base);
    ge_mul_base(&x, &a);
    ge_mul(&y, &a, &base);
    require(ge_is_equal(&x, &y));
    ge_mul(&y, &b, &x); /* a b G */
    sc_mul(&t, &a, &b);
    ge_mul_base(&z, &t);
    require(ge_is_equal(&y, &z));
    ge_mul2_vartime(&y, &a, &b, &x); /* (a + b a) G */
    sc_add(&t, &t, &a);
    ge_mul_base(&z, &t);
    require(ge_is_equal(&y, &z));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const bzt_span in = {data, len};
    signature(in);
    point(in);
    verification(in);
    ciphertext(in);
    scalars(in);
    return 0;
}
