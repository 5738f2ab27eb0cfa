/* An SMS gateway that speaks doc/connectors.md, "SMS gateway". */
#include "sms_http.h"

enum { ARENA_MAX = 128 * 1024 };

static bzt_err send_message(void *self, const sms_message *m)
{
    arena *a = arena_new(ARENA_MAX);
    json *body = a ? json_new_object(a) : NULL, *answer = NULL;
    int status = 0;
    bzt_err err = BZT_ERR_MEMORY;

    if (!body)
        goto out;
    json_add_text(body, "phone", m->phone);
    json_add_text(body, "template", m->text_id);
    json_add_text(body, "code", m->code);
    json_add_text(body, "language", m->language);
    if ((err = vendor_call(&answer, &status, a, self, "/v1/sms", body)))
        goto out;
    err = status == 200   ? BZT_OK
          : status == 429 ? BZT_ERR_LIMITED
                          : BZT_ERR_UNAVAILABLE;
out:
    arena_free(a);
    return err;
}

sms_gateway sms_http(vendor *v)
{
    return (sms_gateway){.self = v, .send = send_message};
}
