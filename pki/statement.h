/* Statements: JSON bytes (or any bytes) signed by a key that is not a
 * holder's - RPs, bztd's webhook and tree-head keys, the site's offline key.
 *
 * The signature is SM2 with the default id over label || 00 || payload, as
 * raw r || s.  The payload is signed and verified as the exact bytes that
 * travel; nobody re-serialises.  The label keeps one key's signature of one
 * kind from ever passing as another kind, or as a certificate, CRL or
 * message, all of which begin with 30.
 */
#ifndef BZT_PKI_STATEMENT_H
#define BZT_PKI_STATEMENT_H

#include <bzt/err.h>
#include <bzt/sm2.h>
#include <bzt/span.h>

typedef enum statement_label {
    STATEMENT_DESCRIPTION, /* bzt-description-1: RP describes a request */
    STATEMENT_WEBHOOK,     /* bzt-webhook-1: bztd's webhook key */
    STATEMENT_SETTINGS,    /* bzt-settings-1: the site's offline key */
    STATEMENT_TREE_HEAD,   /* bzt-tree-head-1: audit tree heads */
    STATEMENT_HTTP         /* bzt-http-1: an RP's HTTP request */
} statement_label;

#define STATEMENT_SIG_LEN 64

/* "bzt-description-1" and so on. */
const char *statement_label_text(statement_label label);

/* Sign; sig is zero on failure.  Constant time in key.  BZT_ERR_RANGE: key. */
BZT_MUST_USE bzt_err statement_sign(uint8_t sig[STATEMENT_SIG_LEN],
                                    statement_label label,
                                    const bzt_sm2_key *key, bzt_span payload,
                                    const uint8_t random[48]);
/* BZT_ERR_SIGNATURE for every signature that does not hold, also of another
 * length than 64; BZT_ERR_POINT: pub. */
BZT_MUST_USE bzt_err statement_verify(bzt_span sig, statement_label label,
                                      const uint8_t pub[65], bzt_span payload);

/* ---- an HTTP request of an RP or a registered client (doc/api.md) ----
 *
 * Payload of STATEMENT_HTTP: six lines, each ended by LF:
 *   method, target (path and query as sent), id, time (UTC ms, decimal),
 *   nonce (base64url of 16 random bytes), SM3 of the body in lower-case hex.
 * It travels as
 *   Authorization: BZT-SM2 id=<id>,at=<time>,nonce=<nonce>,sig=<base64url>
 */
typedef struct statement_http {
    bzt_span method, target; /* visible ASCII */
    bzt_span id;             /* id text: rp_…, skey_… */
    int64_t at;              /* UTC ms, not negative */
    uint8_t nonce[16];
    bzt_span body;
} statement_http;

#define STATEMENT_HTTP_PAYLOAD_MAX 4096
#define STATEMENT_HTTP_HEADER_MAX  192

/* BZT_ERR_BAD_FIELD: a field of the wrong form; BZT_ERR_SPACE. */
BZT_MUST_USE bzt_err statement_http_payload(bzt_span *out, uint8_t *buf,
                                            size_t cap,
                                            const statement_http *h);
/* Value of the Authorization header, zero-terminated. */
BZT_MUST_USE bzt_err statement_http_write(char out[STATEMENT_HTTP_HEADER_MAX],
                                          const statement_http *h,
                                          const uint8_t sig[64]);
/* Fills id, at, nonce and sig from the value; id points into value.
 * BZT_ERR_UNAUTHENTICATED when it is not of that form. */
BZT_MUST_USE bzt_err statement_http_read(statement_http *h, uint8_t sig[64],
                                         bzt_span value);

#endif
