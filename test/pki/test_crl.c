/* Revocation lists: the vector, ours, freshness, and no changed bit. */
#include "world.h"

#include "pki/crl.h"
#include "pki_vectors.h"

static bzt_span make(uint8_t *buf, size_t cap, const world *w,
                     const crl_entry *entries, size_t n)
{
    const crl_template t = {.number = 7,
                            .this_update = NOW - 3600000,
                            .next_update = NOW + DAY,
                            .entries = entries,
                            .entries_n = n};
    const pki_signer by = {&w->issuing.cert, &w->issuing.key, random48()};
    bzt_span out;
    assert_int_equal(crl_issue(&out, buf, cap, &t, &by), BZT_OK);
    return out;
}

static void crl_reads_and_verifies_the_vector(void **state)
{
    x509_cert ca;
    crl list;
    crl_entry e;
    (void)state;
    assert_int_equal(x509_read(&ca, pki_certs.ca), BZT_OK);
    assert_int_equal(crl_read(&list, pki.crl), BZT_OK);
    assert_int_equal(crl_verify(&list, &ca), BZT_OK);
    bzt_span cursor = list.entries;
    assert_true(crl_next(&e, &cursor));
    assert_true(e.serial.len > 0);
}

static void crl_says_who_is_revoked(void **state)
{
    const world *w = *state;
    uint8_t buf[2048];
    const crl_entry entries[] = {
        {w->person.cert.serial, NOW - 2 * DAY, PKI_KEY_COMPROMISE},
        {S("\x01\x02"), NOW - 3 * DAY, PKI_UNSPECIFIED},
    };
    crl list;
    crl_entry e;
    assert_int_equal(crl_read(&list, make(buf, sizeof buf, w, entries, 2)),
                     BZT_OK);
    assert_true(list.has_number);
    assert_int_equal(list.number, 7);
    assert_true(der_is_equal(list.aki, w->issuing.cert.ski));
    crl_question q = {&w->person.cert, &w->issuing.cert, NOW, 0};
    assert_int_equal(crl_check(&e, &list, &q), BZT_ERR_CERT_REVOKED);
    assert_int_equal(e.reason, PKI_KEY_COMPROMISE);
    assert_int_equal(e.revoked_at, NOW - 2 * DAY);
    q.cert = &w->holder.cert;
    assert_int_equal(crl_check(&e, &list, &q), BZT_OK);
    assert_int_equal(e.serial.len, 0);
}

static void crl_without_entries_is_valid(void **state)
{
    const world *w = *state;
    uint8_t buf[1024];
    crl list;
    const crl_question q = {&w->holder.cert, &w->issuing.cert, NOW, 0};
    assert_int_equal(crl_read(&list, make(buf, sizeof buf, w, NULL, 0)),
                     BZT_OK);
    assert_int_equal(list.entries.len, 0);
    assert_int_equal(crl_check(NULL, &list, &q), BZT_OK);
}

static void crl_must_be_fresh(void **state)
{
    const world *w = *state;
    uint8_t buf[1024];
    crl list;
    crl_question q = {&w->holder.cert, &w->issuing.cert, NOW, 0};
    assert_int_equal(crl_read(&list, make(buf, sizeof buf, w, NULL, 0)),
                     BZT_OK);
    q.at = NOW + DAY;
    assert_int_equal(crl_check(NULL, &list, &q), BZT_OK);
    q.at = NOW + DAY + 1;
    assert_int_equal(crl_check(NULL, &list, &q), BZT_ERR_STATUS_UNKNOWN);
    q.max_age_ms = 3 * DAY;
    assert_int_equal(crl_check(NULL, &list, &q), BZT_OK);
    q.at = NOW;
    q.max_age_ms = 3599999;
    assert_int_equal(crl_check(NULL, &list, &q), BZT_ERR_STATUS_UNKNOWN);
    q.max_age_ms = 3600000;
    assert_int_equal(crl_check(NULL, &list, &q), BZT_OK);
    q.at = NOW - 3600001;
    assert_int_equal(crl_check(NULL, &list, &q), BZT_ERR_STATUS_UNKNOWN);
}

static void crl_later_revocation_counts_only_for_compromise(void **state)
{
    const world *w = *state;
    uint8_t buf[1024];
    crl list;
    const crl_question q = {&w->holder.cert, &w->issuing.cert, NOW, 0};
    crl_entry e = {w->holder.cert.serial, NOW + 1000, PKI_SUPERSEDED};
    assert_int_equal(crl_read(&list, make(buf, sizeof buf, w, &e, 1)), BZT_OK);
    assert_int_equal(crl_check(NULL, &list, &q), BZT_OK);
    e.reason = PKI_KEY_COMPROMISE;
    assert_int_equal(crl_read(&list, make(buf, sizeof buf, w, &e, 1)), BZT_OK);
    assert_int_equal(crl_check(NULL, &list, &q), BZT_ERR_CERT_REVOKED);
}

static void crl_of_another_issuer_says_nothing(void **state)
{
    const world *w = *state;
    uint8_t buf[1024];
    crl list;
    crl_question q = {&w->rp.cert, &w->rp_root.cert, NOW, 0};
    assert_int_equal(crl_read(&list, make(buf, sizeof buf, w, NULL, 0)),
                     BZT_OK);
    assert_int_equal(crl_check(NULL, &list, &q), BZT_ERR_STATUS_UNKNOWN);
    q.cert = &w->holder.cert;
    assert_int_equal(crl_check(NULL, &list, &q), BZT_ERR_STATUS_UNKNOWN);
    assert_int_equal(crl_verify(&list, &w->root.cert), BZT_ERR_CERT_PATH);
    x509_cert forged = w->issuing.cert; /* right name, wrong key */
    memcpy(forged.pub, w->root.pub, 65);
    assert_int_equal(crl_verify(&list, &forged), BZT_ERR_SIGNATURE);
    forged = w->issuing.cert;
    forged.key_usage = X509_KEY_CERT_SIGN;
    assert_int_equal(crl_verify(&list, &forged), BZT_ERR_CERT_PATH);
}

static void crl_no_single_bit_may_change(void **state)
{
    const world *w = *state;
    uint8_t buf[2048];
    const crl_entry e = {w->person.cert.serial, NOW - DAY, PKI_SUPERSEDED};
    crl list;
    bzt_span der = make(buf, sizeof buf, w, &e, 1);
    for (size_t i = 0; i < der.len * 8; i++) {
        buf[i / 8] ^= (uint8_t)(1 << i % 8);
        bzt_err err = crl_read(&list, der);
        if (!err)
            err = crl_verify(&list, &w->issuing.cert);
        assert_int_not_equal(err, BZT_OK);
        buf[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t n = 0; n < der.len; n++)
        assert_int_not_equal(crl_read(&list, (bzt_span){buf, n}), BZT_OK);
}

static void crl_with_many_entries_fits_its_bound(void **state)
{
    enum { N = 3000 };
    static uint8_t serials[N][20], buf[CRL_SIZE_MAX(N)];
    static crl_entry entries[N];
    const world *w = *state;
    crl list;
    for (size_t i = 0; i < N; i++) {
        fill(serials[i], 20, i + 1);
        serials[i][0] = 0xff; /* needs a zero byte in front */
        entries[i] = (crl_entry){{serials[i], 20}, NOW - DAY, 9};
    }
    assert_int_equal(crl_read(&list, make(buf, sizeof buf, w, entries, N)),
                     BZT_OK);
    x509_cert last = w->holder.cert;
    last.serial = (bzt_span){serials[N - 1], 20};
    const crl_question q = {&last, &w->issuing.cert, NOW, 0};
    assert_int_equal(crl_check(NULL, &list, &q), BZT_ERR_CERT_REVOKED);
}

static void crl_is_issued_only_as_it_should_be(void **state)
{
    const world *w = *state;
    uint8_t buf[1024];
    bzt_span out;
    crl_template t = {.this_update = NOW, .next_update = NOW};
    pki_signer by = {&w->issuing.cert, &w->issuing.key, random48()};
    assert_int_equal(crl_issue(&out, buf, sizeof buf, &t, &by), BZT_ERR_RANGE);
    t.next_update = NOW + DAY;
    by.key = &w->root.key;
    assert_int_equal(crl_issue(&out, buf, sizeof buf, &t, &by),
                     BZT_ERR_KEY_MISMATCH);
    by.key = &w->issuing.key;
    for (size_t cap = 0; cap < 250; cap += 5)
        assert_int_equal(crl_issue(&out, buf, cap, &t, &by), BZT_ERR_SPACE);
    const crl_entry bad = {S("\x01"), NOW, 7};
    t.entries = &bad;
    t.entries_n = 1;
    assert_int_equal(crl_issue(&out, buf, sizeof buf, &t, &by), BZT_ERR_RANGE);
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crl_reads_and_verifies_the_vector),
        cmocka_unit_test(crl_says_who_is_revoked),
        cmocka_unit_test(crl_without_entries_is_valid),
        cmocka_unit_test(crl_must_be_fresh),
        cmocka_unit_test(crl_later_revocation_counts_only_for_compromise),
        cmocka_unit_test(crl_of_another_issuer_says_nothing),
        cmocka_unit_test(crl_no_single_bit_may_change),
        cmocka_unit_test(crl_with_many_entries_fits_its_bound),
        cmocka_unit_test(crl_is_issued_only_as_it_should_be),
    };
    return cmocka_run_group_tests(tests, world_setup, NULL);
}
