/* Enterprises (table enterprise). */
#include "enterprise.h"
#include "columns.h"

#define COLUMNS                                                                \
    "e.id, e.name, e.uscc, e.legal_name_sealed, e.legal_id_sealed, e.state, "  \
    "e.created_by, e.created_at"

static const store_sql get_sql = {"SELECT " COLUMNS
                                  " FROM enterprise e WHERE e.id = $1"};
static const store_sql uscc_sql = {"SELECT " COLUMNS
                                   " FROM enterprise e WHERE e.uscc = $1"};
static const store_sql insert_sql = {
    "INSERT INTO enterprise (id, name, uscc, legal_name_sealed, "
    "legal_id_sealed, state, created_by, created_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"};
static const store_sql state_sql = {
    "UPDATE enterprise SET state = $2 WHERE id = $1"};
static const store_sql facts_sql = {
    "UPDATE enterprise SET name = $2, legal_name_sealed = $3, "
    "legal_id_sealed = $4 WHERE id = $1 AND state = 'claimed'"};
static const store_sql list_sql = {
    "SELECT " COLUMNS ", m.role, m.state FROM member m "
    "JOIN enterprise e ON e.id = m.enterprise_id "
    "WHERE m.person_id = $1 AND m.state <> 'left' "
    "ORDER BY m.created_at, m.id"};

static void decode(columns *c, void *out)
{
    enterprise_row *e = out;

    column_fixed(c, e->id, 16);
    column_text(c, &e->name);
    column_text(c, &e->uscc);
    column_span(c, &e->legal_name_sealed);
    column_span(c, &e->legal_id_sealed);
    column_text(c, &e->state);
    column_fixed(c, e->created_by, 16);
    e->created_at = column_int(c);
}

static void decode_of(columns *c, void *out)
{
    enterprise_of *e = out;

    decode(c, &e->enterprise);
    column_text(c, &e->role);
    column_text(c, &e->member_state);
}

static bzt_err one(store_tx *tx, enterprise_row *out, arena *a,
                   const store_sql *sql, store_value key)
{
    return columns_one(
        tx, out, a,
        &(columns_query){sql, &key, 1, decode, sizeof(enterprise_row)});
}

bzt_err enterprise_get(store_tx *tx, enterprise_row *out, arena *a,
                       const uint8_t id[16])
{
    return one(tx, out, a, &get_sql, sv_id(id));
}

bzt_err enterprise_find_uscc(store_tx *tx, enterprise_row *out, arena *a,
                             const char *uscc)
{
    return one(tx, out, a, &uscc_sql, sv_text(uscc));
}

bzt_err enterprise_insert(store_tx *tx, const enterprise_row *row)
{
    const store_value values[] = {
        sv_id(row->id),
        sv_text(row->name),
        sv_text(row->uscc),
        sv_span(row->legal_name_sealed),
        sv_span(row->legal_id_sealed),
        sv_text(row->state),
        sv_id(row->created_by),
        sv_int(row->created_at),
    };

    return store_exec(tx, NULL, &insert_sql, values, 8);
}

bzt_err enterprise_update_state(store_tx *tx, const uint8_t id[16],
                                const char *state)
{
    return columns_change(tx, &state_sql,
                          (store_value[]){sv_id(id), sv_text(state)}, 2);
}

bzt_err enterprise_update_facts(store_tx *tx, const enterprise_row *row)
{
    const store_value values[] = {sv_id(row->id), sv_text(row->name),
                                  sv_span(row->legal_name_sealed),
                                  sv_span(row->legal_id_sealed)};

    return columns_change(tx, &facts_sql, values, 4);
}

bzt_err enterprise_list(store_tx *tx, enterprise_of **out, size_t *n,
                        size_t max, arena *a, const uint8_t person[16])
{
    const store_value key = sv_id(person);

    return columns_list(
        tx, (void **)out, n, max, a,
        &(columns_query){&list_sql, &key, 1, decode_of, sizeof(**out)});
}
