/* Whole authorised signatures through nginx, bztd and its database, and what
 * they cost the server.
 *
 *     build/bench/load [--json] [--rounds N]
 *
 * Without BZT_LOAD it starts an installation in a folder (test/e2e/
 * lab_load.py) and runs itself again in there.  Phones keep their PIN for the
 * session, so that they are faster than the server; everything they do and
 * everything that a business system does is not counted.
 */
#include "test/e2e/load.h"
#include "base/clock.h"
#include "bench.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    SIGN_BATCH = 32, /* of each phone in a round */
    SCAN_BATCH = 6,  /* their codes live three seconds */
    LATENCIES_MAX = 1 << 18,
    SETTLE_MS = 1200 /* tasks of the second come in here */
};

typedef struct item {
    bzt_request request;
    char qr[LOAD_QR_SIZE];
    bzt_span message;
} item;

typedef struct worker {
    load_rp rp;
    load_phone phone;
    item items[SIGN_BATCH];
    pthread_t thread;
    int which;
} worker;

static struct {
    load_plan plan;
    worker *workers;
    int n;
    pthread_barrier_t barrier;
    int scans; /* this round's kind */
    int going;
    double *latency_ms;
    int latencies_n;
    pthread_mutex_t lock;
} all = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void fail(const char *what, bzt_err err)
{
    fprintf(stderr, "load: %s: %s\n", what, bzt_err_describe(err)->code);
    exit(1);
}

static void must(const char *what, bzt_err err)
{
    if (err)
        fail(what, err);
}

/* --- what the server has used -------------------------------------------- */

static double cpu_ns(int pid)
{
    struct timespec t;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
        fail("the server's process is gone", BZT_ERR_NOT_FOUND);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The last process is bztd. */
static void server_cpu(double *nginx, double *bztd)
{
    *nginx = 0;
    for (int i = 0; i + 1 < all.plan.processes_n; i++)
        *nginx += cpu_ns(all.plan.processes[i]);
    *bztd = cpu_ns(all.plan.processes[all.plan.processes_n - 1]);
}

static double memory_mb(const char *name)
{
    char path[64], line[200];
    long kb = 0;
    int pid = all.plan.processes[all.plan.processes_n - 1];

    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f))
        if (!strncmp(line, name, strlen(name)))
            sscanf(line + strlen(name), ": %ld", &kb);
    if (f)
        fclose(f);
    return (double)kb / 1024;
}

/* --- one phone and its business system ----------------------------------- */

static void keep_latency(double begin_ns)
{
    pthread_mutex_lock(&all.lock);
    if (all.latencies_n < LATENCIES_MAX)
        all.latency_ms[all.latencies_n++] = (bench_wall_ns() - begin_ns) / 1e6;
    pthread_mutex_unlock(&all.lock);
}

static int batch(void)
{
    return all.scans ? SCAN_BATCH : SIGN_BATCH;
}

static void scan(worker *w, item *it)
{
    phone_request seen;

    must("scan", phone_scan(w->phone.phone, &seen, it->qr));
    must("confirm", load_confirm(&it->message, &w->phone, it->request.id));
}

static void keep_message(item *it)
{
    uint8_t *copy = malloc(it->message.len);

    if (!copy)
        fail("memory", BZT_ERR_MEMORY);
    memcpy(copy, it->message.p, it->message.len);
    it->message.p = copy;
}

/* What the measured part needs. */
static void prepare(worker *w)
{
    for (int i = 0; i < batch(); i++) {
        item *it = &w->items[i];
        must("request", load_request(&it->request, &w->rp, NULL));
        if (all.scans)
            continue;
        must("page", load_qr(it->qr, &w->rp, &it->request));
        scan(w, it);
        keep_message(it);
    }
    for (int i = 0; all.scans && i < batch(); i++)
        must("page", load_qr(w->items[i].qr, &w->rp, &w->items[i].request));
}

static void measured(worker *w)
{
    for (int i = 0; i < batch(); i++) {
        item *it = &w->items[i];
        double begin = bench_wall_ns();
        if (all.scans)
            scan(w, it);
        else
            phone_begin(w->phone.phone);
        must("sign", load_sign(&w->phone, it->message, it->request.id));
        keep_latency(begin);
        if (!all.scans)
            free((void *)it->message.p);
    }
}

/* Whoever asks for the results is the business system: not counted. */
static void check(worker *w)
{
    bzt_request *last = &w->items[batch() - 1].request;
    bzt_result result;

    must("result", bzt_client_wait(&result, w->rp.client, last, 5));
    if (result.state != BZT_STATE_DONE)
        fail("a request is not done", BZT_ERR_REQUEST_STATE);
    bzt_result_free(&result);
}

static void *work(void *arg)
{
    worker *w = arg;

    must("business system", load_rp_open(&w->rp, &all.plan));
    must("phone", load_phone_open(&w->phone, &all.plan, w->which));
    for (;;) {
        pthread_barrier_wait(&all.barrier);
        if (!all.going)
            break;
        prepare(w);
        pthread_barrier_wait(&all.barrier);
        pthread_barrier_wait(&all.barrier);
        measured(w);
        pthread_barrier_wait(&all.barrier);
        pthread_barrier_wait(&all.barrier);
        check(w);
        pthread_barrier_wait(&all.barrier);
    }
    must("phone", load_phone_close(&w->phone));
    load_rp_close(&w->rp);
    return NULL;
}

/* --- rounds -------------------------------------------------------------- */

typedef struct figures {
    double nginx_us, bztd_us, rate; /* of one signature */
} figures;

static figures run_round(void)
{
    double nginx[2], bztd[2], wall[2];
    int n = all.n * batch();

    pthread_barrier_wait(&all.barrier);
    pthread_barrier_wait(&all.barrier); /* prepared */
    server_cpu(&nginx[0], &bztd[0]);
    wall[0] = bench_wall_ns();
    pthread_barrier_wait(&all.barrier);
    pthread_barrier_wait(&all.barrier); /* measured */
    wall[1] = bench_wall_ns();
    server_cpu(&nginx[1], &bztd[1]);
    pthread_barrier_wait(&all.barrier);
    pthread_barrier_wait(&all.barrier);
    return (figures){(nginx[1] - nginx[0]) / n / 1e3,
                     (bztd[1] - bztd[0]) / n / 1e3,
                     n / (wall[1] - wall[0]) * 1e9};
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double part_of(double *list, int n, double part)
{
    qsort(list, (size_t)n, sizeof(*list), by_value);
    return list[(int)((n - 1) * part)];
}

static void spread(bench *b, const char *name, const char *what, double *list,
                   int n, const char *unit)
{
    char text[80];

    snprintf(text, sizeof(text), "%s: %s", name, what);
    bench_value(b, text, part_of(list, n, 0.5), unit);
    snprintf(text, sizeof(text), "%s: %s, low", name, what);
    bench_value(b, text, part_of(list, n, 0.1), unit);
    snprintf(text, sizeof(text), "%s: %s, high", name, what);
    bench_value(b, text, part_of(list, n, 0.9), unit);
}

/* The server's CPU for one signature, median of the rounds. */
static double measure(bench *b, const char *name, int scans)
{
    double nginx[1000], bztd[1000], sum[1000], rate[1000];

    all.scans = scans;
    all.latencies_n = 0;
    for (int i = 0; i < b->rounds; i++) {
        figures f = run_round();
        nginx[i] = f.nginx_us;
        bztd[i] = f.bztd_us;
        sum[i] = f.nginx_us + f.bztd_us;
        rate[i] = f.rate;
    }
    spread(b, name, "server", sum, b->rounds, "us CPU");
    spread(b, name, "nginx", nginx, b->rounds, "us CPU");
    spread(b, name, "bztd", bztd, b->rounds, "us CPU");
    spread(b, name, "rate", rate, b->rounds, "1/s");
    char text[80];
    snprintf(text, sizeof(text), "%s: latency", name);
    bench_value(b, text, part_of(all.latency_ms, all.latencies_n, 0.5), "ms");
    snprintf(text, sizeof(text), "%s: latency, p99", name);
    bench_value(b, text, part_of(all.latency_ms, all.latencies_n, 0.99), "ms");
    return part_of(sum, b->rounds, 0.5);
}

static void start_workers(void)
{
    all.n = all.plan.phones_n;
    all.going = 1;
    all.workers = calloc((size_t)all.n, sizeof(*all.workers));
    all.latency_ms = calloc(LATENCIES_MAX, sizeof(*all.latency_ms));
    if (!all.workers || !all.latency_ms)
        fail("memory", BZT_ERR_MEMORY);
    pthread_barrier_init(&all.barrier, NULL, (unsigned)all.n + 1);
    for (int i = 0; i < all.n; i++) {
        all.workers[i].which = i;
        if (pthread_create(&all.workers[i].thread, NULL, work, &all.workers[i]))
            fail("thread", BZT_ERR_MEMORY);
    }
}

static void stop_workers(void)
{
    all.going = 0;
    pthread_barrier_wait(&all.barrier);
    for (int i = 0; i < all.n; i++)
        pthread_join(all.workers[i].thread, NULL);
    free(all.workers);
    free(all.latency_ms);
    load_plan_free(&all.plan);
}

/* Without an installation: lab_load.py makes one and comes back. */
static int start_lab(int argc, char **argv)
{
    char **words = calloc((size_t)argc + 4, sizeof(*words));

    if (!words)
        return 1;
    words[0] = "python3";
    words[1] = "-B";
    words[2] = BZT_SOURCE "/test/e2e/lab_load.py";
    words[3] = BZT_BUILD "/bench/load";
    for (int i = 1; i < argc; i++)
        words[i + 3] = argv[i];
    setenv("BZT_SOURCE", BZT_SOURCE, 0);
    setenv("BZT_BUILD", BZT_BUILD, 0);
    execvp(words[0], words);
    perror("load: python3");
    return 1;
}

int main(int argc, char **argv)
{
    const char *plan = getenv("BZT_LOAD");
    double idle, cpu;
    bench b;

    if (!plan)
        return start_lab(argc, argv);
    must("plan", load_plan_read(&all.plan, plan));
    idle = memory_mb("VmRSS");
    bench_init(&b, "load", argc, argv);
    bench_value(&b, "phones at once", all.plan.phones_n, "");
    start_workers();
    cpu = measure(&b, "signature", 0);
    measure(&b, "scan and signature", 1);
    bench_value(&b, "bztd, idle", idle, "MiB");
    bench_value(&b, "bztd, after the load", memory_mb("VmRSS"), "MiB");
    bench_value(&b, "bztd, highest", memory_mb("VmHWM"), "MiB");
    bench_mark(&b, "server CPU of a signature, us", cpu, "at most", 300);
    bench_mark(&b, "bztd idle, MiB", idle, "at most", 30);
    stop_workers();
    return bench_finish(&b);
}
