/* The HTTP engine of the platform (http.h). */
#include "http.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/text.h"
#include <cjson/cJSON.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BODY_MAX = 16384,
    READ_MAX = 1 << 20, /* evhttp cuts off beyond, without an answer of ours */
    HEADERS_MAX = 16384,
    ARENA_MAX = 8 << 20,
    TICK_MS = 250,
    STOP_MS = 10000,
    LAST_WORDS_MS = 200,
    QUERY_MAX = 4
};

typedef struct pair {
    const char *name, *value;
} pair;

/* A call with what the engine keeps of it. */
typedef struct exchange {
    job job; /* first */
    call c;
    http *http;
    struct evhttp_request *req;
    const char *method, *path, *csrf;
    char session_cookie[SECRET_TEXT_LEN + 1];
    pair query[QUERY_MAX + 1];
    int query_n, must_close, is_known;
    bzt_err err;
    TAILQ_ENTRY(exchange) waiting;
} exchange;

struct http {
    http_options o;
    app *app;
    work *work;
    struct event_base *base;
    struct evhttp *evhttp;
    struct evhttp_bound_socket *bound;
    struct event *woken, *tick, *sigterm, *sigint;
    TAILQ_HEAD(, exchange) waiting;
    size_t open;
    int64_t stop_by; /* 0: not stopping */
};

static exchange *of_call(call *c)
{
    return (exchange *)((char *)c - offsetof(exchange, c));
}

/* --- for handlers -------------------------------------------------------- */

const char *call_query(const call *c, const char *name)
{
    const exchange *x = of_call((call *)c);

    for (int i = 0; i < x->query_n; i++) {
        if (!strcmp(x->query[i].name, name))
            return x->query[i].value;
    }
    return NULL;
}

bzt_err call_bad_field(call *c, const char *name)
{
    c->field = name;
    return BZT_ERR_BAD_FIELD;
}

bzt_err call_query_int(int64_t *out, call *c, const char *name,
                       int64_t fallback, int64_t max)
{
    const char *text = call_query(c, name);
    size_t n = text ? strlen(text) : 0;

    *out = fallback;
    if (!text)
        return BZT_OK;
    if (n < 1 || n > 15 || strspn(text, "0123456789") != n ||
        strtoll(text, NULL, 10) > max)
        return call_bad_field(c, name);
    *out = strtoll(text, NULL, 10);
    return BZT_OK;
}

json *call_answer(call *c)
{
    c->json = json_new_object(c->arena);
    return c->json;
}

void call_set_cookie(call *c, const char *name, const char *value,
                     int64_t seconds)
{
    const char *text =
        arena_printf(c->arena,
                     "%s=%s; Path=/; Max-Age=%lld; Secure; HttpOnly; "
                     "SameSite=Strict",
                     name, value, (long long)seconds);

    if (text && c->cookies_n < COOKIES_SET_MAX)
        c->cookies[c->cookies_n++] = text;
}

/* --- reading a request --------------------------------------------------- */

static const char *header(const exchange *x, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(x->req), name);
}

/* Two of them mean two requests. */
static bzt_err check_single(const exchange *x)
{
    static const char *const single[] = {
        "Host",   "Content-Length", "Transfer-Encoding", "Content-Type",
        "Cookie", "Origin",         "X-BZT-CSRF"};
    const struct evkeyvalq *all = evhttp_request_get_input_headers(x->req);

    for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
        int n = 0;
        for (struct evkeyval *h = all->tqh_first; h; h = h->next.tqe_next) {
            n += !strcasecmp(h->key, single[i]);
        }
        if (n > 1)
            return BZT_ERR_BAD_FIELD;
    }
    return BZT_OK;
}

/* evhttp leaves the body of a GET unread: it would pass for a request. */
static bzt_err check_framing(const exchange *x)
{
    const char *length = header(x, "Content-Length");
    int is_post = !strcmp(x->method, "POST");

    if (header(x, "Transfer-Encoding") && (length || !is_post))
        return BZT_ERR_BAD_FIELD;
    if (length && !is_post && strcmp(length, "0"))
        return BZT_ERR_BAD_FIELD;
    return BZT_OK;
}

static bzt_err bad_query(exchange *x, const char *name)
{
    return call_bad_field(&x->c, *name ? name : "query");
}

/* Plain names and values only: nothing that the platform takes needs more. */
static bzt_err read_query(exchange *x, char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    char *rest = text, *one;

    while ((one = strsep(&rest, "&"))) {
        char *value = strchr(one, '=');
        if (!value || x->query_n == QUERY_MAX)
            return bad_query(x, "");
        *value++ = 0;
        if (strspn(one, plain) != strlen(one) ||
            strspn(value, plain) != strlen(value) || call_query(&x->c, one))
            return bad_query(x, "");
        x->query[x->query_n++] = (pair){one, value};
    }
    return BZT_OK;
}

static bzt_err check_query(exchange *x)
{
    for (int i = 0; i < x->query_n; i++) {
        const char *const *known = x->c.route->query;
        while (*known && strcmp(*known, x->query[i].name)) {
            known++;
        }
        if (!*known)
            return bad_query(x, x->query[i].name);
    }
    return BZT_OK;
}

static bzt_err read_target(exchange *x)
{
    const char *uri = evhttp_request_get_uri(x->req);
    char *copy, *question;

    x->path = "/";
    if (!uri || *uri != '/' || strchr(uri, '#') || strlen(uri) > 1024)
        return BZT_ERR_NOT_FOUND;
    copy = arena_text(x->c.arena, text_span(uri));
    if (!copy)
        return BZT_ERR_MEMORY;
    question = strchr(copy, '?');
    if (question)
        *question++ = 0;
    x->path = copy;
    return question ? read_query(x, question) : BZT_OK;
}

/* --- routes -------------------------------------------------------------- */

static int matches(exchange *x, const route *r)
{
    const char *colon = strchr(r->path, ':');
    size_t prefix = colon ? (size_t)(colon - r->path) : 0;

    if (!colon)
        return !strcmp(r->path, x->path);
    if (strncmp(x->path, r->path, prefix) || !x->path[prefix] ||
        strlen(x->path + prefix) > 80)
        return 0;
    const char *rest = strchr(colon, '/');
    const char *param = x->path + prefix;
    size_t len = strcspn(param, "/");
    if (strcmp(param + len, rest ? rest : ""))
        return 0;
    x->c.param =
        arena_text(x->c.arena, (bzt_span){(const uint8_t *)param, len});
    return x->c.param != NULL;
}

static bzt_err find_route(exchange *x)
{
    static const route page = {.method = "GET", .who = WHO_ANYONE};
    int is_path = 0;

    for (size_t i = 0; i < x->http->o.routes_n; i++) {
        const route *r = &x->http->o.routes[i];
        if (!matches(x, r))
            continue;
        is_path = 1;
        if (!strcmp(r->method, x->method)) {
            x->c.route = r;
            return BZT_OK;
        }
    }
    if (is_path)
        return BZT_ERR_METHOD;
    if (strcmp(x->method, "GET"))
        return strcmp(x->method, "POST") ? BZT_ERR_METHOD : BZT_ERR_NOT_FOUND;
    x->c.route = &page;
    x->c.param = x->path;
    return BZT_OK;
}

/* --- who calls ----------------------------------------------------------- */

/* A page of another origin may not make this browser do anything, logged in
 * or not: SameSite keeps cookies from it, and this its call. */
static bzt_err check_origin(const exchange *x)
{
    const char *site = header(x, "Sec-Fetch-Site");

    if (!strcmp(x->method, "GET") || x->c.route->is_raw)
        return BZT_OK;
    if (x->c.origin && strcmp(x->c.origin, x->http->app->origin))
        return BZT_ERR_CSRF;
    if (site && strcmp(site, "same-origin") && strcmp(site, "none"))
        return BZT_ERR_CSRF;
    return BZT_OK;
}

static bzt_err find_caller(exchange *x)
{
    app *a = x->http->app;
    bzt_err err;

    pthread_mutex_lock(&a->lock);
    err = session_find(&x->c.me, &a->sessions, x->session_cookie, x->c.now_ms);
    pthread_mutex_unlock(&a->lock);
    if (x->c.route->who == WHO_ANYONE)
        return BZT_OK;
    if (err || !strcmp(x->method, "GET"))
        return err;
    return session_check_csrf(&x->c.me, x->csrf);
}

/* --- bodies -------------------------------------------------------------- */

static bzt_err read_body(exchange *x)
{
    struct evbuffer *buffer = evhttp_request_get_input_buffer(x->req);
    size_t len = evbuffer_get_length(buffer);
    uint8_t *p;

    if (len > BODY_MAX)
        return BZT_ERR_TOO_LARGE;
    p = arena_alloc(x->c.arena, len + 1);
    if (!p)
        return BZT_ERR_MEMORY;
    evbuffer_remove(buffer, p, len);
    x->c.raw = (bzt_span){p, len};
    return BZT_OK;
}

static const field *find_field(const route *r, const char *name)
{
    for (const field *f = r->fields; f < r->fields + FIELDS_MAX && f->name;
         f++) {
        if (!strcmp(f->name, name))
            return f;
    }
    return NULL;
}

static bzt_err check_fields(call *c)
{
    const field *f = c->route->fields;

    if (!cJSON_IsObject(c->body))
        return call_bad_field(c, "body");
    for (const json *m = c->body->child; m; m = m->next) {
        if (!find_field(c->route, m->string))
            return call_bad_field(c, m->string);
    }
    for (; f < c->route->fields + FIELDS_MAX && f->name; f++) {
        const char *text;
        if (json_text(&text, c->body, f->name, f->min, f->max))
            return call_bad_field(c, f->name);
    }
    return BZT_OK;
}

static int is_json(const char *type)
{
    static const char name[] = "application/json";

    return type && !strncasecmp(type, name, sizeof(name) - 1) &&
           (!type[sizeof(name) - 1] || type[sizeof(name) - 1] == ';');
}

static bzt_err parse_body(exchange *x)
{
    json *body = NULL;
    bzt_err err;

    if (strcmp(x->method, "POST") || x->c.route->is_raw)
        return BZT_OK;
    if (!is_json(header(x, "Content-Type")))
        return BZT_ERR_MEDIA_TYPE;
    if ((err = json_parse(&body, x->c.arena, x->c.raw)))
        return err;
    x->c.body = body;
    return check_fields(&x->c);
}

/* --- answers ------------------------------------------------------------- */

static void problem(exchange *x, bzt_err err)
{
    const bzt_err_info *info = bzt_err_describe(err);
    json *o = call_answer(&x->c);
    int64_t seconds = (x->c.retry_ms + 999) / 1000;

    x->c.status = info->http;
    x->c.type = "application/problem+json";
    x->c.bytes = (bzt_span){NULL, 0};
    json_add_text(o, "type",
                  arena_printf(x->c.arena, "urn:bzt:%s", info->code));
    json_add_text(o, "title", info->en);
    json_add_text(o, "title_zh", info->zh);
    json_add_int(o, "status", info->http);
    json_add_text(o, "code", info->code);
    json_add_bool(o, "retryable", info->retryable);
    if (err == BZT_ERR_BAD_FIELD && x->c.field)
        json_add_text(o, "field", x->c.field);
    if (err == BZT_ERR_LIMITED && seconds)
        json_add_int(o, "seconds", seconds);
}

static void add_headers(exchange *x)
{
    struct evkeyvalq *out = evhttp_request_get_output_headers(x->req);
    char seconds[24];

    evhttp_add_header(out, "Content-Security-Policy", x->http->o.csp);
    evhttp_add_header(out, "X-Content-Type-Options", "nosniff");
    evhttp_add_header(out, "Cache-Control",
                      x->c.etag ? "no-cache" : "no-store");
    if (x->c.etag)
        evhttp_add_header(out, "ETag", x->c.etag);
    if (x->c.type && x->c.status != 304)
        evhttp_add_header(out, "Content-Type", x->c.type);
    for (int i = 0; i < x->c.cookies_n; i++) {
        evhttp_add_header(out, "Set-Cookie", x->c.cookies[i]);
    }
    if (x->c.retry_ms) {
        snprintf(seconds, sizeof(seconds), "%lld",
                 (long long)(x->c.retry_ms + 999) / 1000);
        evhttp_add_header(out, "Retry-After", seconds);
    }
    if (x->must_close || x->http->stop_by)
        evhttp_add_header(out, "Connection", "close");
}

/* The JSON becomes bytes; what cannot be written is an error of ours. */
static void render(exchange *x)
{
    static const char broken[] = "{\"type\":\"urn:bzt:internal\","
                                 "\"status\":500,\"code\":\"internal\"}";

    if (!x->c.json)
        return;
    if (json_write(&x->c.bytes, x->c.arena, x->c.json)) {
        x->c.status = 500;
        x->c.type = "application/problem+json";
        x->c.bytes = text_span(broken);
    }
    if (!x->c.type)
        x->c.type = "application/json";
}

/* Not at once: the last answers are still to be written. */
static void end_soon(http *h)
{
    const struct timeval moment = {0, LAST_WORDS_MS * 1000};

    event_base_loopexit(h->base, &moment);
}

static void answer(exchange *x)
{
    http *h = x->http;
    struct evbuffer *body = evbuffer_new();

    render(x);
    if (!x->c.status)
        x->c.status = x->c.bytes.len || x->c.type ? 200 : 204;
    if (x->is_known)
        log_event(LOG_DEBUG, "request", "%s %s %d", x->method,
                  x->c.route && x->c.route->path ? x->c.route->path : "-",
                  x->c.status);
    add_headers(x);
    if (body && x->c.bytes.len)
        evbuffer_add(body, x->c.bytes.p, x->c.bytes.len);
    evhttp_send_reply(x->req, x->c.status, NULL, body);
    if (body)
        evbuffer_free(body);
    arena_free(x->c.arena); /* x lives in it */
    h->open--;
    if (h->stop_by && !h->open)
        end_soon(h);
}

static void fail(exchange *x, bzt_err err)
{
    problem(x, err);
    answer(x);
}

/* --- on a worker --------------------------------------------------------- */

static void run_call(job *j, bzt_client *client)
{
    exchange *x = (exchange *)j;
    handler run = x->c.route->run ? x->c.route->run : x->http->o.page;

    x->c.now_ms = clock_now_ms();
    x->c.wait_for = NULL;
    x->c.cookies_n = 0;
    x->err = run(&x->c, client);
}

static void submit(exchange *x)
{
    bzt_err err = work_submit(x->http->work, &x->job);

    if (err)
        fail(x, BZT_ERR_UNAVAILABLE);
}

static void call_done(job *j)
{
    exchange *x = (exchange *)j;

    if (x->err) {
        if (bzt_err_describe(x->err)->http >= 500)
            log_event(LOG_ERROR, "request_failed", "%s %s",
                      x->c.route->path ? x->c.route->path : "page",
                      bzt_err_describe(x->err)->code);
        fail(x, x->err);
        return;
    }
    if (!x->c.wait_for || x->c.is_last || x->http->stop_by) {
        answer(x);
        return;
    }
    TAILQ_INSERT_TAIL(&x->http->waiting, x, waiting);
    http_changed(x->http); /* it may have changed since the handler looked */
}

/* --- on the event thread ------------------------------------------------- */

static bzt_err begin(exchange *x)
{
    bzt_err err;

    x->must_close = 1; /* unless it is well-formed */
    if ((err = read_target(x)))
        return err;
    if ((err = check_single(x)))
        return err;
    if ((err = check_framing(x)))
        return err;
    x->must_close = 0;
    x->c.origin = header(x, "Origin");
    x->c.if_none_match = header(x, "If-None-Match");
    x->csrf = header(x, "X-BZT-CSRF");
    if (cookie_find(x->session_cookie, header(x, "Cookie"),
                    x->http->o.session_cookie))
        x->session_cookie[0] = 0;
    if (cookie_find(x->c.browser_cookie, header(x, "Cookie"),
                    x->http->o.browser_cookie))
        x->c.browser_cookie[0] = 0;
    if ((err = find_route(x)))
        return err;
    x->is_known = 1;
    if ((err = check_origin(x)))
        return err;
    if ((err = find_caller(x)))
        return err;
    if ((err = read_body(x)))
        return err;
    if ((err = parse_body(x)))
        return err;
    return x->c.route->path ? check_query(x) : BZT_OK;
}

static const char *method_of(struct evhttp_request *req)
{
    switch (evhttp_request_get_command(req)) {
    case EVHTTP_REQ_GET:
        return "GET";
    case EVHTTP_REQ_POST:
        return "POST";
    default:
        return "OTHER";
    }
}

static void on_request(struct evhttp_request *req, void *arg)
{
    http *h = arg;
    arena *a = arena_new(ARENA_MAX);
    exchange *x = a ? arena_alloc(a, sizeof(*x)) : NULL;
    bzt_err err;

    if (!x) {
        arena_free(a);
        evhttp_send_error(req, 503, NULL);
        return;
    }
    x->job = (job){NULL, run_call, call_done};
    x->http = h;
    x->req = req;
    x->c.app = h->app;
    x->c.arena = a;
    x->c.now_ms = clock_now_ms();
    x->method = method_of(req);
    h->open++;
    if ((err = begin(x)))
        fail(x, err);
    else
        submit(x);
}

static int has_changed(const exchange *x)
{
    app *a = x->http->app;
    const pending *p;
    int changed;

    pthread_mutex_lock(&a->lock);
    p = pending_find(&a->pendings, x->c.wait_for);
    changed = !p || p->version != x->c.wait_version;
    pthread_mutex_unlock(&a->lock);
    return changed;
}

static void look_at_waiting(http *h, int64_t now_ms)
{
    exchange *x, *next;

    for (x = TAILQ_FIRST(&h->waiting); x; x = next) {
        next = TAILQ_NEXT(x, waiting);
        int is_over = h->stop_by || now_ms >= x->c.wait_until;
        if (!is_over && !has_changed(x))
            continue;
        TAILQ_REMOVE(&h->waiting, x, waiting);
        x->c.is_last = is_over;
        submit(x);
    }
}

static void on_woken(evutil_socket_t fd, short what, void *arg)
{
    http *h = arg;

    (void)fd;
    (void)what;
    work_collect(h->work);
    look_at_waiting(h, clock_now_ms());
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    http *h = arg;
    int64_t now_ms = clock_now_ms();
    exchange *x;

    (void)fd;
    (void)what;
    look_at_waiting(h, now_ms);
    TAILQ_FOREACH(x, &h->waiting, waiting)
    {
        h->o.watch(h->app, x->c.wait_for, now_ms);
    }
    if (h->stop_by && clock_monotonic_ms() >= h->stop_by)
        event_base_loopbreak(h->base);
}

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
    http *h = arg;

    (void)fd;
    (void)what;
    if (h->stop_by)
        return;
    h->stop_by = clock_monotonic_ms() + STOP_MS;
    evhttp_del_accept_socket(h->evhttp, h->bound);
    h->bound = NULL;
    unlink(h->o.socket);
    look_at_waiting(h, clock_now_ms());
    if (!h->open)
        end_soon(h);
}

/* --- life ---------------------------------------------------------------- */

/* A socket file that nobody serves is left over from a crash. */
static bzt_err remove_stale(const struct sockaddr_un *at)
{
    struct stat st;
    int fd, is_served;

    if (lstat(at->sun_path, &st))
        return errno == ENOENT ? BZT_OK : BZT_ERR_IO;
    if (!S_ISSOCK(st.st_mode))
        return BZT_ERR_CONFIG;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return BZT_ERR_IO;
    is_served = !connect(fd, (const struct sockaddr *)at, sizeof(*at));
    close(fd);
    if (is_served)
        return BZT_ERR_CONFIG;
    return unlink(at->sun_path) ? BZT_ERR_IO : BZT_OK;
}

static bzt_err open_socket(int *out, const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    mode_t before;
    bzt_err err;
    int failed;

    *out = -1;
    if (strlen(path) >= sizeof(at.sun_path))
        return BZT_ERR_CONFIG;
    strcpy(at.sun_path, path);
    if ((err = remove_stale(&at)))
        return err;
    *out = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*out < 0)
        return BZT_ERR_IO;
    before = umask(0177);
    failed = bind(*out, (const struct sockaddr *)&at, sizeof(at));
    umask(before);
    if (!failed && !chmod(path, 0660) && !listen(*out, 512))
        return BZT_OK;
    close(*out);
    *out = -1;
    return BZT_ERR_IO;
}

static bzt_err make_evhttp(http *h)
{
    h->base = event_base_new();
    h->evhttp = h->base ? evhttp_new(h->base) : NULL;
    if (!h->evhttp)
        return BZT_ERR_MEMORY;
    evhttp_set_gencb(h->evhttp, on_request, h);
    evhttp_set_allowed_methods(h->evhttp, 0xffff);
    evhttp_set_max_headers_size(h->evhttp, HEADERS_MAX);
    evhttp_set_max_body_size(h->evhttp, READ_MAX);
    evhttp_set_timeout(h->evhttp, 75); /* longer than nginx keeps it */
    return BZT_OK;
}

static bzt_err make_events(http *h)
{
    const struct timeval every = {0, TICK_MS * 1000};

    h->woken =
        event_new(h->base, work_fd(h->work), EV_READ | EV_PERSIST, on_woken, h);
    h->tick = event_new(h->base, -1, EV_PERSIST, on_tick, h);
    h->sigterm = evsignal_new(h->base, SIGTERM, on_signal, h);
    h->sigint = evsignal_new(h->base, SIGINT, on_signal, h);
    if (!h->woken || !h->tick || !h->sigterm || !h->sigint)
        return BZT_ERR_MEMORY;
    return event_add(h->woken, NULL) || event_add(h->tick, &every) ||
                   event_add(h->sigterm, NULL) || event_add(h->sigint, NULL)
               ? BZT_ERR_MEMORY
               : BZT_OK;
}

static bzt_err make_listener(http *h)
{
    int fd;
    bzt_err err = open_socket(&fd, h->o.socket);

    if (err)
        return err;
    h->bound = evhttp_accept_socket_with_handle(h->evhttp, fd);
    if (h->bound)
        return BZT_OK;
    close(fd);
    return BZT_ERR_MEMORY;
}

bzt_err http_new(http **out, app *a, work *w, const http_options *o)
{
    http *h = calloc(1, sizeof(*h));
    bzt_err err;

    *out = NULL;
    if (!h)
        return BZT_ERR_MEMORY;
    h->o = *o;
    h->app = a;
    h->work = w;
    TAILQ_INIT(&h->waiting);
    if ((err = make_evhttp(h)) || (err = make_events(h)) ||
        (err = make_listener(h))) {
        http_free(h);
        return err;
    }
    *out = h;
    return BZT_OK;
}

bzt_err http_run(http *h)
{
    signal(SIGPIPE, SIG_IGN); /* a client that has gone is an error like any */
    return event_base_loop(h->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0 ? BZT_ERR_IO
                                                                 : BZT_OK;
}

void http_free(http *h)
{
    struct event *const events[] = {h ? h->woken : NULL, h ? h->tick : NULL,
                                    h ? h->sigterm : NULL,
                                    h ? h->sigint : NULL};

    if (!h)
        return;
    if (h->bound)
        unlink(h->o.socket);
    if (h->evhttp)
        evhttp_free(h->evhttp);
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (events[i])
            event_free(events[i]);
    }
    if (h->base)
        event_base_free(h->base);
    free(h);
}

void http_changed(http *h)
{
    work_wake(h->work);
}

bzt_err http_submit(http *h, job *j)
{
    return work_submit(h->work, j);
}
