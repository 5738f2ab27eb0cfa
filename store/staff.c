/* Accounts of a tenant's people and their keys (tables staff, staff_key). */
#include "staff.h"
#include "columns.h"

#define COLUMNS                                                                \
    "id, tenant_id, login, roles, password, totp_sealed, totp_last, "          \
    "failures, next_at, state, created_at"
#define KEY_COLUMNS "id, staff_id, name, public_key, state, created_at"

static const store_sql get_sql = {"SELECT " COLUMNS
                                  " FROM staff WHERE id = $1"};
static const store_sql login_sql = {"SELECT " COLUMNS
                                    " FROM staff WHERE login = $1"};
static const store_sql insert_sql = {
    "INSERT INTO staff (" COLUMNS
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"};
static const store_sql update_sql = {
    "UPDATE staff SET failures = $2, next_at = $3, totp_last = $4 "
    "WHERE id = $1"};
static const store_sql key_get_sql = {"SELECT " KEY_COLUMNS
                                      " FROM staff_key WHERE id = $1"};
static const store_sql key_insert_sql = {"INSERT INTO staff_key (" KEY_COLUMNS
                                         ") VALUES ($1, $2, $3, $4, $5, $6)"};

static void decode(columns *c, void *out)
{
    staff_row *r = out;

    column_fixed(c, r->id, 16);
    column_fixed(c, r->tenant, 16);
    column_text(c, &r->login);
    column_text(c, &r->roles);
    column_text(c, &r->password);
    column_span(c, &r->totp_sealed);
    r->totp_last = column_int(c);
    r->failures = column_int(c);
    r->next_at = column_int(c);
    column_text(c, &r->state);
    r->created_at = column_int(c);
}

static void decode_key(columns *c, void *out)
{
    staff_key_row *r = out;

    column_fixed(c, r->id, 16);
    column_fixed(c, r->staff, 16);
    column_text(c, &r->name);
    column_fixed(c, r->public_key, 65);
    column_text(c, &r->state);
    r->created_at = column_int(c);
}

bzt_err staff_get(store_tx *tx, staff_row *out, arena *a, const uint8_t id[16])
{
    const store_value key = sv_id(id);

    return columns_one(
        tx, out, a, &(columns_query){&get_sql, &key, 1, decode, sizeof(*out)});
}

bzt_err staff_find_login(store_tx *tx, staff_row *out, arena *a,
                         const char *login)
{
    const store_value key = sv_text(login);

    return columns_one(
        tx, out, a,
        &(columns_query){&login_sql, &key, 1, decode, sizeof(*out)});
}

bzt_err staff_insert(store_tx *tx, const staff_row *row)
{
    const store_value values[] = {
        sv_id(row->id),         sv_id(row->tenant),
        sv_text(row->login),    sv_text(row->roles),
        sv_text(row->password), sv_span(row->totp_sealed),
        sv_int(row->totp_last), sv_int(row->failures),
        sv_int(row->next_at),   sv_text(row->state),
        sv_int(row->created_at)};

    return store_exec(tx, NULL, &insert_sql, values, 11);
}

bzt_err staff_update(store_tx *tx, const staff_row *row)
{
    const store_value values[] = {sv_id(row->id), sv_int(row->failures),
                                  sv_int(row->next_at), sv_int(row->totp_last)};

    return columns_change(tx, &update_sql, values, 4);
}

bzt_err staff_key_get(store_tx *tx, staff_key_row *out, arena *a,
                      const uint8_t id[16])
{
    const store_value key = sv_id(id);

    return columns_one(
        tx, out, a,
        &(columns_query){&key_get_sql, &key, 1, decode_key, sizeof(*out)});
}

bzt_err staff_key_insert(store_tx *tx, const staff_key_row *row)
{
    const store_value values[] = {
        sv_id(row->id),      sv_id(row->staff),
        sv_text(row->name),  sv_bytes(row->public_key, 65),
        sv_text(row->state), sv_int(row->created_at)};

    return store_exec(tx, NULL, &key_insert_sql, values, 6);
}
