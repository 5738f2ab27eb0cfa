/* Requests of business systems: statements and rows. */
#include "request.h"
#include "columns.h"
#include <string.h>

#define COLUMNS                                                                \
    "id, tenant_id, rp_id, kind, description, rp_signature, domain, browser, " \
    "page_token, page_origin, page_agent, qr_secret, qr_token, state, "        \
    "reason, number, numbers, person_id, device_id, key_id, certificate_id, "  \
    "message, signature, op_id, version, created_at, scanned_at, "             \
    "decide_until, done_at"

static const store_sql get_sql = {"SELECT " COLUMNS
                                  " FROM sign_request WHERE id = $1"};
static const store_sql token_sql = {"SELECT " COLUMNS
                                    " FROM sign_request WHERE qr_token = $1"};
static const store_sql page_sql = {"SELECT " COLUMNS
                                   " FROM sign_request WHERE page_token = $1"};
static const store_sql insert_sql = {
    "INSERT INTO sign_request (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, "
    "$7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, "
    "$22, $23, $24, $25, $26, $27, $28, $29)"};
static const store_sql update_sql = {
    "UPDATE sign_request SET state = $3, reason = $4, page_origin = $5, "
    "page_agent = $6, number = $7, numbers = $8, person_id = $9, "
    "device_id = $10, key_id = $11, certificate_id = $12, message = $13, "
    "signature = $14, op_id = $15, scanned_at = $16, decide_until = $17, "
    "done_at = $18, version = version + 1 WHERE id = $1 AND version = $2"};
static const store_sql overdue_sql = {
    "SELECT id FROM sign_request WHERE state IN ('created', 'scanned', "
    "'confirming') AND decide_until <= $1 ORDER BY decide_until"};

static const char *const state_texts[] = {
    [REQUEST_CREATED] = "created",       [REQUEST_SCANNED] = "scanned",
    [REQUEST_CONFIRMING] = "confirming", [REQUEST_DONE] = "done",
    [REQUEST_REFUSED] = "refused",       [REQUEST_EXPIRED] = "expired",
    [REQUEST_FAILED] = "failed",
};

const char *request_state_text(request_state s)
{
    return state_texts[s];
}

static void column_state(columns *c, request_state *out)
{
    const char *text = NULL;

    column_text(c, &text);
    for (int s = REQUEST_CREATED; text && s <= REQUEST_FAILED; s++) {
        if (!strcmp(state_texts[s], text)) {
            *out = (request_state)s;
            return;
        }
    }
    if (!c->err)
        c->err = BZT_ERR_IO;
}

static void decode(columns *c, void *out)
{
    request_row *r = out;

    column_fixed(c, r->id, 16);
    column_fixed(c, r->tenant, 16);
    column_fixed(c, r->rp, 16);
    column_text(c, &r->kind);
    column_span(c, &r->description);
    column_fixed(c, r->rp_signature, 64);
    column_text(c, &r->domain);
    column_fixed(c, r->browser, 32);
    column_fixed(c, r->page_token, 32);
    column_text(c, &r->page_origin);
    column_text(c, &r->page_agent);
    column_fixed(c, r->qr_secret, 32);
    column_fixed(c, r->qr_token, 16);
    column_state(c, &r->state);
    column_text(c, &r->reason);
    r->number = column_int(c);
    column_text(c, &r->numbers);
    r->has_holder = column_fixed_optional(c, r->person, 16);
    column_fixed_optional(c, r->device, 16);
    r->has_key = column_fixed_optional(c, r->key, 16);
    column_fixed_optional(c, r->certificate, 16);
    column_span(c, &r->message);
    r->has_signature = column_fixed_optional(c, r->signature, 64);
    column_fixed_optional(c, r->op_id, 16);
    r->version = column_int(c);
    r->created_at = column_int(c);
    r->scanned_at = column_int(c);
    r->decide_until = column_int(c);
    r->done_at = column_int(c);
}

static bzt_err read_one(store_tx *tx, request_row *out, arena *a,
                        const store_sql *sql, bzt_span by)
{
    const store_value value = sv_span(by);
    const columns_query q = {.sql = sql,
                             .values = &value,
                             .values_n = 1,
                             .decode = decode,
                             .size = sizeof(*out)};

    return columns_one(tx, out, a, &q);
}

bzt_err request_get(store_tx *tx, request_row *out, arena *a,
                    const uint8_t id[16])
{
    return read_one(tx, out, a, &get_sql, (bzt_span){id, 16});
}

bzt_err request_find_token(store_tx *tx, request_row *out, arena *a,
                           const uint8_t qr_token[16])
{
    return read_one(tx, out, a, &token_sql, (bzt_span){qr_token, 16});
}

bzt_err request_find_page(store_tx *tx, request_row *out, arena *a,
                          const uint8_t page_token[32])
{
    return read_one(tx, out, a, &page_sql, (bzt_span){page_token, 32});
}

static store_value bytes_if(int has, const uint8_t *p, size_t len)
{
    return has ? sv_bytes(p, len) : sv_null();
}

static store_value time_if(int64_t at)
{
    return at ? sv_int(at) : sv_null();
}

bzt_err request_insert(store_tx *tx, const request_row *r)
{
    const store_value values[] = {
        sv_bytes(r->id, 16),
        sv_bytes(r->tenant, 16),
        sv_bytes(r->rp, 16),
        sv_text(r->kind),
        sv_span(r->description),
        sv_bytes(r->rp_signature, 64),
        sv_text(r->domain),
        sv_bytes(r->browser, 32),
        sv_bytes(r->page_token, 32),
        sv_text(r->page_origin),
        sv_text(r->page_agent),
        sv_bytes(r->qr_secret, 32),
        sv_bytes(r->qr_token, 16),
        sv_text(state_texts[r->state]),
        sv_text(r->reason),
        time_if(r->number),
        sv_text(r->numbers),
        bytes_if(r->has_holder, r->person, 16),
        bytes_if(r->has_holder, r->device, 16),
        bytes_if(r->has_key, r->key, 16),
        bytes_if(r->has_key, r->certificate, 16),
        bytes_if(r->has_key, r->message.p, r->message.len),
        bytes_if(r->has_signature, r->signature, 64),
        bytes_if(r->has_signature, r->op_id, 16),
        sv_int(r->version),
        sv_int(r->created_at),
        time_if(r->scanned_at),
        sv_int(r->decide_until),
        time_if(r->done_at),
    };
    return store_exec(tx, NULL, &insert_sql, values,
                      sizeof(values) / sizeof(values[0]));
}

bzt_err request_update(store_tx *tx, request_row *r)
{
    const store_value values[] = {
        sv_bytes(r->id, 16),
        sv_int(r->version),
        sv_text(state_texts[r->state]),
        sv_text(r->reason),
        sv_text(r->page_origin),
        sv_text(r->page_agent),
        time_if(r->number),
        sv_text(r->numbers),
        bytes_if(r->has_holder, r->person, 16),
        bytes_if(r->has_holder, r->device, 16),
        bytes_if(r->has_key, r->key, 16),
        bytes_if(r->has_key, r->certificate, 16),
        bytes_if(r->has_key, r->message.p, r->message.len),
        bytes_if(r->has_signature, r->signature, 64),
        bytes_if(r->has_signature, r->op_id, 16),
        time_if(r->scanned_at),
        sv_int(r->decide_until),
        time_if(r->done_at),
    };
    int64_t changed = 0;
    bzt_err err = store_exec(tx, &changed, &update_sql, values,
                             sizeof(values) / sizeof(values[0]));

    if (err)
        return err;
    if (!changed)
        return BZT_ERR_BUSY;
    r->version++;
    store_touch(tx, r->id);
    return BZT_OK;
}

static void decode_id(columns *c, void *out)
{
    column_fixed(c, out, 16);
}

bzt_err request_list_overdue(store_tx *tx, uint8_t (**ids)[16], size_t *n,
                             size_t max, arena *a, int64_t now_ms)
{
    const store_value now = sv_int(now_ms);
    const columns_query q = {.sql = &overdue_sql,
                             .values = &now,
                             .values_n = 1,
                             .decode = decode_id,
                             .size = 16};

    return columns_list(tx, (void **)ids, n, max, a, &q);
}
