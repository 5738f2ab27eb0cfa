/* Enterprises, applications, entries (doc/api.md, Certificates). */
#include "api.h"
#include "api_common.h"
#include "core/text.h"
#include "service/application.h"
#include "service/catalogue.h"
#include "service/enterprise.h"
#include "service/issue.h"
#include <string.h>

const field enterprises_fields[] = {{"name", FIELD_TEXT, 2, 300},
                                    {"uscc", FIELD_TEXT, 1, 32},
                                    {"legal_name", FIELD_TEXT, 2, 120},
                                    {"legal_id", FIELD_TEXT, 1, 32},
                                    {NULL}};
const field applications_fields[] = {
    {"catalogue_id", FIELD_ID, .kind = "cat"},
    {"enterprise_id", FIELD_ID, .kind = "ent", .optional = 1},
    {NULL}};
const field application_certificate_fields[] = {
    {"key_id", FIELD_ID, .kind = "key"},
    {"csr", FIELD_BYTES, 100, 2048},
    {NULL}};

/* --- catalogue ----------------------------------------------------------- */

bzt_err api_catalogue_item(json *o, arena *a, const catalogue_row *row)
{
    json *attachments = NULL, *ca;
    bzt_err err;

    if ((err = json_parse(&attachments, a, text_span(row->attachments))))
        return err;
    json_add_id(o, "id", "cat", row->id);
    json_add_text(o, "province", row->province);
    json_add_text(o, "platform", row->platform);
    ca = json_add_object(o, "ca");
    json_add_id(ca, "id", "ca", row->ca);
    json_add_text(ca, "name", row->ca_name);
    json_add_text(o, "subject", row->subject);
    json_add_text(o, "product", row->product);
    json_add_int(o, "validity_days", row->validity_days);
    json_add_int(o, "fee_cents", row->fee_cents);
    json_add(o, "attachments", attachments);
    return BZT_OK;
}

bzt_err catalogue_items_get(call *c)
{
    catalogue_row *rows;
    size_t n;
    json *list;
    bzt_err err = catalogue_offered(c->service, &rows, &n, c->arena);

    if (err)
        return err;
    list = json_add_array(call_answer(c), "items");
    for (size_t i = 0; i < n; i++)
        if ((err = api_catalogue_item(json_append_object(list), c->arena,
                                      &rows[i])))
            return err;
    return BZT_OK;
}

/* --- enterprises --------------------------------------------------------- */

static void add_enterprise(json *o, const enterprise_of *e)
{
    json_add_id(o, "id", "ent", e->enterprise.id);
    json_add_text(o, "name", e->enterprise.name);
    json_add_text(o, "uscc", e->enterprise.uscc);
    json_add_text(o, "state", e->enterprise.state);
    json_add_text(o, "role", e->role);
}

bzt_err enterprises_post(call *c)
{
    enterprise_claim_order in = {0};
    enterprise_of e;
    bzt_err err;

    memcpy(in.person, c->caller.person, 16);
    if ((err = json_text(&in.name, c->body, "name", 2, 300)) ||
        (err = json_text(&in.uscc, c->body, "uscc", 1, 32)) ||
        (err = json_text(&in.legal_name, c->body, "legal_name", 2, 120)) ||
        (err = json_text(&in.legal_id, c->body, "legal_id", 1, 32)))
        return err;
    if (!text_is_plain(text_span(in.name)))
        return call_bad_field(c, BZT_ERR_BAD_FIELD, "name");
    if (!text_is_plain(text_span(in.legal_name)))
        return call_bad_field(c, BZT_ERR_BAD_FIELD, "legal_name");
    if ((err = enterprise_claim(c->service, &e, c->arena, &in, c->now_ms)))
        return err;
    add_enterprise(call_answer(c), &e);
    return BZT_OK;
}

bzt_err enterprises_get(call *c)
{
    enterprise_of *rows;
    size_t n;
    json *list;
    bzt_err err =
        enterprise_mine(c->service, &rows, &n, c->arena, c->caller.person);

    if (err)
        return err;
    list = json_add_array(call_answer(c), "enterprises");
    for (size_t i = 0; i < n; i++)
        add_enterprise(json_append_object(list), &rows[i]);
    return BZT_OK;
}

/* --- applications -------------------------------------------------------- */

static void add_subject(json *o, const application_view *v)
{
    json *s;

    if (!v->has_subject) {
        json_add_null(o, "subject");
        return;
    }
    s = json_add_object(o, "subject");
    json_add_text(s, "c", v->subject.country);
    json_add_text(s, "o", v->subject.organisation);
    json_add_text(s, "ou", v->subject.unit);
    json_add_text(s, "cn", v->subject.common_name);
    json_add_text(s, "serial_number", v->subject.serial_number);
}

static void add_id_or_null(json *o, const char *name, const char *kind,
                           const uint8_t id[16], int has)
{
    if (has)
        json_add_id(o, name, kind, id);
    else
        json_add_null(o, name);
}

static void add_application(json *o, const application_view *v)
{
    const application_row *r = &v->row;

    json_add_id(o, "id", "app", r->id);
    json_add_text(o, "state", r->state);
    json_add_id(o, "catalogue_id", "cat", r->catalogue);
    add_id_or_null(o, "enterprise_id", "ent", r->enterprise, r->has_enterprise);
    json_add_text(o, "reason", r->reason);
    add_id_or_null(o, "entry_id", "etr", r->entry, r->has_entry);
    add_subject(o, v);
    json_add_int(o, "created_at", r->created_at);
    json_add_int(o, "updated_at", r->updated_at);
}

bzt_err applications_post(call *c)
{
    application_order in = {0};
    uint8_t enterprise[16];
    application_view v;
    bzt_err err;

    memcpy(in.person, c->caller.person, 16);
    if ((err = json_id(in.catalogue, c->body, "catalogue_id", "cat")))
        return err;
    if (!json_id(enterprise, c->body, "enterprise_id", "ent"))
        in.enterprise = enterprise;
    if ((err = application_submit(c->service, &v, c->arena, &in, c->now_ms)))
        return call_bad_field(c, err, "enterprise_id");
    add_application(call_answer(c), &v);
    return BZT_OK;
}

bzt_err applications_get(call *c)
{
    const uint8_t *after;
    uint8_t buf[16];
    application_view *views;
    size_t n;
    int has_more;
    json *list;
    bzt_err err;

    if ((err = call_query_id(&after, buf, c, "after", "app")))
        return err;
    if ((err = application_mine(c->service, &views, &n, &has_more, c->arena,
                                c->caller.person, after)))
        return err;
    list = json_add_array(call_answer(c), "applications");
    for (size_t i = 0; i < n; i++)
        add_application(json_append_object(list), &views[i]);
    call_add_next(c, "app", has_more ? views[n - 1].row.id : NULL);
    return BZT_OK;
}

bzt_err application_get_get(call *c)
{
    application_view v;
    uint8_t id[16];
    bzt_err err;

    if ((err = call_id(id, c, 0, "app")))
        return err;
    if ((err =
             application_show(c->service, &v, c->arena, c->caller.person, id)))
        return err;
    add_application(call_answer(c), &v);
    return BZT_OK;
}

/* --- entries ------------------------------------------------------------- */

static void add_keys(json *o, arena *a, const issue_entry *e)
{
    json *list = json_add_array(o, "keys");

    for (size_t i = 0; i < e->keys_n; i++) {
        json *k = json_append_object(list);

        json_add_id(k, "id", "key", e->keys[i].id);
        json_add_text(k, "purpose", e->keys[i].purpose);
        json_add_text(k, "state", e->keys[i].state);
        json_add_id(k, "device_id", "dev", e->keys[i].device);
        json_add_bytes(k, a, "point", (bzt_span){e->keys[i].point, 65});
    }
}

static void add_certificates(json *o, arena *a, const issue_entry *e)
{
    json *list = json_add_array(o, "certificates");

    for (size_t i = 0; i < e->certificates_n; i++) {
        const certificate_row *r = &e->certificates[i];
        json *k = json_append_object(list);

        json_add_id(k, "id", "crt", r->id);
        json_add_id(k, "key_id", "key", r->key);
        json_add_bytes(k, a, "serial", r->serial);
        json_add_bytes(k, a, "der", r->der);
        json_add_int(k, "not_before", r->not_before);
        json_add_int(k, "not_after", r->not_after);
        json_add_text(k, "state", r->state);
    }
}

static void add_entry(json *o, arena *a, const issue_entry *e)
{
    json *part;

    json_add_id(o, "id", "etr", e->row.id);
    json_add_text(o, "state", e->row.state);
    if (e->row.has_enterprise) {
        part = json_add_object(o, "enterprise");
        json_add_id(part, "id", "ent", e->enterprise.id);
        json_add_text(part, "name", e->enterprise.name);
        json_add_text(part, "uscc", e->enterprise.uscc);
    } else {
        json_add_null(o, "enterprise");
    }
    part = json_add_object(o, "ca");
    json_add_id(part, "id", "ca", e->row.ca);
    json_add_text(part, "name", e->ca_name);
    add_keys(o, a, e);
    add_certificates(o, a, e);
    part = json_add_array(o, "chain");
    for (size_t i = 0; i < e->chain_n; i++)
        json_append_bytes(part, a, e->chain[i]);
}

bzt_err application_certificate_post(call *c)
{
    issue_order in = {0};
    issue_entry e;
    bzt_err err;

    memcpy(in.person, c->caller.person, 16);
    memcpy(in.device, c->caller.device, 16);
    if ((err = call_id(in.application, c, 0, "app")) ||
        (err = json_id(in.key, c->body, "key_id", "key")) ||
        (err = json_span(&in.csr, c->arena, c->body, "csr", 100, 2048)))
        return err;
    if ((err = issue_certificate(c->service, &e, c->arena, &in, c->now_ms)))
        return err;
    add_entry(call_answer(c), c->arena, &e);
    return BZT_OK;
}

bzt_err entries_get(call *c)
{
    issue_entry *entries;
    size_t n;
    json *list;
    bzt_err err =
        issue_entry_list(c->service, &entries, &n, c->arena, c->caller.person);

    if (err)
        return err;
    list = json_add_array(call_answer(c), "entries");
    for (size_t i = 0; i < n; i++)
        add_entry(json_append_object(list), c->arena, &entries[i]);
    return BZT_OK;
}

bzt_err entry_get_get(call *c)
{
    issue_entry e;
    uint8_t id[16];
    bzt_err err;

    if ((err = call_id(id, c, 0, "etr")))
        return err;
    if ((err = issue_entry_get(c->service, &e, c->arena, c->caller.person, id)))
        return err;
    add_entry(call_answer(c), c->arena, &e);
    return BZT_OK;
}
