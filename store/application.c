/* Applications for certificates (table application). */
#include "application.h"
#include "columns.h"

#define COLUMNS                                                                \
    "id, tenant_id, catalogue_id, person_id, enterprise_id, state, reason, "   \
    "reviewed_by, reviewed_at, entry_id, version, created_at, updated_at"
#define PLACE "(SELECT created_at, id FROM application WHERE id = $2)"

static const store_sql get_sql = {"SELECT " COLUMNS
                                  " FROM application WHERE id = $1"};
static const store_sql open_sql = {
    "SELECT " COLUMNS " FROM application WHERE person_id = $1 "
    "AND catalogue_id = $2 AND enterprise_id = $3 "
    "AND state IN ('submitted', 'approved')"};
static const store_sql open_personal_sql = {
    "SELECT " COLUMNS " FROM application WHERE person_id = $1 "
    "AND catalogue_id = $2 AND enterprise_id IS NULL "
    "AND state IN ('submitted', 'approved')"};
static const store_sql count_sql = {
    "SELECT count(*) FROM application WHERE enterprise_id = $1 "
    "AND state IN ('submitted', 'approved')"};
static const store_sql insert_sql = {
    "INSERT INTO application (id, tenant_id, catalogue_id, person_id, "
    "enterprise_id, state, version, created_at, updated_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7)"};
static const store_sql update_sql = {
    "UPDATE application SET state = $3, reason = $4, reviewed_by = $5, "
    "reviewed_at = $6, entry_id = $7, updated_at = $8, version = version + 1 "
    "WHERE id = $1 AND version = $2"};
static const store_sql person_sql = {"SELECT " COLUMNS
                                     " FROM application WHERE person_id = $1 "
                                     "ORDER BY created_at DESC, id DESC"};
static const store_sql person_after_sql = {
    "SELECT " COLUMNS " FROM application WHERE person_id = $1 "
    "AND (created_at, id) < " PLACE " ORDER BY created_at DESC, id DESC"};
static const store_sql state_sql = {
    "SELECT " COLUMNS " FROM application WHERE tenant_id = $1 AND state = $2 "
    "ORDER BY created_at, id"};
static const store_sql state_after_sql = {
    "SELECT " COLUMNS " FROM application WHERE tenant_id = $1 AND state = $3 "
    "AND (created_at, id) > " PLACE " ORDER BY created_at, id"};

static void decode(columns *c, void *out)
{
    application_row *r = out;

    column_fixed(c, r->id, 16);
    column_fixed(c, r->tenant, 16);
    column_fixed(c, r->catalogue, 16);
    column_fixed(c, r->person, 16);
    r->has_enterprise = column_fixed_optional(c, r->enterprise, 16);
    column_text(c, &r->state);
    column_text(c, &r->reason);
    r->is_reviewed = column_fixed_optional(c, r->reviewed_by, 16);
    r->reviewed_at = column_int(c);
    r->has_entry = column_fixed_optional(c, r->entry, 16);
    r->version = column_int(c);
    r->created_at = column_int(c);
    r->updated_at = column_int(c);
}

static void decode_count(columns *c, void *out)
{
    *(int64_t *)out = column_int(c);
}

bzt_err application_count_open(store_tx *tx, int64_t *n,
                               const uint8_t enterprise[16])
{
    const store_value key = sv_id(enterprise);

    return columns_one(
        tx, n, NULL,
        &(columns_query){&count_sql, &key, 1, decode_count, sizeof(*n)});
}

bzt_err application_get(store_tx *tx, application_row *out, arena *a,
                        const uint8_t id[16])
{
    const store_value key = sv_id(id);

    return columns_one(
        tx, out, a, &(columns_query){&get_sql, &key, 1, decode, sizeof(*out)});
}

bzt_err application_find_open(store_tx *tx, application_row *out, arena *a,
                              const uint8_t person[16],
                              const uint8_t catalogue[16],
                              const uint8_t *enterprise)
{
    const store_value values[] = {sv_id(person), sv_id(catalogue),
                                  sv_id(enterprise)};

    return columns_one(
        tx, out, a,
        &(columns_query){enterprise ? &open_sql : &open_personal_sql, values,
                         enterprise ? 3 : 2, decode, sizeof(*out)});
}

bzt_err application_insert(store_tx *tx, const application_row *row)
{
    const store_value values[] = {
        sv_id(row->id),
        sv_id(row->tenant),
        sv_id(row->catalogue),
        sv_id(row->person),
        sv_id(row->has_enterprise ? row->enterprise : NULL),
        sv_text(row->state),
        sv_int(row->created_at)};

    return store_exec(tx, NULL, &insert_sql, values, 7);
}

bzt_err application_update(store_tx *tx, application_row *row)
{
    const store_value values[] = {
        sv_id(row->id),
        sv_int(row->version),
        sv_text(row->state),
        sv_text(row->reason),
        sv_id(row->is_reviewed ? row->reviewed_by : NULL),
        row->is_reviewed ? sv_int(row->reviewed_at) : sv_null(),
        sv_id(row->has_entry ? row->entry : NULL),
        sv_int(row->updated_at)};
    bzt_err err = columns_change(tx, &update_sql, values, 8);

    if (err)
        return err == BZT_ERR_NOT_FOUND ? BZT_ERR_BUSY : err;
    row->version++;
    return BZT_OK;
}

bzt_err application_list_person(store_tx *tx, application_row **out, size_t *n,
                                size_t max, arena *a, const uint8_t person[16],
                                const uint8_t *after)
{
    const store_value values[] = {sv_id(person), sv_id(after)};

    return columns_list(
        tx, (void **)out, n, max, a,
        &(columns_query){after ? &person_after_sql : &person_sql, values,
                         after ? 2 : 1, decode, sizeof(**out)});
}

bzt_err application_list_state(store_tx *tx, application_row **out, size_t *n,
                               size_t max, arena *a, const uint8_t tenant[16],
                               const char *state, const uint8_t *after)
{
    const store_value first[] = {sv_id(tenant), sv_text(state)};
    const store_value next[] = {sv_id(tenant), sv_id(after), sv_text(state)};

    return columns_list(tx, (void **)out, n, max, a,
                        &(columns_query){after ? &state_after_sql : &state_sql,
                                         after ? next : first, after ? 3 : 2,
                                         decode, sizeof(**out)});
}
