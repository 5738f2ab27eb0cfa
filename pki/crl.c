/* Revocation lists (crl.h).  Pure. */
#include "crl.h"

#include "parts.h"

#include <string.h>

/* ---- reading ---- */

/* revokedCertificates: SEQUENCE { serial, date, extensions OPTIONAL } */
static bzt_err entry_read(crl_entry *e, bool *has_critical, bzt_span *in)
{
    bzt_span entry, list;
    extension ext;
    uint32_t reason = PKI_UNSPECIFIED;
    TRY(der_read(&entry, in, DER_SEQUENCE));
    TRY(der_read_uint(&e->serial, &entry));
    TRY(der_read_time(&e->revoked_at, &entry));
    if (entry.len) {
        TRY(der_read(&list, &entry, DER_SEQUENCE));
        TRY(der_end(entry));
        while (list.len) {
            TRY(parts_extension_read(&ext, &list));
            if (der_is_equal(ext.oid, OID_EXT_REASON))
                TRY(parts_reason_read(&reason, &ext.value));
            else if (ext.is_critical) /* indirect lists: certificateIssuer */
                *has_critical = true;
        }
    }
    e->reason = (pki_reason)reason;
    return BZT_OK;
}

bool crl_next(crl_entry *entry, bzt_span *cursor)
{
    bool has_critical = false;
    if (cursor->len && !entry_read(entry, &has_critical, cursor))
        return true;
    memset(entry, 0, sizeof *entry);
    return false;
}

static bzt_err entries_check(crl *c)
{
    bzt_span in = c->entries;
    crl_entry e;
    while (in.len)
        TRY(entry_read(&e, &c->has_unknown_critical, &in));
    return BZT_OK;
}

static bzt_err extensions_read(crl *c, bzt_span list)
{
    extension e;
    TRY(parts_extensions_check(list));
    while (list.len) {
        TRY(parts_extension_read(&e, &list));
        if (der_is_equal(e.oid, OID_EXT_CRL_NUMBER)) {
            /* up to 20 bytes are allowed; we only compare those of ours */
            c->has_number = !der_read_u64(&c->number, &e.value);
        } else if (der_is_equal(e.oid, OID_EXT_AKI)) {
            parts_aki_read(&c->aki, e.value);
        } else if (e.is_critical) {
            c->has_unknown_critical = true;
        }
    }
    return BZT_OK;
}

static bool is_time(uint8_t tag)
{
    return tag == DER_UTC_TIME || tag == DER_GENERALIZED_TIME;
}

/* TBSCertList, RFC 5280, 5.1.2 */
static bzt_err tbs_read(crl *c)
{
    bzt_span in = c->tbs, tbs, list;
    uint64_t version;
    TRY(der_read(&tbs, &in, DER_SEQUENCE));
    TRY(der_read_u64(&version, &tbs));
    if (version != 1)
        return BZT_ERR_UNSUPPORTED;
    TRY(parts_sig_alg_read(&tbs));
    TRY(der_read_whole(&c->issuer, &tbs, DER_SEQUENCE));
    TRY(der_read_time(&c->this_update, &tbs));
    if (is_time(der_peek(tbs)))
        TRY(der_read_time(&c->next_update, &tbs));
    if (der_peek(tbs) == DER_SEQUENCE)
        TRY(der_read(&c->entries, &tbs, DER_SEQUENCE));
    TRY(entries_check(c));
    if (!tbs.len)
        return BZT_OK;
    TRY(der_read(&list, &tbs, DER_CONTEXT_CONSTRUCTED(0)));
    TRY(der_end(tbs));
    TRY(der_read(&in, &list, DER_SEQUENCE));
    TRY(der_end(list));
    return extensions_read(c, in);
}

static bzt_err list_read(crl *c, bzt_span in)
{
    bzt_span list;
    TRY(der_read_whole(&c->whole, &in, DER_SEQUENCE));
    TRY(der_end(in));
    in = c->whole;
    TRY(der_read(&list, &in, DER_SEQUENCE));
    TRY(der_read_whole(&c->tbs, &list, DER_SEQUENCE));
    TRY(parts_sig_alg_read(&list));
    TRY(parts_signature_read(&c->sig, &list));
    TRY(der_end(list));
    return tbs_read(c);
}

bzt_err crl_read(crl *out, bzt_span der)
{
    memset(out, 0, sizeof *out);
    bzt_err err = list_read(out, der);
    if (err)
        memset(out, 0, sizeof *out);
    return err;
}

/* ---- asking ---- */

bzt_err crl_verify(const crl *list, const x509_cert *issuer)
{
    if (!x509_name_is_equal(list->issuer, issuer->subject))
        return BZT_ERR_CERT_PATH;
    if (issuer->has_key_usage && !(issuer->key_usage & X509_CRL_SIGN))
        return BZT_ERR_CERT_PATH;
    return bzt_sm2_verify_vartime(issuer->pub, list->tbs, &list->sig);
}

static bool is_fresh(const crl *list, int64_t at, int64_t max_age_ms)
{
    if (list->this_update > at)
        return false;
    if (max_age_ms > 0)
        return at - list->this_update <= max_age_ms;
    return list->next_update && at <= list->next_update;
}

static bool is_compromise(pki_reason reason)
{
    return reason == PKI_KEY_COMPROMISE || reason == PKI_CA_COMPROMISE;
}

static bool find(crl_entry *e, const crl *list, bzt_span serial)
{
    bzt_span cursor = list->entries;
    while (crl_next(e, &cursor))
        if (der_is_equal(e->serial, serial))
            return true;
    return false;
}

bzt_err crl_check(crl_entry *entry, const crl *list, const crl_question *q)
{
    crl_entry e;
    if (entry)
        memset(entry, 0, sizeof *entry);
    if (!x509_name_is_equal(list->issuer, q->cert->issuer) ||
        !x509_name_is_equal(list->issuer, q->issuer->subject))
        return BZT_ERR_STATUS_UNKNOWN;
    TRY(crl_verify(list, q->issuer));
    if (!is_fresh(list, q->at, q->max_age_ms))
        return BZT_ERR_STATUS_UNKNOWN;
    if (find(&e, list, q->cert->serial)) {
        if (entry)
            *entry = e;
        if (e.revoked_at <= q->at || is_compromise(e.reason))
            return BZT_ERR_CERT_REVOKED;
    }
    return list->has_unknown_critical ? BZT_ERR_STATUS_UNKNOWN : BZT_OK;
}

/* ---- writing ---- */

static void reason_write(der_writer *w, pki_reason reason)
{
    uint8_t value = (uint8_t)reason;
    if (reason == PKI_UNSPECIFIED)
        return; /* RFC 5280, 5.3.1: leave it out */
    size_t list = der_begin(w, DER_SEQUENCE);
    extension_mark ext = parts_extension_begin(w, OID_EXT_REASON, false);
    der_write(w, DER_ENUMERATED, (bzt_span){&value, 1});
    parts_extension_end(w, ext);
    der_end_at(w, list);
}

static void entries_write(der_writer *w, const crl_template *t)
{
    if (!t->entries_n)
        return; /* absent, never empty: RFC 5280, 5.1.2.6 */
    size_t list = der_begin(w, DER_SEQUENCE);
    for (size_t i = 0; i < t->entries_n; i++) {
        size_t mark = der_begin(w, DER_SEQUENCE);
        der_write_uint(w, t->entries[i].serial);
        der_write_time(w, t->entries[i].revoked_at);
        reason_write(w, t->entries[i].reason);
        der_end_at(w, mark);
    }
    der_end_at(w, list);
}

static void extensions_write(der_writer *w, const crl_template *t,
                             const x509_cert *issuer)
{
    size_t outer = der_begin(w, DER_CONTEXT_CONSTRUCTED(0));
    size_t list = der_begin(w, DER_SEQUENCE);
    parts_aki_write(w, issuer->ski);
    extension_mark ext = parts_extension_begin(w, OID_EXT_CRL_NUMBER, false);
    der_write_u64(w, t->number);
    parts_extension_end(w, ext);
    der_end_at(w, list);
    der_end_at(w, outer);
}

static void tbs_write(der_writer *w, const crl_template *t,
                      const x509_cert *issuer)
{
    size_t tbs = der_begin(w, DER_SEQUENCE);
    der_write_u64(w, 1);
    parts_sig_alg_write(w);
    der_write_raw(w, issuer->subject);
    der_write_time(w, t->this_update);
    der_write_time(w, t->next_update);
    entries_write(w, t);
    extensions_write(w, t, issuer);
    der_end_at(w, tbs);
}

static bzt_err template_check(const crl_template *t, const x509_cert *issuer)
{
    if (t->next_update <= t->this_update || !issuer->ski.len)
        return BZT_ERR_RANGE;
    for (size_t i = 0; i < t->entries_n; i++)
        if (!t->entries[i].serial.len ||
            t->entries[i].serial.len > X509_SERIAL_MAX ||
            (unsigned)t->entries[i].reason > 10 ||
            t->entries[i].reason == 7) /* 7 is not used */
            return BZT_ERR_RANGE;
    return BZT_OK;
}

/* The list is written in place: the signed part first, then the header that
 * moves it up, so that a long list needs one buffer. */
bzt_err crl_issue(bzt_span *out, uint8_t *buf, size_t cap,
                  const crl_template *t, const pki_signer *by)
{
    bzt_sm2_signature sig;
    bzt_span tbs = {0, 0};
    der_writer w;
    *out = (bzt_span){0, 0};
    TRY(template_check(t, by->cert));
    TRY(parts_key_fits(by->key, by->cert->pub));
    der_writer_init(&w, buf, cap);
    size_t mark = der_begin(&w, DER_SEQUENCE);
    size_t begin = w.len;
    tbs_write(&w, t, by->cert);
    if (!w.err) {
        tbs = (bzt_span){w.p + begin, w.len - begin};
        TRY(parts_sign(&sig, by->key, by->cert->pub, tbs, by->random));
        parts_sig_alg_write(&w);
        parts_signature_write(&w, &sig);
    }
    der_end_at(&w, mark);
    return der_writer_done(out, &w);
}
