/* What became of an operation; unlocking; keys that nobody took (protocol.md,
 * Lost answers and clones).  Pure. */
#include "server_step.h"
#include <string.h>

static int is_last(const cosign_row *row, const bzt_recover_request *request)
{
    return row->last.kind != BZT_OUTCOME_NONE && request->g + 1 == row->g &&
           memcmp(row->last.op_id, request->op_id, 16) == 0;
}

/* Done: its kind, the tries that it cleared, the signature if it was one.
 * Never the halves of a decryption: with the intent they test PINs. */
static bzt_err tell_last(cosign_effect *effect, const cosign_last *last)
{
    effect->outcome = last->kind;
    effect->wrong = last->wrong;
    if (last->kind == BZT_OUTCOME_SIGN)
        effect->signature = last->signature;
    return BZT_OK;
}

/* Nothing became of it, and now nothing ever will: g moves on, so that a
 * copy still on its way cannot be carried out.  Clears no count, no wait. */
static bzt_err make_void(const step *s)
{
    bzt_err err = step_admit(s, STEP_WITHOUT_PIN);
    if (err)
        return err;
    step_move_on(s, BZT_OUTCOME_VOID);
    return tell_last(s->effect, &s->effect->after.last);
}

bzt_err cosign_server_recover(cosign_effect *effect, const cosign_row *row,
                              const cosign_device *device,
                              const bzt_recover_request *request,
                              int64_t now_ms)
{
    wire w;
    const step s = {effect, row, request->op_id, request->g, now_ms};
    step_begin(effect, row, request->op_id);
    wire_init(&w, WIRE_RECOVER, row->key_id);
    wire_set_op(&w, request->op_id, request->g, NULL);
    if (memcmp(row->key_id, request->key_id, 16) != 0 ||
        step_authentic(row, device, &w, request->mac) || request->g > BZT_G_MAX)
        return BZT_ERR_REFUSED;
    if (is_last(row, request))
        return tell_last(effect, &row->last);
    if (row->seen != BZT_OUTCOME_WRONG)
        return make_void(&s);
    effect->outcome = BZT_OUTCOME_WRONG;
    step_tell_tries(effect, row, now_ms);
    return BZT_OK;
}

void cosign_server_unlock(cosign_effect *effect, const cosign_row *row)
{
    step_begin(effect, row, row->key_id);
    if (row->state != COSIGN_PIN)
        return;
    effect->after.state = COSIGN_LIVE;
    effect->after.failures = 0;
    effect->after.wait_until_ms = 0;
    effect->commit = 1;
}

uint32_t cosign_is_sweepable(const cosign_sweep *key, int64_t now_ms)
{
    const int64_t day_ms = 86400000;
    return !key->has_certificate && !key->has_pending &&
           key->made_ms + day_ms <= now_ms;
}
