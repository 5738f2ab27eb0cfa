/* Columns of a row into fields of a struct, checked. */
#ifndef BZT_STORE_ROW_H
#define BZT_STORE_ROW_H

#include "base/arena.h"
#include "store.h"

/* Exactly len bytes.  BZT_ERR_IO: the database holds something else. */
BZT_MUST_USE bzt_err row_fixed(uint8_t *out, size_t len, const store_rows *rows,
                               int column);
/* The same, or SQL NULL: then *has is 0 and out is zero. */
BZT_MUST_USE bzt_err row_fixed_optional(uint8_t *out, int *has, size_t len,
                                        const store_rows *rows, int column);
/* Zero-terminated copy in the arena; NULL for SQL NULL. */
BZT_MUST_USE bzt_err row_text(const char **out, arena *a,
                              const store_rows *rows, int column);
/* Copy in the arena; {NULL, 0} for SQL NULL. */
BZT_MUST_USE bzt_err row_span(bzt_span *out, arena *a, const store_rows *rows,
                              int column);

#endif
