/* A whole installation in one process (lib.h). */
#include "lib.h"
#include "base/rng.h"
#include "core/text.h"
#include "pki/csr.h"
#include "pki/totp.h"
#include "service/device.h"
#include "service/init.h"
#include "service/realname.h"
#include "service/site_keys.h"
#include "store/key.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char world_uscc[19] = "91370100MA3C4KQR0Q";
const char world_uscc_2[19] = "91320100MA1T8WXG0Y";

static bzt_err send_sms(void *self, const sms_message *m)
{
    world *w = self;

    w->sms_n++;
    snprintf(w->phone, sizeof(w->phone), "%s", m->phone);
    snprintf(w->code, sizeof(w->code), "%s", m->code);
    return w->sms_answer;
}

static bzt_err check_realname(void *self, const realname_question *q)
{
    world *w = self;

    w->realname_n++;
    if (w->realname_answer)
        return w->realname_answer;
    return strstr(q->name, "拒") ? BZT_ERR_REALNAME_REFUSED : BZT_OK;
}

static void wire(world *w)
{
    w->connect.sms = (sms_gateway){w, send_sms};
    w->connect.realname[REALNAME_POLICE] =
        (realname_provider){w, check_realname};
    assert_int_equal(
        ca_builtin_new(
            &w->connect.builtin,
            &(ca_builtin_options){
                .store = w->s.store,
                .sealer = {w->s.vault, vault_seal_ca_key, vault_unseal_ca_key},
                .origin = "https://localhost:8443"}),
        BZT_OK);
    w->connect.ca_builtin_functions = ca_builtin_connector(w->connect.builtin);
    w->s.connect = &w->connect;
}

int world_new(void **state)
{
    world *w = calloc(1, sizeof(*w));
    void *db = NULL;

    if (!w || test_db_new(&db))
        return 1;
    w->now = 1795600000000LL; /* 2026-11-25 */
    w->a = arena_new(64 * 1024 * 1024);
    snprintf(w->folder, sizeof(w->folder), "/tmp/bzt-service-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->master, sizeof(w->master), "%s/master.key", w->folder);
    snprintf(w->public_json, sizeof(w->public_json), "%s/public.json",
             w->folder);
    w->s.store = test_open();
    assert_int_equal(service_init(w->setup_code, w->s.store,
                                  &(init_order){.master_key_path = w->master,
                                                .public_path = w->public_json,
                                                .name = "示例运营方",
                                                .app_origin = "https://a.test",
                                                .api_origin = "https://b.test",
                                                .now_ms = w->now}),
                     BZT_OK);
    assert_int_equal(vault_open(&w->s.vault, w->master), BZT_OK);
    wire(w);
    *state = w;
    return 0;
}

int world_drop(void **state)
{
    world *w = *state;
    void *db = NULL;

    store_close(w->s.store);
    ca_builtin_free(w->connect.builtin);
    vault_close(w->s.vault);
    arena_free(w->a);
    unlink(w->master);
    unlink(w->public_json);
    rmdir(w->folder);
    free(w);
    return test_db_drop(&db);
}

void world_login(world *w, account_session *out, const char *phone)
{
    int64_t wait_ms;
    bzt_err err;

    w->now += 60000; /* one code a minute */
    err = account_send_code(
        &w->s, &wait_ms,
        &(account_code_order){.phone = phone, .purpose = "login"}, w->now);
    assert_int_equal(err, BZT_OK);
    assert_string_equal(w->phone, phone);
    err = account_login_code(&w->s, out, w->a,
                             &(account_login){.phone = phone, .code = w->code},
                             w->now);
    assert_int_equal(err, BZT_OK);
}

void world_person(world *w, account_session *out, const char *phone,
                  const char *name, const char *id_number)
{
    realname_order order = {
        .provider = "police", .name = name, .id_number = id_number};
    int64_t wait_ms;

    world_login(w, out, phone);
    memcpy(order.person, out->person.id, 16);
    assert_int_equal(
        realname_confirm(&w->s, &out->person, &wait_ms, w->a, &order, w->now),
        BZT_OK);
}

void world_device(world *w, account_session *person, uint8_t device[16],
                  uint8_t fill)
{
    device_order order = {.name = "测试手机"};
    uint8_t plain[48], pub[65], random[48], sealed[48 + 97];

    assert_int_equal(rng_id(device), BZT_OK);
    memset(plain, fill, 32);
    memcpy(plain + 32, device, 16);
    assert_int_equal(site_key_public(pub, &w->s, SITE_KEY_TRANSPORT), BZT_OK);
    assert_int_equal(rng_bytes(random, 48), BZT_OK);
    assert_int_equal(
        bzt_sm2_encrypt(sealed, pub, (bzt_span){plain, 48}, random), BZT_OK);
    memcpy(order.person, person->person.id, 16);
    memcpy(order.session, person->row.token_hash, 32);
    memcpy(order.device, device, 16);
    order.sealed = (bzt_span){sealed, sizeof(sealed)};
    assert_int_equal(device_register(&w->s, w->a, &order, w->now), BZT_OK);
}

void world_staff(world *w, staff_session *out)
{
    staff_setup_order order = {
        .code = w->setup_code, .login = "admin", .password = "s3cret-word"};
    char totp[TOTP_DIGITS + 1];
    bzt_span secret = {order.totp_secret, TOTP_SECRET_LEN};
    int64_t wait_ms;

    memset(order.totp_secret, 7, TOTP_SECRET_LEN);
    totp_code(totp, secret, totp_step(w->now));
    order.totp = totp;
    assert_int_equal(staff_setup(&w->s, w->a, &order, w->now), BZT_OK);
    w->now += 30000; /* each step works once */
    totp_code(totp, secret, totp_step(w->now));
    assert_int_equal(
        staff_login(&w->s, out, &wait_ms, w->a,
                    &(staff_login_order){"admin", "s3cret-word", totp}, w->now),
        BZT_OK);
}

void world_offer(world *w, uint8_t id[16], const char *subject)
{
    catalogue_row *rows;
    size_t n;

    assert_int_equal(catalogue_offered(&w->s, &rows, &n, w->a), BZT_OK);
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(rows[i].subject, subject)) {
            memcpy(id, rows[i].id, 16);
            return;
        }
    }
    fail_msg("no offer for %s", subject);
}

void world_claim(world *w, const uint8_t person[16], enterprise_of *out,
                 const char *name, const char *uscc)
{
    enterprise_claim_order order = {.name = name,
                                    .uscc = uscc,
                                    .legal_name = "王法人",
                                    .legal_id = world_id_number(w, 90)};

    memcpy(order.person, person, 16);
    assert_int_equal(enterprise_claim(&w->s, out, w->a, &order, w->now),
                     BZT_OK);
}

/* The tenant that init made, and somebody of it. */
static void first_tenant(world *w, application_decision *d)
{
    catalogue_row *rows;
    size_t n;

    assert_int_equal(catalogue_offered(&w->s, &rows, &n, w->a), BZT_OK);
    memcpy(d->tenant, rows[0].tenant, 16);
    memset(d->staff, 1, 16);
}

void world_approved(world *w, application_view *out, const uint8_t person[16],
                    const uint8_t *enterprise)
{
    application_order order = {.enterprise = enterprise};
    application_decision d = {.is_approved = 1};
    application_facts facts;

    memcpy(order.person, person, 16);
    world_offer(w, order.catalogue, enterprise ? "enterprise" : "personal");
    assert_int_equal(application_submit(&w->s, out, w->a, &order, w->now),
                     BZT_OK);
    first_tenant(w, &d);
    memcpy(d.application, out->row.id, 16);
    assert_int_equal(application_review(&w->s, &facts, w->a, &d, w->now),
                     BZT_OK);
    assert_int_equal(application_show(&w->s, out, w->a, person, d.application),
                     BZT_OK);
    assert_string_equal(out->row.state, "approved");
    assert_true(out->has_subject);
}

static bzt_err key_op(store_tx *tx, void *arg)
{
    const key_condition as_made = {0, 0, "new"};
    key_row *row = arg;
    bzt_err err;

    if ((err = key_insert(tx, row)))
        return err;
    if ((err = key_update(tx, row, &as_made)))
        return err;
    return row->has_application
               ? key_update_application(tx, row->id, row->application)
               : BZT_OK;
}

void world_make_key(world *w, world_key *out, const uint8_t person[16],
                    const uint8_t device[16], const uint8_t *application)
{
    key_row row = {.purpose = "sign",
                   .state = "live",
                   .share_sealed = BZT_SPAN_LIT("not looked at here"),
                   .has_point = 1,
                   .g = 1,
                   .created_at = w->now};
    uint8_t random[48];

    assert_int_equal(rng_bytes(random, 48), BZT_OK);
    assert_int_equal(bzt_sm2_key_new(&out->key, out->pub, random), BZT_OK);
    assert_int_equal(rng_id(out->id), BZT_OK);
    memcpy(out->device, device, 16);
    memcpy(row.id, out->id, 16);
    memcpy(row.person, person, 16);
    memcpy(row.device, device, 16);
    memcpy(row.point, out->pub, 65);
    if (application) {
        row.has_application = 1;
        memcpy(row.application, application, 16);
    }
    assert_int_equal(store_write(w->s.store, key_op, &row), BZT_OK);
}

void world_make_csr(world_key *k, const issue_subject *subject)
{
    const x509_name name = {.country = text_span(subject->country),
                            .organisation = text_span(subject->organisation),
                            .unit = text_span(subject->unit),
                            .common_name = text_span(subject->common_name),
                            .serial = text_span(subject->serial_number)};
    uint8_t buf[1024], random[48];
    bzt_sm2_signature sig;
    bzt_span info;

    assert_int_equal(csr_info_write(&info, buf, sizeof(buf), &name, k->pub),
                     BZT_OK);
    assert_int_equal(rng_bytes(random, 48), BZT_OK);
    assert_int_equal(bzt_sm2_sign(&sig, &k->key, info, random), BZT_OK);
    assert_int_equal(
        csr_write(&k->csr, k->csr_buf, sizeof(k->csr_buf), info, &sig), BZT_OK);
}

const char *world_id_number(world *w, int i)
{
    static const int weights[17] = {7, 9, 10, 5,  8, 4, 2, 1, 6,
                                    3, 7, 9,  10, 5, 8, 4, 2};
    char *out = arena_alloc(w->a, 19);
    int sum = 0;

    snprintf(out, 19, "37010219900307%03d", i % 1000);
    for (int k = 0; k < 17; k++)
        sum += (out[k] - '0') * weights[k];
    out[17] = "10X98765432"[sum % 11];
    return out;
}

typedef struct audit_count {
    const char *kind;
    int64_t n;
} audit_count;

static bzt_err audits_op(store_tx *tx, void *arg)
{
    static const store_sql sql = {
        "SELECT count(*) FROM audit_record WHERE kind = $1"};
    audit_count *c = arg;
    store_rows *rows = NULL;
    const store_value kind = sv_text(c->kind);
    bzt_err err = store_query(tx, &rows, &sql, &kind, 1);

    if (!err && !(err = store_next(rows)))
        c->n = store_int(rows, 0);
    store_rows_done(rows);
    return err;
}

int64_t world_audits(world *w, const char *kind)
{
    audit_count c = {kind, 0};

    assert_int_equal(store_read(w->s.store, audits_op, &c), BZT_OK);
    return c.n;
}
