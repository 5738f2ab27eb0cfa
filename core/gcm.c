/* SM4-GCM: NIST SP 800-38D with a nonce of 96 bits and a tag of 128, as
 * RFC 8998 uses it.  Under such a nonce the 32-bit counter starts at 2 and
 * does not come round within the longest message allowed. */
#include "sm4.h"

#include "bytes.h"
#include "ct.h"
#include "sm4_lanes.h"
#include "wipe.h"

#include <string.h>

enum { BLOCK = 16, CHUNK = 4096 };

typedef struct gcm {
    const sm4_lanes *lanes;
    sm4_key key;
    ghash_key h;
    uint8_t y[BLOCK];
    uint8_t first[BLOCK];   /* E(J0) */
    uint8_t counter[BLOCK]; /* of the next block of data */
} gcm;

/* 5.2.1.1: len(P) <= 2^39 - 256 bits. */
static int is_too_long(size_t len)
{
    return (uint64_t)len > (((uint64_t)1 << 36) - 32);
}

static void gcm_init(gcm *g, const uint8_t key[16], const uint8_t nonce[12])
{
    uint8_t two[2 * BLOCK] = {0}; /* E(0) is H, E(J0) hides the tag */
    memset(g, 0, sizeof(*g));
    g->lanes = sm4_lanes_pick();
    sm4_init_encrypt(&g->key, key);
    memcpy(g->counter, nonce, 12);
    g->counter[15] = 1;
    memcpy(two + BLOCK, g->counter, BLOCK);
    g->lanes->blocks(two, &g->key, two, 2);
    g->lanes->ghash_init(&g->h, two);
    memcpy(g->first, two + BLOCK, BLOCK);
    g->counter[15] = 2;
    wipe(two, sizeof(two));
}

/* Bytes, the last block filled up with zeros. */
static void hash(gcm *g, const uint8_t *p, size_t len)
{
    uint8_t last[BLOCK] = {0};
    g->lanes->ghash(g->y, &g->h, p, len / BLOCK);
    if (len % BLOCK) {
        memcpy(last, p + len / BLOCK * BLOCK, len % BLOCK);
        g->lanes->ghash(g->y, &g->h, last, 1);
    }
}

static void gcm_final(gcm *g, uint8_t tag[16], size_t aad_len, size_t len)
{
    uint8_t lengths[BLOCK];
    store_be64(lengths, (uint64_t)aad_len * 8);
    store_be64(lengths + 8, (uint64_t)len * 8);
    hash(g, lengths, BLOCK);
    for (int i = 0; i < BLOCK; i++)
        tag[i] = g->y[i] ^ g->first[i];
    wipe(g, sizeof(*g));
}

void sm4_gcm_seal(uint8_t *out, uint8_t tag[16], const uint8_t key[16],
                  const uint8_t nonce[12], bzt_span aad, bzt_span in)
{
    gcm g;
    if (is_too_long(in.len))
        __builtin_trap();
    gcm_init(&g, key, nonce);
    hash(&g, aad.p, aad.len);
    for (size_t at = 0; at < in.len; at += CHUNK) {
        const size_t n = in.len - at < CHUNK ? in.len - at : CHUNK;
        sm4_ctr(out + at, &g.key, g.counter, in.p + at, n);
        hash(&g, out + at, n);
    }
    gcm_final(&g, tag, aad.len, in.len);
}

bzt_err sm4_gcm_open(uint8_t *out, const uint8_t key[16],
                     const uint8_t nonce[12], bzt_span aad, bzt_span in,
                     const uint8_t tag[16])
{
    gcm g;
    uint8_t right[BLOCK];
    uint32_t is_right;
    if (is_too_long(in.len)) {
        memset(out, 0, in.len);
        return BZT_ERR_DECRYPT;
    }
    gcm_init(&g, key, nonce);
    hash(&g, aad.p, aad.len);
    /* One pass: nothing of out is anybody's until the tag has fitted. */
    for (size_t at = 0; at < in.len; at += CHUNK) {
        const size_t n = in.len - at < CHUNK ? in.len - at : CHUNK;
        hash(&g, in.p + at, n);
        sm4_ctr(out + at, &g.key, g.counter, in.p + at, n);
    }
    gcm_final(&g, right, aad.len, in.len);
    is_right = ct_is_equal(right, tag, BLOCK);
    wipe(right, sizeof(right));
    ct_public(is_right); /* the caller is told */
    if (!is_right) {
        if (in.len)
            memset(out, 0, in.len);
        return BZT_ERR_DECRYPT;
    }
    return BZT_OK;
}
