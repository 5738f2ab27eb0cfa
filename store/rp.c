/* Business systems (table rp). */
#include "rp.h"
#include "columns.h"

#define COLUMNS                                                                \
    "id, tenant_id, name, certificate, public_key, domains, webhook_url, "     \
    "state, created_at"

static const store_sql get_sql = {"SELECT " COLUMNS " FROM rp WHERE id = $1"};
static const store_sql list_sql = {
    "SELECT " COLUMNS " FROM rp WHERE tenant_id = $1 ORDER BY created_at"};
static const store_sql insert_sql = {
    "INSERT INTO rp (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"};
static const store_sql state_sql = {
    "UPDATE rp SET state = $3 WHERE tenant_id = $1 AND id = $2"};

static void decode(columns *c, void *out)
{
    rp_row *row = out;

    column_fixed(c, row->id, 16);
    column_fixed(c, row->tenant, 16);
    column_text(c, &row->name);
    column_span(c, &row->certificate);
    column_fixed(c, row->public_key, 65);
    column_text(c, &row->domains);
    column_text(c, &row->webhook_url);
    column_text(c, &row->state);
    row->created_at = column_int(c);
}

static columns_query query(const store_sql *sql, const store_value *id)
{
    return (columns_query){.sql = sql,
                           .values = id,
                           .values_n = 1,
                           .decode = decode,
                           .size = sizeof(rp_row)};
}

bzt_err rp_get(store_tx *tx, rp_row *out, arena *a, const uint8_t id[16])
{
    const store_value by = sv_bytes(id, 16);
    const columns_query q = query(&get_sql, &by);

    return columns_one(tx, out, a, &q);
}

bzt_err rp_list(store_tx *tx, rp_row **out, size_t *n, size_t max, arena *a,
                const uint8_t tenant[16])
{
    const store_value by = sv_bytes(tenant, 16);
    const columns_query q = query(&list_sql, &by);

    return columns_list(tx, (void **)out, n, max, a, &q);
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

    return columns_change(tx, &state_sql, values, 3);
}
