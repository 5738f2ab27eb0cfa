/* Columns of a row into fields of a struct, checked. */
#include "row.h"
#include <string.h>

bzt_err row_fixed(uint8_t *out, size_t len, const store_rows *rows, int column)
{
    bzt_span bytes = store_bytes(rows, column);

    memset(out, 0, len);
    if (bytes.len != len)
        return BZT_ERR_IO;
    memcpy(out, bytes.p, len);
    return BZT_OK;
}

bzt_err row_fixed_optional(uint8_t *out, int *has, size_t len,
                           const store_rows *rows, int column)
{
    memset(out, 0, len);
    *has = !store_is_null(rows, column);
    return *has ? row_fixed(out, len, rows, column) : BZT_OK;
}

bzt_err row_text(const char **out, arena *a, const store_rows *rows, int column)
{
    *out = NULL;
    if (store_is_null(rows, column))
        return BZT_OK;
    *out = arena_text(a, store_bytes(rows, column));
    return *out ? BZT_OK : BZT_ERR_MEMORY;
}

bzt_err row_span(bzt_span *out, arena *a, const store_rows *rows, int column)
{
    *out = (bzt_span){NULL, 0};
    if (store_is_null(rows, column))
        return BZT_OK;
    *out = arena_copy(a, store_bytes(rows, column));
    return out->p ? BZT_OK : BZT_ERR_MEMORY;
}
