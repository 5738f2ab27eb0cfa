/* Jobs: work on several keys that may be cut off and goes on later
 * (protocol.md, Changing the PIN).  Pure.
 *
 * Which keys are done stands in each key, in the write that rolls it, so no
 * crash can set the one without the other. */
#include "core/ct.h"
#include "core/wipe.h"
#include "phone.h"
#include "pin.h"
#include <string.h>

bzt_err bzt_phone_job_begin(bzt_phone *phone, bzt_job_kind kind,
                            const uint8_t of[32], const uint8_t (*keys)[16],
                            size_t keys_n, const uint8_t job_id[16])
{
    bzt_job *job = &phone->job;
    if (job->kind != BZT_JOB_NONE)
        return job->kind == kind && memcmp(job->of, of, 32) == 0 ? BZT_OK
                                                                 : BZT_ERR_JOB;
    if ((kind != BZT_JOB_PIN && kind != BZT_JOB_MOVE) || keys_n < 1 ||
        keys_n > BZT_JOB_KEYS_MAX)
        return BZT_ERR_RANGE;
    job->kind = kind;
    memcpy(job->id, job_id, 16);
    memcpy(job->of, of, 32);
    job->keys_n = (uint32_t)keys_n;
    memcpy(job->keys, keys, keys_n * 16);
    return BZT_OK;
}

static uint32_t is_done(const bzt_phone *phone, const bzt_phone_key *key)
{
    const bzt_job *job = &phone->job;
    return memcmp(key->done, job->id, 16) == 0;
}

typedef enum wanted { WITH_INTENT, DONE, LEFT } wanted;

static uint32_t is_wanted(const bzt_phone *phone, const bzt_phone_key *key,
                          wanted what)
{
    if (what == WITH_INTENT)
        return key->intent.present;
    return is_done(phone, key) == (what == DONE);
}

/* The first such key, in the job's own order. */
static uint32_t find(size_t *which, const bzt_phone *phone,
                     const bzt_phone_key *const *keys, size_t keys_n,
                     wanted what)
{
    const bzt_job *job = &phone->job;
    for (uint32_t i = 0; i < job->keys_n; i++) {
        for (size_t k = 0; k < keys_n; k++) {
            if (memcmp(keys[k]->key_id, job->keys[i], 16) == 0 &&
                is_wanted(phone, keys[k], what)) {
                *which = k;
                return 1;
            }
        }
    }
    return 0;
}

bzt_todo bzt_phone_job_next(size_t *which, const bzt_phone *phone,
                            const bzt_phone_key *const *keys, size_t keys_n,
                            uint32_t proved)
{
    size_t left;
    *which = 0;
    if (find(which, phone, keys, keys_n, WITH_INTENT))
        return BZT_TODO_RECOVER;
    if (!find(&left, phone, keys, keys_n, LEFT))
        return BZT_TODO_END;
    /* Resumed: is it the same new PIN as the first time? */
    if (phone->job.kind == BZT_JOB_PIN && !proved &&
        find(which, phone, keys, keys_n, DONE))
        return BZT_TODO_CHECK;
    *which = left;
    return BZT_TODO_STEP;
}

bzt_err bzt_phone_job_end(bzt_phone *phone, const bzt_phone_key *const *keys,
                          size_t keys_n)
{
    size_t which;
    if (phone->job.kind == BZT_JOB_PIN) {
        uint32_t under_way = find(&which, phone, keys, keys_n, WITH_INTENT);
        uint32_t left = find(&which, phone, keys, keys_n, LEFT);
        uint32_t done = find(&which, phone, keys, keys_n, DONE);
        if (under_way || (left && done))
            return BZT_ERR_JOB;
    }
    wipe(&phone->job, sizeof phone->job);
    return BZT_OK;
}

/* ---- changing the PIN --------------------------------------------------- */

/* u1 = m*F(old), and the mask F(old) * F(new)^-1. */
static bzt_err derive_both(bzt_u1 *u1, sc *masks, const bzt_phone_key *key,
                           const bzt_pin_change *pins)
{
    sc m, f_new;
    bzt_err err = sc_read(&m, key->m);
    if (err)
        return err;
    pin_factor(masks, pins->old_pin, key->device_secret, key->key_id);
    sc_mul(&m, &m, masks);
    sc_write(u1->u1, &m);
    memcpy(u1->key_id, key->key_id, 16);
    u1->g = key->g;
    pin_factor(&f_new, pins->new_pin, key->device_secret, key->key_id);
    sc_inv(&f_new, &f_new);
    sc_mul(masks, masks, &f_new);
    sc_wipe(&m);
    sc_wipe(&f_new);
    return BZT_OK;
}

bzt_err bzt_phone_change_pin(bzt_phone_op *op, bzt_phone_key *key,
                             bzt_authorise_request *out, const bzt_phone *phone,
                             const bzt_pin_change *pins,
                             const bzt_phone_random *random)
{
    bzt_u1 u1;
    sc masks;
    memset(op, 0, sizeof *op);
    memset(out, 0, sizeof *out);
    if (phone->job.kind != BZT_JOB_PIN || is_done(phone, key))
        return BZT_ERR_JOB;
    bzt_err err = phone_may_begin(phone, key, BZT_PART_STEP);
    if (!err)
        err = derive_both(&u1, &masks, key, pins);
    if (err)
        return err;
    const phone_act act = {BZT_SPAN_LIT("change pin"), BZT_PART_STEP, &masks};
    err = phone_authorise(op, key, out, phone, &act, &u1, random);
    sc_wipe(&masks);
    bzt_u1_wipe(&u1);
    return err;
}

bzt_err bzt_phone_check_pin(bzt_phone_op *op, bzt_phone_key *key,
                            bzt_authorise_request *out, const bzt_phone *phone,
                            const bzt_u1 *u1, const bzt_phone_random *random)
{
    memset(op, 0, sizeof *op);
    memset(out, 0, sizeof *out);
    if (phone->job.kind != BZT_JOB_PIN || !is_done(phone, key))
        return BZT_ERR_JOB;
    const phone_act act = {BZT_SPAN_LIT("check pin"), BZT_PART_CHECK, NULL};
    return phone_authorise(op, key, out, phone, &act, u1, random);
}
