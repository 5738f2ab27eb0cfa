/* Requests of business systems: statements and rows. */
#include "request.h"
#include "row.h"
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

static bzt_err read_state(request_state *out, const store_rows *rows,
                          int column)
{
    bzt_span text = store_bytes(rows, column);

    for (int s = REQUEST_CREATED; s <= REQUEST_FAILED; s++) {
        if (strlen(state_texts[s]) == text.len &&
            !memcmp(state_texts[s], text.p, text.len)) {
            *out = (request_state)s;
            return BZT_OK;
        }
    }
    return BZT_ERR_IO;
}

static bzt_err read_asked(request_row *r, arena *a, const store_rows *rows)
{
    bzt_err err;

    if ((err = row_fixed(r->id, 16, rows, 0)) ||
        (err = row_fixed(r->tenant, 16, rows, 1)) ||
        (err = row_fixed(r->rp, 16, rows, 2)) ||
        (err = row_text(&r->kind, a, rows, 3)) ||
        (err = row_span(&r->description, a, rows, 4)) ||
        (err = row_fixed(r->rp_signature, 64, rows, 5)) ||
        (err = row_text(&r->domain, a, rows, 6)) ||
        (err = row_fixed(r->browser, 32, rows, 7)) ||
        (err = row_fixed(r->page_token, 32, rows, 8)) ||
        (err = row_text(&r->page_origin, a, rows, 9)) ||
        (err = row_text(&r->page_agent, a, rows, 10)) ||
        (err = row_fixed(r->qr_secret, 32, rows, 11)) ||
        (err = row_fixed(r->qr_token, 16, rows, 12)))
        return err;
    return BZT_OK;
}

static bzt_err read_progress(request_row *r, arena *a, const store_rows *rows)
{
    int has = 0;
    bzt_err err;

    if ((err = read_state(&r->state, rows, 13)) ||
        (err = row_text(&r->reason, a, rows, 14)) ||
        (err = row_text(&r->numbers, a, rows, 16)) ||
        (err = row_fixed_optional(r->person, &r->has_holder, 16, rows, 17)) ||
        (err = row_fixed_optional(r->device, &has, 16, rows, 18)) ||
        (err = row_fixed_optional(r->key, &r->has_key, 16, rows, 19)) ||
        (err = row_fixed_optional(r->certificate, &has, 16, rows, 20)) ||
        (err = row_span(&r->message, a, rows, 21)) ||
        (err = row_fixed_optional(r->signature, &r->has_signature, 64, rows,
                                  22)) ||
        (err = row_fixed_optional(r->op_id, &has, 16, rows, 23)))
        return err;
    r->number = store_int(rows, 15);
    r->version = store_int(rows, 24);
    r->created_at = store_int(rows, 25);
    r->scanned_at = store_int(rows, 26);
    r->decide_until = store_int(rows, 27);
    r->done_at = store_int(rows, 28);
    return BZT_OK;
}

static bzt_err read_one(store_tx *tx, request_row *out, arena *a,
                        const store_sql *sql, bzt_span by)
{
    store_rows *rows = NULL;
    bzt_err err;

    *out = (request_row){0};
    if ((err = store_query(tx, &rows, sql, (store_value[]){sv_span(by)}, 1)))
        goto out;
    if ((err = store_next(rows)))
        goto out;
    if ((err = read_asked(out, a, rows)))
        goto out;
    err = read_progress(out, a, rows);
out:
    store_rows_done(rows);
    return err;
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

bzt_err request_find_overdue(store_tx *tx, uint8_t (*ids)[16], size_t *n,
                             size_t max, int64_t now_ms)
{
    store_rows *rows = NULL;
    bzt_err err;

    *n = 0;
    if ((err = store_query(tx, &rows, &overdue_sql,
                           (store_value[]){sv_int(now_ms)}, 1)))
        goto out;
    while (*n < max && !(err = store_next(rows))) {
        if ((err = row_fixed(ids[*n], 16, rows, 0)))
            goto out;
        (*n)++;
    }
    if (err == BZT_ERR_NOT_FOUND)
        err = BZT_OK;
out:
    store_rows_done(rows);
    return err;
}
