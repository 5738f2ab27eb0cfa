/* PKCS#10: the vector, ours in two steps, and what must not pass. */
#include "world.h"

#include "pki/csr.h"
#include "pki/oid.h"
#include "pki_vectors.h"

static const x509_name subject = {.country = S("CN"),
                                  .organisation = S(ORGANISATION),
                                  .common_name = S(ORGANISATION),
                                  .serial = S(USCC)};

static bzt_span make(uint8_t buf[CSR_SIZE_MAX], const party *p)
{
    uint8_t info_buf[CSR_INFO_SIZE_MAX];
    bzt_sm2_signature sig;
    bzt_span info, out;
    assert_int_equal(
        csr_info_write(&info, info_buf, sizeof info_buf, &subject, p->pub),
        BZT_OK);
    assert_int_equal(bzt_sm2_sign(&sig, &p->key, info, random48()), BZT_OK);
    assert_int_equal(csr_write(&out, buf, CSR_SIZE_MAX, info, &sig), BZT_OK);
    return out;
}

static void csr_reads_the_vector(void **state)
{
    csr c;
    x509_name name;
    (void)state;
    assert_int_equal(csr_read(&c, pki.pkcs10_sm2), BZT_OK);
    assert_int_equal(x509_name_read(&name, c.subject), BZT_OK);
    assert_true(text_is(name.country, "CN"));
}

static void csr_reads_back_what_it_writes(void **state)
{
    const world *w = *state;
    uint8_t buf[CSR_SIZE_MAX];
    x509_name name;
    csr c;
    bzt_span der = make(buf, &w->holder);
    assert_int_equal(csr_read(&c, der), BZT_OK);
    assert_memory_equal(c.pub, w->holder.pub, 65);
    assert_int_equal(c.attributes.len, 0);
    assert_int_equal(x509_name_read(&name, c.subject), BZT_OK);
    assert_true(text_is(name.serial, USCC));
    assert_true(text_is(name.organisation, ORGANISATION));
}

static void csr_no_single_bit_may_change(void **state)
{
    const world *w = *state;
    uint8_t buf[CSR_SIZE_MAX];
    csr c;
    bzt_span der = make(buf, &w->holder);
    for (size_t i = 0; i < der.len * 8; i++) {
        buf[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_int_not_equal(csr_read(&c, der), BZT_OK);
        assert_int_equal(c.whole.len, 0);
        buf[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t n = 0; n < der.len; n++)
        assert_int_not_equal(csr_read(&c, (bzt_span){buf, n}), BZT_OK);
    buf[der.len] = 0;
    assert_int_equal(csr_read(&c, (bzt_span){buf, der.len + 1}),
                     BZT_ERR_TRAILING);
}

static void csr_needs_the_key_inside(void **state)
{
    const world *w = *state;
    uint8_t info_buf[CSR_INFO_SIZE_MAX], buf[CSR_SIZE_MAX];
    bzt_sm2_signature sig;
    bzt_span info, der;
    csr c;
    assert_int_equal(csr_info_write(&info, info_buf, sizeof info_buf, &subject,
                                    w->holder.pub),
                     BZT_OK);
    assert_int_equal(bzt_sm2_sign(&sig, &w->person.key, info, random48()),
                     BZT_OK);
    assert_int_equal(csr_write(&der, buf, sizeof buf, info, &sig), BZT_OK);
    assert_int_equal(csr_read(&c, der), BZT_ERR_SIGNATURE);
}

/* info with other attributes, or none at all, signed. */
static bzt_err with_attributes(csr *c, const party *p, bzt_span attributes)
{
    static uint8_t info_buf[CSR_INFO_SIZE_MAX], buf[CSR_SIZE_MAX];
    uint8_t plain_buf[CSR_INFO_SIZE_MAX];
    bzt_sm2_signature sig;
    bzt_span plain, info, der, body;
    der_writer w;
    assert_int_equal(
        csr_info_write(&plain, plain_buf, sizeof plain_buf, &subject, p->pub),
        BZT_OK);
    assert_int_equal(der_read(&body, &plain, DER_SEQUENCE), BZT_OK);
    body.len -= 2; /* A0 00 */
    der_writer_init(&w, info_buf, sizeof info_buf);
    size_t mark = der_begin(&w, DER_SEQUENCE);
    der_write_raw(&w, body);
    der_write_raw(&w, attributes);
    der_end_at(&w, mark);
    assert_int_equal(der_writer_done(&info, &w), BZT_OK);
    assert_int_equal(bzt_sm2_sign(&sig, &p->key, info, random48()), BZT_OK);
    assert_int_equal(csr_write(&der, buf, sizeof buf, info, &sig), BZT_OK);
    return csr_read(c, der);
}

static void csr_needs_attributes_even_if_empty(void **state)
{
    const party *p = &((world *)*state)->holder;
    csr c;
    assert_int_equal(with_attributes(&c, p, S("\xa0\x00")), BZT_OK);
    assert_int_equal(with_attributes(&c, p, S("")), BZT_ERR_TRUNCATED);
    /* challengePassword in a SET, and CFCA's without one */
    assert_int_equal(
        with_attributes(&c, p,
                        S("\xa0\x14\x30\x12\x06\x09\x2a\x86\x48\x86\xf7\x0d"
                          "\x01\x09\x07\x31\x05\x13\x03"
                          "abc")),
        BZT_OK);
    assert_int_equal(c.attributes.len, 20);
    assert_int_equal(
        with_attributes(&c, p,
                        S("\xa0\x12\x30\x10\x06\x09\x2a\x86\x48\x86\xf7\x0d"
                          "\x01\x09\x07\x13\x03"
                          "abc")),
        BZT_ERR_ENCODING);
}

static void csr_tells_when_there_is_no_room(void **state)
{
    const world *w = *state;
    uint8_t buf[CSR_INFO_SIZE_MAX];
    bzt_span out;
    for (size_t cap = 0; cap < 190; cap++)
        assert_int_equal(
            csr_info_write(&out, buf, cap, &subject, w->holder.pub),
            BZT_ERR_SPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csr_reads_the_vector),
        cmocka_unit_test(csr_reads_back_what_it_writes),
        cmocka_unit_test(csr_no_single_bit_may_change),
        cmocka_unit_test(csr_needs_the_key_inside),
        cmocka_unit_test(csr_needs_attributes_even_if_empty),
        cmocka_unit_test(csr_tells_when_there_is_no_room),
    };
    return cmocka_run_group_tests(tests, world_setup, NULL);
}
