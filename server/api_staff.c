/* Staff: set-up, log-in, reviews, catalogue (doc/api.md, Staff). */
#include "api.h"
#include "api_common.h"
#include "core/text.h"
#include "core/wipe.h"
#include "service/application.h"
#include "service/catalogue.h"
#include "service/issue.h"
#include "service/staff.h"
#include <string.h>

const field staff_setup_fields[] = {
    {"code", FIELD_TEXT, 1, 64},
    {"login", FIELD_TEXT, 2, 64},
    {"password", FIELD_TEXT, 1, 64},
    {"totp_secret", FIELD_BYTES, TOTP_SECRET_LEN, TOTP_SECRET_LEN},
    {"totp", FIELD_TEXT, TOTP_DIGITS, TOTP_DIGITS},
    {NULL}};
const field staff_login_fields[] = {
    {"login", FIELD_TEXT, 2, 64},
    {"password", FIELD_TEXT, 1, 64},
    {"totp", FIELD_TEXT, TOTP_DIGITS, TOTP_DIGITS},
    {NULL}};
const field staff_keys_fields[] = {
    {"name", FIELD_TEXT, 1, 120}, {"public_key", FIELD_BYTES, 65, 65}, {NULL}};
const field staff_staff_fields[] = {{"roles", FIELD_TEXT, 1, 64}, {NULL}};
const field staff_review_fields[] = {
    {"decision", FIELD_ENUM, .kind = "approve|reject"},
    {"reason", FIELD_TEXT, 1, 600, .optional = 1},
    {NULL}};
const field staff_revoke_fields[] = {{"reason", FIELD_INT, 0, 9}, {NULL}};
const field staff_catalogue_fields[] = {
    {"province", FIELD_TEXT, 1, 60},
    {"platform", FIELD_TEXT, 1, 200},
    {"ca_id", FIELD_ID, .kind = "ca"},
    {"subject", FIELD_ENUM, .kind = "personal|enterprise"},
    {"product", FIELD_TEXT, 1, 200},
    {"validity_days", FIELD_INT, 1, 3660},
    {"fee_cents", FIELD_INT, 0, 100000000},
    {"attachments", FIELD_ARRAY, 0, 20, .optional = 1},
    {NULL}};

/* --- accounts ------------------------------------------------------------ */

bzt_err staff_setup_post(call *c)
{
    staff_setup_order in = {0};
    bzt_err err;

    if ((err = json_text(&in.code, c->body, "code", 1, 64)) ||
        (err = json_text(&in.login, c->body, "login", 2, 64)) ||
        (err = json_text(&in.password, c->body, "password", 1, 64)) ||
        (err = json_text(&in.totp, c->body, "totp", 6, 6)) ||
        (err = json_bytes(in.totp_secret, TOTP_SECRET_LEN, c->body,
                          "totp_secret")))
        return err;
    err = staff_setup(c->service, c->arena, &in, c->now_ms);
    wipe(in.totp_secret, sizeof(in.totp_secret));
    return err;
}

static void add_roles(json *o, arena *a, const char *roles)
{
    json *list = json_add_array(o, "roles");

    while (*roles) {
        size_t n = strcspn(roles, ",");

        json_append_text(list,
                         arena_text(a, (bzt_span){(const uint8_t *)roles, n}));
        roles += n + (roles[n] == ',');
    }
}

bzt_err staff_login_post(call *c)
{
    staff_login_order in = {0};
    staff_session s;
    int64_t wait_ms = 0;
    json *o, *who;
    bzt_err err;

    if ((err = json_text(&in.login, c->body, "login", 2, 64)) ||
        (err = json_text(&in.password, c->body, "password", 1, 64)) ||
        (err = json_text(&in.totp, c->body, "totp", 6, 6)))
        return err;
    if ((err = staff_login(c->service, &s, &wait_ms, c->arena, &in, c->now_ms)))
        return call_limited(c, err, wait_ms);
    call_set_cookie(c, SESSION_STAFF_COOKIE, s.token,
                    (s.row.expires_at - c->now_ms) / 1000);
    o = call_answer(c);
    who = json_add_object(o, "staff");
    json_add_id(who, "id", "stf", s.id);
    json_add_text(who, "login", s.login);
    add_roles(who, c->arena, s.roles);
    json_add_text(who, "tenant", s.tenant);
    json_add_bytes(o, c->arena, "csrf",
                   (bzt_span){s.row.csrf, sizeof(s.row.csrf)});
    json_add_int(o, "expires_at", s.row.expires_at);
    wipe(s.token, sizeof(s.token));
    return BZT_OK;
}

bzt_err staff_logout_post(call *c)
{
    call_set_cookie(c, SESSION_STAFF_COOKIE, NULL, 0);
    return staff_logout(c->service, c->caller.session, c->now_ms);
}

bzt_err staff_keys_post(call *c)
{
    staff_key_order in = {0};
    uint8_t id[16];
    bzt_err err;

    memcpy(in.staff, c->caller.staff, 16);
    memcpy(in.tenant, c->caller.tenant, 16);
    if ((err = json_text(&in.name, c->body, "name", 1, 120)) ||
        (err = json_bytes(in.public_key, 65, c->body, "public_key")))
        return err;
    if ((err = staff_key_add(c->service, id, &in, c->now_ms)))
        return err;
    json_add_id(call_answer(c), "id", "skey", id);
    return BZT_OK;
}

bzt_err staff_staff_post(call *c)
{
    staff_invitation by = {0};
    char code[STAFF_CODE_SIZE];
    bzt_err err;

    memcpy(by.staff, c->caller.staff, 16);
    memcpy(by.tenant, c->caller.tenant, 16);
    if ((err = json_text(&by.roles, c->body, "roles", 1, 64)))
        return err;
    if ((err = staff_invite(c->service, code, &by, c->now_ms)))
        return call_bad_field(c, err, "roles");
    json_add_text(call_answer(c), "code", code);
    wipe(code, sizeof(code));
    return BZT_OK;
}

/* --- reviews ------------------------------------------------------------- */

static void add_facts(json *o, const application_facts *f)
{
    const application_row *r = &f->row;
    json *part;

    json_add_id(o, "id", "app", r->id);
    json_add_text(o, "state", r->state);
    json_add_text(o, "reason", r->reason);
    json_add_int(o, "created_at", r->created_at);
    json_add_int(o, "updated_at", r->updated_at);
    part = json_add_object(o, "item");
    json_add_id(part, "id", "cat", f->item.id);
    json_add_text(part, "province", f->item.province);
    json_add_text(part, "platform", f->item.platform);
    json_add_text(part, "product", f->item.product);
    json_add_text(part, "subject", f->item.subject);
    json_add_int(part, "validity_days", f->item.validity_days);
    part = json_add_object(o, "applicant");
    json_add_text(part, "name", f->name);
    json_add_text(part, "id_number", f->id_number);
    json_add_text(part, "phone", f->phone);
    if (!r->has_enterprise) {
        json_add_null(o, "enterprise");
        return;
    }
    part = json_add_object(o, "enterprise");
    json_add_text(part, "name", f->enterprise);
    json_add_text(part, "uscc", f->uscc);
    json_add_text(part, "legal_name", f->legal_name);
    json_add_text(part, "legal_id", f->legal_id);
}

static int is_state(const char *s)
{
    return !strcmp(s, "submitted") || !strcmp(s, "approved") ||
           !strcmp(s, "rejected") || !strcmp(s, "issued");
}

bzt_err staff_applications_get(call *c)
{
    application_queue_order in = {.state = call_query(c, "state")};
    application_facts *facts;
    uint8_t buf[16];
    size_t n;
    int has_more;
    json *list;
    bzt_err err;

    memcpy(in.tenant, c->caller.tenant, 16);
    if (!in.state)
        in.state = "submitted";
    if (!is_state(in.state))
        return call_bad_field(c, BZT_ERR_BAD_FIELD, "state");
    if ((err = call_query_id(&in.after, buf, c, "after", "app")))
        return err;
    if ((err = application_queue(c->service, &facts, &n, &has_more, c->arena,
                                 &in)))
        return err;
    list = json_add_array(call_answer(c), "applications");
    for (size_t i = 0; i < n; i++)
        add_facts(json_append_object(list), &facts[i]);
    call_add_next(c, "app", has_more ? facts[n - 1].row.id : NULL);
    return BZT_OK;
}

bzt_err staff_application_get(call *c)
{
    application_facts f;
    uint8_t id[16];
    bzt_err err;

    if ((err = call_id(id, c, 0, "app")))
        return err;
    if ((err = application_facts_get(c->service, &f, c->arena, c->caller.tenant,
                                     id)))
        return err;
    add_facts(call_answer(c), &f);
    return BZT_OK;
}

bzt_err staff_review_post(call *c)
{
    application_decision in = {0};
    application_facts f;
    const char *decision;
    bzt_err err;

    memcpy(in.staff, c->caller.staff, 16);
    memcpy(in.tenant, c->caller.tenant, 16);
    if ((err = call_id(in.application, c, 0, "app")) ||
        (err = json_text(&decision, c->body, "decision", 1, 16)) ||
        (err = json_text_optional(&in.reason, c->body, "reason", 600)))
        return err;
    in.is_approved = !strcmp(decision, "approve");
    if ((err = application_review(c->service, &f, c->arena, &in, c->now_ms)))
        return call_bad_field(c, err, "reason");
    add_facts(call_answer(c), &f);
    return BZT_OK;
}

bzt_err staff_revoke_post(call *c)
{
    issue_revocation in = {0};
    bzt_err err;

    memcpy(in.staff, c->caller.staff, 16);
    memcpy(in.tenant, c->caller.tenant, 16);
    if ((err = call_id(in.certificate, c, 0, "crt")) ||
        (err = json_int(&in.reason, c->body, "reason", 0, 9)))
        return err;
    /* RFC 5280, 5.3.1: 7 is unused, 6 and 8 are for holds, which we lack */
    if (in.reason >= 6 && in.reason <= 8)
        return call_bad_field(c, BZT_ERR_BAD_FIELD, "reason");
    return issue_revoke(c->service, c->arena, &in, c->now_ms);
}

/* --- catalogue ----------------------------------------------------------- */

bzt_err staff_catalogue_get(call *c)
{
    catalogue_row *rows;
    size_t n;
    json *list;
    bzt_err err =
        catalogue_of_tenant(c->service, &rows, &n, c->arena, c->caller.tenant);

    if (err)
        return err;
    list = json_add_array(call_answer(c), "items");
    for (size_t i = 0; i < n; i++) {
        json *o = json_append_object(list);

        if ((err = api_catalogue_item(o, c->arena, &rows[i])))
            return err;
        json_add_text(o, "state", rows[i].state);
    }
    return BZT_OK;
}

static bzt_err read_attachments(const char **out, call *c)
{
    const json *list = json_get(c->body, "attachments");
    bzt_span text;
    bzt_err err;

    *out = "[]";
    if (!list || json_array_at(&list, c->body, "attachments", 20))
        return BZT_OK;
    if ((err = json_write(&text, c->arena, list)))
        return err;
    *out = arena_text(c->arena, text);
    return *out ? BZT_OK : BZT_ERR_MEMORY;
}

bzt_err staff_catalogue_post(call *c)
{
    catalogue_change by = {0};
    catalogue_row row = {0};
    bzt_err err;

    memcpy(by.staff, c->caller.staff, 16);
    memcpy(by.tenant, c->caller.tenant, 16);
    if ((err = json_text(&row.province, c->body, "province", 1, 60)) ||
        (err = json_text(&row.platform, c->body, "platform", 1, 200)) ||
        (err = json_id(row.ca, c->body, "ca_id", "ca")) ||
        (err = json_text(&row.subject, c->body, "subject", 1, 16)) ||
        (err = json_text(&row.product, c->body, "product", 1, 200)) ||
        (err =
             json_int(&row.validity_days, c->body, "validity_days", 1, 3660)) ||
        (err = json_int(&row.fee_cents, c->body, "fee_cents", 0, 100000000)) ||
        (err = read_attachments(&row.attachments, c)))
        return err;
    if ((err = catalogue_add(c->service, &row, c->arena, &by, c->now_ms)))
        return err;
    json_add_id(call_answer(c), "id", "cat", row.id);
    return BZT_OK;
}

bzt_err staff_catalogue_withdraw_post(call *c)
{
    catalogue_change by = {0};
    bzt_err err;

    memcpy(by.staff, c->caller.staff, 16);
    memcpy(by.tenant, c->caller.tenant, 16);
    if ((err = call_id(by.id, c, 0, "cat")))
        return err;
    return catalogue_withdraw(c->service, &by, c->now_ms);
}
