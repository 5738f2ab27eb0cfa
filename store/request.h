/* Requests of business systems (tables sign_request, short_code,
 * idempotency, webhook): what is asked, who has it, how it ended. */
#ifndef BZT_STORE_REQUEST_H
#define BZT_STORE_REQUEST_H

#include "base/arena.h"
#include "store.h"

typedef enum request_state {
    REQUEST_CREATED,
    REQUEST_SCANNED,
    REQUEST_CONFIRMING, /* M is fixed */
    REQUEST_DONE,       /* from here on: ended, for ever */
    REQUEST_REFUSED,
    REQUEST_EXPIRED,
    REQUEST_FAILED
} request_state;

static inline int request_is_ended(request_state s)
{
    return s >= REQUEST_DONE;
}
const char *request_state_text(request_state s);

typedef struct request_row {
    uint8_t id[16], tenant[16], rp[16];
    const char *kind;
    bzt_span description;
    uint8_t rp_signature[64];
    const char *domain;
    uint8_t browser[32];
    uint8_t page_token[32]; /* SM3 of the token */
    const char *page_origin, *page_agent;
    uint8_t qr_secret[32];
    uint8_t qr_token[16];
    request_state state;
    const char *reason;
    int64_t number;      /* 10..99; 0: none */
    const char *numbers; /* JSON array of three, or NULL */
    int has_holder;      /* person and device are set: it was scanned */
    uint8_t person[16], device[16];
    int has_key; /* key, certificate and message are set */
    uint8_t key[16], certificate[16];
    bzt_span message;
    int has_signature;
    uint8_t signature[64];
    uint8_t op_id[16];
    int64_t version, created_at, scanned_at, decide_until, done_at;
} request_row;

BZT_MUST_USE bzt_err request_get(store_tx *tx, request_row *out, arena *a,
                                 const uint8_t id[16]);
BZT_MUST_USE bzt_err request_find_token(store_tx *tx, request_row *out,
                                        arena *a, const uint8_t qr_token[16]);
BZT_MUST_USE bzt_err request_find_page(store_tx *tx, request_row *out, arena *a,
                                       const uint8_t page_token[32]);
BZT_MUST_USE bzt_err request_insert(store_tx *tx, const request_row *row);
/* Write back what may change, where the version is still row->version; then
 * it is one more, and waiters of row->id are told after the commit.
 * BZT_ERR_BUSY: somebody else was first. */
BZT_MUST_USE bzt_err request_update(store_tx *tx, request_row *row);
/* Ids of open requests whose time is over, in the arena. */
BZT_MUST_USE bzt_err request_list_overdue(store_tx *tx, uint8_t (**ids)[16],
                                          size_t *n, size_t max, arena *a,
                                          int64_t now_ms);

/* Short codes: one live code for each request. */
BZT_MUST_USE bzt_err short_code_insert(store_tx *tx, const uint8_t hash[32],
                                       const uint8_t request[16],
                                       int64_t expires_at);
/* Uses the code up: BZT_ERR_SHORT_CODE when unknown, used or too old. */
BZT_MUST_USE bzt_err short_code_use(store_tx *tx, uint8_t request[16],
                                    const uint8_t hash[32], int64_t now_ms);
BZT_MUST_USE bzt_err short_code_sweep(store_tx *tx, int64_t before_ms);

/* Idempotency keys of an RP, kept for 24 h.  BZT_ERR_NOT_FOUND: new. */
BZT_MUST_USE bzt_err idempotency_get(store_tx *tx, uint8_t request[16],
                                     uint8_t body_hash[32],
                                     const uint8_t rp[16], const char *name);
BZT_MUST_USE bzt_err idempotency_insert(store_tx *tx, const uint8_t rp[16],
                                        const char *name,
                                        const uint8_t body_hash[32],
                                        const uint8_t request[16],
                                        int64_t now_ms);
BZT_MUST_USE bzt_err idempotency_sweep(store_tx *tx, int64_t before_ms);

/* Webhooks that wait for delivery. */
typedef struct webhook_row {
    uint8_t id[16], tenant[16], rp[16], request[16];
    bzt_span payload;
    int64_t attempts, next_at, created_at;
} webhook_row;

BZT_MUST_USE bzt_err webhook_insert(store_tx *tx, const webhook_row *row);
BZT_MUST_USE bzt_err webhook_list_due(store_tx *tx, webhook_row **out,
                                      size_t *n, size_t max, arena *a,
                                      int64_t now_ms);
/* Take one for a while: next_at moves, BZT_ERR_BUSY when another node did. */
BZT_MUST_USE bzt_err webhook_claim(store_tx *tx, const webhook_row *row,
                                   int64_t until_ms);
BZT_MUST_USE bzt_err webhook_update(store_tx *tx, const uint8_t id[16],
                                    const char *state, int64_t attempts,
                                    int64_t next_at);

#endif
