/* What the built-in CA publishes: certificates, lists, OCSP answers. */
#ifndef BZT_SERVICE_AUTHORITY_H
#define BZT_SERVICE_AUTHORITY_H

#include "base/arena.h"
#include "service.h"

/* role: "issuing", "root".  BZT_ERR_NOT_FOUND: no such CA of ours. */
BZT_MUST_USE bzt_err authority_certificate(service *s, bzt_span *out, arena *a,
                                           const uint8_t ca[16],
                                           const char *role);
BZT_MUST_USE bzt_err authority_list(service *s, bzt_span *out, arena *a,
                                    const uint8_t ca[16], int64_t now_ms);
/* request: DER. */
BZT_MUST_USE bzt_err authority_ocsp(service *s, bzt_span *out, arena *a,
                                    const uint8_t ca[16], bzt_span request,
                                    int64_t now_ms);
/* request: base64 in a path (RFC 6960, A.1), percent-decoded. */
BZT_MUST_USE bzt_err authority_ocsp_text(service *s, bzt_span *out, arena *a,
                                         const uint8_t ca[16],
                                         const char *request, int64_t now_ms);

#endif
