#include "work.h"
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Handlers keep what is large in arenas; a thread waits on little. */
enum { STACK_LEN = 256 * 1024 };

typedef struct list {
    job *first, **last;
} list;

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    list waiting, finished;
    size_t waiting_n, bound, arena_max;
    int stopping;
    int fd;
    int threads_n;
    pthread_t threads[];
};

static void list_init(list *l)
{
    l->first = NULL;
    l->last = &l->first;
}

static void list_add(list *l, job *j)
{
    j->next = NULL;
    *l->last = j;
    l->last = &j->next;
}

static job *list_take(list *l)
{
    job *j = l->first;

    l->first = j->next;
    if (!l->first)
        l->last = &l->first;
    return j;
}

/* NULL: the pool stops and nothing is left to do. */
static job *wait_for_job(pool *p)
{
    job *j = NULL;

    pthread_mutex_lock(&p->lock);
    while (!p->waiting.first && !p->stopping)
        pthread_cond_wait(&p->wanted, &p->lock);
    if (p->waiting.first) {
        j = list_take(&p->waiting);
        p->waiting_n--;
    }
    pthread_mutex_unlock(&p->lock);
    return j;
}

static void finish(pool *p, job *j)
{
    int was_empty;

    pthread_mutex_lock(&p->lock);
    was_empty = !p->finished.first;
    list_add(&p->finished, j);
    pthread_mutex_unlock(&p->lock);
    if (was_empty)
        pool_notify(p);
}

static void *work(void *arg)
{
    pool *p = arg;
    arena *scratch = arena_new(p->arena_max);
    job *j;

    while ((j = wait_for_job(p))) {
        j->run(j, scratch);
        if (scratch)
            arena_reset(scratch);
        finish(p, j);
    }
    arena_free(scratch);
    return NULL;
}

static int start_thread(pool *p)
{
    pthread_attr_t attr;
    int failed;

    if (pthread_attr_init(&attr))
        return 0;
    pthread_attr_setstacksize(&attr, STACK_LEN);
    failed = pthread_create(&p->threads[p->threads_n], &attr, work, p);
    pthread_attr_destroy(&attr);
    if (!failed)
        p->threads_n++;
    return !failed;
}

/* Signals are the event thread's: workers inherit a full mask. */
static bzt_err start_threads(pool *p, int n)
{
    sigset_t all, before;
    bzt_err err = BZT_OK;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (!err && p->threads_n < n)
        if (!start_thread(p))
            err = BZT_ERR_MEMORY;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return err;
}

bzt_err pool_new(pool **out, const pool_options *o)
{
    size_t n = (size_t)o->workers;
    pool *p = calloc(1, sizeof *p + n * sizeof p->threads[0]);
    bzt_err err;

    *out = NULL;
    if (!p)
        return BZT_ERR_MEMORY;
    p->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (p->fd < 0) {
        free(p);
        return BZT_ERR_IO;
    }
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wanted, NULL);
    list_init(&p->waiting);
    list_init(&p->finished);
    p->bound = o->bound;
    p->arena_max = o->arena_max;
    if ((err = start_threads(p, o->workers))) {
        pool_free(p);
        return err;
    }
    *out = p;
    return BZT_OK;
}

void pool_join(pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stopping = 1;
    pthread_cond_broadcast(&p->wanted);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->threads_n; i++)
        pthread_join(p->threads[i], NULL);
    p->threads_n = 0;
}

void pool_free(pool *p)
{
    if (!p)
        return;
    pool_join(p);
    pthread_cond_destroy(&p->wanted);
    pthread_mutex_destroy(&p->lock);
    close(p->fd);
    free(p);
}

int pool_submit(pool *p, job *j, int always)
{
    int ok;

    pthread_mutex_lock(&p->lock);
    ok = always || p->waiting_n < p->bound;
    if (ok) {
        list_add(&p->waiting, j);
        p->waiting_n++;
    }
    pthread_mutex_unlock(&p->lock);
    if (ok) /* unlocked: whom it wakes needs the lock at once */
        pthread_cond_signal(&p->wanted);
    return ok;
}

int pool_fd(const pool *p)
{
    return p->fd;
}

void pool_notify(pool *p)
{
    const uint64_t one = 1;
    ssize_t n = write(p->fd, &one, sizeof one);

    (void)n; /* full means that it is readable already */
}

void pool_collect(pool *p)
{
    uint64_t count;
    ssize_t n = read(p->fd, &count, sizeof count);
    job *j, *next;

    (void)n;
    pthread_mutex_lock(&p->lock);
    j = p->finished.first;
    list_init(&p->finished);
    pthread_mutex_unlock(&p->lock);
    for (; j; j = next) {
        next = j->next;
        j->done(j);
    }
}
