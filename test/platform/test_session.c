/* Sessions, cookies, delays: what keeps strangers out. */
#include "core/text.h"
#include "platform/session.h"
#include "platform/throttle.h"
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const int64_t NOW = 1800000000000;
static sessions all;

static int fresh(void **state)
{
    (void)state;
    memset(&all, 0, sizeof(all));
    return 0;
}

static void session_is_found_by_its_cookie_alone(void **state)
{
    char cookie[SECRET_TEXT_LEN + 1], other[SECRET_TEXT_LEN + 1];
    session s, found;

    (void)state;
    assert_int_equal(session_open(&s, cookie, &all, "clerk", NOW), BZT_OK);
    assert_int_equal(session_find(&found, &all, cookie, NOW), BZT_OK);
    assert_string_equal(found.login, "clerk");
    assert_int_equal(secret_new(other), BZT_OK);
    assert_int_equal(session_find(&found, &all, other, NOW),
                     BZT_ERR_UNAUTHENTICATED);
    assert_string_equal(found.login, "");
    assert_int_equal(session_find(&found, &all, "", NOW),
                     BZT_ERR_UNAUTHENTICATED);
    assert_int_equal(session_find(&found, &all, NULL, NOW),
                     BZT_ERR_UNAUTHENTICATED);
}

static void session_does_not_keep_the_secret(void **state)
{
    char cookie[SECRET_TEXT_LEN + 1];
    session s;

    (void)state;
    assert_int_equal(session_open(&s, cookie, &all, "clerk", NOW), BZT_OK);
    assert_null(memmem(&all, sizeof(all), cookie, SECRET_TEXT_LEN));
}

static void session_ends_by_time_and_by_rest(void **state)
{
    char cookie[SECRET_TEXT_LEN + 1];
    session s, found;
    int64_t now = NOW;

    (void)state;
    assert_int_equal(session_open(&s, cookie, &all, "clerk", NOW), BZT_OK);
    for (; now < NOW + SESSION_MS; now += SESSION_IDLE_MS - 1) {
        assert_int_equal(session_find(&found, &all, cookie, now), BZT_OK);
    }
    assert_int_equal(session_find(&found, &all, cookie, NOW + SESSION_MS),
                     BZT_ERR_UNAUTHENTICATED);
    assert_int_equal(session_open(&s, cookie, &all, "clerk", NOW), BZT_OK);
    assert_int_equal(session_find(&found, &all, cookie, NOW + SESSION_IDLE_MS),
                     BZT_ERR_UNAUTHENTICATED);
    assert_int_equal(session_find(&found, &all, cookie, NOW),
                     BZT_ERR_UNAUTHENTICATED); /* it does not come back */
}

static void session_that_is_closed_is_gone(void **state)
{
    char cookie[SECRET_TEXT_LEN + 1];
    session s, found;

    (void)state;
    assert_int_equal(session_open(&s, cookie, &all, "clerk", NOW), BZT_OK);
    session_close(&all, s.id);
    session_close(&all, s.id);
    assert_int_equal(session_find(&found, &all, cookie, NOW),
                     BZT_ERR_UNAUTHENTICATED);
}

static void full_table_drops_the_session_that_ends_first(void **state)
{
    char first[SECRET_TEXT_LEN + 1], cookie[SECRET_TEXT_LEN + 1];
    session s, found;

    (void)state;
    assert_int_equal(session_open(&s, first, &all, "first", NOW), BZT_OK);
    for (int i = 1; i <= SESSION_SLOTS; i++) {
        assert_int_equal(session_open(&s, cookie, &all, "next", NOW + i),
                         BZT_OK);
    }
    assert_int_equal(session_find(&found, &all, first, NOW),
                     BZT_ERR_UNAUTHENTICATED);
    assert_int_equal(session_find(&found, &all, cookie, NOW), BZT_OK);
}

static void csrf_token_is_that_of_the_session(void **state)
{
    char cookie[SECRET_TEXT_LEN + 1], token[SECRET_TEXT_LEN + 1];
    session s;

    (void)state;
    assert_int_equal(session_open(&s, cookie, &all, "clerk", NOW), BZT_OK);
    assert_int_equal(session_check_csrf(&s, s.csrf), BZT_OK);
    assert_int_equal(session_check_csrf(&s, NULL), BZT_ERR_CSRF);
    assert_int_equal(session_check_csrf(&s, ""), BZT_ERR_CSRF);
    assert_int_equal(session_check_csrf(&s, cookie), BZT_ERR_CSRF);
    strcpy(token, s.csrf);
    token[SECRET_TEXT_LEN - 1] ^= 1;
    assert_int_equal(session_check_csrf(&s, token), BZT_ERR_CSRF);
}

static void cookie_is_read_only_when_it_is_one_secret(void **state)
{
    static const char value[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    static const struct {
        const char *header;
        int is_found;
    } cases[] = {
        {"c=%s", 1},
        {"a=1; c=%s", 1},
        {"a=1;c=%s;b=2", 1},
        {"cc=%s; c=%s", 1},
        {"c=%s; c=%s", 0}, /* which one? */
        {"cc=%s", 0},
        {"c", 0},
        {"c=", 0},
        {"c=%sA", 0},
        {"c= %s", 0},
        {"c=\"%s\"", 0},
        {"", 0},
        {";;;", 0},
    };
    char out[SECRET_TEXT_LEN + 1], header[300];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *rest = cases[i].header;
        size_t n = 0;
        for (; *rest; rest++) {
            if (*rest == '%') {
                n += (size_t)sprintf(header + n, "%s", value);
                rest++;
            } else {
                header[n++] = *rest;
            }
        }
        header[n] = 0;
        assert_int_equal(!cookie_find(out, header, "c"), cases[i].is_found);
        assert_string_equal(out, cases[i].is_found ? value : "");
    }
    assert_int_equal(cookie_find(out, NULL, "c"), BZT_ERR_NOT_FOUND);
}

/* --- delays -------------------------------------------------------------- */

static throttle tries;

static void each_failure_doubles_the_delay(void **state)
{
    static const int seconds[] = {0,  0,  1,   2,   4,   8,   16,
                                  32, 64, 128, 256, 512, 900, 900};
    int64_t now = NOW;

    (void)state;
    memset(&tries, 0, sizeof(tries));
    for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
        int64_t wait = seconds[i] * 1000;
        assert_int_equal(throttle_begin(&tries, "clerk", now), 0);
        if (wait) {
            assert_int_equal(throttle_begin(&tries, "clerk", now), wait);
            assert_int_equal(throttle_begin(&tries, "clerk", now + wait - 1),
                             1);
        }
        now += wait;
    }
    assert_int_equal(throttle_begin(&tries, "other", now), 0);
}

static void success_clears_the_delay(void **state)
{
    (void)state;
    memset(&tries, 0, sizeof(tries));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(throttle_begin(&tries, "clerk", NOW), 0);
    }
    assert_int_not_equal(throttle_begin(&tries, "clerk", NOW), 0);
    throttle_clear(&tries, "clerk");
    throttle_clear(&tries, "nobody");
    assert_int_equal(throttle_begin(&tries, "clerk", NOW), 0);
}

static void flood_of_names_does_not_free_the_guessed_one(void **state)
{
    char name[32];

    (void)state;
    memset(&tries, 0, sizeof(tries));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(throttle_begin(&tries, "clerk", NOW), 0);
    }
    for (int i = 0; i < 2 * THROTTLE_SLOTS; i++) {
        snprintf(name, sizeof(name), "name%d", i);
        assert_int_equal(throttle_begin(&tries, name, NOW + 1), 0);
    }
    assert_int_equal(throttle_begin(&tries, "clerk", NOW + 1), 999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(session_is_found_by_its_cookie_alone, fresh),
        cmocka_unit_test_setup(session_does_not_keep_the_secret, fresh),
        cmocka_unit_test_setup(session_ends_by_time_and_by_rest, fresh),
        cmocka_unit_test_setup(session_that_is_closed_is_gone, fresh),
        cmocka_unit_test_setup(full_table_drops_the_session_that_ends_first,
                               fresh),
        cmocka_unit_test_setup(csrf_token_is_that_of_the_session, fresh),
        cmocka_unit_test(cookie_is_read_only_when_it_is_one_secret),
        cmocka_unit_test(each_failure_doubles_the_delay),
        cmocka_unit_test(success_clears_the_delay),
        cmocka_unit_test(flood_of_names_does_not_free_the_guessed_one),
    };

    return cmocka_run_group_tests_name("platform-session", tests, NULL, NULL);
}
