/* The catalogue (catalogue.h). */
#include "catalogue.h"
#include "audit.h"
#include "base/rng.h"
#include "store/ca.h"
#include <string.h>

typedef struct list_args {
    catalogue_row **out;
    size_t *n;
    arena *a;
    const uint8_t *tenant;
} list_args;

static bzt_err list_op(store_tx *tx, void *arg)
{
    list_args *in = arg;

    if (!in->tenant)
        return catalogue_list_offered(tx, in->out, in->n, CATALOGUE_LIST_MAX,
                                      in->a);
    return catalogue_list_tenant(tx, in->out, in->n, CATALOGUE_LIST_MAX, in->a,
                                 in->tenant);
}

bzt_err catalogue_offered(service *s, catalogue_row **out, size_t *n, arena *a)
{
    list_args in = {out, n, a, NULL};

    return store_read(s->store, list_op, &in);
}

bzt_err catalogue_of_tenant(service *s, catalogue_row **out, size_t *n,
                            arena *a, const uint8_t tenant[16])
{
    list_args in = {out, n, a, tenant};

    return store_read(s->store, list_op, &in);
}

typedef struct change_args {
    arena *a;
    const catalogue_change *by;
    catalogue_row *row;
    int64_t now_ms;
} change_args;

static bzt_err note(store_tx *tx, const change_args *in, const char *kind,
                    const uint8_t *id)
{
    return service_audit(tx, in->now_ms,
                         &(audit_note){.kind = kind,
                                       .tenant = in->by->tenant,
                                       .actor_kind = "stf",
                                       .actor = in->by->staff,
                                       .subject_kind = "cat",
                                       .subject = id});
}

static bzt_err add_op(store_tx *tx, void *arg)
{
    change_args *in = arg;
    ca_row ca;
    bzt_err err;

    if ((err = ca_get(tx, &ca, in->a, in->row->ca)))
        return err;
    if (memcmp(ca.tenant, in->by->tenant, 16))
        return BZT_ERR_NOT_FOUND;
    if ((err = catalogue_insert(tx, in->row)))
        return err;
    return note(tx, in, "catalogue.add", in->row->id);
}

bzt_err catalogue_add(service *s, catalogue_row *row, arena *a,
                      const catalogue_change *by, int64_t now_ms)
{
    change_args in = {a, by, row, now_ms};
    bzt_err err;

    if ((err = rng_id(row->id)))
        return err;
    memcpy(row->tenant, by->tenant, 16);
    row->state = "offered";
    row->created_at = now_ms;
    return store_write(s->store, add_op, &in);
}

static bzt_err withdraw_op(store_tx *tx, void *arg)
{
    change_args *in = arg;
    bzt_err err;

    if ((err = catalogue_update_state(tx, in->by->tenant, in->by->id,
                                      "withdrawn")))
        return err;
    return note(tx, in, "catalogue.withdraw", in->by->id);
}

bzt_err catalogue_withdraw(service *s, const catalogue_change *by,
                           int64_t now_ms)
{
    change_args in = {NULL, by, NULL, now_ms};

    return store_write(s->store, withdraw_op, &in);
}
