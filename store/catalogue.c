/* What can be applied for (table catalogue). */
#include "catalogue.h"
#include "columns.h"

#define COLUMNS                                                                \
    "k.id, k.tenant_id, k.province, k.platform, k.ca_id, ca.name, k.subject, " \
    "k.product, k.validity_days, k.fee_cents, k.attachments, k.state, "        \
    "k.created_at FROM catalogue k JOIN ca ON ca.id = k.ca_id "
#define ORDER " ORDER BY k.province, k.platform, k.subject, k.id"

static const store_sql get_sql = {"SELECT " COLUMNS "WHERE k.id = $1"};
static const store_sql offered_sql = {"SELECT " COLUMNS
                                      "WHERE k.state = 'offered'" ORDER};
static const store_sql tenant_sql = {"SELECT " COLUMNS
                                     "WHERE k.tenant_id = $1" ORDER};
static const store_sql insert_sql = {
    "INSERT INTO catalogue (id, tenant_id, province, platform, ca_id, subject, "
    "product, validity_days, fee_cents, attachments, state, created_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"};
static const store_sql state_sql = {
    "UPDATE catalogue SET state = $3 WHERE tenant_id = $1 AND id = $2"};

static void decode(columns *c, void *out)
{
    catalogue_row *r = out;

    column_fixed(c, r->id, 16);
    column_fixed(c, r->tenant, 16);
    column_text(c, &r->province);
    column_text(c, &r->platform);
    column_fixed(c, r->ca, 16);
    column_text(c, &r->ca_name);
    column_text(c, &r->subject);
    column_text(c, &r->product);
    r->validity_days = column_int(c);
    r->fee_cents = column_int(c);
    column_text(c, &r->attachments);
    column_text(c, &r->state);
    r->created_at = column_int(c);
}

bzt_err catalogue_get(store_tx *tx, catalogue_row *out, arena *a,
                      const uint8_t id[16])
{
    const store_value key = sv_id(id);

    return columns_one(
        tx, out, a, &(columns_query){&get_sql, &key, 1, decode, sizeof(*out)});
}

bzt_err catalogue_insert(store_tx *tx, const catalogue_row *row)
{
    const store_value values[] = {
        sv_id(row->id),         sv_id(row->tenant),
        sv_text(row->province), sv_text(row->platform),
        sv_id(row->ca),         sv_text(row->subject),
        sv_text(row->product),  sv_int(row->validity_days),
        sv_int(row->fee_cents), sv_text(row->attachments),
        sv_text(row->state),    sv_int(row->created_at)};

    return store_exec(tx, NULL, &insert_sql, values, 12);
}

bzt_err catalogue_update_state(store_tx *tx, const uint8_t tenant[16],
                               const uint8_t id[16], const char *state)
{
    return columns_change(
        tx, &state_sql,
        (store_value[]){sv_id(tenant), sv_id(id), sv_text(state)}, 3);
}

bzt_err catalogue_list_offered(store_tx *tx, catalogue_row **out, size_t *n,
                               size_t max, arena *a)
{
    return columns_list(
        tx, (void **)out, n, max, a,
        &(columns_query){&offered_sql, NULL, 0, decode, sizeof(**out)});
}

bzt_err catalogue_list_tenant(store_tx *tx, catalogue_row **out, size_t *n,
                              size_t max, arena *a, const uint8_t tenant[16])
{
    const store_value key = sv_id(tenant);

    return columns_list(
        tx, (void **)out, n, max, a,
        &(columns_query){&tenant_sql, &key, 1, decode, sizeof(**out)});
}
