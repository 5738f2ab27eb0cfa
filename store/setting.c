/* Installation values (table setting). */
#include "setting.h"
#include "columns.h"

static const store_sql get_sql = {"SELECT value FROM setting WHERE name = $1"};
static const store_sql put_sql = {
    "INSERT INTO setting (name, value) VALUES ($1, $2) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"};
static const store_sql delete_sql = {"DELETE FROM setting WHERE name = $1"};

static void decode(columns *c, void *out)
{
    column_span(c, out);
}

bzt_err setting_get(store_tx *tx, bzt_span *out, arena *a, const char *name)
{
    const store_value key = sv_text(name);

    return columns_one(
        tx, out, a,
        &(columns_query){&get_sql, &key, 1, decode, sizeof(bzt_span)});
}

bzt_err setting_put(store_tx *tx, const char *name, bzt_span value)
{
    return store_exec(tx, NULL, &put_sql,
                      (store_value[]){sv_text(name), sv_span(value)}, 2);
}

bzt_err setting_delete(store_tx *tx, const char *name)
{
    return store_exec(tx, NULL, &delete_sql, (store_value[]){sv_text(name)}, 1);
}
