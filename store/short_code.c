/* Short codes and idempotency keys: small rows around a request. */
#include "columns.h"
#include "request.h"
#include <string.h>

static const store_sql code_drop_sql = {
    "DELETE FROM short_code WHERE request_id = $1"};
static const store_sql code_insert_sql = {
    "INSERT INTO short_code (code_hash, request_id, expires_at) "
    "VALUES ($1, $2, $3)"};
static const store_sql code_use_sql = {
    "UPDATE short_code SET used_at = $2 "
    "WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $2"};
static const store_sql code_get_sql = {
    "SELECT request_id FROM short_code WHERE code_hash = $1"};
static const store_sql code_sweep_sql = {
    "DELETE FROM short_code WHERE expires_at < $1"};
static const store_sql name_get_sql = {
    "SELECT request_id, body_hash FROM idempotency "
    "WHERE rp_id = $1 AND name = $2"};
static const store_sql name_insert_sql = {
    "INSERT INTO idempotency (rp_id, name, body_hash, request_id, created_at) "
    "VALUES ($1, $2, $3, $4, $5)"};
static const store_sql name_sweep_sql = {
    "DELETE FROM idempotency WHERE created_at < $1"};

bzt_err short_code_insert(store_tx *tx, const uint8_t hash[32],
                          const uint8_t request[16], int64_t expires_at)
{
    bzt_err err = store_exec(tx, NULL, &code_drop_sql,
                             (store_value[]){sv_bytes(request, 16)}, 1);

    if (err)
        return err;
    return store_exec(tx, NULL, &code_insert_sql,
                      (store_value[]){sv_bytes(hash, 32), sv_bytes(request, 16),
                                      sv_int(expires_at)},
                      3);
}

static void decode_request(columns *c, void *out)
{
    column_fixed(c, out, 16);
}

bzt_err short_code_use(store_tx *tx, uint8_t request[16],
                       const uint8_t hash[32], int64_t now_ms)
{
    const store_value values[] = {sv_bytes(hash, 32), sv_int(now_ms)};
    const columns_query q = {.sql = &code_get_sql,
                             .values = values,
                             .values_n = 1,
                             .decode = decode_request,
                             .size = 16};
    bzt_err err = columns_change(tx, &code_use_sql, values, 2);

    if (err)
        return err == BZT_ERR_NOT_FOUND ? BZT_ERR_SHORT_CODE : err;
    return columns_one(tx, request, NULL, &q);
}

bzt_err short_code_sweep(store_tx *tx, int64_t before_ms)
{
    return store_exec(tx, NULL, &code_sweep_sql,
                      (store_value[]){sv_int(before_ms)}, 1);
}

struct remembered {
    uint8_t request[16];
    uint8_t body_hash[32];
};

static void decode_remembered(columns *c, void *out)
{
    struct remembered *r = out;

    column_fixed(c, r->request, 16);
    column_fixed(c, r->body_hash, 32);
}

bzt_err idempotency_get(store_tx *tx, uint8_t request[16],
                        uint8_t body_hash[32], const uint8_t rp[16],
                        const char *name)
{
    const store_value values[] = {sv_bytes(rp, 16), sv_text(name)};
    const columns_query q = {.sql = &name_get_sql,
                             .values = values,
                             .values_n = 2,
                             .decode = decode_remembered,
                             .size = sizeof(struct remembered)};
    struct remembered found;
    bzt_err err = columns_one(tx, &found, NULL, &q);

    memcpy(request, found.request, 16);
    memcpy(body_hash, found.body_hash, 32);
    return err;
}

bzt_err idempotency_insert(store_tx *tx, const uint8_t rp[16], const char *name,
                           const uint8_t body_hash[32],
                           const uint8_t request[16], int64_t now_ms)
{
    const store_value values[] = {sv_bytes(rp, 16), sv_text(name),
                                  sv_bytes(body_hash, 32),
                                  sv_bytes(request, 16), sv_int(now_ms)};
    return store_exec(tx, NULL, &name_insert_sql, values, 5);
}

bzt_err idempotency_sweep(store_tx *tx, int64_t before_ms)
{
    return store_exec(tx, NULL, &name_sweep_sql,
                      (store_value[]){sv_int(before_ms)}, 1);
}
