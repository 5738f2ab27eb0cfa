/* Paths, lists and OCSP answers of ours, verified by OpenSSL's library, with
 * the distinguishing id where its command cannot set one. */
#include "world.h"

#include "pki/crl.h"
#include "pki/csr.h"
#include "pki/ocsp.h"

#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#define ID "1234567812345678"

static ASN1_OCTET_STRING *id_new(void)
{
    ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
    assert_non_null(id);
    assert_true(ASN1_OCTET_STRING_set(id, (const uint8_t *)ID, 16));
    return id;
}

static X509 *theirs(bzt_span der)
{
    const uint8_t *p = der.p;
    X509 *x = d2i_X509(NULL, &p, (long)der.len);
    assert_non_null(x);
    assert_ptr_equal(p, der.p + der.len);
    X509_set0_distinguishing_id(x, id_new());
    return x;
}

/* X509_verify_cert over leaf, issuing CA and root at NOW. */
static int path_verify(const world *w, bzt_span leaf)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    STACK_OF(X509) *others = sk_X509_new_null();
    X509 *root = theirs(w->root.span), *ca = theirs(w->issuing.span);
    X509 *x = theirs(leaf);
    assert_true(X509_STORE_add_cert(store, root));
    assert_true(sk_X509_push(others, ca) > 0);
    assert_true(X509_STORE_CTX_init(ctx, store, x, others));
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, NOW / 1000);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
    int ok = X509_verify_cert(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    sk_X509_free(others);
    X509_free(root);
    X509_free(ca);
    X509_free(x);
    return ok;
}

static void openssl_verifies_whole_paths(void **state)
{
    const world *w = *state;
    assert_int_equal(path_verify(w, w->holder.span), 1);
    assert_int_equal(path_verify(w, w->person.span), 1);
    assert_int_equal(path_verify(w, w->ocsp.span), 1);
    assert_int_equal(path_verify(w, w->rp.span), 0);
}

static void openssl_agrees_about_hosts_and_names(void **state)
{
    const world *w = *state;
    X509 *x = theirs(w->rp.span), *ca = theirs(w->rp_root.span);
    assert_int_equal(X509_check_host(x, "trade.example.cn", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(x, "a.bid.example.cn", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(x, "bid.example.cn", 0, 0, NULL), 0);
    assert_int_equal(X509_check_issued(ca, x), X509_V_OK);
    assert_int_equal(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE);
    X509_free(x);
    X509_free(ca);
}

/* SM2 with the id, over the bytes that OpenSSL encodes itself. */
static int signature_verify(EVP_PKEY *key, const uint8_t *signed_part, int len,
                            const ASN1_BIT_STRING *sig)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    EVP_MD_CTX_set_pkey_ctx(md, ctx);
    assert_true(EVP_PKEY_CTX_set1_id(ctx, ID, 16) > 0);
    assert_true(EVP_DigestVerifyInit(md, NULL, EVP_sm3(), NULL, key) > 0);
    int ok = EVP_DigestVerify(md, sig->data, (size_t)sig->length, signed_part,
                              (size_t)len);
    EVP_MD_CTX_free(md);
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static void openssl_verifies_the_list(void **state)
{
    const world *w = *state;
    uint8_t buf[2048];
    const crl_entry e = {w->person.cert.serial, NOW - DAY, PKI_KEY_COMPROMISE};
    const crl_template t = {9, NOW - DAY, NOW + DAY, &e, 1};
    const pki_signer by = {&w->issuing.cert, &w->issuing.key, random48()};
    bzt_span der;
    assert_int_equal(crl_issue(&der, buf, sizeof buf, &t, &by), BZT_OK);
    const uint8_t *p = der.p;
    X509_CRL *list = d2i_X509_CRL(NULL, &p, (long)der.len);
    assert_non_null(list);
    X509 *ca = theirs(w->issuing.span), *person = theirs(w->person.span);
    X509 *holder = theirs(w->holder.span);
    const ASN1_BIT_STRING *sig;
    const X509_ALGOR *alg;
    uint8_t *tbs = NULL;
    X509_CRL_get0_signature(list, &sig, &alg);
    int len = i2d_re_X509_CRL_tbs(list, &tbs);
    assert_int_equal(signature_verify(X509_get0_pubkey(ca), tbs, len, sig), 1);
    X509_REVOKED *row = NULL;
    assert_int_equal(X509_CRL_get0_by_cert(list, &row, person), 1);
    assert_int_equal(X509_CRL_get0_by_cert(list, &row, holder), 0);
    assert_int_equal(
        X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(ca)), 0);
    ASN1_INTEGER *number =
        X509_CRL_get_ext_d2i(list, NID_crl_number, NULL, NULL);
    assert_int_equal(ASN1_INTEGER_get(number), 9);
    ASN1_INTEGER_free(number);
    OPENSSL_free(tbs);
    X509_CRL_free(list);
    X509_free(ca);
    X509_free(person);
    X509_free(holder);
}

static bzt_span answer(uint8_t *buf, size_t cap, const world *w,
                       bzt_span request)
{
    ocsp_request r;
    ocsp_single s = {
        .status = OCSP_GOOD, .this_update = NOW, .next_update = NOW + DAY};
    assert_int_equal(ocsp_request_read(&r, request), BZT_OK);
    bzt_span cursor = r.list, out;
    assert_true(ocsp_request_next(&s.id, &cursor));
    assert_true(ocsp_id_is_of(&s.id, &w->issuing.cert));
    const ocsp_template t = {NOW, &s, 1, r.nonce};
    const pki_signer by = {&w->ocsp.cert, &w->ocsp.key, random48()};
    assert_int_equal(ocsp_response_issue(&out, buf, cap, &t, &by), BZT_OK);
    return out;
}

/* They ask with this hash, we answer, they verify. */
static void exchange(const world *w, const EVP_MD *hash)
{
    uint8_t buf[OCSP_RESPONSE_SIZE_MAX(1)], *q = NULL;
    X509 *ca = theirs(w->issuing.span), *x = theirs(w->holder.span);
    OCSP_REQUEST *request = OCSP_REQUEST_new();
    OCSP_CERTID *id = OCSP_cert_to_id(hash, x, ca);
    assert_non_null(OCSP_request_add0_id(request, OCSP_CERTID_dup(id)));
    assert_true(OCSP_request_add1_nonce(request, NULL, 16));
    int q_len = i2d_OCSP_REQUEST(request, &q);
    bzt_span der = answer(buf, sizeof buf, w, (bzt_span){q, (size_t)q_len});
    const uint8_t *p = der.p;
    OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &p, (long)der.len);
    assert_non_null(r);
    assert_int_equal(OCSP_response_status(r), 0);
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(r);
    assert_non_null(basic);
    assert_int_equal(OCSP_check_nonce(request, basic), 1);
    int status, reason;
    assert_int_equal(
        OCSP_resp_find_status(basic, id, &status, &reason, NULL, NULL, NULL),
        1);
    assert_int_equal(status, V_OCSP_CERTSTATUS_GOOD);
    X509 *signer = NULL;
    assert_int_equal(OCSP_resp_get0_signer(basic, &signer, NULL), 1);
    uint8_t *tbs = NULL;
    int len = ASN1_item_i2d((const ASN1_VALUE *)OCSP_resp_get0_respdata(basic),
                            &tbs, ASN1_ITEM_rptr(OCSP_RESPDATA));
    assert_int_equal(signature_verify(X509_get0_pubkey(signer), tbs, len,
                                      OCSP_resp_get0_signature(basic)),
                     1);
    OPENSSL_free(tbs);
    OPENSSL_free(q);
    OCSP_CERTID_free(id);
    OCSP_REQUEST_free(request);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(r);
    X509_free(ca);
    X509_free(x);
}

static void openssl_asks_and_verifies_our_answers(void **state)
{
    exchange(*state, EVP_sha1());
    exchange(*state, EVP_sm3());
}

static void openssl_reads_our_requests(void **state)
{
    const world *w = *state;
    uint8_t buf[OCSP_REQUEST_SIZE_MAX];
    X509 *ca = theirs(w->issuing.span), *x = theirs(w->holder.span);
    for (int hash = OCSP_SM3; hash <= OCSP_SHA1; hash++) {
        const ocsp_question q = {&w->holder.cert, &w->issuing.cert,
                                 (ocsp_hash)hash, S("0123456789abcdef")};
        bzt_span der;
        assert_int_equal(ocsp_request_write(&der, buf, sizeof buf, &q), BZT_OK);
        const uint8_t *p = der.p;
        OCSP_REQUEST *r = d2i_OCSP_REQUEST(NULL, &p, (long)der.len);
        assert_non_null(r);
        OCSP_CERTID *want =
            OCSP_cert_to_id(hash == OCSP_SM3 ? EVP_sm3() : EVP_sha1(), x, ca);
        OCSP_CERTID *got = OCSP_onereq_get0_id(OCSP_request_onereq_get0(r, 0));
        assert_int_equal(OCSP_id_cmp(want, got), 0);
        OCSP_CERTID_free(want);
        OCSP_REQUEST_free(r);
    }
    X509_free(ca);
    X509_free(x);
}

static void openssl_verifies_the_request(void **state)
{
    const world *w = *state;
    uint8_t info_buf[CSR_INFO_SIZE_MAX], buf[CSR_SIZE_MAX];
    const x509_name name = {.country = S("CN"), .common_name = S("n")};
    bzt_sm2_signature sig;
    bzt_span info, der;
    assert_int_equal(
        csr_info_write(&info, info_buf, sizeof info_buf, &name, w->holder.pub),
        BZT_OK);
    assert_int_equal(bzt_sm2_sign(&sig, &w->holder.key, info, random48()),
                     BZT_OK);
    assert_int_equal(csr_write(&der, buf, sizeof buf, info, &sig), BZT_OK);
    const uint8_t *p = der.p;
    X509_REQ *r = d2i_X509_REQ(NULL, &p, (long)der.len);
    assert_non_null(r);
    X509_REQ_set0_distinguishing_id(r, id_new());
    assert_int_equal(X509_REQ_verify(r, X509_REQ_get0_pubkey(r)), 1);
    X509_REQ_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(openssl_verifies_whole_paths),
        cmocka_unit_test(openssl_agrees_about_hosts_and_names),
        cmocka_unit_test(openssl_verifies_the_list),
        cmocka_unit_test(openssl_asks_and_verifies_our_answers),
        cmocka_unit_test(openssl_reads_our_requests),
        cmocka_unit_test(openssl_verifies_the_request),
    };
    return cmocka_run_group_tests(tests, world_setup, NULL);
}
