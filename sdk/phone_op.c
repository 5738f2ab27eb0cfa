/* One key operation of the phone: prepare, WRITE, send, settle, WRITE, look
 * (bzt/cosign.h). */
#include "base/rng.h"
#include "core/text.h"
#include "core/wipe.h"
#include "phone_internal.h"
#include <string.h>

bzt_err phone_draw(bzt_phone_random *out)
{
    bzt_err err = rng_bytes(out, sizeof(*out));

    if (err)
        wipe(out, sizeof(*out));
    return err;
}

bzt_err phone_settle(phone *p, bzt_told *told, phone_slot *slot,
                     const bzt_phone_op *op, const bzt_key_answer *answer)
{
    bzt_err answered = bzt_phone_settle(&slot->key, told, op, answer);
    bzt_err err = told->changed ? phone_save_key(p, slot) : BZT_OK;

    return err ? err : answered;
}

static void tell(phone_told *out, const bzt_told *told)
{
    if (!out)
        return;
    out->foreign += told->foreign;
    out->tries_left = told->tries_left;
    out->wait_seconds = told->wait_seconds;
}

/* --- recovery ----------------------------------------------------------- */

static json *id_and_g(phone *p, const uint8_t op_id[16], uint64_t g)
{
    json *o = json_new_object(p->scratch);

    json_add_id(o, "op_id", "op", op_id);
    json_add_int(o, "g", (int64_t)g);
    return o;
}

static void add(phone *p, json *o, const char *name, const uint8_t *bytes,
                size_t len)
{
    json_add_bytes(o, p->scratch, name, (bzt_span){bytes, len});
}

bzt_err phone_recover_slot(phone *p, bzt_outcome *outcome,
                           bzt_sm2_signature *signature, phone_slot *slot)
{
    bzt_recover_request request;
    bzt_key_answer answer;
    bzt_told told;
    bzt_err err, answered;

    *outcome = BZT_OUTCOME_NONE;
    if (!slot->key.intent.present || slot->key.arriving)
        return BZT_OK;
    if ((err = bzt_phone_recover(&request, &p->device, &slot->key)))
        return err;
    json *o = id_and_g(p, request.op_id, request.g);
    add(p, o, "mac", request.mac, 32);
    phone_call_key(p, &answer, phone_key_target(p, slot->key.key_id, "recover"),
                   o);
    answered = bzt_phone_recover_settle(&slot->key, &told, &answer);
    if (told.changed && (err = phone_save_key(p, slot)))
        return err;
    *outcome = answer.outcome;
    if (signature)
        *signature = answer.signature;
    return answered == BZT_ERR_WRONG_PIN ? BZT_OK : answered;
}

bzt_err phone_recover(phone *p, int *recovered)
{
    bzt_err err, first = BZT_OK;

    phone_begin(p);
    *recovered = 0;
    for (size_t i = 0; i < p->slots_n; i++) {
        bzt_outcome outcome;
        err = phone_recover_slot(p, &outcome, NULL, &p->slots[i]);
        *recovered += !err && outcome != BZT_OUTCOME_NONE;
        if (err && !first)
            first = err;
    }
    return first;
}

/* --- signing ------------------------------------------------------------ */

struct signing {
    phone *p;
    phone_slot *slot;
    bzt_phone_op op;
    bzt_phone_random random;
    bzt_u1 u1;
    bzt_span message;
    const char *purpose;
};

static bzt_err send_open(struct signing *s, bzt_open_answer *opened,
                         const bzt_open_request *request)
{
    phone *p = s->p;
    const json *got;
    json *o = id_and_g(p, request->op_id, request->g);
    bzt_err err;

    json_add_text(o, "for", s->purpose);
    json_add_bytes(o, p->scratch, "message", request->message);
    add(p, o, "mac", request->mac, 32);
    const char *target = phone_key_target(p, s->slot->key.key_id, "open");
    if (!target)
        return BZT_ERR_MEMORY;
    if ((err = phone_call(p, &got, "POST", target, o)))
        return err;
    if (!got)
        return BZT_ERR_BAD_JSON;
    if ((err = json_id(opened->op_id, got, "op_id", "op")) ||
        (err = json_bytes(opened->Qs, 65, got, "Qs")) ||
        (err = json_bytes(opened->A, 65, got, "A")))
        return err;
    return json_bytes(opened->z, 32, got, "z");
}

static void send_sign(struct signing *s, bzt_key_answer *answer,
                      const bzt_sign_request *r)
{
    phone *p = s->p;
    json *o = id_and_g(p, r->op_id, r->g);

    add(p, o, "rho", r->rho, 32);
    add(p, o, "Qs", r->Qs, 65);
    add(p, o, "r", r->r, 32);
    add(p, o, "p2", r->p2, 32);
    add(p, o, "p3", r->p3, 32);
    add(p, o, "mac", r->mac, 32);
    phone_call_key(p, answer, phone_key_target(p, s->slot->key.key_id, "sign"),
                   o);
}

/* One nonce's worth: the half is made, the intent written, the half sent. */
static bzt_err sign_once(struct signing *s, bzt_key_answer *answer,
                         bzt_told *told, const bzt_open_answer *opened)
{
    bzt_sign_request request;
    bzt_err err = bzt_phone_sign(&s->op, &s->slot->key, &request, &s->p->device,
                                 opened, &s->u1, &s->random);

    if (err)
        return err;
    if ((err = phone_save_key(s->p, s->slot)))
        goto out;
    send_sign(s, answer, &request);
    err = phone_settle(s->p, told, s->slot, &s->op, answer);
out:
    wipe(&request, sizeof(request));
    return err;
}

static bzt_err reopen(struct signing *s, bzt_open_answer *opened)
{
    bzt_open_request request;
    bzt_err err = phone_draw(&s->random);

    if (err)
        return err;
    if ((err = bzt_phone_reopen(&request, &s->op, &s->p->device, &s->slot->key,
                                s->message)))
        return err;
    return send_open(s, opened, &request);
}

/* The answer said nothing final: ask, and use what is known. */
static bzt_err resolve(struct signing *s, bzt_sm2_signature *out, bzt_err why)
{
    bzt_outcome outcome;
    bzt_err err = phone_recover_slot(s->p, &outcome, out, s->slot);

    if (err)
        return err;
    if (outcome == BZT_OUTCOME_SIGN)
        return bzt_sm2_verify_vartime(s->slot->key.P, s->message, out);
    return outcome == BZT_OUTCOME_WRONG ? BZT_ERR_WRONG_PIN : why;
}

static bzt_err sign(struct signing *s, bzt_sm2_signature *out,
                    phone_told *told_out)
{
    bzt_open_request request;
    bzt_open_answer opened;
    bzt_key_answer answer;
    bzt_told told;
    bzt_err err;

    if ((err = bzt_phone_open(&s->op, &request, &s->p->device, &s->slot->key,
                              s->message, &s->random)) ||
        (err = send_open(s, &opened, &request)))
        return err;
    for (;;) {
        told = (bzt_told){0};
        err = sign_once(s, &answer, &told, &opened);
        if (told.next != BZT_NEXT_REOPEN)
            break;
        if ((err = reopen(s, &opened)))
            return resolve(s, out, err);
    }
    tell(told_out, &told);
    if (!err)
        return bzt_phone_sign_result(out, &s->op, &answer);
    return told.next == BZT_NEXT_RECOVER ? resolve(s, out, err) : err;
}

/* An intent of an earlier time is settled before anything else. */
static bzt_err settle_first(phone *p, phone_slot *slot)
{
    bzt_outcome outcome;

    return phone_recover_slot(p, &outcome, NULL, slot);
}

bzt_err phone_cosign(phone *p, bzt_sm2_signature *out, phone_told *told,
                     phone_slot *slot, bzt_span message, const char *purpose,
                     const bzt_pin *pin)
{
    struct signing s = {
        .p = p, .slot = slot, .message = message, .purpose = purpose};
    bzt_err err;

    *out = (bzt_sm2_signature){0};
    if ((err = settle_first(p, slot)))
        return err;
    if ((err = phone_draw(&s.random)) ||
        (err = bzt_u1_derive(&s.u1, &slot->key, pin)))
        goto out;
    err = sign(&s, out, told);
out:
    wipe(&s.random, sizeof(s.random));
    bzt_u1_wipe(&s.u1);
    bzt_phone_op_wipe(&s.op);
    return err;
}

/* --- acts --------------------------------------------------------------- */

bzt_err phone_send_authorise(phone *p, phone_told *told_out, phone_slot *slot,
                             bzt_phone_op *op, const bzt_authorise_request *r)
{
    char act[256] = "";
    bzt_key_answer answer;
    bzt_told told;
    json *o = id_and_g(p, r->op_id, r->g);
    bzt_err err;

    if (r->act.len >= sizeof(act))
        return BZT_ERR_RANGE;
    memcpy(act, r->act.p, r->act.len);
    add(p, o, "rho", r->rho, 32);
    json_add_text(o, "act", act);
    add(p, o, "A", r->A, 65);
    add(p, o, "z", r->z, 32);
    add(p, o, "mac", r->mac, 32);
    phone_call_key(p, &answer,
                   phone_key_target(p, slot->key.key_id, "authorise"), o);
    err = phone_settle(p, &told, slot, op, &answer);
    tell(told_out, &told);
    return err;
}
