/* A public-security check that speaks doc/connectors.md, "Identity check". */
#include "realname_http.h"
#include "core/text.h"
#include <string.h>

enum { ARENA_MAX = 128 * 1024 };

/* The answer must be about this operation, and say one of two words. */
static bzt_err read_answer(const json *answer, const char *operation)
{
    const char *about = NULL, *result = NULL;

    if (json_text(&about, answer, "operation", 1, 64) ||
        json_text(&result, answer, "result", 1, 32) || strcmp(about, operation))
        return BZT_ERR_UNAVAILABLE;
    if (!strcmp(result, "match"))
        return BZT_OK;
    return strcmp(result, "mismatch") ? BZT_ERR_UNAVAILABLE
                                      : BZT_ERR_REALNAME_REFUSED;
}

static bzt_err check(void *self, const realname_question *q)
{
    char operation[HEX_LEN(16) + 1];
    arena *a = arena_new(ARENA_MAX);
    json *body = a ? json_new_object(a) : NULL, *answer = NULL;
    int status = 0;
    bzt_err err = BZT_ERR_MEMORY;

    if (!body)
        goto out;
    hex_write(operation, (bzt_span){q->operation, 16});
    json_add_text(body, "operation", operation);
    json_add_text(body, "name", q->name);
    json_add_text(body, "id_number", q->id_number);
    if ((err = vendor_call(&answer, &status, a, self, "/v1/identity", body)))
        goto out;
    err = status == 200 ? read_answer(answer, operation) : BZT_ERR_UNAVAILABLE;
out:
    arena_free(a);
    return err;
}

realname_provider realname_http(vendor *v)
{
    return (realname_provider){.self = v, .check = check};
}
