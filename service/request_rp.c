/* Requests: what the business system and its page do. */
#include "audit.h"
#include "base/json.h"
#include "base/rng.h"
#include "core/sm3.h"
#include "core/text.h"
#include "core/wipe.h"
#include "pki/identity.h"
#include "pki/statement.h"
#include "pki/x509.h"
#include "request_internal.h"
#include "store/holder.h"
#include "store/rate.h"
#include <stdio.h>
#include <string.h>

enum { SKEW_MS = 60000 };

/* --- creating ----------------------------------------------------------- */

struct create {
    const request_new *in;
    request_created *out;
    arena *a;
    const description *d;
    uint8_t body_hash[32];
    request_row fresh;
};

int request_has_domain(const rp_row *rp, arena *a, const char *host)
{
    json *list = NULL;
    size_t len = strcspn(host, ":"); /* ports are not in certificates */

    if (json_parse(&list, a, text_span(rp->domains)))
        return 0;
    for (size_t i = 0; i < json_array_n(list); i++) {
        const char *domain = json_text_item(list, i);
        if (domain && strlen(domain) == len && !memcmp(domain, host, len))
            return 1;
    }
    return 0;
}

static bzt_err check_rp(const struct create *c, const rp_row *rp,
                        int64_t now_ms)
{
    x509_cert cert;
    bzt_err err;

    if (strcmp(rp->state, "active"))
        return BZT_ERR_RP_UNKNOWN;
    if ((err = x509_read(&cert, rp->certificate)))
        return err;
    if (now_ms < cert.not_before || now_ms > cert.not_after)
        return BZT_ERR_CERT_EXPIRED;
    if (!request_has_domain(rp, c->a, c->d->domain))
        return BZT_ERR_RP_DOMAIN;
    return statement_verify((bzt_span){c->in->signature, 64},
                            STATEMENT_DESCRIPTION, rp->public_key,
                            c->in->description);
}

static bzt_err replay(store_tx *tx, struct create *c, const uint8_t id[16],
                      const uint8_t body_hash[32])
{
    if (memcmp(body_hash, c->body_hash, 32))
        return BZT_ERR_IDEMPOTENCY;
    c->out->is_replay = 1;
    return request_get(tx, &c->out->row, c->a, id);
}

static bzt_err create_op(store_tx *tx, void *arg)
{
    struct create *c = arg;
    uint8_t earlier[16], body_hash[32];
    int64_t now_ms;
    rp_row rp;
    bzt_err err;

    err = idempotency_get(tx, earlier, body_hash, c->in->rp,
                          c->in->idempotency_key);
    if (!err)
        return replay(tx, c, earlier, body_hash);
    if (err != BZT_ERR_NOT_FOUND)
        return err;
    if ((err = store_now(tx, &now_ms)))
        return err;
    if ((err = rp_get(tx, &rp, c->a, c->in->rp)))
        return err == BZT_ERR_NOT_FOUND ? BZT_ERR_RP_UNKNOWN : err;

    request_row *row = &c->fresh;
    memcpy(row->tenant, rp.tenant, 16);
    row->created_at = now_ms;
    row->decide_until = now_ms + REQUEST_SCAN_MS;
    if (c->d->expires_at < row->decide_until)
        row->decide_until = c->d->expires_at;
    const audit_note note = {.kind = "request.create",
                             .tenant = rp.tenant,
                             .actor_kind = "rp",
                             .actor = rp.id,
                             .subject_kind = "req",
                             .subject = row->id,
                             .detail = row->kind};
    if ((err = request_insert(tx, row)) ||
        (err = idempotency_insert(tx, rp.id, c->in->idempotency_key,
                                  c->body_hash, row->id, now_ms)) ||
        (err = service_audit(tx, now_ms, &note)))
        return err;
    c->out->is_replay = 0;
    c->out->row = *row;
    return BZT_OK;
}

/* Signature checks are done outside the writer's turn. */
static bzt_err vet_op(store_tx *tx, void *arg)
{
    struct create *c = arg;
    int64_t now_ms;
    rp_row rp;
    bzt_err err;

    if ((err = store_now(tx, &now_ms)))
        return err;
    if ((err = rp_get(tx, &rp, c->a, c->in->rp)))
        return err == BZT_ERR_NOT_FOUND ? BZT_ERR_RP_UNKNOWN : err;
    if (c->d->created_at > now_ms + SKEW_MS)
        return BZT_ERR_SKEW;
    if (c->d->expires_at <= now_ms)
        return BZT_ERR_REQUEST_EXPIRED;
    return check_rp(c, &rp, now_ms);
}

static bzt_err fill(struct create *c)
{
    request_row *row = &c->fresh;
    uint8_t token[32];
    bzt_err err;

    if ((err = rng_id(row->id)) || (err = rng_id(row->qr_token)) ||
        (err = rng_bytes(row->qr_secret, 32)))
        return err;
    request_page_token(token, row->qr_secret);
    sm3_digest(row->page_token, (bzt_span){token, 32});
    memcpy(row->rp, c->in->rp, 16);
    memcpy(row->rp_signature, c->in->signature, 64);
    memcpy(row->browser, c->d->browser, 32);
    row->kind = request_kind_text(c->d->kind);
    row->description = c->in->description;
    row->domain = c->d->domain;
    row->state = REQUEST_CREATED;
    row->version = 1;
    return BZT_OK;
}

static bzt_err check_described(const char **field, const description *d,
                               const request_new *in)
{
    *field = "rp";
    if (memcmp(d->rp, in->rp, 16))
        return BZT_ERR_BAD_FIELD;
    *field = NULL;
    if (d->uscc)
        return uscc_check(text_span(d->uscc));
    return BZT_OK;
}

bzt_err request_create(service *s, request_created *out, const char **field,
                       arena *a, const request_new *in)
{
    description d;
    struct create c = {.in = in, .out = out, .a = a, .d = &d};
    bzt_err err;

    *out = (request_created){0};
    *field = NULL;
    if ((err = description_read(&d, field, a, in->description)))
        return err;
    if ((err = check_described(field, &d, in)))
        return err;
    if ((err = store_read(s->store, vet_op, &c)))
        return err;
    sm3_digest(c.body_hash, in->body);
    if ((err = fill(&c)))
        return err;
    if ((err = store_write(s->store, create_op, &c)))
        return err;
    request_page_token(out->page_token, out->row.qr_secret);
    return BZT_OK;
}

/* --- looking and cancelling --------------------------------------------- */

struct look {
    arena *a;
    const uint8_t *rp, *id;
    request_row *out;
};

static bzt_err look_op(store_tx *tx, void *arg)
{
    struct look *in = arg;
    bzt_err err = request_get(tx, in->out, in->a, in->id);

    if (err)
        return err;
    return memcmp(in->out->rp, in->rp, 16) ? BZT_ERR_NOT_FOUND : BZT_OK;
}

bzt_err request_for_rp(service *s, request_row *out, arena *a,
                       const uint8_t rp[16], const uint8_t id[16])
{
    struct look in = {.a = a, .rp = rp, .id = id, .out = out};

    return store_read(s->store, look_op, &in);
}

static bzt_err cancel_op(store_tx *tx, void *arg)
{
    struct look *in = arg;
    int64_t now_ms;
    bzt_err err;

    if ((err = look_op(tx, arg)) || request_is_ended(in->out->state))
        return err;
    if ((err = store_now(tx, &now_ms)))
        return err;
    err = request_tx_end(tx, in->a, in->out, REQUEST_REFUSED, "cancelled_by_rp",
                         now_ms);
    return err == BZT_ERR_BUSY ? BZT_ERR_SERIALIZATION : err;
}

bzt_err request_cancel(service *s, arena *a, const uint8_t rp[16],
                       const uint8_t id[16])
{
    request_row row;
    struct look in = {.a = a, .rp = rp, .id = id, .out = &row};

    return store_write(s->store, cancel_op, &in);
}

/* --- the result --------------------------------------------------------- */

struct result {
    arena *a;
    const request_row *row;
    request_result *out;
};

static bzt_err result_op(store_tx *tx, void *arg)
{
    struct result *in = arg;
    holder_certificate cert;
    bzt_span *chain;
    size_t n;
    bzt_err err;

    if ((err = holder_certificate_get(tx, &cert, in->a, in->row->certificate)))
        return err;
    if ((err = holder_chain(tx, &chain, &n, in->a, cert.ca)))
        return err;
    in->out->certificate = cert.der;
    in->out->chain_n = n;
    memcpy(in->out->chain, chain, n * sizeof(*chain));
    return BZT_OK;
}

bzt_err request_result_get(service *s, request_result *out, arena *a,
                           const request_row *row)
{
    struct result in = {.a = a, .row = row, .out = out};
    bzt_sm2_signature sig;

    *out = (request_result){0};
    if (row->state != REQUEST_DONE)
        return BZT_ERR_REQUEST_STATE;
    memcpy(sig.r, row->signature, 32);
    memcpy(sig.s, row->signature + 32, 32);
    bzt_sm2_signature_write(out->signature_der, &out->signature_len, &sig);
    return store_read(s->store, result_op, &in);
}

/* --- the page ----------------------------------------------------------- */

struct page {
    arena *a;
    uint8_t token[32]; /* hashed */
    const char *origin, *agent;
    request_row *out;
    const uint8_t *id;
    uint8_t code_hash[32];
    int64_t expires_at;
    bzt_err answer;
};

/* "https://host[:port]" → "host[:port]", or NULL. */
static const char *origin_host(const char *origin)
{
    return origin && !strncmp(origin, "https://", 8) ? origin + 8 : NULL;
}

static bzt_err page_open_op(store_tx *tx, void *arg)
{
    struct page *in = arg;
    request_row *row = in->out;
    const char *host = origin_host(in->origin);
    rp_row rp;
    bzt_err err;

    if ((err = request_find_page(tx, row, in->a, in->token)))
        return err;
    if ((err = rp_get(tx, &rp, in->a, row->rp)))
        return err;
    if (!host || !request_has_domain(&rp, in->a, host))
        return BZT_ERR_RP_DOMAIN;
    if (row->page_origin || request_is_ended(row->state))
        return BZT_OK;
    row->page_origin = in->origin;
    row->page_agent = in->agent;
    err = request_update(tx, row);
    return err == BZT_ERR_BUSY ? BZT_ERR_SERIALIZATION : err;
}

bzt_err request_page_open(service *s, request_row *out, arena *a,
                          const char *token, const char *origin,
                          const char *agent)
{
    struct page in = {.a = a, .origin = origin, .agent = agent, .out = out};
    uint8_t raw[32];

    if (base64url_read_n(raw, 32, text_span(token)))
        return BZT_ERR_NOT_FOUND;
    sm3_digest(in.token, (bzt_span){raw, 32});
    wipe(raw, sizeof(raw));
    return store_write(s->store, page_open_op, &in);
}

static bzt_err page_get_op(store_tx *tx, void *arg)
{
    struct page *in = arg;

    return request_get(tx, in->out, in->a, in->id);
}

bzt_err request_page_get(service *s, request_row *out, arena *a,
                         const uint8_t id[16])
{
    struct page in = {.a = a, .out = out, .id = id};

    return store_read(s->store, page_get_op, &in);
}

/* --- short codes -------------------------------------------------------- */

static const char code_letters[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

static bzt_err draw_code(char code[SHORT_CODE_LEN + 1])
{
    uint8_t random[SHORT_CODE_LEN];
    bzt_err err = rng_bytes(random, sizeof(random));

    /* 32 letters: five bits of a byte are uniform. */
    for (int i = 0; i < SHORT_CODE_LEN; i++) {
        code[i] = code_letters[random[i] & 31];
    }
    code[SHORT_CODE_LEN] = 0;
    return err;
}

static bzt_err code_op(store_tx *tx, void *arg)
{
    struct page *in = arg;
    request_row row;
    int64_t now_ms;
    bzt_err err;

    if ((err = store_now(tx, &now_ms)))
        return err;
    if ((err = request_get(tx, &row, in->a, in->id)))
        return err;
    if ((err = request_check_open(&row, now_ms)))
        return err;
    if (row.state != REQUEST_CREATED)
        return BZT_ERR_REQUEST_STATE;
    in->expires_at = now_ms + SHORT_CODE_MS;
    return short_code_insert(tx, in->code_hash, in->id, in->expires_at);
}

bzt_err request_page_code(service *s, char code[SHORT_CODE_LEN + 1],
                          int64_t *expires_at, const uint8_t id[16])
{
    struct page in = {.a = arena_new(1 << 20), .id = id};
    bzt_err err = BZT_ERR_MEMORY;

    if (!in.a)
        goto out;
    if ((err = draw_code(code)))
        goto out;
    sm3_digest(in.code_hash, text_span(code));
    err = store_write(s->store, code_op, &in);
    *expires_at = in.expires_at;
out:
    if (err)
        code[0] = 0;
    arena_free(in.a);
    return err;
}
