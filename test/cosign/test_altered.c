/* Every request of the protocol changed in each byte, at another key's row,
 * and by another phone: refused, and nothing is written (STYLE.md, T2). */
#include "world.h"

static world w;
static client c, fresh;
static bzt_phone_key *key, *enc;
static server_key *row, *enc_row;
static const cosign_device *device;
static uint8_t points[2][65];

static void begin(void)
{
    world_init(&w, "altered");
    add_phone(&w, &c, 1);
    add_phone(&w, &fresh, 1);
    key = add_key(&w, &c, BZT_USE_SIGN);
    enc = add_key(&w, &c, BZT_USE_DECRYPT);
    row = key_of(&w, key->key_id);
    enc_row = key_of(&w, enc->key_id);
    device = &device_of(&w, c.phone.device_id)->device;
    small_point(points[0], 21);
    small_point(points[1], 22);
}

/* One step of the server over the request at `q`. */
typedef bzt_err (*step)(cosign_effect *e, const cosign_row *r, const void *q);

static bzt_err run_open(cosign_effect *e, const cosign_row *r, const void *q)
{
    cosign_nonce n;
    bzt_open_answer a;
    uint8_t random[96] = {1};
    bzt_err err = cosign_server_open(e, &n, &a, r, &row->share, device, q,
                                     random, w.now_ms);
    if (err)
        assert_true(stands_in(&a, sizeof a, (uint8_t[64]){0}, 64));
    return err;
}

static bzt_err run_sign(cosign_effect *e, const cosign_row *r, const void *q)
{
    return cosign_server_sign_admit(e, r, device, q, w.now_ms);
}

static bzt_err run_decrypt(cosign_effect *e, const cosign_row *r, const void *q)
{
    uint8_t halves[2][65] = {{0}};
    const bzt_decrypt_request *d = q;
    bzt_err err = cosign_server_decrypt(e, halves, r, &enc_row->share, device,
                                        d, BZT_SPAN_LIT("about"), w.now_ms);
    if (err)
        assert_true(stands_in(halves, sizeof halves, (uint8_t[130]){0}, 130));
    return err;
}

static bzt_err run_authorise(cosign_effect *e, const cosign_row *r,
                             const void *q)
{
    return cosign_server_authorise(e, r, &row->share, device, q, w.now_ms);
}

static bzt_err run_move(cosign_effect *e, const cosign_row *r, const void *q)
{
    const cosign_device *to = &device_of(&w, fresh.phone.device_id)->device;
    return cosign_server_move(e, r, &row->share, device, to, q, w.now_ms);
}

static bzt_err run_arrive(cosign_effect *e, const cosign_row *r, const void *q)
{
    const cosign_device *to = &device_of(&w, fresh.phone.device_id)->device;
    return cosign_server_arrive(e, r, &row->share, to, q);
}

static bzt_err run_recover(cosign_effect *e, const cosign_row *r, const void *q)
{
    return cosign_server_recover(e, r, device, q, w.now_ms);
}

static bzt_err run_keygen(cosign_effect *e, const cosign_row *r, const void *q)
{
    bzt_keygen_answer a;
    uint8_t random[96] = {1};
    return cosign_server_keygen(e, &a, r, device, q, random);
}

static void must_refuse(step run, const cosign_row *r, const void *q)
{
    cosign_effect e;
    assert_int_equal(BZT_ERR_REFUSED, run(&e, r, q));
    assert_int_equal(0, e.commit);
    assert_int_equal(0, e.new_share);
    assert_int_equal(0, e.remember);
    assert_int_equal(0, e.tell);
}

/* Each byte of the request from `from` on: what lies before is a pointer. */
static void alter(step run, const cosign_row *r, void *q, size_t from,
                  size_t to)
{
    uint8_t *bytes = q;
    for (size_t i = from; i < to; i++) {
        bytes[i] ^= 0x40;
        must_refuse(run, r, q);
        bytes[i] ^= 0x40;
    }
}

static void at_another_row(step run, const cosign_row *r, const void *q)
{
    cosign_row other = *r;
    other.key_id[7] ^= 1;
    must_refuse(run, &other, q);
    other = *r;
    other.device_id[7] ^= 1;
    must_refuse(run, &other, q);
}

static void must_pass(step run, const cosign_row *r, const void *q)
{
    cosign_effect e;
    assert_int_equal(BZT_OK, run(&e, r, q));
}

#define END_OF(type, field) (offsetof(type, field) + sizeof(((type *)0)->field))

/* alter() over what a request only points at. */
static const void *pointing;
static step pointing_step;
static bzt_err run_pointing(cosign_effect *e, const cosign_row *r,
                            const void *q)
{
    (void)q;
    return pointing_step(e, r, pointing);
}

static void cosign_refuses_an_altered_open(void **state)
{
    (void)state;
    begin();
    bzt_phone_op op;
    bzt_open_request q;
    bzt_phone_random r = draw_random(&w);
    uint8_t m[] = "the message";
    const bzt_span message = {m, sizeof m};
    assert_int_equal(BZT_OK,
                     bzt_phone_open(&op, &q, &c.phone, key, message, &r));
    alter(run_open, &row->row, &q, 0, END_OF(bzt_open_request, g));
    alter(run_open, &row->row, &q, offsetof(bzt_open_request, mac),
          END_OF(bzt_open_request, mac));
    pointing = &q;
    pointing_step = run_open;
    alter(run_pointing, &row->row, m, 0, sizeof m);
    for (q.message.len = 0; q.message.len < sizeof m; q.message.len++)
        must_refuse(run_open, &row->row, &q);
    at_another_row(run_open, &row->row, &q);
    must_pass(run_open, &row->row, &q);
}

static void cosign_refuses_an_altered_sign(void **state)
{
    (void)state;
    begin();
    bzt_phone_op op;
    bzt_sign_request q;
    prepare_sign(&w, &c, key, &op, &q, PIN_RIGHT, "x");
    alter(run_sign, &row->row, &q, 0, END_OF(bzt_sign_request, mac));
    at_another_row(run_sign, &row->row, &q);
    must_pass(run_sign, &row->row, &q);
}

static void cosign_refuses_an_altered_decrypt(void **state)
{
    (void)state;
    begin();
    bzt_phone_op op;
    bzt_decrypt_request q;
    bzt_u1 u1;
    bzt_phone_random r = draw_random(&w);
    const bzt_decrypt_input in = {(const uint8_t(*)[65])points, 2,
                                  BZT_SPAN_LIT("about")};
    derive(&u1, enc, PIN_RIGHT);
    assert_int_equal(BZT_OK,
                     bzt_phone_decrypt(&op, enc, &q, &c.phone, &in, &u1, &r));
    alter(run_decrypt, &enc_row->row, &q, 0, END_OF(bzt_decrypt_request, rho));
    alter(run_decrypt, &enc_row->row, &q, offsetof(bzt_decrypt_request, A),
          END_OF(bzt_decrypt_request, mac));
    pointing = &q;
    pointing_step = run_decrypt;
    alter(run_pointing, &enc_row->row, points, 0, sizeof points);
    for (q.points_n = 0; q.points_n < 2; q.points_n++)
        must_refuse(run_decrypt, &enc_row->row, &q);
    q.points_n = BZT_DECRYPT_POINTS + 1;
    must_refuse(run_decrypt, &enc_row->row, &q);
    q.points_n = 2;
    at_another_row(run_decrypt, &enc_row->row, &q);
    must_pass(run_decrypt, &enc_row->row, &q);
}

static void cosign_refuses_an_altered_authorise(void **state)
{
    (void)state;
    begin();
    bzt_phone_op op;
    bzt_authorise_request q;
    bzt_u1 u1;
    bzt_phone_random r = draw_random(&w);
    uint8_t act[] = "approve member 42";
    derive(&u1, key, PIN_RIGHT);
    assert_int_equal(BZT_OK,
                     bzt_phone_authorise(&op, key, &q, &c.phone,
                                         (bzt_span){act, sizeof act}, &u1, &r));
    alter(run_authorise, &row->row, &q, 0, END_OF(bzt_authorise_request, rho));
    alter(run_authorise, &row->row, &q, offsetof(bzt_authorise_request, A),
          END_OF(bzt_authorise_request, mac));
    pointing = &q;
    pointing_step = run_authorise;
    alter(run_pointing, &row->row, act, 0, sizeof act);
    at_another_row(run_authorise, &row->row, &q);
    must_pass(run_authorise, &row->row, &q);
}

static void prepare_move(bzt_move_request *q)
{
    bzt_phone_op op;
    bzt_u1 u1;
    bzt_transfer_code code;
    uint8_t of[32], ids[1][16], job[16] = {3};
    bzt_phone_random r = draw_random(&w);
    show_code(&w, &fresh, &code);
    bzt_transfer_code_hash(of, &code);
    memcpy(ids[0], key->key_id, 16);
    assert_int_equal(BZT_OK,
                     bzt_phone_job_begin(&c.phone, BZT_JOB_MOVE, of,
                                         (const uint8_t(*)[16])ids, 1, job));
    derive(&u1, key, PIN_RIGHT);
    assert_int_equal(BZT_OK,
                     bzt_phone_move(&op, key, q, &c.phone, &code, &u1, &r));
}

static void cosign_refuses_an_altered_move(void **state)
{
    (void)state;
    begin();
    bzt_move_request q;
    prepare_move(&q);
    alter(run_move, &row->row, &q, 0, END_OF(bzt_move_request, mac));
    at_another_row(run_move, &row->row, &q);
    must_pass(run_move, &row->row, &q);
}

static void cosign_refuses_an_altered_arrive(void **state)
{
    (void)state;
    begin();
    bzt_move_request m;
    bzt_arrive_request q;
    bzt_key_answer a;
    prepare_move(&m);
    serve_move(&w, &a, &m);
    assert_int_equal(BZT_OK, a.err);
    assert_int_equal(BZT_OK, do_copy(&w, &fresh));
    assert_int_equal(BZT_OK,
                     bzt_phone_arrive(&q, &fresh.phone, &fresh.keys[0]));
    alter(run_arrive, &row->row, &q, 0, END_OF(bzt_arrive_request, mac));
    cosign_row other = row->row;
    other.key_id[0] ^= 1;
    must_refuse(run_arrive, &other, &q);
    must_pass(run_arrive, &row->row, &q);
}

static void cosign_refuses_an_altered_recover(void **state)
{
    (void)state;
    begin();
    bzt_phone_op op;
    bzt_sign_request s;
    bzt_recover_request q;
    prepare_sign(&w, &c, key, &op, &s, PIN_RIGHT, "x");
    assert_int_equal(BZT_OK, bzt_phone_recover(&q, &c.phone, key));
    alter(run_recover, &row->row, &q, 0, END_OF(bzt_recover_request, mac));
    at_another_row(run_recover, &row->row, &q);
    must_pass(run_recover, &row->row, &q);
}

static void cosign_refuses_an_altered_keygen(void **state)
{
    (void)state;
    begin();
    uint8_t key_id[16];
    bzt_phone_making making;
    bzt_keygen_request q;
    bzt_phone_random r = draw_random(&w);
    give_key_id(&w, &c, key_id, BZT_USE_SIGN);
    const cosign_row *fresh_row = &key_of(&w, key_id)->row;
    assert_int_equal(BZT_OK, bzt_phone_keygen(&making, &q, &c.phone, key_id,
                                              BZT_USE_SIGN, &r));
    alter(run_keygen, fresh_row, &q, 0, END_OF(bzt_keygen_request, mac));
    at_another_row(run_keygen, fresh_row, &q);
    must_pass(run_keygen, fresh_row, &q);
}

/* One kind's MAC is no other kind's. */
static void cosign_a_mac_is_for_one_kind(void **state)
{
    (void)state;
    begin();
    bzt_phone_op op;
    bzt_sign_request s;
    bzt_recover_request q;
    bzt_open_request o = {.message = BZT_SPAN_LIT("")};
    prepare_sign(&w, &c, key, &op, &s, PIN_RIGHT, "x");
    assert_int_equal(BZT_OK, bzt_phone_recover(&q, &c.phone, key));
    memcpy(o.key_id, q.key_id, 16);
    memcpy(o.op_id, q.op_id, 16);
    o.g = q.g;
    memcpy(o.mac, q.mac, 32);
    must_refuse(run_open, &row->row, &o);
    memcpy(s.mac, q.mac, 32);
    must_refuse(run_sign, &row->row, &s);
}

/* g at its end is no generation any more. */
static void cosign_refuses_a_generation_beyond_2_53(void **state)
{
    (void)state;
    begin();
    bzt_phone_op op;
    bzt_sign_request q;
    prepare_sign(&w, &c, key, &op, &q, PIN_RIGHT, "x");
    q.g = BZT_G_MAX + 1;
    seal_sign(&c, &q);
    must_refuse(run_sign, &row->row, &q);
    q.g = UINT64_MAX;
    seal_sign(&c, &q);
    must_refuse(run_sign, &row->row, &q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cosign_refuses_an_altered_open),
        cmocka_unit_test(cosign_refuses_an_altered_sign),
        cmocka_unit_test(cosign_refuses_an_altered_decrypt),
        cmocka_unit_test(cosign_refuses_an_altered_authorise),
        cmocka_unit_test(cosign_refuses_an_altered_move),
        cmocka_unit_test(cosign_refuses_an_altered_arrive),
        cmocka_unit_test(cosign_refuses_an_altered_recover),
        cmocka_unit_test(cosign_refuses_an_altered_keygen),
        cmocka_unit_test(cosign_a_mac_is_for_one_kind),
        cmocka_unit_test(cosign_refuses_a_generation_beyond_2_53),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
