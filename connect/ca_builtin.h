/* Our own CA: root, issuing CA and OCSP responder whose keys lie sealed in
 * the store (table ca_key).
 *
 * It keeps no register of its own: what was issued and revoked is in the
 * table certificate, written by service/issue.c.  A serial number follows
 * from the reference of the application, so that an answer that was lost
 * between here and the store is made again and never counts twice.
 */
#ifndef BZT_CONNECT_CA_BUILTIN_H
#define BZT_CONNECT_CA_BUILTIN_H

#include "ca.h"
#include "store/store.h"

/* How keys are sealed: by the vault, which lives above this module. */
typedef struct ca_sealer {
    void *self;
    bzt_err (*seal)(void *self, bzt_span *out, arena *a, const uint8_t row[16],
                    bzt_span plain);
    bzt_err (*unseal)(void *self, bzt_span *out, arena *a,
                      const uint8_t row[16], bzt_span sealed);
} ca_sealer;

typedef struct ca_builtin ca_builtin;

typedef struct ca_builtin_options {
    store *store;
    ca_sealer sealer;
    const char *origin; /* "https://host": of CRL and OCSP addresses */
} ca_builtin_options;

BZT_MUST_USE bzt_err ca_builtin_new(ca_builtin **out,
                                    const ca_builtin_options *options);
void ca_builtin_free(ca_builtin *c);
ca_connector ca_builtin_connector(ca_builtin *c);

/* The keys and certificates of a new CA: three rows, written in tx.  name
 * is the organisation in their subjects. */
typedef struct ca_builtin_names {
    uint8_t ca[16];
    const char *organisation; /* UTF-8 */
    int64_t now_ms;
} ca_builtin_names;
BZT_MUST_USE bzt_err ca_builtin_make(store_tx *tx, arena *a,
                                     const ca_sealer *sealer,
                                     const ca_builtin_names *names);

/* DER of the certificate of a role: "root", "issuing".  BZT_ERR_NOT_FOUND. */
BZT_MUST_USE bzt_err ca_builtin_certificate(ca_builtin *c, bzt_span *out,
                                            arena *a, const uint8_t ca[16],
                                            const char *role);

/* The revocation list: a day long, signed anew once something was revoked
 * or half of its life is over. */
#define CA_LIST_LIFE_MS (24LL * 3600 * 1000)
BZT_MUST_USE bzt_err ca_builtin_list(ca_builtin *c, bzt_span *out, arena *a,
                                     const uint8_t ca[16], int64_t now_ms);

/* The answer to an OCSP request, always some DER: what cannot be answered
 * gets an unsuccessful response.  BZT_ERR_NOT_FOUND: no such CA. */
BZT_MUST_USE bzt_err ca_builtin_ocsp(ca_builtin *c, bzt_span *out, arena *a,
                                     const uint8_t ca[16], bzt_span request,
                                     int64_t now_ms);

#endif
