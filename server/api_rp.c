/* Business systems: requests and their results (doc/api.md, /rp/v1). */
#include "api.h"
#include "core/text.h"
#include "service/request.h"
#include <string.h>

const field rp_request_fields[] = {
    {"description", FIELD_BYTES, 2, DESCRIPTION_MAX},
    {"signature", FIELD_BYTES, 64, 64},
    {NULL}};

static bzt_err check_idempotency_key(call *c)
{
    const char *key = c->idempotency_key;
    size_t n = key ? strlen(key) : 0;

    for (size_t i = 0; i < n; i++) {
        if (key[i] < 0x21 || key[i] > 0x7e)
            n = 0;
    }
    if (n >= 1 && n <= 64)
        return BZT_OK;
    json_add_text(call_problem(c), "field", "Idempotency-Key");
    return BZT_ERR_BAD_FIELD;
}

bzt_err rp_request_post(call *c)
{
    request_new in = {.rp = c->caller.rp,
                      .idempotency_key = c->idempotency_key,
                      .body = c->raw};
    request_created out;
    const char *field = NULL;
    bzt_err err;

    if ((err = check_idempotency_key(c)) ||
        (err = json_span(&in.description, c->arena, c->body, "description", 2,
                         DESCRIPTION_MAX)) ||
        (err = json_bytes(in.signature, 64, c->body, "signature")))
        return err;
    err = request_create(c->service, &out, &field, c->arena, &in);
    if (err && field)
        json_add_text(call_problem(c), "field", field);
    if (err)
        return err;
    json *o = call_answer(c);
    json_add_id(o, "id", "req", out.row.id);
    json_add_text(o, "state", request_state_text(out.row.state));
    json_add_int(o, "version", out.row.version);
    json_add_bytes(o, c->arena, "page_token", (bzt_span){out.page_token, 32});
    json_add_int(o, "decide_until", out.row.decide_until);
    c->status = 201;
    return BZT_OK;
}

static bzt_err add_result(call *c, json *o, const request_row *row)
{
    request_result r;
    bzt_err err;

    if (row->state != REQUEST_DONE) {
        json_add_null(o, "result");
        return BZT_OK;
    }
    if ((err = request_result_get(c->service, &r, c->arena, row)))
        return err;
    json *result = json_add_object(o, "result");
    json_add_bytes(result, c->arena, "signature",
                   (bzt_span){r.signature_der, r.signature_len});
    json_add_bytes(result, c->arena, "message", row->message);
    json_add_bytes(result, c->arena, "certificate", r.certificate);
    json *chain = json_add_array(result, "chain");
    for (size_t i = 0; i < r.chain_n; i++) {
        json_append_bytes(chain, c->arena, r.chain[i]);
    }
    json_add_text(result, "algorithm", "SM2-with-SM3");
    json_add_id(result, "operation", "op", row->op_id);
    json_add_int(result, "at", row->done_at);
    return BZT_OK;
}

static bzt_err answer_request(call *c, const request_row *row)
{
    json *o = call_answer(c);

    json_add_id(o, "id", "req", row->id);
    json_add_text(o, "kind", row->kind);
    json_add_text(o, "state", request_state_text(row->state));
    json_add_text(o, "reason", row->reason);
    json_add_int(o, "version", row->version);
    json_add_bytes(o, c->arena, "description", row->description);
    json_add_bytes(o, c->arena, "browser", (bzt_span){row->browser, 32});
    return add_result(c, o, row);
}

bzt_err rp_request_get(call *c)
{
    int64_t wait, version;
    request_row row;
    uint8_t id[16];
    bzt_err err;

    if ((err = call_id(id, c, 0, "req")) ||
        (err = call_query_int(&wait, c, "wait", 0, 0, 25)) ||
        (err = call_query_int(&version, c, "version", 0, 0, INT64_C(1) << 50)))
        return err;
    if ((err = request_for_rp(c->service, &row, c->arena, c->caller.rp, id)))
        return err;
    if (wait && !c->is_last && row.version == version &&
        !request_is_ended(row.state))
        return call_wait(c, id, c->now_ms + wait * 1000);
    return answer_request(c, &row);
}

bzt_err rp_request_delete(call *c)
{
    uint8_t id[16];
    bzt_err err = call_id(id, c, 0, "req");

    return err ? err : request_cancel(c->service, c->arena, c->caller.rp, id);
}
