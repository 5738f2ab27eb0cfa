#include "http_nonce.h"

static const store_sql insert_sql = {
    "INSERT INTO http_nonce (caller_id, nonce, at) VALUES ($1, $2, $3)"};
static const store_sql sweep_sql = {"DELETE FROM http_nonce WHERE at < $1"};

bzt_err http_nonce_insert(store_tx *tx, const uint8_t caller[16],
                          const uint8_t nonce[16], int64_t at)
{
    const store_value values[] = {sv_bytes(caller, 16), sv_bytes(nonce, 16),
                                  sv_int(at)};

    return store_exec(tx, NULL, &insert_sql, values, 3);
}

bzt_err http_nonce_sweep(store_tx *tx, int64_t *n, int64_t before)
{
    const store_value by = sv_int(before);

    return store_exec(tx, n, &sweep_sql, &by, 1);
}
