/* The key protocol over any bytes: stored states, requests whose MAC is
 * right, answers, blobs.  The first byte chooses which.  Beyond the
 * sanitizers it checks what may never happen: a state with two forms, a
 * refused request that changes something, an intent dropped by an answer
 * that does not name it.
 */
#include "cosign/server.h"
#include "cosign/wire.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

typedef struct cursor {
    const uint8_t *p;
    size_t len;
} cursor;

/* Past the end come zeros. */
static void take(cursor *c, void *out, size_t n)
{
    size_t have = n < c->len ? n : c->len;
    memset(out, 0, n);
    memcpy(out, c->p, have);
    c->p += have;
    c->len -= have;
}
#define TAKE(c, field) take(c, field, sizeof(field))

static uint64_t take_u64(cursor *c)
{
    uint8_t b[8];
    uint64_t v = 0;
    TAKE(c, b);
    for (int i = 0; i < 8; i++)
        v = v << 8 | b[i];
    return v;
}

static void require(int holds)
{
    if (!holds)
        abort();
}

/* ---- a key of both sides, the same each time ---------------------------- */

static const uint8_t key_id[16] = "key id, 16 bytes", dev_id[16] = "device";
static const int64_t now = 1700000000000;
static bzt_phone phone;
static bzt_phone_key key;
static cosign_device device;
static cosign_row row;
static cosign_share share;
static cosign_nonce nonce;
static bzt_transfer transfer;

static void set_up(void)
{
    static int done;
    bzt_phone_making making;
    bzt_keygen_request q;
    bzt_keygen_answer a;
    bzt_open_answer opened;
    bzt_open_request open;
    bzt_phone_op op;
    bzt_transfer_code code;
    cosign_effect e;
    bzt_phone_random r = {{1}, {2}, {3}, {4}, {5}};
    const uint8_t random[96] = {6};
    bzt_pin pin;
    if (done)
        return;
    done = 1;
    memcpy(device.device_id, dev_id, 16);
    bzt_phone_init(&phone, dev_id, &device.key, random);
    cosign_row_init(&row, key_id, dev_id, BZT_USE_SIGN);
    require(!bzt_pin_read(&pin, BZT_SPAN_LIT("271828")));
    require(!bzt_phone_keygen(&making, &q, &phone, key_id, BZT_USE_SIGN, &r));
    require(!cosign_server_keygen(&e, &a, &row, &device, &q, random));
    require(!bzt_phone_keygen_result(&key, &making, &phone, &a, &pin));
    row = e.after;
    share = e.share;
    require(!bzt_phone_open(&op, &open, &phone, &key, BZT_SPAN_LIT("m"), &r));
    require(!cosign_server_open(&e, &nonce, &opened, &row, &share, &device,
                                &open, random, now));
    require(!bzt_transfer_new(&transfer, &code, &phone, random, random));
}

/* ---- stored states ------------------------------------------------------ */

static void read_key(cursor *c)
{
    bzt_phone_key k;
    uint8_t again[BZT_PHONE_KEY_SIZE];
    if (bzt_phone_key_read(&k, (bzt_span){c->p, c->len}))
        return;
    bzt_phone_key_write(again, &k);
    require(!memcmp(again, c->p, sizeof again));
    require(!k.intent.present || k.intent.g == k.g);
}

static void read_phone(cursor *c)
{
    static bzt_phone p;
    static uint8_t again[BZT_PHONE_SIZE];
    if (bzt_phone_read(&p, (bzt_span){c->p, c->len}))
        return;
    bzt_phone_write(again, &p);
    require(!memcmp(again, c->p, sizeof again));
}

static void read_transfer(cursor *c)
{
    bzt_transfer t;
    bzt_transfer_code code;
    uint8_t again[BZT_TRANSFER_CODE_SIZE];
    (void)!bzt_transfer_read(&t, (bzt_span){c->p, c->len});
    if (bzt_transfer_code_read(&code, (bzt_span){c->p, c->len}))
        return;
    bzt_transfer_code_write(again, &code);
    require(!memcmp(again, c->p, sizeof again));
}

/* ---- requests ----------------------------------------------------------- */

static void check_effect(bzt_err err, const cosign_effect *e)
{
    if (err == BZT_ERR_WRONG_PIN && row.seen == BZT_OUTCOME_NONE) {
        require(e->commit && e->after.failures == row.failures + 1);
        require(e->after.g == row.g && !e->new_share);
    } else if (err == BZT_ERR_CLONE) {
        require(e->commit && e->after.state == COSIGN_CLONE);
    } else if (err) {
        require(!e->commit && !e->new_share && !e->remember);
    } else if (e->commit) {
        require(e->after.g == row.g + 1);
    }
}

static void some_row(cursor *c)
{
    uint8_t how[4];
    TAKE(c, how);
    row.state = (cosign_state)(how[0] ? COSIGN_LIVE : how[1] % 5);
    row.seen = (bzt_outcome)(how[1] & 0x80 ? how[2] % 8 : 0);
    row.failures = how[3] % BZT_KEY_TRIES;
    row.wait_until_ms = how[3] & 0x40 ? now + 1 : 0;
}

static void ask_sign(cursor *c)
{
    bzt_sign_request q;
    cosign_effect e;
    cosign_nonce n = nonce;
    wire w;
    some_row(c);
    memcpy(q.key_id, key_id, 16);
    TAKE(c, q.op_id);
    q.g = take_u64(c);
    TAKE(c, q.rho);
    TAKE(c, q.r);
    TAKE(c, q.p2);
    TAKE(c, q.p3);
    memcpy(q.Qs, nonce.Qs, 65);
    wire_init(&w, WIRE_SIGN, q.key_id);
    wire_set_op(&w, q.op_id, q.g, q.rho);
    wire_set(&w, WIRE_QS, q.Qs, 65);
    wire_set(&w, WIRE_R, q.r, 32);
    wire_set(&w, WIRE_P2, q.p2, 32);
    wire_set(&w, WIRE_P3, q.p3, 32);
    wire_mac_device(q.mac, &w, &device.key);
    check_effect(cosign_server_sign(&e, &n, &row, &share, &device, &q, now),
                 &e);
}

static void ask_decrypt(cursor *c)
{
    bzt_decrypt_request q;
    cosign_effect e;
    uint8_t points[3][65], halves[3][65], n[1];
    wire w;
    some_row(c);
    memcpy(q.key_id, key_id, 16);
    TAKE(c, q.op_id);
    q.g = take_u64(c);
    TAKE(c, q.rho);
    TAKE(c, q.A);
    TAKE(c, q.z);
    TAKE(c, n);
    take(c, points, sizeof points);
    q.points = (const uint8_t(*)[65])points;
    q.points_n = n[0] % 4;
    wire_init(&w, WIRE_DECRYPT, q.key_id);
    wire_set_op(&w, q.op_id, q.g, q.rho);
    wire_set_hash(&w, WIRE_POINTS, (bzt_span){points[0], q.points_n * 65});
    wire_set(&w, WIRE_A, q.A, 65);
    wire_set(&w, WIRE_Z, q.z, 32);
    wire_mac_device(q.mac, &w, &device.key);
    check_effect(cosign_server_decrypt(&e, halves, &row, &share, &device, &q,
                                       (bzt_span){c->p, c->len}, now),
                 &e);
}

static void ask_keygen(cursor *c)
{
    bzt_keygen_request q;
    bzt_keygen_answer a;
    cosign_effect e;
    cosign_row fresh;
    wire w;
    const uint8_t random[96] = {7};
    cosign_row_init(&fresh, key_id, dev_id, BZT_USE_SIGN);
    memcpy(q.key_id, key_id, 16);
    TAKE(c, q.V1);
    TAKE(c, q.A);
    TAKE(c, q.z);
    wire_init(&w, WIRE_KEYGEN, q.key_id);
    wire_set(&w, WIRE_V1, q.V1, 65);
    wire_set(&w, WIRE_A, q.A, 65);
    wire_set(&w, WIRE_Z, q.z, 32);
    wire_mac_device(q.mac, &w, &device.key);
    bzt_err err = cosign_server_keygen(&e, &a, &fresh, &device, &q, random);
    require(!err == !!e.commit);
}

/* A request as it came, MAC and all. */
static void ask_recover(cursor *c)
{
    bzt_recover_request q;
    cosign_effect e;
    some_row(c);
    TAKE(c, q.key_id);
    TAKE(c, q.op_id);
    q.g = take_u64(c);
    TAKE(c, q.mac);
    check_effect(cosign_server_recover(&e, &row, &device, &q, now), &e);
}

/* ---- answers ------------------------------------------------------------ */

static void answered(cursor *c)
{
    bzt_phone_key k = key, before;
    bzt_key_answer a = {0};
    bzt_told told;
    uint8_t how[4];
    TAKE(c, how);
    k.intent = (bzt_intent){.present = 1, .g = k.g, .op_id = {9}};
    memcpy(k.intent.m, k.m, 32);
    a.err = (bzt_err)(how[0] ? 200 + how[0] % 16 : 0);
    a.has_id = how[1] & 1;
    a.outcome = (bzt_outcome)(how[2] % 10);
    TAKE(c, a.id);
    a.wrong = (uint32_t)take_u64(c);
    before = k;
    int named = a.has_id && !memcmp(a.id, k.intent.op_id, 16);
    bzt_err err = how[3] & 1 ? bzt_phone_recover_settle(&k, &told, &a)
                             : bzt_phone_settle(&k, &told, NULL, &a);
    if (!named)
        require(told.next == BZT_NEXT_RECOVER && err);
    require(told.changed == !k.intent.present);
    require(told.changed || !memcmp(&k, &before, sizeof k));
}

static void key_made(cursor *c)
{
    bzt_phone_making making;
    bzt_keygen_request q;
    bzt_keygen_answer a;
    bzt_phone_key out;
    bzt_phone_random r = {{1}, {2}, {3}, {4}, {5}};
    const bzt_pin pin = {"271828"};
    require(!bzt_phone_keygen(&making, &q, &phone, key_id, BZT_USE_SIGN, &r));
    memcpy(a.key_id, key_id, 16);
    TAKE(c, a.P);
    TAKE(c, a.A);
    TAKE(c, a.z);
    (void)!bzt_phone_keygen_result(&out, &making, &phone, &a, &pin);
}

/* What the phone that read the code might have sealed. */
static void blob(cursor *c)
{
    uint8_t bytes[BZT_BLOB_SIZE];
    bzt_phone_key out;
    bzt_phone_random r = {{1}, {2}, {3}, {4}, {5}};
    wire w;
    take(c, bytes, BZT_BLOB_SIZE - 32);
    wire_init(&w, WIRE_BLOB, key_id);
    wire_set(&w, WIRE_BODY, bytes, BZT_BLOB_SIZE - 32);
    wire_mac(bytes + BZT_BLOB_SIZE - 32, &w, (bzt_span){transfer.secret, 16});
    (void)!bzt_phone_copy(&out, &transfer, key_id, bytes, &r);
}

static void pin_typed(cursor *c)
{
    bzt_pin pin;
    bzt_span number = {c->p + c->len / 2, c->len - c->len / 2};
    if (!bzt_pin_read(&pin, (bzt_span){c->p, c->len < 6 ? c->len : 6}))
        (void)!bzt_pin_check(&pin, &number, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static void (*const parts[])(cursor *) = {
        read_key,    read_phone, read_transfer, ask_sign,
        ask_decrypt, ask_keygen, ask_recover,   answered,
        key_made,    blob,       pin_typed};
    if (len == 0)
        return 0;
    set_up();
    cosign_row clean = row;
    cursor c = {data + 1, len - 1};
    parts[data[0] % (sizeof parts / sizeof parts[0])](&c);
    row = clean;
    return 0;
}
