/* What is stored and what is kept in memory: one form for each state, nonces
 * that answer once, PINs that are worth something. */
#include "world.h"

static world w;
static client c, other;

/* A key in each of its states: at rest, with an intent, arriving. */
static void make_states(bzt_phone_key out[3])
{
    bzt_transfer_code code;
    world_init(&w, "states");
    add_phone(&w, &c, 1);
    add_phone(&w, &other, 1);
    add_key(&w, &c, BZT_USE_SIGN);
    show_code(&w, &other, &code);
    out[0] = c.keys[0];
    assert_int_equal(BZT_OK, do_move(&w, &c, &code, PIN_RIGHT));
    assert_int_equal(BZT_OK, do_copy(&w, &other));
    out[2] = other.keys[0];
    w.travel = lost;
    assert_int_equal(BZT_ERR_IO, do_sign(&w, &c, &c.keys[0], PIN_RIGHT, "x"));
    out[1] = c.keys[0];
}

static void cosign_a_stored_key_comes_back_as_it_was(void **state)
{
    (void)state;
    bzt_phone_key keys[3], back;
    uint8_t box[BZT_PHONE_KEY_SIZE], again[BZT_PHONE_KEY_SIZE];
    make_states(keys);
    for (int i = 0; i < 3; i++) {
        bzt_phone_key_write(box, &keys[i]);
        assert_int_equal(
            BZT_OK, bzt_phone_key_read(&back, (bzt_span){box, sizeof box}));
        bzt_phone_key_write(again, &back);
        assert_memory_equal(box, again, sizeof box);
        assert_memory_equal(back.m, keys[i].m, 32);
        assert_int_equal(back.intent.present, keys[i].intent.present);
        assert_int_equal(back.arriving, keys[i].arriving);
    }
    assert_int_equal(1, keys[1].intent.present);
    assert_int_equal(1, keys[2].arriving);
}

/* Cut at each length, longer, each byte changed: an error, or another state
 * that has one form too; never a half-read key. */
static void cosign_reads_no_damaged_key(void **state)
{
    (void)state;
    bzt_phone_key keys[3], back;
    uint8_t box[BZT_PHONE_KEY_SIZE + 1] = {0}, again[BZT_PHONE_KEY_SIZE];
    static const bzt_phone_key zero;
    make_states(keys);
    for (int i = 0; i < 3; i++) {
        bzt_phone_key_write(box, &keys[i]);
        for (size_t n = 0; n < BZT_PHONE_KEY_SIZE; n++) {
            assert_int_equal(BZT_ERR_TRUNCATED,
                             bzt_phone_key_read(&back, (bzt_span){box, n}));
            assert_memory_equal(&back, &zero, sizeof zero);
        }
        assert_int_equal(
            BZT_ERR_TRAILING,
            bzt_phone_key_read(&back, (bzt_span){box, sizeof box}));
        for (size_t n = 0; n < BZT_PHONE_KEY_SIZE * 8; n++) {
            bzt_span in = {box, BZT_PHONE_KEY_SIZE};
            box[n / 8] ^= (uint8_t)(1 << n % 8);
            if (bzt_phone_key_read(&back, in) == BZT_OK) {
                bzt_phone_key_write(again, &back);
                assert_memory_equal(box, again, sizeof again);
            } else {
                assert_memory_equal(&back, &zero, sizeof zero);
            }
            box[n / 8] ^= (uint8_t)(1 << n % 8);
        }
        box[0] = 2;
        assert_int_equal(
            BZT_ERR_UNSUPPORTED,
            bzt_phone_key_read(&back, (bzt_span){box, BZT_PHONE_KEY_SIZE}));
    }
}

static void cosign_reads_no_damaged_phone(void **state)
{
    (void)state;
    static uint8_t box[BZT_PHONE_SIZE], again[BZT_PHONE_SIZE];
    static bzt_phone back;
    static const bzt_phone zero;
    uint8_t ids[2][16] = {{1}, {2}}, job_id[16] = {9}, of[32] = {7};
    world_init(&w, "phone");
    add_phone(&w, &c, 1);
    for (int job = 0; job < 2; job++) {
        if (job)
            assert_int_equal(BZT_OK, bzt_phone_job_begin(
                                         &c.phone, BZT_JOB_MOVE, of,
                                         (const uint8_t(*)[16])ids, 2, job_id));
        bzt_phone_write(box, &c.phone);
        for (size_t n = 0; n < sizeof box; n += 13)
            assert_int_equal(BZT_ERR_TRUNCATED,
                             bzt_phone_read(&back, (bzt_span){box, n}));
        for (size_t n = 0; n < sizeof box; n++) {
            box[n] ^= 1;
            if (bzt_phone_read(&back, (bzt_span){box, sizeof box})) {
                assert_memory_equal(&back, &zero, sizeof zero);
            } else {
                bzt_phone_write(again, &back);
                assert_memory_equal(box, again, sizeof box);
            }
            box[n] ^= 1;
        }
        assert_int_equal(BZT_OK,
                         bzt_phone_read(&back, (bzt_span){box, sizeof box}));
        assert_memory_equal(&back, &c.phone, sizeof back);
    }
}

static void cosign_reads_no_damaged_transfer(void **state)
{
    (void)state;
    bzt_transfer t;
    bzt_transfer_code code, back;
    uint8_t box[BZT_TRANSFER_SIZE], qr[BZT_TRANSFER_CODE_SIZE];
    world_init(&w, "transfer");
    add_phone(&w, &c, 1);
    show_code(&w, &c, &code);
    bzt_transfer_write(box, &c.transfer);
    for (size_t n = 0; n < sizeof box; n++)
        assert_int_equal(BZT_ERR_TRUNCATED,
                         bzt_transfer_read(&t, (bzt_span){box, n}));
    memset(box + 1, 0, 32);
    assert_int_equal(BZT_ERR_RANGE,
                     bzt_transfer_read(&t, (bzt_span){box, sizeof box}));
    bzt_transfer_code_write(qr, &code);
    assert_int_equal(BZT_ERR_TRUNCATED,
                     bzt_transfer_code_read(&back, (bzt_span){qr, 96}));
    for (size_t n = 0; n < 65; n++) {
        qr[n] ^= 8;
        assert_int_equal(BZT_ERR_POINT, bzt_transfer_code_read(
                                            &back, (bzt_span){qr, sizeof qr}));
        qr[n] ^= 8;
    }
}

/* ---- nonces ------------------------------------------------------------- */

static cosign_nonce nonce_for(uint8_t key, uint8_t point, int64_t until)
{
    cosign_nonce n = {.g = 7, .until_ms = until};
    memset(n.key_id, key, 16);
    memset(n.Qs, point, 65);
    memset(n.k, key ^ point, 32);
    return n;
}

static bzt_sign_request asks(uint8_t key, uint8_t point, uint64_t g)
{
    bzt_sign_request q = {.g = g};
    memset(q.key_id, key, 16);
    memset(q.Qs, point, 65);
    return q;
}

static void cosign_takes_a_nonce_once(void **state)
{
    (void)state;
    static cosign_nonce slots[2 * COSIGN_NONCE_WAYS];
    static const cosign_nonce zero;
    cosign_nonces t;
    cosign_nonce out, n = nonce_for(1, 2, 100);
    bzt_sign_request q = asks(1, 2, 7);
    cosign_nonces_init(&t, slots, 2);
    cosign_nonces_put(&t, &n, 10);
    assert_memory_equal(&n, &zero, sizeof zero); /* moved, not copied */
    bzt_sign_request wrong[] = {asks(2, 2, 7), asks(1, 3, 7), asks(1, 2, 6),
                                asks(1, 2, 8)};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(BZT_ERR_NONCE_GONE,
                         cosign_nonces_take(&out, &t, &wrong[i], 50));
        assert_memory_equal(&out, &zero, sizeof zero);
    }
    assert_int_equal(BZT_ERR_NONCE_GONE, cosign_nonces_take(&out, &t, &q, 100));
    assert_int_equal(BZT_OK, cosign_nonces_take(&out, &t, &q, 99));
    assert_int_equal(1 ^ 2, out.k[0]);
    assert_int_equal(BZT_ERR_NONCE_GONE, cosign_nonces_take(&out, &t, &q, 50));
    assert_true(stands_in(slots, sizeof slots, &zero, sizeof zero));
    assert_int_equal(0, cosign_nonces_expire(&t, 50));
}

static void cosign_holds_one_nonce_for_each_key(void **state)
{
    (void)state;
    static cosign_nonce slots[COSIGN_NONCE_WAYS];
    cosign_nonces t;
    cosign_nonce out, n;
    cosign_nonces_init(&t, slots, 1);
    n = nonce_for(1, 2, 100);
    cosign_nonces_put(&t, &n, 10);
    n = nonce_for(1, 3, 100);
    cosign_nonces_put(&t, &n, 10);
    bzt_sign_request first = asks(1, 2, 7), second = asks(1, 3, 7);
    assert_int_equal(BZT_ERR_NONCE_GONE,
                     cosign_nonces_take(&out, &t, &first, 20));
    assert_int_equal(BZT_OK, cosign_nonces_take(&out, &t, &second, 20));
}

/* A full set gives up the one that ends first. */
static void cosign_a_full_table_gives_up_the_oldest(void **state)
{
    (void)state;
    static cosign_nonce slots[COSIGN_NONCE_WAYS];
    cosign_nonces t;
    cosign_nonce out, n;
    cosign_nonces_init(&t, slots, 1);
    for (uint8_t i = 0; i <= COSIGN_NONCE_WAYS; i++) {
        n = nonce_for((uint8_t)(i + 1), 1, 100 + (i * 7) % 9);
        cosign_nonces_put(&t, &n, 10);
    }
    assert_int_equal(COSIGN_NONCE_WAYS, cosign_nonces_expire(&t, 50));
    bzt_sign_request oldest = asks(1, 1, 7), newest = asks(9, 1, 7);
    assert_int_equal(BZT_ERR_NONCE_GONE,
                     cosign_nonces_take(&out, &t, &oldest, 50));
    assert_int_equal(BZT_OK, cosign_nonces_take(&out, &t, &newest, 50));
    assert_int_equal(0, cosign_nonces_expire(&t, 200));
    static const cosign_nonce zero[COSIGN_NONCE_WAYS];
    assert_memory_equal(slots, zero, sizeof zero);
}

/* ---- PINs --------------------------------------------------------------- */

static bzt_err pin_is(const char *digits)
{
    const bzt_span numbers[] = {BZT_SPAN_LIT("13800138000"),
                                BZT_SPAN_LIT("110101199003070011"),
                                BZT_SPAN_LIT("12345")};
    bzt_pin pin;
    bzt_err err =
        bzt_pin_read(&pin, (bzt_span){(const uint8_t *)digits, strlen(digits)});
    return err ? err : bzt_pin_check(&pin, numbers, 3);
}

static void cosign_takes_no_weak_pin(void **state)
{
    (void)state;
    static const char *const bad_form[] = {"",
                                           "27182",
                                           "2718281",
                                           "27182a",
                                           "２71828",
                                           "27 182",
                                           "-27182",
                                           "27182\n",
                                           "/23123",
                                           ":23123",
                                           "\xb2\xb7\xb1\xb8\xb2\xb8"};
    static const char *const weak[] = {
        "111111", "000000", "121212", "909090", "123123", "900900",
        "456789", "890123", "901234", "012345", "210987", "987654",
        "543210", "109876", "900307", "001380", "138001", "030700"};
    static const char *const fine[] = {"271828", "112233", "123124", "135791",
                                       "123457", "890124", "111112"};
    for (size_t i = 0; i < sizeof bad_form / sizeof bad_form[0]; i++)
        assert_int_equal(BZT_ERR_ENCODING, pin_is(bad_form[i]));
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++)
        assert_int_equal(BZT_ERR_WEAK_PIN, pin_is(weak[i]));
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        assert_int_equal(BZT_OK, pin_is(fine[i]));
}

/* ---- names -------------------------------------------------------------- */

static void cosign_names_go_both_ways(void **state)
{
    (void)state;
    for (int i = 1; i <= BZT_OUTCOME_ARRIVE; i++) {
        const char *name = bzt_outcome_name((bzt_outcome)i);
        assert_non_null(name);
        assert_int_equal(i, bzt_outcome_by_name(name));
    }
    assert_null(bzt_outcome_name(BZT_OUTCOME_NONE));
    assert_null(bzt_outcome_name((bzt_outcome)8));
    assert_null(bzt_outcome_name((bzt_outcome)-1));
    assert_int_equal(0, bzt_outcome_by_name("sig"));
    assert_int_equal(0, bzt_outcome_by_name("signs"));
    assert_int_equal(0, bzt_outcome_by_name(""));
    assert_int_equal(0, bzt_outcome_by_name(NULL));
    assert_int_equal(BZT_USE_SIGN, bzt_key_use_by_name("sign"));
    assert_int_equal(BZT_USE_DECRYPT, bzt_key_use_by_name("decrypt"));
    assert_int_equal(0, bzt_key_use_by_name("authorise"));
    assert_null(bzt_key_use_name((bzt_key_use)0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cosign_a_stored_key_comes_back_as_it_was),
        cmocka_unit_test(cosign_reads_no_damaged_key),
        cmocka_unit_test(cosign_reads_no_damaged_phone),
        cmocka_unit_test(cosign_reads_no_damaged_transfer),
        cmocka_unit_test(cosign_takes_a_nonce_once),
        cmocka_unit_test(cosign_holds_one_nonce_for_each_key),
        cmocka_unit_test(cosign_a_full_table_gives_up_the_oldest),
        cmocka_unit_test(cosign_takes_no_weak_pin),
        cmocka_unit_test(cosign_names_go_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
