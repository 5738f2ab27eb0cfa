/* Our connectors against the running sandbox.  BZT_SANDBOX: the program. */
#include "base/clock.h"
#include "base/file.h"
#include "base/http_client.h"
#include "base/json.h"
#include "base/rng.h"
#include "connect/realname_http.h"
#include "connect/sms_http.h"
#include "core/sm3.h"
#include "core/text.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* clang-format off */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

enum { TIMEOUT_MS = 600, SLOW_MS = 1500 };

static const char key_hex[] =
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
static const char good_number[] = "11010519491231002X";

typedef struct world {
    char folder[64], key[96], other_key[96], conf[96], url[64];
    pid_t pid;
    arena *a;
    http_client *client;
} world;

static int free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static int get(world *w, const char *path, json **out)
{
    const char *url = arena_printf(w->a, "%s%s", w->url, path);
    http_answer answer = {0};

    if (http_call(&answer, w->a, w->client,
                  &(http_request){.method = "GET", .url = url}))
        return 0;
    if (out)
        assert_int_equal(json_parse(out, w->a, answer.body), BZT_OK);
    return answer.status;
}

static void write_text(const char *path, const char *text)
{
    assert_int_equal(file_write(path, text_span(text), 0600), BZT_OK);
}

static int set_up(void **state)
{
    world *w = calloc(1, sizeof(*w));
    const char *program = getenv("BZT_SANDBOX");
    int port = free_port();
    char *argv[] = {(char *)program, "--config", w->conf, NULL};
    char *env[] = {NULL};

    assert_non_null(program);
    w->a = arena_new(8 * 1024 * 1024);
    snprintf(w->folder, sizeof(w->folder), "/tmp/bzt-sandbox-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->key, sizeof(w->key), "%s/key", w->folder);
    snprintf(w->other_key, sizeof(w->other_key), "%s/other", w->folder);
    snprintf(w->conf, sizeof(w->conf), "%s/sandbox.conf", w->folder);
    snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%d", port);
    write_text(w->key, key_hex);
    write_text(w->other_key, "ff112233445566778899aabbccddeeff"
                             "00112233445566778899aabbccddeeff\n");
    write_text(w->conf, arena_printf(w->a,
                                     "[sandbox]\nport = %d\nslow_ms = %d\n"
                                     "[sms]\nid = bzt\nkey_file = %s\n"
                                     "[police]\nid = bzt\nkey_file = %s\n",
                                     port, SLOW_MS, w->key, w->key));
    assert_int_equal(http_client_new(&w->client, &(http_options){0}), BZT_OK);
    assert_int_equal(posix_spawn(&w->pid, program, NULL, NULL, argv, env), 0);
    for (int i = 0; i < 100 && get(w, "/health", NULL) != 200; i++)
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    world *w = *state;
    int status = 0;

    kill(w->pid, SIGTERM);
    waitpid(w->pid, &status, 0);
    http_client_free(w->client);
    arena_free(w->a);
    unlink(w->key);
    unlink(w->other_key);
    unlink(w->conf);
    rmdir(w->folder);
    free(w);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}

static vendor *open_vendor(world *w, const char *party, const char *key)
{
    vendor *v = NULL;

    assert_int_equal(
        vendor_new(&v, &(vendor_options){.url = arena_printf(w->a, "%s/%s",
                                                             w->url, party),
                                         .id = "bzt",
                                         .key_file = key,
                                         .timeout_ms = TIMEOUT_MS}),
        BZT_OK);
    return v;
}

static void script(world *w, const char *target, const char *outcome, int n)
{
    const char *url = arena_printf(w->a, "%s/script", w->url);
    http_answer answer;
    bzt_span body;
    json *o = json_new_object(w->a);

    json_add_text(o, "target", target);
    json_add_text(o, "outcome", outcome);
    json_add_int(o, "n", n);
    assert_int_equal(json_write(&body, w->a, o), BZT_OK);
    assert_int_equal(
        http_call(&answer, w->a, w->client,
                  &(http_request){.method = "POST",
                                  .url = url,
                                  .content_type = "application/json",
                                  .body = body}),
        BZT_OK);
    assert_int_equal(answer.status, 204);
}

static bzt_err send_code(vendor *v, const char *phone, const char *code)
{
    sms_gateway g = sms_http(v);

    return g.send(g.self, &(sms_message){phone, "login", code, "zh"});
}

static bzt_err ask(vendor *v, const char *name, const char *number)
{
    realname_provider p = realname_http(v);
    realname_question q = {.name = name, .id_number = number};

    assert_int_equal(rng_id(q.operation), BZT_OK);
    return p.check(p.self, &q);
}

static size_t inbox_n(world *w, const char *phone)
{
    const json *list;
    json *o = NULL;

    assert_int_equal(get(w, arena_printf(w->a, "/inbox?phone=%s", phone), &o),
                     200);
    assert_int_equal(json_array_at(&list, o, "messages", 1000), BZT_OK);
    return json_array_n(list);
}

static void a_sent_code_is_in_the_inbox_newest_first(void **state)
{
    world *w = *state;
    vendor *v = open_vendor(w, "sms", w->key);
    const json *list;
    const char *code;
    json *o = NULL;

    assert_int_equal(send_code(v, "13800138000", "111111"), BZT_OK);
    assert_int_equal(send_code(v, "13800138000", "222222"), BZT_OK);
    assert_int_equal(send_code(v, "13900139000", "333333"), BZT_OK);
    assert_int_equal(inbox_n(w, "13800138000"), 2);
    assert_int_equal(get(w, "/inbox?phone=13800138000", &o), 200);
    assert_int_equal(json_array_at(&list, o, "messages", 9), BZT_OK);
    assert_int_equal(json_text(&code, json_array_item(list, 0), "code", 1, 16),
                     BZT_OK);
    assert_string_equal(code, "222222");
    vendor_free(v);
}

static void names_and_numbers_are_judged(void **state)
{
    world *w = *state;
    vendor *v = open_vendor(w, "police", w->key);

    assert_int_equal(ask(v, "张三", good_number), BZT_OK);
    assert_int_equal(ask(v, "拒绝者", good_number), BZT_ERR_REALNAME_REFUSED);
    assert_int_equal(ask(v, "无名氏", good_number), BZT_ERR_UNAVAILABLE);
    assert_int_equal(ask(v, "张三", "110105194912310021"), BZT_ERR_UNAVAILABLE);
    vendor_free(v);
}

static void another_key_is_not_heard(void **state)
{
    world *w = *state;
    vendor *v = open_vendor(w, "sms", w->other_key);
    int64_t n = 0;
    json *o = NULL;

    assert_int_equal(send_code(v, "13800138000", "111111"),
                     BZT_ERR_UNAVAILABLE);
    assert_int_equal(inbox_n(w, "13800138000"), 0);
    assert_int_equal(get(w, "/calls?target=sms", &o), 200);
    assert_int_equal(json_int(&n, o, "unsigned", 0, 10), BZT_OK);
    assert_int_equal(n, 1);
    vendor_free(v);
}

static void outages_end_as_one_clean_error_and_pass(void **state)
{
    world *w = *state;
    vendor *sms = open_vendor(w, "sms", w->key);
    vendor *police = open_vendor(w, "police", w->key);
    static const char *const words[] = {"down", "half", "slow"};

    for (size_t i = 0; i < 3; i++) {
        script(w, "sms", words[i], 1);
        assert_int_equal(send_code(sms, "13800138000", "111111"),
                         BZT_ERR_UNAVAILABLE);
        assert_int_equal(send_code(sms, "13800138000", "222222"), BZT_OK);
        script(w, "police", words[i], 2);
        assert_int_equal(ask(police, "张三", good_number), BZT_ERR_UNAVAILABLE);
        assert_int_equal(ask(police, "张三", good_number), BZT_ERR_UNAVAILABLE);
        assert_int_equal(ask(police, "张三", good_number), BZT_OK);
    }
    script(w, "sms", "refuse", 1);
    assert_int_equal(send_code(sms, "13800138000", "1111"),
                     BZT_ERR_UNAVAILABLE);
    script(w, "police", "refuse", 1);
    assert_int_equal(ask(police, "张三", good_number),
                     BZT_ERR_REALNAME_REFUSED);
    vendor_free(sms);
    vendor_free(police);
}

/* --- signatures by hand -------------------------------------------------- */

static void line(hmac_sm3 *h, const char *text)
{
    hmac_sm3_update(h, text, strlen(text));
    hmac_sm3_update(h, "\n", 1);
}

static const char *sign(world *w, const char *path, int64_t at,
                        const char *body)
{
    uint8_t key[32], nonce[16], digest[32];
    char nonce_text[32], hex[65], mac[64], time_text[24];
    size_t n;
    hmac_sm3 h;

    assert_int_equal(hex_read(key, &n, 32, text_span(key_hex)), BZT_OK);
    assert_int_equal(rng_bytes(nonce, 16), BZT_OK);
    base64url_write(nonce_text, (bzt_span){nonce, 16});
    sm3_digest(digest, text_span(body));
    hex_write(hex, (bzt_span){digest, 32});
    snprintf(time_text, sizeof(time_text), "%lld", (long long)at);
    hmac_sm3_init(&h, (bzt_span){key, 32});
    line(&h, "POST");
    line(&h, path);
    line(&h, "bzt");
    line(&h, time_text);
    line(&h, nonce_text);
    line(&h, hex);
    hmac_sm3_final(&h, digest);
    base64url_write(mac, (bzt_span){digest, 32});
    return arena_printf(w->a, "BZT-HMAC-SM3 id=bzt,at=%s,nonce=%s,mac=%s",
                        time_text, nonce_text, mac);
}

static int post(world *w, const char *path, const char *authorization,
                const char *body)
{
    const http_header header = {"Authorization", authorization};
    http_answer answer = {0};

    assert_int_equal(
        http_call(
            &answer, w->a, w->client,
            &(http_request){.method = "POST",
                            .url = arena_printf(w->a, "%s%s", w->url, path),
                            .content_type = "application/json",
                            .body = text_span(body),
                            .headers = &header,
                            .headers_n = authorization ? 1 : 0}),
        BZT_OK);
    return answer.status;
}

static void a_signature_holds_once_for_one_body_path_and_time(void **state)
{
    static const char body[] = "{\"phone\":\"13800138000\",\"template\":"
                               "\"login\",\"code\":\"123456\","
                               "\"language\":\"zh\"}";
    static const char altered[] = "{\"phone\":\"13800138001\",\"template\":"
                                  "\"login\",\"code\":\"123456\","
                                  "\"language\":\"zh\"}";
    static const char path[] = "/sms/v1/sms";
    world *w = *state;
    const int64_t now = clock_now_ms();
    const char *good = sign(w, path, now, body);

    assert_int_equal(post(w, path, NULL, body), 401);
    assert_int_equal(post(w, path, "BZT-HMAC-SM3 id=bzt", body), 401);
    assert_int_equal(post(w, path, good, altered), 400);
    assert_int_equal(post(w, "/police/v1/identity", good, body), 400);
    assert_int_equal(post(w, path, sign(w, path, now - 600000, body), body),
                     401);
    assert_int_equal(inbox_n(w, "13800138000"), 0);
    assert_int_equal(post(w, path, good, body), 200);
    assert_int_equal(post(w, path, good, body), 409);
    assert_int_equal(inbox_n(w, "13800138000"), 1);
    assert_int_equal(post(w, path, sign(w, path, now, "{"), "{"), 400);
    assert_int_equal(post(w, "/nowhere", NULL, body), 404);
}

static void a_vendor_needs_a_whole_configuration(void **state)
{
    world *w = *state;
    vendor *v = NULL;
    vendor_options o = {.url = w->url, .id = "bzt", .key_file = w->key};

    o.url = NULL;
    assert_int_equal(vendor_new(&v, &o), BZT_ERR_CONFIG);
    o.url = "ftp://x";
    assert_int_equal(vendor_new(&v, &o), BZT_ERR_CONFIG);
    o.url = w->url;
    o.id = "a,b";
    assert_int_equal(vendor_new(&v, &o), BZT_ERR_CONFIG);
    o.id = "bzt";
    o.key_file = w->conf;
    assert_int_equal(vendor_new(&v, &o), BZT_ERR_CONFIG);
    assert_null(v);
}

int main(void)
{
#define EACH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        EACH(a_sent_code_is_in_the_inbox_newest_first),
        EACH(names_and_numbers_are_judged),
        EACH(another_key_is_not_heard),
        EACH(outages_end_as_one_clean_error_and_pass),
        EACH(a_signature_holds_once_for_one_body_path_and_time),
        EACH(a_vendor_needs_a_whole_configuration),
    };

    return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
