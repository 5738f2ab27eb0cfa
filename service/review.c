/* Applications, the reviewer's side (application.h). */
#include "application.h"
#include "audit.h"
#include "base/json.h"
#include "inbox.h"
#include "mask.h"
#include "store/person.h"
#include "vault.h"
#include <string.h>

/* --- facts --------------------------------------------------------------- */

typedef const char *(*show_fn)(arena *a, bzt_span text);

static const char *in_full(arena *a, bzt_span text)
{
    return arena_text(a, text);
}

typedef struct fact {
    const char **out;
    const char *column;
    const uint8_t *row;
    bzt_span sealed;
    show_fn mask;
} fact;

static bzt_err unseal(const fact *f, arena *a, service *s, int is_full)
{
    bzt_span plain;
    bzt_err err;

    if (!f->sealed.len)
        return BZT_OK;
    if ((err = vault_unseal(&plain, a, s->vault,
                            (vault_place){f->column, f->row}, f->sealed)))
        return err;
    *f->out = (is_full ? in_full : f->mask)(a, plain);
    return *f->out ? BZT_OK : BZT_ERR_MEMORY;
}

static bzt_err read_person(store_tx *tx, application_facts *out, arena *a,
                           service *s, int is_full)
{
    person_row p;
    bzt_err err;

    if ((err = person_get(tx, &p, a, out->row.person)))
        return err;
    const fact facts[] = {
        {&out->name, "person.name_sealed", p.id, p.name_sealed, mask_name},
        {&out->id_number, "person.id_number_sealed", p.id, p.id_number_sealed,
         mask_number},
        {&out->phone, "person.phone_sealed", p.id, p.phone_sealed, mask_phone},
    };
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
        if ((err = unseal(&facts[i], a, s, is_full)))
            return err;
    return BZT_OK;
}

static bzt_err read_enterprise(store_tx *tx, application_facts *out, arena *a,
                               service *s, int is_full)
{
    enterprise_row e;
    bzt_err err;

    if ((err = enterprise_get(tx, &e, a, out->row.enterprise)))
        return err;
    out->enterprise = e.name;
    out->uscc = e.uscc;
    const fact facts[] = {
        {&out->legal_name, "enterprise.legal_name_sealed", e.id,
         e.legal_name_sealed, mask_name},
        {&out->legal_id, "enterprise.legal_id_sealed", e.id, e.legal_id_sealed,
         mask_number},
    };
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
        if ((err = unseal(&facts[i], a, s, is_full)))
            return err;
    return BZT_OK;
}

static bzt_err read_facts(store_tx *tx, application_facts *out, arena *a,
                          service *s, int is_full)
{
    bzt_err err;

    if ((err = catalogue_get(tx, &out->item, a, out->row.catalogue)))
        return err;
    if ((err = read_person(tx, out, a, s, is_full)))
        return err;
    return out->row.has_enterprise ? read_enterprise(tx, out, a, s, is_full)
                                   : BZT_OK;
}

typedef struct facts_args {
    service *s;
    arena *a;
    const uint8_t *tenant, *id;
    application_facts *out;
} facts_args;

/* Rows of other tenants do not exist. */
static bzt_err get_of_tenant(store_tx *tx, application_row *out, arena *a,
                             const uint8_t tenant[16], const uint8_t id[16])
{
    bzt_err err = application_get(tx, out, a, id);

    if (err)
        return err;
    return memcmp(out->tenant, tenant, 16) ? BZT_ERR_NOT_FOUND : BZT_OK;
}

static bzt_err facts_op(store_tx *tx, void *arg)
{
    facts_args *in = arg;
    bzt_err err;

    if ((err = get_of_tenant(tx, &in->out->row, in->a, in->tenant, in->id)))
        return err;
    return read_facts(tx, in->out, in->a, in->s, 1);
}

bzt_err application_facts_get(service *s, application_facts *out, arena *a,
                              const uint8_t tenant[16], const uint8_t id[16])
{
    facts_args in = {s, a, tenant, id, out};
    bzt_err err;

    *out = (application_facts){0};
    if ((err = store_read(s->store, facts_op, &in)))
        *out = (application_facts){0};
    return err;
}

typedef struct queue_args {
    service *s;
    arena *a;
    const application_queue_order *order;
    application_facts *facts;
    size_t n;
} queue_args;

static bzt_err queue_op(store_tx *tx, void *arg)
{
    queue_args *in = arg;
    application_row *rows;
    bzt_err err;

    if ((err = application_list_state(tx, &rows, &in->n, APPLICATION_PAGE + 1,
                                      in->a, in->order->tenant,
                                      in->order->state, in->order->after)))
        return err;
    in->facts = arena_alloc(in->a, (in->n + 1) * sizeof(*in->facts));
    if (!in->facts)
        return BZT_ERR_MEMORY;
    for (size_t i = 0; i < in->n; i++) {
        in->facts[i].row = rows[i];
        if ((err = read_facts(tx, &in->facts[i], in->a, in->s, 0)))
            return err;
    }
    return BZT_OK;
}

bzt_err application_queue(service *s, application_facts **out, size_t *n,
                          int *has_more, arena *a,
                          const application_queue_order *order)
{
    queue_args in = {.s = s, .a = a, .order = order};
    bzt_err err = store_read(s->store, queue_op, &in);

    *out = err ? NULL : in.facts;
    *has_more = !err && in.n > APPLICATION_PAGE;
    *n = err ? 0 : *has_more ? APPLICATION_PAGE : in.n;
    return err;
}

/* --- the decision -------------------------------------------------------- */

typedef struct review_args {
    service *s;
    arena *a;
    const application_decision *in;
    application_facts *out;
    int64_t now_ms;
} review_args;

static bzt_err tell(store_tx *tx, const review_args *r)
{
    const application_row *row = &r->out->row;
    json *body = json_new_object(r->a);
    bzt_span text;
    bzt_err err;

    if (!r->in->is_approved)
        json_add_text(body, "reason", r->in->reason);
    if ((err = json_write(&text, r->a, body)))
        return err;
    return inbox_tell(tx, r->now_ms,
                      &(inbox_note){.kind = r->in->is_approved
                                                ? "application_approved"
                                                : "application_rejected",
                                    .body = arena_text(r->a, text),
                                    .person = row->person,
                                    .subject = row->id});
}

static bzt_err note(store_tx *tx, const review_args *r)
{
    const application_row *row = &r->out->row;

    return service_audit(tx, r->now_ms,
                         &(audit_note){.kind = "application.review",
                                       .tenant = row->tenant,
                                       .actor_kind = "stf",
                                       .actor = r->in->staff,
                                       .person = row->person,
                                       .subject_kind = "app",
                                       .subject = row->id,
                                       .outcome = row->state});
}

static bzt_err decide(store_tx *tx, review_args *r)
{
    application_row *row = &r->out->row;
    bzt_err err;

    row->state = r->in->is_approved ? "approved" : "rejected";
    row->reason = r->in->is_approved ? NULL : r->in->reason;
    row->is_reviewed = 1;
    memcpy(row->reviewed_by, r->in->staff, 16);
    row->reviewed_at = row->updated_at = r->now_ms;
    if ((err = application_update(tx, row)))
        return err;
    if ((err = tell(tx, r)))
        return err;
    return note(tx, r);
}

static bzt_err review_op(store_tx *tx, void *arg)
{
    review_args *r = arg;
    application_row *row = &r->out->row;
    bzt_err err;

    if ((err = get_of_tenant(tx, row, r->a, r->in->tenant, r->in->application)))
        return err;
    if (!strcmp(row->state, "submitted"))
        err = decide(tx, r);
    else if (strcmp(row->state, r->in->is_approved ? "approved" : "rejected"))
        err = BZT_ERR_CONFLICT;
    return err ? err : read_facts(tx, r->out, r->a, r->s, 0);
}

bzt_err application_review(service *s, application_facts *out, arena *a,
                           const application_decision *in, int64_t now_ms)
{
    review_args r = {s, a, in, out, now_ms};
    bzt_err err;

    *out = (application_facts){0};
    if (!in->is_approved && (!in->reason || !in->reason[0]))
        return BZT_ERR_BAD_FIELD;
    if ((err = store_write(s->store, review_op, &r)))
        *out = (application_facts){0};
    return err;
}
