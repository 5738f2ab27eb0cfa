/* Requests, the phone's side (doc/api.md). */
#include "api.h"
#include "core/text.h"
#include "service/request.h"

const field scan_fields[] = {
    {"qr", FIELD_TEXT, 1, 200, .optional = 1},
    {"short_code", FIELD_TEXT, SHORT_CODE_LEN, SHORT_CODE_LEN, .optional = 1},
    {NULL}};
const field request_confirm_fields[] = {
    {"certificate_id", FIELD_ID, .kind = "crt"},
    {"number", FIELD_INT, 10, 99, .optional = 1},
    {NULL}};

static holder holder_of(call *c)
{
    return (holder){c->caller.person, c->caller.device};
}

static bzt_err answer_view(call *c, const request_view *view)
{
    const request_row *r = &view->row;
    json *numbers = NULL, *o = call_answer(c);
    bzt_err err;

    json_add_id(o, "id", "req", r->id);
    json_add_text(o, "kind", r->kind);
    json_add_text(o, "state", request_state_text(r->state));
    json_add_text(o, "reason", r->reason);
    json *rp = json_add_object(o, "rp");
    json_add_id(rp, "id", "rp", view->rp.id);
    json_add_bytes(rp, c->arena, "certificate", view->rp.certificate);
    json_add_bytes(o, c->arena, "description", r->description);
    json_add_bytes(o, c->arena, "signature", (bzt_span){r->rp_signature, 64});
    json_add_text(o, "origin", r->page_origin);
    json *browser = json_add_object(o, "browser");
    json_add_text(browser, "agent", r->page_agent);
    json_add_int(o, "began_at", r->created_at);
    json_add_int(o, "decide_until", r->decide_until);
    if (!r->numbers) {
        json_add_null(o, "numbers");
    } else {
        if ((err = json_parse(&numbers, c->arena, text_span(r->numbers))))
            return err;
        json_add(o, "numbers", numbers);
    }
    json_add_text(o, "via", view->via_short_code ? "short_code" : "qr");
    return BZT_OK;
}

bzt_err scan_post(call *c)
{
    const holder by = holder_of(c);
    const char *qr = NULL, *code = NULL;
    request_view view;
    bzt_err err;

    if ((err = json_text_optional(&qr, c->body, "qr", 200)) ||
        (err =
             json_text_optional(&code, c->body, "short_code", SHORT_CODE_LEN)))
        return err;
    if (!qr == !code) {
        json_add_text(call_problem(c), "field", "qr");
        return BZT_ERR_BAD_FIELD;
    }
    err = qr ? request_scan_qr(c->service, &view, c->arena, &by, qr)
             : request_scan_code(c->service, &view, c->arena, &by, code);
    if (err == BZT_ERR_LIMITED)
        json_add_int(call_problem(c), "seconds", (view.wait_ms + 999) / 1000);
    return err ? err : answer_view(c, &view);
}

bzt_err request_get_get(call *c)
{
    const holder by = holder_of(c);
    request_view view;
    uint8_t id[16];
    bzt_err err;

    if ((err = call_id(id, c, 0, "req")) ||
        (err = request_for_phone(c->service, &view, c->arena, &by, id)))
        return err;
    return answer_view(c, &view);
}

bzt_err request_confirm_post(call *c)
{
    const holder by = holder_of(c);
    uint8_t id[16], certificate[16];
    request_view view;
    int64_t number = 0;
    bzt_err err;

    if ((err = call_id(id, c, 0, "req")) ||
        (err = json_id(certificate, c->body, "certificate_id", "crt")) ||
        (err = json_int_optional(&number, c->body, "number", 10, 99)))
        return err;
    if ((err = request_confirm(c->service, &view, c->arena, &by, id,
                               certificate, number)))
        return err;
    json_add_bytes(call_answer(c), c->arena, "message", view.row.message);
    return BZT_OK;
}

bzt_err request_refuse_post(call *c)
{
    const holder by = holder_of(c);
    uint8_t id[16];
    bzt_err err = call_id(id, c, 0, "req");

    return err ? err : request_refuse(c->service, c->arena, &by, id);
}
