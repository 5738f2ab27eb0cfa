/* Certificate entries (table entry). */
#include "entry.h"
#include "columns.h"

#define COLUMNS                                                                \
    "id, person_id, enterprise_id, application_id, ca_id, state, created_at"

static const store_sql get_sql = {"SELECT " COLUMNS
                                  " FROM entry WHERE id = $1"};
static const store_sql list_sql = {"SELECT " COLUMNS
                                   " FROM entry WHERE person_id = $1 "
                                   "ORDER BY created_at DESC, id DESC"};
static const store_sql insert_sql = {"INSERT INTO entry (" COLUMNS
                                     ") VALUES ($1, $2, $3, $4, $5, $6, $7)"};
static const store_sql state_sql = {
    "UPDATE entry SET state = $2 WHERE id = $1"};
static const store_sql keys_sql = {
    "SELECT id, device_id, purpose, state, point FROM split_key "
    "WHERE entry_id = $1 ORDER BY created_at, id"};
static const store_sql adopt_sql = {
    "UPDATE split_key SET entry_id = $2, certified = 1, pending = 0, "
    "enterprise = $3 WHERE id = $1 AND entry_id IS NULL"};

static void decode(columns *c, void *out)
{
    entry_row *r = out;

    column_fixed(c, r->id, 16);
    column_fixed(c, r->person, 16);
    r->has_enterprise = column_fixed_optional(c, r->enterprise, 16);
    column_fixed(c, r->application, 16);
    column_fixed(c, r->ca, 16);
    column_text(c, &r->state);
    r->created_at = column_int(c);
}

static void decode_key(columns *c, void *out)
{
    entry_key *k = out;

    column_fixed(c, k->id, 16);
    column_fixed(c, k->device, 16);
    column_text(c, &k->purpose);
    column_text(c, &k->state);
    column_fixed(c, k->point, 65);
}

bzt_err entry_get(store_tx *tx, entry_row *out, arena *a, const uint8_t id[16])
{
    const store_value key = sv_id(id);

    return columns_one(
        tx, out, a, &(columns_query){&get_sql, &key, 1, decode, sizeof(*out)});
}

bzt_err entry_insert(store_tx *tx, const entry_row *row)
{
    const store_value values[] = {
        sv_id(row->id),
        sv_id(row->person),
        sv_id(row->has_enterprise ? row->enterprise : NULL),
        sv_id(row->application),
        sv_id(row->ca),
        sv_text(row->state),
        sv_int(row->created_at)};

    return store_exec(tx, NULL, &insert_sql, values, 7);
}

bzt_err entry_update_state(store_tx *tx, const uint8_t id[16],
                           const char *state)
{
    return columns_change(tx, &state_sql,
                          (store_value[]){sv_id(id), sv_text(state)}, 2);
}

bzt_err entry_list(store_tx *tx, entry_row **out, size_t *n, size_t max,
                   arena *a, const uint8_t person[16])
{
    const store_value key = sv_id(person);

    return columns_list(
        tx, (void **)out, n, max, a,
        &(columns_query){&list_sql, &key, 1, decode, sizeof(**out)});
}

bzt_err entry_list_keys(store_tx *tx, entry_key **out, size_t *n, size_t max,
                        arena *a, const uint8_t entry[16])
{
    const store_value key = sv_id(entry);

    return columns_list(
        tx, (void **)out, n, max, a,
        &(columns_query){&keys_sql, &key, 1, decode_key, sizeof(**out)});
}

bzt_err entry_adopt_key(store_tx *tx, const entry_row *row,
                        const uint8_t key[16])
{
    bzt_err err = columns_change(tx, &adopt_sql,
                                 (store_value[]){sv_id(key), sv_id(row->id),
                                                 sv_int(row->has_enterprise)},
                                 3);

    return err == BZT_ERR_NOT_FOUND ? BZT_ERR_CONFLICT : err;
}
