/* PEM: round trips, several objects, and what is refused. */
#include "world.h"

#include "pki/pem.h"

static void pem_reads_back_all_lengths(void **state)
{
    uint8_t der[200], buf[512];
    char text[PEM_SIZE(200)];
    (void)state;
    fill(der, sizeof der, 3);
    for (size_t n = 1; n < sizeof der; n++) {
        bzt_span out, in, got;
        assert_int_equal(pem_write(&out, text, PEM_SIZE(n), "CERTIFICATE",
                                   (bzt_span){der, n}),
                         BZT_OK);
        assert_int_equal(text[out.len], 0);
        in = out;
        assert_int_equal(pem_read(&got, buf, out.len, &in, "CERTIFICATE"),
                         BZT_OK);
        assert_int_equal(got.len, n);
        assert_memory_equal(got.p, der, n);
        assert_int_equal(pem_read(&got, buf, sizeof buf, &in, "CERTIFICATE"),
                         BZT_ERR_NOT_FOUND);
        for (size_t cap = 0; cap <= out.len; cap += 7)
            assert_int_equal(
                pem_write(&in, text, cap, "CERTIFICATE", (bzt_span){der, n}),
                BZT_ERR_SPACE);
    }
}

static void pem_passes_over_other_labels(void **state)
{
    uint8_t buf[256];
    bzt_span got, text = S("comment\n-----BEGIN X-----\nAAAA\n-----END X-----\n"
                           "-----BEGIN Y-----\r\nZm9v\r\n-----END Y-----\r\n"
                           "-----BEGIN Y-----\nZg==\n-----END Y-----");
    (void)state;
    assert_int_equal(pem_read(&got, buf, sizeof buf, &text, "Y"), BZT_OK);
    assert_true(text_is(got, "foo"));
    assert_int_equal(pem_read(&got, buf, sizeof buf, &text, "Y"), BZT_OK);
    assert_true(text_is(got, "f"));
    assert_int_equal(pem_read(&got, buf, sizeof buf, &text, "Y"),
                     BZT_ERR_NOT_FOUND);
}

static void pem_refuses_broken_ones(void **state)
{
    uint8_t buf[256];
    bzt_span got, text = S("-----BEGIN Y-----\nZm9v\n");
    (void)state;
    assert_int_equal(pem_read(&got, buf, sizeof buf, &text, "Y"),
                     BZT_ERR_TRUNCATED);
    text = S("-----BEGIN Y-----\nZm9*\n-----END Y-----");
    assert_int_equal(pem_read(&got, buf, sizeof buf, &text, "Y"),
                     BZT_ERR_ENCODING);
    text = S("-----BEGIN Y-----\nZm9vZm9v\n-----END Y-----");
    assert_int_equal(pem_read(&got, buf, 5, &text, "Y"), BZT_ERR_SPACE);
    text = S("-----BEGIN Y----");
    assert_int_equal(pem_read(&got, buf, sizeof buf, &text, "Y"),
                     BZT_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pem_reads_back_all_lengths),
        cmocka_unit_test(pem_passes_over_other_labels),
        cmocka_unit_test(pem_refuses_broken_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
