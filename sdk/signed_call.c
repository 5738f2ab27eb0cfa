/* Calls signed with a registered key (doc/api.md, BZT-SM2). */
#include "signed_call.h"
#include "base/clock.h"
#include "base/rng.h"
#include "core/text.h"
#include "core/wipe.h"
#include "pki/statement.h"

static bzt_err sign(char header[STATEMENT_HTTP_HEADER_MAX],
                    const signed_call *c, const http_request *request,
                    const char *target)
{
    uint8_t payload_buf[STATEMENT_HTTP_PAYLOAD_MAX], random[48], sig[64];
    statement_http h = {.method = text_span(request->method),
                        .target = text_span(target),
                        .id = text_span(c->id),
                        .at = clock_now_ms(),
                        .body = request->body};
    bzt_span payload;
    bzt_err err;

    if ((err = rng_bytes(h.nonce, 16)) ||
        (err = rng_bytes(random, sizeof(random))) ||
        (err = statement_http_payload(&payload, payload_buf,
                                      sizeof(payload_buf), &h)) ||
        (err = statement_sign(sig, STATEMENT_HTTP, c->key, payload, random)))
        goto out;
    err = statement_http_write(header, &h, sig);
out:
    wipe(random, sizeof(random));
    return err;
}

static bzt_err read_problem(signed_call *c, arena *a, const http_answer *answer)
{
    if (json_parse(&c->problem, a, answer->body) ||
        !json_get(c->problem, "code") || problem_text(c->detail, c->problem))
        c->problem = NULL;
    return problem_err(c->problem, answer->status);
}

static bzt_err call(bzt_span *answer, arena *a, signed_call *c,
                    http_request *request, const char *target,
                    const char *idempotency_key)
{
    char authorization[STATEMENT_HTTP_HEADER_MAX];
    const http_header headers[2] = {{"Authorization", authorization},
                                    {"Idempotency-Key", idempotency_key}};
    http_answer got;
    bzt_err err;

    *answer = (bzt_span){NULL, 0};
    c->detail[0] = 0;
    c->problem = NULL;
    request->url = arena_printf(a, "%s%s", c->origin, target);
    if (!request->url)
        return BZT_ERR_MEMORY;
    if ((err = sign(authorization, c, request, target)))
        return err;
    request->headers = headers;
    request->headers_n = idempotency_key ? 2 : 1;
    if ((err = http_call(&got, a, c->http, request)))
        return err;
    if (got.status < 200 || got.status > 299)
        return read_problem(c, a, &got);
    *answer = got.body;
    return BZT_OK;
}

bzt_err signed_call_json(const json **answer, arena *a, signed_call *c,
                         const char *method, const char *target,
                         const json *body, const char *idempotency_key)
{
    http_request request = {.method = method};
    json *parsed = NULL;
    bzt_span got;
    bzt_err err;

    *answer = NULL;
    if (body) {
        request.content_type = "application/json";
        if ((err = json_write(&request.body, a, body)))
            return err;
    }
    if ((err = call(&got, a, c, &request, target, idempotency_key)))
        return err;
    if (!got.len)
        return BZT_OK;
    err = json_parse(&parsed, a, got);
    *answer = parsed;
    return err;
}

bzt_err signed_call_bytes(bzt_span *answer, arena *a, signed_call *c,
                          const char *target)
{
    http_request request = {.method = "GET"};

    return call(answer, a, c, &request, target, NULL);
}
