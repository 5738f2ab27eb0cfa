/* Registration of business systems by an operator of their tenant. */
#ifndef BZT_SERVICE_RP_H
#define BZT_SERVICE_RP_H

#include "service.h"
#include "store/rp.h"

typedef struct rp_registration {
    const uint8_t *tenant, *staff;
    bzt_span certificate;    /* DER, from the RP CA */
    const char *webhook_url; /* https://…, or NULL */
} rp_registration;

/* The name is the certificate's common name, the domains its dNSNames.
 * BZT_ERR_CERT_INVALID, BZT_ERR_CERT_PATH, BZT_ERR_CERT_EXPIRED,
 * BZT_ERR_BAD_FIELD (webhook_url), BZT_ERR_UNAVAILABLE (no settings yet). */
BZT_MUST_USE bzt_err rp_register(service *s, rp_row *out, arena *a,
                                 const rp_registration *in);
BZT_MUST_USE bzt_err rp_of_tenant(service *s, rp_row **out, size_t *n, arena *a,
                                  const uint8_t tenant[16]);
/* state: active, disabled. */
BZT_MUST_USE bzt_err rp_set_state(service *s, const uint8_t tenant[16],
                                  const uint8_t staff[16], const uint8_t id[16],
                                  const char *state);

#endif
