/* Lifting a PIN lock (doc/wire.md, Unlocking): a reviewer permits it after
 * the holder's identity check, the phone brings a new device key, so that a
 * stolen image of the phone is dead. */
#include "audit.h"
#include "core/wipe.h"
#include "cosign_internal.h"
#include "site_keys.h"
#include "store/application.h"
#include "store/device.h"
#include "store/session.h"
#include "vault.h"
#include <string.h>

enum { PERMIT_MS = 86400000 };

/* --- the reviewer ------------------------------------------------------- */

struct permit {
    arena *a;
    unlock_permit row;
    const uint8_t *tenant;
};

static bzt_err permit_op(store_tx *tx, void *arg)
{
    struct permit *in = arg;
    const audit_note n = {.kind = "key.unlock_permitted",
                          .tenant = in->tenant,
                          .actor_kind = "stf",
                          .actor = in->row.staff,
                          .subject_kind = "key",
                          .subject = in->row.key,
                          .detail = in->row.approved ? "approved" : NULL};
    application_row application;
    key_row key;
    int64_t now_ms;
    bzt_err err;

    if ((err = key_get(tx, &key, in->a, in->row.key, NULL)))
        return err;
    if (!key.has_application)
        return BZT_ERR_NOT_FOUND;
    if ((err = application_get(tx, &application, in->a, key.application)))
        return err;
    if (memcmp(application.tenant, in->tenant, 16))
        return BZT_ERR_NOT_FOUND; /* another tenant's holder */
    if (strcmp(key.state, "pin") || (key.enterprise && !in->row.approved))
        return BZT_ERR_CONFLICT;
    if ((err = store_now(tx, &now_ms)))
        return err;
    in->row.until = now_ms + PERMIT_MS;
    if ((err = unlock_permit_put(tx, &in->row)))
        return err;
    return service_audit(tx, now_ms, &n);
}

bzt_err cosign_permit_unlock(service *s, arena *a, const uint8_t staff[16],
                             const uint8_t tenant[16], const uint8_t key[16],
                             int approved)
{
    struct permit in = {.a = a, .tenant = tenant};

    memcpy(in.row.key, key, 16);
    memcpy(in.row.staff, staff, 16);
    in.row.approved = approved != 0;
    return store_write(s->store, permit_op, &in);
}

/* --- the phone ---------------------------------------------------------- */

struct unlock {
    const cosign_caller *by;
    cosign_unlocked *out;
    bzt_span key_sealed;
    int64_t now_ms;
};

static bzt_err is_permitted(store_tx *tx, int *yes, const key_row *key,
                            int64_t now_ms)
{
    unlock_permit permit;
    bzt_err err = unlock_permit_get(tx, &permit, key->id);

    *yes =
        !err && now_ms < permit.until && (permit.approved || !key->enterprise);
    return err == BZT_ERR_NOT_FOUND ? BZT_OK : err;
}

static bzt_err unlock_one(store_tx *tx, struct unlock *in, key_row *key)
{
    const key_condition before = {key->g, key->failures, key->state};
    const audit_note n = {.kind = "key.unlock",
                          .actor_kind = "per",
                          .actor = in->by->person,
                          .person = in->by->person,
                          .subject_kind = "key",
                          .subject = key->id};
    bzt_err err;

    in->out->tries += key->failures;
    key->state = "live";
    key->failures = 0;
    key->wait_until = 0;
    if ((err = key_update(tx, key, &before)) ||
        (err = unlock_permit_delete(tx, key->id)) ||
        (err = service_audit(tx, in->now_ms, &n)))
        return err;
    memcpy(in->out->keys[in->out->keys_n++], key->id, 16);
    return BZT_OK;
}

static bzt_err unlock_op(store_tx *tx, void *arg)
{
    struct unlock *in = arg;
    key_row *keys;
    int64_t failures;
    size_t n;
    int yes;
    bzt_err err;

    in->out->keys_n = 0;
    in->out->tries = 0;
    if ((err = store_now(tx, &in->now_ms)) ||
        (err = device_lock(tx, &failures, in->by->device)) ||
        (err = key_list_device(tx, &keys, &n, BZT_JOB_KEYS_MAX, in->by->a,
                               in->by->device)))
        return err;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(keys[i].state, "pin"))
            continue;
        if ((err = is_permitted(tx, &yes, &keys[i], in->now_ms)))
            return err;
        if (yes && (err = unlock_one(tx, in, &keys[i])))
            return err;
    }
    if (!in->out->keys_n)
        return BZT_ERR_CONFLICT; /* nothing is permitted: keep the old key */
    /* Of the image that a thief may have, nothing works any more. */
    if ((err = session_delete_device(tx, in->by->person, in->by->device,
                                     in->by->session)))
        return err;
    return device_update_key(tx, in->by->device, in->key_sealed);
}

bzt_err cosign_unlock(const cosign_caller *by, cosign_unlocked *out,
                      bzt_span sealed)
{
    struct unlock in = {.by = by, .out = out};
    uint8_t key[32] = {0};
    bzt_err err;

    *out = (cosign_unlocked){0};
    out->keys = arena_alloc(by->a, BZT_JOB_KEYS_MAX * sizeof(*out->keys));
    if (!out->keys)
        return BZT_ERR_MEMORY;
    if ((err = site_open_device_key(by->s, by->a, key, by->device, sealed)))
        goto out;
    if ((err = vault_seal(&in.key_sealed, by->a, by->s->vault,
                          (vault_place){"device.key_sealed", by->device},
                          (bzt_span){key, 32})))
        goto out;
    err = store_write(by->s->store, unlock_op, &in);
out:
    wipe(key, sizeof(key));
    return err;
}
