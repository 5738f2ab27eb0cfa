/* Connections to SQLite (sqlite_conn.h). */
#include "sqlite_conn.h"
#include "base/log.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bzt_err error_of(int rc)
{
    switch (rc) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return BZT_ERR_DUPLICATE;
    }
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return BZT_OK;
    case SQLITE_NOMEM:
        return BZT_ERR_MEMORY;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_BUSY:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
        return BZT_ERR_IO;
    default:
        return BZT_ERR_INTERNAL;
    }
}

/* SQLite's messages name tables and columns, never values. */
bzt_err sqlite_failed(connection *c, int rc, const char *what)
{
    bzt_err err = error_of(rc);

    if (err && err != BZT_ERR_DUPLICATE)
        log_event(LOG_ERROR, "store_failed", "%s: %s (%d)", what,
                  sqlite3_errmsg(c->db), rc);
    return err;
}

int sqlite_run(connection *c, const char *sql)
{
    return sqlite3_exec(c->db, sql, NULL, NULL, NULL);
}

void sqlite_close(connection *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->cap; i++)
        sqlite3_finalize(c->table[i].stmt);
    sqlite3_close(c->db);
    free(c->table);
    free(c);
}

/* Some file systems cannot do WAL; SQLite then says so only as a value. */
static int check_wal(void *out, int n, char **values, char **names)
{
    (void)names;
    *(bool *)out = n == 1 && values[0] && !strcmp(values[0], "wal");
    return 0;
}

static int set_up_writer(connection *c)
{
    bool is_wal = false;
    int rc = sqlite3_exec(c->db, "PRAGMA journal_mode = WAL", check_wal,
                          &is_wal, NULL);

    if (!rc && !is_wal)
        rc = SQLITE_CANTOPEN;
    if (!rc)
        rc = sqlite_run(c,
                        "PRAGMA synchronous = FULL; PRAGMA cache_size = -8000;"
                        "PRAGMA secure_delete = FAST");
    return rc;
}

bzt_err sqlite_open(connection **out, const char *path, bool writes)
{
    int flags = writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    connection *c = calloc(1, sizeof *c);
    int rc;

    *out = NULL;
    if (!c)
        return BZT_ERR_MEMORY;
    rc = sqlite3_open_v2(path, &c->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (!c->db) {
        free(c);
        return BZT_ERR_MEMORY;
    }
    sqlite3_extended_result_codes(c->db, 1);
    sqlite3_busy_timeout(c->db, SQLITE_WAIT_MS);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (!rc)
        rc = sqlite_run(
            c, "PRAGMA wal_autocheckpoint = 0; PRAGMA mmap_size = 0;"
               "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -1000");
    if (!rc && writes)
        rc = set_up_writer(c);
    if (rc) {
        bzt_err err = sqlite_failed(c, rc, "open");

        sqlite_close(c);
        return err;
    }
    *out = c;
    return BZT_OK;
}

static size_t slot_of(const connection *c, const store_sql *sql)
{
    size_t i = ((uintptr_t)sql >> 3) * 0x9e3779b1u & (c->cap - 1);

    while (c->table[i].sql && c->table[i].sql != sql)
        i = (i + 1) & (c->cap - 1);
    return i;
}

static bzt_err table_grow(connection *c)
{
    connection old = *c;

    c->cap = old.cap ? old.cap * 2 : 64;
    c->table = calloc(c->cap, sizeof *c->table);
    if (!c->table) {
        *c = old;
        return BZT_ERR_MEMORY;
    }
    for (size_t i = 0; i < old.cap; i++)
        if (old.table[i].sql)
            c->table[slot_of(c, old.table[i].sql)] = old.table[i];
    free(old.table);
    return BZT_OK;
}

bzt_err sqlite_prepare(connection *c, sqlite3_stmt **stmt, unsigned flags,
                       const store_sql *sql)
{
    int rc = sqlite3_prepare_v3(c->db, sql->text, -1, flags, stmt, NULL);

    return rc ? sqlite_failed(c, rc, sql->text) : BZT_OK;
}

bool sqlite_is_full(const connection *c)
{
    return c->n * 2 >= c->cap;
}

void sqlite_number(int index[DB_VALUES_MAX], sqlite3_stmt *stmt)
{
    char name[8];

    for (int i = 0; i < DB_VALUES_MAX; i++) {
        snprintf(name, sizeof name, "$%d", i + 1);
        index[i] = sqlite3_bind_parameter_index(stmt, name);
    }
}

bzt_err sqlite_statement(connection *c, statement **out, const store_sql *sql)
{
    statement *s;
    bzt_err err;

    *out = NULL;
    if (sqlite_is_full(c) && (err = table_grow(c)))
        return err;
    s = &c->table[slot_of(c, sql)];
    if (!s->sql) {
        if ((err = sqlite_prepare(c, &s->stmt, SQLITE_PREPARE_PERSISTENT, sql)))
            return err;
        s->sql = sql;
        c->n++;
        sqlite_number(s->index, s->stmt);
    }
    if (!s->in_use)
        *out = s;
    return BZT_OK;
}

static int bind_one(sqlite3_stmt *stmt, int at, const store_value *v)
{
    int len = (int)v->bytes.len;

    if (v->bytes.len > INT_MAX)
        return SQLITE_TOOBIG;
    if (v->type == STORE_INT)
        return sqlite3_bind_int64(stmt, at, v->i);
    if (v->type == STORE_NULL || !v->bytes.p)
        return sqlite3_bind_null(stmt, at);
    if (v->type == STORE_TEXT)
        return sqlite3_bind_text(stmt, at, (const char *)v->bytes.p, len,
                                 SQLITE_TRANSIENT);
    return sqlite3_bind_blob(stmt, at, v->bytes.p, len, SQLITE_TRANSIENT);
}

bzt_err sqlite_bind(connection *c, sqlite3_stmt *stmt, const int *index,
                    const store_sql *sql, const store_value *values, size_t n)
{
    if ((size_t)sqlite3_bind_parameter_count(stmt) != n) {
        log_event(LOG_ERROR, "store_misuse", "%zu values: %s", n, sql->text);
        return BZT_ERR_INTERNAL;
    }
    for (size_t i = 0; i < n; i++) {
        int rc = bind_one(stmt, index[i], &values[i]);

        if (rc)
            return sqlite_failed(c, rc, sql->text);
    }
    return BZT_OK;
}

void sqlite_let_go(statement *s)
{
    sqlite3_reset(s->stmt);
    sqlite3_clear_bindings(s->stmt);
    s->in_use = false;
}

int sqlite_step(connection *c, const store_sql *sql)
{
    statement *s;
    int rc;

    if (sqlite_statement(c, &s, sql))
        return SQLITE_NOMEM;
    rc = sqlite3_step(s->stmt);
    sqlite3_reset(s->stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}
