/* The whole route table: each route asks who calls, and refuses every field
 * that its table does not allow, before any handler runs. */
#include "client.h"
#include "core/text.h"
#include "server/auth.h"
#include "service/service.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { BODY_MAX = 32768 };

static engine strict; /* with the real callers' check */
static engine open_to_all;
static service services;
static char folder[32];

/* A path of this route with something for each parameter. */
static void make_path(char *out, const route *r)
{
    for (const char *p = r->path; *p;) {
        if (*p == ':' || *p == '*') {
            p += strcspn(p, "/");
            *out++ = 'x';
        } else {
            *out++ = *p++;
        }
    }
    *out = 0;
}

static void call_route(reply *r, const engine *e, const route *to,
                       const char *body)
{
    static char bytes[BODY_MAX + 1024];
    char path[256];

    make_path(path, to);
    if (!strcmp(to->method, "POST"))
        snprintf(bytes, sizeof bytes,
                 "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\n"
                 "Content-Length: %zu\r\n\r\n%s",
                 path, to->body_type ? to->body_type : "application/json",
                 strlen(body), body);
    else
        snprintf(bytes, sizeof bytes, "%s %s HTTP/1.1\r\nHost: x\r\n\r\n",
                 to->method, path);
    ask(r, e, bytes);
}

static void expect(const reply *r, const route *to, int status,
                   const char *code, const char *field_name)
{
    char part[128];
    int ok = r->status == status;

    snprintf(part, sizeof part, "\"code\":\"%s\"", code);
    ok = ok && has(r->body, part);
    snprintf(part, sizeof part, "\"field\":\"%s\"", field_name);
    ok = ok && (!field_name || has(r->body, part));
    if (!ok)
        print_message("# %s %s wants %s %s, got %d %s\n", to->method, to->path,
                      code, field_name ? field_name : "", r->status, r->body);
    assert_true(ok);
}

/* --- the table itself ---------------------------------------------------- */

static void every_route_is_there_once(void **state)
{
    char a[256], b[256];

    (void)state;
    for (size_t i = 0; i < routes_n; i++)
        for (size_t j = 0; j < i; j++) {
            make_path(a, &routes[i]);
            make_path(b, &routes[j]);
            if (!strcmp(a, b))
                assert_string_not_equal(routes[i].method, routes[j].method);
        }
}

static void only_posts_have_bodies(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_n; i++) {
        const route *r = &routes[i];

        assert_non_null(r->run);
        assert_true(r->max_body <= ROUTE_BODY_MAX);
        assert_false(r->fields && r->body_type);
        if (strcmp(r->method, "POST")) {
            assert_null(r->fields);
            assert_null(r->body_type);
        }
    }
}

static void only_logins_need_no_csrf_header(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_n; i++)
        if (routes[i].flags & ROUTE_NO_CSRF)
            assert_int_equal(routes[i].who, WHO_ANYONE);
}

static void every_field_has_sane_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_n; i++)
        for (const field *f = routes[i].fields; f && f->name; f++) {
            if (f->type == FIELD_TEXT || f->type == FIELD_BYTES ||
                f->type == FIELD_ARRAY)
                assert_true(f->min >= 0 && f->max > 0 && f->max <= 1 << 20);
            if (f->type == FIELD_INT)
                assert_true(f->max > 0);
            assert_true(f->min <= f->max);
            if (f->type == FIELD_ID || f->type == FIELD_ENUM)
                assert_non_null(f->kind);
        }
}

/* --- callers ------------------------------------------------------------- */

static void every_route_asks_who_calls(void **state)
{
    static reply r;

    (void)state;
    for (size_t i = 0; i < routes_n; i++) {
        const route *to = &routes[i];

        if (to->who == WHO_ANYONE || to->who == WHO_PAGE)
            continue;
        call_route(&r, &strict, to, "{\"nonsense\"");
        expect(&r, to, 401, "unauthenticated", NULL);
    }
}

/* --- fields -------------------------------------------------------------- */

static void every_json_route_refuses_bad_bodies(void **state)
{
    static reply r;

    (void)state;
    for (size_t i = 0; i < routes_n; i++) {
        const route *to = &routes[i];

        if (strcmp(to->method, "POST") || to->body_type)
            continue;
        call_route(&r, &open_to_all, to, "{\"nonsense\"");
        expect(&r, to, 400, "bad_json", NULL);
        call_route(&r, &open_to_all, to, "{\"x\":\"\xff\"}");
        expect(&r, to, 400, "bad_utf8", NULL);
        call_route(&r, &open_to_all, to, "{\"no_such_field\":1}");
        expect(&r, to, 400, "bad_field", "no_such_field");
        call_route(&r, &open_to_all, to, "[]");
        expect(&r, to, 400, "bad_json", NULL);
    }
}

static void every_route_refuses_large_bodies(void **state)
{
    size_t max = ROUTE_BODY_MAX + 2;
    char *body = malloc(max), head[512], path[256];
    static reply r;

    (void)state;
    assert_non_null(body);
    memset(body, ' ', max);
    for (size_t i = 0; i < routes_n; i++) {
        const route *to = &routes[i];
        size_t len = (to->max_body ? to->max_body : 64 * 1024) + 1;
        int fd;

        if (strcmp(to->method, "POST"))
            continue;
        make_path(path, to);
        snprintf(head, sizeof head,
                 "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\n"
                 "Content-Length: %zu\r\n\r\n",
                 path, to->body_type ? to->body_type : "application/json", len);
        fd = dial(&open_to_all);
        send_text(fd, head);
        send_bytes(fd, body, len);
        receive(&r, fd);
        close(fd);
        expect(&r, to, 413, "too_large", NULL);
    }
    free(body);
}

static size_t put_bytes(char *out, const field *f)
{
    size_t len = (size_t)f->min;
    uint8_t *zero = calloc(1, len + 1);

    assert_non_null(zero);
    out[0] = '"';
    base64url_write(out + 1, (bzt_span){zero, len});
    free(zero);
    strcat(out, "\"");
    return strlen(out);
}

/* A value that the table allows. */
static size_t put_good(char *out, const field *f)
{
    size_t len = (size_t)(f->min > 0 ? f->min : 1);
    char id[ID_TEXT_SIZE];
    uint8_t zero[16] = {0};

    switch (f->type) {
    case FIELD_TEXT:
        out[0] = '"';
        memset(out + 1, 'a', len);
        strcpy(out + 1 + len, "\"");
        return len + 2;
    case FIELD_INT:
        return (size_t)sprintf(out, "%lld", (long long)f->min);
    case FIELD_BOOL:
        return (size_t)sprintf(out, "true");
    case FIELD_BYTES:
        return put_bytes(out, f);
    case FIELD_ID:
        id_write(id, f->kind, zero);
        return (size_t)sprintf(out, "\"%s\"", id);
    case FIELD_ENUM:
        return (size_t)sprintf(out, "\"%.*s\"", (int)strcspn(f->kind, "|"),
                               f->kind);
    case FIELD_PHONE:
        return (size_t)sprintf(out, "\"13800138000\"");
    case FIELD_OBJECT:
        return (size_t)sprintf(out, "{}");
    case FIELD_ARRAY:
        out[0] = '[';
        out[1] = 0;
        for (int64_t i = 0; i < f->min; i++)
            strcat(out, i ? ",0" : "0");
        strcat(out, "]");
        return strlen(out);
    }
    return 0;
}

/* Values that this field must refuse, one by one. */
static size_t put_bad(char *out, const field *f, int which)
{
    static const char *const wrong[] = {
        "[[]]", "{\"a\":{}}", "1e300", "-1e300", "1.5", "\"\\u0001\"", "\"!\""};
    static const char *const of_array[] = {"{}",    "1",  "true", "\"\"",
                                           "\"a\"", "-1", "0.5"};
    static const char *const of_object[] = {"[]",    "1",  "true", "\"\"",
                                            "\"a\"", "-1", "0.5"};
    const char *const *list = f->type == FIELD_ARRAY    ? of_array
                              : f->type == FIELD_OBJECT ? of_object
                                                        : wrong;

    if (f->type == FIELD_TEXT && which == 6)
        which = 5; /* an exclamation mark is text */
    return (size_t)sprintf(out, "%s", list[which]);
}

/* Every field before `until` is right, and this one wrong (or missing). */
static void make_body(char *out, const field *fields, const field *until,
                      int which)
{
    size_t len = (size_t)sprintf(out, "{");

    for (const field *f = fields; f->name; f++) {
        if (f > until || (f == until && which < 0))
            break;
        len += (size_t)sprintf(out + len, "%s\"%s\":", len > 1 ? "," : "",
                               f->name);
        len +=
            f == until ? put_bad(out + len, f, which) : put_good(out + len, f);
        assert_true(len < BODY_MAX - 4096);
    }
    strcpy(out + len, "}");
}

static void every_field_of_every_route_is_checked(void **state)
{
    static char body[BODY_MAX];
    static reply r;
    int n = 0;

    (void)state;
    for (size_t i = 0; i < routes_n; i++) {
        const route *to = &routes[i];

        for (const field *f = to->fields; f && f->name; f++)
            for (int which = f->optional ? 0 : -1; which < 7; which++, n++) {
                make_body(body, to->fields, f, which);
                call_route(&r, &open_to_all, to, body);
                expect(&r, to, 400, "bad_field", f->name);
            }
    }
    print_message("# %d wrong fields refused\n", n);
}

/* --- the group ----------------------------------------------------------- */

static bzt_err anybody(call *c, const route *r)
{
    (void)c;
    (void)r;
    return BZT_OK;
}

static int start(void **state)
{
    http_options o = {.routes = routes,
                      .routes_n = routes_n,
                      .authenticate = auth_call,
                      .workers = 2};
    store_options stored = {NULL};
    char url[64];

    (void)state;
    strcpy(folder, "/tmp/bzt-routes-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(url, sizeof url, "sqlite:%s/db", folder);
    stored.url = url;
    if (store_open(&services.store, &stored))
        return -1;
    strict.service = open_to_all.service = &services;
    engine_start(&strict, &o);
    o.authenticate = anybody;
    engine_start(&open_to_all, &o);
    return 0;
}

static int stop(void **state)
{
    char command[64];

    (void)state;
    engine_stop(&strict);
    engine_stop(&open_to_all);
    store_close(services.store);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_there_once),
        cmocka_unit_test(only_posts_have_bodies),
        cmocka_unit_test(only_logins_need_no_csrf_header),
        cmocka_unit_test(every_field_has_sane_bounds),
        cmocka_unit_test(every_route_asks_who_calls),
        cmocka_unit_test(every_json_route_refuses_bad_bodies),
        cmocka_unit_test(every_route_refuses_large_bodies),
        cmocka_unit_test(every_field_of_every_route_is_checked),
    };

    http_wipe_memory();
    return cmocka_run_group_tests_name("routes", tests, start, stop);
}
