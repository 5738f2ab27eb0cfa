/* Logging in, being a device, real name, claims, applications. */
#include "base/clock.h"
#include "base/rng.h"
#include "core/text.h"
#include "core/wipe.h"
#include "cosign/wire.h"
#include "phone_internal.h"
#include <string.h>

/* --- the device --------------------------------------------------------- */

static void add_proof(phone *p, json *body, const char *number)
{
    const wire_login login = {.device_id = p->device.device_id,
                              .at_ms = clock_now_ms(),
                              .number = text_span(number)};
    uint8_t mac[32];

    wire_mac_login(mac, &login, (bzt_span){p->device.device_key.k, 32});
    json *device = json_add_object(body, "device");
    json_add_id(device, "device_id", "dev", p->device.device_id);
    json_add_int(device, "at", login.at_ms);
    json_add_bytes(device, p->scratch, "mac", (bzt_span){mac, 32});
}

/* device_key || device_id, for nobody but this installation's server. */
static bzt_err seal_device_key(uint8_t sealed[BZT_SEALED_SIZE], phone *p,
                               const bzt_device_key *key)
{
    uint8_t plain[48], random[48];
    bzt_err err = rng_bytes(random, sizeof(random));

    memcpy(plain, key->k, 32);
    memcpy(plain + 32, p->device.device_id, 16);
    if (!err)
        err = bzt_sm2_encrypt(sealed, p->site.transport_key,
                              (bzt_span){plain, sizeof(plain)}, random);
    wipe(plain, sizeof(plain));
    wipe(random, sizeof(random));
    return err;
}

static bzt_err register_device(phone *p)
{
    uint8_t sealed[BZT_SEALED_SIZE];
    const json *got;
    bzt_err err = seal_device_key(sealed, p, &p->device.device_key);

    if (err)
        return err;
    json *o = json_new_object(p->scratch);
    json_add_id(o, "device_id", "dev", p->device.device_id);
    json_add_text(o, "name", p->name);
    json_add_bytes(o, p->scratch, "sealed", (bzt_span){sealed, sizeof(sealed)});
    if ((err = phone_call(p, &got, "POST", "/app/v1/devices", o)))
        return err;
    p->is_device = 1;
    return phone_save(p);
}

bzt_err phone_unlock(phone *p, int *unlocked)
{
    uint8_t sealed[BZT_SEALED_SIZE];
    char id[ID_TEXT_SIZE];
    bzt_device_key fresh;
    const json *got, *list;
    bzt_err err;

    phone_begin(p);
    *unlocked = 0;
    id_write(id, "dev", p->device.device_id);
    const char *target =
        arena_printf(p->scratch, "/app/v1/devices/%s/unlock", id);
    if (!target)
        return BZT_ERR_MEMORY;
    if ((err = rng_bytes(fresh.k, sizeof(fresh.k))) ||
        (err = seal_device_key(sealed, p, &fresh)))
        goto out;
    json *o = json_new_object(p->scratch);
    json_add_bytes(o, p->scratch, "sealed", (bzt_span){sealed, sizeof(sealed)});
    if ((err = phone_call(p, &got, "POST", target, o)) ||
        (err = json_array_at(&list, got, "unlocked", BZT_JOB_KEYS_MAX)))
        goto out;
    bzt_phone_rekey(&p->device, &fresh);
    if ((err = phone_save_device(p)))
        goto out;
    for (size_t i = 0; i < json_array_n(list); i++) {
        const char *text = json_text_item(list, i);
        uint8_t key_id[16];
        phone_slot *slot = NULL;
        if (text && !id_read(key_id, "key", text_span(text)))
            slot = phone_find_slot(p, key_id);
        if (!slot)
            continue;
        bzt_phone_key_unlocked(&slot->key);
        if ((err = phone_save_key(p, slot)))
            goto out;
        (*unlocked)++;
    }
out:
    wipe(&fresh, sizeof(fresh));
    return err;
}

/* --- logging in --------------------------------------------------------- */

bzt_err phone_sms(phone *p, const char *number)
{
    const json *got;

    phone_begin(p);
    json *o = json_new_object(p->scratch);
    json_add_text(o, "phone", number);
    json_add_text(o, "purpose", "login");
    return phone_call(p, &got, "POST", "/app/v1/sms", o);
}

static bzt_err login(phone *p, const char *target, json *body,
                     const char *number)
{
    const json *got;
    const char *csrf;
    bzt_err err;

    if (p->is_device)
        add_proof(p, body, number);
    p->csrf[0] = 0;
    if ((err = phone_call(p, &got, "POST", target, body)))
        return err;
    if ((err = json_text(&csrf, got, "csrf", 1, sizeof(p->csrf) - 1)))
        return err;
    memcpy(p->csrf, csrf, strlen(csrf) + 1);
    if (!p->is_device && (err = register_device(p)))
        return err;
    return phone_save_session(p);
}

bzt_err phone_login_code(phone *p, const char *number, const char *code)
{
    phone_begin(p);
    json *o = json_new_object(p->scratch);
    json_add_text(o, "phone", number);
    json_add_text(o, "code", code);
    return login(p, "/app/v1/login/sms", o, number);
}

bzt_err phone_login_password(phone *p, const char *number, const char *password)
{
    phone_begin(p);
    json *o = json_new_object(p->scratch);
    json_add_text(o, "phone", number);
    json_add_text(o, "password", password);
    return login(p, "/app/v1/login/password", o, number);
}

bzt_err phone_set_password(phone *p, const char *password, const char *old)
{
    const json *got;

    phone_begin(p);
    json *o = json_new_object(p->scratch);
    json_add_text(o, "password", password);
    if (old)
        json_add_text(o, "old", old);
    return phone_call(p, &got, "POST", "/app/v1/password", o);
}

bzt_err phone_real_name(phone *p, const char *provider, const char *name,
                        const char *id_number)
{
    const json *got;

    phone_begin(p);
    json *o = json_new_object(p->scratch);
    json_add_text(o, "provider", provider);
    json_add_text(o, "name", name);
    json_add_text(o, "id_number", id_number);
    return phone_call(p, &got, "POST", "/app/v1/realname", o);
}

/* --- claims and applications -------------------------------------------- */

bzt_err phone_claim(phone *p, const char **enterprise,
                    const phone_claim_input *in)
{
    const json *got;
    bzt_err err;

    phone_begin(p);
    *enterprise = NULL;
    json *o = json_new_object(p->scratch);
    json_add_text(o, "name", in->name);
    json_add_text(o, "uscc", in->uscc);
    json_add_text(o, "legal_name", in->legal_name);
    json_add_text(o, "legal_id", in->legal_id);
    if ((err = phone_call(p, &got, "POST", "/app/v1/enterprises", o)))
        return err;
    return json_text(enterprise, got, "id", 1, 40);
}

bzt_err phone_apply(phone *p, const char **application, const char *catalogue,
                    const char *enterprise)
{
    const json *got;
    bzt_err err;

    phone_begin(p);
    *application = NULL;
    json *o = json_new_object(p->scratch);
    json_add_text(o, "catalogue_id", catalogue);
    if (enterprise)
        json_add_text(o, "enterprise_id", enterprise);
    if ((err = phone_call(p, &got, "POST", "/app/v1/applications", o)))
        return err;
    return json_text(application, got, "id", 1, 40);
}
