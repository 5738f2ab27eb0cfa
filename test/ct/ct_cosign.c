/* Both sides of the key protocol with every secret marked: u2, m, u1, PINs,
 * nonces, device keys and secrets, random bytes, transfer secrets. */
#include "ct_case.h"

#include "cosign/server.h"

#include <string.h>

#define SECRET(x) ct_secret_bytes(&(x), sizeof(x))

/* Without optimisation 10 000 rounds of PBKDF2 take Valgrind half a minute;
 * there core's own case of it has to do. */
#ifdef __OPTIMIZE__
enum { WITH_PIN = 1 };
#else
enum { WITH_PIN = 0 };
#endif

static bzt_phone phone;
static cosign_device device;
static bzt_phone_key key;
static cosign_row row;
static cosign_share share;
static bzt_u1 u1; /* of the key as it was made: no PBKDF2 each time */
static cosign_effect effect;
static bzt_phone_op op;
static bzt_told told;
static bzt_key_answer answer;
static unsigned seed;

static const uint8_t key_id[16] = {1}, device_id[16] = {2};
static const int64_t now = 1000000;

static void ok(bzt_err err, const char *what)
{
    ct_must(err == BZT_OK, what);
}

static bzt_phone_random secret_random(void)
{
    bzt_phone_random r;
    ct_fill(&r, sizeof r, ++seed);
    SECRET(r);
    ct_public(r.op_id); /* sent in the clear */
    return r;
}

static void secret_bytes(void *out, unsigned long len)
{
    ct_fill(out, len, ++seed);
    ct_secret_bytes(out, len);
}

static bzt_pin secret_pin(const char *digits)
{
    bzt_pin pin;
    uint8_t text[6];
    memcpy(text, digits, 6);
    SECRET(text);
    ok(bzt_pin_read(&pin, (bzt_span){text, 6}), "bzt_pin_read");
    ok(bzt_pin_check(&pin, &(bzt_span){key_id, 16}, 1), "bzt_pin_check");
    return pin;
}

static void answer_from_effect(bzt_err err)
{
    memset(&answer, 0, sizeof answer);
    answer.err = err;
    answer.has_id = 1;
    memcpy(answer.id, effect.answer_id, 16);
    answer.wrong = effect.wrong;
    answer.outcome = effect.outcome;
    answer.signature = effect.signature;
}

static void apply(void)
{
    row = effect.after;
    if (effect.new_share)
        share = effect.share;
}

/* A phone, a device and a key whose u1 is known: m = u1, as if F were 1. */
static void make_key(bzt_key_use use)
{
    bzt_device_key k;
    bzt_phone_making making;
    bzt_keygen_request q;
    bzt_keygen_answer a;
    uint8_t secret[32], random[96];
    bzt_phone_random r = secret_random();
    secret_bytes(&k, sizeof k);
    secret_bytes(secret, sizeof secret);
    secret_bytes(random, sizeof random);
    bzt_phone_init(&phone, device_id, &k, secret);
    memset(&device, 0, sizeof device);
    memcpy(device.device_id, device_id, 16);
    device.key = k;
    cosign_row_init(&row, key_id, device_id, use);
    ok(bzt_phone_keygen(&making, &q, &phone, key_id, use, &r), "keygen");
    ok(cosign_server_keygen(&effect, &a, &row, &device, &q, random),
       "cosign_server_keygen");
    apply();
    memset(&key, 0, sizeof key);
    memcpy(key.key_id, key_id, 16);
    memcpy(key.P, a.P, 65);
    memcpy(key.m, making.u1, 32);
    memcpy(key.device_secret, secret, 32);
    memset(&u1, 0, sizeof u1);
    memcpy(u1.key_id, key_id, 16);
    memcpy(u1.u1, making.u1, 32);
}

static void run_keygen(void)
{
    bzt_new_request n;
    bzt_phone_making making;
    bzt_keygen_request q;
    bzt_keygen_answer a;
    bzt_phone_key made;
    uint8_t random[96];
    bzt_phone_random r = secret_random();
    bzt_pin pin = secret_pin("271828");
    make_key(BZT_USE_SIGN);
    cosign_row_init(&row, key_id, device_id, BZT_USE_SIGN);
    ok(bzt_phone_new(&n, &phone, BZT_USE_SIGN), "bzt_phone_new");
    ok(cosign_server_new(&device, &n), "cosign_server_new");
    secret_bytes(random, sizeof random);
    ok(bzt_phone_keygen(&making, &q, &phone, key_id, BZT_USE_SIGN, &r),
       "bzt_phone_keygen");
    ok(cosign_server_keygen(&effect, &a, &row, &device, &q, random),
       "cosign_server_keygen");
    if (!WITH_PIN)
        return;
    ok(bzt_phone_keygen_result(&made, &making, &phone, &a, &pin),
       "bzt_phone_keygen_result");
    ok(bzt_u1_derive(&u1, &made, &pin), "bzt_u1_derive");
    ct_public(u1);
    ct_public(making);
    ct_must(!memcmp(u1.u1, making.u1, 32), "u1 = m F");
    bzt_phone_making_wipe(&making);
}

static void sign_with(bzt_err want)
{
    bzt_open_request open;
    bzt_open_answer opened;
    bzt_sign_request q;
    bzt_sm2_signature sig;
    cosign_nonce nonce, slots[COSIGN_NONCE_WAYS];
    cosign_nonces table;
    uint8_t random[96];
    bzt_phone_random r = secret_random();
    secret_bytes(random, sizeof random);
    cosign_nonces_init(&table, slots, 1);
    ok(bzt_phone_open(&op, &open, &phone, &key, BZT_SPAN_LIT("m"), &r),
       "bzt_phone_open");
    ok(cosign_server_open(&effect, &nonce, &opened, &row, &share, &device,
                          &open, random, now),
       "cosign_server_open");
    cosign_nonces_put(&table, &nonce, now);
    /* The proof of the nonce is answered: it is public. */
    ct_public(opened);
    ok(bzt_phone_sign(&op, &key, &q, &phone, &opened, &u1, &r),
       "bzt_phone_sign");
    ok(cosign_server_sign_admit(&effect, &row, &device, &q, now), "admit");
    ok(cosign_nonces_take(&nonce, &table, &q, now), "cosign_nonces_take");
    bzt_err err =
        cosign_server_sign(&effect, &nonce, &row, &share, &device, &q, now);
    ct_must(err == want, "cosign_server_sign");
    apply();
    answer_from_effect(err);
    ct_must(bzt_phone_settle(&key, &told, &op, &answer) == want, "settle");
    if (!want)
        ok(bzt_phone_sign_result(&sig, &op, &answer), "bzt_phone_sign_result");
    bzt_phone_op_wipe(&op);
}

static void run_sign(void)
{
    make_key(BZT_USE_SIGN);
    sign_with(BZT_OK);
}

static void run_sign_wrong(void)
{
    make_key(BZT_USE_SIGN);
    secret_bytes(u1.u1 + 1, 31);
    sign_with(BZT_ERR_WRONG_PIN);
}

static void run_decrypt(void)
{
    uint8_t points[2][65], halves[2][65], shared[2][65], cipher[113], plain[16],
        random[48];
    bzt_decrypt_request q;
    bzt_phone_random r = secret_random();
    make_key(BZT_USE_DECRYPT);
    secret_bytes(plain, sizeof plain);
    secret_bytes(random, sizeof random);
    ok(bzt_sm2_encrypt(cipher, key.P, (bzt_span){plain, 16}, random), "sm2");
    ct_public(cipher);
    memcpy(points[0], cipher, 65);
    memcpy(points[1], cipher, 65);
    const bzt_decrypt_input in = {(const uint8_t(*)[65])points, 2,
                                  BZT_SPAN_LIT("about")};
    ok(bzt_phone_decrypt(&op, &key, &q, &phone, &in, &u1, &r),
       "bzt_phone_decrypt");
    ok(cosign_server_decrypt(&effect, halves, &row, &share, &device, &q,
                             in.about, now),
       "cosign_server_decrypt");
    answer_from_effect(BZT_OK);
    answer.points = (const uint8_t(*)[65])halves;
    answer.points_n = 2;
    ok(bzt_phone_settle(&key, &told, &op, &answer), "settle");
    ok(bzt_phone_decrypt_result(shared, &op, &in, &answer), "result");
    ok(bzt_shared_open(plain, shared[1], cipher + 65,
                       (bzt_span){cipher + 97, 16}),
       "bzt_shared_open");
}

static void authorise_with(bzt_err want)
{
    bzt_authorise_request q;
    bzt_phone_random r = secret_random();
    ok(bzt_phone_authorise(&op, &key, &q, &phone, BZT_SPAN_LIT("act"), &u1, &r),
       "bzt_phone_authorise");
    bzt_err err =
        cosign_server_authorise(&effect, &row, &share, &device, &q, now);
    ct_must(err == want, "cosign_server_authorise");
    answer_from_effect(err);
    ct_must(bzt_phone_settle(&key, &told, &op, &answer) == want, "settle");
}

static void run_authorise(void)
{
    make_key(BZT_USE_SIGN);
    authorise_with(BZT_OK);
}

static void run_authorise_wrong(void)
{
    make_key(BZT_USE_SIGN);
    secret_bytes(u1.u1 + 1, 31);
    authorise_with(BZT_ERR_WRONG_PIN);
}

static void run_change_pin(void)
{
    bzt_authorise_request q;
    const uint8_t of[32] = {3}, job[16] = {4};
    bzt_phone_random r = secret_random();
    bzt_pin old_pin = secret_pin("271828"), new_pin = secret_pin("314159");
    const bzt_pin_change pins = {&old_pin, &new_pin};
    if (!WITH_PIN)
        return;
    make_key(BZT_USE_SIGN);
    ok(bzt_phone_job_begin(&phone, BZT_JOB_PIN, of, &key_id, 1, job),
       "bzt_phone_job_begin");
    ok(bzt_phone_change_pin(&op, &key, &q, &phone, &pins, &r),
       "bzt_phone_change_pin");
    /* m was not made with this PIN: the server finds it wrong. */
    ct_must(cosign_server_authorise(&effect, &row, &share, &device, &q, now) ==
                BZT_ERR_WRONG_PIN,
            "cosign_server_authorise");
}

static void run_import(void)
{
    bzt_sm2_key d, transport;
    uint8_t pub[65], random[48];
    bzt_import_input in = {.d = &d};
    bzt_phone_making making;
    bzt_import_request q;
    cosign_import_context context = {.transport = &transport};
    bzt_phone_random r = secret_random();
    make_key(BZT_USE_DECRYPT);
    secret_bytes(random, sizeof random);
    ok(bzt_sm2_key_new(&transport, in.transport, random), "transport");
    secret_bytes(random, sizeof random);
    ok(bzt_sm2_key_new(&d, pub, random), "d");
    ct_public(in.transport);
    ct_public(pub);
    memcpy(in.key_id, key_id, 16);
    memcpy(in.P, pub, 65);
    memcpy(context.certificate_P, pub, 65);
    cosign_row_init(&row, key_id, device_id, BZT_USE_DECRYPT);
    ok(bzt_phone_import(&making, &q, &phone, &in, &r), "bzt_phone_import");
    ok(cosign_server_import(&effect, &row, &device, &q, &context),
       "cosign_server_import");
}

static void run_move(void)
{
    bzt_phone fresh;
    bzt_device_key k;
    bzt_transfer t;
    bzt_transfer_code code;
    bzt_move_request q;
    bzt_arrive_request arrive;
    bzt_phone_key copy;
    cosign_device to;
    const uint8_t fresh_id[16] = {5}, job[16] = {4};
    uint8_t random[48], secret[32], of[32];
    bzt_phone_random r = secret_random();
    make_key(BZT_USE_SIGN);
    secret_bytes(&k, sizeof k);
    secret_bytes(secret, sizeof secret);
    bzt_phone_init(&fresh, fresh_id, &k, secret);
    memset(&to, 0, sizeof to);
    memcpy(to.device_id, fresh_id, 16);
    to.key = k;
    secret_bytes(random, sizeof random);
    ok(bzt_transfer_new(&t, &code, &fresh, random, secret), "transfer");
    bzt_transfer_code_hash(of, &code);
    ok(bzt_phone_job_begin(&phone, BZT_JOB_MOVE, of, &key_id, 1, job),
       "bzt_phone_job_begin");
    ok(bzt_phone_move(&op, &key, &q, &phone, &code, &u1, &r), "bzt_phone_move");
    ok(cosign_server_move(&effect, &row, &share, &device, &to, &q, now),
       "cosign_server_move");
    apply();
    ok(bzt_phone_copy(&copy, &t, key_id, q.blob, &r), "bzt_phone_copy");
    ok(bzt_phone_arrive(&arrive, &fresh, &copy), "bzt_phone_arrive");
    ok(cosign_server_arrive(&effect, &row, &share, &to, &arrive),
       "cosign_server_arrive");
    answer_from_effect(BZT_OK);
    ok(bzt_phone_arrive_settle(&copy, &told, &answer), "arrive_settle");
}

static void run_recover(void)
{
    bzt_authorise_request q;
    bzt_recover_request recover;
    bzt_phone_random r = secret_random();
    make_key(BZT_USE_SIGN);
    ok(bzt_phone_authorise(&op, &key, &q, &phone, BZT_SPAN_LIT("act"), &u1, &r),
       "bzt_phone_authorise");
    ok(bzt_phone_recover(&recover, &phone, &key), "bzt_phone_recover");
    ok(cosign_server_recover(&effect, &row, &device, &recover, now),
       "cosign_server_recover");
    answer_from_effect(BZT_OK);
    ok(bzt_phone_recover_settle(&key, &told, &answer), "recover_settle");
}

static void run_state(void)
{
    static uint8_t box[BZT_PHONE_SIZE];
    uint8_t key_box[BZT_PHONE_KEY_SIZE];
    bzt_authorise_request q;
    bzt_phone_random r = secret_random();
    make_key(BZT_USE_SIGN);
    bzt_phone_write(box, &phone);
    ok(bzt_phone_read(&phone, (bzt_span){box, sizeof box}), "phone");
    for (int i = 0; i < 2; i++) {
        bzt_phone_key_write(key_box, &key);
        ok(bzt_phone_key_read(&key, (bzt_span){key_box, sizeof key_box}),
           "key");
        if (!i)
            ok(bzt_phone_authorise(&op, &key, &q, &phone, BZT_SPAN_LIT("act"),
                                   &u1, &r),
               "bzt_phone_authorise");
    }
}

const ct_case ct_cosign_cases[] = {
    {"cosign_keygen", run_keygen},
    {"cosign_sign", run_sign},
    {"cosign_sign_wrong", run_sign_wrong},
    {"cosign_decrypt", run_decrypt},
    {"cosign_authorise", run_authorise},
    {"cosign_authorise_wrong", run_authorise_wrong},
    {"cosign_change_pin", run_change_pin},
    {"cosign_import", run_import},
    {"cosign_move", run_move},
    {"cosign_recover", run_recover},
    {"cosign_state", run_state},
    {0, 0},
};
