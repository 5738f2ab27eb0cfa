/* The store: every durable fact of an installation, in SQLite or PostgreSQL.
 *
 * One interface, two databases, the same statements.  An operation is a
 * re-runnable function: it may be called again from the start after a
 * serialisation failure, so it changes nothing outside its transaction but
 * its own `arg`, which it fills anew on each run.
 *
 * SQLite: one writer thread does all writes and all checkpoints; waiting
 * operations are committed as a group, each in a savepoint of its own.
 * PostgreSQL: one pooled connection and transaction for each operation.
 */
#ifndef BZT_STORE_H
#define BZT_STORE_H

#include <bzt/err.h>
#include <bzt/span.h>
#include <stddef.h>
#include <stdint.h>

typedef struct store store;
typedef struct store_tx store_tx;

typedef bzt_err (*store_op)(store_tx *tx, void *arg);

/* Called after a commit, once for each id touched in it, on the thread that
 * committed; must be quick and must not call the store. */
typedef void (*store_touched)(void *self, const uint8_t id[16]);

/* Called once, when nothing will be written any more until the store is
 * opened again (SQLite, after a commit that may or may not be on the disk);
 * same rules as store_touched. */
typedef void (*store_broke)(void *self);

typedef struct store_options {
    const char *url; /* "sqlite:/path/file" or "postgresql://…" */
    int connections; /* PostgreSQL pool size; 0 means 8 */
    store_touched touched;
    void *touched_self;
    store_broke broke; /* or NULL */
    void *broke_self;
} store_options;

/* Open and bring the schema up to date.  BZT_ERR_CONFIG: the URL is wrong;
 * BZT_ERR_IO: the database cannot be reached or written. */
BZT_MUST_USE bzt_err store_open(store **out, const store_options *options);
/* Waits for running operations; one that starts meanwhile is answered
 * BZT_ERR_UNAVAILABLE, and none may start after.  NULL is allowed. */
void store_close(store *s);

/* Run op in a transaction and return only when it is durable.  op returning
 * an error rolls back and gives that error.  Retried inside on conflict.
 * BZT_ERR_UNKNOWN_OUTCOME: the connection broke during COMMIT; the caller
 * gives no answer and does not try again. */
BZT_MUST_USE bzt_err store_write(store *s, store_op op, void *arg);
/* The same without writing; sees committed data only. */
BZT_MUST_USE bzt_err store_read(store *s, store_op op, void *arg);

/* Inside an operation: no store_write or store_read; keep it short, because
 * with SQLite all others wait (no crypto that could be done before, no
 * calls to the outside).  SQLite runs it on the writer's thread. */

/* Say that the object `id` has changed: waiters are told after the commit. */
void store_touch(store_tx *tx, const uint8_t id[16]);
/* The database's clock, UTC milliseconds, the same for all nodes. */
BZT_MUST_USE bzt_err store_now(store_tx *tx, int64_t *now_ms);

/* --- statements: used by the files of store/ only ----------------------- */

/* A statement is a static constant, known by its address: SQL with $1, $2, …
 * for exactly the values given.  Aggregates are cast to bigint. */
typedef struct store_sql {
    const char *text;
} store_sql;

enum store_type { STORE_NULL, STORE_INT, STORE_BYTES, STORE_TEXT };

typedef struct store_value {
    enum store_type type;
    int64_t i;
    bzt_span bytes; /* BYTES, TEXT (UTF-8, not terminated) */
} store_value;

static inline store_value sv_int(int64_t i)
{
    return (store_value){.type = STORE_INT, .i = i};
}
static inline store_value sv_null(void)
{
    return (store_value){.type = STORE_NULL};
}
static inline store_value sv_bytes(const void *p, size_t len)
{
    return (store_value){.type = STORE_BYTES,
                         .bytes = {(const uint8_t *)p, len}};
}
/* As sv_bytes: a NULL pointer gives SQL NULL, also when it has no length. */
static inline store_value sv_span(bzt_span s)
{
    return (store_value){.type = STORE_BYTES, .bytes = s};
}
/* NULL gives SQL NULL. */
store_value sv_text(const char *zero_terminated);
/* NULL pointer gives SQL NULL, else 16 bytes. */
store_value sv_id(const uint8_t id[16]);

/* Execute; *changed (may be NULL) receives the number of rows affected.
 * BZT_ERR_DUPLICATE: a unique constraint.
 *
 * The first failure of a statement sticks: later ones fail with the same
 * error and the operation as a whole does too, whatever it returns (a
 * PostgreSQL transaction is dead then).  To insert only what is absent use
 * ON CONFLICT DO NOTHING.  Nothing is written while rows are open. */
BZT_MUST_USE bzt_err store_exec(store_tx *tx, int64_t *changed,
                                const store_sql *sql, const store_value *values,
                                size_t n);

typedef struct store_rows store_rows;
/* Query; rows are read one by one.  Always followed by store_rows_done
 * (NULL is allowed).  Also for INSERT and UPDATE … RETURNING. */
BZT_MUST_USE bzt_err store_query(store_tx *tx, store_rows **out,
                                 const store_sql *sql,
                                 const store_value *values, size_t n);
/* BZT_ERR_NOT_FOUND when there is no further row. */
BZT_MUST_USE bzt_err store_next(store_rows *rows);
int store_is_null(const store_rows *rows, int column);
int64_t store_int(const store_rows *rows, int column);
/* A loan until the next row. */
bzt_span store_bytes(const store_rows *rows, int column);
void store_rows_done(store_rows *rows);

#endif
