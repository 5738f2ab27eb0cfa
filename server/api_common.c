/* Small things that handlers share. */
#include "api_common.h"
#include "core/text.h"

bzt_err call_query_id(const uint8_t **out, uint8_t buf[16], call *c,
                      const char *name, const char *kind)
{
    const char *text = call_query(c, name);

    *out = NULL;
    if (!text)
        return BZT_OK;
    if (id_read(buf, kind, text_span(text)))
        return call_bad_field(c, BZT_ERR_BAD_FIELD, name);
    *out = buf;
    return BZT_OK;
}

bzt_err call_limited(call *c, bzt_err err, int64_t wait_ms)
{
    if (err == BZT_ERR_LIMITED)
        json_add_int(call_problem(c), "seconds",
                     wait_ms > 0 ? (wait_ms + 999) / 1000 : 1);
    return err;
}

bzt_err call_bad_field(call *c, bzt_err err, const char *field)
{
    if (err == BZT_ERR_BAD_FIELD)
        json_add_text(call_problem(c), "field", field);
    return err;
}

void call_add_next(call *c, const char *kind, const uint8_t *id)
{
    if (id)
        json_add_id(call_answer(c), "next", kind, id);
    else
        json_add_null(call_answer(c), "next");
}
