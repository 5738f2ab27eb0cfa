/* Registration of business systems (doc/api.md, Staff). */
#include "api.h"
#include "core/text.h"
#include "service/rp.h"

const field staff_rps_fields[] = {
    {"certificate", FIELD_BYTES, 100, 8192},
    {"webhook_url", FIELD_TEXT, 8, 300, .optional = 1},
    {NULL}};
const field staff_rp_state_fields[] = {
    {"state", FIELD_ENUM, .kind = "active|disabled"}, {NULL}};

static bzt_err add_rp(call *c, json *o, const rp_row *row)
{
    json *domains = NULL;
    bzt_err err = json_parse(&domains, c->arena, text_span(row->domains));

    if (err)
        return err;
    json_add_id(o, "id", "rp", row->id);
    json_add_text(o, "name", row->name);
    json_add(o, "domains", domains);
    json_add_text(o, "webhook_url", row->webhook_url);
    json_add_text(o, "state", row->state);
    json_add_int(o, "created_at", row->created_at);
    return BZT_OK;
}

bzt_err staff_rps_get(call *c)
{
    rp_row *rows;
    size_t n;
    bzt_err err =
        rp_of_tenant(c->service, &rows, &n, c->arena, c->caller.tenant);

    if (err)
        return err;
    json *list = json_add_array(call_answer(c), "rps");
    for (size_t i = 0; i < n; i++) {
        if ((err = add_rp(c, json_append_object(list), &rows[i])))
            return err;
    }
    return BZT_OK;
}

bzt_err staff_rps_post(call *c)
{
    rp_registration in = {.tenant = c->caller.tenant, .staff = c->caller.staff};
    rp_row row;
    bzt_err err;

    if ((err = json_span(&in.certificate, c->arena, c->body, "certificate", 100,
                         8192)) ||
        (err =
             json_text_optional(&in.webhook_url, c->body, "webhook_url", 300)))
        return err;
    err = rp_register(c->service, &row, c->arena, &in);
    if (err == BZT_ERR_BAD_FIELD)
        json_add_text(call_problem(c), "field", "webhook_url");
    if (err)
        return err;
    c->status = 201;
    return add_rp(c, call_answer(c), &row);
}

bzt_err staff_rp_state_post(call *c)
{
    const char *state;
    uint8_t id[16];
    bzt_err err;

    if ((err = call_id(id, c, 0, "rp")) ||
        (err = json_text(&state, c->body, "state", 1, 16)))
        return err;
    return rp_set_state(c->service, c->caller.tenant, c->caller.staff, id,
                        state);
}
