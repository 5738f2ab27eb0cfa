/* Errors as application/problem+json (RFC 9457), in Chinese and English. */
#include "engine.h"
#include <cjson/cJSON.h>
#include <string.h>

static int is_ours(const char *name)
{
    static const char *const names[] = {"type",   "title",     "title_zh",
                                        "status", "retryable", "code"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i], name))
            return 1;
    return 0;
}

static void add_members(json *o, json *extra)
{
    json *next;

    for (json *m = extra ? extra->child : NULL; m; m = next) {
        next = m->next;
        m->next = m->prev = NULL;
        if (!is_ours(m->string))
            json_add(o, m->string, m);
    }
}

static json *build(arena *a, const bzt_err_info *info, json *extra)
{
    json *o = json_new_object(a);

    json_add_text(o, "type", arena_printf(a, "urn:bzt:%s", info->code));
    json_add_text(o, "title", info->en);
    json_add_text(o, "title_zh", info->zh);
    json_add_int(o, "status", info->http);
    json_add_text(o, "code", info->code);
    json_add_bool(o, "retryable", info->retryable);
    add_members(o, extra);
    return o;
}

/* When memory is short even for an error. */
static const char last_words[] =
    "{\"type\":\"urn:bzt:no_memory\",\"title\":\"Out of memory\","
    "\"title_zh\":\"内存不足\",\"status\":503,\"code\":\"no_memory\","
    "\"retryable\":true}";

void problem_write(bzt_span *out, int *status, int64_t *retry_after, arena *a,
                   bzt_err err, json *extra)
{
    const bzt_err_info *info = bzt_err_describe(err);

    *retry_after = 0;
    if (json_int(retry_after, extra, "seconds", 1, 1 << 30))
        *retry_after = err == BZT_ERR_UNAVAILABLE ? 1 : 0;
    *status = info->http;
    if (json_write(out, a, build(a, info, extra))) {
        *out = (bzt_span){(const uint8_t *)last_words, sizeof last_words - 1};
        *status = 503;
    }
}
