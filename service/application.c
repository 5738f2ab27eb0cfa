/* Applications, the holder's side (application.h). */
#include "application.h"
#include "audit.h"
#include "base/rng.h"
#include "inbox.h"
#include "store/member.h"
#include <string.h>

static bzt_err view(store_tx *tx, service *s, application_view *out, arena *a)
{
    const char *state = out->row.state;

    out->has_subject = !strcmp(state, "approved") || !strcmp(state, "issued");
    if (!out->has_subject)
        return BZT_OK;
    return issue_tx_subject(tx, s, &out->subject, a, &out->row);
}

/* --- submitting ---------------------------------------------------------- */

typedef struct submit_args {
    service *s;
    arena *a;
    const application_order *order;
    application_view *out;
    int64_t now_ms;
} submit_args;

static bzt_err check_item(store_tx *tx, submit_args *in, catalogue_row *item)
{
    const int wants_enterprise = in->order->enterprise != NULL;
    bzt_err err = catalogue_get(tx, item, in->a, in->order->catalogue);

    if (err)
        return err;
    if (strcmp(item->state, "offered"))
        return BZT_ERR_NOT_FOUND;
    if (wants_enterprise != !strcmp(item->subject, "enterprise"))
        return BZT_ERR_BAD_FIELD;
    return BZT_OK;
}

static bzt_err check_member(store_tx *tx, submit_args *in)
{
    member_row m;
    bzt_err err =
        member_find(tx, &m, in->a, in->order->enterprise, in->order->person);

    if (err)
        return err;
    if (!strcmp(m.state, "left"))
        return BZT_ERR_NOT_FOUND;
    return strcmp(m.role, "admin") ? BZT_ERR_FORBIDDEN : BZT_OK;
}

static bzt_err check_new(store_tx *tx, submit_args *in)
{
    application_row other;
    bzt_err err =
        application_find_open(tx, &other, in->a, in->order->person,
                              in->order->catalogue, in->order->enterprise);

    if (err == BZT_ERR_NOT_FOUND)
        return BZT_OK;
    return err ? err : BZT_ERR_CONFLICT;
}

static bzt_err insert(store_tx *tx, submit_args *in, const catalogue_row *item)
{
    application_row *row = &in->out->row;
    bzt_err err;

    *row = (application_row){.state = "submitted",
                             .version = 1,
                             .created_at = in->now_ms,
                             .updated_at = in->now_ms};
    if ((err = rng_id(row->id)))
        return err;
    memcpy(row->tenant, item->tenant, 16);
    memcpy(row->catalogue, item->id, 16);
    memcpy(row->person, in->order->person, 16);
    row->has_enterprise = in->order->enterprise != NULL;
    if (row->has_enterprise)
        memcpy(row->enterprise, in->order->enterprise, 16);
    return application_insert(tx, row);
}

static bzt_err submit_op(store_tx *tx, void *arg)
{
    submit_args *in = arg;
    const application_row *row = &in->out->row;
    catalogue_row item;
    bzt_err err;

    if ((err = check_item(tx, in, &item)))
        return err;
    if (in->order->enterprise && (err = check_member(tx, in)))
        return err;
    if ((err = check_new(tx, in)))
        return err;
    if ((err = insert(tx, in, &item)))
        return err;
    if ((err = inbox_tell(tx, in->now_ms,
                          &(inbox_note){.kind = "application_submitted",
                                        .person = row->person,
                                        .subject = row->id})))
        return err;
    return service_audit(tx, in->now_ms,
                         &(audit_note){.kind = "application.submit",
                                       .tenant = row->tenant,
                                       .actor_kind = "per",
                                       .actor = row->person,
                                       .person = row->person,
                                       .subject_kind = "app",
                                       .subject = row->id});
}

bzt_err application_submit(service *s, application_view *out, arena *a,
                           const application_order *order, int64_t now_ms)
{
    submit_args in = {s, a, order, out, now_ms};

    *out = (application_view){0};
    return store_write(s->store, submit_op, &in);
}

/* --- looking ------------------------------------------------------------- */

typedef struct show_args {
    service *s;
    arena *a;
    const uint8_t *person, *id;
    application_view *out;
} show_args;

static bzt_err show_op(store_tx *tx, void *arg)
{
    show_args *in = arg;
    bzt_err err;

    if ((err = application_get(tx, &in->out->row, in->a, in->id)))
        return err;
    if (memcmp(in->out->row.person, in->person, 16))
        return BZT_ERR_NOT_FOUND;
    return view(tx, in->s, in->out, in->a);
}

bzt_err application_show(service *s, application_view *out, arena *a,
                         const uint8_t person[16], const uint8_t id[16])
{
    show_args in = {s, a, person, id, out};

    *out = (application_view){0};
    return store_read(s->store, show_op, &in);
}

typedef struct mine_args {
    service *s;
    arena *a;
    const uint8_t *person, *after;
    application_view *views;
    size_t n;
} mine_args;

static bzt_err mine_op(store_tx *tx, void *arg)
{
    mine_args *in = arg;
    application_row *rows;
    bzt_err err;

    if ((err = application_list_person(tx, &rows, &in->n, APPLICATION_PAGE + 1,
                                       in->a, in->person, in->after)))
        return err;
    in->views = arena_alloc(in->a, (in->n + 1) * sizeof(*in->views));
    if (!in->views)
        return BZT_ERR_MEMORY;
    for (size_t i = 0; i < in->n; i++) {
        in->views[i].row = rows[i];
        if ((err = view(tx, in->s, &in->views[i], in->a)))
            return err;
    }
    return BZT_OK;
}

bzt_err application_mine(service *s, application_view **out, size_t *n,
                         int *has_more, arena *a, const uint8_t person[16],
                         const uint8_t *after)
{
    mine_args in = {.s = s, .a = a, .person = person, .after = after};
    bzt_err err = store_read(s->store, mine_op, &in);

    *out = err ? NULL : in.views;
    *has_more = !err && in.n > APPLICATION_PAGE;
    *n = err ? 0 : *has_more ? APPLICATION_PAGE : in.n;
    return err;
}
