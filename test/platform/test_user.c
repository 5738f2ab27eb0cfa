/* Users, bindings, records and pending requests: what the platform keeps. */
#include "base/file.h"
#include "core/text.h"
#include "platform/password.h"
#include "platform/pending.h"
#include "platform/record.h"
#include "platform/user.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const int64_t NOW = 1800000000000;
static const char uscc[] = "91350100M000100Y43"; /* of GB 32100 */
static char folder[] = "/tmp/bzt-platform-XXXXXX";
static arena *a;

static int make(void **state)
{
    (void)state;
    strcpy(strrchr(folder, '-') + 1, "XXXXXX");
    a = arena_new(4 << 20);
    return !a || !mkdtemp(folder) || users_prepare(folder);
}

static int remove_one(const char *path, const struct stat *st, int flag,
                      struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static int drop(void **state)
{
    (void)state;
    arena_free(a);
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static user some_user(const char *login)
{
    return (user){.login = login,
                  .organisation = "沂海恒屹建设工程有限公司",
                  .uscc = uscc,
                  .password = "$argon2id$x",
                  .created_at = NOW};
}

static user bound_user(const char *login, uint8_t certificate)
{
    user u = some_user(login);

    u.is_bound = 1;
    memset(u.certificate, certificate, 32);
    u.holder = "沂海恒屹建设工程有限公司";
    u.not_after = NOW + 1;
    u.bound_at = NOW;
    return u;
}

/* --- users --------------------------------------------------------------- */

static void user_comes_back_as_it_was(void **state)
{
    user u = some_user("clerk-1.a@x"), got;

    (void)state;
    assert_int_equal(user_add(folder, a, &u), BZT_OK);
    assert_int_equal(user_get(&got, a, folder, u.login), BZT_OK);
    assert_string_equal(got.organisation, u.organisation);
    assert_string_equal(got.uscc, u.uscc);
    assert_string_equal(got.password, u.password);
    assert_int_equal(got.is_bound, 0);
    assert_int_equal(user_add(folder, a, &u), BZT_ERR_DUPLICATE);
}

static void login_is_no_path(void **state)
{
    static const char *const bad[] = {
        "",    ".",
        "..",  "../x",
        "a/b", "A",
        "-a",  "a b",
        "a\n", "a\x7f",
        "汉",  ".a",
        "a%",  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    user got;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        user u = some_user(bad[i]);
        assert_int_equal(user_add(folder, a, &u), BZT_ERR_BAD_FIELD);
        assert_int_equal(user_get(&got, a, folder, bad[i]), BZT_ERR_NOT_FOUND);
    }
}

static void user_needs_a_plain_name_and_a_right_code(void **state)
{
    user u = some_user("clerk");

    (void)state;
    u.uscc = "91350100M000100Y44";
    assert_int_equal(user_add(folder, a, &u), BZT_ERR_USCC);
    u.uscc = uscc;
    u.organisation = "two\nlines";
    assert_int_equal(user_add(folder, a, &u), BZT_ERR_BAD_FIELD);
    u.organisation = "";
    assert_int_equal(user_add(folder, a, &u), BZT_ERR_BAD_FIELD);
}

static void altered_file_is_an_error_and_no_user(void **state)
{
    static const char *const bad[] = {"", "{", "[]", "{\"v\":2}",
                                      "{\"v\":1,\"login\":\"other\"}"};
    user u = some_user("clerk"), got;
    const char *path = arena_printf(a, "%s/users/clerk.json", folder);

    (void)state;
    assert_int_equal(user_add(folder, a, &u), BZT_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(file_write(path, text_span(bad[i]), 0600), BZT_OK);
        assert_int_equal(user_get(&got, a, folder, "clerk"), BZT_ERR_IO);
        assert_null(got.login);
    }
}

static void files_are_for_their_owner_only(void **state)
{
    user u = some_user("clerk");
    struct stat st;

    (void)state;
    assert_int_equal(user_add(folder, a, &u), BZT_OK);
    assert_int_equal(stat(arena_printf(a, "%s/users/clerk.json", folder), &st),
                     0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(arena_printf(a, "%s/users", folder), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

/* --- bindings ------------------------------------------------------------ */

static void certificate_finds_its_user(void **state)
{
    user u = some_user("clerk"), b = bound_user("clerk", 7), got;

    (void)state;
    assert_int_equal(user_add(folder, a, &u), BZT_OK);
    assert_int_equal(user_find_certificate(&got, a, folder, b.certificate),
                     BZT_ERR_NOT_FOUND);
    assert_int_equal(user_bind(folder, a, &b), BZT_OK);
    assert_int_equal(user_find_certificate(&got, a, folder, b.certificate),
                     BZT_OK);
    assert_string_equal(got.login, "clerk");
    assert_int_equal(got.bound_at, NOW);
}

static void certificate_has_one_user(void **state)
{
    user u = some_user("clerk"), v = some_user("other");
    user b = bound_user("clerk", 7), c = bound_user("other", 7), got;

    (void)state;
    assert_int_equal(user_add(folder, a, &u), BZT_OK);
    assert_int_equal(user_add(folder, a, &v), BZT_OK);
    assert_int_equal(user_bind(folder, a, &b), BZT_OK);
    assert_int_equal(user_bind(folder, a, &b), BZT_OK); /* once more */
    assert_int_equal(user_bind(folder, a, &c), BZT_ERR_CONFLICT);
    assert_int_equal(user_find_certificate(&got, a, folder, b.certificate),
                     BZT_OK);
    assert_string_equal(got.login, "clerk");
}

static void replaced_certificate_logs_in_no_more(void **state)
{
    user u = some_user("clerk"), v = some_user("other");
    user old = bound_user("clerk", 7), new = bound_user("clerk", 8), got;
    user next = bound_user("other", 7);

    (void)state;
    assert_int_equal(user_add(folder, a, &u), BZT_OK);
    assert_int_equal(user_add(folder, a, &v), BZT_OK);
    assert_int_equal(user_bind(folder, a, &old), BZT_OK);
    assert_int_equal(user_bind(folder, a, &new), BZT_OK);
    assert_int_equal(user_find_certificate(&got, a, folder, old.certificate),
                     BZT_ERR_NOT_FOUND);
    assert_int_equal(user_find_certificate(&got, a, folder, new.certificate),
                     BZT_OK);
    assert_int_equal(user_bind(folder, a, &next), BZT_OK); /* it is free */
}

/* --- records ------------------------------------------------------------- */

static void add_record(int64_t at, const char *id)
{
    static const uint8_t bytes[] = {0x30, 0, 0xff, 7};
    const bzt_span span = {bytes, sizeof(bytes)};
    bzt_request request = {.kind = BZT_REQUEST_LOGIN};
    const bzt_result result = {.message = span,
                               .signature = span,
                               .certificate = span,
                               .chain = &span,
                               .chain_n = 1,
                               .operation = "op_x"};
    const bzt_holder holder = {
        .name = "张三", .organisation = "", .uscc = "", .not_after = at};
    const record r = {.login = "clerk",
                      .domain = "localhost:8445",
                      .at = at,
                      .request = &request,
                      .result = &result,
                      .holder = &holder};

    strcpy(request.id, id);
    assert_int_equal(record_add(folder, a, &r), BZT_OK);
}

static void record_holds_the_exact_bytes(void **state)
{
    const char *next;
    bzt_span message;
    json *list;

    (void)state;
    add_record(NOW, "req_a");
    assert_int_equal(record_list(&list, &next, a, folder, "clerk", NULL),
                     BZT_OK);
    assert_int_equal(json_array_n(list), 1);
    assert_null(next);
    assert_int_equal(
        json_span(&message, a, json_array_item(list, 0), "message", 1, 100),
        BZT_OK);
    assert_int_equal(message.len, 4);
    assert_memory_equal(message.p, "\x30\0\xff\x07", 4);
    assert_int_equal(record_list(&list, &next, a, folder, "other", NULL),
                     BZT_OK);
    assert_int_equal(json_array_n(list), 0);
}

static void records_come_newest_first_and_in_pages(void **state)
{
    const int n = 2 * RECORDS_PAGE + 3;
    const char *before = NULL, *next;
    int64_t last = INT64_MAX, at;
    json *list;
    int seen = 0;

    (void)state;
    for (int i = 0; i < n; i++) {
        add_record(NOW + i * 7, "req_a");
    }
    do {
        assert_int_equal(record_list(&list, &next, a, folder, "clerk", before),
                         BZT_OK);
        for (size_t i = 0; i < json_array_n(list); i++, seen++) {
            assert_int_equal(
                json_int(&at, json_array_item(list, i), "at", 0, INT64_MAX / 2),
                BZT_OK);
            assert_true(at < last);
            last = at;
        }
        before = next;
    } while (next);
    assert_int_equal(seen, n);
}

/* --- passwords ----------------------------------------------------------- */

static void password_is_checked_against_its_hash(void **state)
{
    const char *hash, *again;

    (void)state;
    assert_int_equal(password_hash(&hash, a, "platform-1"), BZT_OK);
    assert_int_equal(password_hash(&again, a, "platform-1"), BZT_OK);
    assert_string_not_equal(hash, again);
    assert_int_equal(password_check(hash, "platform-1"), BZT_OK);
    assert_int_equal(password_check(hash, "platform-2"), BZT_ERR_PASSWORD);
    assert_int_equal(password_check(hash, ""), BZT_ERR_PASSWORD);
    assert_int_equal(password_check(NULL, "platform-1"), BZT_ERR_PASSWORD);
    assert_int_equal(password_check("$argon2id$x", "a"), BZT_ERR_PASSWORD);
    assert_int_equal(password_hash(&hash, a, "short-1"), BZT_ERR_PASSWORD_FORM);
    assert_int_equal(password_hash(&hash, a, "with blanks"),
                     BZT_ERR_PASSWORD_FORM);
    assert_null(hash);
}

/* --- pending requests ---------------------------------------------------- */

static pendings open_ones;

static pending some_request(int i)
{
    pending p = {.version = 1, .request.kind = BZT_REQUEST_LOGIN};

    snprintf(p.request.id, sizeof(p.request.id), "req_%d", i);
    p.request.browser[0] = (uint8_t)i;
    p.request.expires_at = p.request.decide_until = NOW + 300000;
    return p;
}

static void pending_request_ends_once(void **state)
{
    pending p = some_request(1);

    (void)state;
    pending_set(&p, BZT_STATE_SCANNED, "", NOW);
    pending_set(&p, BZT_STATE_SCANNED, "", NOW);
    assert_int_equal(p.version, 2);
    pending_set(&p, BZT_STATE_REFUSED, "user_refused", NOW + 1);
    assert_int_equal(p.version, 3);
    assert_int_equal(p.ended_at, NOW + 1);
    assert_true(strlen(p.zh) && strlen(p.en));
    pending_set(&p, BZT_STATE_DONE, "", NOW + 2);
    assert_int_equal(p.state, BZT_STATE_REFUSED);
    assert_int_equal(p.version, 3);
}

static void pending_requests_are_found_by_id_and_browser(void **state)
{
    pending p = some_request(1), *found;

    (void)state;
    memset(&open_ones, 0, sizeof(open_ones));
    assert_int_equal(pending_add(&open_ones, &p, NOW), BZT_OK);
    found = pending_find(&open_ones, "req_1");
    assert_non_null(found);
    assert_null(pending_find(&open_ones, "req_2"));
    assert_null(pending_find(&open_ones, "")); /* no free slot is one */
    assert_ptr_equal(
        pending_of_browser(&open_ones, p.request.browser, BZT_REQUEST_LOGIN),
        found);
    assert_null(
        pending_of_browser(&open_ones, p.request.browser, BZT_REQUEST_BIND));
    pending_set(found, BZT_STATE_EXPIRED, "scan_timeout", NOW);
    assert_null(
        pending_of_browser(&open_ones, p.request.browser, BZT_REQUEST_LOGIN));
}

static void full_table_refuses_until_requests_have_ended(void **state)
{
    pending p = some_request(1);

    (void)state;
    memset(&open_ones, 0, sizeof(open_ones));
    for (int i = 0; i < PENDING_MAX; i++) {
        p = some_request(i);
        assert_int_equal(pending_add(&open_ones, &p, NOW), BZT_OK);
    }
    p = some_request(PENDING_MAX);
    assert_int_equal(pending_add(&open_ones, &p, NOW), BZT_ERR_LIMITED);
    pending_set(pending_find(&open_ones, "req_5"), BZT_STATE_FAILED, "lost",
                NOW);
    assert_int_equal(pending_add(&open_ones, &p, NOW), BZT_ERR_LIMITED);
    assert_int_equal(pending_add(&open_ones, &p, NOW + PENDING_KEPT_MS + 1),
                     BZT_OK);
    assert_null(pending_find(&open_ones, "req_5"));
    assert_non_null(pending_find(&open_ones, p.request.id));
}

static void request_that_is_being_asked_for_keeps_its_place(void **state)
{
    pending p = some_request(1);

    (void)state;
    memset(&open_ones, 0, sizeof(open_ones));
    p.is_refreshing = 1;
    assert_int_equal(pending_add(&open_ones, &p, NOW), BZT_OK);
    p = some_request(2);
    assert_int_equal(pending_add(&open_ones, &p, NOW + 86400000), BZT_OK);
    assert_non_null(pending_find(&open_ones, "req_1"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(user_comes_back_as_it_was),
        TEST(login_is_no_path),
        TEST(user_needs_a_plain_name_and_a_right_code),
        TEST(altered_file_is_an_error_and_no_user),
        TEST(files_are_for_their_owner_only),
        TEST(certificate_finds_its_user),
        TEST(certificate_has_one_user),
        TEST(replaced_certificate_logs_in_no_more),
        TEST(record_holds_the_exact_bytes),
        TEST(records_come_newest_first_and_in_pages),
        TEST(password_is_checked_against_its_hash),
        cmocka_unit_test(pending_request_ends_once),
        cmocka_unit_test(pending_requests_are_found_by_id_and_browser),
        cmocka_unit_test(full_table_refuses_until_requests_have_ended),
        cmocka_unit_test(request_that_is_being_asked_for_keeps_its_place),
    };

    return cmocka_run_group_tests_name("platform-user", tests, NULL, NULL);
}
