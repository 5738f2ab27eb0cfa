/* Requests that come twice, late or never; counts, waits and locks
 * (attacks.md: F12, F19, a, b, c, d, f, j, k; protocol.md, One operation,
 * Lost answers and clones). */
#include "world.h"

static world w;
static client c;
static bzt_phone_key *key;

static cosign_row *row_of(const bzt_phone_key *k)
{
    return &key_of(&w, k->key_id)->row;
}

static void begin(const char *seed)
{
    world_init(&w, seed);
    add_phone(&w, &c, 1);
    key = add_key(&w, &c, BZT_USE_SIGN);
}

static bzt_err do_kind(bzt_outcome kind, bzt_phone_key *k, const char *pin)
{
    if (kind == BZT_OUTCOME_SIGN)
        return do_sign(&w, &c, k, pin, "x");
    if (kind == BZT_OUTCOME_DECRYPT)
        return do_decrypt(&w, &c, k, pin);
    return do_authorise(&w, &c, k, pin, "act");
}

static const bzt_outcome kinds[] = {BZT_OUTCOME_SIGN, BZT_OUTCOME_DECRYPT,
                                    BZT_OUTCOME_AUTHORISE};

static void sent_again_is(bzt_err want)
{
    if (w.sent.kind == BZT_OUTCOME_DECRYPT)
        w.sent.decrypt.points = (const uint8_t(*)[65])w.sent.points;
    assert_int_equal(want, serve_again(&w));
}

/* F19 */
static void cosign_a_request_delivered_twice_misleads_nobody(void **state)
{
    (void)state;
    begin("F19");
    bzt_outcome outcome;
    for (int i = 0; i < 3; i++) {
        /* The first copy is carried out, its answer lost. */
        w.travel = twice;
        assert_int_equal(BZT_ERR_SEEN, do_kind(kinds[i], key, PIN_RIGHT));
        assert_int_equal(1, key->intent.present);
        assert_int_equal(BZT_OK, do_recover(&w, &c, key, &outcome));
        assert_int_equal(kinds[i], outcome);
        assert_int_equal(BZT_OK, do_kind(kinds[i], key, PIN_RIGHT));
        /* A copy of a wrong try: the same answer, counted once. */
        w.travel = twice;
        assert_int_equal(BZT_ERR_WRONG_PIN, do_kind(kinds[i], key, PIN_WRONG));
        assert_int_equal(1, row_of(key)->failures);
        assert_int_equal(1, key->wrong);
        assert_int_equal(0, key->intent.present);
        assert_int_equal(BZT_OK, do_kind(kinds[i], key, PIN_RIGHT));
        /* A copy long after. */
        sent old = w.sent;
        for (int more = 0; more < 3; more++) {
            assert_int_equal(BZT_OK, do_kind(kinds[i], key, PIN_RIGHT));
            sent now = w.sent;
            w.sent = old;
            sent_again_is(BZT_ERR_SEEN);
            w.sent = now;
        }
    }
    assert_int_equal(0, c.alarm);
    assert_int_equal(COSIGN_LIVE, row_of(key)->state);
}

static void cosign_void_stays_void(void **state)
{
    (void)state;
    begin("void");
    bzt_outcome outcome;
    for (int i = 0; i < 3; i++) {
        w.travel = late;
        assert_int_equal(BZT_ERR_IO, do_kind(kinds[i], key, PIN_WRONG));
        assert_int_equal(BZT_OK, do_recover(&w, &c, key, &outcome));
        assert_int_equal(BZT_OUTCOME_VOID, outcome);
        sent_again_is(BZT_ERR_SEEN);
        sent_again_is(BZT_ERR_SEEN);
        assert_int_equal(0, row_of(key)->failures);
        assert_int_equal(BZT_OK, do_kind(kinds[i], key, PIN_RIGHT));
    }
}

/* A recover that comes twice, or late, moves g once. */
static void cosign_recover_can_be_repeated(void **state)
{
    (void)state;
    begin("recover twice");
    bzt_recover_request q;
    bzt_key_answer a;
    bzt_told told;
    w.travel = late;
    assert_int_equal(BZT_ERR_IO, do_kind(BZT_OUTCOME_SIGN, key, PIN_RIGHT));
    assert_int_equal(BZT_OK, bzt_phone_recover(&q, &c.phone, key));
    serve_recover(&w, &a, &q);
    uint64_t g = row_of(key)->g;
    serve_recover(&w, &a, &q);
    assert_int_equal(BZT_OK, a.err);
    assert_int_equal(BZT_OUTCOME_VOID, a.outcome);
    assert_int_equal(g, row_of(key)->g);
    assert_int_equal(BZT_OK, bzt_phone_recover_settle(key, &told, &a));
    assert_int_equal(BZT_NEXT_VOID, told.next);
    for (int i = 0; i < 2; i++)
        assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    serve_recover(&w, &a, &q); /* long after */
    assert_int_equal(BZT_ERR_SEEN, a.err);
    assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "x"));
}

/* Only wrong_pin and refused that name the op_id drop an intent. */
static void cosign_other_answers_drop_no_intent(void **state)
{
    (void)state;
    begin("answers");
    static const bzt_err all[] = {
        BZT_OK,           BZT_ERR_WRONG_PIN,      BZT_ERR_REFUSED,
        BZT_ERR_SEEN,     BZT_ERR_BUSY,           BZT_ERR_WAIT,
        BZT_ERR_LOCKED,   BZT_ERR_CLONE,          BZT_ERR_BEHIND,
        BZT_ERR_STALE,    BZT_ERR_CANCELLED,      BZT_ERR_NONCE_GONE,
        BZT_ERR_INTERNAL, BZT_ERR_BAD_FIELD,      BZT_ERR_UNAUTHENTICATED,
        BZT_ERR_LIMITED,  BZT_ERR_UNKNOWN_OUTCOME};
    bzt_phone_op op;
    bzt_sign_request q;
    prepare_sign(&w, &c, key, &op, &q, PIN_RIGHT, "x");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        for (int names = 0; names < 3; names++) {
            bzt_key_answer a = {.err = all[i], .has_id = names != 0};
            bzt_phone_key copy = *key;
            bzt_told told;
            memcpy(a.id, q.op_id, 16);
            if (names == 1)
                a.id[15] ^= 1; /* another operation */
            bzt_err err = bzt_phone_settle(&copy, &told, &op, &a);
            int ends = names == 2 && i < 3;
            assert_int_equal(ends, !copy.intent.present);
            assert_int_equal(ends, told.changed);
            assert_int_equal(i || names == 2 ? all[i] : BZT_ERR_BUSY, err);
            if (!ends)
                assert_memory_equal(&copy, key, sizeof copy);
        }
    }
}

static void cosign_no_error_of_recover_drops_an_intent(void **state)
{
    (void)state;
    begin("recover errors");
    bzt_phone_op op;
    bzt_sign_request q;
    prepare_sign(&w, &c, key, &op, &q, PIN_RIGHT, "x");
    static const bzt_err all[] = {BZT_ERR_REFUSED, BZT_ERR_WRONG_PIN,
                                  BZT_ERR_SEEN,    BZT_ERR_LOCKED,
                                  BZT_ERR_BUSY,    BZT_ERR_CLONE};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        bzt_key_answer a = {.err = all[i], .has_id = 1};
        bzt_phone_key copy = *key;
        bzt_told told;
        memcpy(a.id, q.op_id, 16);
        assert_int_equal(all[i], bzt_phone_recover_settle(&copy, &told, &a));
        assert_memory_equal(&copy, key, sizeof copy);
    }
    bzt_key_answer a = {.has_id = 1, .outcome = BZT_OUTCOME_VOID};
    bzt_told told;
    assert_int_equal(BZT_ERR_BUSY, bzt_phone_recover_settle(key, &told, &a));
    assert_int_equal(1, key->intent.present);
    memcpy(a.id, q.op_id, 16);
    a.outcome = BZT_OUTCOME_NONE;
    assert_int_equal(BZT_ERR_BUSY, bzt_phone_recover_settle(key, &told, &a));
    assert_int_equal(1, key->intent.present);
}

/* With an intent nothing else begins. */
static void cosign_an_intent_comes_first(void **state)
{
    (void)state;
    begin("first");
    w.travel = lost;
    assert_int_equal(BZT_ERR_IO, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    assert_int_equal(BZT_ERR_JOB, do_sign(&w, &c, key, PIN_RIGHT, "y"));
    assert_int_equal(BZT_ERR_JOB, do_decrypt(&w, &c, key, PIN_RIGHT));
    assert_int_equal(BZT_ERR_JOB, do_authorise(&w, &c, key, PIN_RIGHT, "a"));
}

/* Two nodes, one generation: the commit is conditional. */
static void cosign_busy_tells_nothing_and_drops_nothing(void **state)
{
    (void)state;
    begin("busy");
    bzt_outcome outcome;
    for (int i = 0; i < 3; i++) {
        w.busy = 1;
        assert_int_equal(BZT_ERR_BUSY, do_kind(kinds[i], key, PIN_WRONG));
        assert_int_equal(1, key->intent.present);
        assert_int_equal(BZT_OK, do_recover(&w, &c, key, &outcome));
        assert_int_equal(BZT_OUTCOME_VOID, outcome);
        assert_int_equal(0, row_of(key)->failures);
    }
    assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "x"));
}

/* ---- counts ------------------------------------------------------------- */

/* F12, c */
static void cosign_counts_wrong_tries_per_key(void **state)
{
    (void)state;
    begin("F12");
    bzt_outcome outcome;
    bzt_phone_key *two = add_key(&w, &c, BZT_USE_SIGN);
    for (int i = 0; i < 2; i++)
        assert_int_equal(BZT_ERR_WRONG_PIN,
                         do_sign(&w, &c, key, PIN_WRONG, "x"));
    assert_int_equal(BZT_OK, do_sign(&w, &c, two, PIN_RIGHT, "x"));
    assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    assert_int_equal(0, c.alarm);
    for (int i = 0; i < 3; i++) { /* lost wrong answers are no false alarm */
        w.travel = lost;
        assert_int_equal(BZT_ERR_IO, do_kind(kinds[i], key, PIN_WRONG));
        assert_int_equal(0, key->wrong);
        assert_int_equal(BZT_ERR_WRONG_PIN, do_recover(&w, &c, key, &outcome));
        assert_int_equal(1, key->wrong);
        assert_int_equal(BZT_OK, do_kind(kinds[i], key, PIN_RIGHT));
        assert_int_equal(0, c.alarm);
    }
}

static void cosign_tells_of_tries_that_somebody_else_made(void **state)
{
    (void)state;
    begin("foreign");
    bzt_outcome outcome;
    bzt_phone_key *two = add_key(&w, &c, BZT_USE_SIGN);
    bzt_phone_key thief = *key;
    assert_int_equal(BZT_ERR_WRONG_PIN,
                     do_sign(&w, &c, &thief, PIN_WRONG, "x"));
    assert_int_equal(BZT_OK, do_sign(&w, &c, two, PIN_RIGHT, "x"));
    assert_int_equal(0, c.alarm);
    assert_int_equal(BZT_ERR_WRONG_PIN, do_sign(&w, &c, key, PIN_WRONG, "x"));
    assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    assert_int_equal(1, c.alarm);
    c.alarm = 0;
    thief = *key; /* also through recover */
    assert_int_equal(BZT_ERR_WRONG_PIN,
                     do_sign(&w, &c, &thief, PIN_WRONG, "x"));
    w.travel = lost;
    assert_int_equal(BZT_ERR_IO, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    assert_int_equal(BZT_OK, do_recover(&w, &c, key, &outcome));
    assert_int_equal(1, c.alarm);
}

/* b: one op_id, one try; from memory, without a check. */
static void cosign_a_remembered_wrong_op_id_is_no_oracle(void **state)
{
    (void)state;
    begin("b");
    bzt_outcome outcome;
    for (int i = 0; i < 2; i++) {
        bzt_phone_op op;
        bzt_sign_request q, right;
        bzt_key_answer a;
        bzt_phone_key copy = *key;
        prepare_sign(&w, &c, &copy, &op, &right, PIN_RIGHT, "x");
        w.travel = lost;
        assert_int_equal(BZT_ERR_IO, do_kind(kinds[i], key, PIN_WRONG));
        q = right;
        memcpy(q.op_id, key->intent.op_id, 16);
        seal_sign(&c, &q);
        uint64_t g = row_of(key)->g;
        serve_sign(&w, &a, &q);
        assert_int_equal(BZT_ERR_WRONG_PIN, a.err);
        assert_int_equal(0, w.effect.commit);
        assert_int_equal(1, row_of(key)->failures);
        assert_int_equal(4, a.tries_left);
        assert_int_equal(g, row_of(key)->g);
        assert_int_equal(BZT_ERR_WRONG_PIN, do_recover(&w, &c, key, &outcome));
        assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "x"));
        assert_int_equal(0, c.alarm);
    }
}

/* ---- waits and locks ---------------------------------------------------- */

static uint32_t asked_to_wait(const char *pin)
{
    bzt_outcome outcome;
    bzt_phone_op op;
    bzt_decrypt_request q;
    bzt_key_answer a;
    bzt_told told;
    bzt_u1 u1;
    uint8_t points[1][65];
    bzt_phone_random r = draw_random(&w);
    small_point(points[0], 5);
    const bzt_decrypt_input in = {(const uint8_t(*)[65])points, 1,
                                  BZT_SPAN_LIT("rehearsal")};
    cosign_row before = *row_of(key);
    derive(&u1, key, pin);
    assert_int_equal(BZT_OK,
                     bzt_phone_decrypt(&op, key, &q, &c.phone, &in, &u1, &r));
    serve_decrypt(&w, &a, &q, in.about);
    assert_int_equal(BZT_ERR_WAIT, a.err);
    assert_int_equal(0, w.effect.commit);
    assert_int_equal(BZT_ERR_WAIT, bzt_phone_settle(key, &told, &op, &a));
    assert_int_equal(a.wait_seconds, told.wait_seconds);
    assert_memory_equal(&before, row_of(key), sizeof before);
    assert_int_equal(BZT_OK, do_recover(&w, &c, key, &outcome));
    assert_int_equal(before.failures, row_of(key)->failures);
    assert_int_equal(before.wait_until_ms, row_of(key)->wait_until_ms);
    return a.wait_seconds;
}

/* a: the same for a right and a wrong PIN, not counted, not prolonged. */
static void cosign_wait_is_no_oracle(void **state)
{
    (void)state;
    begin("a");
    bzt_outcome outcome;
    for (int i = 0; i < 3; i++)
        assert_int_equal(BZT_ERR_WRONG_PIN, do_decrypt(&w, &c, key, PIN_WRONG));
    assert_int_equal(60, asked_to_wait(PIN_RIGHT));
    assert_int_equal(60, asked_to_wait(PIN_WRONG));
    w.now_ms += 59000;
    assert_int_equal(1, asked_to_wait(PIN_RIGHT));
    assert_int_equal(BZT_ERR_WAIT, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    assert_int_equal(0, key->intent.present); /* open waits: nothing left */
    assert_int_equal(0, cosign_nonces_expire(&w.nonces, w.now_ms));
    w.now_ms += 999;
    assert_int_equal(1, asked_to_wait(PIN_WRONG));
    w.travel = late;
    assert_int_equal(BZT_ERR_IO, do_decrypt(&w, &c, key, PIN_WRONG));
    sent_again_is(BZT_ERR_WAIT);
    w.now_ms += 1;
    sent_again_is(BZT_ERR_WRONG_PIN); /* counted once it is tried */
    sent_again_is(BZT_ERR_WRONG_PIN);
    assert_int_equal(4, row_of(key)->failures);
    assert_int_equal(1, w.effect.tries_left);
    assert_int_equal(600, w.effect.wait_seconds);
    assert_int_equal(BZT_ERR_WRONG_PIN, do_recover(&w, &c, key, &outcome));
    assert_int_equal(600, asked_to_wait(PIN_RIGHT));
    w.now_ms += 600000;
    w.travel = lost;
    assert_int_equal(BZT_ERR_IO, do_decrypt(&w, &c, key, PIN_WRONG));
    assert_int_equal(COSIGN_PIN, row_of(key)->state);
    assert_true(w.tell & COSIGN_TELL_LOCKED);
    assert_int_equal(BZT_ERR_WRONG_PIN, do_recover(&w, &c, key, &outcome));
    assert_int_equal(BZT_ERR_LOCKED, do_decrypt(&w, &c, key, PIN_RIGHT));
    assert_int_equal(1, key->intent.present);
}

static void cosign_void_open_and_refused_clear_no_count(void **state)
{
    (void)state;
    begin("clear");
    bzt_outcome outcome;
    for (int i = 0; i < 2; i++)
        assert_int_equal(BZT_ERR_WRONG_PIN,
                         do_sign(&w, &c, key, PIN_WRONG, "x"));
    w.travel = late;
    assert_int_equal(BZT_ERR_IO, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    assert_int_equal(BZT_OK, do_recover(&w, &c, key, &outcome));
    assert_int_equal(2, row_of(key)->failures);
    assert_int_equal(2, key->wrong);
    assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    assert_int_equal(0, row_of(key)->failures);
    assert_int_equal(0, row_of(key)->wait_until_ms);
    assert_int_equal(0, c.alarm);
}

/* j, k: ten wrong tries lock every live key; a clone lock outlives it and
 * its lifting; the old device key is dead. */
static void cosign_ten_wrong_tries_lock_the_phone(void **state)
{
    (void)state;
    begin("j");
    bzt_outcome outcome;
    bzt_phone_key *two = add_key(&w, &c, BZT_USE_SIGN);
    bzt_phone_key *three = add_key(&w, &c, BZT_USE_SIGN);
    bzt_phone_key *four = add_key(&w, &c, BZT_USE_DECRYPT);
    row_of(three)->state = COSIGN_CLONE;
    bzt_phone_key *keys[] = {key, two, four};
    static const int tries[] = {4, 4, 2};
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < tries[k]; i++) {
            assert_int_equal(BZT_ERR_WRONG_PIN,
                             do_decrypt(&w, &c, keys[k], PIN_WRONG));
            w.now_ms += 600000;
        }
    }
    assert_int_equal(0, w.effect.tries_left);
    for (int k = 0; k < 3; k++) {
        assert_int_equal(COSIGN_PIN, row_of(keys[k])->state);
        assert_int_equal(BZT_ERR_LOCKED,
                         do_decrypt(&w, &c, keys[k], PIN_RIGHT));
    }
    client image = c; /* stolen before */
    unlock(&w, &c);
    assert_int_equal(COSIGN_CLONE, row_of(three)->state);
    for (int k = 0; k < 3; k++) {
        assert_int_equal(COSIGN_LIVE, row_of(keys[k])->state);
        assert_int_equal(BZT_OK, do_recover(&w, &c, keys[k], &outcome));
        assert_int_equal(BZT_OK, do_decrypt(&w, &c, keys[k], PIN_RIGHT));
    }
    assert_int_equal(0, c.alarm);
    image.keys[0].intent = (bzt_intent){0};
    assert_int_equal(BZT_ERR_REFUSED,
                     do_decrypt(&w, &image, &image.keys[0], PIN_RIGHT));
    assert_int_equal(0, row_of(key)->failures);
}

/* A success of any key of the phone begins its count anew. */
static void cosign_a_success_clears_the_phones_count(void **state)
{
    (void)state;
    begin("phone count");
    server_device *d = device_of(&w, c.phone.device_id);
    for (int i = 0; i < 2; i++)
        assert_int_equal(BZT_ERR_WRONG_PIN,
                         do_sign(&w, &c, key, PIN_WRONG, "x"));
    assert_int_equal(2, d->failures);
    assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    assert_int_equal(0, d->failures);
}

/* After a wait a success clears it, with the count. */
static void cosign_a_success_clears_the_wait(void **state)
{
    (void)state;
    begin("clears");
    for (int i = 0; i < 3; i++)
        assert_int_equal(BZT_ERR_WRONG_PIN, do_decrypt(&w, &c, key, PIN_WRONG));
    assert_int_equal(w.now_ms + 60000, row_of(key)->wait_until_ms);
    w.now_ms += 60000;
    assert_int_equal(BZT_OK, do_decrypt(&w, &c, key, PIN_RIGHT));
    assert_int_equal(0, row_of(key)->failures);
    assert_int_equal(0, row_of(key)->wait_until_ms);
}

/* What a wrong try computes is not kept: it would be s for another k. */
static void cosign_a_wrong_try_leaves_no_signature(void **state)
{
    (void)state;
    begin("no signature");
    assert_int_equal(BZT_ERR_WRONG_PIN, do_sign(&w, &c, key, PIN_WRONG, "x"));
    static const bzt_sm2_signature zero;
    assert_memory_equal(&w.effect.signature, &zero, sizeof zero);
    assert_memory_equal(&row_of(key)->last.signature, &zero, sizeof zero);
}

static void cosign_recover_gives_the_signature(void **state)
{
    (void)state;
    begin("recover sign");
    bzt_recover_request q;
    bzt_key_answer a;
    w.travel = lost;
    assert_int_equal(BZT_ERR_IO, do_sign(&w, &c, key, PIN_RIGHT, "message"));
    assert_int_equal(BZT_OK, bzt_phone_recover(&q, &c.phone, key));
    serve_recover(&w, &a, &q);
    assert_int_equal(BZT_OUTCOME_SIGN, a.outcome);
    assert_int_equal(
        BZT_OK,
        bzt_sm2_verify_vartime(key->P, BZT_SPAN_LIT("message"), &a.signature));
}

/* The last op_id under another g is not the operation that was done. */
static void cosign_recover_answers_for_its_own_generation(void **state)
{
    (void)state;
    begin("recover g");
    bzt_recover_request q;
    bzt_key_answer a;
    bzt_told told;
    w.travel = lost;
    assert_int_equal(BZT_ERR_IO, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    key->g = ++key->intent.g;
    assert_int_equal(BZT_OK, bzt_phone_recover(&q, &c.phone, key));
    serve_recover(&w, &a, &q);
    assert_int_equal(BZT_ERR_SEEN, a.err);
    assert_int_equal(BZT_ERR_SEEN, bzt_phone_recover_settle(key, &told, &a));
}

/* No nonce for a key that is locked, and none is shown in vain. */
static void cosign_open_gives_no_nonce_for_a_locked_key(void **state)
{
    (void)state;
    begin("open locked");
    static const cosign_state states[] = {COSIGN_NEW, COSIGN_PIN, COSIGN_CLONE,
                                          COSIGN_FROZEN};
    for (int i = 0; i < 4; i++) {
        bzt_phone_op op;
        bzt_open_request q;
        bzt_open_answer a;
        bzt_err err;
        bzt_phone_random r = draw_random(&w);
        row_of(key)->state = states[i];
        assert_int_equal(BZT_OK, bzt_phone_open(&op, &q, &c.phone, key,
                                                BZT_SPAN_LIT("x"), &r));
        serve_open(&w, &err, &a, &q);
        assert_int_equal(BZT_ERR_LOCKED, err);
        assert_true(stands_in(&a, sizeof a, (uint8_t[162]){0}, 162));
        assert_int_equal(0, cosign_nonces_expire(&w.nonces, w.now_ms));
    }
}

/* ---- clones ------------------------------------------------------------- */

static void cosign_two_copies_of_a_phone_are_locked(void **state)
{
    (void)state;
    begin("clone");
    bzt_phone_key clone = *key;
    assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "the phone"));
    /* f: no nonce for an old generation, told, not locked, no intent hurt */
    assert_int_equal(BZT_ERR_STALE,
                     do_sign(&w, &c, &clone, PIN_RIGHT, "the clone"));
    assert_true(w.tell & COSIGN_TELL_STALE);
    assert_int_equal(COSIGN_LIVE, row_of(key)->state);
    assert_int_equal(BZT_ERR_CLONE, do_decrypt(&w, &c, &clone, PIN_RIGHT));
    assert_int_equal(1, w.effect.commit);
    assert_int_equal(COSIGN_CLONE, row_of(key)->state);
    assert_true(w.tell & COSIGN_TELL_CLONE);
    assert_int_equal(BZT_ERR_LOCKED, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    unlock(&w, &c);
    assert_int_equal(COSIGN_CLONE, row_of(key)->state);
}

/* A clone that asks recover is found as well. */
static void cosign_recover_of_a_clone_locks(void **state)
{
    (void)state;
    begin("clone recover");
    bzt_outcome outcome;
    bzt_phone_key clone = *key;
    w.travel = late;
    assert_int_equal(BZT_ERR_IO, do_decrypt(&w, &c, &clone, PIN_RIGHT));
    for (int i = 0; i < 2; i++)
        assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    assert_int_equal(BZT_ERR_CLONE, do_recover(&w, &c, &clone, &outcome));
    assert_int_equal(COSIGN_CLONE, row_of(key)->state);
}

static void cosign_a_server_that_is_behind_blames_nobody(void **state)
{
    (void)state;
    begin("behind");
    key->g++;
    assert_int_equal(BZT_ERR_BEHIND, do_decrypt(&w, &c, key, PIN_RIGHT));
    assert_int_equal(1, key->intent.present);
    assert_int_equal(COSIGN_LIVE, row_of(key)->state);
    assert_true(w.tell & COSIGN_TELL_BEHIND);
    assert_int_equal(0, w.effect.commit);
    key->intent = (bzt_intent){0};
    w.tell = 0;
    assert_int_equal(BZT_ERR_BEHIND, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    assert_true(w.tell & COSIGN_TELL_BEHIND);
}

/* ---- nonces that are gone ----------------------------------------------- */

/* d */
static void cosign_nonce_gone_costs_nothing(void **state)
{
    (void)state;
    begin("d");
    bzt_outcome outcome;
    w.lose_nonces = 1;
    assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    w.lose_nonces = 2;
    assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    w.lose_nonces = 9;
    assert_int_equal(BZT_ERR_NONCE_GONE, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    assert_int_equal(6, w.lose_nonces);
    assert_int_equal(1, key->intent.present);
    w.lose_nonces = 0;
    assert_int_equal(BZT_OK, do_recover(&w, &c, key, &outcome));
    assert_int_equal(BZT_OUTCOME_VOID, outcome);
    assert_int_equal(0, row_of(key)->failures);
    assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    /* A wrong PIN through nonce_gone is counted once. */
    w.lose_nonces = 1;
    assert_int_equal(BZT_ERR_WRONG_PIN, do_sign(&w, &c, key, PIN_WRONG, "x"));
    assert_int_equal(1, row_of(key)->failures);
    assert_int_equal(1, key->wrong);
}

/* d: two nodes, each with a nonce and a copy: carried out once, and the
 * intent fits whichever it was. */
static void cosign_copies_under_two_nonces_have_one_outcome(void **state)
{
    (void)state;
    begin("d two");
    for (int first = 0; first < 2; first++) {
        bzt_phone_op op;
        bzt_open_request open;
        bzt_open_answer opened;
        bzt_sign_request one, two;
        bzt_key_answer a;
        bzt_told told;
        bzt_u1 u1;
        bzt_err err;
        bzt_outcome outcome;
        cosign_nonce kept;
        bzt_phone_random r = draw_random(&w);
        prepare_sign(&w, &c, key, &op, &one, PIN_RIGHT, "x");
        assert_int_equal(BZT_OK,
                         cosign_nonces_take(&kept, &w.nonces, &one, w.now_ms));
        derive(&u1, key, PIN_RIGHT);
        assert_int_equal(BZT_OK, bzt_phone_reopen(&open, &op, &c.phone, key,
                                                  BZT_SPAN_LIT("x")));
        serve_open(&w, &err, &opened, &open);
        assert_int_equal(BZT_OK, err);
        assert_int_equal(
            BZT_OK, bzt_phone_sign(&op, key, &two, &c.phone, &opened, &u1, &r));
        serve_sign(&w, &a, &one); /* under the second's nonce: not tried */
        assert_int_equal(BZT_ERR_NONCE_GONE, a.err);
        if (first) {
            cosign_nonce mine;
            assert_int_equal(
                BZT_OK, cosign_nonces_take(&mine, &w.nonces, &two, w.now_ms));
            cosign_nonces_put(&w.nonces, &kept, w.now_ms);
            serve_sign(&w, &a, &one);
            assert_int_equal(BZT_OK, a.err);
            cosign_nonces_put(&w.nonces, &mine, w.now_ms);
            serve_sign(&w, &a, &two);
            assert_int_equal(BZT_ERR_SEEN, a.err);
            assert_int_equal(BZT_ERR_SEEN,
                             bzt_phone_settle(key, &told, &op, &a));
            assert_int_equal(BZT_OK, do_recover(&w, &c, key, &outcome));
            assert_int_equal(BZT_OUTCOME_SIGN, outcome);
        } else {
            serve_sign(&w, &a, &two);
            assert_int_equal(BZT_OK, a.err);
            assert_int_equal(BZT_OK, bzt_phone_settle(key, &told, &op, &a));
            cosign_nonces_put(&w.nonces, &kept, w.now_ms);
            serve_sign(&w, &a, &one);
            assert_int_equal(BZT_ERR_SEEN, a.err);
        }
        assert_int_equal(0, row_of(key)->failures);
        assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "next"));
    }
}

/* f: `open` again answers stale because a copy was carried out. */
static void cosign_no_answer_to_open_touches_an_intent(void **state)
{
    (void)state;
    begin("f");
    bzt_phone_op op;
    bzt_open_request open;
    bzt_open_answer opened;
    bzt_sign_request q;
    bzt_key_answer a;
    bzt_err err;
    bzt_outcome outcome;
    prepare_sign(&w, &c, key, &op, &q, PIN_RIGHT, "x");
    serve_sign(&w, &a, &q); /* carried out; the phone hears nonce_gone */
    assert_int_equal(
        BZT_OK, bzt_phone_reopen(&open, &op, &c.phone, key, BZT_SPAN_LIT("x")));
    serve_open(&w, &err, &opened, &open);
    assert_int_equal(BZT_ERR_STALE, err);
    assert_int_equal(1, key->intent.present);
    assert_int_equal(BZT_OK, do_recover(&w, &c, key, &outcome));
    assert_int_equal(BZT_OUTCOME_SIGN, outcome);
    assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "next"));
}

static void cosign_a_day_old_key_without_certificate_is_swept(void **state)
{
    (void)state;
    const int64_t day = 86400000;
    assert_int_equal(
        0, cosign_is_sweepable(&(cosign_sweep){5, 0, 0}, 5 + day - 1));
    assert_int_equal(1, cosign_is_sweepable(&(cosign_sweep){5, 0, 0}, 5 + day));
    assert_int_equal(0, cosign_is_sweepable(&(cosign_sweep){5, 1, 0}, 5 + day));
    assert_int_equal(0, cosign_is_sweepable(&(cosign_sweep){5, 0, 1}, 5 + day));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cosign_a_request_delivered_twice_misleads_nobody),
        cmocka_unit_test(cosign_void_stays_void),
        cmocka_unit_test(cosign_recover_can_be_repeated),
        cmocka_unit_test(cosign_other_answers_drop_no_intent),
        cmocka_unit_test(cosign_no_error_of_recover_drops_an_intent),
        cmocka_unit_test(cosign_an_intent_comes_first),
        cmocka_unit_test(cosign_busy_tells_nothing_and_drops_nothing),
        cmocka_unit_test(cosign_counts_wrong_tries_per_key),
        cmocka_unit_test(cosign_tells_of_tries_that_somebody_else_made),
        cmocka_unit_test(cosign_a_remembered_wrong_op_id_is_no_oracle),
        cmocka_unit_test(cosign_wait_is_no_oracle),
        cmocka_unit_test(cosign_void_open_and_refused_clear_no_count),
        cmocka_unit_test(cosign_ten_wrong_tries_lock_the_phone),
        cmocka_unit_test(cosign_a_success_clears_the_phones_count),
        cmocka_unit_test(cosign_a_success_clears_the_wait),
        cmocka_unit_test(cosign_a_wrong_try_leaves_no_signature),
        cmocka_unit_test(cosign_recover_gives_the_signature),
        cmocka_unit_test(cosign_recover_answers_for_its_own_generation),
        cmocka_unit_test(cosign_open_gives_no_nonce_for_a_locked_key),
        cmocka_unit_test(cosign_two_copies_of_a_phone_are_locked),
        cmocka_unit_test(cosign_recover_of_a_clone_locks),
        cmocka_unit_test(cosign_a_server_that_is_behind_blames_nobody),
        cmocka_unit_test(cosign_nonce_gone_costs_nothing),
        cmocka_unit_test(cosign_copies_under_two_nonces_have_one_outcome),
        cmocka_unit_test(cosign_no_answer_to_open_touches_an_intent),
        cmocka_unit_test(cosign_a_day_old_key_without_certificate_is_swept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
