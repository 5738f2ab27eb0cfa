/* CA institutions: one struct of functions for each way to speak to one.
 *
 * Bytes handed out lie in the caller's arena.  What a CA delivers is not
 * trusted here: service/issue.c checks it.
 */
#ifndef BZT_CONNECT_CA_H
#define BZT_CONNECT_CA_H

#include "base/arena.h"
#include "pki/x509.h"
#include <bzt/err.h>
#include <bzt/span.h>
#include <stdint.h>

enum { CA_CHAIN_MAX = 4 };

/* Which CA: a row of table ca. */
typedef struct ca_place {
    uint8_t id[16];
    const char *settings; /* JSON of the connector */
} ca_place;

typedef struct ca_application {
    ca_place ca;
    uint8_t reference[16]; /* one reference: one certificate, however often */
    bzt_span csr;          /* PKCS#10 whose signature was verified */
    x509_name subject;
    bzt_span uscc; /* empty: personal */
    int64_t validity_days;
    int64_t now_ms;
} ca_application;

typedef enum ca_state { CA_PENDING, CA_ISSUED } ca_state;

typedef struct ca_answer {
    ca_state state;
    bzt_span ticket;              /* CA_PENDING: what poll needs */
    bzt_span certificate;         /* CA_ISSUED */
    bzt_span chain[CA_CHAIN_MAX]; /* issuing CA first, root last */
    size_t chain_n;
} ca_answer;

typedef struct ca_status {
    int is_revoked;
    int64_t revoked_at;
    int reason; /* RFC 5280 */
} ca_status;

/* BZT_ERR_CA_REFUSED: a final no.  BZT_ERR_UNAVAILABLE: ask again.
 * BZT_ERR_UNSUPPORTED: this CA has no such function. */
typedef struct ca_connector {
    void *self;
    bzt_err (*submit)(void *self, ca_answer *out, arena *a,
                      const ca_application *in);
    bzt_err (*poll)(void *self, ca_answer *out, arena *a, const ca_place *ca,
                    bzt_span ticket);
    /* A certificate that this CA has issued, by its serial number. */
    bzt_err (*fetch)(void *self, ca_answer *out, arena *a, const ca_place *ca,
                     bzt_span serial);
    bzt_err (*renew)(void *self, ca_answer *out, arena *a,
                     const ca_application *in, bzt_span old_serial);
    bzt_err (*revoke)(void *self, const ca_place *ca, bzt_span serial,
                      int reason, int64_t now_ms);
    bzt_err (*status)(void *self, ca_status *out, const ca_place *ca,
                      bzt_span serial, int64_t now_ms);
} ca_connector;

#endif
