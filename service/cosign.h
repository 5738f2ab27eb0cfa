/* Operations on split keys: loads a row, runs the pure step of
 * cosign/server.h, commits its effect, and only then answers.
 *
 * Every function fills *reply also when it fails: an error that names its
 * operation has reply->named set.  BZT_ERR_UNKNOWN_OUTCOME: no answer may be
 * given at all.  Replies hold secrets of the moment: cosign_reply_wipe.
 */
#ifndef BZT_SERVICE_COSIGN_H
#define BZT_SERVICE_COSIGN_H

#include "base/arena.h"
#include "service.h"
#include <bzt/cosign.h>

typedef struct cosign_reply {
    int named;      /* the answer names id */
    uint8_t id[16]; /* op_id; at key making the key_id */
    uint32_t wrong; /* success: wrong tries that it cleared */
    uint32_t tries_left, wait_seconds;
    bzt_outcome outcome;
    bzt_sm2_signature signature;
    bzt_keygen_answer keygen;
    bzt_open_answer open;
    uint8_t (*points)[65]; /* decrypt, in the arena */
    size_t points_n;
} cosign_reply;

void cosign_reply_wipe(cosign_reply *reply);

/* Who calls: the session's person and phone. */
typedef struct cosign_caller {
    service *s;
    arena *a;
    const uint8_t *person, *device;
    const uint8_t *session; /* 32 bytes: its token's hash */
} cosign_caller;

/* What a message or a decryption is for. */
typedef enum cosign_for_kind {
    COSIGN_FOR_REQUEST = 1, /* req_… */
    COSIGN_FOR_APPLICATION, /* app_…: its certificate request */
    COSIGN_FOR_KEY          /* key_…: a test of the key itself */
} cosign_for_kind;

typedef struct cosign_for {
    cosign_for_kind kind;
    uint8_t id[16];
} cosign_for;

/* 4096 live nonces of this node.  BZT_ERR_MEMORY. */
struct nonce_table;
BZT_MUST_USE bzt_err nonce_table_new(struct nonce_table **out);
void nonce_table_free(struct nonce_table *t); /* wipes */
void nonce_table_expire(struct nonce_table *t, int64_t now_ms);

BZT_MUST_USE bzt_err cosign_new(const cosign_caller *by, cosign_reply *reply,
                                const bzt_new_request *request);
BZT_MUST_USE bzt_err cosign_keygen(const cosign_caller *by, cosign_reply *reply,
                                   const bzt_keygen_request *request);
BZT_MUST_USE bzt_err cosign_import(const cosign_caller *by, cosign_reply *reply,
                                   const bzt_import_request *request);
BZT_MUST_USE bzt_err cosign_open(const cosign_caller *by, cosign_reply *reply,
                                 const bzt_open_request *request,
                                 const cosign_for *what);
BZT_MUST_USE bzt_err cosign_sign(const cosign_caller *by, cosign_reply *reply,
                                 const bzt_sign_request *request);
BZT_MUST_USE bzt_err cosign_decrypt(const cosign_caller *by,
                                    cosign_reply *reply,
                                    const bzt_decrypt_request *request,
                                    const cosign_for *what);
BZT_MUST_USE bzt_err cosign_authorise(const cosign_caller *by,
                                      cosign_reply *reply,
                                      const bzt_authorise_request *request);
BZT_MUST_USE bzt_err cosign_move(const cosign_caller *by, cosign_reply *reply,
                                 const bzt_move_request *request);
BZT_MUST_USE bzt_err cosign_arrive(const cosign_caller *by, cosign_reply *reply,
                                   const bzt_arrive_request *request);
BZT_MUST_USE bzt_err cosign_recover(const cosign_caller *by,
                                    cosign_reply *reply,
                                    const bzt_recover_request *request);

typedef struct cosign_blob {
    uint8_t key_id[16];
    bzt_span blob;
} cosign_blob;
BZT_MUST_USE bzt_err cosign_blobs(const cosign_caller *by, cosign_blob **out,
                                  size_t *n, const bzt_blobs_request *request);

/* A reviewer permits that the PIN lock of a key is lifted (24 hours).
 * BZT_ERR_NOT_FOUND; BZT_ERR_CONFLICT: it is not PIN-locked. */
BZT_MUST_USE bzt_err cosign_permit_unlock(service *s, arena *a,
                                          const uint8_t staff[16],
                                          const uint8_t tenant[16],
                                          const uint8_t key[16], int approved);

/* The phone brings a new device key; permitted keys become live. */
typedef struct cosign_unlocked {
    uint8_t (*keys)[16]; /* in the arena */
    size_t keys_n;
    int64_t tries;
} cosign_unlocked;
BZT_MUST_USE bzt_err cosign_unlock(const cosign_caller *by,
                                   cosign_unlocked *out, bzt_span sealed);

/* Keys that nobody finished making. */
BZT_MUST_USE bzt_err cosign_forget_unfinished(service *s);

#endif
