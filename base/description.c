/* The description of a request as JSON (doc/api.md, Description). */
#include "description.h"
#include "core/text.h"
#include "json.h"
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    "v",       "kind",    "rp",    "domain",     "title",     "organisation",
    "account", "browser", "nonce", "created_at", "expires_at"};

const char *request_kind_text(request_kind kind)
{
    return kind == REQUEST_LOGIN ? "login" : kind == REQUEST_BIND ? "bind" : "";
}

static int is_known(const char *name)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!strcmp(name, names[i]))
            return 1;
    }
    return 0;
}

static bzt_err refuse(const char **field, const char *name)
{
    if (field)
        *field = name;
    return BZT_ERR_BAD_FIELD;
}

static bzt_err plain(const char **out, const char **field, const json *o,
                     const char *name, size_t max)
{
    if (json_text(out, o, name, 1, max) || !text_is_plain(text_span(*out)))
        return refuse(field, name);
    return BZT_OK;
}

static bzt_err plain_optional(const char **out, const char **field,
                              const json *o, const char *name, size_t max)
{
    if (json_text_optional(out, o, name, max))
        return refuse(field, name);
    if (*out && (!**out || !text_is_plain(text_span(*out))))
        return refuse(field, name);
    return BZT_OK;
}

/* One label of a host name (RFC 1123), 1 to 63 characters. */
static int is_label(const char *s, size_t len)
{
    return len >= 1 && len <= 63 && s[0] != '-' && s[len - 1] != '-';
}

static int is_port(const char *s)
{
    size_t digits = strspn(s, "0123456789");

    return digits >= 1 && digits <= 5 && !s[digits] && s[0] != '0' &&
           strtol(s, NULL, 10) <= 65535;
}

/* host or host:port, lower case: letters, digits, hyphens, single dots. */
static int is_domain(const char *s)
{
    size_t host = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-");
    size_t at = 0;

    while (1) {
        size_t dot = at + strcspn(s + at, ".:");
        if (dot > host || !is_label(s + at, dot - at))
            return 0;
        if (s[dot] != '.')
            return dot == host && (!s[dot] || is_port(s + dot + 1));
        at = dot + 1;
    }
}

static bzt_err read_kind(request_kind *out, const json *o)
{
    const char *text;

    if (json_text(&text, o, "kind", 1, 16))
        return BZT_ERR_BAD_FIELD;
    *out = !strcmp(text, "login")  ? REQUEST_LOGIN
           : !strcmp(text, "bind") ? REQUEST_BIND
                                   : (request_kind)0;
    return *out ? BZT_OK : BZT_ERR_BAD_FIELD;
}

static bzt_err read_organisation(description *d, const char **field,
                                 const json *o)
{
    const json *org = json_get(o, "organisation");
    bzt_err err;

    if (!org || cJSON_IsNull(org))
        return BZT_OK;
    if (!cJSON_IsObject(org) || cJSON_GetArraySize(org) != 2)
        return refuse(field, "organisation");
    if ((err = plain(&d->organisation, field, org, "name", 300)))
        return err;
    if ((err = plain(&d->uscc, field, org, "uscc", 18)))
        return err;
    return BZT_OK;
}

static bzt_err read_times(description *d, const char **field, const json *o)
{
    if (json_int(&d->created_at, o, "created_at", 1, INT64_C(1) << 50))
        return refuse(field, "created_at");
    if (json_int(&d->expires_at, o, "expires_at",
                 d->created_at + DESCRIPTION_LIFE_MIN_MS,
                 d->created_at + DESCRIPTION_LIFE_MAX_MS))
        return refuse(field, "expires_at");
    return BZT_OK;
}

bzt_err description_read(description *out, const char **field, arena *a,
                         bzt_span bytes)
{
    json *o = NULL;
    int64_t version;
    bzt_err err;

    *out = (description){0};
    if (bytes.len > DESCRIPTION_MAX)
        return BZT_ERR_TOO_LARGE;
    if ((err = json_parse(&o, a, bytes)))
        return err;
    if (!cJSON_IsObject(o))
        return refuse(field, "");
    for (const json *child = o->child; child; child = child->next) {
        if (!is_known(child->string))
            return refuse(field, child->string);
    }
    if (json_int(&version, o, "v", 1, 1))
        return refuse(field, "v");
    if (read_kind(&out->kind, o))
        return refuse(field, "kind");
    if (json_id(out->rp, o, "rp", "rp"))
        return refuse(field, "rp");
    if ((err = plain(&out->domain, field, o, "domain", 253)))
        return err;
    if (!is_domain(out->domain))
        return refuse(field, "domain");
    if ((err = plain(&out->title, field, o, "title", 300)))
        return err;
    if ((err = plain_optional(&out->account, field, o, "account", 120)))
        return err;
    if ((err = read_organisation(out, field, o)))
        return err;
    if (json_bytes(out->browser, 32, o, "browser"))
        return refuse(field, "browser");
    if (json_bytes(out->nonce, 16, o, "nonce"))
        return refuse(field, "nonce");
    return read_times(out, field, o);
}

bzt_err description_write(bzt_span *out, arena *a, const description *d)
{
    json *o = json_new_object(a);

    json_add_int(o, "v", 1);
    json_add_text(o, "kind", request_kind_text(d->kind));
    json_add_id(o, "rp", "rp", d->rp);
    json_add_text(o, "domain", d->domain);
    json_add_text(o, "title", d->title);
    if (d->organisation) {
        json *org = json_add_object(o, "organisation");
        json_add_text(org, "name", d->organisation);
        json_add_text(org, "uscc", d->uscc);
    } else {
        json_add_null(o, "organisation");
    }
    json_add_text(o, "account", d->account);
    json_add_bytes(o, a, "browser", (bzt_span){d->browser, 32});
    json_add_bytes(o, a, "nonce", (bzt_span){d->nonce, 16});
    json_add_int(o, "created_at", d->created_at);
    json_add_int(o, "expires_at", d->expires_at);
    return json_write(out, a, o);
}
