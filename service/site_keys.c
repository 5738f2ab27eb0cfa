/* bztd's own keys (site_keys.h). */
#include "site_keys.h"
#include "base/rng.h"
#include "core/wipe.h"
#include "store/setting.h"
#include "vault.h"
#include <string.h>

enum { ARENA_MAX = 16 * 1024, SEALED_DEVICE_KEY_LEN = 48 };

/* The row of a key, and the "row id" that its sealing is bound to. */
typedef struct key_name {
    const char *private_name, *public_name;
    uint8_t row[16];
} key_name;

static const key_name names[SITE_KEYS] = {
    [SITE_KEY_TRANSPORT] = {"key/transport", "public/transport",
                            "site-transport-1"},
    [SITE_KEY_WEBHOOK] = {"key/webhook", "public/webhook", "site-webhook-key"},
    [SITE_KEY_AUDIT] = {"key/audit", "public/audit", "site-audit-key-1"},
};

static vault_place place_of(site_key which)
{
    return (vault_place){"setting.value", names[which].row};
}

typedef struct find_setting {
    arena *a;
    const char *name;
    bzt_span value;
} find_setting;

static bzt_err find_op(store_tx *tx, void *arg)
{
    find_setting *f = arg;

    return setting_get(tx, &f->value, f->a, f->name);
}

bzt_err site_key_get(bzt_sm2_key *out, service *s, site_key which)
{
    arena *a = arena_new(ARENA_MAX);
    find_setting f = {.a = a, .name = names[which].private_name};
    bzt_span plain;
    bzt_err err = BZT_ERR_MEMORY;

    memset(out, 0, sizeof(*out));
    if (!a)
        return err;
    if ((err = store_read(s->store, find_op, &f)))
        goto out;
    if ((err = vault_unseal(&plain, a, s->vault, place_of(which), f.value)))
        goto out;
    if (plain.len == sizeof(out->d))
        memcpy(out->d, plain.p, sizeof(out->d));
    else
        err = BZT_ERR_DECRYPT;
out:
    arena_free(a); /* wipes */
    return err;
}

bzt_err site_key_public(uint8_t pub[65], service *s, site_key which)
{
    arena *a = arena_new(ARENA_MAX);
    find_setting f = {.a = a, .name = names[which].public_name};
    bzt_err err = a ? store_read(s->store, find_op, &f) : BZT_ERR_MEMORY;

    memset(pub, 0, 65);
    if (!err && f.value.len != 65)
        err = BZT_ERR_IO;
    if (!err)
        memcpy(pub, f.value.p, 65);
    arena_free(a);
    return err;
}

bzt_err site_key_make(store_tx *tx, arena *a, const struct vault *v,
                      site_key which)
{
    bzt_sm2_key key;
    uint8_t pub[65], random[48];
    bzt_span sealed;
    bzt_err err;

    if ((err = rng_bytes(random, sizeof(random))))
        return err;
    if ((err = bzt_sm2_key_new(&key, pub, random)))
        goto out;
    if ((err = vault_seal(&sealed, a, v, place_of(which),
                          (bzt_span){key.d, sizeof(key.d)})))
        goto out;
    if ((err = setting_put(tx, names[which].private_name, sealed)))
        goto out;
    err = setting_put(tx, names[which].public_name, (bzt_span){pub, 65});
out:
    wipe(random, sizeof(random));
    bzt_sm2_key_wipe(&key);
    return err;
}

bzt_err site_open_device_key(service *s, arena *a, uint8_t key[32],
                             const uint8_t device[16], bzt_span sealed)
{
    bzt_sm2_key transport;
    uint8_t plain[SEALED_DEVICE_KEY_LEN];
    bzt_err err;

    (void)a;
    memset(key, 0, 32);
    if (sealed.len != sizeof(plain) + BZT_SM2_CIPHER_OVERHEAD)
        return BZT_ERR_DECRYPT;
    if ((err = site_key_get(&transport, s, SITE_KEY_TRANSPORT)))
        goto out;
    if ((err = bzt_sm2_decrypt(plain, &transport, sealed)))
        goto out;
    if (memcmp(plain + 32, device, 16))
        err = BZT_ERR_DECRYPT;
    else
        memcpy(key, plain, 32);
out:
    bzt_sm2_key_wipe(&transport);
    wipe(plain, sizeof(plain));
    return err;
}
