/* The client: made from signed settings, calls with signed requests. */
#include "client.h"
#include "core/text.h"
#include "pki/statement.h"
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
    c->call = (signed_call){
        .http = c->http, .origin = c->site.api, .id = c->rp_id, .key = &c->key};
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
    return c->call.detail;
}

bzt_err client_call(const json **answer, arena *a, bzt_client *c,
                    const char *method, const char *target, const json *body,
                    const char *idempotency_key)
{
    return signed_call_json(answer, a, &c->call, method, target, body,
                            idempotency_key);
}
