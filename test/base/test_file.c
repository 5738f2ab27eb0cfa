#include "base/file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/bzt-file-XXXXXX";
static char path[64];

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/f", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails when a temporary file is left */
}

static void file_reads_what_it_wrote(void **state)
{
    uint8_t *out;
    size_t len;
    struct stat st;

    (void)state;
    assert_int_equal(file_write(path, BZT_SPAN_LIT("one\0two"), 0600), BZT_OK);
    assert_int_equal(file_read(&out, &len, path, 7), BZT_OK);
    assert_int_equal(len, 7);
    assert_memory_equal(out, "one\0two", 8);
    free(out);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(file_write(path, BZT_SPAN_LIT(""), 0644), BZT_OK);
    assert_int_equal(file_read(&out, &len, path, 0), BZT_OK);
    assert_int_equal(len, 0);
    free(out);
}

static void file_read_bounds_and_names_its_errors(void **state)
{
    uint8_t *out;
    size_t len;

    (void)state;
    assert_int_equal(file_write(path, BZT_SPAN_LIT("1234567"), 0600), BZT_OK);
    assert_int_equal(file_read(&out, &len, path, 6), BZT_ERR_TOO_LARGE);
    assert_null(out);
    assert_int_equal(file_read(&out, &len, "/dev/zero", 100),
                     BZT_ERR_TOO_LARGE);
    assert_int_equal(file_read(&out, &len, folder, 100), BZT_ERR_IO);
    assert_int_equal(file_read(&out, &len, "/nowhere/x", 100),
                     BZT_ERR_NOT_FOUND);
    assert_null(out);
}

static void file_write_that_fails_leaves_the_old_file(void **state)
{
    uint8_t *out;
    size_t len;

    (void)state;
    assert_int_equal(file_write(path, BZT_SPAN_LIT("old"), 0600), BZT_OK);
    assert_int_equal(file_write("/nowhere/x", BZT_SPAN_LIT("new"), 0600),
                     BZT_ERR_IO);
    assert_int_equal(file_write(folder, BZT_SPAN_LIT("new"), 0600), BZT_ERR_IO);
    assert_int_equal(file_read(&out, &len, path, 10), BZT_OK);
    assert_memory_equal(out, "old", 4);
    free(out);
    /* the temporary file beside the folder is gone */
    char glob[96];
    snprintf(glob, sizeof glob, "ls %s.* 2>/dev/null | grep -q .", folder);
    assert_int_not_equal(system(glob), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_reads_what_it_wrote),
        cmocka_unit_test(file_read_bounds_and_names_its_errors),
        cmocka_unit_test(file_write_that_fails_leaves_the_old_file),
    };

    return cmocka_run_group_tests_name("file", tests, set_up, tear_down);
}
