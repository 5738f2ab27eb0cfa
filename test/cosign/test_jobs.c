/* Changing the PIN and moving to another phone (attacks.md: F4, F13, g, h, i;
 * protocol.md, Changing the PIN, Moving to another phone). */
#include "world.h"

#include "core/sc.h"
#include "cosign/pin.h"

static world w;
static client c, fresh;
static bzt_phone_key *key, *two, *three;

static cosign_row *row_of(const bzt_phone_key *k)
{
    return &key_of(&w, k->key_id)->row;
}

static void begin(const char *seed)
{
    world_init(&w, seed);
    add_phone(&w, &c, 1);
    key = add_key(&w, &c, BZT_USE_SIGN);
    two = add_key(&w, &c, BZT_USE_DECRYPT);
    three = add_key(&w, &c, BZT_USE_DECRYPT);
}

static void uses(bzt_phone_key *k, const char *pin, bzt_err want)
{
    assert_int_equal(want, do_decrypt(&w, &c, k, pin));
}

/* F4: without a roll two copies of m would give F(old)/F(new). */
static void cosign_no_relation_between_copies_around_a_pin_change(void **state)
{
    (void)state;
    begin("F4");
    bzt_phone_key before = *key;
    bzt_pin o = pin_of(PIN_RIGHT), n = pin_of(PIN_NEW);
    assert_int_equal(BZT_OK, do_change_pin(&w, &c, PIN_RIGHT, PIN_NEW));
    sc a, b, f, g;
    assert_int_equal(BZT_OK, sc_read(&a, before.m));
    assert_int_equal(BZT_OK, sc_read(&b, key->m));
    pin_factor(&f, &o, key->device_secret, key->key_id);
    pin_factor(&g, &n, key->device_secret, key->key_id);
    sc_mul(&a, &a, &f); /* old m * F(old) == new m * F(new)? */
    sc_mul(&b, &b, &g);
    assert_false(sc_is_equal(&a, &b));
    for (int i = 0; i < 3; i++) {
        uses(&c.keys[i], PIN_NEW, BZT_OK);
        uses(&c.keys[i], PIN_RIGHT, BZT_ERR_WRONG_PIN);
        uses(&c.keys[i], PIN_NEW, BZT_OK);
    }
    assert_int_equal(0, c.alarm);
}

/* F13 */
static void cosign_a_mistyped_old_pin_changes_nothing(void **state)
{
    (void)state;
    begin("F13");
    bzt_phone_key before[3];
    memcpy(before, c.keys, sizeof before);
    assert_int_equal(BZT_ERR_WRONG_PIN,
                     do_change_pin(&w, &c, "271829", PIN_NEW));
    assert_int_equal(BZT_JOB_NONE, c.phone.job.kind);
    for (int i = 0; i < 3; i++)
        assert_memory_equal(before[i].m, c.keys[i].m, 32);
    uses(key, PIN_RIGHT, BZT_OK);
    assert_int_equal(BZT_ERR_WEAK_PIN,
                     do_change_pin(&w, &c, PIN_RIGHT, "123456"));
}

/* One step, then the line breaks. */
static void cut_off(travel how)
{
    bzt_outcome outcome;
    (void)outcome;
    /* The first key goes through, the second is cut. */
    const uint8_t of[32] = "entry";
    uint8_t ids[3][16], job_id[16];
    bzt_pin o = pin_of(PIN_RIGHT), n = pin_of(PIN_NEW);
    const bzt_pin_change pins = {&o, &n};
    for (int i = 0; i < 3; i++)
        memcpy(ids[i], c.keys[i].key_id, 16);
    draw(&w, job_id, 16);
    assert_int_equal(BZT_OK,
                     bzt_phone_job_begin(&c.phone, BZT_JOB_PIN, of,
                                         (const uint8_t(*)[16])ids, 3, job_id));
    for (int i = 0; i < 2; i++) {
        bzt_phone_op op;
        bzt_authorise_request q;
        bzt_key_answer a;
        bzt_told told;
        bzt_phone_random r = draw_random(&w);
        assert_int_equal(BZT_OK, bzt_phone_change_pin(&op, &c.keys[i], &q,
                                                      &c.phone, &pins, &r));
        if (i == 0 || how.times)
            serve_authorise(&w, &a, &q);
        if (i == 0)
            assert_int_equal(BZT_OK,
                             bzt_phone_settle(&c.keys[0], &told, &op, &a));
    }
}

static void job_goes_on_after(travel how)
{
    cut_off(how);
    assert_int_equal(BZT_JOB_PIN, c.phone.job.kind);
    uses(key, PIN_NEW, BZT_ERR_JOB);
    uses(two, PIN_RIGHT, BZT_ERR_JOB);
    uses(three, PIN_RIGHT, BZT_ERR_JOB);
    assert_int_equal(BZT_ERR_JOB, do_sign(&w, &c, key, PIN_NEW, "x"));
    /* i: another new PIN than the first time is noticed, nothing changes */
    bzt_phone_key last = *three;
    assert_int_equal(BZT_ERR_WRONG_PIN,
                     do_change_pin(&w, &c, PIN_RIGHT, "161803"));
    assert_int_equal(BZT_JOB_PIN, c.phone.job.kind);
    assert_memory_equal(last.m, three->m, 32);
    assert_int_equal(BZT_OK, do_change_pin(&w, &c, PIN_RIGHT, PIN_NEW));
    assert_int_equal(BZT_JOB_NONE, c.phone.job.kind);
    for (int i = 0; i < 3; i++)
        uses(&c.keys[i], PIN_NEW, BZT_OK);
    assert_int_equal(0, c.alarm);
}

static void cosign_a_pin_change_goes_on_after_a_lost_answer(void **state)
{
    (void)state;
    begin("i lost");
    job_goes_on_after(lost);
}

static void cosign_a_pin_change_goes_on_after_a_lost_request(void **state)
{
    (void)state;
    begin("i late");
    job_goes_on_after(late);
}

static void cosign_other_entries_work_during_a_job(void **state)
{
    (void)state;
    begin("other entry");
    uint8_t ids[1][16], job_id[16] = {1};
    const uint8_t of[32] = "entry", other[32] = "other";
    memcpy(ids[0], key->key_id, 16);
    assert_int_equal(BZT_OK,
                     bzt_phone_job_begin(&c.phone, BZT_JOB_PIN, of,
                                         (const uint8_t(*)[16])ids, 1, job_id));
    uses(two, PIN_RIGHT, BZT_OK);
    uses(key, PIN_RIGHT, BZT_ERR_JOB);
    assert_int_equal(BZT_ERR_JOB,
                     bzt_phone_job_begin(&c.phone, BZT_JOB_PIN, other,
                                         (const uint8_t(*)[16])ids, 1, job_id));
    assert_int_equal(BZT_ERR_JOB,
                     bzt_phone_job_begin(&c.phone, BZT_JOB_MOVE, of,
                                         (const uint8_t(*)[16])ids, 1, job_id));
    const bzt_phone_key *list[] = {key};
    assert_int_equal(BZT_OK, bzt_phone_job_end(&c.phone, list, 1));
    uses(key, PIN_RIGHT, BZT_OK);
    assert_int_equal(BZT_ERR_RANGE,
                     bzt_phone_job_begin(&c.phone, BZT_JOB_PIN, of,
                                         (const uint8_t(*)[16])ids, 0, job_id));
    assert_int_equal(BZT_ERR_RANGE,
                     bzt_phone_job_begin(&c.phone, BZT_JOB_NONE, of,
                                         (const uint8_t(*)[16])ids, 1, job_id));
}

/* A change that is half done cannot be given up: two PINs in one entry. */
static void cosign_a_half_done_pin_change_does_not_end(void **state)
{
    (void)state;
    begin("half done");
    cut_off(late);
    const bzt_phone_key *list[] = {key, two, three};
    assert_int_equal(BZT_ERR_JOB, bzt_phone_job_end(&c.phone, list, 3));
    two->intent = (bzt_intent){0};
    assert_int_equal(BZT_ERR_JOB, bzt_phone_job_end(&c.phone, list, 3));
    /* A key that is gone (reissued) holds nobody up. */
    assert_int_equal(BZT_OK, bzt_phone_job_end(&c.phone, list, 1));
}

/* The old PIN goes wrong at a later key: the job stays. */
static void cosign_a_wrong_old_pin_later_keeps_the_job(void **state)
{
    (void)state;
    begin("later");
    bzt_outcome outcome;
    cut_off(late);
    assert_int_equal(BZT_OK, do_recover(&w, &c, two, &outcome));
    assert_int_equal(BZT_ERR_WRONG_PIN,
                     do_change_pin(&w, &c, "271829", PIN_NEW));
    assert_int_equal(BZT_JOB_PIN, c.phone.job.kind);
    assert_int_equal(BZT_OK, do_change_pin(&w, &c, PIN_RIGHT, PIN_NEW));
}

/* Steps belong to keys that are left, checks to keys that are done. */
static void cosign_steps_and_checks_are_for_their_own_keys(void **state)
{
    (void)state;
    begin("own keys");
    bzt_phone_op op;
    bzt_authorise_request q;
    bzt_u1 u1;
    bzt_pin o = pin_of(PIN_RIGHT), n = pin_of(PIN_NEW);
    const bzt_pin_change pins = {&o, &n};
    bzt_phone_random r = draw_random(&w);
    cut_off(late); /* the first key is done, the third is left */
    assert_int_equal(BZT_ERR_JOB,
                     bzt_phone_change_pin(&op, key, &q, &c.phone, &pins, &r));
    derive(&u1, three, PIN_NEW);
    assert_int_equal(BZT_ERR_JOB,
                     bzt_phone_check_pin(&op, three, &q, &c.phone, &u1, &r));
    derive(&u1, key, PIN_NEW);
    assert_int_equal(BZT_OK,
                     bzt_phone_check_pin(&op, key, &q, &c.phone, &u1, &r));
}

/* Nothing is done yet, but a step may have been: the job stays. */
static void cosign_a_step_under_way_keeps_the_job(void **state)
{
    (void)state;
    begin("under way");
    w.travel = lost;
    assert_int_equal(BZT_ERR_IO, do_change_pin(&w, &c, PIN_RIGHT, PIN_NEW));
    const bzt_phone_key *list[] = {key, two, three};
    assert_int_equal(BZT_ERR_JOB, bzt_phone_job_end(&c.phone, list, 3));
    assert_int_equal(BZT_OK, do_change_pin(&w, &c, PIN_RIGHT, PIN_NEW));
}

/* ---- moving ------------------------------------------------------------- */

static void cosign_moves_keys_to_another_phone(void **state)
{
    (void)state;
    begin("move");
    bzt_transfer_code code, read;
    uint8_t qr[BZT_TRANSFER_CODE_SIZE];
    add_phone(&w, &fresh, 1);
    show_code(&w, &fresh, &code);
    bzt_transfer_code_write(qr, &code);
    assert_int_equal(BZT_OK,
                     bzt_transfer_code_read(&read, (bzt_span){qr, sizeof qr}));
    assert_int_equal(BZT_OK, do_move(&w, &c, &read, PIN_RIGHT));
    assert_int_equal(BZT_OK, do_copy(&w, &fresh));
    assert_int_equal(3, fresh.keys_n);
    assert_int_equal(BZT_OK, do_arrive(&w, &fresh));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(0, fresh.keys[i].arriving);
        assert_int_equal(BZT_OK,
                         do_decrypt(&w, &fresh, &fresh.keys[i], PIN_RIGHT));
        /* The old copy is dead. */
        uses(&c.keys[i], PIN_RIGHT, BZT_ERR_REFUSED);
        assert_int_equal(0, c.keys[i].intent.present);
    }
    assert_int_equal(BZT_OK,
                     do_sign(&w, &fresh, &fresh.keys[0], PIN_RIGHT, "new"));
    assert_int_equal(0, fresh.alarm);
}

static void cosign_moves_to_the_same_users_phone_only(void **state)
{
    (void)state;
    begin("same user");
    client stranger;
    bzt_transfer_code code;
    add_phone(&w, &stranger, 2);
    show_code(&w, &stranger, &code);
    assert_int_equal(BZT_ERR_REFUSED, do_move(&w, &c, &code, PIN_RIGHT));
    assert_int_equal(0, key->intent.present);
    assert_int_equal(0, row_of(key)->failures);
    const bzt_phone_key *list[] = {key, two, three};
    assert_int_equal(BZT_OK, bzt_phone_job_end(&c.phone, list, 3));
    show_code(&w, &c, &code); /* to itself */
    assert_int_equal(BZT_ERR_REFUSED, do_move(&w, &c, &code, PIN_RIGHT));
    assert_int_equal(BZT_OK, bzt_phone_job_end(&c.phone, list, 3));
    memset(code.device_id, 0x33, 16); /* to nobody */
    assert_int_equal(BZT_ERR_REFUSED, do_move(&w, &c, &code, PIN_RIGHT));
}

/* Any later operation cancels; only `cancelled` drops the copy. */
static void cosign_a_later_operation_cancels_a_move(void **state)
{
    (void)state;
    begin("cancel");
    bzt_transfer_code code;
    add_phone(&w, &fresh, 1);
    show_code(&w, &fresh, &code);
    assert_int_equal(BZT_OK, do_move(&w, &c, &code, PIN_RIGHT));
    assert_int_equal(BZT_OK, do_copy(&w, &fresh));
    row_of(key)->state = COSIGN_PIN;
    assert_int_equal(BZT_ERR_LOCKED, do_arrive(&w, &fresh));
    assert_int_equal(3, fresh.keys_n);
    row_of(key)->state = COSIGN_LIVE;
    assert_int_equal(1, row_of(key)->moving.present);
    uses(key, PIN_RIGHT, BZT_OK);
    assert_int_equal(0, row_of(key)->moving.present);
    assert_int_equal(BZT_ERR_CANCELLED, do_arrive(&w, &fresh));
    assert_int_equal(2, fresh.keys_n);
    assert_int_equal(BZT_OK, do_arrive(&w, &fresh));
    uses(key, PIN_RIGHT, BZT_OK);
    uses(two, PIN_RIGHT, BZT_ERR_REFUSED);
}

/* `recover` cancels as well: the void moves g on. */
static void cosign_only_cancelled_that_names_the_op_drops_a_copy(void **state)
{
    (void)state;
    begin("only cancelled");
    bzt_transfer_code code;
    add_phone(&w, &fresh, 1);
    show_code(&w, &fresh, &code);
    assert_int_equal(BZT_OK, do_move(&w, &c, &code, PIN_RIGHT));
    assert_int_equal(BZT_OK, do_copy(&w, &fresh));
    bzt_phone_key *copy = &fresh.keys[0];
    static const bzt_err all[] = {
        BZT_OK,       BZT_ERR_CANCELLED, BZT_ERR_REFUSED, BZT_ERR_WRONG_PIN,
        BZT_ERR_SEEN, BZT_ERR_LOCKED,    BZT_ERR_BUSY,    BZT_ERR_CLONE};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        for (int names = 0; names < 2; names++) {
            bzt_phone_key k = *copy;
            bzt_told told;
            bzt_key_answer a = {.err = all[i], .has_id = 1};
            memcpy(a.id, copy->intent.op_id, 16);
            a.id[0] ^= (uint8_t)!names;
            assert_int_equal(all[i] || names ? all[i] : BZT_ERR_BUSY,
                             bzt_phone_arrive_settle(&k, &told, &a));
            assert_int_equal(names && all[i] == BZT_ERR_CANCELLED,
                             told.next == BZT_NEXT_DELETE);
            assert_int_equal(names && all[i] == BZT_OK, told.changed);
            if (!told.changed)
                assert_memory_equal(&k, copy, sizeof k);
            /* The other ways to settle leave an arriving copy alone. */
            assert_int_equal(BZT_ERR_CONFLICT,
                             bzt_phone_settle(copy, &told, NULL, &a));
            assert_int_equal(BZT_ERR_CONFLICT,
                             bzt_phone_recover_settle(copy, &told, &a));
        }
    }
    bzt_recover_request r;
    assert_int_equal(BZT_ERR_CONFLICT,
                     bzt_phone_recover(&r, &fresh.phone, copy));
    assert_int_equal(BZT_ERR_JOB, do_decrypt(&w, &fresh, copy, PIN_RIGHT));
}

/* h, and the same request every time. */
static void cosign_arrive_repeats_and_clears_no_count(void **state)
{
    (void)state;
    begin("h");
    bzt_transfer_code code;
    bzt_arrive_request q, again;
    bzt_key_answer a;
    add_phone(&w, &fresh, 1);
    show_code(&w, &fresh, &code);
    assert_int_equal(BZT_OK, do_move(&w, &c, &code, PIN_RIGHT));
    uses(key, PIN_WRONG, BZT_ERR_WRONG_PIN);
    row_of(key)->failures++; /* and a thief's */
    assert_int_equal(BZT_OK, do_copy(&w, &fresh));
    bzt_phone_key *copy = &fresh.keys[0];
    assert_int_equal(BZT_OK, bzt_phone_arrive(&q, &fresh.phone, copy));
    assert_int_equal(BZT_OK, bzt_phone_arrive(&again, &fresh.phone, copy));
    assert_memory_equal(&q, &again, sizeof q);
    serve_arrive(&w, &a, fresh.phone.device_id, &q); /* its answer is lost */
    assert_int_equal(BZT_OK, a.err);
    cosign_share u2 = key_of(&w, key->key_id)->share;
    assert_int_equal(BZT_OK, do_arrive(&w, &fresh));
    assert_memory_equal(&u2, &key_of(&w, key->key_id)->share, sizeof u2);
    assert_int_equal(2, row_of(key)->failures);
    serve_arrive(&w, &a, fresh.phone.device_id, &q);
    assert_int_equal(BZT_OK, a.err);
    assert_int_equal(BZT_OK, do_decrypt(&w, &fresh, copy, PIN_RIGHT));
    assert_int_equal(2, fresh.alarm); /* told by the next success */
    serve_arrive(&w, &a, fresh.phone.device_id, &q);
    assert_int_equal(BZT_OK, a.err);
    assert_int_equal(BZT_OK, do_decrypt(&w, &fresh, copy, PIN_RIGHT));
}

/* A stranger's phone cannot arrive, nor one that was not named. */
static void cosign_only_the_named_phone_arrives(void **state)
{
    (void)state;
    begin("named");
    client third;
    bzt_transfer_code code;
    bzt_arrive_request q;
    bzt_key_answer a;
    add_phone(&w, &fresh, 1);
    add_phone(&w, &third, 1);
    show_code(&w, &fresh, &code);
    assert_int_equal(BZT_OK, do_move(&w, &c, &code, PIN_RIGHT));
    assert_int_equal(BZT_OK, do_copy(&w, &fresh));
    assert_int_equal(BZT_OK,
                     bzt_phone_arrive(&q, &third.phone, &fresh.keys[0]));
    serve_arrive(&w, &a, third.phone.device_id, &q);
    assert_int_equal(BZT_ERR_CANCELLED, a.err);
    assert_int_equal(0, w.effect.commit);
    serve_arrive(&w, &a, fresh.phone.device_id, &q); /* another's MAC */
    assert_int_equal(BZT_ERR_REFUSED, a.err);
    assert_int_equal(BZT_OK, do_arrive(&w, &fresh));
}

/* `to` is looked up by the service: it must be the one that was named. */
static void cosign_moves_to_the_named_phone_only(void **state)
{
    (void)state;
    begin("named to");
    client third;
    bzt_transfer_code code;
    cosign_effect e;
    add_phone(&w, &fresh, 1);
    add_phone(&w, &third, 1);
    show_code(&w, &fresh, &code);
    w.travel = late;
    assert_int_equal(BZT_ERR_IO, do_move(&w, &c, &code, PIN_RIGHT));
    server_key *k = key_of(&w, key->key_id);
    const cosign_device *from = &device_of(&w, c.phone.device_id)->device;
    assert_int_equal(
        BZT_ERR_REFUSED,
        cosign_server_move(&e, &k->row, &k->share, from,
                           &device_of(&w, third.phone.device_id)->device,
                           &w.sent.move, w.now_ms));
}

/* The new phone names the blob that it has stored. */
static void cosign_arrives_with_the_stored_blob_only(void **state)
{
    (void)state;
    begin("blob");
    bzt_transfer_code code;
    bzt_arrive_request q;
    bzt_key_answer a;
    add_phone(&w, &fresh, 1);
    show_code(&w, &fresh, &code);
    assert_int_equal(BZT_OK, do_move(&w, &c, &code, PIN_RIGHT));
    assert_int_equal(BZT_OK, do_copy(&w, &fresh));
    bzt_phone_key copy = fresh.keys[0];
    copy.blob_hash[0] ^= 1;
    assert_int_equal(BZT_OK, bzt_phone_arrive(&q, &fresh.phone, &copy));
    serve_arrive(&w, &a, fresh.phone.device_id, &q);
    assert_int_equal(BZT_ERR_CANCELLED, a.err);
}

/* A code that is not the job's, or no job: nothing is sealed for it. */
static void cosign_moves_under_the_jobs_code_only(void **state)
{
    (void)state;
    begin("code");
    bzt_transfer_code code, other;
    bzt_phone_op op;
    bzt_move_request q;
    bzt_arrive_request arrive;
    bzt_u1 u1;
    uint8_t of[32], ids[1][16], job[16] = {3};
    bzt_phone_random r = draw_random(&w);
    add_phone(&w, &fresh, 1);
    show_code(&w, &fresh, &code);
    show_code(&w, &fresh, &other);
    derive(&u1, key, PIN_RIGHT);
    memcpy(ids[0], key->key_id, 16);
    assert_int_equal(BZT_ERR_JOB,
                     bzt_phone_move(&op, key, &q, &c.phone, &code, &u1, &r));
    bzt_transfer_code_hash(of, &code);
    assert_int_equal(BZT_OK,
                     bzt_phone_job_begin(&c.phone, BZT_JOB_MOVE, of,
                                         (const uint8_t(*)[16])ids, 1, job));
    assert_int_equal(BZT_ERR_JOB,
                     bzt_phone_move(&op, key, &q, &c.phone, &other, &u1, &r));
    assert_int_equal(0, key->intent.present);
    assert_int_equal(BZT_OK,
                     bzt_phone_move(&op, key, &q, &c.phone, &code, &u1, &r));
    /* An intent is not an arrival. */
    assert_int_equal(BZT_ERR_CONFLICT,
                     bzt_phone_arrive(&arrive, &c.phone, key));
}

/* g */
static void cosign_a_move_delivered_twice_misleads_nobody(void **state)
{
    (void)state;
    begin("g");
    bzt_transfer_code code;
    add_phone(&w, &fresh, 1);
    show_code(&w, &fresh, &code);
    w.travel = twice;
    assert_int_equal(BZT_ERR_SEEN, do_move(&w, &c, &code, PIN_RIGHT));
    uses(key, PIN_RIGHT, BZT_ERR_JOB);
    assert_int_equal(BZT_OK, do_move(&w, &c, &code, PIN_RIGHT));
    assert_int_equal(BZT_JOB_NONE, c.phone.job.kind);
    sent old = w.sent;
    uses(three, PIN_RIGHT, BZT_OK);
    w.sent = old;
    assert_int_equal(BZT_ERR_SEEN, serve_again(&w));
    w.travel = lost; /* a lost wrong answer is no false alarm */
    assert_int_equal(BZT_ERR_IO, do_move(&w, &c, &code, PIN_WRONG));
    assert_int_equal(BZT_OK, do_move(&w, &c, &code, PIN_RIGHT));
    assert_int_equal(0, c.alarm);
    /* another code while a job is under way */
    w.travel = lost;
    assert_int_equal(BZT_ERR_IO, do_move(&w, &c, &code, PIN_RIGHT));
    bzt_transfer_code other;
    show_code(&w, &fresh, &other);
    assert_int_equal(BZT_ERR_JOB, do_move(&w, &c, &other, PIN_RIGHT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cosign_no_relation_between_copies_around_a_pin_change),
        cmocka_unit_test(cosign_a_mistyped_old_pin_changes_nothing),
        cmocka_unit_test(cosign_a_pin_change_goes_on_after_a_lost_answer),
        cmocka_unit_test(cosign_a_pin_change_goes_on_after_a_lost_request),
        cmocka_unit_test(cosign_other_entries_work_during_a_job),
        cmocka_unit_test(cosign_a_half_done_pin_change_does_not_end),
        cmocka_unit_test(cosign_a_wrong_old_pin_later_keeps_the_job),
        cmocka_unit_test(cosign_moves_keys_to_another_phone),
        cmocka_unit_test(cosign_moves_to_the_same_users_phone_only),
        cmocka_unit_test(cosign_a_later_operation_cancels_a_move),
        cmocka_unit_test(cosign_only_cancelled_that_names_the_op_drops_a_copy),
        cmocka_unit_test(cosign_arrive_repeats_and_clears_no_count),
        cmocka_unit_test(cosign_only_the_named_phone_arrives),
        cmocka_unit_test(cosign_steps_and_checks_are_for_their_own_keys),
        cmocka_unit_test(cosign_a_step_under_way_keeps_the_job),
        cmocka_unit_test(cosign_moves_under_the_jobs_code_only),
        cmocka_unit_test(cosign_moves_to_the_named_phone_only),
        cmocka_unit_test(cosign_arrives_with_the_stored_blob_only),
        cmocka_unit_test(cosign_a_move_delivered_twice_misleads_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
