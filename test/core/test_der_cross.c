/* DER beside OpenSSL: integers, times and bit strings that it writes are read
 * and written again to the same bytes, and what it refuses is refused. */
#include "unit.h"

#include "core/der.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 5000 };

static void assert_written(der_writer *w, const uint8_t *right, int len)
{
    bzt_span out;
    assert_true(len > 0);
    assert_int_equal(der_writer_done(&out, w), BZT_OK);
    assert_int_equal(out.len, len);
    assert_memory_equal(out.p, right, (size_t)len);
}

static void der_integers_equal_openssl(void **state)
{
    uint64_t seed = 21;
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        const size_t len = unit_next(&seed) % 300;
        uint8_t bytes[300], buf[310], *der = 0;
        der_writer w;
        unit_fill(bytes, len, seed);
        if (i % 3 == 0 && len)
            bytes[0] = i % 2 ? 0 : 0x80; /* the borders */
        BIGNUM *n = BN_bin2bn(bytes, (int)len, 0);
        ASN1_INTEGER *a = BN_to_ASN1_INTEGER(n, 0);
        const int der_len = i2d_ASN1_INTEGER(a, &der);
        der_writer_init(&w, buf, sizeof(buf));
        der_write_uint(&w, (bzt_span){bytes, len});
        assert_written(&w, der, der_len);

        bzt_span in = {der, (size_t)der_len}, magnitude;
        assert_int_equal(der_read_uint(&magnitude, &in), BZT_OK);
        assert_int_equal(der_end(in), BZT_OK);
        BIGNUM *back = BN_bin2bn(magnitude.p, (int)magnitude.len, 0);
        assert_int_equal(BN_cmp(n, back), 0);

        BN_set_negative(n, 1);
        ASN1_INTEGER *negative = BN_to_ASN1_INTEGER(n, 0);
        uint8_t *minus = 0;
        in = (bzt_span){0, (size_t)i2d_ASN1_INTEGER(negative, &minus)};
        in.p = minus;
        assert_int_equal(der_read_uint(&magnitude, &in),
                         BN_is_zero(n) ? BZT_OK : BZT_ERR_ENCODING);
        ASN1_INTEGER_free(negative);
        OPENSSL_free(minus);
        BN_free(back);
        ASN1_INTEGER_free(a);
        OPENSSL_free(der);
        BN_free(n);
    }
}

static void der_times_equal_openssl(void **state)
{
    /* 0001-01-01 to 9999-12-31 */
    const int64_t first = -62135596800, last = 253402300799;
    uint64_t seed = 22;
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t span = (uint64_t)(last - first);
        int64_t at = first + (int64_t)(unit_next(&seed) % span), got;
        uint8_t buf[32], *der = 0;
        der_writer w;
        if (i % 2) /* around today more often */
            at = (int64_t)(unit_next(&seed) % 4102444800u) - 1262304000;
        ASN1_TIME *t = ASN1_TIME_adj(0, (time_t)at, 0, 0);
        const int der_len = i2d_ASN1_TIME(t, &der);
        der_writer_init(&w, buf, sizeof(buf));
        der_write_time(&w, at * 1000 + (int64_t)(seed % 1000));
        assert_written(&w, der, der_len);
        bzt_span in = {der, (size_t)der_len};
        assert_int_equal(der_read_time(&got, &in), BZT_OK);
        assert_true(got == at * 1000);
        ASN1_TIME_free(t);
        OPENSSL_free(der);
    }
}

/* One digit or letter of a time changed: both say the same about it. */
static void der_times_refused_equal_openssl(void **state)
{
    uint64_t seed = 23;
    int refused = 0;
    (void)state;
    for (int i = 0; i < 20 * ROUNDS; i++) {
        uint8_t der[17] = {DER_GENERALIZED_TIME, 15};
        const uint8_t *p = der;
        bzt_span in = {der, sizeof(der)};
        int64_t at;
        struct tm tm;
        memcpy(der + 2, "20240229235959Z", 15);
        for (int n = 0; n < 3; n++)
            der[2 + unit_next(&seed) % 14] =
                (uint8_t)("0123456789 -+Z"[unit_next(&seed) % 14]);
        ASN1_TIME *t = d2i_ASN1_TIME(0, &p, sizeof(der));
        const int theirs = t && ASN1_TIME_to_tm(t, &tm);
        const int ours = der_read_time(&at, &in) == BZT_OK;
        assert_int_equal(ours, theirs);
        if (ours)
            assert_true(at == (int64_t)timegm(&tm) * 1000);
        refused += !ours;
        ASN1_TIME_free(t);
    }
    assert_in_range(refused, ROUNDS, 20 * ROUNDS - 100);
}

static void der_named_bits_equal_openssl(void **state)
{
    uint64_t seed = 24;
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        const uint32_t bits =
            (uint32_t)(unit_next(&seed) >> unit_next(&seed) % 64);
        ASN1_BIT_STRING *s = ASN1_BIT_STRING_new();
        uint8_t buf[16], *der = 0;
        uint32_t got;
        der_writer w;
        for (int n = 0; n < 32; n++) {
            if (bits >> n & 1)
                assert_true(ASN1_BIT_STRING_set_bit(s, n, 1));
        }
        const int der_len = i2d_ASN1_BIT_STRING(s, &der);
        der_writer_init(&w, buf, sizeof(buf));
        der_write_named_bits(&w, bits, 32);
        assert_written(&w, der, der_len);
        bzt_span in = {der, (size_t)der_len};
        assert_int_equal(der_read_named_bits(&got, &in), BZT_OK);
        assert_int_equal(got, bits);
        ASN1_BIT_STRING_free(s);
        OPENSSL_free(der);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(der_integers_equal_openssl),
        cmocka_unit_test(der_times_equal_openssl),
        cmocka_unit_test(der_times_refused_equal_openssl),
        cmocka_unit_test(der_named_bits_equal_openssl),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
