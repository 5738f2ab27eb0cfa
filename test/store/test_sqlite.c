/* What only SQLite can do wrong: disks that fill and fail, other processes,
 * a log that grows. */
#include "base/file.h"
#include "lib.h"
#include "store/db.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- a file system that fails when told to -------------------------------- */

static sqlite3_vfs *real;
static sqlite3_vfs bad;
static _Atomic int syncs_until_failure = -1; /* of the WAL; -1: never */
static _Atomic int writes_until_full = -1;   /* of the WAL */

typedef struct bad_file {
    sqlite3_file base;
    int is_wal;
    sqlite3_file *inner; /* behind us in the same memory */
} bad_file;

#define INNER(f) (((bad_file *)(f))->inner)

static int bad_close(sqlite3_file *f)
{
    return INNER(f)->pMethods->xClose(INNER(f));
}
static int bad_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return INNER(f)->pMethods->xRead(INNER(f), p, n, at);
}
static int count_down(_Atomic int *left)
{
    if (*left < 0)
        return 0;
    if (*left == 0)
        return 1;
    --*left;
    return 0;
}
static int bad_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    if (((bad_file *)f)->is_wal && count_down(&writes_until_full))
        return SQLITE_FULL;
    return INNER(f)->pMethods->xWrite(INNER(f), p, n, at);
}
static int bad_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    return INNER(f)->pMethods->xTruncate(INNER(f), n);
}
static int bad_sync(sqlite3_file *f, int flags)
{
    if (((bad_file *)f)->is_wal && count_down(&syncs_until_failure))
        return SQLITE_IOERR_FSYNC;
    return INNER(f)->pMethods->xSync(INNER(f), flags);
}
static int bad_size(sqlite3_file *f, sqlite3_int64 *n)
{
    return INNER(f)->pMethods->xFileSize(INNER(f), n);
}
static int bad_lock(sqlite3_file *f, int how)
{
    return INNER(f)->pMethods->xLock(INNER(f), how);
}
static int bad_unlock(sqlite3_file *f, int how)
{
    return INNER(f)->pMethods->xUnlock(INNER(f), how);
}
static int bad_check_lock(sqlite3_file *f, int *out)
{
    return INNER(f)->pMethods->xCheckReservedLock(INNER(f), out);
}
static int bad_control(sqlite3_file *f, int op, void *arg)
{
    return INNER(f)->pMethods->xFileControl(INNER(f), op, arg);
}
static int bad_sector(sqlite3_file *f)
{
    return INNER(f)->pMethods->xSectorSize(INNER(f));
}
static int bad_device(sqlite3_file *f)
{
    return INNER(f)->pMethods->xDeviceCharacteristics(INNER(f));
}
static int bad_shm_map(sqlite3_file *f, int page, int size, int extend,
                       void volatile **out)
{
    return INNER(f)->pMethods->xShmMap(INNER(f), page, size, extend, out);
}
static int bad_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return INNER(f)->pMethods->xShmLock(INNER(f), offset, n, flags);
}
static void bad_shm_barrier(sqlite3_file *f)
{
    INNER(f)->pMethods->xShmBarrier(INNER(f));
}
static int bad_shm_unmap(sqlite3_file *f, int delete)
{
    return INNER(f)->pMethods->xShmUnmap(INNER(f), delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = bad_close,
    .xRead = bad_read,
    .xWrite = bad_write,
    .xTruncate = bad_truncate,
    .xSync = bad_sync,
    .xFileSize = bad_size,
    .xLock = bad_lock,
    .xUnlock = bad_unlock,
    .xCheckReservedLock = bad_check_lock,
    .xFileControl = bad_control,
    .xSectorSize = bad_sector,
    .xDeviceCharacteristics = bad_device,
    .xShmMap = bad_shm_map,
    .xShmLock = bad_shm_lock,
    .xShmBarrier = bad_shm_barrier,
    .xShmUnmap = bad_shm_unmap,
};

static int bad_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
                    int flags, int *out_flags)
{
    bad_file *b = (bad_file *)f;
    int rc;

    (void)vfs;
    memset(b, 0, sizeof *b);
    b->inner = (sqlite3_file *)(b + 1);
    b->is_wal = !!(flags & SQLITE_OPEN_WAL);
    rc = real->xOpen(real, name, b->inner, flags, out_flags);
    b->base.pMethods = rc ? NULL : &methods;
    return rc;
}

static int install(void **state)
{
    (void)state;
    real = sqlite3_vfs_find(NULL);
    bad = *real;
    bad.zName = "bad";
    bad.szOsFile = (int)sizeof(bad_file) + real->szOsFile;
    bad.xOpen = bad_open;
    return sqlite3_vfs_register(&bad, 1);
}

static int set_up(void **state)
{
    syncs_until_failure = writes_until_full = -1;
    return test_db_new(state);
}

/* --- commits that fail ---------------------------------------------------- */

static void count_broke(void *self)
{
    ++*(int *)self;
}

static void sqlite_failed_sync_is_an_unknown_outcome(void **state)
{
    int broke = 0;
    store *s = test_open_with(
        &(store_options){.broke = count_broke, .broke_self = &broke});
    test_row a = {"a", 1}, b = {"b", 1}, c = {"c", 1};

    (void)state;
    assert_int_equal(store_write(s, test_insert, &a), BZT_OK);
    syncs_until_failure = 0;
    assert_int_equal(store_write(s, test_insert, &b), BZT_ERR_UNKNOWN_OUTCOME);
    syncs_until_failure = -1;
    /* nothing more is written on top of what nobody knows */
    assert_int_equal(store_write(s, test_insert, &c), BZT_ERR_IO);
    assert_int_equal(broke, 1);
    assert_int_equal(test_value_now(s, "a"), 1);
    store_close(s);
    s = test_open();
    assert_int_equal(test_value_now(s, "a"), 1);
    assert_int_equal(test_value_now(s, "c"), -1);
    assert_int_equal(store_write(s, test_insert, &c), BZT_OK);
    store_close(s);
}

/* Several operations at once, so that they come in groups. */
enum { THREADS = 24, ROUNDS = 8 };

typedef struct worker {
    store *s;
    int number;
    bzt_err got[ROUNDS];
} worker;

static void *insert_some(void *arg)
{
    worker *w = arg;

    for (int i = 0; i < ROUNDS; i++) {
        char name[16];
        test_row row = {name, 1};

        snprintf(name, sizeof name, "w%d.%d", w->number, i);
        w->got[i] = store_write(w->s, test_insert, &row);
    }
    return NULL;
}

static void check_outcomes(const worker *w, int *ok, int *io, int *unknown)
{
    for (int n = 0; n < THREADS; n++)
        for (int i = 0; i < ROUNDS; i++) {
            char name[16];
            int64_t value;

            snprintf(name, sizeof name, "w%d.%d", n, i);
            value = test_value_now(w[0].s, name);
            *ok += w[n].got[i] == BZT_OK;
            *io += w[n].got[i] == BZT_ERR_IO;
            *unknown += w[n].got[i] == BZT_ERR_UNKNOWN_OUTCOME;
            if (w[n].got[i] == BZT_OK)
                assert_int_equal(value, 1);
            if (w[n].got[i] == BZT_ERR_IO)
                assert_int_equal(value, -1);
        }
}

static void run_workers(store *s, worker *workers)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.s = s, .number = i};
        pthread_create(&threads[i], NULL, insert_some, &workers[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void fill_disk(int writes)
{
    store *s = test_open();
    worker workers[THREADS];
    int ok = 0, io = 0, unknown = 0;

    writes_until_full = writes;
    run_workers(s, workers);
    check_outcomes(workers, &ok, &io, &unknown);
    assert_true(io > 0);
    assert_int_equal(unknown, 0);
    assert_int_equal(ok + io, THREADS * ROUNDS);
    /* there is room again: work goes on without a restart */
    writes_until_full = -1;
    assert_int_equal(store_write(s, test_insert, &(test_row){"later", 1}),
                     BZT_OK);
    assert_int_equal(test_count_now(s), ok + 1);
    store_close(s);
    s = test_open();
    assert_int_equal(test_count_now(s), ok + 1);
    store_close(s);
}

static void
sqlite_full_disk_fails_what_did_not_fit_and_nothing_else(void **state)
{
    (void)state;
    for (int writes = 0; writes < 24; writes++) {
        fill_disk(writes);
        test_db_drop(NULL);
        test_db_new(NULL);
    }
}

static void sqlite_failing_at_each_sync_keeps_what_it_answered(void **state)
{
    (void)state;
    /* each thread waits for each of its ROUNDS commits: as many syncs at
     * least */
    for (int k = 0; k < ROUNDS; k++) {
        store *s = test_open();
        worker workers[THREADS];
        int ok = 0, io = 0, unknown = 0;

        syncs_until_failure = k;
        run_workers(s, workers);
        syncs_until_failure = -1;
        store_close(s);
        s = test_open();
        for (int i = 0; i < THREADS; i++)
            workers[i].s = s;
        check_outcomes(workers, &ok, &io, &unknown);
        assert_int_equal(ok + io + unknown, THREADS * ROUNDS);
        assert_true(unknown > 0);
        store_close(s);
        test_db_drop(NULL);
        test_db_new(NULL);
    }
}

/* A limit on the size of the file, as a full disk that a statement meets. */
static bzt_err limit_pages(store_tx *tx, void *arg)
{
    static const store_sql grow = {"PRAGMA max_page_count = 1000000"};
    static const store_sql limit = {"PRAGMA max_page_count = 1"};
    store_rows *rows;
    bzt_err err = store_query(tx, &rows, *(int *)arg ? &limit : &grow, NULL, 0);

    if (err)
        return err;
    err = store_next(rows);
    store_rows_done(rows);
    return err;
}

static bzt_err insert_much(store_tx *tx, void *arg)
{
    char name[4096];
    test_row row = {name, 1};
    bzt_err err = BZT_OK;

    for (int i = 0; i < 50 && !err; i++) {
        memset(name, 'x', sizeof name - 1);
        name[sizeof name - 1] = 0;
        snprintf(name, sizeof name, "%s%d.%d", "m", *(int *)arg, i);
        name[strlen(name)] = 'y';
        err = test_insert(tx, &row);
    }
    return err;
}

static void sqlite_full_file_fails_the_operation_alone(void **state)
{
    store *s = test_open();
    int on = 1, off = 0, k = 0;
    worker workers[THREADS];
    int ok = 0, io = 0, unknown = 0;

    (void)state;
    assert_int_equal(store_write(s, limit_pages, &on), BZT_OK);
    assert_int_equal(store_write(s, insert_much, &k), BZT_ERR_IO);
    assert_int_equal(test_count_now(s), 0);
    run_workers(s, workers);
    check_outcomes(workers, &ok, &io, &unknown);
    assert_int_equal(ok + io, THREADS * ROUNDS);
    assert_int_equal(store_write(s, limit_pages, &off), BZT_OK);
    assert_int_equal(store_write(s, insert_much, &k), BZT_OK);
    assert_int_equal(test_count_now(s), ok + 50);
    store_close(s);
}

/* --- other processes ------------------------------------------------------ */

static void sqlite_file_belongs_to_one_process(void **state)
{
    store *s = test_open(), *other;
    struct stat st;
    pid_t child;
    int status;

    (void)state;
    assert_int_equal(stat(test_url + strlen("sqlite:"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    child = fork();
    if (child == 0) {
        store_options o = {.url = test_url};

        _exit(store_open(&other, &o) == BZT_ERR_IO ? 0 : 1);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    store_close(s);
    s = test_open();
    store_close(s);
}

static void sqlite_refuses_what_is_no_database(void **state)
{
    store *s;
    const char *path = test_url + strlen("sqlite:");
    char text[5000];

    (void)state;
    memset(text, 'x', sizeof text);
    assert_int_equal(
        file_write(path, (bzt_span){(uint8_t *)text, sizeof text}, 0600),
        BZT_OK);
    assert_int_equal(store_open(&s, &(store_options){.url = test_url}),
                     BZT_ERR_IO);
    assert_null(s);
}

/* --- the log -------------------------------------------------------------- */

static int64_t wal_size(void)
{
    char name[600];
    struct stat st;

    snprintf(name, sizeof name, "%s-wal", test_url + strlen("sqlite:"));
    return stat(name, &st) ? 0 : st.st_size;
}

static bzt_err insert_many(store_tx *tx, void *arg)
{
    int *from = arg;
    bzt_err err = BZT_OK;

    for (int i = 0; i < 2000 && !err; i++) {
        char name[200];
        test_row row = {name, i};

        snprintf(name, sizeof name, "%0150d", *from + i);
        err = test_insert(tx, &row);
    }
    return err;
}

static void sqlite_log_stays_short_and_ends_empty(void **state)
{
    store *s = test_open();

    (void)state;
    for (int from = 0; from < 60000; from += 2000)
        assert_int_equal(store_write(s, insert_many, &from), BZT_OK);
    /* about 12 MB went through it */
    assert_true(wal_size() < 10 << 20);
    for (int i = 0; i < 40 && wal_size(); i++)
        usleep(100000);
    assert_int_equal(wal_size(), 0); /* idle */
    assert_int_equal(store_write(s, test_insert, &(test_row){"z", 1}), BZT_OK);
    assert_true(wal_size() > 0);
    store_close(s);
    assert_int_equal(wal_size(), 0);
    s = test_open();
    assert_int_equal(test_count_now(s), 60001);
    store_close(s);
}

typedef struct slow_read {
    store *s;
    _Atomic int begun, may_end;
    int64_t before, after;
} slow_read;

static bzt_err read_slowly(store_tx *tx, void *arg)
{
    slow_read *r = arg;
    bzt_err err = test_count(tx, &r->before);

    r->begun = 1;
    while (!r->may_end)
        usleep(1000);
    return err ? err : test_count(tx, &r->after);
}

static void *read_in_thread(void *arg)
{
    slow_read *r = arg;

    assert_int_equal(store_read(r->s, read_slowly, r), BZT_OK);
    return NULL;
}

static void
sqlite_slow_reader_keeps_its_snapshot_through_checkpoints(void **state)
{
    slow_read r = {.s = test_open()};
    pthread_t thread;

    (void)state;
    assert_int_equal(store_write(r.s, test_insert, &(test_row){"a", 1}),
                     BZT_OK);
    pthread_create(&thread, NULL, read_in_thread, &r);
    while (!r.begun)
        usleep(1000);
    for (int from = 0; from < 40000; from += 2000)
        assert_int_equal(store_write(r.s, insert_many, &from), BZT_OK);
    r.may_end = 1;
    pthread_join(thread, NULL);
    assert_int_equal(r.before, 1);
    assert_int_equal(r.after, 1);
    assert_int_equal(test_count_now(r.s), 40001);
    /* once the reader is gone the log is written back and emptied */
    assert_int_equal(store_write(r.s, test_insert, &(test_row){"b", 1}),
                     BZT_OK);
    for (int i = 0; i < 150 && wal_size(); i++)
        usleep(100000);
    assert_int_equal(wal_size(), 0);
    store_close(r.s);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, test_db_drop)
    const struct CMUnitTest tests[] = {
        T(sqlite_failed_sync_is_an_unknown_outcome),
        T(sqlite_full_disk_fails_what_did_not_fit_and_nothing_else),
        T(sqlite_failing_at_each_sync_keeps_what_it_answered),
        T(sqlite_full_file_fails_the_operation_alone),
        T(sqlite_file_belongs_to_one_process),
        T(sqlite_refuses_what_is_no_database),
        T(sqlite_log_stays_short_and_ends_empty),
        T(sqlite_slow_reader_keeps_its_snapshot_through_checkpoints),
    };

    return cmocka_run_group_tests_name("sqlite", tests, install, NULL);
}
