/* Accounts: codes, passwords, sessions, phones, real names. */
#include "core/bytes.h"
#include "core/sm3.h"
#include "core/text.h"
#include "lib.h"
#include "service/device.h"
#include "service/inbox.h"
#include "service/password.h"
#include "service/realname.h"
#include <pthread.h>
#include <string.h>

static const char phone[] = "13800138000";

static bzt_err send_code(world *w, const char *to, const char *address)
{
    int64_t wait_ms;

    return account_send_code(&w->s, &wait_ms,
                             &(account_code_order){.phone = to,
                                                   .purpose = "login",
                                                   .address = address},
                             w->now);
}

static bzt_err login_code(world *w, account_session *out, const char *code)
{
    return account_login_code(&w->s, out, w->a,
                              &(account_login){.phone = phone, .code = code},
                              w->now);
}

static bzt_err login_password(world *w, account_session *out,
                              const char *password, int64_t *wait_ms)
{
    return account_login_password(
        &w->s, out, wait_ms, w->a,
        &(account_login){.phone = phone, .password = password}, w->now);
}

static void first_login_registers_and_the_second_finds(void **state)
{
    world *w = *state;
    account_session one, two;

    world_login(w, &one, phone);
    assert_string_equal(one.person.phone_masked, "138****8000");
    assert_false(one.person.has_password);
    assert_false(one.person.has_realname);
    world_login(w, &two, phone);
    assert_memory_equal(one.person.id, two.person.id, 16);
    assert_memory_not_equal(one.row.token_hash, two.row.token_hash, 32);
    assert_int_equal(world_audits(w, "account.register"), 1);
    assert_int_equal(world_audits(w, "account.login"), 2);
}

static void wrong_used_and_expired_codes_have_their_own_errors(void **state)
{
    world *w = *state;
    account_session s;
    char code[16], wrong[16];

    assert_int_equal(login_code(w, &s, "123456"), BZT_ERR_SMS_CODE);
    assert_int_equal(send_code(w, phone, NULL), BZT_OK);
    memcpy(code, w->code, sizeof(code));
    memcpy(wrong, code, sizeof(code));
    wrong[5] = wrong[5] == '0' ? '1' : '0';
    assert_int_equal(login_code(w, &s, wrong), BZT_ERR_SMS_CODE);
    assert_int_equal(login_code(w, &s, code), BZT_OK);
    assert_int_equal(login_code(w, &s, code), BZT_ERR_SMS_USED);
    assert_int_equal(login_code(w, &s, wrong), BZT_ERR_SMS_CODE);
    w->now += 60000;
    assert_int_equal(send_code(w, phone, NULL), BZT_OK);
    w->now += ACCOUNT_CODE_LIFE_MS;
    assert_int_equal(login_code(w, &s, w->code), BZT_ERR_SMS_EXPIRED);
}

static void five_wrong_codes_spend_the_right_one(void **state)
{
    world *w = *state;
    account_session s;
    char wrong[16];

    assert_int_equal(send_code(w, phone, NULL), BZT_OK);
    memcpy(wrong, w->code, sizeof(wrong));
    wrong[0] = wrong[0] == '0' ? '1' : '0';
    for (int i = 0; i < 4; i++)
        assert_int_equal(login_code(w, &s, wrong), BZT_ERR_SMS_CODE);
    assert_int_equal(login_code(w, &s, wrong), BZT_ERR_SMS_TRIES);
    assert_int_equal(login_code(w, &s, w->code), BZT_ERR_SMS_TRIES);
}

static void a_code_is_for_one_number_only(void **state)
{
    world *w = *state;
    account_session s;

    assert_int_equal(send_code(w, "13900139000", NULL), BZT_OK);
    assert_int_equal(login_code(w, &s, w->code), BZT_ERR_SMS_CODE);
}

static void codes_are_limited_per_number_and_address(void **state)
{
    world *w = *state;
    char other[16] = "13700000000";
    int sent = 0;

    assert_int_equal(send_code(w, phone, NULL), BZT_OK);
    assert_int_equal(send_code(w, phone, NULL), BZT_ERR_LIMITED);
    for (int i = 0; i < 20; i++) {
        w->now += 60000;
        sent += send_code(w, phone, NULL) == BZT_OK;
    }
    assert_int_equal(sent, 9); /* ten a day */
    for (int i = 0; i < 60; i++) {
        other[9] = (char)('0' + i / 10);
        other[10] = (char)('0' + i % 10);
        assert_int_equal(send_code(w, other, "192.0.2.1"), BZT_OK);
    }
    assert_int_equal(send_code(w, "13711111111", "192.0.2.1"), BZT_ERR_LIMITED);
    assert_int_equal(send_code(w, "13711111111", "192.0.2.2"), BZT_OK);
}

static void a_gateway_that_is_down_is_unavailable(void **state)
{
    world *w = *state;

    w->sms_answer = BZT_ERR_UNAVAILABLE;
    assert_int_equal(send_code(w, phone, NULL), BZT_ERR_UNAVAILABLE);
}

static bzt_err set_password(world *w, const account_session *s,
                            const char *password, const char *old)
{
    account_password_change in = {.password = password, .old = old};
    int64_t wait_ms;

    memcpy(in.person, s->person.id, 16);
    memcpy(in.session, s->row.token_hash, 32);
    return account_set_password(&w->s, &wait_ms, w->a, &in, w->now);
}

static void passwords_have_6_to_20_visible_characters(void **state)
{
    world *w = *state;
    account_session s;

    world_login(w, &s, phone);
    assert_int_equal(set_password(w, &s, "12345", NULL), BZT_ERR_PASSWORD_FORM);
    assert_int_equal(set_password(w, &s, "123456789012345678901", NULL),
                     BZT_ERR_PASSWORD_FORM);
    assert_int_equal(set_password(w, &s, "with blank", NULL),
                     BZT_ERR_PASSWORD_FORM);
    assert_int_equal(set_password(w, &s, "密码密码", NULL),
                     BZT_ERR_PASSWORD_FORM);
    assert_int_equal(set_password(w, &s, "123456", NULL), BZT_OK);
    assert_int_equal(set_password(w, &s, "a!~Z{}\"\\09_-+=?/<>;", NULL),
                     BZT_OK);
}

static void a_password_logs_in_and_needs_the_old_one_to_change(void **state)
{
    world *w = *state;
    account_session s, by_password;
    int64_t wait_ms;

    world_login(w, &s, phone);
    assert_int_equal(login_password(w, &by_password, "abc123", &wait_ms),
                     BZT_ERR_PASSWORD);
    assert_int_equal(set_password(w, &s, "abc123", NULL), BZT_OK);
    assert_int_equal(login_password(w, &by_password, "abc123", &wait_ms),
                     BZT_OK);
    assert_true(by_password.person.has_password);
    assert_int_equal(set_password(w, &by_password, "abc124", NULL),
                     BZT_ERR_PASSWORD);
    assert_int_equal(set_password(w, &by_password, "abc124", "abc12x"),
                     BZT_ERR_PASSWORD);
    assert_int_equal(set_password(w, &by_password, "abc124", "abc123"), BZT_OK);
    /* a session by SMS needs no old one, but only while it is fresh */
    assert_int_equal(login_password(w, &by_password, "abc123", &wait_ms),
                     BZT_ERR_PASSWORD);
    w->now += 3600000;
    world_login(w, &s, phone);
    assert_int_equal(set_password(w, &s, "abc125", NULL), BZT_OK);
    w->now += ACCOUNT_FRESH_MS;
    assert_int_equal(set_password(w, &s, "abc126", NULL), BZT_ERR_PASSWORD);
}

static void wrong_passwords_wait_longer_and_longer(void **state)
{
    static const int64_t waits[] = {0, 0, 1000, 2000, 4000, 8000};
    world *w = *state;
    account_session s;
    int64_t wait_ms;

    world_login(w, &s, phone);
    assert_int_equal(set_password(w, &s, "abc123", NULL), BZT_OK);
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        assert_int_equal(login_password(w, &s, "wrong!", &wait_ms),
                         BZT_ERR_PASSWORD);
        if (!waits[i])
            continue;
        /* the right one has to wait too */
        assert_int_equal(login_password(w, &s, "abc123", &wait_ms),
                         BZT_ERR_LIMITED);
        assert_int_equal(wait_ms, waits[i]);
        w->now += waits[i];
    }
    assert_int_equal(login_password(w, &s, "abc123", &wait_ms), BZT_OK);
    assert_int_equal(login_password(w, &s, "wrong!", &wait_ms),
                     BZT_ERR_PASSWORD);
    assert_int_equal(login_password(w, &s, "abc123", &wait_ms), BZT_OK);
    assert_int_equal(password_delay_ms(12), 512000);
    assert_int_equal(password_delay_ms(13), 900000);
    assert_int_equal(password_delay_ms(100000), 900000);
}

static void a_new_password_ends_the_other_sessions(void **state)
{
    world *w = *state;
    account_session here, there, seen;

    world_login(w, &there, phone);
    world_login(w, &here, phone);
    assert_int_equal(set_password(w, &here, "abc123", NULL), BZT_OK);
    assert_int_equal(account_me(&w->s, &seen, w->a, here.row.token_hash),
                     BZT_OK);
    assert_int_equal(account_me(&w->s, &seen, w->a, there.row.token_hash),
                     BZT_ERR_NOT_FOUND);
}

static void a_logout_ends_the_session(void **state)
{
    world *w = *state;
    account_session s, seen;

    world_login(w, &s, phone);
    assert_int_equal(account_logout(&w->s, s.row.token_hash, w->now), BZT_OK);
    assert_int_equal(account_me(&w->s, &seen, w->a, s.row.token_hash),
                     BZT_ERR_NOT_FOUND);
    assert_int_equal(account_logout(&w->s, s.row.token_hash, w->now), BZT_OK);
}

/* --- phones ------------------------------------------------------------------
 */

static void part(hmac_sm3 *h, const void *p, size_t len)
{
    uint8_t be[4];

    store_be32(be, (uint32_t)len);
    hmac_sm3_update(h, be, 4);
    hmac_sm3_update(h, p, len);
}

static void prove(account_proof *out, uint8_t fill, const uint8_t device[16],
                  int64_t at)
{
    uint8_t key[32], be[8], digest[32];
    hmac_sm3 h;

    memset(key, fill, 32);
    memcpy(out->device, device, 16);
    out->at = at;
    store_be64(be, (uint64_t)at);
    sm3_digest(digest, text_span(phone));
    hmac_sm3_init(&h, (bzt_span){key, 32});
    part(&h, "login", 5);
    part(&h, device, 16);
    part(&h, be, 8);
    part(&h, digest, 32);
    hmac_sm3_final(&h, out->mac);
}

static bzt_err login_proof(world *w, account_session *out,
                           const account_proof *proof)
{
    w->now += 60000;
    assert_int_equal(send_code(w, phone, NULL), BZT_OK);
    return account_login_code(
        &w->s, out, w->a,
        &(account_login){.phone = phone, .code = w->code, .proof = proof},
        w->now);
}

static void a_phone_proves_itself_at_login(void **state)
{
    world *w = *state;
    account_session s, other;
    account_proof proof;
    uint8_t device[16], foreign[16];

    world_login(w, &other, "13900139000");
    world_device(w, &other, foreign, 4);
    world_login(w, &s, phone);
    world_device(w, &s, device, 3);
    prove(&proof, 3, device, w->now + 60000);
    assert_int_equal(login_proof(w, &s, &proof), BZT_OK);
    assert_true(s.row.has_device);
    assert_memory_equal(s.row.device, device, 16);
    prove(&proof, 9, device, w->now);
    assert_int_equal(login_proof(w, &s, &proof), BZT_ERR_MAC);
    prove(&proof, 4, foreign, w->now);
    assert_int_equal(login_proof(w, &s, &proof), BZT_ERR_MAC);
    prove(&proof, 3, device, w->now - 3600000);
    assert_int_equal(login_proof(w, &s, &proof), BZT_ERR_SKEW);
}

static void a_phone_is_registered_once(void **state)
{
    world *w = *state;
    account_session s;
    device_row *rows;
    uint8_t device[16];
    size_t n;
    inbox_page page;

    world_login(w, &s, phone);
    world_device(w, &s, device, 3);
    assert_int_equal(device_mine(&w->s, &rows, &n, w->a, s.person.id), BZT_OK);
    assert_int_equal(n, 1);
    assert_string_equal(rows[0].state, "live");
    assert_int_equal(account_me(&w->s, &s, w->a, s.row.token_hash), BZT_OK);
    assert_true(s.row.has_device);
    assert_int_equal(inbox_read(&w->s, &page, w->a, s.person.id, NULL), BZT_OK);
    assert_int_equal(page.n, 1);
    assert_int_equal(page.unread, 1);
    assert_string_equal(page.rows[0].kind, "device_added");
    assert_int_equal(inbox_mark(&w->s, s.person.id, page.rows[0].id, w->now),
                     BZT_OK);
    assert_int_equal(inbox_read(&w->s, &page, w->a, s.person.id, NULL), BZT_OK);
    assert_int_equal(page.unread, 0);
}

static void an_altered_device_key_does_not_open(void **state)
{
    world *w = *state;
    account_session s;
    device_order order = {.name = "x"};
    uint8_t sealed[97 + 48] = {4};

    world_login(w, &s, phone);
    memcpy(order.person, s.person.id, 16);
    order.sealed = (bzt_span){sealed, sizeof(sealed)};
    assert_int_not_equal(device_register(&w->s, w->a, &order, w->now), BZT_OK);
    order.sealed.len--;
    assert_int_equal(device_register(&w->s, w->a, &order, w->now),
                     BZT_ERR_DECRYPT);
}

/* --- real names ---------------------------------------------------------- */

static bzt_err confirm(world *w, const account_session *s, const char *name,
                       const char *number)
{
    realname_order order = {
        .provider = "police", .name = name, .id_number = number};
    account_person person;
    int64_t wait_ms;

    memcpy(order.person, s->person.id, 16);
    return realname_confirm(&w->s, &person, &wait_ms, w->a, &order, w->now);
}

static void a_real_name_is_confirmed_once_and_masked(void **state)
{
    world *w = *state;
    account_session s, other;

    world_person(w, &s, phone, "张三丰", world_id_number(w, 1));
    assert_string_equal(s.person.name_masked, "张**");
    assert_int_equal(strlen(s.person.id_number_masked), 18);
    assert_memory_equal(s.person.id_number_masked, "370***********001", 17);
    assert_int_equal(w->realname_n, 1);
    /* again: nobody is asked */
    assert_int_equal(confirm(w, &s, "张三丰", world_id_number(w, 1)), BZT_OK);
    assert_int_equal(w->realname_n, 1);
    assert_int_equal(confirm(w, &s, "张三丰", world_id_number(w, 2)),
                     BZT_ERR_CONFLICT);
    world_login(w, &other, "13900139000");
    assert_int_equal(confirm(w, &other, "张三丰", world_id_number(w, 1)),
                     BZT_ERR_ID_TAKEN);
    assert_int_equal(w->realname_n, 1);
}

static void a_wrong_check_digit_asks_nobody(void **state)
{
    world *w = *state;
    account_session s;

    world_login(w, &s, phone);
    assert_int_equal(confirm(w, &s, "张三", "370102199003070019"),
                     BZT_ERR_ID_NUMBER);
    assert_int_equal(confirm(w, &s, "张三", "37010219900307001"),
                     BZT_ERR_ID_NUMBER);
    assert_int_equal(w->realname_n, 0);
}

static void a_refused_name_leaves_the_account_as_it_was(void **state)
{
    world *w = *state;
    account_session s;

    world_login(w, &s, phone);
    assert_int_equal(confirm(w, &s, "拒绝者", world_id_number(w, 3)),
                     BZT_ERR_REALNAME_REFUSED);
    w->realname_answer = BZT_ERR_UNAVAILABLE;
    assert_int_equal(confirm(w, &s, "张三", world_id_number(w, 3)),
                     BZT_ERR_UNAVAILABLE);
    w->realname_answer = BZT_OK;
    assert_int_equal(account_me(&w->s, &s, w->a, s.row.token_hash), BZT_OK);
    assert_false(s.person.has_realname);
    for (int i = 0; i < 8; i++)
        assert_int_equal(confirm(w, &s, "拒绝者", world_id_number(w, 3)),
                         BZT_ERR_REALNAME_REFUSED);
    assert_int_equal(confirm(w, &s, "张三", world_id_number(w, 3)),
                     BZT_ERR_LIMITED);
    w->now += 86400000;
    assert_int_equal(confirm(w, &s, "张三", world_id_number(w, 3)), BZT_OK);
}

static void providers_that_are_not_offered_say_so(void **state)
{
    world *w = *state;
    account_session s;
    realname_order order = {.provider = "alipay",
                            .name = "张三",
                            .id_number = world_id_number(w, 4)};
    account_person person;
    int64_t wait_ms;

    world_login(w, &s, phone);
    memcpy(order.person, s.person.id, 16);
    assert_int_equal(
        realname_confirm(&w->s, &person, &wait_ms, w->a, &order, w->now),
        BZT_ERR_REALNAME_PROVIDER);
}

/* --- memory -------------------------------------------------------------- */

static void *hash_one(void *out)
{
    arena *a = arena_new(4096);
    const char *hash;

    *(bzt_err *)out = password_hash(&hash, a, "abc123");
    arena_free(a);
    return NULL;
}

static int hash_at_once(int n)
{
    pthread_t threads[200];
    bzt_err outcome[200];
    int done = 0;

    for (int i = 0; i < n; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, hash_one, &outcome[i]), 0);
    for (int i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
        done += outcome[i] == BZT_OK;
        assert_true(outcome[i] == BZT_OK || outcome[i] == BZT_ERR_UNAVAILABLE);
    }
    return done;
}

static void many_passwords_at_once_wait_and_more_are_sent_away(void **state)
{
    (void)state;
    assert_int_equal(hash_at_once(PASSWORD_SLOTS + PASSWORD_WAITERS),
                     PASSWORD_SLOTS + PASSWORD_WAITERS);
    assert_in_range(hash_at_once(200), PASSWORD_SLOTS + PASSWORD_WAITERS, 200);
    /* and afterwards there is room again */
    assert_int_equal(hash_at_once(4), 4);
}

#define WORLD(f) cmocka_unit_test_setup_teardown(f, world_new, world_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(first_login_registers_and_the_second_finds),
        WORLD(wrong_used_and_expired_codes_have_their_own_errors),
        WORLD(five_wrong_codes_spend_the_right_one),
        WORLD(a_code_is_for_one_number_only),
        WORLD(codes_are_limited_per_number_and_address),
        WORLD(a_gateway_that_is_down_is_unavailable),
        WORLD(passwords_have_6_to_20_visible_characters),
        WORLD(a_password_logs_in_and_needs_the_old_one_to_change),
        WORLD(wrong_passwords_wait_longer_and_longer),
        WORLD(a_new_password_ends_the_other_sessions),
        WORLD(a_logout_ends_the_session),
        WORLD(a_phone_proves_itself_at_login),
        WORLD(a_phone_is_registered_once),
        WORLD(an_altered_device_key_does_not_open),
        WORLD(a_real_name_is_confirmed_once_and_masked),
        WORLD(a_wrong_check_digit_asks_nobody),
        WORLD(a_refused_name_leaves_the_account_as_it_was),
        WORLD(providers_that_are_not_offered_say_so),
        cmocka_unit_test(many_passwords_at_once_wait_and_more_are_sent_away),
    };

    return cmocka_run_group_tests_name("service-account", tests, NULL, NULL);
}
