/* Real names (realname.h). */
#include "realname.h"
#include "account_internal.h"
#include "audit.h"
#include "base/rng.h"
#include "connect/connectors.h"
#include "core/text.h"
#include "limits.h"
#include "pki/identity.h"
#include "store/rate.h"
#include "vault.h"
#include <string.h>

typedef struct confirm_args {
    service *s;
    arena *a;
    const realname_order *order;
    const char *number; /* with a capital X */
    uint8_t index[32];
    int64_t now_ms, *wait_ms;
    person_row person;
    int is_done; /* this very number was confirmed before */
} confirm_args;

/* May this account ask about this number? */
static bzt_err check_free(store_tx *tx, confirm_args *in)
{
    person_row other;
    bzt_err err;

    in->is_done = 0;
    if ((err = person_get(tx, &in->person, in->a, in->order->person)))
        return err;
    if (in->person.has_realname) {
        in->is_done = !memcmp(in->person.id_number_index, in->index, 32);
        return in->is_done ? BZT_OK : BZT_ERR_CONFLICT;
    }
    err = person_find_id_number(tx, &other, in->a, in->index);
    if (err == BZT_ERR_NOT_FOUND)
        return BZT_OK;
    return err ? err : BZT_ERR_ID_TAKEN;
}

static bzt_err begin_op(store_tx *tx, void *arg)
{
    confirm_args *in = arg;
    uint8_t who[32] = {0};
    bzt_err err;

    if ((err = check_free(tx, in)) || in->is_done)
        return err;
    memcpy(who, in->order->person, 16);
    const rate_limit day = {account_rate_name(in->a, "realname", who),
                            86400000LL, limits_of(in->s)->realname_day};
    return day.name ? rate_take(tx, in->wait_ms, &day, in->now_ms)
                    : BZT_ERR_MEMORY;
}

static audit_note note_of(const confirm_args *in, const char *outcome)
{
    return (audit_note){.kind = "account.realname",
                        .actor_kind = "per",
                        .actor = in->order->person,
                        .person = in->order->person,
                        .outcome = outcome,
                        .detail = in->order->provider};
}

static bzt_err keep_op(store_tx *tx, void *arg)
{
    confirm_args *in = arg;
    person_row *p = &in->person;
    const audit_note note = note_of(in, NULL);
    bzt_err err;

    if ((err = check_free(tx, in)) || in->is_done)
        return err;
    p->has_realname = 1;
    memcpy(p->id_number_index, in->index, 32);
    p->realname_provider = in->order->provider;
    p->realname_at = in->now_ms;
    if ((err = vault_seal(&p->name_sealed, in->a, in->s->vault,
                          (vault_place){"person.name_sealed", p->id},
                          text_span(in->order->name))))
        return err;
    if ((err = vault_seal(&p->id_number_sealed, in->a, in->s->vault,
                          (vault_place){"person.id_number_sealed", p->id},
                          text_span(in->number))))
        return err;
    if ((err = person_update_realname(tx, p)))
        return err == BZT_ERR_DUPLICATE ? BZT_ERR_ID_TAKEN : err;
    return service_audit(tx, in->now_ms, &note);
}

static bzt_err refused_op(store_tx *tx, void *arg)
{
    confirm_args *in = arg;
    const audit_note note = note_of(in, "real_name_refused");

    return service_audit(tx, in->now_ms, &note);
}

static bzt_err ask(const realname_provider *provider, const confirm_args *in)
{
    realname_question q = {.name = in->order->name, .id_number = in->number};
    bzt_err err;

    if ((err = rng_id(q.operation)))
        return err;
    return provider->check(provider->self, &q);
}

bzt_err realname_confirm(service *s, account_person *out, int64_t *wait_ms,
                         arena *a, const realname_order *order, int64_t now_ms)
{
    const realname_provider *provider =
        connectors_realname(s->connect, order->provider);
    char *number = arena_text(a, text_span(order->id_number));
    confirm_args in = {.s = s,
                       .a = a,
                       .order = order,
                       .number = number,
                       .now_ms = now_ms,
                       .wait_ms = wait_ms};
    bzt_err err, noted;

    *out = (account_person){0};
    *wait_ms = 0;
    if (!number)
        return BZT_ERR_MEMORY;
    if (strlen(number) == ID_NUMBER_LEN && number[17] == 'x')
        number[17] = 'X';
    if ((err = id_number_check(text_span(number))))
        return err;
    if (!provider)
        return BZT_ERR_REALNAME_PROVIDER;
    vault_index(in.index, s->vault, "id-number", text_span(number));
    if ((err = store_write(s->store, begin_op, &in)))
        return err;
    if (!in.is_done) {
        err = ask(provider, &in);
        if (err == BZT_ERR_REALNAME_REFUSED &&
            (noted = store_write(s->store, refused_op, &in)))
            return noted;
        if (err)
            return err;
        if ((err = store_write(s->store, keep_op, &in)))
            return err;
    }
    return account_person_of(out, a, s, order->person);
}
