/* The phone's folder. */
#include "base/file.h"
#include "core/text.h"
#include "core/wipe.h"
#include "phone_internal.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE = 0600 };

const char *phone_path(phone *p, const char *name)
{
    return arena_printf(p->scratch, "%s/%s", p->folder, name);
}

static bzt_err save_json(phone *p, const char *name, const json *o)
{
    const char *path = phone_path(p, name);
    bzt_span text;
    bzt_err err;

    if (!path)
        return BZT_ERR_MEMORY;
    if ((err = json_write(&text, p->scratch, o)))
        return err;
    return file_write(path, text, MODE);
}

bzt_err phone_save(phone *p)
{
    json *o = json_new_object(p->scratch);

    json_add_int(o, "v", 1);
    json_add_text(o, "app", p->app);
    json_add_bytes(o, p->scratch, "site_key", (bzt_span){p->site_key, 65});
    json_add_text(o, "tls_roots", p->tls_roots);
    json_add_text(o, "name", p->name);
    json_add_int(o, "serial", p->serial);
    json_add_bool(o, "is_device", p->is_device);
    return save_json(p, "phone.json", o);
}

bzt_err phone_save_session(phone *p)
{
    const char *cookies = phone_path(p, "cookies");
    json *o = json_new_object(p->scratch);
    bzt_err err;

    json_add_text(o, "csrf", p->csrf);
    if ((err = save_json(p, "session.json", o)))
        return err;
    return cookies ? http_cookies_write(p->http, cookies) : BZT_ERR_MEMORY;
}

bzt_err phone_save_device(phone *p)
{
    uint8_t bytes[BZT_PHONE_SIZE];
    const char *path = phone_path(p, "device.bin");
    bzt_err err = BZT_ERR_MEMORY;

    bzt_phone_write(bytes, &p->device);
    if (path)
        err = file_write(path, (bzt_span){bytes, sizeof(bytes)}, MODE);
    wipe(bytes, sizeof(bytes));
    return err;
}

/* --- keys --------------------------------------------------------------- */

static const char *key_file(phone *p, const uint8_t key_id[16],
                            const char *suffix)
{
    char id[ID_TEXT_SIZE];

    id_write(id, "key", key_id);
    return arena_printf(p->scratch, "%s/keys/%s%s", p->folder, id, suffix);
}

bzt_err phone_save_key(phone *p, const phone_slot *slot)
{
    uint8_t bytes[BZT_PHONE_KEY_SIZE];
    const char *path = key_file(p, slot->key.key_id, ".bin");
    bzt_err err = BZT_ERR_MEMORY;

    bzt_phone_key_write(bytes, &slot->key);
    if (path)
        err = file_write(path, (bzt_span){bytes, sizeof(bytes)}, MODE);
    wipe(bytes, sizeof(bytes));
    return err;
}

bzt_err phone_save_facts(phone *p, const phone_slot *slot)
{
    const char *path = key_file(p, slot->key.key_id, ".json");
    json *o = json_new_object(p->scratch);
    bzt_span text;
    bzt_err err;

    json_add_text(o, "use", bzt_key_use_name(slot->use));
    json_add_text(o, "application", slot->application);
    json_add_text(o, "entry", slot->entry);
    json_add_text(o, "certificate", slot->certificate);
    if (slot->der.len)
        json_add_bytes(o, p->scratch, "der", slot->der);
    if ((err = json_write(&text, p->scratch, o)))
        return err;
    return path ? file_write(path, text, MODE) : BZT_ERR_MEMORY;
}

bzt_err phone_save_csr(phone *p, const phone_slot *slot, bzt_span csr)
{
    const char *path = key_file(p, slot->key.key_id, ".csr");

    return path ? file_write(path, csr, MODE) : BZT_ERR_MEMORY;
}

static void drop_slot(phone_slot *slot)
{
    bzt_phone_key_wipe(&slot->key);
    free((void *)slot->der.p);
    *slot = (phone_slot){0};
}

bzt_err phone_delete_key(phone *p, phone_slot *slot)
{
    const char *bin = key_file(p, slot->key.key_id, ".bin");
    const char *facts = key_file(p, slot->key.key_id, ".json");
    size_t i = (size_t)(slot - p->slots);

    if (!bin || !facts)
        return BZT_ERR_MEMORY;
    if (unlink(bin) && errno != ENOENT)
        return BZT_ERR_IO;
    if (unlink(facts) && errno != ENOENT)
        return BZT_ERR_IO;
    drop_slot(slot);
    p->slots_n--;
    if (i < p->slots_n)
        memmove(&p->slots[i], &p->slots[i + 1],
                (p->slots_n - i) * sizeof(*p->slots));
    return BZT_OK;
}

phone_slot *phone_find_slot(phone *p, const uint8_t key_id[16])
{
    for (size_t i = 0; i < p->slots_n; i++) {
        if (!memcmp(p->slots[i].key.key_id, key_id, 16))
            return &p->slots[i];
    }
    return NULL;
}

bzt_err phone_add_slot(phone_slot **out, phone *p, const bzt_phone_key *key)
{
    *out = NULL;
    if (p->slots_n == PHONE_KEYS_MAX)
        return BZT_ERR_RANGE;
    phone_slot *slot = &p->slots[p->slots_n++];
    *slot = (phone_slot){.key = *key, .use = BZT_USE_SIGN};
    *out = slot;
    return BZT_OK;
}

static void copy_fact(char out[32], const json *o, const char *name)
{
    const char *text = NULL;

    out[0] = 0;
    if (!json_text_optional(&text, o, name, 31) && text)
        memcpy(out, text, strlen(text) + 1);
}

static bzt_err load_facts(phone *p, phone_slot *slot)
{
    const char *path = key_file(p, slot->key.key_id, ".json");
    const char *use = NULL;
    uint8_t *bytes = NULL;
    json *o = NULL;
    bzt_span der;
    size_t len = 0;
    bzt_err err;

    if (!path)
        return BZT_ERR_MEMORY;
    err = file_read(&bytes, &len, path, PHONE_FILE_MAX);
    if (err == BZT_ERR_NOT_FOUND)
        return BZT_OK; /* cut off between the two files: facts can be asked */
    if (err)
        return err;
    if ((err = json_parse(&o, p->scratch, (bzt_span){bytes, len})) ||
        (err = json_text(&use, o, "use", 1, 16)))
        goto out;
    slot->use = bzt_key_use_by_name(use);
    copy_fact(slot->application, o, "application");
    copy_fact(slot->entry, o, "entry");
    copy_fact(slot->certificate, o, "certificate");
    if (!json_span(&der, p->scratch, o, "der", 1, 16384)) {
        uint8_t *copy = malloc(der.len);
        if (!copy) {
            err = BZT_ERR_MEMORY;
            goto out;
        }
        memcpy(copy, der.p, der.len);
        slot->der = (bzt_span){copy, der.len};
    }
out:
    free(bytes);
    return err;
}

static bzt_err load_key(phone *p, const char *name)
{
    const char *path = arena_printf(p->scratch, "%s/keys/%s", p->folder, name);
    uint8_t *bytes = NULL;
    bzt_phone_key key;
    phone_slot *slot;
    size_t len = 0;
    bzt_err err;

    if (!path)
        return BZT_ERR_MEMORY;
    if ((err = file_read(&bytes, &len, path, PHONE_FILE_MAX)))
        return err;
    if (!(err = bzt_phone_key_read(&key, (bzt_span){bytes, len})) &&
        !(err = phone_add_slot(&slot, p, &key)))
        err = load_facts(p, slot);
    bzt_phone_key_wipe(&key);
    wipe(bytes, len);
    free(bytes);
    return err;
}

bzt_err phone_load_keys(phone *p)
{
    const char *folder = phone_path(p, "keys");
    DIR *dir = folder ? opendir(folder) : NULL;
    struct dirent *e;
    bzt_err err = dir ? BZT_OK : BZT_ERR_IO;

    while (!err && (e = readdir(dir))) {
        size_t n = strlen(e->d_name);
        if (n > 4 && !strncmp(e->d_name, "key_", 4) &&
            !strcmp(e->d_name + n - 4, ".bin"))
            err = load_key(p, e->d_name);
    }
    if (dir)
        closedir(dir);
    return err;
}
