/* What an answer does to an intent: the one place where that is decided
 * (protocol.md, One operation, 3 and 4; Lost answers).  Pure.
 *
 * Only a success, wrong_pin or refused that names the op_id ends an intent.
 * On success the intent becomes the state before the answer is looked at. */
#include "core/wipe.h"
#include "phone.h"
#include <string.h>

uint32_t phone_is_named(const bzt_phone_key *key, const bzt_key_answer *answer)
{
    return answer->has_id && memcmp(answer->id, key->intent.op_id, 16) == 0;
}

void phone_drop_intent(bzt_phone_key *key)
{
    wipe(&key->intent, sizeof key->intent);
}

/* m, g and the job's mark change together, and the intent is gone. */
void phone_settle_intent(bzt_phone_key *key)
{
    if (key->intent.part == BZT_PART_STEP)
        memcpy(key->done, key->intent.job, 16);
    memcpy(key->m, key->intent.m, 32);
    key->g = key->intent.g + 1;
    phone_drop_intent(key);
}

static bzt_err keep(bzt_told *told, bzt_err err)
{
    told->next = BZT_NEXT_RECOVER;
    return err;
}

static bzt_err succeed(bzt_phone_key *key, bzt_told *told,
                       const bzt_key_answer *answer)
{
    phone_settle_intent(key);
    if (answer->wrong > key->wrong)
        told->foreign = answer->wrong - key->wrong;
    key->wrong = 0;
    told->changed = 1;
    told->next = BZT_NEXT_RESULT;
    return BZT_OK;
}

static bzt_err drop(bzt_phone_key *key, bzt_told *told,
                    const bzt_key_answer *answer, bzt_err err)
{
    phone_drop_intent(key);
    if (err == BZT_ERR_WRONG_PIN) {
        key->wrong++;
        told->tries_left = answer->tries_left;
        told->wait_seconds = answer->wait_seconds;
    }
    told->changed = 1;
    told->next = BZT_NEXT_DROPPED;
    return err;
}

static bzt_next after_nonce_gone(const bzt_phone_op *op,
                                 const bzt_phone_key *key)
{
    if (!op || op->kind != BZT_OUTCOME_SIGN ||
        memcmp(op->op_id, key->intent.op_id, 16) != 0)
        return BZT_NEXT_RECOVER;
    return op->opens <= BZT_NONCE_REOPENS ? BZT_NEXT_REOPEN : BZT_NEXT_RECOVER;
}

bzt_err bzt_phone_settle(bzt_phone_key *key, bzt_told *told,
                         const bzt_phone_op *op, const bzt_key_answer *answer)
{
    memset(told, 0, sizeof *told);
    if (!key->intent.present || key->arriving)
        return BZT_ERR_CONFLICT;
    if (!phone_is_named(key, answer))
        return keep(told, answer->err ? answer->err : BZT_ERR_BUSY);
    switch (answer->err) {
    case BZT_OK:
        return succeed(key, told, answer);
    case BZT_ERR_WRONG_PIN:
    case BZT_ERR_REFUSED:
        return drop(key, told, answer, answer->err);
    case BZT_ERR_NONCE_GONE:
        told->next = after_nonce_gone(op, key);
        return BZT_ERR_NONCE_GONE;
    case BZT_ERR_WAIT:
        told->wait_seconds = answer->wait_seconds;
        return keep(told, BZT_ERR_WAIT);
    default:
        return keep(told, answer->err);
    }
}

bzt_err bzt_phone_recover(bzt_recover_request *out, const bzt_phone *phone,
                          const bzt_phone_key *key)
{
    wire w;
    memset(out, 0, sizeof *out);
    if (!key->intent.present || key->arriving)
        return BZT_ERR_CONFLICT;
    memcpy(out->key_id, key->key_id, 16);
    memcpy(out->op_id, key->intent.op_id, 16);
    out->g = key->intent.g;
    wire_init(&w, WIRE_RECOVER, out->key_id);
    wire_set_op(&w, out->op_id, out->g, NULL);
    wire_mac_device(out->mac, &w, &phone->device_key);
    return BZT_OK;
}

/* It never happened: the server's g has moved on without a roll. */
static bzt_err become_void(bzt_phone_key *key, bzt_told *told)
{
    key->g = key->intent.g + 1;
    phone_drop_intent(key);
    told->changed = 1;
    told->next = BZT_NEXT_VOID;
    return BZT_OK;
}

bzt_err bzt_phone_recover_settle(bzt_phone_key *key, bzt_told *told,
                                 const bzt_key_answer *answer)
{
    memset(told, 0, sizeof *told);
    if (!key->intent.present || key->arriving)
        return BZT_ERR_CONFLICT;
    /* No error of recover, not even refused, says what became of it. */
    if (answer->err)
        return keep(told, answer->err);
    if (!phone_is_named(key, answer) || !bzt_outcome_name(answer->outcome))
        return keep(told, BZT_ERR_BUSY);
    if (answer->outcome == BZT_OUTCOME_VOID)
        return become_void(key, told);
    if (answer->outcome == BZT_OUTCOME_WRONG)
        return drop(key, told, answer, BZT_ERR_WRONG_PIN);
    return succeed(key, told, answer);
}
