/* Requests of business systems (design 3): created by the RP, scanned and
 * decided on the phone, done by the key.
 *
 * created → scanned → confirming → done | refused | expired | failed.  An
 * ended request never changes again.  Who may call was checked before.
 */
#ifndef BZT_SERVICE_REQUEST_H
#define BZT_SERVICE_REQUEST_H

#include "base/description.h"
#include "service.h"
#include "store/request.h"
#include "store/rp.h"

enum {
    REQUEST_SCAN_MS = 180000,   /* created: so long may it wait for a scan */
    REQUEST_DECIDE_MS = 180000, /* scanned: to decide */
    SHORT_CODE_LEN = 8,
    SHORT_CODE_MS = 60000,
    SHORT_CODE_TRIES = 5,
    SHORT_CODE_WINDOW_MS = 600000
};

/* --- the RP's side ------------------------------------------------------ */

typedef struct request_new {
    const uint8_t *rp; /* 16 bytes, authenticated */
    const char *idempotency_key;
    bzt_span body; /* exact bytes, for the idempotency check */
    bzt_span description;
    uint8_t signature[64];
} request_new;

typedef struct request_created {
    request_row row;
    uint8_t page_token[32]; /* given out once; the same for a replay */
    int is_replay;
} request_created;

/* BZT_ERR_IDEMPOTENCY, BZT_ERR_BAD_FIELD (*field), BZT_ERR_SIGNATURE,
 * BZT_ERR_RP_UNKNOWN, BZT_ERR_RP_DOMAIN, BZT_ERR_USCC, BZT_ERR_SKEW,
 * BZT_ERR_CERT_EXPIRED (of the RP). */
BZT_MUST_USE bzt_err request_create(service *s, request_created *out,
                                    const char **field, arena *a,
                                    const request_new *in);
/* BZT_ERR_NOT_FOUND: none of this RP. */
BZT_MUST_USE bzt_err request_for_rp(service *s, request_row *out, arena *a,
                                    const uint8_t rp[16], const uint8_t id[16]);
/* Ends an open request as refused (cancelled_by_rp). */
BZT_MUST_USE bzt_err request_cancel(service *s, arena *a, const uint8_t rp[16],
                                    const uint8_t id[16]);

/* What an RP gets for a request that is done. */
typedef struct request_result {
    uint8_t signature_der[72];
    size_t signature_len;
    bzt_span certificate;
    bzt_span chain[4];
    size_t chain_n;
} request_result;
BZT_MUST_USE bzt_err request_result_get(service *s, request_result *out,
                                        arena *a, const request_row *row);

/* --- the page's side ---------------------------------------------------- */

/* Find by page token and note the page's Origin and browser the first time.
 * BZT_ERR_NOT_FOUND; BZT_ERR_RP_DOMAIN: the Origin is not the RP's. */
BZT_MUST_USE bzt_err request_page_open(service *s, request_row *out, arena *a,
                                       const char *token, const char *origin,
                                       const char *agent);
BZT_MUST_USE bzt_err request_page_get(service *s, request_row *out, arena *a,
                                      const uint8_t id[16]);
/* A new short code; the one before is dead. */
BZT_MUST_USE bzt_err request_page_code(service *s,
                                       char code[SHORT_CODE_LEN + 1],
                                       int64_t *expires_at,
                                       const uint8_t id[16]);

/* --- the phone's side --------------------------------------------------- */

typedef struct holder {
    const uint8_t *person, *device; /* 16 bytes each */
} holder;

/* A request as a phone sees it. */
typedef struct request_view {
    request_row row;
    rp_row rp;
    int via_short_code;
    int64_t wait_ms; /* with BZT_ERR_LIMITED */
} request_view;

/* Claim by a live scan or by a short code.  BZT_ERR_QR_INVALID,
 * BZT_ERR_QR_EXPIRED, BZT_ERR_REQUEST_TAKEN, BZT_ERR_REQUEST_EXPIRED,
 * BZT_ERR_REQUEST_STATE, BZT_ERR_SHORT_CODE, BZT_ERR_LIMITED. */
BZT_MUST_USE bzt_err request_scan_qr(service *s, request_view *out, arena *a,
                                     const holder *by, const char *qr);
BZT_MUST_USE bzt_err request_scan_code(service *s, request_view *out, arena *a,
                                       const holder *by, const char *code);
/* BZT_ERR_NOT_FOUND unless this device has claimed it. */
BZT_MUST_USE bzt_err request_for_phone(service *s, request_view *out, arena *a,
                                       const holder *by, const uint8_t id[16]);
BZT_MUST_USE bzt_err request_refuse(service *s, arena *a, const holder *by,
                                    const uint8_t id[16]);

/* Fix the message: out->row.message is M.  number: 0 when none was chosen.
 * The same certificate again gives the same M.
 * BZT_ERR_WRONG_NUMBER, BZT_ERR_MISMATCH end the request as failed;
 * BZT_ERR_CERT_INVALID, BZT_ERR_CERT_EXPIRED, BZT_ERR_CERT_REVOKED,
 * BZT_ERR_FORBIDDEN (another's certificate), BZT_ERR_REQUEST_STATE,
 * BZT_ERR_REQUEST_EXPIRED. */
BZT_MUST_USE bzt_err request_confirm(service *s, request_view *out, arena *a,
                                     const holder *by, const uint8_t id[16],
                                     const uint8_t certificate[16],
                                     int64_t number);

/* --- inside the key service's transactions ------------------------------ */

/* Is `message` what request `id` has fixed for this key and phone, and is
 * there time left?  BZT_ERR_MESSAGE, BZT_ERR_REQUEST_STATE,
 * BZT_ERR_REQUEST_EXPIRED, BZT_ERR_NOT_FOUND. */
BZT_MUST_USE bzt_err request_tx_expect(store_tx *tx, arena *a,
                                       const uint8_t id[16],
                                       const uint8_t key[16],
                                       const uint8_t device[16],
                                       bzt_span message, int64_t now_ms);
/* The signature exists: the request is done.  A request that ended
 * meanwhile stays as it is (BZT_OK, *was_open 0). */
BZT_MUST_USE bzt_err request_tx_done(store_tx *tx, int *was_open, arena *a,
                                     const uint8_t id[16],
                                     const uint8_t op_id[16],
                                     const uint8_t signature[64],
                                     int64_t now_ms);
/* The key can sign no more: the request has failed (key_locked). */
BZT_MUST_USE bzt_err request_tx_failed(store_tx *tx, arena *a,
                                       const uint8_t id[16], const char *reason,
                                       int64_t now_ms);

/* Ends what is overdue, forgets old codes and idempotency keys. */
BZT_MUST_USE bzt_err request_sweep(service *s);

#endif
