/* Work in the background: sequencer, webhooks, sweepers.
 *
 * Each task has a thread of its own and is called every period_ms, and at
 * once when it says that there is more to do.  It returns within seconds:
 * a stop waits for it.  An error is logged and tried again after the period.
 */
#ifndef BZT_SERVER_TASK_H
#define BZT_SERVER_TASK_H

#include <bzt/err.h>
#include <stddef.h>

struct service;

typedef struct task {
    const char *name; /* for the log */
    int period_ms;
    /* *more is 0 on entry; 1: call again without waiting */
    bzt_err (*run)(struct service *s, int *more);
} task;

/* All of them: server/routes.c. */
extern const task tasks[];
extern const size_t tasks_n;

typedef struct task_runner task_runner;

BZT_MUST_USE bzt_err tasks_start(task_runner **out, const task *list, size_t n,
                                 struct service *s);
/* Waits for the calls that run; NULL is allowed. */
void tasks_stop(task_runner *r);

#endif
