/* Making, opening and closing a phone; its trust in the settings. */
#include "phone.h"
#include "base/file.h"
#include "base/rng.h"
#include "core/wipe.h"
#include "phone_internal.h"
#include "pki/statement.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCRATCH_MAX = 16 << 20, KEEP_MAX = 4 << 20, TIMEOUT_MS = 30000 };

void phone_close(phone *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->slots_n; i++) {
        bzt_phone_key_wipe(&p->slots[i].key);
        free((void *)p->slots[i].der.p);
    }
    free(p->slots);
    bzt_phone_wipe(&p->device);
    http_client_free(p->http);
    arena_free(p->keep);
    arena_free(p->scratch);
    free(p->folder);
    free(p->app);
    free(p->tls_roots);
    free(p->name);
    if (p->lock >= 0)
        close(p->lock);
    free(p);
}

static phone *phone_alloc(const char *folder)
{
    phone *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->lock = -1;
    p->folder = strdup(folder);
    p->keep = arena_new(KEEP_MAX);
    p->scratch = arena_new(SCRATCH_MAX);
    p->slots = calloc(PHONE_KEYS_MAX, sizeof(*p->slots));
    if (p->folder && p->keep && p->scratch && p->slots)
        return p;
    phone_close(p);
    return NULL;
}

static bzt_err take_lock(phone *p)
{
    const char *path = phone_path(p, "lock");

    p->lock = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (p->lock < 0)
        return errno == ENOENT ? BZT_ERR_NOT_FOUND : BZT_ERR_IO;
    return flock(p->lock, LOCK_EX | LOCK_NB) ? BZT_ERR_BUSY : BZT_OK;
}

static bzt_err open_http(phone *p)
{
    const http_options options = {.ca_file = p->tls_roots,
                                  .timeout_ms = TIMEOUT_MS};
    const char *cookies = phone_path(p, "cookies");
    bzt_err err = http_client_new(&p->http, &options);

    if (err)
        return err;
    if (!cookies)
        return BZT_ERR_MEMORY;
    err = http_cookies_read(p->http, cookies);
    return err == BZT_ERR_NOT_FOUND ? BZT_OK : err;
}

/* --- settings ----------------------------------------------------------- */

static bzt_err trust(phone *p, bzt_span file)
{
    uint8_t signature[64];
    bzt_span payload;
    settings site;
    arena *keep = arena_new(KEEP_MAX);
    bzt_err err = BZT_ERR_SETTINGS;

    if (!keep)
        return BZT_ERR_MEMORY;
    if (settings_unwrap(&payload, signature, keep, file) ||
        statement_verify((bzt_span){signature, 64}, STATEMENT_SETTINGS,
                         p->site_key, payload) ||
        settings_read(&site, keep, payload))
        goto out;
    /* An old file, signed though it is, may name a key that was replaced. */
    if (site.serial < p->serial || strcmp(site.app, p->app))
        goto out;
    arena_free(p->keep);
    p->keep = keep;
    p->site = site;
    p->serial = site.serial;
    keep = NULL;
    err = BZT_OK;
out:
    arena_free(keep);
    return err;
}

bzt_err phone_refresh(phone *p)
{
    http_request request = {.method = "GET"};
    http_answer answer;
    bzt_err err;

    phone_begin(p);
    request.url = arena_printf(p->scratch, "%s/app/v1/site", p->app);
    const char *path = phone_path(p, "settings.json");
    if (!request.url || !path)
        return BZT_ERR_MEMORY;
    if ((err = http_call(&answer, p->scratch, p->http, &request)))
        return err;
    if (answer.status != 200)
        return BZT_ERR_UNAVAILABLE;
    if ((err = trust(p, answer.body)))
        return err;
    if ((err = file_write(path, answer.body, 0600)))
        return err;
    return phone_save(p);
}

const settings *phone_settings(const phone *p)
{
    return &p->site;
}

static bzt_err load_settings(phone *p)
{
    const char *path = phone_path(p, "settings.json");
    uint8_t *bytes = NULL;
    size_t len = 0;
    bzt_err err;

    if (!path)
        return BZT_ERR_MEMORY;
    if ((err = file_read(&bytes, &len, path, PHONE_FILE_MAX)))
        return err;
    err = trust(p, (bzt_span){bytes, len});
    free(bytes);
    return err;
}

/* --- a new phone -------------------------------------------------------- */

static bzt_err make_folders(phone *p)
{
    const char *keys = phone_path(p, "keys");
    const char *file = phone_path(p, "phone.json");

    if (!keys || !file)
        return BZT_ERR_MEMORY;
    if (mkdir(p->folder, 0700) && errno != EEXIST)
        return BZT_ERR_IO;
    if (!access(file, F_OK))
        return BZT_ERR_CONFLICT;
    return mkdir(keys, 0700) && errno != EEXIST ? BZT_ERR_IO : BZT_OK;
}

static bzt_err draw_device(phone *p)
{
    uint8_t id[16], secret[32];
    bzt_device_key key;
    bzt_err err;

    if ((err = rng_bytes(id, sizeof(id))) ||
        (err = rng_bytes(key.k, sizeof(key.k))) ||
        (err = rng_bytes(secret, sizeof(secret))))
        goto out;
    bzt_phone_init(&p->device, id, &key, secret);
    err = phone_save_device(p);
out:
    wipe(&key, sizeof(key));
    wipe(secret, sizeof(secret));
    return err;
}

bzt_err phone_init(const char *folder, const phone_setup *setup)
{
    phone *p = phone_alloc(folder);
    bzt_err err = BZT_ERR_MEMORY;

    if (!p)
        return err;
    if ((err = make_folders(p)) || (err = take_lock(p)))
        goto out;
    p->app = strdup(setup->app);
    p->name = strdup(setup->name);
    p->tls_roots = setup->tls_roots ? strdup(setup->tls_roots) : NULL;
    memcpy(p->site_key, setup->site_key, 65);
    err = BZT_ERR_MEMORY;
    if (!p->app || !p->name || (setup->tls_roots && !p->tls_roots))
        goto out;
    if ((err = draw_device(p)) || (err = open_http(p)))
        goto out;
    err = phone_refresh(p); /* writes phone.json last: now it is a phone */
out:
    phone_close(p);
    return err;
}

/* --- opening ------------------------------------------------------------ */

static bzt_err load_phone(phone *p)
{
    const char *path = phone_path(p, "phone.json");
    const char *app, *name, *tls_roots;
    uint8_t *bytes = NULL;
    json *o = NULL;
    size_t len = 0;
    bzt_err err;

    if (!path)
        return BZT_ERR_MEMORY;
    if ((err = file_read(&bytes, &len, path, PHONE_FILE_MAX)))
        return err;
    if ((err = json_parse(&o, p->scratch, (bzt_span){bytes, len})) ||
        (err = json_text(&app, o, "app", 9, 300)) ||
        (err = json_text(&name, o, "name", 1, 200)) ||
        (err = json_text_optional(&tls_roots, o, "tls_roots", 1000)) ||
        (err = json_bytes(p->site_key, 65, o, "site_key")) ||
        (err = json_int(&p->serial, o, "serial", 0, INT64_C(1) << 50)) ||
        (err = json_bool(&p->is_device, o, "is_device")))
        goto out;
    p->app = strdup(app);
    p->name = strdup(name);
    p->tls_roots = tls_roots ? strdup(tls_roots) : NULL;
    if (!p->app || !p->name || (tls_roots && !p->tls_roots))
        err = BZT_ERR_MEMORY;
out:
    free(bytes);
    return err;
}

static bzt_err load_device(phone *p)
{
    const char *path = phone_path(p, "device.bin");
    uint8_t *bytes = NULL;
    size_t len = 0;
    bzt_err err;

    if (!path)
        return BZT_ERR_MEMORY;
    if ((err = file_read(&bytes, &len, path, PHONE_FILE_MAX)))
        return err;
    err = bzt_phone_read(&p->device, (bzt_span){bytes, len});
    wipe(bytes, len);
    free(bytes);
    return err;
}

static void load_session(phone *p)
{
    const char *path = phone_path(p, "session.json");
    const char *csrf = NULL;
    uint8_t *bytes = NULL;
    json *o = NULL;
    size_t len = 0;

    if (!path || file_read(&bytes, &len, path, PHONE_FILE_MAX))
        return; /* not logged in */
    if (!json_parse(&o, p->scratch, (bzt_span){bytes, len}) &&
        !json_text(&csrf, o, "csrf", 1, sizeof(p->csrf) - 1))
        memcpy(p->csrf, csrf, strlen(csrf) + 1);
    free(bytes);
}

bzt_err phone_open(phone **out, const char *folder)
{
    phone *p = phone_alloc(folder);
    bzt_err err = BZT_ERR_MEMORY;

    *out = NULL;
    if (!p)
        return err;
    if ((err = take_lock(p)) || (err = load_phone(p)) ||
        (err = load_device(p)) || (err = load_settings(p)) ||
        (err = open_http(p)) || (err = phone_load_keys(p)))
        goto out;
    load_session(p);
    *out = p;
    p = NULL;
out:
    phone_close(p);
    return err;
}
