/* OCSP responses (ocsp.h), RFC 6960, 4.2.  Pure. */
#include "ocsp_parts.h"

#include <string.h>

/* ---- reading ---- */

/* RevokedInfo: IMPLICIT SEQUENCE { time, reason [0] EXPLICIT OPTIONAL } */
static bzt_err revoked_read(ocsp_single *s, bzt_span info)
{
    bzt_span part;
    uint32_t reason;
    s->status = OCSP_REVOKED;
    TRY(der_read_time(&s->revoked_at, &info));
    if (info.len) {
        TRY(der_read(&part, &info, DER_CONTEXT_CONSTRUCTED(0)));
        TRY(parts_reason_read(&reason, &part));
        TRY(der_end(part));
        s->reason = (pki_reason)reason;
    }
    return der_end(info);
}

/* CertStatus: good [0] NULL, revoked [1] RevokedInfo, unknown [2] NULL */
static bzt_err status_read(ocsp_single *s, bzt_span *in)
{
    bzt_span part;
    uint8_t tag;
    TRY(der_read_any(&tag, &part, NULL, in));
    if (tag == DER_CONTEXT_CONSTRUCTED(1))
        return revoked_read(s, part);
    if (tag != DER_CONTEXT(0) && tag != DER_CONTEXT(2))
        return BZT_ERR_ENCODING;
    s->status = tag == DER_CONTEXT(0) ? OCSP_GOOD : OCSP_UNKNOWN;
    return der_end(part);
}

static bzt_err single_read(ocsp_single *s, bzt_span *in)
{
    bzt_span seq, part, list;
    extension e;
    memset(s, 0, sizeof *s);
    TRY(der_read(&seq, in, DER_SEQUENCE));
    TRY(ocsp_id_read(&s->id, &seq));
    TRY(status_read(s, &seq));
    TRY(der_read_time(&s->this_update, &seq));
    if (der_peek(seq) == DER_CONTEXT_CONSTRUCTED(0)) {
        TRY(der_read(&part, &seq, DER_CONTEXT_CONSTRUCTED(0)));
        TRY(der_read_time(&s->next_update, &part));
        TRY(der_end(part));
    }
    if (!seq.len)
        return BZT_OK;
    TRY(der_read(&part, &seq, DER_CONTEXT_CONSTRUCTED(1)));
    TRY(der_end(seq));
    TRY(der_read(&list, &part, DER_SEQUENCE));
    TRY(der_end(part));
    while (list.len) {
        TRY(parts_extension_read(&e, &list));
        if (e.is_critical)
            return BZT_ERR_UNSUPPORTED;
    }
    return BZT_OK;
}

bool ocsp_response_next(ocsp_single *single, bzt_span *cursor)
{
    if (cursor->len && !single_read(single, cursor))
        return true;
    memset(single, 0, sizeof *single);
    return false;
}

static bzt_err extensions_read(ocsp_response *r, bzt_span in)
{
    bzt_span list;
    extension e;
    TRY(der_read(&list, &in, DER_SEQUENCE));
    TRY(der_end(in));
    TRY(parts_extensions_check(list));
    while (list.len) {
        TRY(parts_extension_read(&e, &list));
        if (der_is_equal(e.oid, OID_OCSP_NONCE))
            TRY(ocsp_nonce_read(&r->nonce, e.value));
        else if (e.is_critical)
            return BZT_ERR_UNSUPPORTED;
    }
    return BZT_OK;
}

static bzt_err responder_read(ocsp_response *r, bzt_span *in)
{
    bzt_span part;
    if (der_peek(*in) == DER_CONTEXT_CONSTRUCTED(1)) {
        TRY(der_read(&part, in, DER_CONTEXT_CONSTRUCTED(1)));
        TRY(der_read_whole(&r->responder_name, &part, DER_SEQUENCE));
        return der_end(part);
    }
    TRY(der_read(&part, in, DER_CONTEXT_CONSTRUCTED(2)));
    TRY(der_read(&r->responder_key, &part, DER_OCTET_STRING));
    return der_end(part);
}

static bzt_err singles_check(bzt_span list)
{
    ocsp_single s;
    if (!list.len)
        return BZT_ERR_ENCODING;
    while (list.len)
        TRY(single_read(&s, &list));
    return BZT_OK;
}

/* ResponseData */
static bzt_err data_read(ocsp_response *r)
{
    bzt_span in = r->tbs, tbs, part;
    uint64_t version = 0;
    TRY(der_read(&tbs, &in, DER_SEQUENCE));
    if (der_peek(tbs) == DER_CONTEXT_CONSTRUCTED(0)) {
        TRY(der_read(&part, &tbs, DER_CONTEXT_CONSTRUCTED(0)));
        TRY(der_read_u64(&version, &part));
        TRY(der_end(part));
    }
    if (version)
        return BZT_ERR_UNSUPPORTED;
    TRY(responder_read(r, &tbs));
    TRY(der_read_time(&r->produced_at, &tbs));
    TRY(der_read(&r->singles, &tbs, DER_SEQUENCE));
    TRY(singles_check(r->singles));
    if (!tbs.len)
        return BZT_OK;
    TRY(der_read(&part, &tbs, DER_CONTEXT_CONSTRUCTED(1)));
    TRY(der_end(tbs));
    return extensions_read(r, part);
}

static bzt_err basic_read(ocsp_response *r, bzt_span in)
{
    bzt_span basic, part;
    TRY(der_read(&basic, &in, DER_SEQUENCE));
    TRY(der_end(in));
    TRY(der_read_whole(&r->tbs, &basic, DER_SEQUENCE));
    TRY(parts_sig_alg_read(&basic));
    TRY(parts_signature_read(&r->sig, &basic));
    if (basic.len) {
        TRY(der_read(&part, &basic, DER_CONTEXT_CONSTRUCTED(0)));
        TRY(der_end(basic));
        TRY(der_read(&r->certs, &part, DER_SEQUENCE));
        TRY(der_end(part));
    }
    return data_read(r);
}

static bzt_err failure_of(uint8_t status)
{
    if (status == OCSP_INTERNAL || status == OCSP_TRY_LATER)
        return BZT_ERR_UNAVAILABLE;
    return BZT_ERR_STATUS_UNKNOWN;
}

/* OCSPResponse { ENUMERATED, [0] { basic OID, OCTET STRING } } */
static bzt_err response_read(ocsp_response *r, bzt_span in)
{
    bzt_span response, status, part, oid;
    r->whole = in;
    TRY(der_read(&response, &in, DER_SEQUENCE));
    TRY(der_end(in));
    TRY(der_read(&status, &response, DER_ENUMERATED));
    if (status.len != 1)
        return BZT_ERR_ENCODING;
    if (status.p[0])
        return failure_of(status.p[0]);
    TRY(der_read(&part, &response, DER_CONTEXT_CONSTRUCTED(0)));
    TRY(der_end(response));
    TRY(der_read(&response, &part, DER_SEQUENCE));
    TRY(der_end(part));
    TRY(der_read(&oid, &response, DER_OID));
    if (!der_is_equal(oid, OID_OCSP_BASIC))
        return BZT_ERR_UNSUPPORTED;
    TRY(der_read(&part, &response, DER_OCTET_STRING));
    TRY(der_end(response));
    return basic_read(r, part);
}

bzt_err ocsp_response_read(ocsp_response *out, bzt_span der)
{
    memset(out, 0, sizeof *out);
    bzt_err err = response_read(out, der);
    if (err)
        memset(out, 0, sizeof *out);
    return err;
}

/* ---- verifying ---- */

static bool is_responder(const ocsp_response *r, const x509_cert *cert)
{
    if (r->responder_name.len)
        return x509_name_is_equal(r->responder_name, cert->subject);
    return ocsp_key_hash_is(r->responder_key, cert);
}

/* RFC 6960, 4.2.2.2: certified directly by the issuer, for this. */
static bzt_err delegate_check(const x509_cert *c, const x509_cert *issuer,
                              int64_t at)
{
    if (!(c->eku & X509_EKU_OCSP_SIGNING) || c->has_unknown_critical ||
        !x509_name_is_equal(c->issuer, issuer->subject))
        return BZT_ERR_CERT_PATH;
    if (c->has_key_usage &&
        !(c->key_usage & (X509_DIGITAL_SIGNATURE | X509_NON_REPUDIATION)))
        return BZT_ERR_CERT_PATH;
    TRY(x509_verify(c, issuer->pub));
    return at < c->not_before || at > c->not_after ? BZT_ERR_CERT_EXPIRED
                                                   : BZT_OK;
}

enum { CERTS_MAX = 4 };

bzt_err ocsp_response_verify(const ocsp_response *r, const x509_cert *issuer,
                             int64_t at)
{
    bzt_span certs = r->certs, der;
    x509_cert c;
    if (is_responder(r, issuer))
        return bzt_sm2_verify_vartime(issuer->pub, r->tbs, &r->sig);
    for (int n = 0; certs.len && n < CERTS_MAX; n++) {
        TRY(der_read_whole(&der, &certs, DER_SEQUENCE));
        if (x509_read(&c, der) || !is_responder(r, &c))
            continue;
        TRY(delegate_check(&c, issuer, at));
        return bzt_sm2_verify_vartime(c.pub, r->tbs, &r->sig);
    }
    return BZT_ERR_CERT_PATH;
}

enum { SKEW_MS = 5 * 60 * 1000 };

static bool is_fresh(const ocsp_single *s, int64_t at, int64_t max_age_ms)
{
    if (s->this_update > at + SKEW_MS)
        return false;
    if (max_age_ms > 0)
        return at - s->this_update <= max_age_ms;
    return s->next_update && at <= s->next_update;
}

static bool find(ocsp_single *s, const ocsp_response *r, const ocsp_question *q)
{
    bzt_span cursor = r->singles;
    while (ocsp_response_next(s, &cursor))
        if (ocsp_id_is_of(&s->id, q->issuer) &&
            der_is_equal(s->id.serial, q->cert->serial))
            return true;
    return false;
}

bzt_err ocsp_check(ocsp_single *single, const ocsp_response *r,
                   const ocsp_question *q, int64_t at, int64_t max_age_ms)
{
    ocsp_single s;
    if (single)
        memset(single, 0, sizeof *single);
    TRY(ocsp_response_verify(r, q->issuer, at));
    if (q->nonce.len && !der_is_equal(q->nonce, r->nonce))
        return BZT_ERR_STATUS_UNKNOWN;
    if (!x509_name_is_equal(q->cert->issuer, q->issuer->subject) ||
        !find(&s, r, q) || !is_fresh(&s, at, max_age_ms))
        return BZT_ERR_STATUS_UNKNOWN;
    if (single)
        *single = s;
    if (s.status == OCSP_REVOKED)
        return BZT_ERR_CERT_REVOKED;
    return s.status == OCSP_GOOD ? BZT_OK : BZT_ERR_STATUS_UNKNOWN;
}

/* ---- writing ---- */

static void status_write(der_writer *w, const ocsp_single *s)
{
    uint8_t reason = (uint8_t)s->reason;
    if (s->status != OCSP_REVOKED) {
        der_write(w, s->status == OCSP_GOOD ? DER_CONTEXT(0) : DER_CONTEXT(2),
                  (bzt_span){0, 0});
        return;
    }
    size_t info = der_begin(w, DER_CONTEXT_CONSTRUCTED(1));
    der_write_generalized_time(w, s->revoked_at);
    if (s->reason != PKI_UNSPECIFIED) {
        size_t mark = der_begin(w, DER_CONTEXT_CONSTRUCTED(0));
        der_write(w, DER_ENUMERATED, (bzt_span){&reason, 1});
        der_end_at(w, mark);
    }
    der_end_at(w, info);
}

static void single_write(der_writer *w, const ocsp_single *s)
{
    size_t seq = der_begin(w, DER_SEQUENCE);
    der_write_raw(w, s->id.whole);
    status_write(w, s);
    der_write_generalized_time(w, s->this_update);
    if (s->next_update) {
        size_t mark = der_begin(w, DER_CONTEXT_CONSTRUCTED(0));
        der_write_generalized_time(w, s->next_update);
        der_end_at(w, mark);
    }
    der_end_at(w, seq);
}

static void data_write(der_writer *w, const ocsp_template *t,
                       const x509_cert *responder)
{
    size_t data = der_begin(w, DER_SEQUENCE);
    size_t name = der_begin(w, DER_CONTEXT_CONSTRUCTED(1));
    der_write_raw(w, responder->subject);
    der_end_at(w, name);
    der_write_generalized_time(w, t->produced_at);
    size_t list = der_begin(w, DER_SEQUENCE);
    for (size_t i = 0; i < t->singles_n; i++)
        single_write(w, &t->singles[i]);
    der_end_at(w, list);
    ocsp_nonce_write(w, DER_CONTEXT_CONSTRUCTED(1), t->nonce);
    der_end_at(w, data);
}

static void basic_write(der_writer *w, const ocsp_template *t,
                        const pki_signer *by)
{
    bzt_sm2_signature sig;
    size_t basic = der_begin(w, DER_SEQUENCE);
    size_t begin = w->len;
    data_write(w, t, by->cert);
    if (w->err)
        return;
    bzt_span tbs = {w->p + begin, w->len - begin};
    w->err = parts_sign(&sig, by->key, by->cert->pub, tbs, by->random);
    if (w->err)
        return;
    parts_sig_alg_write(w);
    parts_signature_write(w, &sig);
    if (!by->cert->is_ca) {
        size_t outer = der_begin(w, DER_CONTEXT_CONSTRUCTED(0));
        der_write(w, DER_SEQUENCE, by->cert->whole);
        der_end_at(w, outer);
    }
    der_end_at(w, basic);
}

static bzt_err template_check(const ocsp_template *t, const x509_cert *c)
{
    if (!c->is_ca && !(c->eku & X509_EKU_OCSP_SIGNING))
        return BZT_ERR_CERT_PATH;
    if (!t->singles_n || t->nonce.len > OCSP_NONCE_MAX)
        return BZT_ERR_RANGE;
    for (size_t i = 0; i < t->singles_n; i++)
        if (!t->singles[i].id.whole.len ||
            (unsigned)t->singles[i].status > OCSP_UNKNOWN)
            return BZT_ERR_RANGE;
    return BZT_OK;
}

bzt_err ocsp_response_issue(bzt_span *out, uint8_t *buf, size_t cap,
                            const ocsp_template *t, const pki_signer *by)
{
    const uint8_t successful = 0;
    der_writer w;
    *out = (bzt_span){0, 0};
    TRY(template_check(t, by->cert));
    TRY(parts_key_fits(by->key, by->cert->pub));
    der_writer_init(&w, buf, cap);
    size_t response = der_begin(&w, DER_SEQUENCE);
    der_write(&w, DER_ENUMERATED, (bzt_span){&successful, 1});
    size_t outer = der_begin(&w, DER_CONTEXT_CONSTRUCTED(0));
    size_t bytes = der_begin(&w, DER_SEQUENCE);
    der_write(&w, DER_OID, OID_OCSP_BASIC);
    size_t octets = der_begin(&w, DER_OCTET_STRING);
    basic_write(&w, t, by);
    der_end_at(&w, octets);
    der_end_at(&w, bytes);
    der_end_at(&w, outer);
    der_end_at(&w, response);
    return der_writer_done(out, &w);
}

void ocsp_failure_write(uint8_t out[5], ocsp_failure why)
{
    const uint8_t der[5] = {DER_SEQUENCE, 3, DER_ENUMERATED, 1, (uint8_t)why};
    memcpy(out, der, sizeof der);
}
