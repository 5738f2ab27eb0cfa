/* The login by password, and setting one (account.h).
 *
 * A try is counted before the hash is computed and taken back when it was
 * right: tries sent side by side cannot outrun the delay.
 */
#include "account.h"
#include "account_internal.h"
#include "audit.h"
#include "password.h"
#include "store/rate.h"
#include <string.h>

typedef struct try_args {
    service *s;
    arena *a;
    const account_login *in;
    const uint8_t *id; /* instead of a phone number */
    account_session *out;
    int64_t now_ms, *wait_ms;
    person_row person;
    int has_person;
    const char *verified; /* the hash that the password fits */
} try_args;

static bzt_err find_person(store_tx *tx, try_args *t)
{
    uint8_t index[32];
    bzt_err err;

    if (t->id) {
        err = person_get(tx, &t->person, t->a, t->id);
    } else {
        account_phone_index(index, t->s, t->in->phone);
        err = person_find_phone(tx, &t->person, t->a, index);
    }
    t->has_person = !err;
    return err == BZT_ERR_NOT_FOUND ? BZT_OK : err;
}

static bzt_err count_op(store_tx *tx, void *arg)
{
    try_args *t = arg;
    person_row *p = &t->person;
    bzt_err err;

    *t->wait_ms = 0;
    if ((err = find_person(tx, t)))
        return err;
    if (!t->has_person || !p->password)
        return BZT_OK;
    if (t->now_ms < p->password_next_at) {
        *t->wait_ms = p->password_next_at - t->now_ms;
        return BZT_ERR_LIMITED;
    }
    p->password_failures++;
    p->password_next_at = t->now_ms + password_delay_ms(p->password_failures);
    return person_update_password(tx, p);
}

static bzt_err clear_tries(store_tx *tx, try_args *t)
{
    t->person.password_failures = 0;
    t->person.password_next_at = 0;
    return person_update_password(tx, &t->person);
}

static bzt_err wrong_op(store_tx *tx, void *arg)
{
    try_args *t = arg;

    return service_audit(tx, t->now_ms,
                         &(audit_note){.kind = "account.login",
                                       .person = t->person.id,
                                       .subject_kind = "per",
                                       .subject = t->person.id,
                                       .outcome = "wrong_password"});
}

/* BZT_OK: it is the password of t->person, whose tries are still counted. */
static bzt_err try_password(try_args *t, const char *password)
{
    bzt_err err, noted = BZT_OK;

    if ((err = store_write(t->s->store, count_op, t)))
        return err;
    t->verified = t->has_person ? t->person.password : NULL;
    err = password_verify(t->verified, password);
    if (err == BZT_ERR_PASSWORD && t->has_person && t->person.password)
        noted = store_write(t->s->store, wrong_op, t);
    return noted ? noted : err;
}

static bzt_err login_op(store_tx *tx, void *arg)
{
    try_args *t = arg;
    uint8_t id[16];
    bzt_err err;

    memcpy(id, t->person.id, 16);
    if ((err = person_get(tx, &t->person, t->a, id)))
        return err;
    if (!t->person.password || strcmp(t->verified, t->person.password))
        return BZT_ERR_PASSWORD; /* changed while we computed */
    if ((err = clear_tries(tx, t)))
        return err;
    return account_tx_begin(tx, t->out, t->a, t->s, &t->person, t->in,
                            t->now_ms);
}

bzt_err account_login_password(service *s, account_session *out,
                               int64_t *wait_ms, arena *a,
                               const account_login *in, int64_t now_ms)
{
    try_args t = {.s = s,
                  .a = a,
                  .in = in,
                  .out = out,
                  .now_ms = now_ms,
                  .wait_ms = wait_ms};
    bzt_err err;

    *out = (account_session){0};
    if ((err = try_password(&t, in->password)))
        return err;
    if (!(err = store_write(s->store, login_op, &t)))
        err = account_view(&out->person, a, s, &t.person);
    if (err)
        *out = (account_session){0};
    return err;
}

/* --- setting one -------------------------------------------------------------
 */

typedef struct set_args {
    service *s;
    arena *a;
    const account_password_change *in;
    int64_t now_ms;
    const char *hash;
    int needs_old;
} set_args;

/* The mark of a log-in by SMS is a count that is full. */
static bzt_err check_fresh(store_tx *tx, arena *a, const uint8_t session[32],
                           int64_t now_ms)
{
    const rate_limit fresh = {account_rate_name(a, "session/sms", session),
                              ACCOUNT_FRESH_MS, 1};
    int64_t wait_ms;
    bzt_err err;

    if (!fresh.name)
        return BZT_ERR_MEMORY;
    err = rate_look(tx, &wait_ms, &fresh, now_ms);
    if (err == BZT_ERR_LIMITED)
        return BZT_OK;
    return err ? err : BZT_ERR_NOT_FRESH;
}

static bzt_err needs_old_op(store_tx *tx, void *arg)
{
    set_args *t = arg;
    person_row person;
    bzt_err err;

    if ((err = person_get(tx, &person, t->a, t->in->person)))
        return err;
    err = check_fresh(tx, t->a, t->in->session, t->now_ms);
    t->needs_old = person.password != NULL && err == BZT_ERR_NOT_FRESH;
    return err == BZT_ERR_NOT_FRESH ? BZT_OK : err;
}

typedef struct fresh_args {
    arena *a;
    const uint8_t *session;
    int64_t now_ms;
} fresh_args;

static bzt_err fresh_op(store_tx *tx, void *arg)
{
    const fresh_args *in = arg;

    return check_fresh(tx, in->a, in->session, in->now_ms);
}

bzt_err account_check_fresh(service *s, arena *a, const uint8_t session[32],
                            int64_t now_ms)
{
    fresh_args in = {a, session, now_ms};

    return store_read(s->store, fresh_op, &in);
}

static bzt_err set_op(store_tx *tx, void *arg)
{
    set_args *t = arg;
    person_row person;
    bzt_err err;

    if ((err = person_get(tx, &person, t->a, t->in->person)))
        return err;
    person.password = t->hash;
    person.password_failures = 0;
    person.password_next_at = 0;
    if ((err = person_update_password(tx, &person)))
        return err;
    if ((err = session_delete_others(tx, person.id, t->in->session)))
        return err;
    return service_audit(tx, t->now_ms,
                         &(audit_note){.kind = "account.password",
                                       .actor_kind = "per",
                                       .actor = person.id,
                                       .person = person.id});
}

bzt_err account_set_password(service *s, int64_t *wait_ms, arena *a,
                             const account_password_change *in, int64_t now_ms)
{
    set_args t = {.s = s, .a = a, .in = in, .now_ms = now_ms};
    try_args old = {
        .s = s, .a = a, .id = in->person, .now_ms = now_ms, .wait_ms = wait_ms};
    bzt_err err;

    *wait_ms = 0;
    if ((err = password_check_form(in->password)))
        return err;
    if ((err = store_read(s->store, needs_old_op, &t)))
        return err;
    if (t.needs_old) {
        if (!in->old)
            return BZT_ERR_PASSWORD;
        if ((err = try_password(&old, in->old)))
            return err;
    }
    if ((err = password_hash(&t.hash, a, in->password)))
        return err;
    return store_write(s->store, set_op, &t);
}
