/* The store on PostgreSQL, through libpq.
 *
 * Each operation is one SERIALIZABLE transaction on one pooled connection, so
 * an operation that reads and then writes is safe without locks of its own.
 * Conflicts and connections that break before COMMIT run the operation
 * again; one that breaks during COMMIT never does.
 */
#include "base/log.h"
#include "base/rng.h"
#include "db.h"
#include <endian.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    POOL_SIZE = 8,
    ATTEMPTS_MAX = 40,
    RETRY_MS_MAX = 64,
    /* of pg_type.dat */
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_VARCHAR = 1043,
    OID_UNKNOWN = 705
};

typedef struct prepared {
    const store_sql *sql; /* NULL: free slot */
    unsigned number;      /* the statement's name is "s" and this */
} prepared;

typedef struct connection {
    struct connection *next;
    PGconn *pg;
    prepared *table; /* open addressing, at most half full */
    size_t cap, n;
} connection;

typedef struct pg_store {
    store base;
    char *url;
    pthread_mutex_t mutex; /* for the pool */
    pthread_cond_t freed;
    connection *pool; /* idle, most recently used first */
    int unopened;     /* connections that may still be made */
} pg_store;

typedef struct pg_tx {
    store_tx base;
    connection *c;
    bool lost;      /* the connection broke: nothing was committed */
    bool conflict;  /* the same operation may succeed when run again */
    bool duplicate; /* a unique constraint spoke */
} pg_tx;

typedef struct pg_rows {
    store_rows base;
    PGresult *result;
    int row;
} pg_rows;

/* --- connections --------------------------------------------------------- */

static void disconnect(connection *c)
{
    PQfinish(c->pg);
    c->pg = NULL;
    if (c->table)
        memset(c->table, 0, c->cap * sizeof *c->table);
    c->n = 0;
}

static void connection_free(connection *c)
{
    if (!c)
        return;
    disconnect(c);
    free(c->table);
    free(c);
}

static bool run(connection *c, const char *sql, const char *status)
{
    PGresult *r = PQexec(c->pg, sql);
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK ||
              PQresultStatus(r) == PGRES_TUPLES_OK;

    if (ok && status)
        ok = !strcmp(PQcmdStatus(r), status);
    PQclear(r);
    return ok;
}

static void ignore_notice(void *self, const PGresult *notice)
{
    (void)self;
    (void)notice;
}

/* Nothing is answered before it is durable, whatever the server's default;
 * a stuck client must not hold its locks for ever. */
static const char set_up_sql[] =
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') = 'off';"
    "SET statement_timeout = '30s';"
    "SET idle_in_transaction_session_timeout = '60s';"
    "SET bytea_output = 'hex'";

/* In place: a connection that is open and well stays. */
static bzt_err reconnect(connection *c, const char *url)
{
    const char *const names[] = {"connect_timeout", "application_name",
                                 "client_encoding", "dbname", NULL};
    const char *const values[] = {"10", "bztd", "UTF8", url, NULL};

    if (c->pg && PQstatus(c->pg) == CONNECTION_OK)
        return BZT_OK;
    disconnect(c);
    c->pg = PQconnectdbParams(names, values, 1);
    if (!c->pg)
        return BZT_ERR_MEMORY;
    PQsetNoticeReceiver(c->pg, ignore_notice, NULL);
    if (PQstatus(c->pg) == CONNECTION_OK && run(c, set_up_sql, NULL))
        return BZT_OK;
    /* the message names host and user, not the password */
    log_event(LOG_ERROR, "store_unreachable", "%s", PQerrorMessage(c->pg));
    disconnect(c);
    return BZT_ERR_IO;
}

static connection *take(pg_store *s)
{
    connection *c = NULL;

    pthread_mutex_lock(&s->mutex);
    while (!s->pool && !s->unopened)
        pthread_cond_wait(&s->freed, &s->mutex);
    if (s->pool) {
        c = s->pool;
        s->pool = c->next;
    } else if ((c = calloc(1, sizeof *c))) {
        s->unopened--;
    }
    pthread_mutex_unlock(&s->mutex);
    return c;
}

static void give(pg_store *s, connection *c)
{
    pthread_mutex_lock(&s->mutex);
    c->next = s->pool;
    s->pool = c;
    pthread_cond_signal(&s->freed);
    pthread_mutex_unlock(&s->mutex);
}

/* --- errors -------------------------------------------------------------- */

static bool is_state(const char *state, const char *of)
{
    return !strncmp(state, of, strlen(of));
}

/* By SQLSTATE; only its first line is logged: DETAIL holds values. */
static bzt_err failed(pg_tx *tx, const PGresult *r, const char *what)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

    if (PQstatus(tx->c->pg) != CONNECTION_OK) {
        tx->lost = true;
        return BZT_ERR_IO;
    }
    if (!state)
        return BZT_ERR_MEMORY; /* libpq could not even make a result */
    if (is_state(state, "40001") || is_state(state, "40P01")) {
        tx->conflict = true;
        return BZT_ERR_SERIALIZATION;
    }
    if (is_state(state, "23505")) {
        tx->duplicate = true;
        return BZT_ERR_DUPLICATE;
    }
    log_event(LOG_ERROR, "store_failed", "%s %s: %s", state, text ? text : "",
              what);
    if (is_state(state, "53") || is_state(state, "57") ||
        is_state(state, "58") || is_state(state, "55") || is_state(state, "XX"))
        return BZT_ERR_IO;
    return BZT_ERR_INTERNAL;
}

/* --- statements ---------------------------------------------------------- */

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

typedef struct parameters {
    Oid types[DB_VALUES_MAX];
    const char *values[DB_VALUES_MAX];
    int lengths[DB_VALUES_MAX], formats[DB_VALUES_MAX];
    int64_t ints[DB_VALUES_MAX]; /* big-endian */
} parameters;

/* A NULL has no type of its own: the server finds it from the context. */
static bzt_err fill(parameters *p, const store_value *values, size_t n)
{
    static const Oid oids[] = {
        [STORE_NULL] = 0,
        [STORE_INT] = OID_INT8,
        [STORE_BYTES] = OID_BYTEA,
        [STORE_TEXT] = OID_TEXT,
    };

    for (size_t i = 0; i < n; i++) {
        const store_value *v = &values[i];

        p->types[i] = oids[v->type];
        p->formats[i] = 1;
        p->values[i] = (const char *)v->bytes.p;
        p->lengths[i] = (int)v->bytes.len;
        if (v->bytes.len > INT32_MAX)
            return BZT_ERR_TOO_LARGE;
        if (v->type == STORE_NULL)
            p->values[i] = NULL;
        if (v->type == STORE_INT) {
            p->ints[i] = (int64_t)htobe64((uint64_t)v->i);
            p->values[i] = (const char *)&p->ints[i];
            p->lengths[i] = 8;
        }
    }
    return BZT_OK;
}

static bzt_err prepare(pg_tx *tx, unsigned *number, const store_sql *sql,
                       const parameters *p, size_t n)
{
    connection *c = tx->c;
    prepared *slot;
    char name[16];
    PGresult *r;
    bzt_err err;

    if (c->n * 2 >= c->cap && (err = table_grow(c)))
        return err;
    slot = &c->table[slot_of(c, sql)];
    if (!slot->sql) {
        snprintf(name, sizeof name, "s%zu", c->n);
        r = PQprepare(c->pg, name, sql->text, (int)n, p->types);
        if (PQresultStatus(r) != PGRES_COMMAND_OK) {
            err = failed(tx, r, sql->text);
            PQclear(r);
            return err;
        }
        PQclear(r);
        slot->sql = sql;
        slot->number = (unsigned)c->n++;
    }
    *number = slot->number;
    return BZT_OK;
}

static bzt_err execute(pg_tx *tx, PGresult **out, const store_sql *sql,
                       const store_value *values, size_t n)
{
    parameters p;
    unsigned number = 0;
    char name[16];
    bzt_err err;

    *out = NULL;
    if ((err = fill(&p, values, n)))
        return err;
    if ((err = prepare(tx, &number, sql, &p, n)))
        return err;
    snprintf(name, sizeof name, "s%u", number);
    *out = PQexecPrepared(tx->c->pg, name, (int)n, p.values, p.lengths,
                          p.formats, 1);
    if (PQresultStatus(*out) == PGRES_COMMAND_OK ||
        PQresultStatus(*out) == PGRES_TUPLES_OK)
        return BZT_OK;
    err = failed(tx, *out, sql->text);
    PQclear(*out);
    *out = NULL;
    return err;
}

static bzt_err exec(store_tx *base, int64_t *changed, const store_sql *sql,
                    const store_value *values, size_t n)
{
    PGresult *r;
    bzt_err err = execute((pg_tx *)base, &r, sql, values, n);

    if (!err)
        *changed = strtoll(PQcmdTuples(r), NULL, 10);
    PQclear(r);
    return err;
}

/* store_int and store_bytes know these. */
static bool are_types_known(const PGresult *r)
{
    for (int i = 0; i < PQnfields(r); i++)
        switch (PQftype(r, i)) {
        case OID_BOOL:
        case OID_BYTEA:
        case OID_INT8:
        case OID_INT2:
        case OID_INT4:
        case OID_TEXT:
        case OID_VARCHAR:
        case OID_UNKNOWN:
            break;
        default:
            return false;
        }
    return true;
}

static bzt_err query(store_tx *base, store_rows **out, const store_sql *sql,
                     const store_value *values, size_t n)
{
    pg_rows *rows = calloc(1, sizeof *rows);
    bzt_err err;

    if (!rows)
        return BZT_ERR_MEMORY;
    rows->row = -1;
    err = execute((pg_tx *)base, &rows->result, sql, values, n);
    if (!err && !are_types_known(rows->result)) {
        log_event(LOG_ERROR, "store_misuse", "a column's type (cast it): %s",
                  sql->text);
        PQclear(rows->result);
        err = BZT_ERR_INTERNAL;
    }
    if (err) {
        free(rows);
        return err;
    }
    *out = &rows->base;
    return BZT_OK;
}

static bzt_err next(store_rows *base)
{
    pg_rows *rows = (pg_rows *)base;

    if (rows->row + 1 >= PQntuples(rows->result))
        return BZT_ERR_NOT_FOUND;
    rows->row++;
    return BZT_OK;
}

static int is_null(const store_rows *base, int column)
{
    const pg_rows *rows = (const pg_rows *)base;

    return PQgetisnull(rows->result, rows->row, column);
}

static bzt_span read_bytes(const store_rows *base, int column)
{
    const pg_rows *rows = (const pg_rows *)base;

    if (is_null(base, column))
        return (bzt_span){NULL, 0};
    return (bzt_span){
        (const uint8_t *)PQgetvalue(rows->result, rows->row, column),
        (size_t)PQgetlength(rows->result, rows->row, column)};
}

static int64_t read_int(const store_rows *base, int column)
{
    bzt_span s = read_bytes(base, column);
    int64_t v = 0;

    if (!s.len)
        return 0;
    for (size_t i = 0; i < s.len && i < 8; i++)
        v = (int64_t)((uint64_t)v << 8 | s.p[i]);
    /* int2 and int4 carry their sign */
    return s.len == 2 ? (int16_t)v : s.len == 4 ? (int32_t)v : v;
}

static void done(store_rows *base)
{
    pg_rows *rows = (pg_rows *)base;

    PQclear(rows->result);
    free(rows);
}

static const store_sql now_sql = {
    "SELECT (extract(epoch from clock_timestamp()) * 1000)::bigint"};

static bzt_err now(store_tx *tx, int64_t *now_ms)
{
    PGresult *r;
    bzt_err err = execute((pg_tx *)tx, &r, &now_sql, NULL, 0);
    pg_rows rows = {.result = r};

    if (!err)
        *now_ms = read_int(&rows.base, 0);
    PQclear(r);
    return err;
}

/* --- transactions -------------------------------------------------------- */

/* COMMIT's answer.  "ROLLBACK" means that the transaction had failed. */
static bzt_err commit(pg_tx *tx)
{
    PGresult *r = PQexec(tx->c->pg, "COMMIT");
    const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
    bzt_err err;

    if (PQresultStatus(r) == PGRES_COMMAND_OK)
        err = strcmp(PQcmdStatus(r), "COMMIT") ? BZT_ERR_INTERNAL : BZT_OK;
    else if (severity && !strcmp(severity, "ERROR") &&
             PQstatus(tx->c->pg) == CONNECTION_OK &&
             !is_state(PQresultErrorField(r, PG_DIAG_SQLSTATE), "40003"))
        err = failed(tx, r, "COMMIT"); /* the server says: not committed */
    else
        err = BZT_ERR_UNKNOWN_OUTCOME;
    PQclear(r);
    if (err == BZT_ERR_UNKNOWN_OUTCOME) {
        log_event(LOG_ERROR, "store_unknown", "no answer to a COMMIT");
        disconnect(tx->c);
    }
    return err;
}

static bool begin(pg_tx *tx, const char *url)
{
    const char *sql = tx->base.writes
                          ? "BEGIN ISOLATION LEVEL SERIALIZABLE"
                          : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

    /* An idle connection may have died without our noticing. */
    for (int i = 0; i < 2; i++) {
        if (reconnect(tx->c, url))
            return false;
        if (run(tx->c, sql, "BEGIN"))
            return true;
        disconnect(tx->c);
    }
    return false;
}

static void rollback(pg_tx *tx)
{
    if (tx->lost || !run(tx->c, "ROLLBACK", NULL))
        disconnect(tx->c);
}

static bzt_err attempt(pg_tx *tx, const char *url, store_op op, void *arg)
{
    bzt_err err;

    tx->lost = tx->conflict = tx->duplicate = false;
    if (tx->base.touched)
        tx->base.touched->n = 0;
    if (!begin(tx, url))
        return BZT_ERR_IO;
    err = db_run_op(&tx->base, op, arg);
    if (!err && tx->base.writes)
        return commit(tx);
    rollback(tx); /* a read has what it wants */
    return err;
}

/* Full jitter: two that met once do not meet again in step. */
static void pause_before(int attempts)
{
    unsigned most = attempts < 6 ? 2u << attempts : RETRY_MS_MAX * 2;
    unsigned r = 0;

    if (rng_bytes(&r, sizeof r))
        r = most / 2;
    usleep(r % most * 500);
}

/* After DUPLICATE once more: what the operation read before it inserted may
 * be older than the row that it then met.  A true duplicate says so again. */
static bool is_worth_retry(const pg_tx *tx, bzt_err err, int *duplicates)
{
    if (err == BZT_ERR_UNKNOWN_OUTCOME)
        return false;
    if (tx->duplicate)
        return (*duplicates)++ < 1;
    return tx->conflict || tx->lost;
}

static bzt_err transact(pg_store *s, pg_tx *tx, store_op op, void *arg)
{
    int duplicates = 0;
    bzt_err err;

    for (int n = 1;; n++) {
        err = attempt(tx, s->url, op, arg);
        if (!err || n >= ATTEMPTS_MAX || !is_worth_retry(tx, err, &duplicates))
            return err;
        pause_before(n);
    }
}

static bzt_err write_op(store *base, store_op op, void *arg)
{
    pg_store *s = (pg_store *)base;
    touched_list touched = {0};
    pg_tx tx = {.base = {.store = base, .writes = true, .touched = &touched}};
    bzt_err err = BZT_ERR_MEMORY;

    if ((tx.c = take(s))) {
        err = transact(s, &tx, op, arg);
        give(s, tx.c);
    }
    if (!err)
        db_tell_touched(base, &touched);
    db_free_touched(&touched);
    return err;
}

static bzt_err read_op(store *base, store_op op, void *arg)
{
    pg_store *s = (pg_store *)base;
    pg_tx tx = {.base = {.store = base}};
    bzt_err err;

    if (!(tx.c = take(s)))
        return BZT_ERR_MEMORY;
    err = transact(s, &tx, op, arg);
    give(s, tx.c);
    return err;
}

/* --- migrations ---------------------------------------------------------- */

static bzt_err read_version(connection *c, int *version)
{
    PGresult *r = PQexec(c->pg, "SELECT max(version) FROM schema_version");
    bzt_err err = BZT_ERR_IO;

    if (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1) {
        *version = atoi(PQgetvalue(r, 0, 0));
        err = BZT_OK;
    }
    PQclear(r);
    return err;
}

static bool apply(connection *c, const migration *m)
{
    char insert[160];

    snprintf(insert, sizeof insert,
             "INSERT INTO schema_version (version, at) VALUES (%d, "
             "(extract(epoch from clock_timestamp()) * 1000)::bigint)",
             m->version);
    return run(c, m->sql, NULL) && run(c, insert, NULL);
}

/* The row of version 0 is the lock: READ COMMITTED, so that whoever waited
 * for it sees what the other has done. */
static bzt_err migrate_inside(connection *c)
{
    int version = 0;
    bzt_err err;

    if (!run(c, "BEGIN ISOLATION LEVEL READ COMMITTED", NULL) ||
        !run(c, "UPDATE schema_version SET at = at WHERE version = 0",
             "UPDATE 1"))
        return BZT_ERR_IO;
    if ((err = read_version(c, &version)))
        return err;
    if (version > migrations_n) {
        log_event(LOG_ERROR, "store_newer",
                  "the schema is version %d, this program knows %d", version,
                  migrations_n);
        return BZT_ERR_CONFIG;
    }
    for (int i = version; i < migrations_n; i++)
        if (!apply(c, &migrations[i]))
            return BZT_ERR_IO;
    return run(c, "COMMIT", "COMMIT") ? BZT_OK : BZT_ERR_IO;
}

static bzt_err migrate(connection *c)
{
    bzt_err err;

    /* Two at once: one of them fails here, and finds the table next time. */
    for (int i = 0; i < 20; i++) {
        if (run(c,
                "CREATE TABLE IF NOT EXISTS schema_version ("
                "version bigint PRIMARY KEY, at bigint NOT NULL);"
                "INSERT INTO schema_version (version, at) VALUES (0, 0) "
                "ON CONFLICT DO NOTHING",
                NULL))
            break;
        pause_before(i);
    }
    err = migrate_inside(c);
    if (err) {
        log_event(LOG_ERROR, "store_migration", "%s", PQerrorMessage(c->pg));
        run(c, "ROLLBACK", NULL);
    }
    return err;
}

/* --- opening and closing ------------------------------------------------- */

static void close_store(store *base)
{
    pg_store *s = (pg_store *)base;

    while (s->pool) {
        connection *c = s->pool;

        s->pool = c->next;
        connection_free(c);
    }
    pthread_cond_destroy(&s->freed);
    pthread_mutex_destroy(&s->mutex);
    free(s->url);
    free(s);
}

static const db_ops ops = {
    .close = close_store,
    .write = write_op,
    .read = read_op,
    .now = now,
    .exec = exec,
    .query = query,
    .next = next,
    .is_null = is_null,
    .read_int = read_int,
    .read_bytes = read_bytes,
    .done = done,
};

static bool is_url_good(const char *url)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);

    PQconninfoFree(options);
    return options;
}

bzt_err pg_store_open(store **out, const char *url, int connections)
{
    pg_store *s = calloc(1, sizeof *s);
    connection *c;
    bzt_err err = BZT_ERR_MEMORY;

    *out = NULL;
    if (!s)
        return BZT_ERR_MEMORY;
    s->base.ops = &ops;
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->freed, NULL);
    s->unopened = connections > 0 ? connections : POOL_SIZE;
    s->url = strdup(url);
    if (!s->url || !(c = take(s)))
        goto fail;
    give(s, c);
    err = BZT_ERR_CONFIG;
    if (!is_url_good(url))
        goto fail;
    if ((err = reconnect(c, url)))
        goto fail;
    if ((err = migrate(c)))
        goto fail;
    *out = &s->base;
    return BZT_OK;
fail:
    close_store(&s->base);
    return err;
}
