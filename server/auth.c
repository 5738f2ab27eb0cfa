#include "auth.h"
#include "engine.h"
#include "service/session.h"
#include "service/signed.h"
#include <string.h>

static const char signed_scheme[] = "BZT-SM2 ";

/* Is `role` in a comma-separated list? */
static int has_role(const char *roles, const char *role)
{
    size_t len = strlen(role);

    while (*roles) {
        size_t n = strcspn(roles, ",");

        if (n == len && !memcmp(roles, role, n))
            return 1;
        roles += n;
        if (*roles)
            roles++;
    }
    return 0;
}

static bzt_err check_role(who needed, const char *roles)
{
    if (needed == WHO_REVIEWER && !has_role(roles, "reviewer"))
        return BZT_ERR_FORBIDDEN;
    if (needed == WHO_OPERATOR && !has_role(roles, "operator"))
        return BZT_ERR_FORBIDDEN;
    return BZT_OK;
}

/* The session of a cookie.  A call that changes something also needs the
 * header that another site's page cannot send. */
static bzt_err find_session(session_row *row, call *c, const route *r,
                            int is_staff)
{
    const char *token =
        call_cookie(c, is_staff ? SESSION_STAFF_COOKIE : SESSION_APP_COOKIE);
    bzt_err err;

    if ((err = session_find(row, c->service, token, is_staff, c->now_ms)))
        return err;
    if (!strcmp(r->method, "GET") || r->flags & ROUTE_NO_CSRF)
        return BZT_OK;
    return session_csrf_check(row, call_header(c, "X-BZT-CSRF"));
}

static bzt_err auth_app(call *c, const route *r)
{
    caller *by = &c->caller;
    session_row row;
    bzt_err err;

    if ((err = find_session(&row, c, r, 0)))
        return err;
    if ((r->who == WHO_PERSON || r->who == WHO_HOLDER) && !row.has_realname)
        return BZT_ERR_NO_REALNAME;
    if ((r->who == WHO_DEVICE || r->who == WHO_HOLDER) && !row.has_device)
        return BZT_ERR_FORBIDDEN;
    memcpy(by->session, row.token_hash, 32);
    memcpy(by->person, row.person, 16);
    memcpy(by->device, row.device, 16);
    by->has_device = row.has_device;
    by->has_realname = row.has_realname;
    return BZT_OK;
}

static bzt_err auth_staff_session(call *c, const route *r)
{
    session_row row;
    bzt_err err;

    if ((err = find_session(&row, c, r, 1)))
        return err;
    if ((err = check_role(r->who, row.roles)))
        return err;
    memcpy(c->caller.session, row.token_hash, 32);
    memcpy(c->caller.staff, row.staff, 16);
    memcpy(c->caller.tenant, row.tenant, 16);
    return BZT_OK;
}

static signed_request signed_request_of(call *c)
{
    return (signed_request){.authorization = call_header(c, "Authorization"),
                            .method = c->method,
                            .target = c->exchange->target,
                            .body = c->raw};
}

static bzt_err auth_staff_key(call *c, const route *r)
{
    const signed_request request = signed_request_of(c);
    signed_caller by;
    bzt_err err;

    if ((err =
             signed_find_staff(&by, c->service, c->arena, &request, c->now_ms)))
        return err;
    if ((err = check_role(r->who, by.roles)))
        return err;
    memcpy(c->caller.staff, by.id, 16);
    memcpy(c->caller.tenant, by.tenant, 16);
    return BZT_OK;
}

static bzt_err auth_staff(call *c, const route *r)
{
    const char *header = call_header(c, "Authorization");

    if (header && !strncmp(header, signed_scheme, sizeof signed_scheme - 1))
        return auth_staff_key(c, r);
    return auth_staff_session(c, r);
}

static bzt_err auth_rp(call *c)
{
    const signed_request request = signed_request_of(c);
    signed_caller by;
    bzt_err err;

    if ((err = signed_find_rp(&by, c->service, c->arena, &request, c->now_ms)))
        return err;
    memcpy(c->caller.rp, by.id, 16);
    memcpy(c->caller.tenant, by.tenant, 16);
    return BZT_OK;
}

bzt_err auth_call(call *c, const route *r)
{
    c->caller.who = r->who;
    switch (r->who) {
    case WHO_ANYONE:
    case WHO_PAGE:
        return BZT_OK;
    case WHO_APP:
    case WHO_PERSON:
    case WHO_DEVICE:
    case WHO_HOLDER:
        return auth_app(c, r);
    case WHO_STAFF:
    case WHO_REVIEWER:
    case WHO_OPERATOR:
        return auth_staff(c, r);
    case WHO_RP:
        return auth_rp(c);
    }
    return BZT_ERR_INTERNAL;
}
