/* Requests: what their life has in common, whoever acts. */
#include "audit.h"
#include "base/json.h"
#include "base/rng.h"
#include "core/sm3.h"
#include "request_internal.h"
#include <string.h>

enum { OVERDUE_AT_ONCE = 200 };

bzt_err request_check_open(const request_row *row, int64_t now_ms)
{
    if (row->state == REQUEST_EXPIRED)
        return BZT_ERR_REQUEST_EXPIRED;
    if (request_is_ended(row->state))
        return BZT_ERR_REQUEST_STATE;
    return now_ms < row->decide_until ? BZT_OK : BZT_ERR_REQUEST_EXPIRED;
}

bzt_err request_description(description *out, arena *a, const request_row *row)
{
    return description_read(out, NULL, a, row->description);
}

/* A replayed creation must give the same token, so it is derived. */
void request_page_token(uint8_t token[32], const uint8_t qr_secret[32])
{
    hmac_sm3_digest(token, (bzt_span){qr_secret, 32},
                    BZT_SPAN_LIT("bzt page token"));
}

static bzt_err tell_rp(store_tx *tx, arena *a, const request_row *row,
                       int64_t now_ms)
{
    webhook_row hook = {.next_at = now_ms, .created_at = now_ms};
    rp_row rp;
    bzt_err err;

    if ((err = rp_get(tx, &rp, a, row->rp)) || !rp.webhook_url)
        return err;
    if ((err = rng_id(hook.id)))
        return err;
    memcpy(hook.tenant, row->tenant, 16);
    memcpy(hook.rp, row->rp, 16);
    memcpy(hook.request, row->id, 16);

    json *o = json_new_object(a);
    json_add_int(o, "v", 1);
    json_add_id(o, "id", "req", row->id);
    json_add_text(o, "kind", row->kind);
    json_add_text(o, "state", request_state_text(row->state));
    json_add_text(o, "reason", row->reason);
    json_add_int(o, "version", row->version);
    json_add_id(o, "rp", "rp", row->rp);
    json_add_int(o, "at", now_ms);
    if ((err = json_write(&hook.payload, a, o)))
        return err;
    return webhook_insert(tx, &hook);
}

bzt_err request_tx_end(store_tx *tx, arena *a, request_row *row,
                       request_state state, const char *reason, int64_t now_ms)
{
    const audit_note note = {.kind = "request.end",
                             .tenant = row->tenant,
                             .person = row->has_holder ? row->person : NULL,
                             .subject_kind = "req",
                             .subject = row->id,
                             .outcome = request_state_text(state),
                             .detail = reason};
    bzt_err err;

    row->state = state;
    row->reason = reason;
    row->done_at = now_ms;
    if ((err = request_update(tx, row)))
        return err;
    if ((err = tell_rp(tx, a, row, now_ms)))
        return err;
    return service_audit(tx, now_ms, &note);
}

/* --- inside the key service's transactions ------------------------------ */

bzt_err request_tx_expect(store_tx *tx, arena *a, const uint8_t id[16],
                          const uint8_t key[16], const uint8_t device[16],
                          bzt_span message, int64_t now_ms)
{
    request_row row;
    bzt_err err;

    if ((err = request_get(tx, &row, a, id)))
        return err;
    if (!row.has_holder || memcmp(row.device, device, 16))
        return BZT_ERR_NOT_FOUND;
    if ((err = request_check_open(&row, now_ms)))
        return err;
    if (row.state != REQUEST_CONFIRMING)
        return BZT_ERR_REQUEST_STATE;
    if (memcmp(row.key, key, 16) || row.message.len != message.len ||
        memcmp(row.message.p, message.p, message.len))
        return BZT_ERR_MESSAGE;
    return BZT_OK;
}

bzt_err request_tx_done(store_tx *tx, int *was_open, arena *a,
                        const uint8_t id[16], const uint8_t op_id[16],
                        const uint8_t signature[64], int64_t now_ms)
{
    request_row row;
    bzt_err err;

    *was_open = 0;
    if ((err = request_get(tx, &row, a, id)))
        return err;
    if (request_is_ended(row.state))
        return BZT_OK;
    *was_open = 1;
    row.has_signature = 1;
    memcpy(row.signature, signature, 64);
    memcpy(row.op_id, op_id, 16);
    return request_tx_end(tx, a, &row, REQUEST_DONE, NULL, now_ms);
}

bzt_err request_tx_failed(store_tx *tx, arena *a, const uint8_t id[16],
                          const char *reason, int64_t now_ms)
{
    request_row row;
    bzt_err err;

    if ((err = request_get(tx, &row, a, id)))
        return err;
    if (request_is_ended(row.state))
        return BZT_OK;
    return request_tx_end(tx, a, &row, REQUEST_FAILED, reason, now_ms);
}

/* --- time --------------------------------------------------------------- */

struct sweep {
    arena *a;
};

static bzt_err expire_one(store_tx *tx, arena *a, const uint8_t id[16],
                          int64_t now_ms)
{
    request_row row;
    bzt_err err;

    if ((err = request_get(tx, &row, a, id)))
        return err;
    return request_tx_end(tx, a, &row, REQUEST_EXPIRED,
                          row.has_holder ? "decide_timeout" : "scan_timeout",
                          now_ms);
}

static bzt_err sweep_op(store_tx *tx, void *arg)
{
    struct sweep *in = arg;
    uint8_t(*ids)[16];
    int64_t now_ms;
    size_t n;
    bzt_err err;

    if ((err = store_now(tx, &now_ms)))
        return err;
    if ((err = request_list_overdue(tx, &ids, &n, OVERDUE_AT_ONCE, in->a,
                                    now_ms)))
        return err;
    for (size_t i = 0; i < n; i++) {
        err = expire_one(tx, in->a, ids[i], now_ms);
        if (err && err != BZT_ERR_BUSY)
            return err;
    }
    if ((err = short_code_sweep(tx, now_ms - 3600000)))
        return err;
    return idempotency_sweep(tx, now_ms - 86400000);
}

bzt_err request_sweep(service *s)
{
    struct sweep in = {.a = arena_new(8 << 20)};
    bzt_err err = in.a ? store_write(s->store, sweep_op, &in) : BZT_ERR_MEMORY;

    arena_free(in.a);
    return err;
}
