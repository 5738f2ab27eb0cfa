/* SMS codes that were sent (table sms_code). */
#include "sms.h"
#include "columns.h"

static const store_sql insert_sql = {
    "INSERT INTO sms_code (id, phone_index, purpose, code_hash, tries, "
    "created_at, expires_at) VALUES ($1, $2, $3, $4, 0, $5, $6)"};
static const store_sql find_sql = {
    "SELECT id, phone_index, code_hash, tries, created_at, expires_at, used_at "
    "FROM sms_code WHERE phone_index = $1 AND purpose = $2 "
    "ORDER BY created_at DESC, id DESC LIMIT 1"};
static const store_sql update_sql = {
    "UPDATE sms_code SET tries = $2, used_at = $3 WHERE id = $1"};
static const store_sql sweep_sql = {
    "DELETE FROM sms_code WHERE created_at < $1"};

static void decode(columns *c, void *out)
{
    sms_row *r = out;

    column_fixed(c, r->id, 16);
    column_fixed(c, r->phone_index, 32);
    column_fixed(c, r->code_hash, 32);
    r->tries = column_int(c);
    r->created_at = column_int(c);
    r->expires_at = column_int(c);
    r->used_at = column_int(c);
}

bzt_err sms_insert(store_tx *tx, const sms_row *row)
{
    const store_value values[] = {
        sv_id(row->id),          sv_bytes(row->phone_index, 32),
        sv_text(row->purpose),   sv_bytes(row->code_hash, 32),
        sv_int(row->created_at), sv_int(row->expires_at)};

    return store_exec(tx, NULL, &insert_sql, values, 6);
}

bzt_err sms_find(store_tx *tx, sms_row *out, const uint8_t phone_index[32],
                 const char *purpose)
{
    const store_value values[] = {sv_bytes(phone_index, 32), sv_text(purpose)};

    return columns_one(
        tx, out, NULL,
        &(columns_query){&find_sql, values, 2, decode, sizeof(sms_row)});
}

bzt_err sms_update(store_tx *tx, const sms_row *row)
{
    const store_value values[] = {sv_id(row->id), sv_int(row->tries),
                                  row->used_at ? sv_int(row->used_at)
                                               : sv_null()};

    return columns_change(tx, &update_sql, values, 3);
}

bzt_err sms_sweep(store_tx *tx, int64_t created_before)
{
    const store_value values[] = {sv_int(created_before)};

    return store_exec(tx, NULL, &sweep_sql, values, 1);
}
