/* What only PostgreSQL can do wrong: connections that break, at each moment.
 */
#include "lib.h"
#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* --- breaking connections from outside ------------------------------------ */

static void kill_backend(int64_t pid)
{
    char sql[64];
    PGconn *c = PQconnectdb(getenv("BZT_TEST_PG"));
    PGresult *r;

    snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d)", (int)pid);
    r = PQexec(c, sql);
    assert_int_equal(PQresultStatus(r), PGRES_TUPLES_OK);
    assert_string_equal(PQgetvalue(r, 0, 0), "t");
    PQclear(r);
    PQfinish(c);
    usleep(100000);
}

static bzt_err backend_pid(store_tx *tx, void *arg)
{
    static const store_sql sql = {"SELECT pg_backend_pid()"};
    store_rows *rows;
    bzt_err err = store_query(tx, &rows, &sql, NULL, 0);

    if (err)
        return err;
    if (!(err = store_next(rows)))
        *(int64_t *)arg = store_int(rows, 0);
    store_rows_done(rows);
    return err;
}

static store *open_one(void)
{
    return test_open_with(&(store_options){.connections = 1});
}

static void pg_reconnects_when_an_idle_connection_died(void **state)
{
    store *s = open_one();
    int64_t pid, other;

    (void)state;
    assert_int_equal(store_write(s, test_insert, &(test_row){"a", 1}), BZT_OK);
    assert_int_equal(store_read(s, backend_pid, &pid), BZT_OK);
    kill_backend(pid);
    /* the statements of the dead connection are prepared again */
    assert_int_equal(store_write(s, test_insert, &(test_row){"b", 1}), BZT_OK);
    assert_int_equal(store_read(s, backend_pid, &other), BZT_OK);
    assert_int_not_equal(pid, other);
    assert_int_equal(test_count_now(s), 2);
    store_close(s);
}

static bzt_err count_and_break(store_tx *tx, void *arg)
{
    int64_t pid = 0;
    bzt_err err = backend_pid(tx, &pid);

    if (!err)
        err = test_count(tx, arg);
    kill_backend(pid);
    return err;
}

static void pg_read_that_has_its_answer_needs_no_end(void **state)
{
    store *s = open_one();
    int64_t n = -1;

    (void)state;
    assert_int_equal(store_read(s, count_and_break, &n), BZT_OK);
    assert_int_equal(n, 0);
    assert_int_equal(store_write(s, test_insert, &(test_row){"a", 1}), BZT_OK);
    store_close(s);
}

typedef struct breaking {
    int runs;
    int break_on;  /* which run breaks */
    int after_all; /* 1: right before COMMIT; 0: between statements */
} breaking;

static bzt_err insert_and_break(store_tx *tx, void *arg)
{
    breaking *b = arg;
    test_row one = {"one", 1}, two = {"two", 2};
    int64_t pid;
    bzt_err err = test_insert(tx, &one);

    b->runs++;
    if (err)
        return err;
    if ((err = backend_pid(tx, &pid)))
        return err;
    if (b->runs == b->break_on && !b->after_all)
        kill_backend(pid);
    if ((err = test_insert(tx, &two)))
        return err;
    if (b->runs == b->break_on && b->after_all)
        kill_backend(pid);
    return BZT_OK;
}

static void pg_runs_again_what_broke_before_commit(void **state)
{
    store *s = open_one();
    breaking b = {.break_on = 1};

    (void)state;
    assert_int_equal(store_write(s, insert_and_break, &b), BZT_OK);
    assert_int_equal(b.runs, 2);
    assert_int_equal(test_count_now(s), 2);
    store_close(s);
}

static void pg_never_runs_again_what_broke_at_commit(void **state)
{
    store *s = open_one();
    breaking b = {.break_on = 1, .after_all = 1};

    (void)state;
    assert_int_equal(store_write(s, insert_and_break, &b),
                     BZT_ERR_UNKNOWN_OUTCOME);
    assert_int_equal(b.runs, 1);
    assert_int_equal(test_count_now(s), 0); /* as it happens */
    assert_int_equal(store_write(s, test_insert, &(test_row){"a", 1}), BZT_OK);
    store_close(s);
}

/* --- a proxy that swallows the answer to COMMIT --------------------------- */

typedef struct proxy {
    char folder[64], real[100];
    int listener;
    pthread_t thread;
    _Atomic int swallow; /* the next COMMIT's answer is lost */
    _Atomic int swallowed;
} proxy;

static int dial(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    return connect(fd, (struct sockaddr *)&at, sizeof at) ? -1 : fd;
}

/* Moves what there is; false: an end is closed, or is to be. */
static int pump(proxy *p, int from, int to, int is_client, int *committing)
{
    char bytes[8192];
    ssize_t n = read(from, bytes, sizeof bytes);

    if (n <= 0)
        return 0;
    if (is_client && p->swallow && memmem(bytes, (size_t)n, "COMMIT", 6))
        *committing = 1;
    if (!is_client && *committing) {
        /* the server has answered, so it has committed */
        p->swallow = 0;
        p->swallowed++;
        return 0;
    }
    return send(to, bytes, (size_t)n, MSG_NOSIGNAL) == n;
}

static void serve_one(proxy *p, int client)
{
    int server = dial(p->real), committing = 0, going = server >= 0;

    while (going) {
        struct pollfd fds[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};

        poll(fds, 2, -1);
        if (fds[0].revents)
            going = pump(p, client, server, 1, &committing);
        else if (fds[1].revents)
            going = pump(p, server, client, 0, &committing);
    }
    close(server);
    close(client);
}

/* One connection at a time: the pool has one. */
static void *serve(void *arg)
{
    proxy *p = arg;
    int client;

    while ((client = accept(p->listener, NULL, NULL)) >= 0)
        serve_one(p, client);
    return NULL;
}

static void proxy_start(proxy *p)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const char *host = strstr(test_url, "host=") + 5;

    memset(p, 0, sizeof *p);
    snprintf(p->real, sizeof p->real, "%.*s/.s.PGSQL.5432",
             (int)strcspn(host, "&"), host);
    strcpy(p->folder, "/tmp/bzt-proxy-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(at.sun_path, sizeof at.sun_path, "%s/.s.PGSQL.5432", p->folder);
    p->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(p->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(p->listener, 8), 0);
    pthread_create(&p->thread, NULL, serve, p);
}

static void proxy_stop(proxy *p)
{
    char path[128];

    shutdown(p->listener, SHUT_RDWR);
    pthread_join(p->thread, NULL);
    close(p->listener);
    snprintf(path, sizeof path, "%s/.s.PGSQL.5432", p->folder);
    unlink(path);
    rmdir(p->folder);
}

static store *open_through(const proxy *p)
{
    const char *host = strstr(test_url, "host=") + 5;
    char url[600];
    store *s;

    snprintf(url, sizeof url, "%.*s%s%s", (int)(host - test_url), test_url,
             p->folder, host + strcspn(host, "&"));
    assert_int_equal(
        store_open(&s, &(store_options){.url = url, .connections = 1}), BZT_OK);
    return s;
}

static int told;

static void tell(void *self, const uint8_t id[16])
{
    (void)self;
    (void)id;
    told++;
}

typedef struct insertion {
    test_row row;
    int runs;
} insertion;

static bzt_err insert_counted(store_tx *tx, void *arg)
{
    insertion *in = arg;

    in->runs++;
    store_touch(tx, (const uint8_t[16]){1});
    return test_insert(tx, &in->row);
}

static void pg_lost_answer_to_commit_is_an_unknown_outcome(void **state)
{
    proxy p;
    store *direct = test_open(), *s;
    insertion in = {.row = {"a", 1}};

    (void)state;
    proxy_start(&p);
    s = open_through(&p);
    p.swallow = 1;
    assert_int_equal(store_write(s, insert_counted, &in),
                     BZT_ERR_UNKNOWN_OUTCOME);
    assert_int_equal(p.swallowed, 1);
    assert_int_equal(in.runs, 1);
    /* it was done: whoever had tried again would have done it twice */
    assert_int_equal(test_value_now(direct, "a"), 1);
    assert_int_equal(store_write(s, test_insert, &(test_row){"b", 1}), BZT_OK);
    assert_int_equal(test_count_now(direct), 2);
    store_close(s);
    store_close(direct);
    proxy_stop(&p);
}

static void pg_tells_no_touched_id_after_an_unknown_outcome(void **state)
{
    store *s =
        test_open_with(&(store_options){.connections = 1, .touched = tell});
    breaking b = {.break_on = 1, .after_all = 1};
    insertion in = {.row = {"a", 1}};

    (void)state;
    told = 0;
    assert_int_equal(store_write(s, insert_and_break, &b),
                     BZT_ERR_UNKNOWN_OUTCOME);
    assert_int_equal(told, 0);
    assert_int_equal(store_write(s, insert_counted, &in), BZT_OK);
    assert_int_equal(told, 1);
    store_close(s);
}

/* --- conflicts across connections ------------------------------------------
 */

typedef struct conflict {
    store *other;
    int runs;
} conflict;

static bzt_err meet_a_conflict(store_tx *tx, void *arg)
{
    conflict *c = arg;
    test_row row = {"n", 0};
    bzt_err err = test_get(tx, &row);
    PGconn *pg;

    if (err)
        return err;
    if (c->runs++ == 0) { /* somebody else changes the row meanwhile */
        pg = PQconnectdb(test_url);
        PQclear(PQexec(pg, "UPDATE rate SET n = n + 100 WHERE name = 'n'"));
        PQfinish(pg);
    }
    return test_increment(tx, &row);
}

static void pg_runs_again_after_a_serialisation_failure(void **state)
{
    store *s = test_open();
    conflict c = {.other = s};

    (void)state;
    assert_int_equal(store_write(s, test_insert, &(test_row){"n", 0}), BZT_OK);
    assert_int_equal(store_write(s, meet_a_conflict, &c), BZT_OK);
    assert_int_equal(c.runs, 2);
    assert_int_equal(test_value_now(s, "n"), 101);
    store_close(s);
}

static bzt_err always_conflicts(store_tx *tx, void *arg)
{
    ((conflict *)arg)->runs = 0;
    return meet_a_conflict(tx, arg);
}

static void pg_gives_up_after_many_conflicts(void **state)
{
    store *s = test_open();
    conflict c = {.other = s};

    (void)state;
    assert_int_equal(store_write(s, test_insert, &(test_row){"n", 0}), BZT_OK);
    assert_int_equal(store_write(s, always_conflicts, &c),
                     BZT_ERR_SERIALIZATION);
    assert_int_equal(store_write(s, test_increment, &(test_row){"n", 0}),
                     BZT_OK);
    store_close(s);
}

static bzt_err two_rows(store_tx *tx, void *arg)
{
    static const store_sql touch = {
        "UPDATE rate SET n = n + 1 WHERE name = $1"};
    const char *const *order = arg;
    bzt_err err = BZT_OK;

    for (int i = 0; i < 2 && !err; i++)
        err =
            store_exec(tx, NULL, &touch, (store_value[]){sv_text(order[i])}, 1);
    return err;
}

static void *update_in_order(void *arg)
{
    static const char *const orders[2][2] = {{"x", "y"}, {"y", "x"}};
    static _Atomic int turn;
    int mine = turn++ % 2;

    for (int i = 0; i < 50; i++)
        if (store_write(arg, two_rows, (void *)orders[mine]))
            return arg;
    return NULL;
}

static void pg_survives_deadlocks(void **state)
{
    store *s = test_open();
    pthread_t threads[4];
    void *failed;

    (void)state;
    assert_int_equal(store_write(s, test_insert, &(test_row){"x", 0}), BZT_OK);
    assert_int_equal(store_write(s, test_insert, &(test_row){"y", 0}), BZT_OK);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, update_in_order, s);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(test_value_now(s, "x"), 200);
    assert_int_equal(test_value_now(s, "y"), 200);
    store_close(s);
}

/* --- settings ---------------------------------------------------------------
 */

static bzt_err is_synchronous(store_tx *tx, void *arg)
{
    static const store_sql sql = {
        "SELECT current_setting('synchronous_commit'), "
        "current_setting('transaction_isolation')"};
    store_rows *rows;
    bzt_err err = store_query(tx, &rows, &sql, NULL, 0);
    bzt_span s;

    (void)arg;
    if (err)
        return err;
    assert_int_equal(store_next(rows), BZT_OK);
    s = store_bytes(rows, 0);
    assert_true(s.len == 2 && !memcmp(s.p, "on", 2));
    s = store_bytes(rows, 1);
    assert_true(s.len == 12 && !memcmp(s.p, "serializable", 12));
    store_rows_done(rows);
    return BZT_OK;
}

static void pg_commits_durably_whatever_the_servers_default(void **state)
{
    char url[600];
    store *s;

    (void)state;
    snprintf(url, sizeof url, "%s&options=-csynchronous_commit%%3Doff",
             test_url);
    assert_int_equal(store_open(&s, &(store_options){.url = url}), BZT_OK);
    assert_int_equal(store_write(s, is_synchronous, NULL), BZT_OK);
    store_close(s);
}

static bzt_err bad_column_type(store_tx *tx, void *arg)
{
    static const store_sql sql = {"SELECT sum(n) FROM rate"};
    store_rows *rows;

    (void)arg;
    return store_query(tx, &rows, &sql, NULL, 0);
}

static void pg_refuses_column_types_that_it_cannot_read(void **state)
{
    store *s = test_open();

    (void)state;
    assert_int_equal(store_read(s, bad_column_type, NULL), BZT_ERR_INTERNAL);
    store_close(s);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, test_db_new, test_db_drop)
    const struct CMUnitTest tests[] = {
        T(pg_reconnects_when_an_idle_connection_died),
        T(pg_read_that_has_its_answer_needs_no_end),
        T(pg_runs_again_what_broke_before_commit),
        T(pg_never_runs_again_what_broke_at_commit),
        T(pg_lost_answer_to_commit_is_an_unknown_outcome),
        T(pg_tells_no_touched_id_after_an_unknown_outcome),
        T(pg_runs_again_after_a_serialisation_failure),
        T(pg_gives_up_after_many_conflicts),
        T(pg_survives_deadlocks),
        T(pg_commits_durably_whatever_the_servers_default),
        T(pg_refuses_column_types_that_it_cannot_read),
    };

    return cmocka_run_group_tests_name("pg", tests, NULL, NULL);
}
