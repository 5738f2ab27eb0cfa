/* The phone's durable state as bytes (bzt/cosign.h, Storage).  Pure.
 *
 * Version 1; all numbers big-endian; a field without meaning is zero, so one
 * state has one form. */
#include "core/bytes.h"
#include "core/ct.h"
#include "core/sc.h"
#include "core/wipe.h"
#include "must.h"
#include <bzt/cosign.h>
#include <string.h>

enum { VERSION = 1 };

/* Fixed sizes: the cursor cannot run over. */
typedef struct cursor {
    uint8_t *w;
    const uint8_t *r;
} cursor;

static void put(cursor *c, const void *p, size_t len)
{
    memcpy(c->w, p, len);
    c->w += len;
}

static void put_u8(cursor *c, uint32_t v)
{
    *c->w++ = (uint8_t)v;
}

static void put_u32(cursor *c, uint32_t v)
{
    store_be32(c->w, v);
    c->w += 4;
}

static void put_u64(cursor *c, uint64_t v)
{
    store_be64(c->w, v);
    c->w += 8;
}

static void get(cursor *c, void *p, size_t len)
{
    memcpy(p, c->r, len);
    c->r += len;
}

static uint8_t get_u8(cursor *c)
{
    return *c->r++;
}

static uint32_t get_u32(cursor *c)
{
    c->r += 4;
    return load_be32(c->r - 4);
}

static uint64_t get_u64(cursor *c)
{
    c->r += 8;
    return load_be64(c->r - 8);
}

static bzt_err begin(cursor *c, bzt_span in, size_t size)
{
    if (in.len < size)
        return BZT_ERR_TRUNCATED;
    if (in.len > size)
        return BZT_ERR_TRAILING;
    c->r = in.p;
    return get_u8(c) == VERSION ? BZT_OK : BZT_ERR_UNSUPPORTED;
}

static uint32_t is_zero(const void *p, size_t len)
{
    uint32_t zero = ct_is_all_zero(p, len);
    ct_public(zero); /* whether a state has one form */
    return zero;
}

static bzt_err check_scalar(const uint8_t in[32])
{
    sc s;
    bzt_err err = sc_read(&s, in);
    sc_wipe(&s);
    return err;
}

/* ---- phone -------------------------------------------------------------- */

void bzt_phone_wipe(bzt_phone *phone)
{
    wipe(phone, sizeof *phone);
}

void bzt_phone_init(bzt_phone *out, const uint8_t device_id[16],
                    const bzt_device_key *device_key,
                    const uint8_t device_secret[32])
{
    memset(out, 0, sizeof *out);
    memcpy(out->device_id, device_id, 16);
    memcpy(out->device_key.k, device_key->k, 32);
    memcpy(out->device_secret, device_secret, 32);
}

void bzt_phone_rekey(bzt_phone *phone, const bzt_device_key *device_key)
{
    memcpy(phone->device_key.k, device_key->k, 32);
}

void bzt_phone_write(uint8_t out[BZT_PHONE_SIZE], const bzt_phone *phone)
{
    const bzt_job *job = &phone->job;
    cursor c = {out, NULL};
    memset(out, 0, BZT_PHONE_SIZE);
    put_u8(&c, VERSION);
    put(&c, phone->device_id, 16);
    put(&c, phone->device_key.k, 32);
    put(&c, phone->device_secret, 32);
    put_u8(&c, job->kind);
    put(&c, job->id, 16);
    put(&c, job->of, 32);
    put_u32(&c, job->keys_n);
    must(job->keys_n <= BZT_JOB_KEYS_MAX);
    put(&c, job->keys, (size_t)job->keys_n * 16);
}

static bzt_err check_job(const bzt_job *job)
{
    if (job->kind > BZT_JOB_MOVE || job->keys_n > BZT_JOB_KEYS_MAX)
        return BZT_ERR_ENCODING;
    size_t used = (size_t)job->keys_n * 16;
    if (!is_zero(job->keys[0] + used, sizeof job->keys - used))
        return BZT_ERR_ENCODING;
    if (job->kind != BZT_JOB_NONE)
        return job->keys_n ? BZT_OK : BZT_ERR_ENCODING;
    return is_zero(job, sizeof *job) ? BZT_OK : BZT_ERR_ENCODING;
}

bzt_err bzt_phone_read(bzt_phone *out, bzt_span in)
{
    cursor c;
    memset(out, 0, sizeof *out);
    bzt_err err = begin(&c, in, BZT_PHONE_SIZE);
    if (err)
        return err;
    get(&c, out->device_id, 16);
    get(&c, out->device_key.k, 32);
    get(&c, out->device_secret, 32);
    out->job.kind = (bzt_job_kind)get_u8(&c);
    get(&c, out->job.id, 16);
    get(&c, out->job.of, 32);
    out->job.keys_n = get_u32(&c);
    get(&c, out->job.keys, sizeof out->job.keys);
    if ((err = check_job(&out->job)))
        bzt_phone_wipe(out);
    return err;
}

/* ---- key ---------------------------------------------------------------- */

void bzt_phone_key_wipe(bzt_phone_key *key)
{
    wipe(key, sizeof *key);
}

void bzt_phone_key_unlocked(bzt_phone_key *key)
{
    key->wrong = 0;
}

static void put_intent(cursor *c, const bzt_intent *intent)
{
    put_u8(c, intent->present);
    put_u8(c, intent->part);
    put(c, intent->op_id, 16);
    put(c, intent->job, 16);
    put_u64(c, intent->g);
    put(c, intent->m, 32);
}

void bzt_phone_key_write(uint8_t out[BZT_PHONE_KEY_SIZE],
                         const bzt_phone_key *key)
{
    cursor c = {out, NULL};
    put_u8(&c, VERSION);
    put(&c, key->key_id, 16);
    put(&c, key->P, 65);
    put_u64(&c, key->g);
    put(&c, key->m, 32);
    put(&c, key->device_secret, 32);
    put_u32(&c, key->wrong);
    put_intent(&c, &key->intent);
    put_u8(&c, key->arriving);
    put(&c, key->blob_hash, 32);
    put(&c, key->done, 16);
    must(c.w == out + BZT_PHONE_KEY_SIZE);
}

static void get_intent(cursor *c, bzt_intent *intent)
{
    intent->present = get_u8(c);
    intent->part = (bzt_part)get_u8(c);
    get(c, intent->op_id, 16);
    get(c, intent->job, 16);
    intent->g = get_u64(c);
    get(c, intent->m, 32);
}

static bzt_err check_intent(const bzt_phone_key *key)
{
    const bzt_intent *intent = &key->intent;
    if (intent->present > 1 || intent->part > BZT_PART_STEP)
        return BZT_ERR_ENCODING;
    if (intent->present)
        return intent->g == key->g ? check_scalar(intent->m) : BZT_ERR_ENCODING;
    if (intent->part || intent->g || !is_zero(intent->op_id, 16) ||
        !is_zero(intent->job, 16) || !is_zero(intent->m, 32))
        return BZT_ERR_ENCODING;
    return BZT_OK;
}

/* A copy that arrives has its intent from the start. */
static bzt_err check_arriving(const bzt_phone_key *key)
{
    if (key->arriving > 1 || (key->arriving && !key->intent.present))
        return BZT_ERR_ENCODING;
    if (!key->arriving && !is_zero(key->blob_hash, 32))
        return BZT_ERR_ENCODING;
    return BZT_OK;
}

static bzt_err check_key(const bzt_phone_key *key)
{
    bzt_err err;
    if ((err = bzt_sm2_point_check(key->P)) || (err = check_scalar(key->m)) ||
        (err = check_intent(key)) || (err = check_arriving(key)))
        return err;
    return key->g <= BZT_G_MAX ? BZT_OK : BZT_ERR_RANGE;
}

bzt_err bzt_phone_key_read(bzt_phone_key *out, bzt_span in)
{
    cursor c;
    memset(out, 0, sizeof *out);
    bzt_err err = begin(&c, in, BZT_PHONE_KEY_SIZE);
    if (err)
        return err;
    get(&c, out->key_id, 16);
    get(&c, out->P, 65);
    out->g = get_u64(&c);
    get(&c, out->m, 32);
    get(&c, out->device_secret, 32);
    out->wrong = get_u32(&c);
    get_intent(&c, &out->intent);
    out->arriving = get_u8(&c);
    get(&c, out->blob_hash, 32);
    get(&c, out->done, 16);
    if ((err = check_key(out)))
        bzt_phone_key_wipe(out);
    return err;
}

/* ---- transfer ----------------------------------------------------------- */

void bzt_transfer_wipe(bzt_transfer *t)
{
    wipe(t, sizeof *t);
}

void bzt_transfer_write(uint8_t out[BZT_TRANSFER_SIZE], const bzt_transfer *t)
{
    cursor c = {out, NULL};
    put_u8(&c, VERSION);
    put(&c, t->once, 32);
    put(&c, t->secret, 16);
}

bzt_err bzt_transfer_read(bzt_transfer *out, bzt_span in)
{
    cursor c;
    memset(out, 0, sizeof *out);
    bzt_err err = begin(&c, in, BZT_TRANSFER_SIZE);
    if (err)
        return err;
    get(&c, out->once, 32);
    get(&c, out->secret, 16);
    if ((err = check_scalar(out->once)))
        bzt_transfer_wipe(out);
    return err;
}

void bzt_transfer_code_write(uint8_t out[BZT_TRANSFER_CODE_SIZE],
                             const bzt_transfer_code *code)
{
    cursor c = {out, NULL};
    put(&c, code->point, 65);
    put(&c, code->secret, 16);
    put(&c, code->device_id, 16);
}

bzt_err bzt_transfer_code_read(bzt_transfer_code *out, bzt_span in)
{
    memset(out, 0, sizeof *out);
    if (in.len < BZT_TRANSFER_CODE_SIZE)
        return BZT_ERR_TRUNCATED;
    if (in.len > BZT_TRANSFER_CODE_SIZE)
        return BZT_ERR_TRAILING;
    cursor c = {NULL, in.p};
    get(&c, out->point, 65);
    get(&c, out->secret, 16);
    get(&c, out->device_id, 16);
    bzt_err err = bzt_sm2_point_check(out->point);
    if (err)
        wipe(out, sizeof *out);
    return err;
}
