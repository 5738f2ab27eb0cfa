#include "engine.h"
#include <string.h>

static size_t segment_len(const char *p)
{
    return strcspn(p, "/");
}

typedef struct match {
    arena *arena; /* NULL: do not decode */
    const char *params[CALL_PARAMS];
    int params_n;
} match;

static int take_param(match *m, const char *text, size_t len)
{
    if (!len || m->params_n == CALL_PARAMS)
        return 0;
    if (m->arena &&
        !(m->params[m->params_n] = query_decode(m->arena, text, len, 0)))
        return 0;
    m->params_n++;
    return 1;
}

/* Both begin with '/'. */
static int matches(match *m, const char *pattern, const char *path)
{
    size_t want, have;

    m->params_n = 0;
    while (*pattern == '/' && *path == '/') {
        pattern++;
        path++;
        if (*pattern == '*')
            return take_param(m, path, strlen(path));
        want = segment_len(pattern);
        have = segment_len(path);
        if (*pattern == ':') {
            if (!take_param(m, path, have))
                return 0;
        } else if (want != have || memcmp(pattern, path, want)) {
            return 0;
        }
        pattern += want;
        path += have;
    }
    return !*pattern && !*path;
}

/* "GET, POST": the methods of the routes with this path. */
static const char *methods_of(arena *a, const http *h, const char *path)
{
    const char *list = NULL;
    match m = {a};

    for (size_t i = 0; i < h->o.routes_n; i++) {
        const route *r = &h->o.routes[i];

        if (matches(&m, r->path, path))
            list =
                list ? arena_printf(a, "%s, %s", list, r->method) : r->method;
    }
    return list;
}

bzt_err route_find(const route **out, const char **params, const char **allow,
                   arena *a, const http *h, const char *method,
                   const char *path)
{
    match m = {a};

    *out = NULL;
    for (size_t i = 0; i < h->o.routes_n; i++) {
        const route *r = &h->o.routes[i];

        if (strcmp(r->method, method) || !matches(&m, r->path, path))
            continue;
        memcpy(params, m.params, (size_t)m.params_n * sizeof *params);
        *out = r;
        return BZT_OK;
    }
    *allow = methods_of(a, h, path);
    return *allow ? BZT_ERR_METHOD : BZT_ERR_NOT_FOUND;
}

const route *route_find_page(const http *h, const char *path)
{
    match m = {NULL};

    for (size_t i = 0; i < h->o.routes_n; i++)
        if (h->o.routes[i].who == WHO_PAGE &&
            matches(&m, h->o.routes[i].path, path))
            return &h->o.routes[i];
    return NULL;
}
