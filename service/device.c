/* Phones (device.h). */
#include "device.h"
#include "audit.h"
#include "core/ct.h"
#include "core/wipe.h"
#include "inbox.h"
#include "session.h"
#include "site_keys.h"
#include "vault.h"
#include <string.h>

typedef struct register_args {
    service *s;
    arena *a;
    const device_order *order;
    uint8_t key[32];
    int64_t now_ms;
} register_args;

static vault_place place_of(const uint8_t device[16])
{
    return (vault_place){"device.key_sealed", device};
}

/* It is there already: is it this one? */
static bzt_err compare(const register_args *in, const device_row *row)
{
    bzt_span key;
    bzt_err err;

    if (memcmp(row->person, in->order->person, 16))
        return BZT_ERR_DUPLICATE;
    if ((err = vault_unseal(&key, in->a, in->s->vault, place_of(row->id),
                            row->key_sealed)))
        return err;
    if (key.len != 32 || !ct_is_equal(key.p, in->key, 32))
        err = BZT_ERR_DUPLICATE;
    wipe((void *)key.p, key.len);
    return err;
}

static bzt_err insert(store_tx *tx, const register_args *in)
{
    const device_order *o = in->order;
    device_row row = {
        .name = o->name, .state = "live", .created_at = in->now_ms};
    const audit_note note = {.kind = "device.register",
                             .actor_kind = "per",
                             .actor = o->person,
                             .person = o->person,
                             .subject_kind = "dev",
                             .subject = o->device};
    bzt_err err;

    memcpy(row.id, o->device, 16);
    memcpy(row.person, o->person, 16);
    if ((err = vault_seal(&row.key_sealed, in->a, in->s->vault,
                          place_of(row.id), (bzt_span){in->key, 32})))
        return err;
    if ((err = device_insert(tx, &row)))
        return err;
    if ((err = inbox_tell(tx, in->now_ms,
                          &(inbox_note){.kind = "device_added",
                                        .person = o->person,
                                        .subject = o->device})))
        return err;
    return service_audit(tx, in->now_ms, &note);
}

static bzt_err register_op(store_tx *tx, void *arg)
{
    register_args *in = arg;
    device_row row;
    bzt_err err = device_get(tx, &row, in->a, in->order->device);

    if (err == BZT_ERR_NOT_FOUND)
        err = insert(tx, in);
    else if (!err)
        err = compare(in, &row);
    if (err)
        return err;
    return session_update_device(tx, in->order->session, in->order->device);
}

bzt_err device_register(service *s, arena *a, const device_order *order,
                        int64_t now_ms)
{
    register_args in = {.s = s, .a = a, .order = order, .now_ms = now_ms};
    bzt_err err;

    if ((err =
             site_open_device_key(s, a, in.key, order->device, order->sealed)))
        return err;
    err = store_write(s->store, register_op, &in);
    wipe(in.key, sizeof(in.key));
    return err;
}

typedef struct mine_args {
    device_row **out;
    size_t *n;
    arena *a;
    const uint8_t *person;
} mine_args;

static bzt_err mine_op(store_tx *tx, void *arg)
{
    mine_args *in = arg;

    return device_list(tx, in->out, in->n, DEVICE_LIST_MAX, in->a, in->person);
}

bzt_err device_mine(service *s, device_row **out, size_t *n, arena *a,
                    const uint8_t person[16])
{
    mine_args in = {out, n, a, person};

    *out = NULL;
    *n = 0;
    return store_read(s->store, mine_op, &in);
}
