/* A malicious phone, and strangers, against the server (attacks.md: F1, F6,
 * F7, F8, F9, F15, l; protocol.md, safety 3). */
#include "world.h"

#include "cosign/proof.h"
#include "cosign/wire.h"

static world w;
static client c;
static bzt_phone_key *key;

static void begin(const char *seed)
{
    world_init(&w, seed);
    add_phone(&w, &c, 1);
    key = add_key(&w, &c, BZT_USE_SIGN);
}

/* The key works as before, and nothing was counted. */
static void nothing_happened(void)
{
    assert_int_equal(0, key_of(&w, key->key_id)->row.failures);
    assert_int_equal(COSIGN_LIVE, key_of(&w, key->key_id)->row.state);
    assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "as before"));
    assert_int_equal(0, c.alarm);
}

/* F1: with p2 = 0 or n the nonce is the phone's own, and s gives d. */
static void cosign_refuses_scalars_outside_the_range(void **state)
{
    (void)state;
    begin("F1");
    uint8_t big[3][32] = {{0}};
    memcpy(big[1], order, 32);
    memset(big[2], 0xff, 32);
    for (int field = 0; field < 4; field++) {
        for (int value = 0; value < 3; value++) {
            bzt_phone_key copy = *key;
            bzt_phone_op op;
            bzt_sign_request q;
            bzt_key_answer a;
            prepare_sign(&w, &c, &copy, &op, &q, PIN_RIGHT, "login");
            uint8_t *fields[4] = {q.p2, q.p3, q.r, q.rho};
            memcpy(fields[field], big[value], 32);
            seal_sign(&c, &q);
            serve_sign(&w, &a, &q);
            assert_int_equal(BZT_ERR_REFUSED, a.err);
            assert_int_equal(0, w.effect.commit);
        }
    }
    nothing_happened();
}

/* F1, the other side of it: the nonce of a refused request is untouched. */
static void cosign_refuses_before_the_nonce_is_touched(void **state)
{
    (void)state;
    begin("F1 nonce");
    bzt_phone_op op;
    bzt_sign_request q, bad;
    bzt_key_answer a;
    prepare_sign(&w, &c, key, &op, &q, PIN_RIGHT, "login");
    bad = q;
    memset(bad.p2, 0, 32);
    seal_sign(&c, &bad);
    serve_sign(&w, &a, &bad);
    assert_int_equal(BZT_ERR_REFUSED, a.err);
    serve_sign(&w, &a, &q);
    assert_int_equal(BZT_OK, a.err);
}

/* F6 */
static void prove(uint8_t A[65], uint8_t z[32], const wire *about,
                  const bzt_phone_key *k)
{
    bzt_u1 u1;
    sc v1;
    ge point;
    uint8_t V1[65], random[48];
    derive(&u1, k, PIN_RIGHT);
    assert_int_equal(BZT_OK, sc_read(&v1, u1.u1));
    sc_inv(&v1, &v1);
    ge_mul_base(&point, &v1);
    assert_int_equal(BZT_OK, ge_write(V1, &point));
    draw(&w, random, sizeof random);
    const proof p = {"bzt-authorise", wire_base, V1, about};
    proof_make(A, z, &p, &v1, random);
}

typedef struct claim {
    wire_kind kind;
    const char *about;
    uint32_t c1, rho, g_more;
    int other_op, other_key;
} claim;

static bzt_err use_proof_of(const claim *proved)
{
    bzt_decrypt_request q = {.points_n = 1};
    bzt_key_answer a;
    wire ctx;
    uint8_t sent[1][65], shown[65], rho[32] = {0}, op[16], other_key[16];
    small_point(sent[0], 5);
    small_point(shown, proved->c1);
    memcpy(q.key_id, key->key_id, 16);
    draw(&w, q.op_id, 16);
    draw(&w, op, 16);
    draw(&w, other_key, 16);
    q.g = key->g;
    q.rho[31] = 7;
    rho[31] = (uint8_t)proved->rho;
    q.points = (const uint8_t(*)[65])sent;
    wire_init(&ctx, proved->kind, proved->other_key ? other_key : q.key_id);
    wire_set_op(&ctx, proved->other_op ? op : q.op_id, q.g + proved->g_more,
                rho);
    wire_set(&ctx, WIRE_ABOUT, proved->about, strlen(proved->about));
    wire_set(&ctx, WIRE_ACT, proved->about, strlen(proved->about));
    wire_set_hash(&ctx, WIRE_POINTS, (bzt_span){shown, 65});
    prove(q.A, q.z, &ctx, key);
    seal_decrypt(&c, &q);
    serve_decrypt(&w, &a, &q, BZT_SPAN_LIT("lot 1"));
    w.now_ms += 600000;
    if (a.err == BZT_OK)
        key->g++; /* the test's rho is forgotten: the key is spent */
    return a.err;
}

static void cosign_takes_a_proof_for_one_act_only(void **state)
{
    (void)state;
    begin("F6");
    static const claim others[] = {
        {WIRE_AUTHORISE, "lot 1", 5, 7, 0, 0, 0},
        {WIRE_DECRYPT, "lot 2", 5, 7, 0, 0, 0},
        {WIRE_DECRYPT, "lot 1", 6, 7, 0, 0, 0},
        {WIRE_DECRYPT, "lot 1", 5, 8, 0, 0, 0},
        {WIRE_DECRYPT, "lot 1", 5, 7, 1, 0, 0},
        {WIRE_DECRYPT, "lot 1", 5, 7, 0, 1, 0},
        {WIRE_DECRYPT, "lot 1", 5, 7, 0, 0, 1},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(BZT_ERR_WRONG_PIN, use_proof_of(&others[i]));
        if (i % 3 == 2) {
            assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "clears"));
            assert_true(c.alarm); /* tries that the phone did not make */
            c.alarm = 0;
        }
    }
    const claim same = {WIRE_DECRYPT, "lot 1", 5, 7, 0, 0, 0};
    assert_int_equal(BZT_OK, use_proof_of(&same));
}

/* F6: the labels of fields are their lengths: no shift between two. */
static void cosign_contexts_do_not_run_together(void **state)
{
    (void)state;
    uint8_t one[32], two[32];
    const uint8_t id[16] = {1};
    const char *const splits[2][2] = {{"ab", "c"}, {"a", "bc"}};
    uint8_t *out[2] = {one, two};
    for (int i = 0; i < 2; i++) {
        xof x;
        xof_init(&x, "t");
        wire_feed(&x, splits[i][0], strlen(splits[i][0]));
        wire_feed(&x, splits[i][1], strlen(splits[i][1]));
        xof_final(&x, out[i], 32);
    }
    assert_memory_not_equal(one, two, 32);
    (void)id;
}

/* F7 */
static void cosign_strangers_change_nothing(void **state)
{
    (void)state;
    begin("F7");
    client stranger;
    bzt_phone_op op;
    bzt_sign_request q;
    bzt_key_answer a;
    bzt_recover_request r = {.g = 0};
    add_phone(&w, &stranger, 2);
    bzt_phone_key copy = *key;
    prepare_sign(&w, &c, &copy, &op, &q, PIN_WRONG, "x");
    seal_sign(&stranger, &q); /* another phone's key */
    serve_sign(&w, &a, &q);
    assert_int_equal(BZT_ERR_REFUSED, a.err);
    assert_int_equal(0, w.effect.commit);
    q.g = 999;
    memset(q.mac, 0, sizeof q.mac);
    serve_sign(&w, &a, &q);
    assert_int_equal(BZT_ERR_REFUSED, a.err);
    memcpy(r.key_id, key->key_id, 16);
    serve_recover(&w, &a, &r);
    assert_int_equal(BZT_ERR_REFUSED, a.err);
    memset(q.key_id, 0x77, 16); /* no such key: the same answer */
    serve_sign(&w, &a, &q);
    assert_int_equal(BZT_ERR_REFUSED, a.err);
    nothing_happened();
}

/* F7: also with the key's own row under another device's id and MAC. */
static void cosign_takes_the_rows_own_device_only(void **state)
{
    (void)state;
    begin("F7 device");
    client stranger;
    add_phone(&w, &stranger, 2);
    bzt_phone_op op;
    bzt_sign_request q;
    cosign_effect e;
    prepare_sign(&w, &c, key, &op, &q, PIN_RIGHT, "x");
    seal_sign(&stranger, &q);
    const cosign_device *theirs =
        &device_of(&w, stranger.phone.device_id)->device;
    cosign_row row = key_of(&w, key->key_id)->row;
    assert_int_equal(BZT_ERR_REFUSED,
                     cosign_server_sign_admit(&e, &row, theirs, &q, w.now_ms));
}

static void cosign_makes_a_key_once(void **state)
{
    (void)state;
    begin("F7 once");
    bzt_phone_making making;
    bzt_keygen_request q;
    bzt_keygen_answer a;
    cosign_effect e;
    uint8_t random[96];
    bzt_phone_random r = draw_random(&w);
    draw(&w, random, sizeof random);
    assert_int_equal(BZT_OK, bzt_phone_keygen(&making, &q, &c.phone,
                                              key->key_id, BZT_USE_SIGN, &r));
    server_key *k = key_of(&w, key->key_id);
    assert_int_equal(
        BZT_ERR_REFUSED,
        cosign_server_keygen(&e, &a, &k->row,
                             &device_of(&w, c.phone.device_id)->device, &q,
                             random));
    assert_int_equal(0, e.commit);
    nothing_happened();
}

/* A proof for a signing key does not make an encryption key. */
static void cosign_binds_the_use_at_key_making(void **state)
{
    (void)state;
    begin("use");
    uint8_t key_id[16], random[96];
    bzt_phone_making making;
    bzt_keygen_request q;
    bzt_keygen_answer a;
    cosign_effect e;
    bzt_phone_random r = draw_random(&w);
    draw(&w, random, sizeof random);
    give_key_id(&w, &c, key_id, BZT_USE_DECRYPT);
    assert_int_equal(BZT_OK, bzt_phone_keygen(&making, &q, &c.phone, key_id,
                                              BZT_USE_SIGN, &r));
    assert_int_equal(
        BZT_ERR_REFUSED,
        cosign_server_keygen(&e, &a, &key_of(&w, key_id)->row,
                             &device_of(&w, c.phone.device_id)->device, &q,
                             random));
    bzt_new_request n;
    assert_int_equal(BZT_ERR_RANGE,
                     bzt_phone_new(&n, &c.phone, (bzt_key_use)3));
    assert_int_equal(BZT_OK, bzt_phone_new(&n, &c.phone, BZT_USE_SIGN));
    n.use = BZT_USE_DECRYPT; /* altered on the way */
    assert_int_equal(
        BZT_ERR_REFUSED,
        cosign_server_new(&device_of(&w, c.phone.device_id)->device, &n));
}

/* V1 = u2*G would make P infinity: nothing is made. */
static void cosign_makes_no_key_at_infinity(void **state)
{
    (void)state;
    begin("infinity");
    uint8_t key_id[16], random[96], V1[65], wide[48];
    bzt_keygen_request q;
    bzt_keygen_answer a;
    cosign_effect e;
    wire ctx;
    sc u2;
    ge point;
    give_key_id(&w, &c, key_id, BZT_USE_SIGN);
    draw(&w, random, sizeof random);
    draw(&w, wide, sizeof wide);
    sc_from_wide(&u2, random);
    ge_mul_base(&point, &u2);
    assert_int_equal(BZT_OK, ge_write(V1, &point));
    memcpy(q.key_id, key_id, 16);
    memcpy(q.V1, V1, 65);
    wire_init(&ctx, WIRE_KEYGEN, key_id);
    wire_set(&ctx, WIRE_DEVICE_ID, c.phone.device_id, 16);
    wire_set_use(&ctx, BZT_USE_SIGN);
    const proof p = {"bzt-keygen-phone", wire_base, V1, &ctx};
    proof_make(q.A, q.z, &p, &u2, wide);
    wire_set(&ctx, WIRE_V1, q.V1, 65);
    wire_set(&ctx, WIRE_A, q.A, 65);
    wire_set(&ctx, WIRE_Z, q.z, 32);
    wire_mac_device(q.mac, &ctx, &c.phone.device_key);
    server_key *k = key_of(&w, key_id);
    const cosign_device *d = &device_of(&w, c.phone.device_id)->device;
    assert_int_equal(BZT_ERR_RANDOM,
                     cosign_server_keygen(&e, &a, &k->row, d, &q, random));
    assert_int_equal(0, e.commit);
    random[0] ^= 1;
    assert_int_equal(BZT_OK,
                     cosign_server_keygen(&e, &a, &k->row, d, &q, random));
}

/* F8 */
static void cosign_a_late_copy_locks_nobody(void **state)
{
    (void)state;
    begin("F8");
    bzt_outcome outcome;
    w.travel = late;
    assert_int_equal(BZT_ERR_IO, do_decrypt(&w, &c, key, PIN_RIGHT));
    assert_int_equal(BZT_OK, do_recover(&w, &c, key, &outcome));
    assert_int_equal(BZT_OUTCOME_VOID, outcome);
    sent before = w.sent;
    before.decrypt.points = (const uint8_t(*)[65])before.points;
    assert_int_equal(BZT_ERR_SEEN, serve_again(&w));
    assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "goes on"));
    w.sent = before;
    assert_int_equal(BZT_ERR_SEEN, serve_again(&w));
    nothing_happened();
}

static void cosign_refuses_what_is_malformed_before_it_looks_at_g(void **state)
{
    (void)state;
    begin("F8 form");
    /* Two points for a signing key: for ever wrong, also when g is old. */
    uint8_t points[2][65];
    bzt_decrypt_request q = {.points = (const uint8_t(*)[65])points,
                             .points_n = 2};
    bzt_key_answer a;
    small_point(points[0], 3);
    small_point(points[1], 4);
    memcpy(q.key_id, key->key_id, 16);
    draw(&w, q.op_id, 16);
    q.rho[31] = 1;
    small_point(q.A, 9);
    q.z[31] = 1;
    assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "g moves on"));
    seal_decrypt(&c, &q);
    serve_decrypt(&w, &a, &q, BZT_SPAN_LIT(""));
    assert_int_equal(BZT_ERR_REFUSED, a.err);
    q.points_n = 0;
    seal_decrypt(&c, &q);
    serve_decrypt(&w, &a, &q, BZT_SPAN_LIT(""));
    assert_int_equal(BZT_ERR_REFUSED, a.err);
    q.points_n = 1; /* well-formed and old: that is a clone */
    seal_decrypt(&c, &q);
    serve_decrypt(&w, &a, &q, BZT_SPAN_LIT(""));
    assert_int_equal(BZT_ERR_CLONE, a.err);
    assert_int_equal(1, w.effect.commit);
    assert_true(w.tell & COSIGN_TELL_CLONE);
}

static void cosign_refuses_bad_points_and_proofs(void **state)
{
    (void)state;
    begin("points");
    uint8_t points[1][65];
    bzt_decrypt_request good = {.points = (const uint8_t(*)[65])points,
                                .points_n = 1};
    bzt_key_answer a;
    memcpy(good.key_id, key->key_id, 16);
    draw(&w, good.op_id, 16);
    good.g = key->g;
    good.rho[31] = 1;
    small_point(good.A, 9);
    good.z[31] = 1;
    for (int how = 0; how < 8; how++) {
        bzt_decrypt_request q = good;
        small_point(points[0], 3);
        switch (how) {
        case 0:
            points[0][64] ^= 1; /* off the curve */
            break;
        case 1:
            memset(points[0], 0, 65); /* nothing */
            break;
        case 2:
            points[0][0] = 2; /* another form */
            break;
        case 3:
            memset(points[0] + 1, 0xff, 32); /* x not below p */
            break;
        case 4:
            q.A[64] ^= 1;
            break;
        case 5:
            memcpy(q.z, order, 32);
            break;
        case 6:
            memset(q.z, 0, 32);
            break;
        default:
            memset(q.rho, 0, 32);
        }
        seal_decrypt(&c, &q);
        serve_decrypt(&w, &a, &q, BZT_SPAN_LIT(""));
        assert_int_equal(BZT_ERR_REFUSED, a.err);
    }
    nothing_happened();
}

/* F9: between two copies of the row there is always an unknown rho. */
static void cosign_keeps_rho_in_no_row(void **state)
{
    (void)state;
    begin("F9");
    bzt_phone_op op;
    bzt_sign_request q;
    bzt_key_answer a;
    prepare_sign(&w, &c, key, &op, &q, PIN_RIGHT, "x");
    serve_sign(&w, &a, &q);
    assert_int_equal(BZT_OK, a.err);
    assert_false(stands_in(&w.effect, sizeof w.effect, q.rho, 32));
    assert_false(stands_in(&w.effect, sizeof w.effect, q.p2, 32));
    assert_false(stands_in(&w.effect, sizeof w.effect, q.p3, 32));
}

/* F15: a nonce answers for the message that it was made for. */
static void cosign_a_nonce_is_for_one_message(void **state)
{
    (void)state;
    begin("F15");
    bzt_phone_op op;
    bzt_open_request open;
    bzt_open_answer opened;
    bzt_sign_request q;
    bzt_key_answer a;
    bzt_u1 u1;
    bzt_err err;
    bzt_phone_random r = draw_random(&w);
    uint8_t e[32];
    assert_int_equal(BZT_OK, bzt_phone_open(&op, &open, &c.phone, key,
                                            BZT_SPAN_LIT("100 yuan"), &r));
    serve_open(&w, &err, &opened, &open);
    assert_int_equal(BZT_OK, err);
    /* The phone makes its half for another message, leaving out its own
     * check of the proof. */
    assert_int_equal(BZT_OK,
                     bzt_sm2_digest(e, key->P, BZT_SPAN_LIT("900 yuan")));
    derive(&u1, key, PIN_RIGHT);
    assert_int_equal(BZT_OK,
                     bzt_phone_sign(&op, key, &q, &c.phone, &opened, &u1, &r));
    sc diff, r1, e1, u;
    sc_reduce(&diff, e);
    sc_reduce(&e1, op.e);
    sc_sub(&diff, &diff, &e1);
    assert_int_equal(BZT_OK, sc_read(&r1, q.r));
    sc_add(&r1, &r1, &diff);
    sc_write(q.r, &r1);
    assert_int_equal(BZT_OK, sc_read(&u, u1.u1));
    sc_mul(&diff, &diff, &u);
    assert_int_equal(BZT_OK, sc_read(&r1, q.p3));
    sc_add(&r1, &r1, &diff);
    sc_write(q.p3, &r1);
    seal_sign(&c, &q);
    serve_sign(&w, &a, &q);
    assert_int_equal(BZT_ERR_WRONG_PIN, a.err);
}

/* A nonce answers once, right or wrong; only in time; only its own point,
 * key and generation; and another one is not touched. */
static void cosign_rejects_reused_nonce(void **state)
{
    (void)state;
    begin("reused");
    bzt_phone_key copy = *key;
    bzt_phone_op op;
    bzt_sign_request q;
    bzt_key_answer a;
    prepare_sign(&w, &c, &copy, &op, &q, PIN_WRONG, "x");
    serve_sign(&w, &a, &q);
    assert_int_equal(BZT_ERR_WRONG_PIN, a.err);
    draw(&w, q.op_id, 16);
    seal_sign(&c, &q);
    serve_sign(&w, &a, &q);
    assert_int_equal(BZT_ERR_NONCE_GONE, a.err);
    assert_int_equal(1, key_of(&w, key->key_id)->row.failures);
}

static void cosign_leaves_another_nonce_alone(void **state)
{
    (void)state;
    begin("other nonce");
    bzt_phone_op op;
    bzt_sign_request q, other;
    bzt_key_answer a;
    prepare_sign(&w, &c, key, &op, &q, PIN_RIGHT, "x");
    other = q;
    draw(&w, other.op_id, 16);
    small_point(other.Qs, 3);
    seal_sign(&c, &other);
    serve_sign(&w, &a, &other);
    assert_int_equal(BZT_ERR_NONCE_GONE, a.err);
    serve_sign(&w, &a, &q);
    assert_int_equal(BZT_OK, a.err);
}

static void cosign_a_nonce_lives_three_minutes(void **state)
{
    (void)state;
    begin("three minutes");
    for (int64_t age = 179999; age <= 180000; age++) {
        bzt_phone_op op;
        bzt_sign_request q;
        bzt_key_answer a;
        bzt_phone_key copy = *key;
        prepare_sign(&w, &c, &copy, &op, &q, PIN_WRONG, "x");
        w.now_ms += age;
        serve_sign(&w, &a, &q);
        assert_int_equal(age < 180000 ? BZT_ERR_WRONG_PIN : BZT_ERR_NONCE_GONE,
                         a.err);
    }
}

/* An encryption key never signs. */
static void cosign_an_encryption_key_never_signs(void **state)
{
    (void)state;
    begin("use sign");
    bzt_phone_key *enc = add_key(&w, &c, BZT_USE_DECRYPT);
    assert_int_equal(BZT_ERR_REFUSED,
                     do_sign(&w, &c, enc, PIN_RIGHT, "a signature"));
    assert_int_equal(0, enc->intent.present);
    assert_int_equal(BZT_OK, do_decrypt(&w, &c, enc, PIN_RIGHT));
}

/* `open` and `sign` both look: neither rests on the other. */
static void cosign_open_and_sign_both_check_the_use(void **state)
{
    (void)state;
    begin("use twice");
    bzt_phone_op op;
    bzt_open_request open;
    bzt_open_answer opened;
    bzt_sign_request q;
    bzt_key_answer a;
    bzt_err err;
    bzt_phone_random r = draw_random(&w);
    cosign_row *row = &key_of(&w, key->key_id)->row;
    prepare_sign(&w, &c, key, &op, &q, PIN_RIGHT, "x");
    row->use = BZT_USE_DECRYPT;
    serve_sign(&w, &a, &q);
    assert_int_equal(BZT_ERR_REFUSED, a.err);
    key->intent = (bzt_intent){0};
    assert_int_equal(BZT_OK, bzt_phone_open(&op, &open, &c.phone, key,
                                            BZT_SPAN_LIT("x"), &r));
    serve_open(&w, &err, &opened, &open);
    assert_int_equal(BZT_ERR_REFUSED, err);
}

/* A service that takes the wrong nonce gets no answer out of it. */
static void cosign_sign_uses_no_nonce_of_another(void **state)
{
    (void)state;
    begin("foreign nonce");
    bzt_phone_op op;
    bzt_sign_request q;
    cosign_nonce good;
    cosign_effect e;
    static const cosign_nonce zero;
    server_key *k = key_of(&w, key->key_id);
    const cosign_device *d = &device_of(&w, c.phone.device_id)->device;
    prepare_sign(&w, &c, key, &op, &q, PIN_RIGHT, "x");
    assert_int_equal(BZT_OK,
                     cosign_nonces_take(&good, &w.nonces, &q, w.now_ms));
    for (int how = 0; how < 5; how++) {
        cosign_nonce n = good;
        if (how == 0)
            n.key_id[0] ^= 1;
        else if (how == 1)
            n.Qs[64] ^= 1;
        else if (how == 2)
            n.g++;
        else if (how == 3)
            n.until_ms = w.now_ms;
        else
            n = zero;
        assert_int_equal(
            BZT_ERR_NONCE_GONE,
            cosign_server_sign(&e, &n, &k->row, &k->share, d, &q, w.now_ms));
        assert_memory_equal(&n, &zero, sizeof zero); /* spent all the same */
        assert_int_equal(0, e.commit);
    }
    assert_int_equal(BZT_OK, cosign_server_sign(&e, &good, &k->row, &k->share,
                                                d, &q, w.now_ms));
    assert_memory_equal(&good, &zero, sizeof zero);
}

/* l: a share that was sealed for one key id is of no use for another. */
static void cosign_takes_a_share_for_its_own_key_only(void **state)
{
    (void)state;
    begin("l");
    bzt_sm2_key d = {{0}};
    bzt_import_input in = {.d = &d};
    bzt_phone_making making;
    bzt_import_request q;
    cosign_effect e;
    cosign_import_context context = {.transport = &w.transport};
    bzt_phone_random r = draw_random(&w);
    uint8_t other[16];
    draw(&w, d.d + 1, 31);
    give_key_id(&w, &c, in.key_id, BZT_USE_DECRYPT);
    assert_int_equal(BZT_OK, bzt_sm2_public(in.P, &d));
    memcpy(in.transport, w.transport_point, 65);
    memcpy(context.certificate_P, in.P, 65);
    const cosign_device *dev = &device_of(&w, c.phone.device_id)->device;

    bzt_import_input swapped = in;
    give_key_id(&w, &c, other, BZT_USE_DECRYPT);
    memcpy(swapped.key_id, other, 16);
    assert_int_equal(BZT_OK,
                     bzt_phone_import(&making, &q, &c.phone, &swapped, &r));
    uint8_t theirs[BZT_SEALED_SIZE];
    memcpy(theirs, q.sealed, sizeof theirs);
    assert_int_equal(BZT_OK, bzt_phone_import(&making, &q, &c.phone, &in, &r));
    const cosign_row *row = &key_of(&w, in.key_id)->row;

    /* The right share under another key id, and one without any. */
    uint8_t plain[48], relabelled[BZT_SEALED_SIZE], random[48];
    draw(&w, random, sizeof random);
    assert_int_equal(BZT_OK, bzt_sm2_decrypt(plain, &w.transport,
                                             (bzt_span){q.sealed, 145}));
    plain[47] ^= 1;
    assert_int_equal(BZT_OK, bzt_sm2_encrypt(relabelled, w.transport_point,
                                             (bzt_span){plain, 48}, random));

    for (int how = 0; how < 7; how++) {
        bzt_import_request bad = q;
        cosign_import_context ctx = context;
        cosign_row in_state = *row;
        if (how == 4)
            memcpy(bad.sealed, relabelled, sizeof relabelled);
        else if (how == 5)
            in_state.state = COSIGN_LIVE; /* made already */
        else if (how == 6)
            in_state.use = BZT_USE_SIGN;
        else if (how == 0)
            memcpy(bad.sealed, theirs, sizeof theirs);
        else if (how == 1)
            bad.sealed[144] ^= 1;
        else if (how == 2)
            small_point(ctx.certificate_P, 8); /* another certificate */
        else
            bad.z[31] ^= 1;
        wire m;
        wire_init(&m, WIRE_IMPORT, bad.key_id);
        wire_set(&m, WIRE_SEALED, bad.sealed, sizeof bad.sealed);
        wire_set(&m, WIRE_P, bad.P, 65);
        wire_set(&m, WIRE_A, bad.A, 65);
        wire_set(&m, WIRE_Z, bad.z, 32);
        wire_mac_device(bad.mac, &m, &c.phone.device_key);
        assert_int_equal(BZT_ERR_REFUSED,
                         cosign_server_import(&e, &in_state, dev, &bad, &ctx));
        assert_int_equal(0, e.commit);
        assert_int_equal(0, e.new_share);
    }
    assert_int_equal(BZT_OK, cosign_server_import(&e, row, dev, &q, &context));
}

/* The phone sees by itself that d is not the certificate's key. */
static void cosign_imports_only_the_certificates_key(void **state)
{
    (void)state;
    begin("pair");
    bzt_sm2_key d = {{0}};
    bzt_import_input in = {.d = &d};
    bzt_phone_making making;
    bzt_import_request q;
    bzt_phone_random r = draw_random(&w);
    memcpy(in.transport, w.transport_point, 65);
    d.d[31] = 5;
    small_point(in.P, 6);
    assert_int_equal(BZT_ERR_KEY_MISMATCH,
                     bzt_phone_import(&making, &q, &c.phone, &in, &r));
    memset(d.d, 0, 32);
    assert_int_equal(BZT_ERR_RANGE,
                     bzt_phone_import(&making, &q, &c.phone, &in, &r));
    d.d[31] = 6;
    in.transport[64] ^= 1;
    assert_int_equal(BZT_ERR_POINT,
                     bzt_phone_import(&making, &q, &c.phone, &in, &r));
    static const bzt_phone_making zero;
    assert_memory_equal(&making, &zero, sizeof zero);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cosign_refuses_scalars_outside_the_range),
        cmocka_unit_test(cosign_refuses_before_the_nonce_is_touched),
        cmocka_unit_test(cosign_takes_a_proof_for_one_act_only),
        cmocka_unit_test(cosign_contexts_do_not_run_together),
        cmocka_unit_test(cosign_strangers_change_nothing),
        cmocka_unit_test(cosign_takes_the_rows_own_device_only),
        cmocka_unit_test(cosign_makes_a_key_once),
        cmocka_unit_test(cosign_binds_the_use_at_key_making),
        cmocka_unit_test(cosign_makes_no_key_at_infinity),
        cmocka_unit_test(cosign_a_late_copy_locks_nobody),
        cmocka_unit_test(cosign_refuses_what_is_malformed_before_it_looks_at_g),
        cmocka_unit_test(cosign_refuses_bad_points_and_proofs),
        cmocka_unit_test(cosign_keeps_rho_in_no_row),
        cmocka_unit_test(cosign_a_nonce_is_for_one_message),
        cmocka_unit_test(cosign_rejects_reused_nonce),
        cmocka_unit_test(cosign_leaves_another_nonce_alone),
        cmocka_unit_test(cosign_a_nonce_lives_three_minutes),
        cmocka_unit_test(cosign_an_encryption_key_never_signs),
        cmocka_unit_test(cosign_open_and_sign_both_check_the_use),
        cmocka_unit_test(cosign_sign_uses_no_nonce_of_another),
        cmocka_unit_test(cosign_takes_a_share_for_its_own_key_only),
        cmocka_unit_test(cosign_imports_only_the_certificates_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
