/* The beginning of an installation: `bztd init`. */
#ifndef BZT_SERVICE_INIT_H
#define BZT_SERVICE_INIT_H

#include "service.h"
#include "staff.h"

typedef struct init_order {
    const char *master_key_path; /* made when it is absent */
    const char *public_path;     /* gets the public parts, for `bzt site` */
    const char *name;            /* of the operator: tenant, CA, site */
    const char *app_origin, *api_origin;
    int64_t now_ms;
} init_order;

/* Make the master key, bztd's own keys, the first tenant with a CA and a
 * small catalogue, and write public.json; all or nothing but for the master
 * key file, which stays for the next try.  code is the first operator's
 * set-up code, a secret to be printed once.
 *
 * BZT_ERR_CONFLICT  the store is in use already
 * BZT_ERR_CONFIG    master key file, name or origins of the wrong form
 */
BZT_MUST_USE bzt_err service_init(char code[STAFF_CODE_SIZE], store *st,
                                  const init_order *order);

/* The vault as ca_builtin needs it. */
struct ca_sealer;
BZT_MUST_USE bzt_err vault_seal_ca_key(void *self, bzt_span *out, arena *a,
                                       const uint8_t row[16], bzt_span plain);
BZT_MUST_USE bzt_err vault_unseal_ca_key(void *self, bzt_span *out, arena *a,
                                         const uint8_t row[16],
                                         bzt_span sealed);

#endif
