/* Accounts of operators and reviewers (staff.h). */
#include "staff.h"
#include "audit.h"
#include "base/rng.h"
#include "core/sm3.h"
#include "core/text.h"
#include "core/wipe.h"
#include "password.h"
#include "store/setup.h"
#include "store/staff.h"
#include "vault.h"
#include <bzt/sm2.h>
#include <string.h>

enum { CODE_LEN = 20 };

static vault_place totp_place(const uint8_t staff[16])
{
    return (vault_place){"staff.totp_sealed", staff};
}

/* --- set-up codes -------------------------------------------------------- */

bzt_err staff_tx_code(store_tx *tx, char code[STAFF_CODE_SIZE],
                      const uint8_t tenant[16], const char *roles,
                      int64_t now_ms)
{
    setup_code_row row = {.roles = roles,
                          .expires_at = now_ms + STAFF_CODE_LIFE_MS};
    uint8_t secret[CODE_LEN];
    bzt_err err;

    memset(code, 0, STAFF_CODE_SIZE);
    if ((err = rng_bytes(secret, sizeof(secret))))
        return err;
    base32_write(code, (bzt_span){secret, sizeof(secret)});
    wipe(secret, sizeof(secret));
    memcpy(row.tenant, tenant, 16);
    sm3_digest(row.code_hash, text_span(code));
    return setup_code_insert(tx, &row);
}

static int are_roles(const char *roles)
{
    static const char *const known[] = {
        "operator", "reviewer", "operator,reviewer", "reviewer,operator"};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (!strcmp(known[i], roles))
            return 1;
    return 0;
}

typedef struct invite_args {
    char *code;
    const staff_invitation *by;
    int64_t now_ms;
} invite_args;

static bzt_err invite_op(store_tx *tx, void *arg)
{
    invite_args *in = arg;
    bzt_err err;

    if ((err = staff_tx_code(tx, in->code, in->by->tenant, in->by->roles,
                             in->now_ms)))
        return err;
    return service_audit(tx, in->now_ms,
                         &(audit_note){.kind = "staff.invite",
                                       .tenant = in->by->tenant,
                                       .actor_kind = "stf",
                                       .actor = in->by->staff,
                                       .detail = in->by->roles});
}

bzt_err staff_invite(service *s, char code[STAFF_CODE_SIZE],
                     const staff_invitation *by, int64_t now_ms)
{
    invite_args in = {code, by, now_ms};
    bzt_err err;

    if (!are_roles(by->roles))
        return BZT_ERR_BAD_FIELD;
    if ((err = store_write(s->store, invite_op, &in)))
        wipe(code, STAFF_CODE_SIZE);
    return err;
}

typedef struct setup_args {
    service *s;
    arena *a;
    const staff_setup_order *order;
    const char *hash;
    int64_t step, now_ms;
} setup_args;

static bzt_err take_setup_code(store_tx *tx, setup_code_row *code,
                               const setup_args *in)
{
    uint8_t hash[32];
    bzt_err err;

    sm3_digest(hash, text_span(in->order->code));
    err = setup_code_get(tx, code, in->a, hash);
    if (!err && (code->used_at || in->now_ms >= code->expires_at))
        err = BZT_ERR_NOT_FOUND;
    if (!err)
        err = setup_code_use(tx, hash, in->now_ms);
    return err == BZT_ERR_NOT_FOUND ? BZT_ERR_SETUP_CODE : err;
}

static bzt_err setup_op(store_tx *tx, void *arg)
{
    setup_args *in = arg;
    staff_row row = {.login = in->order->login,
                     .password = in->hash,
                     .totp_last = in->step,
                     .state = "active",
                     .created_at = in->now_ms};
    setup_code_row code;
    bzt_err err;

    if ((err = take_setup_code(tx, &code, in)))
        return err;
    if ((err = rng_id(row.id)))
        return err;
    memcpy(row.tenant, code.tenant, 16);
    row.roles = code.roles;
    if ((err = vault_seal(&row.totp_sealed, in->a, in->s->vault,
                          totp_place(row.id),
                          (bzt_span){in->order->totp_secret, TOTP_SECRET_LEN})))
        return err;
    if ((err = staff_insert(tx, &row)))
        return err;
    return service_audit(tx, in->now_ms,
                         &(audit_note){.kind = "staff.setup",
                                       .tenant = row.tenant,
                                       .actor_kind = "stf",
                                       .actor = row.id,
                                       .subject_kind = "stf",
                                       .subject = row.id,
                                       .detail = row.roles});
}

/* Before a hash is computed for a stranger. */
static bzt_err look_op(store_tx *tx, void *arg)
{
    setup_args *in = arg;
    setup_code_row code;
    uint8_t hash[32];
    bzt_err err;

    sm3_digest(hash, text_span(in->order->code));
    err = setup_code_get(tx, &code, in->a, hash);
    if (!err && (code.used_at || in->now_ms >= code.expires_at))
        err = BZT_ERR_NOT_FOUND;
    return err == BZT_ERR_NOT_FOUND ? BZT_ERR_SETUP_CODE : err;
}

bzt_err staff_setup(service *s, arena *a, const staff_setup_order *order,
                    int64_t now_ms)
{
    setup_args in = {.s = s, .a = a, .order = order, .now_ms = now_ms};
    bzt_err err;

    if ((err = password_check_form(order->password)))
        return err;
    if ((err = store_read(s->store, look_op, &in)))
        return err;
    if ((err = totp_check(&in.step,
                          (bzt_span){order->totp_secret, TOTP_SECRET_LEN},
                          order->totp, 0, now_ms)))
        return err;
    if ((err = password_hash(&in.hash, a, order->password)))
        return err;
    return store_write(s->store, setup_op, &in);
}

/* --- log-in -------------------------------------------------------------- */

typedef struct login_args {
    service *s;
    arena *a;
    const staff_login_order *order;
    staff_session *out;
    int64_t now_ms, *wait_ms;
    staff_row staff;
    int is_known;
    const char *verified;
    bzt_err refused; /* commits, and is then returned */
} login_args;

/* The try is counted before it is judged, as with people's passwords. */
static bzt_err count_op(store_tx *tx, void *arg)
{
    login_args *in = arg;
    staff_row *row = &in->staff;
    bzt_err err;

    *in->wait_ms = 0;
    err = staff_find_login(tx, row, in->a, in->order->login);
    in->is_known = !err && !strcmp(row->state, "active");
    if (err == BZT_ERR_NOT_FOUND || (!err && !in->is_known))
        return BZT_OK;
    if (err)
        return err;
    if (in->now_ms < row->next_at) {
        *in->wait_ms = row->next_at - in->now_ms;
        return BZT_ERR_LIMITED;
    }
    row->failures++;
    row->next_at = in->now_ms + password_delay_ms(row->failures);
    return staff_update(tx, row);
}

static bzt_err note_login(store_tx *tx, const login_args *in,
                          const char *outcome)
{
    return service_audit(tx, in->now_ms,
                         &(audit_note){.kind = "staff.login",
                                       .tenant = in->staff.tenant,
                                       .actor_kind = "stf",
                                       .actor = in->staff.id,
                                       .subject_kind = "stf",
                                       .subject = in->staff.id,
                                       .outcome = outcome});
}

static bzt_err wrong_op(store_tx *tx, void *arg)
{
    return note_login(tx, arg, "wrong_password");
}

static bzt_err begin_session(store_tx *tx, login_args *in)
{
    staff_session *out = in->out;
    tenant_row tenant;
    bzt_err err;

    out->row = (session_row){.is_staff = 1};
    memcpy(out->row.staff, in->staff.id, 16);
    memcpy(out->id, in->staff.id, 16);
    out->login = in->staff.login;
    out->roles = in->staff.roles;
    if ((err = tenant_get(tx, &tenant, in->a, in->staff.tenant)))
        return err;
    out->tenant = tenant.name;
    if ((err = session_new(out->token, &out->row, in->now_ms)))
        return err;
    return session_insert(tx, &out->row);
}

static bzt_err check_totp(login_args *in)
{
    bzt_span secret;
    bzt_err err;

    if ((err = vault_unseal(&secret, in->a, in->s->vault,
                            totp_place(in->staff.id), in->staff.totp_sealed)))
        return err;
    err = totp_check(&in->staff.totp_last, secret, in->order->totp,
                     in->staff.totp_last, in->now_ms);
    wipe((void *)secret.p, secret.len);
    return err;
}

static bzt_err login_op(store_tx *tx, void *arg)
{
    login_args *in = arg;
    staff_row *row = &in->staff;
    bzt_err err;

    in->refused = BZT_OK;
    if ((err = staff_find_login(tx, row, in->a, in->order->login)))
        return err;
    if (strcmp(in->verified, row->password) || strcmp(row->state, "active"))
        return BZT_ERR_PASSWORD;
    if ((err = check_totp(in))) {
        in->refused = err;
        return note_login(tx, in, "wrong_totp");
    }
    row->failures = 0;
    row->next_at = 0;
    if ((err = staff_update(tx, row)))
        return err;
    if ((err = begin_session(tx, in)))
        return err;
    return note_login(tx, in, NULL);
}

bzt_err staff_login(service *s, staff_session *out, int64_t *wait_ms, arena *a,
                    const staff_login_order *order, int64_t now_ms)
{
    login_args in = {.s = s,
                     .a = a,
                     .order = order,
                     .out = out,
                     .now_ms = now_ms,
                     .wait_ms = wait_ms};
    bzt_err err, noted = BZT_OK;

    *out = (staff_session){0};
    if ((err = store_write(s->store, count_op, &in)))
        return err;
    in.verified = in.is_known ? in.staff.password : NULL;
    err = password_verify(in.verified, order->password);
    if (err == BZT_ERR_PASSWORD && in.is_known)
        noted = store_write(s->store, wrong_op, &in);
    if (noted || err)
        return noted ? noted : err;
    if (!(err = store_write(s->store, login_op, &in)))
        err = in.refused;
    if (err)
        *out = (staff_session){0};
    return err;
}

typedef struct logout_args {
    const uint8_t *session;
    int64_t now_ms;
} logout_args;

static bzt_err logout_op(store_tx *tx, void *arg)
{
    const logout_args *in = arg;
    session_row row;
    bzt_err err;

    if ((err = session_get(tx, &row, in->session)))
        return err == BZT_ERR_NOT_FOUND ? BZT_OK : err;
    if ((err = session_delete(tx, in->session)))
        return err;
    return service_audit(tx, in->now_ms,
                         &(audit_note){.kind = "staff.logout",
                                       .tenant = row.tenant,
                                       .actor_kind = "stf",
                                       .actor = row.staff});
}

bzt_err staff_logout(service *s, const uint8_t session[32], int64_t now_ms)
{
    logout_args in = {session, now_ms};

    return store_write(s->store, logout_op, &in);
}

/* --- client keys --------------------------------------------------------- */

typedef struct key_args {
    staff_key_row row;
    const staff_key_order *order;
} key_args;

static bzt_err key_op(store_tx *tx, void *arg)
{
    const key_args *in = arg;
    bzt_err err;

    if ((err = staff_key_insert(tx, &in->row)))
        return err;
    return service_audit(tx, in->row.created_at,
                         &(audit_note){.kind = "staff.key",
                                       .tenant = in->order->tenant,
                                       .actor_kind = "stf",
                                       .actor = in->order->staff,
                                       .subject_kind = "skey",
                                       .subject = in->row.id});
}

bzt_err staff_key_add(service *s, uint8_t id[16], const staff_key_order *order,
                      int64_t now_ms)
{
    key_args in = {
        .row = {.name = order->name, .state = "active", .created_at = now_ms},
        .order = order};
    bzt_err err;

    memset(id, 0, 16);
    if ((err = bzt_sm2_point_check(order->public_key)))
        return err;
    if ((err = rng_id(in.row.id)))
        return err;
    memcpy(in.row.staff, order->staff, 16);
    memcpy(in.row.public_key, order->public_key, 65);
    if ((err = store_write(s->store, key_op, &in)))
        return err;
    memcpy(id, in.row.id, 16);
    return BZT_OK;
}
