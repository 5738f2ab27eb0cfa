/* Writing certificates, strictly (x509.h).  Pure. */
#include "identity.h"
#include "parts.h"

#include <string.h>

enum { NO_PATH_LEN = -1, NOT_CA = -2 };

/* What makes a profile. */
static const struct profile {
    uint32_t key_usage;
    int path_len; /* or NO_PATH_LEN, NOT_CA */
    bool has_ocsp_usage;
    bool needs_hosts;
} profiles[] = {
    [X509_ROOT] = {X509_KEY_CERT_SIGN | X509_CRL_SIGN, NO_PATH_LEN},
    [X509_ISSUING] = {X509_KEY_CERT_SIGN | X509_CRL_SIGN, 0},
    [X509_SIGNING] = {X509_DIGITAL_SIGNATURE | X509_NON_REPUDIATION, NOT_CA},
    [X509_ENCRYPTION] = {X509_KEY_ENCIPHERMENT | X509_DATA_ENCIPHERMENT |
                             X509_KEY_AGREEMENT,
                         NOT_CA},
    [X509_OCSP] = {X509_DIGITAL_SIGNATURE, NOT_CA, .has_ocsp_usage = true},
    [X509_RP] = {X509_DIGITAL_SIGNATURE, NOT_CA, .needs_hosts = true},
};
enum { PROFILES_N = sizeof profiles / sizeof profiles[0] };

/* A host, or "*." before one of at least two labels. */
static bool is_host_pattern(bzt_span s)
{
    if (s.len < 2 || s.p[0] != '*' || s.p[1] != '.')
        return parts_is_host(s);
    s.p += 2;
    s.len -= 2;
    size_t dots = 0;
    for (size_t i = 0; i < s.len; i++)
        dots += s.p[i] == '.';
    return dots && parts_is_host(s);
}

static bzt_err template_check(const x509_template *t, const x509_cert *issuer)
{
    if ((unsigned)t->profile >= PROFILES_N || t->serial_len < 8 ||
        t->serial_len > X509_SERIAL_MAX || t->not_after < t->not_before)
        return BZT_ERR_RANGE;
    if (issuer && !issuer->ski.len)
        return BZT_ERR_RANGE;
    const bzt_span urls[] = {t->crl_url, t->ocsp_url, t->issuer_url};
    for (size_t i = 0; i < 3; i++)
        if (urls[i].len && !parts_is_url(urls[i]))
            return BZT_ERR_ENCODING;
    if (t->uscc.len && uscc_check(t->uscc))
        return BZT_ERR_ENCODING;
    if (t->id_number.len && id_number_check(t->id_number))
        return BZT_ERR_ENCODING;
    if (profiles[t->profile].needs_hosts && !t->hosts_n)
        return BZT_ERR_ENCODING;
    for (size_t i = 0; i < t->hosts_n; i++)
        if (!is_host_pattern(t->hosts[i]))
            return BZT_ERR_ENCODING;
    return bzt_sm2_point_check(t->pub);
}

static void basic_write(der_writer *w, int path_len)
{
    extension_mark ext = parts_extension_begin(w, OID_EXT_BASIC, true);
    size_t mark = der_begin(w, DER_SEQUENCE);
    der_write_bool(w, 1);
    if (path_len >= 0)
        der_write_u64(w, (uint64_t)path_len);
    der_end_at(w, mark);
    parts_extension_end(w, ext);
}

static void key_usage_write(der_writer *w, uint32_t bits)
{
    extension_mark ext = parts_extension_begin(w, OID_EXT_KEY_USAGE, true);
    der_write_named_bits(w, bits, 9);
    parts_extension_end(w, ext);
}

static void ocsp_usage_write(der_writer *w)
{
    extension_mark ext = parts_extension_begin(w, OID_EXT_EKU, true);
    size_t mark = der_begin(w, DER_SEQUENCE);
    der_write(w, DER_OID, OID_KP_OCSP);
    der_end_at(w, mark);
    parts_extension_end(w, ext);
    ext = parts_extension_begin(w, OID_EXT_NOCHECK, false);
    der_write_null(w);
    parts_extension_end(w, ext);
}

static void ski_write(der_writer *w, const uint8_t pub[65])
{
    uint8_t id[X509_KEY_ID_LEN];
    x509_key_id(id, pub);
    extension_mark ext = parts_extension_begin(w, OID_EXT_SKI, false);
    der_write(w, DER_OCTET_STRING, (bzt_span){id, sizeof id});
    parts_extension_end(w, ext);
}

static void aki_write(der_writer *w, const x509_template *t,
                      const x509_cert *issuer)
{
    uint8_t id[X509_KEY_ID_LEN];
    if (issuer) {
        parts_aki_write(w, issuer->ski);
        return;
    }
    x509_key_id(id, t->pub);
    parts_aki_write(w, (bzt_span){id, sizeof id});
}

enum { TAG_DNS = DER_CONTEXT(2), TAG_URI = DER_CONTEXT(6) };

static void hosts_write(der_writer *w, const x509_template *t)
{
    if (!t->hosts_n)
        return;
    extension_mark ext = parts_extension_begin(w, OID_EXT_SAN, false);
    size_t mark = der_begin(w, DER_SEQUENCE);
    for (size_t i = 0; i < t->hosts_n; i++)
        der_write(w, TAG_DNS, t->hosts[i]);
    der_end_at(w, mark);
    parts_extension_end(w, ext);
}

static void crl_dp_write(der_writer *w, bzt_span url)
{
    if (!url.len)
        return;
    extension_mark ext = parts_extension_begin(w, OID_EXT_CRL_DP, false);
    size_t list = der_begin(w, DER_SEQUENCE);
    size_t point = der_begin(w, DER_SEQUENCE);
    size_t name = der_begin(w, DER_CONTEXT_CONSTRUCTED(0));
    size_t full = der_begin(w, DER_CONTEXT_CONSTRUCTED(0));
    der_write(w, TAG_URI, url);
    der_end_at(w, full);
    der_end_at(w, name);
    der_end_at(w, point);
    der_end_at(w, list);
    parts_extension_end(w, ext);
}

static void access_write(der_writer *w, bzt_span method, bzt_span url)
{
    if (!url.len)
        return;
    size_t mark = der_begin(w, DER_SEQUENCE);
    der_write(w, DER_OID, method);
    der_write(w, TAG_URI, url);
    der_end_at(w, mark);
}

static void aia_write(der_writer *w, const x509_template *t)
{
    if (!t->ocsp_url.len && !t->issuer_url.len)
        return;
    extension_mark ext = parts_extension_begin(w, OID_EXT_AIA, false);
    size_t mark = der_begin(w, DER_SEQUENCE);
    access_write(w, OID_AD_OCSP, t->ocsp_url);
    access_write(w, OID_AD_ISSUER, t->issuer_url);
    der_end_at(w, mark);
    parts_extension_end(w, ext);
}

static void number_write(der_writer *w, bzt_span oid, bzt_span number)
{
    if (!number.len)
        return;
    extension_mark ext = parts_extension_begin(w, oid, false);
    der_write(w, DER_PRINTABLE_STRING, number);
    parts_extension_end(w, ext);
}

static void extensions_write(der_writer *w, const x509_template *t,
                             const x509_cert *issuer)
{
    const struct profile *p = &profiles[t->profile];
    size_t outer = der_begin(w, DER_CONTEXT_CONSTRUCTED(3));
    size_t list = der_begin(w, DER_SEQUENCE);
    if (p->path_len != NOT_CA)
        basic_write(w, p->path_len);
    key_usage_write(w, p->key_usage);
    if (p->has_ocsp_usage)
        ocsp_usage_write(w);
    ski_write(w, t->pub);
    aki_write(w, t, issuer);
    hosts_write(w, t);
    crl_dp_write(w, t->crl_url);
    aia_write(w, t);
    number_write(w, OID_EXT_ID_NUMBER, t->id_number);
    number_write(w, OID_EXT_ORG_CODE, t->uscc);
    der_end_at(w, list);
    der_end_at(w, outer);
}

/* Positive, and of full length whatever the random bytes: 01 in front of
 * the lowest bits of the first byte. */
static void serial_write(der_writer *w, const x509_template *t)
{
    uint8_t serial[X509_SERIAL_MAX];
    memcpy(serial, t->serial, t->serial_len);
    serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40);
    der_write_uint(w, (bzt_span){serial, t->serial_len});
}

bzt_err x509_tbs_write(bzt_span *out, uint8_t *buf, size_t cap,
                       const x509_template *t, const x509_cert *issuer)
{
    uint8_t name_buf[2304];
    bzt_span subject;
    der_writer w;
    *out = (bzt_span){0, 0};
    TRY(template_check(t, issuer));
    TRY(x509_name_write(&subject, name_buf, sizeof name_buf, &t->subject));
    der_writer_init(&w, buf, cap);
    size_t tbs = der_begin(&w, DER_SEQUENCE);
    size_t mark = der_begin(&w, DER_CONTEXT_CONSTRUCTED(0));
    der_write_u64(&w, 2);
    der_end_at(&w, mark);
    serial_write(&w, t);
    parts_sig_alg_write(&w);
    der_write_raw(&w, issuer ? issuer->subject : subject);
    mark = der_begin(&w, DER_SEQUENCE);
    der_write_time(&w, t->not_before);
    der_write_time(&w, t->not_after);
    der_end_at(&w, mark);
    der_write_raw(&w, subject);
    parts_spki_write(&w, t->pub);
    extensions_write(&w, t, issuer);
    der_end_at(&w, tbs);
    return der_writer_done(out, &w);
}

bzt_err x509_write(bzt_span *out, uint8_t *buf, size_t cap, bzt_span tbs,
                   const bzt_sm2_signature *sig)
{
    return parts_signed_write(out, buf, cap, tbs, sig);
}

bzt_err x509_issue(bzt_span *out, uint8_t *buf, size_t cap,
                   const x509_template *t, const pki_signer *by)
{
    uint8_t tbs_buf[X509_SIZE_MAX];
    const uint8_t *pub = by->cert ? by->cert->pub : t->pub;
    bzt_sm2_signature sig;
    bzt_span tbs;
    *out = (bzt_span){0, 0};
    TRY(parts_key_fits(by->key, pub));
    TRY(x509_tbs_write(&tbs, tbs_buf, sizeof tbs_buf, t, by->cert));
    TRY(parts_sign(&sig, by->key, pub, tbs, by->random));
    return x509_write(out, buf, cap, tbs, &sig);
}
