/* Threads that may block, each with a client of its own (bzt/client.h). */
#ifndef BZT_PLATFORM_WORK_H
#define BZT_PLATFORM_WORK_H

#include <bzt/client.h>
#include <stddef.h>

typedef struct job {
    struct job *next;
    void (*run)(struct job *j, bzt_client *client); /* on a worker */
    void (*done)(struct job *j); /* where work_collect is called */
} job;

typedef struct work work;

enum { WORK_THREADS_MAX = 64 };

/* Errors of bzt_client_new. */
BZT_MUST_USE bzt_err work_new(work **out, const bzt_client_options *client,
                              int threads, size_t queue);
/* Finishes what runs and what waits. */
void work_free(work *w); /* NULL is allowed */
/* BZT_ERR_LIMITED: too many wait; the job is still the caller's. */
BZT_MUST_USE bzt_err work_submit(work *w, job *j);
/* Readable when there is something to collect, or after work_wake. */
int work_fd(const work *w);
void work_wake(work *w);
/* Calls done of every job that has run. */
void work_collect(work *w);

#endif
