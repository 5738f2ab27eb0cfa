/* Staff: set-up codes, the second factor, tenants that do not see each
 * other. */
#include "base/rng.h"
#include "core/text.h"
#include "lib.h"
#include "pki/totp.h"
#include "service/catalogue.h"
#include "store/setup.h"
#include <string.h>

static const uint8_t secret[TOTP_SECRET_LEN] = "0123456789abcdefghi";

static const char *totp_at(world *w, int64_t at)
{
    char *out = arena_alloc(w->a, TOTP_DIGITS + 1);

    totp_code(out, (bzt_span){secret, sizeof(secret)}, totp_step(at));
    return out;
}

static bzt_err set_up(world *w, const char *code, const char *login,
                      const char *password, const char *totp)
{
    staff_setup_order order = {
        .code = code, .login = login, .password = password, .totp = totp};

    memcpy(order.totp_secret, secret, sizeof(secret));
    return staff_setup(&w->s, w->a, &order, w->now);
}

static bzt_err login(world *w, staff_session *out, const char *name,
                     const char *password, const char *totp, int64_t *wait_ms)
{
    return staff_login(&w->s, out, wait_ms, w->a,
                       &(staff_login_order){name, password, totp}, w->now);
}

static void a_setup_code_works_once_and_for_a_day(void **state)
{
    world *w = *state;
    const char *totp = totp_at(w, w->now);

    assert_int_equal(set_up(w, "nonsense", "admin", "s3cret", totp),
                     BZT_ERR_SETUP_CODE);
    assert_int_equal(set_up(w, w->setup_code, "admin", "short", totp),
                     BZT_ERR_PASSWORD_FORM);
    assert_int_equal(set_up(w, w->setup_code, "admin", "s3cret", "000000"),
                     BZT_ERR_TOTP);
    assert_int_equal(set_up(w, w->setup_code, "admin", "s3cret", totp), BZT_OK);
    assert_int_equal(set_up(w, w->setup_code, "other", "s3cret", totp),
                     BZT_ERR_SETUP_CODE);
    assert_int_equal(world_audits(w, "staff.setup"), 1);
}

static void an_old_setup_code_is_dead(void **state)
{
    world *w = *state;

    w->now += STAFF_CODE_LIFE_MS;
    assert_int_equal(
        set_up(w, w->setup_code, "admin", "s3cret", totp_at(w, w->now)),
        BZT_ERR_SETUP_CODE);
}

static void a_totp_step_works_once_and_one_step_aside(void **state)
{
    world *w = *state;
    staff_session s;
    int64_t wait_ms;

    assert_int_equal(
        set_up(w, w->setup_code, "admin", "s3cret", totp_at(w, w->now)),
        BZT_OK);
    /* the step of the set-up is used */
    assert_int_equal(
        login(w, &s, "admin", "s3cret", totp_at(w, w->now), &wait_ms),
        BZT_ERR_TOTP);
    assert_int_equal(
        login(w, &s, "admin", "s3cret", totp_at(w, w->now + 30000), &wait_ms),
        BZT_OK);
    assert_string_equal(s.roles, "operator,reviewer");
    assert_string_equal(s.tenant, "示例运营方");
    assert_int_equal(
        login(w, &s, "admin", "s3cret", totp_at(w, w->now + 30000), &wait_ms),
        BZT_ERR_TOTP);
    w->now += 120000;
    assert_int_equal(
        login(w, &s, "admin", "s3cret", totp_at(w, w->now - 60000), &wait_ms),
        BZT_ERR_TOTP);
    assert_int_equal(
        login(w, &s, "admin", "s3cret", totp_at(w, w->now - 30000), &wait_ms),
        BZT_OK);
}

static void wrong_factors_wait_longer_and_longer(void **state)
{
    world *w = *state;
    staff_session s;
    int64_t wait_ms;

    assert_int_equal(
        set_up(w, w->setup_code, "admin", "s3cret", totp_at(w, w->now)),
        BZT_OK);
    w->now += 30000;
    assert_int_equal(login(w, &s, "nobody", "s3cret", "000000", &wait_ms),
                     BZT_ERR_PASSWORD);
    assert_int_equal(login(w, &s, "admin", "wrong!", "000000", &wait_ms),
                     BZT_ERR_PASSWORD);
    assert_int_equal(login(w, &s, "admin", "s3cret", "000000", &wait_ms),
                     BZT_ERR_TOTP);
    assert_int_equal(login(w, &s, "admin", "s3cret", "000001", &wait_ms),
                     BZT_ERR_TOTP);
    assert_int_equal(
        login(w, &s, "admin", "s3cret", totp_at(w, w->now), &wait_ms),
        BZT_ERR_LIMITED);
    assert_int_equal(wait_ms, 1000);
    w->now += 1000;
    assert_int_equal(
        login(w, &s, "admin", "s3cret", totp_at(w, w->now), &wait_ms), BZT_OK);
}

static void colleagues_are_invited_with_roles(void **state)
{
    world *w = *state;
    char code[STAFF_CODE_SIZE];
    staff_invitation by = {0};
    staff_session admin, colleague;
    int64_t wait_ms;

    world_staff(w, &admin);
    memcpy(by.staff, admin.id, 16);
    memcpy(by.tenant, admin.row.tenant, 16);
    by.roles = "root";
    assert_int_equal(staff_invite(&w->s, code, &by, w->now), BZT_ERR_BAD_FIELD);
    by.roles = "reviewer";
    {
        /* session_row.tenant is only read: ask the catalogue for it */
        catalogue_row *rows;
        size_t n;

        assert_int_equal(catalogue_offered(&w->s, &rows, &n, w->a), BZT_OK);
        memcpy(by.tenant, rows[0].tenant, 16);
    }
    assert_int_equal(staff_invite(&w->s, code, &by, w->now), BZT_OK);
    assert_int_equal(set_up(w, code, "admin", "s3cret", totp_at(w, w->now)),
                     BZT_ERR_DUPLICATE);
    assert_int_equal(set_up(w, code, "reviewer", "s3cret", totp_at(w, w->now)),
                     BZT_OK);
    w->now += 30000;
    assert_int_equal(login(w, &colleague, "reviewer", "s3cret",
                           totp_at(w, w->now), &wait_ms),
                     BZT_OK);
    assert_string_equal(colleague.roles, "reviewer");
}

static void a_client_key_must_be_a_point(void **state)
{
    world *w = *state;
    staff_key_order order = {.name = "laptop"};
    staff_session s;
    bzt_sm2_key key;
    uint8_t id[16], random[48];

    world_staff(w, &s);
    memcpy(order.staff, s.id, 16);
    order.public_key[0] = 4;
    assert_int_equal(staff_key_add(&w->s, id, &order, w->now), BZT_ERR_POINT);
    assert_int_equal(rng_bytes(random, 48), BZT_OK);
    assert_int_equal(bzt_sm2_key_new(&key, order.public_key, random), BZT_OK);
    assert_int_equal(staff_key_add(&w->s, id, &order, w->now), BZT_OK);
}

/* --- tenants ------------------------------------------------------------- */

static bzt_err other_tenant_op(store_tx *tx, void *arg)
{
    return tenant_insert(tx, arg);
}

static void a_tenant_sees_nothing_of_another(void **state)
{
    world *w = *state;
    tenant_row other = {.name = "另一家", .created_at = 1};
    application_queue_order queue = {.state = "submitted"};
    application_order order = {0};
    application_decision d = {.is_approved = 1};
    application_facts *list, facts;
    application_view v;
    account_session s;
    catalogue_change change = {0};
    catalogue_row *rows, item = {0};
    int has_more;
    size_t n;

    assert_int_equal(rng_id(other.id), BZT_OK);
    assert_int_equal(store_write(w->s.store, other_tenant_op, &other), BZT_OK);
    world_person(w, &s, "13800138000", "张三", world_id_number(w, 1));
    memcpy(order.person, s.person.id, 16);
    world_offer(w, order.catalogue, "personal");
    assert_int_equal(application_submit(&w->s, &v, w->a, &order, w->now),
                     BZT_OK);

    memcpy(queue.tenant, other.id, 16);
    assert_int_equal(
        application_queue(&w->s, &list, &n, &has_more, w->a, &queue), BZT_OK);
    assert_int_equal(n, 0);
    assert_int_equal(
        application_facts_get(&w->s, &facts, w->a, other.id, v.row.id),
        BZT_ERR_NOT_FOUND);
    memcpy(d.tenant, other.id, 16);
    memcpy(d.application, v.row.id, 16);
    assert_int_equal(application_review(&w->s, &facts, w->a, &d, w->now),
                     BZT_ERR_NOT_FOUND);
    assert_int_equal(catalogue_of_tenant(&w->s, &rows, &n, w->a, other.id),
                     BZT_OK);
    assert_int_equal(n, 0);
    memcpy(change.tenant, other.id, 16);
    memcpy(change.id, order.catalogue, 16);
    assert_int_equal(catalogue_withdraw(&w->s, &change, w->now),
                     BZT_ERR_NOT_FOUND);
    assert_int_equal(catalogue_offered(&w->s, &rows, &n, w->a), BZT_OK);
    item = rows[0];
    assert_int_equal(catalogue_add(&w->s, &item, w->a, &change, w->now),
                     BZT_ERR_NOT_FOUND);

    /* the own tenant: masked in the list, in full alone */
    memcpy(queue.tenant, rows[0].tenant, 16);
    assert_int_equal(
        application_queue(&w->s, &list, &n, &has_more, w->a, &queue), BZT_OK);
    assert_int_equal(n, 1);
    assert_false(has_more);
    assert_string_equal(list[0].name, "张*");
    assert_int_equal(
        application_facts_get(&w->s, &facts, w->a, queue.tenant, v.row.id),
        BZT_OK);
    assert_string_equal(facts.name, "张三");
    assert_string_equal(facts.id_number, world_id_number(w, 1));
    assert_string_equal(facts.phone, "13800138000");
}

static void a_decision_stands_and_needs_a_reason_to_reject(void **state)
{
    world *w = *state;
    application_decision d = {0};
    application_order order = {0};
    application_facts facts;
    application_view v;
    account_session s;
    catalogue_row *rows;
    size_t n;

    world_person(w, &s, "13800138000", "张三", world_id_number(w, 1));
    memcpy(order.person, s.person.id, 16);
    world_offer(w, order.catalogue, "personal");
    assert_int_equal(application_submit(&w->s, &v, w->a, &order, w->now),
                     BZT_OK);
    assert_int_equal(catalogue_offered(&w->s, &rows, &n, w->a), BZT_OK);
    memcpy(d.tenant, rows[0].tenant, 16);
    memcpy(d.application, v.row.id, 16);
    assert_int_equal(application_review(&w->s, &facts, w->a, &d, w->now),
                     BZT_ERR_BAD_FIELD);
    d.is_approved = 1;
    assert_int_equal(application_review(&w->s, &facts, w->a, &d, w->now),
                     BZT_OK);
    assert_int_equal(application_review(&w->s, &facts, w->a, &d, w->now),
                     BZT_OK);
    assert_int_equal(world_audits(w, "application.review"), 1);
    d.is_approved = 0;
    d.reason = "x";
    assert_int_equal(application_review(&w->s, &facts, w->a, &d, w->now),
                     BZT_ERR_CONFLICT);
}

static void withdrawn_offers_are_not_offered(void **state)
{
    world *w = *state;
    catalogue_change change = {0};
    application_order order = {0};
    application_view v;
    account_session s;
    catalogue_row *rows, item;
    size_t before, after;

    world_person(w, &s, "13800138000", "张三", world_id_number(w, 1));
    assert_int_equal(catalogue_offered(&w->s, &rows, &before, w->a), BZT_OK);
    memcpy(change.tenant, rows[0].tenant, 16);
    item = rows[0];
    item.product = "新的";
    item.subject = "personal";
    assert_int_equal(catalogue_add(&w->s, &item, w->a, &change, w->now),
                     BZT_OK);
    assert_int_equal(catalogue_offered(&w->s, &rows, &after, w->a), BZT_OK);
    assert_int_equal(after, before + 1);
    memcpy(change.id, item.id, 16);
    assert_int_equal(catalogue_withdraw(&w->s, &change, w->now), BZT_OK);
    memcpy(order.person, s.person.id, 16);
    memcpy(order.catalogue, item.id, 16);
    assert_int_equal(application_submit(&w->s, &v, w->a, &order, w->now),
                     BZT_ERR_NOT_FOUND);
}

#define WORLD(f) cmocka_unit_test_setup_teardown(f, world_new, world_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(a_setup_code_works_once_and_for_a_day),
        WORLD(an_old_setup_code_is_dead),
        WORLD(a_totp_step_works_once_and_one_step_aside),
        WORLD(wrong_factors_wait_longer_and_longer),
        WORLD(colleagues_are_invited_with_roles),
        WORLD(a_client_key_must_be_a_point),
        WORLD(a_tenant_sees_nothing_of_another),
        WORLD(a_decision_stands_and_needs_a_reason_to_reject),
        WORLD(withdrawn_offers_are_not_offered),
    };

    return cmocka_run_group_tests_name("service-staff", tests, NULL, NULL);
}
