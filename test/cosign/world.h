/* A small world for tests of the key protocol: a server with its rows, phones
 * with their keys, a clock that stands still, and a line that can lose,
 * repeat and delay. */
#ifndef BZT_TEST_COSIGN_WORLD_H
#define BZT_TEST_COSIGN_WORLD_H

#include "cosign/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { KEYS = 6, DEVICES = 4, SEEN = 16, POINTS = 4 };

typedef struct server_key {
    cosign_row row;
    cosign_share share;
    uint8_t blob[BZT_BLOB_SIZE];
    struct {
        uint8_t op_id[16];
        bzt_outcome outcome;
    } seen[SEEN]; /* the newest first */
} server_key;

typedef struct server_device {
    cosign_device device;
    uint32_t failures;
} server_device;

typedef struct client {
    bzt_phone phone;
    bzt_phone_key keys[KEYS];
    int keys_n;
    bzt_transfer transfer;
    uint32_t alarm; /* tries that somebody else made */
} client;

/* How the next request travels. */
typedef struct travel {
    int times;  /* how often it is delivered */
    int answer; /* which delivery's answer comes back; -1: none */
} travel;
static const travel once = {1, 0}, lost = {1, -1}, late = {0, -1},
                    twice = {2, 1};

/* The last request that was sent, of any kind. */
typedef struct sent {
    bzt_outcome kind; /* what the operation is */
    bzt_sign_request sign;
    bzt_decrypt_request decrypt;
    bzt_authorise_request authorise;
    bzt_move_request move;
    uint8_t points[POINTS][65];
    uint8_t act[64];
} sent;

typedef struct world {
    server_key keys[KEYS];
    int keys_n;
    server_device devices[DEVICES];
    int devices_n;
    cosign_nonces nonces;
    cosign_nonce slots[COSIGN_NONCE_WAYS];
    bzt_sm2_key transport;
    uint8_t transport_point[65];
    int64_t now_ms;
    uint64_t draws;
    travel travel; /* of the operation's own request; then `once` again */
    uint32_t lose_nonces; /* so many times a node restarts before `sign` */
    uint32_t busy;        /* 1: another node commits first, once */
    uint32_t tell;        /* every effect's */
    uint32_t commits;
    uint8_t points[POINTS][65]; /* halves of the last answer */
    cosign_effect effect;       /* the last one */
    sent sent;
} world;

#define PIN_RIGHT "271828"
#define PIN_WRONG "000000"
#define PIN_NEW   "314159"

void world_init(world *w, const char *seed);
void draw(world *w, void *out, size_t len);
bzt_phone_random draw_random(world *w);
bzt_pin pin_of(const char *digits);

/* A phone of user 1, 2, ... */
void add_phone(world *w, client *c, int user);
server_device *device_of(world *w, const uint8_t device_id[16]);
server_key *key_of(world *w, const uint8_t key_id[16]);

/* A key made with PIN_RIGHT; the phone's copy. */
bzt_phone_key *add_key(world *w, client *c, bzt_key_use use);
bzt_phone_key *add_imported(world *w, client *c, const bzt_sm2_key *d);
/* The request for it, with a key id that was given out. */
void give_key_id(world *w, client *c, uint8_t key_id[16], bzt_key_use use);

/* The server's endpoints: read, step, commit, answer. */
void serve_open(world *w, bzt_err *err, bzt_open_answer *a,
                const bzt_open_request *q);
void serve_sign(world *w, bzt_key_answer *a, const bzt_sign_request *q);
void serve_decrypt(world *w, bzt_key_answer *a, const bzt_decrypt_request *q,
                   bzt_span about);
void serve_authorise(world *w, bzt_key_answer *a,
                     const bzt_authorise_request *q);
void serve_move(world *w, bzt_key_answer *a, const bzt_move_request *q);
void serve_arrive(world *w, bzt_key_answer *a, const uint8_t device_id[16],
                  const bzt_arrive_request *q);
void serve_recover(world *w, bzt_key_answer *a, const bzt_recover_request *q);
/* The last request once more: its answer's error. */
bzt_err serve_again(world *w);
void unlock(world *w, client *c);

/* The phone's operations, whole; the error that the holder sees, or
 * BZT_ERR_IO when no answer came. */
bzt_err do_sign(world *w, client *c, bzt_phone_key *key, const char *pin,
                const char *message);
bzt_err do_decrypt(world *w, client *c, bzt_phone_key *key, const char *pin);
bzt_err do_authorise(world *w, client *c, bzt_phone_key *key, const char *pin,
                     const char *act);
bzt_err do_recover(world *w, client *c, bzt_phone_key *key,
                   bzt_outcome *outcome);
bzt_err do_change_pin(world *w, client *c, const char *old_pin,
                      const char *new_pin);
bzt_err do_move(world *w, client *c, const bzt_transfer_code *code,
                const char *pin);
void show_code(world *w, client *c, bzt_transfer_code *code);
/* Copies whatever waits, then reports each; BZT_OK if all arrived. */
bzt_err do_copy(world *w, client *c);
bzt_err do_arrive(world *w, client *c);

/* u1 for a PIN; open and make the half, without sending it. */
void derive(bzt_u1 *u1, const bzt_phone_key *key, const char *pin);
void prepare_sign(world *w, client *c, bzt_phone_key *key, bzt_phone_op *op,
                  bzt_sign_request *q, const char *pin, const char *message);
/* The MAC of a request that was changed: the thief has the device key. */
void seal_sign(const client *c, bzt_sign_request *q);
void seal_decrypt(const client *c, bzt_decrypt_request *q);

/* C1 = k*G for small k. */
void small_point(uint8_t out[65], uint32_t k);
/* Do the bytes of needle stand anywhere in hay? */
int stands_in(const void *hay, size_t hay_len, const void *needle,
              size_t needle_len);
extern const uint8_t order[32]; /* n */

#endif
