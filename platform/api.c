/* Handlers of the platform's API (api.h).  Errors are problem+json with the
 * codes of include/bzt/errors.def.
 *
 *   GET  /api/site                  name, domain, API of the installation
 *   POST /api/login                 {login, password} → the user
 *   POST /api/logout
 *   GET  /api/me                    the user, or 401
 *   POST /api/bind, /api/scan-login {} → {request, page_token, api, …}
 *   GET  /api/requests/:id          ?wait=0..25&version= → state
 *   POST /api/requests/:id/cancel   {}
 *   GET  /api/records               ?before= → what was verified
 *   POST /webhook                   from bztd
 */
#include "api.h"
#include "core/text.h"
#include "journey.h"
#include "password.h"
#include "record.h"
#include <stdio.h>
#include <string.h>

enum { WAIT_MAX_S = 25, LOOK_MS = 400, BROWSER_S = 8 * 3600 };

/* --- the user ------------------------------------------------------------ */

static void add_user(json *o, const user *u, const session *s)
{
    char hex[HEX_LEN(32) + 1];

    json_add_text(o, "login", u->login);
    json_add_text(o, "organisation", u->organisation);
    json_add_text(o, "uscc", u->uscc);
    json_add_text(o, "csrf", s->csrf);
    json_add_int(o, "expires_at", s->expires_at);
    if (!u->is_bound) {
        json_add_null(o, "certificate");
        return;
    }
    json *c = json_add_object(o, "certificate");
    hex_write(hex, (bzt_span){u->certificate, 32});
    json_add_text(c, "sm3", hex);
    json_add_text(c, "holder", u->holder);
    json_add_int(c, "not_after", u->not_after);
    json_add_int(c, "bound_at", u->bound_at);
}

static bzt_err get_user(user *out, call *c, const char *login)
{
    app *a = c->app;
    bzt_err err;

    pthread_mutex_lock(&a->lock);
    err = user_get(out, c->arena, a->folder, login);
    pthread_mutex_unlock(&a->lock);
    return err;
}

/* A new session; the one that the browser had ends. */
static bzt_err open_session(session *out, call *c, const char *login)
{
    char cookie[SECRET_TEXT_LEN + 1];
    app *a = c->app;
    bzt_err err;

    pthread_mutex_lock(&a->lock);
    if (c->me.expires_at)
        session_close(&a->sessions, c->me.id);
    err = session_open(out, cookie, &a->sessions, login, c->now_ms);
    pthread_mutex_unlock(&a->lock);
    if (!err)
        call_set_cookie(c, SESSION_COOKIE, cookie, SESSION_MS / 1000);
    return err;
}

static bzt_err begin_try(call *c, const char *login)
{
    app *a = c->app;

    pthread_mutex_lock(&a->lock);
    c->retry_ms = throttle_begin(&a->throttle, login, c->now_ms);
    pthread_mutex_unlock(&a->lock);
    return c->retry_ms ? BZT_ERR_LIMITED : BZT_OK;
}

static void end_try(call *c, const char *login)
{
    pthread_mutex_lock(&c->app->lock);
    throttle_clear(&c->app->throttle, login);
    pthread_mutex_unlock(&c->app->lock);
}

static bzt_err login_post(call *c, bzt_client *client)
{
    const char *login, *password;
    session s;
    user u;
    bzt_err err;

    (void)client;
    if ((err = json_text(&login, c->body, "login", 1, 64)) ||
        (err = json_text(&password, c->body, "password", 1, PASSWORD_MAX)))
        return err;
    if ((err = begin_try(c, login)))
        return err;
    err = get_user(&u, c, login);
    if (err && err != BZT_ERR_NOT_FOUND)
        return err;
    if ((err = password_check(err ? NULL : u.password, password)))
        return err;
    end_try(c, login);
    if ((err = open_session(&s, c, login)))
        return err;
    add_user(call_answer(c), &u, &s);
    return BZT_OK;
}

static bzt_err logout_post(call *c, bzt_client *client)
{
    app *a = c->app;

    (void)client;
    pthread_mutex_lock(&a->lock);
    session_close(&a->sessions, c->me.id);
    pthread_mutex_unlock(&a->lock);
    call_set_cookie(c, SESSION_COOKIE, "", 0);
    call_set_cookie(c, BROWSER_COOKIE, "", 0);
    return BZT_OK;
}

static bzt_err me_get(call *c, bzt_client *client)
{
    user u;
    bzt_err err;

    (void)client;
    if ((err = get_user(&u, c, c->me.login)))
        return err == BZT_ERR_NOT_FOUND ? BZT_ERR_UNAUTHENTICATED : err;
    add_user(call_answer(c), &u, &c->me);
    return BZT_OK;
}

static bzt_err site_get(call *c, bzt_client *client)
{
    json *o = call_answer(c);

    (void)client;
    json_add_text(o, "name", c->app->name);
    json_add_text(o, "domain", c->app->domain);
    json_add_text(o, "api", c->app->api);
    return BZT_OK;
}

/* --- requests ------------------------------------------------------------ */

static bzt_err own_browser(call *c)
{
    bzt_err err;

    if (c->browser_cookie[0])
        return BZT_OK;
    if ((err = secret_new(c->browser_cookie)))
        return err;
    call_set_cookie(c, BROWSER_COOKIE, c->browser_cookie, BROWSER_S);
    return BZT_OK;
}

static bzt_err begin(call *c, bzt_client *client, journey *j)
{
    pending p;
    bzt_err err;

    if ((err = own_browser(c)))
        return err;
    j->secret = c->browser_cookie;
    if ((err = journey_begin(&p, c->app, c->arena, client, j)))
        return err;
    json *o = call_answer(c);
    json_add_text(o, "request", p.request.id);
    json_add_text(o, "page_token", p.request.page_token);
    json_add_text(o, "api", c->app->api);
    json_add_text(o, "domain", c->app->domain);
    json_add_int(o, "begun_at", c->now_ms);
    json_add_int(o, "expires_at", p.request.expires_at);
    json_add_int(o, "decide_until", p.request.decide_until);
    json_add_int(o, "version", p.version);
    return BZT_OK;
}

static bzt_err bind_post(call *c, bzt_client *client)
{
    journey j = {.kind = BZT_REQUEST_BIND, .login = c->me.login};

    return begin(c, client, &j);
}

static bzt_err scan_login_post(call *c, bzt_client *client)
{
    journey j = {.kind = BZT_REQUEST_LOGIN};

    return begin(c, client, &j);
}

/* Another browser's request is no request. */
static int is_own(const call *c, const pending *p)
{
    uint8_t browser[32];

    if (!p || !c->browser_cookie[0])
        return 0;
    bzt_browser_bind(browser, text_span(c->browser_cookie));
    if (memcmp(browser, p->request.browser, 32))
        return 0;
    return p->request.kind == BZT_REQUEST_LOGIN ||
           !strcmp(p->login, c->me.login);
}

/* *out is a copy. */
static bzt_err get_own(pending *out, call *c)
{
    app *a = c->app;
    pending *p;
    bzt_err err = BZT_ERR_NOT_FOUND;

    pthread_mutex_lock(&a->lock);
    p = pending_find(&a->pendings, c->param);
    if (is_own(c, p)) {
        *out = *p;
        err = BZT_OK;
    }
    pthread_mutex_unlock(&a->lock);
    return err;
}

/* Not more often than bztd likes, however often the page asks. */
static int is_due(call *c, const pending *p)
{
    return !pending_is_ended(p) && !p->is_refreshing &&
           c->now_ms >= p->refresh_at - LOOK_MS;
}

/* 1 for the one call that may let the browser in. */
static int release(call *c)
{
    app *a = c->app;
    pending *p;
    int first = 0;

    pthread_mutex_lock(&a->lock);
    p = pending_find(&a->pendings, c->param);
    if (is_own(c, p) && p->state == BZT_STATE_DONE && !p->is_released)
        first = p->is_released = 1;
    pthread_mutex_unlock(&a->lock);
    return first;
}

/* Let the browser in that began it, once. */
static bzt_err let_in(call *c, json *o, pending *p)
{
    const char *zh, *en;
    session s = c->me;
    user u;
    bzt_err err;

    if (!release(c)) {
        if (!strcmp(c->me.login, p->login))
            return BZT_OK; /* it has been let in already */
        pending_explain(&zh, &en, "released");
        p->state = BZT_STATE_FAILED;
        snprintf(p->reason, sizeof(p->reason), "released");
        snprintf(p->zh, sizeof(p->zh), "%s", zh);
        snprintf(p->en, sizeof(p->en), "%s", en);
        return BZT_OK;
    }
    if ((err = get_user(&u, c, p->login)) ||
        (err = open_session(&s, c, p->login)))
        return err;
    add_user(json_add_object(o, "user"), &u, &s);
    return BZT_OK;
}

static bzt_err answer_request(call *c, pending *p)
{
    json *o = call_answer(c);
    bzt_err err;

    if (p->request.kind == BZT_REQUEST_LOGIN && p->state == BZT_STATE_DONE &&
        (err = let_in(c, o, p)))
        return err;
    json_add_text(o, "request", p->request.id);
    json_add_text(o, "kind",
                  p->request.kind == BZT_REQUEST_BIND ? "bind" : "login");
    json_add_text(o, "state", pending_state_text(p->state));
    json_add_text(o, "reason", p->reason);
    json_add_text(o, "message_zh", p->zh);
    json_add_text(o, "message_en", p->en);
    json_add_int(o, "version", p->version);
    return BZT_OK;
}

static bzt_err request_get(call *c, bzt_client *client)
{
    int64_t wait_s, version;
    pending p;
    bzt_err err;

    if ((err = call_query_int(&wait_s, c, "wait", 0, WAIT_MAX_S)) ||
        (err = call_query_int(&version, c, "version", 0, INT64_C(1) << 40)) ||
        (err = get_own(&p, c)))
        return err;
    if (is_due(c, &p)) {
        journey_refresh(c->app, client, c->param);
        if ((err = get_own(&p, c)))
            return err;
    }
    if (!c->wait_until)
        c->wait_until = c->now_ms + wait_s * 1000;
    if (wait_s && !pending_is_ended(&p) && (!version || version == p.version)) {
        c->wait_for = c->param;
        c->wait_version = p.version;
    }
    return answer_request(c, &p);
}

static bzt_err cancel_post(call *c, bzt_client *client)
{
    pending p;
    bzt_err err = get_own(&p, c);

    if (!err)
        journey_cancel(c->app, client, c->param);
    return err;
}

/* --- records ------------------------------------------------------------- */

static bzt_err records_get(call *c, bzt_client *client)
{
    const char *before = call_query(c, "before"), *next;
    app *a = c->app;
    json *list;
    bzt_err err;

    (void)client;
    pthread_mutex_lock(&a->lock);
    err = record_list(&list, &next, c->arena, a->folder, c->me.login, before);
    pthread_mutex_unlock(&a->lock);
    if (err)
        return err;
    json *o = call_answer(c);
    json_add(o, "records", list);
    json_add_text(o, "next", next);
    return BZT_OK;
}

/* --- from bztd ----------------------------------------------------------- */

/* Whatever it says, bztd is asked; a request that nobody here waits for any
 * more is nobody's business. */
static bzt_err webhook_post(call *c, bzt_client *client)
{
    app *a = c->app;
    bzt_webhook hook;
    pending *p;
    int is_news;
    bzt_err err;

    if ((err = bzt_webhook_read(&hook, client, c->raw)))
        return err;
    pthread_mutex_lock(&a->lock);
    p = pending_find(&a->pendings, hook.id);
    is_news = p && !pending_is_ended(p) && hook.version > p->request.version;
    pthread_mutex_unlock(&a->lock);
    if (is_news && journey_refresh_later(a, hook.id))
        return BZT_ERR_UNAVAILABLE;
    return BZT_OK;
}

const route api_routes[] = {
    {.method = "GET", .path = "/api/site", .run = site_get},
    {.method = "POST",
     .path = "/api/login",
     .run = login_post,
     .fields = {{"login", 1, 64}, {"password", 1, PASSWORD_MAX}}},
    {.method = "POST",
     .path = "/api/logout",
     .who = WHO_USER,
     .run = logout_post},
    {.method = "GET", .path = "/api/me", .who = WHO_USER, .run = me_get},
    {.method = "POST", .path = "/api/bind", .who = WHO_USER, .run = bind_post},
    {.method = "POST", .path = "/api/scan-login", .run = scan_login_post},
    {.method = "GET",
     .path = "/api/requests/:id",
     .run = request_get,
     .query = {"wait", "version"}},
    {.method = "POST", .path = "/api/requests/:id/cancel", .run = cancel_post},
    {.method = "GET",
     .path = "/api/records",
     .who = WHO_USER,
     .run = records_get,
     .query = {"before"}},
    {.method = "POST", .path = "/webhook", .run = webhook_post, .is_raw = 1},
};

const size_t api_routes_n = sizeof(api_routes) / sizeof(api_routes[0]);
