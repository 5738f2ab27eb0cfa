/* One connection to SQLite and its prepared statements; for one thread at a
 * time. */
#ifndef BZT_STORE_SQLITE_CONN_H
#define BZT_STORE_SQLITE_CONN_H

#include "db.h"
#include <sqlite3.h>

enum { SQLITE_WAIT_MS = 5000 }; /* for a lock */

typedef struct statement {
    const store_sql *sql; /* NULL: free slot */
    sqlite3_stmt *stmt;
    bool in_use;
    int index[DB_VALUES_MAX]; /* SQLite numbers $n by first appearance */
} statement;

typedef struct connection {
    struct connection *next;
    sqlite3 *db;
    statement *table; /* open addressing, at most half full */
    size_t cap, n;
} connection;

BZT_MUST_USE bzt_err sqlite_open(connection **out, const char *path,
                                 bool writes);
void sqlite_close(connection *c); /* NULL is allowed */

/* The error of a result code; logged, but for duplicates. */
bzt_err sqlite_failed(connection *c, int rc, const char *what);

/* Unprepared text without values; prepared text without values and rows.
 * They give SQLite's result code. */
int sqlite_run(connection *c, const char *sql);
int sqlite_step(connection *c, const store_sql *sql);

/* The cached statement, or NULL and BZT_OK while its rows are open.  Growing
 * moves all: not while a statement is in use (sqlite_is_full). */
BZT_MUST_USE bzt_err sqlite_statement(connection *c, statement **out,
                                      const store_sql *sql);
bool sqlite_is_full(const connection *c);
/* One more of the same, which the caller finalises. */
BZT_MUST_USE bzt_err sqlite_prepare(connection *c, sqlite3_stmt **stmt,
                                    unsigned flags, const store_sql *sql);
/* index[i] is SQLite's number of $i+1. */
void sqlite_number(int index[DB_VALUES_MAX], sqlite3_stmt *stmt);
BZT_MUST_USE bzt_err sqlite_bind(connection *c, sqlite3_stmt *stmt,
                                 const int *index, const store_sql *sql,
                                 const store_value *values, size_t n);
/* A reset statement forgets its values: some of them are secrets. */
void sqlite_let_go(statement *s);

#endif
