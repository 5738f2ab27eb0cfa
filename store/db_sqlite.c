/* The store on SQLite, in WAL mode.
 *
 * One thread, the writer, owns the only connection that writes; it also does
 * every checkpoint, between groups.  SQLite up to 3.51.2 may lose committed
 * pages when one connection checkpoints while another commits, so no other
 * connection ever checkpoints, and a lock file keeps other processes away.
 *
 * Operations that wait are committed as a group, each in a savepoint.  A
 * group that fails as a whole is run again one by one: operations are
 * re-runnable, and one that fills the disk must not take others with it.
 */
#include "base/clock.h"
#include "base/log.h"
#include "sqlite_conn.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    GROUP_MAX = 256,
    READERS_MAX = 64,
    READERS_KEPT = 8,        /* idle ones beyond are closed */
    CHECKPOINT_PAGES = 1000, /* in the WAL: write them back */
    TRUNCATE_PAGES = 8000,   /* readers keep the WAL alive: wait for them */
    IDLE_MS = 1000,          /* then the WAL is emptied */
    TRUNCATE_WAIT_MS = 200,
    LOCK_WAIT_MS = 5000
};

typedef struct job {
    struct job *next;
    store_op op;
    void *arg;
    touched_list touched;
    bzt_err err;
    _Atomic uint32_t done; /* a futex: whoever wakes needs no mutex */
} job;

typedef struct sqlite_store {
    store base;
    char *path;
    int lock_fd;

    pthread_t writer;
    bool writer_runs;
    connection *write; /* the writer's own */
    bool broken;       /* a COMMIT may or may not be on the disk */
    int wal_pages;     /* after the last commit */
    _Atomic int group_max;

    pthread_mutex_t mutex; /* for what follows */
    pthread_cond_t work;   /* of the writer */
    pthread_cond_t free_reader;
    job *first, **last;
    bool closing;
    connection *readers; /* idle */
    int readers_idle, readers_n;
} sqlite_store;

typedef struct sqlite_tx {
    store_tx base;
    connection *c;
} sqlite_tx;

typedef struct sqlite_rows {
    store_rows base;
    connection *c;
    statement *cached; /* NULL: stmt is our own */
    sqlite3_stmt *stmt;
    int state;  /* SQLITE_ROW: a row is waiting; SQLITE_DONE: no more */
    bool shown; /* the waiting row has been given out */
} sqlite_rows;

/* The statements of every transaction are prepared once, too. */
static const store_sql begin_sql = {"BEGIN"};
static const store_sql begin_write_sql = {"BEGIN IMMEDIATE"};
static const store_sql commit_sql = {"COMMIT"};
static const store_sql rollback_sql = {"ROLLBACK"};
static const store_sql savepoint_sql = {"SAVEPOINT op"};
static const store_sql back_to_savepoint_sql = {"ROLLBACK TO op"};
static const store_sql release_sql = {"RELEASE op"};

/* --- statements inside a transaction ------------------------------------- */

static bzt_err exec(store_tx *base, int64_t *changed, const store_sql *sql,
                    const store_value *values, size_t n)
{
    connection *c = ((sqlite_tx *)base)->c;
    statement *s;
    bzt_err err;
    int rc;

    /* no rows are open here, so no statement is in use */
    if ((err = sqlite_statement(c, &s, sql)))
        return err;
    err = sqlite_bind(c, s->stmt, s->index, sql, values, n);
    if (!err) {
        do
            rc = sqlite3_step(s->stmt);
        while (rc == SQLITE_ROW);
        err = rc == SQLITE_DONE ? BZT_OK : sqlite_failed(c, rc, sql->text);
        *changed = err ? 0 : sqlite3_changes64(c->db);
    }
    sqlite_let_go(s);
    return err;
}

static void done(store_rows *base)
{
    sqlite_rows *rows = (sqlite_rows *)base;

    if (rows->cached)
        sqlite_let_go(rows->cached);
    else
        sqlite3_finalize(rows->stmt);
    free(rows);
}

/* A statement for rows: the cached one, or one more while its rows are
 * open. */
static bzt_err take_statement(sqlite_rows *rows, connection *c, int *index,
                              const store_sql *sql)
{
    statement *s = NULL;
    bzt_err err;

    /* growing would move statements that are in use */
    if (!sqlite_is_full(c) || !rows->base.next_open)
        if ((err = sqlite_statement(c, &s, sql)))
            return err;
    if (s) {
        rows->cached = s;
        rows->stmt = s->stmt;
        s->in_use = true;
        memcpy(index, s->index, sizeof s->index);
        return BZT_OK;
    }
    if ((err = sqlite_prepare(c, &rows->stmt, 0, sql)))
        return err;
    sqlite_number(index, rows->stmt);
    return BZT_OK;
}

/* The first row is fetched at once: an INSERT … RETURNING is then complete,
 * and errors come where they come with PostgreSQL. */
static bzt_err query(store_tx *base, store_rows **out, const store_sql *sql,
                     const store_value *values, size_t n)
{
    connection *c = ((sqlite_tx *)base)->c;
    sqlite_rows *rows = calloc(1, sizeof *rows);
    int index[DB_VALUES_MAX];
    bzt_err err;

    if (!rows)
        return BZT_ERR_MEMORY;
    rows->c = c;
    rows->base.next_open = base->open;
    if ((err = take_statement(rows, c, index, sql)))
        goto fail;
    if ((err = sqlite_bind(c, rows->stmt, index, sql, values, n)))
        goto fail;
    rows->state = sqlite3_step(rows->stmt);
    if (rows->state != SQLITE_ROW && rows->state != SQLITE_DONE) {
        err = sqlite_failed(c, rows->state, sql->text);
        goto fail;
    }
    *out = &rows->base;
    return BZT_OK;
fail:
    done(&rows->base);
    return err;
}

static bzt_err next(store_rows *base)
{
    sqlite_rows *rows = (sqlite_rows *)base;

    if (rows->state == SQLITE_ROW && rows->shown)
        rows->state = sqlite3_step(rows->stmt);
    if (rows->state == SQLITE_DONE)
        return BZT_ERR_NOT_FOUND;
    if (rows->state != SQLITE_ROW)
        return sqlite_failed(rows->c, rows->state, "next row");
    rows->shown = true;
    return BZT_OK;
}

static int is_null(const store_rows *base, int column)
{
    const sqlite_rows *rows = (const sqlite_rows *)base;

    return sqlite3_column_type(rows->stmt, column) == SQLITE_NULL;
}

static int64_t read_int(const store_rows *base, int column)
{
    return sqlite3_column_int64(((const sqlite_rows *)base)->stmt, column);
}

static bzt_span read_bytes(const store_rows *base, int column)
{
    sqlite3_stmt *stmt = ((const sqlite_rows *)base)->stmt;
    const void *p;

    if (is_null(base, column))
        return (bzt_span){NULL, 0};
    p = sqlite3_column_blob(stmt, column);
    if (!p) /* empty, but not NULL */
        p = "";
    return (bzt_span){p, (size_t)sqlite3_column_bytes(stmt, column)};
}

static bzt_err now(store_tx *tx, int64_t *now_ms)
{
    (void)tx;
    *now_ms = clock_now_ms();
    return BZT_OK;
}

/* --- the writer ---------------------------------------------------------- */

static void run_job(sqlite_store *s, job *j)
{
    sqlite_tx tx = {
        .base = {.store = &s->base, .writes = true, .touched = &j->touched},
        .c = s->write};
    int rc = sqlite_step(s->write, &savepoint_sql);

    j->touched.n = 0;
    if (rc) {
        j->err = sqlite_failed(s->write, rc, "savepoint");
        return;
    }
    j->err = db_run_op(&tx.base, j->op, j->arg);
    if (sqlite3_get_autocommit(s->write->db))
        return; /* SQLite gave the whole transaction up */
    if (j->err && (rc = sqlite_step(s->write, &back_to_savepoint_sql)))
        sqlite_failed(s->write, rc, "rollback to savepoint");
    if ((rc = sqlite_step(s->write, &release_sql)))
        j->err = sqlite_failed(s->write, rc, "release savepoint");
}

static void fail_all(job *group, bzt_err err)
{
    for (job *j = group; j; j = j->next)
        if (!j->err)
            j->err = err;
}

/* COMMIT failed.  A full disk refuses the WAL's frames, so nothing is
 * committed.  After anything else, a failed sync above all, a later recovery
 * may still find the commit: nobody can know, and nothing more is written
 * until somebody opens the database again. */
static bool is_commit_known(sqlite_store *s, job *group, int rc)
{
    if ((rc & 0xff) == SQLITE_FULL || (rc & 0xff) == SQLITE_BUSY)
        return true;
    log_event(LOG_ERROR, "store_broken",
              "a commit failed with an unknown outcome; restart is needed");
    s->broken = true;
    if (s->base.broke)
        s->base.broke(s->base.broke_self);
    fail_all(group, BZT_ERR_UNKNOWN_OUTCOME);
    return false;
}

/* BZT_OK: committed, or every job knows its error.  Else the group as a
 * whole was rolled back. */
static bzt_err try_group(sqlite_store *s, job *group)
{
    connection *c = s->write;
    bzt_err err = BZT_OK;
    int rc;

    for (job *j = group; j; j = j->next)
        j->err = BZT_OK;
    if (s->broken) {
        fail_all(group, BZT_ERR_IO);
        return BZT_OK;
    }
    if ((rc = sqlite_step(c, &begin_write_sql))) {
        fail_all(group, sqlite_failed(c, rc, "begin"));
        return BZT_OK;
    }
    for (job *j = group; j; j = j->next) {
        run_job(s, j);
        if (sqlite3_get_autocommit(c->db))
            return j->err ? j->err : BZT_ERR_IO;
    }
    if (!(rc = sqlite_step(c, &commit_sql)))
        return BZT_OK;
    err = sqlite_failed(c, rc, "commit");
    if (!sqlite3_get_autocommit(c->db))
        sqlite_step(c, &rollback_sql);
    return is_commit_known(s, group, rc) ? err : BZT_OK;
}

static void run_group(sqlite_store *s, job *group)
{
    bzt_err err = try_group(s, group);

    if (!err)
        return;
    if (!group->next) {
        fail_all(group, err);
        return;
    }
    for (job *j = group; j; j = j->next) {
        job *rest = j->next;

        j->next = NULL;
        if ((err = try_group(s, j)))
            fail_all(j, err);
        j->next = rest;
    }
}

static int count_pages(void *self, sqlite3 *db, const char *name, int pages)
{
    (void)db;
    (void)name;
    ((sqlite_store *)self)->wal_pages = pages;
    return SQLITE_OK;
}

/* Readers may keep a checkpoint from finishing; then the next one does. */
static void checkpoint(sqlite_store *s, int mode)
{
    int in_wal = 0, written = 0;
    int rc;

    sqlite3_busy_timeout(s->write->db, TRUNCATE_WAIT_MS);
    rc = sqlite3_wal_checkpoint_v2(s->write->db, NULL, mode, &in_wal, &written);
    sqlite3_busy_timeout(s->write->db, SQLITE_WAIT_MS);
    if (rc && (rc & 0xff) != SQLITE_BUSY)
        sqlite_failed(s->write, rc, "checkpoint");
    if (!rc && mode == SQLITE_CHECKPOINT_TRUNCATE)
        s->wal_pages = 0;
}

static void checkpoint_if_long(sqlite_store *s, int *last)
{
    if (s->wal_pages < *last) /* the WAL began anew */
        *last = 0;
    if (s->wal_pages - *last < CHECKPOINT_PAGES)
        return;
    checkpoint(s, s->wal_pages < TRUNCATE_PAGES ? SQLITE_CHECKPOINT_PASSIVE
                                                : SQLITE_CHECKPOINT_TRUNCATE);
    *last = s->wal_pages;
}

static struct timespec in_ms(int ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000L;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

/* With the mutex held. false: close. */
static bool wait_for_work(sqlite_store *s)
{
    struct timespec idle_at = in_ms(IDLE_MS);

    while (!s->first && !s->closing) {
        if (!s->wal_pages || s->broken) {
            pthread_cond_wait(&s->work, &s->mutex);
        } else if (pthread_cond_timedwait(&s->work, &s->mutex, &idle_at)) {
            pthread_mutex_unlock(&s->mutex);
            checkpoint(s, SQLITE_CHECKPOINT_TRUNCATE);
            pthread_mutex_lock(&s->mutex);
            idle_at = in_ms(IDLE_MS * 10); /* if readers were in the way */
        }
    }
    return s->first != NULL;
}

static job *take_group(sqlite_store *s)
{
    job *group = s->first, **end = &s->first;

    for (int n = s->group_max; n > 0 && *end; n--)
        end = &(*end)->next;
    s->first = *end;
    *end = NULL;
    if (!s->first)
        s->last = &s->first;
    return group;
}

static void wait_until_done(job *j)
{
    while (!j->done)
        syscall(SYS_futex, &j->done, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

/* A job lives on its caller's stack and is gone once it is done: then only
 * its address is used, and a wake that comes too late disturbs nobody. */
static void finish_group(sqlite_store *s, job *group)
{
    for (job *j = group; j; j = j->next)
        if (!j->err)
            db_tell_touched(&s->base, &j->touched);
    while (group) {
        job *j = group;

        group = j->next;
        j->done = 1;
        syscall(SYS_futex, &j->done, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
}

static void *write_loop(void *self)
{
    sqlite_store *s = self;
    int last_checkpoint = 0;

    pthread_mutex_lock(&s->mutex);
    while (wait_for_work(s)) {
        job *group = take_group(s);

        pthread_mutex_unlock(&s->mutex);
        run_group(s, group);
        finish_group(s, group);
        checkpoint_if_long(s, &last_checkpoint);
        pthread_mutex_lock(&s->mutex);
    }
    pthread_mutex_unlock(&s->mutex);
    return NULL;
}

static bzt_err write_op(store *base, store_op op, void *arg)
{
    sqlite_store *s = (sqlite_store *)base;
    job j = {.op = op, .arg = arg};

    pthread_mutex_lock(&s->mutex);
    *s->last = &j;
    s->last = &j.next;
    pthread_mutex_unlock(&s->mutex);
    pthread_cond_signal(&s->work); /* who wakes needs the mutex at once */
    wait_until_done(&j);
    db_free_touched(&j.touched);
    return j.err;
}

/* --- readers ------------------------------------------------------------- */

static bzt_err take_reader(sqlite_store *s, connection **out)
{
    bzt_err err;

    pthread_mutex_lock(&s->mutex);
    while (!s->readers && s->readers_n >= READERS_MAX)
        pthread_cond_wait(&s->free_reader, &s->mutex);
    *out = s->readers;
    if (*out) {
        s->readers = (*out)->next;
        s->readers_idle--;
    } else {
        s->readers_n++;
    }
    pthread_mutex_unlock(&s->mutex);
    if (*out)
        return BZT_OK;
    err = sqlite_open(out, s->path, false);
    if (err) {
        pthread_mutex_lock(&s->mutex);
        s->readers_n--;
        pthread_cond_signal(&s->free_reader);
        pthread_mutex_unlock(&s->mutex);
    }
    return err;
}

static void give_reader(sqlite_store *s, connection *c)
{
    connection *surplus = NULL;

    pthread_mutex_lock(&s->mutex);
    if (s->readers_idle < READERS_KEPT) {
        c->next = s->readers;
        s->readers = c;
        s->readers_idle++;
    } else {
        surplus = c;
        s->readers_n--;
    }
    pthread_cond_signal(&s->free_reader);
    pthread_mutex_unlock(&s->mutex);
    sqlite_close(surplus);
}

static bzt_err read_op(store *base, store_op op, void *arg)
{
    sqlite_store *s = (sqlite_store *)base;
    sqlite_tx tx = {.base = {.store = base}};
    bzt_err err = take_reader(s, &tx.c);
    int rc;

    if (err)
        return err;
    if ((rc = sqlite_step(tx.c, &begin_sql)))
        err = sqlite_failed(tx.c, rc, "begin reading");
    else
        err = db_run_op(&tx.base, op, arg);
    if (!sqlite3_get_autocommit(tx.c->db))
        sqlite_step(tx.c, &rollback_sql);
    give_reader(s, tx.c);
    return err;
}

/* --- opening and closing ------------------------------------------------- */

static int read_version(void *out, int n, char **values, char **names)
{
    (void)names;
    if (n == 1 && values[0])
        *(int *)out = atoi(values[0]);
    return 0;
}

static int apply(connection *c, const migration *m)
{
    char insert[128];
    int rc = sqlite_run(c, m->sql);

    snprintf(insert, sizeof insert,
             "INSERT INTO schema_version (version, at) VALUES (%d, %lld)",
             m->version, (long long)clock_now_ms());
    return rc ? rc : sqlite_run(c, insert);
}

static bzt_err migrate_inside(connection *c)
{
    int version = 0;
    int rc = sqlite_run(c, "CREATE TABLE IF NOT EXISTS schema_version ("
                           "version bigint PRIMARY KEY, at bigint NOT NULL)");

    if (!rc)
        rc = sqlite3_exec(c->db, "SELECT max(version) FROM schema_version",
                          read_version, &version, NULL);
    if (version > migrations_n) {
        log_event(LOG_ERROR, "store_newer",
                  "the schema is version %d, this program knows %d", version,
                  migrations_n);
        return BZT_ERR_CONFIG;
    }
    for (int i = version; !rc && i < migrations_n; i++)
        rc = apply(c, &migrations[i]);
    return rc ? sqlite_failed(c, rc, "migration") : BZT_OK;
}

static bzt_err migrate(connection *c)
{
    int rc = sqlite_run(c, "BEGIN IMMEDIATE");
    bzt_err err;

    if (rc)
        return sqlite_failed(c, rc, "migration");
    err = migrate_inside(c);
    if (!err && (rc = sqlite_run(c, "COMMIT")))
        err = sqlite_failed(c, rc, "migration");
    if (!sqlite3_get_autocommit(c->db))
        sqlite_run(c, "ROLLBACK");
    return err;
}

/* The file is the owner's alone, and its name is on the disk. */
static bzt_err create_file(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), failed_sync;

    if (fd < 0)
        return BZT_ERR_IO;
    close(fd);
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1,
             slash ? path : ".");
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return BZT_ERR_IO;
    failed_sync = fsync(fd);
    close(fd);
    return failed_sync ? BZT_ERR_IO : BZT_OK;
}

/* One process for one file.  A little patience lets the one before end. */
static bzt_err lock_file(int *fd, const char *path)
{
    char name[PATH_MAX];
    int64_t until = clock_monotonic_ms() + LOCK_WAIT_MS;

    if ((size_t)snprintf(name, sizeof name, "%s-lock", path) >= sizeof name)
        return BZT_ERR_CONFIG;
    *fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0)
        return BZT_ERR_IO;
    while (flock(*fd, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK || clock_monotonic_ms() > until) {
            log_event(LOG_ERROR, "store_locked",
                      "another process has the database open");
            return BZT_ERR_IO;
        }
        usleep(20000);
    }
    return BZT_OK;
}

static void free_store(sqlite_store *s)
{
    while (s->readers) {
        connection *c = s->readers;

        s->readers = c->next;
        sqlite_close(c);
    }
    sqlite_close(s->write);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    pthread_cond_destroy(&s->work);
    pthread_cond_destroy(&s->free_reader);
    pthread_mutex_destroy(&s->mutex);
    free(s->path);
    free(s);
}

static void close_store(store *base)
{
    sqlite_store *s = (sqlite_store *)base;

    if (s->writer_runs) {
        pthread_mutex_lock(&s->mutex);
        s->closing = true;
        pthread_cond_signal(&s->work);
        pthread_mutex_unlock(&s->mutex);
        pthread_join(s->writer, NULL);
    }
    if (s->write && !s->broken)
        checkpoint(s, SQLITE_CHECKPOINT_TRUNCATE);
    free_store(s);
}

void sqlite_store_set_group_max(store *base, int most)
{
    ((sqlite_store *)base)->group_max = most;
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

static sqlite_store *new_store(const char *path)
{
    sqlite_store *s = calloc(1, sizeof *s);
    pthread_condattr_t attr;

    if (!s)
        return NULL;
    s->base.ops = &ops;
    s->lock_fd = -1;
    s->group_max = GROUP_MAX;
    s->last = &s->first;
    s->path = strdup(path);
    pthread_mutex_init(&s->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->work, &attr);
    pthread_condattr_destroy(&attr);
    pthread_cond_init(&s->free_reader, NULL);
    return s;
}

/* Its statistics are one lock for every allocation of every thread; who has
 * started SQLite before us has decided already. */
static void without_statistics(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

bzt_err sqlite_store_open(store **out, const char *path)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    sqlite_store *s;
    bzt_err err = BZT_ERR_MEMORY;

    *out = NULL;
    if (!*path || !sqlite3_threadsafe())
        return BZT_ERR_CONFIG;
    pthread_once(&once, without_statistics);
    s = new_store(path);
    if (!s || !s->path)
        goto fail;
    if ((err = lock_file(&s->lock_fd, path)))
        goto fail;
    if ((err = create_file(path)))
        goto fail;
    if ((err = sqlite_open(&s->write, path, true)))
        goto fail;
    sqlite3_wal_hook(s->write->db, count_pages, s);
    if ((err = migrate(s->write)))
        goto fail;
    if (pthread_create(&s->writer, NULL, write_loop, s)) {
        err = BZT_ERR_MEMORY;
        goto fail;
    }
    s->writer_runs = true;
    *out = &s->base;
    return BZT_OK;
fail:
    if (s)
        free_store(s);
    return err;
}
