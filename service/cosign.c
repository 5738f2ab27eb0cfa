/* Operations on split keys, one function for each kind of doc/wire.md. */
#include "cosign.h"
#include "audit.h"
#include "base/rng.h"
#include "core/sm3.h"
#include "core/wipe.h"
#include "cosign_internal.h"
#include "issue.h"
#include "pki/message.h"
#include "pki/x509.h"
#include "request.h"
#include "site_keys.h"
#include "store/device.h"
#include "store/holder.h"
#include "vault.h"
#include <string.h>

enum { UNCERTIFIED_MS = 86400000 };

void cosign_reply_wipe(cosign_reply *reply)
{
    if (reply->points)
        wipe(reply->points, reply->points_n * sizeof(*reply->points));
    wipe(reply, sizeof(*reply));
}

static operation begin(const cosign_caller *by, const char *kind,
                       const uint8_t key_id[16], const uint8_t *op_id)
{
    operation op = {.by = by, .kind = kind, .has_op = op_id != NULL};

    memcpy(op.key_id, key_id, 16);
    if (op_id)
        memcpy(op.op_id, op_id, 16);
    return op;
}

/* --- making keys -------------------------------------------------------- */

struct make {
    const cosign_caller *by;
    const bzt_new_request *request;
    key_row row;
};

static bzt_err make_op(store_tx *tx, void *arg)
{
    struct make *in = arg;
    const audit_note n = {.kind = "key.new",
                          .actor_kind = "per",
                          .actor = in->by->person,
                          .person = in->by->person,
                          .subject_kind = "key",
                          .subject = in->row.id,
                          .detail = in->row.purpose};
    bzt_err err;

    if ((err = store_now(tx, &in->row.created_at)) ||
        (err = key_insert(tx, &in->row)))
        return err;
    return service_audit(tx, in->row.created_at, &n);
}

bzt_err cosign_new(const cosign_caller *by, cosign_reply *reply,
                   const bzt_new_request *request)
{
    struct make in = {.by = by, .request = request};
    operation op = begin(by, "new", request->device_id, NULL);
    bzt_err err;

    *reply = (cosign_reply){0};
    if ((err = operation_load(&op)))
        goto out;
    if ((err = cosign_server_new(&op.device, request)))
        goto out;
    if ((err = rng_id(in.row.id)))
        goto out;
    memcpy(in.row.person, by->person, 16);
    memcpy(in.row.device, by->device, 16);
    in.row.purpose = bzt_key_use_name(request->use);
    if ((err = store_write(by->s->store, make_op, &in)))
        goto out;
    reply->named = 1;
    memcpy(reply->id, in.row.id, 16);
out:
    operation_wipe(&op);
    return err;
}

bzt_err cosign_keygen(const cosign_caller *by, cosign_reply *reply,
                      const bzt_keygen_request *request)
{
    operation op = begin(by, "keygen", request->key_id, NULL);
    uint8_t random[96];
    bzt_err err;

    *reply = (cosign_reply){0};
    if ((err = operation_load(&op)))
        goto out;
    if ((err = rng_bytes(random, sizeof(random))))
        goto out;
    if (op.exists)
        op.answer = cosign_server_keygen(&op.effect, &reply->keygen, &op.row,
                                         &op.device, request, random);
    err = operation_finish(&op, reply);
out:
    if (err)
        wipe(&reply->keygen, sizeof(reply->keygen));
    wipe(random, sizeof(random));
    operation_wipe(&op);
    return err;
}

/* A key that a key centre made may only be the one of a certificate that
 * this holder has: its point is looked up, not believed. */
struct certified {
    const cosign_caller *by;
    const uint8_t *point;
    int found;
};

static bzt_err certified_op(store_tx *tx, void *arg)
{
    enum { DECRYPTS = X509_KEY_ENCIPHERMENT | X509_DATA_ENCIPHERMENT };
    struct certified *in = arg;
    bzt_span *ders;
    size_t n;
    bzt_err err;

    in->found = 0;
    if ((err = holder_ders(tx, &ders, &n, in->by->a, in->by->person)))
        return err;
    for (size_t i = 0; i < n; i++) {
        x509_cert cert;
        if (!x509_read(&cert, ders[i]) && (cert.key_usage & DECRYPTS) &&
            !memcmp(cert.pub, in->point, 65))
            in->found = 1;
    }
    return BZT_OK;
}

bzt_err cosign_import(const cosign_caller *by, cosign_reply *reply,
                      const bzt_import_request *request)
{
    operation op = begin(by, "import", request->key_id, NULL);
    struct certified certified = {.by = by, .point = request->P};
    bzt_sm2_key transport = {{0}};
    bzt_err err;

    *reply = (cosign_reply){0};
    if ((err = operation_load(&op)) ||
        (err = store_read(by->s->store, certified_op, &certified)) ||
        (err = site_key_get(&transport, by->s, SITE_KEY_TRANSPORT)))
        goto out;
    cosign_import_context context = {.transport = &transport};
    if (certified.found)
        memcpy(context.certificate_P, request->P, 65);
    if (op.exists)
        op.answer = cosign_server_import(&op.effect, &op.row, &op.device,
                                         request, &context);
    err = operation_finish(&op, reply);
out:
    bzt_sm2_key_wipe(&transport);
    operation_wipe(&op);
    return err;
}

/* --- signing ------------------------------------------------------------ */

struct expect {
    const operation *op;
    const bzt_open_request *request;
    const cosign_for *what;
    bzt_err found;
};

/* The message must be of a defined kind, and the very one that was fixed. */
static bzt_err expect_op(store_tx *tx, void *arg)
{
    struct expect *in = arg;
    const operation *op = in->op;

    in->found = BZT_ERR_REFUSED;
    if (message_kind_of(in->request->message) == MESSAGE_NONE)
        return BZT_OK;
    if (in->what->kind == COSIGN_FOR_REQUEST)
        in->found =
            request_tx_expect(tx, op->by->a, in->what->id, op->key_id,
                              op->by->device, in->request->message, op->now_ms);
    else if (in->what->kind == COSIGN_FOR_APPLICATION)
        in->found = issue_tx_expect(tx, op->by->s, op->by->a, in->what->id,
                                    op->by->person, op->key.point,
                                    in->request->message);
    if (in->found == BZT_ERR_NOT_FOUND || in->found == BZT_ERR_MESSAGE)
        in->found = BZT_ERR_REFUSED;
    return BZT_OK;
}

bzt_err cosign_open(const cosign_caller *by, cosign_reply *reply,
                    const bzt_open_request *request, const cosign_for *what)
{
    operation op = begin(by, "open", request->key_id, request->op_id);
    struct expect expect = {.op = &op, .request = request, .what = what};
    uint8_t random[96];
    cosign_nonce nonce = {0};
    bzt_err err;

    *reply = (cosign_reply){0};
    op.also = expect_op;
    op.also_arg = &expect;
    if ((err = operation_load(&op)))
        goto out;
    if ((err = rng_bytes(random, sizeof(random))))
        goto out;
    if (op.exists)
        op.answer = cosign_server_open(&op.effect, &nonce, &reply->open,
                                       &op.row, &op.share, &op.device, request,
                                       random, op.now_ms);
    if (!op.answer)
        op.answer = expect.found;
    if ((err = operation_finish(&op, reply)))
        goto out;
    nonce_table_put(by->s->nonces, &nonce, what, op.now_ms);
out:
    if (err)
        wipe(&reply->open, sizeof(reply->open));
    cosign_nonce_wipe(&nonce);
    wipe(random, sizeof(random));
    operation_wipe(&op);
    return err;
}

/* Everything but the nonce first: what is answered before it must not cost
 * the nonce. */
static bzt_err sign_step(operation *op, cosign_for *what,
                         const bzt_sign_request *request)
{
    cosign_nonce nonce;
    bzt_err err;

    if ((err = cosign_server_sign_admit(&op->effect, &op->row, &op->device,
                                        request, op->now_ms)))
        return err;
    if ((err = nonce_table_take(&nonce, what, op->by->s->nonces, request,
                                op->now_ms)))
        return err;
    op->for_it = what;
    return cosign_server_sign(&op->effect, &nonce, &op->row, &op->share,
                              &op->device, request, op->now_ms);
}

bzt_err cosign_sign(const cosign_caller *by, cosign_reply *reply,
                    const bzt_sign_request *request)
{
    operation op = begin(by, "sign", request->key_id, request->op_id);
    cosign_for what;
    bzt_err err;

    *reply = (cosign_reply){0};
    if ((err = operation_load(&op)))
        goto out;
    if (op.exists)
        op.answer = sign_step(&op, &what, request);
    err = operation_finish(&op, reply);
out:
    operation_wipe(&op);
    return err;
}

/* --- decryption --------------------------------------------------------- */

/* A request that cannot pass now but might later must not be `refused`: the
 * phone would forget it, and a late copy would find it a generation behind.
 * A stranger is refused all the same, for nothing is told to strangers. */
static bzt_err not_now(const operation *op)
{
    return memcmp(op->row.device_id, op->by->device, 16) ? BZT_ERR_REFUSED
                                                         : BZT_ERR_CONFLICT;
}

/* What the phone showed, from our own record.  A decryption key is tested by
 * its holder; a signing key opens the envelope of its own application. */
static bzt_err about(uint8_t out[32], const operation *op,
                     const cosign_for *what)
{
    const char *label;
    xof x;

    if (what->kind == COSIGN_FOR_KEY && !memcmp(what->id, op->key_id, 16) &&
        op->row.use == BZT_USE_DECRYPT)
        label = "bzt-about-test";
    else if (what->kind == COSIGN_FOR_APPLICATION && op->key.has_application &&
             !memcmp(what->id, op->key.application, 16))
        label = "bzt-about-envelope";
    else
        return what->kind == COSIGN_FOR_APPLICATION ? not_now(op)
                                                    : BZT_ERR_REFUSED;
    xof_init(&x, label);
    xof_update(&x, what->id, 16);
    xof_final(&x, out, 32);
    return BZT_OK;
}

bzt_err cosign_decrypt(const cosign_caller *by, cosign_reply *reply,
                       const bzt_decrypt_request *request,
                       const cosign_for *what)
{
    operation op = begin(by, "decrypt", request->key_id, request->op_id);
    uint8_t digest[32] = {0};
    bzt_err err;

    *reply = (cosign_reply){0};
    if ((err = operation_load(&op)))
        goto out;
    reply->points = arena_alloc(by->a, request->points_n * 65);
    if (!reply->points) {
        err = BZT_ERR_MEMORY;
        goto out;
    }
    if (op.exists && (err = about(digest, &op, what))) {
        cosign_effect_unknown(&op.effect, request->op_id);
        op.answer = err;
    } else if (op.exists) {
        op.answer = cosign_server_decrypt(&op.effect, reply->points, &op.row,
                                          &op.share, &op.device, request,
                                          (bzt_span){digest, 32}, op.now_ms);
    }
    err = operation_finish(&op, reply);
    reply->points_n = request->points_n;
out:
    if (err && reply->points)
        wipe(reply->points, request->points_n * 65);
    operation_wipe(&op);
    return err;
}

/* --- acts --------------------------------------------------------------- */

bzt_err cosign_authorise(const cosign_caller *by, cosign_reply *reply,
                         const bzt_authorise_request *request)
{
    operation op = begin(by, "authorise", request->key_id, request->op_id);
    act what;
    bzt_err err;

    *reply = (cosign_reply){0};
    if ((err = operation_load(&op)))
        goto out;
    /* Nothing outside the list of acts is ever permitted by a PIN: a matter
     * of form, decided before the PIN is looked at. */
    if (op.exists && act_read(&what, request->act)) {
        cosign_effect_unknown(&op.effect, request->op_id);
        op.answer = BZT_ERR_REFUSED;
    } else if (op.exists) {
        op.answer = cosign_server_authorise(&op.effect, &op.row, &op.share,
                                            &op.device, request, op.now_ms);
    }
    err = operation_finish(&op, reply);
out:
    operation_wipe(&op);
    return err;
}

/* --- moving ------------------------------------------------------------- */

struct target {
    arena *a;
    const uint8_t *id;
    cosign_device device;
    int exists;
};

static bzt_err target_op(store_tx *tx, void *arg)
{
    struct target *in = arg;
    device_row row;
    bzt_err err = device_get(tx, &row, in->a, in->id);

    in->exists = !err && !strcmp(row.state, "live");
    if (err)
        return err == BZT_ERR_NOT_FOUND ? BZT_OK : err;
    memcpy(in->device.device_id, row.id, 16);
    memcpy(in->device.user_id, row.person, 16);
    return BZT_OK;
}

bzt_err cosign_move(const cosign_caller *by, cosign_reply *reply,
                    const bzt_move_request *request)
{
    operation op = begin(by, "move", request->key_id, request->op_id);
    struct target to = {.a = by->a, .id = request->to_device};
    bzt_err err;

    *reply = (cosign_reply){0};
    if ((err = operation_load(&op)))
        goto out;
    if ((err = store_read(by->s->store, target_op, &to)))
        goto out;
    op.blob = (bzt_span){request->blob, BZT_BLOB_SIZE};
    if (op.exists && !to.exists) { /* it may register yet */
        cosign_effect_unknown(&op.effect, request->op_id);
        op.answer = not_now(&op);
    } else if (op.exists) {
        op.answer =
            cosign_server_move(&op.effect, &op.row, &op.share, &op.device,
                               &to.device, request, op.now_ms);
    }
    err = operation_finish(&op, reply);
out:
    operation_wipe(&op);
    return err;
}

bzt_err cosign_arrive(const cosign_caller *by, cosign_reply *reply,
                      const bzt_arrive_request *request)
{
    operation op = begin(by, "arrive", request->key_id, request->op_id);
    bzt_err err;

    *reply = (cosign_reply){0};
    if ((err = operation_load(&op)))
        goto out;
    if (op.exists)
        op.answer = cosign_server_arrive(&op.effect, &op.row, &op.share,
                                         &op.device, request);
    err = operation_finish(&op, reply);
out:
    operation_wipe(&op);
    return err;
}

struct blobs {
    const cosign_caller *by;
    key_row *rows;
    size_t n;
};

static bzt_err blobs_op(store_tx *tx, void *arg)
{
    struct blobs *in = arg;

    return key_list_moving(tx, &in->rows, &in->n, BZT_JOB_KEYS_MAX, in->by->a,
                           in->by->device);
}

bzt_err cosign_blobs(const cosign_caller *by, cosign_blob **out, size_t *n,
                     const bzt_blobs_request *request)
{
    struct blobs in = {.by = by};
    operation op = begin(by, "blobs", request->device_id, NULL);
    bzt_err err;

    *out = NULL;
    *n = 0;
    if ((err = operation_load(&op)))
        goto out;
    if ((err = cosign_server_blobs(&op.device, request)))
        goto out;
    if ((err = store_read(by->s->store, blobs_op, &in)))
        goto out;
    *out = arena_alloc(by->a, (in.n + 1) * sizeof(**out));
    if (!*out) {
        err = BZT_ERR_MEMORY;
        goto out;
    }
    for (size_t i = 0; i < in.n; i++) {
        memcpy((*out)[i].key_id, in.rows[i].id, 16);
        (*out)[i].blob = in.rows[i].moving_blob;
    }
    *n = in.n;
out:
    operation_wipe(&op);
    return err;
}

/* --- lost answers ------------------------------------------------------- */

bzt_err cosign_recover(const cosign_caller *by, cosign_reply *reply,
                       const bzt_recover_request *request)
{
    operation op = begin(by, "recover", request->key_id, request->op_id);
    bzt_err err;

    *reply = (cosign_reply){0};
    if ((err = operation_load(&op)))
        goto out;
    if (op.exists)
        op.answer = cosign_server_recover(&op.effect, &op.row, &op.device,
                                          request, op.now_ms);
    err = operation_finish(&op, reply);
out:
    operation_wipe(&op);
    return err;
}

/* --- time --------------------------------------------------------------- */

static bzt_err sweep_op(store_tx *tx, void *arg)
{
    int64_t now_ms, n;
    bzt_err err = store_now(tx, &now_ms);

    (void)arg;
    return err ? err : key_sweep(tx, &n, now_ms - UNCERTIFIED_MS);
}

bzt_err cosign_forget_unfinished(service *s)
{
    return store_write(s->store, sweep_op, NULL);
}
