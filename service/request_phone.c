/* Requests: what the phone does - scan, confirm, refuse. */
#include "audit.h"
#include "base/json.h"
#include "base/rng.h"
#include "core/sm3.h"
#include "core/text.h"
#include "pki/message.h"
#include "qr.h"
#include "request_internal.h"
#include "store/holder.h"
#include "store/rate.h"
#include <stdio.h>
#include <string.h>

struct phone {
    arena *a;
    const holder *by;
    const uint8_t *id;
    const qr_text *qr;
    const uint8_t *code_hash;
    const uint8_t *certificate;
    int64_t number;
    uint8_t random[64]; /* for the numbers */
    request_view *out;
    bzt_err answer; /* what the phone is told once the commit is done */
    int64_t wait_ms;
};

/* --- the 2-digit number ------------------------------------------------- */

/* Three different numbers of 10..99; which one is shown on the PC is drawn
 * too.  Bytes of 180 and more are passed over, so that all are alike. */
static bzt_err draw_numbers(request_row *row, arena *a,
                            const uint8_t random[64])
{
    int numbers[3], n = 0;

    for (int i = 1; i < 64 && n < 3; i++) {
        int v = 10 + random[i] % 90;
        if (random[i] >= 180 || (n > 0 && v == numbers[0]) ||
            (n > 1 && v == numbers[1]))
            continue;
        numbers[n++] = v;
    }
    if (n < 3)
        return BZT_ERR_RANDOM;
    row->number = numbers[random[0] % 3];
    row->numbers =
        arena_printf(a, "[%d,%d,%d]", numbers[0], numbers[1], numbers[2]);
    return row->numbers ? BZT_OK : BZT_ERR_MEMORY;
}

/* --- claiming ----------------------------------------------------------- */

static int is_holder(const request_row *row, const holder *by)
{
    return row->has_holder && !memcmp(row->device, by->device, 16) &&
           !memcmp(row->person, by->person, 16);
}

/* A system that was disabled meanwhile gets no more signatures. */
static bzt_err load_rp(store_tx *tx, struct phone *in)
{
    bzt_err err = rp_get(tx, &in->out->rp, in->a, in->out->row.rp);

    if (err)
        return err;
    return strcmp(in->out->rp.state, "active") ? BZT_ERR_RP_UNKNOWN : BZT_OK;
}

static bzt_err claim(store_tx *tx, struct phone *in, int with_number,
                     int64_t now_ms)
{
    request_row *row = &in->out->row;
    const audit_note note = {.kind = "request.scan",
                             .tenant = row->tenant,
                             .actor_kind = "per",
                             .actor = in->by->person,
                             .person = in->by->person,
                             .subject_kind = "req",
                             .subject = row->id,
                             .detail = with_number ? "number" : NULL};
    bzt_err err;

    if ((err = request_check_open(row, now_ms)) || (err = load_rp(tx, in)))
        return err;
    if (is_holder(row, in->by))
        return BZT_OK; /* scanned again by the same phone */
    if (row->state != REQUEST_CREATED)
        return BZT_ERR_REQUEST_TAKEN;
    if (with_number && (err = draw_numbers(row, in->a, in->random)))
        return err;
    row->state = REQUEST_SCANNED;
    row->has_holder = 1;
    memcpy(row->person, in->by->person, 16);
    memcpy(row->device, in->by->device, 16);
    row->scanned_at = now_ms;
    row->decide_until = now_ms + REQUEST_DECIDE_MS;
    if ((err = request_update(tx, row)))
        return err == BZT_ERR_BUSY ? BZT_ERR_SERIALIZATION : err;
    return service_audit(tx, now_ms, &note);
}

static bzt_err scan_qr_op(store_tx *tx, void *arg)
{
    struct phone *in = arg;
    request_row *row = &in->out->row;
    description d;
    int64_t now_ms;
    bzt_err err;

    if ((err = store_now(tx, &now_ms)))
        return err;
    if ((err = request_find_token(tx, row, in->a, in->qr->token)))
        return err == BZT_ERR_NOT_FOUND ? BZT_ERR_QR_INVALID : err;
    if ((err = request_description(&d, in->a, row)))
        return err;
    if ((err = qr_check(in->qr, row, d.title, now_ms)))
        return err;
    if ((err = claim(tx, in, d.kind == REQUEST_BIND, now_ms)))
        return err;
    return BZT_OK;
}

bzt_err request_scan_qr(service *s, request_view *out, arena *a,
                        const holder *by, const char *qr)
{
    qr_text text;
    struct phone in = {.a = a, .by = by, .qr = &text, .out = out};
    bzt_err err;

    *out = (request_view){0};
    if ((err = qr_read(&text, qr, s->site.app_origin)))
        return err;
    if ((err = rng_bytes(in.random, sizeof(in.random))))
        return err;
    return store_write(s->store, scan_qr_op, &in);
}

static bzt_err scan_code_op(store_tx *tx, void *arg)
{
    struct phone *in = arg;
    char device[ID_TEXT_SIZE], name[ID_TEXT_SIZE + 8];
    request_row *row = &in->out->row;
    uint8_t id[16];
    int64_t now_ms;
    bzt_err err;

    in->answer = BZT_OK;
    if ((err = store_now(tx, &now_ms)))
        return err;
    id_write(device, "dev", in->by->device);
    snprintf(name, sizeof(name), "short/%s", device);
    const rate_limit limit = {name, SHORT_CODE_WINDOW_MS, SHORT_CODE_TRIES};
    if ((err = rate_take(tx, &in->wait_ms, &limit, now_ms)))
        return err;
    err = short_code_use(tx, id, in->code_hash, now_ms);
    if (err == BZT_ERR_SHORT_CODE) {
        in->answer = err; /* the try is counted all the same */
        return BZT_OK;
    }
    if (err || (err = request_get(tx, row, in->a, id)) ||
        (err = claim(tx, in, 1, now_ms)) || (err = rate_clear(tx, name)))
        return err;
    in->out->via_short_code = 1;
    return BZT_OK;
}

bzt_err request_scan_code(service *s, request_view *out, arena *a,
                          const holder *by, const char *code)
{
    uint8_t hash[32];
    struct phone in = {.a = a, .by = by, .code_hash = hash, .out = out};
    bzt_err err;

    *out = (request_view){0};
    sm3_digest(hash, text_span(code));
    if ((err = rng_bytes(in.random, sizeof(in.random))))
        return err;
    err = store_write(s->store, scan_code_op, &in);
    out->wait_ms = in.wait_ms;
    return err ? err : in.answer;
}

/* --- looking and refusing ----------------------------------------------- */

static bzt_err load(store_tx *tx, struct phone *in)
{
    request_row *row = &in->out->row;
    bzt_err err = request_get(tx, row, in->a, in->id);

    if (err)
        return err;
    if (!is_holder(row, in->by))
        return BZT_ERR_NOT_FOUND;
    return rp_get(tx, &in->out->rp, in->a, row->rp);
}

static bzt_err look_op(store_tx *tx, void *arg)
{
    return load(tx, arg);
}

bzt_err request_for_phone(service *s, request_view *out, arena *a,
                          const holder *by, const uint8_t id[16])
{
    struct phone in = {.a = a, .by = by, .id = id, .out = out};

    *out = (request_view){0};
    return store_read(s->store, look_op, &in);
}

static bzt_err refuse_op(store_tx *tx, void *arg)
{
    struct phone *in = arg;
    int64_t now_ms;
    bzt_err err;

    if ((err = load(tx, in)) || (err = store_now(tx, &now_ms)))
        return err;
    if (in->out->row.state == REQUEST_REFUSED)
        return BZT_OK;
    if ((err = request_check_open(&in->out->row, now_ms)))
        return err;
    err = request_tx_end(tx, in->a, &in->out->row, REQUEST_REFUSED,
                         "user_refused", now_ms);
    return err == BZT_ERR_BUSY ? BZT_ERR_SERIALIZATION : err;
}

bzt_err request_refuse(service *s, arena *a, const holder *by,
                       const uint8_t id[16])
{
    request_view view = {0};
    struct phone in = {.a = a, .by = by, .id = id, .out = &view};

    return store_write(s->store, refuse_op, &in);
}

/* --- confirming --------------------------------------------------------- */

/* Ends the request in this transaction and tells the phone why. */
static bzt_err fail(store_tx *tx, struct phone *in, const char *reason,
                    bzt_err answer, int64_t now_ms)
{
    bzt_err err = request_tx_end(tx, in->a, &in->out->row, REQUEST_FAILED,
                                 reason, now_ms);

    in->answer = answer;
    return err == BZT_ERR_BUSY ? BZT_ERR_SERIALIZATION : err;
}

static bzt_err check_certificate(const holder_certificate *cert,
                                 const holder *by, int64_t now_ms)
{
    if (memcmp(cert->person, by->person, 16))
        return BZT_ERR_NOT_FOUND;
    if (memcmp(cert->device, by->device, 16))
        return BZT_ERR_FORBIDDEN;
    if (strcmp(cert->state, "active") || strcmp(cert->entry_state, "active"))
        return BZT_ERR_CERT_REVOKED;
    if (strcmp(cert->purpose, "sign"))
        return BZT_ERR_CERT_INVALID;
    if (strcmp(cert->key_state, "live"))
        return BZT_ERR_LOCKED;
    if (now_ms < cert->not_before || now_ms > cert->not_after)
        return BZT_ERR_CERT_EXPIRED;
    return BZT_OK;
}

static int is_same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : !a && !b;
}

/* Binding ties an account to a holder: both sides must mean the same
 * organisation, by name and by code (feature 60). */
static int is_mismatch(const description *d, const holder_certificate *cert)
{
    if (d->kind != REQUEST_BIND && !d->organisation)
        return 0;
    return !is_same(d->organisation, cert->organisation) ||
           !is_same(d->uscc, cert->uscc);
}

static bzt_err write_message(struct phone *in, const description *d,
                             const holder_certificate *cert)
{
    request_row *row = &in->out->row;
    uint8_t *buf = arena_alloc(in->a, MESSAGE_SIZE_MAX);
    message m = {
        .kind = d->kind == REQUEST_BIND ? MESSAGE_BIND : MESSAGE_LOGIN,
        .rp_name = text_span(in->out->rp.name),
        .domain = text_span(d->domain),
        .title = text_span(d->title),
        .organisation = text_span(d->organisation),
        .uscc = text_span(d->uscc),
        .user = text_span(d->account),
        .created_at = d->created_at,
        .expires_at = d->expires_at,
    };

    if (!buf)
        return BZT_ERR_MEMORY;
    memcpy(m.request_id, row->id, 16);
    memcpy(m.rp_id, row->rp, 16);
    sm3_digest(m.description, row->description);
    memcpy(m.browser, row->browser, 32);
    memcpy(m.certificate, cert->fingerprint, 32);
    return message_write(&row->message, buf, MESSAGE_SIZE_MAX, &m);
}

static bzt_err fix_message(store_tx *tx, struct phone *in, const description *d,
                           const holder_certificate *cert, int64_t now_ms)
{
    request_row *row = &in->out->row;
    const audit_note note = {.kind = "request.confirm",
                             .tenant = row->tenant,
                             .actor_kind = "per",
                             .actor = in->by->person,
                             .person = in->by->person,
                             .subject_kind = "req",
                             .subject = row->id};
    bzt_err err;

    if (row->state == REQUEST_CONFIRMING)
        return memcmp(row->certificate, cert->id, 16) ? BZT_ERR_REQUEST_STATE
                                                      : BZT_OK;
    if ((err = write_message(in, d, cert)))
        return err;
    row->state = REQUEST_CONFIRMING;
    row->has_key = 1;
    memcpy(row->key, cert->key, 16);
    memcpy(row->certificate, cert->id, 16);
    if ((err = request_update(tx, row)))
        return err == BZT_ERR_BUSY ? BZT_ERR_SERIALIZATION : err;
    return service_audit(tx, now_ms, &note);
}

static bzt_err confirm_op(store_tx *tx, void *arg)
{
    struct phone *in = arg;
    request_row *row = &in->out->row;
    holder_certificate cert;
    description d;
    int64_t now_ms;
    bzt_err err;

    in->answer = BZT_OK;
    if ((err = load(tx, in)) || (err = store_now(tx, &now_ms)) ||
        (err = request_check_open(row, now_ms)) || (err = load_rp(tx, in)) ||
        (err = request_description(&d, in->a, row)))
        return err;
    if (row->numbers && row->number != in->number)
        return fail(tx, in, "wrong_number", BZT_ERR_WRONG_NUMBER, now_ms);
    if ((err = holder_certificate_get(tx, &cert, in->a, in->certificate)))
        return err;
    if ((err = check_certificate(&cert, in->by, now_ms)))
        return err;
    if (is_mismatch(&d, &cert))
        return fail(tx, in, "organisation_mismatch", BZT_ERR_MISMATCH, now_ms);
    return fix_message(tx, in, &d, &cert, now_ms);
}

bzt_err request_confirm(service *s, request_view *out, arena *a,
                        const holder *by, const uint8_t id[16],
                        const uint8_t certificate[16], int64_t number)
{
    struct phone in = {.a = a,
                       .by = by,
                       .id = id,
                       .certificate = certificate,
                       .number = number,
                       .out = out};
    bzt_err err;

    *out = (request_view){0};
    if ((err = store_write(s->store, confirm_op, &in)))
        return err;
    return in.answer;
}
