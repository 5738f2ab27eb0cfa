/* Paths: what leads to a root, and each single thing that must not. */
#include "world.h"

#include "pki/path.h"

static path_input input(const world *w, const x509_cert *leaf,
                        path_purpose purpose)
{
    return (path_input){.leaf = leaf,
                        .others = &w->issuing.cert,
                        .others_n = 1,
                        .roots = &w->root.cert,
                        .roots_n = 1,
                        .at = NOW,
                        .purpose = purpose};
}

static bzt_err check(const path_input *in)
{
    path p;
    bzt_err err = path_check(&p, in);
    assert_true(err ? p.n == 0 : p.n > 0);
    return err;
}

static void path_leads_from_holder_to_root(void **state)
{
    const world *w = *state;
    path_input in = input(w, &w->holder.cert, PATH_SIGNING);
    path p;
    assert_int_equal(path_check(&p, &in), BZT_OK);
    assert_int_equal(p.n, 3);
    assert_ptr_equal(p.certs[0], &w->holder.cert);
    assert_ptr_equal(p.certs[1], &w->issuing.cert);
    assert_ptr_equal(p.certs[2], &w->root.cert);
    in.leaf = &w->person.cert;
    assert_int_equal(check(&in), BZT_OK);
}

static void path_needs_intermediate_and_root(void **state)
{
    const world *w = *state;
    path_input in = input(w, &w->holder.cert, PATH_SIGNING);
    in.others_n = 0;
    assert_int_equal(check(&in), BZT_ERR_CERT_PATH);
    in = input(w, &w->holder.cert, PATH_SIGNING);
    in.roots = &w->rp_root.cert;
    assert_int_equal(check(&in), BZT_ERR_CERT_PATH);
    in.roots_n = 0;
    assert_int_equal(check(&in), BZT_ERR_CERT_PATH);
    in = input(w, &w->holder.cert, PATH_SIGNING);
    in.roots = &w->issuing.cert; /* an issuing CA may be trusted itself */
    in.others_n = 0;
    assert_int_equal(check(&in), BZT_OK);
}

static void path_holds_only_in_time(void **state)
{
    const world *w = *state;
    path_input in = input(w, &w->holder.cert, PATH_SIGNING);
    in.at = w->holder.cert.not_after;
    assert_int_equal(check(&in), BZT_OK);
    in.at++;
    assert_int_equal(check(&in), BZT_ERR_CERT_EXPIRED);
    in.at = w->holder.cert.not_before;
    assert_int_equal(check(&in), BZT_OK);
    in.at--;
    assert_int_equal(check(&in), BZT_ERR_CERT_EXPIRED);
    /* expired and untrusted is untrusted */
    in.roots_n = 0;
    assert_int_equal(check(&in), BZT_ERR_CERT_PATH);
    /* an expired CA above a valid leaf */
    party ca = w->issuing, leaf = w->holder;
    x509_template t = template_of(&ca, X509_ISSUING, "BZT Test Issuing CA", 60);
    t.not_after = NOW - DAY;
    issue(&ca, &t, &w->root);
    in = input(w, &leaf.cert, PATH_SIGNING);
    in.others = &ca.cert;
    assert_int_equal(check(&in), BZT_ERR_CERT_EXPIRED);
}

static void path_purpose_decides(void **state)
{
    const world *w = *state;
    path_input in = input(w, &w->holder.cert, PATH_ENCRYPTION);
    assert_int_equal(check(&in), BZT_ERR_CERT_INVALID);
    in.purpose = PATH_OCSP;
    assert_int_equal(check(&in), BZT_ERR_CERT_INVALID);
    in.purpose = PATH_RP;
    assert_int_equal(check(&in), BZT_ERR_CERT_INVALID);
    in.purpose = PATH_CA;
    assert_int_equal(check(&in), BZT_ERR_CERT_INVALID);
    in = input(w, &w->issuing.cert, PATH_SIGNING);
    assert_int_equal(check(&in), BZT_ERR_CERT_INVALID);
    in.purpose = PATH_CA;
    in.others_n = 0;
    assert_int_equal(check(&in), BZT_OK);
    in = input(w, &w->ocsp.cert, PATH_OCSP);
    assert_int_equal(check(&in), BZT_OK);
    party enc = w->holder;
    x509_template t = template_of(&enc, X509_ENCRYPTION, ORGANISATION, 61);
    issue(&enc, &t, &w->issuing);
    in = input(w, &enc.cert, PATH_ENCRYPTION);
    assert_int_equal(check(&in), BZT_OK);
    in.purpose = PATH_SIGNING;
    assert_int_equal(check(&in), BZT_ERR_CERT_INVALID);
}

static void path_of_an_rp_names_its_host(void **state)
{
    const world *w = *state;
    path_input in = {.leaf = &w->rp.cert,
                     .roots = &w->rp_root.cert,
                     .roots_n = 1,
                     .at = NOW,
                     .purpose = PATH_RP,
                     .host = S("trade.example.cn")};
    assert_int_equal(check(&in), BZT_OK);
    in.host = S("evil.example.cn");
    assert_int_equal(check(&in), BZT_ERR_RP_DOMAIN);
    in.host = (bzt_span){0, 0};
    assert_int_equal(check(&in), BZT_OK);
    in.roots = &w->root.cert;
    assert_int_equal(check(&in), BZT_ERR_CERT_PATH);
}

static void path_leaf_cannot_issue(void **state)
{
    const world *w = *state;
    party forged = w->person;
    x509_template t = template_of(&forged, X509_SIGNING, "forged", 62);
    issue(&forged, &t, &w->holder); /* the holder plays CA */
    const x509_cert others[] = {w->holder.cert, w->issuing.cert};
    path_input in = input(w, &forged.cert, PATH_SIGNING);
    in.others = others;
    in.others_n = 2;
    assert_int_equal(check(&in), BZT_ERR_CERT_PATH);
}

static void path_len_is_kept(void **state)
{
    const world *w = *state;
    party sub = w->ocsp, leaf = w->person;
    x509_template t = template_of(&sub, X509_ISSUING, "sub CA", 63);
    issue(&sub, &t, &w->issuing); /* below pathLen 0 */
    t = template_of(&leaf, X509_SIGNING, "leaf", 64);
    issue(&leaf, &t, &sub);
    const x509_cert others[] = {sub.cert, w->issuing.cert};
    path_input in = input(w, &leaf.cert, PATH_SIGNING);
    in.others = others;
    in.others_n = 2;
    assert_int_equal(check(&in), BZT_ERR_CERT_PATH);
}

static void path_wants_signatures_that_hold(void **state)
{
    const world *w = *state;
    x509_cert leaf = w->holder.cert, ca = w->issuing.cert;
    path_input in = input(w, &leaf, PATH_SIGNING);
    leaf.sig.s[31] ^= 1;
    assert_int_equal(check(&in), BZT_ERR_CERT_PATH);
    leaf = w->holder.cert;
    in.others = &ca;
    ca.sig.r[0] ^= 1;
    assert_int_equal(check(&in), BZT_ERR_CERT_PATH);
    ca = w->issuing.cert;
    ca.has_unknown_critical = true;
    assert_int_equal(check(&in), BZT_ERR_CERT_PATH);
    ca = w->issuing.cert;
    ca.key_usage = X509_CRL_SIGN;
    assert_int_equal(check(&in), BZT_ERR_CERT_PATH);
    ca = w->issuing.cert;
    assert_int_equal(check(&in), BZT_OK);
    leaf.has_unknown_critical = true;
    assert_int_equal(check(&in), BZT_ERR_CERT_INVALID);
}

/* Same name, other key: the right one is found behind the wrong ones. */
static void path_tries_all_issuers_of_a_name(void **state)
{
    const world *w = *state;
    party twins[3];
    x509_cert others[4];
    for (size_t i = 0; i < 3; i++) {
        key_make(&twins[i], 200 + i);
        x509_template t =
            template_of(&twins[i], X509_ISSUING, "BZT Test Issuing CA", 70 + i);
        issue(&twins[i], &t, &w->root);
        others[i] = twins[i].cert;
        others[i].ski = w->issuing.cert.ski; /* as if it were the same */
    }
    others[3] = w->issuing.cert;
    path_input in = input(w, &w->holder.cert, PATH_SIGNING);
    in.others = others;
    in.others_n = 4;
    assert_int_equal(check(&in), BZT_OK);
}

/* CAs that certify each other in a ring, under no root. */
static void path_ends_in_rings_of_cas(void **state)
{
    enum { N = 12 };
    static party ring[N];
    static x509_cert others[N];
    const world *w = *state;
    for (size_t i = 0; i < N; i++)
        key_make(&ring[i], 300); /* one key, one name: all sign for all */
    for (size_t i = 0; i < N; i++) {
        x509_template t = template_of(&ring[i], X509_ROOT, "ring", 80 + i);
        issue(&ring[i], &t, NULL);
        others[i] = ring[i].cert;
    }
    party leaf = w->person;
    x509_template t = template_of(&leaf, X509_SIGNING, "leaf", 99);
    issue(&leaf, &t, &ring[0]);
    path_input in = input(w, &leaf.cert, PATH_SIGNING);
    in.others = others;
    in.others_n = N;
    assert_int_equal(check(&in), BZT_ERR_CERT_PATH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_leads_from_holder_to_root),
        cmocka_unit_test(path_needs_intermediate_and_root),
        cmocka_unit_test(path_holds_only_in_time),
        cmocka_unit_test(path_purpose_decides),
        cmocka_unit_test(path_of_an_rp_names_its_host),
        cmocka_unit_test(path_leaf_cannot_issue),
        cmocka_unit_test(path_len_is_kept),
        cmocka_unit_test(path_wants_signatures_that_hold),
        cmocka_unit_test(path_tries_all_issuers_of_a_name),
        cmocka_unit_test(path_ends_in_rings_of_cas),
    };
    return cmocka_run_group_tests(tests, world_setup, NULL);
}
