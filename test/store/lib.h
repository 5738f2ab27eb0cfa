/* A fresh database for each test, of the kind that BZT_TEST_DB names: sqlite
 * (the default) or pg.  The same tests run on both. */
#ifndef BZT_TEST_STORE_LIB_H
#define BZT_TEST_STORE_LIB_H

#include "store/store.h"

/* clang-format off */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

int test_is_pg(void);
/* cmocka's set-up and tear-down: a database, and test_url for it. */
int test_db_new(void **state);
int test_db_drop(void **state);
extern char test_url[512];

/* Opens test_url; asserts. */
store *test_open(void);
store *test_open_with(const store_options *options); /* url is filled in */

/* Rows of table `rate`, which serves the tests: name -> n. */
typedef struct test_row {
    const char *name;
    int64_t n;
} test_row;
bzt_err test_insert(store_tx *tx, void *row);
bzt_err test_increment(store_tx *tx, void *row); /* reads, then writes */
bzt_err test_get(store_tx *tx, void *row);       /* fills n */
bzt_err test_count(store_tx *tx, void *n);       /* int64_t: rows */
int64_t test_count_now(store *s);
int64_t test_value_now(store *s, const char *name); /* -1: no such row */

#endif
