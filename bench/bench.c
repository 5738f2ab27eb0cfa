/* See bench.h. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum { CASES_MAX = 8, ROUNDS_MAX = 1000 };

static double now_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

double bench_thread_ns(void)
{
    return now_ns(CLOCK_THREAD_CPUTIME_ID);
}

double bench_wall_ns(void)
{
    return now_ns(CLOCK_MONOTONIC);
}

/* ---- options and the machine -------------------------------------------- */

static void usage(const char *program)
{
    fprintf(stderr, "usage: %s [--json] [--rounds N] [--round-ms N]\n",
            program);
    exit(2);
}

static int positive(const char *program, const char *text, int most)
{
    char *end;
    long v = text ? strtol(text, &end, 10) : 0;
    if (!text || *end || v < 1 || v > most)
        usage(program);
    return (int)v;
}

static void cpu_name(char *out, size_t size)
{
    char line[256];
    snprintf(out, size, "unknown CPU");
    FILE *f = fopen("/proc/cpuinfo", "r");
    if (!f)
        return;
    while (fgets(line, sizeof line, f)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) || !colon)
            continue;
        colon[strcspn(colon, "\n\"\\")] = 0;
        snprintf(out, size, "%s", colon + 2);
        break;
    }
    fclose(f);
}

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

static void print_machine(const bench *b)
{
    char cpu[256];
    struct utsname os;
    cpu_name(cpu, sizeof cpu);
    if (uname(&os))
        memset(&os, 0, sizeof os);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const char *form =
        b->json ? "{\"title\": \"%s\", \"cpu\": \"%s\", \"cores\": %ld, "
                  "\"system\": \"%s %s\", \"compiler\": \"%s\", "
                  "\"clock\": \"thread CPU time\", \"rounds\": %d, "
                  "\"round_ms\": %d, \"results\": ["
                : "%s on %s, %ld cores, %s %s, %s\n"
                  "thread CPU time, median of %d rounds of %d ms, spread from "
                  "first to ninth decile\n";
    printf(form, b->title, cpu, cores, os.sysname, os.machine, COMPILER,
           b->rounds, b->round_ms);
}

void bench_init(bench *b, const char *title, int argc, char **argv)
{
    *b = (bench){.title = title, .rounds = 15, .round_ms = 20};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(argv[i], "--json")) {
            b->json = 1;
        } else if (!strcmp(argv[i], "--rounds")) {
            b->rounds = positive(argv[0], value, ROUNDS_MAX);
            i++;
        } else if (!strcmp(argv[i], "--round-ms")) {
            b->round_ms = positive(argv[0], value, 10000);
            i++;
        } else {
            usage(argv[0]);
        }
    }
    print_machine(b);
}

/* ---- measuring ---------------------------------------------------------- */

static double time_of(const bench_case *c, long times)
{
    double begin = bench_thread_ns();
    for (long i = 0; i < times; i++)
        c->run(c->self);
    return bench_thread_ns() - begin;
}

/* How many operations fill a round. */
static long calibrate(const bench *b, const bench_case *c)
{
    double wanted = b->round_ms * 1e6;
    for (long times = 1;; times *= 4) {
        double ns = time_of(c, times);
        if (ns > wanted / 8) {
            long n = (long)((double)times * wanted / ns);
            return n > 0 ? n : 1;
        }
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bench_result summary(double *ns, int n)
{
    qsort(ns, (size_t)n, sizeof *ns, by_value);
    return (bench_result){ns[n / 2], ns[n / 10], ns[n - 1 - n / 10]};
}

/* ---- printing ----------------------------------------------------------- */

static void separate(bench *b)
{
    if (b->json)
        printf(b->printed ? ",\n" : "\n");
    b->printed++;
}

static void print_result(bench *b, const char *name, const bench_case *c,
                         const bench_result *r, double ratio)
{
    separate(b);
    double rate = 1e9 / r->ns;
    if (b->json) {
        printf("  {\"name\": \"%s\", \"who\": \"%s\", \"ns\": %.1f, "
               "\"low\": %.1f, \"high\": %.1f, \"per_second\": %.1f, "
               "\"bytes_per_second\": %.0f, \"first_is_faster\": %.3f}",
               name, c->who, r->ns, r->low, r->high, rate, rate * c->bytes,
               ratio);
        return;
    }
    printf("%-22s %-10s %11.1f ns  %10.1f .. %-10.1f %12.0f/s", name, c->who,
           r->ns, r->low, r->high, rate);
    if (c->bytes > 0)
        printf(" %9.1f MB/s", rate * c->bytes / 1e6);
    if (ratio > 0)
        printf("  x %.2f", ratio);
    printf("\n");
    fflush(stdout);
}

void bench_group(bench *b, bench_result *out, const char *name,
                 const bench_case *cases, int n)
{
    static double ns[CASES_MAX][ROUNDS_MAX];
    long times[CASES_MAX];
    bench_result results[CASES_MAX];
    if (n < 1 || n > CASES_MAX)
        abort();
    for (int i = 0; i < n; i++)
        times[i] = calibrate(b, &cases[i]);
    for (int round = 0; round < b->rounds; round++) {
        for (int i = 0; i < n; i++)
            ns[i][round] = time_of(&cases[i], times[i]) / (double)times[i];
    }
    for (int i = 0; i < n; i++) {
        results[i] = summary(ns[i], b->rounds);
        print_result(b, name, &cases[i], &results[i],
                     i ? results[i].ns / results[0].ns : 0);
    }
    if (out)
        memcpy(out, results, (size_t)n * sizeof *out);
}

void bench_value(bench *b, const char *name, double value, const char *unit)
{
    separate(b);
    printf(b->json ? "  {\"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\"}"
                   : "%-33s %11.2f %s\n",
           name, value, unit);
}

void bench_mark(bench *b, const char *name, double value, const char *relation,
                double mark)
{
    int held = strcmp(relation, "at least") ? value <= mark : value >= mark;
    separate(b);
    if (b->json)
        printf("  {\"mark\": \"%s\", \"value\": %.3f, \"relation\": \"%s\", "
               "\"wanted\": %.3f, \"held\": %s}",
               name, value, relation, mark, held ? "true" : "false");
    else
        printf("%-33s %11.2f, %s %.2f: %s\n", name, value, relation, mark,
               held ? "held" : "MISSED");
}

int bench_finish(bench *b)
{
    if (b->json)
        printf("\n]}\n");
    return 0;
}
