/* Phones: statements and rows. */
#include "device.h"
#include "columns.h"

#define COLUMNS "id, person_id, name, key_sealed, failures, state, created_at"

static const store_sql get_sql = {"SELECT " COLUMNS
                                  " FROM device WHERE id = $1"};
static const store_sql list_sql = {"SELECT " COLUMNS
                                   " FROM device WHERE person_id = $1 "
                                   "ORDER BY created_at, id"};
static const store_sql insert_sql = {"INSERT INTO device (" COLUMNS
                                     ") VALUES ($1, $2, $3, $4, $5, $6, $7)"};
static const store_sql key_sql = {
    "UPDATE device SET key_sealed = $2, failures = 0 WHERE id = $1"};
static const store_sql lock_sql = {
    "UPDATE device SET failures = failures WHERE id = $1 RETURNING failures"};
static const store_sql add_sql = {
    "UPDATE device SET failures = failures + 1 WHERE id = $1 "
    "RETURNING failures"};
static const store_sql clear_sql = {
    "UPDATE device SET failures = 0 WHERE id = $1 RETURNING failures"};

static void decode(columns *c, void *out)
{
    device_row *d = out;

    column_fixed(c, d->id, 16);
    column_fixed(c, d->person, 16);
    column_text(c, &d->name);
    column_span(c, &d->key_sealed);
    d->failures = column_int(c);
    column_text(c, &d->state);
    d->created_at = column_int(c);
}

static columns_query query(const store_sql *sql, const store_value *id)
{
    return (columns_query){.sql = sql,
                           .values = id,
                           .values_n = 1,
                           .decode = decode,
                           .size = sizeof(device_row)};
}

bzt_err device_get(store_tx *tx, device_row *out, arena *a,
                   const uint8_t id[16])
{
    const store_value value = sv_bytes(id, 16);
    const columns_query q = query(&get_sql, &value);

    return columns_one(tx, out, a, &q);
}

bzt_err device_list(store_tx *tx, device_row **out, size_t *n, size_t max,
                    arena *a, const uint8_t person[16])
{
    const store_value value = sv_bytes(person, 16);
    const columns_query q = query(&list_sql, &value);

    return columns_list(tx, (void **)out, n, max, a, &q);
}

bzt_err device_insert(store_tx *tx, const device_row *row)
{
    const store_value values[] = {
        sv_bytes(row->id, 16),   sv_bytes(row->person, 16),
        sv_text(row->name),      sv_span(row->key_sealed),
        sv_int(row->failures),   sv_text(row->state),
        sv_int(row->created_at),
    };

    return store_exec(tx, NULL, &insert_sql, values, 7);
}

bzt_err device_update_key(store_tx *tx, const uint8_t id[16],
                          bzt_span key_sealed)
{
    const store_value values[] = {sv_bytes(id, 16), sv_span(key_sealed)};

    return columns_change(tx, &key_sql, values, 2);
}

static void decode_failures(columns *c, void *out)
{
    *(int64_t *)out = column_int(c);
}

static bzt_err change_tries(store_tx *tx, int64_t *failures,
                            const store_sql *sql, const uint8_t id[16])
{
    const store_value value = sv_bytes(id, 16);
    const columns_query q = {.sql = sql,
                             .values = &value,
                             .values_n = 1,
                             .decode = decode_failures,
                             .size = sizeof(*failures)};

    return columns_one(tx, failures, NULL, &q);
}

bzt_err device_lock(store_tx *tx, int64_t *failures, const uint8_t id[16])
{
    return change_tries(tx, failures, &lock_sql, id);
}

bzt_err device_tries_add(store_tx *tx, int64_t *failures, const uint8_t id[16])
{
    return change_tries(tx, failures, &add_sql, id);
}

bzt_err device_tries_clear(store_tx *tx, int64_t *failures,
                           const uint8_t id[16])
{
    return change_tries(tx, failures, &clear_sql, id);
}
