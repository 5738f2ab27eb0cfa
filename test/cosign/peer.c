/* Both sides of the key protocol behind lines of text, for tests that run
 * them against doc/protocol/reference.py (reference_test.py).
 *
 * A line: a command, then name=value in hex (bytes) or decimal (numbers).
 * The answer: err=<code>, then name=value.  Nothing is kept between lines:
 * state, time and random bytes all come in.
 */
#include "core/text.h"
#include "cosign/pin.h"
#include "cosign/proof.h"
#include "cosign/server.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- lines -------------------------------------------------------------- */

enum { ARGS = 64, LINE = 1 << 20 };
static char line[LINE];
static struct {
    const char *name, *value;
} args[ARGS];
static int args_n;
static uint8_t pool[LINE];
static size_t pool_used;

static const char *arg(const char *name)
{
    for (int i = 0; i < args_n; i++) {
        if (strcmp(args[i].name, name) == 0)
            return args[i].value;
    }
    return NULL;
}

static uint64_t number(const char *name)
{
    const char *v = arg(name);
    return v ? strtoull(v, NULL, 10) : 0;
}

static bzt_span bytes(const char *name)
{
    const char *v = arg(name);
    if (!v)
        return (bzt_span){pool, 0};
    size_t len;
    uint8_t *p = pool + pool_used;
    if (hex_read(p, &len, LINE - pool_used, text_span(v)))
        abort();
    pool_used += len;
    return (bzt_span){p, len};
}

static void fill(void *out, size_t len, const char *name)
{
    bzt_span v = bytes(name);
    if (v.len == 0) {
        memset(out, 0, len);
        return;
    }
    if (v.len != len) {
        fprintf(stderr, "%s: %zu bytes, not %zu\n", name, v.len, len);
        abort();
    }
    memcpy(out, v.p, len);
}
#define FILL(field, name) fill(field, sizeof(field), name)

static void say(const char *name, const void *p, size_t len)
{
    printf(" %s=", name);
    const uint8_t *b = (const uint8_t *)p;
    for (size_t i = 0; i < len; i++)
        printf("%02x", b[i]);
}
#define SAY(name, field) say(name, field, sizeof(field))

static void say_number(const char *name, uint64_t v)
{
    printf(" %s=%" PRIu64, name, v);
}

static void say_err(bzt_err err)
{
    printf("err=%s", err ? bzt_err_describe(err)->code : "ok");
}

/* ---- server ------------------------------------------------------------- */

static cosign_row row;
static cosign_share share;
static cosign_device device;

static void read_device(cosign_device *d, const char *id, const char *user,
                        const char *key)
{
    FILL(d->device_id, id);
    FILL(d->user_id, user);
    FILL(d->key.k, key);
}

static void read_row(void)
{
    memset(&row, 0, sizeof row);
    FILL(row.key_id, "key_id");
    FILL(row.device_id, "row_device");
    row.use = bzt_key_use_by_name(arg("row_use"));
    row.state = (cosign_state)number("state");
    row.g = number("row_g");
    row.failures = (uint32_t)number("failures");
    row.wait_until_ms = (int64_t)number("wait");
    FILL(row.P, "row_P");
    row.last.kind = bzt_outcome_by_name(arg("last_kind"));
    FILL(row.last.op_id, "last_op");
    FILL(row.last.signature.r, "last_r");
    FILL(row.last.signature.s, "last_s");
    row.last.wrong = (uint32_t)number("last_wrong");
    row.moving.present = arg("moving_to") != NULL;
    row.moving.g = number("moving_g");
    FILL(row.moving.to_device, "moving_to");
    FILL(row.moving.blob_hash, "moving_hash");
    row.seen = bzt_outcome_by_name(arg("seen"));
    FILL(share.u2, "u2");
    read_device(&device, "device_id", "user_id", "device_key");
}

static void say_effect(const cosign_effect *e)
{
    const cosign_row *a = &e->after;
    say_number("commit", e->commit);
    say_number("state", a->state);
    say_number("g", a->g);
    say_number("failures", a->failures);
    say_number("wait", (uint64_t)a->wait_until_ms);
    SAY("device", a->device_id);
    SAY("P", a->P);
    if (a->last.kind) {
        printf(" last_kind=%s", bzt_outcome_name(a->last.kind));
        SAY("last_op", a->last.op_id);
        SAY("last_r", a->last.signature.r);
        SAY("last_s", a->last.signature.s);
        say_number("last_wrong", a->last.wrong);
    }
    if (a->moving.present) {
        say_number("moving_g", a->moving.g);
        SAY("moving_to", a->moving.to_device);
        SAY("moving_hash", a->moving.blob_hash);
    }
    if (e->new_share)
        SAY("u2", e->share.u2);
    if (e->remember) {
        printf(" remember=%s", bzt_outcome_name(e->remember));
        SAY("op_id", e->op_id);
    }
    say_number("tries", e->tries);
    say_number("tell", e->tell);
    SAY("answer_id", e->answer_id);
    say_number("wrong", e->wrong);
    say_number("tries_left", e->tries_left);
    say_number("wait_seconds", e->wait_seconds);
    if (e->outcome)
        printf(" outcome=%s", bzt_outcome_name(e->outcome));
    SAY("r", e->signature.r);
    SAY("s", e->signature.s);
}

static void s_new(void)
{
    bzt_new_request q;
    read_row();
    FILL(q.device_id, "device_id");
    q.use = bzt_key_use_by_name(arg("use"));
    FILL(q.mac, "mac");
    say_err(cosign_server_new(&device, &q));
}

static void s_keygen(void)
{
    bzt_keygen_request q;
    bzt_keygen_answer a;
    cosign_effect e;
    uint8_t random[96];
    read_row();
    FILL(q.key_id, "key_id");
    FILL(q.V1, "V1");
    FILL(q.A, "A");
    FILL(q.z, "z");
    FILL(q.mac, "mac");
    FILL(random, "random");
    say_err(cosign_server_keygen(&e, &a, &row, &device, &q, random));
    SAY("answer_P", a.P);
    SAY("answer_A", a.A);
    SAY("answer_z", a.z);
    say_effect(&e);
}

static void s_import(void)
{
    bzt_import_request q;
    cosign_import_context context;
    bzt_sm2_key transport;
    cosign_effect e;
    read_row();
    FILL(q.key_id, "key_id");
    FILL(q.sealed, "sealed");
    FILL(q.P, "P");
    FILL(q.A, "A");
    FILL(q.z, "z");
    FILL(q.mac, "mac");
    FILL(transport.d, "transport");
    context.transport = &transport;
    FILL(context.certificate_P, "certificate_P");
    say_err(cosign_server_import(&e, &row, &device, &q, &context));
    say_effect(&e);
}

static void s_open(void)
{
    bzt_open_request q;
    bzt_open_answer a;
    cosign_effect e;
    cosign_nonce nonce;
    uint8_t random[96];
    read_row();
    FILL(q.key_id, "key_id");
    FILL(q.op_id, "op_id");
    q.g = number("g");
    q.message = bytes("message");
    FILL(q.mac, "mac");
    FILL(random, "random");
    say_err(cosign_server_open(&e, &nonce, &a, &row, &share, &device, &q,
                               random, (int64_t)number("now")));
    SAY("Qs", a.Qs);
    SAY("A", a.A);
    SAY("z", a.z);
    SAY("k", nonce.k);
    SAY("e", nonce.e);
    say_number("until", (uint64_t)nonce.until_ms);
    say_effect(&e);
}

static bzt_err take(cosign_nonce *out, const bzt_sign_request *q, int64_t now)
{
    static cosign_nonce slots[COSIGN_NONCE_WAYS];
    cosign_nonces table;
    cosign_nonce nonce = {{0}};
    cosign_nonces_init(&table, slots, 1);
    if (arg("nonce_k")) {
        FILL(nonce.key_id, "key_id");
        FILL(nonce.k, "nonce_k");
        FILL(nonce.Qs, "nonce_Qs");
        FILL(nonce.e, "nonce_e");
        nonce.g = number("nonce_g");
        nonce.until_ms = (int64_t)number("nonce_until");
        cosign_nonces_put(&table, &nonce, 0);
    }
    return cosign_nonces_take(out, &table, q, now);
}

static void s_sign(void)
{
    bzt_sign_request q;
    cosign_effect e;
    cosign_nonce nonce;
    int64_t now = (int64_t)number("now");
    read_row();
    FILL(q.key_id, "key_id");
    FILL(q.op_id, "op_id");
    q.g = number("g");
    FILL(q.rho, "rho");
    FILL(q.Qs, "Qs");
    FILL(q.r, "r");
    FILL(q.p2, "p2");
    FILL(q.p3, "p3");
    FILL(q.mac, "mac");
    uint64_t taken = 0;
    bzt_err err = cosign_server_sign_admit(&e, &row, &device, &q, now);
    if (!err)
        err = take(&nonce, &q, now);
    if (!err) {
        taken = 1;
        err = cosign_server_sign(&e, &nonce, &row, &share, &device, &q, now);
    }
    say_err(err);
    say_number("taken", taken);
    say_effect(&e);
}

static void s_decrypt(void)
{
    static uint8_t halves[BZT_DECRYPT_POINTS][65];
    bzt_decrypt_request q;
    cosign_effect e;
    read_row();
    FILL(q.key_id, "key_id");
    FILL(q.op_id, "op_id");
    q.g = number("g");
    FILL(q.rho, "rho");
    bzt_span points = bytes("points");
    q.points = (const uint8_t(*)[65])points.p;
    q.points_n = points.len / 65;
    FILL(q.A, "A");
    FILL(q.z, "z");
    FILL(q.mac, "mac");
    bzt_err err = cosign_server_decrypt(&e, halves, &row, &share, &device, &q,
                                        bytes("about"), (int64_t)number("now"));
    say_err(err);
    if (!err)
        say("halves", halves, q.points_n * 65);
    say_effect(&e);
}

static void s_authorise(void)
{
    bzt_authorise_request q;
    cosign_effect e;
    read_row();
    FILL(q.key_id, "key_id");
    FILL(q.op_id, "op_id");
    q.g = number("g");
    FILL(q.rho, "rho");
    q.act = bytes("act");
    FILL(q.A, "A");
    FILL(q.z, "z");
    FILL(q.mac, "mac");
    say_err(cosign_server_authorise(&e, &row, &share, &device, &q,
                                    (int64_t)number("now")));
    say_effect(&e);
}

static void s_move(void)
{
    bzt_move_request q;
    cosign_effect e;
    cosign_device to;
    read_row();
    FILL(q.key_id, "key_id");
    FILL(q.op_id, "op_id");
    q.g = number("g");
    FILL(q.rho, "rho");
    FILL(q.to_device, "to_device");
    FILL(q.blob, "blob");
    FILL(q.A, "A");
    FILL(q.z, "z");
    FILL(q.mac, "mac");
    read_device(&to, "to_device", "to_user", "to_key");
    say_err(cosign_server_move(&e, &row, &share, &device,
                               arg("to_user") ? &to : NULL, &q,
                               (int64_t)number("now")));
    say_effect(&e);
}

static void s_blobs(void)
{
    bzt_blobs_request q;
    read_row();
    FILL(q.device_id, "device_id");
    FILL(q.mac, "mac");
    say_err(cosign_server_blobs(&device, &q));
}

static void s_arrive(void)
{
    bzt_arrive_request q;
    cosign_effect e;
    read_row();
    FILL(q.key_id, "key_id");
    FILL(q.op_id, "op_id");
    q.g = number("g");
    FILL(q.rho, "rho");
    FILL(q.blob_hash, "blob_hash");
    FILL(q.mac, "mac");
    say_err(cosign_server_arrive(&e, &row, &share, &device, &q));
    say_effect(&e);
}

static void s_recover(void)
{
    bzt_recover_request q;
    cosign_effect e;
    read_row();
    FILL(q.key_id, "key_id");
    FILL(q.op_id, "op_id");
    q.g = number("g");
    FILL(q.mac, "mac");
    say_err(
        cosign_server_recover(&e, &row, &device, &q, (int64_t)number("now")));
    say_effect(&e);
}

static void s_unlock(void)
{
    cosign_effect e;
    read_row();
    cosign_server_unlock(&e, &row);
    say_err(BZT_OK);
    say_effect(&e);
}

static void s_sweep(void)
{
    const cosign_sweep key = {(int64_t)number("made"),
                              (uint32_t)number("certified"),
                              (uint32_t)number("pending")};
    say_err(BZT_OK);
    say_number("sweep", cosign_is_sweepable(&key, (int64_t)number("now")));
}

/* ---- phone -------------------------------------------------------------- */

static bzt_phone phone;
static bzt_phone_key key;
static bzt_phone_op op;
static bzt_u1 u1;
static bzt_pin pin;
static bzt_phone_random rnd;
static bzt_key_answer answer;

static void must_read(bzt_err err, const char *what)
{
    if (err) {
        fprintf(stderr, "%s: %s\n", what, bzt_err_describe(err)->code);
        abort();
    }
}

static void read_answer(void)
{
    memset(&answer, 0, sizeof answer);
    const char *code = arg("a_err");
    if (code && strcmp(code, "ok") != 0)
        answer.err = bzt_err_by_code(code)->err;
    answer.has_id = arg("a_id") != NULL;
    FILL(answer.id, "a_id");
    answer.wrong = (uint32_t)number("a_wrong");
    answer.wait_seconds = (uint32_t)number("a_wait");
    answer.outcome = bzt_outcome_by_name(arg("a_outcome"));
    FILL(answer.signature.r, "a_r");
    FILL(answer.signature.s, "a_s");
    bzt_span points = bytes("a_points");
    answer.points = (const uint8_t(*)[65])points.p;
    answer.points_n = points.len / 65;
}

static void read_phone(void)
{
    if (arg("phone"))
        must_read(bzt_phone_read(&phone, bytes("phone")), "phone");
    if (arg("key"))
        must_read(bzt_phone_key_read(&key, bytes("key")), "key");
    if (arg("pin"))
        must_read(bzt_pin_read(&pin, bytes("pin")), "pin");
    fill(&op, sizeof op, "op");
    fill(&u1, sizeof u1, "u1");
    FILL(rnd.op_id, "x_op");
    FILL(rnd.rho, "x_rho");
    FILL(rnd.nonce, "x_nonce");
    FILL(rnd.proof, "x_proof");
    FILL(rnd.seal, "x_seal");
    read_answer();
}

static void say_key(void)
{
    uint8_t box[BZT_PHONE_KEY_SIZE];
    bzt_phone_key_write(box, &key);
    SAY("key", box);
}

static void say_phone(void)
{
    uint8_t box[BZT_PHONE_SIZE];
    bzt_phone_write(box, &phone);
    SAY("phone", box);
}

static void say_op(void)
{
    say("op", &op, sizeof op);
    SAY("op_id", op.op_id);
    SAY("rho", op.rho);
    SAY("e", op.e);
    say_number("g", op.g);
}

static void p_new(void)
{
    bzt_new_request q;
    read_phone();
    say_err(bzt_phone_new(&q, &phone, bzt_key_use_by_name(arg("use"))));
    SAY("mac", q.mac);
}

static void p_keygen(void)
{
    bzt_phone_making making;
    bzt_keygen_request q;
    uint8_t key_id[16];
    read_phone();
    FILL(key_id, "key_id");
    say_err(bzt_phone_keygen(&making, &q, &phone, key_id,
                             bzt_key_use_by_name(arg("use")), &rnd));
    say("making", &making, sizeof making);
    SAY("V1", q.V1);
    SAY("A", q.A);
    SAY("z", q.z);
    SAY("mac", q.mac);
}

static void p_keygen_result(void)
{
    bzt_phone_making making;
    bzt_keygen_answer a;
    read_phone();
    fill(&making, sizeof making, "making");
    memcpy(a.key_id, making.key_id, 16);
    FILL(a.P, "P");
    FILL(a.A, "A");
    FILL(a.z, "z");
    bzt_err err = bzt_phone_keygen_result(&key, &making, &phone, &a, &pin);
    say_err(err);
    if (!err)
        say_key();
}

static void p_import(void)
{
    bzt_phone_making making;
    bzt_import_request q;
    bzt_import_input in;
    bzt_sm2_key d;
    read_phone();
    FILL(in.key_id, "key_id");
    FILL(d.d, "d");
    in.d = &d;
    FILL(in.P, "P");
    FILL(in.transport, "transport");
    say_err(bzt_phone_import(&making, &q, &phone, &in, &rnd));
    say("making", &making, sizeof making);
    SAY("sealed", q.sealed);
    SAY("A", q.A);
    SAY("z", q.z);
    SAY("mac", q.mac);
}

static void p_import_result(void)
{
    bzt_phone_making making;
    read_phone();
    fill(&making, sizeof making, "making");
    bzt_err err = bzt_phone_import_result(&key, &making, &phone, &answer, &pin);
    say_err(err);
    if (!err)
        say_key();
}

static void p_u1(void)
{
    read_phone();
    say_err(bzt_u1_derive(&u1, &key, &pin));
    say("u1", &u1, sizeof u1);
    SAY("scalar", u1.u1);
}

static void p_open(void)
{
    bzt_open_request q;
    read_phone();
    say_err(bzt_phone_open(&op, &q, &phone, &key, bytes("message"), &rnd));
    say_op();
    SAY("mac", q.mac);
}

static void p_reopen(void)
{
    bzt_open_request q;
    read_phone();
    say_err(bzt_phone_reopen(&q, &op, &phone, &key, bytes("message")));
    say_op();
    SAY("mac", q.mac);
}

static void p_sign(void)
{
    bzt_sign_request q;
    bzt_open_answer a;
    read_phone();
    FILL(a.op_id, "a_id");
    FILL(a.Qs, "Qs");
    FILL(a.A, "A");
    FILL(a.z, "z");
    bzt_err err = bzt_phone_sign(&op, &key, &q, &phone, &a, &u1, &rnd);
    say_err(err);
    say_op();
    say_key();
    SAY("r", q.r);
    SAY("p2", q.p2);
    SAY("p3", q.p3);
    SAY("mac", q.mac);
}

static void p_sign_result(void)
{
    bzt_sm2_signature sig;
    read_phone();
    say_err(bzt_phone_sign_result(&sig, &op, &answer));
}

static void say_told(bzt_err err, const bzt_told *told)
{
    say_err(err);
    say_number("changed", told->changed);
    say_number("next", told->next);
    say_number("foreign", told->foreign);
    say_key();
}

static void p_settle(void)
{
    bzt_told told;
    read_phone();
    say_told(bzt_phone_settle(&key, &told, arg("op") ? &op : NULL, &answer),
             &told);
}

static void p_recover(void)
{
    bzt_recover_request q;
    read_phone();
    say_err(bzt_phone_recover(&q, &phone, &key));
    SAY("op_id", q.op_id);
    say_number("g", q.g);
    SAY("mac", q.mac);
}

static void p_recover_settle(void)
{
    bzt_told told;
    read_phone();
    say_told(bzt_phone_recover_settle(&key, &told, &answer), &told);
}

static bzt_decrypt_input decrypt_input(void)
{
    bzt_span points = bytes("points");
    return (bzt_decrypt_input){(const uint8_t(*)[65])points.p, points.len / 65,
                               bytes("about")};
}

static void p_decrypt(void)
{
    bzt_decrypt_request q;
    read_phone();
    bzt_decrypt_input in = decrypt_input();
    say_err(bzt_phone_decrypt(&op, &key, &q, &phone, &in, &u1, &rnd));
    say_op();
    say_key();
    SAY("A", q.A);
    SAY("z", q.z);
    SAY("mac", q.mac);
}

static void p_decrypt_result(void)
{
    static uint8_t out[BZT_DECRYPT_POINTS][65];
    read_phone();
    bzt_decrypt_input in = decrypt_input();
    say_err(bzt_phone_decrypt_result(out, &op, &in, &answer));
    say("shared", out, in.points_n * 65);
}

static void say_authorise(bzt_err err, const bzt_authorise_request *q)
{
    say_err(err);
    say_op();
    say_key();
    say("act", q->act.p, q->act.len);
    SAY("A", q->A);
    SAY("z", q->z);
    SAY("mac", q->mac);
}

static void p_authorise(void)
{
    bzt_authorise_request q;
    read_phone();
    bzt_err err =
        bzt_phone_authorise(&op, &key, &q, &phone, bytes("act"), &u1, &rnd);
    say_authorise(err, &q);
}

static void p_check_pin(void)
{
    bzt_authorise_request q;
    read_phone();
    bzt_err err = bzt_phone_check_pin(&op, &key, &q, &phone, &u1, &rnd);
    say_authorise(err, &q);
}

static void p_change_pin(void)
{
    bzt_authorise_request q;
    bzt_pin fresh;
    read_phone();
    must_read(bzt_pin_read(&fresh, bytes("new_pin")), "new_pin");
    const bzt_pin_change pins = {&pin, &fresh};
    bzt_err err = bzt_phone_change_pin(&op, &key, &q, &phone, &pins, &rnd);
    say_authorise(err, &q);
}

static void p_job_begin(void)
{
    uint8_t of[32], id[16];
    read_phone();
    FILL(of, "of");
    FILL(id, "job_id");
    bzt_span keys = bytes("keys");
    say_err(bzt_phone_job_begin(&phone, (bzt_job_kind)number("kind"), of,
                                (const uint8_t(*)[16])keys.p, keys.len / 16,
                                id));
    say_phone();
}

/* keys: the boxes one after another */
static size_t read_keys(bzt_phone_key *store, const bzt_phone_key **list)
{
    bzt_span boxes = bytes("boxes");
    size_t n = boxes.len / BZT_PHONE_KEY_SIZE;
    for (size_t i = 0; i < n; i++) {
        bzt_span box = {boxes.p + i * BZT_PHONE_KEY_SIZE, BZT_PHONE_KEY_SIZE};
        must_read(bzt_phone_key_read(&store[i], box), "box");
        list[i] = &store[i];
    }
    return n;
}

static bzt_phone_key store[16];
static const bzt_phone_key *list[16];

static void p_job_next(void)
{
    size_t which;
    read_phone();
    size_t n = read_keys(store, list);
    bzt_todo todo =
        bzt_phone_job_next(&which, &phone, list, n, (uint32_t)number("proved"));
    say_err(BZT_OK);
    say_number("todo", todo);
    say_number("which", which);
}

static void p_job_end(void)
{
    read_phone();
    size_t n = read_keys(store, list);
    say_err(bzt_phone_job_end(&phone, list, n));
    say_phone();
}

static bzt_transfer transfer;
static bzt_transfer_code code;

static void p_transfer_new(void)
{
    uint8_t random[48], secret[16], box[BZT_TRANSFER_SIZE];
    read_phone();
    FILL(random, "random");
    FILL(secret, "secret");
    say_err(bzt_transfer_new(&transfer, &code, &phone, random, secret));
    bzt_transfer_write(box, &transfer);
    SAY("transfer", box);
    uint8_t qr[BZT_TRANSFER_CODE_SIZE];
    bzt_transfer_code_write(qr, &code);
    SAY("code", qr);
}

static void p_move(void)
{
    bzt_move_request q;
    read_phone();
    must_read(bzt_transfer_code_read(&code, bytes("code")), "code");
    say_err(bzt_phone_move(&op, &key, &q, &phone, &code, &u1, &rnd));
    say_op();
    say_key();
    SAY("blob", q.blob);
    SAY("A", q.A);
    SAY("z", q.z);
    SAY("mac", q.mac);
}

static void p_blobs(void)
{
    bzt_blobs_request q;
    read_phone();
    say_err(bzt_phone_blobs(&q, &phone));
    SAY("mac", q.mac);
}

static void p_copy(void)
{
    uint8_t key_id[16], blob[BZT_BLOB_SIZE];
    read_phone();
    must_read(bzt_transfer_read(&transfer, bytes("transfer")), "transfer");
    FILL(key_id, "key_id");
    FILL(blob, "blob");
    bzt_err err = bzt_phone_copy(&key, &transfer, key_id, blob, &rnd);
    say_err(err);
    if (!err)
        say_key();
}

static void p_arrive(void)
{
    bzt_arrive_request q;
    read_phone();
    say_err(bzt_phone_arrive(&q, &phone, &key));
    SAY("op_id", q.op_id);
    say_number("g", q.g);
    SAY("rho", q.rho);
    SAY("blob_hash", q.blob_hash);
    SAY("mac", q.mac);
}

static void p_arrive_settle(void)
{
    bzt_told told;
    read_phone();
    say_told(bzt_phone_arrive_settle(&key, &told, &answer), &told);
}

static void p_pin_check(void)
{
    bzt_pin typed;
    bzt_span numbers[4] = {bytes("n0"), bytes("n1"), bytes("n2"), bytes("n3")};
    bzt_err err = bzt_pin_read(&typed, bytes("typed"));
    if (!err)
        err = bzt_pin_check(&typed, numbers, 4);
    say_err(err);
}

/* ---- single values ------------------------------------------------------ */

/* public: already as fields */
static void hedge_one(void)
{
    uint8_t random[48], secret[32], out[32];
    hedge h;
    sc s;
    FILL(random, "random");
    FILL(secret, "secret");
    hedge_init(&h, arg("label"), random, secret);
    bzt_span public = bytes("public");
    xof_update(&h.x, public.p, public.len);
    hedge_final(&h, &s);
    sc_write(out, &s);
    say_err(BZT_OK);
    SAY("scalar", out);
}

static void mac_one(void)
{
    uint8_t tag[32];
    hmac_sm3_digest(tag, bytes("key"), bytes("input"));
    say_err(BZT_OK);
    SAY("tag", tag);
}

static void pin_factor_one(void)
{
    uint8_t secret[32], key_id[16], out[32];
    bzt_pin typed;
    sc f;
    must_read(bzt_pin_read(&typed, bytes("typed")), "typed");
    FILL(secret, "device_secret");
    FILL(key_id, "key_id");
    pin_factor(&f, &typed, secret, key_id);
    sc_write(out, &f);
    say_err(BZT_OK);
    SAY("scalar", out);
}

static const struct {
    const char *name;
    void (*run)(void);
} commands[] = {
    {"s_new", s_new},
    {"s_keygen", s_keygen},
    {"s_import", s_import},
    {"s_open", s_open},
    {"s_sign", s_sign},
    {"s_decrypt", s_decrypt},
    {"s_authorise", s_authorise},
    {"s_move", s_move},
    {"s_blobs", s_blobs},
    {"s_arrive", s_arrive},
    {"s_recover", s_recover},
    {"s_unlock", s_unlock},
    {"s_sweep", s_sweep},
    {"p_new", p_new},
    {"p_keygen", p_keygen},
    {"p_keygen_result", p_keygen_result},
    {"p_import", p_import},
    {"p_import_result", p_import_result},
    {"p_u1", p_u1},
    {"p_open", p_open},
    {"p_reopen", p_reopen},
    {"p_sign", p_sign},
    {"p_sign_result", p_sign_result},
    {"p_settle", p_settle},
    {"p_recover", p_recover},
    {"p_recover_settle", p_recover_settle},
    {"p_decrypt", p_decrypt},
    {"p_decrypt_result", p_decrypt_result},
    {"p_authorise", p_authorise},
    {"p_check_pin", p_check_pin},
    {"p_change_pin", p_change_pin},
    {"p_job_begin", p_job_begin},
    {"p_job_next", p_job_next},
    {"p_job_end", p_job_end},
    {"p_transfer_new", p_transfer_new},
    {"p_move", p_move},
    {"p_blobs", p_blobs},
    {"p_copy", p_copy},
    {"p_arrive", p_arrive},
    {"p_arrive_settle", p_arrive_settle},
    {"p_pin_check", p_pin_check},
    {"hedge", hedge_one},
    {"mac", mac_one},
    {"pin_factor", pin_factor_one},
};

static void split(void)
{
    args_n = 0;
    pool_used = 0;
    char *word = strtok(NULL, " \n");
    for (; word; word = strtok(NULL, " \n")) {
        char *eq = strchr(word, '=');
        assert(eq && args_n < ARGS);
        *eq = 0;
        args[args_n].name = word;
        args[args_n++].value = eq + 1;
    }
}

static void run(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            commands[i].run();
            return;
        }
    }
    fprintf(stderr, "unknown command %s\n", name);
    abort();
}

int main(void)
{
    while (fgets(line, sizeof line, stdin)) {
        char *name = strtok(line, " \n");
        split();
        run(name);
        putchar('\n');
        fflush(stdout);
    }
    return 0;
}
