/* Between store.c and the two databases. */
#ifndef BZT_STORE_DB_H
#define BZT_STORE_DB_H

#include "store.h"
#include <pthread.h>
#include <stdbool.h>

enum { DB_VALUES_MAX = 40 }; /* parameters of one statement */

/* Ids touched by one operation, each once. */
typedef struct touched_list {
    uint8_t (*ids)[16];
    size_t n, cap;
} touched_list;

/* What both databases need of a transaction; each embeds it first. */
struct store_tx {
    store *store;
    bool writes;
    bzt_err err;           /* the first failure of a statement sticks */
    store_rows *open;      /* not yet done, newest first */
    touched_list *touched; /* NULL in a read */
};

struct store_rows {
    store_tx *tx;
    store_rows *next_open;
};

typedef struct db_ops {
    void (*close)(store *s);
    bzt_err (*write)(store *s, store_op op, void *arg);
    bzt_err (*read)(store *s, store_op op, void *arg);
    bzt_err (*now)(store_tx *tx, int64_t *now_ms);
    bzt_err (*exec)(store_tx *tx, int64_t *changed, const store_sql *sql,
                    const store_value *values, size_t n);
    bzt_err (*query)(store_tx *tx, store_rows **out, const store_sql *sql,
                     const store_value *values, size_t n);
    bzt_err (*next)(store_rows *rows);
    int (*is_null)(const store_rows *rows, int column);
    int64_t (*read_int)(const store_rows *rows, int column);
    bzt_span (*read_bytes)(const store_rows *rows, int column);
    void (*done)(store_rows *rows); /* frees; already off tx->open */
} db_ops;

/* Each database embeds it first. */
struct store {
    const db_ops *ops;
    store_touched touched;
    void *touched_self;
    store_broke broke;
    void *broke_self;
    pthread_mutex_t gate; /* for what follows */
    pthread_cond_t left;
    int running; /* operations */
    bool closing;
};

/* They fill out->ops and bring the schema up to date. */
BZT_MUST_USE bzt_err sqlite_store_open(store **out, const char *path);
BZT_MUST_USE bzt_err pg_store_open(store **out, const char *url,
                                   int connections);

/* For benches and tests: at most this many operations in one commit. */
void sqlite_store_set_group_max(store *s, int most);

/* Run op once in tx: its error, or the first error of a statement that it
 * did not pass on.  Open rows are closed. */
BZT_MUST_USE bzt_err db_run_op(store_tx *tx, store_op op, void *arg);
/* Tell and forget. */
void db_tell_touched(store *s, touched_list *list);
void db_free_touched(touched_list *list);

/* --- migrations: generated from migrate/NNNN_name.sql -------------------- */
typedef struct migration {
    int version; /* 1, 2, 3, … without a gap */
    const char *name;
    const char *sql;
} migration;
extern const migration migrations[];
extern const int migrations_n;

#endif
