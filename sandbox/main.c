/* bzt-sandbox: the outside parties of an installation, over their real
 * protocols (doc/connectors.md).  They verify what our connectors send.
 *
 *   bzt-sandbox --config FILE
 *
 *   POST /sms/v1/sms, /police/v1/identity   what connectors call: signed
 *   GET  /inbox?phone=                      what was sent, newest first
 *   POST /script {target, outcome, n}       how the next n calls end
 *   GET  /calls?target=                     how many calls came
 *   GET  /health
 *
 * It listens on 127.0.0.1 only, and is for demonstrations and tests.
 */
#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "core/text.h"
#include "parties.h"
#include "signature.h"
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BODY_MAX = 64 * 1024, ARENA_MAX = 4 * 1024 * 1024, SLOW_MS = 20000 };

typedef enum target { TARGET_SMS, TARGET_POLICE, TARGETS } target;

static const char *const target_names[TARGETS] = {"sms", "police"};

typedef struct party {
    customer customer;
    outcome script;
    int64_t script_n; /* calls that it still holds for */
    int64_t calls, unsigned_calls;
} party;

typedef struct sandbox {
    struct event_base *base;
    party parties[TARGETS];
    inbox inbox;
    int slow_ms;
} sandbox;

/* --- answering ----------------------------------------------------------- */

static void send_json(struct evhttp_request *req, int status, bzt_span text)
{
    struct evbuffer *out = evbuffer_new();

    if (!out) {
        evhttp_send_error(req, 500, NULL);
        return;
    }
    evbuffer_add(out, text.p, text.len);
    evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type",
                      "application/json");
    evhttp_send_reply(req, status, NULL, out);
    evbuffer_free(out);
}

static void send_tree(struct evhttp_request *req, arena *a, int status,
                      const json *o)
{
    bzt_span text;

    if (json_write(&text, a, o))
        evhttp_send_error(req, 500, NULL);
    else
        send_json(req, status, text);
}

static void send_code(struct evhttp_request *req, arena *a, bzt_err err)
{
    const bzt_err_info *info = bzt_err_describe(err);
    json *o = json_new_object(a);

    json_add_text(o, "code", info->code);
    send_tree(req, a, info->http, o);
}

/* Cut the connection under the request, which then ends by itself. */
static void hang_up(struct evhttp_request *req)
{
    struct bufferevent *b =
        evhttp_connection_get_bufferevent(evhttp_request_get_connection(req));

    shutdown(bufferevent_getfd(b), SHUT_RDWR);
    evhttp_send_error(req, 500, NULL);
}

static void send_half(struct evhttp_request *req, bzt_span text)
{
    struct bufferevent *b =
        evhttp_connection_get_bufferevent(evhttp_request_get_connection(req));
    char head[160];
    int n = snprintf(head, sizeof(head),
                     "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\n\r\n",
                     text.len);

    if (send(bufferevent_getfd(b), head, (size_t)n, MSG_NOSIGNAL) == n &&
        send(bufferevent_getfd(b), text.p, text.len / 2, MSG_NOSIGNAL) < 0)
        log_event(LOG_WARN, "half", "the half answer was not taken");
    hang_up(req);
}

/* An answer that comes too late for whoever asked. */
typedef struct late {
    struct evhttp_request *req;
    struct event *timer;
    int status;
    size_t len;
    uint8_t text[];
} late;

static void late_free(late *l)
{
    event_free(l->timer);
    free(l);
}

static void late_closed(struct evhttp_connection *connection, void *arg)
{
    (void)connection;
    late_free(arg);
}

static void late_send(evutil_socket_t fd, short what, void *arg)
{
    late *l = arg;

    (void)fd, (void)what;
    evhttp_connection_set_closecb(evhttp_request_get_connection(l->req), NULL,
                                  NULL);
    send_json(l->req, l->status, (bzt_span){l->text, l->len});
    late_free(l);
}

static void send_late(sandbox *s, struct evhttp_request *req, int status,
                      bzt_span text)
{
    const struct timeval after = {s->slow_ms / 1000, s->slow_ms % 1000 * 1000};
    late *l = malloc(sizeof(*l) + text.len);

    if (!l || !(l->timer = evtimer_new(s->base, late_send, l))) {
        free(l);
        evhttp_send_error(req, 500, NULL);
        return;
    }
    l->req = req;
    l->status = status;
    l->len = text.len;
    memcpy(l->text, text.p, text.len);
    evhttp_connection_set_closecb(evhttp_request_get_connection(req),
                                  late_closed, l);
    evtimer_add(l->timer, &after);
}

/* --- reading ------------------------------------------------------------- */

static bzt_span body_of(struct evhttp_request *req, arena *a)
{
    struct evbuffer *in = evhttp_request_get_input_buffer(req);
    size_t len = evbuffer_get_length(in);
    uint8_t *p = len <= BODY_MAX ? arena_alloc(a, len + 1) : NULL;

    if (p)
        evbuffer_copyout(in, p, len);
    return (bzt_span){p, p ? len : 0};
}

static const char *path_of(struct evhttp_request *req)
{
    return evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req));
}

/* A query parameter in the arena, or NULL. */
static const char *query(struct evhttp_request *req, arena *a, const char *name)
{
    const char *text = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(req));
    struct evkeyvalq pairs;
    const char *value, *out = NULL;

    if (!text || evhttp_parse_query_str(text, &pairs))
        return NULL;
    if ((value = evhttp_find_header(&pairs, name)))
        out = arena_text(a, text_span(value));
    evhttp_clear_headers(&pairs);
    return out;
}

/* --- signed calls -------------------------------------------------------- */

static outcome next_outcome(party *p)
{
    if (!p->script_n)
        return OUTCOME_OK;
    p->script_n--;
    return p->script;
}

static bzt_err act(json **answer, int *status, arena *a, sandbox *s,
                   target which, bzt_span body, outcome how)
{
    const int refuse = how == OUTCOME_REFUSE;
    json *parsed = NULL;
    bzt_err err;

    if ((err = json_parse(&parsed, a, body)))
        return err;
    if (which == TARGET_SMS)
        return sms_take(answer, status, a, &s->inbox, parsed, refuse,
                        clock_now_ms());
    return identity_check(answer, status, a, parsed, refuse);
}

static void send_outcome(sandbox *s, struct evhttp_request *req, outcome how,
                         int status, bzt_span text)
{
    if (how == OUTCOME_HALF)
        send_half(req, text);
    else if (how == OUTCOME_SLOW)
        send_late(s, req, status, text);
    else
        send_json(req, status, text);
}

static void serve_party(sandbox *s, struct evhttp_request *req, arena *a,
                        target which)
{
    party *p = &s->parties[which];
    bzt_span body = body_of(req, a), text;
    const char *nonce;
    json *answer = NULL;
    int status = 0;
    outcome how;
    bzt_err err;
    const signed_call call = {
        .authorization = evhttp_find_header(
            evhttp_request_get_input_headers(req), "Authorization"),
        .path = path_of(req),
        .body = body,
        .now_ms = clock_now_ms()};

    p->calls++;
    if ((err = customer_check(&nonce, a, &p->customer, &call))) {
        p->unsigned_calls++;
        send_code(req, a, err);
        return;
    }
    how = next_outcome(p);
    if (how == OUTCOME_DOWN) {
        hang_up(req);
        return;
    }
    if ((err = act(&answer, &status, a, s, which, body, how)) ||
        (err = json_write(&text, a, answer)) ||
        (err = customer_answer(&text, a, &p->customer, nonce,
                               arena_text(a, text)))) {
        send_code(req, a, err);
        return;
    }
    send_outcome(s, req, how, status, text);
}

/* --- for tests ----------------------------------------------------------- */

static int target_read(const char *text)
{
    for (int i = 0; text && i < TARGETS; i++)
        if (!strcmp(target_names[i], text))
            return i;
    return -1;
}

static void serve_script(sandbox *s, struct evhttp_request *req, arena *a)
{
    const char *name, *word;
    json *body = NULL;
    int64_t n;
    int which;

    if (json_parse(&body, a, body_of(req, a)) ||
        json_text(&name, body, "target", 1, 16) ||
        json_text(&word, body, "outcome", 1, 16) ||
        json_int(&n, body, "n", 0, 1000000) ||
        (which = target_read(name)) < 0 || outcome_read(word) == OUTCOMES) {
        send_code(req, a, BZT_ERR_BAD_FIELD);
        return;
    }
    s->parties[which].script = outcome_read(word);
    s->parties[which].script_n = n;
    evhttp_send_reply(req, 204, NULL, NULL);
}

static void serve_inbox(sandbox *s, struct evhttp_request *req, arena *a)
{
    json *o = NULL;
    bzt_err err = inbox_show(&o, a, &s->inbox, query(req, a, "phone"));

    if (err)
        send_code(req, a, err);
    else
        send_tree(req, a, 200, o);
}

static void serve_calls(sandbox *s, struct evhttp_request *req, arena *a)
{
    int which = target_read(query(req, a, "target"));
    json *o = json_new_object(a);

    if (which < 0) {
        send_code(req, a, BZT_ERR_BAD_FIELD);
        return;
    }
    json_add_int(o, "calls", s->parties[which].calls);
    json_add_int(o, "unsigned", s->parties[which].unsigned_calls);
    send_tree(req, a, 200, o);
}

/* --- all ------------------------------------------------------------------ */

static void serve(struct evhttp_request *req, void *arg)
{
    sandbox *s = arg;
    const char *path = path_of(req);
    const int is_post = evhttp_request_get_command(req) == EVHTTP_REQ_POST;
    arena *a = arena_new(ARENA_MAX);

    if (!a)
        evhttp_send_error(req, 500, NULL);
    else if (is_post && !strcmp(path, "/sms/v1/sms"))
        serve_party(s, req, a, TARGET_SMS);
    else if (is_post && !strcmp(path, "/police/v1/identity"))
        serve_party(s, req, a, TARGET_POLICE);
    else if (is_post && !strcmp(path, "/script"))
        serve_script(s, req, a);
    else if (!is_post && !strcmp(path, "/inbox"))
        serve_inbox(s, req, a);
    else if (!is_post && !strcmp(path, "/calls"))
        serve_calls(s, req, a);
    else if (!is_post && !strcmp(path, "/health"))
        send_json(req, 200, BZT_SPAN_LIT("{\"ok\":true}"));
    else
        send_code(req, a, BZT_ERR_NOT_FOUND);
    arena_free(a);
}

static void stop(evutil_socket_t signal, short what, void *base)
{
    (void)signal, (void)what;
    event_base_loopbreak(base);
}

static bzt_err open_parties(sandbox *s, conf *c)
{
    static const struct {
        const char *id, *key;
    } names[TARGETS] = {{"sms.id", "sms.key_file"},
                        {"police.id", "police.key_file"}};

    for (int i = 0; i < TARGETS; i++)
        if (customer_init(&s->parties[i].customer,
                          conf_text(c, names[i].id, "bzt"),
                          conf_text(c, names[i].key, NULL))) {
            fprintf(stderr, "bzt-sandbox: %s: 64 hex digits are needed\n",
                    names[i].key);
            return BZT_ERR_CONFIG;
        }
    s->slow_ms = (int)conf_int(c, "sandbox.slow_ms", SLOW_MS);
    return conf_check(c);
}

static bzt_err run(sandbox *s, int port)
{
    struct evhttp *http = evhttp_new(s->base);
    struct event *term = evsignal_new(s->base, SIGTERM, stop, s->base);
    struct event *intr = evsignal_new(s->base, SIGINT, stop, s->base);
    bzt_err err = BZT_ERR_IO;

    if (!http || !term || !intr)
        goto out;
    evhttp_set_max_body_size(http, BODY_MAX);
    evhttp_set_gencb(http, serve, s);
    if (evhttp_bind_socket(http, "127.0.0.1", (uint16_t)port)) {
        fprintf(stderr, "bzt-sandbox: 127.0.0.1:%d cannot be used\n", port);
        goto out;
    }
    evsignal_add(term, NULL);
    evsignal_add(intr, NULL);
    log_event(LOG_INFO, "sandbox", "listens on 127.0.0.1:%d", port);
    event_base_dispatch(s->base);
    err = BZT_OK;
out:
    if (http)
        evhttp_free(http);
    if (term)
        event_free(term);
    if (intr)
        event_free(intr);
    return err;
}

int main(int argc, char **argv)
{
    static const char *const known[] = {
        "sandbox.port", "sandbox.slow_ms", "sms.id", "sms.key_file",
        "police.id",    "police.key_file", NULL};
    sandbox *s = calloc(1, sizeof(*s));
    conf *c = NULL;
    bzt_err err = BZT_ERR_CONFIG;

    if (argc != 3 || strcmp(argv[1], "--config")) {
        fprintf(stderr, "usage: bzt-sandbox --config FILE\n");
        free(s);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    if (!s || !(s->base = event_base_new()))
        goto out;
    if ((err = conf_read(&c, argv[2], known)))
        goto out;
    if ((err = open_parties(s, c)))
        goto out;
    err = run(s, (int)conf_int(c, "sandbox.port", 8446));
out:
    conf_free(c);
    if (s && s->base)
        event_base_free(s->base);
    for (int i = 0; s && i < TARGETS; i++)
        customer_wipe(&s->parties[i].customer);
    free(s);
    return err ? 1 : 0;
}
