/* What the messages of the key protocol are made of: fields(), and the one
 * table of every kind's MAC and context (protocol.md, Messages).
 *
 * Nobody else spells out a MAC or a context: a field that is forgotten on one
 * side would let a proof for one act be used for another.
 */
#ifndef BZT_COSIGN_WIRE_H
#define BZT_COSIGN_WIRE_H

#include "core/sm3.h"
#include <bzt/cosign.h>

typedef enum wire_kind {
    WIRE_NEW,
    WIRE_KEYGEN,
    WIRE_IMPORT,
    WIRE_OPEN,
    WIRE_SIGN,
    WIRE_DECRYPT,
    WIRE_AUTHORISE,
    WIRE_MOVE,
    WIRE_ARRIVE,
    WIRE_BLOBS,
    WIRE_RECOVER,
    WIRE_BLOB,
    WIRE_KINDS
} wire_kind;

typedef enum wire_field {
    WIRE_END = 0,
    WIRE_KEY_ID,
    WIRE_DEVICE_ID,
    WIRE_USE,
    WIRE_V1,
    WIRE_A,
    WIRE_Z,
    WIRE_SEALED,
    WIRE_P,
    WIRE_OP_ID,
    WIRE_G,
    WIRE_MESSAGE, /* SM3(M) */
    WIRE_RHO,
    WIRE_QS,
    WIRE_R,
    WIRE_P2,
    WIRE_P3,
    WIRE_POINTS, /* SM3 over all C1 */
    WIRE_ABOUT,
    WIRE_ACT,
    WIRE_ACT_HASH,
    WIRE_TO_DEVICE,
    WIRE_BLOB_HASH,
    WIRE_E,
    WIRE_BODY,
    WIRE_FIELDS
} wire_field;

/* Values of one message: loans, but for what is kept here.  Not copied. */
typedef struct wire {
    wire_kind kind;
    bzt_span v[WIRE_FIELDS];
    uint8_t g[8];
    uint8_t hash[32]; /* of message, points, act or blob */
} wire;

/* key_id may be NULL where the kind has none. */
void wire_init(wire *w, wire_kind kind, const uint8_t *key_id);
void wire_set(wire *w, wire_field field, const void *p, size_t len);
void wire_set_g(wire *w, uint64_t g);
void wire_set_use(wire *w, bzt_key_use use);
/* The SM3 of data as this field. */
void wire_set_hash(wire *w, wire_field field, bzt_span data);
/* op_id, g and rho, which every operation has. */
void wire_set_op(wire *w, const uint8_t op_id[16], uint64_t g,
                 const uint8_t *rho);

/* HMAC-SM3 over fields(kind, ...) as the table says.  A field of the table
 * that was not set is a broken contract. */
void wire_mac(uint8_t tag[32], const wire *w, bzt_span key);
void wire_mac_device(uint8_t tag[32], const wire *w, const bzt_device_key *key);
/* 1 when tag is right; compared in constant time, the verdict is public. */
uint32_t wire_is_mac(const wire *w, bzt_span key, const uint8_t tag[32]);

/* The proof of the phone at a login (doc/api.md), which both ends compute:
 * fields("login", device_id, at, SM3(number)) under the device key. */
typedef struct wire_login {
    const uint8_t *device_id; /* 16 bytes */
    int64_t at_ms;
    bzt_span number; /* the phone number, as text */
} wire_login;
void wire_mac_login(uint8_t tag[32], const wire_login *login, bzt_span key);

/* Feed one part of fields(): its length in 4 bytes, then its bytes. */
void wire_feed(xof *x, const void *p, size_t len);
/* Feed the context of w's kind: as it is, or as one part. */
void wire_feed_context(xof *x, const wire *w);
void wire_feed_context_part(xof *x, const wire *w);

/* The base point G, 04 || x || y. */
extern const uint8_t wire_base[65];

#endif
