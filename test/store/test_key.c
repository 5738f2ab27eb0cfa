/* Rows of split keys and phones: what the key protocol leans on. */
#include "base/rng.h"
#include "lib.h"
#include "store/audit.h"
#include "store/device.h"
#include "store/key.h"
#include <pthread.h>
#include <string.h>

/* The arena of the running thread: rows live in it. */
static _Thread_local arena *a;
static store *s;

static const uint8_t person[16] = {1}, phone[16] = {2}, other_phone[16] = {3};

static int set_up(void **state)
{
    a = arena_new(64 << 20);
    if (!a || test_db_new(state))
        return -1;
    s = test_open();
    return 0;
}

static int tear_down(void **state)
{
    store_close(s);
    arena_free(a);
    return test_db_drop(state);
}

static bzt_err insert_phone(store_tx *tx, void *arg)
{
    device_row d = {.name = "手机",
                    .key_sealed = BZT_SPAN_LIT("sealed"),
                    .state = "live",
                    .created_at = 5};

    memcpy(d.id, arg, 16);
    memcpy(d.person, person, 16);
    return device_insert(tx, &d);
}

static bzt_err insert_key(store_tx *tx, void *arg)
{
    key_row k = {.purpose = "sign", .created_at = 1000};

    memcpy(k.id, arg, 16);
    memcpy(k.person, person, 16);
    memcpy(k.device, phone, 16);
    return key_insert(tx, &k);
}

/* One call of a row function with whatever it takes. */
typedef struct access {
    uint8_t id[16];
    const uint8_t *op;
    key_row key, *list;
    size_t n;
    device_row device;
    key_condition condition;
    int64_t number, keep, before;
    const char *outcome;
} access;

static bzt_err get_key(store_tx *tx, void *arg)
{
    access *x = arg;

    return key_get(tx, &x->key, a, x->id, x->op);
}

static bzt_err update_key(store_tx *tx, void *arg)
{
    access *x = arg;

    return key_update(tx, &x->key, &x->condition);
}

static access fetched(uint8_t n, const uint8_t *op)
{
    access x = {.id = {n}, .op = op};

    assert_int_equal(store_read(s, get_key, &x), BZT_OK);
    return x;
}

/* Makes key n live at generation 0. */
static void make_live(uint8_t n)
{
    access x = {.id = {n}};

    assert_int_equal(store_write(s, insert_key, x.id), BZT_OK);
    x = fetched(n, NULL);
    assert_string_equal(x.key.state, "new");
    x.condition = (key_condition){0, 0, "new"};
    x.key.state = "live";
    x.key.share_sealed = BZT_SPAN_LIT("u2 under the master key");
    x.key.has_point = 1;
    memset(x.key.point, 4, 65);
    assert_int_equal(store_write(s, update_key, &x), BZT_OK);
}

static void key_row_keeps_every_column(void **state)
{
    access x = {.id = {9}}, y;

    (void)state;
    assert_int_equal(store_read(s, get_key, &x), BZT_ERR_NOT_FOUND);
    make_live(9);
    x = fetched(9, NULL);
    assert_string_equal(x.key.purpose, "sign");
    assert_false(x.key.has_last || x.key.has_signature || x.key.has_moving ||
                 x.key.has_entry || x.key.has_application);
    assert_null(x.key.seen);
    x.condition = (key_condition){0, 0, "live"};
    x.key.g = 7;
    x.key.failures = 2;
    x.key.wait_until = INT64_MAX;
    x.key.has_last = x.key.has_signature = x.key.has_moving = 1;
    memset(x.key.last_op, 5, 16);
    x.key.last_kind = "sign";
    memset(x.key.last_signature, 6, 64);
    x.key.last_wrong = 3;
    x.key.moving_g = 7;
    memcpy(x.key.moving_device, other_phone, 16);
    x.key.moving_blob = BZT_SPAN_LIT("blob");
    memcpy(x.key.device, other_phone, 16);
    assert_int_equal(store_write(s, update_key, &x), BZT_OK);
    y = fetched(9, NULL);
    assert_int_equal(y.key.g, 7);
    assert_int_equal(y.key.failures, 2);
    assert_true(y.key.wait_until == INT64_MAX);
    assert_memory_equal(y.key.last_op, x.key.last_op, 16);
    assert_string_equal(y.key.last_kind, "sign");
    assert_memory_equal(y.key.last_signature, x.key.last_signature, 64);
    assert_int_equal(y.key.last_wrong, 3);
    assert_int_equal(y.key.moving_g, 7);
    assert_memory_equal(y.key.moving_device, other_phone, 16);
    assert_memory_equal(y.key.moving_blob.p, "blob", 4);
    assert_memory_equal(y.key.device, other_phone, 16);
    assert_memory_equal(y.key.point, x.key.point, 65);
    assert_int_equal(y.key.share_sealed.len, 23);
}

static void key_update_needs_every_part_of_its_condition(void **state)
{
    static const key_condition wrong[] = {
        {1, 0, "live"}, {0, 1, "live"}, {0, 0, "pin"}, {0, 0, "new"}};
    access x;

    (void)state;
    make_live(9);
    for (size_t i = 0; i < 4; i++) {
        x = fetched(9, NULL);
        x.key.g = 100;
        x.condition = wrong[i];
        assert_int_equal(store_write(s, update_key, &x), BZT_ERR_BUSY);
        assert_int_equal(fetched(9, NULL).key.g, 0);
    }
}

static bzt_err remember(store_tx *tx, void *arg)
{
    access *x = arg;
    uint8_t op[16] = {(uint8_t)x->number, (uint8_t)(x->number >> 8), 1};

    return key_op_insert(tx, x->id, op, x->outcome, x->number);
}

static bzt_err prune(store_tx *tx, void *arg)
{
    access *x = arg;

    return key_op_prune(tx, x->id, x->keep, x->before);
}

static int is_remembered(uint8_t n, int64_t number)
{
    const uint8_t op[16] = {(uint8_t)number, (uint8_t)(number >> 8), 1};

    return fetched(n, op).key.seen != NULL;
}

static void key_op_is_remembered_with_its_outcome(void **state)
{
    access x = {.id = {9}, .number = 5, .outcome = "wrong"};
    const uint8_t op[16] = {5, 0, 1}, unknown[16] = {6};

    (void)state;
    make_live(9);
    make_live(8);
    assert_int_equal(store_write(s, remember, &x), BZT_OK);
    assert_string_equal(fetched(9, op).key.seen, "wrong");
    assert_null(fetched(9, unknown).key.seen);
    assert_null(fetched(8, op).key.seen); /* of another key */
    x.outcome = "sign";
    assert_int_equal(store_write(s, remember, &x), BZT_ERR_DUPLICATE);
    assert_string_equal(fetched(9, op).key.seen, "wrong");
}

static void key_op_prune_keeps_the_recent_and_the_last(void **state)
{
    access x = {.id = {9}, .outcome = "sign"};

    (void)state;
    make_live(9);
    for (x.number = 0; x.number < 30; x.number++)
        assert_int_equal(store_write(s, remember, &x), BZT_OK);
    /* the last 16 are 14 … 29, whatever their age */
    x.keep = 16;
    x.before = 1000;
    assert_int_equal(store_write(s, prune, &x), BZT_OK);
    for (int64_t i = 0; i < 30; i++)
        assert_int_equal(is_remembered(9, i), i >= 14);
    /* more than 16 are kept when they are recent */
    for (x.number = 100; x.number < 140; x.number++)
        assert_int_equal(store_write(s, remember, &x), BZT_OK);
    x.before = 100;
    assert_int_equal(store_write(s, prune, &x), BZT_OK);
    assert_false(is_remembered(9, 29));
    for (int64_t i = 100; i < 140; i++)
        assert_true(is_remembered(9, i));
}

static bzt_err lock_all(store_tx *tx, void *arg)
{
    (void)arg;
    return key_lock_device(tx, phone);
}

static void key_lock_device_locks_live_keys_of_this_phone_only(void **state)
{
    static const char *const states[] = {"live", "pin", "clone", "live"};
    static const char *const after[] = {"pin", "pin", "clone", "live"};

    (void)state;
    for (uint8_t i = 0; i < 4; i++) {
        access x;

        make_live(i + 1);
        x = fetched(i + 1, NULL);
        x.condition = (key_condition){0, 0, "live"};
        x.key.state = states[i];
        if (i == 3)
            memcpy(x.key.device, other_phone, 16);
        assert_int_equal(store_write(s, update_key, &x), BZT_OK);
    }
    assert_int_equal(store_write(s, insert_key, (uint8_t[16]){5}), BZT_OK);
    assert_int_equal(store_write(s, lock_all, NULL), BZT_OK);
    for (uint8_t i = 0; i < 4; i++)
        assert_string_equal(fetched(i + 1, NULL).key.state, after[i]);
    assert_string_equal(fetched(5, NULL).key.state, "new");
}

static bzt_err list_moving(store_tx *tx, void *arg)
{
    access *x = arg;

    return key_list_moving(tx, &x->list, &x->n, 10, a, other_phone);
}

static bzt_err list_phone(store_tx *tx, void *arg)
{
    access *x = arg;

    return key_list_device(tx, &x->list, &x->n, 10, a, phone);
}

static void key_lists_tell_keys_of_a_phone_and_those_on_their_way(void **state)
{
    access x;

    (void)state;
    make_live(1);
    make_live(2);
    x = fetched(2, NULL);
    x.condition = (key_condition){0, 0, "live"};
    x.key.has_moving = 1;
    memcpy(x.key.moving_device, other_phone, 16);
    x.key.moving_blob = BZT_SPAN_LIT("blob");
    assert_int_equal(store_write(s, update_key, &x), BZT_OK);
    assert_int_equal(store_read(s, list_moving, &x), BZT_OK);
    assert_int_equal(x.n, 1);
    assert_int_equal(x.list[0].id[0], 2);
    assert_int_equal(store_read(s, list_phone, &x), BZT_OK);
    assert_int_equal(x.n, 2);
}

static bzt_err set_pending(store_tx *tx, void *arg)
{
    return key_update_pending(tx, arg, 1);
}

static bzt_err set_certified(store_tx *tx, void *arg)
{
    return key_update_certified(tx, arg, (const uint8_t[16]){77}, 1);
}

static bzt_err count_all(store_tx *tx, void *arg)
{
    static const store_sql sql = {
        "SELECT (SELECT count(*) FROM key_op WHERE outcome = 'sign'), "
        "(SELECT count(*) FROM key_op WHERE outcome = 'wrong'), "
        "(SELECT count(*) FROM audit_record), "
        "(SELECT CAST(sum(g) AS bigint) FROM split_key)"};
    int64_t *out = arg;
    store_rows *rows;
    bzt_err err = store_query(tx, &rows, &sql, NULL, 0);

    if (!err && !(err = store_next(rows)))
        for (int i = 0; i < 4; i++)
            out[i] = store_int(rows, i);
    store_rows_done(rows);
    return err;
}

static bzt_err sweep(store_tx *tx, void *arg)
{
    access *x = arg;

    return key_sweep(tx, &x->number, x->before);
}

static void key_sweep_takes_only_what_nobody_waits_for(void **state)
{
    access x = {.before = 999};
    access remembered = {.id = {3}, .number = 1, .outcome = "sign"};
    int64_t counts[4];

    (void)state;
    for (uint8_t i = 1; i <= 3; i++)
        make_live(i);
    assert_int_equal(store_write(s, remember, &remembered), BZT_OK);
    remembered.id[0] = 2;
    assert_int_equal(store_write(s, remember, &remembered), BZT_OK);
    assert_int_equal(store_write(s, set_pending, (uint8_t[16]){1}), BZT_OK);
    assert_int_equal(store_write(s, set_certified, (uint8_t[16]){2}), BZT_OK);
    assert_int_equal(store_write(s, sweep, &x), BZT_OK);
    assert_int_equal(x.number, 0); /* all were made later */
    x.before = 1000;
    assert_int_equal(store_write(s, sweep, &x), BZT_OK);
    assert_int_equal(x.number, 1);
    assert_int_equal(fetched(1, NULL).key.pending, 1);
    assert_int_equal(fetched(2, NULL).key.certified, 1);
    assert_true(fetched(2, NULL).key.has_entry);
    x = (access){.id = {3}};
    assert_int_equal(store_read(s, get_key, &x), BZT_ERR_NOT_FOUND);
    assert_int_equal(store_read(s, count_all, counts), BZT_OK);
    assert_int_equal(counts[0], 1); /* what it remembered went with it */
}

/* --- the phone's count ------------------------------------------------------
 */

static bzt_err get_phone(store_tx *tx, void *arg)
{
    access *x = arg;

    return device_get(tx, &x->device, a, x->id);
}

static bzt_err add_try(store_tx *tx, void *arg)
{
    return device_tries_add(tx, arg, phone);
}

static bzt_err clear_tries(store_tx *tx, void *arg)
{
    return device_tries_clear(tx, arg, phone);
}

static bzt_err lock_phone(store_tx *tx, void *arg)
{
    return device_lock(tx, arg, phone);
}

static bzt_err new_device_key(store_tx *tx, void *arg)
{
    (void)arg;
    return device_update_key(tx, phone, BZT_SPAN_LIT("another"));
}

static void device_counts_tries(void **state)
{
    access x = {.id = {2}};
    int64_t n;

    (void)state;
    assert_int_equal(store_write(s, add_try, &n), BZT_ERR_NOT_FOUND);
    assert_int_equal(store_write(s, insert_phone, (void *)phone), BZT_OK);
    assert_int_equal(store_write(s, insert_phone, (void *)phone),
                     BZT_ERR_DUPLICATE);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(store_write(s, add_try, &n), BZT_OK);
        assert_int_equal(n, i);
    }
    assert_int_equal(store_write(s, lock_phone, &n), BZT_OK);
    assert_int_equal(n, 3);
    assert_int_equal(store_read(s, get_phone, &x), BZT_OK);
    assert_int_equal(x.device.failures, 3);
    assert_string_equal(x.device.name, "手机");
    assert_int_equal(store_write(s, clear_tries, &n), BZT_OK);
    assert_int_equal(n, 0);
    assert_int_equal(store_write(s, add_try, &n), BZT_OK);
    assert_int_equal(store_write(s, new_device_key, NULL), BZT_OK);
    assert_int_equal(store_read(s, get_phone, &x), BZT_OK);
    assert_int_equal(x.device.failures, 0);
    assert_memory_equal(x.device.key_sealed.p, "another", 7);
}

/* --- the protocol's transaction, by many at once ----------------------------
 */

enum { THREADS = 12, TRIES = 12 };

typedef struct commitment {
    key_condition condition;
    uint8_t op[16], key[16];
    int right;
    key_row row;
} commitment;

/* As doc/wire.md: device, key on its condition, op_id, audit record. */
static bzt_err commit_operation(store_tx *tx, void *arg)
{
    commitment *c = arg;
    key_row after = c->row;
    int64_t failures;
    bzt_err err;

    err = c->right ? device_tries_clear(tx, &failures, phone)
                   : device_tries_add(tx, &failures, phone);
    if (err)
        return err;
    after.g += c->right;
    after.failures = c->right ? 0 : after.failures + 1;
    if ((err = key_update(tx, &after, &c->condition)))
        return err;
    if ((err =
             key_op_insert(tx, c->key, c->op, c->right ? "sign" : "wrong", 1)))
        return err;
    return audit_insert(tx, NULL,
                        &(audit_entry){.kind = "key.sign",
                                       .subject = c->key,
                                       .record = BZT_SPAN_LIT("r")});
}

static _Atomic int rights, wrongs, busies, others;

static void *operate(void *arg)
{
    int number = *(int *)arg;

    a = arena_new(4 << 20);
    for (int i = 0; i < TRIES; i++) {
        commitment c = {.key = {(uint8_t)(1 + number % 2)},
                        .right = (number + i) % 3 != 0};
        access x = {.id = {c.key[0]}};
        bzt_err err = rng_id(c.op);

        do { /* as a phone whose operation met another */
            c.row = fetched(x.id[0], NULL).key;
            c.condition = (key_condition){c.row.g, c.row.failures, "live"};
            err = store_write(s, commit_operation, &c);
            busies += err == BZT_ERR_BUSY;
        } while (err == BZT_ERR_BUSY);
        rights += !err && c.right;
        wrongs += !err && !c.right;
        others += err != BZT_OK;
    }
    arena_free(a);
    return NULL;
}

static void key_operations_count_once_whoever_else_is_at_it(void **state)
{
    pthread_t threads[THREADS];
    int numbers[THREADS];
    int64_t n[4];

    (void)state;
    assert_int_equal(store_write(s, insert_phone, (void *)phone), BZT_OK);
    make_live(1);
    make_live(2);
    rights = wrongs = busies = others = 0;
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, operate, &numbers[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(others, 0);
    assert_int_equal(rights + wrongs, THREADS * TRIES);
    assert_int_equal(store_read(s, count_all, n), BZT_OK);
    assert_int_equal(n[0], rights);
    assert_int_equal(n[1], wrongs);
    assert_int_equal(n[2], rights + wrongs);
    assert_int_equal(n[3], rights);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(key_row_keeps_every_column),
        T(key_update_needs_every_part_of_its_condition),
        T(key_op_is_remembered_with_its_outcome),
        T(key_op_prune_keeps_the_recent_and_the_last),
        T(key_lock_device_locks_live_keys_of_this_phone_only),
        T(key_lists_tell_keys_of_a_phone_and_those_on_their_way),
        T(key_sweep_takes_only_what_nobody_waits_for),
        T(device_counts_tries),
        T(key_operations_count_once_whoever_else_is_at_it),
    };

    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
