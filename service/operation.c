/* One operation on a split key: load, and commit on condition. */
#include "audit.h"
#include "base/log.h"
#include "base/rng.h"
#include "core/sm3.h"
#include "core/wipe.h"
#include "cosign_internal.h"
#include "request.h"
#include "store/device.h"
#include "store/message.h"
#include "vault.h"
#include <stdio.h>
#include <string.h>

static const char *const state_names[] = {
    [COSIGN_NEW] = "new",     [COSIGN_LIVE] = "live",     [COSIGN_PIN] = "pin",
    [COSIGN_CLONE] = "clone", [COSIGN_FROZEN] = "frozen",
};

static bzt_err state_by_name(cosign_state *out, const char *name)
{
    for (int s = COSIGN_NEW; s <= COSIGN_FROZEN; s++) {
        if (!strcmp(state_names[s], name)) {
            *out = (cosign_state)s;
            return BZT_OK;
        }
    }
    return BZT_ERR_IO;
}

/* --- rows to the protocol's structs, and back --------------------------- */

static bzt_err row_from_key(cosign_row *row, const key_row *key)
{
    *row = (cosign_row){
        .use = bzt_key_use_by_name(key->purpose),
        .g = (uint64_t)key->g,
        .failures = (uint32_t)key->failures,
        .wait_until_ms = key->wait_until,
        .last = {.wrong = (uint32_t)key->last_wrong},
    };
    memcpy(row->key_id, key->id, 16);
    memcpy(row->device_id, key->device, 16);
    memcpy(row->P, key->point, 65);
    if (key->has_last) {
        row->last.kind = bzt_outcome_by_name(key->last_kind);
        memcpy(row->last.op_id, key->last_op, 16);
        memcpy(row->last.signature.r, key->last_signature, 32);
        memcpy(row->last.signature.s, key->last_signature + 32, 32);
    }
    if (key->has_moving) {
        row->moving.present = 1;
        row->moving.g = (uint64_t)key->moving_g;
        memcpy(row->moving.to_device, key->moving_device, 16);
        sm3_digest(row->moving.blob_hash, key->moving_blob);
    }
    if (key->seen)
        row->seen = bzt_outcome_by_name(key->seen);
    return state_by_name(&row->state, key->state);
}

static void key_from_row(key_row *key, const operation *op)
{
    const cosign_row *row = &op->effect.after;

    memcpy(key->device, row->device_id, 16);
    memcpy(key->point, row->P, 65);
    key->has_point = row->state != COSIGN_NEW;
    key->state = state_names[row->state];
    key->g = (int64_t)row->g;
    key->failures = row->failures;
    key->wait_until = row->wait_until_ms;
    key->has_last = row->last.kind != BZT_OUTCOME_NONE;
    key->last_kind = key->has_last ? bzt_outcome_name(row->last.kind) : NULL;
    memcpy(key->last_op, row->last.op_id, 16);
    key->has_signature = row->last.kind == BZT_OUTCOME_SIGN;
    memcpy(key->last_signature, row->last.signature.r, 32);
    memcpy(key->last_signature + 32, row->last.signature.s, 32);
    key->last_wrong = row->last.wrong;
    key->has_moving = row->moving.present != 0;
    key->moving_g = (int64_t)row->moving.g;
    memcpy(key->moving_device, row->moving.to_device, 16);
    if (op->blob.len)
        key->moving_blob = op->blob;
}

/* --- loading ------------------------------------------------------------ */

static bzt_err load_device(store_tx *tx, operation *op, bzt_span *key_sealed)
{
    device_row device;
    bzt_err err = device_get(tx, &device, op->by->a, op->by->device);

    if (err)
        return err;
    if (strcmp(device.state, "live"))
        return BZT_ERR_FORBIDDEN;
    memcpy(op->device.device_id, device.id, 16);
    memcpy(op->device.user_id, device.person, 16);
    *key_sealed = device.key_sealed;
    return BZT_OK;
}

struct load {
    operation *op;
    bzt_span device_key;
};

static bzt_err load_op(store_tx *tx, void *arg)
{
    struct load *in = arg;
    operation *op = in->op;
    bzt_err err;

    if ((err = store_now(tx, &op->now_ms)))
        return err;
    if ((err = load_device(tx, op, &in->device_key)))
        return err;
    err = key_get(tx, &op->key, op->by->a, op->key_id,
                  op->has_op ? op->op_id : NULL);
    op->exists = !err;
    if (!err && op->also)
        err = op->also(tx, op->also_arg);
    return op->exists ? err : err == BZT_ERR_NOT_FOUND ? BZT_OK : err;
}

static bzt_err unseal(void *out, size_t len, const operation *op,
                      const char *column, const uint8_t row[16],
                      bzt_span sealed)
{
    bzt_span plain;
    bzt_err err = vault_unseal(&plain, op->by->a, op->by->s->vault,
                               (vault_place){column, row}, sealed);

    if (err)
        return err;
    if (plain.len != len)
        return BZT_ERR_IO;
    memcpy(out, plain.p, len);
    wipe((void *)plain.p, plain.len);
    return BZT_OK;
}

bzt_err operation_load(operation *op)
{
    struct load in = {.op = op};
    bzt_err err;

    if ((err = store_read(op->by->s->store, load_op, &in)))
        return err;
    if ((err = unseal(op->device.key.k, 32, op, "device.key_sealed",
                      op->device.device_id, in.device_key)))
        return err;
    if (!op->exists) {
        cosign_effect_unknown(&op->effect, op->has_op ? op->op_id : op->key_id);
        op->answer = BZT_ERR_REFUSED;
        return BZT_OK;
    }
    if ((err = row_from_key(&op->row, &op->key)))
        return err;
    if (!op->key.share_sealed.len)
        return BZT_OK;
    return unseal(op->share.u2, 32, op, "split_key.share_sealed", op->key.id,
                  op->key.share_sealed);
}

/* --- what an effect tells ----------------------------------------------- */

static const struct {
    uint32_t bit;
    const char *audit;
    const char *message; /* to the holder, or NULL */
} tellings[] = {
    {COSIGN_TELL_CLONE, "key.clone", "clone_suspected"},
    {COSIGN_TELL_BEHIND, "key.behind", NULL},
    {COSIGN_TELL_STALE, "key.stale", "clone_suspected"},
    {COSIGN_TELL_WRONG, "key.wrong_pin", NULL},
    {COSIGN_TELL_LOCKED, "key.locked", "key_locked"},
};

static bzt_err tell_holder(store_tx *tx, const operation *op, const char *kind)
{
    message_row m = {
        .kind = kind, .body = "{}", .has_subject = 1, .created_at = op->now_ms};
    bzt_err err = rng_id(m.id);

    if (err)
        return err;
    memcpy(m.person, op->key.person, 16);
    memcpy(m.subject, op->key.id, 16);
    if ((err = message_insert(tx, &m)))
        return err;
    store_touch(tx, op->key.person);
    return BZT_OK;
}

static bzt_err note(store_tx *tx, const operation *op, const char *kind,
                    const char *outcome, const char *detail)
{
    const audit_note n = {.kind = kind,
                          .actor_kind = "per",
                          .actor = op->by->person,
                          .person = op->key.person,
                          .subject_kind = "key",
                          .subject = op->key.id,
                          .outcome = outcome,
                          .detail = detail};

    return service_audit(tx, op->now_ms, &n);
}

static bzt_err tell(store_tx *tx, const operation *op)
{
    bzt_err err;

    for (size_t i = 0; i < sizeof(tellings) / sizeof(tellings[0]); i++) {
        if (!(op->effect.tell & tellings[i].bit))
            continue;
        if ((err = note(tx, op, tellings[i].audit, NULL, op->kind)))
            return err;
        if (tellings[i].message &&
            (err = tell_holder(tx, op, tellings[i].message)))
            return err;
    }
    if (op->effect.tell & COSIGN_TELL_BEHIND)
        log_event(LOG_ERROR, "key_behind",
                  "a phone is ahead of this database: data was lost");
    return BZT_OK;
}

/* --- committing --------------------------------------------------------- */

static bzt_err count_tries(store_tx *tx, operation *op)
{
    const uint8_t *device = op->effect.after.device_id;
    int64_t *n = &op->device_failures;

    switch (op->effect.tries) {
    case COSIGN_TRIES_ADD:
        return device_tries_add(tx, n, device);
    case COSIGN_TRIES_CLEAR:
        return device_tries_clear(tx, n, device);
    default:
        return device_lock(tx, n, device);
    }
}

/* Every other key that goes with it is told by its own record. */
static bzt_err tell_locked(store_tx *tx, const operation *op)
{
    operation other = {.by = op->by, .now_ms = op->now_ms};
    key_row *keys;
    size_t n;
    bzt_err err;

    if ((err = key_list_device(tx, &keys, &n, BZT_JOB_KEYS_MAX, op->by->a,
                               op->effect.after.device_id)))
        return err;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(keys[i].state, "live") ||
            !memcmp(keys[i].id, op->key_id, 16))
            continue;
        other.key = keys[i];
        if ((err = note(tx, &other, "key.locked", NULL, op->kind)) ||
            (err = tell_holder(tx, &other, "key_locked")))
            return err;
    }
    return BZT_OK;
}

static bzt_err lock_phone(store_tx *tx, operation *op)
{
    bzt_err err;

    if (op->effect.tries != COSIGN_TRIES_ADD ||
        !cosign_device_locks((uint32_t)op->device_failures))
        return BZT_OK;
    cosign_effect_device_locked(&op->effect);
    op->effect.tell |= COSIGN_TELL_LOCKED;
    if ((err = tell_locked(tx, op)))
        return err;
    return key_lock_device(tx, op->effect.after.device_id);
}

static bzt_err remember(store_tx *tx, const operation *op)
{
    bzt_err err;

    if (op->effect.remember == BZT_OUTCOME_NONE)
        return BZT_OK;
    if ((err =
             key_op_insert(tx, op->key_id, op->effect.op_id,
                           bzt_outcome_name(op->effect.remember), op->now_ms)))
        return err;
    /* Forgetting may lag: now and then is enough. */
    if (op->effect.after.g % 16)
        return BZT_OK;
    return key_op_prune(tx, op->key_id, COSIGN_REMEMBERED,
                        op->now_ms - COSIGN_REMEMBERED_MS);
}

/* What the operation was for: a request that is done, or has failed. */
static bzt_err complete(store_tx *tx, operation *op)
{
    const cosign_for *what = op->for_it;
    uint8_t signature[64];
    int was_open;

    if (!what)
        return BZT_OK;
    if (what->kind == COSIGN_FOR_APPLICATION)
        return op->answer ? BZT_OK
                          : key_update_application(tx, op->key_id, what->id);
    if (!op->answer) {
        memcpy(signature, op->effect.signature.r, 32);
        memcpy(signature + 32, op->effect.signature.s, 32);
        return request_tx_done(tx, &was_open, op->by->a, what->id, op->op_id,
                               signature, op->now_ms);
    }
    if (op->effect.tell & COSIGN_TELL_LOCKED)
        return request_tx_failed(tx, op->by->a, what->id, "key_locked",
                                 op->now_ms);
    return BZT_OK;
}

static bzt_err note_operation(store_tx *tx, const operation *op)
{
    char kind[24], detail[24] = "";

    if (op->answer) /* wrong PINs and clones are noted by tell() */
        return BZT_OK;
    snprintf(kind, sizeof(kind), "key.%s", op->kind);
    if (op->effect.wrong)
        snprintf(detail, sizeof(detail), "cleared %u", op->effect.wrong);
    return note(tx, op, kind, NULL, detail[0] ? detail : NULL);
}

struct commit {
    operation *op;
    bzt_span share_sealed;
    cosign_effect effect; /* as the step made it: a re-run begins anew */
};

static bzt_err commit_op(store_tx *tx, void *arg)
{
    struct commit *in = arg;
    operation *op = in->op;
    const key_condition condition = {op->key.g, op->key.failures,
                                     op->key.state};
    key_row after = op->key;
    bzt_err err;

    op->effect = in->effect;
    if ((err = count_tries(tx, op)))
        return err;
    key_from_row(&after, op);
    if (in->share_sealed.len)
        after.share_sealed = in->share_sealed;
    if ((err = key_update(tx, &after, &condition)))
        return err;
    if ((err = lock_phone(tx, op)) || (err = remember(tx, op)) ||
        (err = complete(tx, op)) || (err = tell(tx, op)))
        return err;
    return note_operation(tx, op);
}

static bzt_err tell_op(store_tx *tx, void *arg)
{
    return tell(tx, arg);
}

static bzt_err commit(operation *op)
{
    struct commit in = {.op = op, .effect = op->effect};
    bzt_err err;

    if (op->effect.new_share) {
        if ((err =
                 vault_seal(&in.share_sealed, op->by->a, op->by->s->vault,
                            (vault_place){"split_key.share_sealed", op->key.id},
                            (bzt_span){op->effect.share.u2, 32})))
            goto out;
    }
    err = store_write(op->by->s->store, commit_op, &in);
    /* The same op_id, carried out by another copy meanwhile. */
    if (err == BZT_ERR_DUPLICATE)
        err = BZT_ERR_BUSY;
out:
    cosign_effect_wipe(&in.effect);
    return err;
}

static void fill(cosign_reply *reply, const operation *op)
{
    const cosign_effect *e = &op->effect;

    reply->named = 1;
    memcpy(reply->id, e->answer_id, 16);
    reply->wrong = e->wrong;
    reply->tries_left = e->tries_left;
    reply->wait_seconds = e->wait_seconds;
    reply->outcome = e->outcome;
    reply->signature = e->signature;
}

bzt_err operation_finish(operation *op, cosign_reply *reply)
{
    bzt_err err = BZT_OK;

    if (op->effect.commit)
        err = commit(op);
    else if (op->effect.tell)
        err = store_write(op->by->s->store, tell_op, op);
    fill(reply, op);
    if (!err)
        return op->answer;
    wipe(&reply->signature, sizeof(reply->signature));
    /* Only `busy` may name the operation: nothing else is known of it. */
    reply->named = err == BZT_ERR_BUSY;
    return err;
}

void operation_wipe(operation *op)
{
    cosign_share_wipe(&op->share);
    cosign_effect_wipe(&op->effect);
    wipe(&op->device.key, sizeof(op->device.key));
}
