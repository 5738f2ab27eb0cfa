/* From the claim to the certificate and its end. */
#include "base/rng.h"
#include "core/text.h"
#include "lib.h"
#include "pki/crl.h"
#include "pki/csr.h"
#include "pki/ocsp.h"
#include "service/authority.h"
#include "service/inbox.h"
#include "store/ca.h"
#include <pthread.h>
#include <string.h>

/* A holder with an approved application and a key, ready to download. */
typedef struct holder {
    account_session session;
    uint8_t device[16];
    enterprise_of enterprise;
    application_view application;
    world_key key;
} holder;

static void make_holder(world *w, holder *h, int is_enterprise)
{
    world_person(w, &h->session, "13800138000", "张三", world_id_number(w, 1));
    world_device(w, &h->session, h->device, 1);
    if (is_enterprise)
        world_claim(w, h->session.person.id, &h->enterprise, "示例建设有限公司",
                    world_uscc);
    world_approved(w, &h->application, h->session.person.id,
                   is_enterprise ? h->enterprise.enterprise.id : NULL);
    world_make_key(w, &h->key, h->session.person.id, h->device,
                   h->application.row.id);
    world_make_csr(&h->key, &h->application.subject);
}

static bzt_err download(world *w, const holder *h, issue_entry *out)
{
    issue_order order = {.csr = h->key.csr};

    memcpy(order.application, h->application.row.id, 16);
    memcpy(order.person, h->session.person.id, 16);
    memcpy(order.device, h->device, 16);
    memcpy(order.key, h->key.id, 16);
    return issue_certificate(&w->s, out, w->a, &order, w->now);
}

static void revoke(world *w, const issue_entry *e, bzt_err expected)
{
    issue_revocation in = {.reason = 1};
    catalogue_row *rows;
    size_t n;

    assert_int_equal(catalogue_offered(&w->s, &rows, &n, w->a), BZT_OK);
    memcpy(in.tenant, rows[0].tenant, 16);
    memcpy(in.certificate, e->certificates[0].id, 16);
    assert_int_equal(issue_revoke(&w->s, w->a, &in, w->now), expected);
}

/* --- the straight path --------------------------------------------------- */

static void an_enterprise_gets_a_certificate_that_names_it(void **state)
{
    world *w = *state;
    issue_entry e;
    x509_cert cert;
    x509_holder says;
    holder h;

    make_holder(w, &h, 1);
    assert_string_equal(h.enterprise.role, "admin");
    assert_int_equal(download(w, &h, &e), BZT_OK);
    assert_string_equal(e.row.state, "active");
    assert_int_equal(e.keys_n, 1);
    assert_int_equal(e.certificates_n, 1);
    assert_int_equal(e.chain_n, 2);
    assert_string_equal(e.enterprise.state, "active");
    assert_int_equal(x509_read(&cert, e.certificates[0].der), BZT_OK);
    assert_memory_equal(cert.pub, h.key.pub, 65);
    x509_holder_read(&says, &cert);
    assert_true(text_is(says.organisation, "示例建设有限公司"));
    assert_true(text_is(says.uscc, world_uscc));
    assert_int_equal(says.id_number.len, 0);
    assert_true(cert.crl_url.len && cert.ocsp_url.len);
    assert_int_equal(world_audits(w, "certificate.issue"), 1);
}

static void a_person_gets_a_certificate_without_an_id_number(void **state)
{
    world *w = *state;
    issue_entry e;
    x509_cert cert;
    x509_name name;
    holder h;

    make_holder(w, &h, 0);
    assert_int_equal(download(w, &h, &e), BZT_OK);
    assert_false(e.row.has_enterprise);
    assert_int_equal(x509_read(&cert, e.certificates[0].der), BZT_OK);
    assert_int_equal(x509_name_read(&name, cert.subject), BZT_OK);
    assert_true(text_is(name.common_name, "张三"));
    assert_null(
        memmem(cert.whole.p, cert.whole.len, world_id_number(w, 1), 18));
}

static void every_step_leaves_a_message(void **state)
{
    static const char *const kinds[] = {
        "certificate_issued", "application_approved", "application_submitted",
        "device_added"};
    world *w = *state;
    inbox_page page, later;
    issue_entry e;
    holder h;

    make_holder(w, &h, 1);
    w->now++;
    assert_int_equal(download(w, &h, &e), BZT_OK);
    assert_int_equal(inbox_read(&w->s, &page, w->a, h.session.person.id, NULL),
                     BZT_OK);
    assert_int_equal(page.n, 4);
    assert_string_equal(page.rows[0].kind, kinds[0]);
    for (size_t i = 0; i < 4; i++) {
        size_t k = 0;

        while (k < 4 && strcmp(kinds[k], page.rows[i].kind))
            k++;
        assert_true(k < 4);
    }
    assert_int_equal(
        inbox_read(&w->s, &later, w->a, h.session.person.id, page.rows[1].id),
        BZT_OK);
    assert_int_equal(later.n, 2);
    assert_int_equal(inbox_read_new(&w->s, &later, w->a, h.session.person.id,
                                    page.rows[1].id, 0),
                     BZT_OK);
    assert_int_equal(later.n, 1);
    assert_string_equal(later.rows[0].kind, "certificate_issued");
}

/* --- nothing twice ------------------------------------------------------- */

static void the_same_download_again_gives_the_same_certificate(void **state)
{
    world *w = *state;
    issue_entry one, two;
    holder h;

    make_holder(w, &h, 1);
    assert_int_equal(download(w, &h, &one), BZT_OK);
    assert_int_equal(download(w, &h, &two), BZT_OK);
    assert_memory_equal(one.row.id, two.row.id, 16);
    assert_int_equal(two.certificates_n, 1);
    assert_memory_equal(one.certificates[0].fingerprint,
                        two.certificates[0].fingerprint, 32);
    assert_int_equal(world_audits(w, "certificate.issue"), 1);
    /* and another key gets none of this application */
    world_make_key(w, &h.key, h.session.person.id, h.device, NULL);
    world_make_csr(&h.key, &h.application.subject);
    assert_int_equal(download(w, &h, &two), BZT_ERR_CONFLICT);
}

typedef struct racer {
    world *w;
    const holder *h;
    arena *a;
    issue_entry out;
    bzt_err err;
} racer;

static void *race(void *arg)
{
    racer *r = arg;
    issue_order order = {.csr = r->h->key.csr};

    memcpy(order.application, r->h->application.row.id, 16);
    memcpy(order.person, r->h->session.person.id, 16);
    memcpy(order.device, r->h->device, 16);
    memcpy(order.key, r->h->key.id, 16);
    r->err = issue_certificate(&r->w->s, &r->out, r->a, &order, r->w->now);
    return NULL;
}

static void downloads_side_by_side_issue_one_certificate(void **state)
{
    enum { N = 6 };
    world *w = *state;
    racer racers[N] = {0};
    pthread_t threads[N];
    holder h;

    make_holder(w, &h, 1);
    for (int i = 0; i < N; i++) {
        racers[i] = (racer){.w = w, .h = &h, .a = arena_new(1024 * 1024)};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]),
                         0);
    }
    for (int i = 0; i < N; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(racers[i].err, BZT_OK);
        assert_int_equal(racers[i].out.certificates_n, 1);
        assert_memory_equal(racers[i].out.certificates[0].fingerprint,
                            racers[0].out.certificates[0].fingerprint, 32);
    }
    for (int i = 0; i < N; i++)
        arena_free(racers[i].a);
    assert_int_equal(world_audits(w, "certificate.issue"), 1);
}

typedef struct claimant {
    world *w;
    arena *a;
    account_session person;
    const char *id;
    bzt_err err;
} claimant;

static void *claim_it(void *arg)
{
    claimant *c = arg;
    enterprise_claim_order order = {.name = "甲公司",
                                    .uscc = world_uscc,
                                    .legal_name = "王",
                                    .legal_id = c->id};
    enterprise_of out;

    memcpy(order.person, c->person.person.id, 16);
    c->err = enterprise_claim(&c->w->s, &out, c->a, &order, c->w->now);
    return NULL;
}

static void claims_side_by_side_have_one_winner(void **state)
{
    enum { N = 5 };
    world *w = *state;
    claimant all[N] = {0};
    pthread_t threads[N];
    char phone[] = "13800138000";
    int won = 0;

    for (int i = 0; i < N; i++) {
        phone[10] = (char)('0' + i);
        world_person(w, &all[i].person, phone, "张三", world_id_number(w, i));
        all[i].w = w;
        all[i].a = arena_new(1024 * 1024);
        all[i].id = world_id_number(w, 60);
    }
    for (int i = 0; i < N; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, claim_it, &all[i]),
                         0);
    for (int i = 0; i < N; i++) {
        pthread_join(threads[i], NULL);
        arena_free(all[i].a);
        won += all[i].err == BZT_OK;
        assert_true(all[i].err == BZT_OK || all[i].err == BZT_ERR_DUPLICATE);
    }
    assert_int_equal(won, 1);
}

/* --- what is refused ----------------------------------------------------- */

static void a_request_must_be_for_this_key_and_subject(void **state)
{
    world *w = *state;
    issue_subject other;
    issue_entry e;
    world_key good;
    holder h;

    make_holder(w, &h, 1);
    good = h.key;
    other = h.application.subject;
    other.common_name = "别的公司";
    world_make_csr(&h.key, &other);
    assert_int_equal(download(w, &h, &e), BZT_ERR_CSR_SUBJECT);
    /* signed by another key than the row's */
    h.key = good;
    assert_int_equal(rng_id(h.key.id), BZT_OK);
    assert_int_equal(download(w, &h, &e), BZT_ERR_NOT_FOUND);
    world_make_key(w, &h.key, h.session.person.id, h.device,
                   h.application.row.id);
    memcpy(h.key.id, good.id, 16);
    world_make_csr(&h.key, &h.application.subject);
    assert_int_equal(download(w, &h, &e), BZT_ERR_KEY_MISMATCH);
}

static void an_altered_request_is_refused_at_every_byte(void **state)
{
    world *w = *state;
    issue_entry e;
    holder h;

    make_holder(w, &h, 1);
    for (size_t i = 0; i < h.key.csr.len; i += 7) {
        uint8_t *p = &h.key.csr_buf[0];

        h.key.csr.p = p;
        p[i] ^= 1;
        assert_int_not_equal(download(w, &h, &e), BZT_OK);
        p[i] ^= 1;
    }
    for (size_t n = 0; n < h.key.csr.len; n += 11) {
        holder cut = h;

        cut.key.csr = (bzt_span){h.key.csr.p, n};
        assert_int_not_equal(download(w, &cut, &e), BZT_OK);
    }
    assert_int_equal(world_audits(w, "certificate.issue"), 0);
}

static void only_an_approved_application_gets_a_certificate(void **state)
{
    world *w = *state;
    application_order order = {0};
    application_decision d = {.reason = "证件照片不清晰"};
    application_facts facts;
    catalogue_row *rows;
    issue_entry e;
    inbox_page page;
    size_t n;
    holder h;

    make_holder(w, &h, 1);
    memcpy(order.person, h.session.person.id, 16);
    world_offer(w, order.catalogue, "personal");
    assert_int_equal(
        application_submit(&w->s, &h.application, w->a, &order, ++w->now),
        BZT_OK);
    world_make_key(w, &h.key, h.session.person.id, h.device, NULL);
    assert_false(h.application.has_subject);
    world_make_csr(&h.key,
                   &(issue_subject){.country = "CN", .common_name = "张三"});
    assert_int_equal(download(w, &h, &e), BZT_ERR_NOT_REVIEWED);

    assert_int_equal(catalogue_offered(&w->s, &rows, &n, w->a), BZT_OK);
    memcpy(d.tenant, rows[0].tenant, 16);
    memcpy(d.application, h.application.row.id, 16);
    assert_int_equal(application_review(&w->s, &facts, w->a, &d, ++w->now),
                     BZT_OK);
    assert_string_equal(facts.row.state, "rejected");
    assert_int_equal(download(w, &h, &e), BZT_ERR_NOT_REVIEWED);
    assert_int_equal(inbox_read(&w->s, &page, w->a, h.session.person.id, NULL),
                     BZT_OK);
    assert_string_equal(page.rows[0].kind, "application_rejected");
    assert_non_null(strstr(page.rows[0].body, "证件照片不清晰"));
    /* and may apply again */
    assert_int_equal(
        application_submit(&w->s, &h.application, w->a, &order, ++w->now),
        BZT_OK);
}

static void nobody_downloads_for_another(void **state)
{
    world *w = *state;
    account_session other;
    issue_entry e;
    holder h, thief;

    make_holder(w, &h, 1);
    world_person(w, &other, "13900139000", "李四", world_id_number(w, 2));
    thief = h;
    memcpy(thief.session.person.id, other.person.id, 16);
    assert_int_equal(download(w, &thief, &e), BZT_ERR_NOT_FOUND);
    thief = h;
    assert_int_equal(rng_id(thief.device), BZT_OK);
    assert_int_equal(download(w, &thief, &e), BZT_ERR_CONFLICT);
    assert_int_equal(download(w, &h, &e), BZT_OK);
    assert_int_equal(
        issue_entry_get(&w->s, &e, w->a, other.person.id, e.row.id),
        BZT_ERR_NOT_FOUND);
}

/* A CA that delivers something else than was ordered. */
typedef struct evil_ca {
    ca_connector good;
    int how;
    bzt_span other_certificate;
} evil_ca;

static bzt_err evil_submit(void *self, ca_answer *out, arena *a,
                           const ca_application *in)
{
    evil_ca *evil = self;
    ca_application altered = *in;
    bzt_err err;

    if (evil->how == 1)
        altered.subject.common_name = BZT_SPAN_LIT("别的公司");
    if (evil->how == 2)
        altered.validity_days = in->validity_days * 10;
    if (evil->how == 3)
        altered.now_ms = in->now_ms + 86400000LL * 2;
    if (evil->how == 4)
        altered.uscc = (bzt_span){(const uint8_t *)world_uscc_2, 18};
    if ((err = evil->good.submit(evil->good.self, out, a, &altered)))
        return err;
    if (evil->how == 5)
        out->certificate = evil->other_certificate;
    if (evil->how == 6)
        out->chain_n = 0;
    if (evil->how == 7)
        out->chain[0] = out->chain[1];
    if (evil->how == 8)
        out->certificate.len--;
    if (evil->how == 9)
        return BZT_ERR_CA_REFUSED;
    if (evil->how == 10)
        out->state = CA_PENDING;
    return BZT_OK;
}

static void what_a_ca_delivers_is_checked(void **state)
{
    world *w = *state;
    evil_ca evil = {.good = w->connect.ca_builtin_functions};
    issue_entry e;
    holder h;

    make_holder(w, &h, 1);
    w->connect.ca_builtin_functions.self = &evil;
    w->connect.ca_builtin_functions.submit = evil_submit;
    {
        catalogue_row *rows;
        size_t n;

        assert_int_equal(catalogue_offered(&w->s, &rows, &n, w->a), BZT_OK);
        assert_int_equal(authority_certificate(&w->s, &evil.other_certificate,
                                               w->a, rows[0].ca, "root"),
                         BZT_OK);
    }
    for (evil.how = 1; evil.how <= 10; evil.how++)
        assert_int_not_equal(download(w, &h, &e), BZT_OK);
    assert_int_equal(world_audits(w, "certificate.issue"), 0);
    evil.how = 0;
    assert_int_equal(download(w, &h, &e), BZT_OK);
}

/* Memory that ends at every place: one clean error, and nothing is done. */
static void short_memory_issues_nothing(void **state)
{
    world *w = *state;
    issue_order order;
    issue_entry e;
    holder h;
    size_t max = 64;
    bzt_err err;

    make_holder(w, &h, 1);
    order = (issue_order){.csr = h.key.csr};
    memcpy(order.application, h.application.row.id, 16);
    memcpy(order.person, h.session.person.id, 16);
    memcpy(order.device, h.device, 16);
    memcpy(order.key, h.key.id, 16);
    do {
        arena *a = arena_new(max);

        assert_non_null(a);
        err = issue_certificate(&w->s, &e, a, &order, w->now);
        arena_free(a);
        max += 128;
        /* stored, and only the answer did not fit: asked again it comes */
        assert_true(world_audits(w, "certificate.issue") <= 1);
        if (err)
            assert_int_equal(err, BZT_ERR_MEMORY);
    } while (err && max < 1024 * 1024);
    assert_int_equal(err, BZT_OK);
    assert_int_equal(world_audits(w, "certificate.issue"), 1);
}

/* --- claims -------------------------------------------------------------- */

static bzt_err claim(world *w, const account_session *s, const char *name,
                     const char *uscc, const char *legal_id)
{
    enterprise_claim_order order = {
        .name = name, .uscc = uscc, .legal_name = "王", .legal_id = legal_id};
    enterprise_of out;

    memcpy(order.person, s->person.id, 16);
    return enterprise_claim(&w->s, &out, w->a, &order, w->now);
}

static void the_first_to_claim_an_enterprise_has_it(void **state)
{
    world *w = *state;
    account_session one, two;
    enterprise_of *list;
    const char *id = world_id_number(w, 50);
    char bad[19];
    size_t n;

    world_person(w, &one, "13800138000", "张三", world_id_number(w, 1));
    world_person(w, &two, "13900139000", "李四", world_id_number(w, 2));
    memcpy(bad, world_uscc, sizeof(bad));
    bad[17] = bad[17] == 'A' ? 'B' : 'A';
    assert_int_equal(claim(w, &one, "甲公司", bad, id), BZT_ERR_USCC);
    assert_int_equal(claim(w, &one, "甲公司", "9137", id), BZT_ERR_USCC);
    assert_int_equal(claim(w, &one, "甲公司", world_uscc, "37010219900307000"),
                     BZT_ERR_ID_NUMBER);
    assert_int_equal(claim(w, &one, "甲公司", world_uscc, id), BZT_OK);
    assert_int_equal(claim(w, &one, "甲公司", world_uscc, id), BZT_OK);
    assert_int_equal(claim(w, &two, "甲公司", world_uscc, id),
                     BZT_ERR_DUPLICATE);
    assert_int_equal(enterprise_mine(&w->s, &list, &n, w->a, one.person.id),
                     BZT_OK);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].enterprise.state, "claimed");
    assert_int_equal(enterprise_mine(&w->s, &list, &n, w->a, two.person.id),
                     BZT_OK);
    assert_int_equal(n, 0);
    assert_int_equal(world_audits(w, "enterprise.claim"), 1);
}

static void a_claim_is_corrected_until_it_is_reviewed(void **state)
{
    world *w = *state;
    application_decision d = {.reason = "名称有误"};
    application_order order = {0};
    application_facts facts;
    application_view v;
    account_session s;
    enterprise_of *list;
    const char *id = world_id_number(w, 50);
    size_t n;

    world_person(w, &s, "13800138000", "张三", world_id_number(w, 1));
    assert_int_equal(claim(w, &s, "甲公司", world_uscc, id), BZT_OK);
    assert_int_equal(claim(w, &s, "乙公司", world_uscc, id), BZT_OK);
    assert_int_equal(enterprise_mine(&w->s, &list, &n, w->a, s.person.id),
                     BZT_OK);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].enterprise.name, "乙公司");
    memcpy(order.person, s.person.id, 16);
    order.enterprise = list[0].enterprise.id;
    world_offer(w, order.catalogue, "enterprise");
    assert_int_equal(application_submit(&w->s, &v, w->a, &order, w->now),
                     BZT_OK);
    assert_int_equal(claim(w, &s, "丙公司", world_uscc, id), BZT_ERR_CONFLICT);
    memcpy(d.tenant, v.row.tenant, 16);
    memcpy(d.application, v.row.id, 16);
    assert_int_equal(application_review(&w->s, &facts, w->a, &d, w->now),
                     BZT_OK);
    assert_int_equal(claim(w, &s, "丙公司", world_uscc, id), BZT_OK);
    assert_int_equal(application_submit(&w->s, &v, w->a, &order, w->now),
                     BZT_OK);
    assert_int_equal(
        application_facts_get(&w->s, &facts, w->a, d.tenant, v.row.id), BZT_OK);
    assert_string_equal(facts.enterprise, "丙公司");
    assert_int_equal(world_audits(w, "enterprise.correct"), 2);
}

static void an_application_is_for_the_right_kind_and_made_once(void **state)
{
    world *w = *state;
    account_session one, two;
    application_order order = {0};
    application_view v;
    enterprise_of e;

    world_person(w, &one, "13800138000", "张三", world_id_number(w, 1));
    world_person(w, &two, "13900139000", "李四", world_id_number(w, 2));
    world_claim(w, one.person.id, &e, "甲公司", world_uscc);
    memcpy(order.person, one.person.id, 16);
    world_offer(w, order.catalogue, "enterprise");
    assert_int_equal(application_submit(&w->s, &v, w->a, &order, w->now),
                     BZT_ERR_BAD_FIELD);
    order.enterprise = e.enterprise.id;
    assert_int_equal(application_submit(&w->s, &v, w->a, &order, w->now),
                     BZT_OK);
    assert_int_equal(application_submit(&w->s, &v, w->a, &order, w->now),
                     BZT_ERR_CONFLICT);
    world_offer(w, order.catalogue, "personal");
    assert_int_equal(application_submit(&w->s, &v, w->a, &order, w->now),
                     BZT_ERR_BAD_FIELD);
    memcpy(order.person, two.person.id, 16);
    world_offer(w, order.catalogue, "enterprise");
    assert_int_equal(application_submit(&w->s, &v, w->a, &order, w->now),
                     BZT_ERR_NOT_FOUND);
    assert_int_equal(rng_id(order.catalogue), BZT_OK);
    assert_int_equal(application_submit(&w->s, &v, w->a, &order, w->now),
                     BZT_ERR_NOT_FOUND);
}

/* --- the message that the key may sign ----------------------------------- */

typedef struct expect_args {
    world *w;
    const holder *h;
    const uint8_t *point;
    bzt_span message;
} expect_args;

static bzt_err expect_op(store_tx *tx, void *arg)
{
    expect_args *in = arg;

    return issue_tx_expect(tx, &in->w->s, in->w->a, in->h->application.row.id,
                           in->h->session.person.id, in->point, in->message);
}

static void a_key_signs_only_the_request_of_its_application(void **state)
{
    world *w = *state;
    expect_args in = {.w = w};
    issue_subject other;
    csr request;
    holder h;

    make_holder(w, &h, 1);
    in.h = &h;
    in.point = h.key.pub;
    assert_int_equal(csr_read(&request, h.key.csr), BZT_OK);
    in.message = request.info;
    assert_int_equal(store_read(w->s.store, expect_op, &in), BZT_OK);
    in.point = (const uint8_t[65]){4};
    assert_int_equal(store_read(w->s.store, expect_op, &in), BZT_ERR_MESSAGE);
    in.point = h.key.pub;
    in.message.len--;
    assert_int_equal(store_read(w->s.store, expect_op, &in), BZT_ERR_MESSAGE);
    other = h.application.subject;
    other.organisation = "别的公司";
    world_make_csr(&h.key, &other);
    assert_int_equal(csr_read(&request, h.key.csr), BZT_OK);
    in.message = request.info;
    assert_int_equal(store_read(w->s.store, expect_op, &in), BZT_ERR_MESSAGE);
}

/* --- revocation ---------------------------------------------------------- */

static void check_list(world *w, const issue_entry *e, bzt_err expected,
                       uint64_t number)
{
    x509_cert cert, issuing;
    crl list;
    bzt_span der;
    crl_question q = {.cert = &cert, .issuer = &issuing, .at = w->now + 1000};

    assert_int_equal(authority_list(&w->s, &der, w->a, e->row.ca, w->now),
                     BZT_OK);
    assert_int_equal(x509_read(&cert, e->certificates[0].der), BZT_OK);
    assert_int_equal(x509_read(&issuing, e->chain[0]), BZT_OK);
    assert_int_equal(crl_read(&list, der), BZT_OK);
    assert_int_equal(list.number, number);
    assert_int_equal(crl_check(NULL, &list, &q), expected);
}

static void check_ocsp(world *w, const issue_entry *e, ocsp_hash hash,
                       bzt_err expected)
{
    x509_cert cert, issuing;
    ocsp_response response;
    uint8_t buf[OCSP_REQUEST_SIZE_MAX];
    char text[1024];
    bzt_span request, der;
    ocsp_question q = {.cert = &cert,
                       .issuer = &issuing,
                       .hash = hash,
                       .nonce = BZT_SPAN_LIT("0123456789abcdef")};

    assert_int_equal(x509_read(&cert, e->certificates[0].der), BZT_OK);
    assert_int_equal(x509_read(&issuing, e->chain[0]), BZT_OK);
    assert_int_equal(ocsp_request_write(&request, buf, sizeof(buf), &q),
                     BZT_OK);
    assert_int_equal(
        authority_ocsp(&w->s, &der, w->a, e->row.ca, request, w->now), BZT_OK);
    assert_int_equal(ocsp_response_read(&response, der), BZT_OK);
    assert_int_equal(ocsp_check(NULL, &response, &q, w->now + 1000, 0),
                     expected);
    base64_write(text, request);
    assert_int_equal(
        authority_ocsp_text(&w->s, &der, w->a, e->row.ca, text, w->now),
        BZT_OK);
    assert_int_equal(ocsp_response_read(&response, der), BZT_OK);
    assert_int_equal(ocsp_check(NULL, &response, &q, w->now + 1000, 0),
                     expected);
}

static void a_revoked_certificate_is_on_the_list_and_in_ocsp(void **state)
{
    world *w = *state;
    issue_entry e;
    holder h;

    make_holder(w, &h, 1);
    assert_int_equal(download(w, &h, &e), BZT_OK);
    check_list(w, &e, BZT_OK, 1);
    check_ocsp(w, &e, OCSP_SM3, BZT_OK);
    check_ocsp(w, &e, OCSP_SHA1, BZT_OK);
    w->now += 5000;
    revoke(w, &e, BZT_OK);
    check_list(w, &e, BZT_ERR_CERT_REVOKED, 2);
    check_ocsp(w, &e, OCSP_SM3, BZT_ERR_CERT_REVOKED);
    check_ocsp(w, &e, OCSP_SHA1, BZT_ERR_CERT_REVOKED);
    revoke(w, &e, BZT_ERR_CERT_REVOKED);
    assert_int_equal(
        issue_entry_get(&w->s, &e, w->a, h.session.person.id, e.row.id),
        BZT_OK);
    assert_string_equal(e.row.state, "revoked");
    assert_string_equal(e.certificates[0].state, "revoked");
    assert_int_equal(world_audits(w, "certificate.revoke"), 1);
}

static void a_list_is_kept_for_half_of_its_life(void **state)
{
    world *w = *state;
    issue_entry e;
    holder h;

    make_holder(w, &h, 1);
    assert_int_equal(download(w, &h, &e), BZT_OK);
    check_list(w, &e, BZT_OK, 1);
    w->now += CA_LIST_LIFE_MS / 2 - 1000;
    check_list(w, &e, BZT_OK, 1);
    w->now += 1000;
    check_list(w, &e, BZT_OK, 2);
}

static void strangers_get_no_revocation(void **state)
{
    world *w = *state;
    issue_revocation in = {.reason = 1};
    issue_entry e;
    uint8_t nowhere[16];
    bzt_span der;
    holder h;

    make_holder(w, &h, 1);
    assert_int_equal(download(w, &h, &e), BZT_OK);
    memcpy(in.certificate, e.certificates[0].id, 16);
    assert_int_equal(rng_id(in.tenant), BZT_OK);
    assert_int_equal(issue_revoke(&w->s, w->a, &in, w->now), BZT_ERR_NOT_FOUND);
    assert_int_equal(rng_id(nowhere), BZT_OK);
    assert_int_equal(authority_list(&w->s, &der, w->a, nowhere, w->now),
                     BZT_ERR_NOT_FOUND);
    assert_int_equal(
        authority_ocsp(&w->s, &der, w->a, nowhere, BZT_SPAN_LIT("x"), w->now),
        BZT_ERR_NOT_FOUND);
    /* what is no request gets an answer that says so: responseStatus 1 */
    assert_int_equal(
        authority_ocsp(&w->s, &der, w->a, e.row.ca, BZT_SPAN_LIT("x"), w->now),
        BZT_OK);
    assert_int_equal(der.len, 5);
    assert_int_equal(der.p[4], 1);
}

#define WORLD(f) cmocka_unit_test_setup_teardown(f, world_new, world_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(an_enterprise_gets_a_certificate_that_names_it),
        WORLD(a_person_gets_a_certificate_without_an_id_number),
        WORLD(every_step_leaves_a_message),
        WORLD(the_same_download_again_gives_the_same_certificate),
        WORLD(downloads_side_by_side_issue_one_certificate),
        WORLD(claims_side_by_side_have_one_winner),
        WORLD(a_request_must_be_for_this_key_and_subject),
        WORLD(an_altered_request_is_refused_at_every_byte),
        WORLD(only_an_approved_application_gets_a_certificate),
        WORLD(nobody_downloads_for_another),
        WORLD(what_a_ca_delivers_is_checked),
        WORLD(short_memory_issues_nothing),
        WORLD(the_first_to_claim_an_enterprise_has_it),
        WORLD(a_claim_is_corrected_until_it_is_reviewed),
        WORLD(an_application_is_for_the_right_kind_and_made_once),
        WORLD(a_key_signs_only_the_request_of_its_application),
        WORLD(a_revoked_certificate_is_on_the_list_and_in_ocsp),
        WORLD(a_list_is_kept_for_half_of_its_life),
        WORLD(strangers_get_no_revocation),
    };

    return cmocka_run_group_tests_name("service-certificate", tests, NULL,
                                       NULL);
}
