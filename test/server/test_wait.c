/* Long polls, event streams, many connections, and the end of a server. */
#include "base/clock.h"
#include "client.h"
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

enum { MANY = 1000 };

static engine server;
static const uint8_t object[16] = {1, 2, 3};

static _Atomic int value, runs, streams, states_freed, busy;
static _Atomic int64_t other_node_version;

static void sleep_ms(int ms)
{
    usleep((useconds_t)ms * 1000);
}

static int wait_until(_Atomic int *what, int is)
{
    for (int i = 0; i < 5000 && atomic_load(what) != is; i++)
        sleep_ms(1);
    return atomic_load(what) == is;
}

/* --- routes -------------------------------------------------------------- */

static bzt_err poll_value(call *c)
{
    int64_t seen, wait;
    int now = atomic_load(&value);

    if (call_query_int(&seen, c, "seen", 0, 0, 1 << 30) ||
        call_query_int(&wait, c, "wait", 0, 0, 60000))
        return BZT_ERR_BAD_FIELD;
    atomic_fetch_add(&runs, 1);
    json_add_int(call_answer(c), "value", now);
    json_add_bool(c->answer, "last", c->is_last);
    return now == seen ? call_wait(c, object, c->now_ms + wait) : BZT_OK;
}

/* The object changes between the look at it and the waiting. */
static bzt_err poll_race(call *c)
{
    int now = atomic_load(&value);

    json_add_int(call_answer(c), "value", now);
    if (now)
        return BZT_OK;
    atomic_store(&value, 1);
    http_touched(server.http, object);
    return call_wait(c, object, c->now_ms + 60000);
}

static bzt_err slow(call *c)
{
    atomic_fetch_add(&busy, 1);
    sleep_ms(300);
    json_add_text(call_answer(c), "slow", "done");
    return BZT_OK;
}

static bzt_err quick(call *c)
{
    json_add_text(call_answer(c), "quick", "done");
    return BZT_OK;
}

static void free_state(void *state)
{
    free(state);
    atomic_fetch_add(&states_freed, 1);
}

static bzt_err say_value(struct stream *s, void *state, arena *a,
                         struct service *service, int64_t now_ms)
{
    int *n = state;
    const char *line =
        arena_printf(a, "{\"n\":%d,\"value\":%d}", ++*n, atomic_load(&value));

    (void)service;
    (void)now_ms;
    if (atomic_load(&value) == 100)
        return BZT_ERR_NOT_FOUND;
    stream_send(s, "value", (bzt_span){(const uint8_t *)line, strlen(line)});
    if (atomic_load(&value) == 99)
        stream_end(s);
    return BZT_OK;
}

static bzt_err say_much(struct stream *s, void *state, arena *a,
                        struct service *service, int64_t now_ms)
{
    const size_t len = 100000;
    uint8_t *p = arena_alloc(a, len);

    (void)state;
    (void)service;
    (void)now_ms;
    if (!p)
        return BZT_ERR_MEMORY;
    memset(p, 'x', len);
    stream_send(s, "much", (bzt_span){p, len});
    return BZT_OK;
}

static bzt_err open_stream(call *c, stream_fn run, int tick_ms)
{
    stream_options o = {.tick_ms = tick_ms,
                        .run = run,
                        .state = calloc(1, sizeof(int)),
                        .free_state = free_state};

    memcpy(o.id, object, 16);
    atomic_fetch_add(&streams, 1);
    return call_stream(c, &o);
}

static bzt_err events(call *c)
{
    return open_stream(c, say_value, 0);
}

static bzt_err ticks(call *c)
{
    return open_stream(c, say_value, 30);
}

static bzt_err flood(call *c)
{
    return open_stream(c, say_much, 5);
}

static const route table[] = {
    {"GET", "/poll", WHO_ANYONE, NULL, poll_value},
    {"GET", "/race", WHO_ANYONE, NULL, poll_race},
    {"GET", "/slow", WHO_ANYONE, NULL, slow},
    {"GET", "/quick", WHO_ANYONE, NULL, quick},
    {"GET", "/events", WHO_ANYONE, NULL, events},
    {"GET", "/ticks", WHO_ANYONE, NULL, ticks},
    {"GET", "/flood", WHO_ANYONE, NULL, flood},
};

static bzt_err anybody(call *c, const route *r)
{
    (void)c;
    (void)r;
    return BZT_OK;
}

static bzt_err other_node(struct service *s, int64_t *versions,
                          const uint8_t (*ids)[16], size_t n)
{
    (void)s;
    for (size_t i = 0; i < n; i++)
        if (!memcmp(ids[i], object, 16))
            versions[i] = atomic_load(&other_node_version);
    return BZT_OK;
}

static http_options options(void)
{
    return (http_options){.routes = table,
                          .routes_n = sizeof table / sizeof *table,
                          .authenticate = anybody,
                          .workers = 4};
}

static int start_with(http_options o)
{
    atomic_store(&value, 0);
    atomic_store(&runs, 0);
    atomic_store(&streams, 0);
    atomic_store(&states_freed, 0);
    atomic_store(&busy, 0);
    engine_start(&server, &o);
    return 0;
}

static int start(void **state)
{
    (void)state;
    return start_with(options());
}

static int stop(void **state)
{
    (void)state;
    engine_stop(&server);
    return 0;
}

static void change(int to)
{
    atomic_store(&value, to);
    http_touched(server.http, object);
}

static int dial_get(const char *target)
{
    char bytes[200];
    int fd = dial(&server);

    snprintf(bytes, sizeof bytes, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);
    send_text(fd, bytes);
    return fd;
}

/* --- long polls ---------------------------------------------------------- */

static void poll_is_woken_by_a_touch(void **state)
{
    int fd = dial_get("/poll?wait=20000");
    int64_t at;
    reply r;

    (void)state;
    assert_true(wait_until(&runs, 1));
    sleep_ms(20);
    at = clock_monotonic_ms();
    change(7);
    receive(&r, fd);
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "{\"value\":7,\"last\":false}");
    assert_true(clock_monotonic_ms() - at < 2000);
    close(fd);
}

static void poll_ends_at_its_time(void **state)
{
    int64_t at = clock_monotonic_ms();
    int fd = dial_get("/poll?wait=100");
    reply r;

    (void)state;
    receive(&r, fd);
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "{\"value\":0,\"last\":true}");
    assert_true(clock_monotonic_ms() - at >= 95);
    close(fd);
}

static void poll_waits_on_after_a_false_wake(void **state)
{
    int fd = dial_get("/poll?wait=20000");
    reply r;

    (void)state;
    for (int i = 1; i <= 5; i++) {
        assert_true(wait_until(&runs, i));
        sleep_ms(10);
        http_touched(server.http, object);
    }
    assert_true(wait_until(&runs, 6));
    change(1);
    receive(&r, fd);
    assert_string_equal(r.body, "{\"value\":1,\"last\":false}");
    close(fd);
}

static void false_wakes_give_no_more_time(void **state)
{
    int64_t at = clock_monotonic_ms();
    int fd = dial_get("/poll?wait=300");
    reply r;

    (void)state;
    for (int i = 0; i < 10; i++) {
        sleep_ms(40);
        http_touched(server.http, object);
    }
    receive(&r, fd);
    assert_string_equal(r.body, "{\"value\":0,\"last\":true}");
    assert_true(clock_monotonic_ms() - at < 650);
    close(fd);
}

static void poll_misses_no_touch_before_it_waits(void **state)
{
    reply r;

    (void)state;
    for (int i = 0; i < 50; i++) {
        int fd;

        atomic_store(&value, 0);
        fd = dial_get("/race");
        receive(&r, fd);
        assert_int_equal(r.status, 200);
        assert_string_equal(r.body, "{\"value\":1}");
        close(fd);
    }
}

static void poll_of_a_client_that_leaves_is_forgotten(void **state)
{
    reply r;

    (void)state;
    for (int i = 0; i < 20; i++)
        close(dial_get("/poll?wait=20000"));
    assert_true(wait_until(&runs, 20));
    sleep_ms(50);
    change(1);
    sleep_ms(50);
    assert_int_equal(atomic_load(&runs), 20);
    ask(&r, &server, "GET /quick HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(r.status, 200);
}

static void bytes_during_a_poll_are_the_next_request(void **state)
{
    int fd = dial_get("/poll?wait=20000");
    reply r;

    (void)state;
    assert_true(wait_until(&runs, 1));
    sleep_ms(20);
    send_text(fd, "GET /quick HTTP/1.1\r\nHost: x\r\n\r\n");
    sleep_ms(20);
    change(1);
    receive(&r, fd);
    assert_string_equal(r.body, "{\"value\":1,\"last\":false}");
    receive(&r, fd);
    assert_string_equal(r.body, "{\"quick\":\"done\"}");
    close(fd);
}

static void a_flood_during_a_poll_is_not_read(void **state)
{
    static char junk[1 << 20];
    int fd = dial_get("/poll?wait=20000");
    ssize_t taken = 0, n;

    (void)state;
    assert_true(wait_until(&runs, 1));
    sleep_ms(20);
    while ((n = send(fd, junk, sizeof junk, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0 &&
           taken < (8 << 20)) {
        taken += n;
        sleep_ms(5);
    }
    assert_true(taken < (2 << 20));
    close(fd);
}

static int start_polling(void **state)
{
    http_options o = options();

    (void)state;
    atomic_store(&other_node_version, 1);
    o.versions = other_node;
    return start_with(o);
}

static void poll_is_woken_by_another_node(void **state)
{
    int fd = dial_get("/poll?wait=20000");
    int64_t at;
    reply r;

    (void)state;
    sleep_ms(300);
    /* One more run, because the first version was unknown; not one for each
     * of the six polls. */
    assert_int_equal(atomic_load(&runs), 2);
    at = clock_monotonic_ms();
    atomic_store(&value, 3);
    atomic_store(&other_node_version, 2);
    receive(&r, fd);
    assert_string_equal(r.body, "{\"value\":3,\"last\":false}");
    assert_true(clock_monotonic_ms() - at < 1000);
    close(fd);
}

/* --- streams ------------------------------------------------------------- */

static void stream_speaks_at_once_and_when_touched(void **state)
{
    int fd = dial_get("/events");
    char text[4096];

    (void)state;
    assert_true(receive_until(fd, text, sizeof text,
                              "event: value\ndata: {\"n\":1,\"value\":0}\n\n"));
    assert_true(has(text, "HTTP/1.1 200"));
    assert_true(has(text, "Content-Type: text/event-stream\r\n"));
    assert_true(has(text, "X-Accel-Buffering: no\r\n"));
    assert_true(has(text, "Cache-Control: no-store\r\n"));
    change(5);
    assert_true(receive_until(fd, text, sizeof text, "\"value\":5}\n\n"));
    change(99);
    assert_true(receive_until(fd, text, sizeof text, "\"value\":99}\n\n"));
    while (read(fd, text, sizeof text) > 0)
        ; /* to the end of the connection */
    close(fd);
    assert_true(wait_until(&states_freed, 1));
}

static void stream_ticks(void **state)
{
    int fd = dial_get("/ticks");
    char text[4096];

    (void)state;
    assert_true(receive_until(fd, text, sizeof text, "{\"n\":5,"));
    close(fd);
    assert_true(wait_until(&states_freed, 1));
}

static void stream_error_at_the_start_is_a_problem(void **state)
{
    int fd;
    reply r;

    (void)state;
    atomic_store(&value, 100);
    fd = dial_get("/events");
    receive(&r, fd);
    assert_int_equal(r.status, 404);
    assert_true(has(r.body, "\"code\":\"not_found\""));
    close(fd);
    assert_true(wait_until(&states_freed, 1));
}

static void stream_error_later_ends_it(void **state)
{
    int fd = dial_get("/events");
    char text[4096];

    (void)state;
    assert_true(receive_until(fd, text, sizeof text, "\"value\":0}\n\n"));
    change(100);
    assert_true(receive_until(fd, text, sizeof text, "0\r\n\r\n"));
    close(fd);
    assert_true(wait_until(&states_freed, 1));
}

static void stream_state_is_freed_when_the_client_leaves(void **state)
{
    static int fds[100];
    char text[4096];

    (void)state;
    for (int i = 0; i < 100; i++)
        fds[i] = dial_get(i % 2 ? "/ticks" : "/events");
    for (int i = 0; i < 100; i++)
        assert_true(receive_until(fds[i], text, sizeof text, "\n\n"));
    for (int i = 0; i < 100; i++)
        close(fds[i]);
    assert_true(wait_until(&states_freed, 100));
}

static void stream_survives_touches_from_many_threads(void **state)
{
    int fd = dial_get("/ticks");
    char text[65536];

    (void)state;
    for (int i = 1; i <= 300; i++)
        change(i % 90);
    change(98);
    assert_true(receive_until(fd, text, sizeof text, "\"value\":98}\n\n"));
    close(fd);
    assert_true(wait_until(&states_freed, 1));
}

static void slow_reader_is_closed(void **state)
{
    int fd = dial_get("/flood");

    (void)state;
    assert_true(wait_until(&states_freed, 1)); /* without one byte read */
    close(fd);
}

static int start_beating(void **state)
{
    http_options o = options();

    (void)state;
    o.heartbeat_ms = 20;
    o.stream_max_ms = 200;
    return start_with(o);
}

static void stream_beats_and_ends_after_its_time(void **state)
{
    int fd = dial_get("/events");
    char text[4096];

    (void)state;
    assert_true(receive_until(fd, text, sizeof text, "3\r\n:\n\n"));
    assert_true(receive_until(fd, text, sizeof text, "0\r\n\r\n"));
    close(fd);
    assert_true(wait_until(&states_freed, 1));
}

static void http_1_0_client_gets_a_stream(void **state)
{
    int fd = dial(&server);
    char text[4096];

    (void)state;
    send_text(fd, "GET /events HTTP/1.0\r\n\r\n");
    assert_true(receive_until(fd, text, sizeof text, "\"value\":0}\n\n"));
    assert_false(has(text, "chunked"));
    change(99);
    assert_true(receive_until(fd, text, sizeof text, "\"value\":99}\n\n"));
    while (read(fd, text, sizeof text) > 0)
        ;
    close(fd);
}

/* --- many ---------------------------------------------------------------- */

static void a_thousand_connections_are_answered(void **state)
{
    static int fds[MANY];
    reply *r = malloc(sizeof *r);

    (void)state;
    for (int i = 0; i < MANY; i++)
        fds[i] = dial(&server);
    for (int i = 0; i < MANY; i++)
        send_text(fds[i], i % 2 ? "GET /quick HTTP/1.1\r\nHost: x\r\n\r\n"
                                : "GET /poll?wait=20000 HTTP/1.1\r\n"
                                  "Host: x\r\n\r\n");
    for (int i = 1; i < MANY; i += 2) {
        receive(r, fds[i]);
        assert_int_equal(r->status, 200);
    }
    assert_true(wait_until(&runs, MANY / 2));
    change(1);
    for (int i = 0; i < MANY; i += 2) {
        receive(r, fds[i]);
        assert_int_equal(r->status, 200);
    }
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    free(r);
}

static int start_narrow(void **state)
{
    http_options o = options();

    (void)state;
    o.workers = 1;
    o.queue = 2;
    return start_with(o);
}

static void a_full_queue_is_503_with_retry_after(void **state)
{
    int fds[8], refused = 0, answered = 0;
    reply r;

    (void)state;
    for (int i = 0; i < 8; i++)
        fds[i] = dial_get("/slow");
    for (int i = 0; i < 8; i++) {
        receive(&r, fds[i]);
        if (r.status == 503) {
            refused++;
            assert_true(has(r.body, "\"code\":\"unavailable\""));
            assert_true(has(r.head, "Retry-After: 1\r\n"));
        } else {
            assert_int_equal(r.status, 200);
            answered++;
        }
        close(fds[i]);
    }
    assert_in_range(answered, 2, 4); /* as the worker was quick or slow */
    assert_int_equal(refused + answered, 8);
}

/* --- the end ------------------------------------------------------------- */

static int start_with_signals(void **state)
{
    http_options o = options();

    (void)state;
    o.signals = 1;
    return start_with(o);
}

static int only_free(void **state)
{
    (void)state;
    http_free(server.http);
    return 0;
}

static void sigterm_finishes_what_runs(void **state)
{
    int busy_fd = dial_get("/slow"), poll_fd = dial_get("/poll?wait=20000");
    int stream_fd = dial_get("/events"), idle_fd = dial(&server);
    char text[4096];
    reply r;

    (void)state;
    assert_true(receive_until(stream_fd, text, sizeof text, "\n\n"));
    assert_true(wait_until(&busy, 1) && wait_until(&runs, 1));
    sleep_ms(20);
    kill(getpid(), SIGTERM);
    receive(&r, busy_fd);
    assert_int_equal(r.status, 200);
    assert_true(has(r.head, "Connection: close\r\n"));
    receive(&r, poll_fd);
    assert_string_equal(r.body, "{\"value\":0,\"last\":true}");
    assert_true(receive_until(stream_fd, text, sizeof text, "0\r\n\r\n"));
    assert_true(has(text, "retry: 1000\n\n"));
    pthread_join(server.thread, NULL);
    assert_int_not_equal(access(server.socket, F_OK), 0);
    assert_int_equal(atomic_load(&states_freed), 1);
    close(busy_fd);
    close(poll_fd);
    close(stream_fd);
    close(idle_fd);
}

static void socket_is_for_owner_and_group(void **state)
{
    struct stat st;

    (void)state;
    assert_int_equal(stat(server.socket, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
}

static void a_served_socket_is_not_taken(void **state)
{
    http_options o = options();
    http *second;
    reply r;

    (void)state;
    o.socket = server.socket;
    assert_int_equal(http_new(&second, &o), BZT_ERR_CONFIG);
    assert_null(second);
    ask(&r, &server, "GET /quick HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(r.status, 200);
}

/* What a process that was killed leaves behind. */
static void leave_socket(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(at.sun_path, path);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    close(fd);
}

static void a_stale_socket_is_replaced(void **state)
{
    char folder[] = "/tmp/bzt-stale-XXXXXX", path[64];
    http_options o = options();
    http *first;
    FILE *f;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/s", folder);
    o.socket = path;
    leave_socket(path);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(http_new(&first, &o), BZT_OK);
    http_free(first);
    assert_int_not_equal(access(path, F_OK), 0);
    f = fopen(path, "w");
    assert_non_null(f);
    fclose(f);
    assert_int_equal(http_new(&first, &o), BZT_ERR_CONFIG); /* a plain file */
    unlink(path);
    rmdir(folder);
}

static void raise_limit(void)
{
    struct rlimit l;

    getrlimit(RLIMIT_NOFILE, &l);
    l.rlim_cur = l.rlim_max;
    setrlimit(RLIMIT_NOFILE, &l);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(poll_is_woken_by_a_touch),
        TEST(poll_ends_at_its_time),
        TEST(poll_waits_on_after_a_false_wake),
        TEST(false_wakes_give_no_more_time),
        TEST(poll_misses_no_touch_before_it_waits),
        TEST(poll_of_a_client_that_leaves_is_forgotten),
        TEST(bytes_during_a_poll_are_the_next_request),
        TEST(a_flood_during_a_poll_is_not_read),
        cmocka_unit_test_setup_teardown(poll_is_woken_by_another_node,
                                        start_polling, stop),
        TEST(stream_speaks_at_once_and_when_touched),
        TEST(stream_ticks),
        TEST(stream_error_at_the_start_is_a_problem),
        TEST(stream_error_later_ends_it),
        TEST(stream_state_is_freed_when_the_client_leaves),
        TEST(stream_survives_touches_from_many_threads),
        TEST(slow_reader_is_closed),
        cmocka_unit_test_setup_teardown(stream_beats_and_ends_after_its_time,
                                        start_beating, stop),
        TEST(http_1_0_client_gets_a_stream),
        TEST(a_thousand_connections_are_answered),
        cmocka_unit_test_setup_teardown(a_full_queue_is_503_with_retry_after,
                                        start_narrow, stop),
        cmocka_unit_test_setup_teardown(sigterm_finishes_what_runs,
                                        start_with_signals, only_free),
        TEST(socket_is_for_owner_and_group),
        TEST(a_served_socket_is_not_taken),
        TEST(a_stale_socket_is_replaced),
    };

    raise_limit();
    http_wipe_memory();
    return cmocka_run_group_tests_name("wait", tests, NULL, NULL);
}
