#include "base/conf.h"
#include "base/file.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const known[] = {"top", "http.socket", "http.threads",
                                    "store.url", NULL};
static char folder[] = "/tmp/bzt-conf-XXXXXX";
static char path[64], told_path[64];
static char *told; /* what the last try_conf wrote to stderr */

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/c.ini", folder);
    snprintf(told_path, sizeof told_path, "%s/err", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(told);
    unlink(path);
    unlink(told_path);
    return rmdir(folder);
}

static int divert(void)
{
    int saved = dup(STDERR_FILENO);
    int fd = open(told_path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

    fflush(stderr);
    dup2(fd, STDERR_FILENO);
    close(fd);
    return saved;
}

static void restore(int saved)
{
    size_t len;

    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    free(told);
    assert_int_equal(file_read((uint8_t **)&told, &len, told_path, 1 << 16),
                     BZT_OK);
}

static bzt_err try_conf(conf **c, const char *text)
{
    bzt_span bytes = {(const uint8_t *)text, strlen(text)};
    bzt_err err;
    int saved;

    assert_int_equal(file_write(path, bytes, 0600), BZT_OK);
    saved = divert();
    err = conf_read(c, path, known);
    restore(saved);
    return err;
}

static void conf_reads_known_names(void **state)
{
    conf *c;

    (void)state;
    assert_int_equal(try_conf(&c, "# comment\ntop = 1\n[http]\n"
                                  "socket = /run/a b; not a comment\n"
                                  "; comment\nthreads=2\n[store]\n"
                                  "url = sqlite:/x?y=z"),
                     BZT_OK);
    assert_string_equal(conf_text(c, "http.socket", NULL),
                        "/run/a b; not a comment");
    assert_string_equal(conf_text(c, "store.url", NULL), "sqlite:/x?y=z");
    assert_int_equal(conf_int(c, "http.threads", 9), 2);
    assert_int_equal(conf_int(c, "top", 9), 1);
    assert_int_equal(conf_int(c, "http.none", 9), 9);
    assert_null(conf_text(c, "http.none", NULL));
    assert_int_equal(conf_check(c), BZT_OK);
    conf_free(c);
    conf_free(NULL);
}

static void conf_names_line_and_key_of_each_fault(void **state)
{
    conf *c;

    (void)state;
    assert_int_equal(try_conf(&c, "[http]\nthread = 2\n\nsockets = 3\n"),
                     BZT_ERR_CONFIG);
    assert_null(c);
    assert_non_null(strstr(told, "c.ini:2: http.thread: unknown"));
    assert_non_null(strstr(told, "c.ini:4: http.sockets: unknown"));
    assert_int_equal(try_conf(&c, "[http]\nthreads = 2\nthreads = 3\n"),
                     BZT_ERR_CONFIG);
    assert_non_null(strstr(told, "c.ini:3: http.threads: twice"));
    assert_int_equal(try_conf(&c, "[http]\nnonsense\n"), BZT_ERR_CONFIG);
    assert_non_null(strstr(told, "c.ini:2:"));
    assert_int_equal(try_conf(&c, "[http\nthreads = 2\n"), BZT_ERR_CONFIG);
    assert_int_equal(try_conf(&c, "[http]\n  socket = a\n  threads = 3\n"),
                     BZT_OK);
    conf_free(c);
}

static void conf_refuses_overlong_lines_and_takes_long_ones(void **state)
{
    char text[8192];
    conf *c;

    (void)state;
    strcpy(text, "[store]\nurl = ");
    memset(text + 14, 'x', 4000);
    text[4014] = 0;
    assert_int_equal(try_conf(&c, text), BZT_OK);
    assert_int_equal(strlen(conf_text(c, "store.url", "")), 4000);
    conf_free(c);
    memset(text + 14, 'x', 5000);
    text[5014] = 0;
    assert_int_equal(try_conf(&c, text), BZT_ERR_CONFIG);
    assert_non_null(strstr(told, "c.ini:2: line: too long"));
}

static void conf_remembers_a_value_that_is_no_number(void **state)
{
    static const char *const bad[] = {
        "2x", "", "x", "1.5", "99999999999999999999", NULL};

    (void)state;
    for (int i = 0; bad[i]; i++) {
        char text[64];
        conf *c;
        int saved;

        snprintf(text, sizeof text, "[http]\nthreads = %s\n", bad[i]);
        assert_int_equal(try_conf(&c, text), BZT_OK);
        assert_int_equal(conf_check(c), BZT_OK);
        saved = divert();
        assert_int_equal(conf_int(c, "http.threads", 7), 7);
        restore(saved);
        assert_non_null(strstr(told, "c.ini:2: http.threads: not a"));
        assert_int_equal(conf_check(c), BZT_ERR_CONFIG);
        conf_free(c);
    }
}

static void conf_that_is_missing_is_a_config_error(void **state)
{
    conf *c;
    int saved = divert();
    bzt_err err = conf_read(&c, "/nowhere/c.ini", known);

    (void)state;
    restore(saved);
    assert_int_equal(err, BZT_ERR_CONFIG);
    assert_non_null(strstr(told, "/nowhere/c.ini"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conf_reads_known_names),
        cmocka_unit_test(conf_names_line_and_key_of_each_fault),
        cmocka_unit_test(conf_refuses_overlong_lines_and_takes_long_ones),
        cmocka_unit_test(conf_remembers_a_value_that_is_no_number),
        cmocka_unit_test(conf_that_is_missing_is_a_config_error),
    };

    return cmocka_run_group_tests_name("conf", tests, set_up, tear_down);
}
