/* Signing, the server's side (protocol.md, Signing).  Pure.
 *
 * k belongs to one message and one generation from the start, answers once,
 * right or wrong, and every signature is verified before it leaves. */
#include "core/ct.h"
#include "core/wipe.h"
#include "server_step.h"
#include <string.h>

/* ---- open --------------------------------------------------------------- */

static void describe_open(wire *w, const cosign_row *row,
                          const bzt_open_request *request)
{
    wire_init(w, WIRE_OPEN, row->key_id);
    wire_set_op(w, request->op_id, request->g, NULL);
    wire_set_hash(w, WIRE_MESSAGE, request->message);
}

static bzt_err admit_open(cosign_effect *effect, const cosign_row *row,
                          uint64_t g, int64_t now_ms)
{
    if (row->state != COSIGN_LIVE)
        return BZT_ERR_LOCKED;
    if (g < row->g) {
        effect->tell |= COSIGN_TELL_STALE;
        return BZT_ERR_STALE;
    }
    if (g > row->g) {
        effect->tell |= COSIGN_TELL_BEHIND;
        return BZT_ERR_BEHIND;
    }
    step_tell_tries(effect, row, now_ms);
    return effect->wait_seconds ? BZT_ERR_WAIT : BZT_OK;
}

static void make_nonce(sc *k, const cosign_nonce *nonce, const sc *u2,
                       const uint8_t random[48])
{
    hedge h;
    hedge_init_sc(&h, "bzt-nonce", random, u2);
    hedge_add(&h, nonce->key_id, 16);
    hedge_add_u64(&h, nonce->g);
    hedge_add(&h, nonce->e, 32);
    hedge_final(&h, k);
}

/* Qs = k*G and the proof of k under this e and g. */
static bzt_err prove_nonce(bzt_open_answer *answer, cosign_nonce *nonce,
                           wire *w, const sc *u2, const uint8_t random[96])
{
    ge point;
    sc k;
    make_nonce(&k, nonce, u2, random);
    ge_mul_base(&point, &k);
    bzt_err err = ge_write(answer->Qs, &point);
    if (!err) {
        ct_public_bytes(answer->Qs, 65); /* it is sent */
        wire_set(w, WIRE_E, nonce->e, 32);
        const proof p = {"bzt-nonce", wire_base, answer->Qs, w};
        proof_make(answer->A, answer->z, &p, &k, random + 48);
        sc_write(nonce->k, &k);
        memcpy(nonce->Qs, answer->Qs, 65);
    }
    sc_wipe(&k);
    ge_wipe(&point);
    return err;
}

static bzt_err open_nonce(bzt_open_answer *answer, cosign_nonce *nonce, wire *w,
                          const cosign_row *row, const cosign_share *share,
                          const bzt_open_request *request,
                          const uint8_t random[96])
{
    sc u2;
    memcpy(nonce->key_id, row->key_id, 16);
    nonce->g = row->g;
    bzt_err err = bzt_sm2_digest(nonce->e, row->P, request->message);
    if (!err)
        err = sc_read(&u2, share->u2);
    if (err)
        return err;
    err = prove_nonce(answer, nonce, w, &u2, random);
    sc_wipe(&u2);
    return err;
}

bzt_err cosign_server_open(cosign_effect *effect, cosign_nonce *nonce,
                           bzt_open_answer *answer, const cosign_row *row,
                           const cosign_share *share,
                           const cosign_device *device,
                           const bzt_open_request *request,
                           const uint8_t random[96], int64_t now_ms)
{
    wire w;
    bzt_err err;
    step_begin(effect, row, request->op_id);
    memset(nonce, 0, sizeof *nonce);
    memset(answer, 0, sizeof *answer);
    if (memcmp(row->key_id, request->key_id, 16) != 0)
        return BZT_ERR_REFUSED;
    describe_open(&w, row, request);
    if ((err = step_authentic(row, device, &w, request->mac)))
        return err;
    if (row->use != BZT_USE_SIGN || request->g > BZT_G_MAX)
        return BZT_ERR_REFUSED;
    if ((err = admit_open(effect, row, request->g, now_ms)))
        return err;
    if (open_nonce(answer, nonce, &w, row, share, request, random)) {
        cosign_nonce_wipe(nonce);
        memset(answer, 0, sizeof *answer);
        return BZT_ERR_INTERNAL; /* the row is damaged */
    }
    nonce->until_ms = now_ms + COSIGN_NONCE_LIFE_MS;
    memcpy(answer->op_id, request->op_id, 16);
    return BZT_OK;
}

/* ---- sign --------------------------------------------------------------- */

typedef struct half {
    sc rho, r, p2, p3;
} half;

static void half_wipe(half *h)
{
    wipe(h, sizeof *h);
}

/* All in [1, n-1] before any reduction: p2 = 0, or n, would hand the phone
 * the whole of d. */
static bzt_err half_read(half *h, const bzt_sign_request *request)
{
    bzt_err err;
    if ((err = sc_read(&h->rho, request->rho)) ||
        (err = sc_read(&h->r, request->r)) ||
        (err = sc_read(&h->p2, request->p2)))
        return err;
    return sc_read(&h->p3, request->p3);
}

static void describe_sign(wire *w, const cosign_row *row,
                          const bzt_sign_request *request)
{
    wire_init(w, WIRE_SIGN, row->key_id);
    wire_set_op(w, request->op_id, request->g, request->rho);
    wire_set(w, WIRE_QS, request->Qs, 65);
    wire_set(w, WIRE_R, request->r, 32);
    wire_set(w, WIRE_P2, request->p2, 32);
    wire_set(w, WIRE_P3, request->p3, 32);
}

static bzt_err admit(const step *s, half *h, const cosign_device *device,
                     const bzt_sign_request *request)
{
    wire w;
    if (memcmp(s->row->key_id, request->key_id, 16) != 0)
        return BZT_ERR_REFUSED;
    describe_sign(&w, s->row, request);
    if (step_authentic(s->row, device, &w, request->mac) ||
        s->row->use != BZT_USE_SIGN || request->g > BZT_G_MAX ||
        half_read(h, request))
        return BZT_ERR_REFUSED;
    return step_admit(s, STEP_WITH_PIN);
}

bzt_err cosign_server_sign_admit(cosign_effect *effect, const cosign_row *row,
                                 const cosign_device *device,
                                 const bzt_sign_request *request,
                                 int64_t now_ms)
{
    half h;
    const step s = {effect, row, request->op_id, request->g, now_ms};
    step_begin(effect, row, request->op_id);
    bzt_err err = admit(&s, &h, device, request);
    half_wipe(&h);
    return err;
}

/* s = u2 * (k*p2 + p3) - r */
static bzt_err complete(bzt_sm2_signature *out, const half *h,
                        const cosign_share *share, const cosign_nonce *nonce)
{
    sc u2, k;
    bzt_err err = sc_read(&u2, share->u2);
    if (!err)
        err = sc_read(&k, nonce->k);
    if (!err) {
        sc_mul(&k, &k, &h->p2);
        sc_add(&k, &k, &h->p3);
        sc_mul(&k, &k, &u2);
        sc_sub(&k, &k, &h->r);
        sc_write(out->s, &k);
        sc_write(out->r, &h->r);
        /* Right: it is published.  Wrong: k is used once, is uniform to
         * everybody else, and hides u2 in this value. */
        ct_public(*out);
    }
    sc_wipe(&u2);
    sc_wipe(&k);
    return err;
}

static bzt_err check_pin(const step *s, const half *h,
                         const cosign_share *share, const cosign_nonce *nonce)
{
    bzt_sm2_signature *sig = &s->effect->signature;
    if (complete(sig, h, share, nonce))
        return BZT_ERR_INTERNAL; /* the row is damaged */
    bzt_err err = bzt_sm2_verify_digest_vartime(s->row->P, nonce->e, sig);
    if (!err)
        return BZT_OK;
    wipe(sig, sizeof *sig);
    return err == BZT_ERR_POINT ? BZT_ERR_INTERNAL : step_fail(s);
}

/* Taken for this key, point and generation, and still in time. */
static int is_for(const cosign_nonce *nonce, const bzt_sign_request *request,
                  int64_t now_ms)
{
    return nonce->until_ms > now_ms && nonce->g == request->g &&
           memcmp(nonce->key_id, request->key_id, 16) == 0 &&
           memcmp(nonce->Qs, request->Qs, 65) == 0;
}

bzt_err cosign_server_sign(cosign_effect *effect, cosign_nonce *nonce,
                           const cosign_row *row, const cosign_share *share,
                           const cosign_device *device,
                           const bzt_sign_request *request, int64_t now_ms)
{
    half h;
    const step s = {effect, row, request->op_id, request->g, now_ms};
    step_begin(effect, row, request->op_id);
    bzt_err err = admit(&s, &h, device, request);
    if (!err && !is_for(nonce, request, now_ms))
        err = BZT_ERR_NONCE_GONE;
    if (!err)
        err = check_pin(&s, &h, share, nonce);
    if (!err) {
        err = step_finish(&s, BZT_OUTCOME_SIGN, share, &h.rho);
        effect->after.last.signature = effect->signature;
    }
    cosign_nonce_wipe(nonce);
    half_wipe(&h);
    return err;
}
