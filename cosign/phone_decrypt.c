/* Decryption and authorisation, the phone's side (protocol.md, Decrypting).
 * Pure.  The shared points never leave the phone. */
#include "core/ct.h"
#include "core/wipe.h"
#include "phone.h"
#include <string.h>

static bzt_err check_input(const bzt_decrypt_input *in)
{
    if (in->points_n < 1 || in->points_n > BZT_DECRYPT_POINTS)
        return BZT_ERR_RANGE;
    for (size_t i = 0; i < in->points_n; i++) {
        bzt_err err = bzt_sm2_point_check(in->points[i]);
        if (err)
            return err;
    }
    return BZT_OK;
}

static bzt_err ask(bzt_decrypt_request *out, const bzt_phone_op *op,
                   const bzt_phone *phone, const bzt_decrypt_input *in,
                   const bzt_u1 *u1, const uint8_t random[48])
{
    wire w;
    bzt_span points = {(const uint8_t *)in->points, in->points_n * 65};
    memcpy(out->key_id, op->key_id, 16);
    memcpy(out->op_id, op->op_id, 16);
    out->g = op->g;
    memcpy(out->rho, op->rho, 32);
    out->points = in->points;
    out->points_n = in->points_n;
    wire_init(&w, WIRE_DECRYPT, out->key_id);
    wire_set_op(&w, out->op_id, out->g, out->rho);
    wire_set(&w, WIRE_ABOUT, in->about.p, in->about.len);
    wire_set_hash(&w, WIRE_POINTS, points);
    bzt_err err = phone_prove_pin(out->A, out->z, &w, u1, random);
    wire_set(&w, WIRE_A, out->A, 65);
    wire_set(&w, WIRE_Z, out->z, 32);
    if (!err)
        wire_mac_device(out->mac, &w, &phone->device_key);
    return err;
}

static bzt_err keep_v1(bzt_phone_op *op, const bzt_u1 *u1)
{
    sc v1;
    bzt_err err = sc_read(&v1, u1->u1);
    if (err)
        return err;
    sc_inv(&v1, &v1);
    sc_write(op->v1, &v1);
    sc_wipe(&v1);
    return BZT_OK;
}

bzt_err bzt_phone_decrypt(bzt_phone_op *op, bzt_phone_key *key,
                          bzt_decrypt_request *out, const bzt_phone *phone,
                          const bzt_decrypt_input *in, const bzt_u1 *u1,
                          const bzt_phone_random *random)
{
    bzt_phone_key next;
    const phone_begin begin = {BZT_OUTCOME_DECRYPT, BZT_PART_NONE, NULL,
                               random};
    bzt_err err;
    memset(op, 0, sizeof *op);
    memset(out, 0, sizeof *out);
    if ((err = check_input(in)) || (err = phone_check_u1(u1, key)))
        return err;
    if (!(err = phone_begin_op(op, &next, phone, key, &begin)) &&
        !(err = keep_v1(op, u1)) &&
        !(err = ask(out, op, phone, in, u1, random->proof)))
        phone_replace(key, &next);
    if (err) {
        bzt_phone_op_wipe(op);
        wipe(out, sizeof *out);
    }
    bzt_phone_key_wipe(&next);
    return err;
}

/* d*C1 = v1*(w*C1) - C1 */
static bzt_err join(uint8_t out[65], const sc *v1, const uint8_t half[65],
                    const uint8_t c1[65])
{
    ge point, minus;
    bzt_err err;
    if ((err = ge_read(&point, half)) || (err = ge_read(&minus, c1)))
        return err;
    ge_mul(&point, v1, &point);
    ge_neg(&minus, &minus);
    ge_add(&point, &point, &minus);
    err = ge_write(out, &point);
    ge_wipe(&point);
    return err;
}

/* Every point that came back is checked, and their number, before v1 is
 * multiplied with any: points off the curve would tell it. */
static bzt_err check_halves(const bzt_phone_op *op, const bzt_decrypt_input *in,
                            const bzt_key_answer *answer)
{
    if (answer->err || op->kind != BZT_OUTCOME_DECRYPT ||
        answer->points_n != in->points_n)
        return BZT_ERR_POINT;
    for (size_t i = 0; i < answer->points_n; i++) {
        bzt_err err = bzt_sm2_point_check(answer->points[i]);
        if (err)
            return err;
    }
    return BZT_OK;
}

bzt_err bzt_phone_decrypt_result(uint8_t (*out)[65], const bzt_phone_op *op,
                                 const bzt_decrypt_input *in,
                                 const bzt_key_answer *answer)
{
    sc v1;
    memset(out, 0, in->points_n * 65);
    bzt_err err = check_halves(op, in, answer);
    if (!err)
        err = sc_read(&v1, op->v1);
    if (err)
        return err;
    for (size_t i = 0; !err && i < in->points_n; i++)
        err = join(out[i], &v1, answer->points[i], in->points[i]);
    sc_wipe(&v1);
    if (err)
        wipe(out, in->points_n * 65);
    return err;
}

/* ---- authorise ---------------------------------------------------------- */

static bzt_err ask_act(bzt_authorise_request *out, const bzt_phone_op *op,
                       const bzt_phone *phone, bzt_span act, const bzt_u1 *u1,
                       const uint8_t random[48])
{
    wire w;
    memcpy(out->key_id, op->key_id, 16);
    memcpy(out->op_id, op->op_id, 16);
    out->g = op->g;
    memcpy(out->rho, op->rho, 32);
    out->act = act;
    wire_init(&w, WIRE_AUTHORISE, out->key_id);
    wire_set_op(&w, out->op_id, out->g, out->rho);
    wire_set(&w, WIRE_ACT, act.p, act.len);
    wire_set_hash(&w, WIRE_ACT_HASH, act);
    bzt_err err = phone_prove_pin(out->A, out->z, &w, u1, random);
    wire_set(&w, WIRE_A, out->A, 65);
    wire_set(&w, WIRE_Z, out->z, 32);
    if (!err)
        wire_mac_device(out->mac, &w, &phone->device_key);
    return err;
}

bzt_err phone_authorise(bzt_phone_op *op, bzt_phone_key *key,
                        bzt_authorise_request *out, const bzt_phone *phone,
                        const phone_act *act, const bzt_u1 *u1,
                        const bzt_phone_random *random)
{
    bzt_phone_key next;
    const phone_begin begin = {BZT_OUTCOME_AUTHORISE, act->part, act->masks,
                               random};
    memset(op, 0, sizeof *op);
    memset(out, 0, sizeof *out);
    bzt_err err = phone_check_u1(u1, key);
    if (err)
        return err;
    if (!(err = phone_begin_op(op, &next, phone, key, &begin)) &&
        !(err = ask_act(out, op, phone, act->act, u1, random->proof)))
        phone_replace(key, &next);
    if (err) {
        bzt_phone_op_wipe(op);
        wipe(out, sizeof *out);
    }
    bzt_phone_key_wipe(&next);
    return err;
}

bzt_err bzt_phone_authorise(bzt_phone_op *op, bzt_phone_key *key,
                            bzt_authorise_request *out, const bzt_phone *phone,
                            bzt_span act, const bzt_u1 *u1,
                            const bzt_phone_random *random)
{
    const phone_act plain = {act, BZT_PART_NONE, NULL};
    return phone_authorise(op, key, out, phone, &plain, u1, random);
}
