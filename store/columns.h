/* Columns of a row, one after the other, into a struct.
 *
 * Errors stick: a decoder reads all its columns and whoever called it asks
 * once at the end.  Texts and spans are copies in the arena.
 */
#ifndef BZT_STORE_COLUMNS_H
#define BZT_STORE_COLUMNS_H

#include "base/arena.h"
#include "store.h"

typedef struct columns {
    const store_rows *rows;
    arena *a;
    int next;
    bzt_err err;
} columns;

/* Exactly len bytes; BZT_ERR_IO sticks when the database has another. */
void column_fixed(columns *c, void *out, size_t len);
/* The same, or SQL NULL: then out is zero and 0 is returned. */
int column_fixed_optional(columns *c, void *out, size_t len);
int64_t column_int(columns *c);                 /* SQL NULL gives 0 */
void column_text(columns *c, const char **out); /* NULL for SQL NULL */
void column_span(columns *c, bzt_span *out);    /* {NULL, 0} for SQL NULL */

/* Reads the columns of one row into *out. */
typedef void (*columns_decoder)(columns *c, void *out);

typedef struct columns_query {
    const store_sql *sql;
    const store_value *values;
    size_t values_n;
    columns_decoder decode;
    size_t size; /* of one decoded row */
} columns_query;

/* The first row; out is zero on failure.  BZT_ERR_NOT_FOUND. */
BZT_MUST_USE bzt_err columns_one(store_tx *tx, void *out, arena *a,
                                 const columns_query *q);
/* An array in the arena of at most max rows, *n of them. */
BZT_MUST_USE bzt_err columns_list(store_tx *tx, void **out, size_t *n,
                                  size_t max, arena *a, const columns_query *q);
/* Execute; BZT_ERR_NOT_FOUND when no row was affected. */
BZT_MUST_USE bzt_err columns_change(store_tx *tx, const store_sql *sql,
                                    const store_value *values, size_t n);

#endif
