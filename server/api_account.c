/* Accounts, real names, messages (doc/api.md, Accounts and devices). */
#include "api.h"
#include "api_common.h"
#include "core/text.h"
#include "core/wipe.h"
#include "service/account.h"
#include "service/inbox.h"
#include "service/realname.h"
#include "service/site.h"
#include <stdlib.h>
#include <string.h>

const field sms_fields[] = {
    {"phone", FIELD_PHONE}, {"purpose", FIELD_ENUM, .kind = "login"}, {NULL}};
const field login_sms_fields[] = {{"phone", FIELD_PHONE},
                                  {"code", FIELD_TEXT, 6, 6},
                                  {"device", FIELD_OBJECT, .optional = 1},
                                  {NULL}};
const field login_password_fields[] = {{"phone", FIELD_PHONE},
                                       {"password", FIELD_TEXT, 1, 64},
                                       {"device", FIELD_OBJECT, .optional = 1},
                                       {NULL}};
const field password_fields[] = {{"password", FIELD_TEXT, 1, 64},
                                 {"old", FIELD_TEXT, 1, 64, .optional = 1},
                                 {NULL}};
const field realname_fields[] = {
    {"provider", FIELD_ENUM, .kind = "alipay|police|bankcard"},
    {"name", FIELD_TEXT, 3, 120},
    {"id_number", FIELD_TEXT, 1, 32},
    {NULL}};

bzt_err site_get(call *c)
{
    bzt_span file;
    bzt_err err = site_file(c->service, &file, c->arena);

    if (err)
        return err;
    call_set_header(c, "Cache-Control", "no-cache");
    call_answer_bytes(c, "application/json", file);
    return BZT_OK;
}

bzt_err sms_post(call *c)
{
    account_code_order order = {.address = c->address};
    int64_t wait_ms = 0;
    bzt_err err;

    if ((err = json_text(&order.phone, c->body, "phone", 11, 11)) ||
        (err = json_text(&order.purpose, c->body, "purpose", 1, 16)))
        return err;
    err = account_send_code(c->service, &wait_ms, &order, c->now_ms);
    return call_limited(c, err, wait_ms);
}

/* --- sessions ------------------------------------------------------------ */

static void add_realname(json *o, const account_person *p)
{
    json *r;

    if (!p->has_realname) {
        json_add_null(o, "real_name");
        return;
    }
    r = json_add_object(o, "real_name");
    json_add_text(r, "name_masked", p->name_masked);
    json_add_text(r, "id_number_masked", p->id_number_masked);
    json_add_text(r, "provider", p->provider);
    json_add_int(r, "at", p->realname_at);
}

static void answer_session(call *c, const account_session *s)
{
    json *o = call_answer(c), *p = json_add_object(o, "person");

    json_add_id(p, "id", "per", s->person.id);
    json_add_text(p, "phone_masked", s->person.phone_masked);
    json_add_bool(p, "has_password", s->person.has_password);
    add_realname(p, &s->person);
    json_add_text(p, "language", s->person.language);
    if (s->row.has_device)
        json_add_id(o, "device_id", "dev", s->row.device);
    else
        json_add_null(o, "device_id");
    json_add_bytes(o, c->arena, "csrf",
                   (bzt_span){s->row.csrf, sizeof(s->row.csrf)});
    json_add_int(o, "expires_at", s->row.expires_at);
}

static bzt_err read_proof(const account_proof **out, account_proof *buf,
                          call *c)
{
    const json *o = json_get(c->body, "device");
    bzt_err err;

    *out = NULL;
    if (!o || json_object_at(&o, c->body, "device"))
        return BZT_OK; /* absent or null: the table has checked the rest */
    if ((err = json_id(buf->device, o, "device_id", "dev")) ||
        (err = json_int(&buf->at, o, "at", 0, INT64_MAX / 2)) ||
        (err = json_bytes(buf->mac, 32, o, "mac")))
        return call_bad_field(c, err, "device");
    *out = buf;
    return BZT_OK;
}

static void begin_session(call *c, account_session *s)
{
    call_set_cookie(c, SESSION_APP_COOKIE, s->token,
                    (s->row.expires_at - c->now_ms) / 1000);
    answer_session(c, s);
    wipe(s->token, sizeof(s->token));
}

bzt_err login_sms_post(call *c)
{
    account_login in = {0};
    account_proof proof;
    account_session s;
    bzt_err err;

    if ((err = read_proof(&in.proof, &proof, c)) ||
        (err = json_text(&in.phone, c->body, "phone", 11, 11)) ||
        (err = json_text(&in.code, c->body, "code", 6, 6)))
        return err;
    if ((err = account_login_code(c->service, &s, c->arena, &in, c->now_ms)))
        return err;
    begin_session(c, &s);
    return BZT_OK;
}

bzt_err login_password_post(call *c)
{
    account_login in = {0};
    account_proof proof;
    account_session s;
    int64_t wait_ms = 0;
    bzt_err err;

    if ((err = read_proof(&in.proof, &proof, c)) ||
        (err = json_text(&in.phone, c->body, "phone", 11, 11)) ||
        (err = json_text(&in.password, c->body, "password", 1, 64)))
        return err;
    if ((err = account_login_password(c->service, &s, &wait_ms, c->arena, &in,
                                      c->now_ms)))
        return call_limited(c, err, wait_ms);
    begin_session(c, &s);
    return BZT_OK;
}

bzt_err logout_post(call *c)
{
    call_set_cookie(c, SESSION_APP_COOKIE, NULL, 0);
    return account_logout(c->service, c->caller.session, c->now_ms);
}

bzt_err me_get(call *c)
{
    account_session s;
    bzt_err err = account_me(c->service, &s, c->arena, c->caller.session);

    if (err)
        return err;
    answer_session(c, &s);
    return BZT_OK;
}

bzt_err password_post(call *c)
{
    account_password_change in = {0};
    int64_t wait_ms = 0;
    bzt_err err;

    memcpy(in.person, c->caller.person, 16);
    memcpy(in.session, c->caller.session, 32);
    if ((err = json_text(&in.password, c->body, "password", 1, 64)) ||
        (err = json_text_optional(&in.old, c->body, "old", 64)))
        return err;
    err = account_set_password(c->service, &wait_ms, c->arena, &in, c->now_ms);
    return call_limited(c, err, wait_ms);
}

bzt_err realname_post(call *c)
{
    realname_order in = {0};
    account_person person;
    int64_t wait_ms = 0;
    json *o;
    bzt_err err;

    memcpy(in.person, c->caller.person, 16);
    if ((err = json_text(&in.provider, c->body, "provider", 1, 16)) ||
        (err = json_text(&in.name, c->body, "name", 3, 120)) ||
        (err = json_text(&in.id_number, c->body, "id_number", 1, 32)))
        return err;
    if (!text_is_plain(text_span(in.name)))
        return call_bad_field(c, BZT_ERR_BAD_FIELD, "name");
    if ((err = realname_confirm(c->service, &person, &wait_ms, c->arena, &in,
                                c->now_ms)))
        return call_limited(c, err, wait_ms);
    o = call_answer(c);
    json_add_text(o, "name_masked", person.name_masked);
    json_add_text(o, "id_number_masked", person.id_number_masked);
    json_add_text(o, "provider", person.provider);
    json_add_int(o, "at", person.realname_at);
    return BZT_OK;
}

/* --- messages ------------------------------------------------------------ */

/* What kind of id a message is about. */
static const char *subject_kind(const char *kind)
{
    static const struct {
        const char *prefix, *id;
    } table[] = {{"application_", "app"}, {"certificate_", "etr"},
                 {"request_", "req"},     {"device_", "dev"},
                 {"key_", "key"},         {"clone_", "key"},
                 {"foreign_", "key"}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (!strncmp(kind, table[i].prefix, strlen(table[i].prefix)))
            return table[i].id;
    return "id";
}

static bzt_err add_message(json *o, arena *a, const message_row *m)
{
    json *body = NULL;
    bzt_err err;

    json_add_id(o, "id", "msg", m->id);
    json_add_text(o, "kind", m->kind);
    if ((err = json_parse(&body, a, text_span(m->body))))
        return err;
    json_add(o, "body", body);
    if (m->has_subject)
        json_add_id(o, "subject", subject_kind(m->kind), m->subject);
    else
        json_add_null(o, "subject");
    json_add_bool(o, "read", m->read_at != 0);
    json_add_int(o, "at", m->created_at);
    return BZT_OK;
}

bzt_err messages_get(call *c)
{
    const uint8_t *after;
    uint8_t buf[16];
    inbox_page page;
    json *list;
    bzt_err err;

    if ((err = call_query_id(&after, buf, c, "after", "msg")))
        return err;
    if ((err =
             inbox_read(c->service, &page, c->arena, c->caller.person, after)))
        return err;
    list = json_add_array(call_answer(c), "messages");
    for (size_t i = 0; i < page.n; i++)
        if ((err = add_message(json_append_object(list), c->arena,
                               &page.rows[i])))
            return err;
    json_add_int(call_answer(c), "unread", page.unread);
    call_add_next(c, "msg", page.has_more ? page.rows[page.n - 1].id : NULL);
    return BZT_OK;
}

bzt_err message_read_post(call *c)
{
    uint8_t id[16];
    bzt_err err;

    if ((err = call_id(id, c, 0, "msg")))
        return err;
    return inbox_mark(c->service, c->caller.person, id, c->now_ms);
}

/* --- events -------------------------------------------------------------- */

enum { SHARED_TICK_MS = 10000 };

struct events {
    uint8_t person[16], last[16];
    int has_last;
    int64_t since;
};

static bzt_err send_event(struct stream *s, arena *a, const char *event,
                          const char *kind, const uint8_t id[16])
{
    json *o = json_new_object(a);
    bzt_span line;
    bzt_err err;

    json_add_id(o, "id", kind, id);
    if ((err = json_write(&line, a, o)))
        return err;
    stream_send(s, event, line);
    return BZT_OK;
}

static bzt_err send_message(struct stream *s, arena *a, const message_row *m)
{
    const char *about = subject_kind(m->kind);
    bzt_err err;

    if ((err = send_event(s, a, "message", "msg", m->id)) || !m->has_subject)
        return err;
    if (!strcmp(about, "etr"))
        return send_event(s, a, "certificate", about, m->subject);
    if (!strcmp(about, "req"))
        return send_event(s, a, "request", about, m->subject);
    return BZT_OK;
}

static bzt_err run_events(struct stream *s, void *state, arena *a,
                          struct service *svc, int64_t now_ms)
{
    struct events *e = state;
    inbox_page page;
    bzt_err err;

    (void)now_ms;
    if ((err = inbox_read_new(svc, &page, a, e->person,
                              e->has_last ? e->last : NULL, e->since)))
        return err;
    for (size_t i = 0; i < page.n; i++) {
        if ((err = send_message(s, a, &page.rows[i])))
            return err;
        memcpy(e->last, page.rows[i].id, 16);
        e->has_last = 1;
    }
    return BZT_OK;
}

bzt_err events_get(call *c)
{
    stream_options options = {.run = run_events, .free_state = free};
    struct events *e = calloc(1, sizeof(*e));

    if (!e)
        return BZT_ERR_MEMORY;
    memcpy(e->person, c->caller.person, 16);
    memcpy(options.id, c->caller.person, 16);
    e->since = c->now_ms;
    if (c->service->is_shared) /* what another node has told this person */
        options.tick_ms = SHARED_TICK_MS;
    options.state = e;
    return call_stream(c, &options);
}
