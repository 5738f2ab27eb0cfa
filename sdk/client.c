/* The client: made from signed settings, calls with signed requests. */
#include "client.h"
#include "base/clock.h"
#include "base/rng.h"
#include "core/text.h"
#include "core/wipe.h"
#include "pki/statement.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_MAX = 4 << 20, SCRATCH_MAX = 8 << 20, STATUS_AGE_MS = 3600000 };

/* --- making one --------------------------------------------------------- */

static bzt_err open_settings(bzt_client *c, const bzt_client_options *options)
{
    uint8_t signature[64];
    bzt_span payload;

    if (settings_unwrap(&payload, signature, c->memory, options->settings) ||
        statement_verify((bzt_span){signature, 64}, STATEMENT_SETTINGS,
                         options->site_key, payload) ||
        settings_read(&c->site, c->memory, payload))
        return BZT_ERR_SETTINGS;
    c->roots =
        arena_alloc(c->memory, (c->site.ca_roots_n + 1) * sizeof(*c->roots));
    if (!c->roots)
        return BZT_ERR_MEMORY;
    for (size_t i = 0; i < c->site.ca_roots_n; i++) {
        if (x509_read(&c->roots[i], c->site.ca_roots[i]))
            return BZT_ERR_SETTINGS;
    }
    return BZT_OK;
}

bzt_err bzt_client_new(bzt_client **out, const bzt_client_options *options)
{
    const http_options http = {.ca_file = options->tls_roots,
                               .timeout_ms = options->timeout_ms};
    uint8_t pub[65];
    bzt_client *c = calloc(1, sizeof(*c));
    bzt_err err = BZT_ERR_MEMORY;

    *out = NULL;
    if (!c)
        goto out;
    if (!options->rp_id || !options->domain || !options->site_key ||
        id_read(c->rp, "rp", text_span(options->rp_id))) {
        err = BZT_ERR_BAD_FIELD;
        goto out;
    }
    if ((err = bzt_sm2_public(pub, options->key)))
        goto out;
    c->key = *options->key;
    c->status_max_age_ms =
        options->status_max_age_ms ? options->status_max_age_ms : STATUS_AGE_MS;
    c->rp_id = strdup(options->rp_id);
    c->domain = strdup(options->domain);
    c->memory = arena_new(MEMORY_MAX);
    c->scratch = arena_new(SCRATCH_MAX);
    err = BZT_ERR_MEMORY;
    if (!c->rp_id || !c->domain || !c->memory || !c->scratch)
        goto out;
    if ((err = open_settings(c, options)))
        goto out;
    if ((err = http_client_new(&c->http, &http)))
        goto out;
    *out = c;
    c = NULL;
out:
    bzt_client_free(c);
    return err;
}

void bzt_client_free(bzt_client *c)
{
    if (!c)
        return;
    bzt_sm2_key_wipe(&c->key);
    http_client_free(c->http);
    arena_free(c->memory);
    arena_free(c->scratch);
    free(c->rp_id);
    free(c->domain);
    free(c);
}

const char *bzt_client_detail(const bzt_client *c)
{
    return c->detail;
}

/* --- calling ------------------------------------------------------------ */

static bzt_err sign_call(char header[STATEMENT_HTTP_HEADER_MAX], bzt_client *c,
                         const char *method, const char *target, bzt_span body)
{
    uint8_t payload_buf[STATEMENT_HTTP_PAYLOAD_MAX], random[48], sig[64];
    statement_http h = {.method = text_span(method),
                        .target = text_span(target),
                        .id = text_span(c->rp_id),
                        .at = clock_now_ms(),
                        .body = body};
    bzt_span payload;
    bzt_err err;

    if ((err = rng_bytes(h.nonce, 16)) ||
        (err = rng_bytes(random, sizeof(random))) ||
        (err = statement_http_payload(&payload, payload_buf,
                                      sizeof(payload_buf), &h)) ||
        (err = statement_sign(sig, STATEMENT_HTTP, &c->key, payload, random)))
        goto out;
    err = statement_http_write(header, &h, sig);
out:
    wipe(random, sizeof(random));
    return err;
}

static bzt_err read_problem(bzt_client *c, arena *a, const http_answer *answer)
{
    const char *code = NULL, *zh = NULL, *en = NULL;
    json *o = NULL;

    if (json_parse(&o, a, answer->body) ||
        json_text_optional(&code, o, "code", 60) || !code ||
        json_text_optional(&zh, o, "title_zh", 180) ||
        json_text_optional(&en, o, "title", 180))
        return answer->status >= 500 ? BZT_ERR_UNAVAILABLE : BZT_ERR_INTERNAL;
    snprintf(c->detail, sizeof(c->detail), "%s / %s", zh ? zh : "",
             en ? en : "");
    const bzt_err_info *info = bzt_err_by_code(code);
    return info ? info->err : BZT_ERR_INTERNAL;
}

bzt_err client_call(const json **answer, arena *a, bzt_client *c,
                    const char *method, const char *target, const json *body,
                    const char *idempotency_key)
{
    char authorization[STATEMENT_HTTP_HEADER_MAX];
    http_header headers[2] = {{"Authorization", authorization},
                              {"Idempotency-Key", idempotency_key}};
    http_request request = {.method = method,
                            .headers = headers,
                            .headers_n = idempotency_key ? 2 : 1};
    http_answer got;
    json *parsed = NULL;
    bzt_err err;

    *answer = NULL;
    c->detail[0] = 0;
    if (body) {
        request.content_type = "application/json";
        if ((err = json_write(&request.body, a, body)))
            return err;
    }
    request.url = arena_printf(a, "%s%s", c->site.api, target);
    if (!request.url)
        return BZT_ERR_MEMORY;
    if ((err = sign_call(authorization, c, method, target, request.body)))
        return err;
    if ((err = http_call(&got, a, c->http, &request)))
        return err;
    if (got.status < 200 || got.status > 299)
        return read_problem(c, a, &got);
    if (!got.body.len)
        return BZT_OK;
    err = json_parse(&parsed, a, got.body);
    *answer = parsed;
    return err;
}
