/* Shared parts of the structures of X.509 (parts.h).  Pure. */
#include "parts.h"

#include <string.h>

/* Parameters: NULL or absent; CAs differ (standards 0.6). */
static bzt_err no_parameters(bzt_span alg)
{
    if (alg.len)
        TRY(der_read_null(&alg));
    return der_end(alg);
}

bzt_err parts_sig_alg_read(bzt_span *in)
{
    bzt_span alg, oid;
    TRY(der_read(&alg, in, DER_SEQUENCE));
    TRY(der_read(&oid, &alg, DER_OID));
    if (!der_is_equal(oid, OID_SM2_SM3))
        return BZT_ERR_UNSUPPORTED;
    return no_parameters(alg);
}

void parts_sig_alg_write(der_writer *w)
{
    size_t mark = der_begin(w, DER_SEQUENCE);
    der_write(w, DER_OID, OID_SM2_SM3);
    der_end_at(w, mark);
}

bzt_err parts_signature_read(bzt_sm2_signature *sig, bzt_span *in)
{
    bzt_span bits;
    TRY(der_read_bits(&bits, in));
    if (bits.len != 64)
        return bzt_sm2_signature_read(sig, bits);
    memcpy(sig->r, bits.p, 32);
    memcpy(sig->s, bits.p + 32, 32);
    return BZT_OK;
}

void parts_signature_write(der_writer *w, const bzt_sm2_signature *sig)
{
    uint8_t der[BZT_SM2_SIGNATURE_DER_MAX];
    size_t len;
    bzt_sm2_signature_write(der, &len, sig);
    der_write_bits(w, (bzt_span){der, len});
}

/* { ecPublicKey, sm2 } or, as GM/T 0015-2023 allows, { sm2 }. */
static bzt_err key_alg_read(bzt_span *in)
{
    bzt_span alg, oid;
    TRY(der_read(&alg, in, DER_SEQUENCE));
    TRY(der_read(&oid, &alg, DER_OID));
    if (der_is_equal(oid, OID_SM2)) {
        if (der_peek(alg) != DER_OID)
            return no_parameters(alg);
    } else if (!der_is_equal(oid, OID_EC_PUBLIC_KEY)) {
        return BZT_ERR_UNSUPPORTED;
    }
    if (der_peek(alg) != DER_OID)
        return BZT_ERR_UNSUPPORTED; /* a curve by its parameters */
    TRY(der_read(&oid, &alg, DER_OID));
    if (!der_is_equal(oid, OID_SM2))
        return BZT_ERR_UNSUPPORTED;
    return der_end(alg);
}

bzt_err parts_spki_read(uint8_t pub[65], bzt_span *bits, bzt_span *in)
{
    bzt_span spki, key;
    TRY(der_read(&spki, in, DER_SEQUENCE));
    TRY(key_alg_read(&spki));
    TRY(der_read_bits(&key, &spki));
    TRY(der_end(spki));
    if (key.len != 65)
        return BZT_ERR_POINT;
    TRY(bzt_sm2_point_check(key.p));
    memcpy(pub, key.p, 65);
    if (bits)
        *bits = key;
    return BZT_OK;
}

void parts_spki_write(der_writer *w, const uint8_t pub[65])
{
    size_t whole = der_begin(w, DER_SEQUENCE);
    size_t alg = der_begin(w, DER_SEQUENCE);
    der_write(w, DER_OID, OID_EC_PUBLIC_KEY);
    der_write(w, DER_OID, OID_SM2);
    der_end_at(w, alg);
    der_write_bits(w, (bzt_span){pub, 65});
    der_end_at(w, whole);
}

bzt_err parts_extension_read(extension *e, bzt_span *in)
{
    bzt_span ext;
    uint32_t critical = 0;
    TRY(der_read(&ext, in, DER_SEQUENCE));
    TRY(der_read(&e->oid, &ext, DER_OID));
    if (der_peek(ext) == DER_BOOLEAN)
        TRY(der_read_bool(&critical, &ext));
    e->is_critical = critical != 0;
    TRY(der_read(&e->value, &ext, DER_OCTET_STRING));
    return der_end(ext);
}

static bool is_before(bzt_span list, bzt_span oid, size_t n)
{
    extension e;
    while (n-- && !parts_extension_read(&e, &list))
        if (der_is_equal(e.oid, oid))
            return true;
    return false;
}

bzt_err parts_extensions_check(bzt_span list)
{
    bzt_span in = list;
    extension e;
    for (size_t n = 0; in.len; n++) {
        TRY(parts_extension_read(&e, &in));
        if (n >= EXTENSIONS_MAX || is_before(list, e.oid, n))
            return BZT_ERR_UNSUPPORTED;
    }
    return BZT_OK;
}

extension_mark parts_extension_begin(der_writer *w, bzt_span oid,
                                     bool is_critical)
{
    extension_mark mark;
    mark.whole = der_begin(w, DER_SEQUENCE);
    der_write(w, DER_OID, oid);
    if (is_critical)
        der_write_bool(w, 1); /* FALSE is the default: DER leaves it out */
    mark.value = der_begin(w, DER_OCTET_STRING);
    return mark;
}

void parts_extension_end(der_writer *w, extension_mark mark)
{
    der_end_at(w, mark.value);
    der_end_at(w, mark.whole);
}

void parts_aki_write(der_writer *w, bzt_span id)
{
    extension_mark ext = parts_extension_begin(w, OID_EXT_AKI, false);
    size_t mark = der_begin(w, DER_SEQUENCE);
    der_write(w, DER_CONTEXT(0), id);
    der_end_at(w, mark);
    parts_extension_end(w, ext);
}

void parts_aki_read(bzt_span *id, bzt_span value)
{
    bzt_span seq;
    *id = (bzt_span){0, 0};
    if (der_read(&seq, &value, DER_SEQUENCE))
        return;
    if (der_peek(seq) != DER_CONTEXT(0) || der_read(id, &seq, DER_CONTEXT(0)))
        *id = (bzt_span){0, 0};
}

bzt_err parts_reason_read(uint32_t *reason, bzt_span *in)
{
    bzt_span v;
    TRY(der_read(&v, in, DER_ENUMERATED));
    if (v.len != 1 || v.p[0] > 10)
        return BZT_ERR_ENCODING;
    *reason = v.p[0];
    return BZT_OK;
}

bzt_err parts_signed_write(bzt_span *out, uint8_t *buf, size_t cap,
                           bzt_span tbs, const bzt_sm2_signature *sig)
{
    der_writer w;
    der_writer_init(&w, buf, cap);
    size_t mark = der_begin(&w, DER_SEQUENCE);
    der_write_raw(&w, tbs);
    parts_sig_alg_write(&w);
    parts_signature_write(&w, sig);
    der_end_at(&w, mark);
    return der_writer_done(out, &w);
}

bzt_err parts_sign(bzt_sm2_signature *sig, const bzt_sm2_key *key,
                   const uint8_t pub[65], bzt_span tbs,
                   const uint8_t random[48])
{
    bzt_err err = bzt_sm2_sign(sig, key, tbs, random);
    if (!err)
        err = bzt_sm2_verify_vartime(pub, tbs, sig);
    if (err)
        memset(sig, 0, sizeof *sig);
    return err;
}

bzt_err parts_key_fits(const bzt_sm2_key *key, const uint8_t pub[65])
{
    uint8_t own[65];
    TRY(bzt_sm2_public(own, key));
    return memcmp(own, pub, 65) ? BZT_ERR_KEY_MISMATCH : BZT_OK;
}

bool parts_is_url(bzt_span url)
{
    bool has_scheme = (url.len > 8 && !memcmp(url.p, "https://", 8)) ||
                      (url.len > 7 && !memcmp(url.p, "http://", 7));
    if (!has_scheme || url.len > 500)
        return false;
    for (size_t i = 0; i < url.len; i++)
        if (url.p[i] <= ' ' || url.p[i] > '~')
            return false;
    return true;
}

bool parts_is_host(bzt_span host)
{
    size_t label = 0;
    if (!host.len || host.len > 253)
        return false;
    for (size_t i = 0; i < host.len; i++) {
        uint8_t c = host.p[i];
        bool is_edge = !label || i + 1 == host.len || host.p[i + 1] == '.';
        if (c == '.') {
            if (!label || i + 1 == host.len)
                return false;
            label = 0;
            continue;
        }
        bool is_alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!is_alnum && (c != '-' || is_edge))
            return false;
        if (++label > 63)
            return false;
    }
    return true;
}
