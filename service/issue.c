/* Issuing and revoking (issue.h).
 *
 * The CA is asked before the transaction, since it may take seconds; the
 * transaction then decides alone, so that a certificate that lost the race
 * is never handed out.
 */
#include "issue.h"
#include "audit.h"
#include "base/rng.h"
#include "connect/connectors.h"
#include "core/sm3.h"
#include "core/text.h"
#include "inbox.h"
#include "issue_internal.h"
#include "pki/csr.h"
#include "pki/message.h"
#include "pki/path.h"
#include "store/ca.h"
#include "store/catalogue.h"
#include "store/key.h"
#include "store/member.h"
#include "vault.h"
#include <string.h>

enum { NAME_MAX_LEN = 1024 };

/* --- the subject --------------------------------------------------------- */

static bzt_err subject_enterprise(store_tx *tx, issue_subject *out, arena *a,
                                  const uint8_t enterprise[16])
{
    enterprise_row e;
    bzt_err err = enterprise_get(tx, &e, a, enterprise);

    out->organisation = e.name;
    out->common_name = e.name;
    out->serial_number = e.uscc;
    out->uscc = e.uscc;
    return err;
}

/* No ID number goes into a certificate: two people of one name are told
 * apart by a number that means nothing outside this installation. */
static bzt_err subject_personal(store_tx *tx, service *s, issue_subject *out,
                                arena *a, const uint8_t person[16])
{
    char hex[HEX_LEN(10) + 1];
    person_row p;
    bzt_span name;
    bzt_err err;

    if ((err = person_get(tx, &p, a, person)))
        return err;
    if (!p.has_realname)
        return BZT_ERR_NO_REALNAME;
    if ((err = vault_unseal(&name, a, s->vault,
                            (vault_place){"person.name_sealed", p.id},
                            p.name_sealed)))
        return err;
    hex_write(hex, (bzt_span){p.id_number_index, 10});
    out->common_name = arena_text(a, name);
    out->serial_number = arena_text(a, text_span(hex));
    return out->common_name && out->serial_number ? BZT_OK : BZT_ERR_MEMORY;
}

bzt_err issue_tx_subject(store_tx *tx, service *s, issue_subject *out, arena *a,
                         const application_row *application)
{
    *out = (issue_subject){.country = "CN"};
    if (application->has_enterprise)
        return subject_enterprise(tx, out, a, application->enterprise);
    return subject_personal(tx, s, out, a, application->person);
}

static x509_name name_of(const issue_subject *s)
{
    return (x509_name){.country = text_span(s->country),
                       .organisation = text_span(s->organisation),
                       .unit = text_span(s->unit),
                       .common_name = text_span(s->common_name),
                       .serial = text_span(s->serial_number)};
}

/* Is this Name, byte for byte, the one that we asked for? */
static bzt_err check_name(const issue_subject *subject, bzt_span name,
                          bzt_err otherwise)
{
    const x509_name wanted = name_of(subject);
    uint8_t buf[NAME_MAX_LEN];
    bzt_span ours;
    bzt_err err;

    if ((err = x509_name_write(&ours, buf, sizeof(buf), &wanted)))
        return err;
    if (ours.len != name.len || memcmp(ours.p, name.p, name.len))
        return otherwise;
    return BZT_OK;
}

bzt_err issue_tx_expect(store_tx *tx, service *s, arena *a,
                        const uint8_t application[16], const uint8_t person[16],
                        const uint8_t point[65], bzt_span message)
{
    application_row row;
    issue_subject subject;
    csr info;
    bzt_err err;

    if ((err = application_get(tx, &row, a, application)))
        return err == BZT_ERR_NOT_FOUND ? BZT_ERR_MESSAGE : err;
    if (memcmp(row.person, person, 16) || strcmp(row.state, "approved"))
        return BZT_ERR_MESSAGE;
    if (csr_info_read(&info, message) || memcmp(info.pub, point, 65))
        return BZT_ERR_MESSAGE;
    if ((err = issue_tx_subject(tx, s, &subject, a, &row)))
        return err;
    return check_name(&subject, info.subject, BZT_ERR_MESSAGE);
}

/* --- before the CA is asked ---------------------------------------------- */

typedef struct issue_args {
    service *s;
    arena *a;
    const issue_order *order;
    int64_t now_ms;
    application_row application;
    catalogue_row item;
    ca_row ca;
    key_row key;
    issue_subject subject;
    csr request;
    ca_answer answer;
    x509_cert cert; /* of the answer, checked */
    uint8_t entry[16];
} issue_args;

static bzt_err check_key(const issue_args *in)
{
    const key_row *k = &in->key;
    const issue_order *o = in->order;

    if (memcmp(k->person, o->person, 16))
        return BZT_ERR_NOT_FOUND;
    if (memcmp(k->device, o->device, 16) || strcmp(k->state, "live") ||
        strcmp(k->purpose, "sign") || !k->has_point || k->has_entry ||
        (k->has_application && memcmp(k->application, o->application, 16)))
        return BZT_ERR_CONFLICT;
    return memcmp(k->point, in->request.pub, 65) ? BZT_ERR_KEY_MISMATCH
                                                 : BZT_OK;
}

/* BZT_OK with in->application.has_entry: it was issued for this key before. */
static bzt_err check_application(store_tx *tx, issue_args *in)
{
    const application_row *row = &in->application;
    bzt_err err;

    if ((err = application_get(tx, &in->application, in->a,
                               in->order->application)))
        return err;
    if (memcmp(row->person, in->order->person, 16))
        return BZT_ERR_NOT_FOUND;
    if (!strcmp(row->state, "approved"))
        return BZT_OK;
    if (!row->has_entry)
        return BZT_ERR_NOT_REVIEWED;
    if ((err = key_get(tx, &in->key, in->a, in->order->key, NULL)))
        return err;
    if (!in->key.has_entry || memcmp(in->key.entry, row->entry, 16))
        return BZT_ERR_CONFLICT;
    return memcmp(in->key.point, in->request.pub, 65) ? BZT_ERR_KEY_MISMATCH
                                                      : BZT_OK;
}

static bzt_err prepare_op(store_tx *tx, void *arg)
{
    issue_args *in = arg;
    bzt_err err;

    if ((err = check_application(tx, in)))
        return err;
    if (in->application.has_entry) {
        memcpy(in->entry, in->application.entry, 16);
        return BZT_OK;
    }
    if ((err = key_get(tx, &in->key, in->a, in->order->key, NULL)))
        return err;
    if ((err = check_key(in)))
        return err;
    if ((err = catalogue_get(tx, &in->item, in->a, in->application.catalogue)))
        return err;
    if ((err = ca_get(tx, &in->ca, in->a, in->item.ca)))
        return err;
    if ((err = issue_tx_subject(tx, in->s, &in->subject, in->a,
                                &in->application)))
        return err;
    return check_name(&in->subject, in->request.subject, BZT_ERR_CSR_SUBJECT);
}

/* One reference for one application and one key. */
static void reference_of(uint8_t out[16], const issue_args *in)
{
    uint8_t digest[32];
    sm3 h;

    sm3_init(&h);
    sm3_update(&h, in->order->application, 16);
    sm3_update(&h, in->order->key, 16);
    sm3_final(&h, digest);
    memcpy(out, digest, 16);
}

/* --- what the CA delivers ------------------------------------------------ */

static bzt_err check_path(const issue_args *in)
{
    const ca_answer *answer = &in->answer;
    x509_cert chain[CA_CHAIN_MAX];
    path found;
    bzt_err err;

    if (!answer->chain_n || answer->chain_n > CA_CHAIN_MAX)
        return BZT_ERR_CERT_PATH;
    for (size_t i = 0; i < answer->chain_n; i++)
        if ((err = x509_read(&chain[i], answer->chain[i])))
            return err;
    return path_check(&found,
                      &(path_input){.leaf = &in->cert,
                                    .others = chain,
                                    .others_n = answer->chain_n - 1,
                                    .roots = &chain[answer->chain_n - 1],
                                    .roots_n = 1,
                                    .at = in->now_ms,
                                    .purpose = PATH_SIGNING});
}

/* Path, key, subject, code, usage, and a validity that is what was applied
 * for, give or take two days of a CA's habits. */
static bzt_err check_certificate(issue_args *in)
{
    const int64_t day = 86400000, wanted = in->item.validity_days * day;
    x509_cert *c = &in->cert;
    x509_holder holder;
    bzt_err err;

    if ((err = x509_read(c, in->answer.certificate)))
        return err;
    if (memcmp(c->pub, in->request.pub, 65))
        return BZT_ERR_KEY_MISMATCH;
    if ((err = check_name(&in->subject, c->subject, BZT_ERR_CERT_INVALID)))
        return err;
    if (!c->has_key_usage || c->is_ca ||
        !(c->key_usage & X509_DIGITAL_SIGNATURE))
        return BZT_ERR_CERT_INVALID;
    if (c->not_after <= in->now_ms ||
        c->not_after - c->not_before > wanted + 2 * day)
        return BZT_ERR_CERT_INVALID;
    x509_holder_read(&holder, c);
    if (in->subject.uscc && !text_is(holder.uscc, in->subject.uscc))
        return BZT_ERR_CERT_INVALID;
    return check_path(in);
}

static bzt_err ask_ca(issue_args *in)
{
    const ca_connector *ca = connectors_ca(in->s->connect, in->ca.connector);
    ca_application order = {.ca = {.settings = in->ca.settings},
                            .csr = in->order->csr,
                            .subject = name_of(&in->subject),
                            .uscc = text_span(in->subject.uscc),
                            .validity_days = in->item.validity_days,
                            .now_ms = in->now_ms};
    bzt_err err;

    if (!ca)
        return BZT_ERR_UNAVAILABLE;
    memcpy(order.ca.id, in->ca.id, 16);
    reference_of(order.reference, in);
    if ((err = ca->submit(ca->self, &in->answer, in->a, &order)))
        return err;
    if (in->answer.state != CA_ISSUED)
        return BZT_ERR_UNAVAILABLE; /* ask again later */
    return check_certificate(in);
}

/* --- the transaction ----------------------------------------------------- */

static bzt_err insert_entry(store_tx *tx, issue_args *in)
{
    const application_row *app = &in->application;
    entry_row e = {.state = "active",
                   .has_enterprise = app->has_enterprise,
                   .created_at = in->now_ms};
    bzt_err err;

    if ((err = rng_id(e.id)))
        return err;
    memcpy(in->entry, e.id, 16);
    memcpy(e.person, app->person, 16);
    memcpy(e.enterprise, app->enterprise, 16);
    memcpy(e.application, app->id, 16);
    memcpy(e.ca, in->ca.id, 16);
    return entry_insert(tx, &e);
}

static bzt_err insert_certificate(store_tx *tx, issue_args *in)
{
    certificate_row c = {.serial = in->cert.serial,
                         .der = in->cert.whole,
                         .not_before = in->cert.not_before,
                         .not_after = in->cert.not_after,
                         .created_at = in->now_ms};
    bzt_err err;

    if ((err = rng_id(c.id)))
        return err;
    memcpy(c.entry, in->entry, 16);
    memcpy(c.key, in->order->key, 16);
    memcpy(c.ca, in->ca.id, 16);
    x509_fingerprint(c.fingerprint, &in->cert);
    if ((err = certificate_insert(tx, &c)))
        return err;
    if ((err = inbox_tell(tx, in->now_ms,
                          &(inbox_note){.kind = "certificate_issued",
                                        .person = in->application.person,
                                        .subject = in->entry})))
        return err;
    return service_audit(tx, in->now_ms,
                         &(audit_note){.kind = "certificate.issue",
                                       .tenant = in->application.tenant,
                                       .actor_kind = "per",
                                       .actor = in->application.person,
                                       .person = in->application.person,
                                       .subject_kind = "crt",
                                       .subject = c.id});
}

/* The first certificate proves the claim. */
static bzt_err activate_enterprise(store_tx *tx, issue_args *in)
{
    const application_row *app = &in->application;
    member_row m;
    bzt_err err;

    if (!app->has_enterprise)
        return BZT_OK;
    if ((err = enterprise_update_state(tx, app->enterprise, "active")))
        return err;
    if ((err = member_find(tx, &m, in->a, app->enterprise, app->person)))
        return err;
    return strcmp(m.state, "claimed") ? BZT_OK
                                      : member_update_state(tx, m.id, "active");
}

static bzt_err finish_application(store_tx *tx, issue_args *in)
{
    application_row *app = &in->application;

    app->state = "issued";
    app->has_entry = 1;
    memcpy(app->entry, in->entry, 16);
    app->updated_at = in->now_ms;
    return application_update(tx, app);
}

static bzt_err store_op_all(store_tx *tx, void *arg)
{
    issue_args *in = arg;
    bzt_err err;

    /* everything that was checked before may have changed since */
    if ((err = prepare_op(tx, in)) || in->application.has_entry)
        return err;
    if ((err = insert_entry(tx, in)))
        return err;
    if ((err = insert_certificate(tx, in)))
        return err;
    if ((err = key_update_application(tx, in->order->key, in->application.id)))
        return err;
    if ((err = key_update_certified(tx, in->order->key, in->entry,
                                    in->application.has_enterprise)))
        return err;
    if ((err = activate_enterprise(tx, in)))
        return err;
    return finish_application(tx, in);
}

bzt_err issue_certificate(service *s, issue_entry *out, arena *a,
                          const issue_order *order, int64_t now_ms)
{
    issue_args in = {.s = s, .a = a, .order = order, .now_ms = now_ms};
    bzt_err err;

    *out = (issue_entry){0};
    if ((err = csr_read(&in.request, order->csr)))
        return err;
    if ((err = store_read(s->store, prepare_op, &in)))
        return err;
    if (!in.application.has_entry) {
        if ((err = ask_ca(&in)))
            return err;
        if ((err = store_write(s->store, store_op_all, &in)))
            return err;
    }
    return issue_entry_get(s, out, a, order->person, in.entry);
}

/* --- revoking ------------------------------------------------------------ */

typedef struct revoke_args {
    service *s;
    arena *a;
    const issue_revocation *in;
    int64_t now_ms;
    certificate_row cert;
    ca_row ca;
    entry_row entry;
} revoke_args;

static bzt_err find_revocable_op(store_tx *tx, void *arg)
{
    revoke_args *r = arg;
    bzt_err err;

    if ((err = certificate_get(tx, &r->cert, r->a, r->in->certificate)))
        return err;
    if ((err = ca_get(tx, &r->ca, r->a, r->cert.ca)))
        return err;
    if (memcmp(r->ca.tenant, r->in->tenant, 16))
        return BZT_ERR_NOT_FOUND;
    if (strcmp(r->cert.state, "active"))
        return BZT_ERR_CERT_REVOKED;
    return entry_get(tx, &r->entry, r->a, r->cert.entry);
}

/* An entry ends with the last of its certificates that is in force. */
static bzt_err end_entry(store_tx *tx, revoke_args *r)
{
    certificate_row *rows;
    size_t n;
    bzt_err err;

    if ((err = certificate_list(tx, &rows, &n, ISSUE_PER_ENTRY, r->a,
                                r->entry.id)))
        return err;
    for (size_t i = 0; i < n; i++)
        if (!strcmp(rows[i].state, "active"))
            return BZT_OK;
    return entry_update_state(tx, r->entry.id, "revoked");
}

static bzt_err revoke_op(store_tx *tx, void *arg)
{
    revoke_args *r = arg;
    bzt_err err;

    if ((err = find_revocable_op(tx, r)))
        return err;
    if ((err = certificate_revoke(tx, r->cert.id, r->now_ms, r->in->reason)))
        return err;
    if ((err = ca_list_forget(tx, r->ca.id)))
        return err;
    if ((err = end_entry(tx, r)))
        return err;
    if ((err = inbox_tell(tx, r->now_ms,
                          &(inbox_note){.kind = "certificate_revoked",
                                        .person = r->entry.person,
                                        .subject = r->entry.id})))
        return err;
    return service_audit(tx, r->now_ms,
                         &(audit_note){.kind = "certificate.revoke",
                                       .tenant = r->in->tenant,
                                       .actor_kind = "stf",
                                       .actor = r->in->staff,
                                       .person = r->entry.person,
                                       .subject_kind = "crt",
                                       .subject = r->cert.id});
}

bzt_err issue_revoke(service *s, arena *a, const issue_revocation *in,
                     int64_t now_ms)
{
    revoke_args r = {.s = s, .a = a, .in = in, .now_ms = now_ms};
    const ca_connector *ca;
    ca_place place;
    bzt_err err;

    if ((err = store_read(s->store, find_revocable_op, &r)))
        return err;
    ca = connectors_ca(s->connect, r.ca.connector);
    if (!ca)
        return BZT_ERR_UNAVAILABLE;
    place.settings = r.ca.settings;
    memcpy(place.id, r.ca.id, 16);
    if ((err = ca->revoke(ca->self, &place, r.cert.serial, (int)in->reason,
                          now_ms)))
        return err;
    return store_write(s->store, revoke_op, &r);
}
