/* Who acts for which enterprise (table member). */
#include "member.h"
#include "columns.h"

static const store_sql find_sql = {
    "SELECT id, enterprise_id, person_id, role, permissions, state, created_at "
    "FROM member WHERE enterprise_id = $1 AND person_id = $2"};
static const store_sql insert_sql = {
    "INSERT INTO member (id, enterprise_id, person_id, role, permissions, "
    "state, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)"};
static const store_sql state_sql = {
    "UPDATE member SET state = $2 WHERE id = $1"};

static void decode(columns *c, void *out)
{
    member_row *m = out;

    column_fixed(c, m->id, 16);
    column_fixed(c, m->enterprise, 16);
    column_fixed(c, m->person, 16);
    column_text(c, &m->role);
    m->permissions = column_int(c);
    column_text(c, &m->state);
    m->created_at = column_int(c);
}

bzt_err member_find(store_tx *tx, member_row *out, arena *a,
                    const uint8_t enterprise[16], const uint8_t person[16])
{
    const store_value values[] = {sv_id(enterprise), sv_id(person)};

    return columns_one(
        tx, out, a,
        &(columns_query){&find_sql, values, 2, decode, sizeof(*out)});
}

bzt_err member_insert(store_tx *tx, const member_row *row)
{
    const store_value values[] = {
        sv_id(row->id),         sv_id(row->enterprise),   sv_id(row->person),
        sv_text(row->role),     sv_int(row->permissions), sv_text(row->state),
        sv_int(row->created_at)};

    return store_exec(tx, NULL, &insert_sql, values, 7);
}

bzt_err member_update_state(store_tx *tx, const uint8_t id[16],
                            const char *state)
{
    return columns_change(tx, &state_sql,
                          (store_value[]){sv_id(id), sv_text(state)}, 2);
}
