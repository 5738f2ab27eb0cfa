/* People's accounts: what both ways to log in share (account.h). */
#include "account.h"
#include "account_internal.h"
#include "audit.h"
#include "core/ct.h"
#include "core/text.h"
#include "core/wipe.h"
#include "cosign/wire.h"
#include "mask.h"
#include "store/device.h"
#include "vault.h"
#include <string.h>

void account_phone_index(uint8_t out[32], const service *s, const char *phone)
{
    vault_index(out, s->vault, "phone", text_span(phone));
}

const char *account_rate_name(arena *a, const char *what,
                              const uint8_t hash[32])
{
    char hex[HEX_LEN(32) + 1];

    hex_write(hex, (bzt_span){hash, 32});
    return arena_printf(a, "%s/%s", what, hex);
}

/* --- the phone's proof --------------------------------------------------- */

/* A device of another person, and one that nobody knows, look the same. */
static bzt_err check_proof(store_tx *tx, arena *a, service *s,
                           const uint8_t person[16], const account_login *in,
                           int64_t now_ms)
{
    const account_proof *proof = in->proof;
    int64_t skew = now_ms - proof->at;
    device_row device;
    bzt_span key;
    uint8_t mac[32];
    bzt_err err;

    if (skew > ACCOUNT_PROOF_SKEW_MS || skew < -ACCOUNT_PROOF_SKEW_MS)
        return BZT_ERR_SKEW;
    err = device_get(tx, &device, a, proof->device);
    if (err)
        return err == BZT_ERR_NOT_FOUND ? BZT_ERR_MAC : err;
    if (memcmp(device.person, person, 16))
        return BZT_ERR_MAC;
    if (strcmp(device.state, "live"))
        return BZT_ERR_FORBIDDEN;
    if ((err = vault_unseal(&key, a, s->vault,
                            (vault_place){"device.key_sealed", device.id},
                            device.key_sealed)))
        return err;
    const wire_login login = {.device_id = proof->device,
                              .at_ms = proof->at,
                              .number = text_span(in->phone)};
    wire_mac_login(mac, &login, key);
    wipe((void *)key.p, key.len);
    return ct_is_equal(mac, proof->mac, 32) ? BZT_OK : BZT_ERR_MAC;
}

/* --- sessions ---------------------------------------------------------------
 */

bzt_err account_tx_begin(store_tx *tx, account_session *out, arena *a,
                         service *s, const person_row *person,
                         const account_login *in, int64_t now_ms)
{
    const audit_note note = {.kind = "account.login",
                             .actor_kind = "per",
                             .actor = person->id,
                             .person = person->id,
                             .subject_kind = in->proof ? "dev" : NULL,
                             .subject = in->proof ? in->proof->device : NULL,
                             .detail = in->code ? "sms" : "password"};
    bzt_err err;

    out->row = (session_row){0};
    memcpy(out->row.person, person->id, 16);
    if (in->proof) {
        if ((err = check_proof(tx, a, s, person->id, in, now_ms)))
            return err;
        out->row.has_device = 1;
        memcpy(out->row.device, in->proof->device, 16);
    }
    if ((err = session_new(out->token, &out->row, now_ms)))
        return err;
    if ((err = session_insert(tx, &out->row)))
        return err;
    return service_audit(tx, now_ms, &note);
}

typedef struct logout_args {
    const uint8_t *session;
    int64_t now_ms;
} logout_args;

static bzt_err logout_op(store_tx *tx, void *arg)
{
    logout_args *in = arg;
    session_row row;
    bzt_err err;

    if ((err = session_get(tx, &row, in->session)))
        return err == BZT_ERR_NOT_FOUND ? BZT_OK : err;
    if ((err = session_delete(tx, in->session)))
        return err;
    return service_audit(tx, in->now_ms,
                         &(audit_note){.kind = "account.logout",
                                       .actor_kind = "per",
                                       .actor = row.person,
                                       .person = row.person});
}

bzt_err account_logout(service *s, const uint8_t session[32], int64_t now_ms)
{
    logout_args in = {session, now_ms};

    return store_write(s->store, logout_op, &in);
}

/* --- what a person sees ------------------------------------------------------
 */

static bzt_err view_realname(account_person *out, arena *a, service *s,
                             const person_row *row)
{
    bzt_span name, number;
    bzt_err err;

    if ((err = vault_unseal(&name, a, s->vault,
                            (vault_place){"person.name_sealed", row->id},
                            row->name_sealed)))
        return err;
    if ((err = vault_unseal(&number, a, s->vault,
                            (vault_place){"person.id_number_sealed", row->id},
                            row->id_number_sealed)))
        return err;
    out->name_masked = mask_name(a, name);
    out->id_number_masked = mask_number(a, number);
    out->provider = row->realname_provider;
    out->realname_at = row->realname_at;
    out->has_realname = 1;
    return out->name_masked && out->id_number_masked ? BZT_OK : BZT_ERR_MEMORY;
}

bzt_err account_view(account_person *out, arena *a, service *s,
                     const person_row *row)
{
    bzt_span phone;
    bzt_err err;

    *out = (account_person){.has_password = row->password != NULL,
                            .language = row->language};
    memcpy(out->id, row->id, 16);
    if ((err = vault_unseal(&phone, a, s->vault,
                            (vault_place){"person.phone_sealed", row->id},
                            row->phone_sealed)))
        return err;
    out->phone_masked = mask_phone(a, phone);
    if (!out->phone_masked)
        return BZT_ERR_MEMORY;
    return row->has_realname ? view_realname(out, a, s, row) : BZT_OK;
}

typedef struct me_args {
    account_session *out;
    arena *a;
    const uint8_t *session, *id;
    person_row person;
} me_args;

static bzt_err me_op(store_tx *tx, void *arg)
{
    me_args *in = arg;
    bzt_err err;

    if ((err = session_get(tx, &in->out->row, in->session)))
        return err;
    return person_get(tx, &in->person, in->a, in->out->row.person);
}

bzt_err account_me(service *s, account_session *out, arena *a,
                   const uint8_t session[32])
{
    uint8_t hash[32]; /* session may lie in *out */
    me_args in = {.out = out, .a = a, .session = hash};
    bzt_err err;

    memcpy(hash, session, 32);
    *out = (account_session){0};
    if ((err = store_read(s->store, me_op, &in)))
        return err;
    return account_view(&out->person, a, s, &in.person);
}

static bzt_err person_op(store_tx *tx, void *arg)
{
    me_args *in = arg;

    return person_get(tx, &in->person, in->a, in->id);
}

bzt_err account_person_of(account_person *out, arena *a, service *s,
                          const uint8_t id[16])
{
    me_args in = {.a = a, .id = id};
    bzt_err err;

    if ((err = store_read(s->store, person_op, &in)))
        return err;
    return account_view(out, a, s, &in.person);
}
