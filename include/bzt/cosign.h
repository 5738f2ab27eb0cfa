/* The key protocol (doc/protocol/protocol.md): what both sides share, and the
 * phone's side.  The server's side is cosign/server.h; the JSON form of every
 * message is doc/wire.md.
 *
 * Pure: no allocation, file, clock or random source.  Every operation of the
 * phone has the same four steps, and the caller keeps this order:
 *
 *   1. lock (one lock for all tabs), read phone and key from storage;
 *   2. bzt_phone_<kind>(): the key now holds the intent: WRITE THE KEY
 *      durably, then send the request;
 *   3. bzt_phone_settle() on whatever came back: if `told.changed`, WRITE THE
 *      KEY durably, before anything else;
 *   4. only then bzt_phone_<kind>_result().
 *
 * A key that holds an intent after a start, or after no answer: recover, or
 * arrive where `arriving` is set.  Nothing but the key and the phone is ever
 * written: requests, answers, bzt_u1 and bzt_phone_op live in memory only and
 * are wiped.  Fields of bzt_phone, bzt_phone_key, bzt_phone_op and
 * bzt_phone_making are for reading; only this library sets them.
 */
#ifndef BZT_COSIGN_H
#define BZT_COSIGN_H

#include "err.h"
#include "sm2.h"
#include "span.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    BZT_KEY_TRIES = 5,         /* wrong PINs in a row that lock a key */
    BZT_DEVICE_TRIES = 10,     /* ... that lock every live key of a phone */
    BZT_DECRYPT_POINTS = 1000, /* most points of one decryption */
    BZT_PIN_ITERATIONS = 10000,
    BZT_SEALED_SIZE = 145,  /* u2 || key_id, sealed for the transport key */
    BZT_BLOB_SIZE = 282,    /* one key on its way to another phone */
    BZT_NONCE_REOPENS = 2,  /* without the holder */
    BZT_JOB_KEYS_MAX = 256, /* keys of one phone */
};

/* g is below 2^53, so that JSON carries it exactly. */
#define BZT_G_MAX 9007199254740991u

typedef enum bzt_key_use { BZT_USE_SIGN = 1, BZT_USE_DECRYPT = 2 } bzt_key_use;

/* What became of an op_id.  The numbers are stored. */
typedef enum bzt_outcome {
    BZT_OUTCOME_NONE = 0, /* not remembered */
    BZT_OUTCOME_WRONG = 1,
    BZT_OUTCOME_VOID = 2,
    BZT_OUTCOME_SIGN = 3,
    BZT_OUTCOME_DECRYPT = 4,
    BZT_OUTCOME_AUTHORISE = 5,
    BZT_OUTCOME_MOVE = 6,
    BZT_OUTCOME_ARRIVE = 7
} bzt_outcome;

/* "sign", "decrypt" / "wrong", "void", "sign", ...; NULL for another number.
 * The reverse gives 0 for a name that is none. */
const char *bzt_key_use_name(bzt_key_use use);
bzt_key_use bzt_key_use_by_name(const char *name);
const char *bzt_outcome_name(bzt_outcome outcome);
bzt_outcome bzt_outcome_by_name(const char *name);

/* HMAC key that phone and server share: the phone's proof of itself. */
typedef struct bzt_device_key {
    uint8_t k[32];
} bzt_device_key;

/* ---- Requests.  mac is over every other field, in this order. ---- */

typedef struct bzt_new_request {
    uint8_t device_id[16];
    bzt_key_use use;
    uint8_t mac[32];
} bzt_new_request;

typedef struct bzt_keygen_request {
    uint8_t key_id[16];
    uint8_t V1[65];
    uint8_t A[65], z[32];
    uint8_t mac[32];
} bzt_keygen_request;

typedef struct bzt_import_request {
    uint8_t key_id[16];
    uint8_t sealed[BZT_SEALED_SIZE];
    uint8_t P[65];
    uint8_t A[65], z[32];
    uint8_t mac[32];
} bzt_import_request;

typedef struct bzt_open_request {
    uint8_t key_id[16], op_id[16];
    uint64_t g;
    bzt_span message; /* M, borrowed; the MAC has its SM3 */
    uint8_t mac[32];
} bzt_open_request;

typedef struct bzt_sign_request {
    uint8_t key_id[16], op_id[16];
    uint64_t g;
    uint8_t rho[32];
    uint8_t Qs[65];
    uint8_t r[32], p2[32], p3[32];
    uint8_t mac[32];
} bzt_sign_request;

typedef struct bzt_decrypt_request {
    uint8_t key_id[16], op_id[16];
    uint64_t g;
    uint8_t rho[32];
    const uint8_t (*points)[65]; /* C1 of each, borrowed */
    size_t points_n;
    uint8_t A[65], z[32];
    uint8_t mac[32];
} bzt_decrypt_request;

typedef struct bzt_authorise_request {
    uint8_t key_id[16], op_id[16];
    uint64_t g;
    uint8_t rho[32];
    bzt_span act; /* its whole text, borrowed */
    uint8_t A[65], z[32];
    uint8_t mac[32];
} bzt_authorise_request;

typedef struct bzt_move_request {
    uint8_t key_id[16], op_id[16];
    uint64_t g;
    uint8_t rho[32];
    uint8_t to_device[16];
    uint8_t blob[BZT_BLOB_SIZE];
    uint8_t A[65], z[32];
    uint8_t mac[32];
} bzt_move_request;

typedef struct bzt_arrive_request {
    uint8_t key_id[16], op_id[16];
    uint64_t g;
    uint8_t rho[32];
    uint8_t blob_hash[32];
    uint8_t mac[32]; /* under the new phone's device key */
} bzt_arrive_request;

typedef struct bzt_blobs_request {
    uint8_t device_id[16];
    uint8_t mac[32];
} bzt_blobs_request;

typedef struct bzt_recover_request {
    uint8_t key_id[16], op_id[16];
    uint64_t g;
    uint8_t mac[32];
} bzt_recover_request;

/* ---- Answers ---- */

typedef struct bzt_keygen_answer {
    uint8_t key_id[16];
    uint8_t P[65];
    uint8_t A[65], z[32];
} bzt_keygen_answer;

typedef struct bzt_open_answer {
    uint8_t op_id[16];
    uint8_t Qs[65];
    uint8_t A[65], z[32];
} bzt_open_answer;

/* Every other answer, success or problem+json, as it came over the wire.
 * Zero it, then fill what the answer has. */
typedef struct bzt_key_answer {
    bzt_err err;     /* BZT_OK, or what its `code` means */
    uint32_t has_id; /* 1: the answer names an operation (a key) ... */
    uint8_t id[16];  /* ... this op_id (at key making the key_id) */
    uint32_t wrong;  /* success: wrong tries of this key it cleared */
    uint32_t tries_left, wait_seconds;
    bzt_outcome outcome;         /* recover */
    bzt_sm2_signature signature; /* sign; recover when outcome is sign */
    const uint8_t (*points)[65]; /* decrypt: w*C1 of each, borrowed */
    size_t points_n;
} bzt_key_answer;

/* ---- The PIN ---- */

/* Six ASCII digits. */
typedef struct bzt_pin {
    uint8_t digits[6];
} bzt_pin;

/* BZT_ERR_ENCODING unless text is exactly six ASCII digits; out is then
 * zero. */
BZT_MUST_USE bzt_err bzt_pin_read(bzt_pin *out, bzt_span text);
/* BZT_ERR_WEAK_PIN: repeated (111111, 121212, 123123), a sequence up or down
 * through 9-0, or part of one of the holder's numbers (phone, ID).  Constant
 * time in the PIN but for the verdict. */
BZT_MUST_USE bzt_err bzt_pin_check(const bzt_pin *pin, const bzt_span *numbers,
                                   size_t numbers_n);
void bzt_pin_wipe(bzt_pin *pin);

/* ---- The phone's durable state ---- */

typedef enum bzt_job_kind {
    BZT_JOB_NONE = 0,
    BZT_JOB_PIN = 1, /* change the PIN of an entry */
    BZT_JOB_MOVE = 2 /* move every key to another phone */
} bzt_job_kind;

/* Work on several keys that may be cut off.  Which keys are done stands in
 * the keys themselves (`done`), in the write that rolls each; nothing of a
 * PIN is here. */
typedef struct bzt_job {
    bzt_job_kind kind;
    uint8_t id[16]; /* random, never used twice */
    uint8_t of[32]; /* which entry, or which phone it moves to */
    uint32_t keys_n;
    uint8_t keys[BZT_JOB_KEYS_MAX][16];
} bzt_job;

typedef struct bzt_phone {
    uint8_t device_id[16];
    bzt_device_key device_key;
    uint8_t device_secret[32]; /* for the keys made here */
    bzt_job job;
} bzt_phone;

typedef enum bzt_part {
    BZT_PART_NONE = 0,
    BZT_PART_CHECK = 1, /* proves the new PIN on a key that is done */
    BZT_PART_STEP = 2   /* marks the key done when it settles */
} bzt_part;

typedef struct bzt_intent {
    uint32_t present;
    bzt_part part;
    uint8_t op_id[16];
    uint8_t job[16]; /* id of the job it is a step of */
    uint64_t g;
    uint8_t m[32]; /* secret: what m will be */
} bzt_intent;

typedef struct bzt_phone_key {
    uint8_t key_id[16];
    uint8_t P[65];
    uint64_t g;
    uint8_t m[32];             /* secret */
    uint8_t device_secret[32]; /* secret */
    uint32_t wrong; /* wrong PINs typed here since the last success */
    bzt_intent intent;
    uint32_t arriving;     /* 1: a copy that the server has not yet taken */
    uint8_t blob_hash[32]; /* of this blob */
    uint8_t done[16];      /* id of the last job this key was done in */
} bzt_phone_key;

/* The new phone's half of a transfer, kept until it is done. */
typedef struct bzt_transfer {
    uint8_t once[32];   /* secret: one-time SM2 key */
    uint8_t secret[16]; /* secret: goes into the QR code only */
} bzt_transfer;

/* What the QR code of a transfer holds. */
typedef struct bzt_transfer_code {
    uint8_t point[65];
    uint8_t secret[16];
    uint8_t device_id[16];
} bzt_transfer_code;

/* Storage: fixed sizes, a version in the first byte.  Read gives
 * BZT_ERR_TRUNCATED, BZT_ERR_TRAILING (another length), BZT_ERR_UNSUPPORTED
 * (version), BZT_ERR_ENCODING, BZT_ERR_RANGE, BZT_ERR_POINT (not something
 * that write made); out is then zero.  The bytes are secret. */
enum {
    BZT_PHONE_SIZE = 4230,
    BZT_PHONE_KEY_SIZE = 281,
    BZT_TRANSFER_SIZE = 49
};
void bzt_phone_write(uint8_t out[BZT_PHONE_SIZE], const bzt_phone *phone);
BZT_MUST_USE bzt_err bzt_phone_read(bzt_phone *out, bzt_span in);
void bzt_phone_key_write(uint8_t out[BZT_PHONE_KEY_SIZE],
                         const bzt_phone_key *key);
BZT_MUST_USE bzt_err bzt_phone_key_read(bzt_phone_key *out, bzt_span in);
void bzt_transfer_write(uint8_t out[BZT_TRANSFER_SIZE], const bzt_transfer *t);
BZT_MUST_USE bzt_err bzt_transfer_read(bzt_transfer *out, bzt_span in);
/* What goes into the QR code: point || secret || device_id. */
enum { BZT_TRANSFER_CODE_SIZE = 97 };
void bzt_transfer_code_write(uint8_t out[BZT_TRANSFER_CODE_SIZE],
                             const bzt_transfer_code *code);
BZT_MUST_USE bzt_err bzt_transfer_code_read(bzt_transfer_code *out,
                                            bzt_span in);

void bzt_phone_wipe(bzt_phone *phone);
void bzt_phone_key_wipe(bzt_phone_key *key);
void bzt_transfer_wipe(bzt_transfer *t);

/* A new phone without a job.  device_secret: 32 random bytes. */
void bzt_phone_init(bzt_phone *out, const uint8_t device_id[16],
                    const bzt_device_key *device_key,
                    const uint8_t device_secret[32]);
/* After the server has lifted a PIN lock: the phone gets a new device key,
 * and every key of it that was locked starts counting anew. */
void bzt_phone_rekey(bzt_phone *phone, const bzt_device_key *device_key);
void bzt_phone_key_unlocked(bzt_phone_key *key);

/* ---- What an operation needs and gives ---- */

/* Random bytes of one step, all from the operating system, never used
 * twice; wiped by the caller. */
typedef struct bzt_phone_random {
    uint8_t op_id[16];
    uint8_t rho[48];
    uint8_t nonce[48]; /* k2 and k3; u1 at key making */
    uint8_t proof[48];
    uint8_t seal[48];
} bzt_phone_random;

/* u1 = m * F(PIN), for one key at one generation. */
typedef struct bzt_u1 {
    uint8_t key_id[16];
    uint64_t g;
    uint8_t u1[32]; /* secret */
} bzt_u1;

/* Slow (PBKDF2, tens of milliseconds): may run while `open` is on its way.
 * Constant time in everything.  Says nothing about whether the PIN is right.
 * BZT_ERR_RANGE: m is no scalar. */
BZT_MUST_USE bzt_err bzt_u1_derive(bzt_u1 *out, const bzt_phone_key *key,
                                   const bzt_pin *pin);
void bzt_u1_wipe(bzt_u1 *u1);

/* An operation that runs.  Memory only. */
typedef struct bzt_phone_op {
    bzt_outcome kind;
    uint8_t key_id[16], op_id[16];
    uint8_t P[65];
    uint64_t g;
    uint32_t begun;      /* the intent is in the key */
    uint32_t opens;      /* times that a nonce was asked for */
    uint8_t rho[32];     /* secret */
    uint8_t v1[32];      /* secret: decrypt */
    uint8_t message[32]; /* SM3(M) */
    uint8_t e[32];
    uint8_t r[32];
} bzt_phone_op;

void bzt_phone_op_wipe(bzt_phone_op *op);

typedef enum bzt_next {
    BZT_NEXT_RESULT = 1, /* done: write the key, then look at the result */
    BZT_NEXT_DROPPED,    /* wrong PIN or refused: no intent any more */
    BZT_NEXT_REOPEN,     /* nonce_gone: bzt_phone_reopen, if it permits */
    BZT_NEXT_RECOVER,    /* the intent stays: ask `recover` (or `arrive`) */
    BZT_NEXT_VOID,       /* recover: it never happened and never will */
    BZT_NEXT_DELETE      /* arrive: cancelled, delete this copy */
} bzt_next;

/* What an answer means for the holder and for storage. */
typedef struct bzt_told {
    uint32_t changed; /* 1: the key must be written before anything else */
    bzt_next next;
    uint32_t foreign; /* tries that somebody else made on this key: tell */
    uint32_t tries_left, wait_seconds; /* after a wrong PIN */
} bzt_told;

/* ---- Making a key ---- */

/* Between request and answer at key making.  Secret, memory only. */
typedef struct bzt_phone_making {
    uint8_t key_id[16];
    bzt_key_use use;
    uint8_t V1[65];
    uint8_t P[65]; /* import only */
    uint8_t u1[32];
} bzt_phone_making;

void bzt_phone_making_wipe(bzt_phone_making *making);

/* Ask for a key id.  BZT_ERR_RANGE: use is none. */
BZT_MUST_USE bzt_err bzt_phone_new(bzt_new_request *out, const bzt_phone *phone,
                                   bzt_key_use use);

/* Uses random.nonce, random.proof.  On failure outputs are zero. */
BZT_MUST_USE bzt_err bzt_phone_keygen(bzt_phone_making *making,
                                      bzt_keygen_request *out,
                                      const bzt_phone *phone,
                                      const uint8_t key_id[16], bzt_key_use use,
                                      const bzt_phone_random *random);

/* Check the answer and make the key, at generation 0; write it.  A key whose
 * answer was lost is not asked for again: ask for a new key id.  The PIN is
 * not judged: bzt_pin_check comes first.
 * BZT_ERR_REFUSED  the answer names another key
 * BZT_ERR_POINT    P is not a point, or P + G is infinity
 * BZT_ERR_PROOF    the server does not know its factor */
BZT_MUST_USE bzt_err bzt_phone_keygen_result(bzt_phone_key *out,
                                             const bzt_phone_making *making,
                                             const bzt_phone *phone,
                                             const bzt_keygen_answer *answer,
                                             const bzt_pin *pin);

/* A key that a CA's key centre made.  P: of the certificate, whose path was
 * checked; transport: the server's transport key, from the signed settings.
 * The caller wipes d.  Uses random.nonce, random.seal, random.proof.
 * BZT_ERR_KEY_MISMATCH  d is not the key of P
 * BZT_ERR_RANGE         d outside [1, n-2]
 * BZT_ERR_POINT         P or transport is not a point */
typedef struct bzt_import_input {
    uint8_t key_id[16];
    const bzt_sm2_key *d;
    uint8_t P[65];
    uint8_t transport[65];
} bzt_import_input;
BZT_MUST_USE bzt_err bzt_phone_import(bzt_phone_making *making,
                                      bzt_import_request *out,
                                      const bzt_phone *phone,
                                      const bzt_import_input *in,
                                      const bzt_phone_random *random);
/* answer.err is given back if it is not BZT_OK. */
BZT_MUST_USE bzt_err bzt_phone_import_result(bzt_phone_key *out,
                                             const bzt_phone_making *making,
                                             const bzt_phone *phone,
                                             const bzt_key_answer *answer,
                                             const bzt_pin *pin);

/* ---- Operations.  Common errors:
 * BZT_ERR_JOB       the key has an intent (recover first), or it is part of
 *                   a job that must be finished first
 * BZT_ERR_CONFLICT  u1 or op is of another key or generation
 * On failure the key is unchanged and outputs are zero. ---- */

/* First step of a signature: ask for a nonce for M, which the phone has
 * parsed and shown.  No PIN, no intent yet.  Uses random.op_id. */
BZT_MUST_USE bzt_err bzt_phone_open(bzt_phone_op *op, bzt_open_request *out,
                                    const bzt_phone *phone,
                                    const bzt_phone_key *key, bzt_span message,
                                    const bzt_phone_random *random);
/* After BZT_NEXT_REOPEN: the same op_id, g, rho and message, a new nonce.
 * BZT_ERR_NONCE_GONE  asked often enough without the holder: recover
 * BZT_ERR_CONFLICT    another message */
BZT_MUST_USE bzt_err bzt_phone_reopen(bzt_open_request *out, bzt_phone_op *op,
                                      const bzt_phone *phone,
                                      const bzt_phone_key *key,
                                      bzt_span message);
/* Second step: checks the server's proof under the phone's own e and g, then
 * makes the half.  The key now holds the intent.  Uses random.nonce and, the
 * first time, random.rho.
 * BZT_ERR_PROOF  the server does not know this nonce or means another
 *                message: stop.  No PIN was used, no try is lost; after a
 *                reopen the intent stays. */
BZT_MUST_USE bzt_err bzt_phone_sign(bzt_phone_op *op, bzt_phone_key *key,
                                    bzt_sign_request *out,
                                    const bzt_phone *phone,
                                    const bzt_open_answer *opened,
                                    const bzt_u1 *u1,
                                    const bzt_phone_random *random);
/* After settle.  BZT_ERR_SIGNATURE: not the signature that was asked for. */
BZT_MUST_USE bzt_err bzt_phone_sign_result(bzt_sm2_signature *out,
                                           const bzt_phone_op *op,
                                           const bzt_key_answer *answer);

/* points: C1 of each, kept by the caller until the result.  about: SM3 over
 * requester, its one-time key and what the holder was shown.  Uses
 * random.op_id, rho, proof.
 * BZT_ERR_RANGE  no point or more than BZT_DECRYPT_POINTS
 * BZT_ERR_POINT  one of them is not a point */
typedef struct bzt_decrypt_input {
    const uint8_t (*points)[65];
    size_t points_n;
    bzt_span about;
} bzt_decrypt_input;
BZT_MUST_USE bzt_err bzt_phone_decrypt(bzt_phone_op *op, bzt_phone_key *key,
                                       bzt_decrypt_request *out,
                                       const bzt_phone *phone,
                                       const bzt_decrypt_input *in,
                                       const bzt_u1 *u1,
                                       const bzt_phone_random *random);
/* d*C1 of each into out[points_n], secret.  BZT_ERR_POINT: a point of the
 * answer is bad, or their number is wrong; then out is all zero. */
BZT_MUST_USE bzt_err bzt_phone_decrypt_result(uint8_t (*out)[65],
                                              const bzt_phone_op *op,
                                              const bzt_decrypt_input *in,
                                              const bzt_key_answer *answer);
/* From a shared point to the plaintext: out has c2.len bytes.
 * BZT_ERR_DECRYPT: C3 does not fit; out is then zero. */
BZT_MUST_USE bzt_err bzt_shared_open(uint8_t *out, const uint8_t shared[65],
                                     const uint8_t c3[32], bzt_span c2);

/* Uses random.op_id, rho, proof. */
BZT_MUST_USE bzt_err bzt_phone_authorise(bzt_phone_op *op, bzt_phone_key *key,
                                         bzt_authorise_request *out,
                                         const bzt_phone *phone, bzt_span act,
                                         const bzt_u1 *u1,
                                         const bzt_phone_random *random);

/* The one place where it is decided what an answer does to an intent: only a
 * success, wrong_pin or refused that names its op_id ends it.  Returns
 * answer.err; for a success that names another operation BZT_ERR_BUSY.
 * `op` may be NULL (then nonce_gone gives RECOVER). */
BZT_MUST_USE bzt_err bzt_phone_settle(bzt_phone_key *key, bzt_told *told,
                                      const bzt_phone_op *op,
                                      const bzt_key_answer *answer);

/* What became of the key's intent?  No PIN.  BZT_ERR_CONFLICT: there is no
 * intent, or the key is arriving. */
BZT_MUST_USE bzt_err bzt_phone_recover(bzt_recover_request *out,
                                       const bzt_phone *phone,
                                       const bzt_phone_key *key);
/* BZT_OK with RESULT (answer.outcome says of what kind; a signature is in
 * the answer and still to be verified against its message) or VOID;
 * BZT_ERR_WRONG_PIN with DROPPED; else the intent stays. */
BZT_MUST_USE bzt_err bzt_phone_recover_settle(bzt_phone_key *key,
                                              bzt_told *told,
                                              const bzt_key_answer *answer);

/* ---- Jobs ---- */

/* Begin, or go on with, a job on these keys; write the phone.  `of` names
 * the entry (PIN) or comes from bzt_transfer_code_hash.  job_id: 16 random
 * bytes.  BZT_ERR_JOB: another job is unfinished.  BZT_ERR_RANGE: no key or
 * too many. */
BZT_MUST_USE bzt_err bzt_phone_job_begin(bzt_phone *phone, bzt_job_kind kind,
                                         const uint8_t of[32],
                                         const uint8_t (*keys)[16],
                                         size_t keys_n,
                                         const uint8_t job_id[16]);
void bzt_transfer_code_hash(uint8_t of[32], const bzt_transfer_code *code);

typedef enum bzt_todo {
    BZT_TODO_END = 0, /* every key is done: bzt_phone_job_end */
    BZT_TODO_RECOVER, /* keys[which] has an intent */
    BZT_TODO_CHECK,   /* prove the new PIN on keys[which], which is done */
    BZT_TODO_STEP     /* change the PIN of, or move, keys[which] */
} bzt_todo;
/* What comes next.  keys: those of the job, in any order.  proved: 1 once a
 * check or a step of this run (since the PINs were typed) has succeeded. */
bzt_todo bzt_phone_job_next(size_t *which, const bzt_phone *phone,
                            const bzt_phone_key *const *keys, size_t keys_n,
                            uint32_t proved);
/* End the job; write the phone.  BZT_ERR_JOB: a key is not done, and it is
 * not a job that may end early: a PIN change of which nothing is done and no
 * step is under way, or any move. */
BZT_MUST_USE bzt_err bzt_phone_job_end(bzt_phone *phone,
                                       const bzt_phone_key *const *keys,
                                       size_t keys_n);

/* A step of a PIN change, an authorise for `change pin`: mask and roll are
 * one write.  BZT_ERR_JOB as well when no PIN change is under way for this
 * key.  The new PIN has passed bzt_pin_check. */
typedef struct bzt_pin_change {
    const bzt_pin *old_pin, *new_pin;
} bzt_pin_change;
BZT_MUST_USE bzt_err bzt_phone_change_pin(bzt_phone_op *op, bzt_phone_key *key,
                                          bzt_authorise_request *out,
                                          const bzt_phone *phone,
                                          const bzt_pin_change *pins,
                                          const bzt_phone_random *random);
/* An authorise for `check pin`, on a key that is done. u1: of the new PIN. */
BZT_MUST_USE bzt_err bzt_phone_check_pin(bzt_phone_op *op, bzt_phone_key *key,
                                         bzt_authorise_request *out,
                                         const bzt_phone *phone,
                                         const bzt_u1 *u1,
                                         const bzt_phone_random *random);

/* ---- Moving to another phone ---- */

/* New phone: what it shows; write t and keep it until all is done.
 * random: 48 bytes, secret: 16. */
BZT_MUST_USE bzt_err bzt_transfer_new(bzt_transfer *t, bzt_transfer_code *code,
                                      const bzt_phone *phone,
                                      const uint8_t random[48],
                                      const uint8_t secret[16]);
/* Old phone: a step of a move job.  Uses random.op_id, rho, seal, proof. */
BZT_MUST_USE bzt_err bzt_phone_move(bzt_phone_op *op, bzt_phone_key *key,
                                    bzt_move_request *out,
                                    const bzt_phone *phone,
                                    const bzt_transfer_code *code,
                                    const bzt_u1 *u1,
                                    const bzt_phone_random *random);
BZT_MUST_USE bzt_err bzt_phone_blobs(bzt_blobs_request *out,
                                     const bzt_phone *phone);
/* New phone: open a blob for a key that it does not hold yet.  The copy has
 * its intent; write it, then arrive.  Uses random.op_id, rho.
 * BZT_ERR_MAC      not from the phone that read our code
 * BZT_ERR_DECRYPT  not for this one-time key; BZT_ERR_ENCODING, RANGE,
 * BZT_ERR_POINT    another key, or not a key */
BZT_MUST_USE bzt_err bzt_phone_copy(bzt_phone_key *out, const bzt_transfer *t,
                                    const uint8_t key_id[16],
                                    const uint8_t blob[BZT_BLOB_SIZE],
                                    const bzt_phone_random *random);
/* The same request every time, until it is answered done or cancelled.
 * BZT_ERR_CONFLICT: the key is not arriving. */
BZT_MUST_USE bzt_err bzt_phone_arrive(bzt_arrive_request *out,
                                      const bzt_phone *phone,
                                      const bzt_phone_key *key);
/* RESULT: the key is ours; DELETE: only for `cancelled` naming the op_id. */
BZT_MUST_USE bzt_err bzt_phone_arrive_settle(bzt_phone_key *key, bzt_told *told,
                                             const bzt_key_answer *answer);

#ifdef __cplusplus
}
#endif
#endif
