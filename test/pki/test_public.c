/* What a business system calls (bzt/pki.h): a login that holds, and each
 * single thing by which it must not. */
#include "world.h"

#include <bzt/pki.h>

#include "core/sm3.h"
#include "pki/crl.h"
#include "pki/csr.h"
#include "pki/message.h"

typedef struct login {
    uint8_t message[MESSAGE_SIZE_MAX], sig[BZT_SM2_SIGNATURE_DER_MAX];
    uint8_t request_id[16], rp_id[16], browser[32];
    bzt_span chain[1], roots[1];
    bzt_login in;
} login;

static const bzt_span description = S("{\"v\":1,\"kind\":\"login\"}");

static message fields(const login *l, const party *holder)
{
    message m = {.kind = MESSAGE_LOGIN,
                 .rp_name = S("trade"),
                 .domain = S("trade.example.cn"),
                 .title = S("t"),
                 .organisation = S(ORGANISATION),
                 .uscc = S(USCC),
                 .created_at = NOW,
                 .expires_at = NOW + 180000};
    memcpy(m.request_id, l->request_id, 16);
    memcpy(m.rp_id, l->rp_id, 16);
    memcpy(m.browser, l->browser, 32);
    sm3_digest(m.description, description);
    x509_fingerprint(m.certificate, &holder->cert);
    return m;
}

static void sign(login *l, const message *m, const bzt_sm2_key *key)
{
    bzt_sm2_signature sig;
    size_t len;
    assert_int_equal(
        message_write(&l->in.message, l->message, sizeof l->message, m),
        BZT_OK);
    assert_int_equal(bzt_sm2_sign(&sig, key, l->in.message, random48()),
                     BZT_OK);
    bzt_sm2_signature_write(l->sig, &len, &sig);
    l->in.signature = (bzt_span){l->sig, len};
}

static void login_make(login *l, const world *w)
{
    memset(l, 0, sizeof *l);
    fill(l->request_id, 16, 21);
    fill(l->rp_id, 16, 22);
    fill(l->browser, 32, 23);
    l->chain[0] = w->issuing.span;
    l->roots[0] = w->root.span;
    l->in.path = (bzt_path){w->holder.span, l->chain,           1, l->roots, 1,
                            NOW + 1000,     BZT_PURPOSE_SIGNING};
    l->in.kind = BZT_MESSAGE_LOGIN;
    l->in.request_id = l->request_id;
    l->in.rp_id = l->rp_id;
    l->in.domain = S("trade.example.cn");
    l->in.description = description;
    l->in.browser = l->browser;
    const message m = fields(l, &w->holder);
    sign(l, &m, &w->holder.key);
}

static bzt_err verify(const login *l)
{
    bzt_message m;
    bzt_cert_facts f;
    bzt_err err = bzt_login_verify(&m, &f, &l->in);
    if (err) {
        assert_int_equal(m.kind, 0);
        assert_int_equal(f.serial.len, 0);
    }
    return err;
}

static void login_holds(void **state)
{
    const world *w = *state;
    bzt_message m;
    bzt_cert_facts f;
    login l;
    login_make(&l, w);
    assert_int_equal(bzt_login_verify(&m, &f, &l.in), BZT_OK);
    assert_int_equal(m.kind, BZT_MESSAGE_LOGIN);
    assert_true(text_is(m.uscc, USCC));
    assert_true(text_is(f.uscc, USCC));
    assert_memory_equal(f.pub, w->holder.pub, 65);
    /* raw r || s */
    bzt_sm2_signature sig;
    assert_int_equal(bzt_sm2_signature_read(&sig, l.in.signature), BZT_OK);
    l.in.signature = (bzt_span){(uint8_t *)&sig, 64};
    assert_int_equal(verify(&l), BZT_OK);
}

static void login_fails_for_each_single_difference(void **state)
{
    const world *w = *state;
    login l;
    const uint8_t other[32] = {1};
#define FAILS(change, want)                                                    \
    do {                                                                       \
        login_make(&l, w);                                                     \
        change;                                                                \
        assert_int_equal(verify(&l), want);                                    \
    } while (0)
    FAILS(l.in.kind = BZT_MESSAGE_BIND, BZT_ERR_MESSAGE);
    FAILS(l.in.request_id = other, BZT_ERR_REQUEST_STATE);
    FAILS(l.in.rp_id = other, BZT_ERR_REQUEST_STATE);
    FAILS(l.in.browser = other, BZT_ERR_REQUEST_STATE);
    FAILS(l.in.description = S("{}"), BZT_ERR_REQUEST_STATE);
    FAILS(l.in.domain = S("evil.example.cn"), BZT_ERR_RP_DOMAIN);
    FAILS(l.in.path.at = NOW - 60001, BZT_ERR_REQUEST_EXPIRED);
    FAILS(l.in.path.at = NOW + 240001, BZT_ERR_REQUEST_EXPIRED);
    FAILS(l.in.path.cert = w->person.span, BZT_ERR_KEY_MISMATCH);
    FAILS(l.in.path.chain_n = 0, BZT_ERR_CERT_PATH);
    FAILS(l.roots[0] = w->rp_root.span, BZT_ERR_CERT_PATH);
    FAILS(l.in.path.chain_n = 9, BZT_ERR_RANGE);
    FAILS(l.in.path.purpose = BZT_PURPOSE_RP, BZT_ERR_CERT_INVALID);
    FAILS(l.in.message.len--, BZT_ERR_MESSAGE);
    FAILS(l.in.signature.len--, BZT_ERR_SIGNATURE);
    FAILS(l.sig[10] ^= 1, BZT_ERR_SIGNATURE);
    FAILS(l.in.signature = S(""), BZT_ERR_SIGNATURE);
#undef FAILS
}

static void login_signed_by_another_key_fails(void **state)
{
    const world *w = *state;
    login l;
    login_make(&l, w);
    message m = fields(&l, &w->holder);
    sign(&l, &m, &w->person.key);
    assert_int_equal(verify(&l), BZT_ERR_SIGNATURE);
    /* an organisation that is not the certificate's */
    m.uscc = S("91110000600037341L");
    sign(&l, &m, &w->holder.key);
    assert_int_equal(verify(&l), BZT_ERR_MISMATCH);
    m = fields(&l, &w->person); /* a person signs as the organisation */
    l.in.path.cert = w->person.span;
    sign(&l, &m, &w->person.key);
    assert_int_equal(verify(&l), BZT_ERR_MISMATCH);
}

static void status_by_list_and_by_ocsp(void **state)
{
    const world *w = *state;
    uint8_t buf[1024], request[BZT_OCSP_REQUEST_MAX];
    const crl_entry e = {w->person.cert.serial, NOW - DAY, PKI_UNSPECIFIED};
    const crl_template t = {1, NOW, NOW + DAY, &e, 1};
    const pki_signer by = {&w->issuing.cert, &w->issuing.key, random48()};
    bzt_span list, out;
    assert_int_equal(crl_issue(&list, buf, sizeof buf, &t, &by), BZT_OK);
    assert_int_equal(
        bzt_crl_check(list, w->holder.span, w->issuing.span, NOW, 0), BZT_OK);
    assert_int_equal(
        bzt_crl_check(list, w->person.span, w->issuing.span, NOW, 0),
        BZT_ERR_CERT_REVOKED);
    assert_int_equal(bzt_ocsp_request(&out, request, w->holder.span,
                                      w->issuing.span, S("n")),
                     BZT_OK);
    assert_true(out.len > 0);
    assert_int_equal(bzt_ocsp_check(S("\x30\x03\x0a\x01\x03"), w->holder.span,
                                    w->issuing.span, S("n"), NOW, 0),
                     BZT_ERR_UNAVAILABLE);
}

static void rp_path_and_host(void **state)
{
    const world *w = *state;
    const bzt_span root = w->rp_root.span;
    const bzt_path p = {w->rp.span, NULL, 0, &root, 1, NOW, BZT_PURPOSE_RP};
    assert_int_equal(bzt_path_check(&p), BZT_OK);
    assert_int_equal(bzt_cert_check_host(w->rp.span, S("trade.example.cn")),
                     BZT_OK);
    assert_int_equal(bzt_cert_check_host(w->rp.span, S("trade.example.com")),
                     BZT_ERR_RP_DOMAIN);
}

static void csr_of_an_rp_verifies(void **state)
{
    const world *w = *state;
    uint8_t buf[BZT_CSR_MAX];
    bzt_span der;
    csr c;
    assert_int_equal(
        bzt_csr_new(&der, buf, S("trade"), S("org"), &w->rp.key, random48()),
        BZT_OK);
    assert_int_equal(csr_read(&c, der), BZT_OK);
    assert_memory_equal(c.pub, w->rp.pub, 65);
}

static void facts_and_statements(void **state)
{
    const world *w = *state;
    bzt_cert_facts f;
    uint8_t sig[64];
    assert_int_equal(bzt_cert_read(&f, w->holder.span), BZT_OK);
    assert_true(text_is(f.common_name, ORGANISATION));
    assert_memory_equal(f.pub, w->holder.pub, 65);
    assert_int_equal(bzt_cert_read(&f, S("\x30\x00")), BZT_ERR_TRUNCATED);
    assert_int_equal(f.subject.len, 0);
    assert_int_equal(bzt_statement_sign(sig, BZT_STATEMENT_HTTP, &w->rp.key,
                                        S("x"), random48()),
                     BZT_OK);
    const bzt_span span = {sig, 64};
    assert_int_equal(
        bzt_statement_verify(span, BZT_STATEMENT_HTTP, w->rp.pub, S("x")),
        BZT_OK);
    assert_int_equal(
        bzt_statement_verify(span, BZT_STATEMENT_SETTINGS, w->rp.pub, S("x")),
        BZT_ERR_SIGNATURE);
    assert_int_equal(bzt_uscc_check(S(USCC)), BZT_OK);
    assert_int_equal(bzt_id_number_check(S(USCC)), BZT_ERR_ID_NUMBER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(login_holds),
        cmocka_unit_test(login_fails_for_each_single_difference),
        cmocka_unit_test(login_signed_by_another_key_fails),
        cmocka_unit_test(status_by_list_and_by_ocsp),
        cmocka_unit_test(rp_path_and_host),
        cmocka_unit_test(csr_of_an_rp_verifies),
        cmocka_unit_test(facts_and_statements),
    };
    return cmocka_run_group_tests(tests, world_setup, NULL);
}
