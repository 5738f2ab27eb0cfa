/* The server's side of the key protocol (doc/protocol/protocol.md): pure step
 * functions over rows that the service loads and stores.
 *
 * One operation:
 *   1. read the key's row, what is remembered of the request's op_id, the
 *      device's key, and the database's time;
 *   2. call the step: it returns the answer as a bzt_err and fills `effect`;
 *   3. if effect.commit: in ONE durable transaction lock the device row, then
 *      write effect.after (and u2, op_id, tries) on condition that the row's
 *      g, failures and state are still those of the row that was read.  No
 *      row hit: nothing is written and the answer is BZT_ERR_BUSY;
 *   4. only then let the answer leave, naming the op_id (at key making the
 *      key_id), also for errors: wrong PINs and clone locks commit as well.
 *      Outcome of COMMIT unknown: no answer, close the connection.
 * Operations of one key run one at a time; correctness rests on the condition
 * alone.  All times are milliseconds UTC of the database's clock.
 *
 * A step checks, in this order: MAC, form (REFUSED); op_id remembered
 * (WRONG_PIN if it was wrong, else SEEN); not live (LOCKED); g (CLONE,
 * BEHIND; `open`: STALE); waiting (WAIT); nonce (NONCE_GONE); the PIN.
 */
#ifndef BZT_COSIGN_SERVER_H
#define BZT_COSIGN_SERVER_H

#include <bzt/cosign.h>

/* u2: secret, sealed at rest. */
typedef struct cosign_share {
    uint8_t u2[32];
} cosign_share;

void cosign_share_wipe(cosign_share *share);

/* The numbers are stored.  Only a live key does anything. */
typedef enum cosign_state {
    COSIGN_NEW = 0, /* id given out, no key yet */
    COSIGN_LIVE = 1,
    COSIGN_PIN = 2,   /* wrong tries; lifted by cosign_server_unlock */
    COSIGN_CLONE = 3, /* two copies: never lifted, reissued */
    COSIGN_FROZEN = 4 /* lost phone, destroyed, revoked by its holder */
} cosign_state;

/* The last operation that moved g on. */
typedef struct cosign_last {
    bzt_outcome kind; /* NONE before the first */
    uint8_t op_id[16];
    bzt_sm2_signature signature; /* kind SIGN; else zero */
    uint32_t wrong;              /* wrong tries that it cleared */
} cosign_last;

/* A transfer that waits for the new phone; the service keeps the blob. */
typedef struct cosign_moving {
    uint32_t present;
    uint64_t g;
    uint8_t to_device[16];
    uint8_t blob_hash[32];
} cosign_moving;

typedef struct cosign_row {
    uint8_t key_id[16];
    uint8_t device_id[16]; /* the phone that it belongs to */
    bzt_key_use use;
    cosign_state state;
    uint64_t g;
    uint32_t failures;     /* wrong tries since the last success */
    int64_t wait_until_ms; /* 0: no wait */
    uint8_t P[65];         /* zero while NEW */
    cosign_last last;
    cosign_moving moving;
    /* What is remembered of the op_id of THIS request (the op_ids of the
     * last ten minutes, and at least the last 16 of the key, are kept with
     * their outcomes): a lookup by (key_id, op_id), not a column. */
    bzt_outcome seen;
} cosign_row;

enum { COSIGN_REMEMBERED = 16, COSIGN_REMEMBERED_MS = 600000 };

typedef struct cosign_device {
    uint8_t device_id[16];
    uint8_t user_id[16];
    bzt_device_key key; /* secret */
} cosign_device;

/* The phone-wide count of wrong tries: an increment in the transaction. */
typedef enum cosign_tries {
    COSIGN_TRIES_KEEP = 0,
    COSIGN_TRIES_ADD, /* failures + 1; see cosign_device_locks */
    COSIGN_TRIES_CLEAR
} cosign_tries;

/* Who must be told; bits.  The audit log has every one of them. */
enum {
    COSIGN_TELL_CLONE = 1,  /* holder and administrators: clone lock */
    COSIGN_TELL_BEHIND = 2, /* operators: the server has lost data */
    COSIGN_TELL_STALE = 4,  /* holder: `open` with an old generation */
    COSIGN_TELL_WRONG = 8,  /* audit: a wrong PIN */
    COSIGN_TELL_LOCKED = 16 /* holder: that was the last try */
};

typedef struct cosign_effect {
    uint32_t commit;    /* 1: apply the following before any answer leaves */
    cosign_row after;   /* the whole row; its `seen` means nothing */
    uint32_t new_share; /* 1: u2 has changed, seal and store it */
    cosign_share share;
    bzt_outcome remember; /* outcome of this op_id to remember, or NONE */
    uint8_t op_id[16];    /* which: never a key id */
    cosign_tries tries;   /* of device `after.device_id` */
    uint32_t tell;        /* also when commit is 0 */

    /* For the answer: */
    uint8_t answer_id[16];       /* what every answer names */
    uint32_t wrong;              /* success: wrong tries that it cleared */
    uint32_t tries_left;         /* WRONG_PIN */
    uint32_t wait_seconds;       /* WRONG_PIN, WAIT */
    bzt_outcome outcome;         /* recover */
    bzt_sm2_signature signature; /* sign; recover of a sign */
} cosign_effect;

void cosign_effect_wipe(cosign_effect *effect);

/* After COSIGN_TRIES_ADD, with the phone's count as the transaction now has
 * it.  1: every LIVE key of the phone gets COSIGN_PIN in the same
 * transaction (keys in another state keep theirs); then the answer carries
 * no tries and no wait: cosign_effect_device_locked. */
uint32_t cosign_device_locks(uint32_t device_failures);
void cosign_effect_device_locked(cosign_effect *effect);

/* ---- Making keys.  Answers name the key_id. ---- */

/* BZT_ERR_REFUSED: MAC or use.  The caller then draws a key id. */
BZT_MUST_USE bzt_err cosign_server_new(const cosign_device *device,
                                       const bzt_new_request *request);
void cosign_row_init(cosign_row *row, const uint8_t key_id[16],
                     const uint8_t device_id[16], bzt_key_use use);

/* random: 96 bytes from the operating system.  BZT_ERR_REFUSED: MAC, point,
 * proof, or the key exists.  BZT_ERR_RANDOM: P would be infinity (2^-256):
 * ask again with other bytes.  On failure answer is zero. */
BZT_MUST_USE bzt_err cosign_server_keygen(cosign_effect *effect,
                                          bzt_keygen_answer *answer,
                                          const cosign_row *row,
                                          const cosign_device *device,
                                          const bzt_keygen_request *request,
                                          const uint8_t random[96]);

/* transport: the server's transport key.  certificate_P: public key of the
 * certificate that this key is for.  BZT_ERR_REFUSED as above, and: sealed
 * for another key, u2 out of range, P is not the certificate's, use. */
typedef struct cosign_import_context {
    const bzt_sm2_key *transport;
    uint8_t certificate_P[65];
} cosign_import_context;
BZT_MUST_USE bzt_err cosign_server_import(cosign_effect *effect,
                                          const cosign_row *row,
                                          const cosign_device *device,
                                          const bzt_import_request *request,
                                          const cosign_import_context *context);

/* ---- Nonces: this node's memory only ---- */

/* k of one opened signature.  Secret, never stored. */
typedef struct cosign_nonce {
    uint8_t key_id[16];
    uint8_t k[32];
    uint8_t Qs[65];
    uint8_t e[32];
    uint64_t g;
    int64_t until_ms; /* 0: the slot is free */
} cosign_nonce;

enum { COSIGN_NONCE_LIFE_MS = 180000, COSIGN_NONCE_WAYS = 8 };

/* A table over memory of the caller, who locks it: put and take are short.
 * sets * COSIGN_NONCE_WAYS slots, sets a power of two.  One live nonce per
 * key; a full set gives up its oldest (its phone opens again). */
typedef struct cosign_nonces {
    cosign_nonce *slots;
    size_t sets;
} cosign_nonces;

void cosign_nonces_init(cosign_nonces *table, cosign_nonce *slots, size_t sets);
/* Moves: nonce is wiped. */
void cosign_nonces_put(cosign_nonces *table, cosign_nonce *nonce,
                       int64_t now_ms);
/* Pops the nonce of this key, point and generation.  BZT_ERR_NONCE_GONE: it
 * is not there or has expired; then another nonce of the key is untouched
 * and out is zero. */
BZT_MUST_USE bzt_err cosign_nonces_take(cosign_nonce *out, cosign_nonces *table,
                                        const bzt_sign_request *request,
                                        int64_t now_ms);
/* Wipes what has expired; returns how many are live. */
size_t cosign_nonces_expire(cosign_nonces *table, int64_t now_ms);
void cosign_nonces_wipe(cosign_nonces *table);
void cosign_nonce_wipe(cosign_nonce *nonce);

/* ---- Signing ---- */

/* The service has checked that request.message is exactly the message that
 * it fixed for what the request is for.  Never commits.  random: 96 bytes.
 * On BZT_OK put the nonce, then answer.
 * REFUSED, LOCKED, STALE (told), BEHIND (told), WAIT. */
BZT_MUST_USE bzt_err cosign_server_open(
    cosign_effect *effect, cosign_nonce *nonce, bzt_open_answer *answer,
    const cosign_row *row, const cosign_share *share,
    const cosign_device *device, const bzt_open_request *request,
    const uint8_t random[96], int64_t now_ms);

/* Everything that is decided before the nonce: call it first, take the nonce
 * only on BZT_OK.  A CLONE here commits. */
BZT_MUST_USE bzt_err cosign_server_sign_admit(cosign_effect *effect,
                                              const cosign_row *row,
                                              const cosign_device *device,
                                              const bzt_sign_request *request,
                                              int64_t now_ms);
/* Spends nonce: wiped before return, whatever happens.  Checks everything
 * again.  BZT_OK: effect.signature verifies under the nonce's e. */
BZT_MUST_USE bzt_err cosign_server_sign(
    cosign_effect *effect, cosign_nonce *nonce, const cosign_row *row,
    const cosign_share *share, const cosign_device *device,
    const bzt_sign_request *request, int64_t now_ms);

/* ---- Other operations ---- */

/* halves: request.points_n points, w*C1 of each, secret until committed; on
 * failure all zero.  about: SM3 from the service's own record of what was
 * asked. */
BZT_MUST_USE bzt_err cosign_server_decrypt(
    cosign_effect *effect, uint8_t (*halves)[65], const cosign_row *row,
    const cosign_share *share, const cosign_device *device,
    const bzt_decrypt_request *request, bzt_span about, int64_t now_ms);

BZT_MUST_USE bzt_err
cosign_server_authorise(cosign_effect *effect, const cosign_row *row,
                        const cosign_share *share, const cosign_device *device,
                        const bzt_authorise_request *request, int64_t now_ms);

/* to: the device that request.to_device names, or NULL if there is none.
 * On success effect.after.moving is set; the service stores the blob with
 * it.  Any later operation clears `moving` again. */
BZT_MUST_USE bzt_err cosign_server_move(
    cosign_effect *effect, const cosign_row *row, const cosign_share *share,
    const cosign_device *device, const cosign_device *to,
    const bzt_move_request *request, int64_t now_ms);

/* BZT_ERR_REFUSED: MAC.  The answer is every blob that waits for device. */
BZT_MUST_USE bzt_err cosign_server_blobs(const cosign_device *device,
                                         const bzt_blobs_request *request);

/* device: the phone that asks, by its session; row.seen is by its op_id.
 * BZT_OK without commit: it had arrived before.  CANCELLED: no such transfer
 * any more. */
BZT_MUST_USE bzt_err cosign_server_arrive(cosign_effect *effect,
                                          const cosign_row *row,
                                          const cosign_share *share,
                                          const cosign_device *device,
                                          const bzt_arrive_request *request);

/* BZT_OK: effect.outcome (WRONG with tries_left and wait_seconds; SIGN with
 * the signature; never halves), effect.wrong.  Nothing known of it: it is
 * made VOID, with a commit. */
BZT_MUST_USE bzt_err cosign_server_recover(cosign_effect *effect,
                                           const cosign_row *row,
                                           const cosign_device *device,
                                           const bzt_recover_request *request,
                                           int64_t now_ms);

/* After the holder's identity check (for an enterprise's certificate another
 * administrator's authorised act as well), for each key of a phone whose
 * device key is being replaced in the same transaction.  Lifts a PIN lock
 * (then commit is 1), leaves every other state alone. */
void cosign_server_unlock(cosign_effect *effect, const cosign_row *row);

/* 1: a key with neither a certificate nor an application pending at a CA,
 * made a day ago: delete it. */
typedef struct cosign_sweep {
    int64_t made_ms;
    uint32_t has_certificate, has_pending;
} cosign_sweep;
uint32_t cosign_is_sweepable(const cosign_sweep *key, int64_t now_ms);

/* For a key that does not exist: the same answer as a wrong MAC. */
void cosign_effect_unknown(cosign_effect *effect, const uint8_t answer_id[16]);

#endif
