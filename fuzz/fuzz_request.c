/* Target and body of a request: up to the first line end the target, then
 * the body.  What passes is printable, and every field is as its table says. */
#include "server/engine.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const field fields[] = {
    {"text", FIELD_TEXT, 1, 20},
    {"count", FIELD_INT, -5, 10, NULL, 1},
    {"flag", FIELD_BOOL, 0, 0, NULL, 1},
    {"bytes", FIELD_BYTES, 2, 4, NULL, 1},
    {"id", FIELD_ID, 0, 0, "req", 1},
    {"word", FIELD_ENUM, 0, 0, "red|green", 1},
    {"phone", FIELD_PHONE, 0, 0, NULL, 1},
    {"object", FIELD_OBJECT, 0, 0, NULL, 1},
    {"array", FIELD_ARRAY, 1, 2, NULL, 1},
    {NULL},
};

static const route table[] = {
    {"GET", "/a/:one/b/:two", WHO_ANYONE, NULL, NULL},
    {"GET", "/a/:one/b/:two/:three", WHO_PAGE, NULL, NULL},
    {"GET", "/rest/*rest", WHO_ANYONE, NULL, NULL},
    {"POST", "/a", WHO_ANYONE, fields, NULL},
};

static void require(int holds)
{
    if (!holds)
        abort();
}

static void require_printable(const char *text)
{
    for (; *text; text++)
        require(*text >= ' ' && *text <= '~');
}

static void read_target(exchange *x, const char *target)
{
    const char *allow = NULL, *question = strchr(target, '?');
    size_t len = strcspn(target, "?");
    bzt_err err;

    x->c.path = arena_text(x->arena, (bzt_span){(const uint8_t *)target, len});
    require(x->c.path != NULL);
    err = route_find(&x->route, x->c.params, &allow, x->arena, x->http, "GET",
                     x->c.path);
    require((err == BZT_OK) == (x->route != NULL));
    require((err == BZT_ERR_METHOD) == (allow != NULL));
    for (int i = 0; i < CALL_PARAMS; i++)
        if (x->c.params[i])
            require_printable(x->c.params[i]);
    route_find_page(x->http, x->c.path);
    if (query_read(x, question ? question + 1 : NULL))
        return;
    for (int i = 0; i < x->queries_n; i++) {
        require_printable(x->queries[i].name);
        require_printable(x->queries[i].value);
        require(call_query(&x->c, x->queries[i].name) == x->queries[i].value);
    }
}

static void read_body(exchange *x, bzt_span bytes)
{
    const char *text;
    json *body;
    bzt_span out;
    int64_t seconds;
    int status;
    bzt_err err;

    if (json_parse(&body, x->arena, bytes))
        return;
    x->c.body = body;
    err = fields_check(&x->c, fields);
    if (!err) {
        require(!json_text(&text, body, "text", 1, 20));
        return;
    }
    problem_write(&out, &status, &seconds, x->arena, err, x->c.problem);
    require(status == 400 || status == 503);
    require(!json_parse(&body, x->arena, out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    http h = {.o = {.routes = table, .routes_n = sizeof table / sizeof *table}};
    const uint8_t *line = len ? memchr(data, '\n', len) : NULL;
    size_t target_len = line ? (size_t)(line - data) : len;
    exchange *x = calloc(1, sizeof *x);
    char *target;

    require(x != NULL);
    x->arena = x->c.arena = arena_new(1 << 22);
    require(x->arena != NULL);
    x->c.exchange = x;
    x->http = &h;
    target = arena_text(x->arena, (bzt_span){data, target_len});
    require(target != NULL);
    if (*target == '/')
        read_target(x, target);
    if (line)
        read_body(x, (bzt_span){line + 1, len - target_len - 1});
    arena_free(x->arena);
    free(x);
    return 0;
}
