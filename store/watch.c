#include "watch.h"

/* $1 is all ids in a row: one value, whatever their number. */
static const store_sql versions_sql = {
    "SELECT w.i, r.version FROM (SELECT i, substring($1::bytea FROM "
    "(i * 16 + 1)::int FOR 16) AS id FROM generate_series(0, $2::bigint - 1) "
    "AS i) AS w JOIN sign_request r ON r.id = w.id"};

bzt_err watch_versions(store_tx *tx, int64_t *versions,
                       const uint8_t (*ids)[16], size_t n)
{
    const store_value values[] = {sv_bytes(ids, n * 16), sv_int((int64_t)n)};
    store_rows *rows;
    bzt_err err;

    if ((err = store_query(tx, &rows, &versions_sql, values, 2)))
        return err;
    while (!(err = store_next(rows))) {
        int64_t i = store_int(rows, 0);

        if (i >= 0 && (size_t)i < n)
            versions[i] = store_int(rows, 1);
    }
    store_rows_done(rows);
    return err == BZT_ERR_NOT_FOUND ? BZT_OK : err;
}
