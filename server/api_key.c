/* Key endpoints (doc/wire.md): JSON to the protocol's structs and back. */
#include "api.h"
#include "core/text.h"
#include "core/wipe.h"
#include "engine.h"
#include "service/account.h"
#include "service/cosign.h"
#include <string.h>

/* --- fields ------------------------------------------------------------- */

#define OP_FIELDS                                                              \
    {"op_id", FIELD_ID, .kind = "op"},                                         \
    {                                                                          \
        "g", FIELD_INT, 0, (int64_t)BZT_G_MAX                                  \
    }
#define SCALAR(name)                                                           \
    {                                                                          \
        name, FIELD_BYTES, 32, 32                                              \
    }
#define POINT(name)                                                            \
    {                                                                          \
        name, FIELD_BYTES, 65, 65                                              \
    }
#define PROOF_FIELDS POINT("A"), SCALAR("z"), SCALAR("mac")

const field key_new_fields[] = {{"device_id", FIELD_ID, .kind = "dev"},
                                {"use", FIELD_ENUM, .kind = "sign|decrypt"},
                                SCALAR("mac"),
                                {NULL}};
const field key_keygen_fields[] = {POINT("V1"), PROOF_FIELDS, {NULL}};
const field key_import_fields[] = {
    {"sealed", FIELD_BYTES, BZT_SEALED_SIZE, BZT_SEALED_SIZE},
    POINT("P"),
    PROOF_FIELDS,
    {NULL}};
const field key_open_fields[] = {OP_FIELDS,
                                 {"for", FIELD_TEXT, 20, 40},
                                 {"message", FIELD_BYTES, 1, 8192},
                                 SCALAR("mac"),
                                 {NULL}};
const field key_sign_fields[] = {OP_FIELDS,     SCALAR("rho"), POINT("Qs"),
                                 SCALAR("r"),   SCALAR("p2"),  SCALAR("p3"),
                                 SCALAR("mac"), {NULL}};
const field key_decrypt_fields[] = {
    OP_FIELDS,
    SCALAR("rho"),
    {"for", FIELD_TEXT, 20, 40},
    {"points", FIELD_ARRAY, 1, BZT_DECRYPT_POINTS},
    PROOF_FIELDS,
    {NULL}};
const field key_authorise_fields[] = {OP_FIELDS,
                                      SCALAR("rho"),
                                      {"act", FIELD_TEXT, 1, 200},
                                      PROOF_FIELDS,
                                      {NULL}};
const field key_move_fields[] = {
    OP_FIELDS,
    SCALAR("rho"),
    {"to_device", FIELD_ID, .kind = "dev"},
    {"blob", FIELD_BYTES, BZT_BLOB_SIZE, BZT_BLOB_SIZE},
    PROOF_FIELDS,
    {NULL}};
const field key_arrive_fields[] = {
    OP_FIELDS, SCALAR("rho"), SCALAR("blob_hash"), SCALAR("mac"), {NULL}};
const field key_recover_fields[] = {OP_FIELDS, SCALAR("mac"), {NULL}};
const field device_blobs_fields[] = {SCALAR("mac"), {NULL}};
const field device_unlock_fields[] = {
    {"sealed", FIELD_BYTES, BZT_SEALED_SIZE, BZT_SEALED_SIZE}, {NULL}};
const field staff_key_unlock_fields[] = {{"approved", FIELD_BOOL}, {NULL}};

static cosign_caller caller_of(call *c)
{
    return (cosign_caller){.s = c->service,
                           .a = c->arena,
                           .person = c->caller.person,
                           .device = c->caller.device,
                           .session = c->caller.session};
}

/* --- reading ------------------------------------------------------------ */

/* The field table has checked every form; a length that is off is ours. */
static bzt_err read_key_op(call *c, uint8_t key_id[16], uint8_t op_id[16],
                           uint64_t *g)
{
    int64_t n;
    bzt_err err;

    if ((err = call_id(key_id, c, 0, "key")) ||
        (err = json_id(op_id, c->body, "op_id", "op")) ||
        (err = json_int(&n, c->body, "g", 0, (int64_t)BZT_G_MAX)))
        return err;
    *g = (uint64_t)n;
    return BZT_OK;
}

static bzt_err read_proof(call *c, uint8_t A[65], uint8_t z[32],
                          uint8_t mac[32])
{
    bzt_err err;

    if ((err = json_bytes(A, 65, c->body, "A")) ||
        (err = json_bytes(z, 32, c->body, "z")))
        return err;
    return json_bytes(mac, 32, c->body, "mac");
}

static const struct {
    const char *prefix;
    cosign_for_kind kind;
} purposes[] = {
    {"req", COSIGN_FOR_REQUEST},
    {"app", COSIGN_FOR_APPLICATION},
    {"key", COSIGN_FOR_KEY},
};

static bzt_err read_for(call *c, cosign_for *what)
{
    const char *text = NULL;
    bzt_err err = json_text(&text, c->body, "for", 1, 40);

    for (size_t i = 0; !err && i < sizeof(purposes) / sizeof(purposes[0]);
         i++) {
        if (!id_read(what->id, purposes[i].prefix, text_span(text))) {
            what->kind = purposes[i].kind;
            return BZT_OK;
        }
    }
    return field_problem(c, "for", "The field is no id of a kind that fits",
                         "不是该处可用的编号");
}

/* --- answering ---------------------------------------------------------- */

static bzt_err answer_error(call *c, const cosign_reply *reply, bzt_err err,
                            const char *kind)
{
    json *p = call_problem(c);

    if (err == BZT_ERR_UNKNOWN_OUTCOME)
        c->hang_up = 1;
    if (!reply->named)
        return err;
    json_add_id(p, strcmp(kind, "op") ? "key_id" : "op_id", kind, reply->id);
    if (err == BZT_ERR_WRONG_PIN) {
        json_add_int(p, "tries_left", reply->tries_left);
        json_add_int(p, "wait_seconds", reply->wait_seconds);
    }
    if (err == BZT_ERR_WAIT) {
        json_add_int(p, "wait_seconds", reply->wait_seconds);
        json_add_int(p, "seconds", reply->wait_seconds);
    }
    return err;
}

static json *answer_op(call *c, const cosign_reply *reply)
{
    json *o = call_answer(c);

    json_add_id(o, "op_id", "op", reply->id);
    return o;
}

static void add_signature(call *c, json *o, const bzt_sm2_signature *sig)
{
    json_add_bytes(o, c->arena, "r", (bzt_span){sig->r, 32});
    json_add_bytes(o, c->arena, "s", (bzt_span){sig->s, 32});
}

static void add_proof(call *c, json *o, const uint8_t A[65],
                      const uint8_t z[32])
{
    json_add_bytes(o, c->arena, "A", (bzt_span){A, 65});
    json_add_bytes(o, c->arena, "z", (bzt_span){z, 32});
}

/* --- making keys -------------------------------------------------------- */

bzt_err key_new_post(call *c)
{
    const cosign_caller by = caller_of(c);
    bzt_new_request in = {0};
    cosign_reply reply;
    const char *use;
    bzt_err err;

    if ((err = json_id(in.device_id, c->body, "device_id", "dev")) ||
        (err = json_text(&use, c->body, "use", 1, 16)) ||
        (err = json_bytes(in.mac, 32, c->body, "mac")))
        return err;
    in.use = bzt_key_use_by_name(use);
    if (memcmp(in.device_id, c->caller.device, 16))
        return BZT_ERR_REFUSED;
    if ((err = cosign_new(&by, &reply, &in)))
        return err;
    json_add_id(call_answer(c), "key_id", "key", reply.id);
    c->status = 201;
    return BZT_OK;
}

bzt_err key_keygen_post(call *c)
{
    const cosign_caller by = caller_of(c);
    bzt_keygen_request in;
    cosign_reply reply;
    bzt_err err;

    if ((err = call_id(in.key_id, c, 0, "key")) ||
        (err = json_bytes(in.V1, 65, c->body, "V1")) ||
        (err = read_proof(c, in.A, in.z, in.mac)))
        return err;
    if ((err = cosign_keygen(&by, &reply, &in))) {
        answer_error(c, &reply, err, "key");
        goto out;
    }
    json *o = call_answer(c);
    json_add_id(o, "key_id", "key", reply.id);
    json_add_bytes(o, c->arena, "P", (bzt_span){reply.keygen.P, 65});
    add_proof(c, o, reply.keygen.A, reply.keygen.z);
    c->status = 201;
out:
    cosign_reply_wipe(&reply);
    return err;
}

bzt_err key_import_post(call *c)
{
    const cosign_caller by = caller_of(c);
    bzt_import_request in;
    cosign_reply reply;
    bzt_err err;

    if ((err = call_id(in.key_id, c, 0, "key")) ||
        (err = json_bytes(in.sealed, BZT_SEALED_SIZE, c->body, "sealed")) ||
        (err = json_bytes(in.P, 65, c->body, "P")) ||
        (err = read_proof(c, in.A, in.z, in.mac)))
        return err;
    if ((err = cosign_import(&by, &reply, &in)))
        return answer_error(c, &reply, err, "key");
    json_add_id(call_answer(c), "key_id", "key", reply.id);
    c->status = 201;
    return BZT_OK;
}

/* --- signing ------------------------------------------------------------ */

bzt_err key_open_post(call *c)
{
    const cosign_caller by = caller_of(c);
    bzt_open_request in;
    cosign_for what;
    cosign_reply reply;
    bzt_err err;

    if ((err = read_key_op(c, in.key_id, in.op_id, &in.g)) ||
        (err = read_for(c, &what)) ||
        (err = json_span(&in.message, c->arena, c->body, "message", 1, 8192)) ||
        (err = json_bytes(in.mac, 32, c->body, "mac")))
        return err;
    if ((err = cosign_open(&by, &reply, &in, &what)))
        return answer_error(c, &reply, err, "op");
    json *o = answer_op(c, &reply);
    json_add_bytes(o, c->arena, "Qs", (bzt_span){reply.open.Qs, 65});
    add_proof(c, o, reply.open.A, reply.open.z);
    return BZT_OK;
}

bzt_err key_sign_post(call *c)
{
    const cosign_caller by = caller_of(c);
    bzt_sign_request in;
    cosign_reply reply;
    bzt_err err;

    if ((err = read_key_op(c, in.key_id, in.op_id, &in.g)) ||
        (err = json_bytes(in.rho, 32, c->body, "rho")) ||
        (err = json_bytes(in.Qs, 65, c->body, "Qs")) ||
        (err = json_bytes(in.r, 32, c->body, "r")) ||
        (err = json_bytes(in.p2, 32, c->body, "p2")) ||
        (err = json_bytes(in.p3, 32, c->body, "p3")) ||
        (err = json_bytes(in.mac, 32, c->body, "mac")))
        goto out;
    if ((err = cosign_sign(&by, &reply, &in))) {
        answer_error(c, &reply, err, "op");
        goto out;
    }
    json *o = answer_op(c, &reply);
    add_signature(c, o, &reply.signature);
    json_add_int(o, "wrong", reply.wrong);
out:
    wipe(&in, sizeof(in));
    return err;
}

/* --- other operations --------------------------------------------------- */

static bzt_err read_points(call *c, bzt_decrypt_request *in)
{
    const json *list;
    bzt_err err = json_array_at(&list, c->body, "points", BZT_DECRYPT_POINTS);

    if (err)
        return err;
    in->points_n = json_array_n(list);
    uint8_t(*points)[65] = arena_alloc(c->arena, in->points_n * 65 + 1);
    if (!points)
        return BZT_ERR_MEMORY;
    for (size_t i = 0; i < in->points_n; i++) {
        const char *text = json_text_item(list, i);
        if (!text || base64url_read_n(points[i], 65, text_span(text)))
            return field_problem(c, "points",
                                 "A point is not 65 bytes in base64url",
                                 "点须为 65 字节的 base64url");
    }
    in->points = (const uint8_t(*)[65])points;
    return BZT_OK;
}

bzt_err key_decrypt_post(call *c)
{
    const cosign_caller by = caller_of(c);
    bzt_decrypt_request in;
    cosign_for what;
    cosign_reply reply;
    bzt_err err;

    if ((err = read_key_op(c, in.key_id, in.op_id, &in.g)) ||
        (err = json_bytes(in.rho, 32, c->body, "rho")) ||
        (err = read_for(c, &what)) || (err = read_points(c, &in)) ||
        (err = read_proof(c, in.A, in.z, in.mac)))
        return err;
    if ((err = cosign_decrypt(&by, &reply, &in, &what))) {
        answer_error(c, &reply, err, "op");
        goto out;
    }
    json *o = answer_op(c, &reply);
    json *list = json_add_array(o, "points");
    for (size_t i = 0; i < reply.points_n; i++) {
        json_append_bytes(list, c->arena, (bzt_span){reply.points[i], 65});
    }
    json_add_int(o, "wrong", reply.wrong);
out:
    cosign_reply_wipe(&reply);
    return err;
}

bzt_err key_authorise_post(call *c)
{
    const cosign_caller by = caller_of(c);
    bzt_authorise_request in;
    cosign_reply reply;
    const char *act;
    bzt_err err;

    if ((err = read_key_op(c, in.key_id, in.op_id, &in.g)) ||
        (err = json_bytes(in.rho, 32, c->body, "rho")) ||
        (err = json_text(&act, c->body, "act", 1, 200)) ||
        (err = read_proof(c, in.A, in.z, in.mac)))
        return err;
    in.act = text_span(act);
    if ((err = cosign_authorise(&by, &reply, &in)))
        return answer_error(c, &reply, err, "op");
    json_add_int(answer_op(c, &reply), "wrong", reply.wrong);
    return BZT_OK;
}

bzt_err key_move_post(call *c)
{
    const cosign_caller by = caller_of(c);
    bzt_move_request in;
    cosign_reply reply;
    bzt_err err;

    if ((err = read_key_op(c, in.key_id, in.op_id, &in.g)) ||
        (err = json_bytes(in.rho, 32, c->body, "rho")) ||
        (err = json_id(in.to_device, c->body, "to_device", "dev")) ||
        (err = json_bytes(in.blob, BZT_BLOB_SIZE, c->body, "blob")) ||
        (err = read_proof(c, in.A, in.z, in.mac)))
        return err;
    if ((err = cosign_move(&by, &reply, &in)))
        return answer_error(c, &reply, err, "op");
    json_add_int(answer_op(c, &reply), "wrong", reply.wrong);
    return BZT_OK;
}

bzt_err key_arrive_post(call *c)
{
    const cosign_caller by = caller_of(c);
    bzt_arrive_request in;
    cosign_reply reply;
    bzt_err err;

    if ((err = read_key_op(c, in.key_id, in.op_id, &in.g)) ||
        (err = json_bytes(in.rho, 32, c->body, "rho")) ||
        (err = json_bytes(in.blob_hash, 32, c->body, "blob_hash")) ||
        (err = json_bytes(in.mac, 32, c->body, "mac")))
        return err;
    if ((err = cosign_arrive(&by, &reply, &in)))
        return answer_error(c, &reply, err, "op");
    answer_op(c, &reply);
    return BZT_OK;
}

bzt_err key_recover_post(call *c)
{
    const cosign_caller by = caller_of(c);
    bzt_recover_request in;
    cosign_reply reply;
    bzt_err err;

    if ((err = read_key_op(c, in.key_id, in.op_id, &in.g)) ||
        (err = json_bytes(in.mac, 32, c->body, "mac")))
        return err;
    if ((err = cosign_recover(&by, &reply, &in)))
        return answer_error(c, &reply, err, "op");
    json *o = answer_op(c, &reply);
    json_add_text(o, "outcome", bzt_outcome_name(reply.outcome));
    json_add_int(o, "wrong", reply.wrong);
    if (reply.outcome == BZT_OUTCOME_SIGN)
        add_signature(c, o, &reply.signature);
    if (reply.outcome == BZT_OUTCOME_WRONG) {
        json_add_int(o, "tries_left", reply.tries_left);
        json_add_int(o, "wait_seconds", reply.wait_seconds);
    }
    return BZT_OK;
}

/* --- phones ------------------------------------------------------------- */

bzt_err device_blobs_post(call *c)
{
    const cosign_caller by = caller_of(c);
    bzt_blobs_request in;
    cosign_blob *blobs;
    size_t n;
    bzt_err err;

    if ((err = call_id(in.device_id, c, 0, "dev")) ||
        (err = json_bytes(in.mac, 32, c->body, "mac")))
        return err;
    if (memcmp(in.device_id, c->caller.device, 16))
        return BZT_ERR_REFUSED;
    if ((err = cosign_blobs(&by, &blobs, &n, &in)))
        return err;
    json *list = json_add_array(call_answer(c), "blobs");
    for (size_t i = 0; i < n; i++) {
        json *o = json_append_object(list);
        json_add_id(o, "key_id", "key", blobs[i].key_id);
        json_add_bytes(o, c->arena, "blob", blobs[i].blob);
    }
    return BZT_OK;
}

bzt_err device_unlock_post(call *c)
{
    const cosign_caller by = caller_of(c);
    uint8_t device[16];
    cosign_unlocked out;
    bzt_span sealed;
    bzt_err err;

    if ((err = call_id(device, c, 0, "dev")) ||
        (err = json_span(&sealed, c->arena, c->body, "sealed", BZT_SEALED_SIZE,
                         BZT_SEALED_SIZE)))
        return err;
    if (memcmp(device, c->caller.device, 16))
        return BZT_ERR_NOT_FOUND;
    /* A stolen image of the phone holds a session, too. */
    if ((err = account_check_fresh(c->service, c->arena, c->caller.session,
                                   c->now_ms)) ||
        (err = cosign_unlock(&by, &out, sealed)))
        return err;
    json *o = call_answer(c);
    json *list = json_add_array(o, "unlocked");
    for (size_t i = 0; i < out.keys_n; i++) {
        char text[ID_TEXT_SIZE];
        id_write(text, "key", out.keys[i]);
        json_append_text(list, text);
    }
    json_add_int(o, "tries", out.tries);
    return BZT_OK;
}

bzt_err staff_key_unlock_post(call *c)
{
    uint8_t key[16];
    int approved;
    bzt_err err;

    if ((err = call_id(key, c, 0, "key")) ||
        (err = json_bool(&approved, c->body, "approved")))
        return err;
    return cosign_permit_unlock(c->service, c->arena, c->caller.staff,
                                c->caller.tenant, key, approved);
}
