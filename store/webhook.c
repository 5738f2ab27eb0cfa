/* Webhooks that wait for delivery (table webhook). */
#include "columns.h"
#include "request.h"

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

static void decode(columns *c, void *out)
{
    webhook_row *r = out;

    column_fixed(c, r->id, 16);
    column_fixed(c, r->tenant, 16);
    column_fixed(c, r->rp, 16);
    column_fixed(c, r->request, 16);
    column_span(c, &r->payload);
    r->attempts = column_int(c);
    r->next_at = column_int(c);
    r->created_at = column_int(c);
}

bzt_err webhook_list_due(store_tx *tx, webhook_row **out, size_t *n, size_t max,
                         arena *a, int64_t now_ms)
{
    const store_value now = sv_int(now_ms);
    const columns_query q = {.sql = &due_sql,
                             .values = &now,
                             .values_n = 1,
                             .decode = decode,
                             .size = sizeof(webhook_row)};

    return columns_list(tx, (void **)out, n, max, a, &q);
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
