/* Worker threads (work.h). */
#include "work.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

typedef struct list {
    job *first, **last;
} list;

typedef struct worker {
    struct work *work;
    pthread_t thread;
    bzt_client *client;
    int is_running;
} worker;

struct work {
    pthread_mutex_t lock;
    pthread_cond_t more;
    list waiting, finished;
    size_t waiting_n, queue;
    int stopping, fd, workers_n;
    worker workers[WORK_THREADS_MAX];
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

    if (j && !(l->first = j->next))
        l->last = &l->first;
    return j;
}

static void *run(void *arg)
{
    worker *me = arg;
    work *w = me->work;
    job *j;

    pthread_mutex_lock(&w->lock);
    while (1) {
        while (!w->waiting.first && !w->stopping) {
            pthread_cond_wait(&w->more, &w->lock);
        }
        if (!(j = list_take(&w->waiting)))
            break;
        w->waiting_n--;
        pthread_mutex_unlock(&w->lock);
        j->run(j, me->client);
        pthread_mutex_lock(&w->lock);
        list_add(&w->finished, j);
        work_wake(w);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Signals are the event thread's. */
static bzt_err start(worker *me)
{
    sigset_t all, before;
    int failed;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&me->thread, NULL, run, me);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    me->is_running = !failed;
    return failed ? BZT_ERR_MEMORY : BZT_OK;
}

bzt_err work_new(work **out, const bzt_client_options *client, int threads,
                 size_t queue)
{
    work *w = calloc(1, sizeof(*w));
    bzt_err err;

    *out = NULL;
    if (!w)
        return BZT_ERR_MEMORY;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->more, NULL);
    list_init(&w->waiting);
    list_init(&w->finished);
    w->queue = queue;
    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    err = w->fd < 0 ? BZT_ERR_IO : BZT_OK;
    for (int i = 0; !err && i < threads; i++) {
        worker *me = &w->workers[w->workers_n++];
        me->work = w;
        if (!(err = bzt_client_new(&me->client, client)))
            err = start(me);
    }
    if (err) {
        work_free(w);
        return err;
    }
    *out = w;
    return BZT_OK;
}

void work_free(work *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = 1;
    pthread_cond_broadcast(&w->more);
    pthread_mutex_unlock(&w->lock);
    for (int i = 0; i < w->workers_n; i++) {
        if (w->workers[i].is_running)
            pthread_join(w->workers[i].thread, NULL);
        bzt_client_free(w->workers[i].client);
    }
    work_collect(w);
    if (w->fd >= 0)
        close(w->fd);
    pthread_cond_destroy(&w->more);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

bzt_err work_submit(work *w, job *j)
{
    bzt_err err = BZT_ERR_LIMITED;

    pthread_mutex_lock(&w->lock);
    if (w->waiting_n < w->queue && !w->stopping) {
        list_add(&w->waiting, j);
        w->waiting_n++;
        pthread_cond_signal(&w->more);
        err = BZT_OK;
    }
    pthread_mutex_unlock(&w->lock);
    return err;
}

int work_fd(const work *w)
{
    return w->fd;
}

/* It fails only when it is readable anyway. */
void work_wake(work *w)
{
    ssize_t written = write(w->fd, &(uint64_t){1}, 8);

    (void)written;
}

void work_collect(work *w)
{
    uint64_t n;
    ssize_t got = read(w->fd, &n, sizeof(n));
    job *j;

    (void)got;
    while (1) {
        pthread_mutex_lock(&w->lock);
        j = list_take(&w->finished);
        pthread_mutex_unlock(&w->lock);
        if (!j)
            return;
        j->done(j);
    }
}
