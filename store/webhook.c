/* Webhooks that wait for delivery (table webhook). */
#include "request.h"
#include "row.h"

static const store_sql insert_sql = {
    "INSERT INTO webhook (id, tenant_id, rp_id, request_id, payload, attempts, "
    "next_at, state, created_at) "
    "VALUES ($1, $2, $3, $4, $5, 0, $6, 'waiting', $7)"};
static const store_sql due_sql = {
    "SELECT id, tenant_id, rp_id, request_id, payload, attempts, next_at, "
    "created_at FROM webhook WHERE state = 'waiting' AND next_at <= $1 "
    "ORDER BY next_at"};
static const store_sql claim_sql = {
    "UPDATE webhook SET next_at = $3 "
    "WHERE id = $1 AND next_at = $2 AND state = 'waiting'"};
static const store_sql update_sql = {
    "UPDATE webhook SET state = $2, attempts = $3, next_at = $4 "
    "WHERE id = $1"};

bzt_err webhook_insert(store_tx *tx, const webhook_row *r)
{
    const store_value values[] = {
        sv_bytes(r->id, 16),      sv_bytes(r->tenant, 16), sv_bytes(r->rp, 16),
        sv_bytes(r->request, 16), sv_span(r->payload),     sv_int(r->next_at),
        sv_int(r->created_at),
    };
    return store_exec(tx, NULL, &insert_sql, values, 7);
}

static bzt_err read_row(webhook_row *r, arena *a, const store_rows *rows)
{
    bzt_err err;

    if ((err = row_fixed(r->id, 16, rows, 0)) ||
        (err = row_fixed(r->tenant, 16, rows, 1)) ||
        (err = row_fixed(r->rp, 16, rows, 2)) ||
        (err = row_fixed(r->request, 16, rows, 3)) ||
        (err = row_span(&r->payload, a, rows, 4)))
        return err;
    r->attempts = store_int(rows, 5);
    r->next_at = store_int(rows, 6);
    r->created_at = store_int(rows, 7);
    return BZT_OK;
}

bzt_err webhook_find_due(store_tx *tx, webhook_row *out, size_t *n, size_t max,
                         arena *a, int64_t now_ms)
{
    store_rows *rows = NULL;
    bzt_err err;

    *n = 0;
    if ((err = store_query(tx, &rows, &due_sql, (store_value[]){sv_int(now_ms)},
                           1)))
        goto out;
    while (*n < max && !(err = store_next(rows))) {
        if ((err = read_row(&out[*n], a, rows)))
            goto out;
        (*n)++;
    }
    if (err == BZT_ERR_NOT_FOUND)
        err = BZT_OK;
out:
    store_rows_done(rows);
    return err;
}

bzt_err webhook_claim(store_tx *tx, const webhook_row *row, int64_t until_ms)
{
    int64_t changed = 0;
    bzt_err err =
        store_exec(tx, &changed, &claim_sql,
                   (store_value[]){sv_bytes(row->id, 16), sv_int(row->next_at),
                                   sv_int(until_ms)},
                   3);

    return err ? err : changed ? BZT_OK : BZT_ERR_BUSY;
}

bzt_err webhook_update(store_tx *tx, const uint8_t id[16], const char *state,
                       int64_t attempts, int64_t next_at)
{
    return store_exec(tx, NULL, &update_sql,
                      (store_value[]){sv_bytes(id, 16), sv_text(state),
                                      sv_int(attempts), sv_int(next_at)},
                      4);
}
