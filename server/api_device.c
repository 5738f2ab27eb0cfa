/* Phones (doc/api.md, Accounts and devices). */
#include "api.h"
#include "api_common.h"
#include "core/text.h"
#include "service/device.h"
#include <string.h>

enum { SEALED_LEN = 97 + 48 };

const field devices_fields[] = {{"device_id", FIELD_ID, .kind = "dev"},
                                {"name", FIELD_TEXT, 1, 120},
                                {"sealed", FIELD_BYTES, SEALED_LEN, SEALED_LEN},
                                {NULL}};

bzt_err devices_post(call *c)
{
    device_order in = {0};
    bzt_err err;

    memcpy(in.person, c->caller.person, 16);
    memcpy(in.session, c->caller.session, 32);
    if ((err = json_id(in.device, c->body, "device_id", "dev")) ||
        (err = json_text(&in.name, c->body, "name", 1, 120)) ||
        (err = json_span(&in.sealed, c->arena, c->body, "sealed", SEALED_LEN,
                         SEALED_LEN)))
        return err;
    if (!text_is_plain(text_span(in.name)))
        return call_bad_field(c, BZT_ERR_BAD_FIELD, "name");
    return device_register(c->service, c->arena, &in, c->now_ms);
}

bzt_err devices_get(call *c)
{
    device_row *rows;
    size_t n;
    json *list;
    bzt_err err =
        device_mine(c->service, &rows, &n, c->arena, c->caller.person);

    if (err)
        return err;
    list = json_add_array(call_answer(c), "devices");
    for (size_t i = 0; i < n; i++) {
        json *o = json_append_object(list);

        json_add_id(o, "id", "dev", rows[i].id);
        json_add_text(o, "name", rows[i].name);
        json_add_text(o, "state", rows[i].state);
        json_add_int(o, "created_at", rows[i].created_at);
        json_add_bool(o, "current",
                      c->caller.has_device &&
                          !memcmp(c->caller.device, rows[i].id, 16));
    }
    return BZT_OK;
}
