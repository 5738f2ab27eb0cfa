/* Moving a key to another phone, the server's side (protocol.md, Moving to
 * another phone).  Pure.  `move` rolls like every operation; `arrive` makes
 * the new phone the owner and the old copy dead, in one transaction. */
#include "server_step.h"
#include <string.h>

static void describe_move(wire *w, const cosign_row *row,
                          const bzt_move_request *request)
{
    wire_init(w, WIRE_MOVE, row->key_id);
    wire_set_op(w, request->op_id, request->g, request->rho);
    wire_set(w, WIRE_TO_DEVICE, request->to_device, 16);
    wire_set_hash(w, WIRE_BLOB_HASH,
                  (bzt_span){request->blob, sizeof request->blob});
    wire_set(w, WIRE_A, request->A, 65);
    wire_set(w, WIRE_Z, request->z, 32);
}

/* Another phone of the same user. */
static int is_target(const cosign_device *from, const cosign_device *to,
                     const bzt_move_request *request)
{
    return to && memcmp(to->device_id, request->to_device, 16) == 0 &&
           memcmp(to->device_id, from->device_id, 16) != 0 &&
           memcmp(to->user_id, from->user_id, 16) == 0;
}

static bzt_err finish_move(const step *s, const cosign_share *share,
                           const sc *rho, const bzt_move_request *request,
                           const wire *w)
{
    bzt_err err = step_finish(s, BZT_OUTCOME_MOVE, share, rho);
    cosign_moving *moving = &s->effect->after.moving;
    moving->present = 1;
    moving->g = s->effect->after.g;
    memcpy(moving->to_device, request->to_device, 16);
    memcpy(moving->blob_hash, w->hash, 32);
    return err;
}

bzt_err cosign_server_move(cosign_effect *effect, const cosign_row *row,
                           const cosign_share *share,
                           const cosign_device *device, const cosign_device *to,
                           const bzt_move_request *request, int64_t now_ms)
{
    wire w;
    sc rho;
    bzt_err err;
    const step s = {effect, row, request->op_id, request->g, now_ms};
    step_begin(effect, row, request->op_id);
    describe_move(&w, row, request);
    if (memcmp(row->key_id, request->key_id, 16) != 0 ||
        step_authentic(row, device, &w, request->mac) ||
        request->g > BZT_G_MAX || sc_read(&rho, request->rho) ||
        step_proof_form(request->A, request->z) ||
        !is_target(device, to, request))
        return BZT_ERR_REFUSED;
    if ((err = step_admit(&s, STEP_WITH_PIN)))
        return err;
    err = step_pin_proof(row, share, &w, request->A, request->z);
    if (err == BZT_ERR_PROOF)
        return step_fail(&s);
    return err ? err : finish_move(&s, share, &rho, request, &w);
}

bzt_err cosign_server_blobs(const cosign_device *device,
                            const bzt_blobs_request *request)
{
    wire w;
    if (memcmp(request->device_id, device->device_id, 16) != 0)
        return BZT_ERR_REFUSED;
    wire_init(&w, WIRE_BLOBS, NULL);
    wire_set(&w, WIRE_DEVICE_ID, request->device_id, 16);
    bzt_span key = {device->key.k, sizeof device->key.k};
    return wire_is_mac(&w, key, request->mac) ? BZT_OK : BZT_ERR_REFUSED;
}

static void describe_arrive(wire *w, const bzt_arrive_request *request)
{
    wire_init(w, WIRE_ARRIVE, request->key_id);
    wire_set_op(w, request->op_id, request->g, request->rho);
    wire_set(w, WIRE_BLOB_HASH, request->blob_hash, 32);
}

static int is_waiting(const cosign_row *row, const cosign_device *device,
                      const bzt_arrive_request *request)
{
    const cosign_moving *moving = &row->moving;
    return moving->present && moving->g == request->g && request->g == row->g &&
           memcmp(moving->to_device, device->device_id, 16) == 0 &&
           memcmp(moving->blob_hash, request->blob_hash, 32) == 0;
}

/* No PIN was shown: no count and no wait is cleared. */
static bzt_err take_over(const step *s, const cosign_share *share,
                         const cosign_device *device, const sc *rho)
{
    bzt_err err = step_admit(s, STEP_WITHOUT_PIN);
    if (err)
        return err;
    if ((err = step_roll(s->effect, share, rho)))
        return err;
    step_move_on(s, BZT_OUTCOME_ARRIVE);
    memcpy(s->effect->after.device_id, device->device_id, 16);
    return BZT_OK;
}

bzt_err cosign_server_arrive(cosign_effect *effect, const cosign_row *row,
                             const cosign_share *share,
                             const cosign_device *device,
                             const bzt_arrive_request *request)
{
    wire w;
    sc rho;
    const step s = {effect, row, request->op_id, request->g, 0};
    step_begin(effect, row, request->op_id);
    describe_arrive(&w, request);
    bzt_span key = {device->key.k, sizeof device->key.k};
    if (memcmp(row->key_id, request->key_id, 16) != 0 ||
        !wire_is_mac(&w, key, request->mac) || request->g > BZT_G_MAX ||
        sc_read(&rho, request->rho))
        return BZT_ERR_REFUSED;
    if (memcmp(row->device_id, device->device_id, 16) == 0 &&
        row->seen == BZT_OUTCOME_ARRIVE)
        return BZT_OK;
    if (!is_waiting(row, device, request))
        return BZT_ERR_CANCELLED;
    return take_over(&s, share, device, &rho);
}
