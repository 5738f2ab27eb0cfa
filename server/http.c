/* The event thread: socket, loop, stop, and the poll of other nodes. */
#include "http.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/wipe.h"
#include "engine.h"
#include <errno.h>
#include <event2/listener.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 4096, POLL_MS = 50, ACCEPT_PAUSE_MS = 100 };

/* --- memory -------------------------------------------------------------- */

static void free_wiped(void *p)
{
    if (p)
        wipe(p, malloc_usable_size(p));
    free(p);
}

static void *realloc_wiped(void *p, size_t len)
{
    void *out = malloc(len);
    size_t old = p ? malloc_usable_size(p) : 0;

    if (!out)
        return NULL;
    if (p)
        memcpy(out, p, old < len ? old : len);
    free_wiped(p);
    return out;
}

void http_wipe_memory(void)
{
    event_set_mem_functions(malloc, realloc_wiped, free_wiped);
}

/* --- the socket ---------------------------------------------------------- */

/* A socket file that nobody serves is left over from a crash. */
static bzt_err remove_stale(const struct sockaddr_un *at)
{
    struct stat st;
    int fd, served;

    if (lstat(at->sun_path, &st))
        return errno == ENOENT ? BZT_OK : BZT_ERR_IO;
    if (!S_ISSOCK(st.st_mode))
        return BZT_ERR_CONFIG;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return BZT_ERR_IO;
    served = !connect(fd, (const struct sockaddr *)at, sizeof *at);
    close(fd);
    if (served)
        return BZT_ERR_CONFIG;
    return unlink(at->sun_path) ? BZT_ERR_IO : BZT_OK;
}

/* Never open to more than owner and group, not even for a moment. */
static int bind_private(int fd, const struct sockaddr_un *at)
{
    mode_t before = umask(0177);
    int failed = bind(fd, (const struct sockaddr *)at, sizeof *at);

    umask(before);
    return failed || chmod(at->sun_path, 0660) || listen(fd, BACKLOG);
}

static bzt_err open_socket(int *out, const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    bzt_err err;

    *out = -1;
    if (strlen(path) >= sizeof at.sun_path)
        return BZT_ERR_CONFIG;
    strcpy(at.sun_path, path);
    if ((err = remove_stale(&at)))
        return err;
    *out = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*out < 0)
        return BZT_ERR_IO;
    if (!bind_private(*out, &at))
        return BZT_OK;
    close(*out);
    *out = -1;
    return BZT_ERR_IO;
}

static void resume_accept(evutil_socket_t fd, short what, void *arg)
{
    http *h = arg;

    (void)fd;
    (void)what;
    if (h->bound)
        evconnlistener_enable(evhttp_bound_socket_get_listener(h->bound));
}

/* Out of descriptors: the listener would spin, so it rests for a moment. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    const struct timeval pause = {0, ACCEPT_PAUSE_MS * 1000};
    http *h = arg;

    log_event(LOG_ERROR, "accept_failed", "%s", strerror(errno));
    evconnlistener_disable(listener);
    event_base_once(h->base, -1, EV_TIMEOUT, resume_accept, h, &pause);
}

/* --- other nodes --------------------------------------------------------- */

typedef struct poll {
    job job; /* first */
    http *http;
    int is_busy;
    bzt_err err;
    size_t n, cap;
    uint8_t (*ids)[16];
    int64_t *versions;
} poll;

static void poll_run(job *j, arena *scratch)
{
    poll *p = (poll *)j;

    (void)scratch;
    p->err = p->http->o.versions(p->http->service, p->versions,
                                 (const uint8_t(*)[16])p->ids, p->n);
}

static void poll_done(job *j)
{
    poll *p = (poll *)j;

    p->is_busy = 0;
    for (size_t i = 0; i < p->n && !p->err; i++)
        if (p->versions[i] >= 0)
            waits_saw(p->http->waits, p->ids[i], p->versions[i]);
}

static void poll_add(waiter *w, void *arg)
{
    poll *p = arg;

    if (p->n == p->cap)
        return;
    memcpy(p->ids[p->n], w->id, 16);
    p->versions[p->n++] = -1;
}

static int poll_grow(poll *p, size_t n)
{
    if (n <= p->cap)
        return 1;
    free(p->ids);
    free(p->versions);
    p->cap = n * 2;
    p->ids = malloc(p->cap * sizeof p->ids[0]);
    p->versions = malloc(p->cap * sizeof p->versions[0]);
    if (p->ids && p->versions)
        return 1;
    p->cap = 0;
    return 0;
}

static void on_poll(evutil_socket_t fd, short what, void *arg)
{
    http *h = arg;
    poll *p = h->poll;

    (void)fd;
    (void)what;
    if (p->is_busy || !waits_n(h->waits) || !poll_grow(p, waits_n(h->waits)))
        return;
    p->n = 0;
    waits_each(h->waits, poll_add, p);
    p->is_busy = 1;
    pool_submit(h->pool, &p->job, 1);
}

static void poll_free(poll *p)
{
    if (!p)
        return;
    free(p->ids);
    free(p->versions);
    free(p);
}

/* --- stop ---------------------------------------------------------------- */

static void end_waiter(waiter *w, void *arg)
{
    exchange *x = exchange_of(w);

    (void)arg;
    if (x)
        exchange_end_wait(x);
    else
        stream_stop(stream_of(w));
}

static void on_stop_timer(evutil_socket_t fd, short what, void *arg)
{
    http *h = arg;

    (void)fd;
    (void)what;
    log_event(LOG_WARN, "stop_late", "%zu calls still run", h->open);
    event_base_loopbreak(h->base);
}

static void begin_stop(http *h)
{
    const struct timeval limit = {STOP_S, 0};

    if (h->stopping)
        return;
    h->stopping = 1;
    log_event(LOG_INFO, "stopping", "%zu calls and streams are open", h->open);
    evhttp_del_accept_socket(h->evhttp, h->bound);
    h->bound = NULL;
    unlink(h->o.socket);
    waits_each(h->waits, end_waiter, NULL);
    if (!h->open)
        event_base_loopbreak(h->base);
    evtimer_add(h->stop_timer, &limit);
}

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    begin_stop(arg);
}

void http_stop(http *h)
{
    __atomic_store_n(&h->wants_stop, 1, __ATOMIC_SEQ_CST);
    pool_notify(h->pool);
}

void http_closed(http *h)
{
    h->open--;
    if (h->stopping && !h->open)
        event_base_loopbreak(h->base);
}

/* --- life ---------------------------------------------------------------- */

static void on_notified(evutil_socket_t fd, short what, void *arg)
{
    http *h = arg;

    (void)fd;
    (void)what;
    pool_collect(h->pool);
    waits_deliver(h->waits);
    if (__atomic_load_n(&h->wants_stop, __ATOMIC_SEQ_CST))
        begin_stop(h);
}

static void notify(void *self)
{
    pool_notify(((http *)self)->pool);
}

void http_touched(void *self, const uint8_t id[16])
{
    waits_touch(((http *)self)->waits, id);
}

void http_overloaded(http *h)
{
    int64_t now = clock_monotonic_ms();

    if (h->overloaded_ms && now < h->overloaded_ms + 1000)
        return;
    h->overloaded_ms = now;
    log_event(LOG_WARN, "overloaded", "%zu calls and streams are open",
              h->open);
}

void http_log(const http *h, const route *r, const char *method, int status,
              int64_t started_ms)
{
    if (!h->o.quiet && !(r && r->flags & ROUTE_UNLOGGED))
        log_event(LOG_INFO, "request", "%s %s %d %lldms", method,
                  r ? r->path : "-", status,
                  (long long)(clock_monotonic_ms() - started_ms));
}

static void set_defaults(http_options *o)
{
    o->workers = o->workers ? o->workers : 16;
    o->queue = o->queue ? o->queue : 2048;
    o->heartbeat_ms = o->heartbeat_ms ? o->heartbeat_ms : 30000;
    o->stream_max_ms = o->stream_max_ms ? o->stream_max_ms : 30 * 60 * 1000;
}

static bzt_err make_workers(http *h)
{
    const pool_options options = {.workers = h->o.workers,
                                  .bound = (size_t)h->o.queue,
                                  .arena_max = ARENA_MAX};
    bzt_err err;

    if ((err = pool_new(&h->pool, &options)))
        return err;
    if ((err = waits_new(&h->waits, notify, h)))
        return err;
    if (!h->o.versions)
        return BZT_OK;
    h->poll = calloc(1, sizeof *h->poll);
    if (!h->poll)
        return BZT_ERR_MEMORY;
    h->poll->job = (job){NULL, poll_run, poll_done};
    h->poll->http = h;
    return BZT_OK;
}

static int add_event(struct event *e, const struct timeval *tv)
{
    return !e || event_add(e, tv);
}

static bzt_err make_events(http *h)
{
    const struct timeval poll_every = {0, POLL_MS * 1000};
    struct event_base *b = h->base;
    int failed;

    h->notified =
        event_new(b, pool_fd(h->pool), EV_READ | EV_PERSIST, on_notified, h);
    h->stop_timer = evtimer_new(b, on_stop_timer, h);
    failed = add_event(h->notified, NULL) || !h->stop_timer;
    if (h->o.versions) {
        h->poll_timer = event_new(b, -1, EV_PERSIST, on_poll, h);
        failed = failed || add_event(h->poll_timer, &poll_every);
    }
    if (h->o.signals) {
        h->sigterm = evsignal_new(b, SIGTERM, on_signal, h);
        h->sigint = evsignal_new(b, SIGINT, on_signal, h);
        failed =
            failed || add_event(h->sigterm, NULL) || add_event(h->sigint, NULL);
    }
    return failed ? BZT_ERR_MEMORY : BZT_OK;
}

/* evhttp turns reading and writing on and off for each request: with a
 * change list most of that never reaches the kernel. */
static struct event_base *make_base(void)
{
    struct event_config *c = event_config_new();
    struct event_base *base;

    if (!c)
        return NULL;
    event_config_set_flag(c, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST |
                                 EVENT_BASE_FLAG_NOLOCK);
    base = event_base_new_with_config(c);
    event_config_free(c);
    return base;
}

static bzt_err make_evhttp(http *h)
{
    h->base = make_base();
    h->evhttp = h->base ? evhttp_new(h->base) : NULL;
    if (!h->evhttp)
        return BZT_ERR_MEMORY;
    evhttp_set_gencb(h->evhttp, conn_request, h);
    evhttp_set_allowed_methods(h->evhttp, 0xffff); /* 405 is ours to say */
    evhttp_set_max_headers_size(h->evhttp, HEADER_BYTES_MAX);
    /* What a route does not take is refused with a problem answer up to
     * here; far more is cut off by evhttp, and by nginx before it. */
    evhttp_set_max_body_size(h->evhttp, 2 * ROUTE_BODY_MAX);
    evhttp_set_flags(h->evhttp, EVHTTP_SERVER_LINGERING_CLOSE);
    evhttp_set_timeout(h->evhttp, IDLE_S);
    return BZT_OK;
}

static bzt_err make_listener(http *h)
{
    bzt_err err;

    if ((err = open_socket(&h->listen_fd, h->o.socket)))
        return err;
    h->bound = evhttp_accept_socket_with_handle(h->evhttp, h->listen_fd);
    if (!h->bound) {
        close(h->listen_fd);
        return BZT_ERR_MEMORY;
    }
    evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(h->bound),
                                on_accept_error);
    return BZT_OK;
}

bzt_err http_new(http **out, const http_options *o)
{
    http *h = calloc(1, sizeof *h);
    bzt_err err;

    *out = NULL;
    if (!h)
        return BZT_ERR_MEMORY;
    h->o = *o;
    set_defaults(&h->o);
    if ((err = make_workers(h)))
        goto out;
    if ((err = make_evhttp(h)))
        goto out;
    if ((err = make_events(h)))
        goto out;
    if ((err = make_listener(h)))
        goto out;
    *out = h;
    h = NULL;
out:
    http_free(h);
    return err;
}

bzt_err http_run(http *h, struct service *s)
{
    h->service = s;
    signal(SIGPIPE, SIG_IGN); /* a client that has gone is an error like any */
    if (event_base_loop(h->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0)
        return BZT_ERR_IO;
    return BZT_OK;
}

static void event_drop(struct event *e)
{
    if (e)
        event_free(e);
}

/* Workers first: what they have finished still needs connections. */
void http_free(http *h)
{
    if (!h)
        return;
    if (h->bound)
        unlink(h->o.socket);
    pool_join(h->pool);
    if (h->pool && h->evhttp)
        pool_collect(h->pool);
    h->freeing = 1;
    if (h->evhttp)
        evhttp_free(h->evhttp);
    event_drop(h->notified);
    event_drop(h->poll_timer);
    event_drop(h->sigterm);
    event_drop(h->sigint);
    event_drop(h->stop_timer);
    if (h->base)
        event_base_free(h->base);
    poll_free(h->poll);
    waits_free(h->waits);
    pool_free(h->pool);
    while (h->arenas_n)
        arena_free(h->arenas[--h->arenas_n]);
    free(h);
}
