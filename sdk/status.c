/* Is a certificate revoked?  OCSP first; the CRL when no responder answers
 * or none is named.  A holder's certificate that names neither has no status;
 * that of a CA hangs on its root alone, which leaves with new settings. */
#include "base/rng.h"
#include "client.h"
#include "core/text.h"
#include "pki/ocsp.h"

enum { NONCE_LEN = 16 };

static bzt_err ask(bzt_span *der, arena *a, bzt_client *c, const char *method,
                   bzt_span url, bzt_span body)
{
    const http_request request = {
        .method = method,
        .url = arena_text(a, url),
        .content_type = body.len ? "application/ocsp-request" : NULL,
        .body = body};
    http_answer answer;
    bzt_err err;

    if (!request.url)
        return BZT_ERR_MEMORY;
    if ((err = http_call(&answer, a, c->http, &request)))
        return err;
    *der = answer.body;
    return answer.status == 200 ? BZT_OK : BZT_ERR_UNAVAILABLE;
}

static bzt_err check_ocsp(bzt_client *c, arena *a, const x509_cert *cert,
                          const x509_cert *issuer, int64_t now_ms)
{
    uint8_t buf[OCSP_REQUEST_SIZE_MAX], nonce[NONCE_LEN];
    const ocsp_question q = {.cert = cert,
                             .issuer = issuer,
                             .hash = OCSP_SM3,
                             .nonce = {nonce, NONCE_LEN}};
    ocsp_response response;
    bzt_span request, der;
    bzt_err err;

    if (!cert->ocsp_url.len)
        return BZT_ERR_UNAVAILABLE;
    if ((err = rng_bytes(nonce, NONCE_LEN)) ||
        (err = ocsp_request_write(&request, buf, sizeof(buf), &q)) ||
        (err = ask(&der, a, c, "POST", cert->ocsp_url, request)))
        return err;
    if ((err = ocsp_response_read(&response, der)))
        return err;
    return ocsp_check(NULL, &response, &q, now_ms, c->status_max_age_ms);
}

static bzt_err check_crl(bzt_client *c, arena *a, const x509_cert *cert,
                         const x509_cert *issuer, int64_t now_ms)
{
    const crl_question q = {.cert = cert, .issuer = issuer, .at = now_ms};
    bzt_span der;
    crl list;
    bzt_err err;

    if (!cert->crl_url.len)
        return BZT_ERR_STATUS_UNKNOWN;
    if ((err = ask(&der, a, c, "GET", cert->crl_url, (bzt_span){NULL, 0})))
        return BZT_ERR_STATUS_UNKNOWN;
    if ((err = crl_read(&list, der)))
        return BZT_ERR_STATUS_UNKNOWN;
    return crl_check(NULL, &list, &q);
}

bzt_err client_check_status(bzt_client *c, arena *a, const x509_cert *cert,
                            const x509_cert *issuer, int64_t now_ms)
{
    bzt_err err;

    if (cert->is_ca && !cert->ocsp_url.len && !cert->crl_url.len)
        return BZT_OK;
    err = check_ocsp(c, a, cert, issuer, now_ms);
    if (!err || err == BZT_ERR_CERT_REVOKED)
        return err;
    return check_crl(c, a, cert, issuer, now_ms);
}
