/* Durable operations per second: 1, 8 and 64 threads that wait for each of
 * theirs, with group commit and with one transaction for each, in turn in the
 * same run; beside them what the disk can do.  Wall clock, since what counts
 * here is waiting.
 *
 *     bench/store [--json] [--rounds N] [--round-ms N]
 *
 * SQLite in BZT_BENCH_DIR (or the working folder), and PostgreSQL at
 * BZT_TEST_PG if that is set; a server that does not sync is named as such.
 */
#include "bench/bench.h"
#include "store/audit.h"
#include "store/db.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS_MAX = 1000, THREADS_MAX = 64, STRETCH = 10 };

static const int waiters[] = {1, 8, 64};

static _Atomic int running;

typedef struct worker {
    store *s;
    long done;
    bool reads;
    uint8_t id[16];
} worker;

static bzt_err insert_record(store_tx *tx, void *arg)
{
    static const char text[200] = "a record of two hundred bytes";
    const uint8_t who[16] = {1};

    return audit_insert(tx, arg,
                        &(audit_entry){.tenant = who,
                                       .person = who,
                                       .at = 1,
                                       .kind = "key.sign",
                                       .record = {(const uint8_t *)text, 200}});
}

static bzt_err read_record(store_tx *tx, void *arg)
{
    static const store_sql sql = {
        "SELECT record FROM audit_record WHERE id = $1"};
    store_rows *rows;
    bzt_err err = store_query(tx, &rows, &sql, (store_value[]){sv_id(arg)}, 1);

    if (!err)
        err = store_next(rows);
    store_rows_done(rows);
    return err;
}

static void *work(void *arg)
{
    worker *w = arg;

    while (running) {
        bzt_err err = w->reads ? store_read(w->s, read_record, w->id)
                               : store_write(w->s, insert_record, w->id);

        if (err) {
            fprintf(stderr, "bench: %s\n", bzt_err_describe(err)->en);
            exit(1);
        }
        w->done++;
    }
    return NULL;
}

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Operations per second of n threads; *cpu: microseconds for each. */
static double measure(store *s, int n, bool reads, int ms, double *cpu)
{
    pthread_t threads[THREADS_MAX];
    static worker workers[THREADS_MAX];
    double begin, cpu_begin = cpu_ns();
    long done = 0;

    for (int i = 0; i < n; i++) {
        workers[i] = (worker){.s = s, .reads = reads};
        if (reads && store_write(s, insert_record, workers[i].id))
            exit(1);
    }
    running = 1;
    begin = bench_wall_ns();
    for (int i = 0; i < n; i++)
        pthread_create(&threads[i], NULL, work, &workers[i]);
    usleep((useconds_t)ms * 1000);
    running = 0;
    for (int i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
        done += workers[i].done;
    }
    *cpu = (cpu_ns() - cpu_begin) / 1e3 / (double)done;
    return (double)done / ((bench_wall_ns() - begin) / 1e9);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double print_spread(bench *b, const char *name, double *values)
{
    char label[96];
    int n = b->rounds;

    qsort(values, (size_t)n, sizeof *values, by_value);
    snprintf(label, sizeof label, "%s", name);
    bench_value(b, label, values[n / 2], "1/s");
    snprintf(label, sizeof label, "%s, low", name);
    bench_value(b, label, values[n / 10], "1/s");
    snprintf(label, sizeof label, "%s, high", name);
    bench_value(b, label, values[n - 1 - n / 10], "1/s");
    return values[n / 2];
}

/* What the disk does without a database: append a page, sync. */
static double measure_disk(const char *folder, int ms)
{
    char path[600], page[4096] = {1};
    double begin = bench_wall_ns(), end = begin + ms * 1e6;
    long n = 0;
    int fd;

    snprintf(path, sizeof path, "%s/bench-sync.tmp", folder);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0) {
        perror(path);
        exit(1);
    }
    while (bench_wall_ns() < end && write(fd, page, sizeof page) > 0 &&
           !fdatasync(fd))
        n++;
    close(fd);
    unlink(path);
    return (double)n / ((bench_wall_ns() - begin) / 1e9);
}

static void bench_waiters(bench *b, store *s, const char *kind, int n,
                          bool can_group)
{
    static double group[ROUNDS_MAX], each[ROUNDS_MAX];
    double cpu = 0, group_cpu = 0, with, without;
    int ms = b->round_ms * STRETCH;
    char name[64];

    for (int i = 0; i < b->rounds; i++) {
        if (can_group)
            sqlite_store_set_group_max(s, 256);
        group[i] = measure(s, n, false, ms, &group_cpu);
        if (!can_group)
            continue;
        sqlite_store_set_group_max(s, 1);
        each[i] = measure(s, n, false, ms, &cpu);
    }
    snprintf(name, sizeof name, "%s, %d waiting%s", kind, n,
             can_group ? ", group" : "");
    with = print_spread(b, name, group);
    snprintf(name, sizeof name, "%s, %d waiting, client CPU", kind, n);
    bench_value(b, name, group_cpu, "us");
    if (!can_group)
        return;
    snprintf(name, sizeof name, "%s, %d waiting, one each", kind, n);
    without = print_spread(b, name, each);
    snprintf(name, sizeof name, "%s, %d waiting, group / each", kind, n);
    bench_value(b, name, with / without, "x");
}

static void bench_reads(bench *b, store *s, const char *kind)
{
    static double values[ROUNDS_MAX];
    double cpu;
    char name[64];

    for (int i = 0; i < b->rounds; i++)
        values[i] = measure(s, 1, true, b->round_ms, &cpu);
    snprintf(name, sizeof name, "%s, point reads, 1 thread", kind);
    print_spread(b, name, values);
}

static void bench_store(bench *b, const char *url, const char *kind,
                        bool can_group)
{
    store *s;
    bzt_err err =
        store_open(&s, &(store_options){.url = url, .connections = 24});

    if (err) {
        fprintf(stderr, "%s: %s\n", url, bzt_err_describe(err)->en);
        exit(1);
    }
    for (size_t i = 0; i < sizeof waiters / sizeof *waiters; i++)
        bench_waiters(b, s, kind, waiters[i], can_group);
    bench_reads(b, s, kind);
    store_close(s);
}

static bzt_err read_fsync(store_tx *tx, void *arg)
{
    static const store_sql sql = {"SELECT current_setting('fsync')"};
    store_rows *rows;
    bzt_err err = store_query(tx, &rows, &sql, NULL, 0);

    if (!err && !(err = store_next(rows)))
        *(bool *)arg = store_bytes(rows, 0).len == 2; /* on */
    store_rows_done(rows);
    return err;
}

static const char *pg_kind(const char *url)
{
    bool syncs = false;
    store *s;

    if (store_open(&s, &(store_options){.url = url}))
        return "PostgreSQL";
    if (store_read(s, read_fsync, &syncs))
        syncs = false;
    store_close(s);
    return syncs ? "PostgreSQL" : "PostgreSQL (fsync off)";
}

int main(int argc, char **argv)
{
    static double disk[ROUNDS_MAX];
    const char *folder = getenv("BZT_BENCH_DIR");
    const char *pg = getenv("BZT_TEST_PG");
    char path[512], url[600], command[600];
    bench b;

    bench_init(&b, "store", argc, argv);
    snprintf(path, sizeof path, "%s/bench-store-XXXXXX", folder ? folder : ".");
    if (!mkdtemp(path)) {
        perror(path);
        return 1;
    }
    snprintf(url, sizeof url, "sqlite:%s/db", path);
    for (int i = 0; i < b.rounds; i++)
        disk[i] = measure_disk(path, b.round_ms * STRETCH / 2);
    print_spread(&b, "disk, page and fdatasync", disk);
    bench_store(&b, url, "SQLite", true);
    snprintf(command, sizeof command, "rm -r '%s'", path);
    if (system(command))
        return 1;
    if (pg)
        bench_store(&b, pg, pg_kind(pg), false);
    return bench_finish(&b);
}
