/* Enterprises (enterprise.h). */
#include "enterprise.h"
#include "audit.h"
#include "base/rng.h"
#include "core/text.h"
#include "pki/identity.h"
#include "store/application.h"
#include "vault.h"
#include <string.h>

typedef struct claim_args {
    service *s;
    arena *a;
    const enterprise_claim_order *order;
    enterprise_of *out;
    int64_t now_ms;
} claim_args;

static bzt_err seal_facts(claim_args *in)
{
    enterprise_row *e = &in->out->enterprise;
    bzt_err err;

    e->name = in->order->name;
    if ((err = vault_seal(&e->legal_name_sealed, in->a, in->s->vault,
                          (vault_place){"enterprise.legal_name_sealed", e->id},
                          text_span(in->order->legal_name))))
        return err;
    return vault_seal(&e->legal_id_sealed, in->a, in->s->vault,
                      (vault_place){"enterprise.legal_id_sealed", e->id},
                      text_span(in->order->legal_id));
}

static bzt_err is_same(int *yes, const claim_args *in)
{
    const enterprise_row *e = &in->out->enterprise;
    bzt_span name, number;
    bzt_err err;

    if ((err =
             vault_unseal(&name, in->a, in->s->vault,
                          (vault_place){"enterprise.legal_name_sealed", e->id},
                          e->legal_name_sealed)) ||
        (err = vault_unseal(&number, in->a, in->s->vault,
                            (vault_place){"enterprise.legal_id_sealed", e->id},
                            e->legal_id_sealed)))
        return err;
    *yes = !strcmp(e->name, in->order->name) &&
           text_is(name, in->order->legal_name) &&
           text_is(number, in->order->legal_id);
    return BZT_OK;
}

static bzt_err note(store_tx *tx, const claim_args *in, const char *kind)
{
    return service_audit(tx, in->now_ms,
                         &(audit_note){.kind = kind,
                                       .actor_kind = "per",
                                       .actor = in->order->person,
                                       .person = in->order->person,
                                       .subject_kind = "ent",
                                       .subject = in->out->enterprise.id});
}

/* What was claimed wrongly may be corrected until a reviewer looks at it. */
static bzt_err correct(store_tx *tx, claim_args *in)
{
    enterprise_row *e = &in->out->enterprise;
    int64_t open_n;
    bzt_err err;

    if (strcmp(e->state, "claimed") || strcmp(in->out->role, "admin"))
        return BZT_ERR_CONFLICT;
    if ((err = application_count_open(tx, &open_n, e->id)))
        return err;
    if (open_n)
        return BZT_ERR_CONFLICT;
    if ((err = seal_facts(in)))
        return err;
    if ((err = enterprise_update_facts(tx, e)))
        return err;
    return note(tx, in, "enterprise.correct");
}

static bzt_err claimed_before(store_tx *tx, claim_args *in)
{
    member_row member;
    int same = 0;
    bzt_err err = member_find(tx, &member, in->a, in->out->enterprise.id,
                              in->order->person);

    if (err == BZT_ERR_NOT_FOUND || (!err && !strcmp(member.state, "left")))
        return BZT_ERR_DUPLICATE;
    if (err)
        return err;
    in->out->role = member.role;
    in->out->member_state = member.state;
    if ((err = is_same(&same, in)))
        return err;
    return same ? BZT_OK : correct(tx, in);
}

static bzt_err insert_enterprise(store_tx *tx, claim_args *in)
{
    enterprise_row *e = &in->out->enterprise;
    bzt_err err;

    *e = (enterprise_row){
        .uscc = in->order->uscc, .state = "claimed", .created_at = in->now_ms};
    memcpy(e->created_by, in->order->person, 16);
    if ((err = rng_id(e->id)))
        return err;
    if ((err = seal_facts(in)))
        return err;
    return enterprise_insert(tx, e);
}

static bzt_err insert_member(store_tx *tx, claim_args *in)
{
    member_row m = {.role = "admin",
                    .permissions = MEMBER_ALL,
                    .state = "claimed",
                    .created_at = in->now_ms};
    bzt_err err;

    if ((err = rng_id(m.id)))
        return err;
    memcpy(m.enterprise, in->out->enterprise.id, 16);
    memcpy(m.person, in->order->person, 16);
    in->out->role = m.role;
    in->out->member_state = m.state;
    return member_insert(tx, &m);
}

static bzt_err claim_op(store_tx *tx, void *arg)
{
    claim_args *in = arg;
    enterprise_row *e = &in->out->enterprise;
    bzt_err err = enterprise_find_uscc(tx, e, in->a, in->order->uscc);

    if (!err)
        return claimed_before(tx, in);
    if (err != BZT_ERR_NOT_FOUND)
        return err;
    if ((err = insert_enterprise(tx, in)))
        return err;
    if ((err = insert_member(tx, in)))
        return err;
    return note(tx, in, "enterprise.claim");
}

bzt_err enterprise_claim(service *s, enterprise_of *out, arena *a,
                         const enterprise_claim_order *order, int64_t now_ms)
{
    enterprise_claim_order checked = *order;
    claim_args in = {
        .s = s, .a = a, .order = &checked, .out = out, .now_ms = now_ms};
    char *number = arena_text(a, text_span(order->legal_id));
    bzt_err err;

    *out = (enterprise_of){0};
    if (!number)
        return BZT_ERR_MEMORY;
    if ((err = uscc_check(text_span(order->uscc))))
        return err;
    if (strlen(number) == ID_NUMBER_LEN && number[17] == 'x')
        number[17] = 'X';
    if ((err = id_number_check(text_span(number))))
        return err;
    checked.legal_id = number;
    return store_write(s->store, claim_op, &in);
}

typedef struct mine_args {
    enterprise_of **out;
    size_t *n;
    arena *a;
    const uint8_t *person;
} mine_args;

static bzt_err mine_op(store_tx *tx, void *arg)
{
    mine_args *in = arg;

    return enterprise_list(tx, in->out, in->n, ENTERPRISE_LIST_MAX, in->a,
                           in->person);
}

bzt_err enterprise_mine(service *s, enterprise_of **out, size_t *n, arena *a,
                        const uint8_t person[16])
{
    mine_args in = {out, n, a, person};

    *out = NULL;
    *n = 0;
    return store_read(s->store, mine_op, &in);
}
