/* The HTTP engine without services: CPU of the server's process for one
 * request, and its memory for one open event stream. */
#include "server/http.h"
#include "bench.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 16, REQUESTS = 200, STREAMS = 2000 };

static char socket_path[64];

/* --- the server's process ------------------------------------------------ */

static bzt_err hello(call *c)
{
    json_add_text(call_answer(c), "hello", "world");
    return BZT_OK;
}

static bzt_err silent(struct stream *s, void *state, arena *a,
                      struct service *service, int64_t now_ms)
{
    (void)state;
    (void)a;
    (void)service;
    (void)now_ms;
    stream_send(s, "hello", BZT_SPAN_LIT("{}"));
    return BZT_OK;
}

static bzt_err events(call *c)
{
    const stream_options o = {.run = silent};

    return call_stream(c, &o);
}

static const field fields[] = {{"text", FIELD_TEXT, 1, 1000},
                               {"share", FIELD_BYTES, 32, 32},
                               {"point", FIELD_BYTES, 65, 65},
                               {"count", FIELD_INT, 0, 10},
                               {NULL}};

static const route table[] = {
    {"GET", "/hello", WHO_ANYONE, NULL, hello},
    {"POST", "/echo", WHO_ANYONE, fields, hello, .flags = ROUTE_SECRET},
    {"GET", "/events", WHO_ANYONE, NULL, events},
};

static bzt_err anybody(call *c, const route *r)
{
    (void)c;
    (void)r;
    return BZT_OK;
}

static int serve(void)
{
    http_options o = {.socket = socket_path,
                      .routes = table,
                      .routes_n = sizeof table / sizeof *table,
                      .authenticate = anybody,
                      .signals = 1,
                      .quiet = 1};
    http *h;

    http_wipe_memory();
    if (http_new(&h, &o))
        return 1;
    if (http_run(h, NULL))
        return 1;
    http_free(h);
    return 0;
}

static double cpu_ns(pid_t pid)
{
    struct timespec t;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
        abort();
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double memory_kb(pid_t pid)
{
    char path[64], line[256];
    long kb = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    f = fopen(path, "r");
    if (!f)
        abort();
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %ld", &kb) == 1)
            break;
    fclose(f);
    return (double)kb;
}

/* --- clients ------------------------------------------------------------- */

static int dial(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(at.sun_path, socket_path);
    for (int i = 0; i < 500; i++) {
        if (!connect(fd, (struct sockaddr *)&at, sizeof at))
            return fd;
        usleep(10000); /* it is starting */
    }
    abort();
}

static pid_t start(void)
{
    pid_t pid;

    snprintf(socket_path, sizeof socket_path, "/tmp/bzt-bench-%d.sock",
             (int)getpid());
    pid = fork();
    if (!pid) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(1);
        _exit(serve());
    }
    close(dial());
    return pid;
}

static void say(int fd, const char *text)
{
    size_t len = strlen(text);

    if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
        abort();
}

static void hear(int fd)
{
    char buffer[4096];

    if (read(fd, buffer, sizeof buffer) <= 0)
        abort();
}

/* Nanoseconds of the server for each request. */
static double one_round(pid_t pid, int *fds, const char *request)
{
    double before = cpu_ns(pid);

    for (int i = 0; i < REQUESTS; i++) {
        for (int j = 0; j < CONNECTIONS; j++)
            say(fds[j], request);
        for (int j = 0; j < CONNECTIONS; j++)
            hear(fds[j]);
    }
    return (cpu_ns(pid) - before) / (REQUESTS * CONNECTIONS);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void measure(bench *b, pid_t pid, const char *name, const char *request)
{
    double *rounds = malloc((size_t)b->rounds * sizeof *rounds);
    int fds[CONNECTIONS];
    char label[64];

    if (!rounds)
        abort();
    for (int i = 0; i < CONNECTIONS; i++)
        fds[i] = dial();
    one_round(pid, fds, request);
    for (int i = 0; i < b->rounds; i++)
        rounds[i] = one_round(pid, fds, request);
    qsort(rounds, (size_t)b->rounds, sizeof *rounds, compare);
    bench_value(b, name, rounds[b->rounds / 2] / 1000, "us");
    snprintf(label, sizeof label, "%s, first decile", name);
    bench_value(b, label, rounds[b->rounds / 10] / 1000, "us");
    snprintf(label, sizeof label, "%s, ninth decile", name);
    bench_value(b, label, rounds[b->rounds * 9 / 10] / 1000, "us");
    for (int i = 0; i < CONNECTIONS; i++)
        close(fds[i]);
    free(rounds);
}

static void measure_streams(bench *b, pid_t pid)
{
    static int fds[STREAMS];
    double before = memory_kb(pid);

    for (int i = 0; i < STREAMS; i++) {
        fds[i] = dial();
        say(fds[i], "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
        hear(fds[i]);
    }
    bench_value(b, "one idle event stream", (memory_kb(pid) - before) / STREAMS,
                "kB");
    for (int i = 0; i < STREAMS; i++)
        close(fds[i]);
}

int main(int argc, char **argv)
{
    static const char post[] =
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "X-Real-IP: 192.0.2.1\r\nContent-Length: 183\r\n\r\n"
        "{\"text\":\"0123456789\",\"share\":"
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"point\":\""
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAA\",\"count\":1}";
    struct rlimit files;
    bench b;
    pid_t pid;

    bench_init(&b, "http", argc, argv);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    pid = start();
    bench_value(&b, "idle server", memory_kb(pid), "kB");
    measure(&b, pid, "GET",
            "GET /hello HTTP/1.1\r\nHost: x\r\nX-Real-IP: 192.0.2.1\r\n\r\n");
    measure(&b, pid, "POST with four fields", post);
    measure_streams(&b, pid);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    return bench_finish(&b);
}
