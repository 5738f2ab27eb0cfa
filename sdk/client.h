/* Inside of the client: its settings and its one way to call. */
#ifndef BZT_SDK_CLIENT_H
#define BZT_SDK_CLIENT_H

#include "base/http_client.h"
#include "base/json.h"
#include "base/settings.h"
#include "pki/x509.h"
#include "signed_call.h"
#include <bzt/client.h>

struct bzt_client {
    arena *memory;  /* settings, roots: as long as the client */
    arena *scratch; /* one call */
    http_client *http;
    char *rp_id, *domain;
    uint8_t rp[16];
    bzt_sm2_key key; /* secret */
    settings site;
    x509_cert *roots;
    int64_t status_max_age_ms;
    signed_call call;
};

/* Signed call below the API's origin; body may be NULL.  *answer is NULL for
 * an empty one.  An answer that is no success gives the error of its code.
 * Lives in a, which may be c->scratch. */
BZT_MUST_USE bzt_err client_call(const json **answer, arena *a, bzt_client *c,
                                 const char *method, const char *target,
                                 const json *body, const char *idempotency_key);

/* OCSP, or the CRL when no responder answers. */
BZT_MUST_USE bzt_err client_check_status(bzt_client *c, arena *a,
                                         const x509_cert *cert,
                                         const x509_cert *issuer,
                                         int64_t now_ms);

#endif
