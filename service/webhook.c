/* Webhooks: claimed from the store, signed, sent, tried again. */
#include "webhook.h"
#include "base/json.h"
#include "base/log.h"
#include "base/rng.h"
#include "connect/connectors.h"
#include "core/wipe.h"
#include "pki/statement.h"
#include "site_keys.h"
#include "store/request.h"
#include "store/rp.h"
#include <string.h>

enum { AT_ONCE = 16, CLAIM_MS = 60000 };

static const int64_t delays_ms[] = {5000,    30000,   300000,
                                    1800000, 7200000, 21600000};
enum { DELAYS_N = sizeof(delays_ms) / sizeof(delays_ms[0]) };

struct due {
    arena *a;
    webhook_row *rows;
    size_t n;
    int64_t now_ms;
};

static bzt_err due_op(store_tx *tx, void *arg)
{
    struct due *in = arg;
    bzt_err err = store_now(tx, &in->now_ms);

    return err ? err
               : webhook_list_due(tx, &in->rows, &in->n, AT_ONCE, in->a,
                                  in->now_ms);
}

struct claim {
    arena *a;
    const webhook_row *row;
    int64_t until_ms;
    rp_row rp;
};

static bzt_err claim_op(store_tx *tx, void *arg)
{
    struct claim *in = arg;
    bzt_err err = webhook_claim(tx, in->row, in->until_ms);

    return err ? err : rp_get(tx, &in->rp, in->a, in->row->rp);
}

struct settle {
    const webhook_row *row;
    const char *state;
    int64_t next_at;
};

static bzt_err settle_op(store_tx *tx, void *arg)
{
    struct settle *in = arg;

    return webhook_update(tx, in->row->id, in->state, in->row->attempts + 1,
                          in->next_at);
}

static bzt_err sign(bzt_span *body, service *s, arena *a, bzt_span payload)
{
    uint8_t random[48], signature[64];
    bzt_sm2_key key;
    bzt_err err;

    if ((err = site_key_get(&key, s, SITE_KEY_WEBHOOK)) ||
        (err = rng_bytes(random, sizeof(random))) ||
        (err = statement_sign(signature, STATEMENT_WEBHOOK, &key, payload,
                              random)))
        goto out;
    json *o = json_new_object(a);
    json_add_bytes(o, a, "payload", payload);
    json_add_bytes(o, a, "signature", (bzt_span){signature, 64});
    err = json_write(body, a, o);
out:
    bzt_sm2_key_wipe(&key);
    wipe(random, sizeof(random));
    return err;
}

static bzt_err deliver(service *s, arena *a, const struct claim *c)
{
    const hook_sender *hook = &s->connect->hook;
    bzt_span body;
    bzt_err err;

    if (strcmp(c->rp.state, "active") || !c->rp.webhook_url)
        return BZT_ERR_RP_UNKNOWN;
    if ((err = sign(&body, s, a, c->row->payload)))
        return err;
    return hook->send(hook->self, a, c->rp.webhook_url, body);
}

static bzt_err one(service *s, arena *a, const webhook_row *row, int64_t now_ms)
{
    struct claim claim = {.a = a, .row = row, .until_ms = now_ms + CLAIM_MS};
    struct settle settle = {.row = row, .state = "delivered"};
    bzt_err err;

    if ((err = store_write(s->store, claim_op, &claim)))
        return err == BZT_ERR_BUSY ? BZT_OK : err; /* another node has it */
    err = deliver(s, a, &claim);
    if (err) {
        int last = row->attempts >= DELAYS_N || err == BZT_ERR_RP_UNKNOWN;
        settle.state = last ? "given_up" : "waiting";
        settle.next_at = last ? now_ms : now_ms + delays_ms[row->attempts];
        log_event(LOG_WARN, "webhook_failed", "attempt %lld: %s",
                  (long long)row->attempts + 1, bzt_err_describe(err)->code);
    }
    return store_write(s->store, settle_op, &settle);
}

bzt_err webhook_task(service *s, int *more)
{
    struct due due = {.a = arena_new(4 << 20)};
    bzt_err err = BZT_ERR_MEMORY;

    if (!due.a)
        goto out;
    if ((err = store_read(s->store, due_op, &due)))
        goto out;
    for (size_t i = 0; i < due.n && !err; i++) {
        err = one(s, due.a, &due.rows[i], due.now_ms);
    }
    *more = due.n == AT_ONCE;
out:
    arena_free(due.a);
    return err;
}
