/* What happens to one request: on a worker the caller is found, the body
 * checked, the handler run and its answer written; then the event thread
 * sends it, or lets it wait, or makes it a stream.
 */
#include "base/clock.h"
#include "base/log.h"
#include "engine.h"
#include <string.h>
#include <strings.h>

static void run(job *j, arena *scratch);
static void done(job *j);
static void wake(waiter *w);

static arena *take_arena(http *h)
{
    return h->arenas_n ? h->arenas[--h->arenas_n] : arena_new(ARENA_MAX);
}

static void give_arena(http *h, arena *a)
{
    if (h->arenas_n == ARENAS_KEPT) {
        arena_free(a);
        return;
    }
    arena_reset(a);
    h->arenas[h->arenas_n++] = a;
}

exchange *exchange_new(http *h)
{
    arena *a = take_arena(h);
    exchange *x = a ? arena_alloc(a, sizeof *x) : NULL;

    if (!x) {
        arena_free(a);
        return NULL;
    }
    x->job.run = run;
    x->job.done = done;
    x->http = h;
    x->arena = a;
    x->started_ms = clock_monotonic_ms();
    x->waiter.wake = wake;
    x->waiter.version = -1;
    x->c.arena = a;
    x->c.service = h->service;
    x->c.exchange = x;
    h->open++;
    return x;
}

void exchange_free(exchange *x)
{
    http *h = x->http;

    waits_remove(h->waits, &x->waiter);
    if (x->timer)
        event_free(x->timer);
    give_arena(h, x->arena); /* x lives in it */
    http_closed(h);
}

void exchange_submit(exchange *x)
{
    if (pool_submit(x->http->pool, &x->job, 0))
        return;
    http_overloaded(x->http);
    exchange_fail(x, BZT_ERR_UNAVAILABLE);
    conn_answer(x);
}

/* --- on the worker ------------------------------------------------------- */

static int is_type(const char *header, const char *type)
{
    size_t len = strlen(type);

    if (!header || strncasecmp(header, type, len))
        return 0;
    header += len;
    header += strspn(header, " \t");
    if (!*header)
        return 1;
    if (*header++ != ';')
        return 0;
    header += strspn(header, " \t");
    return !strcasecmp(header, "charset=utf-8");
}

/* No fields: no body, or {} of clients that always send one. */
static const field no_fields[] = {{NULL}};

static bzt_err read_body(exchange *x)
{
    call *c = &x->c;
    const route *r = x->route;
    const char *type = r->body_type ? r->body_type : "application/json";
    json *body;
    bzt_err err;

    if (!r->fields && !r->body_type && !c->raw.len)
        return BZT_OK;
    if (!is_type(call_header(c, "Content-Type"), type))
        return BZT_ERR_MEDIA_TYPE;
    if (r->body_type)
        return BZT_OK;
    if ((err = json_parse(&body, x->arena, c->raw)))
        return err;
    c->body = body;
    return fields_check(c, r->fields ? r->fields : no_fields);
}

/* Who may call is asked before anything that was sent is looked at. */
static bzt_err prepare(exchange *x)
{
    bzt_err err;

    if (x->is_prepared || x->is_preflight)
        return BZT_OK;
    if ((err = x->http->o.authenticate(&x->c, x->route)))
        return err;
    if ((err = read_body(x)))
        return err;
    x->is_prepared = 1;
    return BZT_OK;
}

static void clear_answer(call *c)
{
    c->status = 0;
    c->answer = NULL;
    c->answer_raw = (bzt_span){NULL, 0};
    c->answer_type = NULL;
    c->headers_n = 0;
    c->problem = NULL;
    c->waiting = 0;
}

static bzt_err run_handler(exchange *x)
{
    call *c = &x->c;
    bzt_err err;

    clear_answer(c);
    if ((err = prepare(x)))
        return err;
    if ((err = x->run(c)))
        return err;
    return c->stream ? stream_first_run(c->stream, x) : BZT_OK;
}

static void write_answer(exchange *x)
{
    call *c = &x->c;

    x->status = c->status;
    x->type = c->answer_type;
    x->body = c->answer_raw;
    if (c->answer) {
        x->type = "application/json";
        if (json_write(&x->body, x->arena, c->answer)) {
            exchange_fail(x, BZT_ERR_MEMORY);
            return;
        }
    }
    if (!x->status)
        x->status = x->type ? 200 : 204;
}

static void log_failure(const exchange *x, bzt_err err)
{
    const bzt_err_info *info = bzt_err_describe(err);

    if (info->act == BZT_ACT_US || info->act == BZT_ACT_OPERATOR)
        log_event(LOG_ERROR, "request_failed", "%s %s: %s", x->c.method,
                  x->route ? x->route->path : "-", info->code);
}

void exchange_fail(exchange *x, bzt_err err)
{
    int64_t seconds;

    problem_write(&x->body, &x->status, &seconds, x->arena, err, x->c.problem);
    x->type = "application/problem+json";
    if (seconds)
        call_set_header(&x->c, "Retry-After",
                        arena_printf(x->arena, "%lld", (long long)seconds));
}

static void run(job *j, arena *scratch)
{
    exchange *x = (exchange *)j;
    call *c = &x->c;
    bzt_err err;

    (void)scratch;
    x->mark = waits_mark(x->http->waits);
    c->now_ms = clock_now_ms();
    err = run_handler(x);
    if (err)
        log_failure(x, err);
    if (err == BZT_ERR_UNKNOWN_OUTCOME)
        c->hang_up = 1;
    if (c->hang_up)
        return;
    if (err) {
        c->waiting = 0;
        exchange_fail(x, err);
        return;
    }
    if (!c->waiting && !c->stream)
        write_answer(x);
}

/* --- on the event thread ------------------------------------------------- */

static void again(exchange *x)
{
    waits_remove(x->http->waits, &x->waiter);
    if (x->timer)
        event_del(x->timer);
    x->state = EXCHANGE_RUNNING;
    pool_submit(x->http->pool, &x->job, 1);
}

static void wake(waiter *w)
{
    again(exchange_of(w));
}

exchange *exchange_of(waiter *w)
{
    if (w->wake != wake)
        return NULL;
    return (exchange *)(void *)((char *)w - offsetof(exchange, waiter));
}

void exchange_end_wait(exchange *x)
{
    x->c.is_last = 1;
    again(x);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    exchange_end_wait(arg);
}

/* The first wait of a call sets its end: a handler that is woken for nothing
 * and waits again gains no time. */
static int64_t time_left(exchange *x)
{
    int64_t now = clock_monotonic_ms();
    int64_t end = now + x->c.wait_until_ms - x->c.now_ms;

    if (!x->wait_end_ms || end < x->wait_end_ms)
        x->wait_end_ms = end;
    return x->wait_end_ms > now ? x->wait_end_ms - now : 0;
}

static int start_timer(exchange *x)
{
    const int64_t ms = time_left(x);
    const struct timeval tv = {ms / 1000, ms % 1000 * 1000};

    if (!x->timer)
        x->timer = evtimer_new(x->http->base, on_timer, x);
    return x->timer && !evtimer_add(x->timer, &tv);
}

static void start_wait(exchange *x)
{
    http *h = x->http;

    x->state = EXCHANGE_WAITING;
    memcpy(x->waiter.id, x->c.wait_id, 16);
    if (h->stopping || !start_timer(x)) {
        exchange_end_wait(x);
        return;
    }
    conn_watch(x);
    if (waits_add(h->waits, &x->waiter, x->mark))
        again(x);
}

void exchange_gone(exchange *x)
{
    x->req = NULL;
    if (x->state == EXCHANGE_WAITING)
        exchange_free(x);
    /* else a worker has it, and done() will see */
}

static void done(job *j)
{
    exchange *x = (exchange *)j;
    call *c = &x->c;
    stream *s = c->stream;

    c->stream = NULL;
    if (s && (c->hang_up || x->status || !x->req)) {
        stream_free(s);
        s = NULL;
    }
    if (!x->req)
        exchange_free(x);
    else if (c->hang_up)
        conn_hang_up(x);
    else if (s)
        stream_begin(s, x);
    else if (c->waiting)
        start_wait(x);
    else
        conn_answer(x);
}
