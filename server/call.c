#include "call.h"
#include "core/text.h"
#include "engine.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- reading ------------------------------------------------------------ */

const char *call_query(call *c, const char *name)
{
    const exchange *x = c->exchange;

    for (int i = 0; i < x->queries_n; i++)
        if (!strcmp(x->queries[i].name, name))
            return x->queries[i].value;
    return NULL;
}

/* Digits with an optional sign, nothing else. */
static int read_int(int64_t *out, const char *text)
{
    const char *digits = text + (*text == '-');
    size_t n = strspn(digits, "0123456789");

    if (!n || n > 16 || digits[n])
        return 0;
    *out = strtoll(text, NULL, 10);
    return 1;
}

bzt_err call_query_int(int64_t *out, call *c, const char *name,
                       int64_t fallback, int64_t min, int64_t max)
{
    const char *text = call_query(c, name);

    *out = fallback;
    if (!text)
        return BZT_OK;
    if (read_int(out, text) && *out >= min && *out <= max)
        return BZT_OK;
    *out = 0;
    return field_problem(c, name, "Not a number within bounds",
                         "不是允许范围内的数字");
}

bzt_err call_id(uint8_t out[16], call *c, int i, const char *kind)
{
    assert(i >= 0 && i < CALL_PARAMS && c->params[i]);
    if (id_read(out, kind, text_span(c->params[i])))
        return BZT_ERR_NOT_FOUND;
    return BZT_OK;
}

const char *call_header(call *c, const char *name)
{
    const exchange *x = c->exchange;

    for (int i = 0; i < x->headers_n; i++)
        if (!strcasecmp(x->headers[i].name, name))
            return x->headers[i].value;
    return NULL;
}

const char *call_cookie(call *c, const char *name)
{
    const char *p = call_header(c, "Cookie");
    size_t len = strlen(name);

    while (p && *p) {
        size_t n = strcspn(p, ";");

        if (n > len && !memcmp(p, name, len) && p[len] == '=')
            return arena_text(c->arena, (bzt_span){(const uint8_t *)p + len + 1,
                                                   n - len - 1});
        p += n;
        p += strspn(p, "; ");
    }
    return NULL;
}

/* --- answering ---------------------------------------------------------- */

json *call_answer(call *c)
{
    if (!c->answer)
        c->answer = json_new_object(c->arena);
    return c->answer;
}

json *call_problem(call *c)
{
    if (!c->problem)
        c->problem = json_new_object(c->arena);
    return c->problem;
}

void call_set_header(call *c, const char *name, const char *value)
{
    const char *copy = value ? arena_text(c->arena, text_span(value)) : NULL;

    assert(c->headers_n < CALL_HEADERS);
    if (!copy)
        return;
    c->headers[c->headers_n].name = arena_text(c->arena, text_span(name));
    c->headers[c->headers_n].value = copy;
    if (c->headers[c->headers_n].name)
        c->headers_n++;
}

void call_allow_origin(call *c, const char *origin)
{
    call_set_header(c, "Access-Control-Allow-Origin", origin);
    call_set_header(c, "Access-Control-Expose-Headers", "Retry-After");
}

void call_set_cookie(call *c, const char *name, const char *value,
                     int64_t max_age_s)
{
    call_set_header(
        c, "Set-Cookie",
        arena_printf(c->arena,
                     "%s=%s; Path=/; Secure; HttpOnly; SameSite=Strict; "
                     "Max-Age=%lld",
                     name, value ? value : "",
                     value ? (long long)max_age_s : 0LL));
}

void call_answer_bytes(call *c, const char *type, bzt_span bytes)
{
    c->answer_raw = bytes;
    c->answer_type = type;
}

bzt_err call_wait(call *c, const uint8_t id[16], int64_t until_ms)
{
    if (c->is_last)
        return BZT_OK;
    c->waiting = 1;
    memcpy(c->wait_id, id, 16);
    c->wait_until_ms = until_ms;
    return BZT_OK;
}
