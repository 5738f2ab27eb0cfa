/* Tenants, and codes that make a staff account (tables tenant, setup_code). */
#include "setup.h"
#include "columns.h"

static const store_sql tenant_get_sql = {
    "SELECT id, name, created_at FROM tenant WHERE id = $1"};
static const store_sql tenant_first_sql = {
    "SELECT id, name, created_at FROM tenant ORDER BY created_at, id LIMIT 1"};
static const store_sql tenant_insert_sql = {
    "INSERT INTO tenant (id, name, created_at) VALUES ($1, $2, $3)"};
static const store_sql insert_sql = {
    "INSERT INTO setup_code (code_hash, tenant_id, roles, expires_at) "
    "VALUES ($1, $2, $3, $4)"};
static const store_sql get_sql = {
    "SELECT code_hash, tenant_id, roles, expires_at, used_at "
    "FROM setup_code WHERE code_hash = $1"};
static const store_sql use_sql = {"UPDATE setup_code SET used_at = $2 "
                                  "WHERE code_hash = $1 AND used_at IS NULL"};

static void decode_tenant(columns *c, void *out)
{
    tenant_row *r = out;

    column_fixed(c, r->id, 16);
    column_text(c, &r->name);
    r->created_at = column_int(c);
}

static void decode(columns *c, void *out)
{
    setup_code_row *r = out;

    column_fixed(c, r->code_hash, 32);
    column_fixed(c, r->tenant, 16);
    column_text(c, &r->roles);
    r->expires_at = column_int(c);
    r->used_at = column_int(c);
}

bzt_err tenant_get(store_tx *tx, tenant_row *out, arena *a,
                   const uint8_t id[16])
{
    const store_value key = sv_id(id);

    return columns_one(tx, out, a,
                       &(columns_query){&tenant_get_sql, &key, 1, decode_tenant,
                                        sizeof(*out)});
}

bzt_err tenant_find_first(store_tx *tx, tenant_row *out, arena *a)
{
    return columns_one(tx, out, a,
                       &(columns_query){&tenant_first_sql, NULL, 0,
                                        decode_tenant, sizeof(*out)});
}

bzt_err tenant_insert(store_tx *tx, const tenant_row *row)
{
    const store_value values[] = {sv_id(row->id), sv_text(row->name),
                                  sv_int(row->created_at)};

    return store_exec(tx, NULL, &tenant_insert_sql, values, 3);
}

bzt_err setup_code_insert(store_tx *tx, const setup_code_row *row)
{
    const store_value values[] = {sv_bytes(row->code_hash, 32),
                                  sv_id(row->tenant), sv_text(row->roles),
                                  sv_int(row->expires_at)};

    return store_exec(tx, NULL, &insert_sql, values, 4);
}

bzt_err setup_code_get(store_tx *tx, setup_code_row *out, arena *a,
                       const uint8_t code_hash[32])
{
    const store_value key = sv_bytes(code_hash, 32);

    return columns_one(
        tx, out, a, &(columns_query){&get_sql, &key, 1, decode, sizeof(*out)});
}

bzt_err setup_code_use(store_tx *tx, const uint8_t code_hash[32], int64_t at)
{
    return columns_change(
        tx, &use_sql, (store_value[]){sv_bytes(code_hash, 32), sv_int(at)}, 2);
}
