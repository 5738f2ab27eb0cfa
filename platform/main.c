/* bzt-platform: a demo trading platform.  Its users log in by password or
 * by scanning with 标证通; it uses the public SDK and API only.
 *
 *   bzt-platform --config FILE
 *   bzt-platform user-add --config FILE --login L --organisation NAME
 *                         --uscc CODE [--password P]
 *
 * Without --password one line of standard input is the password.
 */
#include "api.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/settings.h"
#include "core/text.h"
#include "core/wipe.h"
#include "journey.h"
#include "pages.h"
#include "password.h"
#include "sdk/site.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: bzt-platform --config FILE\n"
    "       bzt-platform user-add --config FILE --login L\n"
    "                    --organisation NAME --uscc CODE [--password P]\n"
    "Without --password one line of standard input is the password.\n";

static const char *const known[] = {"server.socket",
                                    "server.threads",
                                    "server.queue",
                                    "server.log",
                                    "store.path",
                                    "platform.name",
                                    "rp.id",
                                    "rp.key",
                                    "rp.domain",
                                    "site.settings",
                                    "site.site_key",
                                    "site.tls_roots",
                                    NULL};

enum { SMALL_FILE_MAX = 4096, THREADS = 8, QUEUE = 512 };

/* --- configuration ------------------------------------------------------- */

static bzt_err need(const char **out, const conf *c, const char *name)
{
    *out = conf_text(c, name, NULL);
    if (*out && **out)
        return BZT_OK;
    fprintf(stderr, "bzt-platform: the configuration lacks %s\n", name);
    return BZT_ERR_CONFIG;
}

static bzt_err fault(const char *what, bzt_err err)
{
    fprintf(stderr, "bzt-platform: %s: %s\n", what, bzt_err_describe(err)->en);
    return err;
}

static bzt_err set_log(const conf *c)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    static const log_level levels[] = {LOG_ERROR, LOG_WARN, LOG_INFO,
                                       LOG_DEBUG};
    const char *name = conf_text(c, "server.log", "info");

    for (int i = 0; i < 4; i++) {
        if (!strcmp(names[i], name)) {
            log_set_level(levels[i]);
            return BZT_OK;
        }
    }
    return fault("server.log is error, warn, info or debug", BZT_ERR_CONFIG);
}

static bzt_err read_key(bzt_sm2_key *out, const char *path)
{
    uint8_t *bytes = NULL;
    size_t len;
    bzt_err err = file_read(&bytes, &len, path, SMALL_FILE_MAX);

    if (!err && len != sizeof(out->d))
        err = BZT_ERR_CONFIG;
    if (!err)
        memcpy(out->d, bytes, sizeof(out->d));
    if (bytes)
        wipe(bytes, len);
    free(bytes);
    return err ? fault(path, err) : BZT_OK;
}

/* --- parts --------------------------------------------------------------- */

/* Everything that lives as long as the process. */
typedef struct parts {
    conf *conf;
    arena *arena;
    uint8_t *settings; /* the signed file */
    size_t settings_len;
    uint8_t site_key[65];
    bzt_sm2_key key; /* secret */
    bzt_client_options client;
    settings site;
    int threads, queue;
    work *work;
    http *http;
    app app;
} parts;

static bzt_err read_site(parts *p)
{
    const char *path, *key_path;
    bzt_err err;

    if ((err = need(&path, p->conf, "site.settings")) ||
        (err = need(&key_path, p->conf, "site.site_key")))
        return err;
    if ((err = file_read(&p->settings, &p->settings_len, path, SETTINGS_MAX)))
        return fault(path, err);
    if ((err = site_public_read(p->site_key, key_path)))
        return fault(key_path, err);
    p->client.settings = (bzt_span){p->settings, p->settings_len};
    p->client.site_key = p->site_key;
    p->client.tls_roots = conf_text(p->conf, "site.tls_roots", NULL);
    return BZT_OK;
}

static bzt_err read_rp(parts *p)
{
    const char *path;
    bzt_err err;

    if ((err = need(&p->client.rp_id, p->conf, "rp.id")) ||
        (err = need(&p->client.domain, p->conf, "rp.domain")) ||
        (err = need(&path, p->conf, "rp.key")))
        return err;
    p->client.key = &p->key;
    return read_key(&p->key, path);
}

/* The client has verified the settings by now. */
static bzt_err read_api(parts *p)
{
    uint8_t signature[64];
    bzt_span payload;
    bzt_err err;

    if ((err = settings_unwrap(&payload, signature, p->arena,
                               p->client.settings)) ||
        (err = settings_read(&p->site, p->arena, payload)))
        return err;
    p->app.api = p->site.api;
    return BZT_OK;
}

static bzt_err open_work(parts *p)
{
    bzt_err err = work_new(&p->work, &p->client, p->threads, (size_t)p->queue);

    if (err)
        return fault("the client of bztd", err);
    return read_api(p);
}

static bzt_err open_app(parts *p)
{
    app *a = &p->app;
    bzt_err err;

    if ((err = need(&a->folder, p->conf, "store.path")))
        return err;
    a->name = conf_text(p->conf, "platform.name", "演示交易平台");
    a->domain = p->client.domain;
    a->origin = arena_printf(p->arena, "https://%s", a->domain);
    if (!a->origin)
        return BZT_ERR_MEMORY;
    if ((err = users_prepare(a->folder)))
        return fault(a->folder, err);
    return BZT_OK;
}

static bzt_err open_http(parts *p)
{
    http_options o = {.routes = api_routes,
                      .routes_n = api_routes_n,
                      .page = pages_get,
                      .session_cookie = SESSION_COOKIE,
                      .browser_cookie = BROWSER_COOKIE,
                      .watch = journey_watch};
    bzt_err err;

    if ((err = need(&o.socket, p->conf, "server.socket")))
        return err;
    o.csp = arena_printf(p->arena,
                         "default-src 'self'; connect-src 'self' %s; "
                         "script-src 'self'; style-src 'self'; "
                         "object-src 'none'; base-uri 'none'; "
                         "form-action 'self'; frame-ancestors 'none'",
                         p->app.api);
    if (!o.csp)
        return BZT_ERR_MEMORY;
    if ((err = http_new(&p->http, &p->app, p->work, &o)))
        return fault(o.socket, err);
    p->app.http = p->http;
    return BZT_OK;
}

static bzt_err read_numbers(parts *p)
{
    int64_t threads = conf_int(p->conf, "server.threads", THREADS);
    int64_t queue = conf_int(p->conf, "server.queue", QUEUE);

    if (conf_check(p->conf) || threads < 1 || threads > WORK_THREADS_MAX ||
        queue < 1 || queue > 100000)
        return fault("server.threads or server.queue", BZT_ERR_CONFIG);
    p->threads = (int)threads;
    p->queue = (int)queue;
    return BZT_OK;
}

static bzt_err open_parts(parts *p, const char *path)
{
    bzt_err err;

    pthread_mutex_init(&p->app.lock, NULL);
    p->arena = arena_new(SETTINGS_MAX * 8);
    if (!p->arena)
        return BZT_ERR_MEMORY;
    if ((err = conf_read(&p->conf, path, known)) || (err = set_log(p->conf)) ||
        (err = read_numbers(p)) || (err = read_site(p)) || (err = read_rp(p)) ||
        (err = open_app(p)) || (err = open_work(p)))
        return err;
    return open_http(p);
}

static void close_parts(parts *p)
{
    work_free(p->work);
    http_free(p->http);
    bzt_sm2_key_wipe(&p->key);
    free(p->settings);
    conf_free(p->conf);
    arena_free(p->arena);
    pthread_mutex_destroy(&p->app.lock);
}

static int serve(const char *path)
{
    parts *p = calloc(1, sizeof(*p));
    bzt_err err;

    if (!p)
        return 1;
    err = open_parts(p, path);
    if (!err) {
        log_event(LOG_INFO, "started", "%s", p->app.domain);
        err = http_run(p->http);
        log_event(LOG_INFO, "stopped", "%s", p->app.domain);
    }
    close_parts(p);
    free(p);
    return err ? 1 : 0;
}

/* --- user-add ------------------------------------------------------------ */

typedef struct arguments {
    const char *config, *login, *password, *organisation, *uscc;
} arguments;

static bzt_err read_password(const char **out, char *buf, size_t size)
{
    if (*out)
        return BZT_OK;
    if (!fgets(buf, (int)size, stdin))
        return BZT_ERR_PASSWORD_FORM;
    buf[strcspn(buf, "\n")] = 0;
    *out = buf;
    return BZT_OK;
}

static bzt_err add_user(arena *a, const conf *c, arguments *args)
{
    char line[PASSWORD_MAX + 2] = "";
    const char *folder;
    user u = {.login = args->login,
              .organisation = args->organisation,
              .uscc = args->uscc,
              .created_at = clock_now_ms()};
    bzt_err err;

    if ((err = need(&folder, c, "store.path")))
        return err;
    if ((err = read_password(&args->password, line, sizeof(line))))
        return fault("password", err);
    err = password_hash(&u.password, a, args->password);
    wipe(line, sizeof(line));
    if (err)
        return fault("password", err);
    if ((err = users_prepare(folder)))
        return fault(folder, err);
    err = user_add(folder, a, &u);
    return err ? fault(u.login, err) : BZT_OK;
}

static int user_add_main(arguments *args)
{
    arena *a = arena_new(1 << 20);
    conf *c = NULL;
    bzt_err err = BZT_ERR_MEMORY;

    if (a && !(err = conf_read(&c, args->config, known)))
        err = add_user(a, c, args);
    conf_free(c);
    arena_free(a);
    return err ? 1 : 0;
}

/* --- arguments ----------------------------------------------------------- */

static const char **slot_of(arguments *args, const char *name)
{
    const struct {
        const char *name;
        const char **slot;
    } all[] = {{"--config", &args->config},
               {"--login", &args->login},
               {"--password", &args->password},
               {"--organisation", &args->organisation},
               {"--uscc", &args->uscc}};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (!strcmp(all[i].name, name))
            return all[i].slot;
    }
    return NULL;
}

static int parse(arguments *args, int n, char **values)
{
    for (int i = 0; i < n; i += 2) {
        const char **slot = slot_of(args, values[i]);
        if (!slot || *slot || i + 1 == n)
            return 0;
        *slot = values[i + 1];
    }
    return args->config != NULL;
}

int main(int argc, char **argv)
{
    int is_add = argc > 1 && !strcmp(argv[1], "user-add");
    arguments args = {.config = NULL};

    if (argc == 2 && !strcmp(argv[1], "--help")) {
        fputs(usage, stdout);
        return 0;
    }
    if (!parse(&args, argc - 1 - is_add, argv + 1 + is_add) ||
        (is_add && (!args.login || !args.organisation || !args.uscc)) ||
        (!is_add &&
         (args.login || args.organisation || args.uscc || args.password))) {
        fputs(usage, stderr);
        return 2;
    }
    return is_add ? user_add_main(&args) : serve(args.config);
}
