/* Reading certificates (x509.h).  Pure. */
#include "x509.h"

#include "core/sm3.h"
#include "identity.h"
#include "parts.h"

#include <string.h>

/* ---- extensions ---- */

static bzt_err ski_read(x509_cert *c, bzt_span value)
{
    if (der_read(&c->ski, &value, DER_OCTET_STRING))
        c->ski = (bzt_span){0, 0};
    return BZT_OK; /* a hint for finding issuers: a broken one is none */
}

static bzt_err aki_read(x509_cert *c, bzt_span value)
{
    parts_aki_read(&c->aki, value);
    return BZT_OK;
}

static bzt_err key_usage_read(x509_cert *c, bzt_span value)
{
    TRY(der_read_named_bits(&c->key_usage, &value));
    c->has_key_usage = true;
    return der_end(value);
}

/* SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLen INTEGER OPTIONAL }: both
 * `30 00` and `30 03 01 01 00` occur. */
static bzt_err basic_read(x509_cert *c, bzt_span value)
{
    bzt_span seq;
    uint32_t is_ca = 0;
    uint64_t path_len;
    TRY(der_read(&seq, &value, DER_SEQUENCE));
    TRY(der_end(value));
    if (der_peek(seq) == DER_BOOLEAN)
        TRY(der_read_bool(&is_ca, &seq));
    c->is_ca = is_ca != 0;
    if (der_peek(seq) == DER_INTEGER) {
        TRY(der_read_u64(&path_len, &seq));
        c->has_path_len = c->is_ca;
        c->path_len = path_len > 255 ? 255 : (uint32_t)path_len;
    }
    return der_end(seq);
}

static uint32_t eku_bit(bzt_span oid)
{
    if (der_is_equal(oid, OID_KP_SERVER))
        return X509_EKU_SERVER_AUTH;
    if (der_is_equal(oid, OID_KP_CLIENT))
        return X509_EKU_CLIENT_AUTH;
    if (der_is_equal(oid, OID_KP_OCSP))
        return X509_EKU_OCSP_SIGNING;
    return X509_EKU_OTHER;
}

static bzt_err eku_read(x509_cert *c, bzt_span value)
{
    bzt_span seq, oid;
    TRY(der_read(&seq, &value, DER_SEQUENCE));
    TRY(der_end(value));
    c->has_eku = true;
    while (seq.len) {
        TRY(der_read(&oid, &seq, DER_OID));
        c->eku |= eku_bit(oid);
    }
    return BZT_OK;
}

static bzt_err san_read(x509_cert *c, bzt_span value)
{
    TRY(der_read(&c->san, &value, DER_SEQUENCE));
    TRY(der_end(value));
    bzt_span names = c->san;
    uint8_t tag;
    while (names.len)
        TRY(der_read_any(&tag, NULL, NULL, &names));
    return BZT_OK;
}

enum { TAG_DNS = DER_CONTEXT(2), TAG_URI = DER_CONTEXT(6) };

/* First URI of GeneralNames that we could fetch; LDAP ones are left. */
static bzt_span url_of(bzt_span names)
{
    bzt_span value;
    uint8_t tag;
    while (names.len && !der_read_any(&tag, &value, NULL, &names))
        if (tag == TAG_URI && parts_is_url(value))
            return value;
    return (bzt_span){0, 0};
}

/* SEQUENCE OF { distributionPoint [0] { fullName [0] GeneralNames } } */
static bzt_err crl_dp_read(x509_cert *c, bzt_span value)
{
    bzt_span seq, point, name;
    if (der_read(&seq, &value, DER_SEQUENCE))
        return BZT_OK;
    while (!c->crl_url.len && !der_read(&point, &seq, DER_SEQUENCE))
        if (!der_read(&name, &point, DER_CONTEXT_CONSTRUCTED(0)) &&
            !der_read(&name, &name, DER_CONTEXT_CONSTRUCTED(0)))
            c->crl_url = url_of(name);
    return BZT_OK;
}

/* SEQUENCE OF { accessMethod OID, accessLocation GeneralName } */
static bzt_err aia_read(x509_cert *c, bzt_span value)
{
    bzt_span seq, access, oid;
    if (der_read(&seq, &value, DER_SEQUENCE))
        return BZT_OK;
    while (!der_read(&access, &seq, DER_SEQUENCE)) {
        if (der_read(&oid, &access, DER_OID))
            return BZT_OK;
        if (!c->ocsp_url.len && der_is_equal(oid, OID_AD_OCSP))
            c->ocsp_url = url_of(access);
        if (!c->issuer_url.len && der_is_equal(oid, OID_AD_ISSUER))
            c->issuer_url = url_of(access);
    }
    return BZT_OK;
}

static bzt_err nocheck_read(x509_cert *c, bzt_span value)
{
    (void)value; /* NULL */
    c->has_nocheck = true;
    return BZT_OK;
}

static bzt_err passed_over(x509_cert *c, bzt_span value)
{
    (void)c;
    (void)value;
    return BZT_OK;
}

typedef bzt_err extension_reader(x509_cert *c, bzt_span value);

/* What we understand.  Policies may be critical: paths are checked for any
 * policy, and constraints on policies are not in this list. */
static extension_reader *reader_of(bzt_span oid)
{
    const struct {
        bzt_span oid;
        extension_reader *read;
    } known[] = {
        {OID_EXT_SKI, ski_read},
        {OID_EXT_AKI, aki_read},
        {OID_EXT_KEY_USAGE, key_usage_read},
        {OID_EXT_BASIC, basic_read},
        {OID_EXT_EKU, eku_read},
        {OID_EXT_SAN, san_read},
        {OID_EXT_CRL_DP, crl_dp_read},
        {OID_EXT_AIA, aia_read},
        {OID_EXT_NOCHECK, nocheck_read},
        {OID_EXT_POLICIES, passed_over},
        {OID_EXT_ID_NUMBER, passed_over},
        {OID_EXT_ORG_CODE, passed_over},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (der_is_equal(oid, known[i].oid))
            return known[i].read;
    return NULL;
}

static bzt_err extensions_read(x509_cert *c)
{
    bzt_span list = c->extensions;
    extension e;
    TRY(parts_extensions_check(list));
    while (list.len) {
        TRY(parts_extension_read(&e, &list));
        extension_reader *read = reader_of(e.oid);
        if (read)
            TRY(read(c, e.value));
        else if (e.is_critical)
            c->has_unknown_critical = true;
    }
    return BZT_OK;
}

/* ---- the certificate ---- */

static bzt_err version_read(bzt_span *tbs)
{
    bzt_span version;
    uint64_t v;
    if (der_peek(*tbs) != DER_CONTEXT_CONSTRUCTED(0))
        return BZT_ERR_UNSUPPORTED; /* version 1 */
    TRY(der_read(&version, tbs, DER_CONTEXT_CONSTRUCTED(0)));
    TRY(der_read_u64(&v, &version));
    TRY(der_end(version));
    return v == 2 ? BZT_OK : BZT_ERR_UNSUPPORTED;
}

static bzt_err validity_read(x509_cert *c, bzt_span *tbs)
{
    bzt_span v;
    TRY(der_read(&v, tbs, DER_SEQUENCE));
    TRY(der_read_time(&c->not_before, &v));
    TRY(der_read_time(&c->not_after, &v));
    return der_end(v);
}

/* issuerUniqueID [1], subjectUniqueID [2]: passed over. */
static bzt_err unique_ids_read(bzt_span *tbs)
{
    bzt_span id;
    for (uint8_t n = 1; n <= 2; n++)
        if (der_peek(*tbs) == DER_CONTEXT(n))
            TRY(der_read(&id, tbs, DER_CONTEXT(n)));
    return BZT_OK;
}

/* TBSCertificate, RFC 5280, 4.1 */
static bzt_err tbs_read(x509_cert *c)
{
    bzt_span in = c->tbs, tbs, list;
    TRY(der_read(&tbs, &in, DER_SEQUENCE));
    TRY(version_read(&tbs));
    TRY(der_read_uint(&c->serial, &tbs));
    if (c->serial.len > X509_SERIAL_MAX)
        return BZT_ERR_RANGE;
    TRY(parts_sig_alg_read(&tbs));
    TRY(der_read_whole(&c->issuer, &tbs, DER_SEQUENCE));
    TRY(validity_read(c, &tbs));
    TRY(der_read_whole(&c->subject, &tbs, DER_SEQUENCE));
    TRY(parts_spki_read(c->pub, &c->pub_bits, &tbs));
    TRY(unique_ids_read(&tbs));
    if (!tbs.len)
        return BZT_OK;
    TRY(der_read(&list, &tbs, DER_CONTEXT_CONSTRUCTED(3)));
    TRY(der_end(tbs));
    TRY(der_read(&c->extensions, &list, DER_SEQUENCE));
    TRY(der_end(list));
    return extensions_read(c);
}

static bzt_err cert_read(x509_cert *c, bzt_span in)
{
    bzt_span cert;
    TRY(der_read_whole(&c->whole, &in, DER_SEQUENCE));
    TRY(der_end(in));
    in = c->whole;
    TRY(der_read(&cert, &in, DER_SEQUENCE));
    TRY(der_read_whole(&c->tbs, &cert, DER_SEQUENCE));
    TRY(parts_sig_alg_read(&cert));
    TRY(parts_signature_read(&c->sig, &cert));
    TRY(der_end(cert));
    return tbs_read(c);
}

bzt_err x509_read(x509_cert *out, bzt_span der)
{
    memset(out, 0, sizeof *out);
    bzt_err err = cert_read(out, der);
    if (err)
        memset(out, 0, sizeof *out);
    return err;
}

bzt_err x509_verify(const x509_cert *cert, const uint8_t issuer_pub[65])
{
    return bzt_sm2_verify_vartime(issuer_pub, cert->tbs, &cert->sig);
}

void x509_fingerprint(uint8_t out[32], const x509_cert *cert)
{
    sm3_digest(out, cert->whole);
}

void x509_key_id(uint8_t out[X509_KEY_ID_LEN], const uint8_t pub[65])
{
    uint8_t digest[32];
    sm3_digest(digest, (bzt_span){pub, 65});
    memcpy(out, digest, X509_KEY_ID_LEN);
}

bzt_err x509_extension(bzt_span *value, const x509_cert *cert, bzt_span oid)
{
    bzt_span list = cert->extensions;
    extension e;
    *value = (bzt_span){0, 0};
    while (list.len) {
        TRY(parts_extension_read(&e, &list));
        if (der_is_equal(e.oid, oid)) {
            *value = e.value;
            return BZT_OK;
        }
    }
    return BZT_ERR_NOT_FOUND;
}

/* ---- hosts ---- */

bool x509_next_host(bzt_span *host, bzt_span *cursor)
{
    uint8_t tag;
    while (cursor->len && !der_read_any(&tag, host, NULL, cursor))
        if (tag == TAG_DNS)
            return true;
    *host = (bzt_span){0, 0};
    return false;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool is_same_host(bzt_span pattern, bzt_span host)
{
    if (pattern.len != host.len)
        return false;
    for (size_t i = 0; i < host.len; i++)
        if (lower(pattern.p[i]) != host.p[i])
            return false;
    return true;
}

static bool has_dot(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] == '.')
            return true;
    return false;
}

/* "*.example.cn" is for one label before ".example.cn" (RFC 6125, 6.4.3),
 * and never for a whole top-level domain. */
static bool is_host_of(bzt_span pattern, bzt_span host)
{
    if (pattern.len < 2 || pattern.p[0] != '*' || pattern.p[1] != '.')
        return is_same_host(pattern, host);
    size_t dot = 0;
    while (dot < host.len && host.p[dot] != '.')
        dot++;
    bzt_span rest = {pattern.p + 1, pattern.len - 1};
    if (!dot || dot == host.len || !has_dot(rest.p + 1, rest.len - 1))
        return false;
    return is_same_host(rest, (bzt_span){host.p + dot, host.len - dot});
}

bool x509_has_host(const x509_cert *cert, bzt_span host)
{
    bzt_span cursor = cert->san, pattern;
    if (!parts_is_host(host))
        return false;
    while (x509_next_host(&pattern, &cursor))
        if (is_host_of(pattern, host))
            return true;
    return false;
}

/* ---- holder ---- */

typedef bzt_err number_check(bzt_span number);

/* Content of an identity extension: a string, a string inside one or more
 * constructed types, or characters without any tag.  First that fits. */
static bzt_span number_in(bzt_span value, number_check *check)
{
    for (int depth = 0; depth < 4; depth++) {
        bzt_span in = value;
        uint8_t tag;
        if (!check(value))
            return value;
        if (der_read_any(&tag, &value, NULL, &in))
            break;
    }
    return (bzt_span){0, 0};
}

static bool is_code_char(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

/* In an extension made for it a code is taken as the CA wrote it, whatever
 * its check character; whoever compares it compares all of it. */
static bzt_err code_form_check(bzt_span code)
{
    if (code.len != USCC_LEN)
        return BZT_ERR_USCC;
    for (size_t i = 0; i < USCC_LEN; i++)
        if (!is_code_char(code.p[i]))
            return BZT_ERR_USCC;
    return BZT_OK;
}

/* Where CAs put the unified social credit code (standards 4). */
static bzt_span uscc_in_extensions(const x509_cert *cert)
{
    const bzt_span arcs[] = {
        OID_EXT_ORG_CODE,
        BZT_SPAN_LIT("\x2a\x56\x0b\x07\x04"),             /* 1.2.86.11.7.4 */
        BZT_SPAN_LIT("\x2a\x56\x0b\x07\x03"),             /* .3 */
        BZT_SPAN_LIT("\x2a\x56\x0b\x07\x05"),             /* .5 tax number */
        BZT_SPAN_LIT("\x2a\x81\x1c\x0b\x07\x04"),         /* 1.2.156.11.7.4 */
        BZT_SPAN_LIT("\x2a\x81\x1c\xd0\x14\x04\x01\x03"), /* …10260.4.1.3 */
        BZT_SPAN_LIT("\x2a\x81\x1c\xd0\x14\x04\x01\x05"), /* .5 */
        BZT_SPAN_LIT("\x2a\x81\x1c\x01\xc5\x38\x81\x14"), /* SHECA */
        BZT_SPAN_LIT("\x2a\x81\x1c\x86\xef\x3a\x0b\x81\x4d"),
        BZT_SPAN_LIT("\x2a\x81\x1c\x86\xef\x42\x01"), /* Fujian CA */
    };
    bzt_span value, code;
    for (size_t i = 0; i < sizeof arcs / sizeof arcs[0]; i++) {
        if (x509_extension(&value, cert, arcs[i]))
            continue;
        code = number_in(value, code_form_check);
        if (code.len)
            return code;
    }
    return (bzt_span){0, 0};
}

/* A code that stands in a text between characters that no code has. */
static bzt_span uscc_in_text(bzt_span text)
{
    for (size_t i = 0; i + USCC_LEN <= text.len; i++) {
        bzt_span code = {text.p + i, USCC_LEN};
        if (i && is_code_char(text.p[i - 1]))
            continue;
        if (i + USCC_LEN < text.len && is_code_char(text.p[i + USCC_LEN]))
            continue;
        if (!uscc_check(code))
            return code;
    }
    return (bzt_span){0, 0};
}

static bzt_span id_number_in_extensions(const x509_cert *cert)
{
    const bzt_span arcs[] = {
        OID_EXT_ID_NUMBER,
        BZT_SPAN_LIT("\x2a\x56\x0b\x07\x01"),     /* 1.2.86.11.7.1 */
        BZT_SPAN_LIT("\x2a\x81\x1c\x0b\x07\x01"), /* 1.2.156.11.7.1 */
        BZT_SPAN_LIT("\x2a\x56\x15\x01\x01"),     /* 1.2.86.21.1.1 */
        BZT_SPAN_LIT("\x55\x1d\x01"),             /* Yunnan: no tag */
    };
    bzt_span value, number;
    for (size_t i = 0; i < sizeof arcs / sizeof arcs[0]; i++) {
        if (x509_extension(&value, cert, arcs[i]))
            continue;
        number = number_in(value, id_number_check);
        if (number.len)
            return number;
    }
    return (bzt_span){0, 0};
}

void x509_holder_read(x509_holder *out, const x509_cert *cert)
{
    x509_name name;
    memset(out, 0, sizeof *out);
    out->id_number = id_number_in_extensions(cert);
    out->uscc = uscc_in_extensions(cert);
    if (x509_name_read(&name, cert->subject))
        return;
    out->common_name = name.common_name;
    out->organisation = name.organisation;
    out->unit = name.unit;
    out->country = name.country;
    const bzt_span texts[] = {name.serial, name.organisation, name.unit};
    for (size_t i = 0; !out->uscc.len && i < 3; i++)
        out->uscc = uscc_in_text(texts[i]);
}
