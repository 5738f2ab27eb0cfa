/* The C client for business systems (RPs): ask a holder for the use of a
 * key, wait, and verify what comes back.  doc/api.md describes the wire.
 *
 * What is verified is never believed from the server: the signature over the
 * exact bytes, the message's fields against the request that was made, the
 * certificate path to the roots of the signed settings, and the status by
 * OCSP or, if the responder is silent, by the CRL.
 *
 * A client is used by one thread at a time; make one for each.
 */
#ifndef BZT_CLIENT_H
#define BZT_CLIENT_H

#include "err.h"
#include "sm2.h"
#include "span.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bzt_client bzt_client;

typedef struct bzt_client_options {
    const char *rp_id;         /* "rp_…", from the operator */
    const bzt_sm2_key *key;    /* of the RP certificate; copied */
    const char *domain;        /* this business system's, as certified */
    bzt_span settings;         /* the signed settings file, whole */
    const uint8_t *site_key;   /* 65 bytes: the site's public key, pinned */
    const char *tls_roots;     /* PEM file for https; NULL: the system's */
    int timeout_ms;            /* of one call; 0: 30 000 */
    int64_t status_max_age_ms; /* oldest OCSP answer or CRL; 0: 1 hour */
} bzt_client_options;

/* BZT_ERR_SETTINGS: not signed by site_key.  BZT_ERR_BAD_FIELD,
 * BZT_ERR_RANGE (key), BZT_ERR_MEMORY. */
BZT_MUST_USE bzt_err bzt_client_new(bzt_client **out,
                                    const bzt_client_options *options);
void bzt_client_free(bzt_client *c); /* wipes the key; NULL is allowed */
/* Texts of the last failed call's problem answer, or "" (zh, en). */
const char *bzt_client_detail(const bzt_client *c);

/* --- requests ----------------------------------------------------------- */

typedef enum bzt_request_kind {
    BZT_REQUEST_LOGIN = 1, /* who is in front of this browser? */
    BZT_REQUEST_BIND = 2   /* tie an account of ours to a certificate */
} bzt_request_kind;

typedef struct bzt_request_options {
    bzt_request_kind kind;
    const char *title;        /* what the holder reads, UTF-8 */
    const char *organisation; /* name and code as we have them, or both NULL */
    const char *uscc;
    const char *account; /* the user's label here, or NULL */
    uint8_t browser[32]; /* binding of the browser: see bzt_browser_bind */
    int64_t life_ms;     /* 1 000 to 600 000; 0: 300 000 */
    const char *idempotency_key; /* 1-64 visible ASCII; NULL: a random one */
} bzt_request_options;

typedef struct bzt_request {
    char id[32];         /* "req_…" */
    char page_token[48]; /* for the page's stream, and nothing else */
    bzt_request_kind kind;
    uint8_t description[32]; /* SM3 of the signed description */
    uint8_t browser[32];
    int64_t version;
    int64_t created_at, expires_at; /* as described; UTC ms */
    int64_t decide_until;
} bzt_request;

/* Errors of the API as they are, and BZT_ERR_UNAVAILABLE. */
BZT_MUST_USE bzt_err bzt_client_request(bzt_request *out, bzt_client *c,
                                        const bzt_request_options *options);
BZT_MUST_USE bzt_err bzt_client_cancel(bzt_client *c,
                                       const bzt_request *request);

typedef enum bzt_request_state {
    BZT_STATE_CREATED,
    BZT_STATE_SCANNED,
    BZT_STATE_CONFIRMING,
    BZT_STATE_DONE, /* from here on it has ended */
    BZT_STATE_REFUSED,
    BZT_STATE_EXPIRED,
    BZT_STATE_FAILED
} bzt_request_state;

typedef struct bzt_result {
    bzt_request_state state;
    const char *reason; /* "" or a word of doc/api.md */
    int64_t version;
    /* BZT_STATE_DONE only; all of it still unverified */
    bzt_span message;      /* the exact signed bytes */
    bzt_span signature;    /* DER */
    bzt_span certificate;  /* DER */
    const bzt_span *chain; /* issuing CA first */
    size_t chain_n;
    const char *operation; /* "op_…" */
    int64_t at;
    void *memory; /* owned: bzt_result_free */
} bzt_result;

/* The request as it is now, after waiting up to wait_s (0 to 25) seconds
 * for a version other than request->version, which is updated. */
BZT_MUST_USE bzt_err bzt_client_wait(bzt_result *out, bzt_client *c,
                                     bzt_request *request, int wait_s);
void bzt_result_free(bzt_result *r); /* leaves it all zero */

/* --- verifying ---------------------------------------------------------- */

/* Who signed.  Texts live in the result. */
typedef struct bzt_holder {
    const char *name;         /* common name of the certificate */
    const char *organisation; /* of its enterprise, or "" */
    const char *uscc;         /* or "" */
    uint8_t certificate[32];  /* SM3 of the certificate: what to bind to */
    int64_t not_after;
    int64_t signed_at;
} bzt_holder;

/* Everything that must hold before the holder may be believed:
 * BZT_ERR_REQUEST_STATE  not done
 * BZT_ERR_MESSAGE        not the message of this very request
 * BZT_ERR_REQUEST_EXPIRED  more than a minute after its time, or before it
 * BZT_ERR_MISMATCH       made for another organisation than the certificate's
 * BZT_ERR_SIGNATURE      it does not verify
 * BZT_ERR_CERT_PATH, BZT_ERR_CERT_EXPIRED, BZT_ERR_CERT_INVALID
 * BZT_ERR_CERT_REVOKED, BZT_ERR_STATUS_UNKNOWN
 * The status of an intermediate CA is asked where its certificate names a
 * place to ask; what it hangs on, a root, leaves with new settings.
 * On failure out is all zero. */
BZT_MUST_USE bzt_err bzt_client_check(bzt_holder *out, bzt_client *c,
                                      const bzt_request *request,
                                      const bzt_result *result);

/* The binding of a browser: SM3 of a secret that only its cookie holds.
 * Release a result only to the browser whose cookie gives this value. */
void bzt_browser_bind(uint8_t out[32], bzt_span cookie_secret);

/* --- webhooks ----------------------------------------------------------- */

typedef struct bzt_webhook {
    char id[32]; /* "req_…" */
    bzt_request_state state;
    int64_t version, at;
} bzt_webhook;

/* Verify a webhook's body with the key of the settings.  It only says that
 * something has changed: fetch the request.  BZT_ERR_SIGNATURE,
 * BZT_ERR_BAD_JSON, BZT_ERR_BAD_FIELD (also: for another RP). */
BZT_MUST_USE bzt_err bzt_webhook_read(bzt_webhook *out, bzt_client *c,
                                      bzt_span body);

#ifdef __cplusplus
}
#endif
#endif
