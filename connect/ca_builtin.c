/* Our own CA (ca_builtin.h).  Private keys are unsealed for one act and
 * wiped with the stack that held them. */
#include "ca_builtin.h"
#include "base/rng.h"
#include "core/sm3.h"
#include "core/text.h"
#include "core/wipe.h"
#include "pki/crl.h"
#include "pki/csr.h"
#include "pki/ocsp.h"
#include "store/ca.h"
#include "store/certificate.h"
#include <stdlib.h>
#include <string.h>

enum {
    SERIAL_LEN = 16,
    LIST_MAX = 100000,              /* revoked and not yet expired */
    LIST_ARENA = 128 * 1024 * 1024, /* a bound, not a reservation */
    WORK_ARENA = 256 * 1024,
    ROOT_YEARS = 20,
    ISSUING_YEARS = 15,
    OCSP_YEARS = 10
};
#define DAY_MS       (24LL * 3600 * 1000)
#define OCSP_LIFE_MS (12LL * 3600 * 1000)
#define BACKDATED_MS (60LL * 1000) /* phones' clocks are a little off */

struct ca_builtin {
    store *store;
    ca_sealer sealer;
    char *origin;
};

/* A role of a CA, ready to sign. */
typedef struct role {
    ca_key_row row;
    x509_cert cert;
    bzt_sm2_key key;
    uint8_t random[48];
} role;

static void role_wipe(role *r)
{
    bzt_sm2_key_wipe(&r->key);
    wipe(r->random, sizeof(r->random));
}

static bzt_err role_open(role *r, arena *a, const ca_sealer *sealer)
{
    bzt_span plain;
    bzt_err err;

    if ((err = x509_read(&r->cert, r->row.certificate)))
        return err;
    if ((err = sealer->unseal(sealer->self, &plain, a, r->row.id,
                              r->row.key_sealed)))
        return err;
    if (plain.len != sizeof(r->key.d))
        return BZT_ERR_DECRYPT;
    memcpy(r->key.d, plain.p, plain.len);
    wipe((void *)plain.p, plain.len);
    return rng_bytes(r->random, sizeof(r->random));
}

static pki_signer signer_of(const role *r)
{
    return (pki_signer){.cert = &r->cert, .key = &r->key, .random = r->random};
}

/* --- reading rows -------------------------------------------------------- */

typedef struct find_role {
    arena *a;
    const uint8_t *ca;
    const char *role;
    ca_key_row row;
} find_role;

static bzt_err find_role_op(store_tx *tx, void *arg)
{
    find_role *f = arg;

    return ca_key_find(tx, &f->row, f->a, f->ca, f->role);
}

static bzt_err role_load(role *r, arena *a, ca_builtin *c, const uint8_t ca[16],
                         const char *name)
{
    find_role f = {.a = a, .ca = ca, .role = name};
    bzt_err err;

    if ((err = store_read(c->store, find_role_op, &f)))
        return err;
    r->row = f.row;
    return role_open(r, a, &c->sealer);
}

bzt_err ca_builtin_certificate(ca_builtin *c, bzt_span *out, arena *a,
                               const uint8_t ca[16], const char *role)
{
    find_role f = {.a = a, .ca = ca, .role = role};
    bzt_err err = store_read(c->store, find_role_op, &f);

    *out = err ? (bzt_span){NULL, 0} : f.row.certificate;
    return err;
}

typedef struct find_serial {
    arena *a;
    const uint8_t *ca;
    bzt_span serial;
    certificate_row row;
} find_serial;

static bzt_err find_serial_op(store_tx *tx, void *arg)
{
    find_serial *f = arg;

    return certificate_find_serial(tx, &f->row, f->a, f->ca, f->serial);
}

/* --- issuing ------------------------------------------------------------- */

/* The serial number of a reference: the same again, and nobody can guess it
 * without the CA's key. */
static void serial_of(uint8_t out[SERIAL_LEN], const role *r,
                      const uint8_t reference[16])
{
    uint8_t mac[32];
    hmac_sm3 h;

    hmac_sm3_init(&h, (bzt_span){r->key.d, 32});
    hmac_sm3_update(&h, "bzt-serial", 10);
    hmac_sm3_update(&h, r->row.ca, 16);
    hmac_sm3_update(&h, reference, 16);
    hmac_sm3_final(&h, mac);
    memcpy(out, mac, SERIAL_LEN);
    out[0] = (uint8_t)((out[0] & 0x3f) | 0x40); /* positive, never shorter */
    wipe(mac, sizeof(mac));
}

static bzt_span url(arena *a, const ca_builtin *c, const uint8_t ca[16],
                    const char *what)
{
    char id[ID_TEXT_SIZE];

    id_write(id, "ca", ca);
    return text_span(arena_printf(a, "%s/ca/v1/%s/%s", c->origin, id, what));
}

static bzt_err issue(bzt_span *out, arena *a, const ca_builtin *c,
                     const role *issuing, const ca_application *in)
{
    csr request;
    pki_signer by = signer_of(issuing);
    x509_template t = {
        .profile = X509_SIGNING,
        .serial_len = SERIAL_LEN,
        .subject = in->subject,
        .not_before = (in->now_ms - BACKDATED_MS) / 1000 * 1000,
        .crl_url = url(a, c, in->ca.id, "crl"),
        .ocsp_url = url(a, c, in->ca.id, "ocsp"),
        .issuer_url = url(a, c, in->ca.id, "certificate"),
        .uscc = in->uscc,
    };
    uint8_t *buf = arena_alloc(a, X509_SIZE_MAX);
    bzt_err err;

    if (!buf)
        return BZT_ERR_MEMORY;
    if ((err = csr_read(&request, in->csr)))
        return err;
    memcpy(t.pub, request.pub, 65);
    t.not_after = t.not_before + in->validity_days * DAY_MS;
    if (t.not_after > issuing->cert.not_after)
        t.not_after = issuing->cert.not_after;
    serial_of(t.serial, issuing, in->reference);
    return x509_issue(out, buf, X509_SIZE_MAX, &t, &by);
}

static bzt_err add_chain(ca_answer *out, arena *a, ca_builtin *c,
                         const uint8_t ca[16])
{
    bzt_err err;

    if ((err = ca_builtin_certificate(c, &out->chain[0], a, ca, "issuing")))
        return err;
    if ((err = ca_builtin_certificate(c, &out->chain[1], a, ca, "root")))
        return err;
    out->chain_n = 2;
    return BZT_OK;
}

static bzt_err submit(void *self, ca_answer *out, arena *a,
                      const ca_application *in)
{
    ca_builtin *c = self;
    role issuing = {0};
    bzt_err err;

    *out = (ca_answer){0};
    if ((err = role_load(&issuing, a, c, in->ca.id, "issuing")))
        goto out;
    if ((err = add_chain(out, a, c, in->ca.id)))
        goto out;
    if ((err = issue(&out->certificate, a, c, &issuing, in)))
        goto out;
    out->state = CA_ISSUED;
out:
    role_wipe(&issuing);
    if (err)
        *out = (ca_answer){0};
    return err;
}

static bzt_err poll(void *self, ca_answer *out, arena *a, const ca_place *ca,
                    bzt_span ticket)
{
    (void)self, (void)a, (void)ca, (void)ticket;
    *out = (ca_answer){0};
    return BZT_ERR_NOT_FOUND; /* submit never leaves anything pending */
}

static bzt_err fetch(void *self, ca_answer *out, arena *a, const ca_place *ca,
                     bzt_span serial)
{
    ca_builtin *c = self;
    find_serial f = {.a = a, .ca = ca->id, .serial = serial};
    bzt_err err;

    *out = (ca_answer){0};
    if ((err = store_read(c->store, find_serial_op, &f)))
        return err;
    if ((err = add_chain(out, a, c, ca->id)))
        return err;
    out->certificate = f.row.der;
    out->state = CA_ISSUED;
    return BZT_OK;
}

static bzt_err renew(void *self, ca_answer *out, arena *a,
                     const ca_application *in, bzt_span old_serial)
{
    (void)old_serial; /* the old one runs out by itself */
    return submit(self, out, a, in);
}

static bzt_err revoke(void *self, const ca_place *ca, bzt_span serial,
                      int reason, int64_t now_ms)
{
    ca_builtin *c = self;
    arena *a = arena_new(WORK_ARENA);
    find_serial f = {.a = a, .ca = ca->id, .serial = serial};
    bzt_err err = a ? store_read(c->store, find_serial_op, &f) : BZT_ERR_MEMORY;

    /* The row that the caller marks next is this CA's register. */
    (void)reason, (void)now_ms;
    arena_free(a);
    return err;
}

static bzt_err status(void *self, ca_status *out, const ca_place *ca,
                      bzt_span serial, int64_t now_ms)
{
    ca_builtin *c = self;
    arena *a = arena_new(WORK_ARENA);
    find_serial f = {.a = a, .ca = ca->id, .serial = serial};
    bzt_err err = a ? store_read(c->store, find_serial_op, &f) : BZT_ERR_MEMORY;

    (void)now_ms;
    *out = (ca_status){0};
    if (!err && !strcmp(f.row.state, "revoked"))
        *out = (ca_status){1, f.row.revoked_at, (int)f.row.reason};
    arena_free(a);
    return err;
}

ca_connector ca_builtin_connector(ca_builtin *c)
{
    return (ca_connector){.self = c,
                          .submit = submit,
                          .poll = poll,
                          .fetch = fetch,
                          .renew = renew,
                          .revoke = revoke,
                          .status = status};
}

bzt_err ca_builtin_new(ca_builtin **out, const ca_builtin_options *options)
{
    ca_builtin *c = calloc(1, sizeof(*c));

    *out = NULL;
    if (!c)
        return BZT_ERR_MEMORY;
    c->store = options->store;
    c->sealer = options->sealer;
    c->origin = strdup(options->origin ? options->origin : "");
    if (!c->origin) {
        free(c);
        return BZT_ERR_MEMORY;
    }
    *out = c;
    return BZT_OK;
}

void ca_builtin_free(ca_builtin *c)
{
    if (!c)
        return;
    free(c->origin);
    free(c);
}

/* --- a new CA ------------------------------------------------------------ */

typedef struct new_role {
    const char *role, *suffix;
    x509_profile profile;
    int years;
} new_role;

static bzt_err make_certificate(role *out, arena *a,
                                const ca_builtin_names *names,
                                const new_role *n, const role *issuer)
{
    pki_signer by = {.cert = issuer ? &issuer->cert : NULL,
                     .key = issuer ? &issuer->key : &out->key,
                     .random = out->random};
    const char *common =
        arena_printf(a, "%s %s", names->organisation, n->suffix);
    x509_template t = {
        .profile = n->profile,
        .serial_len = SERIAL_LEN,
        .subject = {.country = BZT_SPAN_LIT("CN"),
                    .organisation = text_span(names->organisation),
                    .common_name = text_span(common)},
        .not_before = (names->now_ms - BACKDATED_MS) / 1000 * 1000,
    };
    uint8_t *buf = arena_alloc(a, X509_SIZE_MAX);
    uint8_t random[48];
    bzt_err err;

    if (!buf || !common)
        return BZT_ERR_MEMORY;
    t.not_after = t.not_before + n->years * 365 * DAY_MS;
    if ((err = rng_bytes(random, sizeof(random))))
        return err;
    err = bzt_sm2_key_new(&out->key, t.pub, random);
    wipe(random, sizeof(random));
    if (err)
        return err;
    if ((err = rng_bytes(out->random, sizeof(out->random))))
        return err;
    if ((err = rng_bytes(t.serial, SERIAL_LEN)))
        return err;
    t.serial[0] = (uint8_t)((t.serial[0] & 0x3f) | 0x40);
    if ((err = x509_issue(&out->row.certificate, buf, X509_SIZE_MAX, &t, &by)))
        return err;
    return x509_read(&out->cert, out->row.certificate);
}

static bzt_err make_role(store_tx *tx, role *out, arena *a,
                         const ca_sealer *sealer, const ca_builtin_names *names,
                         const new_role *n, const role *issuer)
{
    bzt_err err;

    if ((err = make_certificate(out, a, names, n, issuer)))
        return err;
    memcpy(out->row.ca, names->ca, 16);
    out->row.role = n->role;
    out->row.created_at = names->now_ms;
    if ((err = rng_id(out->row.id)))
        return err;
    if ((err = sealer->seal(sealer->self, &out->row.key_sealed, a, out->row.id,
                            (bzt_span){out->key.d, sizeof(out->key.d)})))
        return err;
    return ca_key_insert(tx, &out->row);
}

bzt_err ca_builtin_make(store_tx *tx, arena *a, const ca_sealer *sealer,
                        const ca_builtin_names *names)
{
    static const new_role kinds[] = {
        {"root", "根 CA", X509_ROOT, ROOT_YEARS},
        {"issuing", "签发 CA", X509_ISSUING, ISSUING_YEARS},
        {"ocsp", "OCSP", X509_OCSP, OCSP_YEARS},
    };
    role made[3] = {0};
    bzt_err err = BZT_OK;

    for (int i = 0; i < 3 && !err; i++)
        err = make_role(tx, &made[i], a, sealer, names, &kinds[i],
                        i ? &made[i - 1] : NULL);
    for (int i = 0; i < 3; i++)
        role_wipe(&made[i]);
    return err;
}

/* --- the revocation list ------------------------------------------------- */

typedef struct make_list {
    ca_builtin *c;
    const uint8_t *ca;
    arena *a;
    int64_t now_ms;
    bzt_span der;
} make_list;

/* The kept list, while it is in the first half of its life. */
static bzt_err kept_list_op(store_tx *tx, void *arg)
{
    make_list *m = arg;
    crl list;
    bzt_err err;

    if ((err = ca_list_get(tx, &m->der, m->a, m->ca)))
        return err;
    if ((err = crl_read(&list, m->der)))
        return err;
    if (m->now_ms < list.this_update ||
        m->now_ms >= list.this_update + CA_LIST_LIFE_MS / 2)
        return BZT_ERR_NOT_FOUND;
    return BZT_OK;
}

static bzt_err read_entries(store_tx *tx, crl_entry **out, size_t *n,
                            const make_list *m)
{
    certificate_row *rows = NULL;
    bzt_err err;

    if ((err = certificate_list_revoked(tx, &rows, n, LIST_MAX, m->a, m->ca,
                                        m->now_ms)))
        return err;
    *out = arena_alloc(m->a, (*n + 1) * sizeof(**out));
    if (!*out)
        return BZT_ERR_MEMORY;
    for (size_t i = 0; i < *n; i++)
        (*out)[i] = (crl_entry){.serial = rows[i].serial,
                                .revoked_at = rows[i].revoked_at,
                                .reason = (pki_reason)rows[i].reason};
    return BZT_OK;
}

static bzt_err sign_list(store_tx *tx, make_list *m, role *issuing)
{
    pki_signer by = signer_of(issuing);
    crl_template t = {.number = (uint64_t)issuing->row.crl_number + 1,
                      .this_update = m->now_ms / 1000 * 1000};
    crl_entry *entries = NULL;
    uint8_t *buf;
    bzt_err err;

    t.next_update = t.this_update + CA_LIST_LIFE_MS;
    if ((err = read_entries(tx, &entries, &t.entries_n, m)))
        return err;
    t.entries = entries;
    buf = arena_alloc(m->a, CRL_SIZE_MAX(t.entries_n));
    if (!buf)
        return BZT_ERR_MEMORY;
    if ((err = crl_issue(&m->der, buf, CRL_SIZE_MAX(t.entries_n), &t, &by)))
        return err;
    if ((err = ca_key_update_number(tx, issuing->row.id, (int64_t)t.number)))
        return err;
    return ca_list_put(tx, m->ca, m->der);
}

static bzt_err make_list_op(store_tx *tx, void *arg)
{
    make_list *m = arg;
    role issuing = {0};
    bzt_err err;

    arena_reset(m->a);
    if (!kept_list_op(tx, m)) /* another node was first */
        return BZT_OK;
    if ((err = ca_key_find(tx, &issuing.row, m->a, m->ca, "issuing")))
        return err;
    if (!(err = role_open(&issuing, m->a, &m->c->sealer)))
        err = sign_list(tx, m, &issuing);
    role_wipe(&issuing);
    return err;
}

bzt_err ca_builtin_list(ca_builtin *c, bzt_span *out, arena *a,
                        const uint8_t ca[16], int64_t now_ms)
{
    arena *work = arena_new(LIST_ARENA);
    make_list m = {.c = c, .ca = ca, .a = work, .now_ms = now_ms};
    bzt_err err = BZT_ERR_MEMORY;

    *out = (bzt_span){NULL, 0};
    if (!work)
        return err;
    if ((err = store_read(c->store, kept_list_op, &m)))
        err = store_write(c->store, make_list_op, &m);
    if (!err) {
        *out = arena_copy(a, m.der);
        err = out->p ? BZT_OK : BZT_ERR_MEMORY;
    }
    arena_free(work);
    return err;
}

/* --- OCSP ------------------------------------------------------------------
 */

/* What the register says of one id. */
static bzt_err answer_id(ocsp_single *out, arena *a, ca_builtin *c,
                         const uint8_t ca[16], const x509_cert *issuing)
{
    find_serial f = {.a = a, .ca = ca, .serial = out->id.serial};
    bzt_err err;

    out->status = OCSP_UNKNOWN;
    if (!ocsp_id_is_of(&out->id, issuing))
        return BZT_OK;
    err = store_read(c->store, find_serial_op, &f);
    if (err)
        return err == BZT_ERR_NOT_FOUND ? BZT_OK : err;
    out->status = OCSP_GOOD;
    if (strcmp(f.row.state, "revoked"))
        return BZT_OK;
    out->status = OCSP_REVOKED;
    out->revoked_at = f.row.revoked_at;
    out->reason = (pki_reason)f.row.reason;
    return BZT_OK;
}

static bzt_err answer_ids(ocsp_template *t, arena *a, ca_builtin *c,
                          const uint8_t ca[16], bzt_span list)
{
    ocsp_single *singles = arena_alloc(a, OCSP_IDS_MAX * sizeof(*singles));
    bzt_span issuing_der;
    x509_cert issuing;
    bzt_err err;

    if (!singles)
        return BZT_ERR_MEMORY;
    if ((err = ca_builtin_certificate(c, &issuing_der, a, ca, "issuing")))
        return err;
    if ((err = x509_read(&issuing, issuing_der)))
        return err;
    t->singles = singles;
    while (t->singles_n < OCSP_IDS_MAX &&
           ocsp_request_next(&singles[t->singles_n].id, &list)) {
        ocsp_single *s = &singles[t->singles_n++];

        s->this_update = t->produced_at;
        s->next_update = t->produced_at + OCSP_LIFE_MS;
        if ((err = answer_id(s, a, c, ca, &issuing)))
            return err;
    }
    return BZT_OK;
}

static bzt_err failure(bzt_span *out, arena *a, ocsp_failure why)
{
    uint8_t *p = arena_alloc(a, 5);

    if (!p)
        return BZT_ERR_MEMORY;
    ocsp_failure_write(p, why);
    *out = (bzt_span){p, 5};
    return BZT_OK;
}

bzt_err ca_builtin_ocsp(ca_builtin *c, bzt_span *out, arena *a,
                        const uint8_t ca[16], bzt_span request, int64_t now_ms)
{
    ocsp_template t = {.produced_at = now_ms / 1000 * 1000};
    ocsp_request asked;
    role responder = {0};
    pki_signer by;
    uint8_t *buf;
    bzt_err err;

    *out = (bzt_span){NULL, 0};
    /* ask for the CA first: another path is no place for OCSP at all */
    if ((err = role_load(&responder, a, c, ca, "ocsp")))
        goto out;
    if (ocsp_request_read(&asked, request)) {
        err = failure(out, a, OCSP_MALFORMED);
        goto out;
    }
    t.nonce = asked.nonce;
    if ((err = answer_ids(&t, a, c, ca, asked.list)))
        goto out;
    buf = arena_alloc(a, OCSP_RESPONSE_SIZE_MAX(t.singles_n));
    if (!buf) {
        err = BZT_ERR_MEMORY;
        goto out;
    }
    by = signer_of(&responder);
    err = ocsp_response_issue(out, buf, OCSP_RESPONSE_SIZE_MAX(t.singles_n), &t,
                              &by);
out:
    role_wipe(&responder);
    return err;
}
