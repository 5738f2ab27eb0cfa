/* CAs and the keys of the built-in one (tables ca, ca_key). */
#include "ca.h"
#include "columns.h"
#include "setting.h"
#include <stdio.h>

static const store_sql get_sql = {
    "SELECT id, tenant_id, name, connector, settings, created_at "
    "FROM ca WHERE id = $1"};
static const store_sql insert_sql = {
    "INSERT INTO ca (id, tenant_id, name, connector, settings, created_at) "
    "VALUES ($1, $2, $3, $4, $5, $6)"};
static const store_sql key_find_sql = {
    "SELECT id, ca_id, role, certificate, key_sealed, crl_number, created_at "
    "FROM ca_key WHERE ca_id = $1 AND role = $2"};
static const store_sql key_insert_sql = {
    "INSERT INTO ca_key (id, ca_id, role, certificate, key_sealed, "
    "crl_number, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)"};
static const store_sql number_sql = {
    "UPDATE ca_key SET crl_number = $2 WHERE id = $1"};

static void decode(columns *c, void *out)
{
    ca_row *r = out;

    column_fixed(c, r->id, 16);
    column_fixed(c, r->tenant, 16);
    column_text(c, &r->name);
    column_text(c, &r->connector);
    column_text(c, &r->settings);
    r->created_at = column_int(c);
}

static void decode_key(columns *c, void *out)
{
    ca_key_row *r = out;

    column_fixed(c, r->id, 16);
    column_fixed(c, r->ca, 16);
    column_text(c, &r->role);
    column_span(c, &r->certificate);
    column_span(c, &r->key_sealed);
    r->crl_number = column_int(c);
    r->created_at = column_int(c);
}

bzt_err ca_get(store_tx *tx, ca_row *out, arena *a, const uint8_t id[16])
{
    const store_value key = sv_id(id);

    return columns_one(
        tx, out, a, &(columns_query){&get_sql, &key, 1, decode, sizeof(*out)});
}

bzt_err ca_insert(store_tx *tx, const ca_row *row)
{
    const store_value values[] = {
        sv_id(row->id),         sv_id(row->tenant),
        sv_text(row->name),     sv_text(row->connector),
        sv_text(row->settings), sv_int(row->created_at)};

    return store_exec(tx, NULL, &insert_sql, values, 6);
}

bzt_err ca_key_find(store_tx *tx, ca_key_row *out, arena *a,
                    const uint8_t ca[16], const char *role)
{
    const store_value values[] = {sv_id(ca), sv_text(role)};

    return columns_one(
        tx, out, a,
        &(columns_query){&key_find_sql, values, 2, decode_key, sizeof(*out)});
}

bzt_err ca_key_insert(store_tx *tx, const ca_key_row *row)
{
    const store_value values[] = {
        sv_id(row->id),           sv_id(row->ca),
        sv_text(row->role),       sv_span(row->certificate),
        sv_span(row->key_sealed), sv_int(row->crl_number),
        sv_int(row->created_at)};

    return store_exec(tx, NULL, &key_insert_sql, values, 7);
}

bzt_err ca_key_update_number(store_tx *tx, const uint8_t id[16],
                             int64_t crl_number)
{
    return columns_change(tx, &number_sql,
                          (store_value[]){sv_id(id), sv_int(crl_number)}, 2);
}

/* The setting that holds a CA's list: "crl/" and the id in hex. */
static void list_name(char out[40], const uint8_t ca[16])
{
    int n = snprintf(out, 40, "crl/");

    for (int i = 0; i < 16; i++)
        n += snprintf(out + n, 40 - (size_t)n, "%02x", ca[i]);
}

bzt_err ca_list_get(store_tx *tx, bzt_span *out, arena *a, const uint8_t ca[16])
{
    char name[40];

    list_name(name, ca);
    return setting_get(tx, out, a, name);
}

bzt_err ca_list_put(store_tx *tx, const uint8_t ca[16], bzt_span der)
{
    char name[40];

    list_name(name, ca);
    return setting_put(tx, name, der);
}

bzt_err ca_list_forget(store_tx *tx, const uint8_t ca[16])
{
    char name[40];

    list_name(name, ca);
    return setting_delete(tx, name);
}
