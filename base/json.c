#include "json.h"
#include "core/text.h"
#include "json_scan.h"
#include <cjson/cJSON.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* cJSON's allocation hooks are global to the process, arenas are not.  So
 * each piece is preceded by the arena that it came from: builders find the
 * arena of a tree by its nodes, and freeing knows what is malloc's.
 */
typedef struct piece {
    _Alignas(16) arena *home; /* NULL: malloc */
} piece;

static _Thread_local arena *current;
static pthread_once_t hooked = PTHREAD_ONCE_INIT;

static void *piece_alloc(size_t len)
{
    piece *p;

    if (len > SIZE_MAX - sizeof *p)
        return NULL;
    len += sizeof *p;
    p = current ? arena_alloc(current, len) : malloc(len);
    if (!p)
        return NULL;
    p->home = current;
    return p + 1;
}

static void piece_free(void *at)
{
    piece *p = at;

    if (p && !p[-1].home)
        free(p - 1);
}

static arena *home_of(const json *j)
{
    return ((const piece *)(const void *)j)[-1].home;
}

static void hook(void)
{
    cJSON_Hooks hooks = {piece_alloc, piece_free};

    cJSON_InitHooks(&hooks);
}

/* Allocate in `a` until leave(). */
static void enter(arena *a)
{
    pthread_once(&hooked, hook);
    current = a;
}

static void leave(void)
{
    current = NULL;
}

/* --- parsing ------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, because a quadratic search over 1 MiB of names takes minutes. */
static bzt_err check_names(arena *a, const json *object)
{
    size_t n = json_array_n(object), i = 0;
    const char **names;

    if (n < 2)
        return BZT_OK;
    names = arena_alloc(a, n * sizeof *names);
    if (!names)
        return BZT_ERR_MEMORY;
    for (const json *c = object->child; c; c = c->next)
        names[i++] = c->string;
    qsort(names, n, sizeof *names, compare_names);
    for (i = 1; i < n; i++)
        if (!strcmp(names[i - 1], names[i]))
            return BZT_ERR_BAD_JSON;
    return BZT_OK;
}

/* The depth was bounded by the scan. */
static bzt_err check_tree(arena *a, const json *j)
{
    bzt_err err;

    if (cJSON_IsObject(j) && (err = check_names(a, j)))
        return err;
    for (const json *c = j->child; c; c = c->next)
        if (c->child && (err = check_tree(a, c)))
            return err;
    return BZT_OK;
}

bzt_err json_parse(json **out, arena *a, bzt_span text)
{
    json *j;
    bzt_err err;

    *out = NULL;
    if ((err = json_scan(text)))
        return err;
    enter(a);
    j = cJSON_ParseWithLength((const char *)text.p, text.len);
    leave();
    if (!j)
        return BZT_ERR_MEMORY; /* the scan passed, so nothing else is wrong */
    if ((err = check_tree(a, j)))
        return err;
    *out = j;
    return BZT_OK;
}

/* --- readers ------------------------------------------------------------- */

const json *json_get(const json *object, const char *name)
{
    if (!cJSON_IsObject(object))
        return NULL;
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const json *get_present(const json *object, const char *name)
{
    const json *j = json_get(object, name);

    return cJSON_IsNull(j) ? NULL : j;
}

bzt_err json_object_at(const json **out, const json *o, const char *name)
{
    const json *j = json_get(o, name);

    *out = cJSON_IsObject(j) ? j : NULL;
    return *out ? BZT_OK : BZT_ERR_BAD_FIELD;
}

bzt_err json_array_at(const json **out, const json *o, const char *name,
                      size_t max_n)
{
    const json *j = json_get(o, name);

    *out = cJSON_IsArray(j) && json_array_n(j) <= max_n ? j : NULL;
    return *out ? BZT_OK : BZT_ERR_BAD_FIELD;
}

size_t json_array_n(const json *array)
{
    size_t n = 0;

    for (const json *c = array ? array->child : NULL; c; c = c->next)
        n++;
    return n;
}

const json *json_array_item(const json *array, size_t i)
{
    const json *c = array ? array->child : NULL;

    while (c && i--)
        c = c->next;
    return c;
}

const char *json_text_item(const json *array, size_t i)
{
    const json *item = json_array_item(array, i);

    return cJSON_IsString(item) ? item->valuestring : NULL;
}

static bzt_err text_of(const char **out, const json *j, size_t min, size_t max)
{
    size_t len;

    *out = NULL;
    if (!cJSON_IsString(j))
        return BZT_ERR_BAD_FIELD;
    len = strlen(j->valuestring);
    if (len < min || len > max)
        return BZT_ERR_BAD_FIELD;
    *out = j->valuestring;
    return BZT_OK;
}

bzt_err json_text(const char **out, const json *o, const char *name, size_t min,
                  size_t max)
{
    return text_of(out, json_get(o, name), min, max);
}

bzt_err json_text_optional(const char **out, const json *o, const char *name,
                           size_t max)
{
    const json *j = get_present(o, name);

    *out = NULL;
    return j ? text_of(out, j, 0, max) : BZT_OK;
}

/* A double holds every integer only below 2^53. */
static bzt_err int_of(int64_t *out, const json *j, int64_t min, int64_t max)
{
    const double limit = 9007199254740991.0;
    double d;

    *out = 0;
    if (!cJSON_IsNumber(j))
        return BZT_ERR_BAD_FIELD;
    d = j->valuedouble;
    if (!(d >= -limit && d <= limit) || floor(d) != d)
        return BZT_ERR_BAD_FIELD;
    if ((int64_t)d < min || (int64_t)d > max)
        return BZT_ERR_BAD_FIELD;
    *out = (int64_t)d;
    return BZT_OK;
}

bzt_err json_int(int64_t *out, const json *o, const char *name, int64_t min,
                 int64_t max)
{
    return int_of(out, json_get(o, name), min, max);
}

bzt_err json_int_optional(int64_t *out, const json *o, const char *name,
                          int64_t min, int64_t max)
{
    const json *j = get_present(o, name);

    *out = 0;
    return j ? int_of(out, j, min, max) : BZT_OK;
}

bzt_err json_int_item(int64_t *out, const json *array, size_t i, int64_t min,
                      int64_t max)
{
    return int_of(out, json_array_item(array, i), min, max);
}

bzt_err json_bool(int *out, const json *o, const char *name)
{
    const json *j = json_get(o, name);

    *out = cJSON_IsTrue(j);
    return cJSON_IsBool(j) ? BZT_OK : BZT_ERR_BAD_FIELD;
}

bzt_err json_bytes(uint8_t *out, size_t len, const json *o, const char *name)
{
    const json *j = json_get(o, name);

    memset(out, 0, len);
    if (!cJSON_IsString(j))
        return BZT_ERR_BAD_FIELD;
    if (base64url_read_n(out, len, text_span(j->valuestring))) {
        memset(out, 0, len);
        return BZT_ERR_BAD_FIELD;
    }
    return BZT_OK;
}

static bzt_err span_of(bzt_span *out, arena *a, const json *j, size_t min,
                       size_t max)
{
    bzt_span text;
    size_t len;
    uint8_t *p;

    *out = (bzt_span){NULL, 0};
    if (!cJSON_IsString(j))
        return BZT_ERR_BAD_FIELD;
    text = text_span(j->valuestring);
    /* Decoded bytes are three quarters: overlong text needs no memory. */
    if (text.len / 4 * 3 > max)
        return BZT_ERR_BAD_FIELD;
    p = arena_alloc(a, text.len / 4 * 3 + 3);
    if (!p)
        return BZT_ERR_MEMORY;
    if (base64url_read(p, &len, text.len / 4 * 3 + 3, text) || len < min ||
        len > max)
        return BZT_ERR_BAD_FIELD;
    *out = (bzt_span){p, len};
    return BZT_OK;
}

bzt_err json_span(bzt_span *out, arena *a, const json *o, const char *name,
                  size_t min, size_t max)
{
    return span_of(out, a, json_get(o, name), min, max);
}

bzt_err json_span_item(bzt_span *out, arena *a, const json *array, size_t i,
                       size_t min, size_t max)
{
    return span_of(out, a, json_array_item(array, i), min, max);
}

bzt_err json_id(uint8_t out[16], const json *o, const char *name,
                const char *kind)
{
    const json *j = json_get(o, name);

    memset(out, 0, 16);
    if (!cJSON_IsString(j) || id_read(out, kind, text_span(j->valuestring)))
        return BZT_ERR_BAD_FIELD;
    return BZT_OK;
}

/* --- builders ------------------------------------------------------------ */

/* A tree that lacks something must not be written: its parent becomes a
 * node that cJSON refuses to print. */
static void poison(json *j)
{
    j->type = cJSON_Invalid;
}

static json *new_in(arena *a, json *(*create)(void))
{
    json *j;

    enter(a);
    j = create();
    leave();
    return j;
}

json *json_new_object(arena *a)
{
    return new_in(a, cJSON_CreateObject);
}

json *json_new_array(arena *a)
{
    return new_in(a, cJSON_CreateArray);
}

/* Names are copied: callers may build them. */
static json *adopt(json *o, const char *name, json *child)
{
    int ok = 0;

    if (child) {
        enter(home_of(o));
        ok = name ? cJSON_AddItemToObject(o, name, child)
                  : cJSON_AddItemToArray(o, child);
        leave();
    }
    if (ok)
        return child;
    poison(o);
    return NULL;
}

json *json_add_object(json *o, const char *name)
{
    return o ? adopt(o, name, json_new_object(home_of(o))) : NULL;
}

json *json_add_array(json *o, const char *name)
{
    return o ? adopt(o, name, json_new_array(home_of(o))) : NULL;
}

json *json_append_object(json *array)
{
    return array ? adopt(array, NULL, json_new_object(home_of(array))) : NULL;
}

void json_append(json *array, json *child)
{
    if (array)
        adopt(array, NULL, child);
}

void json_add(json *o, const char *name, json *child)
{
    if (o)
        adopt(o, name, child);
}

static json *new_text(arena *a, const char *text)
{
    json *j = NULL;

    if (text && !text_is_utf8(text_span(text)))
        return NULL;
    enter(a);
    j = text ? cJSON_CreateString(text) : cJSON_CreateNull();
    leave();
    return j;
}

/* cJSON prints 15 digits of a number: longer ones are given as text. */
static json *new_int(arena *a, int64_t v)
{
    char text[24];
    json *j = NULL;

    if (v > 9007199254740991 || v < -9007199254740991)
        return NULL;
    snprintf(text, sizeof text, "%lld", (long long)v);
    enter(a);
    if (v < 1000000000000000 && v > -1000000000000000)
        j = cJSON_CreateNumber((double)v);
    else
        j = cJSON_CreateRaw(text);
    leave();
    return j;
}

static json *new_bytes(arena *a, bzt_span bytes)
{
    char *text;

    if (bytes.len > SIZE_MAX / 8)
        return NULL;
    text = arena_alloc(a, BASE64URL_LEN(bytes.len) + 1);
    if (!text)
        return NULL;
    base64url_write(text, bytes);
    return new_text(a, text);
}

void json_append_text(json *array, const char *text)
{
    if (array)
        adopt(array, NULL, new_text(home_of(array), text));
}

void json_append_bytes(json *array, arena *a, bzt_span bytes)
{
    if (array)
        adopt(array, NULL, new_bytes(a, bytes));
}

void json_append_int(json *array, int64_t v)
{
    if (array)
        adopt(array, NULL, new_int(home_of(array), v));
}

void json_add_text(json *o, const char *name, const char *text)
{
    if (o)
        adopt(o, name, new_text(home_of(o), text));
}

void json_add_int(json *o, const char *name, int64_t v)
{
    if (o)
        adopt(o, name, new_int(home_of(o), v));
}

void json_add_bool(json *o, const char *name, int v)
{
    if (o)
        adopt(o, name,
              new_in(home_of(o), v ? cJSON_CreateTrue : cJSON_CreateFalse));
}

void json_add_null(json *o, const char *name)
{
    if (o)
        adopt(o, name, new_in(home_of(o), cJSON_CreateNull));
}

void json_add_bytes(json *o, arena *a, const char *name, bzt_span bytes)
{
    if (o)
        adopt(o, name, new_bytes(a, bytes));
}

void json_add_id(json *o, const char *name, const char *kind,
                 const uint8_t id[16])
{
    char text[ID_TEXT_SIZE];

    id_write(text, kind, id);
    json_add_text(o, name, text);
}

bzt_err json_write(bzt_span *out, arena *a, const json *j)
{
    char *text;

    *out = (bzt_span){NULL, 0};
    if (!j)
        return BZT_ERR_MEMORY;
    enter(a);
    text = cJSON_PrintBuffered(j, 512, 0);
    leave();
    if (!text)
        return BZT_ERR_MEMORY;
    *out = text_span(text);
    return BZT_OK;
}
