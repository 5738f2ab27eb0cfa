/* Binding and scan login (journey.h). */
#include "journey.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/text.h"
#include "http.h"
#include "record.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ARENA_MAX = 1 << 20,
    PACE_MS = 1500,     /* between questions while somebody waits */
    BACK_OFF_MS = 5000, /* after a question without an answer */
    OVERDUE_MS = 60000
};

/* --- beginning ----------------------------------------------------------- */

static bzt_err options_of(bzt_request_options *o, app *a, arena *mem,
                          const journey *j)
{
    user u;
    bzt_err err;

    *o = (bzt_request_options){.kind = j->kind};
    bzt_browser_bind(o->browser, text_span(j->secret));
    if (j->kind == BZT_REQUEST_LOGIN) {
        o->title = arena_printf(mem, "登录%s", a->name);
        return o->title ? BZT_OK : BZT_ERR_MEMORY;
    }
    pthread_mutex_lock(&a->lock);
    err = user_get(&u, mem, a->folder, j->login);
    pthread_mutex_unlock(&a->lock);
    if (err)
        return err;
    o->title = "绑定标证通证书";
    o->organisation = u.organisation;
    o->uscc = u.uscc;
    o->account = u.login;
    return BZT_OK;
}

static void log_failure(bzt_client *client, const char *what, bzt_err err)
{
    log_event(LOG_WARN, what, "%s %s", bzt_err_describe(err)->code,
              bzt_client_detail(client));
}

/* What is wrong between bztd and us is not the browser's fault. */
static bzt_err ask(pending *p, bzt_client *client, const bzt_request_options *o)
{
    bzt_err err = bzt_client_request(&p->request, client, o);

    if (!err)
        return BZT_OK;
    log_failure(client, "bztd_refused", err);
    return err == BZT_ERR_MEMORY ? err : BZT_ERR_UNAVAILABLE;
}

static void cancel_older(app *a, bzt_client *client, const uint8_t browser[32],
                         bzt_request_kind kind)
{
    char id[32] = "";
    pending *p;

    pthread_mutex_lock(&a->lock);
    if ((p = pending_of_browser(&a->pendings, browser, kind)))
        snprintf(id, sizeof(id), "%s", p->request.id);
    pthread_mutex_unlock(&a->lock);
    if (*id)
        journey_cancel(a, client, id);
}

bzt_err journey_begin(pending *out, app *a, arena *mem, bzt_client *client,
                      const journey *j)
{
    pending p = {.state = BZT_STATE_CREATED, .version = 1};
    bzt_request_options o;
    bzt_err err;

    *out = (pending){.version = 0};
    if ((err = options_of(&o, a, mem, j)))
        return err;
    cancel_older(a, client, o.browser, j->kind);
    if ((err = ask(&p, client, &o)))
        return err;
    if (j->login)
        snprintf(p.login, sizeof(p.login), "%s", j->login);
    pthread_mutex_lock(&a->lock);
    err = pending_add(&a->pendings, &p, clock_now_ms());
    pthread_mutex_unlock(&a->lock);
    if (!err)
        *out = p;
    return err;
}

void journey_cancel(app *a, bzt_client *client, const char *id)
{
    bzt_request request = {.version = 0};
    pending *p;

    pthread_mutex_lock(&a->lock);
    if ((p = pending_find(&a->pendings, id)) && !pending_is_ended(p)) {
        request = p->request;
        pending_set(p, BZT_STATE_REFUSED, "cancelled_by_rp", clock_now_ms());
    }
    pthread_mutex_unlock(&a->lock);
    if (!request.id[0])
        return;
    http_changed(a->http);
    bzt_err err = bzt_client_cancel(client, &request);
    if (err)
        log_failure(client, "cancel_failed", err);
}

/* --- carrying out -------------------------------------------------------- */

/* What is carried out: the request as it was asked, and its verified
 * result. */
typedef struct outcome {
    app *app;
    arena *arena;
    char login[LOGIN_MAX + 1];
    const bzt_request *request;
    const bzt_result *result;
    const bzt_holder *holder;
} outcome;

/* Why not, for whoever sits at the computer. */
typedef struct refusal {
    const char *reason; /* NULL: nothing against it */
    const char *zh, *en;
} refusal;

static refusal refused(const char *reason)
{
    refusal r = {.reason = reason};

    pending_explain(&r.zh, &r.en, reason);
    return r;
}

static refusal mismatch(const outcome *o, const user *u)
{
    const bzt_holder *h = o->holder;
    int is_name = strcmp(h->organisation, u->organisation) != 0;
    const char *here = is_name ? u->organisation : u->uscc;
    const char *there = is_name ? h->organisation : h->uscc;
    const char *zh_name = is_name ? "企业名称" : "统一社会信用代码";
    const char *en_name = is_name ? "The organisation's name" : "The code";

    return (refusal){
        .reason = "organisation_mismatch",
        .zh = arena_printf(o->arena,
                           "%s与平台登记的不一致：平台为“%s”，证书为“%s”。"
                           "请先在平台更正，或换用该企业的证书",
                           zh_name, here, *there ? there : "（个人证书）"),
        .en = arena_printf(o->arena, "%s differs: here %s, certificate %s",
                           en_name, here, *there ? there : "(a person's)")};
}

static bzt_err keep_record(const outcome *o, const char *login)
{
    const record r = {.login = login,
                      .domain = o->app->domain,
                      .at = clock_now_ms(),
                      .request = o->request,
                      .result = o->result,
                      .holder = o->holder};

    return record_add(o->app->folder, o->arena, &r);
}

/* The record comes first: nobody is in without one. */
static bzt_err carry_out_bind(refusal *why, outcome *o)
{
    const bzt_holder *h = o->holder;
    user u, owner;
    bzt_err err;

    if ((err = user_get(&u, o->arena, o->app->folder, o->login)))
        return err;
    if (strcmp(h->organisation, u.organisation) || strcmp(h->uscc, u.uscc)) {
        *why = mismatch(o, &u);
        return BZT_OK;
    }
    err =
        user_find_certificate(&owner, o->arena, o->app->folder, h->certificate);
    if (err && err != BZT_ERR_NOT_FOUND)
        return err;
    if (!err && strcmp(owner.login, u.login)) {
        *why = refused("bound_elsewhere");
        return BZT_OK;
    }
    if ((err = keep_record(o, u.login)))
        return err;
    u.is_bound = 1;
    memcpy(u.certificate, h->certificate, 32);
    u.holder = h->name;
    u.not_after = h->not_after;
    u.bound_at = clock_now_ms();
    return user_bind(o->app->folder, o->arena, &u);
}

static bzt_err carry_out_login(refusal *why, outcome *o)
{
    user u;
    bzt_err err = user_find_certificate(&u, o->arena, o->app->folder,
                                        o->holder->certificate);

    if (err == BZT_ERR_NOT_FOUND) {
        *why = refused("unbound");
        return BZT_OK;
    }
    if (err)
        return err;
    /* The account may have been changed since it was bound. */
    if (strcmp(o->holder->organisation, u.organisation) ||
        strcmp(o->holder->uscc, u.uscc)) {
        *why = mismatch(o, &u);
        return BZT_OK;
    }
    if ((err = keep_record(o, u.login)))
        return err;
    snprintf(o->login, sizeof(o->login), "%s", u.login);
    return BZT_OK;
}

static void end_refused(pending *p, const refusal *why, int64_t now_ms)
{
    pending_set(p, BZT_STATE_FAILED, why->reason, now_ms);
    snprintf(p->zh, sizeof(p->zh), "%s", why->zh ? why->zh : "");
    snprintf(p->en, sizeof(p->en), "%s", why->en ? why->en : "");
}

static refusal refusal_of(bzt_err err)
{
    const bzt_err_info *info = bzt_err_describe(err);

    return (refusal){info->code, info->zh, info->en};
}

/* --- refreshing ---------------------------------------------------------- */

/* One thread at a time asks for a request. */
static int take(bzt_request *out, app *a, const char *id)
{
    pending *p;
    int taken = 0;

    pthread_mutex_lock(&a->lock);
    p = pending_find(&a->pendings, id);
    if (p && !p->is_refreshing && !pending_is_ended(p)) {
        p->is_refreshing = taken = 1;
        *out = p->request;
    }
    pthread_mutex_unlock(&a->lock);
    return taken;
}

/* The bztd that ends a request may be out of reach. */
static void note_silence(pending *p, int64_t now_ms)
{
    int64_t last = p->request.expires_at > p->request.decide_until
                       ? p->request.expires_at
                       : p->request.decide_until;

    p->refresh_at = now_ms + BACK_OFF_MS;
    if (now_ms > last + OVERDUE_MS)
        pending_set(p, BZT_STATE_EXPIRED, "lost", now_ms);
}

/* A mismatch that bztd has found before anything was signed. */
static void explain_mismatch(app *a, arena *mem, pending *p)
{
    user u;

    if (strcmp(p->reason, "organisation_mismatch") ||
        user_get(&u, mem, a->folder, p->login))
        return;
    snprintf(p->zh, sizeof(p->zh),
             "所选证书的企业名称或统一社会信用代码与平台登记的不一致。"
             "平台登记为“%s”，%s。请先在平台更正，或换用该企业的证书",
             u.organisation, u.uscc);
    snprintf(p->en, sizeof(p->en),
             "Name or code of the certificate differ from those here: %s, %s",
             u.organisation, u.uscc);
}

static bzt_err carry_out(refusal *why, outcome *o)
{
    return o->request->kind == BZT_REQUEST_BIND ? carry_out_bind(why, o)
                                                : carry_out_login(why, o);
}

/* Verified or not: under the lock from here on. */
static void settle(outcome *o, pending *p, bzt_err verified, int64_t now_ms)
{
    refusal why = {.reason = NULL};
    bzt_err err = verified;

    if (pending_is_ended(p))
        return; /* cancelled meanwhile */
    memcpy(o->login, p->login, sizeof(o->login));
    if (!err)
        err = carry_out(&why, o);
    if (err && bzt_err_describe(err)->retryable &&
        ++p->tries < PENDING_TRIES_MAX) {
        p->refresh_at = now_ms + PACE_MS;
        return;
    }
    if (err)
        why = refusal_of(err);
    if (why.reason) {
        log_event(LOG_WARN, "result_refused", "%s %s", p->request.id,
                  why.reason);
        end_refused(p, &why, now_ms);
        return;
    }
    memcpy(p->login, o->login, sizeof(p->login));
    pending_set(p, BZT_STATE_DONE, "", now_ms);
}

static void give_back(app *a, arena *mem, bzt_client *client,
                      const bzt_request *request, const bzt_result *result,
                      bzt_err err)
{
    bzt_holder holder;
    outcome o = {.app = a,
                 .arena = mem,
                 .request = request,
                 .result = result,
                 .holder = &holder};
    bzt_err verified = BZT_ERR_REQUEST_STATE;
    int64_t now_ms;
    pending *p;

    if (!err && result->state == BZT_STATE_DONE)
        verified = bzt_client_check(&holder, client, request, result);
    now_ms = clock_now_ms();
    pthread_mutex_lock(&a->lock);
    p = pending_find(&a->pendings, request->id);
    p->is_refreshing = 0;
    p->refresh_at = now_ms + PACE_MS;
    if (!err)
        p->request.version = request->version;
    if (err)
        note_silence(p, now_ms);
    else if (result->state == BZT_STATE_DONE)
        settle(&o, p, verified, now_ms);
    else
        pending_set(p, result->state, result->reason, now_ms);
    explain_mismatch(a, mem, p);
    pthread_mutex_unlock(&a->lock);
    http_changed(a->http);
}

void journey_refresh(app *a, bzt_client *client, const char *id)
{
    arena *mem = arena_new(ARENA_MAX);
    bzt_result result;
    bzt_request request;
    bzt_err err;

    if (mem && take(&request, a, id)) {
        err = bzt_client_wait(&result, client, &request, 0);
        if (err)
            log_failure(client, "bztd_silent", err);
        give_back(a, mem, client, &request, &result, err);
        bzt_result_free(&result);
    }
    arena_free(mem);
}

/* --- by another thread --------------------------------------------------- */

typedef struct refresh {
    job job; /* first */
    app *app;
    char id[32];
} refresh;

static void run_refresh(job *j, bzt_client *client)
{
    const refresh *r = (const refresh *)j;

    journey_refresh(r->app, client, r->id);
}

static void free_refresh(job *j)
{
    free(j);
}

bzt_err journey_refresh_later(app *a, const char *id)
{
    refresh *r = calloc(1, sizeof(*r));
    bzt_err err;

    if (!r)
        return BZT_ERR_MEMORY;
    r->job = (job){NULL, run_refresh, free_refresh};
    r->app = a;
    snprintf(r->id, sizeof(r->id), "%s", id);
    if ((err = http_submit(a->http, &r->job)))
        free(r);
    return err;
}

void journey_watch(app *a, const char *id, int64_t now_ms)
{
    pending *p;
    int is_due;

    pthread_mutex_lock(&a->lock);
    p = pending_find(&a->pendings, id);
    is_due = p && !p->is_refreshing && !pending_is_ended(p) &&
             now_ms >= p->refresh_at;
    if (is_due)
        p->refresh_at = now_ms + PACE_MS;
    pthread_mutex_unlock(&a->lock);
    if (is_due && journey_refresh_later(a, id))
        log_event(LOG_WARN, "busy", "no thread for a refresh");
}
