/* The public face of pki (bzt/pki.h) over its own headers.  Pure. */
#include <bzt/pki.h>

#include "core/sm3.h"
#include "csr.h"
#include "identity.h"
#include "message.h"
#include "ocsp.h"
#include "parts.h"
#include "path.h"
#include "statement.h"

#include <string.h>

/* ---- certificates ---- */

static void facts_of(bzt_cert_facts *out, const x509_cert *c)
{
    x509_holder holder;
    x509_holder_read(&holder, c);
    out->serial = c->serial;
    out->issuer = c->issuer;
    out->subject = c->subject;
    out->not_before = c->not_before;
    out->not_after = c->not_after;
    memcpy(out->pub, c->pub, 65);
    x509_fingerprint(out->fingerprint, c);
    out->common_name = holder.common_name;
    out->organisation = holder.organisation;
    out->uscc = holder.uscc;
    out->crl_url = c->crl_url;
    out->ocsp_url = c->ocsp_url;
}

bzt_err bzt_cert_read(bzt_cert_facts *out, bzt_span der)
{
    x509_cert c;
    memset(out, 0, sizeof *out);
    TRY(x509_read(&c, der));
    facts_of(out, &c);
    return BZT_OK;
}

bzt_err bzt_cert_check_host(bzt_span der, bzt_span host)
{
    x509_cert c;
    TRY(x509_read(&c, der));
    return x509_has_host(&c, host) ? BZT_OK : BZT_ERR_RP_DOMAIN;
}

/* ---- paths and status ---- */

static bzt_err certs_read(x509_cert *out, const bzt_span *ders, size_t n)
{
    for (size_t i = 0; i < n; i++)
        TRY(x509_read(&out[i], ders[i]));
    return BZT_OK;
}

static bzt_err check(const x509_cert *leaf, const bzt_path *p)
{
    x509_cert others[BZT_CHAIN_MAX], roots[BZT_ROOTS_MAX];
    path found;
    if (p->chain_n > BZT_CHAIN_MAX || p->roots_n > BZT_ROOTS_MAX)
        return BZT_ERR_RANGE;
    TRY(certs_read(others, p->chain, p->chain_n));
    TRY(certs_read(roots, p->roots, p->roots_n));
    const path_input in = {
        .leaf = leaf,
        .others = others,
        .others_n = p->chain_n,
        .roots = roots,
        .roots_n = p->roots_n,
        .at = p->at,
        .purpose = p->purpose == BZT_PURPOSE_RP ? PATH_RP : PATH_SIGNING,
    };
    return path_check(&found, &in);
}

bzt_err bzt_path_check(const bzt_path *p)
{
    x509_cert leaf;
    TRY(x509_read(&leaf, p->cert));
    return check(&leaf, p);
}

bzt_err bzt_crl_check(bzt_span der, bzt_span cert, bzt_span issuer, int64_t at,
                      int64_t max_age_ms)
{
    x509_cert c, ca;
    crl list;
    TRY(x509_read(&c, cert));
    TRY(x509_read(&ca, issuer));
    TRY(crl_read(&list, der));
    const crl_question q = {&c, &ca, at, max_age_ms};
    return crl_check(NULL, &list, &q);
}

bzt_err bzt_ocsp_check(bzt_span response, bzt_span cert, bzt_span issuer,
                       bzt_span nonce, int64_t at, int64_t max_age_ms)
{
    x509_cert c, ca;
    ocsp_response r;
    TRY(x509_read(&c, cert));
    TRY(x509_read(&ca, issuer));
    TRY(ocsp_response_read(&r, response));
    const ocsp_question q = {&c, &ca, OCSP_SM3, nonce};
    return ocsp_check(NULL, &r, &q, at, max_age_ms);
}

bzt_err bzt_ocsp_request(bzt_span *out, uint8_t buf[BZT_OCSP_REQUEST_MAX],
                         bzt_span cert, bzt_span issuer, bzt_span nonce)
{
    x509_cert c, ca;
    *out = (bzt_span){0, 0};
    TRY(x509_read(&c, cert));
    TRY(x509_read(&ca, issuer));
    const ocsp_question q = {&c, &ca, OCSP_SM3, nonce};
    return ocsp_request_write(out, buf, BZT_OCSP_REQUEST_MAX, &q);
}

/* ---- logins ---- */

bzt_err bzt_message_read(bzt_message *out, bzt_span bytes)
{
    message m;
    memset(out, 0, sizeof *out);
    TRY(message_read(&m, bytes));
    if (m.kind != MESSAGE_LOGIN && m.kind != MESSAGE_BIND)
        return BZT_ERR_MESSAGE;
    out->kind = (bzt_message_kind)m.kind;
    memcpy(out->request_id, m.request_id, 16);
    memcpy(out->rp_id, m.rp_id, 16);
    out->rp_name = m.rp_name;
    out->domain = m.domain;
    memcpy(out->description, m.description, 32);
    out->title = m.title;
    out->organisation = m.organisation;
    out->uscc = m.uscc;
    out->user = m.user;
    memcpy(out->browser, m.browser, 32);
    memcpy(out->certificate, m.certificate, 32);
    out->created_at = m.created_at;
    out->expires_at = m.expires_at;
    return BZT_OK;
}

enum { SKEW_MS = 60 * 1000 };

/* The message is the one that was asked for. */
static bzt_err expected_check(const bzt_message *m, const bzt_login *l)
{
    uint8_t description[32];
    sm3_digest(description, l->description);
    if (m->kind != l->kind)
        return BZT_ERR_MESSAGE;
    if (!der_is_equal(m->domain, l->domain))
        return BZT_ERR_RP_DOMAIN;
    if (memcmp(m->request_id, l->request_id, 16) != 0 ||
        memcmp(m->rp_id, l->rp_id, 16) != 0 ||
        memcmp(m->browser, l->browser, 32) != 0 ||
        memcmp(m->description, description, 32) != 0)
        return BZT_ERR_REQUEST_STATE;
    if (l->path.at < m->created_at - SKEW_MS ||
        l->path.at > m->expires_at + SKEW_MS)
        return BZT_ERR_REQUEST_EXPIRED;
    return BZT_OK;
}

static bzt_err holder_check(const bzt_message *m, const bzt_cert_facts *f)
{
    if (memcmp(m->certificate, f->fingerprint, 32) != 0)
        return BZT_ERR_KEY_MISMATCH;
    if (m->uscc.len && !der_is_equal(m->uscc, f->uscc))
        return BZT_ERR_MISMATCH;
    return BZT_OK;
}

static bzt_err signature_read(bzt_sm2_signature *sig, bzt_span bytes)
{
    if (bytes.len != 64)
        return bzt_sm2_signature_read(sig, bytes) ? BZT_ERR_SIGNATURE : BZT_OK;
    memcpy(sig->r, bytes.p, 32);
    memcpy(sig->s, bytes.p + 32, 32);
    return BZT_OK;
}

static bzt_err login_verify(bzt_message *m, bzt_cert_facts *f,
                            const bzt_login *l)
{
    bzt_sm2_signature sig;
    x509_cert cert;
    TRY(bzt_message_read(m, l->message));
    TRY(expected_check(m, l));
    TRY(x509_read(&cert, l->path.cert));
    facts_of(f, &cert);
    TRY(holder_check(m, f));
    TRY(check(&cert, &l->path));
    TRY(signature_read(&sig, l->signature));
    return bzt_sm2_verify_vartime(cert.pub, l->message, &sig)
               ? BZT_ERR_SIGNATURE
               : BZT_OK;
}

bzt_err bzt_login_verify(bzt_message *m, bzt_cert_facts *holder,
                         const bzt_login *login)
{
    memset(m, 0, sizeof *m);
    memset(holder, 0, sizeof *holder);
    bzt_err err = login_verify(m, holder, login);
    if (err) {
        memset(m, 0, sizeof *m);
        memset(holder, 0, sizeof *holder);
    }
    return err;
}

/* ---- statements ---- */

_Static_assert((int)BZT_STATEMENT_HTTP == (int)STATEMENT_HTTP &&
                   (int)BZT_STATEMENT_DESCRIPTION == (int)STATEMENT_DESCRIPTION,
               "one list of labels");

bzt_err bzt_statement_sign(uint8_t sig[64], bzt_statement kind,
                           const bzt_sm2_key *key, bzt_span payload,
                           const uint8_t random[48])
{
    return statement_sign(sig, (statement_label)kind, key, payload, random);
}

bzt_err bzt_statement_verify(bzt_span sig, bzt_statement kind,
                             const uint8_t pub[65], bzt_span payload)
{
    return statement_verify(sig, (statement_label)kind, pub, payload);
}

/* ---- requests ---- */

bzt_err bzt_csr_new(bzt_span *out, uint8_t buf[BZT_CSR_MAX],
                    bzt_span common_name, bzt_span organisation,
                    const bzt_sm2_key *key, const uint8_t random[48])
{
    const x509_name name = {
        .country = BZT_SPAN_LIT("CN"),
        .organisation = organisation,
        .common_name = common_name,
    };
    uint8_t info_buf[CSR_INFO_SIZE_MAX], pub[65];
    bzt_sm2_signature sig;
    bzt_span info;
    *out = (bzt_span){0, 0};
    TRY(bzt_sm2_public(pub, key));
    TRY(csr_info_write(&info, info_buf, sizeof info_buf, &name, pub));
    TRY(parts_sign(&sig, key, pub, info, random));
    return csr_write(out, buf, BZT_CSR_MAX, info, &sig);
}

/* ---- numbers ---- */

bzt_err bzt_uscc_check(bzt_span code)
{
    return uscc_check(code);
}

bzt_err bzt_id_number_check(bzt_span number)
{
    return id_number_check(number);
}
