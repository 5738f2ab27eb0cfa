/* Codes by SMS, and the login with one (account.h). */
#include "account.h"
#include "account_internal.h"
#include "audit.h"
#include "base/clock.h"
#include "base/rng.h"
#include "connect/connectors.h"
#include "core/bytes.h"
#include "core/ct.h"
#include "core/sm3.h"
#include "core/text.h"
#include "core/wipe.h"
#include "limits.h"
#include "store/rate.h"
#include "store/sms.h"
#include "vault.h"
#include <stdio.h>
#include <string.h>

enum { CODE_LEN = 6, ARENA_MAX = 64 * 1024 };

/* Uniform: what is left over of 2^32 is thrown away. */
static bzt_err new_code(char out[CODE_LEN + 1])
{
    const uint32_t bound = UINT32_MAX - UINT32_MAX % 1000000;
    uint8_t random[4];
    uint32_t v;
    bzt_err err;

    do {
        if ((err = rng_bytes(random, sizeof(random))))
            return err;
        v = load_be32(random);
    } while (v >= bound);
    snprintf(out, CODE_LEN + 1, "%06u", (unsigned)(v % 1000000));
    wipe(random, sizeof(random));
    return BZT_OK;
}

/* A million codes are soon tried: only the index key makes this a secret. */
static void hash_code(uint8_t out[32], const service *s, const uint8_t id[16],
                      const char *code)
{
    uint8_t bound[16 + CODE_LEN] = {0};
    size_t n = strlen(code);

    memcpy(bound, id, 16);
    memcpy(bound + 16, code, n < CODE_LEN ? n : CODE_LEN);
    vault_index(out, s->vault, "sms-code",
                (bzt_span){bound, 16 + (n < CODE_LEN ? n : CODE_LEN)});
    wipe(bound, sizeof(bound));
}

/* --- sending ------------------------------------------------------------- */

typedef struct send_args {
    service *s;
    arena *a;
    const account_code_order *order;
    int64_t now_ms, *wait_ms;
    sms_row row;
} send_args;

static bzt_err take_limits(store_tx *tx, send_args *in)
{
    const limits *l = limits_of(in->s);
    const uint8_t *number = in->row.phone_index;
    uint8_t address[32];
    bzt_err err;

    vault_index(address, in->s->vault, "address",
                text_span(in->order->address));
    const rate_limit taken[] = {
        {account_rate_name(in->a, "sms/address", address), 3600000LL,
         in->order->address ? l->sms_address_hour : 0},
        {account_rate_name(in->a, "sms/minute", number), 60000LL,
         l->sms_minute},
        {account_rate_name(in->a, "sms/day", number), 86400000LL, l->sms_day},
    };
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        if (!taken[i].name)
            return BZT_ERR_MEMORY;
        if ((err = rate_take(tx, in->wait_ms, &taken[i], in->now_ms)))
            return err;
    }
    return BZT_OK;
}

static bzt_err send_op(store_tx *tx, void *arg)
{
    send_args *in = arg;
    bzt_err err;

    if ((err = take_limits(tx, in)))
        return err;
    return sms_insert(tx, &in->row);
}

bzt_err account_send_code(service *s, int64_t *wait_ms,
                          const account_code_order *order, int64_t now_ms)
{
    char code[CODE_LEN + 1];
    arena *a = arena_new(ARENA_MAX);
    send_args in = {.s = s,
                    .a = a,
                    .order = order,
                    .now_ms = now_ms,
                    .wait_ms = wait_ms,
                    .row = {.purpose = order->purpose,
                            .created_at = now_ms,
                            .expires_at = now_ms + ACCOUNT_CODE_LIFE_MS}};
    bzt_err err;

    *wait_ms = 0;
    if (!a)
        return BZT_ERR_MEMORY;
    if ((err = new_code(code)))
        goto out;
    if ((err = rng_id(in.row.id)))
        goto out;
    account_phone_index(in.row.phone_index, s, order->phone);
    hash_code(in.row.code_hash, s, in.row.id, code);
    if (!s->connect->sms.send) {
        err = BZT_ERR_UNAVAILABLE;
        goto out;
    }
    /* Counted before it is sent: a gateway that fails is asked no more often.
     */
    if ((err = store_write(s->store, send_op, &in)))
        goto out;
    err = s->connect->sms.send(s->connect->sms.self,
                               &(sms_message){.phone = order->phone,
                                              .text_id = order->purpose,
                                              .code = code,
                                              .language = "zh"});
    if (err == BZT_ERR_LIMITED)
        *wait_ms = 60000;
out:
    wipe(code, sizeof(code));
    arena_free(a);
    return err;
}

/* --- logging in ---------------------------------------------------------- */

typedef struct login_args {
    service *s;
    arena *a;
    const account_login *in;
    account_session *out;
    int64_t now_ms;
    person_row person;
    bzt_err refused; /* commits the counted try, and is then returned */
} login_args;

static bzt_err count_try(store_tx *tx, login_args *in, sms_row *row)
{
    row->tries++;
    in->refused =
        row->tries >= ACCOUNT_CODE_TRIES ? BZT_ERR_SMS_TRIES : BZT_ERR_SMS_CODE;
    return sms_update(tx, row);
}

/* The code is right: used up by this, or in->refused is set. */
static bzt_err take_code(store_tx *tx, login_args *in)
{
    uint8_t index[32], hash[32];
    sms_row row;
    int is_right;
    bzt_err err;

    account_phone_index(index, in->s, in->in->phone);
    if ((err = sms_find(tx, &row, index, "login"))) {
        if (err == BZT_ERR_NOT_FOUND)
            in->refused = BZT_ERR_SMS_CODE;
        return in->refused ? BZT_OK : err;
    }
    hash_code(hash, in->s, row.id, in->in->code);
    is_right = (int)ct_is_equal(hash, row.code_hash, 32);
    if (row.used_at || row.tries >= ACCOUNT_CODE_TRIES ||
        in->now_ms >= row.expires_at) {
        in->refused = row.used_at && is_right        ? BZT_ERR_SMS_USED
                      : row.used_at                  ? BZT_ERR_SMS_CODE
                      : in->now_ms >= row.expires_at ? BZT_ERR_SMS_EXPIRED
                                                     : BZT_ERR_SMS_TRIES;
        return BZT_OK;
    }
    if (!is_right)
        return count_try(tx, in, &row);
    row.used_at = in->now_ms;
    return sms_update(tx, &row);
}

static bzt_err register_person(store_tx *tx, login_args *in,
                               const uint8_t index[32])
{
    person_row *p = &in->person;
    bzt_err err;

    *p = (person_row){.language = "zh", .created_at = in->now_ms};
    memcpy(p->phone_index, index, 32);
    if ((err = rng_id(p->id)))
        return err;
    if ((err = vault_seal(&p->phone_sealed, in->a, in->s->vault,
                          (vault_place){"person.phone_sealed", p->id},
                          text_span(in->in->phone))))
        return err;
    if ((err = person_insert(tx, p)))
        return err;
    return service_audit(tx, in->now_ms,
                         &(audit_note){.kind = "account.register",
                                       .actor_kind = "per",
                                       .actor = p->id,
                                       .person = p->id});
}

/* This session may set a password without the old one for a while. */
static bzt_err mark_fresh(store_tx *tx, login_args *in)
{
    int64_t wait_ms;
    const rate_limit fresh = {
        account_rate_name(in->a, "session/sms", in->out->row.token_hash),
        ACCOUNT_FRESH_MS, 0};

    return fresh.name ? rate_take(tx, &wait_ms, &fresh, in->now_ms)
                      : BZT_ERR_MEMORY;
}

static bzt_err login_op(store_tx *tx, void *arg)
{
    login_args *in = arg;
    uint8_t index[32];
    bzt_err err;

    in->refused = BZT_OK;
    if ((err = take_code(tx, in)) || in->refused)
        return err;
    account_phone_index(index, in->s, in->in->phone);
    err = person_find_phone(tx, &in->person, in->a, index);
    if (err == BZT_ERR_NOT_FOUND)
        err = register_person(tx, in, index);
    if (err)
        return err;
    if ((err = account_tx_begin(tx, in->out, in->a, in->s, &in->person, in->in,
                                in->now_ms)))
        return err;
    return mark_fresh(tx, in);
}

bzt_err account_login_code(service *s, account_session *out, arena *a,
                           const account_login *in, int64_t now_ms)
{
    login_args args = {.s = s, .a = a, .in = in, .out = out, .now_ms = now_ms};
    bzt_err err;

    *out = (account_session){0};
    err = store_write(s->store, login_op, &args);
    if (!err)
        err = args.refused;
    if (!err)
        err = account_view(&out->person, a, s, &args.person);
    if (err)
        *out = (account_session){0};
    return err;
}

/* --- forgetting ------------------------------------------------------------
 */

/* Every window is a day at most, and every code is dead by then. */
static bzt_err sweep_op(store_tx *tx, void *arg)
{
    const int64_t before = *(int64_t *)arg;
    bzt_err err;

    if ((err = rate_sweep(tx, before)))
        return err;
    return sms_sweep(tx, before);
}

bzt_err account_task(service *s, int *more)
{
    int64_t before = clock_now_ms() - 86400000LL;

    (void)more;
    return store_write(s->store, sweep_op, &before);
}
