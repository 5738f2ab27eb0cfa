/* Key making, the server's side (protocol.md, Making a key).  Pure. */
#include "core/ct.h"
#include "core/wipe.h"
#include "server_step.h"
#include <string.h>

bzt_err cosign_server_new(const cosign_device *device,
                          const bzt_new_request *request)
{
    if (!bzt_key_use_name(request->use) ||
        memcmp(request->device_id, device->device_id, 16) != 0)
        return BZT_ERR_REFUSED;
    wire w;
    wire_init(&w, WIRE_NEW, NULL);
    wire_set(&w, WIRE_DEVICE_ID, request->device_id, 16);
    wire_set_use(&w, request->use);
    bzt_span key = {device->key.k, sizeof device->key.k};
    return wire_is_mac(&w, key, request->mac) ? BZT_OK : BZT_ERR_REFUSED;
}

void cosign_row_init(cosign_row *row, const uint8_t key_id[16],
                     const uint8_t device_id[16], bzt_key_use use)
{
    memset(row, 0, sizeof *row);
    memcpy(row->key_id, key_id, 16);
    memcpy(row->device_id, device_id, 16);
    row->use = use;
    row->state = COSIGN_NEW;
}

static void describe(wire *w, const cosign_row *row,
                     const bzt_keygen_request *request)
{
    wire_init(w, WIRE_KEYGEN, row->key_id);
    wire_set(w, WIRE_DEVICE_ID, row->device_id, 16);
    wire_set_use(w, row->use);
    wire_set(w, WIRE_V1, request->V1, 65);
    wire_set(w, WIRE_A, request->A, 65);
    wire_set(w, WIRE_Z, request->z, 32);
}

/* P + G = w*V1 and P, both as bytes.  BZT_ERR_POINT: P is infinity. */
static bzt_err make_points(uint8_t PG[65], uint8_t P[65], const uint8_t V1[65],
                           const sc *w)
{
    ge point, base;
    bzt_err err = ge_read(&point, V1);
    if (err)
        return err;
    ge_mul(&point, w, &point);
    err = ge_write(PG, &point);
    ge_set_base(&base);
    ge_neg(&base, &base);
    ge_add(&point, &point, &base);
    if (!err)
        err = ge_write(P, &point);
    /* P is about to be published, and P + G with it. */
    ct_public_bytes(P, 65);
    ct_public_bytes(PG, 65);
    return err;
}

static bzt_err make_key(cosign_effect *effect, bzt_keygen_answer *answer,
                        const bzt_keygen_request *request, const wire *about,
                        const uint8_t random[96])
{
    uint8_t PG[65];
    sc u2, w;
    sc_from_wide(&u2, random);
    sc_inv(&w, &u2);
    bzt_err err = make_points(PG, answer->P, request->V1, &w);
    if (!err) {
        const proof mine = {"bzt-keygen-server", request->V1, PG, about};
        proof_make(answer->A, answer->z, &mine, &w, random + 48);
        sc_write(effect->share.u2, &u2);
    }
    sc_wipe(&u2);
    sc_wipe(&w);
    return err;
}

bzt_err cosign_server_keygen(cosign_effect *effect, bzt_keygen_answer *answer,
                             const cosign_row *row, const cosign_device *device,
                             const bzt_keygen_request *request,
                             const uint8_t random[96])
{
    wire w;
    bzt_err err;
    step_begin(effect, row, request->key_id);
    memset(answer, 0, sizeof *answer);
    describe(&w, row, request);
    if (memcmp(row->key_id, request->key_id, 16) != 0)
        return BZT_ERR_REFUSED;
    if ((err = step_authentic(row, device, &w, request->mac)))
        return err;
    const proof theirs = {"bzt-keygen-phone", wire_base, request->V1, &w};
    if (row->state != COSIGN_NEW ||
        proof_check(&theirs, request->A, request->z))
        return BZT_ERR_REFUSED;
    if (make_key(effect, answer, request, &w, random)) {
        memset(answer, 0, sizeof *answer);
        return BZT_ERR_RANDOM;
    }
    memcpy(answer->key_id, row->key_id, 16);
    memcpy(effect->after.P, answer->P, 65);
    effect->after.state = COSIGN_LIVE;
    effect->new_share = 1;
    effect->commit = 1;
    return BZT_OK;
}
