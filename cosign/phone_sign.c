/* Signing, the phone's side (protocol.md, Signing).  Pure.
 *
 * The phone builds e from the message that it has shown; the server's proof
 * of k names e and g, so a server that means another message, or does not
 * know its nonce, gets nothing. */
#include "core/ct.h"
#include "core/wipe.h"
#include "phone.h"
#include <string.h>

enum { ROUNDS = 16 }; /* each is needed with probability 2^-254 */

static void ask(bzt_open_request *out, bzt_phone_op *op, const bzt_phone *phone,
                bzt_span message)
{
    wire w;
    memcpy(out->key_id, op->key_id, 16);
    memcpy(out->op_id, op->op_id, 16);
    out->g = op->g;
    out->message = message;
    wire_init(&w, WIRE_OPEN, out->key_id);
    wire_set_op(&w, out->op_id, out->g, NULL);
    wire_set_hash(&w, WIRE_MESSAGE, message);
    wire_mac_device(out->mac, &w, &phone->device_key);
    op->opens++;
}

bzt_err bzt_phone_open(bzt_phone_op *op, bzt_open_request *out,
                       const bzt_phone *phone, const bzt_phone_key *key,
                       bzt_span message, const bzt_phone_random *random)
{
    memset(op, 0, sizeof *op);
    memset(out, 0, sizeof *out);
    bzt_err err = phone_may_begin(phone, key, BZT_PART_NONE);
    if (!err)
        err = bzt_sm2_digest(op->e, key->P, message);
    if (err) {
        bzt_phone_op_wipe(op);
        return err;
    }
    op->kind = BZT_OUTCOME_SIGN;
    op->g = key->g;
    memcpy(op->key_id, key->key_id, 16);
    memcpy(op->op_id, random->op_id, 16);
    memcpy(op->P, key->P, 65);
    sm3_digest(op->message, message);
    ask(out, op, phone, message);
    return BZT_OK;
}

static uint32_t is_same_message(const bzt_phone_op *op, bzt_span message)
{
    uint8_t hash[32];
    sm3_digest(hash, message);
    return memcmp(hash, op->message, 32) == 0;
}

/* The intent, if there is one, must be this operation's. */
static bzt_err check_op(const bzt_phone_op *op, const bzt_phone_key *key)
{
    if (op->kind != BZT_OUTCOME_SIGN || op->g != key->g ||
        memcmp(op->key_id, key->key_id, 16) != 0)
        return BZT_ERR_CONFLICT;
    if (op->begun != key->intent.present)
        return BZT_ERR_CONFLICT;
    if (op->begun && memcmp(op->op_id, key->intent.op_id, 16) != 0)
        return BZT_ERR_CONFLICT;
    return BZT_OK;
}

bzt_err bzt_phone_reopen(bzt_open_request *out, bzt_phone_op *op,
                         const bzt_phone *phone, const bzt_phone_key *key,
                         bzt_span message)
{
    memset(out, 0, sizeof *out);
    bzt_err err = check_op(op, key);
    if (err)
        return err;
    if (!is_same_message(op, message))
        return BZT_ERR_CONFLICT;
    if (op->opens > BZT_NONCE_REOPENS)
        return BZT_ERR_NONCE_GONE;
    ask(out, op, phone, message);
    return BZT_OK;
}

/* ---- the half ----------------------------------------------------------- */

static bzt_err check_nonce(const bzt_phone_op *op,
                           const bzt_open_answer *opened)
{
    wire w;
    if (memcmp(opened->op_id, op->op_id, 16) != 0)
        return BZT_ERR_PROOF;
    wire_init(&w, WIRE_OPEN, op->key_id);
    wire_set_g(&w, op->g);
    wire_set(&w, WIRE_E, op->e, 32);
    const proof p = {"bzt-nonce", wire_base, opened->Qs, &w};
    return proof_check(&p, opened->A, opened->z) ? BZT_ERR_PROOF : BZT_OK;
}

typedef struct half {
    sc u1, e, k2, k3, r;
    ge Qs;
} half;

static void draw(sc *k, const char *label, uint32_t round, const half *h,
                 const bzt_phone_op *op, const bzt_open_answer *opened,
                 const uint8_t random[48])
{
    hedge d;
    hedge_init_sc(&d, label, random, &h->u1);
    hedge_add_u64(&d, round);
    hedge_add(&d, op->key_id, 16);
    hedge_add_u64(&d, op->g);
    hedge_add(&d, op->e, 32);
    hedge_add(&d, opened->Qs, 65);
    hedge_final(&d, k);
}

/* R = k3*Qs + k2*G, r = e + x(R).  1: r is good. */
static uint32_t make_r(half *h)
{
    ge R, base;
    sc x;
    ge_mul(&R, &h->k3, &h->Qs);
    ge_mul_base(&base, &h->k2);
    ge_add(&R, &R, &base);
    bzt_err err = ge_x_scalar(&x, &R);
    uint32_t bad = err != BZT_OK;
    sc_add(&h->r, &h->e, &x);
    sc_add(&x, &h->k2, &h->r);
    bad |= sc_is_zero(&h->r) | sc_is_zero(&x);
    /* r is published; that k2 + r is zero has probability 2^-256, and then
     * this k2 is never used. */
    ct_public(bad);
    ge_wipe(&R);
    ge_wipe(&base);
    sc_wipe(&x);
    return !bad;
}

static bzt_err choose(half *h, const bzt_phone_op *op,
                      const bzt_open_answer *opened, const uint8_t random[48])
{
    for (uint32_t round = 0; round < ROUNDS; round++) {
        draw(&h->k2, "bzt-k2", round, h, op, opened, random);
        draw(&h->k3, "bzt-k3", round, h, op, opened, random);
        if (make_r(h))
            return BZT_OK;
    }
    return BZT_ERR_RANDOM;
}

static bzt_err make_half(bzt_sign_request *out, const bzt_phone_op *op,
                         const bzt_open_answer *opened, const bzt_u1 *u1,
                         const uint8_t random[48])
{
    half h;
    bzt_err err;
    sc_reduce(&h.e, op->e);
    if (!(err = sc_read(&h.u1, u1->u1)) &&
        !(err = ge_read(&h.Qs, opened->Qs)) &&
        !(err = choose(&h, op, opened, random))) {
        memcpy(out->Qs, opened->Qs, 65);
        sc_write(out->r, &h.r);
        sc_mul(&h.k3, &h.k3, &h.u1); /* p2 = u1*k3 */
        sc_write(out->p2, &h.k3);
        sc_add(&h.k2, &h.k2, &h.r);
        sc_mul(&h.k2, &h.k2, &h.u1); /* p3 = u1*(k2 + r) */
        sc_write(out->p3, &h.k2);
        /* They are sent. */
        ct_public_bytes(out->r, 32);
        ct_public_bytes(out->p2, 32);
        ct_public_bytes(out->p3, 32);
    }
    wipe(&h, sizeof h);
    return err;
}

static void address(bzt_sign_request *out, const bzt_phone_op *op,
                    const bzt_phone *phone)
{
    wire w;
    memcpy(out->key_id, op->key_id, 16);
    memcpy(out->op_id, op->op_id, 16);
    out->g = op->g;
    memcpy(out->rho, op->rho, 32);
    wire_init(&w, WIRE_SIGN, out->key_id);
    wire_set_op(&w, out->op_id, out->g, out->rho);
    wire_set(&w, WIRE_QS, out->Qs, 65);
    wire_set(&w, WIRE_R, out->r, 32);
    wire_set(&w, WIRE_P2, out->p2, 32);
    wire_set(&w, WIRE_P3, out->p3, 32);
    wire_mac_device(out->mac, &w, &phone->device_key);
}

bzt_err bzt_phone_sign(bzt_phone_op *op, bzt_phone_key *key,
                       bzt_sign_request *out, const bzt_phone *phone,
                       const bzt_open_answer *opened, const bzt_u1 *u1,
                       const bzt_phone_random *random)
{
    bzt_phone_key next;
    const phone_begin begin = {BZT_OUTCOME_SIGN, BZT_PART_NONE, NULL, random};
    bzt_err err;
    memset(out, 0, sizeof *out);
    memcpy(&next, key, sizeof next);
    if ((err = check_op(op, key)) || (err = phone_check_u1(u1, key)) ||
        (err = check_nonce(op, opened)) ||
        (err = make_half(out, op, opened, u1, random->nonce)))
        goto out;
    if (!op->begun && (err = phone_draw_intent(op, &next, phone, &begin)))
        goto out;
    memcpy(op->r, out->r, 32);
    address(out, op, phone);
    phone_replace(key, &next);
out:
    if (err)
        wipe(out, sizeof *out);
    bzt_phone_key_wipe(&next);
    return err;
}

bzt_err bzt_phone_sign_result(bzt_sm2_signature *out, const bzt_phone_op *op,
                              const bzt_key_answer *answer)
{
    memset(out, 0, sizeof *out);
    if (answer->err || op->kind != BZT_OUTCOME_SIGN ||
        memcmp(answer->signature.r, op->r, 32) != 0 ||
        bzt_sm2_verify_digest_vartime(op->P, op->e, &answer->signature))
        return BZT_ERR_SIGNATURE;
    *out = answer->signature;
    return BZT_OK;
}
