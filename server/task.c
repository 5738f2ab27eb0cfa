#include "task.h"
#include "base/log.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum { STACK_LEN = 256 * 1024 };

typedef struct thread {
    task_runner *runner;
    const task *task;
    pthread_t id;
} thread;

struct task_runner {
    struct service *service;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    int stopping;
    size_t n;
    thread threads[];
};

static struct timespec after(int ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000L;
    if (t.tv_nsec >= 1000000000L) {
        t.tv_nsec -= 1000000000L;
        t.tv_sec++;
    }
    return t;
}

/* 0: stop. */
static int rest(task_runner *r, int ms)
{
    const struct timespec until = after(ms);
    int going;

    pthread_mutex_lock(&r->lock);
    while (!r->stopping &&
           pthread_cond_timedwait(&r->wake, &r->lock, &until) != ETIMEDOUT)
        ;
    going = !r->stopping;
    pthread_mutex_unlock(&r->lock);
    return going;
}

static void *work(void *arg)
{
    const thread *t = arg;
    int more = 0;
    bzt_err err;

    while (rest(t->runner, more ? 0 : t->task->period_ms)) {
        more = 0;
        err = t->task->run(t->runner->service, &more);
        if (!err)
            continue;
        more = 0;
        log_event(LOG_ERROR, "task_failed", "%s: %s", t->task->name,
                  bzt_err_describe(err)->code);
    }
    return NULL;
}

static int start_thread(task_runner *r, const task *task)
{
    thread *t = &r->threads[r->n];
    pthread_attr_t attr;
    int failed;

    *t = (thread){.runner = r, .task = task};
    if (pthread_attr_init(&attr))
        return 0;
    pthread_attr_setstacksize(&attr, STACK_LEN);
    failed = pthread_create(&t->id, &attr, work, t);
    pthread_attr_destroy(&attr);
    if (!failed)
        r->n++;
    return !failed;
}

static void init_lock(task_runner *r)
{
    pthread_condattr_t attr;

    pthread_mutex_init(&r->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&r->wake, &attr);
    pthread_condattr_destroy(&attr);
}

bzt_err tasks_start(task_runner **out, const task *list, size_t n,
                    struct service *s)
{
    task_runner *r = calloc(1, sizeof *r + n * sizeof r->threads[0]);
    sigset_t all, before;
    int ok = 1;

    *out = NULL;
    if (!r)
        return BZT_ERR_MEMORY;
    r->service = s;
    init_lock(r);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 0; i < n && ok; i++)
        ok = start_thread(r, &list[i]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!ok) {
        tasks_stop(r);
        return BZT_ERR_MEMORY;
    }
    *out = r;
    return BZT_OK;
}

void tasks_stop(task_runner *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->stopping = 1;
    pthread_cond_broadcast(&r->wake);
    pthread_mutex_unlock(&r->lock);
    for (size_t i = 0; i < r->n; i++)
        pthread_join(r->threads[i].id, NULL);
    pthread_cond_destroy(&r->wake);
    pthread_mutex_destroy(&r->lock);
    free(r);
}
