/* What the benches share: clock, rounds, median and spread, the machine, and
 * output for people or, with --json, for programs.
 *
 *     bench b;
 *     bench_init(&b, "sm2", argc, argv);
 *     const bench_case cases[] = {{"bzt", sign, &ours},
 *                                 {"openssl", openssl_sign, &theirs}};
 *     bench_group(&b, NULL, "sign", cases, 2);
 *     return bench_finish(&b);
 *
 * Options of every bench: --json, --rounds N (15), --round-ms N (20).
 * Times are CPU time of the calling thread: other processes cost accuracy,
 * not time.
 */
#ifndef BZT_BENCH_H
#define BZT_BENCH_H

#include <stddef.h>
#include <stdint.h>

typedef struct bench {
    const char *title;
    int json;
    int rounds;
    int round_ms;
    int printed; /* results so far */
} bench;

typedef struct bench_case {
    const char *who;         /* "bzt", "openssl", "libgcrypt" */
    void (*run)(void *self); /* one operation */
    void *self;
    double bytes; /* per operation, for throughput; 0: none */
} bench_case;

typedef struct bench_result {
    double ns;        /* median of the rounds, per operation */
    double low, high; /* first and ninth decile */
} bench_result;

/* Reads the options; exits with a message on a wrong one. */
void bench_init(bench *b, const char *title, int argc, char **argv);

/* Measure the cases in turn, round by round, so that what disturbs one
 * disturbs all; print each with its ratio to the first (how many times faster
 * the first case is).  At most 8 cases.  out, if not NULL, has n results. */
void bench_group(bench *b, bench_result *out, const char *name,
                 const bench_case *cases, int n);

/* A figure that was measured elsewhere: unit "kB", "ms", "1/s". */
void bench_value(bench *b, const char *name, double value, const char *unit);

/* A mark of the plan: `value` against "at least" or "at most" `mark`. */
void bench_mark(bench *b, const char *name, double value, const char *relation,
                double mark);

int bench_finish(bench *b); /* 0, for main */

double bench_thread_ns(void); /* CPU time of this thread */
double bench_wall_ns(void);

#endif
