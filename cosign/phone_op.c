/* What every operation of the phone shares: the intent, u1, and the proof
 * that the PIN is known (protocol.md, One operation).  Pure.
 *
 * A key is replaced only once its whole request is made: a failure on the way
 * leaves no intent behind. */
#include "core/ct.h"
#include "core/wipe.h"
#include "phone.h"
#include "pin.h"
#include <string.h>

void bzt_u1_wipe(bzt_u1 *u1)
{
    wipe(u1, sizeof *u1);
}

void bzt_phone_op_wipe(bzt_phone_op *op)
{
    wipe(op, sizeof *op);
}

bzt_err bzt_u1_derive(bzt_u1 *out, const bzt_phone_key *key, const bzt_pin *pin)
{
    sc m, f;
    memset(out, 0, sizeof *out);
    bzt_err err = sc_read(&m, key->m);
    if (err)
        return err;
    pin_factor(&f, pin, key->device_secret, key->key_id);
    sc_mul(&m, &m, &f);
    sc_write(out->u1, &m);
    memcpy(out->key_id, key->key_id, 16);
    out->g = key->g;
    sc_wipe(&m);
    sc_wipe(&f);
    return BZT_OK;
}

bzt_err phone_check_u1(const bzt_u1 *u1, const bzt_phone_key *key)
{
    if (u1->g != key->g || memcmp(u1->key_id, key->key_id, 16) != 0)
        return BZT_ERR_CONFLICT;
    return BZT_OK;
}

uint32_t phone_has_job_for(const bzt_phone *phone, const uint8_t key_id[16])
{
    const bzt_job *job = &phone->job;
    for (uint32_t i = 0; i < job->keys_n; i++) {
        if (memcmp(job->keys[i], key_id, 16) == 0)
            return 1;
    }
    return 0;
}

void phone_replace(bzt_phone_key *key, bzt_phone_key *next)
{
    memcpy(key, next, sizeof *key);
    bzt_phone_key_wipe(next);
}

bzt_err phone_may_begin(const bzt_phone *phone, const bzt_phone_key *key,
                        bzt_part part)
{
    if (key->intent.present || key->arriving)
        return BZT_ERR_JOB;
    uint32_t in_job = phone_has_job_for(phone, key->key_id);
    return in_job == (part != BZT_PART_NONE) ? BZT_OK : BZT_ERR_JOB;
}

static void draw_rho(sc *rho, const bzt_phone_key *key, const sc *m,
                     const uint8_t random[48])
{
    hedge h;
    hedge_init_sc(&h, "bzt-rho", random, m);
    hedge_add(&h, key->device_secret, 32);
    hedge_add_u64(&h, key->g);
    hedge_final(&h, rho);
}

/* m * rho^-1 * masks: mask and roll are one value, so between two copies of
 * m there is always an unknown rho. */
static bzt_err next_m(uint8_t out[32], uint8_t rho_out[32],
                      const bzt_phone_key *key, const phone_begin *b)
{
    sc m, rho, back;
    bzt_err err = sc_read(&m, key->m);
    if (err)
        return err;
    draw_rho(&rho, key, &m, b->random->rho);
    sc_inv(&back, &rho);
    sc_mul(&m, &m, &back);
    if (b->masks)
        sc_mul(&m, &m, b->masks);
    sc_write(out, &m);
    sc_write(rho_out, &rho);
    /* rho goes out in the request. */
    ct_public_bytes(rho_out, 32);
    sc_wipe(&m);
    sc_wipe(&rho);
    sc_wipe(&back);
    return BZT_OK;
}

bzt_err phone_draw_intent(bzt_phone_op *op, bzt_phone_key *next,
                          const bzt_phone *phone, const phone_begin *b)
{
    bzt_intent *intent = &next->intent;
    bzt_err err = next_m(intent->m, op->rho, next, b);
    if (err)
        return err;
    intent->present = 1;
    intent->part = b->part;
    intent->g = next->g;
    memcpy(intent->op_id, op->op_id, 16);
    if (b->part == BZT_PART_STEP)
        memcpy(intent->job, phone->job.id, 16);
    op->begun = 1;
    return BZT_OK;
}

bzt_err phone_begin_op(bzt_phone_op *op, bzt_phone_key *next,
                       const bzt_phone *phone, const bzt_phone_key *key,
                       const phone_begin *b)
{
    memset(op, 0, sizeof *op);
    memset(next, 0, sizeof *next);
    bzt_err err = phone_may_begin(phone, key, b->part);
    if (err)
        return err;
    memcpy(next, key, sizeof *next);
    op->kind = b->kind;
    op->g = key->g;
    memcpy(op->key_id, key->key_id, 16);
    memcpy(op->op_id, b->random->op_id, 16);
    memcpy(op->P, key->P, 65);
    return phone_draw_intent(op, next, phone, b);
}

bzt_err phone_prove_pin(uint8_t A[65], uint8_t z[32], const wire *w,
                        const bzt_u1 *u1, const uint8_t random[48])
{
    uint8_t V1[65];
    ge point;
    sc v1;
    bzt_err err = sc_read(&v1, u1->u1);
    if (err)
        return err;
    sc_inv(&v1, &v1);
    ge_mul_base(&point, &v1);
    err = ge_write(V1, &point);
    const proof p = {"bzt-authorise", wire_base, V1, w};
    if (!err)
        proof_make(A, z, &p, &v1, random);
    /* A proof is made to be sent. */
    ct_public_bytes(A, 65);
    ct_public_bytes(z, 32);
    sc_wipe(&v1);
    ge_wipe(&point);
    wipe(V1, sizeof V1);
    return err;
}
