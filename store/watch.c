#include "watch.h"

/* $1 is all ids in a row: one value, whatever their number.  The empty
 * SELECT before it tells PostgreSQL its type, which SQLite has no word for. */
static const store_sql versions_sql = {
    "WITH RECURSIVE given(ids) AS (SELECT id FROM sign_request WHERE 1 = 0 "
    "UNION ALL SELECT $1), w(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM w "
    "WHERE i + 1 < $2) SELECT w.i, r.version FROM given CROSS JOIN w "
    "JOIN sign_request r ON r.id = substr(given.ids, w.i * 16 + 1, 16)"};

bzt_err watch_versions(store_tx *tx, int64_t *versions,
                       const uint8_t (*ids)[16], size_t n)
{
    const store_value values[] = {sv_bytes(ids, n * 16), sv_int((int64_t)n)};
    store_rows *rows;
    bzt_err err;

    if (!n)
        return BZT_OK;
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
