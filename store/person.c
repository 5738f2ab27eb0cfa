/* People (table person). */
#include "person.h"
#include "columns.h"

#define COLUMNS                                                                \
    "id, phone_sealed, phone_index, password, password_failures, "             \
    "password_next_at, name_sealed, id_number_sealed, id_number_index, "       \
    "realname_provider, realname_at, language, created_at"

static const store_sql get_sql = {"SELECT " COLUMNS
                                  " FROM person WHERE id = $1"};
static const store_sql phone_sql = {"SELECT " COLUMNS
                                    " FROM person WHERE phone_index = $1"};
static const store_sql id_number_sql = {
    "SELECT " COLUMNS " FROM person WHERE id_number_index = $1"};
static const store_sql insert_sql = {
    "INSERT INTO person (id, phone_sealed, phone_index, password_failures, "
    "password_next_at, language, created_at) "
    "VALUES ($1, $2, $3, 0, 0, $4, $5)"};
static const store_sql password_sql = {
    "UPDATE person SET password = $2, password_failures = $3, "
    "password_next_at = $4 WHERE id = $1"};
static const store_sql realname_sql = {
    "UPDATE person SET name_sealed = $2, id_number_sealed = $3, "
    "id_number_index = $4, realname_provider = $5, realname_at = $6 "
    "WHERE id = $1"};

static void decode(columns *c, void *out)
{
    person_row *p = out;

    column_fixed(c, p->id, 16);
    column_span(c, &p->phone_sealed);
    column_fixed(c, p->phone_index, 32);
    column_text(c, &p->password);
    p->password_failures = column_int(c);
    p->password_next_at = column_int(c);
    column_span(c, &p->name_sealed);
    column_span(c, &p->id_number_sealed);
    p->has_realname = column_fixed_optional(c, p->id_number_index, 32);
    column_text(c, &p->realname_provider);
    p->realname_at = column_int(c);
    column_text(c, &p->language);
    p->created_at = column_int(c);
}

static bzt_err one(store_tx *tx, person_row *out, arena *a,
                   const store_sql *sql, store_value key)
{
    return columns_one(
        tx, out, a, &(columns_query){sql, &key, 1, decode, sizeof(person_row)});
}

bzt_err person_get(store_tx *tx, person_row *out, arena *a,
                   const uint8_t id[16])
{
    return one(tx, out, a, &get_sql, sv_id(id));
}

bzt_err person_find_phone(store_tx *tx, person_row *out, arena *a,
                          const uint8_t phone_index[32])
{
    return one(tx, out, a, &phone_sql, sv_bytes(phone_index, 32));
}

bzt_err person_find_id_number(store_tx *tx, person_row *out, arena *a,
                              const uint8_t index[32])
{
    return one(tx, out, a, &id_number_sql, sv_bytes(index, 32));
}

bzt_err person_insert(store_tx *tx, const person_row *row)
{
    const store_value values[] = {sv_id(row->id), sv_span(row->phone_sealed),
                                  sv_bytes(row->phone_index, 32),
                                  sv_text(row->language),
                                  sv_int(row->created_at)};

    return store_exec(tx, NULL, &insert_sql, values, 5);
}

bzt_err person_update_password(store_tx *tx, const person_row *row)
{
    const store_value values[] = {sv_id(row->id), sv_text(row->password),
                                  sv_int(row->password_failures),
                                  sv_int(row->password_next_at)};

    return columns_change(tx, &password_sql, values, 4);
}

bzt_err person_update_realname(store_tx *tx, const person_row *row)
{
    const store_value values[] = {sv_id(row->id),
                                  sv_span(row->name_sealed),
                                  sv_span(row->id_number_sealed),
                                  sv_bytes(row->id_number_index, 32),
                                  sv_text(row->realname_provider),
                                  sv_int(row->realname_at)};

    return columns_change(tx, &realname_sql, values, 6);
}
