/* OCSP requests (ocsp.h), RFC 6960, 4.1.  Pure. */
#include "ocsp_parts.h"

#include <string.h>

/* Request ::= SEQUENCE { reqCert CertID, [0] extensions OPTIONAL } */
static bzt_err request_item_read(ocsp_cert_id *id, bzt_span *in)
{
    bzt_span item, list;
    extension e;
    TRY(der_read(&item, in, DER_SEQUENCE));
    TRY(ocsp_id_read(id, &item));
    if (!item.len)
        return BZT_OK;
    TRY(der_read(&list, &item, DER_CONTEXT_CONSTRUCTED(0)));
    TRY(der_end(item));
    TRY(der_read(&item, &list, DER_SEQUENCE));
    TRY(der_end(list));
    while (item.len) {
        TRY(parts_extension_read(&e, &item));
        if (e.is_critical)
            return BZT_ERR_UNSUPPORTED;
    }
    return BZT_OK;
}

bool ocsp_request_next(ocsp_cert_id *id, bzt_span *cursor)
{
    if (cursor->len && !request_item_read(id, cursor))
        return true;
    memset(id, 0, sizeof *id);
    return false;
}

static bzt_err items_check(bzt_span list)
{
    ocsp_cert_id id;
    if (!list.len)
        return BZT_ERR_ENCODING;
    for (int n = 0; list.len; n++) {
        if (n == OCSP_IDS_MAX)
            return BZT_ERR_RANGE;
        TRY(request_item_read(&id, &list));
    }
    return BZT_OK;
}

static bzt_err extensions_read(ocsp_request *r, bzt_span in)
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

/* version [0] DEFAULT v1, requestorName [1] OPTIONAL, requestList,
 * extensions [2] OPTIONAL */
static bzt_err tbs_read(ocsp_request *r, bzt_span tbs)
{
    bzt_span part;
    uint64_t version = 0;
    if (der_peek(tbs) == DER_CONTEXT_CONSTRUCTED(0)) {
        TRY(der_read(&part, &tbs, DER_CONTEXT_CONSTRUCTED(0)));
        TRY(der_read_u64(&version, &part));
        TRY(der_end(part));
    }
    if (version)
        return BZT_ERR_UNSUPPORTED;
    if (der_peek(tbs) == DER_CONTEXT_CONSTRUCTED(1))
        TRY(der_read(&part, &tbs, DER_CONTEXT_CONSTRUCTED(1)));
    TRY(der_read(&r->list, &tbs, DER_SEQUENCE));
    TRY(items_check(r->list));
    if (!tbs.len)
        return BZT_OK;
    TRY(der_read(&part, &tbs, DER_CONTEXT_CONSTRUCTED(2)));
    TRY(der_end(tbs));
    return extensions_read(r, part);
}

static bzt_err request_read(ocsp_request *r, bzt_span in)
{
    bzt_span request, tbs, signature;
    TRY(der_read(&request, &in, DER_SEQUENCE));
    TRY(der_end(in));
    TRY(der_read(&tbs, &request, DER_SEQUENCE));
    if (request.len)
        TRY(der_read(&signature, &request, DER_CONTEXT_CONSTRUCTED(0)));
    TRY(der_end(request));
    return tbs_read(r, tbs);
}

bzt_err ocsp_request_read(ocsp_request *out, bzt_span der)
{
    memset(out, 0, sizeof *out);
    bzt_err err = request_read(out, der);
    if (err)
        memset(out, 0, sizeof *out);
    return err;
}

bzt_err ocsp_request_write(bzt_span *out, uint8_t *buf, size_t cap,
                           const ocsp_question *q)
{
    der_writer w;
    *out = (bzt_span){0, 0};
    if (q->hash != OCSP_SM3 && q->hash != OCSP_SHA1)
        return BZT_ERR_UNSUPPORTED;
    if (q->nonce.len > 32)
        return BZT_ERR_RANGE;
    der_writer_init(&w, buf, cap);
    size_t request = der_begin(&w, DER_SEQUENCE);
    size_t tbs = der_begin(&w, DER_SEQUENCE);
    size_t list = der_begin(&w, DER_SEQUENCE);
    size_t item = der_begin(&w, DER_SEQUENCE);
    ocsp_id_write(&w, q);
    der_end_at(&w, item);
    der_end_at(&w, list);
    ocsp_nonce_write(&w, DER_CONTEXT_CONSTRUCTED(2), q->nonce);
    der_end_at(&w, tbs);
    der_end_at(&w, request);
    return der_writer_done(out, &w);
}
