/* A holder's certificate with what decides whether it may be used. */
#include "holder.h"
#include "columns.h"

static const store_sql get_sql = {
    "SELECT c.id, c.key_id, c.ca_id, c.entry_id, c.der, c.fingerprint, "
    "c.not_before, c.not_after, c.state, e.person_id, e.state, n.name, n.uscc, "
    "k.device_id, k.purpose, k.state FROM certificate c "
    "JOIN entry e ON e.id = c.entry_id "
    "JOIN split_key k ON k.id = c.key_id "
    "LEFT JOIN enterprise n ON n.id = e.enterprise_id WHERE c.id = $1"};
/* 'issuing' sorts before 'root'. */
static const store_sql chain_sql = {
    "SELECT certificate FROM ca_key WHERE ca_id = $1 "
    "AND role IN ('issuing', 'root') ORDER BY role"};

static const store_sql ders_sql = {
    "SELECT c.der FROM certificate c JOIN entry e ON e.id = c.entry_id "
    "WHERE e.person_id = $1"};

static void decode(columns *c, void *out)
{
    holder_certificate *h = out;

    column_fixed(c, h->id, 16);
    column_fixed(c, h->key, 16);
    column_fixed(c, h->ca, 16);
    column_fixed(c, h->entry, 16);
    column_span(c, &h->der);
    column_fixed(c, h->fingerprint, 32);
    h->not_before = column_int(c);
    h->not_after = column_int(c);
    column_text(c, &h->state);
    column_fixed(c, h->person, 16);
    column_text(c, &h->entry_state);
    column_text(c, &h->organisation);
    column_text(c, &h->uscc);
    column_fixed(c, h->device, 16);
    column_text(c, &h->purpose);
    column_text(c, &h->key_state);
}

static void decode_der(columns *c, void *out)
{
    column_span(c, out);
}

bzt_err holder_certificate_get(store_tx *tx, holder_certificate *out, arena *a,
                               const uint8_t certificate[16])
{
    const store_value id = sv_bytes(certificate, 16);
    const columns_query q = {.sql = &get_sql,
                             .values = &id,
                             .values_n = 1,
                             .decode = decode,
                             .size = sizeof(*out)};

    return columns_one(tx, out, a, &q);
}

bzt_err holder_chain(store_tx *tx, bzt_span **out, size_t *n, arena *a,
                     const uint8_t ca[16])
{
    const store_value id = sv_bytes(ca, 16);
    const columns_query q = {.sql = &chain_sql,
                             .values = &id,
                             .values_n = 1,
                             .decode = decode_der,
                             .size = sizeof(bzt_span)};

    return columns_list(tx, (void **)out, n, 4, a, &q);
}

bzt_err holder_ders(store_tx *tx, bzt_span **out, size_t *n, arena *a,
                    const uint8_t person[16])
{
    const store_value id = sv_bytes(person, 16);
    const columns_query q = {.sql = &ders_sql,
                             .values = &id,
                             .values_n = 1,
                             .decode = decode_der,
                             .size = sizeof(bzt_span)};

    return columns_list(tx, (void **)out, n, 256, a, &q);
}
