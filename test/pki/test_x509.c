/* Certificates: vectors made by others, what real CAs get wrong, our own
 * certificates, and that no change of one bit passes. */
#include "world.h"

#include "pki/oid.h"
#include "pki_vectors.h"

static void x509_reads_and_verifies_the_vectors(void **state)
{
    const bzt_span certs[] = {pki_certs.ca, pki_certs.sign, pki_certs.enc,
                              pki_certs.maker};
    const bzt_span keys[] = {pki_keys.ca, pki_keys.sign, pki_keys.enc,
                             pki_keys.maker};
    x509_cert ca, c;
    (void)state;
    assert_int_equal(x509_read(&ca, certs[0]), BZT_OK);
    assert_true(ca.is_ca);
    for (size_t i = 0; i < 4; i++) {
        bzt_sm2_key key;
        uint8_t pub[65];
        assert_int_equal(x509_read(&c, certs[i]), BZT_OK);
        assert_int_equal(x509_verify(&c, ca.pub), BZT_OK);
        assert_true(x509_name_is_equal(c.issuer, ca.subject));
        memcpy(key.d, keys[i].p, 32);
        assert_int_equal(bzt_sm2_public(pub, &key), BZT_OK);
        assert_memory_equal(pub, c.pub, 65);
    }
}

static void x509_finds_holder_and_usage_of_dual_certificates(void **state)
{
    x509_cert sign, enc;
    x509_holder h;
    (void)state;
    assert_int_equal(x509_read(&sign, pki_certs.sign), BZT_OK);
    assert_int_equal(x509_read(&enc, pki_certs.enc), BZT_OK);
    assert_int_equal(sign.key_usage,
                     X509_DIGITAL_SIGNATURE | X509_NON_REPUDIATION);
    assert_int_equal(enc.key_usage, X509_KEY_ENCIPHERMENT |
                                        X509_DATA_ENCIPHERMENT |
                                        X509_KEY_AGREEMENT);
    assert_false(der_is_equal(sign.serial, enc.serial));
    assert_true(x509_name_is_equal(sign.subject, enc.subject));
    x509_holder_read(&h, &sign);
    assert_int_equal(h.uscc.len, 18);
    assert_true(h.common_name.len > 0);
    assert_true(text_is(h.country, "CN"));
}

static void x509_reads_back_what_it_writes(void **state)
{
    const world *w = *state;
    const x509_cert *c = &w->holder.cert;
    x509_holder h;
    assert_int_equal(x509_verify(c, w->issuing.pub), BZT_OK);
    assert_int_equal(c->serial.len, 16);
    assert_int_equal(c->not_before, NOW - 30 * DAY);
    assert_int_equal(c->not_after, NOW + 365 * DAY);
    assert_memory_equal(c->pub, w->holder.pub, 65);
    assert_int_equal(c->key_usage,
                     X509_DIGITAL_SIGNATURE | X509_NON_REPUDIATION);
    assert_false(c->is_ca);
    assert_false(c->has_unknown_critical);
    assert_true(der_is_equal(c->aki, w->issuing.cert.ski));
    assert_true(text_is(c->crl_url, "http://ca.example.cn/ca/v1/issuing/crl"));
    assert_true(
        text_is(c->ocsp_url, "http://ca.example.cn/ca/v1/issuing/ocsp"));
    assert_true(text_is(c->issuer_url,
                        "http://ca.example.cn/ca/v1/issuing/certificate"));
    x509_holder_read(&h, c);
    assert_true(text_is(h.uscc, USCC));
    assert_true(text_is(h.organisation, ORGANISATION));
    assert_true(text_is(h.common_name, ORGANISATION));
    assert_int_equal(h.id_number.len, 0);
    x509_holder_read(&h, &w->person.cert);
    assert_true(text_is(h.id_number, "11010519491231002X"));
    assert_int_equal(h.uscc.len, 0);
}

static void x509_profiles_differ_in_what_they_permit(void **state)
{
    const world *w = *state;
    assert_true(w->root.cert.is_ca && !w->root.cert.has_path_len);
    assert_true(w->issuing.cert.is_ca && w->issuing.cert.has_path_len);
    assert_int_equal(w->issuing.cert.path_len, 0);
    assert_int_equal(w->issuing.cert.key_usage,
                     X509_KEY_CERT_SIGN | X509_CRL_SIGN);
    assert_int_equal(w->ocsp.cert.eku, X509_EKU_OCSP_SIGNING);
    assert_true(w->ocsp.cert.has_nocheck);
    assert_int_equal(w->rp.cert.key_usage, X509_DIGITAL_SIGNATURE);
}

static void x509_matches_hosts(void **state)
{
    const x509_cert *c = &((world *)*state)->rp.cert;
    assert_true(x509_has_host(c, S("trade.example.cn")));
    assert_true(x509_has_host(c, S("a.bid.example.cn")));
    assert_false(x509_has_host(c, S("a.b.bid.example.cn")));
    assert_false(x509_has_host(c, S("bid.example.cn")));
    assert_false(x509_has_host(c, S(".bid.example.cn")));
    assert_false(x509_has_host(c, S("Trade.example.cn")));
    assert_false(x509_has_host(c, S("trade.example.cn.")));
    assert_false(x509_has_host(c, S("xtrade.example.cn")));
    assert_false(x509_has_host(c, S("*.bid.example.cn")));
    assert_false(x509_has_host(c, S("")));
}

static void x509_refuses_bad_templates(void **state)
{
    world *w = *state;
    uint8_t buf[X509_SIZE_MAX];
    bzt_span out = S("x");
    const x509_template good =
        template_of(&w->holder, X509_SIGNING, "name", 99);
#define REFUSED(change, want)                                                  \
    do {                                                                       \
        x509_template t = good;                                                \
        change;                                                                \
        assert_int_equal(                                                      \
            x509_tbs_write(&out, buf, sizeof buf, &t, &w->issuing.cert),       \
            want);                                                             \
        assert_int_equal(out.len, 0);                                          \
    } while (0)
    REFUSED(t.serial_len = 7, BZT_ERR_RANGE);
    REFUSED(t.serial_len = 21, BZT_ERR_RANGE);
    REFUSED(t.not_after = t.not_before - 1, BZT_ERR_RANGE);
    REFUSED(t.subject.common_name = S(""), BZT_ERR_ENCODING);
    REFUSED(t.subject.common_name = S("a\nb"), BZT_ERR_ENCODING);
    REFUSED(t.subject.common_name = S("\xff"), BZT_ERR_ENCODING);
    REFUSED(t.subject.country = S("CHN"), BZT_ERR_ENCODING);
    REFUSED(t.subject.serial = S("a*b"), BZT_ERR_ENCODING);
    REFUSED(t.uscc = S("91350100M000100Y44"), BZT_ERR_ENCODING);
    REFUSED(t.id_number = S("110105194912310021"), BZT_ERR_ENCODING);
    REFUSED(t.crl_url = S("ldap://x"), BZT_ERR_ENCODING);
    REFUSED(t.ocsp_url = S("http://x y"), BZT_ERR_ENCODING);
    REFUSED(t.profile = X509_RP, BZT_ERR_ENCODING);
    REFUSED(t.pub[64] ^= 1, BZT_ERR_POINT);
    {
        static const bzt_span bad[] = {S("Upper.cn")};
        REFUSED(t.hosts = bad; t.hosts_n = 1, BZT_ERR_ENCODING);
    }
#undef REFUSED
    for (size_t cap = 0; cap < 300; cap += 7)
        assert_int_equal(
            x509_tbs_write(&out, buf, cap, &good, &w->issuing.cert),
            BZT_ERR_SPACE);
}

static void x509_issues_only_with_the_key_of_the_certificate(void **state)
{
    world *w = *state;
    uint8_t buf[X509_SIZE_MAX];
    bzt_span out;
    const x509_template t = template_of(&w->holder, X509_SIGNING, "n", 3);
    const pki_signer by = {&w->issuing.cert, &w->root.key, random48()};
    assert_int_equal(x509_issue(&out, buf, sizeof buf, &t, &by),
                     BZT_ERR_KEY_MISMATCH);
    assert_int_equal(out.len, 0);
}

static void x509_in_two_steps_is_the_same(void **state)
{
    world *w = *state;
    uint8_t tbs_buf[X509_SIZE_MAX], buf[X509_SIZE_MAX];
    bzt_span tbs, out;
    bzt_sm2_signature sig;
    x509_cert c;
    const x509_template t = template_of(&w->holder, X509_SIGNING, "n", 3);
    assert_int_equal(
        x509_tbs_write(&tbs, tbs_buf, sizeof tbs_buf, &t, &w->issuing.cert),
        BZT_OK);
    assert_int_equal(bzt_sm2_sign(&sig, &w->issuing.key, tbs, random48()),
                     BZT_OK);
    assert_int_equal(x509_write(&out, buf, sizeof buf, tbs, &sig), BZT_OK);
    assert_int_equal(x509_read(&c, out), BZT_OK);
    assert_int_equal(x509_verify(&c, w->issuing.pub), BZT_OK);
    assert_true(der_is_equal(c.tbs, tbs));
}

static void x509_no_single_bit_may_change(void **state)
{
    world *w = *state;
    uint8_t copy[X509_SIZE_MAX];
    const bzt_span good = w->holder.span;
    x509_cert c;
    for (size_t i = 0; i < good.len * 8; i++) {
        memcpy(copy, good.p, good.len);
        copy[i / 8] ^= (uint8_t)(1 << i % 8);
        bzt_err err = x509_read(&c, (bzt_span){copy, good.len});
        if (!err)
            err = x509_verify(&c, w->issuing.pub);
        assert_int_not_equal(err, BZT_OK);
    }
}

static void x509_no_length_may_change(void **state)
{
    world *w = *state;
    uint8_t copy[X509_SIZE_MAX] = {0};
    const bzt_span good = w->holder.span;
    x509_cert c;
    for (size_t n = 0; n < good.len; n++) {
        assert_int_not_equal(x509_read(&c, (bzt_span){good.p, n}), BZT_OK);
        assert_int_equal(c.whole.len, 0);
    }
    memcpy(copy, good.p, good.len);
    assert_int_equal(x509_read(&c, (bzt_span){copy, good.len + 1}),
                     BZT_ERR_TRAILING);
}

/* ---- sloppy certificates, made by hand ---- */

typedef struct sloppy {
    bool has_null_parameters;
    bool has_bare_key_algorithm; /* 1.2.156.10197.1.301 directly */
    bool has_raw_signature;
    bool has_generalized_time;
    bool has_short_serial;
    bzt_span extensions; /* content of the list */
} sloppy;

static void alg(der_writer *w, const sloppy *s)
{
    size_t mark = der_begin(w, DER_SEQUENCE);
    der_write(w, DER_OID, OID_SM2_SM3);
    if (s->has_null_parameters)
        der_write_null(w);
    der_end_at(w, mark);
}

static void spki(der_writer *w, const sloppy *s, const uint8_t pub[65])
{
    size_t whole = der_begin(w, DER_SEQUENCE);
    size_t mark = der_begin(w, DER_SEQUENCE);
    if (!s->has_bare_key_algorithm)
        der_write(w, DER_OID, OID_EC_PUBLIC_KEY);
    der_write(w, DER_OID, OID_SM2);
    der_end_at(w, mark);
    der_write_bits(w, (bzt_span){pub, 65});
    der_end_at(w, whole);
}

static void validity(der_writer *w, const sloppy *s)
{
    size_t mark = der_begin(w, DER_SEQUENCE);
    if (s->has_generalized_time)
        der_write_generalized_time(w, NOW - DAY);
    else
        der_write_time(w, NOW - DAY);
    der_write_time(w, NOW + DAY);
    der_end_at(w, mark);
}

static void tbs(der_writer *w, const sloppy *s, const party *ca)
{
    static const uint8_t serial[] = {0x5a, 1, 2, 3, 4, 5, 6, 7};
    size_t whole = der_begin(w, DER_SEQUENCE);
    size_t mark = der_begin(w, DER_CONTEXT_CONSTRUCTED(0));
    der_write_u64(w, 2);
    der_end_at(w, mark);
    der_write_uint(w, (bzt_span){serial, s->has_short_serial ? 1 : 8});
    alg(w, s);
    der_write_raw(w, ca->cert.subject);
    validity(w, s);
    der_write_raw(w, ca->cert.subject);
    spki(w, s, ca->pub);
    if (s->extensions.len) {
        mark = der_begin(w, DER_CONTEXT_CONSTRUCTED(3));
        der_write(w, DER_SEQUENCE, s->extensions);
        der_end_at(w, mark);
    }
    der_end_at(w, whole);
}

static bzt_err sloppy_read(x509_cert *c, const sloppy *s, const party *ca)
{
    static uint8_t tbs_buf[X509_SIZE_MAX], buf[X509_SIZE_MAX];
    bzt_sm2_signature sig;
    bzt_span signed_part, der;
    der_writer w;
    der_writer_init(&w, tbs_buf, sizeof tbs_buf);
    tbs(&w, s, ca);
    assert_int_equal(der_writer_done(&signed_part, &w), BZT_OK);
    assert_int_equal(bzt_sm2_sign(&sig, &ca->key, signed_part, random48()),
                     BZT_OK);
    der_writer_init(&w, buf, sizeof buf);
    size_t mark = der_begin(&w, DER_SEQUENCE);
    der_write_raw(&w, signed_part);
    alg(&w, s);
    if (s->has_raw_signature) {
        der_write_bits(&w, (bzt_span){(uint8_t *)&sig, 64});
    } else {
        uint8_t sig_der[BZT_SM2_SIGNATURE_DER_MAX];
        size_t len;
        bzt_sm2_signature_write(sig_der, &len, &sig);
        der_write_bits(&w, (bzt_span){sig_der, len});
    }
    der_end_at(&w, mark);
    assert_int_equal(der_writer_done(&der, &w), BZT_OK);
    bzt_err err = x509_read(c, der);
    return err ? err : x509_verify(c, ca->pub);
}

static void x509_tolerates_what_real_cas_write(void **state)
{
    const party *ca = &((world *)*state)->root;
    x509_cert c;
    const sloppy all[] = {
        {0},
        {.has_null_parameters = true},
        {.has_bare_key_algorithm = true},
        {.has_raw_signature = true},
        {.has_generalized_time = true},
        {.has_short_serial = true},
        {true, true, true, true, true, {0, 0}},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        assert_int_equal(sloppy_read(&c, &all[i], ca), BZT_OK);
}

#define EXT(oid, value) S("\x30" oid "\x04" value)
#define KU(bits)        S("\x30\x0b\x06\x03\x55\x1d\x0f\x04\x04" bits)
#define BC(len2, len1, value)                                                  \
    S("\x30" len2 "\x06\x03\x55\x1d\x13\x04" len1 value)

static void x509_tolerates_sloppy_extensions(void **state)
{
    const party *ca = &((world *)*state)->root;
    x509_cert c;
    sloppy s = {.extensions = KU("\x03\x02\x00\xc0")};
    assert_int_equal(sloppy_read(&c, &s, ca), BZT_OK);
    assert_int_equal(c.key_usage,
                     X509_DIGITAL_SIGNATURE | X509_NON_REPUDIATION);
    s.extensions = KU("\x03\x02\x03\x38");
    assert_int_equal(sloppy_read(&c, &s, ca), BZT_OK);
    assert_int_equal(c.key_usage, X509_KEY_ENCIPHERMENT |
                                      X509_DATA_ENCIPHERMENT |
                                      X509_KEY_AGREEMENT);
    s.extensions = BC("\x0c", "\x05", "\x30\x03\x01\x01\x00");
    assert_int_equal(sloppy_read(&c, &s, ca), BZT_OK);
    assert_false(c.is_ca);
    s.extensions = BC("\x09", "\x02", "\x30\x00");
    assert_int_equal(sloppy_read(&c, &s, ca), BZT_OK);
    assert_false(c.is_ca);
    s.extensions = BC("\x0f", "\x08", "\x30\x06\x01\x01\xff\x02\x01\x03");
    assert_int_equal(sloppy_read(&c, &s, ca), BZT_OK);
    assert_true(c.is_ca && c.has_path_len);
    assert_int_equal(c.path_len, 3);
    /* raw characters instead of DER: Yunnan's 1.2.5.29.1 */
    s.extensions = S("\x30\x19\x06\x03\x55\x1d\x01\x04\x12"
                     "11010519491231002X");
    assert_int_equal(sloppy_read(&c, &s, ca), BZT_OK);
    x509_holder h;
    x509_holder_read(&h, &c);
    assert_true(text_is(h.id_number, "11010519491231002X"));
    /* SET { [0] { PrintableString } } */
    s.extensions = S("\x30\x24\x06\x08\x2a\x81\x1c\xd0\x14\x04\x01\x01"
                     "\x04\x18\x31\x16\xa0\x14\x13\x12"
                     "11010519491231002X");
    assert_int_equal(sloppy_read(&c, &s, ca), BZT_OK);
    x509_holder_read(&h, &c);
    assert_true(text_is(h.id_number, "11010519491231002X"));
}

static void x509_notes_unknown_critical_and_refuses_doubles(void **state)
{
    const party *ca = &((world *)*state)->root;
    x509_cert c;
    sloppy s = {.extensions =
                    S("\x30\x0b\x06\x03\x55\x1d\x7f\x01\x01\xff\x04\x01\x05")};
    assert_int_equal(sloppy_read(&c, &s, ca), BZT_OK);
    assert_true(c.has_unknown_critical);
    s.extensions = S("\x30\x08\x06\x03\x55\x1d\x7f\x04\x01\x05");
    assert_int_equal(sloppy_read(&c, &s, ca), BZT_OK);
    assert_false(c.has_unknown_critical);
    s.extensions = S("\x30\x08\x06\x03\x55\x1d\x7f\x04\x01\x05"
                     "\x30\x08\x06\x03\x55\x1d\x7f\x04\x01\x05");
    assert_int_equal(sloppy_read(&c, &s, ca), BZT_ERR_UNSUPPORTED);
}

static void holder_code_is_found_in_the_subject(void **state)
{
    world *w = *state;
    party p = w->holder;
    x509_holder h;
    const struct {
        bzt_span serial, organisation, unit;
        bool is_found;
    } rows[] = {
        {S(USCC), S("o"), S("u"), true},
        {S(""), S(USCC ORGANISATION), S("u"), true},
        {S(""), S("o"), S("code " USCC " x"), true},
        {S("1" USCC), S("o"), S("u"), false},
        {S(USCC "1"), S("o"), S("u"), false},
        {S("91350100M000100Y44"), S("o"), S("u"), false},
        {S(""), S(""), S(""), false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        x509_template t = template_of(&p, X509_SIGNING, "n", 40 + i);
        t.subject.serial = rows[i].serial;
        t.subject.organisation = rows[i].organisation;
        t.subject.unit = rows[i].unit;
        issue(&p, &t, &w->issuing);
        x509_holder_read(&h, &p.cert);
        assert_int_equal(h.uscc.len, rows[i].is_found ? 18 : 0);
        if (rows[i].is_found)
            assert_true(text_is(h.uscc, USCC));
    }
}

static void name_comparison_folds_case_and_blanks(void **state)
{
    uint8_t a[256], b[256];
    bzt_span x, y;
    x509_name n = {.country = S("CN"), .common_name = S("Test  CA")};
    x509_name m = {.country = S("cn"), .common_name = S(" test ca ")};
    (void)state;
    assert_int_equal(x509_name_write(&x, a, sizeof a, &n), BZT_OK);
    assert_int_equal(x509_name_write(&y, b, sizeof b, &m), BZT_OK);
    assert_true(x509_name_is_equal(x, y));
    m.common_name = S("testca");
    assert_int_equal(x509_name_write(&y, b, sizeof b, &m), BZT_OK);
    assert_false(x509_name_is_equal(x, y));
    m = n;
    m.unit = S("x");
    assert_int_equal(x509_name_write(&y, b, sizeof b, &m), BZT_OK);
    assert_false(x509_name_is_equal(x, y));
    assert_false(x509_name_is_equal(x, (bzt_span){0, 0}));
    assert_false(x509_name_is_equal((bzt_span){0, 0}, (bzt_span){0, 0}));
}

static void name_has_the_order_of_the_interface(void **state)
{
    uint8_t a[256];
    bzt_span x;
    x509_name again;
    const x509_name n = {.country = S("CN"),
                         .organisation = S("o"),
                         .unit = S("u"),
                         .common_name = S("c"),
                         .serial = S("s")};
    (void)state;
    assert_int_equal(x509_name_write(&x, a, sizeof a, &n), BZT_OK);
    assert_int_equal(x.len, 2 + 13 + 4 * 12);
    assert_int_equal(x.p[2 + 8], 0x06);
    assert_int_equal(x509_name_read(&again, x), BZT_OK);
    assert_true(text_is(again.serial, "s"));
    assert_true(text_is(again.unit, "u"));
    assert_int_equal(again.province.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(x509_reads_and_verifies_the_vectors),
        cmocka_unit_test(x509_finds_holder_and_usage_of_dual_certificates),
        cmocka_unit_test(x509_reads_back_what_it_writes),
        cmocka_unit_test(x509_profiles_differ_in_what_they_permit),
        cmocka_unit_test(x509_matches_hosts),
        cmocka_unit_test(x509_refuses_bad_templates),
        cmocka_unit_test(x509_issues_only_with_the_key_of_the_certificate),
        cmocka_unit_test(x509_in_two_steps_is_the_same),
        cmocka_unit_test(x509_no_single_bit_may_change),
        cmocka_unit_test(x509_no_length_may_change),
        cmocka_unit_test(x509_tolerates_what_real_cas_write),
        cmocka_unit_test(x509_tolerates_sloppy_extensions),
        cmocka_unit_test(x509_notes_unknown_critical_and_refuses_doubles),
        cmocka_unit_test(holder_code_is_found_in_the_subject),
        cmocka_unit_test(name_comparison_folds_case_and_blanks),
        cmocka_unit_test(name_has_the_order_of_the_interface),
    };
    return cmocka_run_group_tests(tests, world_setup, NULL);
}
