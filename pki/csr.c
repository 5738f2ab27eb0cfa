/* PKCS#10 (csr.h).  Pure. */
#include "csr.h"

#include "parts.h"

#include <string.h>

bzt_err csr_info_write(bzt_span *out, uint8_t *buf, size_t cap,
                       const x509_name *subject, const uint8_t pub[65])
{
    uint8_t name_buf[CSR_INFO_SIZE_MAX];
    bzt_span name;
    der_writer w;
    *out = (bzt_span){0, 0};
    TRY(bzt_sm2_point_check(pub));
    TRY(x509_name_write(&name, name_buf, sizeof name_buf, subject));
    der_writer_init(&w, buf, cap);
    size_t mark = der_begin(&w, DER_SEQUENCE);
    der_write_u64(&w, 0);
    der_write_raw(&w, name);
    parts_spki_write(&w, pub);
    der_write(&w, DER_CONTEXT_CONSTRUCTED(0), (bzt_span){0, 0});
    der_end_at(&w, mark);
    return der_writer_done(out, &w);
}

bzt_err csr_write(bzt_span *out, uint8_t *buf, size_t cap, bzt_span info,
                  const bzt_sm2_signature *sig)
{
    return parts_signed_write(out, buf, cap, info, sig);
}

/* Attribute ::= SEQUENCE { type OID, values SET OF } */
static bzt_err attributes_check(bzt_span list)
{
    bzt_span attribute, oid, values;
    while (list.len) {
        TRY(der_read(&attribute, &list, DER_SEQUENCE));
        TRY(der_read(&oid, &attribute, DER_OID));
        TRY(der_read(&values, &attribute, DER_SET));
        TRY(der_end(attribute));
    }
    return BZT_OK;
}

static bzt_err info_read(csr *out, bzt_span in)
{
    bzt_span info;
    uint64_t version;
    x509_name name;
    TRY(der_read_whole(&out->info, &in, DER_SEQUENCE));
    TRY(der_end(in));
    in = out->info;
    TRY(der_read(&info, &in, DER_SEQUENCE));
    TRY(der_read_u64(&version, &info));
    if (version)
        return BZT_ERR_UNSUPPORTED;
    TRY(der_read_whole(&out->subject, &info, DER_SEQUENCE));
    TRY(x509_name_read(&name, out->subject));
    TRY(parts_spki_read(out->pub, NULL, &info));
    TRY(der_read(&out->attributes, &info, DER_CONTEXT_CONSTRUCTED(0)));
    TRY(der_end(info));
    return attributes_check(out->attributes);
}

bzt_err csr_info_read(csr *out, bzt_span info)
{
    memset(out, 0, sizeof *out);
    bzt_err err = info_read(out, info);
    if (err)
        memset(out, 0, sizeof *out);
    return err;
}

static bzt_err request_read(csr *out, bzt_span in)
{
    bzt_span request, info;
    TRY(der_read_whole(&out->whole, &in, DER_SEQUENCE));
    TRY(der_end(in));
    in = out->whole;
    TRY(der_read(&request, &in, DER_SEQUENCE));
    TRY(der_read_whole(&info, &request, DER_SEQUENCE));
    TRY(info_read(out, info));
    TRY(parts_sig_alg_read(&request));
    TRY(parts_signature_read(&out->sig, &request));
    TRY(der_end(request));
    return bzt_sm2_verify_vartime(out->pub, out->info, &out->sig);
}

bzt_err csr_read(csr *out, bzt_span der)
{
    memset(out, 0, sizeof *out);
    bzt_err err = request_read(out, der);
    if (err)
        memset(out, 0, sizeof *out);
    return err;
}
