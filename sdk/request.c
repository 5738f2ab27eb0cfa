/* Requests: making, waiting, cancelling; and the webhook that tells. */
#include "base/clock.h"
#include "base/description.h"
#include "base/rng.h"
#include "client.h"
#include "core/sm3.h"
#include "core/text.h"
#include "core/wipe.h"
#include "pki/statement.h"
#include <stdio.h>
#include <string.h>

enum {
    LIFE_MS = 300000,
    CLOCK_MARGIN_MS = 2000, /* our clock may be a little ahead */
    RESULT_MAX = 1 << 20,
    CERT_MAX = 16384
};

static const char *const states[] = {"created", "scanned", "confirming", "done",
                                     "refused", "expired", "failed"};

static bzt_err read_state(bzt_request_state *out, const json *o)
{
    const char *text;

    if (json_text(&text, o, "state", 1, 20))
        return BZT_ERR_BAD_FIELD;
    for (int i = BZT_STATE_CREATED; i <= BZT_STATE_FAILED; i++) {
        if (!strcmp(states[i], text)) {
            *out = (bzt_request_state)i;
            return BZT_OK;
        }
    }
    return BZT_ERR_BAD_FIELD;
}

static bzt_err copy_text(char *out, size_t size, const json *o,
                         const char *name)
{
    const char *text;
    bzt_err err = json_text(&text, o, name, 1, size - 1);

    if (!err)
        memcpy(out, text, strlen(text) + 1);
    return err;
}

void bzt_browser_bind(uint8_t out[32], bzt_span cookie_secret)
{
    sm3 h;

    sm3_init(&h);
    sm3_update(&h, "bzt-browser-1", 14);
    sm3_update(&h, cookie_secret.p, cookie_secret.len);
    sm3_final(&h, out);
}

/* --- making ------------------------------------------------------------- */

static bzt_err describe(bzt_span *out, bzt_request *r, bzt_client *c,
                        const bzt_request_options *o)
{
    int64_t now = clock_now_ms() - CLOCK_MARGIN_MS;
    description d = {
        .kind = o->kind == BZT_REQUEST_BIND ? REQUEST_BIND : REQUEST_LOGIN,
        .domain = c->domain,
        .title = o->title,
        .organisation = o->organisation,
        .uscc = o->uscc,
        .account = o->account,
        .created_at = now,
        .expires_at = now + (o->life_ms ? o->life_ms : LIFE_MS),
    };
    bzt_err err;

    if (d.expires_at - now < DESCRIPTION_LIFE_MIN_MS ||
        d.expires_at - now > DESCRIPTION_LIFE_MAX_MS)
        return BZT_ERR_BAD_FIELD;
    memcpy(d.rp, c->rp, 16);
    memcpy(d.browser, o->browser, 32);
    if ((err = rng_bytes(d.nonce, 16)))
        return err;
    if ((err = description_write(out, c->scratch, &d)))
        return err;
    r->kind = o->kind;
    r->created_at = d.created_at;
    r->expires_at = d.expires_at;
    memcpy(r->browser, o->browser, 32);
    sm3_digest(r->description, *out);
    return BZT_OK;
}

static bzt_err sign_description(uint8_t sig[64], bzt_client *c,
                                bzt_span description)
{
    uint8_t random[48];
    bzt_err err = rng_bytes(random, sizeof(random));

    if (!err)
        err = statement_sign(sig, STATEMENT_DESCRIPTION, &c->key, description,
                             random);
    wipe(random, sizeof(random));
    return err;
}

bzt_err bzt_client_request(bzt_request *out, bzt_client *c,
                           const bzt_request_options *options)
{
    char fresh_key[BASE64URL_LEN(16) + 1];
    uint8_t random[16], sig[64];
    const char *key = options->idempotency_key;
    const json *answer;
    bzt_span description;
    bzt_err err;

    *out = (bzt_request){0};
    arena_reset(c->scratch);
    if ((err = describe(&description, out, c, options)) ||
        (err = sign_description(sig, c, description)))
        goto out;
    if (!key) {
        if ((err = rng_bytes(random, 16)))
            goto out;
        base64url_write(fresh_key, (bzt_span){random, 16});
        key = fresh_key;
    }
    json *body = json_new_object(c->scratch);
    json_add_bytes(body, c->scratch, "description", description);
    json_add_bytes(body, c->scratch, "signature", (bzt_span){sig, 64});
    if ((err = client_call(&answer, c->scratch, c, "POST", "/rp/v1/requests",
                           body, key)))
        goto out;
    if ((err = copy_text(out->id, sizeof(out->id), answer, "id")) ||
        (err = copy_text(out->page_token, sizeof(out->page_token), answer,
                         "page_token")) ||
        (err = json_int(&out->version, answer, "version", 1, INT64_C(1) << 50)))
        goto out;
    err = json_int(&out->decide_until, answer, "decide_until", 1,
                   INT64_C(1) << 50);
out:
    if (err)
        *out = (bzt_request){0};
    return err;
}

bzt_err bzt_client_cancel(bzt_client *c, const bzt_request *request)
{
    const json *answer;

    arena_reset(c->scratch);
    const char *target =
        arena_printf(c->scratch, "/rp/v1/requests/%s", request->id);
    if (!target)
        return BZT_ERR_MEMORY;
    return client_call(&answer, c->scratch, c, "DELETE", target, NULL, NULL);
}

/* --- waiting ------------------------------------------------------------ */

static bzt_err read_chain(bzt_result *out, arena *a, const json *result)
{
    const json *list;
    bzt_err err = json_array_at(&list, result, "chain", 8);

    if (err)
        return err;
    out->chain_n = json_array_n(list);
    bzt_span *chain = arena_alloc(a, (out->chain_n + 1) * sizeof(*chain));
    if (!chain)
        return BZT_ERR_MEMORY;
    out->chain = chain;
    for (size_t i = 0; i < out->chain_n; i++) {
        if ((err = json_span_item(&chain[i], a, list, i, 1, CERT_MAX)))
            return err;
    }
    return BZT_OK;
}

static bzt_err read_done(bzt_result *out, arena *a, const json *o)
{
    const json *r;
    bzt_err err;

    if ((err = json_object_at(&r, o, "result")) ||
        (err = json_span(&out->message, a, r, "message", 1, 8192)) ||
        (err = json_span(&out->signature, a, r, "signature", 8, 80)) ||
        (err =
             json_span(&out->certificate, a, r, "certificate", 64, CERT_MAX)) ||
        (err = json_text(&out->operation, r, "operation", 1, 40)) ||
        (err = json_int(&out->at, r, "at", 1, INT64_C(1) << 50)))
        return err;
    return read_chain(out, a, r);
}

static bzt_err read_result(bzt_result *out, arena *a, const json *o)
{
    bzt_err err;

    if ((err = read_state(&out->state, o)) ||
        (err = json_int(&out->version, o, "version", 1, INT64_C(1) << 50)) ||
        (err = json_text_optional(&out->reason, o, "reason", 60)))
        return err;
    if (!out->reason)
        out->reason = "";
    return out->state == BZT_STATE_DONE ? read_done(out, a, o) : BZT_OK;
}

bzt_err bzt_client_wait(bzt_result *out, bzt_client *c, bzt_request *request,
                        int wait_s)
{
    arena *a = arena_new(RESULT_MAX);
    const json *answer;
    bzt_err err = BZT_ERR_MEMORY;

    *out = (bzt_result){0};
    if (!a)
        goto out;
    const char *target =
        arena_printf(a, "/rp/v1/requests/%s?wait=%d&version=%lld", request->id,
                     wait_s, (long long)request->version);
    if (!target)
        goto out;
    if ((err = client_call(&answer, a, c, "GET", target, NULL, NULL)))
        goto out;
    if ((err = read_result(out, a, answer)))
        goto out;
    request->version = out->version;
    out->memory = a;
    a = NULL;
out:
    if (err)
        *out = (bzt_result){0};
    arena_free(a);
    return err;
}

void bzt_result_free(bzt_result *r)
{
    arena_free(r->memory);
    *r = (bzt_result){0};
}

/* --- webhooks ----------------------------------------------------------- */

bzt_err bzt_webhook_read(bzt_webhook *out, bzt_client *c, bzt_span body)
{
    uint8_t signature[64], rp[16];
    bzt_span payload;
    json *o = NULL;
    bzt_err err;

    *out = (bzt_webhook){0};
    arena_reset(c->scratch);
    if ((err = settings_unwrap(&payload, signature, c->scratch, body)))
        return err;
    if ((err = statement_verify((bzt_span){signature, 64}, STATEMENT_WEBHOOK,
                                c->site.webhook_key, payload)))
        return err;
    if ((err = json_parse(&o, c->scratch, payload)) ||
        (err = json_id(rp, o, "rp", "rp")))
        return err;
    if (memcmp(rp, c->rp, 16))
        return BZT_ERR_BAD_FIELD;
    if ((err = copy_text(out->id, sizeof(out->id), o, "id")) ||
        (err = read_state(&out->state, o)) ||
        (err = json_int(&out->version, o, "version", 1, INT64_C(1) << 50)))
        return err;
    return json_int(&out->at, o, "at", 1, INT64_C(1) << 50);
}
