/* Moving to another phone, both phones' sides (protocol.md, Moving to another
 * phone).  Pure.
 *
 * The blob is sealed for the new phone's one-time key and authenticated under
 * the QR code's secret: the server can neither read it nor make one. */
#include "core/bytes.h"
#include "core/ct.h"
#include "core/wipe.h"
#include "phone.h"
#include <string.h>

/* key_id || g || m || device_secret || P */
enum { PLAIN = 16 + 8 + 32 + 32 + 65, BODY = BZT_BLOB_SIZE - 32 };

bzt_err bzt_transfer_new(bzt_transfer *t, bzt_transfer_code *code,
                         const bzt_phone *phone, const uint8_t random[48],
                         const uint8_t secret[16])
{
    ge point;
    sc once;
    memset(t, 0, sizeof *t);
    memset(code, 0, sizeof *code);
    sc_from_wide(&once, random);
    ge_mul_base(&point, &once);
    bzt_err err = ge_write(code->point, &point);
    if (!err) {
        ct_public_bytes(code->point, 65); /* a public key */
        sc_write(t->once, &once);
        memcpy(t->secret, secret, 16);
        memcpy(code->secret, secret, 16);
        memcpy(code->device_id, phone->device_id, 16);
    }
    sc_wipe(&once);
    ge_wipe(&point);
    return err;
}

void bzt_transfer_code_hash(uint8_t of[32], const bzt_transfer_code *code)
{
    sm3 s;
    sm3_init(&s);
    sm3_update(&s, code->point, 65);
    sm3_update(&s, code->device_id, 16);
    sm3_final(&s, of);
}

/* ---- old phone ---------------------------------------------------------- */

static void write_plain(uint8_t out[PLAIN], const bzt_phone_key *next)
{
    memcpy(out, next->key_id, 16);
    store_be64(out + 16, next->g + 1);
    memcpy(out + 24, next->intent.m, 32);
    memcpy(out + 56, next->device_secret, 32);
    memcpy(out + 88, next->P, 65);
}

static void mac_body(uint8_t tag[32], const uint8_t blob[BZT_BLOB_SIZE],
                     const uint8_t key_id[16], const uint8_t secret[16])
{
    wire w;
    wire_init(&w, WIRE_BLOB, key_id);
    wire_set(&w, WIRE_BODY, blob, BODY);
    wire_mac(tag, &w, (bzt_span){secret, 16});
}

/* What the new phone will hold once the intent is the state. */
static bzt_err make_blob(uint8_t blob[BZT_BLOB_SIZE], const bzt_phone_key *next,
                         const bzt_transfer_code *code,
                         const uint8_t random[48])
{
    uint8_t plain[PLAIN];
    hedge h;
    sc k, m;
    bzt_err err = sc_read(&m, next->intent.m);
    if (err)
        return err;
    hedge_init_sc(&h, "bzt-seal", random, &m);
    hedge_add(&h, code->point, 65);
    hedge_add(&h, next->key_id, 16);
    hedge_final(&h, &k);
    write_plain(plain, next);
    err = seal(blob, code->point, (bzt_span){plain, PLAIN}, &k);
    if (!err)
        mac_body(blob + BODY, blob, next->key_id, code->secret);
    ct_public_bytes(blob, BZT_BLOB_SIZE); /* it is sent */
    wipe(plain, sizeof plain);
    sc_wipe(&k);
    sc_wipe(&m);
    return err;
}

static bzt_err ask(bzt_move_request *out, const bzt_phone_op *op,
                   const bzt_phone *phone, const bzt_transfer_code *code,
                   const bzt_u1 *u1, const uint8_t random[48])
{
    wire w;
    memcpy(out->key_id, op->key_id, 16);
    memcpy(out->op_id, op->op_id, 16);
    out->g = op->g;
    memcpy(out->rho, op->rho, 32);
    memcpy(out->to_device, code->device_id, 16);
    wire_init(&w, WIRE_MOVE, out->key_id);
    wire_set_op(&w, out->op_id, out->g, out->rho);
    wire_set(&w, WIRE_TO_DEVICE, out->to_device, 16);
    wire_set_hash(&w, WIRE_BLOB_HASH, (bzt_span){out->blob, BZT_BLOB_SIZE});
    bzt_err err = phone_prove_pin(out->A, out->z, &w, u1, random);
    wire_set(&w, WIRE_A, out->A, 65);
    wire_set(&w, WIRE_Z, out->z, 32);
    if (!err)
        wire_mac_device(out->mac, &w, &phone->device_key);
    return err;
}

static bzt_err check_move(const bzt_phone *phone, const bzt_phone_key *key,
                          const bzt_transfer_code *code, const bzt_u1 *u1)
{
    const bzt_job *job = &phone->job;
    uint8_t of[32];
    bzt_transfer_code_hash(of, code);
    if (job->kind != BZT_JOB_MOVE || memcmp(of, job->of, 32) != 0)
        return BZT_ERR_JOB;
    return phone_check_u1(u1, key);
}

bzt_err bzt_phone_move(bzt_phone_op *op, bzt_phone_key *key,
                       bzt_move_request *out, const bzt_phone *phone,
                       const bzt_transfer_code *code, const bzt_u1 *u1,
                       const bzt_phone_random *random)
{
    bzt_phone_key next;
    const phone_begin begin = {BZT_OUTCOME_MOVE, BZT_PART_STEP, NULL, random};
    memset(op, 0, sizeof *op);
    memset(out, 0, sizeof *out);
    bzt_err err = check_move(phone, key, code, u1);
    if (err)
        return err;
    if (!(err = phone_begin_op(op, &next, phone, key, &begin)) &&
        !(err = make_blob(out->blob, &next, code, random->seal)) &&
        !(err = ask(out, op, phone, code, u1, random->proof)))
        phone_replace(key, &next);
    if (err) {
        bzt_phone_op_wipe(op);
        wipe(out, sizeof *out);
    }
    bzt_phone_key_wipe(&next);
    return err;
}

/* ---- new phone ---------------------------------------------------------- */

bzt_err bzt_phone_blobs(bzt_blobs_request *out, const bzt_phone *phone)
{
    wire w;
    memset(out, 0, sizeof *out);
    memcpy(out->device_id, phone->device_id, 16);
    wire_init(&w, WIRE_BLOBS, NULL);
    wire_set(&w, WIRE_DEVICE_ID, out->device_id, 16);
    wire_mac_device(out->mac, &w, &phone->device_key);
    return BZT_OK;
}

static bzt_err open_blob(uint8_t plain[PLAIN], const bzt_transfer *t,
                         const uint8_t key_id[16],
                         const uint8_t blob[BZT_BLOB_SIZE])
{
    uint8_t tag[32];
    bzt_sm2_key once;
    mac_body(tag, blob, key_id, t->secret);
    uint32_t ok = ct_is_equal(tag, blob + BODY, 32);
    ct_public(ok); /* the page says where a blob came from */
    wipe(tag, sizeof tag);
    if (!ok)
        return BZT_ERR_MAC;
    memcpy(once.d, t->once, 32);
    bzt_err err = bzt_sm2_decrypt(plain, &once, (bzt_span){blob, BODY});
    bzt_sm2_key_wipe(&once);
    return err;
}

static bzt_err read_plain(bzt_phone_key *out, const uint8_t plain[PLAIN],
                          const uint8_t key_id[16])
{
    sc m;
    uint8_t g[8];
    memcpy(out->key_id, plain, 16);
    memcpy(g, plain + 16, 8);
    memcpy(out->m, plain + 24, 32);
    memcpy(out->device_secret, plain + 56, 32);
    memcpy(out->P, plain + 88, 65);
    /* Which key, its generation and its public point are no secrets. */
    ct_public(out->key_id);
    ct_public(g);
    ct_public(out->P);
    out->g = load_be64(g);
    if (memcmp(out->key_id, key_id, 16) != 0)
        return BZT_ERR_ENCODING;
    if (out->g > BZT_G_MAX)
        return BZT_ERR_RANGE;
    bzt_err err = sc_read(&m, out->m);
    sc_wipe(&m);
    return err ? err : bzt_sm2_point_check(out->P);
}

/* The copy with its intent: the request to arrive is fixed from now on. */
static bzt_err begin_arrival(bzt_phone_key *key, const bzt_phone_random *random)
{
    bzt_phone_op op;
    const bzt_phone no_job = {.job = {.kind = BZT_JOB_NONE}};
    const phone_begin begin = {BZT_OUTCOME_ARRIVE, BZT_PART_NONE, NULL, random};
    memset(&op, 0, sizeof op);
    memcpy(op.op_id, random->op_id, 16);
    bzt_err err = phone_draw_intent(&op, key, &no_job, &begin);
    bzt_phone_op_wipe(&op);
    key->arriving = 1;
    return err;
}

bzt_err bzt_phone_copy(bzt_phone_key *out, const bzt_transfer *t,
                       const uint8_t key_id[16],
                       const uint8_t blob[BZT_BLOB_SIZE],
                       const bzt_phone_random *random)
{
    uint8_t plain[PLAIN];
    memset(out, 0, sizeof *out);
    bzt_err err = open_blob(plain, t, key_id, blob);
    if (!err)
        err = read_plain(out, plain, key_id);
    if (!err)
        err = begin_arrival(out, random);
    if (!err)
        sm3_digest(out->blob_hash, (bzt_span){blob, BZT_BLOB_SIZE});
    else
        bzt_phone_key_wipe(out);
    wipe(plain, sizeof plain);
    return err;
}

/* rho = m / (the intent's m): the same every time. */
static bzt_err rho_of(uint8_t out[32], const bzt_phone_key *key)
{
    sc m, next;
    bzt_err err;
    if ((err = sc_read(&m, key->m)) || (err = sc_read(&next, key->intent.m)))
        return err;
    sc_inv(&next, &next);
    sc_mul(&m, &m, &next);
    sc_write(out, &m);
    ct_public_bytes(out, 32); /* it is sent */
    sc_wipe(&m);
    sc_wipe(&next);
    return BZT_OK;
}

bzt_err bzt_phone_arrive(bzt_arrive_request *out, const bzt_phone *phone,
                         const bzt_phone_key *key)
{
    wire w;
    memset(out, 0, sizeof *out);
    if (!key->arriving || !key->intent.present)
        return BZT_ERR_CONFLICT;
    bzt_err err = rho_of(out->rho, key);
    if (err)
        return err;
    memcpy(out->key_id, key->key_id, 16);
    memcpy(out->op_id, key->intent.op_id, 16);
    out->g = key->intent.g;
    memcpy(out->blob_hash, key->blob_hash, 32);
    wire_init(&w, WIRE_ARRIVE, out->key_id);
    wire_set_op(&w, out->op_id, out->g, out->rho);
    wire_set(&w, WIRE_BLOB_HASH, out->blob_hash, 32);
    wire_mac_device(out->mac, &w, &phone->device_key);
    return BZT_OK;
}

/* No PIN was shown: the wrong tries of the old phone are not cleared here,
 * the next success tells of them. */
static bzt_err arrived(bzt_phone_key *key, bzt_told *told)
{
    phone_settle_intent(key);
    key->arriving = 0;
    memset(key->blob_hash, 0, sizeof key->blob_hash);
    told->changed = 1;
    told->next = BZT_NEXT_RESULT;
    return BZT_OK;
}

bzt_err bzt_phone_arrive_settle(bzt_phone_key *key, bzt_told *told,
                                const bzt_key_answer *answer)
{
    memset(told, 0, sizeof *told);
    if (!key->arriving)
        return BZT_ERR_CONFLICT;
    told->next = BZT_NEXT_RECOVER;
    if (!phone_is_named(key, answer))
        return answer->err ? answer->err : BZT_ERR_BUSY;
    if (answer->err == BZT_OK)
        return arrived(key, told);
    if (answer->err == BZT_ERR_CANCELLED)
        told->next = BZT_NEXT_DELETE;
    return answer->err;
}
