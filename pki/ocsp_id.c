/* CertID of OCSP, read and written (ocsp.h).  Pure. */
#include "core/sm3.h"
#include "ocsp_parts.h"
#include "sha1.h"

#include <string.h>

static ocsp_hash hash_of(bzt_span oid)
{
    if (der_is_equal(oid, OID_SM3))
        return OCSP_SM3;
    if (der_is_equal(oid, OID_SHA1))
        return OCSP_SHA1;
    return OCSP_HASH_OTHER;
}

static bzt_err hash_alg_read(ocsp_hash *hash, bzt_span *in)
{
    bzt_span alg, oid;
    TRY(der_read(&alg, in, DER_SEQUENCE));
    TRY(der_read(&oid, &alg, DER_OID));
    *hash = hash_of(oid);
    if (alg.len)
        TRY(der_read_null(&alg));
    return der_end(alg);
}

bzt_err ocsp_id_read(ocsp_cert_id *id, bzt_span *in)
{
    bzt_span at, seq;
    TRY(der_read_whole(&id->whole, in, DER_SEQUENCE));
    at = id->whole;
    TRY(der_read(&seq, &at, DER_SEQUENCE));
    TRY(hash_alg_read(&id->hash, &seq));
    TRY(der_read(&id->name_hash, &seq, DER_OCTET_STRING));
    TRY(der_read(&id->key_hash, &seq, DER_OCTET_STRING));
    TRY(der_read_uint(&id->serial, &seq));
    return der_end(seq);
}

/* Digest with the id's hash; its length, 0 for a hash that we lack. */
static size_t digest(uint8_t out[32], ocsp_hash hash, bzt_span data)
{
    if (hash == OCSP_SM3) {
        sm3_digest(out, data);
        return 32;
    }
    if (hash == OCSP_SHA1) {
        sha1_digest(out, data);
        return 20;
    }
    return 0;
}

static bool is_digest_of(bzt_span value, ocsp_hash hash, bzt_span data)
{
    uint8_t own[32];
    size_t n = digest(own, hash, data);
    return n && value.len == n && !memcmp(value.p, own, n);
}

bool ocsp_id_is_of(const ocsp_cert_id *id, const x509_cert *issuer)
{
    return is_digest_of(id->name_hash, id->hash, issuer->subject) &&
           is_digest_of(id->key_hash, id->hash, issuer->pub_bits);
}

bool ocsp_key_hash_is(bzt_span value, const x509_cert *cert)
{
    return is_digest_of(value, OCSP_SHA1, cert->pub_bits);
}

void ocsp_id_write(der_writer *w, const ocsp_question *q)
{
    uint8_t d[32];
    size_t n = digest(d, q->hash, q->issuer->subject);
    size_t id = der_begin(w, DER_SEQUENCE);
    size_t alg = der_begin(w, DER_SEQUENCE);
    der_write(w, DER_OID, q->hash == OCSP_SM3 ? OID_SM3 : OID_SHA1);
    if (q->hash == OCSP_SHA1)
        der_write_null(w); /* RFC 3370, 2.1: what clients expect */
    der_end_at(w, alg);
    der_write(w, DER_OCTET_STRING, (bzt_span){d, n});
    n = digest(d, q->hash, q->issuer->pub_bits);
    der_write(w, DER_OCTET_STRING, (bzt_span){d, n});
    der_write_uint(w, q->cert->serial);
    der_end_at(w, id);
}

/* id-pkix-ocsp-nonce: an OCTET STRING inside (RFC 8954); older clients send
 * the bare bytes, which are taken as they are. */
bzt_err ocsp_nonce_read(bzt_span *nonce, bzt_span value)
{
    bzt_span in = value;
    if (der_read(nonce, &in, DER_OCTET_STRING) || in.len)
        *nonce = value;
    return nonce->len && nonce->len <= OCSP_NONCE_MAX ? BZT_OK : BZT_ERR_RANGE;
}

void ocsp_nonce_write(der_writer *w, unsigned outer_tag, bzt_span nonce)
{
    if (!nonce.len)
        return;
    size_t outer = der_begin(w, (uint8_t)outer_tag);
    size_t list = der_begin(w, DER_SEQUENCE);
    extension_mark ext = parts_extension_begin(w, OID_OCSP_NONCE, false);
    der_write(w, DER_OCTET_STRING, nonce);
    parts_extension_end(w, ext);
    der_end_at(w, list);
    der_end_at(w, outer);
}
