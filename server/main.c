/* bztd: the daemon.
 *
 *   bztd --config FILE          serve
 *   bztd init --config FILE     make keys, CA and first tenant, once
 */
#include "auth.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "connect/connectors.h"
#include "core/wipe.h"
#include "http.h"
#include "pages.h"
#include "route.h"
#include "service/cosign.h"
#include "service/init.h"
#include "service/limits.h"
#include "service/service.h"
#include "service/vault.h"
#include "store/watch.h"
#include "task.h"
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

static const char usage[] =
    "usage: bztd --config FILE         serve\n"
    "       bztd init --config FILE    make keys, CA and first tenant, once\n";

static const char *const known[] = {"server.socket",
                                    "server.workers",
                                    "server.queue",
                                    "server.access_log",
                                    "server.log",
                                    "store.url",
                                    "store.connections",
                                    "site.name",
                                    "site.app_origin",
                                    "site.api_origin",
                                    "site.settings",
                                    "site.public",
                                    "audit.head_ms",
                                    "vault.master_key",
                                    LIMITS_CONF,
                                    CONNECTORS_CONF,
                                    NULL};

/* Everything that lives as long as the process. */
typedef struct daemon_parts {
    conf *conf;
    http *http;
    task_runner *tasks;
    int store_broke; /* atomic */
    limits limits;
    service service;
} daemon_parts;

static bzt_err need(const char **out, const conf *c, const char *name)
{
    *out = conf_text(c, name, NULL);
    if (*out)
        return BZT_OK;
    fprintf(stderr, "bztd: the configuration lacks %s\n", name);
    return BZT_ERR_CONFIG;
}

static bzt_err set_log(const conf *c)
{
    static const struct {
        const char *name;
        log_level level;
    } levels[] = {{"error", LOG_ERROR},
                  {"warn", LOG_WARN},
                  {"info", LOG_INFO},
                  {"debug", LOG_DEBUG}};
    const char *name = conf_text(c, "server.log", "info");

    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (!strcmp(levels[i].name, name)) {
            log_set_level(levels[i].level);
            return BZT_OK;
        }
    fprintf(stderr, "bztd: server.log is error, warn, info or debug\n");
    return BZT_ERR_CONFIG;
}

/* --- parts, in the order in which they need each other ------------------- */

/* The file of the configuration, or the credential that systemd passes. */
static bzt_err find_master_key(const char **out, const conf *c)
{
    static char credential[PATH_MAX];
    const char *folder = getenv("CREDENTIALS_DIRECTORY");

    *out = conf_text(c, "vault.master_key", NULL);
    if (*out || !folder)
        return need(out, c, "vault.master_key");
    snprintf(credential, sizeof credential, "%s/master.key", folder);
    *out = credential;
    return BZT_OK;
}

static bzt_err open_vault(daemon_parts *d)
{
    const char *path;
    bzt_err err;

    if ((err = find_master_key(&path, d->conf)))
        return err;
    if ((err = vault_open(&d->service.vault, path)))
        fprintf(stderr, "bztd: master key %s: %s\n", path,
                bzt_err_describe(err)->en);
    return err;
}

static int is_shared(const char *url)
{
    return !strncmp(url, "postgres", 8);
}

/* What other nodes have changed is read only where there can be others. */
typedef struct watch {
    int64_t *versions;
    const uint8_t (*ids)[16];
    size_t n;
} watch;

static bzt_err watch_op(store_tx *tx, void *arg)
{
    const watch *w = arg;

    return watch_versions(tx, w->versions, w->ids, w->n);
}

static bzt_err read_versions(service *s, int64_t *versions,
                             const uint8_t (*ids)[16], size_t n)
{
    watch w = {versions, ids, n};

    return store_read(s->store, watch_op, &w);
}

static bzt_err open_http(daemon_parts *d, const char *url)
{
    conf *c = d->conf;
    http_options o = {.routes = routes,
                      .routes_n = routes_n,
                      .authenticate = auth_call,
                      .preflight = page_preflight,
                      .versions = is_shared(url) ? read_versions : NULL,
                      .signals = 1};
    bzt_err err;

    if ((err = need(&o.socket, c, "server.socket")))
        return err;
    o.workers = (int)conf_int(c, "server.workers", 16);
    o.queue = (int)conf_int(c, "server.queue", 2048);
    o.quiet = !conf_int(c, "server.access_log", 1);
    if (o.workers < 1 || o.workers > 256 || o.queue < 1 || conf_check(c))
        return BZT_ERR_CONFIG;
    if ((err = http_new(&d->http, &o)))
        fprintf(stderr, "bztd: socket %s: %s\n", o.socket,
                bzt_err_describe(err)->en);
    return err;
}

/* Only opening it again finds out what is on the disk: the supervisor starts
 * us anew.  Whoever waits for this very commit is still hung up on. */
static void on_broken_store(void *self)
{
    daemon_parts *d = self;

    __atomic_store_n(&d->store_broke, 1, __ATOMIC_SEQ_CST);
    if (d->http)
        http_stop(d->http);
}

static bzt_err open_store(daemon_parts *d, const char *url)
{
    const store_options o = {.url = url,
                             .connections =
                                 (int)conf_int(d->conf, "store.connections", 0),
                             .touched = d->http ? http_touched : NULL,
                             .touched_self = d->http,
                             .broke = on_broken_store,
                             .broke_self = d};
    bzt_err err;

    d->service.is_shared = is_shared(url);
    if ((err = conf_check(d->conf)))
        return err;
    if ((err = store_open(&d->service.store, &o)))
        fprintf(stderr, "bztd: the store of store.url: %s\n",
                bzt_err_describe(err)->en);
    return err;
}

static bzt_err open_connectors(daemon_parts *d)
{
    const ca_builtin_options builtin = {
        .store = d->service.store,
        .sealer = {d->service.vault, vault_seal_ca_key, vault_unseal_ca_key},
        .origin = d->service.site.api_origin};

    return connectors_new(&d->service.connect, d->conf, &builtin);
}

static bzt_err read_site(daemon_parts *d)
{
    site_config *site = &d->service.site;
    bzt_err err;

    if ((err = need(&site->app_origin, d->conf, "site.app_origin")))
        return err;
    if ((err = need(&site->api_origin, d->conf, "site.api_origin")))
        return err;
    site->settings_path = conf_text(d->conf, "site.settings", NULL);
    site->head_period_ms = conf_int(d->conf, "audit.head_ms", 60000);
    limits_read(&d->limits, d->conf);
    d->service.limits = &d->limits;
    return conf_check(d->conf);
}

static void close_all(daemon_parts *d)
{
    tasks_stop(d->tasks);
    http_free(d->http);
    connectors_free(d->service.connect);
    nonce_table_free(d->service.nonces);
    if (d->service.store)
        store_close(d->service.store);
    vault_close(d->service.vault);
    conf_free(d->conf);
}

/* --- commands ------------------------------------------------------------ */

static bzt_err serve(daemon_parts *d)
{
    const char *url;
    bzt_err err;

    if ((err = need(&url, d->conf, "store.url")))
        return err;
    if ((err = open_vault(d)))
        return err;
    if ((err = open_http(d, url)))
        return err;
    if ((err = open_store(d, url)))
        return err;
    if ((err = open_connectors(d)))
        return err;
    if ((err = nonce_table_new(&d->service.nonces)))
        return err;
    if ((err = tasks_start(&d->tasks, tasks, tasks_n, &d->service)))
        return err;
    log_event(LOG_INFO, "started", "serving %zu routes", routes_n);
    err = http_run(d->http, &d->service);
    if (!err && __atomic_load_n(&d->store_broke, __ATOMIC_SEQ_CST))
        err = BZT_ERR_IO;
    log_event(LOG_INFO, "stopped", "%s",
              err ? bzt_err_describe(err)->code : "ok");
    return err;
}

/* The code alone goes to standard output, for scripts. */
static void print_code(const char *code)
{
    fprintf(stderr, "bztd: the installation is made.  Set-up code of the "
                    "first operator, for one use within 24 hours:\n");
    printf("%s\n", code);
}

static bzt_err init(daemon_parts *d)
{
    init_order order = {.name = conf_text(d->conf, "site.name", "BZT"),
                        .app_origin = d->service.site.app_origin,
                        .api_origin = d->service.site.api_origin,
                        .now_ms = clock_now_ms()};
    char code[STAFF_CODE_SIZE];
    const char *url;
    bzt_err err;

    if ((err = need(&url, d->conf, "store.url")))
        return err;
    if ((err = need(&order.public_path, d->conf, "site.public")))
        return err;
    if ((err = find_master_key(&order.master_key_path, d->conf)))
        return err;
    if ((err = open_store(d, url)))
        return err;
    err = service_init(code, d->service.store, &order);
    if (!err)
        print_code(code);
    wipe(code, sizeof code);
    return err;
}

/* --- the process --------------------------------------------------------- */

/* Small and quiet: fewer malloc arenas than threads (with two, they wait for
 * each other), secrets in no dump, files for nobody else, and as many
 * connections as we may have. */
static void set_process(void)
{
    const struct rlimit none = {0, 0};
    struct rlimit files;

    /* Few arenas; and what a password hash took (19 MiB) goes back at once:
     * left alone, the threshold would grow past it after the first. */
    mallopt(M_ARENA_MAX, 8);
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    umask(0077);
    setrlimit(RLIMIT_CORE, &none);
    if (!getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    http_wipe_memory();
}

static int run(bzt_err (*command)(daemon_parts *d), const char *path)
{
    daemon_parts d = {NULL};
    bzt_err err;

    if ((err = conf_read(&d.conf, path, known)))
        goto out;
    if ((err = set_log(d.conf)))
        goto out;
    if ((err = read_site(&d)))
        goto out;
    err = command(&d);
out:
    close_all(&d);
    if (err)
        fprintf(stderr, "bztd: %s\n", bzt_err_describe(err)->en);
    return err ? 1 : 0;
}

int main(int argc, char **argv)
{
    int is_init = argc > 1 && !strcmp(argv[1], "init");

    if (argc != 3 + is_init || strcmp(argv[1 + is_init], "--config")) {
        fputs(usage, stderr);
        return 2;
    }
    set_process();
    return run(is_init ? init : serve, argv[2 + is_init]);
}
