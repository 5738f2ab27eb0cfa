/* What both databases promise in the same words. */
#include "base/clock.h"
#include "lib.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- values -------------------------------------------------------------- */

static bzt_err write_values(store_tx *tx, void *arg)
{
    static const store_sql sql = {
        "INSERT INTO audit_record (id, tenant_id, at, kind, record, salt, "
        "leaf, number) VALUES ($1, $3, $2, $4, $5, $6, $7, $8)"};

    (void)arg;
    return store_exec(
        tx, NULL, &sql,
        (store_value[]){sv_id((const uint8_t *)"0123456789abcdef"),
                        sv_int(INT64_MIN), sv_id(NULL), sv_text("标证通"),
                        sv_bytes("a\0b", 3), sv_bytes("", 0),
                        sv_bytes("\xff", 1), sv_int(INT64_MAX)},
        8);
}

static bzt_err read_values(store_tx *tx, void *arg)
{
    static const store_sql sql = {
        "SELECT id, tenant_id, at, kind, record, salt, number, actor "
        "FROM audit_record WHERE leaf = $1 AND number = $2"};
    store_rows *rows;
    bzt_span s;

    (void)arg;
    assert_int_equal(
        store_query(tx, &rows, &sql,
                    (store_value[]){sv_bytes("\xff", 1), sv_int(INT64_MAX)}, 2),
        BZT_OK);
    assert_int_equal(store_next(rows), BZT_OK);
    s = store_bytes(rows, 0);
    assert_int_equal(s.len, 16);
    assert_memory_equal(s.p, "0123456789abcdef", 16);
    assert_true(store_is_null(rows, 1));
    assert_null(store_bytes(rows, 1).p);
    assert_true(store_int(rows, 2) == INT64_MIN);
    s = store_bytes(rows, 3);
    assert_int_equal(s.len, 9);
    assert_memory_equal(s.p, "标证通", 9);
    s = store_bytes(rows, 4);
    assert_int_equal(s.len, 3);
    assert_memory_equal(s.p, "a\0b", 3);
    assert_false(store_is_null(rows, 5));
    assert_int_equal(store_bytes(rows, 5).len, 0);
    assert_non_null(store_bytes(rows, 5).p);
    assert_true(store_int(rows, 6) == INT64_MAX);
    assert_true(store_is_null(rows, 7));
    assert_int_equal(store_int(rows, 7), 0);
    assert_int_equal(store_next(rows), BZT_ERR_NOT_FOUND);
    assert_int_equal(store_next(rows), BZT_ERR_NOT_FOUND);
    store_rows_done(rows);
    store_rows_done(NULL);
    return BZT_OK;
}

static void store_keeps_values_of_each_type(void **state)
{
    store *s = test_open();

    (void)state;
    assert_int_equal(store_write(s, write_values, NULL), BZT_OK);
    assert_int_equal(store_read(s, read_values, NULL), BZT_OK);
    store_close(s);
    s = test_open();
    assert_int_equal(store_read(s, read_values, NULL), BZT_OK);
    store_close(s);
}

static bzt_err null_where_forbidden(store_tx *tx, void *arg)
{
    test_row row = {NULL, 1};

    (void)arg;
    return test_insert(tx, &row);
}

static void store_treats_a_null_pointer_as_null(void **state)
{
    store *s = test_open();

    (void)state;
    if (test_is_pg())
        assert_int_equal(store_write(s, null_where_forbidden, NULL),
                         BZT_ERR_INTERNAL);
    else /* SQLite lets a text primary key be NULL */
        assert_int_equal(store_write(s, null_where_forbidden, NULL), BZT_OK);
    store_close(s);
}

/* --- rolling back -------------------------------------------------------- */

static bzt_err insert_and_refuse(store_tx *tx, void *arg)
{
    bzt_err err = test_insert(tx, arg);

    return err ? err : BZT_ERR_WRONG_PIN;
}

static void store_rolls_back_what_an_operation_refuses(void **state)
{
    store *s = test_open();
    test_row row = {"a", 1};

    (void)state;
    assert_int_equal(store_write(s, insert_and_refuse, &row),
                     BZT_ERR_WRONG_PIN);
    assert_int_equal(test_count_now(s), 0);
    assert_int_equal(store_write(s, test_insert, &row), BZT_OK);
    assert_int_equal(test_count_now(s), 1);
    store_close(s);
}

static bzt_err insert_twice_and_say_ok(store_tx *tx, void *arg)
{
    test_row other = {"other", 1};

    if (test_insert(tx, arg))
        return BZT_ERR_INTERNAL;
    if (test_insert(tx, arg) != BZT_ERR_DUPLICATE)
        return BZT_ERR_INTERNAL;
    /* the transaction is dead, on both databases */
    if (test_insert(tx, &other) != BZT_ERR_DUPLICATE)
        return BZT_ERR_INTERNAL;
    return BZT_OK;
}

static void store_never_commits_after_a_failed_statement(void **state)
{
    store *s = test_open();
    test_row row = {"a", 1};

    (void)state;
    assert_int_equal(store_write(s, insert_twice_and_say_ok, &row),
                     BZT_ERR_DUPLICATE);
    assert_int_equal(test_count_now(s), 0);
    store_close(s);
}

static void store_names_a_duplicate(void **state)
{
    store *s = test_open();
    test_row row = {"a", 1};

    (void)state;
    assert_int_equal(store_write(s, test_insert, &row), BZT_OK);
    row.n = 2;
    assert_int_equal(store_write(s, test_insert, &row), BZT_ERR_DUPLICATE);
    assert_int_equal(test_value_now(s, "a"), 1);
    store_close(s);
}

/* --- rules of use -------------------------------------------------------- */

static bzt_err write_in_rows(store_tx *tx, void *arg)
{
    static const store_sql all = {"SELECT name FROM rate"};
    store_rows *rows;
    bzt_err err = store_query(tx, &rows, &all, NULL, 0);

    if (err)
        return err;
    err = test_insert(tx, arg);
    store_rows_done(rows);
    return err;
}

static bzt_err too_few_values(store_tx *tx, void *arg)
{
    static const store_sql sql = {"SELECT n FROM rate WHERE name = $1"};
    store_rows *rows;

    (void)arg;
    return store_query(tx, &rows, &sql, NULL, 0);
}

static bzt_err bad_statement(store_tx *tx, void *arg)
{
    static const store_sql sql = {"SELECT nothing FROM nowhere"};
    store_rows *rows;

    (void)arg;
    return store_query(tx, &rows, &sql, NULL, 0);
}

static void store_refuses_misuse(void **state)
{
    store *s = test_open();
    test_row row = {"a", 1};

    (void)state;
    assert_int_equal(store_read(s, test_insert, &row), BZT_ERR_INTERNAL);
    assert_int_equal(store_write(s, write_in_rows, &row), BZT_ERR_INTERNAL);
    assert_int_equal(store_write(s, bad_statement, NULL), BZT_ERR_INTERNAL);
    assert_int_not_equal(store_read(s, too_few_values, NULL), BZT_OK);
    assert_int_equal(test_count_now(s), 0);
    assert_int_equal(store_write(s, test_insert, &row), BZT_OK);
    store_close(s);
}

static bzt_err leave_rows_open(store_tx *tx, void *arg)
{
    static const store_sql all = {"SELECT name FROM rate"};
    store_rows *one, *two;
    bzt_err err;

    (void)arg;
    if ((err = store_query(tx, &one, &all, NULL, 0)))
        return err;
    if ((err = store_next(one)))
        return err;
    return store_query(tx, &two, &all, NULL, 0);
}

static void store_closes_rows_that_an_operation_forgot(void **state)
{
    store *s = test_open();
    test_row row = {"a", 1}, more = {"b", 1};

    (void)state;
    assert_int_equal(store_write(s, test_insert, &row), BZT_OK);
    assert_int_equal(store_write(s, leave_rows_open, NULL), BZT_OK);
    assert_int_equal(store_read(s, leave_rows_open, NULL), BZT_OK);
    assert_int_equal(store_write(s, test_insert, &more), BZT_OK);
    assert_int_equal(test_count_now(s), 2);
    store_close(s);
}

/* The product of the table with itself, by the same statement inside itself,
 * and enough other statements to make the tables of statements grow. */
static store_sql many[300];

static bzt_err nest(store_tx *tx, void *arg)
{
    static const store_sql all = {"SELECT n FROM rate ORDER BY name"};
    store_rows *outer, *inner, *other;
    int64_t sum = 0;
    int i = 0;

    if (store_query(tx, &outer, &all, NULL, 0))
        return BZT_ERR_INTERNAL;
    while (!store_next(outer)) {
        assert_int_equal(store_query(tx, &inner, &all, NULL, 0), BZT_OK);
        while (!store_next(inner))
            sum += store_int(outer, 0) * store_int(inner, 0);
        for (int k = 0; k < 60; k++, i++) {
            assert_int_equal(store_query(tx, &other, &many[i % 300], NULL, 0),
                             BZT_OK);
            assert_int_equal(store_next(other), BZT_OK);
            assert_int_equal(store_int(other, 0), i % 300);
            store_rows_done(other);
        }
        store_rows_done(inner);
    }
    store_rows_done(outer);
    *(int64_t *)arg = sum;
    return BZT_OK;
}

static void store_nests_queries_also_of_the_same_statement(void **state)
{
    static char text[300][32];
    store *s = test_open();
    int64_t sum;

    (void)state;
    for (int i = 0; i < 300; i++) {
        snprintf(text[i], sizeof text[i], "SELECT CAST(%d AS bigint)", i);
        many[i].text = text[i];
    }
    for (int i = 1; i <= 5; i++) {
        char name[8];
        test_row row = {name, i};

        snprintf(name, sizeof name, "r%d", i);
        assert_int_equal(store_write(s, test_insert, &row), BZT_OK);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(store_read(s, nest, &sum), BZT_OK);
        assert_int_equal(sum, 225);
        assert_int_equal(store_write(s, nest, &sum), BZT_OK);
        assert_int_equal(sum, 225);
    }
    store_close(s);
}

static bzt_err increment_returning(store_tx *tx, void *arg)
{
    static const store_sql sql = {
        "UPDATE rate SET n = n + 1 WHERE window_at = 0 RETURNING n"};
    store_rows *rows;
    bzt_err err = store_query(tx, &rows, &sql, NULL, 0);

    if (err)
        return err;
    err = store_next(rows);
    *(int64_t *)arg = store_int(rows, 0);
    store_rows_done(rows); /* after one of two rows */
    return err;
}

static void store_completes_returning_whose_rows_are_not_read(void **state)
{
    store *s = test_open();
    test_row a = {"a", 10}, b = {"b", 10};
    int64_t n;

    (void)state;
    assert_int_equal(store_write(s, test_insert, &a), BZT_OK);
    assert_int_equal(store_write(s, test_insert, &b), BZT_OK);
    assert_int_equal(store_write(s, increment_returning, &n), BZT_OK);
    assert_int_equal(n, 11);
    assert_int_equal(test_value_now(s, "a"), 11);
    assert_int_equal(test_value_now(s, "b"), 11);
    assert_int_equal(store_read(s, increment_returning, &n), BZT_ERR_INTERNAL);
    store_close(s);
}

static bzt_err change_all(store_tx *tx, void *arg)
{
    static const store_sql sql = {"UPDATE rate SET n = $1"};

    return store_exec(tx, arg, &sql, (store_value[]){sv_int(7)}, 1);
}

static void store_counts_changed_rows(void **state)
{
    store *s = test_open();
    test_row a = {"a", 1}, b = {"b", 1};
    int64_t n;

    (void)state;
    assert_int_equal(store_write(s, change_all, &n), BZT_OK);
    assert_int_equal(n, 0);
    assert_int_equal(store_write(s, test_insert, &a), BZT_OK);
    assert_int_equal(store_write(s, test_insert, &b), BZT_OK);
    assert_int_equal(store_write(s, change_all, &n), BZT_OK);
    assert_int_equal(n, 2);
    store_close(s);
}

/* --- many at once -------------------------------------------------------- */

enum { THREADS = 64, ROUNDS = 20 };

typedef struct worker {
    store *s;
    int number;
    int wrong; /* results that were not the expected ones */
} worker;

/* Every fifth operation fails, every seventh meets a duplicate. */
static void *mixed_work(void *arg)
{
    worker *w = arg;

    for (int i = 0; i < ROUNDS; i++) {
        int k = w->number * ROUNDS + i;
        char name[16];
        test_row row = {name, k};
        bzt_err err, want = BZT_OK;

        snprintf(name, sizeof name, "w%d", k);
        if (k % 7 == 6) {
            row.name = "taken";
            want = BZT_ERR_DUPLICATE;
        }
        if (k % 7 != 6 && k % 5 == 4) {
            want = BZT_ERR_WRONG_PIN;
            err = store_write(w->s, insert_and_refuse, &row);
        } else {
            err = store_write(w->s, test_insert, &row);
        }
        w->wrong += err != want;
        if (want == BZT_OK)
            w->wrong += test_value_now(w->s, name) != k;
    }
    return NULL;
}

static void run_threads(store *s, int n, void *(*work)(void *))
{
    pthread_t threads[THREADS];
    worker workers[THREADS];

    for (int i = 0; i < n; i++) {
        workers[i] = (worker){s, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]),
                         0);
    }
    for (int i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(workers[i].wrong, 0);
    }
}

static void store_commits_each_of_many_whatever_the_others_do(void **state)
{
    store *s = test_open();
    test_row taken = {"taken", -1};
    int want = 1;

    (void)state;
    for (int k = 0; k < THREADS * ROUNDS; k++)
        want += k % 7 != 6 && k % 5 != 4;
    assert_int_equal(store_write(s, test_insert, &taken), BZT_OK);
    run_threads(s, THREADS, mixed_work);
    assert_int_equal(test_count_now(s), want);
    assert_int_equal(test_value_now(s, "taken"), -1);
    store_close(s);
    s = test_open();
    assert_int_equal(test_count_now(s), want);
    store_close(s);
}

static void *increment_work(void *arg)
{
    worker *w = arg;

    for (int i = 0; i < ROUNDS; i++) {
        test_row row = {"counter", 0};
        w->wrong += store_write(w->s, test_increment, &row) != BZT_OK;
    }
    return NULL;
}

static void store_runs_conflicting_operations_again(void **state)
{
    store *s = test_open();
    test_row row = {"counter", 0};

    (void)state;
    assert_int_equal(store_write(s, test_insert, &row), BZT_OK);
    run_threads(s, 8, increment_work);
    assert_int_equal(test_value_now(s, "counter"), 8 * ROUNDS);
    store_close(s);
}

/* Find, and insert when there is none: the usual race. */
static bzt_err increment_or_insert(store_tx *tx, void *arg)
{
    test_row *row = arg;
    bzt_err err = test_increment(tx, row);

    if (err != BZT_ERR_NOT_FOUND)
        return err;
    row->n = 1;
    return test_insert(tx, row);
}

static void *find_or_insert_work(void *arg)
{
    worker *w = arg;
    char name[16];

    for (int i = 0; i < ROUNDS; i++) {
        test_row row = {name, 0};

        snprintf(name, sizeof name, "n%d", i);
        w->wrong += store_write(w->s, increment_or_insert, &row) != BZT_OK;
    }
    return NULL;
}

static void store_makes_find_or_insert_safe(void **state)
{
    store *s = test_open();

    (void)state;
    run_threads(s, 8, find_or_insert_work);
    assert_int_equal(test_count_now(s), ROUNDS);
    assert_int_equal(test_value_now(s, "n0"), 8);
    assert_int_equal(test_value_now(s, "n19"), 8);
    store_close(s);
}

/* Each pair of rows must always sum to at most 1: write skew. */
static bzt_err take_if_free(store_tx *tx, void *arg)
{
    static const store_sql sum_sql = {
        "SELECT CAST(sum(n) AS bigint) FROM rate"};
    static const store_sql set_sql = {"UPDATE rate SET n = 1 WHERE name = $1"};
    store_rows *rows;
    int64_t sum;
    bzt_err err = store_query(tx, &rows, &sum_sql, NULL, 0);

    if (err)
        return err;
    err = store_next(rows);
    sum = store_int(rows, 0);
    store_rows_done(rows);
    if (err || sum > 0)
        return err ? err : BZT_ERR_CONFLICT;
    return store_exec(tx, NULL, &set_sql, (store_value[]){sv_text(arg)}, 1);
}

static void *skew_work(void *arg)
{
    worker *w = arg;

    w->wrong = store_write(w->s, take_if_free, w->number % 2 ? "a" : "b");
    w->wrong = w->wrong == BZT_OK || w->wrong == BZT_ERR_CONFLICT ? 0 : 1;
    return NULL;
}

static void store_prevents_write_skew(void **state)
{
    store *s = test_open();
    test_row a = {"a", 0}, b = {"b", 0};

    (void)state;
    assert_int_equal(store_write(s, test_insert, &a), BZT_OK);
    assert_int_equal(store_write(s, test_insert, &b), BZT_OK);
    run_threads(s, 16, skew_work);
    assert_int_equal(test_value_now(s, "a") + test_value_now(s, "b"), 1);
    store_close(s);
}

/* --- reading ------------------------------------------------------------- */

typedef struct peeping {
    store *s;
    int64_t before; /* seen by another thread while we had not committed */
} peeping;

static void *count_in_thread(void *arg)
{
    peeping *p = arg;

    p->before = test_count_now(p->s);
    return NULL;
}

static bzt_err insert_while_another_reads(store_tx *tx, void *arg)
{
    test_row row = {"a", 1};
    bzt_err err = test_insert(tx, &row);
    pthread_t thread;

    if (err)
        return err;
    pthread_create(&thread, NULL, count_in_thread, arg);
    pthread_join(thread, NULL);
    return BZT_OK;
}

static void store_readers_see_only_what_is_committed(void **state)
{
    store *s = test_open();
    peeping p = {s, -1};

    (void)state;
    assert_int_equal(store_write(s, insert_while_another_reads, &p), BZT_OK);
    assert_int_equal(p.before, 0);
    assert_int_equal(test_count_now(s), 1);
    store_close(s);
}

static void *insert_in_thread(void *arg)
{
    peeping *p = arg;
    test_row row = {"a", 1};

    p->before = store_write(p->s, test_insert, &row);
    return NULL;
}

static bzt_err count_around_a_write(store_tx *tx, void *arg)
{
    int64_t before, after;
    pthread_t thread;

    if (test_count(tx, &before))
        return BZT_ERR_INTERNAL;
    pthread_create(&thread, NULL, insert_in_thread, arg);
    pthread_join(thread, NULL);
    if (test_count(tx, &after))
        return BZT_ERR_INTERNAL;
    assert_int_equal(before, 0);
    assert_int_equal(after, 0);
    return BZT_OK;
}

static void store_read_is_one_snapshot(void **state)
{
    store *s = test_open();
    peeping p = {s, -1};

    (void)state;
    assert_int_equal(store_read(s, count_around_a_write, &p), BZT_OK);
    assert_int_equal(p.before, BZT_OK);
    assert_int_equal(test_count_now(s), 1);
    store_close(s);
}

/* --- touched ids --------------------------------------------------------- */

typedef struct told {
    int n;
    uint8_t last[16];
} told;

static void tell(void *self, const uint8_t id[16])
{
    told *t = self;

    t->n++;
    memcpy(t->last, id, 16);
}

static bzt_err touch_two(store_tx *tx, void *arg)
{
    const uint8_t a[16] = {1}, b[16] = {2};
    test_row row = {"a", 1};
    bzt_err err = test_insert(tx, &row);

    for (int i = 0; i < 10; i++) {
        store_touch(tx, a);
        store_touch(tx, b);
    }
    return err ? err : *(bzt_err *)arg;
}

static bzt_err touch_many(store_tx *tx, void *arg)
{
    (void)arg;
    for (int i = 0; i < 100; i++)
        store_touch(tx, (const uint8_t[16]){(uint8_t)i, 7});
    return BZT_OK;
}

static void store_tells_touched_ids_once_and_only_after_commit(void **state)
{
    told t = {0};
    store *s =
        test_open_with(&(store_options){.touched = tell, .touched_self = &t});
    bzt_err want = BZT_ERR_CONFLICT;

    (void)state;
    assert_int_equal(store_write(s, touch_two, &want), BZT_ERR_CONFLICT);
    assert_int_equal(t.n, 0);
    want = BZT_OK;
    assert_int_equal(store_write(s, touch_two, &want), BZT_OK);
    assert_int_equal(t.n, 2);
    assert_int_equal(t.last[0], 2);
    assert_int_equal(store_write(s, touch_two, &want), BZT_ERR_DUPLICATE);
    assert_int_equal(t.n, 2);
    assert_int_equal(store_write(s, touch_many, NULL), BZT_OK);
    assert_int_equal(t.n, 102);
    assert_int_equal(store_read(s, touch_many, NULL), BZT_OK);
    assert_int_equal(t.n, 102);
    store_close(s);
}

/* --- time ---------------------------------------------------------------- */

static bzt_err read_now(store_tx *tx, void *arg)
{
    return store_now(tx, arg);
}

static void store_now_is_the_wall_clock(void **state)
{
    store *s = test_open();
    int64_t now, before = clock_now_ms();

    (void)state;
    assert_int_equal(store_read(s, read_now, &now), BZT_OK);
    assert_true(now >= before - 1000 && now <= clock_now_ms() + 1000);
    assert_int_equal(store_write(s, read_now, &now), BZT_OK);
    assert_true(now >= before - 1000 && now <= clock_now_ms() + 1000);
    store_close(s);
}

/* --- opening ------------------------------------------------------------- */

static bzt_err read_versions(store_tx *tx, void *arg)
{
    static const store_sql sql = {
        "SELECT count(*) FROM schema_version WHERE version > 0"};
    store_rows *rows;
    bzt_err err = store_query(tx, &rows, &sql, NULL, 0);

    if (err)
        return err;
    err = store_next(rows);
    *(int64_t *)arg = store_int(rows, 0);
    store_rows_done(rows);
    return err;
}

static bzt_err pretend_newer(store_tx *tx, void *arg)
{
    static const store_sql sql = {
        "INSERT INTO schema_version (version, at) VALUES (9999, 0)"};

    (void)arg;
    return store_exec(tx, NULL, &sql, NULL, 0);
}

static void store_migrates_once_and_refuses_a_newer_schema(void **state)
{
    store *s = test_open();
    int64_t first, again;

    (void)state;
    assert_int_equal(store_read(s, read_versions, &first), BZT_OK);
    assert_true(first >= 1);
    store_close(s);
    s = test_open();
    assert_int_equal(store_read(s, read_versions, &again), BZT_OK);
    assert_int_equal(again, first);
    assert_int_equal(store_write(s, pretend_newer, NULL), BZT_OK);
    store_close(s);
    assert_int_equal(store_open(&s, &(store_options){.url = test_url}),
                     BZT_ERR_CONFIG);
    assert_null(s);
}

static void *open_in_thread(void *arg)
{
    store *s;

    *(bzt_err *)arg = store_open(&s, &(store_options){.url = test_url});
    if (!*(bzt_err *)arg)
        store_close(s);
    return NULL;
}

static void store_opened_by_several_at_once_migrates_once(void **state)
{
    pthread_t threads[4];
    bzt_err errors[4];
    store *s;
    int64_t n;

    (void)state;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, open_in_thread, &errors[i]);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(errors[i], BZT_OK);
    }
    s = test_open();
    assert_int_equal(store_read(s, read_versions, &n), BZT_OK);
    assert_true(n >= 1);
    store_close(s);
}

static void store_open_names_a_bad_url(void **state)
{
    static const char *const bad[] = {
        "", "mysql://x", "sqlite:", "/tmp/x", "postgresql://[", NULL};
    store *s;

    (void)state;
    for (int i = 0; bad[i]; i++) {
        assert_int_equal(store_open(&s, &(store_options){.url = bad[i]}),
                         BZT_ERR_CONFIG);
        assert_null(s);
    }
    assert_int_equal(store_open(&s, &(store_options){0}), BZT_ERR_CONFIG);
    assert_int_equal(
        store_open(&s, &(store_options){.url = "sqlite:/nowhere/x/db"}),
        BZT_ERR_IO);
    assert_int_equal(
        store_open(
            &s,
            &(store_options){.url = "postgresql:///x?host=/nowhere&user=x"}),
        BZT_ERR_IO);
    store_close(NULL);
}

/* --- closing ------------------------------------------------------------- */

static _Atomic int begun;

static bzt_err linger(store_tx *tx, void *arg)
{
    bzt_err err = test_count(tx, arg);

    begun++;
    usleep(100000);
    return err;
}

static void *linger_reading(void *arg)
{
    int64_t n;

    return store_read(arg, linger, &n) ? arg : NULL;
}

static void *linger_writing(void *arg)
{
    int64_t n;

    return store_write(arg, linger, &n) ? arg : NULL;
}

static void store_close_waits_for_what_runs(void **state)
{
    store *s = test_open();
    pthread_t reader, writer;
    void *failed;

    (void)state;
    begun = 0;
    pthread_create(&reader, NULL, linger_reading, s);
    pthread_create(&writer, NULL, linger_writing, s);
    while (begun < 2)
        usleep(1000);
    store_close(s);
    pthread_join(reader, &failed);
    assert_null(failed);
    pthread_join(writer, &failed);
    assert_null(failed);
}

/* --- kill -9 ------------------------------------------------------------- */

/* Every operation that reported success writes its number to the pipe. */
static void *report_work(void *arg)
{
    worker *w = arg;

    for (int i = 0;; i++) {
        int k = w->number * 100000 + i;
        char name[16];
        test_row row = {name, k};

        snprintf(name, sizeof name, "k%d", k);
        if (store_write(w->s, test_insert, &row) == BZT_OK &&
            write(w->wrong, &k, sizeof k) != sizeof k)
            return NULL;
    }
}

static void child_writes(int out)
{
    store *s;
    pthread_t threads[8];
    worker workers[8];

    if (store_open(&s, &(store_options){.url = test_url}))
        _exit(1);
    for (int i = 0; i < 8; i++) {
        workers[i] = (worker){s, i, out};
        pthread_create(&threads[i], NULL, report_work, &workers[i]);
    }
    pause();
}

static int run_and_kill(int *reported, int cap, int ms)
{
    int ends[2], n = 0, k;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        close(ends[0]);
        child_writes(ends[1]);
    }
    close(ends[1]);
    /* the first report says that it is under way */
    if (read(ends[0], &k, sizeof k) == sizeof k)
        reported[n++] = k;
    usleep((useconds_t)ms * 1000);
    kill(child, SIGKILL);
    while (n < cap && read(ends[0], &k, sizeof k) == sizeof k)
        reported[n++] = k;
    close(ends[0]);
    waitpid(child, NULL, 0);
    return n;
}

static void store_killed_keeps_everything_that_it_answered(void **state)
{
    enum { CAP = 200000 };
    int *reported = malloc(CAP * sizeof *reported);

    (void)state;
    for (int round = 0; round < 5; round++) {
        int n = run_and_kill(reported, CAP, 20 + 60 * round);
        store *s = test_open();

        assert_true(n > 0);
        for (int i = 0; i < n; i++) {
            char name[16];

            snprintf(name, sizeof name, "k%d", reported[i]);
            assert_int_equal(test_value_now(s, name), reported[i]);
        }
        /* at most one unanswered operation for each thread */
        assert_true(test_count_now(s) <= n + 8);
        store_close(s);
        test_db_drop(NULL);
        test_db_new(NULL);
    }
    free(reported);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, test_db_new, test_db_drop)
    const struct CMUnitTest tests[] = {
        T(store_keeps_values_of_each_type),
        T(store_treats_a_null_pointer_as_null),
        T(store_rolls_back_what_an_operation_refuses),
        T(store_never_commits_after_a_failed_statement),
        T(store_names_a_duplicate),
        T(store_refuses_misuse),
        T(store_closes_rows_that_an_operation_forgot),
        T(store_nests_queries_also_of_the_same_statement),
        T(store_completes_returning_whose_rows_are_not_read),
        T(store_counts_changed_rows),
        T(store_commits_each_of_many_whatever_the_others_do),
        T(store_runs_conflicting_operations_again),
        T(store_makes_find_or_insert_safe),
        T(store_prevents_write_skew),
        T(store_readers_see_only_what_is_committed),
        T(store_read_is_one_snapshot),
        T(store_tells_touched_ids_once_and_only_after_commit),
        T(store_now_is_the_wall_clock),
        T(store_migrates_once_and_refuses_a_newer_schema),
        T(store_opened_by_several_at_once_migrates_once),
        T(store_open_names_a_bad_url),
        T(store_close_waits_for_what_runs),
        T(store_killed_keeps_everything_that_it_answered),
    };

    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
