/* OCSP requests and responses: what is accepted can be walked to its end. */
#include "pki/ocsp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void request(bzt_span der)
{
    ocsp_request r;
    ocsp_cert_id id;
    if (ocsp_request_read(&r, der)) {
        if (r.list.len)
            abort();
        return;
    }
    bzt_span cursor = r.list;
    int n = 0;
    while (ocsp_request_next(&id, &cursor))
        n++;
    if (cursor.len || !n || n > OCSP_IDS_MAX)
        abort();
}

static void response(bzt_span der)
{
    ocsp_response r;
    ocsp_single s;
    if (ocsp_response_read(&r, der)) {
        if (r.whole.len)
            abort();
        return;
    }
    bzt_span cursor = r.singles, certs = r.certs;
    while (ocsp_response_next(&s, &cursor)) {
    }
    if (cursor.len)
        abort();
    /* its own certificate as its issuer: signatures are looked at */
    x509_cert c;
    if (certs.len && !x509_read(&c, certs) &&
        ocsp_response_verify(&r, &c, r.produced_at) == BZT_ERR_INTERNAL)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    request((bzt_span){data, len});
    response((bzt_span){data, len});
    return 0;
}
