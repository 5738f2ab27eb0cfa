/* What the built-in CA publishes (authority.h). */
#include "authority.h"
#include "connect/connectors.h"
#include "core/text.h"
#include <string.h>

enum { REQUEST_MAX = 8 * 1024 };

bzt_err authority_certificate(service *s, bzt_span *out, arena *a,
                              const uint8_t ca[16], const char *role)
{
    return ca_builtin_certificate(s->connect->builtin, out, a, ca, role);
}

bzt_err authority_list(service *s, bzt_span *out, arena *a,
                       const uint8_t ca[16], int64_t now_ms)
{
    return ca_builtin_list(s->connect->builtin, out, a, ca, now_ms);
}

bzt_err authority_ocsp(service *s, bzt_span *out, arena *a,
                       const uint8_t ca[16], bzt_span request, int64_t now_ms)
{
    return ca_builtin_ocsp(s->connect->builtin, out, a, ca, request, now_ms);
}

bzt_err authority_ocsp_text(service *s, bzt_span *out, arena *a,
                            const uint8_t ca[16], const char *request,
                            int64_t now_ms)
{
    uint8_t *der = arena_alloc(a, REQUEST_MAX);
    size_t len = 0;

    if (!der)
        return BZT_ERR_MEMORY;
    /* What is no base64 becomes an empty request: "malformed" in DER. */
    if (base64_read(der, &len, REQUEST_MAX, text_span(request)))
        len = 0;
    return authority_ocsp(s, out, a, ca, (bzt_span){der, len}, now_ms);
}
