/* Who may call: sessions of people and staff, and signed requests, through
 * the engine and a real store. */
#include "base/clock.h"
#include "base/rng.h"
#include "client.h"
#include "core/text.h"
#include "pki/statement.h"
#include "server/auth.h"
#include "service/session.h"
#include "store/http_nonce.h"
#include "store/person.h"
#include "store/rp.h"
#include "store/staff.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static engine server;
static service services;
static char folder[32];

/* --- routes: each tells whom it took the caller for ---------------------- */

static bzt_err tell(call *c)
{
    const caller *by = &c->caller;

    json_add_id(call_answer(c), "person", "per", by->person);
    json_add_id(c->answer, "device", "dev", by->device);
    json_add_id(c->answer, "staff", "stf", by->staff);
    json_add_id(c->answer, "tenant", "ten", by->tenant);
    json_add_id(c->answer, "rp", "rp", by->rp);
    return BZT_OK;
}

static const field text_fields[] = {{"text", FIELD_TEXT, 1, 10}, {NULL}};

static const route table[] = {
    {"GET", "/app", WHO_APP, NULL, tell},
    {"POST", "/app", WHO_APP, text_fields, tell},
    {"DELETE", "/app", WHO_APP, NULL, tell},
    {"POST", "/free", WHO_APP, text_fields, tell, 0, ROUTE_NO_CSRF},
    {"GET", "/person", WHO_PERSON, NULL, tell},
    {"GET", "/device", WHO_DEVICE, NULL, tell},
    {"GET", "/holder", WHO_HOLDER, NULL, tell},
    {"GET", "/staff", WHO_STAFF, NULL, tell},
    {"POST", "/staff", WHO_STAFF, text_fields, tell},
    {"GET", "/reviewer", WHO_REVIEWER, NULL, tell},
    {"GET", "/operator", WHO_OPERATOR, NULL, tell},
    {"GET", "/rp", WHO_RP, NULL, tell},
    {"POST", "/rp", WHO_RP, text_fields, tell},
};

/* --- the store ----------------------------------------------------------- */

typedef struct insert {
    bzt_err (*fn)(store_tx *tx, const void *row);
    const void *row;
} insert;

static bzt_err insert_op(store_tx *tx, void *arg)
{
    const insert *in = arg;

    return in->fn(tx, in->row);
}

static void put(bzt_err (*fn)(store_tx *tx, const void *row), const void *row)
{
    insert in = {fn, row};

    assert_int_equal(store_write(services.store, insert_op, &in), BZT_OK);
}

static bzt_err put_session(store_tx *tx, const void *row)
{
    return session_insert(tx, row);
}

static bzt_err put_person(store_tx *tx, const void *row)
{
    return person_insert(tx, row);
}

static bzt_err put_realname(store_tx *tx, const void *row)
{
    return person_update_realname(tx, row);
}

static bzt_err put_staff(store_tx *tx, const void *row)
{
    return staff_insert(tx, row);
}

static bzt_err put_staff_key(store_tx *tx, const void *row)
{
    return staff_key_insert(tx, row);
}

static bzt_err put_rp(store_tx *tx, const void *row)
{
    return rp_insert(tx, row);
}

static const uint8_t tenant[16] = {9};

/* A person, with or without a real name. */
static void make_person(uint8_t id[16], int has_realname)
{
    person_row p = {
        .phone_sealed = BZT_SPAN_LIT("x"), .language = "zh", .created_at = 1};

    assert_int_equal(rng_id(id), BZT_OK);
    memcpy(p.id, id, 16);
    memcpy(p.phone_index, id, 16);
    put(put_person, &p);
    if (!has_realname)
        return;
    p.has_realname = 1;
    p.name_sealed = p.id_number_sealed = BZT_SPAN_LIT("y");
    memcpy(p.id_number_index, id, 16);
    p.realname_provider = "police";
    p.realname_at = 2;
    put(put_realname, &p);
}

static void make_staff(uint8_t id[16], const char *roles, const char *state)
{
    staff_row s = {.roles = roles,
                   .password = "x",
                   .totp_sealed = BZT_SPAN_LIT("x"),
                   .state = state,
                   .created_at = 1};
    char login[ID_TEXT_SIZE];

    assert_int_equal(rng_id(id), BZT_OK);
    id_write(login, "stf", id);
    s.login = login;
    memcpy(s.id, id, 16);
    memcpy(s.tenant, tenant, 16);
    put(put_staff, &s);
}

/* --- sessions ------------------------------------------------------------ */

typedef struct login {
    session_row row;
    char token[SESSION_TOKEN_SIZE];
    char lines[256]; /* the cookie's header line */
    char csrf[64];
} login;

static void write_lines(login *l)
{
    snprintf(l->lines, sizeof l->lines, "Cookie: x=1; %s=%s\r\n",
             l->row.is_staff ? SESSION_STAFF_COOKIE : SESSION_APP_COOKIE,
             l->token);
    base64url_write(l->csrf, (bzt_span){l->row.csrf, SESSION_CSRF_LEN});
}

static void log_in(login *l, const uint8_t id[16], int is_staff)
{
    memset(l, 0, sizeof *l);
    l->row.is_staff = is_staff;
    memcpy(is_staff ? l->row.staff : l->row.person, id, 16);
    assert_int_equal(session_new(l->token, &l->row, clock_now_ms()), BZT_OK);
    write_lines(l);
}

static void get(reply *r, const char *path, const char *lines)
{
    char bytes[2048];

    snprintf(bytes, sizeof bytes, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path,
             lines);
    ask(r, &server, bytes);
}

static void expect(const char *path, const char *lines, int status,
                   const char *code)
{
    char part[64];
    reply r;

    get(&r, path, lines);
    if (r.status != status)
        print_message("# %s %s%s\n", path, r.head, r.body);
    assert_int_equal(r.status, status);
    snprintf(part, sizeof part, "\"code\":\"%s\"", code ? code : "");
    assert_true(!code || has(r.body, part));
}

static void person_is_found_by_cookie(void **state)
{
    uint8_t person[16];
    char text[ID_TEXT_SIZE];
    login l;
    reply r;

    (void)state;
    make_person(person, 1);
    log_in(&l, person, 0);
    put(put_session, &l.row);
    get(&r, "/app", l.lines);
    assert_int_equal(r.status, 200);
    id_write(text, "per", person);
    assert_true(has(r.body, text));
    expect("/person", l.lines, 200, NULL);
    expect("/device", l.lines, 403, "forbidden");
    expect("/holder", l.lines, 403, "forbidden");
}

static void real_name_is_asked_for(void **state)
{
    uint8_t person[16];
    login l;

    (void)state;
    make_person(person, 0);
    log_in(&l, person, 0);
    l.row.has_device = 1;
    memset(l.row.device, 7, 16);
    put(put_session, &l.row);
    expect("/person", l.lines, 403, "real_name_required");
    expect("/holder", l.lines, 403, "real_name_required");
    expect("/device", l.lines, 200, NULL);
}

static void strangers_are_unauthenticated(void **state)
{
    static const char *const lines[] = {
        "",
        "Cookie: __Host-bzt=\r\n",
        "Cookie: __Host-bzt=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n",
        "Cookie: __Host-bzt=short\r\n",
        "Authorization: Bearer x\r\n",
        "Authorization: BZT-SM2 \r\n",
        "Authorization: BZT-SM2 id=rp_x,at=1,nonce=A,sig=A\r\n"};
    static const char *const paths[] = {"/app",      "/person", "/device",
                                        "/holder",   "/staff",  "/reviewer",
                                        "/operator", "/rp"};

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        for (size_t j = 0; j < sizeof paths / sizeof *paths; j++)
            expect(paths[j], lines[i], 401, "unauthenticated");
}

static void sessions_of_one_kind_open_no_other(void **state)
{
    uint8_t person[16], staff[16];
    char lines[256];
    login l;

    (void)state;
    make_person(person, 1);
    log_in(&l, person, 0);
    put(put_session, &l.row);
    expect("/staff", l.lines, 401, "unauthenticated");
    snprintf(lines, sizeof lines, "Cookie: " SESSION_STAFF_COOKIE "=%s\r\n",
             l.token);
    expect("/staff", lines, 401, "unauthenticated");
    make_staff(staff, "operator,reviewer", "active");
    log_in(&l, staff, 1);
    put(put_session, &l.row);
    expect("/staff", l.lines, 200, NULL);
    snprintf(lines, sizeof lines, "Cookie: " SESSION_APP_COOKIE "=%s\r\n",
             l.token);
    expect("/app", lines, 401, "unauthenticated");
}

static void sessions_end(void **state)
{
    const int64_t now = clock_now_ms();
    uint8_t person[16], staff[16];
    login l;

    (void)state;
    make_person(person, 1);
    make_staff(staff, "operator", "active");
    log_in(&l, person, 0);
    l.row.expires_at = now - 1;
    put(put_session, &l.row);
    expect("/app", l.lines, 401, "unauthenticated");
    log_in(&l, person, 0);
    l.row.seen_at = now - SESSION_APP_IDLE_MS;
    put(put_session, &l.row);
    expect("/app", l.lines, 401, "unauthenticated");
    log_in(&l, staff, 1);
    l.row.seen_at = now - SESSION_STAFF_IDLE_MS;
    put(put_session, &l.row);
    expect("/staff", l.lines, 401, "unauthenticated");
    log_in(&l, staff, 1);
    l.row.expires_at = now - 1;
    put(put_session, &l.row);
    expect("/staff", l.lines, 401, "unauthenticated");
}

typedef struct lookup {
    const uint8_t *hash;
    session_row row;
} lookup;

static bzt_err get_session(store_tx *tx, void *arg)
{
    lookup *l = arg;

    return session_get(tx, &l->row, l->hash);
}

static bzt_err find(login *l, session_row *out)
{
    lookup q = {.hash = l->row.token_hash};
    bzt_err err = store_read(services.store, get_session, &q);

    *out = q.row;
    return err;
}

static void use_keeps_a_session_alive(void **state)
{
    const int64_t now = clock_now_ms();
    uint8_t staff[16];
    session_row row;
    login l;

    (void)state;
    make_staff(staff, "operator", "active");
    log_in(&l, staff, 1);
    l.row.seen_at = now - SESSION_STAFF_IDLE_MS + 5000;
    put(put_session, &l.row);
    expect("/staff", l.lines, 200, NULL);
    assert_int_equal(find(&l, &row), BZT_OK);
    assert_true(row.seen_at >= now);
}

static void sweep_forgets_only_what_ended(void **state)
{
    const int64_t now = clock_now_ms();
    uint8_t person[16];
    login live, ended, idle;
    session_row row;
    int more = 0;

    (void)state;
    make_person(person, 1);
    log_in(&live, person, 0);
    put(put_session, &live.row);
    log_in(&ended, person, 0);
    ended.row.expires_at = now - 1;
    put(put_session, &ended.row);
    log_in(&idle, person, 0);
    idle.row.seen_at = now - SESSION_APP_IDLE_MS - 1;
    put(put_session, &idle.row);
    assert_int_equal(session_task(&services, &more), BZT_OK);
    assert_int_equal(find(&live, &row), BZT_OK);
    assert_int_equal(find(&ended, &row), BZT_ERR_NOT_FOUND);
    assert_int_equal(find(&idle, &row), BZT_ERR_NOT_FOUND);
}

static void changes_need_the_csrf_header(void **state)
{
    static const char body[] = "{\"text\":\"a\"}";
    uint8_t person[16];
    char lines[512];
    login l, other;
    reply r;

    (void)state;
    make_person(person, 1);
    log_in(&l, person, 0);
    put(put_session, &l.row);
    log_in(&other, person, 0);
    put(put_session, &other.row);
    post(&r, &server, "/app", l.lines, body);
    assert_int_equal(r.status, 403);
    assert_true(has(r.body, "\"code\":\"csrf\""));
    snprintf(lines, sizeof lines, "%sX-BZT-CSRF: %s\r\n", l.lines, other.csrf);
    post(&r, &server, "/app", lines, body);
    assert_int_equal(r.status, 403);
    snprintf(lines, sizeof lines, "%sX-BZT-CSRF: \r\n", l.lines);
    post(&r, &server, "/app", lines, body);
    assert_int_equal(r.status, 403);
    snprintf(lines, sizeof lines, "%sX-BZT-CSRF: %s\r\n", l.lines, l.csrf);
    post(&r, &server, "/app", lines, body);
    assert_int_equal(r.status, 200);
    post(&r, &server, "/free", l.lines, body);
    assert_int_equal(r.status, 200);
    snprintf(lines, sizeof lines, "DELETE /app HTTP/1.1\r\nHost: x\r\n%s\r\n",
             l.lines);
    ask(&r, &server, lines);
    assert_int_equal(r.status, 403);
}

static void roles_open_their_routes_only(void **state)
{
    uint8_t staff[16];
    login l;

    (void)state;
    make_staff(staff, "reviewer", "active");
    log_in(&l, staff, 1);
    put(put_session, &l.row);
    expect("/staff", l.lines, 200, NULL);
    expect("/reviewer", l.lines, 200, NULL);
    expect("/operator", l.lines, 403, "forbidden");
    make_staff(staff, "operator", "active");
    log_in(&l, staff, 1);
    put(put_session, &l.row);
    expect("/reviewer", l.lines, 403, "forbidden");
    expect("/operator", l.lines, 200, NULL);
    make_staff(staff, "preoperator,operators", "active");
    log_in(&l, staff, 1);
    put(put_session, &l.row);
    expect("/operator", l.lines, 403, "forbidden");
    make_staff(staff, "operator", "disabled");
    log_in(&l, staff, 1);
    put(put_session, &l.row);
    expect("/staff", l.lines, 401, "unauthenticated");
}

static bzt_err delete_op(store_tx *tx, void *arg)
{
    const session_row *row = arg;

    return session_delete_others(tx, row->person, row->token_hash);
}

static void other_sessions_of_a_person_can_be_ended(void **state)
{
    uint8_t person[16], another[16];
    login a, b, c;

    (void)state;
    make_person(person, 1);
    make_person(another, 1);
    log_in(&a, person, 0);
    put(put_session, &a.row);
    log_in(&b, person, 0);
    put(put_session, &b.row);
    log_in(&c, another, 0);
    put(put_session, &c.row);
    assert_int_equal(store_write(services.store, delete_op, &a.row), BZT_OK);
    expect("/app", a.lines, 200, NULL);
    expect("/app", b.lines, 401, "unauthenticated");
    expect("/app", c.lines, 200, NULL);
}

/* --- signed requests ----------------------------------------------------- */

typedef struct signer {
    bzt_sm2_key key;
    uint8_t public_key[65];
    uint8_t id[16];
    char text[ID_TEXT_SIZE];
} signer;

static void make_key(signer *s, const char *kind)
{
    uint8_t random[48];

    assert_int_equal(rng_bytes(random, sizeof random), BZT_OK);
    assert_int_equal(bzt_sm2_key_new(&s->key, s->public_key, random), BZT_OK);
    assert_int_equal(rng_id(s->id), BZT_OK);
    id_write(s->text, kind, s->id);
}

static void make_rp(signer *s, const char *state)
{
    rp_row row = {.name = "x",
                  .certificate = BZT_SPAN_LIT("x"),
                  .domains = "[]",
                  .state = state,
                  .created_at = 1};

    make_key(s, "rp");
    memcpy(row.id, s->id, 16);
    memcpy(row.tenant, tenant, 16);
    memcpy(row.public_key, s->public_key, 65);
    put(put_rp, &row);
}

static void make_staff_key(signer *s, const char *roles, const char *state)
{
    staff_key_row row = {.name = "x", .state = state, .created_at = 1};

    make_key(s, "skey");
    make_staff(row.staff, roles, "active");
    memcpy(row.id, s->id, 16);
    memcpy(row.public_key, s->public_key, 65);
    put(put_staff_key, &row);
}

typedef struct signed_call {
    const char *method, *target, *body;
    int64_t at;
} signed_call;

/* The header line. */
static void sign(char lines[512], const signer *s, const signed_call *c)
{
    uint8_t buffer[STATEMENT_HTTP_PAYLOAD_MAX], random[48], sig[64];
    statement_http h = {.method = text_span(c->method),
                        .target = text_span(c->target),
                        .id = text_span(s->text),
                        .at = c->at ? c->at : clock_now_ms(),
                        .body = text_span(c->body)};
    char header[STATEMENT_HTTP_HEADER_MAX];
    bzt_span payload;

    assert_int_equal(rng_bytes(h.nonce, sizeof h.nonce), BZT_OK);
    assert_int_equal(rng_bytes(random, sizeof random), BZT_OK);
    assert_int_equal(
        statement_http_payload(&payload, buffer, sizeof buffer, &h), BZT_OK);
    assert_int_equal(
        statement_sign(sig, STATEMENT_HTTP, &s->key, payload, random), BZT_OK);
    assert_int_equal(statement_http_write(header, &h, sig), BZT_OK);
    snprintf(lines, 512, "Authorization: %s\r\n", header);
}

static void sign_get(char lines[512], const signer *s, const char *target)
{
    sign(lines, s, &(signed_call){"GET", target, "", 0});
}

static void rp_is_found_by_signature(void **state)
{
    static const char body[] = "{\"text\":\"a\"}";
    char lines[512];
    signer s;
    reply r;

    (void)state;
    make_rp(&s, "active");
    sign_get(lines, &s, "/rp?wait=1&a=%20b");
    get(&r, "/rp?wait=1&a=%20b", lines);
    assert_int_equal(r.status, 200);
    assert_true(has(r.body, s.text));
    sign(lines, &s, &(signed_call){"POST", "/rp", body, 0});
    post(&r, &server, "/rp", lines, body);
    assert_int_equal(r.status, 200);
}

static void a_signature_is_for_one_request(void **state)
{
    static const char body[] = "{\"text\":\"a\"}";
    char lines[512];
    signer s;
    reply r;

    (void)state;
    make_rp(&s, "active");
    sign_get(lines, &s, "/rp?a=1");
    expect("/rp?a=2", lines, 400, "bad_signature");
    expect("/rp", lines, 400, "bad_signature");
    sign_get(lines, &s, "/rp");
    post(&r, &server, "/rp", lines, body);
    assert_int_equal(r.status, 400);
    sign(lines, &s, &(signed_call){"POST", "/rp", "{\"text\":\"b\"}", 0});
    post(&r, &server, "/rp", lines, body);
    assert_int_equal(r.status, 400);
    assert_true(has(r.body, "bad_signature"));
}

static void a_signed_request_works_once(void **state)
{
    char lines[512];
    signer s, t;

    (void)state;
    make_rp(&s, "active");
    make_rp(&t, "active");
    sign_get(lines, &s, "/rp");
    expect("/rp", lines, 200, NULL);
    expect("/rp", lines, 409, "replayed");
    expect("/rp", lines, 409, "replayed");
}

static void signed_times_differ_by_a_minute_at_most(void **state)
{
    const int64_t now = clock_now_ms();
    char lines[512];
    signer s;

    (void)state;
    make_rp(&s, "active");
    sign(lines, &s, &(signed_call){"GET", "/rp", "", now - 61000});
    expect("/rp", lines, 401, "clock_skew");
    sign(lines, &s, &(signed_call){"GET", "/rp", "", now + 70000});
    expect("/rp", lines, 401, "clock_skew");
    sign(lines, &s, &(signed_call){"GET", "/rp", "", now - 50000});
    expect("/rp", lines, 200, NULL);
    sign(lines, &s, &(signed_call){"GET", "/rp", "", now + 50000});
    expect("/rp", lines, 200, NULL);
}

static void a_bad_signature_spends_no_nonce(void **state)
{
    char lines[512];
    signer s;

    (void)state;
    make_rp(&s, "active");
    sign_get(lines, &s, "/rp");
    expect("/rp?other", lines, 400, "bad_signature");
    expect("/rp", lines, 200, NULL);
}

static void unknown_and_disabled_rps_are_refused(void **state)
{
    char lines[512];
    signer s, other;

    (void)state;
    make_rp(&s, "disabled");
    sign_get(lines, &s, "/rp");
    expect("/rp", lines, 403, "rp_unknown");
    make_key(&s, "rp");
    sign_get(lines, &s, "/rp");
    expect("/rp", lines, 401, "unauthenticated");
    make_rp(&s, "active");
    make_key(&other, "rp");
    strcpy(other.text, s.text);
    sign_get(lines, &other, "/rp");
    expect("/rp", lines, 400, "bad_signature");
}

static void staff_keys_need_no_csrf_but_roles(void **state)
{
    static const char body[] = "{\"text\":\"a\"}";
    char lines[512];
    signer s;
    reply r;

    (void)state;
    make_staff_key(&s, "reviewer", "active");
    sign_get(lines, &s, "/staff");
    expect("/staff", lines, 200, NULL);
    sign_get(lines, &s, "/reviewer");
    expect("/reviewer", lines, 200, NULL);
    sign_get(lines, &s, "/operator");
    expect("/operator", lines, 403, "forbidden");
    sign(lines, &s, &(signed_call){"POST", "/staff", body, 0});
    post(&r, &server, "/staff", lines, body);
    assert_int_equal(r.status, 200);
    make_staff_key(&s, "operator", "removed");
    sign_get(lines, &s, "/operator");
    expect("/operator", lines, 401, "unauthenticated");
}

static void keys_of_one_kind_open_no_other(void **state)
{
    char lines[512];
    signer s;

    (void)state;
    make_staff_key(&s, "operator,reviewer", "active");
    sign_get(lines, &s, "/rp");
    expect("/rp", lines, 401, "unauthenticated");
    sign_get(lines, &s, "/app");
    expect("/app", lines, 401, "unauthenticated");
    make_rp(&s, "active");
    sign_get(lines, &s, "/operator");
    expect("/operator", lines, 401, "unauthenticated");
}

static void every_flipped_character_of_a_header_is_refused(void **state)
{
    char lines[512], bad[512];
    signer s;
    reply r;

    (void)state;
    make_rp(&s, "active");
    sign_get(lines, &s, "/rp");
    for (size_t i = strlen("Authorization: "); i < strlen(lines) - 2; i++) {
        strcpy(bad, lines);
        bad[i] = (char)(bad[i] ^ 1);
        get(&r, "/rp", bad);
        assert_true(r.status == 400 || r.status == 401);
    }
    expect("/rp", lines, 200, NULL);
}

static const uint8_t nonce_owner[16] = {1}, nonce_bytes[16] = {2};

static bzt_err put_nonce(store_tx *tx, void *arg)
{
    return http_nonce_insert(tx, nonce_owner, nonce_bytes, *(int64_t *)arg);
}

static void old_nonces_are_forgotten(void **state)
{
    int64_t old = clock_now_ms() - 11 * 60 * 1000, now = clock_now_ms();
    int more = 0;

    (void)state;
    assert_int_equal(store_write(services.store, put_nonce, &old), BZT_OK);
    assert_int_equal(store_write(services.store, put_nonce, &now),
                     BZT_ERR_DUPLICATE);
    assert_int_equal(session_task(&services, &more), BZT_OK);
    assert_int_equal(store_write(services.store, put_nonce, &now), BZT_OK);
    assert_int_equal(session_task(&services, &more), BZT_OK);
    assert_int_equal(store_write(services.store, put_nonce, &now),
                     BZT_ERR_DUPLICATE);
}

/* --- the group ----------------------------------------------------------- */

static int start(void **state)
{
    http_options o = {.routes = table,
                      .routes_n = sizeof table / sizeof *table,
                      .authenticate = auth_call,
                      .workers = 4};
    store_options stored = {NULL};
    char url[64];

    (void)state;
    strcpy(folder, "/tmp/bzt-auth-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(url, sizeof url, "sqlite:%s/db", folder);
    stored.url = url;
    if (store_open(&services.store, &stored))
        return -1;
    server.service = &services;
    engine_start(&server, &o);
    return 0;
}

static int stop(void **state)
{
    char command[64];

    (void)state;
    engine_stop(&server);
    store_close(services.store);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(person_is_found_by_cookie),
        cmocka_unit_test(real_name_is_asked_for),
        cmocka_unit_test(strangers_are_unauthenticated),
        cmocka_unit_test(sessions_of_one_kind_open_no_other),
        cmocka_unit_test(sessions_end),
        cmocka_unit_test(use_keeps_a_session_alive),
        cmocka_unit_test(sweep_forgets_only_what_ended),
        cmocka_unit_test(changes_need_the_csrf_header),
        cmocka_unit_test(roles_open_their_routes_only),
        cmocka_unit_test(other_sessions_of_a_person_can_be_ended),
        cmocka_unit_test(rp_is_found_by_signature),
        cmocka_unit_test(a_signature_is_for_one_request),
        cmocka_unit_test(a_signed_request_works_once),
        cmocka_unit_test(signed_times_differ_by_a_minute_at_most),
        cmocka_unit_test(a_bad_signature_spends_no_nonce),
        cmocka_unit_test(unknown_and_disabled_rps_are_refused),
        cmocka_unit_test(staff_keys_need_no_csrf_but_roles),
        cmocka_unit_test(keys_of_one_kind_open_no_other),
        cmocka_unit_test(every_flipped_character_of_a_header_is_refused),
        cmocka_unit_test(old_nonces_are_forgotten),
    };

    http_wipe_memory();
    return cmocka_run_group_tests_name("auth", tests, start, stop);
}
