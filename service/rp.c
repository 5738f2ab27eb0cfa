/* Registration of business systems. */
#include "rp.h"
#include "audit.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/rng.h"
#include "core/text.h"
#include "pki/path.h"
#include "site.h"
#include <string.h>

enum { RPS_MAX = 500 };

static bzt_err check_certificate(service *s, x509_cert *cert, arena *a,
                                 bzt_span der)
{
    settings site;
    x509_cert root;
    path found;
    bzt_err err;

    if ((err = site_settings(s, &site, a)))
        return err;
    if (x509_read(cert, der) || x509_read(&root, site.rp_root))
        return BZT_ERR_CERT_INVALID;
    const path_input in = {.leaf = cert,
                           .roots = &root,
                           .roots_n = 1,
                           .at = clock_now_ms(),
                           .purpose = PATH_RP};
    return path_check(&found, &in);
}

static bzt_err domains_of(const char **out, arena *a, const x509_cert *cert)
{
    json *list = json_new_array(a);
    bzt_span host, cursor = cert->san, text;
    bzt_err err;

    while (x509_next_host(&host, &cursor)) {
        json_append_text(list, arena_text(a, host));
    }
    if ((err = json_write(&text, a, list)))
        return err;
    *out = arena_text(a, text);
    return *out ? BZT_OK : BZT_ERR_MEMORY;
}

struct register_rp {
    const rp_registration *in;
    rp_row *row;
};

static bzt_err register_op(store_tx *tx, void *arg)
{
    struct register_rp *in = arg;
    const audit_note n = {.kind = "rp.register",
                          .tenant = in->in->tenant,
                          .actor_kind = "stf",
                          .actor = in->in->staff,
                          .subject_kind = "rp",
                          .subject = in->row->id};
    bzt_err err;

    if ((err = store_now(tx, &in->row->created_at)) ||
        (err = rp_insert(tx, in->row)))
        return err;
    return service_audit(tx, in->row->created_at, &n);
}

static int is_webhook(const char *url)
{
    return !url || (!strncmp(url, "https://", 8) && strlen(url) > 8) ||
           !strncmp(url, "http://127.0.0.1:", 17) ||
           !strncmp(url, "http://localhost:", 17);
}

bzt_err rp_register(service *s, rp_row *out, arena *a,
                    const rp_registration *in)
{
    struct register_rp op = {in, out};
    x509_holder holder;
    x509_cert cert;
    bzt_err err;

    *out = (rp_row){.state = "active", .webhook_url = in->webhook_url};
    if (!is_webhook(in->webhook_url))
        return BZT_ERR_BAD_FIELD;
    if ((err = check_certificate(s, &cert, a, in->certificate)))
        return err;
    x509_holder_read(&holder, &cert);
    out->name = arena_text(a, holder.common_name);
    if (!out->name || !*out->name)
        return BZT_ERR_CERT_INVALID;
    if ((err = domains_of(&out->domains, a, &cert)) || (err = rng_id(out->id)))
        return err;
    memcpy(out->tenant, in->tenant, 16);
    memcpy(out->public_key, cert.pub, 65);
    out->certificate = in->certificate;
    return store_write(s->store, register_op, &op);
}

struct list_rps {
    rp_row **out;
    size_t *n;
    arena *a;
    const uint8_t *tenant;
};

static bzt_err list_op(store_tx *tx, void *arg)
{
    struct list_rps *in = arg;

    return rp_list(tx, in->out, in->n, RPS_MAX, in->a, in->tenant);
}

bzt_err rp_of_tenant(service *s, rp_row **out, size_t *n, arena *a,
                     const uint8_t tenant[16])
{
    struct list_rps in = {out, n, a, tenant};

    return store_read(s->store, list_op, &in);
}

struct set_state {
    const uint8_t *tenant, *staff, *id;
    const char *state;
};

static bzt_err state_op(store_tx *tx, void *arg)
{
    struct set_state *in = arg;
    const audit_note n = {.kind = "rp.state",
                          .tenant = in->tenant,
                          .actor_kind = "stf",
                          .actor = in->staff,
                          .subject_kind = "rp",
                          .subject = in->id,
                          .detail = in->state};
    int64_t now_ms;
    bzt_err err;

    if ((err = store_now(tx, &now_ms)) ||
        (err = rp_update_state(tx, in->tenant, in->id, in->state)))
        return err;
    return service_audit(tx, now_ms, &n);
}

bzt_err rp_set_state(service *s, const uint8_t tenant[16],
                     const uint8_t staff[16], const uint8_t id[16],
                     const char *state)
{
    struct set_state in = {tenant, staff, id, state};

    return store_write(s->store, state_op, &in);
}
