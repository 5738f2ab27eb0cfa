/* Import of a key that a CA's key centre made, the server's side.  Pure. */
#include "core/ct.h"
#include "core/wipe.h"
#include "server_step.h"
#include <string.h>

static void describe(wire *w, const cosign_row *row,
                     const bzt_import_request *request)
{
    wire_init(w, WIRE_IMPORT, row->key_id);
    wire_set(w, WIRE_DEVICE_ID, row->device_id, 16);
    wire_set_use(w, row->use);
    wire_set(w, WIRE_SEALED, request->sealed, sizeof request->sealed);
    wire_set(w, WIRE_P, request->P, 65);
    wire_set(w, WIRE_A, request->A, 65);
    wire_set(w, WIRE_Z, request->z, 32);
}

/* u2 of sealed, which must name this key: a share that was sealed for one
 * key is of no use for another. */
static bzt_err open_share(cosign_share *out, const bzt_import_request *request,
                          const bzt_sm2_key *transport)
{
    uint8_t plain[48];
    bzt_span sealed = {request->sealed, sizeof request->sealed};
    bzt_err err = bzt_sm2_decrypt(plain, transport, sealed);
    if (!err) {
        uint32_t ok = ct_is_equal(plain + 32, request->key_id, 16);
        ct_public(ok); /* refused or not */
        if (ok)
            memcpy(out->u2, plain, 32);
        else
            err = BZT_ERR_REFUSED;
    }
    wipe(plain, sizeof plain);
    return err;
}

/* The phone holds the other factor of the key of P. */
static bzt_err check_split(const cosign_share *share, const wire *w,
                           const bzt_import_request *request)
{
    uint8_t V1[65];
    bzt_err err = step_phone_point(V1, request->P, share);
    if (err)
        return err;
    ct_public_bytes(V1, sizeof V1); /* as in step_pin_proof */
    const proof p = {"bzt-keygen-phone", wire_base, V1, w};
    err = proof_check(&p, request->A, request->z);
    wipe(V1, sizeof V1);
    return err;
}

bzt_err cosign_server_import(cosign_effect *effect, const cosign_row *row,
                             const cosign_device *device,
                             const bzt_import_request *request,
                             const cosign_import_context *context)
{
    wire w;
    step_begin(effect, row, request->key_id);
    describe(&w, row, request);
    if (memcmp(row->key_id, request->key_id, 16) != 0 ||
        step_authentic(row, device, &w, request->mac) ||
        row->state != COSIGN_NEW || row->use != BZT_USE_DECRYPT ||
        memcmp(request->P, context->certificate_P, 65) != 0)
        return BZT_ERR_REFUSED;
    if (open_share(&effect->share, request, context->transport) ||
        check_split(&effect->share, &w, request)) {
        cosign_share_wipe(&effect->share);
        return BZT_ERR_REFUSED;
    }
    memcpy(effect->after.P, request->P, 65);
    effect->after.state = COSIGN_LIVE;
    effect->new_share = 1;
    effect->commit = 1;
    return BZT_OK;
}
