/* HMAC (RFC 2104, GB/T 15852.2) with SM3. */
#include "bytes.h"
#include "sm3.h"

#include "wipe.h"

#include <string.h>

enum { BLOCK = 64 };

static void absorb_pad(sm3 *s, const uint8_t key[BLOCK], uint8_t pad)
{
    uint8_t block[BLOCK];
    for (int i = 0; i < BLOCK; i++)
        block[i] = key[i] ^ pad;
    sm3_init(s);
    sm3_update(s, block, BLOCK);
    wipe(block, sizeof(block));
}

void hmac_sm3_init(hmac_sm3 *h, bzt_span key)
{
    uint8_t k[BLOCK] = {0};
    if (key.len > BLOCK)
        sm3_digest(k, key);
    else if (key.len)
        memcpy(k, key.p, key.len);
    absorb_pad(&h->inner, k, 0x36);
    absorb_pad(&h->outer, k, 0x5c);
    wipe(k, sizeof(k));
}

void hmac_sm3_update(hmac_sm3 *h, const void *data, size_t len)
{
    sm3_update(&h->inner, data, len);
}

void hmac_sm3_field(hmac_sm3 *h, bzt_span part)
{
    uint8_t len[4];
    store_be32(len, (uint32_t)part.len);
    sm3_update(&h->inner, len, sizeof len);
    sm3_update(&h->inner, part.p, part.len);
}

void hmac_sm3_final(hmac_sm3 *h, uint8_t out[32])
{
    uint8_t digest[32];
    sm3_final(&h->inner, digest);
    sm3_update(&h->outer, digest, sizeof(digest));
    sm3_final(&h->outer, out);
    wipe(digest, sizeof(digest));
}

void hmac_sm3_digest(uint8_t out[32], bzt_span key, bzt_span data)
{
    hmac_sm3 h;
    hmac_sm3_init(&h, key);
    hmac_sm3_update(&h, data.p, data.len);
    hmac_sm3_final(&h, out);
}
