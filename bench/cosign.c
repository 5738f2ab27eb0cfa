/* The key protocol: CPU of each side's steps, without I/O.  `open` makes the
 * nonce and its proof, `complete` finishes and verifies, `signature` is both.
 *
 * The server's row is as it was before each time, so one prepared request
 * can be answered again and again. */
#include "bench.h"

#include "cosign/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 100 };

static bzt_phone phone;
static cosign_device device;
static bzt_phone_key key, enc;
static cosign_row row, enc_row;
static cosign_share share, enc_share;
static bzt_u1 u1, enc_u1;
static bzt_phone_random rnd;
static uint8_t random96[96];
static const int64_t now = 1700000000000;

static bzt_open_request open_q;
static bzt_open_answer opened;
static cosign_nonce nonce;
static bzt_sign_request sign_q;
static bzt_phone_op sign_op;
static bzt_key_answer sign_a;
static bzt_authorise_request act_q;
static bzt_decrypt_request decrypt_q;
static bzt_phone_op decrypt_op;
static uint8_t points[MANY][65], halves[MANY][65], shared[MANY][65];
static bzt_decrypt_input decrypt_in = {
    (const uint8_t (*)[65])points, 1, {(const uint8_t *)"about", 5}};

static void require(int holds)
{
    if (holds)
        return;
    fputs("bench: a step failed\n", stderr);
    exit(1);
}

static void fill(void *out, size_t len, unsigned seed)
{
    uint8_t *p = out;
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1103515245u + 12345;
        p[i] = (uint8_t)(seed >> 16);
    }
}

static bzt_pin pin(void)
{
    bzt_pin out;
    require(!bzt_pin_read(&out, BZT_SPAN_LIT("271828")));
    return out;
}

static void make_key(bzt_phone_key *k, cosign_row *r, cosign_share *s,
                     bzt_u1 *u, bzt_key_use use)
{
    uint8_t key_id[16];
    bzt_phone_making making;
    bzt_keygen_request q;
    bzt_keygen_answer a;
    cosign_effect e;
    bzt_pin p = pin();
    fill(key_id, sizeof key_id, 9 + use);
    cosign_row_init(r, key_id, device.device_id, use);
    require(!bzt_phone_keygen(&making, &q, &phone, key_id, use, &rnd));
    require(!cosign_server_keygen(&e, &a, r, &device, &q, random96));
    require(!bzt_phone_keygen_result(k, &making, &phone, &a, &p));
    *r = e.after;
    *s = e.share;
    require(!bzt_u1_derive(u, k, &p));
}

static void prepare_sign(void)
{
    bzt_phone_key copy = key;
    cosign_effect e;
    require(!bzt_phone_open(&sign_op, &open_q, &phone, &copy,
                            BZT_SPAN_LIT("a login, 300 bytes or so"), &rnd));
    require(!cosign_server_open(&e, &nonce, &opened, &row, &share, &device,
                                &open_q, random96, now));
    require(
        !bzt_phone_sign(&sign_op, &copy, &sign_q, &phone, &opened, &u1, &rnd));
}

static void prepare_others(void)
{
    bzt_phone_key copy = key;
    bzt_phone_op op;
    cosign_effect e;
    cosign_nonce n = nonce;
    require(!bzt_phone_authorise(&op, &copy, &act_q, &phone,
                                 BZT_SPAN_LIT("approve member 42"), &u1, &rnd));
    require(!cosign_server_sign(&e, &n, &row, &share, &device, &sign_q, now));
    sign_a.signature = e.signature;
}

static void prepare_decrypt(size_t n)
{
    bzt_phone_key copy = enc;
    decrypt_in.points_n = n;
    require(!bzt_phone_decrypt(&decrypt_op, &copy, &decrypt_q, &phone,
                               &decrypt_in, &enc_u1, &rnd));
}

static void prepare(void)
{
    uint8_t id[16], secret[32];
    bzt_sm2_key k;
    fill(&rnd, sizeof rnd, 1);
    fill(random96, sizeof random96, 2);
    fill(id, sizeof id, 3);
    fill(&device, sizeof device, 4);
    memcpy(device.device_id, id, 16);
    fill(secret, sizeof secret, 5);
    bzt_phone_init(&phone, id, &device.key, secret);
    make_key(&key, &row, &share, &u1, BZT_USE_SIGN);
    make_key(&enc, &enc_row, &enc_share, &enc_u1, BZT_USE_DECRYPT);
    for (int i = 0; i < MANY; i++) {
        uint8_t wide[48];
        fill(wide, sizeof wide, 100u + (unsigned)i);
        require(!bzt_sm2_key_new(&k, points[i], wide));
    }
    prepare_sign();
    prepare_others();
}

/* ---- server ------------------------------------------------------------- */

static void server_open(void *self)
{
    cosign_effect e;
    cosign_nonce n;
    bzt_open_answer a;
    (void)self;
    require(!cosign_server_open(&e, &n, &a, &row, &share, &device, &open_q,
                                random96, now));
}

/* As the service does it: admit, then complete and verify. */
static void server_sign(void *self)
{
    cosign_effect e;
    cosign_nonce n = nonce;
    (void)self;
    require(!cosign_server_sign_admit(&e, &row, &device, &sign_q, now));
    require(!cosign_server_sign(&e, &n, &row, &share, &device, &sign_q, now));
}

static void server_both(void *self)
{
    server_open(self);
    server_sign(self);
}

static void server_authorise(void *self)
{
    cosign_effect e;
    (void)self;
    require(!cosign_server_authorise(&e, &row, &share, &device, &act_q, now));
}

static void server_decrypt(void *self)
{
    cosign_effect e;
    (void)self;
    require(!cosign_server_decrypt(&e, halves, &enc_row, &enc_share, &device,
                                   &decrypt_q, decrypt_in.about, now));
}

static void server_keygen(void *self)
{
    static bzt_keygen_request q;
    static bzt_phone_making making;
    bzt_keygen_answer a;
    cosign_effect e;
    cosign_row r;
    (void)self;
    cosign_row_init(&r, row.key_id, device.device_id, BZT_USE_SIGN);
    if (!making.use)
        require(!bzt_phone_keygen(&making, &q, &phone, row.key_id, BZT_USE_SIGN,
                                  &rnd));
    require(!cosign_server_keygen(&e, &a, &r, &device, &q, random96));
}

/* ---- phone -------------------------------------------------------------- */

static void phone_u1(void *self)
{
    bzt_u1 u;
    bzt_pin p = pin();
    (void)self;
    require(!bzt_u1_derive(&u, &key, &p));
}

static void phone_sign(void *self)
{
    bzt_phone_key copy = key;
    bzt_phone_op op = sign_op;
    bzt_sign_request q;
    (void)self;
    op.begun = 0;
    require(!bzt_phone_sign(&op, &copy, &q, &phone, &opened, &u1, &rnd));
}

static void phone_sign_result(void *self)
{
    bzt_sm2_signature sig;
    (void)self;
    require(!bzt_phone_sign_result(&sig, &sign_op, &sign_a));
}

static void phone_authorise(void *self)
{
    bzt_phone_key copy = key;
    bzt_phone_op op;
    bzt_authorise_request q;
    (void)self;
    require(!bzt_phone_authorise(&op, &copy, &q, &phone, BZT_SPAN_LIT("act"),
                                 &u1, &rnd));
}

static void phone_decrypt_result(void *self)
{
    bzt_key_answer a = {.points = (const uint8_t(*)[65])halves,
                        .points_n = decrypt_in.points_n};
    (void)self;
    require(!bzt_phone_decrypt_result(shared, &decrypt_op, &decrypt_in, &a));
}

static double one(bench *b, const char *name, void (*run)(void *))
{
    bench_result r;
    const bench_case c = {"bzt", run, NULL, 0};
    bench_group(b, &r, name, &c, 1);
    return r.ns;
}

int main(int argc, char **argv)
{
    bench b;
    bench_init(&b, "cosign", argc, argv);
    prepare();
    one(&b, "server open", server_open);
    one(&b, "server complete", server_sign);
    double both = one(&b, "server signature", server_both);
    one(&b, "server authorise", server_authorise);
    one(&b, "server keygen", server_keygen);
    prepare_decrypt(1);
    one(&b, "server decrypt 1", server_decrypt);
    prepare_decrypt(MANY);
    one(&b, "server decrypt 100", server_decrypt);
    one(&b, "phone join 100", phone_decrypt_result);
    one(&b, "phone u1 from PIN", phone_u1);
    one(&b, "phone half", phone_sign);
    one(&b, "phone verify", phone_sign_result);
    one(&b, "phone authorise", phone_authorise);
    bench_mark(&b, "server side of a signature, us", both / 1000, "at most",
               170);
    return bench_finish(&b);
}
