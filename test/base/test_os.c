/* clock, rng and log: what comes from the operating system. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/rng.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

/* Linked in place of getrandom (-Wl,--wrap=getrandom). */
ssize_t __real_getrandom(void *buf, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *buf, size_t len, unsigned flags);
static int random_script; /* 1: interrupted, then one byte at a time; 2: fails
                             after 20 bytes */
static size_t random_given;

ssize_t __wrap_getrandom(void *buf, size_t len, unsigned flags)
{
    if (random_script == 1) {
        static int turn;

        if (turn++ % 2) {
            errno = EINTR;
            return -1;
        }
        return __real_getrandom(buf, 1, flags);
    }
    if (random_script == 2) {
        if (random_given >= 20) {
            errno = ENOSYS;
            return -1;
        }
        random_given += 10;
        return __real_getrandom(buf, len < 10 ? len : 10, flags);
    }
    return __real_getrandom(buf, len, flags);
}

static void rng_gives_different_bytes(void **state)
{
    uint8_t x[64], y[64];

    (void)state;
    random_script = 0;
    assert_int_equal(rng_bytes(x, sizeof x), BZT_OK);
    assert_int_equal(rng_bytes(y, sizeof y), BZT_OK);
    assert_memory_not_equal(x, y, sizeof x);
    assert_int_equal(rng_bytes(x, 0), BZT_OK);
}

static void rng_goes_on_after_short_and_interrupted_reads(void **state)
{
    uint8_t x[64] = {0};
    int zeros = 0;

    (void)state;
    random_script = 1;
    assert_int_equal(rng_bytes(x, sizeof x), BZT_OK);
    for (int i = 0; i < 64; i++)
        zeros += x[i] == 0;
    assert_true(zeros < 10);
    random_script = 0;
}

static void rng_that_fails_leaves_nothing(void **state)
{
    uint8_t x[64], zero[64] = {0};

    (void)state;
    memset(x, 1, sizeof x);
    random_script = 2;
    random_given = 0;
    assert_int_equal(rng_bytes(x, sizeof x), BZT_ERR_RANDOM);
    assert_memory_equal(x, zero, sizeof x);
    random_script = 0;
}

static void clock_writes_iso_dates(void **state)
{
    char text[21];

    (void)state;
    clock_iso(text, 1795316645999);
    assert_string_equal(text, "2026-11-22T03:04:05Z");
    clock_iso(text, 0);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    clock_iso(text, -1);
    assert_string_equal(text, "1969-12-31T23:59:59Z");
    clock_iso(text, 253402300799999);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    clock_iso(text, INT64_MAX);
    assert_string_equal(text, "0000-00-00T00:00:00Z");
    clock_iso(text, INT64_MIN);
    assert_string_equal(text, "0000-00-00T00:00:00Z");
}

static void clock_is_of_this_century(void **state)
{
    int64_t before = clock_monotonic_ms();

    (void)state;
    assert_true(clock_now_ms() > 1700000000000);
    assert_true(clock_monotonic_ms() >= before);
}

/* What log_event writes, through a pipe in place of stderr. */
static size_t logged(char *out, size_t cap, const char *text)
{
    int ends[2], saved = dup(STDERR_FILENO);
    ssize_t n;

    assert_int_equal(pipe(ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    dup2(ends[1], STDERR_FILENO);
    log_event(LOG_WARN, "test_event", "%s", text);
    log_event(LOG_DEBUG, "hidden", "not at this level");
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    n = read(ends[0], out, cap - 1);
    close(ends[0]);
    assert_true(n > 0);
    out[n] = 0;
    return (size_t)n;
}

static void log_lines_are_json_whatever_the_text(void **state)
{
    char line[8192], text[3001];
    arena *a = arena_new(1 << 20);
    const char *value;
    json *j;
    size_t n = logged(line, sizeof line, "a\"b\\c\n\x01\xff中");

    (void)state;
    assert_memory_equal(line, "<4>{", 4);
    assert_int_equal(line[n - 1], '\n');
    assert_int_equal(strchr(line, '\n') - line, n - 1);
    assert_int_equal(json_parse(&j, a, (bzt_span){(uint8_t *)line + 3, n - 3}),
                     BZT_OK);
    assert_int_equal(json_text(&value, j, "event", 1, 99), BZT_OK);
    assert_string_equal(value, "test_event");
    assert_int_equal(json_text(&value, j, "level", 1, 99), BZT_OK);
    assert_string_equal(value, "warn");

    for (int fill = 0; fill < 2; fill++) {
        memset(text, fill ? '\x01' : 'x', 3000);
        text[3000] = 0;
        n = logged(line, sizeof line, text);
        assert_true(n <= 4096);
        assert_int_equal(
            json_parse(&j, a, (bzt_span){(uint8_t *)line + 3, n - 3}), BZT_OK);
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rng_gives_different_bytes),
        cmocka_unit_test(rng_goes_on_after_short_and_interrupted_reads),
        cmocka_unit_test(rng_that_fails_leaves_nothing),
        cmocka_unit_test(clock_writes_iso_dates),
        cmocka_unit_test(clock_is_of_this_century),
        cmocka_unit_test(log_lines_are_json_whatever_the_text),
    };

    return cmocka_run_group_tests_name("os", tests, NULL, NULL);
}
