/* What must hold before a holder is believed. */
#include "base/clock.h"
#include "client.h"
#include "core/text.h"
#include "pki/message.h"
#include "pki/path.h"
#include <string.h>

enum { CHAIN_MAX = 8, SKEW_MS = 60000 };

static int is_same(bzt_span a, bzt_span b)
{
    return a.len == b.len && (!a.len || !memcmp(a.p, b.p, a.len));
}

/* The message must be the one that answers this very request of ours. */
static bzt_err check_message(message *m, const bzt_client *c,
                             const bzt_request *request,
                             const bzt_result *result)
{
    const message_kind kind =
        request->kind == BZT_REQUEST_BIND ? MESSAGE_BIND : MESSAGE_LOGIN;
    uint8_t id[16];
    bzt_err err = message_read(m, result->message);

    if (err)
        return err;
    if (id_read(id, "req", text_span(request->id)) || m->kind != kind ||
        memcmp(m->request_id, id, 16) || memcmp(m->rp_id, c->rp, 16) ||
        memcmp(m->description, request->description, 32) ||
        memcmp(m->browser, request->browser, 32) ||
        !text_is(m->domain, c->domain))
        return BZT_ERR_MESSAGE;
    /* Whole seconds are in a message. */
    if (m->created_at != request->created_at / 1000 * 1000 ||
        m->expires_at != request->expires_at / 1000 * 1000)
        return BZT_ERR_MESSAGE;
    return BZT_OK;
}

static bzt_err check_time(const message *m, int64_t now_ms)
{
    return now_ms < m->created_at - SKEW_MS || now_ms > m->expires_at + SKEW_MS
               ? BZT_ERR_REQUEST_EXPIRED
               : BZT_OK;
}

/* A message for an organisation is signed by that organisation's key. */
static bzt_err check_organisation(const message *m, const x509_cert *cert)
{
    x509_holder holder;

    x509_holder_read(&holder, cert);
    if (m->uscc.len && !is_same(m->uscc, holder.uscc))
        return BZT_ERR_MISMATCH;
    if (m->organisation.len && !is_same(m->organisation, holder.organisation))
        return BZT_ERR_MISMATCH;
    return BZT_OK;
}

static bzt_err check_path(path *found, x509_cert chain[CHAIN_MAX],
                          const bzt_client *c, const x509_cert *cert,
                          const bzt_result *result, int64_t now_ms)
{
    path_input in = {.leaf = cert,
                     .others = chain,
                     .roots = c->roots,
                     .roots_n = c->site.ca_roots_n,
                     .at = now_ms,
                     .purpose = PATH_SIGNING};

    if (result->chain_n > CHAIN_MAX)
        return BZT_ERR_CERT_PATH;
    for (size_t i = 0; i < result->chain_n; i++) {
        if (x509_read(&chain[i], result->chain[i]))
            return BZT_ERR_CERT_PATH;
        in.others_n = i + 1;
    }
    return path_check(found, &in);
}

/* Every certificate below the root. */
static bzt_err check_statuses(bzt_client *c, const path *found, int64_t now_ms)
{
    for (size_t i = 0; i + 1 < found->n; i++) {
        bzt_err err = client_check_status(c, c->scratch, found->certs[i],
                                          found->certs[i + 1], now_ms);
        if (err)
            return err;
    }
    return BZT_OK;
}

static bzt_err fill(bzt_holder *out, const bzt_result *result,
                    const x509_cert *cert)
{
    arena *a = result->memory;
    x509_holder holder;

    x509_holder_read(&holder, cert);
    out->name = arena_text(a, holder.common_name);
    out->organisation = arena_text(a, holder.organisation);
    out->uscc = arena_text(a, holder.uscc);
    x509_fingerprint(out->certificate, cert);
    out->not_after = cert->not_after;
    out->signed_at = result->at;
    return out->name && out->organisation && out->uscc ? BZT_OK
                                                       : BZT_ERR_MEMORY;
}

bzt_err bzt_client_check(bzt_holder *out, bzt_client *c,
                         const bzt_request *request, const bzt_result *result)
{
    int64_t now_ms = clock_now_ms();
    x509_cert cert, chain[CHAIN_MAX];
    bzt_sm2_signature sig;
    uint8_t fingerprint[32];
    message m;
    path found;
    bzt_err err;

    *out = (bzt_holder){0};
    c->call.detail[0] = 0;
    if (result->state != BZT_STATE_DONE)
        return BZT_ERR_REQUEST_STATE;
    if ((err = check_message(&m, c, request, result)) ||
        (err = check_time(&m, now_ms)))
        return err;
    if (x509_read(&cert, result->certificate))
        return BZT_ERR_CERT_INVALID;
    x509_fingerprint(fingerprint, &cert);
    if (memcmp(fingerprint, m.certificate, 32))
        return BZT_ERR_MESSAGE;
    if ((err = check_organisation(&m, &cert)))
        return err;
    if (bzt_sm2_signature_read(&sig, result->signature) ||
        message_verify(cert.pub, result->message, &sig))
        return BZT_ERR_SIGNATURE;
    if ((err = check_path(&found, chain, c, &cert, result, now_ms)))
        return err;
    arena_reset(c->scratch);
    if ((err = check_statuses(c, &found, now_ms)))
        return err;
    err = fill(out, result, &cert);
    if (err)
        *out = (bzt_holder){0};
    return err;
}
