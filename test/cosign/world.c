#include "world.h"

#include "core/bytes.h"
#include "core/ge.h"
#include "cosign/wire.h"

const uint8_t order[32] = {0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff,
                           0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                           0x72, 0x03, 0xdf, 0x6b, 0x21, 0xc6, 0x05, 0x2b,
                           0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41, 0x23};

/* ---- random bytes that repeat ------------------------------------------- */

static uint64_t seeds;

void draw(world *w, void *out, size_t len)
{
    uint8_t counter[16];
    store_be64(counter, seeds);
    store_be64(counter + 8, w->draws++);
    xof_sm3(out, len, "test", (bzt_span){counter, sizeof counter});
}

bzt_phone_random draw_random(world *w)
{
    bzt_phone_random r;
    draw(w, &r, sizeof r);
    return r;
}

void world_init(world *w, const char *seed)
{
    uint8_t random[48];
    memset(w, 0, sizeof *w);
    for (seeds = 0; *seed; seed++)
        seeds = seeds * 131 + (uint8_t)*seed;
    w->now_ms = 1700000000000;
    w->travel = once;
    cosign_nonces_init(&w->nonces, w->slots, 1);
    draw(w, random, sizeof random);
    assert_int_equal(
        BZT_OK, bzt_sm2_key_new(&w->transport, w->transport_point, random));
}

bzt_pin pin_of(const char *digits)
{
    bzt_pin pin;
    bzt_span text = {(const uint8_t *)digits, strlen(digits)};
    assert_int_equal(BZT_OK, bzt_pin_read(&pin, text));
    return pin;
}

void small_point(uint8_t out[65], uint32_t k)
{
    sc s;
    ge p;
    sc_set_small(&s, k);
    ge_mul_base(&p, &s);
    assert_int_equal(BZT_OK, ge_write(out, &p));
}

int stands_in(const void *hay, size_t hay_len, const void *needle,
              size_t needle_len)
{
    const uint8_t *h = hay;
    for (size_t i = 0; i + needle_len <= hay_len; i++) {
        if (memcmp(h + i, needle, needle_len) == 0)
            return 1;
    }
    return 0;
}

/* ---- the server's store ------------------------------------------------- */

server_device *device_of(world *w, const uint8_t device_id[16])
{
    for (int i = 0; i < w->devices_n; i++) {
        if (!memcmp(w->devices[i].device.device_id, device_id, 16))
            return &w->devices[i];
    }
    return NULL;
}

server_key *key_of(world *w, const uint8_t key_id[16])
{
    for (int i = 0; i < w->keys_n; i++) {
        if (!memcmp(w->keys[i].row.key_id, key_id, 16))
            return &w->keys[i];
    }
    return NULL;
}

static server_device *owner(world *w, const server_key *k)
{
    return device_of(w, k->row.device_id);
}

/* The row with what is remembered of this op_id. */
static cosign_row read_row(const server_key *k, const uint8_t *op_id)
{
    cosign_row row = k->row;
    row.seen = BZT_OUTCOME_NONE;
    for (int i = 0; op_id && i < SEEN; i++) {
        if (k->seen[i].outcome && !memcmp(k->seen[i].op_id, op_id, 16))
            row.seen = k->seen[i].outcome;
    }
    return row;
}

static void remember(server_key *k, const cosign_effect *e)
{
    if (!e->remember)
        return;
    memmove(&k->seen[1], &k->seen[0], sizeof k->seen - sizeof k->seen[0]);
    memcpy(k->seen[0].op_id, e->op_id, 16);
    k->seen[0].outcome = e->remember;
}

static void lock_device(world *w, server_device *d, cosign_effect *e)
{
    for (int i = 0; i < w->keys_n; i++) {
        cosign_row *row = &w->keys[i].row;
        if (!memcmp(row->device_id, d->device.device_id, 16) &&
            row->state == COSIGN_LIVE)
            row->state = COSIGN_PIN;
    }
    cosign_effect_device_locked(e);
}

static void count_tries(world *w, server_device *d, cosign_effect *e)
{
    if (e->tries == COSIGN_TRIES_CLEAR)
        d->failures = 0;
    if (e->tries == COSIGN_TRIES_ADD && cosign_device_locks(++d->failures))
        lock_device(w, d, e);
}

/* One transaction, on condition that the row is as it was read. */
static bzt_err commit(world *w, server_key *k, const cosign_row *read,
                      cosign_effect *e, bzt_err err)
{
    w->tell |= e->tell;
    if (!e->commit)
        return err;
    if (w->busy) {
        w->busy = 0;
        return BZT_ERR_BUSY;
    }
    assert_int_equal(read->g, k->row.g);
    server_device *d = owner(w, k);
    k->row = e->after;
    if (e->new_share)
        k->share = e->share;
    remember(k, e);
    count_tries(w, d, e);
    w->commits++;
    return err;
}

static void answer(world *w, bzt_key_answer *a, bzt_err err)
{
    const cosign_effect *e = &w->effect;
    memset(a, 0, sizeof *a);
    a->err = err;
    a->has_id = 1;
    memcpy(a->id, e->answer_id, 16);
    a->wrong = e->wrong;
    a->tries_left = e->tries_left;
    a->wait_seconds = e->wait_seconds;
    a->outcome = e->outcome;
    a->signature = e->signature;
}

static bzt_err unknown(world *w, bzt_key_answer *a, const uint8_t id[16])
{
    cosign_effect_unknown(&w->effect, id);
    answer(w, a, BZT_ERR_REFUSED);
    return BZT_ERR_REFUSED;
}

/* ---- endpoints ---------------------------------------------------------- */

void serve_open(world *w, bzt_err *err, bzt_open_answer *a,
                const bzt_open_request *q)
{
    uint8_t random[96];
    cosign_nonce nonce;
    server_key *k = key_of(w, q->key_id);
    assert_non_null(k);
    cosign_row row = read_row(k, q->op_id);
    draw(w, random, sizeof random);
    *err = cosign_server_open(&w->effect, &nonce, a, &row, &k->share,
                              &owner(w, k)->device, q, random, w->now_ms);
    w->tell |= w->effect.tell;
    assert_int_equal(0, w->effect.commit);
    if (!*err)
        cosign_nonces_put(&w->nonces, &nonce, w->now_ms);
}

void serve_sign(world *w, bzt_key_answer *a, const bzt_sign_request *q)
{
    cosign_nonce nonce;
    server_key *k = key_of(w, q->key_id);
    if (!k) {
        unknown(w, a, q->op_id);
        return;
    }
    cosign_row row = read_row(k, q->op_id);
    cosign_device *d = &owner(w, k)->device;
    bzt_err err = cosign_server_sign_admit(&w->effect, &row, d, q, w->now_ms);
    if (!err)
        err = cosign_nonces_take(&nonce, &w->nonces, q, w->now_ms);
    if (!err)
        err = cosign_server_sign(&w->effect, &nonce, &row, &k->share, d, q,
                                 w->now_ms);
    err = commit(w, k, &row, &w->effect, err);
    answer(w, a, err);
}

void serve_decrypt(world *w, bzt_key_answer *a, const bzt_decrypt_request *q,
                   bzt_span about)
{
    server_key *k = key_of(w, q->key_id);
    if (!k) {
        unknown(w, a, q->op_id);
        return;
    }
    cosign_row row = read_row(k, q->op_id);
    bzt_err err =
        cosign_server_decrypt(&w->effect, w->points, &row, &k->share,
                              &owner(w, k)->device, q, about, w->now_ms);
    err = commit(w, k, &row, &w->effect, err);
    answer(w, a, err);
    a->points = (const uint8_t(*)[65])w->points;
    a->points_n = err ? 0 : q->points_n;
}

void serve_authorise(world *w, bzt_key_answer *a,
                     const bzt_authorise_request *q)
{
    server_key *k = key_of(w, q->key_id);
    if (!k) {
        unknown(w, a, q->op_id);
        return;
    }
    cosign_row row = read_row(k, q->op_id);
    bzt_err err = cosign_server_authorise(&w->effect, &row, &k->share,
                                          &owner(w, k)->device, q, w->now_ms);
    answer(w, a, commit(w, k, &row, &w->effect, err));
}

void serve_move(world *w, bzt_key_answer *a, const bzt_move_request *q)
{
    server_key *k = key_of(w, q->key_id);
    server_device *to = device_of(w, q->to_device);
    cosign_row row = read_row(k, q->op_id);
    bzt_err err =
        cosign_server_move(&w->effect, &row, &k->share, &owner(w, k)->device,
                           to ? &to->device : NULL, q, w->now_ms);
    err = commit(w, k, &row, &w->effect, err);
    if (!err)
        memcpy(k->blob, q->blob, sizeof k->blob);
    answer(w, a, err);
}

void serve_arrive(world *w, bzt_key_answer *a, const uint8_t device_id[16],
                  const bzt_arrive_request *q)
{
    server_key *k = key_of(w, q->key_id);
    cosign_row row = read_row(k, q->op_id);
    bzt_err err = cosign_server_arrive(&w->effect, &row, &k->share,
                                       &device_of(w, device_id)->device, q);
    answer(w, a, commit(w, k, &row, &w->effect, err));
}

void serve_recover(world *w, bzt_key_answer *a, const bzt_recover_request *q)
{
    server_key *k = key_of(w, q->key_id);
    cosign_row row = read_row(k, q->op_id);
    bzt_err err = cosign_server_recover(&w->effect, &row, &owner(w, k)->device,
                                        q, w->now_ms);
    answer(w, a, commit(w, k, &row, &w->effect, err));
}

bzt_err serve_again(world *w)
{
    bzt_key_answer a;
    const sent *s = &w->sent;
    switch (s->kind) {
    case BZT_OUTCOME_SIGN:
        serve_sign(w, &a, &s->sign);
        break;
    case BZT_OUTCOME_DECRYPT:
        serve_decrypt(w, &a, &s->decrypt, BZT_SPAN_LIT("rehearsal"));
        break;
    case BZT_OUTCOME_AUTHORISE:
        serve_authorise(w, &a, &s->authorise);
        break;
    case BZT_OUTCOME_MOVE:
        serve_move(w, &a, &s->move);
        break;
    default:
        fail();
    }
    return a.err;
}

void unlock(world *w, client *c)
{
    server_device *d = device_of(w, c->phone.device_id);
    bzt_device_key fresh;
    draw(w, fresh.k, sizeof fresh.k);
    d->device.key = fresh;
    d->failures = 0;
    bzt_phone_rekey(&c->phone, &fresh);
    for (int i = 0; i < w->keys_n; i++) {
        cosign_effect e;
        cosign_server_unlock(&e, &w->keys[i].row);
        if (!e.commit ||
            memcmp(w->keys[i].row.device_id, c->phone.device_id, 16) != 0)
            continue;
        w->keys[i].row = e.after;
        for (int j = 0; j < c->keys_n; j++) {
            if (!memcmp(c->keys[j].key_id, e.after.key_id, 16))
                bzt_phone_key_unlocked(&c->keys[j]);
        }
    }
}

/* ---- phones ------------------------------------------------------------- */

void add_phone(world *w, client *c, int user)
{
    server_device *d = &w->devices[w->devices_n++];
    uint8_t secret[32];
    memset(c, 0, sizeof *c);
    draw(w, d->device.device_id, 16);
    memset(d->device.user_id, user, 16);
    draw(w, d->device.key.k, 32);
    draw(w, secret, 32);
    bzt_phone_init(&c->phone, d->device.device_id, &d->device.key, secret);
}

void give_key_id(world *w, client *c, uint8_t key_id[16], bzt_key_use use)
{
    bzt_new_request q;
    assert_int_equal(BZT_OK, bzt_phone_new(&q, &c->phone, use));
    assert_int_equal(
        BZT_OK,
        cosign_server_new(&device_of(w, c->phone.device_id)->device, &q));
    draw(w, key_id, 16);
    cosign_row_init(&w->keys[w->keys_n++].row, key_id, c->phone.device_id, use);
}

bzt_phone_key *add_key(world *w, client *c, bzt_key_use use)
{
    uint8_t key_id[16], random[96];
    bzt_phone_making making;
    bzt_keygen_request q;
    bzt_keygen_answer a;
    bzt_phone_random r = draw_random(w);
    bzt_pin pin = pin_of(PIN_RIGHT);
    give_key_id(w, c, key_id, use);
    assert_int_equal(BZT_OK,
                     bzt_phone_keygen(&making, &q, &c->phone, key_id, use, &r));
    server_key *k = key_of(w, key_id);
    cosign_row row = read_row(k, NULL);
    draw(w, random, sizeof random);
    bzt_err err = cosign_server_keygen(&w->effect, &a, &row,
                                       &owner(w, k)->device, &q, random);
    assert_int_equal(BZT_OK, commit(w, k, &row, &w->effect, err));
    bzt_phone_key *key = &c->keys[c->keys_n++];
    assert_int_equal(
        BZT_OK, bzt_phone_keygen_result(key, &making, &c->phone, &a, &pin));
    return key;
}

bzt_phone_key *add_imported(world *w, client *c, const bzt_sm2_key *d)
{
    bzt_import_input in = {.d = d};
    bzt_phone_making making;
    bzt_import_request q;
    bzt_key_answer a;
    bzt_phone_random r = draw_random(w);
    bzt_pin pin = pin_of(PIN_RIGHT);
    give_key_id(w, c, in.key_id, BZT_USE_DECRYPT);
    assert_int_equal(BZT_OK, bzt_sm2_public(in.P, d));
    memcpy(in.transport, w->transport_point, 65);
    assert_int_equal(BZT_OK, bzt_phone_import(&making, &q, &c->phone, &in, &r));
    server_key *k = key_of(w, in.key_id);
    cosign_row row = read_row(k, NULL);
    cosign_import_context context = {.transport = &w->transport};
    memcpy(context.certificate_P, in.P, 65);
    bzt_err err = cosign_server_import(&w->effect, &row, &owner(w, k)->device,
                                       &q, &context);
    answer(w, &a, commit(w, k, &row, &w->effect, err));
    bzt_phone_key *key = &c->keys[c->keys_n++];
    assert_int_equal(
        BZT_OK, bzt_phone_import_result(key, &making, &c->phone, &a, &pin));
    return key;
}

void derive(bzt_u1 *u1, const bzt_phone_key *key, const char *pin)
{
    bzt_pin typed = pin_of(pin);
    assert_int_equal(BZT_OK, bzt_u1_derive(u1, key, &typed));
}

/* What is stored survives being written and read, every time. */
static void store(client *c, bzt_phone_key *key)
{
    uint8_t box[BZT_PHONE_KEY_SIZE], again[BZT_PHONE_KEY_SIZE];
    bzt_phone_key_write(box, key);
    assert_int_equal(BZT_OK,
                     bzt_phone_key_read(key, (bzt_span){box, sizeof box}));
    bzt_phone_key_write(again, key);
    assert_memory_equal(box, again, sizeof box);
    (void)c;
}

/* Deliver the request that w->sent holds; BZT_ERR_IO: no answer came. */
static bzt_err travel_now(world *w, bzt_key_answer *a)
{
    travel t = w->travel;
    w->travel = once;
    bzt_err err = BZT_ERR_IO;
    bzt_key_answer each[2];
    for (int i = 0; i < t.times; i++) {
        const sent *s = &w->sent;
        switch (s->kind) {
        case BZT_OUTCOME_SIGN:
            serve_sign(w, &each[i], &s->sign);
            break;
        case BZT_OUTCOME_DECRYPT:
            serve_decrypt(w, &each[i], &s->decrypt, BZT_SPAN_LIT("rehearsal"));
            break;
        case BZT_OUTCOME_AUTHORISE:
            serve_authorise(w, &each[i], &s->authorise);
            break;
        default:
            serve_move(w, &each[i], &s->move);
        }
        if (i == t.answer) {
            *a = each[i];
            err = BZT_OK;
        }
    }
    return err;
}

static bzt_err settle(client *c, bzt_phone_key *key, const bzt_phone_op *op,
                      bzt_told *told, const bzt_key_answer *a)
{
    bzt_err err = bzt_phone_settle(key, told, op, a);
    c->alarm += told->foreign;
    store(c, key);
    return err;
}

/* ---- signing ------------------------------------------------------------ */

static bzt_span text(const char *s)
{
    return (bzt_span){(const uint8_t *)s, strlen(s)};
}

void prepare_sign(world *w, client *c, bzt_phone_key *key, bzt_phone_op *op,
                  bzt_sign_request *q, const char *pin, const char *message)
{
    bzt_open_request open;
    bzt_open_answer opened;
    bzt_u1 u1;
    bzt_err err;
    bzt_phone_random r = draw_random(w);
    assert_int_equal(
        BZT_OK, bzt_phone_open(op, &open, &c->phone, key, text(message), &r));
    serve_open(w, &err, &opened, &open);
    assert_int_equal(BZT_OK, err);
    derive(&u1, key, pin);
    assert_int_equal(BZT_OK,
                     bzt_phone_sign(op, key, q, &c->phone, &opened, &u1, &r));
}

static bzt_err one_half(world *w, client *c, bzt_phone_key *key,
                        bzt_phone_op *op, const bzt_open_request *open,
                        const bzt_u1 *u1, bzt_told *told, bzt_key_answer *a)
{
    bzt_open_answer opened;
    bzt_err err;
    bzt_phone_random r = draw_random(w);
    serve_open(w, &err, &opened, open);
    if (err)
        return err;
    err = bzt_phone_sign(op, key, &w->sent.sign, &c->phone, &opened, u1, &r);
    if (err)
        return err;
    w->sent.kind = BZT_OUTCOME_SIGN;
    store(c, key);
    if (w->lose_nonces) {
        w->lose_nonces--;
        cosign_nonces_wipe(&w->nonces);
    }
    if ((err = travel_now(w, a)))
        return err;
    return settle(c, key, op, told, a);
}

bzt_err do_sign(world *w, client *c, bzt_phone_key *key, const char *pin,
                const char *message)
{
    bzt_phone_op op;
    bzt_open_request open;
    bzt_key_answer a;
    bzt_told told = {0};
    bzt_u1 u1;
    bzt_sm2_signature sig;
    bzt_phone_random r = draw_random(w);
    bzt_err err = bzt_phone_open(&op, &open, &c->phone, key, text(message), &r);
    if (err)
        return err;
    derive(&u1, key, pin);
    err = one_half(w, c, key, &op, &open, &u1, &told, &a);
    while (err == BZT_ERR_NONCE_GONE && told.next == BZT_NEXT_REOPEN) {
        assert_int_equal(BZT_OK, bzt_phone_reopen(&open, &op, &c->phone, key,
                                                  text(message)));
        err = one_half(w, c, key, &op, &open, &u1, &told, &a);
    }
    if (err)
        return err;
    assert_int_equal(BZT_NEXT_RESULT, told.next);
    err = bzt_phone_sign_result(&sig, &op, &a);
    if (!err)
        assert_int_equal(BZT_OK,
                         bzt_sm2_verify_vartime(key->P, text(message), &sig));
    return err;
}

/* ---- the other operations ----------------------------------------------- */

bzt_err do_decrypt(world *w, client *c, bzt_phone_key *key, const char *pin)
{
    bzt_phone_op op;
    bzt_key_answer a;
    bzt_told told;
    bzt_u1 u1;
    uint8_t shared[1][65];
    bzt_phone_random r = draw_random(w);
    sent *s = &w->sent;
    small_point(s->points[0], 77);
    const bzt_decrypt_input in = {(const uint8_t(*)[65])s->points, 1,
                                  BZT_SPAN_LIT("rehearsal")};
    derive(&u1, key, pin);
    bzt_err err =
        bzt_phone_decrypt(&op, key, &s->decrypt, &c->phone, &in, &u1, &r);
    if (err)
        return err;
    s->kind = BZT_OUTCOME_DECRYPT;
    store(c, key);
    if ((err = travel_now(w, &a)) || (err = settle(c, key, &op, &told, &a)))
        return err;
    return bzt_phone_decrypt_result(shared, &op, &in, &a);
}

static bzt_err send_act(world *w, client *c, bzt_phone_key *key,
                        const bzt_phone_op *op)
{
    bzt_key_answer a;
    bzt_told told;
    bzt_err err;
    w->sent.kind = BZT_OUTCOME_AUTHORISE;
    memcpy(w->sent.act, w->sent.authorise.act.p, w->sent.authorise.act.len);
    w->sent.authorise.act.p = w->sent.act;
    store(c, key);
    if ((err = travel_now(w, &a)))
        return err;
    return settle(c, key, op, &told, &a);
}

bzt_err do_authorise(world *w, client *c, bzt_phone_key *key, const char *pin,
                     const char *act)
{
    bzt_phone_op op;
    bzt_u1 u1;
    bzt_phone_random r = draw_random(w);
    derive(&u1, key, pin);
    bzt_err err = bzt_phone_authorise(&op, key, &w->sent.authorise, &c->phone,
                                      text(act), &u1, &r);
    return err ? err : send_act(w, c, key, &op);
}

bzt_err do_recover(world *w, client *c, bzt_phone_key *key,
                   bzt_outcome *outcome)
{
    bzt_recover_request q;
    bzt_key_answer a;
    bzt_told told;
    bzt_err err = bzt_phone_recover(&q, &c->phone, key);
    if (err)
        return err;
    serve_recover(w, &a, &q);
    *outcome = a.outcome;
    err = bzt_phone_recover_settle(key, &told, &a);
    c->alarm += told.foreign;
    store(c, key);
    return err;
}

/* ---- jobs --------------------------------------------------------------- */

static void list_keys(client *c, const bzt_phone_key **list)
{
    for (int i = 0; i < c->keys_n; i++)
        list[i] = &c->keys[i];
}

static void store_phone(client *c)
{
    static uint8_t box[BZT_PHONE_SIZE];
    bzt_phone_write(box, &c->phone);
    assert_int_equal(BZT_OK,
                     bzt_phone_read(&c->phone, (bzt_span){box, sizeof box}));
}

static bzt_err begin_job(world *w, client *c, bzt_job_kind kind,
                         const uint8_t of[32])
{
    uint8_t ids[KEYS][16], job_id[16];
    for (int i = 0; i < c->keys_n; i++)
        memcpy(ids[i], c->keys[i].key_id, 16);
    draw(w, job_id, 16);
    bzt_err err =
        bzt_phone_job_begin(&c->phone, kind, of, (const uint8_t(*)[16])ids,
                            (size_t)c->keys_n, job_id);
    store_phone(c);
    return err;
}

static bzt_err pin_step(world *w, client *c, bzt_phone_key *key, bzt_todo todo,
                        const char *old_pin, const char *new_pin)
{
    bzt_phone_op op;
    bzt_err err;
    bzt_phone_random r = draw_random(w);
    bzt_pin o = pin_of(old_pin), n = pin_of(new_pin);
    const bzt_pin_change pins = {&o, &n};
    if (todo == BZT_TODO_CHECK) {
        bzt_u1 u1;
        derive(&u1, key, new_pin);
        err = bzt_phone_check_pin(&op, key, &w->sent.authorise, &c->phone, &u1,
                                  &r);
    } else {
        err = bzt_phone_change_pin(&op, key, &w->sent.authorise, &c->phone,
                                   &pins, &r);
    }
    return err ? err : send_act(w, c, key, &op);
}

static bzt_err end_job(client *c)
{
    const bzt_phone_key *list[KEYS];
    list_keys(c, list);
    bzt_err err = bzt_phone_job_end(&c->phone, list, (size_t)c->keys_n);
    store_phone(c);
    return err;
}

bzt_err do_change_pin(world *w, client *c, const char *old_pin,
                      const char *new_pin)
{
    const bzt_phone_key *list[KEYS];
    const uint8_t of[32] = "entry";
    bzt_pin fresh = pin_of(new_pin);
    size_t which;
    bzt_outcome outcome;
    uint32_t proved = 0;
    bzt_err err = bzt_pin_check(&fresh, NULL, 0);
    if (!err)
        err = begin_job(w, c, BZT_JOB_PIN, of);
    if (err)
        return err;
    for (;;) {
        list_keys(c, list);
        bzt_todo todo = bzt_phone_job_next(&which, &c->phone, list,
                                           (size_t)c->keys_n, proved);
        if (todo == BZT_TODO_END)
            return end_job(c);
        if (todo == BZT_TODO_RECOVER) {
            err = do_recover(w, c, &c->keys[which], &outcome);
            if (err && err != BZT_ERR_WRONG_PIN)
                return err;
            continue;
        }
        err = pin_step(w, c, &c->keys[which], todo, old_pin, new_pin);
        if (err == BZT_ERR_WRONG_PIN && end_job(c) == BZT_OK)
            return err; /* nothing has changed */
        if (err)
            return err;
        proved = 1;
    }
}

void show_code(world *w, client *c, bzt_transfer_code *code)
{
    uint8_t random[48], secret[16], box[BZT_TRANSFER_SIZE];
    draw(w, random, sizeof random);
    draw(w, secret, sizeof secret);
    assert_int_equal(BZT_OK, bzt_transfer_new(&c->transfer, code, &c->phone,
                                              random, secret));
    bzt_transfer_write(box, &c->transfer);
    assert_int_equal(
        BZT_OK, bzt_transfer_read(&c->transfer, (bzt_span){box, sizeof box}));
}

static bzt_err move_one(world *w, client *c, bzt_phone_key *key,
                        const bzt_transfer_code *code, const char *pin)
{
    bzt_phone_op op;
    bzt_key_answer a;
    bzt_told told;
    bzt_u1 u1;
    bzt_phone_random r = draw_random(w);
    derive(&u1, key, pin);
    bzt_err err =
        bzt_phone_move(&op, key, &w->sent.move, &c->phone, code, &u1, &r);
    if (err)
        return err;
    w->sent.kind = BZT_OUTCOME_MOVE;
    store(c, key);
    if ((err = travel_now(w, &a)))
        return err;
    return settle(c, key, &op, &told, &a);
}

bzt_err do_move(world *w, client *c, const bzt_transfer_code *code,
                const char *pin)
{
    const bzt_phone_key *list[KEYS];
    uint8_t of[32];
    size_t which;
    bzt_outcome outcome;
    bzt_transfer_code_hash(of, code);
    bzt_err err = begin_job(w, c, BZT_JOB_MOVE, of);
    while (!err) {
        list_keys(c, list);
        bzt_todo todo =
            bzt_phone_job_next(&which, &c->phone, list, (size_t)c->keys_n, 0);
        if (todo == BZT_TODO_END)
            return end_job(c);
        if (todo == BZT_TODO_RECOVER) {
            err = do_recover(w, c, &c->keys[which], &outcome);
            if (err == BZT_ERR_WRONG_PIN)
                err = BZT_OK;
        } else {
            err = move_one(w, c, &c->keys[which], code, pin);
        }
    }
    return err;
}

static int holds(const client *c, const uint8_t key_id[16])
{
    for (int i = 0; i < c->keys_n; i++) {
        if (!memcmp(c->keys[i].key_id, key_id, 16))
            return 1;
    }
    return 0;
}

bzt_err do_copy(world *w, client *c)
{
    bzt_blobs_request q;
    assert_int_equal(BZT_OK, bzt_phone_blobs(&q, &c->phone));
    assert_int_equal(
        BZT_OK,
        cosign_server_blobs(&device_of(w, c->phone.device_id)->device, &q));
    for (int i = 0; i < w->keys_n; i++) {
        server_key *k = &w->keys[i];
        bzt_phone_random r = draw_random(w);
        if (!k->row.moving.present || holds(c, k->row.key_id) ||
            memcmp(k->row.moving.to_device, c->phone.device_id, 16) != 0)
            continue;
        bzt_err err = bzt_phone_copy(&c->keys[c->keys_n], &c->transfer,
                                     k->row.key_id, k->blob, &r);
        if (err)
            return err;
        store(c, &c->keys[c->keys_n++]);
    }
    return BZT_OK;
}

bzt_err do_arrive(world *w, client *c)
{
    for (int i = 0; i < c->keys_n; i++) {
        bzt_arrive_request q;
        bzt_key_answer a;
        bzt_told told;
        bzt_phone_key *key = &c->keys[i];
        if (!key->arriving)
            continue;
        assert_int_equal(BZT_OK, bzt_phone_arrive(&q, &c->phone, key));
        serve_arrive(w, &a, c->phone.device_id, &q);
        bzt_err err = bzt_phone_arrive_settle(key, &told, &a);
        if (told.next == BZT_NEXT_DELETE) {
            c->keys[i] = c->keys[--c->keys_n];
            return err;
        }
        store(c, key);
        if (err)
            return err;
    }
    return BZT_OK;
}

/* ---- MACs of changed requests ------------------------------------------- */

void seal_sign(const client *c, bzt_sign_request *q)
{
    wire w;
    wire_init(&w, WIRE_SIGN, q->key_id);
    wire_set_op(&w, q->op_id, q->g, q->rho);
    wire_set(&w, WIRE_QS, q->Qs, 65);
    wire_set(&w, WIRE_R, q->r, 32);
    wire_set(&w, WIRE_P2, q->p2, 32);
    wire_set(&w, WIRE_P3, q->p3, 32);
    wire_mac_device(q->mac, &w, &c->phone.device_key);
}

void seal_decrypt(const client *c, bzt_decrypt_request *q)
{
    wire w;
    wire_init(&w, WIRE_DECRYPT, q->key_id);
    wire_set_op(&w, q->op_id, q->g, q->rho);
    wire_set_hash(&w, WIRE_POINTS,
                  (bzt_span){(const uint8_t *)q->points, q->points_n * 65});
    wire_set(&w, WIRE_A, q->A, 65);
    wire_set(&w, WIRE_Z, q->z, 32);
    wire_mac_device(q->mac, &w, &c->phone.device_key);
}
