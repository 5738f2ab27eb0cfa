/* Business systems (table rp). */
#include "rp.h"
#include "row.h"

#define COLUMNS                                                                \
    "id, tenant_id, name, certificate, public_key, domains, webhook_url, "     \
    "state, created_at"

static const store_sql get_sql = {"SELECT " COLUMNS " FROM rp WHERE id = $1"};
static const store_sql find_sql = {
    "SELECT " COLUMNS " FROM rp WHERE tenant_id = $1 ORDER BY created_at"};
static const store_sql insert_sql = {
    "INSERT INTO rp (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"};
static const store_sql state_sql = {
    "UPDATE rp SET state = $3 WHERE tenant_id = $1 AND id = $2"};

static bzt_err read_row(rp_row *out, arena *a, const store_rows *rows)
{
    bzt_err err;

    if ((err = row_fixed(out->id, 16, rows, 0)))
        return err;
    if ((err = row_fixed(out->tenant, 16, rows, 1)))
        return err;
    if ((err = row_fixed(out->public_key, 65, rows, 4)))
        return err;
    if ((err = row_text(&out->name, a, rows, 2)))
        return err;
    if ((err = row_span(&out->certificate, a, rows, 3)))
        return err;
    if ((err = row_text(&out->domains, a, rows, 5)))
        return err;
    if ((err = row_text(&out->webhook_url, a, rows, 6)))
        return err;
    if ((err = row_text(&out->state, a, rows, 7)))
        return err;
    out->created_at = store_int(rows, 8);
    return BZT_OK;
}

bzt_err rp_get(store_tx *tx, rp_row *out, arena *a, const uint8_t id[16])
{
    store_rows *rows = NULL;
    bzt_err err;

    *out = (rp_row){0};
    if ((err = store_query(tx, &rows, &get_sql,
                           (store_value[]){sv_bytes(id, 16)}, 1)))
        goto out;
    if ((err = store_next(rows)))
        goto out;
    err = read_row(out, a, rows);
out:
    store_rows_done(rows);
    return err;
}

bzt_err rp_find(store_tx *tx, rp_row *out, size_t *n, size_t max, arena *a,
                const uint8_t tenant[16])
{
    store_rows *rows = NULL;
    bzt_err err;

    *n = 0;
    if ((err = store_query(tx, &rows, &find_sql,
                           (store_value[]){sv_bytes(tenant, 16)}, 1)))
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

bzt_err rp_insert(store_tx *tx, const rp_row *row)
{
    const store_value values[] = {
        sv_bytes(row->id, 16),
        sv_bytes(row->tenant, 16),
        sv_text(row->name),
        sv_span(row->certificate),
        sv_bytes(row->public_key, 65),
        sv_text(row->domains),
        sv_text(row->webhook_url),
        sv_text(row->state),
        sv_int(row->created_at),
    };
    return store_exec(tx, NULL, &insert_sql, values, 9);
}

bzt_err rp_update_state(store_tx *tx, const uint8_t tenant[16],
                        const uint8_t id[16], const char *state)
{
    const store_value values[] = {sv_bytes(tenant, 16), sv_bytes(id, 16),
                                  sv_text(state)};
    int64_t changed = 0;
    bzt_err err = store_exec(tx, &changed, &state_sql, values, 3);

    return err ? err : changed ? BZT_OK : BZT_ERR_NOT_FOUND;
}
