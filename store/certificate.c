/* Certificates that were issued (table certificate). */
#include "certificate.h"
#include "columns.h"

#define COLUMNS                                                                \
    "id, entry_id, key_id, ca_id, serial, der, fingerprint, not_before, "      \
    "not_after, state, revoked_at, reason, created_at"

static const store_sql get_sql = {"SELECT " COLUMNS
                                  " FROM certificate WHERE id = $1"};
static const store_sql serial_sql = {
    "SELECT " COLUMNS " FROM certificate WHERE ca_id = $1 AND serial = $2"};
static const store_sql insert_sql = {
    "INSERT INTO certificate (id, entry_id, key_id, ca_id, serial, der, "
    "fingerprint, not_before, not_after, state, created_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'active', $10)"};
static const store_sql revoke_sql = {
    "UPDATE certificate SET state = 'revoked', revoked_at = $2, reason = $3 "
    "WHERE id = $1 AND state = 'active'"};
static const store_sql list_sql = {"SELECT " COLUMNS
                                   " FROM certificate WHERE entry_id = $1 "
                                   "ORDER BY created_at, id"};
static const store_sql revoked_sql = {
    "SELECT " COLUMNS " FROM certificate WHERE ca_id = $1 "
    "AND state = 'revoked' AND not_after >= $2 ORDER BY revoked_at, id"};

static void decode(columns *c, void *out)
{
    certificate_row *r = out;

    column_fixed(c, r->id, 16);
    column_fixed(c, r->entry, 16);
    column_fixed(c, r->key, 16);
    column_fixed(c, r->ca, 16);
    column_span(c, &r->serial);
    column_span(c, &r->der);
    column_fixed(c, r->fingerprint, 32);
    r->not_before = column_int(c);
    r->not_after = column_int(c);
    column_text(c, &r->state);
    r->revoked_at = column_int(c);
    r->reason = column_int(c);
    r->created_at = column_int(c);
}

bzt_err certificate_get(store_tx *tx, certificate_row *out, arena *a,
                        const uint8_t id[16])
{
    const store_value key = sv_id(id);

    return columns_one(
        tx, out, a, &(columns_query){&get_sql, &key, 1, decode, sizeof(*out)});
}

bzt_err certificate_find_serial(store_tx *tx, certificate_row *out, arena *a,
                                const uint8_t ca[16], bzt_span serial)
{
    const store_value values[] = {sv_id(ca), sv_span(serial)};

    return columns_one(
        tx, out, a,
        &(columns_query){&serial_sql, values, 2, decode, sizeof(*out)});
}

bzt_err certificate_insert(store_tx *tx, const certificate_row *row)
{
    const store_value values[] = {sv_id(row->id),
                                  sv_id(row->entry),
                                  sv_id(row->key),
                                  sv_id(row->ca),
                                  sv_span(row->serial),
                                  sv_span(row->der),
                                  sv_bytes(row->fingerprint, 32),
                                  sv_int(row->not_before),
                                  sv_int(row->not_after),
                                  sv_int(row->created_at)};

    return store_exec(tx, NULL, &insert_sql, values, 10);
}

bzt_err certificate_revoke(store_tx *tx, const uint8_t id[16], int64_t at,
                           int64_t reason)
{
    return columns_change(
        tx, &revoke_sql, (store_value[]){sv_id(id), sv_int(at), sv_int(reason)},
        3);
}

bzt_err certificate_list(store_tx *tx, certificate_row **out, size_t *n,
                         size_t max, arena *a, const uint8_t entry[16])
{
    const store_value key = sv_id(entry);

    return columns_list(
        tx, (void **)out, n, max, a,
        &(columns_query){&list_sql, &key, 1, decode, sizeof(**out)});
}

bzt_err certificate_list_revoked(store_tx *tx, certificate_row **out, size_t *n,
                                 size_t max, arena *a, const uint8_t ca[16],
                                 int64_t at)
{
    const store_value values[] = {sv_id(ca), sv_int(at)};

    return columns_list(
        tx, (void **)out, n, max, a,
        &(columns_query){&revoked_sql, values, 2, decode, sizeof(**out)});
}
