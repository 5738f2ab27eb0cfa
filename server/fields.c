/* The fields of a body against the table of its route (STYLE D3). */
#include "engine.h"
#include <cjson/cJSON.h>
#include <string.h>

enum { NAME_SHOWN_MAX = 64 };

bzt_err field_problem(call *c, const char *name, const char *en, const char *zh)
{
    json *p;

    c->problem = NULL; /* one error, one field */
    p = call_problem(c);
    if (name && strlen(name) <= NAME_SHOWN_MAX)
        json_add_text(p, "field", name);
    json_add_text(p, "detail", en);
    json_add_text(p, "detail_zh", zh);
    return BZT_ERR_BAD_FIELD;
}

/* C0, DEL and C1 (U+0080 to U+009F is C2 80 to C2 9F). */
static int has_control(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;

    for (; *p; p++)
        if (*p < 0x20 || *p == 0x7f ||
            (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f))
            return 1;
    return 0;
}

static bzt_err check_text(const json *o, const field *f)
{
    const char *text;
    bzt_err err;

    if ((err = json_text(&text, o, f->name, (size_t)f->min, (size_t)f->max)))
        return err;
    return has_control(text) ? BZT_ERR_BAD_FIELD : BZT_OK;
}

/* Is `word` one of the words in list, separated by | ? */
static int is_listed(const char *list, const char *word)
{
    size_t len = strlen(word);

    while (*list) {
        size_t n = strcspn(list, "|");

        if (n == len && !memcmp(list, word, n))
            return 1;
        list += n;
        if (*list)
            list++;
    }
    return 0;
}

static bzt_err check_enum(const json *o, const field *f)
{
    const char *text;
    bzt_err err;

    if ((err = json_text(&text, o, f->name, 1, 64)))
        return err;
    return is_listed(f->kind, text) ? BZT_OK : BZT_ERR_BAD_FIELD;
}

static bzt_err check_phone(const json *o, const field *f)
{
    const char *text;
    bzt_err err;

    if ((err = json_text(&text, o, f->name, 11, 11)))
        return err;
    if (text[0] != '1' || text[1] < '3' || strspn(text, "0123456789") != 11)
        return BZT_ERR_BAD_FIELD;
    return BZT_OK;
}

static bzt_err check_array(const json *o, const field *f)
{
    const json *array;
    bzt_err err;

    if ((err = json_array_at(&array, o, f->name, (size_t)f->max)))
        return err;
    return json_array_n(array) < (size_t)f->min ? BZT_ERR_BAD_FIELD : BZT_OK;
}

static bzt_err check_value(call *c, const field *f)
{
    const json *o = c->body, *object;
    int64_t number;
    int flag;
    uint8_t id[16];
    bzt_span bytes;

    switch (f->type) {
    case FIELD_TEXT:
        return check_text(o, f);
    case FIELD_INT:
        return json_int(&number, o, f->name, f->min, f->max);
    case FIELD_BOOL:
        return json_bool(&flag, o, f->name);
    case FIELD_BYTES:
        return json_span(&bytes, c->arena, o, f->name, (size_t)f->min,
                         (size_t)f->max);
    case FIELD_ID:
        return json_id(id, o, f->name, f->kind);
    case FIELD_ENUM:
        return check_enum(o, f);
    case FIELD_PHONE:
        return check_phone(o, f);
    case FIELD_OBJECT:
        return json_object_at(&object, o, f->name);
    case FIELD_ARRAY:
        return check_array(o, f);
    }
    return BZT_ERR_INTERNAL;
}

static bzt_err check_field(call *c, const field *f)
{
    const json *value = json_get(c->body, f->name);
    bzt_err err;

    if (f->optional && (!value || cJSON_IsNull(value)))
        return BZT_OK;
    if (!value)
        return field_problem(c, f->name, "The field is missing", "缺少该字段");
    err = check_value(c, f);
    if (err != BZT_ERR_BAD_FIELD)
        return err;
    return field_problem(c, f->name, "The field has the wrong type or form",
                         "字段类型或格式不符");
}

static int is_known(const field *fields, const char *name)
{
    for (const field *f = fields; f->name; f++)
        if (!strcmp(f->name, name))
            return 1;
    return 0;
}

bzt_err fields_check(call *c, const field *fields)
{
    bzt_err err;

    if (!cJSON_IsObject(c->body))
        return BZT_ERR_BAD_JSON;
    for (const json *item = c->body->child; item; item = item->next)
        if (!is_known(fields, item->string))
            return field_problem(c, item->string, "There is no such field",
                                 "未知字段");
    for (const field *f = fields; f->name; f++)
        if ((err = check_field(c, f)))
            return err;
    return BZT_OK;
}
