/* Against a server of our own: one thread, one canned answer per call. */
#include "base/http_client.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int listener, port;
static pthread_t server;
static const char *answer; /* NULL: never answer */
static char got[65536];    /* the last request */
static arena *a;

static void read_request(int fd)
{
    size_t n = 0, want = SIZE_MAX;

    while (n < want && n < sizeof got - 1) {
        ssize_t k = read(fd, got + n, sizeof got - 1 - n);
        char *end, *len;

        if (k <= 0)
            break;
        n += (size_t)k;
        got[n] = 0;
        end = strstr(got, "\r\n\r\n");
        if (!end)
            continue;
        len = strcasestr(got, "content-length:");
        want = (size_t)(end - got) + 4 +
               (len && len < end ? strtoul(len + 15, NULL, 10) : 0);
    }
}

static void *serve(void *arg)
{
    (void)arg;
    for (;;) {
        int fd = accept(listener, NULL, NULL);

        if (fd < 0)
            return NULL;
        read_request(fd);
        if (!answer)
            usleep(700000);
        else if (write(fd, answer, strlen(answer)) < 0)
            perror("write");
        close(fd);
    }
}

static int set_up(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof at;

    (void)state;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&at, len) || listen(listener, 8) ||
        getsockname(listener, (struct sockaddr *)&at, &len))
        return -1;
    port = ntohs(at.sin_port);
    a = arena_new(1 << 20);
    /* A proxy that is not there: calls to loopback must not use it. */
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    return pthread_create(&server, NULL, serve, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    shutdown(listener, SHUT_RDWR);
    pthread_join(server, NULL);
    close(listener);
    arena_free(a);
    return 0;
}

static bzt_err call(http_answer *out, http_client *c, http_request r)
{
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%d/path?x=1", port);
    r.url = url;
    got[0] = 0;
    return http_call(out, a, c, &r);
}

static http_client *client(const http_options *o)
{
    http_client *c;

    assert_int_equal(http_client_new(&c, o), BZT_OK);
    return c;
}

static void http_sends_method_headers_and_body(void **state)
{
    http_client *c = client(NULL);
    http_header extra = {"X-Csrf", "1"};
    http_answer out;
    http_request r = {.method = "POST",
                      .content_type = "application/json",
                      .body = BZT_SPAN_LIT("{\"a\":1}"),
                      .headers = &extra,
                      .headers_n = 1};

    (void)state;
    answer = "HTTP/1.1 409 Conflict\r\nContent-Type: application/problem+json"
             "\r\nContent-Length: 2\r\n\r\n{}";
    assert_int_equal(call(&out, c, r), BZT_OK);
    assert_int_equal(out.status, 409);
    assert_int_equal(out.body.len, 2);
    assert_memory_equal(out.body.p, "{}", 3);
    assert_string_equal(out.content_type, "application/problem+json");
    assert_memory_equal(got, "POST /path?x=1 HTTP/1.1\r\n", 25);
    assert_non_null(strstr(got, "\r\nX-Csrf: 1\r\n"));
    assert_non_null(strstr(got, "\r\nContent-Type: application/json\r\n"));
    assert_null(strcasestr(got, "expect:"));
    assert_non_null(strstr(got, "\r\n\r\n{\"a\":1}"));

    answer = "HTTP/1.1 204 No Content\r\n\r\n";
    r = (http_request){.method = "DELETE"};
    assert_int_equal(call(&out, c, r), BZT_OK);
    assert_int_equal(out.status, 204);
    assert_int_equal(out.body.len, 0);
    assert_null(out.content_type);
    assert_memory_equal(got, "DELETE ", 7);
    assert_null(strcasestr(got, "content-type:"));
    r = (http_request){.method = "POST"};
    assert_int_equal(call(&out, c, r), BZT_OK);
    assert_non_null(strcasestr(got, "content-length: 0"));
    http_client_free(c);
    http_client_free(NULL);
}

static void http_follows_no_redirect(void **state)
{
    http_client *c = client(NULL);
    http_answer out;

    (void)state;
    answer = "HTTP/1.1 302 Found\r\nLocation: /other\r\n"
             "Content-Length: 0\r\n\r\n";
    assert_int_equal(call(&out, c, (http_request){.method = "GET"}), BZT_OK);
    assert_int_equal(out.status, 302);
    http_client_free(c);
}

static void http_refuses_header_injection(void **state)
{
    http_client *c = client(NULL);
    http_header bad = {"X-A", "1\r\nX-B: 2"};
    http_answer out;

    (void)state;
    answer = "HTTP/1.1 204 No Content\r\n\r\n";
    assert_int_not_equal(
        call(&out, c,
             (http_request){.method = "GET", .headers = &bad, .headers_n = 1}),
        BZT_OK);
    assert_string_equal(got, "");
    http_client_free(c);
}

static void http_bounds_size_and_time(void **state)
{
    http_client *c =
        client(&(http_options){.max_answer = 4, .timeout_ms = 300});
    http_answer out;

    (void)state;
    answer = "HTTP/1.1 200 OK\r\n\r\n1234";
    assert_int_equal(call(&out, c, (http_request){.method = "GET"}), BZT_OK);
    assert_int_equal(out.body.len, 4);
    answer = "HTTP/1.1 200 OK\r\n\r\n12345";
    assert_int_equal(call(&out, c, (http_request){.method = "GET"}),
                     BZT_ERR_UNAVAILABLE);
    assert_null(out.body.p);
    answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12";
    assert_int_equal(call(&out, c, (http_request){.method = "GET"}),
                     BZT_ERR_UNAVAILABLE);
    answer = NULL;
    assert_int_equal(call(&out, c, (http_request){.method = "GET"}),
                     BZT_ERR_UNAVAILABLE);
    http_client_free(c);
}

static void http_without_a_server_is_unavailable(void **state)
{
    http_client *c = client(NULL);
    http_answer out;
    http_request r = {.method = "GET", .url = "http://127.0.0.1:1/"};

    (void)state;
    assert_int_equal(http_call(&out, a, c, &r), BZT_ERR_UNAVAILABLE);
    r.url = "file:///etc/passwd";
    assert_int_equal(http_call(&out, a, c, &r), BZT_ERR_UNAVAILABLE);
    r.url = "not a url";
    assert_int_equal(http_call(&out, a, c, &r), BZT_ERR_UNAVAILABLE);
    http_client_free(c);
}

static void http_keeps_cookies_also_through_a_file(void **state)
{
    char path[] = "/tmp/bzt-cookies-XXXXXX";
    http_client *c = client(NULL), *later = client(NULL);
    http_answer out;

    (void)state;
    close(mkstemp(path));
    answer = "HTTP/1.1 204 No Content\r\nSet-Cookie: session=abc; Path=/; "
             "HttpOnly; SameSite=Strict\r\n\r\n";
    assert_int_equal(call(&out, c, (http_request){.method = "GET"}), BZT_OK);
    answer = "HTTP/1.1 204 No Content\r\n\r\n";
    assert_int_equal(call(&out, c, (http_request){.method = "GET"}), BZT_OK);
    assert_non_null(strstr(got, "\r\nCookie: session=abc\r\n"));
    assert_int_equal(http_cookies_write(c, path), BZT_OK);

    assert_int_equal(call(&out, later, (http_request){.method = "GET"}),
                     BZT_OK);
    assert_null(strstr(got, "Cookie:"));
    assert_int_equal(http_cookies_read(later, path), BZT_OK);
    assert_int_equal(call(&out, later, (http_request){.method = "GET"}),
                     BZT_OK);
    assert_non_null(strstr(got, "\r\nCookie: session=abc\r\n"));
    assert_int_equal(http_cookies_read(later, "/nowhere/x"), BZT_ERR_NOT_FOUND);
    unlink(path);
    http_client_free(c);
    http_client_free(later);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_sends_method_headers_and_body),
        cmocka_unit_test(http_follows_no_redirect),
        cmocka_unit_test(http_refuses_header_injection),
        cmocka_unit_test(http_bounds_size_and_time),
        cmocka_unit_test(http_without_a_server_is_unavailable),
        cmocka_unit_test(http_keeps_cookies_also_through_a_file),
    };

    return cmocka_run_group_tests_name("http_client", tests, set_up, tear_down);
}
