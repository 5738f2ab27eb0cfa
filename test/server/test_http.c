/* The engine against good and bad requests, with routes of its own. */
#include "client.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static engine server;

/* --- routes -------------------------------------------------------------- */

static bzt_err hello(call *c)
{
    json_add_text(call_answer(c), "hello", "你好");
    json_add_text(c->answer, "name", call_query(c, "name"));
    json_add_text(c->answer, "address", c->address);
    return BZT_OK;
}

static bzt_err echo(call *c)
{
    const char *text;

    if (json_text_optional(&text, c->body, "text", 100))
        return BZT_ERR_INTERNAL;
    json_add_text(call_answer(c), "text", text);
    c->status = 201;
    return BZT_OK;
}

static bzt_err nothing(call *c)
{
    call_set_cookie(c, "__Host-bzt", "v", 60);
    return BZT_OK;
}

static bzt_err params(call *c)
{
    json_add_text(call_answer(c), "a", c->params[0]);
    json_add_text(c->answer, "b", c->params[1]);
    return BZT_OK;
}

static bzt_err rest(call *c)
{
    call_answer_bytes(
        c, "text/plain",
        (bzt_span){(const uint8_t *)c->params[0], strlen(c->params[0])});
    return BZT_OK;
}

static bzt_err limited(call *c)
{
    json_add_int(call_problem(c), "seconds", 7);
    json_add_text(c->problem, "code", "never this one");
    return BZT_ERR_LIMITED;
}

static bzt_err raw(call *c)
{
    call_answer_bytes(c, "application/octet-stream", c->raw);
    return BZT_OK;
}

static bzt_err hang_up(call *c)
{
    (void)c;
    return BZT_ERR_UNKNOWN_OUTCOME;
}

static bzt_err whoami(call *c)
{
    json_add_text(call_answer(c), "cookie", call_cookie(c, "b"));
    return BZT_OK;
}

static bzt_err page(call *c)
{
    if (!c->origin || strcmp(c->origin, "https://good.example"))
        return BZT_ERR_RP_DOMAIN;
    call_allow_origin(c, c->origin);
    return c->params[0] ? BZT_OK : BZT_ERR_REQUEST_EXPIRED;
}

static bzt_err preflight(call *c)
{
    if (!c->origin || strcmp(c->origin, "https://good.example"))
        return BZT_ERR_RP_DOMAIN;
    call_allow_origin(c, c->origin);
    return BZT_OK;
}

static bzt_err ident(call *c)
{
    uint8_t id[16];
    bzt_err err = call_id(id, c, 0, "req");

    if (!err)
        json_add_id(call_answer(c), "id", "req", id);
    return err;
}

static bzt_err number(call *c)
{
    int64_t n;
    bzt_err err = call_query_int(&n, c, "n", 5, 0, 25);

    if (!err)
        json_add_int(call_answer(c), "n", n);
    return err;
}

static const field echo_fields[] = {
    {"text", FIELD_TEXT, 1, 100},
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
    {"GET", "/hello", WHO_ANYONE, NULL, hello},
    {"POST", "/echo", WHO_ANYONE, echo_fields, echo, 4096},
    {"DELETE", "/echo", WHO_ANYONE, NULL, nothing},
    {"POST", "/nothing", WHO_ANYONE, NULL, nothing},
    {"GET", "/p/:a/x/:b", WHO_ANYONE, NULL, params},
    {"GET", "/r/*rest", WHO_ANYONE, NULL, rest},
    {"GET", "/limited", WHO_ANYONE, NULL, limited},
    {"POST", "/raw", WHO_ANYONE, NULL, raw, 200000, ROUTE_SECRET,
     "application/ocsp-request"},
    {"POST", "/gone", WHO_ANYONE, NULL, hang_up},
    {"GET", "/who", WHO_APP, NULL, whoami},
    {"POST", "/private", WHO_APP, echo_fields, echo},
    {"GET", "/page", WHO_PAGE, NULL, page},
    {"GET", "/id/:req", WHO_ANYONE, NULL, ident},
    {"GET", "/number", WHO_ANYONE, NULL, number},
};

/* The cookie "b" is the session, and X-BZT-CSRF must be the same. */
static bzt_err authenticate(call *c, const route *r)
{
    const char *cookie = call_cookie(c, "b");
    const char *csrf = call_header(c, "X-BZT-CSRF");

    if (r->who != WHO_APP)
        return BZT_OK;
    if (!cookie)
        return BZT_ERR_UNAUTHENTICATED;
    if (strcmp(r->method, "GET") && (!csrf || strcmp(csrf, cookie)))
        return BZT_ERR_CSRF;
    return BZT_OK;
}

static int start(void **state)
{
    http_options o = {.routes = table,
                      .routes_n = sizeof table / sizeof *table,
                      .authenticate = authenticate,
                      .preflight = preflight,
                      .workers = 4};

    (void)state;
    engine_start(&server, &o);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    engine_stop(&server);
    return 0;
}

/* The answer is a problem of this code, about this field (or NULL). */
static void expect_problem(const reply *r, int status, const char *code,
                           const char *field_name)
{
    char part[128];

    if (r->status != status)
        print_message("# %s\n# %s\n", r->head, r->body);
    assert_int_equal(r->status, status);
    assert_true(has(r->head, "Content-Type: application/problem+json\r\n"));
    snprintf(part, sizeof part, "\"code\":\"%s\"", code);
    assert_true(has(r->body, part));
    snprintf(part, sizeof part, "\"type\":\"urn:bzt:%s\"", code);
    assert_true(has(r->body, part));
    if (!field_name)
        return;
    snprintf(part, sizeof part, "\"field\":\"%s\"", field_name);
    if (!has(r->body, part))
        print_message("# %s\n", r->body);
    assert_true(has(r->body, part));
}

static void expect_get(const char *target, int status, const char *code,
                       const char *field_name)
{
    char bytes[4096];
    reply r;

    snprintf(bytes, sizeof bytes, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);
    ask(&r, &server, bytes);
    expect_problem(&r, status, code, field_name);
}

static void expect_echo(const char *body, const char *code,
                        const char *field_name)
{
    reply r;

    post(&r, &server, "/echo", "", body);
    expect_problem(&r, 400, code, field_name);
}

/* --- what works ---------------------------------------------------------- */

static void answers_json(void **state)
{
    reply r;

    (void)state;
    ask(&r, &server,
        "GET /hello?name=a%20b+c&x=1 HTTP/1.1\r\nHost: x\r\n"
        "X-Real-IP: 192.0.2.7\r\n\r\n");
    assert_int_equal(r.status, 200);
    assert_true(has(r.head, "Content-Type: application/json\r\n"));
    assert_true(has(r.head, "Cache-Control: no-store\r\n"));
    assert_true(has(r.head, "X-Content-Type-Options: nosniff\r\n"));
    assert_string_equal(r.body, "{\"hello\":\"你好\",\"name\":\"a b c\","
                                "\"address\":\"192.0.2.7\"}");
}

static void answers_many_requests_on_one_connection(void **state)
{
    int fd = dial(&server);
    reply r;

    (void)state;
    for (int i = 0; i < 50; i++) {
        send_text(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        receive(&r, fd);
        assert_int_equal(r.status, 200);
    }
    close(fd);
}

static void answers_pipelined_requests_in_order(void **state)
{
    int fd = dial(&server);
    reply r;

    (void)state;
    send_text(fd, "GET /r/1 HTTP/1.1\r\nHost: x\r\n\r\n"
                  "GET /r/2 HTTP/1.1\r\nHost: x\r\n\r\n"
                  "GET /r/3 HTTP/1.1\r\nHost: x\r\n\r\n");
    for (int i = 1; i <= 3; i++) {
        receive(&r, fd);
        assert_int_equal(r.status, 200);
        assert_int_equal(r.body[0], '0' + i);
    }
    close(fd);
}

static void no_answer_is_204_with_headers(void **state)
{
    reply r;

    (void)state;
    ask(&r, &server,
        "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(r.status, 204);
    assert_true(has(r.head, "Set-Cookie: __Host-bzt=v; Path=/; Secure; "
                            "HttpOnly; SameSite=Strict; Max-Age=60\r\n"));
    assert_false(has(r.head, "Content-Length"));
}

static void parameters_are_decoded(void **state)
{
    reply r;

    (void)state;
    ask(&r, &server, "GET /p/a%2Fb/x/+%7e HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "{\"a\":\"a/b\",\"b\":\"+~\"}");
    ask(&r, &server, "GET /r/ab/c+d%3D= HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_string_equal(r.body, "ab/c+d==");
}

static void all_field_types_are_read(void **state)
{
    reply r;

    (void)state;
    post(&r, &server, "/echo", "",
         "{\"text\":\"标\\u8bc1\",\"count\":-5,\"flag\":true,\"bytes\":\"AAE\","
         "\"id\":\"req_aaaaaaaaaaaaaaaaaaaaaaaaaa\",\"word\":\"green\","
         "\"phone\":\"13800138000\",\"object\":{\"a\":1},\"array\":[1,2]}");
    assert_int_equal(r.status, 201);
    assert_string_equal(r.body, "{\"text\":\"标证\"}");
    post(&r, &server, "/echo", "", "{\"text\":\"a\",\"count\":null}");
    assert_int_equal(r.status, 201);
}

static void raw_bodies_pass_as_they_are(void **state)
{
    static char big[150000];
    char head[200];
    reply r;
    int fd = dial(&server);

    (void)state;
    ask(&r, &server,
        "POST /raw HTTP/1.1\r\nHost: x\r\nContent-Type: "
        "application/ocsp-request\r\nContent-Length: 3\r\n\r\n\x30\x01{");
    assert_int_equal(r.status, 200);
    assert_int_equal(r.body_len, 3);
    assert_memory_equal(r.body, "\x30\x01{", 3);
    memset(big, 'x', sizeof big);
    snprintf(head, sizeof head,
             "POST /raw HTTP/1.1\r\nHost: x\r\nContent-Type: "
             "application/ocsp-request\r\nContent-Length: %zu\r\n\r\n",
             sizeof big);
    send_text(fd, head);
    send_bytes(fd, big, sizeof big);
    assert_true(receive_until(fd, big, sizeof head, "HTTP/1.1 200"));
    close(fd);
}

static void chunked_bodies_are_read(void **state)
{
    reply r;

    (void)state;
    ask(&r, &server,
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
        "5\r\n{\"tex\r\n8\r\nt\":\"ok\"}\r\n0\r\n\r\n");
    assert_int_equal(r.status, 201);
    assert_string_equal(r.body, "{\"text\":\"ok\"}");
}

/* --- errors -------------------------------------------------------------- */

static void errors_are_told_in_both_languages(void **state)
{
    reply r;

    (void)state;
    ask(&r, &server, "GET /limited HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_problem(&r, 429, "limited", NULL);
    assert_true(has(r.head, "Retry-After: 7\r\n"));
    assert_true(
        has(r.body, "\"title\":\"Too many attempts: try again later\""));
    assert_true(has(r.body, "\"title_zh\":\"操作过于频繁，请稍后再试\""));
    assert_true(has(r.body, "\"retryable\":true"));
    assert_true(has(r.body, "\"seconds\":7"));
    assert_true(has(r.body, "\"status\":429"));
    assert_false(has(r.body, "never this one"));
}

static void unknown_paths_are_404(void **state)
{
    static const char *const paths[] = {
        "/",       "/hello/", "//hello",    "/hell",     "/hello%00",
        "/p/a/x/", "/p//x/b", "/p/%ff/x/b", "/p/%4/x/b", "/p/%0a/x/b",
        "/r/",     "/HELLO",  "/hello;a=b", "/./hello",  "/p/a/y/b"};

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        expect_get(paths[i], 404, "not_found", NULL);
}

static void other_methods_are_405_with_allow(void **state)
{
    reply r;

    (void)state;
    ask(&r, &server,
        "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    expect_problem(&r, 405, "method_not_allowed", NULL);
    assert_true(has(r.head, "Allow: GET\r\n"));
    expect_get("/echo", 405, "method_not_allowed", NULL);
    ask(&r, &server, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(has(r.head, "Allow: POST, DELETE\r\n"));
    ask(&r, &server, "OPTIONS /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_problem(&r, 405, "method_not_allowed", NULL);
    ask(&r, &server, "TRACE /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_problem(&r, 405, "method_not_allowed", NULL);
}

static void bad_json_is_refused(void **state)
{
    static const char *const bodies[] = {"",
                                         "{",
                                         "{\"text\":\"a\"",
                                         "[]",
                                         "\"a\"",
                                         "null",
                                         "{\"text\":\"a\"}x",
                                         "{text:1}",
                                         "{'text':'a'}",
                                         "{\"text\":\"a\",}",
                                         "{\"text\":\"a\",\"text\":\"b\"}",
                                         "{\"text\":\"\\ud800\"}",
                                         "{\"text\":\"a\nb\"}",
                                         "\xef\xbb\xbf{}",
                                         "{\"text\":\"\\u0000\"}",
                                         "{\"count\":01}",
                                         "{\"count\":NaN}"};

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        expect_echo(bodies[i], "bad_json", NULL);
}

static void deep_json_is_refused(void **state)
{
    char body[3000];

    (void)state;
    memset(body, '[', sizeof body - 1);
    body[sizeof body - 1] = 0;
    memcpy(body, "{\"object\":", 10);
    expect_echo(body, "bad_json", NULL);
}

static void bad_utf8_is_refused(void **state)
{
    static const char *const bodies[] = {
        "{\"text\":\"\xff\"}",         "{\"text\":\"\xc0\xaf\"}",
        "{\"text\":\"\xed\xa0\x80\"}", "{\"text\":\"\xe6\xa0\"}",
        "{\"te\x80xt\":\"a\"}",        "{\"text\":\"\xf4\x90\x80\x80\"}"};

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        expect_echo(bodies[i], "bad_utf8", NULL);
}

static void unknown_and_missing_fields_are_named(void **state)
{
    (void)state;
    expect_echo("{\"text\":\"a\",\"more\":1}", "bad_field", "more");
    expect_echo("{\"text\":\"a\",\"Text\":\"a\"}", "bad_field", "Text");
    expect_echo("{}", "bad_field", "text");
    expect_echo("{\"text\":null}", "bad_field", "text");
    expect_echo("{\"text\":\"a\",\"\":1}", "bad_field", "");
}

static void wrong_types_and_bounds_are_named(void **state)
{
    static const struct {
        const char *json, *field;
    } cases[] = {
        {"\"text\":1", "text"},
        {"\"text\":\"\"", "text"},
        {"\"text\":[\"a\"]", "text"},
        {"\"text\":\"a\\nb\"", "text"},
        {"\"text\":\"a\\u007fb\"", "text"},
        {"\"text\":\"a\\u0085b\"", "text"},
        {"\"text\":\"a\",\"count\":11", "count"},
        {"\"text\":\"a\",\"count\":-6", "count"},
        {"\"text\":\"a\",\"count\":1.5", "count"},
        {"\"text\":\"a\",\"count\":\"1\"", "count"},
        {"\"text\":\"a\",\"count\":1e300", "count"},
        {"\"text\":\"a\",\"flag\":1", "flag"},
        {"\"text\":\"a\",\"flag\":\"true\"", "flag"},
        {"\"text\":\"a\",\"bytes\":\"AA==\"", "bytes"},
        {"\"text\":\"a\",\"bytes\":\"AB\"", "bytes"},
        {"\"text\":\"a\",\"bytes\":\"AA\"", "bytes"},
        {"\"text\":\"a\",\"bytes\":\"AAAAAAA\"", "bytes"},
        {"\"text\":\"a\",\"bytes\":\"A+A\"", "bytes"},
        {"\"text\":\"a\",\"id\":\"rp_aaaaaaaaaaaaaaaaaaaaaaaaaa\"", "id"},
        {"\"text\":\"a\",\"id\":\"req_aaaaaaaaaaaaaaaaaaaaaaaaa\"", "id"},
        {"\"text\":\"a\",\"id\":\"req_AAAAAAAAAAAAAAAAAAAAAAAAAA\"", "id"},
        {"\"text\":\"a\",\"id\":\"req_aaaaaaaaaaaaaaaaaaaaaaaaab\"", "id"},
        {"\"text\":\"a\",\"word\":\"blue\"", "word"},
        {"\"text\":\"a\",\"word\":\"red|green\"", "word"},
        {"\"text\":\"a\",\"word\":\"\"", "word"},
        {"\"text\":\"a\",\"phone\":\"1380013800\"", "phone"},
        {"\"text\":\"a\",\"phone\":\"23800138000\"", "phone"},
        {"\"text\":\"a\",\"phone\":\"1380013800a\"", "phone"},
        {"\"text\":\"a\",\"phone\":13800138000", "phone"},
        {"\"text\":\"a\",\"object\":[]", "object"},
        {"\"text\":\"a\",\"array\":[]", "array"},
        {"\"text\":\"a\",\"array\":[1,2,3]", "array"},
        {"\"text\":\"a\",\"array\":{}", "array"},
    };
    char body[256];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(body, sizeof body, "{%s}", cases[i].json);
        expect_echo(body, "bad_field", cases[i].field);
    }
}

static void text_longer_than_its_bound_is_refused(void **state)
{
    char body[400];

    (void)state;
    memset(body, 'a', sizeof body);
    memcpy(body, "{\"text\":\"", 9);
    memcpy(body + 9 + 101, "\"}", 3);
    expect_echo(body, "bad_field", "text");
}

static void bodies_where_none_belongs_are_refused(void **state)
{
    reply r;

    (void)state;
    post(&r, &server, "/nothing", "", "{\"a\":1}");
    expect_problem(&r, 400, "bad_field", "a");
    post(&r, &server, "/nothing", "", "x");
    expect_problem(&r, 400, "bad_json", NULL);
    post(&r, &server, "/nothing", "", "{}");
    assert_int_equal(r.status, 204);
}

static void other_content_types_are_refused(void **state)
{
    static const char *const types[] = {
        "text/plain", "application/jsonx", "application/json; charset=gbk",
        "application/x-www-form-urlencoded", "multipart/form-data"};
    char bytes[400];
    reply r;

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        snprintf(bytes, sizeof bytes,
                 "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\n"
                 "Content-Length: 12\r\n\r\n{\"text\":\"a\"}",
                 types[i]);
        ask(&r, &server, bytes);
        expect_problem(&r, 415, "media_type", NULL);
    }
    ask(&r, &server,
        "POST /echo HTTP/1.1\r\nHost: x\r\n"
        "Content-Type: Application/JSON ; charset=UTF-8\r\n"
        "Content-Length: 12\r\n\r\n{\"text\":\"a\"}");
    assert_int_equal(r.status, 201);
    ask(&r, &server,
        "POST /echo HTTP/1.1\r\nHost: x\r\n"
        "Content-Length: 12\r\n\r\n{\"text\":\"a\"}");
    expect_problem(&r, 415, "media_type", NULL);
}

static void large_bodies_are_413(void **state)
{
    static char body[6000];
    reply r;

    (void)state;
    memset(body, ' ', sizeof body - 1);
    memcpy(body, "{\"text\":\"a\"}", 12);
    post(&r, &server, "/echo", "", body);
    expect_problem(&r, 413, "too_large", NULL);
    body[4096] = 0;
    post(&r, &server, "/echo", "", body);
    assert_int_equal(r.status, 201);
}

static void very_large_bodies_are_cut_off(void **state)
{
    int fd = dial(&server);
    static char block[65536];
    reply r;

    (void)state;
    send_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: "
                  "application/json\r\nContent-Length: 104857600\r\n\r\n");
    for (int i = 0; i < 40; i++)
        send_bytes(fd, block, sizeof block);
    shutdown(fd, 1);
    receive(&r, fd);
    assert_true(r.status == 413 || r.status == 0);
    close(fd);
    ask(&r, &server, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(r.status, 200);
}

static void queries_are_strict(void **state)
{
    reply r;

    (void)state;
    expect_get("/hello?name=%ff", 400, "bad_field", "query");
    expect_get("/hello?name=%", 400, "bad_field", "query");
    expect_get("/hello?name=%0a", 400, "bad_field", "query");
    expect_get("/hello?name=a&name=b", 400, "bad_field", "query");
    expect_get("/hello?=a", 400, "bad_field", "query");
    expect_get("/hello?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q", 400, "bad_field",
               "query");
    expect_get("/number?n=26", 400, "bad_field", "n");
    expect_get("/number?n=-1", 400, "bad_field", "n");
    expect_get("/number?n=", 400, "bad_field", "n");
    expect_get("/number?n=1x", 400, "bad_field", "n");
    expect_get("/number?n=99999999999999999999", 400, "bad_field", "n");
    ask(&r, &server, "GET /number?n=25 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_string_equal(r.body, "{\"n\":25}");
    ask(&r, &server, "GET /number? HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_string_equal(r.body, "{\"n\":5}");
}

static void ids_of_another_kind_are_404(void **state)
{
    reply r;

    (void)state;
    expect_get("/id/rp_aaaaaaaaaaaaaaaaaaaaaaaaaa", 404, "not_found", NULL);
    expect_get("/id/req_aaaa", 404, "not_found", NULL);
    ask(&r, &server,
        "GET /id/req_aaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\n"
        "Host: x\r\n\r\n");
    assert_int_equal(r.status, 200);
}

/* The connection must not be used on, or what follows passes as a request
 * of whoever shares it. */
static void expect_smuggling_refused(const char *bytes)
{
    int fd = dial(&server);
    reply r;

    send_text(fd, bytes);
    receive(&r, fd);
    assert_in_range(r.status, 400, 413); /* evhttp itself says 413 to some */
    receive(&r, fd);
    assert_int_equal(r.status, 0);
    close(fd);
}

static void ambiguous_framing_closes_the_connection(void **state)
{
    (void)state;
    expect_smuggling_refused(
        "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 37\r\n\r\n"
        "GET /r/smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_smuggling_refused(
        "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        "GET /r/smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_smuggling_refused(
        "POST /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n"
        "\r\n0\r\n\r\nGET /r/smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_smuggling_refused(
        "GET /hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "GET /r/smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_smuggling_refused(
        "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
        "Content-Length: 0\r\n\r\nGET /r/smuggled HTTP/1.1\r\n\r\n");
    expect_smuggling_refused(
        "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n"
        "GET /r/smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
}

static void headers_that_count_must_be_single(void **state)
{
    static const char *const names[] = {
        "Cookie",     "Authorization", "Origin",          "X-Real-IP",
        "X-BZT-CSRF", "Host",          "Idempotency-Key", "Content-Type"};
    char bytes[400];
    reply r;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(bytes, sizeof bytes,
                 "GET /hello HTTP/1.1\r\n%s: a\r\n%s: a\r\n\r\n", names[i],
                 names[i]);
        ask(&r, &server, bytes);
        expect_problem(&r, 400, "bad_field", names[i]);
    }
}

static void too_many_headers_are_refused(void **state)
{
    char bytes[8000];
    size_t len = (size_t)sprintf(bytes, "GET /hello HTTP/1.1\r\n");
    reply r;

    (void)state;
    for (int i = 0; i < 65; i++)
        len += (size_t)sprintf(bytes + len, "X-A%d: 1\r\n", i);
    strcpy(bytes + len, "\r\n");
    ask(&r, &server, bytes);
    expect_problem(&r, 400, "bad_field", "X-A64");
}

static void garbage_gets_no_200(void **state)
{
    static const char *const garbage[] = {
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET /hello\r\n\r\n",
        "GET /hello HTTP/9.9\r\nHost: x\r\n\r\n",
        "\x16\x03\x01\x02",
        "GET http://x/hello HTTP/1.1\r\n\r\n",
        "FOO /hello HTTP/1.1\r\n\r\n",
        "CONNECT x:1 HTTP/1.1\r\n\r\n",
        "GET * HTTP/1.1\r\n\r\n",
        "GET /hello#x HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost : x\x01\r\n\r\n",
        "GET /hello HTTP/1.1\r\nno colon\r\n\r\n"};
    reply r;

    (void)state;
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        int fd = dial(&server);

        send_text(fd, garbage[i]);
        shutdown(fd, 1);
        receive(&r, fd);
        assert_int_not_equal(r.status, 200);
        close(fd);
    }
}

static void every_cut_of_a_request_is_survived(void **state)
{
    static const char whole[] =
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Content-Length: 12\r\n\r\n{\"text\":\"a\"}";
    reply r;

    (void)state;
    for (size_t i = 0; i < sizeof whole - 1; i++) {
        int fd = dial(&server);

        send_bytes(fd, whole, i);
        close(fd);
    }
    ask(&r, &server, whole);
    assert_int_equal(r.status, 201);
}

static void every_flipped_byte_is_survived(void **state)
{
    static const char whole[] =
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Content-Length: 12\r\n\r\n{\"text\":\"a\"}";
    char bytes[sizeof whole];
    reply r;

    (void)state;
    for (size_t i = 0; i < sizeof whole - 1; i++)
        for (int bit = 1; bit < 256; bit *= 16) {
            int fd = dial(&server);

            memcpy(bytes, whole, sizeof whole);
            bytes[i] = (char)(bytes[i] ^ bit);
            send_bytes(fd, bytes, sizeof whole - 1);
            shutdown(fd, 1);
            receive(&r, fd);
            close(fd);
        }
    ask(&r, &server, whole);
    assert_int_equal(r.status, 201);
}

/* --- callers ------------------------------------------------------------- */

static void callers_are_asked_before_fields(void **state)
{
    reply r;

    (void)state;
    post(&r, &server, "/private", "", "{\"nonsense\"");
    expect_problem(&r, 401, "unauthenticated", NULL);
    post(&r, &server, "/private", "Cookie: a=1; b=7\r\n", "{\"nonsense\"");
    expect_problem(&r, 403, "csrf", NULL);
    post(&r, &server, "/private", "Cookie: a=1; b=7\r\nX-BZT-CSRF: 8\r\n",
         "{}");
    expect_problem(&r, 403, "csrf", NULL);
    post(&r, &server, "/private", "Cookie: a=1; b=7\r\nX-BZT-CSRF: 7\r\n",
         "{\"text\":\"a\"}");
    assert_int_equal(r.status, 201);
}

static void cookies_are_found_by_whole_name(void **state)
{
    reply r;

    (void)state;
    ask(&r, &server,
        "GET /who HTTP/1.1\r\nHost: x\r\n"
        "Cookie: ab=1;b=2=3; bb=4\r\n\r\n");
    assert_string_equal(r.body, "{\"cookie\":\"2=3\"}");
    ask(&r, &server,
        "GET /who HTTP/1.1\r\nHost: x\r\nCookie: ab=1; B=2\r\n"
        "\r\n");
    expect_problem(&r, 401, "unauthenticated", NULL);
}

static void pages_of_other_origins_get_cors_headers(void **state)
{
    static const char allowed[] =
        "Access-Control-Allow-Origin: https://good.example\r\n";
    reply r;

    (void)state;
    ask(&r, &server,
        "OPTIONS /page?token=a HTTP/1.1\r\nHost: x\r\n"
        "Origin: https://good.example\r\n"
        "Access-Control-Request-Method: GET\r\n\r\n");
    assert_int_equal(r.status, 204);
    assert_true(has(r.head, allowed));
    assert_true(has(r.head, "Access-Control-Allow-Methods: GET\r\n"));
    assert_true(has(r.head, "Vary: Origin\r\n"));
    ask(&r, &server,
        "OPTIONS /page HTTP/1.1\r\nHost: x\r\n"
        "Origin: https://evil.example\r\n\r\n");
    expect_problem(&r, 403, "rp_domain", NULL);
    assert_false(has(r.head, "Access-Control-Allow"));
    ask(&r, &server,
        "GET /page HTTP/1.1\r\nHost: x\r\n"
        "Origin: https://good.example\r\n\r\n");
    expect_problem(&r, 410, "request_expired", NULL);
    assert_true(has(r.head, allowed));
    ask(&r, &server,
        "GET /page HTTP/1.1\r\nHost: x\r\n"
        "Origin: https://evil.example\r\n\r\n");
    assert_false(has(r.head, "Access-Control-Allow"));
}

static void unknown_outcome_hangs_up(void **state)
{
    int fd = dial(&server);
    char byte;

    (void)state;
    send_text(fd,
              "POST /gone HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(read(fd, &byte, 1), 0);
    close(fd);
}

static void secret_routes_forbid_caching(void **state)
{
    reply r;

    (void)state;
    ask(&r, &server,
        "POST /raw HTTP/1.1\r\nHost: x\r\nContent-Type: "
        "application/ocsp-request\r\nContent-Length: 1\r\n\r\nx");
    assert_true(has(r.head, "Cache-Control: no-store\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_json),
        cmocka_unit_test(answers_many_requests_on_one_connection),
        cmocka_unit_test(answers_pipelined_requests_in_order),
        cmocka_unit_test(no_answer_is_204_with_headers),
        cmocka_unit_test(parameters_are_decoded),
        cmocka_unit_test(all_field_types_are_read),
        cmocka_unit_test(raw_bodies_pass_as_they_are),
        cmocka_unit_test(chunked_bodies_are_read),
        cmocka_unit_test(errors_are_told_in_both_languages),
        cmocka_unit_test(unknown_paths_are_404),
        cmocka_unit_test(other_methods_are_405_with_allow),
        cmocka_unit_test(bad_json_is_refused),
        cmocka_unit_test(deep_json_is_refused),
        cmocka_unit_test(bad_utf8_is_refused),
        cmocka_unit_test(unknown_and_missing_fields_are_named),
        cmocka_unit_test(wrong_types_and_bounds_are_named),
        cmocka_unit_test(text_longer_than_its_bound_is_refused),
        cmocka_unit_test(bodies_where_none_belongs_are_refused),
        cmocka_unit_test(other_content_types_are_refused),
        cmocka_unit_test(large_bodies_are_413),
        cmocka_unit_test(very_large_bodies_are_cut_off),
        cmocka_unit_test(queries_are_strict),
        cmocka_unit_test(ids_of_another_kind_are_404),
        cmocka_unit_test(ambiguous_framing_closes_the_connection),
        cmocka_unit_test(headers_that_count_must_be_single),
        cmocka_unit_test(too_many_headers_are_refused),
        cmocka_unit_test(garbage_gets_no_200),
        cmocka_unit_test(every_cut_of_a_request_is_survived),
        cmocka_unit_test(every_flipped_byte_is_survived),
        cmocka_unit_test(callers_are_asked_before_fields),
        cmocka_unit_test(cookies_are_found_by_whole_name),
        cmocka_unit_test(pages_of_other_origins_get_cors_headers),
        cmocka_unit_test(unknown_outcome_hangs_up),
        cmocka_unit_test(secret_routes_forbid_caching),
    };

    http_wipe_memory();
    return cmocka_run_group_tests_name("http", tests, start, stop);
}
