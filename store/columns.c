/* Columns of a row, one after the other (columns.h). */
#include "columns.h"
#include <string.h>

static void stick(columns *c, bzt_err err)
{
    if (!c->err)
        c->err = err;
}

void column_fixed(columns *c, void *out, size_t len)
{
    bzt_span bytes = store_bytes(c->rows, c->next++);

    memset(out, 0, len);
    if (bytes.len != len)
        stick(c, BZT_ERR_IO);
    else
        memcpy(out, bytes.p, len);
}

int column_fixed_optional(columns *c, void *out, size_t len)
{
    memset(out, 0, len);
    if (store_is_null(c->rows, c->next)) {
        c->next++;
        return 0;
    }
    column_fixed(c, out, len);
    return 1;
}

int64_t column_int(columns *c)
{
    int column = c->next++;

    return store_is_null(c->rows, column) ? 0 : store_int(c->rows, column);
}

void column_text(columns *c, const char **out)
{
    int column = c->next++;

    *out = NULL;
    if (store_is_null(c->rows, column))
        return;
    *out = arena_text(c->a, store_bytes(c->rows, column));
    if (!*out)
        stick(c, BZT_ERR_MEMORY);
}

void column_span(columns *c, bzt_span *out)
{
    int column = c->next++;

    *out = (bzt_span){NULL, 0};
    if (store_is_null(c->rows, column))
        return;
    *out = arena_copy(c->a, store_bytes(c->rows, column));
    if (!out->p)
        stick(c, BZT_ERR_MEMORY);
}

static bzt_err decode(const columns_query *q, void *out, arena *a,
                      const store_rows *rows)
{
    columns c = {.rows = rows, .a = a};

    memset(out, 0, q->size);
    q->decode(&c, out);
    if (c.err)
        memset(out, 0, q->size);
    return c.err;
}

bzt_err columns_one(store_tx *tx, void *out, arena *a, const columns_query *q)
{
    store_rows *rows = NULL;
    bzt_err err;

    memset(out, 0, q->size);
    if ((err = store_query(tx, &rows, q->sql, q->values, q->values_n)))
        goto out;
    if ((err = store_next(rows)))
        goto out;
    err = decode(q, out, a, rows);
out:
    store_rows_done(rows);
    return err;
}

bzt_err columns_list(store_tx *tx, void **out, size_t *n, size_t max, arena *a,
                     const columns_query *q)
{
    store_rows *rows = NULL;
    char *items = arena_alloc(a, max * q->size);
    size_t count = 0;
    bzt_err err;

    *out = NULL;
    *n = 0;
    if (!items)
        return BZT_ERR_MEMORY;
    if ((err = store_query(tx, &rows, q->sql, q->values, q->values_n)))
        goto out;
    while (count < max && !(err = store_next(rows))) {
        if ((err = decode(q, items + count * q->size, a, rows)))
            goto out;
        count++;
    }
    if (err == BZT_ERR_NOT_FOUND)
        err = BZT_OK;
    if (err)
        goto out;
    *out = items;
    *n = count;
out:
    store_rows_done(rows);
    return err;
}

bzt_err columns_change(store_tx *tx, const store_sql *sql,
                       const store_value *values, size_t n)
{
    int64_t changed = 0;
    bzt_err err = store_exec(tx, &changed, sql, values, n);

    return err ? err : changed ? BZT_OK : BZT_ERR_NOT_FOUND;
}
