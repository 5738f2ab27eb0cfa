/* Requests of business systems: verified before they are shown, and again
 * before they are signed. */
#include "base/clock.h"
#include "core/sm3.h"
#include "core/text.h"
#include "phone_internal.h"
#include "pki/message.h"
#include "pki/path.h"
#include "pki/statement.h"
#include <stdio.h>
#include <string.h>

enum { SKEW_MS = 300000 };

/* --- what was scanned --------------------------------------------------- */

static bzt_span host_of(const char *domain)
{
    return (bzt_span){(const uint8_t *)domain, strcspn(domain, ":")};
}

static bzt_err check_rp(phone *p, x509_cert *cert, const phone_request *r,
                        bzt_span der)
{
    x509_cert root;
    path found;

    if (x509_read(&root, p->site.rp_root) || x509_read(cert, der))
        return BZT_ERR_CERT_PATH;
    const path_input in = {.leaf = cert,
                           .roots = &root,
                           .roots_n = 1,
                           .at = clock_now_ms(),
                           .purpose = PATH_RP,
                           .host = host_of(r->what.domain)};
    return path_check(&found, &in);
}

/* The page that shows the code must be the business system's own.  Without
 * a page there is no code to scan. */
static bzt_err check_origin(const phone_request *r)
{
    const char *origin = r->origin;

    if (!origin || strncmp(origin, "https://", 8) ||
        strcmp(origin + 8, r->what.domain))
        return BZT_ERR_RP_DOMAIN;
    return BZT_OK;
}

static bzt_err check_time(const phone_request *r)
{
    int64_t now = clock_now_ms();

    if (r->what.created_at > now + SKEW_MS)
        return BZT_ERR_SKEW;
    return r->what.expires_at > now ? BZT_OK : BZT_ERR_REQUEST_EXPIRED;
}

static bzt_err read_numbers(phone_request *r, const json *o)
{
    const json *list = json_get(o, "numbers");

    r->numbers_n = 0;
    if (!list || !json_array_n(list))
        return BZT_OK;
    if (json_array_at(&list, o, "numbers", 3) || json_array_n(list) != 3)
        return BZT_ERR_BAD_FIELD;
    for (size_t i = 0; i < 3; i++) {
        int64_t v;
        if (json_int_item(&v, list, i, 10, 99))
            return BZT_ERR_BAD_FIELD;
        r->numbers[r->numbers_n++] = (int)v;
    }
    return BZT_OK;
}

static bzt_err read_view(phone *p, phone_request *r, const json *o)
{
    uint8_t signature[64], rp_id[16];
    bzt_span certificate;
    x509_holder holder;
    x509_cert cert;
    const json *rp;
    const char *id;
    bzt_err err;

    if ((err = json_text(&id, o, "id", 1, 31)) ||
        (err = json_id(r->request_id, o, "id", "req")) ||
        (err = json_object_at(&rp, o, "rp")) ||
        (err = json_id(rp_id, rp, "id", "rp")) ||
        (err = json_span(&certificate, p->scratch, rp, "certificate", 64,
                         16384)) ||
        (err = json_span(&r->described, p->scratch, o, "description", 2,
                         DESCRIPTION_MAX)) ||
        (err = json_bytes(signature, 64, o, "signature")) ||
        (err = json_text_optional(&r->origin, o, "origin", 300)) ||
        (err = json_int(&r->decide_until, o, "decide_until", 1,
                        INT64_C(1) << 50)) ||
        (err = read_numbers(r, o)))
        return err;
    memcpy(r->id, id, strlen(id) + 1);
    if ((err = description_read(&r->what, NULL, p->scratch, r->described)))
        return err;
    if (memcmp(r->what.rp, rp_id, 16))
        return BZT_ERR_SIGNATURE;
    if ((err = check_rp(p, &cert, r, certificate)) ||
        (err =
             statement_verify((bzt_span){signature, 64}, STATEMENT_DESCRIPTION,
                              cert.pub, r->described)) ||
        (err = check_origin(r)) || (err = check_time(r)))
        return err;
    x509_holder_read(&holder, &cert);
    r->rp_name = arena_text(p->scratch, holder.common_name);
    return r->rp_name ? BZT_OK : BZT_ERR_MEMORY;
}

bzt_err phone_scan(phone *p, phone_request *out, const char *text)
{
    const json *got;
    bzt_err err;

    phone_begin(p);
    *out = (phone_request){0};
    json *o = json_new_object(p->scratch);
    json_add_text(o, strlen(text) == 8 ? "short_code" : "qr", text);
    if ((err = phone_call(p, &got, "POST", "/app/v1/scan", o)))
        return err;
    err = got ? read_view(p, out, got) : BZT_ERR_BAD_JSON;
    if (err)
        *out = (phone_request){0};
    return err;
}

bzt_err phone_request_get(phone *p, phone_request *out, const char *id)
{
    const json *got;
    bzt_err err;

    phone_begin(p);
    *out = (phone_request){0};
    const char *target = arena_printf(p->scratch, "/app/v1/requests/%s", id);
    if (!target)
        return BZT_ERR_MEMORY;
    if ((err = phone_call(p, &got, "GET", target, NULL)))
        return err;
    err = got ? read_view(p, out, got) : BZT_ERR_BAD_JSON;
    if (err)
        *out = (phone_request){0};
    return err;
}

bzt_err phone_refuse(phone *p, const char *id)
{
    const json *got;

    phone_begin(p);
    const char *target =
        arena_printf(p->scratch, "/app/v1/requests/%s/refuse", id);
    if (!target)
        return BZT_ERR_MEMORY;
    return phone_call(p, &got, "POST", target, NULL);
}

/* --- signing it --------------------------------------------------------- */

static int is_same(bzt_span a, const char *b)
{
    return text_is(a, b ? b : "");
}

/* The message must say exactly what was shown, for this certificate. */
static bzt_err check_message(bzt_span bytes, const phone_request *r,
                             const phone_slot *slot)
{
    const message_kind kind =
        r->what.kind == REQUEST_BIND ? MESSAGE_BIND : MESSAGE_LOGIN;
    uint8_t description[32], certificate[32];
    message m;
    bzt_err err = message_read(&m, bytes);

    if (err)
        return err;
    sm3_digest(description, r->described);
    sm3_digest(certificate, slot->der);
    if (m.kind != kind || memcmp(m.request_id, r->request_id, 16) ||
        memcmp(m.rp_id, r->what.rp, 16) ||
        memcmp(m.description, description, 32) ||
        memcmp(m.browser, r->what.browser, 32) ||
        memcmp(m.certificate, certificate, 32) ||
        !is_same(m.rp_name, r->rp_name) || !is_same(m.domain, r->what.domain) ||
        !is_same(m.title, r->what.title) ||
        !is_same(m.organisation, r->what.organisation) ||
        !is_same(m.uscc, r->what.uscc) || !is_same(m.user, r->what.account) ||
        m.created_at / 1000 != r->what.created_at / 1000 ||
        m.expires_at / 1000 != r->what.expires_at / 1000)
        return BZT_ERR_MESSAGE;
    return BZT_OK;
}

/* The slot of an entry, or of the only certificate there is. */
static bzt_err choose(phone *p, phone_slot **out, const char *entry)
{
    *out = NULL;
    for (size_t i = 0; i < p->slots_n; i++) {
        phone_slot *slot = &p->slots[i];
        if (!slot->certificate[0] || slot->use != BZT_USE_SIGN ||
            (entry && strcmp(slot->entry, entry)))
            continue;
        if (*out)
            return BZT_ERR_CONFLICT; /* several: say which */
        *out = slot;
    }
    return *out ? BZT_OK : BZT_ERR_NOT_FOUND;
}

static bzt_err fix(phone *p, bzt_span *message, const phone_slot *slot,
                   const phone_decision *d)
{
    const json *got;
    bzt_err err;

    json *o = json_new_object(p->scratch);
    json_add_text(o, "certificate_id", slot->certificate);
    if (d->number)
        json_add_int(o, "number", d->number);
    const char *target =
        arena_printf(p->scratch, "/app/v1/requests/%s/confirm", d->request->id);
    if (!target)
        return BZT_ERR_MEMORY;
    if ((err = phone_call(p, &got, "POST", target, o)))
        return err;
    return json_span(message, p->scratch, got, "message", 1, MESSAGE_SIZE_MAX);
}

/* Not phone_begin: the request that is confirmed lives in the arena. */
bzt_err phone_confirm(phone *p, phone_told *told,
                      const phone_decision *decision)
{
    bzt_sm2_signature signature;
    phone_slot *slot;
    bzt_span message;
    bzt_err err;

    *told = (phone_told){0};
    p->problem = NULL;
    if ((err = choose(p, &slot, decision->entry)) ||
        (err = fix(p, &message, slot, decision)) ||
        (err = check_message(message, decision->request, slot)))
        return err;
    return phone_cosign(p, &signature, told, slot, message,
                        decision->request->id, decision->pin);
}
