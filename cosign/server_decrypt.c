/* Decryption and authorisation, the server's side (protocol.md, Decrypting).
 * Pure.  The PIN is proved before the server does its half; it never sees a
 * plaintext. */
#include "core/ct.h"
#include "core/wipe.h"
#include "server_step.h"
#include <string.h>

/* An encryption key opens many at a time; a signing key one key envelope. */
static int is_count(const cosign_row *row, size_t n)
{
    size_t most = row->use == BZT_USE_DECRYPT ? BZT_DECRYPT_POINTS : 1;
    return n >= 1 && n <= most;
}

static bzt_err check_points(const uint8_t (*points)[65], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bzt_err err = bzt_sm2_point_check(points[i]);
        if (err)
            return err;
    }
    return BZT_OK;
}

static void describe_decrypt(wire *w, const cosign_row *row,
                             const bzt_decrypt_request *request, bzt_span about)
{
    bzt_span points = {(const uint8_t *)request->points,
                       request->points_n * 65};
    wire_init(w, WIRE_DECRYPT, row->key_id);
    wire_set_op(w, request->op_id, request->g, request->rho);
    wire_set_hash(w, WIRE_POINTS, points);
    wire_set(w, WIRE_ABOUT, about.p, about.len);
    wire_set(w, WIRE_A, request->A, 65);
    wire_set(w, WIRE_Z, request->z, 32);
}

/* w*C1 of each */
static bzt_err make_halves(uint8_t (*halves)[65],
                           const bzt_decrypt_request *request,
                           const cosign_share *share)
{
    ge point;
    sc w;
    bzt_err err = sc_read(&w, share->u2);
    sc_inv(&w, &w);
    for (size_t i = 0; !err && i < request->points_n; i++) {
        err = ge_read(&point, request->points[i]);
        if (!err) {
            ge_mul(&point, &w, &point);
            err = ge_write(halves[i], &point);
        }
    }
    sc_wipe(&w);
    ge_wipe(&point);
    return err ? BZT_ERR_INTERNAL : BZT_OK;
}

static bzt_err admit_decrypt(const step *s, sc *rho, const wire *w,
                             const cosign_device *device,
                             const bzt_decrypt_request *request)
{
    if (step_authentic(s->row, device, w, request->mac) ||
        request->g > BZT_G_MAX || sc_read(rho, request->rho) ||
        step_proof_form(request->A, request->z) ||
        !is_count(s->row, request->points_n) ||
        check_points(request->points, request->points_n))
        return BZT_ERR_REFUSED;
    return step_admit(s, STEP_WITH_PIN);
}

bzt_err cosign_server_decrypt(cosign_effect *effect, uint8_t (*halves)[65],
                              const cosign_row *row, const cosign_share *share,
                              const cosign_device *device,
                              const bzt_decrypt_request *request,
                              bzt_span about, int64_t now_ms)
{
    wire w;
    sc rho;
    const step s = {effect, row, request->op_id, request->g, now_ms};
    step_begin(effect, row, request->op_id);
    if (request->points_n > BZT_DECRYPT_POINTS ||
        memcmp(row->key_id, request->key_id, 16) != 0)
        return BZT_ERR_REFUSED;
    memset(halves, 0, request->points_n * 65);
    describe_decrypt(&w, row, request, about);
    bzt_err err = admit_decrypt(&s, &rho, &w, device, request);
    if (!err)
        err = step_pin_proof(row, share, &w, request->A, request->z);
    if (!err)
        err = make_halves(halves, request, share);
    if (err == BZT_ERR_PROOF)
        err = step_fail(&s);
    else if (!err)
        err = step_finish(&s, BZT_OUTCOME_DECRYPT, share, &rho);
    if (err)
        wipe(halves, request->points_n * 65);
    sc_wipe(&rho);
    return err;
}

/* ---- authorise ---------------------------------------------------------- */

static void describe_act(wire *w, const cosign_row *row,
                         const bzt_authorise_request *request)
{
    wire_init(w, WIRE_AUTHORISE, row->key_id);
    wire_set_op(w, request->op_id, request->g, request->rho);
    wire_set(w, WIRE_ACT, request->act.p, request->act.len);
    wire_set_hash(w, WIRE_ACT_HASH, request->act);
    wire_set(w, WIRE_A, request->A, 65);
    wire_set(w, WIRE_Z, request->z, 32);
}

bzt_err cosign_server_authorise(cosign_effect *effect, const cosign_row *row,
                                const cosign_share *share,
                                const cosign_device *device,
                                const bzt_authorise_request *request,
                                int64_t now_ms)
{
    wire w;
    sc rho;
    bzt_err err;
    const step s = {effect, row, request->op_id, request->g, now_ms};
    step_begin(effect, row, request->op_id);
    describe_act(&w, row, request);
    if (memcmp(row->key_id, request->key_id, 16) != 0 ||
        step_authentic(row, device, &w, request->mac) ||
        request->g > BZT_G_MAX || sc_read(&rho, request->rho) ||
        step_proof_form(request->A, request->z))
        return BZT_ERR_REFUSED;
    if ((err = step_admit(&s, STEP_WITH_PIN)))
        return err;
    err = step_pin_proof(row, share, &w, request->A, request->z);
    if (err == BZT_ERR_PROOF)
        return step_fail(&s);
    return err ? err : step_finish(&s, BZT_OUTCOME_AUTHORISE, share, &rho);
}
