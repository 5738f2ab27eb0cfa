/* The query part of a target, and percent-decoding (RFC 3986, 2.1). */
#include "engine.h"
#include <string.h>

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) % 16 : -1;
}

/* One character of text into *out: how many it took, or 0. */
static size_t decode_one(char *out, const char *text, size_t len)
{
    int high, low;

    *out = *text;
    if (*text != '%')
        return 1;
    if (len < 3)
        return 0;
    high = hex_digit(text[1]);
    low = hex_digit(text[2]);
    if (high < 0 || low < 0)
        return 0;
    *out = (char)(high << 4 | low);
    return 3;
}

char *query_decode(arena *a, const char *text, size_t len, int plus_is_space)
{
    char *out = arena_alloc(a, len + 1);
    size_t n = 0, took;

    if (!out)
        return NULL;
    for (; len; text += took, len -= took) {
        took = decode_one(&out[n], text, len);
        if (took == 1 && plus_is_space && out[n] == '+')
            out[n] = ' ';
        if (!took || out[n] < ' ' || out[n] > '~')
            return NULL;
        n++;
    }
    out[n] = 0;
    return out;
}

static int is_repeated(const exchange *x, const char *name)
{
    for (int i = 0; i < x->queries_n; i++)
        if (!strcmp(x->queries[i].name, name))
            return 1;
    return 0;
}

static int read_pair(exchange *x, const char *text, size_t len)
{
    const char *equals = memchr(text, '=', len);
    size_t name_len = equals ? (size_t)(equals - text) : len;
    size_t value_at = equals ? name_len + 1 : len;
    pair *p = &x->queries[x->queries_n];

    if (!name_len || x->queries_n == QUERIES_MAX)
        return 0;
    p->name = query_decode(x->arena, text, name_len, 1);
    p->value = query_decode(x->arena, text + value_at, len - value_at, 1);
    if (!p->name || !p->value || is_repeated(x, p->name))
        return 0;
    x->queries_n++;
    return 1;
}

bzt_err query_read(exchange *x, const char *text)
{
    while (text && *text) {
        size_t len = strcspn(text, "&");

        if (!read_pair(x, text, len))
            return field_problem(&x->c, "query", "malformed or repeated",
                                 "查询参数格式错误或重复");
        text += len;
        if (*text)
            text++;
    }
    return BZT_OK;
}
