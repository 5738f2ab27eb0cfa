/* Between evhttp and exchanges.
 *
 * evhttp stops reading while a request is being answered; conn_watch reads
 * on, so that the end of a connection is noticed, with callbacks of its own,
 * because evhttp's abort the process when a byte arrives in that state.
 */
#include "core/text.h"
#include "core/wipe.h"
#include "engine.h"
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

enum { READ_AHEAD_MAX = 16 * 1024, AGENT_MAX = 200 };

static const struct {
    enum evhttp_cmd_type type;
    const char *name;
    int has_body; /* evhttp reads one */
} methods[] = {
    {EVHTTP_REQ_GET, "GET", 0},         {EVHTTP_REQ_POST, "POST", 1},
    {EVHTTP_REQ_DELETE, "DELETE", 0},   {EVHTTP_REQ_PUT, "PUT", 1},
    {EVHTTP_REQ_OPTIONS, "OPTIONS", 0}, {EVHTTP_REQ_HEAD, "HEAD", 0},
    {EVHTTP_REQ_PATCH, "PATCH", 1},
};

/* Headers that change what a request means: two of them mean two requests. */
static int must_be_single(const char *name)
{
    static const char *const names[] = {
        "Host",         "Content-Length", "Transfer-Encoding",
        "Content-Type", "Cookie",         "Authorization",
        "Origin",       "X-BZT-CSRF",     "Expect",
        "X-Real-IP",    "Idempotency-Key"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcasecmp(names[i], name))
            return 1;
    return 0;
}

static bzt_err bad_header(exchange *x, const char *name)
{
    x->close_after = 1;
    return field_problem(&x->c, name, "The header is malformed or repeated",
                         "请求头格式错误或重复");
}

static int is_visible(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
            return 0;
    return 1;
}

static bzt_err add_header(exchange *x, const char *name, const char *value)
{
    pair *p = &x->headers[x->headers_n];

    if (x->headers_n == HEADERS_MAX || !is_visible(value) ||
        (must_be_single(name) && call_header(&x->c, name)))
        return bad_header(x, name);
    p->name = arena_text(x->arena, text_span(name));
    p->value = arena_text(x->arena, text_span(value));
    if (!p->name || !p->value)
        return BZT_ERR_MEMORY;
    x->headers_n++;
    return BZT_OK;
}

static bzt_err read_headers(exchange *x)
{
    struct evkeyvalq *list = evhttp_request_get_input_headers(x->req);
    bzt_err err;

    for (struct evkeyval *h = list->tqh_first; h; h = h->next.tqe_next)
        if ((err = add_header(x, h->key, h->value)))
            return err;
    return BZT_OK;
}

/* evhttp takes a body only with some methods and only by a length or as
 * "chunked"; bytes that it left would be read as the next request. */
static bzt_err check_framing(exchange *x, int has_body)
{
    const char *length = call_header(&x->c, "Content-Length");
    const char *coding = call_header(&x->c, "Transfer-Encoding");

    if (coding && (length || !has_body || strcasecmp(coding, "chunked")))
        return bad_header(x, "Transfer-Encoding");
    if (length && (!*length || length[strspn(length, "0123456789")]))
        return bad_header(x, "Content-Length");
    if (length && !has_body && strcmp(length, "0"))
        return bad_header(x, "Content-Length");
    return BZT_OK;
}

/* Visible ASCII from a '/' on, and no fragment. */
static int is_target(const char *uri)
{
    if (!uri || *uri != '/')
        return 0;
    for (; *uri; uri++)
        if (*uri <= ' ' || *uri > '~' || *uri == '#')
            return 0;
    return 1;
}

static bzt_err read_target(exchange *x)
{
    const char *uri = evhttp_request_get_uri(x->req);
    size_t len;

    x->c.path = x->target = "-";
    if (!is_target(uri))
        return BZT_ERR_NOT_FOUND;
    len = strcspn(uri, "?");
    x->target = arena_text(x->arena, text_span(uri));
    x->c.path = arena_text(x->arena, (bzt_span){(const uint8_t *)uri, len});
    if (!x->target || !x->c.path)
        return BZT_ERR_MEMORY;
    return BZT_OK;
}

static bzt_err find_route(exchange *x)
{
    const char *allow = NULL;
    bzt_err err;

    if (!strcmp(x->c.method, "OPTIONS") &&
        (x->route = route_find_page(x->http, x->c.path))) {
        x->is_preflight = 1;
        x->run = x->http->o.preflight;
        return x->run ? BZT_OK : BZT_ERR_FORBIDDEN;
    }
    err = route_find(&x->route, x->c.params, &allow, x->arena, x->http,
                     x->c.method, x->c.path);
    if (err == BZT_ERR_METHOD)
        call_set_header(&x->c, "Allow", allow);
    if (!err)
        x->run = x->route->run;
    return err;
}

static void wipe_buffer(struct evbuffer *buffer)
{
    struct evbuffer_iovec part;

    while (evbuffer_peek(buffer, -1, NULL, &part, 1) > 0 && part.iov_len) {
        wipe(part.iov_base, part.iov_len);
        evbuffer_drain(buffer, part.iov_len);
    }
}

static bzt_err read_body_bytes(exchange *x)
{
    struct evbuffer *buffer = evhttp_request_get_input_buffer(x->req);
    size_t len = evbuffer_get_length(buffer);
    size_t max = x->route->max_body ? x->route->max_body : 64 * 1024;
    uint8_t *p;

    if (len > max)
        return BZT_ERR_TOO_LARGE;
    p = arena_alloc(x->arena, len + 1);
    if (!p)
        return BZT_ERR_MEMORY;
    evbuffer_copyout(buffer, p, len);
    if (x->route->flags & ROUTE_SECRET)
        wipe_buffer(buffer);
    x->c.raw = (bzt_span){p, len};
    return BZT_OK;
}

static const char *cut(arena *a, const char *text, size_t max)
{
    if (!text || strlen(text) <= max)
        return text;
    while (max && ((unsigned char)text[max] & 0xc0) == 0x80)
        max--; /* not inside of a character */
    return arena_text(a, (bzt_span){(const uint8_t *)text, max});
}

static const char *utf8_or_null(const char *text)
{
    return text && text_is_utf8(text_span(text)) ? text : NULL;
}

static void name_headers(exchange *x)
{
    call *c = &x->c;

    c->origin = call_header(c, "Origin");
    c->agent =
        cut(x->arena, utf8_or_null(call_header(c, "User-Agent")), AGENT_MAX);
    c->address = call_header(c, "X-Real-IP");
    c->idempotency_key = call_header(c, "Idempotency-Key");
    if (!c->address)
        c->address = "local";
}

static bzt_err read_request(exchange *x)
{
    enum evhttp_cmd_type type = evhttp_request_get_command(x->req);
    int has_body = 0;
    const char *question;
    bzt_err err;

    x->c.method = "-";
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (methods[i].type == type) {
            x->c.method = methods[i].name;
            has_body = methods[i].has_body;
        }
    if ((err = read_target(x)))
        return err;
    if ((err = read_headers(x)))
        return err;
    if ((err = check_framing(x, has_body)))
        return err;
    name_headers(x);
    if ((err = find_route(x)))
        return err;
    if ((err = read_body_bytes(x)))
        return err;
    question = strchr(x->target, '?');
    return query_read(x, question ? question + 1 : NULL);
}

/* --- what evhttp tells us ------------------------------------------------ */

static void on_complete(struct evhttp_request *req, void *arg)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(req);

    evhttp_connection_set_closecb(conn, NULL, NULL);
    exchange_free(arg);
}

/* evhttp has given the connection up.  A request that it was not yet told
 * to answer is ours to free, unless everything is being taken down. */
static void on_close(struct evhttp_connection *conn, void *arg)
{
    exchange *x = arg;

    (void)conn;
    if (x->state == EXCHANGE_ANSWERED) {
        exchange_free(x);
        return;
    }
    if (!x->http->freeing)
        evhttp_request_free(x->req);
    exchange_gone(x);
}

void conn_request(struct evhttp_request *req, void *arg)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(req);
    exchange *x = exchange_new(arg);
    bzt_err err;

    if (!x) {
        evhttp_send_error(req, 503, NULL);
        return;
    }
    x->req = req;
    evhttp_connection_set_closecb(conn, on_close, x);
    evhttp_request_set_on_complete_cb(req, on_complete, x);
    if ((err = read_request(x))) {
        exchange_fail(x, err);
        conn_answer(x);
        return;
    }
    exchange_submit(x);
}

static struct bufferevent *buffer_of(const exchange *x)
{
    return evhttp_connection_get_bufferevent(
        evhttp_request_get_connection(x->req));
}

/* Frees the connection and with it the request. */
static void drop(exchange *x)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(x->req);

    evhttp_connection_set_closecb(conn, NULL, NULL);
    x->req = NULL;
    evhttp_connection_free(conn);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    exchange *x = arg;

    if (what & BEV_EVENT_TIMEOUT) {
        bufferevent_enable(bev, EV_READ); /* waiting is no idleness */
        return;
    }
    drop(x);
    exchange_gone(x);
}

void conn_watch(exchange *x)
{
    struct bufferevent *bev = buffer_of(x);

    bufferevent_setwatermark(bev, EV_READ, 0, READ_AHEAD_MAX);
    bufferevent_setcb(bev, NULL, NULL, on_event, x);
    bufferevent_enable(bev, EV_READ);
}

void conn_hang_up(exchange *x)
{
    http_log(x->http, x->route, x->c.method, 0, x->started_ms);
    drop(x);
    exchange_free(x);
}

/* --- answers ------------------------------------------------------------- */

static int has_header(const exchange *x, const char *name)
{
    for (int i = 0; i < x->c.headers_n; i++)
        if (!strcasecmp(x->c.headers[i].name, name))
            return 1;
    return 0;
}

/* A preflight only says what the browser may send; whether the call itself
 * is allowed is asked again when it comes. */
static void add_preflight(struct evkeyvalq *out, const exchange *x)
{
    if (!x->is_preflight || !has_header(x, "Access-Control-Allow-Origin"))
        return;
    evhttp_add_header(out, "Access-Control-Allow-Methods", x->route->method);
    evhttp_add_header(out, "Access-Control-Allow-Headers", "Content-Type");
    evhttp_add_header(out, "Access-Control-Max-Age", "600");
}

void conn_add_headers(struct evhttp_request *req, const exchange *x)
{
    struct evkeyvalq *out = evhttp_request_get_output_headers(req);
    int is_secret = x->route && x->route->flags & ROUTE_SECRET;

    for (int i = 0; i < x->c.headers_n; i++)
        evhttp_add_header(out, x->c.headers[i].name, x->c.headers[i].value);
    if (is_secret)
        evhttp_remove_header(out, "Cache-Control");
    if (is_secret || !has_header(x, "Cache-Control"))
        evhttp_add_header(out, "Cache-Control", "no-store");
    evhttp_add_header(out, "X-Content-Type-Options", "nosniff");
    if (x->route && x->route->who == WHO_PAGE)
        evhttp_add_header(out, "Vary", "Origin");
    add_preflight(out, x);
    if (x->type)
        evhttp_add_header(out, "Content-Type", x->type);
    if (x->close_after || x->http->stopping)
        evhttp_add_header(out, "Connection", "close");
}

static void add_length(exchange *x)
{
    char text[24];

    if (x->status == 204 || x->status == 304)
        return;
    snprintf(text, sizeof text, "%zu", x->body.len);
    evhttp_add_header(evhttp_request_get_output_headers(x->req),
                      "Content-Length", text);
}

void conn_answer(exchange *x)
{
    struct evbuffer *body = evbuffer_new();
    struct bufferevent *bev = buffer_of(x);
    int is_head = !strcmp(x->c.method, "HEAD"); /* no route has it */

    http_log(x->http, x->route, x->c.method, x->status, x->started_ms);
    if (!body || (x->body.len && !is_head &&
                  evbuffer_add(body, x->body.p, x->body.len))) {
        if (body)
            evbuffer_free(body);
        drop(x);
        exchange_free(x);
        return;
    }
    x->state = EXCHANGE_ANSWERED;
    bufferevent_setwatermark(bev, EV_READ, 0, 0);
    conn_add_headers(x->req, x);
    add_length(x);
    evhttp_send_reply(x->req, x->status, NULL, body);
    evbuffer_free(body);
}
