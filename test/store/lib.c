#include "lib.h"
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char test_url[512];
static char folder[64];
static char database[64];

int test_is_pg(void)
{
    const char *kind = getenv("BZT_TEST_DB");

    return kind && !strcmp(kind, "pg");
}

/* On the database that with-postgres made. */
static int server_do(const char *sql)
{
    PGconn *c = PQconnectdb(getenv("BZT_TEST_PG"));
    PGresult *r = PQexec(c, sql);
    int ok = PQresultStatus(r) == PGRES_COMMAND_OK;

    if (!ok)
        fprintf(stderr, "%s: %s", sql, PQerrorMessage(c));
    PQclear(r);
    PQfinish(c);
    return ok ? 0 : -1;
}

static int new_pg(void)
{
    static int n;
    const char *server = getenv("BZT_TEST_PG"), *name, *end;
    char sql[128];

    if (!server) {
        fprintf(stderr, "run this under tools/with-postgres\n");
        return -1;
    }
    /* postgresql:///NAME?host=… or postgresql://host/NAME */
    name = strchr(server + strlen("postgresql://"), '/') + 1;
    end = name + strcspn(name, "?");
    snprintf(database, sizeof database, "bzt_test_%d_%d", (int)getpid(), n++);
    snprintf(test_url, sizeof test_url, "%.*s%s%s", (int)(name - server),
             server, database, end);
    snprintf(sql, sizeof sql, "CREATE DATABASE %s", database);
    return server_do(sql);
}

int test_db_new(void **state)
{
    (void)state;
    if (test_is_pg())
        return new_pg();
    strcpy(folder, "/tmp/bzt-store-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(test_url, sizeof test_url, "sqlite:%s/db", folder);
    return 0;
}

int test_db_drop(void **state)
{
    char command[128];

    (void)state;
    if (test_is_pg()) {
        snprintf(command, sizeof command, "DROP DATABASE %s WITH (FORCE)",
                 database);
        return server_do(command);
    }
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

store *test_open_with(const store_options *options)
{
    store_options with_url = *options;
    store *s;

    with_url.url = test_url;
    assert_int_equal(store_open(&s, &with_url), BZT_OK);
    return s;
}

store *test_open(void)
{
    return test_open_with(&(store_options){0});
}

bzt_err test_insert(store_tx *tx, void *arg)
{
    static const store_sql sql = {
        "INSERT INTO rate (name, window_at, n) VALUES ($1, 0, $2)"};
    const test_row *row = arg;

    return store_exec(tx, NULL, &sql,
                      (store_value[]){sv_text(row->name), sv_int(row->n)}, 2);
}

bzt_err test_get(store_tx *tx, void *arg)
{
    static const store_sql sql = {"SELECT n FROM rate WHERE name = $1"};
    test_row *row = arg;
    store_rows *rows;
    bzt_err err;

    row->n = 0;
    err = store_query(tx, &rows, &sql, (store_value[]){sv_text(row->name)}, 1);
    if (err)
        return err;
    if (!(err = store_next(rows)))
        row->n = store_int(rows, 0);
    store_rows_done(rows);
    return err;
}

bzt_err test_increment(store_tx *tx, void *arg)
{
    static const store_sql sql = {"UPDATE rate SET n = $2 WHERE name = $1"};
    test_row *row = arg;
    bzt_err err = test_get(tx, arg);

    if (err)
        return err;
    return store_exec(tx, NULL, &sql,
                      (store_value[]){sv_text(row->name), sv_int(row->n + 1)},
                      2);
}

bzt_err test_count(store_tx *tx, void *arg)
{
    static const store_sql sql = {"SELECT count(*) FROM rate"};
    store_rows *rows;
    bzt_err err = store_query(tx, &rows, &sql, NULL, 0);

    if (err)
        return err;
    if (!(err = store_next(rows)))
        *(int64_t *)arg = store_int(rows, 0);
    store_rows_done(rows);
    return err;
}

int64_t test_count_now(store *s)
{
    int64_t n = -1;

    assert_int_equal(store_read(s, test_count, &n), BZT_OK);
    return n;
}

int64_t test_value_now(store *s, const char *name)
{
    test_row row = {name, 0};
    bzt_err err = store_read(s, test_get, &row);

    if (err == BZT_ERR_NOT_FOUND)
        return -1;
    assert_int_equal(err, BZT_OK);
    return row.n;
}
