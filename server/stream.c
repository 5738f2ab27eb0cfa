/* Event streams (HTML, 9.2 Server-sent events).
 *
 * A run on a worker writes events into the stream's own buffer; the event
 * thread sends them when the run is over.  While a run is on, wakes and
 * ticks only leave a note that another one is due.
 */
#include "base/clock.h"
#include "core/wipe.h"
#include "engine.h"
#include <stdlib.h>
#include <string.h>

struct stream {
    job job; /* first */
    http *http;
    const route *route;
    stream_options o;
    struct evhttp_request *req; /* NULL: the client has gone */
    waiter waiter;
    struct event *tick, *beat;
    int64_t until_ms; /* monotonic: then the client comes again */
    uint64_t mark;
    int is_running, is_due;
    int is_ending; /* reply_end was called */

    /* of the run */
    char *out;
    size_t out_len, out_cap;
    int wants_end, has_failed;
};

static void run(job *j, arena *scratch);
static void done(job *j);
static void wake(waiter *w);

bzt_err call_stream(call *c, const stream_options *options)
{
    stream *s = calloc(1, sizeof *s);

    if (!s)
        return BZT_ERR_MEMORY; /* the state stays the caller's */
    s->job.run = run;
    s->job.done = done;
    s->http = c->exchange->http;
    s->o = *options;
    memcpy(s->waiter.id, options->id, 16);
    s->waiter.wake = wake;
    s->waiter.version = -1;
    c->stream = s;
    return BZT_OK;
}

void stream_free(stream *s)
{
    if (s->o.free_state)
        s->o.free_state(s->o.state);
    if (s->tick)
        event_free(s->tick);
    if (s->beat)
        event_free(s->beat);
    if (s->out)
        wipe(s->out, s->out_len);
    free(s->out);
    free(s);
}

/* --- on the worker ------------------------------------------------------- */

static int has_room(stream *s, size_t len)
{
    size_t cap = s->out_cap ? s->out_cap : 512;
    char *p;

    if (len > STREAM_BACKLOG || s->out_len + len > STREAM_BACKLOG)
        return 0;
    while (cap < s->out_len + len)
        cap *= 2;
    if (cap == s->out_cap)
        return 1;
    p = realloc(s->out, cap);
    if (!p)
        return 0;
    s->out = p;
    s->out_cap = cap;
    return 1;
}

static void put(stream *s, const void *bytes, size_t len)
{
    if (!has_room(s, len)) {
        s->has_failed = 1;
        return;
    }
    memcpy(s->out + s->out_len, bytes, len);
    s->out_len += len;
}

void stream_send(stream *s, const char *event, bzt_span data)
{
    put(s, "event: ", 7);
    put(s, event, strlen(event));
    put(s, "\ndata: ", 7);
    put(s, data.p, data.len);
    put(s, "\n\n", 2);
}

void stream_end(stream *s)
{
    s->wants_end = 1;
}

bzt_err stream_first_run(stream *s, exchange *x)
{
    /* x->mark was taken before the handler looked. */
    return s->o.run(s, s->o.state, x->arena, x->c.service, x->c.now_ms);
}

static void run(job *j, arena *scratch)
{
    stream *s = (stream *)j;

    s->mark = waits_mark(s->http->waits);
    if (!scratch ||
        s->o.run(s, s->o.state, scratch, s->http->service, clock_now_ms()))
        s->wants_end = 1;
}

/* --- on the event thread ------------------------------------------------- */

stream *stream_of(waiter *w)
{
    if (w->wake != wake)
        return NULL;
    return (stream *)(void *)((char *)w - offsetof(stream, waiter));
}

/* Gone for good, once no worker has it. */
static void leave(stream *s)
{
    http *h = s->http;

    waits_remove(h->waits, &s->waiter);
    s->req = NULL;
    if (s->is_running)
        return;
    stream_free(s);
    http_closed(h);
}

static void submit(stream *s)
{
    if (s->is_ending)
        return;
    if (s->is_running) {
        s->is_due = 1;
        return;
    }
    s->is_running = 1;
    s->is_due = 0;
    pool_submit(s->http->pool, &s->job, 1);
}

static void wake(waiter *w)
{
    submit(stream_of(w));
}

static void on_close(struct evhttp_connection *conn, void *arg)
{
    stream *s = arg;

    (void)conn;
    if (!s->is_ending && !s->http->freeing)
        evhttp_request_free(s->req); /* evhttp has let go of it */
    leave(s);
}

static void on_complete(struct evhttp_request *req, void *arg)
{
    evhttp_connection_set_closecb(evhttp_request_get_connection(req), NULL,
                                  NULL);
    leave(arg);
}

static void drop(stream *s)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(s->req);

    evhttp_connection_set_closecb(conn, NULL, NULL);
    evhttp_connection_free(conn);
    leave(s);
}

static size_t backlog(const stream *s)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(s->req);

    return evbuffer_get_length(
        bufferevent_get_output(evhttp_connection_get_bufferevent(conn)));
}

/* 0: the client was too slow, and s is gone. */
static int send_bytes(stream *s, const char *bytes, size_t len)
{
    struct evbuffer *chunk;

    if (!len)
        return 1;
    chunk = evbuffer_new();
    if (!chunk || backlog(s) > STREAM_BACKLOG ||
        evbuffer_add(chunk, bytes, len)) {
        if (chunk)
            evbuffer_free(chunk);
        drop(s);
        return 0;
    }
    evhttp_send_reply_chunk(s->req, chunk);
    evbuffer_free(chunk);
    return 1;
}

/* s may be gone after this. */
static void end(stream *s)
{
    waits_remove(s->http->waits, &s->waiter);
    if (s->tick)
        event_del(s->tick);
    if (s->beat)
        event_del(s->beat);
    s->is_ending = 1;
    evhttp_send_reply_end(s->req);
}

/* Send what the run wrote, and run again if that is due.  s may be gone
 * after this. */
static void settle(stream *s)
{
    size_t len = s->out_len;

    if (s->has_failed) {
        drop(s);
        return;
    }
    if (!send_bytes(s, s->out, len))
        return;
    if (len)
        wipe(s->out, len);
    s->out_len = 0;
    if (s->wants_end) {
        end(s);
        return;
    }
    if (waits_add(s->http->waits, &s->waiter, s->mark) || s->is_due)
        submit(s);
}

static void done(job *j)
{
    stream *s = (stream *)j;

    s->is_running = 0;
    if (!s->req)
        leave(s);
    else if (!s->is_ending)
        settle(s);
    /* else on_complete frees it */
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    submit(arg);
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
    stream *s = arg;

    (void)fd;
    (void)what;
    if (clock_monotonic_ms() >= s->until_ms)
        end(s);
    else
        send_bytes(s, ":\n\n", 3);
}

static struct event *every(stream *s, int ms, event_callback_fn fn)
{
    const struct timeval tv = {ms / 1000, ms % 1000 * 1000};
    struct event *e = event_new(s->http->base, -1, EV_PERSIST, fn, s);

    if (e)
        event_add(e, &tv);
    return e;
}

/* A stream is silent for long: only a client that does not read is idle. */
static void set_connection(stream *s)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(s->req);
    struct bufferevent *bev = evhttp_connection_get_bufferevent(conn);
    const struct timeval idle = {IDLE_S, 0};

    evhttp_connection_set_closecb(conn, on_close, s);
    evhttp_request_set_on_complete_cb(s->req, on_complete, s);
    bufferevent_set_timeouts(bev, NULL, &idle);
    bufferevent_setwatermark(bev, EV_READ, 0, 4096);
}

static void send_head(stream *s, exchange *x)
{
    struct evkeyvalq *out = evhttp_request_get_output_headers(s->req);

    x->type = "text/event-stream";
    x->close_after = 1;
    conn_add_headers(s->req, x);
    evhttp_add_header(out, "X-Accel-Buffering", "no");
    evhttp_send_reply_start(s->req, 200, NULL);
    http_log(s->http, x->route, x->c.method, 200, x->started_ms);
}

void stream_begin(stream *s, exchange *x)
{
    http *h = s->http;

    s->req = x->req;
    s->route = x->route;
    s->mark = x->mark;
    s->until_ms = clock_monotonic_ms() + h->o.stream_max_ms;
    set_connection(s);
    send_head(s, x);
    h->open++;
    exchange_free(x);
    if (h->stopping) {
        stream_stop(s);
        return;
    }
    s->beat = every(s, h->o.heartbeat_ms, on_beat);
    if (s->o.tick_ms)
        s->tick = every(s, s->o.tick_ms, on_tick);
    settle(s);
}

void stream_stop(stream *s)
{
    static const char retry[] = "retry: 1000\n\n";

    if (!s->is_ending && send_bytes(s, retry, sizeof retry - 1))
        end(s);
}
