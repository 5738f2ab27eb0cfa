/* OCSP: vectors made by OpenSSL, ours, whose word counts, freshness, nonce,
 * and no changed bit. */
#include "world.h"

#include "pki/ocsp.h"
#include "pki/sha1.h"
#include "pki_vectors.h"

static void sha1_knows_the_answers_of_fips180(void **state)
{
    uint8_t d[20];
    static uint8_t million[1000000];
    (void)state;
    sha1_digest(d, S("abc"));
    assert_memory_equal(d,
                        "\xa9\x99\x3e\x36\x47\x06\x81\x6a\xba\x3e\x25\x71\x78"
                        "\x50\xc2\x6c\x9c\xd0\xd8\x9d",
                        20);
    sha1_digest(d, (bzt_span){0, 0});
    assert_memory_equal(d,
                        "\xda\x39\xa3\xee\x5e\x6b\x4b\x0d\x32\x55\xbf\xef\x95"
                        "\x60\x18\x90\xaf\xd8\x07\x09",
                        20);
    sha1_digest(d,
                S("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"));
    assert_memory_equal(d,
                        "\x84\x98\x3e\x44\x1c\x3b\xd2\x6e\xba\xae\x4a\xa1\xf9"
                        "\x51\x29\xe5\xe5\x46\x70\xf1",
                        20);
    memset(million, 'a', sizeof million);
    sha1_digest(d, (bzt_span){million, sizeof million});
    assert_memory_equal(d,
                        "\x34\xaa\x97\x3c\xd4\xc4\xda\xa4\xf6\x1e\xeb\x2b\xdb"
                        "\xad\x27\x31\x65\x34\x01\x6f",
                        20);
}

static void ocsp_reads_the_vectors(void **state)
{
    x509_cert ca;
    ocsp_request r;
    ocsp_response a;
    ocsp_cert_id id;
    ocsp_single s;
    (void)state;
    assert_int_equal(x509_read(&ca, pki_certs.ca), BZT_OK);
    assert_int_equal(ocsp_request_read(&r, pki.ocsp_request), BZT_OK);
    bzt_span cursor = r.list;
    assert_true(ocsp_request_next(&id, &cursor));
    assert_int_equal(id.hash, OCSP_SHA1);
    assert_true(ocsp_id_is_of(&id, &ca));
    assert_int_equal(ocsp_response_read(&a, pki.ocsp_response), BZT_OK);
    assert_int_equal(ocsp_response_verify(&a, &ca, a.produced_at), BZT_OK);
    cursor = a.singles;
    assert_true(ocsp_response_next(&s, &cursor));
    assert_true(ocsp_id_is_of(&s.id, &ca));
}

static bzt_span ask(uint8_t buf[OCSP_REQUEST_SIZE_MAX], const world *w,
                    ocsp_hash hash, bzt_span nonce)
{
    const ocsp_question q = {&w->holder.cert, &w->issuing.cert, hash, nonce};
    bzt_span out;
    assert_int_equal(ocsp_request_write(&out, buf, OCSP_REQUEST_SIZE_MAX, &q),
                     BZT_OK);
    return out;
}

static void ocsp_request_reads_back(void **state)
{
    const world *w = *state;
    uint8_t buf[OCSP_REQUEST_SIZE_MAX];
    ocsp_request r;
    ocsp_cert_id id;
    for (int hash = OCSP_SM3; hash <= OCSP_SHA1; hash++) {
        bzt_span der = ask(buf, w, (ocsp_hash)hash, S("0123456789abcdef"));
        assert_int_equal(ocsp_request_read(&r, der), BZT_OK);
        assert_true(text_is(r.nonce, "0123456789abcdef"));
        bzt_span cursor = r.list;
        assert_true(ocsp_request_next(&id, &cursor));
        assert_int_equal(id.hash, hash);
        assert_true(ocsp_id_is_of(&id, &w->issuing.cert));
        assert_false(ocsp_id_is_of(&id, &w->root.cert));
        assert_true(der_is_equal(id.serial, w->holder.cert.serial));
        assert_false(ocsp_request_next(&id, &cursor));
        for (size_t n = 0; n < der.len; n++)
            assert_int_not_equal(ocsp_request_read(&r, (bzt_span){buf, n}),
                                 BZT_OK);
    }
    assert_int_equal(
        ocsp_request_read(&r, ask(buf, w, OCSP_SM3, (bzt_span){0, 0})), BZT_OK);
    assert_int_equal(r.nonce.len, 0);
}

/* A request of n ids with these optional parts. */
typedef struct parts {
    size_t ids;
    bzt_span front;      /* before requestList */
    bzt_span extensions; /* behind it */
    bzt_span item_extensions;
    bzt_span signature;
} parts;

static bzt_err request_with(const world *w, const parts *p)
{
    static uint8_t buf[8192];
    uint8_t one_buf[OCSP_REQUEST_SIZE_MAX];
    ocsp_request r;
    ocsp_cert_id id;
    bzt_span der;
    der_writer out;
    assert_int_equal(
        ocsp_request_read(&r, ask(one_buf, w, OCSP_SM3, (bzt_span){0, 0})),
        BZT_OK);
    bzt_span cursor = r.list;
    assert_true(ocsp_request_next(&id, &cursor));
    der_writer_init(&out, buf, sizeof buf);
    size_t whole = der_begin(&out, DER_SEQUENCE);
    size_t tbs = der_begin(&out, DER_SEQUENCE);
    der_write_raw(&out, p->front);
    size_t list = der_begin(&out, DER_SEQUENCE);
    for (size_t i = 0; i < p->ids; i++) {
        size_t item = der_begin(&out, DER_SEQUENCE);
        der_write_raw(&out, id.whole);
        der_write_raw(&out, p->item_extensions);
        der_end_at(&out, item);
    }
    der_end_at(&out, list);
    der_write_raw(&out, p->extensions);
    der_end_at(&out, tbs);
    der_write_raw(&out, p->signature);
    der_end_at(&out, whole);
    assert_int_equal(der_writer_done(&der, &out), BZT_OK);
    return ocsp_request_read(&r, der);
}

#define UNKNOWN_EXT  "\x30\x08\x06\x03\x55\x1d\x7f\x04\x01\x05"
#define CRITICAL_EXT "\x30\x0b\x06\x03\x55\x1d\x7f\x01\x01\xff\x04\x01\x05"

static void ocsp_request_may_carry_more(void **state)
{
    static const struct {
        parts p;
        bzt_err want;
    } rows[] = {
        {{.ids = 1}, BZT_OK},
        {{.ids = OCSP_IDS_MAX}, BZT_OK},
        {{.ids = OCSP_IDS_MAX + 1}, BZT_ERR_RANGE},
        {{.ids = 0}, BZT_ERR_ENCODING},
        {{.ids = 1, .front = S("\xa0\x03\x02\x01\x00")}, BZT_OK},
        {{.ids = 1, .front = S("\xa0\x03\x02\x01\x01")}, BZT_ERR_UNSUPPORTED},
        {{.ids = 1, .front = S("\xa1\x04\xa4\x02\x30\x00")}, BZT_OK},
        {{.ids = 1, .extensions = S("\xa2\x0c\x30\x0a" UNKNOWN_EXT)}, BZT_OK},
        {{.ids = 1, .extensions = S("\xa2\x0f\x30\x0d" CRITICAL_EXT)},
         BZT_ERR_UNSUPPORTED},
        {{.ids = 1, .item_extensions = S("\xa0\x0c\x30\x0a" UNKNOWN_EXT)},
         BZT_OK},
        {{.ids = 1, .item_extensions = S("\xa0\x0f\x30\x0d" CRITICAL_EXT)},
         BZT_ERR_UNSUPPORTED},
        {{.ids = 1, .signature = S("\xa0\x02\x30\x00")}, BZT_OK},
        {{.ids = 1, .signature = S("\x05\x00")}, BZT_ERR_ENCODING},
        /* a nonce without its inner OCTET STRING, as old clients send it */
        {{.ids = 1,
          .extensions = S("\xa2\x13\x30\x11\x30\x0f\x06\x09\x2b\x06\x01\x05"
                          "\x05\x07\x30\x01\x02\x04\x02\x13\x37")},
         BZT_OK},
        {{.ids = 1,
          .extensions = S("\xa2\x11\x30\x0f\x30\x0d\x06\x09\x2b\x06\x01\x05"
                          "\x05\x07\x30\x01\x02\x04\x00")},
         BZT_ERR_RANGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(request_with(*state, &rows[i].p), rows[i].want);
}

typedef struct answer {
    uint8_t buf[OCSP_RESPONSE_SIZE_MAX(1)];
    bzt_span der;
} answer;

/* What the responder `by` says about the holder. */
static void reply(answer *a, const world *w, const party *by,
                  ocsp_single single, bzt_span nonce)
{
    uint8_t request_buf[OCSP_REQUEST_SIZE_MAX];
    ocsp_request r;
    bzt_span der = ask(request_buf, w, OCSP_SHA1, (bzt_span){0, 0});
    assert_int_equal(ocsp_request_read(&r, der), BZT_OK);
    bzt_span cursor = r.list;
    assert_true(ocsp_request_next(&single.id, &cursor));
    const ocsp_template t = {NOW, &single, 1, nonce};
    const pki_signer signer = {&by->cert, &by->key, random48()};
    assert_int_equal(
        ocsp_response_issue(&a->der, a->buf, sizeof a->buf, &t, &signer),
        BZT_OK);
}

static const ocsp_single good = {
    .status = OCSP_GOOD, .this_update = NOW, .next_update = NOW + 3600000};

static bzt_err judge(const answer *a, const world *w, bzt_span nonce,
                     int64_t at, int64_t max_age)
{
    const ocsp_question q = {&w->holder.cert, &w->issuing.cert, OCSP_SM3,
                             nonce};
    ocsp_response r;
    bzt_err err = ocsp_response_read(&r, a->der);
    return err ? err : ocsp_check(NULL, &r, &q, at, max_age);
}

static void ocsp_answers_good_revoked_unknown(void **state)
{
    const world *w = *state;
    const bzt_span none = {0, 0};
    ocsp_single s = good;
    answer a;
    reply(&a, w, &w->ocsp, s, none);
    assert_int_equal(judge(&a, w, none, NOW, 0), BZT_OK);
    s.status = OCSP_REVOKED;
    s.revoked_at = NOW - DAY;
    s.reason = PKI_KEY_COMPROMISE;
    reply(&a, w, &w->ocsp, s, none);
    assert_int_equal(judge(&a, w, none, NOW, 0), BZT_ERR_CERT_REVOKED);
    ocsp_response r;
    ocsp_single got;
    assert_int_equal(ocsp_response_read(&r, a.der), BZT_OK);
    bzt_span cursor = r.singles;
    assert_true(ocsp_response_next(&got, &cursor));
    assert_int_equal(got.reason, PKI_KEY_COMPROMISE);
    assert_int_equal(got.revoked_at, NOW - DAY);
    s.status = OCSP_UNKNOWN;
    reply(&a, w, &w->ocsp, s, none);
    assert_int_equal(judge(&a, w, none, NOW, 0), BZT_ERR_STATUS_UNKNOWN);
}

static void ocsp_ca_may_answer_itself(void **state)
{
    const world *w = *state;
    answer a;
    reply(&a, w, &w->issuing, good, (bzt_span){0, 0});
    assert_int_equal(judge(&a, w, (bzt_span){0, 0}, NOW, 0), BZT_OK);
}

static void ocsp_word_of_others_does_not_count(void **state)
{
    world *w = *state;
    party other = w->ocsp;
    answer a;
    const bzt_span none = {0, 0};
    /* the root is not the issuer */
    reply(&a, w, &w->root, good, none);
    assert_int_equal(judge(&a, w, none, NOW, 0), BZT_ERR_CERT_PATH);
    /* a responder that another CA certified under the same name */
    x509_template t = template_of(&other, X509_OCSP, "BZT Test OCSP", 50);
    issue(&other, &t, &w->rp_root);
    reply(&a, w, &other, good, none);
    assert_int_equal(judge(&a, w, none, NOW, 0), BZT_ERR_CERT_PATH);
    /* a certificate of the right CA, not made for OCSP */
    other = w->holder;
    other.cert.eku = X509_EKU_OCSP_SIGNING; /* for our own writer only */
    reply(&a, w, &other, good, none);
    assert_int_equal(judge(&a, w, none, NOW, 0), BZT_ERR_CERT_PATH);
    /* expired responder */
    reply(&a, w, &w->ocsp, good, none);
    assert_int_equal(judge(&a, w, none, NOW + 366 * DAY, 400 * DAY),
                     BZT_ERR_CERT_EXPIRED);
}

static void ocsp_must_be_fresh(void **state)
{
    const world *w = *state;
    const bzt_span none = {0, 0};
    ocsp_single s = good;
    answer a;
    reply(&a, w, &w->ocsp, s, none);
    assert_int_equal(judge(&a, w, none, NOW + 3600000, 0), BZT_OK);
    assert_int_equal(judge(&a, w, none, NOW + 3600001, 0),
                     BZT_ERR_STATUS_UNKNOWN);
    assert_int_equal(judge(&a, w, none, NOW + 1001, 1000),
                     BZT_ERR_STATUS_UNKNOWN);
    assert_int_equal(judge(&a, w, none, NOW - 300000, 0), BZT_OK);
    assert_int_equal(judge(&a, w, none, NOW - 300001, 0),
                     BZT_ERR_STATUS_UNKNOWN);
    s.next_update = 0;
    reply(&a, w, &w->ocsp, s, none);
    assert_int_equal(judge(&a, w, none, NOW, 0), BZT_ERR_STATUS_UNKNOWN);
    assert_int_equal(judge(&a, w, none, NOW, 1000), BZT_OK);
}

static void ocsp_nonce_must_come_back(void **state)
{
    const world *w = *state;
    answer a;
    reply(&a, w, &w->ocsp, good, S("nonce-1"));
    assert_int_equal(judge(&a, w, S("nonce-1"), NOW, 0), BZT_OK);
    assert_int_equal(judge(&a, w, S("nonce-2"), NOW, 0),
                     BZT_ERR_STATUS_UNKNOWN);
    assert_int_equal(judge(&a, w, (bzt_span){0, 0}, NOW, 0), BZT_OK);
    reply(&a, w, &w->ocsp, good, (bzt_span){0, 0});
    assert_int_equal(judge(&a, w, S("nonce-1"), NOW, 0),
                     BZT_ERR_STATUS_UNKNOWN);
}

static void ocsp_answer_is_for_one_certificate(void **state)
{
    const world *w = *state;
    answer a;
    ocsp_response r;
    reply(&a, w, &w->ocsp, good, (bzt_span){0, 0});
    assert_int_equal(ocsp_response_read(&r, a.der), BZT_OK);
    ocsp_question q = {&w->person.cert, &w->issuing.cert, OCSP_SM3, {0, 0}};
    assert_int_equal(ocsp_check(NULL, &r, &q, NOW, 0), BZT_ERR_STATUS_UNKNOWN);
    /* the serial of a certificate that another issuer made */
    x509_cert foreign = w->rp.cert;
    foreign.serial = w->holder.cert.serial;
    q.cert = &foreign;
    assert_int_equal(ocsp_check(NULL, &r, &q, NOW, 0), BZT_ERR_STATUS_UNKNOWN);
}

static void ocsp_no_single_bit_may_change(void **state)
{
    const world *w = *state;
    answer a;
    size_t len;
    reply(&a, w, &w->ocsp, good, S("nonce-1"));
    len = a.der.len;
    for (size_t i = 0; i < len * 8; i++) {
        a.buf[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_int_not_equal(judge(&a, w, S("nonce-1"), NOW, 0), BZT_OK);
        a.buf[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t n = 0; n < len; n++) {
        a.der.len = n;
        assert_int_not_equal(judge(&a, w, S("nonce-1"), NOW, 0), BZT_OK);
    }
}

static void ocsp_failures_say_who_must_act(void **state)
{
    ocsp_response r;
    uint8_t der[5];
    (void)state;
    ocsp_failure_write(der, OCSP_TRY_LATER);
    assert_int_equal(ocsp_response_read(&r, (bzt_span){der, 5}),
                     BZT_ERR_UNAVAILABLE);
    ocsp_failure_write(der, OCSP_MALFORMED);
    assert_int_equal(ocsp_response_read(&r, (bzt_span){der, 5}),
                     BZT_ERR_STATUS_UNKNOWN);
}

static void ocsp_is_issued_only_by_whom_it_may(void **state)
{
    const world *w = *state;
    answer a;
    ocsp_single s = good;
    s.id.whole = S("\x30\x00");
    ocsp_template t = {NOW, &s, 1, {0, 0}};
    pki_signer by = {&w->holder.cert, &w->holder.key, random48()};
    assert_int_equal(ocsp_response_issue(&a.der, a.buf, sizeof a.buf, &t, &by),
                     BZT_ERR_CERT_PATH);
    by = (pki_signer){&w->ocsp.cert, &w->issuing.key, random48()};
    assert_int_equal(ocsp_response_issue(&a.der, a.buf, sizeof a.buf, &t, &by),
                     BZT_ERR_KEY_MISMATCH);
    by.key = &w->ocsp.key;
    t.singles_n = 0;
    assert_int_equal(ocsp_response_issue(&a.der, a.buf, sizeof a.buf, &t, &by),
                     BZT_ERR_RANGE);
    t.singles_n = 1;
    for (size_t cap = 0; cap < 600; cap += 11)
        assert_int_equal(ocsp_response_issue(&a.der, a.buf, cap, &t, &by),
                         BZT_ERR_SPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha1_knows_the_answers_of_fips180),
        cmocka_unit_test(ocsp_reads_the_vectors),
        cmocka_unit_test(ocsp_request_reads_back),
        cmocka_unit_test(ocsp_request_may_carry_more),
        cmocka_unit_test(ocsp_answers_good_revoked_unknown),
        cmocka_unit_test(ocsp_ca_may_answer_itself),
        cmocka_unit_test(ocsp_word_of_others_does_not_count),
        cmocka_unit_test(ocsp_must_be_fresh),
        cmocka_unit_test(ocsp_nonce_must_come_back),
        cmocka_unit_test(ocsp_answer_is_for_one_certificate),
        cmocka_unit_test(ocsp_no_single_bit_may_change),
        cmocka_unit_test(ocsp_failures_say_who_must_act),
        cmocka_unit_test(ocsp_is_issued_only_by_whom_it_may),
    };
    return cmocka_run_group_tests(tests, world_setup, NULL);
}
