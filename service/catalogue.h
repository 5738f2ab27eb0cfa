/* The catalogue: province × platform × CA × product, what can be had. */
#ifndef BZT_SERVICE_CATALOGUE_H
#define BZT_SERVICE_CATALOGUE_H

#include "base/arena.h"
#include "service.h"
#include "store/catalogue.h"

enum { CATALOGUE_LIST_MAX = 500 };

/* What applicants may choose from, of all tenants. */
BZT_MUST_USE bzt_err catalogue_offered(service *s, catalogue_row **out,
                                       size_t *n, arena *a);
/* Everything of one tenant. */
BZT_MUST_USE bzt_err catalogue_of_tenant(service *s, catalogue_row **out,
                                         size_t *n, arena *a,
                                         const uint8_t tenant[16]);

typedef struct catalogue_change {
    uint8_t staff[16], tenant[16];
    uint8_t id[16]; /* withdraw only */
} catalogue_change;
/* Fills row->id, tenant, state and time.  BZT_ERR_NOT_FOUND: the CA is not
 * this tenant's. */
BZT_MUST_USE bzt_err catalogue_add(service *s, catalogue_row *row, arena *a,
                                   const catalogue_change *by, int64_t now_ms);
BZT_MUST_USE bzt_err catalogue_withdraw(service *s, const catalogue_change *by,
                                        int64_t now_ms);

#endif
