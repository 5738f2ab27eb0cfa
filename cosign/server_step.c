/* What every operation of the server shares.  Pure.
 *
 * Nothing here is counted before the MAC is right, and nothing that depends
 * on the PIN is looked at before a request is admitted. */
#include "server_step.h"
#include "core/ct.h"
#include "core/wipe.h"
#include <string.h>

/* Wait after the third and the fourth wrong try in a row. */
static const int64_t waits_ms[BZT_KEY_TRIES + 1] = {
    [3] = 60 * 1000, [4] = 600 * 1000};

void cosign_share_wipe(cosign_share *share)
{
    wipe(share, sizeof *share);
}

void cosign_effect_wipe(cosign_effect *effect)
{
    wipe(effect, sizeof *effect);
}

void step_begin(cosign_effect *effect, const cosign_row *row,
                const uint8_t answer_id[16])
{
    memset(effect, 0, sizeof *effect);
    effect->after = *row;
    effect->after.seen = BZT_OUTCOME_NONE;
    memcpy(effect->answer_id, answer_id, 16);
}

void cosign_effect_unknown(cosign_effect *effect, const uint8_t answer_id[16])
{
    memset(effect, 0, sizeof *effect);
    memcpy(effect->answer_id, answer_id, 16);
}

bzt_err step_authentic(const cosign_row *row, const cosign_device *device,
                       const wire *w, const uint8_t tag[32])
{
    if (memcmp(row->device_id, device->device_id, 16) != 0)
        return BZT_ERR_REFUSED;
    bzt_span key = {device->key.k, sizeof device->key.k};
    return wire_is_mac(w, key, tag) ? BZT_OK : BZT_ERR_REFUSED;
}

static bzt_err seen_before(const step *s, step_with pin)
{
    if (pin == STEP_WITHOUT_PIN || s->row->seen != BZT_OUTCOME_WRONG)
        return BZT_ERR_SEEN;
    step_tell_tries(s->effect, s->row, s->now_ms);
    return BZT_ERR_WRONG_PIN;
}

static bzt_err lock_as_clone(const step *s)
{
    s->effect->commit = 1;
    s->effect->after.state = COSIGN_CLONE;
    s->effect->tell |= COSIGN_TELL_CLONE;
    return BZT_ERR_CLONE;
}

static uint32_t seconds_left(const cosign_row *row, int64_t now_ms)
{
    if (row->wait_until_ms <= now_ms)
        return 0;
    return (uint32_t)((row->wait_until_ms - now_ms + 999) / 1000);
}

bzt_err step_admit(const step *s, step_with pin)
{
    const cosign_row *row = s->row;
    if (row->seen != BZT_OUTCOME_NONE)
        return seen_before(s, pin);
    if (row->state != COSIGN_LIVE)
        return BZT_ERR_LOCKED;
    if (s->g < row->g)
        return lock_as_clone(s);
    if (s->g > row->g) {
        s->effect->tell |= COSIGN_TELL_BEHIND;
        return BZT_ERR_BEHIND;
    }
    if (pin == STEP_WITHOUT_PIN)
        return BZT_OK;
    s->effect->wait_seconds = seconds_left(row, s->now_ms);
    return s->effect->wait_seconds ? BZT_ERR_WAIT : BZT_OK;
}

bzt_err step_roll(cosign_effect *effect, const cosign_share *share,
                  const sc *rho)
{
    sc u2;
    if (sc_read(&u2, share->u2))
        return BZT_ERR_INTERNAL;
    sc_mul(&u2, &u2, rho);
    sc_write(effect->share.u2, &u2);
    effect->new_share = 1;
    sc_wipe(&u2);
    return BZT_OK;
}

static void remember(const step *s, bzt_outcome outcome)
{
    s->effect->commit = 1;
    s->effect->remember = outcome;
    memcpy(s->effect->op_id, s->op_id, 16);
}

void step_move_on(const step *s, bzt_outcome kind)
{
    cosign_row *after = &s->effect->after;
    after->g = s->row->g + 1;
    memset(&after->last, 0, sizeof after->last);
    after->last.kind = kind;
    memcpy(after->last.op_id, s->op_id, 16);
    memset(&after->moving, 0, sizeof after->moving);
    remember(s, kind);
}

bzt_err step_finish(const step *s, bzt_outcome kind, const cosign_share *share,
                    const sc *rho)
{
    cosign_effect *effect = s->effect;
    bzt_err err = step_roll(effect, share, rho);
    if (err)
        return err;
    step_move_on(s, kind);
    effect->wrong = s->row->failures;
    effect->after.last.wrong = s->row->failures;
    effect->after.failures = 0;
    effect->after.wait_until_ms = 0;
    effect->tries = COSIGN_TRIES_CLEAR;
    return BZT_OK;
}

bzt_err step_fail(const step *s)
{
    cosign_effect *effect = s->effect;
    cosign_row *after = &effect->after;
    after->failures = s->row->failures + 1;
    int last = after->failures >= BZT_KEY_TRIES;
    int64_t wait_ms = last ? 0 : waits_ms[after->failures];
    after->wait_until_ms = wait_ms ? s->now_ms + wait_ms : 0;
    effect->tell |= COSIGN_TELL_WRONG;
    if (last) {
        after->state = COSIGN_PIN;
        effect->tell |= COSIGN_TELL_LOCKED;
    }
    effect->tries = COSIGN_TRIES_ADD;
    remember(s, BZT_OUTCOME_WRONG);
    step_tell_tries(effect, after, s->now_ms);
    return BZT_ERR_WRONG_PIN;
}

void step_tell_tries(cosign_effect *effect, const cosign_row *row,
                     int64_t now_ms)
{
    effect->tries_left = 0;
    if (row->state == COSIGN_LIVE && row->failures < BZT_KEY_TRIES)
        effect->tries_left = BZT_KEY_TRIES - row->failures;
    effect->wait_seconds = seconds_left(row, now_ms);
}

uint32_t cosign_device_locks(uint32_t device_failures)
{
    return device_failures >= BZT_DEVICE_TRIES;
}

void cosign_effect_device_locked(cosign_effect *effect)
{
    effect->after.state = COSIGN_PIN;
    effect->tell |= COSIGN_TELL_LOCKED;
    effect->tries_left = 0;
    effect->wait_seconds = 0;
}

bzt_err step_proof_form(const uint8_t A[65], const uint8_t z[32])
{
    ge point;
    sc scalar;
    bzt_err err = ge_read(&point, A);
    return err ? err : sc_read(&scalar, z);
}

bzt_err step_phone_point(uint8_t V1[65], const uint8_t P[65],
                         const cosign_share *share)
{
    ge point, base;
    sc u2;
    bzt_err err;
    if ((err = ge_read(&point, P)) || (err = sc_read(&u2, share->u2)))
        return err;
    ge_set_base(&base);
    ge_add(&point, &point, &base);
    ge_mul(&point, &u2, &point);
    err = ge_write(V1, &point);
    ge_wipe(&point);
    sc_wipe(&u2);
    return err;
}

bzt_err step_pin_proof(const cosign_row *row, const cosign_share *share,
                       const wire *w, const uint8_t A[65], const uint8_t z[32])
{
    uint8_t V1[65];
    if (step_phone_point(V1, row->P, share))
        return BZT_ERR_INTERNAL;
    /* The check takes time that depends on z and c, which the phone knows.
     * Of V1 a distance cannot be measured, and v1 not be found from it. */
    ct_public_bytes(V1, sizeof V1);
    const proof p = {"bzt-authorise", wire_base, V1, w};
    bzt_err err = proof_check(&p, A, z);
    wipe(V1, sizeof V1);
    return err ? BZT_ERR_PROOF : BZT_OK;
}
