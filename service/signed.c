#include "signed.h"
#include "core/text.h"
#include "pki/statement.h"
#include "store/http_nonce.h"
#include "store/rp.h"
#include "store/staff.h"
#include <string.h>

enum { HEADER_MAX = 512 };

/* A request that was taken apart, and the key that it says it is of. */
typedef struct claim {
    arena *arena;
    statement_http http;
    uint8_t signature[STATEMENT_SIG_LEN];
    uint8_t id[16];
    int64_t now_ms;
    rp_row rp;
    staff_key_row key;
    staff_row staff;
} claim;

static bzt_err read_claim(claim *c, const signed_request *r, const char *kind)
{
    bzt_span value = text_span(r->authorization);
    bzt_err err;

    if (!value.len || value.len > HEADER_MAX)
        return BZT_ERR_UNAUTHENTICATED;
    if ((err = statement_http_read(&c->http, c->signature, value)))
        return err;
    if (id_read(c->id, kind, c->http.id))
        return BZT_ERR_UNAUTHENTICATED;
    c->http.method = text_span(r->method);
    c->http.target = text_span(r->target);
    c->http.body = r->body;
    return BZT_OK;
}

static bzt_err verify(const claim *c, const uint8_t public_key[65])
{
    const bzt_span signature = {c->signature, sizeof c->signature};
    uint8_t *buffer = arena_alloc(c->arena, STATEMENT_HTTP_PAYLOAD_MAX);
    bzt_span payload;

    if (!buffer)
        return BZT_ERR_MEMORY;
    if (statement_http_payload(&payload, buffer, STATEMENT_HTTP_PAYLOAD_MAX,
                               &c->http))
        return BZT_ERR_UNAUTHENTICATED; /* a target that nobody signs */
    return statement_verify(signature, STATEMENT_HTTP, public_key, payload);
}

static bzt_err nonce_op(store_tx *tx, void *arg)
{
    const claim *c = arg;

    return http_nonce_insert(tx, c->id, c->http.nonce, c->now_ms);
}

/* The signature first: what strangers send is neither stored nor told
 * anything about clocks and nonces. */
static bzt_err accept(service *s, claim *c, const uint8_t public_key[65])
{
    bzt_err err;

    if ((err = verify(c, public_key)))
        return err;
    if (c->http.at < c->now_ms - SIGNED_SKEW_MS ||
        c->http.at > c->now_ms + SIGNED_SKEW_MS)
        return BZT_ERR_SKEW;
    err = store_write(s->store, nonce_op, c);
    return err == BZT_ERR_DUPLICATE ? BZT_ERR_REPLAY : err;
}

static bzt_err rp_op(store_tx *tx, void *arg)
{
    claim *c = arg;

    return rp_get(tx, &c->rp, c->arena, c->id);
}

bzt_err signed_find_rp(signed_caller *out, service *s, arena *a,
                       const signed_request *r, int64_t now_ms)
{
    claim c = {.arena = a, .now_ms = now_ms};
    bzt_err err;

    memset(out, 0, sizeof *out);
    if ((err = read_claim(&c, r, "rp")))
        return err;
    err = store_read(s->store, rp_op, &c);
    if (err == BZT_ERR_NOT_FOUND)
        return BZT_ERR_UNAUTHENTICATED;
    if (err)
        return err;
    if ((err = accept(s, &c, c.rp.public_key)))
        return err;
    if (strcmp(c.rp.state, "active"))
        return BZT_ERR_RP_UNKNOWN;
    memcpy(out->id, c.id, 16);
    memcpy(out->tenant, c.rp.tenant, 16);
    return BZT_OK;
}

static bzt_err staff_op(store_tx *tx, void *arg)
{
    claim *c = arg;
    bzt_err err;

    if ((err = staff_key_get(tx, &c->key, c->arena, c->id)))
        return err;
    return staff_get(tx, &c->staff, c->arena, c->key.staff);
}

bzt_err signed_find_staff(signed_caller *out, service *s, arena *a,
                          const signed_request *r, int64_t now_ms)
{
    claim c = {.arena = a, .now_ms = now_ms};
    bzt_err err;

    memset(out, 0, sizeof *out);
    if ((err = read_claim(&c, r, "skey")))
        return err;
    err = store_read(s->store, staff_op, &c);
    if (err == BZT_ERR_NOT_FOUND)
        return BZT_ERR_UNAUTHENTICATED;
    if (err)
        return err;
    if ((err = accept(s, &c, c.key.public_key)))
        return err;
    if (strcmp(c.key.state, "active") || strcmp(c.staff.state, "active") ||
        strlen(c.staff.roles) >= sizeof out->roles)
        return BZT_ERR_UNAUTHENTICATED;
    memcpy(out->id, c.staff.id, 16);
    memcpy(out->tenant, c.staff.tenant, 16);
    memcpy(out->roles, c.staff.roles, strlen(c.staff.roles));
    return BZT_OK;
}
