/* A malicious server, and a thief with the phone's storage, against the phone
 * (attacks.md: F2, F3, F5, F10, F11, F14, F17, e; protocol.md, safety 1, 2
 * and 6). */
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

static bzt_err half_for(const bzt_open_answer *opened, bzt_phone_op *op)
{
    bzt_sign_request q;
    bzt_u1 u1;
    bzt_phone_random r = draw_random(&w);
    derive(&u1, key, PIN_RIGHT);
    bzt_err err = bzt_phone_sign(op, key, &q, &c.phone, opened, &u1, &r);
    if (err) {
        assert_true(stands_in(&q, sizeof q, (uint8_t[64]){0}, 64));
        assert_int_equal(0, key->intent.present);
    }
    return err;
}

static void open_for(bzt_phone_op *op, bzt_open_request *q, bzt_open_answer *a,
                     const char *message)
{
    bzt_err err;
    bzt_phone_random r = draw_random(&w);
    const bzt_span m = {(const uint8_t *)message, strlen(message)};
    assert_int_equal(BZT_OK, bzt_phone_open(op, q, &c.phone, key, m, &r));
    serve_open(&w, &err, a, q);
    assert_int_equal(BZT_OK, err);
}

/* F2: Qs = w*C1 would make a signature decrypt for the server. */
static void cosign_stops_at_a_nonce_that_the_server_does_not_know(void **state)
{
    (void)state;
    begin("F2");
    bzt_phone_op op;
    bzt_open_request q;
    bzt_open_answer honest, bad;
    open_for(&op, &q, &honest, "login");
    bad = honest;
    small_point(bad.Qs, 12345); /* with the proof of another point */
    assert_int_equal(BZT_ERR_PROOF, half_for(&bad, &op));
    for (size_t i = 0; i < 65; i++) {
        bad = honest;
        bad.Qs[i] ^= 1;
        assert_int_equal(BZT_ERR_PROOF, half_for(&bad, &op));
        bad = honest;
        bad.A[i] ^= 1;
        assert_int_equal(BZT_ERR_PROOF, half_for(&bad, &op));
    }
    for (size_t i = 0; i < 32; i++) {
        bad = honest;
        bad.z[i] ^= 0x10;
        assert_int_equal(BZT_ERR_PROOF, half_for(&bad, &op));
    }
    bad = honest;
    bad.op_id[3] ^= 1;
    assert_int_equal(BZT_ERR_PROOF, half_for(&bad, &op));
    assert_int_equal(BZT_OK, half_for(&honest, &op));
}

/* A server that lies about the request: shown 100, asked 900. */
static void cosign_stops_at_a_nonce_for_another_message(void **state)
{
    (void)state;
    begin("lies");
    bzt_phone_op shown, asked;
    bzt_open_request q;
    bzt_open_answer a;
    open_for(&shown, &q, &a, "100 yuan");
    open_for(&asked, &q, &a, "900 yuan");
    memcpy(a.op_id, shown.op_id, 16);
    assert_int_equal(BZT_ERR_PROOF, half_for(&a, &shown));
    /* ... or uses a nonce of another generation */
    bzt_phone_op op;
    open_for(&op, &q, &a, "x");
    op.g++;
    key->g++;
    assert_int_equal(BZT_ERR_PROOF, half_for(&a, &op));
}

/* F3: an image of the phone taken in mid-operation is no test of PINs. */
static void cosign_recover_never_gives_halves(void **state)
{
    (void)state;
    begin("F3");
    bzt_outcome outcome;
    w.travel = lost;
    assert_int_equal(BZT_ERR_IO, do_decrypt(&w, &c, key, PIN_RIGHT));
    uint8_t half[65];
    memcpy(half, w.points[0], 65);
    assert_int_equal(BZT_OK, do_recover(&w, &c, key, &outcome));
    assert_int_equal(BZT_OUTCOME_DECRYPT, outcome);
    assert_false(stands_in(&w.effect, sizeof w.effect, half + 1, 32));
    assert_false(stands_in(&key_of(&w, key->key_id)->row, sizeof(cosign_row),
                           half + 1, 32));
    assert_true(stands_in(&w.effect.signature, 64, (uint8_t[64]){0}, 64));
}

/* F5, F14: the phone rolls with the server first, then looks. */
static void cosign_checks_points_that_come_back(void **state)
{
    (void)state;
    begin("F5");
    uint8_t points[2][65], out[2][65];
    small_point(points[0], 7);
    small_point(points[1], 8);
    const bzt_decrypt_input in = {(const uint8_t(*)[65])points, 1,
                                  BZT_SPAN_LIT("rehearsal")};
    for (int how = 0; how < 6; how++) {
        bzt_phone_op op;
        bzt_decrypt_request q;
        bzt_key_answer a;
        bzt_told told;
        bzt_u1 u1;
        uint8_t back[2][65];
        bzt_phone_random r = draw_random(&w);
        derive(&u1, key, PIN_RIGHT);
        assert_int_equal(
            BZT_OK, bzt_phone_decrypt(&op, key, &q, &c.phone, &in, &u1, &r));
        serve_decrypt(&w, &a, &q, in.about);
        assert_int_equal(BZT_OK, a.err);
        memcpy(back[0], w.points[0], 65);
        memcpy(back[1], w.points[0], 65);
        a.points = (const uint8_t(*)[65])back;
        if (how == 0)
            back[0][64] ^= 1; /* off the curve */
        else if (how == 1)
            memset(back[0], 0, 65);
        else if (how == 2)
            a.points_n = 0;
        else if (how == 3)
            a.points_n = 2;
        else if (how == 4)
            memset(back[0] + 1, 0xff, 32);
        assert_int_equal(BZT_OK, bzt_phone_settle(key, &told, &op, &a));
        assert_int_equal(BZT_NEXT_RESULT, told.next);
        memset(out, 0xaa, sizeof out);
        assert_int_equal(how == 5 ? BZT_OK : BZT_ERR_POINT,
                         bzt_phone_decrypt_result(out, &op, &in, &a));
        if (how != 5)
            assert_true(stands_in(out[0], 65, (uint8_t[65]){0}, 65));
        assert_int_equal(key->g, key_of(&w, key->key_id)->row.g);
        assert_int_equal(0, key->intent.present);
    }
    assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "in step"));
}

/* v1*H - C1 at infinity is no shared point. */
static void cosign_checks_the_shared_point(void **state)
{
    (void)state;
    begin("shared");
    uint8_t points[1][65], out[1][65], back[1][65];
    bzt_phone_op op = {.kind = BZT_OUTCOME_DECRYPT};
    bzt_key_answer a = {.points = (const uint8_t(*)[65])back, .points_n = 1};
    small_point(points[0], 9);
    small_point(back[0], 9);
    op.v1[31] = 1;
    const bzt_decrypt_input in = {(const uint8_t(*)[65])points, 1,
                                  BZT_SPAN_LIT("")};
    assert_int_equal(BZT_ERR_POINT,
                     bzt_phone_decrypt_result(out, &op, &in, &a));
    assert_true(stands_in(out[0], 65, (uint8_t[65]){0}, 65));
}

/* A signature that is not the one asked for is not handed out. */
static void cosign_checks_the_signature_that_comes_back(void **state)
{
    (void)state;
    begin("signature");
    bzt_phone_op op;
    bzt_sign_request q;
    bzt_key_answer a;
    bzt_told told;
    bzt_sm2_signature sig;
    prepare_sign(&w, &c, key, &op, &q, PIN_RIGHT, "x");
    serve_sign(&w, &a, &q);
    for (size_t i = 0; i < 64; i++) {
        bzt_key_answer bad = a;
        ((uint8_t *)&bad.signature)[i] ^= 4;
        assert_int_equal(BZT_ERR_SIGNATURE,
                         bzt_phone_sign_result(&sig, &op, &bad));
        assert_true(stands_in(&sig, 64, (uint8_t[64]){0}, 64));
    }
    assert_int_equal(BZT_OK, bzt_phone_settle(key, &told, &op, &a));
    assert_int_equal(BZT_OK, bzt_phone_sign_result(&sig, &op, &a));
}

/* A server that does not know w, or means another P, makes no key. */
static void cosign_checks_the_answer_at_key_making(void **state)
{
    (void)state;
    begin("keygen");
    uint8_t key_id[16], random[96];
    bzt_phone_making making;
    bzt_keygen_request q;
    bzt_keygen_answer a, bad;
    bzt_phone_key out;
    cosign_effect e;
    bzt_phone_random r = draw_random(&w);
    bzt_pin pin = pin_of(PIN_RIGHT);
    give_key_id(&w, &c, key_id, BZT_USE_SIGN);
    assert_int_equal(BZT_OK, bzt_phone_keygen(&making, &q, &c.phone, key_id,
                                              BZT_USE_SIGN, &r));
    draw(&w, random, sizeof random);
    assert_int_equal(
        BZT_OK, cosign_server_keygen(&e, &a, &key_of(&w, key_id)->row,
                                     &device_of(&w, c.phone.device_id)->device,
                                     &q, random));
    bad = a;
    small_point(bad.P, 3);
    assert_int_equal(BZT_ERR_PROOF, bzt_phone_keygen_result(
                                        &out, &making, &c.phone, &bad, &pin));
    bad = a;
    small_point(bad.P, 1); /* P = -G: P + G is infinity */
    sc y;
    assert_int_equal(BZT_OK, sc_read(&y, (const uint8_t[32]){[31] = 1}));
    sc_neg(&y, &y);
    ge minus;
    ge_mul_base(&minus, &y);
    assert_int_equal(BZT_OK, ge_write(bad.P, &minus));
    assert_int_equal(BZT_ERR_POINT, bzt_phone_keygen_result(
                                        &out, &making, &c.phone, &bad, &pin));
    bad = a;
    bad.P[64] ^= 1;
    assert_int_equal(BZT_ERR_POINT, bzt_phone_keygen_result(
                                        &out, &making, &c.phone, &bad, &pin));
    bad = a;
    bad.z[5] ^= 1;
    assert_int_equal(BZT_ERR_PROOF, bzt_phone_keygen_result(
                                        &out, &making, &c.phone, &bad, &pin));
    bad = a;
    bad.key_id[0] ^= 1;
    assert_int_equal(BZT_ERR_REFUSED, bzt_phone_keygen_result(
                                          &out, &making, &c.phone, &bad, &pin));
    assert_true(stands_in(&out, sizeof out, (uint8_t[200]){0}, 200));
    assert_int_equal(
        BZT_OK, bzt_phone_keygen_result(&out, &making, &c.phone, &a, &pin));
}

/* F10: nothing in what is stored depends on u1 or V1 in a way that can be
 * checked: not before, during or after an operation. */
static void must_not_store(const bzt_phone_key *k, const void *p, size_t len)
{
    uint8_t box[BZT_PHONE_KEY_SIZE];
    bzt_phone_key_write(box, k);
    assert_false(stands_in(box, sizeof box, p, len));
}

static void cosign_stores_nothing_that_tests_a_pin(void **state)
{
    (void)state;
    begin("F10");
    bzt_phone_op op;
    bzt_sign_request q;
    bzt_key_answer a;
    bzt_told told;
    bzt_u1 u1;
    uint8_t V1[65];
    sc v1;
    ge point;
    derive(&u1, key, PIN_RIGHT);
    assert_int_equal(BZT_OK, sc_read(&v1, u1.u1));
    sc_inv(&v1, &v1);
    ge_mul_base(&point, &v1);
    assert_int_equal(BZT_OK, ge_write(V1, &point));
    prepare_sign(&w, &c, key, &op, &q, PIN_RIGHT, "x");
    for (int after = 0; after < 2; after++) {
        must_not_store(key, u1.u1, 32);
        must_not_store(key, V1 + 1, 32);
        must_not_store(key, q.p2, 32);
        must_not_store(key, q.p3, 32);
        must_not_store(key, q.r, 32);
        must_not_store(key, q.rho, 32);
        serve_sign(&w, &a, &q);
        if (!after)
            assert_int_equal(BZT_OK, bzt_phone_settle(key, &told, &op, &a));
    }
}

/* F11: the server cannot plant a copy of its own, nor swap two. */
static void cosign_takes_copies_of_the_phone_that_read_the_code(void **state)
{
    (void)state;
    begin("F11");
    client fresh;
    bzt_transfer_code code;
    bzt_phone_key out;
    bzt_phone_random r = draw_random(&w);
    add_key(&w, &c, BZT_USE_DECRYPT);
    add_phone(&w, &fresh, 1);
    show_code(&w, &fresh, &code);
    assert_int_equal(BZT_OK, do_move(&w, &c, &code, PIN_RIGHT));
    uint8_t *one = w.keys[0].blob, *two = w.keys[1].blob;
    const uint8_t *id = w.keys[0].row.key_id;
    assert_int_equal(BZT_ERR_MAC,
                     bzt_phone_copy(&out, &fresh.transfer, id, two, &r));
    for (size_t i = 0; i < BZT_BLOB_SIZE; i++) {
        one[i] ^= 0x20;
        assert_int_equal(BZT_ERR_MAC,
                         bzt_phone_copy(&out, &fresh.transfer, id, one, &r));
        one[i] ^= 0x20;
    }
    /* With the right point but a guessed secret: */
    client server_phone = c;
    bzt_transfer_code guess = code;
    memset(guess.secret, 0x55, 16);
    bzt_phone_key planted = *key;
    bzt_phone_op op;
    bzt_move_request q;
    bzt_u1 u1;
    bzt_transfer_code_hash(server_phone.phone.job.of, &guess);
    server_phone.phone.job.kind = BZT_JOB_MOVE;
    server_phone.phone.job.keys_n = 1;
    memcpy(server_phone.phone.job.keys[0], planted.key_id, 16);
    derive(&u1, &planted, PIN_RIGHT);
    assert_int_equal(BZT_OK,
                     bzt_phone_move(&op, &planted, &q, &server_phone.phone,
                                    &guess, &u1, &r));
    assert_int_equal(BZT_ERR_MAC,
                     bzt_phone_copy(&out, &fresh.transfer, id, q.blob, &r));
    assert_int_equal(BZT_OK,
                     bzt_phone_copy(&out, &fresh.transfer, id, one, &r));
}

/* F17 */
static void cosign_device_secret_leaves_only_sealed(void **state)
{
    (void)state;
    begin("F17");
    client fresh;
    bzt_transfer_code code;
    add_phone(&w, &fresh, 1);
    show_code(&w, &fresh, &code);
    assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    assert_int_equal(BZT_OK, do_decrypt(&w, &c, key, PIN_RIGHT));
    assert_int_equal(BZT_OK, do_authorise(&w, &c, key, PIN_RIGHT, "act"));
    assert_int_equal(BZT_OK, do_move(&w, &c, &code, PIN_RIGHT));
    assert_false(stands_in(&w.sent, sizeof w.sent, key->device_secret, 32));
    assert_false(stands_in(w.keys, sizeof w.keys, key->device_secret, 32));
    assert_int_equal(BZT_OK, do_copy(&w, &fresh));
    assert_memory_equal(fresh.keys[0].device_secret, key->device_secret, 32);
}

/* e: nonce_gone for ever: twice without the holder, then recover; a new
 * half every time, the same op_id, g and rho. */
static void cosign_opens_again_twice_at_most(void **state)
{
    (void)state;
    begin("e");
    bzt_phone_op op;
    bzt_open_request open;
    bzt_open_answer a;
    bzt_sign_request q[3];
    bzt_told told;
    bzt_u1 u1;
    bzt_key_answer gone = {.err = BZT_ERR_NONCE_GONE, .has_id = 1};
    derive(&u1, key, PIN_RIGHT);
    open_for(&op, &open, &a, "x");
    for (int i = 0; i < 3; i++) {
        bzt_err err;
        bzt_phone_random r = draw_random(&w);
        assert_int_equal(
            BZT_OK, bzt_phone_sign(&op, key, &q[i], &c.phone, &a, &u1, &r));
        memcpy(gone.id, q[i].op_id, 16);
        assert_int_equal(BZT_ERR_NONCE_GONE,
                         bzt_phone_settle(key, &told, &op, &gone));
        assert_int_equal(0, told.changed);
        assert_int_equal(i < 2 ? BZT_NEXT_REOPEN : BZT_NEXT_RECOVER, told.next);
        bzt_err again =
            bzt_phone_reopen(&open, &op, &c.phone, key, BZT_SPAN_LIT("x"));
        assert_int_equal(i < 2 ? BZT_OK : BZT_ERR_NONCE_GONE, again);
        if (!again) {
            serve_open(&w, &err, &a, &open);
            assert_int_equal(BZT_OK, err);
        }
    }
    assert_int_equal(1, key->intent.present);
    for (int i = 1; i < 3; i++) {
        assert_memory_equal(q[0].op_id, q[i].op_id, 16);
        assert_memory_equal(q[0].rho, q[i].rho, 32);
        assert_int_equal(q[0].g, q[i].g);
        assert_memory_not_equal(q[0].p2, q[i].p2, 32);
        assert_memory_not_equal(q[0].p3, q[i].p3, 32);
        assert_memory_not_equal(q[0].r, q[i].r, 32);
        assert_memory_not_equal(q[0].Qs, q[i].Qs, 65);
    }
}

/* ... and never for another message. */
static void cosign_opens_again_for_the_same_message_only(void **state)
{
    (void)state;
    begin("e message");
    bzt_phone_op op;
    bzt_open_request open;
    bzt_open_answer a;
    open_for(&op, &open, &a, "100 yuan");
    assert_int_equal(BZT_OK, half_for(&a, &op));
    assert_int_equal(
        BZT_ERR_CONFLICT,
        bzt_phone_reopen(&open, &op, &c.phone, key, BZT_SPAN_LIT("900 yuan")));
    assert_true(stands_in(&open, sizeof open, (uint8_t[64]){0}, 64));
}

/* u1 of another generation or key is refused before it is used. */
static void cosign_uses_u1_at_its_own_generation_only(void **state)
{
    (void)state;
    begin("u1");
    bzt_phone_op op;
    bzt_authorise_request q;
    bzt_u1 old;
    bzt_phone_random r = draw_random(&w);
    derive(&old, key, PIN_RIGHT);
    assert_int_equal(BZT_OK, do_sign(&w, &c, key, PIN_RIGHT, "x"));
    assert_int_equal(BZT_ERR_CONFLICT,
                     bzt_phone_authorise(&op, key, &q, &c.phone,
                                         BZT_SPAN_LIT("act"), &old, &r));
    assert_int_equal(0, key->intent.present);
}

/* ... and of its own key. */
static void cosign_uses_u1_for_its_own_key_only(void **state)
{
    (void)state;
    begin("u1 key");
    bzt_phone_op op;
    bzt_authorise_request q;
    bzt_u1 u1;
    bzt_phone_random r = draw_random(&w);
    bzt_phone_key *two = add_key(&w, &c, BZT_USE_SIGN);
    derive(&u1, two, PIN_RIGHT);
    assert_int_equal(BZT_ERR_CONFLICT,
                     bzt_phone_authorise(&op, key, &q, &c.phone,
                                         BZT_SPAN_LIT("act"), &u1, &r));
}

/* Another good signature of the same message is not this operation's. */
static void cosign_takes_the_signature_of_its_own_half_only(void **state)
{
    (void)state;
    begin("own half");
    bzt_phone_op one, two;
    bzt_sign_request q;
    bzt_key_answer a, b;
    bzt_told told;
    bzt_sm2_signature sig;
    prepare_sign(&w, &c, key, &one, &q, PIN_RIGHT, "x");
    serve_sign(&w, &a, &q);
    assert_int_equal(BZT_OK, bzt_phone_settle(key, &told, &one, &a));
    prepare_sign(&w, &c, key, &two, &q, PIN_RIGHT, "x");
    serve_sign(&w, &b, &q);
    assert_int_equal(BZT_ERR_SIGNATURE, bzt_phone_sign_result(&sig, &two, &a));
    assert_int_equal(BZT_OK, bzt_phone_sign_result(&sig, &two, &b));
}

/* A server that clears fewer tries than the phone has counted. */
static void cosign_fewer_cleared_tries_are_no_foreign_ones(void **state)
{
    (void)state;
    begin("fewer");
    bzt_phone_op op;
    bzt_sign_request q;
    bzt_key_answer a;
    bzt_told told;
    prepare_sign(&w, &c, key, &op, &q, PIN_RIGHT, "x");
    serve_sign(&w, &a, &q);
    key->wrong = 3;
    a.wrong = 2;
    assert_int_equal(BZT_OK, bzt_phone_settle(key, &told, &op, &a));
    assert_int_equal(0, told.foreign);
    assert_int_equal(0, key->wrong);
}

/* No request, and no intent, for points that are none. */
static void cosign_asks_for_good_points_only(void **state)
{
    (void)state;
    begin("asks");
    static uint8_t points[BZT_DECRYPT_POINTS + 1][65];
    bzt_phone_op op;
    bzt_decrypt_request q;
    bzt_u1 u1;
    bzt_decrypt_input in = {(const uint8_t(*)[65])points, 0,
                            BZT_SPAN_LIT("about")};
    bzt_phone_random r = draw_random(&w);
    derive(&u1, key, PIN_RIGHT);
    for (size_t i = 0; i <= BZT_DECRYPT_POINTS; i++)
        small_point(points[i], 3);
    assert_int_equal(BZT_ERR_RANGE,
                     bzt_phone_decrypt(&op, key, &q, &c.phone, &in, &u1, &r));
    in.points_n = BZT_DECRYPT_POINTS + 1;
    assert_int_equal(BZT_ERR_RANGE,
                     bzt_phone_decrypt(&op, key, &q, &c.phone, &in, &u1, &r));
    in.points_n = 2;
    points[1][64] ^= 1;
    assert_int_equal(BZT_ERR_POINT,
                     bzt_phone_decrypt(&op, key, &q, &c.phone, &in, &u1, &r));
    assert_int_equal(0, key->intent.present);
}

/* One bad point among many: none is handed out. */
static void cosign_hands_out_all_shared_points_or_none(void **state)
{
    (void)state;
    begin("all or none");
    uint8_t points[2][65], back[2][65], out[2][65];
    bzt_phone_op op = {.kind = BZT_OUTCOME_DECRYPT};
    bzt_key_answer a = {.points = (const uint8_t(*)[65])back, .points_n = 2};
    const bzt_decrypt_input in = {(const uint8_t(*)[65])points, 2,
                                  BZT_SPAN_LIT("")};
    op.v1[31] = 1;
    small_point(points[0], 9);
    small_point(points[1], 9);
    small_point(back[0], 11);
    small_point(back[1], 9); /* joins to infinity */
    assert_int_equal(BZT_ERR_POINT,
                     bzt_phone_decrypt_result(out, &op, &in, &a));
    assert_true(stands_in(out, sizeof out, (uint8_t[130]){0}, 130));
}

/* A blob whose MAC is right, but which holds another key. */
static void cosign_a_copy_holds_the_key_that_it_names(void **state)
{
    (void)state;
    begin("copy");
    bzt_transfer t = {.secret = {7}};
    bzt_phone_key out;
    uint8_t plain[153] = {0}, blob[BZT_BLOB_SIZE], point[65], random[48];
    const uint8_t named[16] = {1};
    bzt_phone_random r = draw_random(&w);
    draw(&w, random, sizeof random);
    t.once[31] = 5;
    small_point(point, 5);
    for (int right = 0; right < 2; right++) {
        wire m;
        plain[0] = right ? 1 : 2;
        plain[55] = 9; /* m */
        small_point(plain + 88, 4);
        assert_int_equal(
            BZT_OK,
            bzt_sm2_encrypt(blob, point, (bzt_span){plain, 153}, random));
        wire_init(&m, WIRE_BLOB, named);
        wire_set(&m, WIRE_BODY, blob, BZT_BLOB_SIZE - 32);
        wire_mac(blob + BZT_BLOB_SIZE - 32, &m, (bzt_span){t.secret, 16});
        assert_int_equal(right ? BZT_OK : BZT_ERR_ENCODING,
                         bzt_phone_copy(&out, &t, named, blob, &r));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cosign_stops_at_a_nonce_that_the_server_does_not_know),
        cmocka_unit_test(cosign_stops_at_a_nonce_for_another_message),
        cmocka_unit_test(cosign_recover_never_gives_halves),
        cmocka_unit_test(cosign_checks_points_that_come_back),
        cmocka_unit_test(cosign_checks_the_shared_point),
        cmocka_unit_test(cosign_checks_the_signature_that_comes_back),
        cmocka_unit_test(cosign_checks_the_answer_at_key_making),
        cmocka_unit_test(cosign_stores_nothing_that_tests_a_pin),
        cmocka_unit_test(cosign_takes_copies_of_the_phone_that_read_the_code),
        cmocka_unit_test(cosign_device_secret_leaves_only_sealed),
        cmocka_unit_test(cosign_opens_again_twice_at_most),
        cmocka_unit_test(cosign_opens_again_for_the_same_message_only),
        cmocka_unit_test(cosign_uses_u1_at_its_own_generation_only),
        cmocka_unit_test(cosign_uses_u1_for_its_own_key_only),
        cmocka_unit_test(cosign_takes_the_signature_of_its_own_half_only),
        cmocka_unit_test(cosign_fewer_cleared_tries_are_no_foreign_ones),
        cmocka_unit_test(cosign_asks_for_good_points_only),
        cmocka_unit_test(cosign_hands_out_all_shared_points_or_none),
        cmocka_unit_test(cosign_a_copy_holds_the_key_that_it_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
