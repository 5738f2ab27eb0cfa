/* The one table of messages (protocol.md, Messages).  Pure. */
#include "wire.h"
#include "core/bytes.h"
#include "core/ct.h"
#include "core/text.h"
#include "must.h"
#include <string.h>

enum { MAC_FIELDS = 10, CONTEXT_FIELDS = 7 };

typedef struct message {
    const char *kind;
    uint8_t mac[MAC_FIELDS];
    const char *context_kind; /* NULL: nothing is proved */
    uint8_t context[CONTEXT_FIELDS];
} message;

static const message messages[WIRE_KINDS] = {
    [WIRE_NEW] = {"new", {WIRE_DEVICE_ID, WIRE_USE}, NULL, {0}},
    [WIRE_KEYGEN] = {"keygen",
                     {WIRE_KEY_ID, WIRE_V1, WIRE_A, WIRE_Z},
                     "keygen",
                     {WIRE_KEY_ID, WIRE_DEVICE_ID, WIRE_USE}},
    [WIRE_IMPORT] = {"import",
                     {WIRE_KEY_ID, WIRE_SEALED, WIRE_P, WIRE_A, WIRE_Z},
                     "import",
                     {WIRE_KEY_ID, WIRE_DEVICE_ID, WIRE_USE, WIRE_P}},
    [WIRE_OPEN] = {"open",
                   {WIRE_KEY_ID, WIRE_OP_ID, WIRE_G, WIRE_MESSAGE},
                   "nonce",
                   {WIRE_KEY_ID, WIRE_G, WIRE_E}},
    [WIRE_SIGN] = {"sign",
                   {WIRE_KEY_ID, WIRE_OP_ID, WIRE_G, WIRE_RHO, WIRE_QS, WIRE_R,
                    WIRE_P2, WIRE_P3},
                   NULL,
                   {0}},
    [WIRE_DECRYPT] = {"decrypt",
                      {WIRE_KEY_ID, WIRE_OP_ID, WIRE_G, WIRE_RHO, WIRE_POINTS,
                       WIRE_A, WIRE_Z},
                      "decrypt",
                      {WIRE_KEY_ID, WIRE_OP_ID, WIRE_G, WIRE_RHO, WIRE_ABOUT,
                       WIRE_POINTS}},
    [WIRE_AUTHORISE] = {"authorise",
                        {WIRE_KEY_ID, WIRE_OP_ID, WIRE_G, WIRE_RHO,
                         WIRE_ACT_HASH, WIRE_A, WIRE_Z},
                        "authorise",
                        {WIRE_KEY_ID, WIRE_OP_ID, WIRE_G, WIRE_RHO, WIRE_ACT}},
    [WIRE_MOVE] = {"move",
                   {WIRE_KEY_ID, WIRE_OP_ID, WIRE_G, WIRE_RHO, WIRE_TO_DEVICE,
                    WIRE_BLOB_HASH, WIRE_A, WIRE_Z},
                   "move",
                   {WIRE_KEY_ID, WIRE_OP_ID, WIRE_G, WIRE_RHO, WIRE_TO_DEVICE,
                    WIRE_BLOB_HASH}},
    [WIRE_ARRIVE] = {"arrive",
                     {WIRE_KEY_ID, WIRE_OP_ID, WIRE_G, WIRE_RHO,
                      WIRE_BLOB_HASH},
                     NULL,
                     {0}},
    [WIRE_BLOBS] = {"blobs", {WIRE_DEVICE_ID}, NULL, {0}},
    [WIRE_RECOVER] = {"recover", {WIRE_KEY_ID, WIRE_OP_ID, WIRE_G}, NULL, {0}},
    [WIRE_BLOB] = {"blob", {WIRE_KEY_ID, WIRE_BODY}, NULL, {0}},
};

const uint8_t wire_base[65] = {
    0x04, 0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19, 0x5f, 0x99,
    0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94, 0x8f, 0xe3, 0x0b, 0xbf, 0xf2,
    0x66, 0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7,
    0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c, 0x59, 0xbd, 0xce,
    0xe3, 0x6b, 0x69, 0x21, 0x53, 0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a,
    0x47, 0x40, 0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0};

void wire_init(wire *w, wire_kind kind, const uint8_t *key_id)
{
    memset(w, 0, sizeof *w);
    w->kind = kind;
    if (key_id)
        wire_set(w, WIRE_KEY_ID, key_id, 16);
}

void wire_set(wire *w, wire_field field, const void *p, size_t len)
{
    /* An empty value (the act "") is still a value. */
    w->v[field] = (bzt_span){p ? p : w->g, len};
}

void wire_set_g(wire *w, uint64_t g)
{
    store_be64(w->g, g);
    wire_set(w, WIRE_G, w->g, sizeof w->g);
}

void wire_set_use(wire *w, bzt_key_use use)
{
    const char *name = bzt_key_use_name(use);
    must(name != NULL);
    w->v[WIRE_USE] = text_span(name);
}

void wire_set_hash(wire *w, wire_field field, bzt_span data)
{
    sm3_digest(w->hash, data);
    wire_set(w, field, w->hash, sizeof w->hash);
}

void wire_set_op(wire *w, const uint8_t op_id[16], uint64_t g,
                 const uint8_t *rho)
{
    wire_set(w, WIRE_OP_ID, op_id, 16);
    wire_set_g(w, g);
    if (rho)
        wire_set(w, WIRE_RHO, rho, 32);
}

static bzt_span value(const wire *w, uint8_t field)
{
    must(w->v[field].p != NULL);
    return w->v[field];
}

void wire_mac(uint8_t tag[32], const wire *w, bzt_span key)
{
    const message *m = &messages[w->kind];
    hmac_sm3 h;
    hmac_sm3_init(&h, key);
    hmac_sm3_field(&h, text_span(m->kind));
    for (int i = 0; i < MAC_FIELDS && m->mac[i]; i++)
        hmac_sm3_field(&h, value(w, m->mac[i]));
    hmac_sm3_final(&h, tag);
}

void wire_mac_login(uint8_t tag[32], const wire_login *login, bzt_span key)
{
    uint8_t at[8], digest[32];
    hmac_sm3 h;
    store_be64(at, (uint64_t)login->at_ms);
    sm3_digest(digest, login->number);
    hmac_sm3_init(&h, key);
    hmac_sm3_field(&h, BZT_SPAN_LIT("login"));
    hmac_sm3_field(&h, (bzt_span){login->device_id, 16});
    hmac_sm3_field(&h, (bzt_span){at, sizeof at});
    hmac_sm3_field(&h, (bzt_span){digest, sizeof digest});
    hmac_sm3_final(&h, tag);
}

void wire_mac_device(uint8_t tag[32], const wire *w, const bzt_device_key *key)
{
    wire_mac(tag, w, (bzt_span){key->k, sizeof key->k});
    ct_public_bytes(tag, 32); /* it is sent */
}

uint32_t wire_is_mac(const wire *w, bzt_span key, const uint8_t tag[32])
{
    uint8_t right[32];
    wire_mac(right, w, key);
    uint32_t ok = ct_is_equal(right, tag, sizeof right);
    memset(right, 0, sizeof right);
    ct_public(ok); /* the answer tells it */
    return ok;
}

void wire_feed(xof *x, const void *p, size_t len)
{
    uint8_t head[4];
    store_be32(head, (uint32_t)len);
    xof_update(x, head, sizeof head);
    xof_update(x, p, len);
}

static const message *proved(const wire *w)
{
    const message *m = &messages[w->kind];
    must(m->context_kind != NULL);
    return m;
}

void wire_feed_context(xof *x, const wire *w)
{
    const message *m = proved(w);
    bzt_span kind = text_span(m->context_kind);
    wire_feed(x, kind.p, kind.len);
    for (int i = 0; i < CONTEXT_FIELDS && m->context[i]; i++) {
        bzt_span part = value(w, m->context[i]);
        wire_feed(x, part.p, part.len);
    }
}

void wire_feed_context_part(xof *x, const wire *w)
{
    const message *m = proved(w);
    size_t len = 4 + text_span(m->context_kind).len;
    for (int i = 0; i < CONTEXT_FIELDS && m->context[i]; i++)
        len += 4 + value(w, m->context[i]).len;
    uint8_t head[4];
    store_be32(head, (uint32_t)len);
    xof_update(x, head, sizeof head);
    wire_feed_context(x, w);
}
