/* Prints the route table as JSON, for tools/openapi.py. */
#include "base/json.h"
#include "server/route.h"
#include <stdio.h>

static const char *const who_words[] = {[WHO_ANYONE] = "anyone",
                                        [WHO_APP] = "app",
                                        [WHO_PERSON] = "person",
                                        [WHO_DEVICE] = "device",
                                        [WHO_HOLDER] = "holder",
                                        [WHO_STAFF] = "staff",
                                        [WHO_REVIEWER] = "reviewer",
                                        [WHO_OPERATOR] = "operator",
                                        [WHO_RP] = "rp",
                                        [WHO_PAGE] = "page"};

static const char *const type_words[] = {
    [FIELD_TEXT] = "text",   [FIELD_INT] = "int",
    [FIELD_BOOL] = "bool",   [FIELD_BYTES] = "bytes",
    [FIELD_ID] = "id",       [FIELD_ENUM] = "enum",
    [FIELD_PHONE] = "phone", [FIELD_OBJECT] = "object",
    [FIELD_ARRAY] = "array"};

static void put_field(json *list, const field *f)
{
    json *o = json_append_object(list);

    json_add_text(o, "name", f->name);
    json_add_text(o, "type", type_words[f->type]);
    json_add_int(o, "min", f->min);
    json_add_int(o, "max", f->max);
    json_add_text(o, "kind", f->kind);
    json_add_bool(o, "optional", f->optional);
}

static void put_route(json *list, const route *r)
{
    json *o = json_append_object(list);
    json *fields;

    json_add_text(o, "method", r->method);
    json_add_text(o, "path", r->path);
    json_add_text(o, "who", who_words[r->who]);
    json_add_text(o, "body_type", r->body_type);
    fields = json_add_array(o, "fields");
    for (const field *f = r->fields; f && f->name; f++)
        put_field(fields, f);
}

int main(void)
{
    arena *a = arena_new(8 << 20);
    json *list = a ? json_new_array(a) : NULL;
    bzt_span text;

    for (size_t i = 0; i < routes_n; i++)
        put_route(list, &routes[i]);
    if (!list || json_write(&text, a, list))
        return 1;
    fwrite(text.p, 1, text.len, stdout);
    arena_free(a);
    return 0;
}
