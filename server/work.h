/* The worker threads: jobs run there, and come back to the event thread.
 *
 * A job belongs to the pool from pool_submit until its `done` is called on
 * the event thread, which calls pool_collect whenever pool_fd is readable.
 */
#ifndef BZT_SERVER_WORK_H
#define BZT_SERVER_WORK_H

#include "base/arena.h"
#include <bzt/err.h>
#include <stddef.h>

typedef struct job {
    struct job *next;
    void (*run)(struct job *j, arena *scratch); /* on a worker */
    void (*done)(struct job *j);                /* on the event thread */
} job;

typedef struct pool pool;

typedef struct pool_options {
    int workers;
    size_t bound;     /* jobs that may wait for a worker */
    size_t arena_max; /* of the scratch memory of each worker */
} pool_options;

BZT_MUST_USE bzt_err pool_new(pool **out, const pool_options *o);
/* Wait for all jobs that were submitted; none may be submitted after.
 * NULL is allowed, as in pool_free. */
void pool_join(pool *p);
void pool_free(pool *p);

/* 0: the queue is full.  With `always` set it never is: for jobs of calls
 * that were let in before. */
int pool_submit(pool *p, job *j, int always);
/* An eventfd; also readable after pool_notify, which any thread may call. */
int pool_fd(const pool *p);
void pool_notify(pool *p);
/* Call `done` of every job that has run. */
void pool_collect(pool *p);

#endif
