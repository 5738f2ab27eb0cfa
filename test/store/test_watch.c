/* Versions of requests, many ids in one query. */
#include "base/rng.h"
#include "lib.h"
#include "store/request.h"
#include "store/watch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 3000, KNOWN = 50 };

static uint8_t ids[MANY][16];

static bzt_err insert_op(store_tx *tx, void *arg)
{
    (void)arg;
    for (int i = 0; i < KNOWN; i++) {
        request_row row = {.kind = "login",
                           .description = BZT_SPAN_LIT("{}"),
                           .domain = "x",
                           .version = 100 + i,
                           .created_at = 1,
                           .decide_until = 2};
        bzt_err err;

        memcpy(row.id, ids[i * 7], 16);
        memcpy(row.page_token, ids[i * 7], 16);
        memcpy(row.qr_token, ids[i * 7], 16);
        if ((err = request_insert(tx, &row)))
            return err;
    }
    return BZT_OK;
}

typedef struct watched {
    int64_t versions[MANY];
    size_t n;
} watched;

static bzt_err watch_op(store_tx *tx, void *arg)
{
    watched *w = arg;

    return watch_versions(tx, w->versions, (const uint8_t(*)[16])ids, w->n);
}

static void watch_finds_known_ids_and_leaves_others(void **state)
{
    store *s = test_open();
    static watched w;

    (void)state;
    assert_int_equal(rng_bytes(ids, sizeof ids), BZT_OK);
    assert_int_equal(store_write(s, insert_op, NULL), BZT_OK);
    memset(w.versions, -1, sizeof w.versions);
    w.n = MANY;
    assert_int_equal(store_read(s, watch_op, &w), BZT_OK);
    for (int i = 0; i < MANY; i++) {
        int is_known = i % 7 == 0 && i / 7 < KNOWN;

        assert_int_equal(w.versions[i], is_known ? 100 + i / 7 : -1);
    }
    memset(w.versions, -1, sizeof w.versions);
    w.n = 1;
    assert_int_equal(store_read(s, watch_op, &w), BZT_OK);
    assert_int_equal(w.versions[0], 100);
    assert_int_equal(w.versions[7], -1);
    w.n = 0;
    assert_int_equal(store_read(s, watch_op, &w), BZT_OK);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(watch_finds_known_ids_and_leaves_others),
    };

    return cmocka_run_group_tests_name("watch", tests, test_db_new,
                                       test_db_drop);
}
