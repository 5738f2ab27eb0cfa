/* SM3, GB/T 32905-2016.  Constant time: no branch or index depends on data,
 * only on lengths. */
#include "sm3.h"

#include "bytes.h"
#include "sm3_lanes.h"
#include "wipe.h"

#include <string.h>

enum { BLOCK = 64, LENGTH_AT = 56 };

static const uint32_t iv[8] = {0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600,
                               0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e};

void sm3_init(sm3 *s)
{
    memset(s, 0, sizeof(*s));
    memcpy(s->h, iv, sizeof(iv));
}

void sm3_update(sm3 *s, const void *data, size_t len)
{
    const uint8_t *p = data;
    const size_t fill = s->len % BLOCK;
    s->len += len;
    if (!len)
        return; /* data may be NULL */
    if (fill) {
        const size_t n = len < BLOCK - fill ? len : BLOCK - fill;
        memcpy(s->block + fill, p, n);
        if (fill + n < BLOCK)
            return;
        sm3_lanes_pick()->blocks(s->h, s->block, 1);
        p += n;
        len -= n;
    }
    sm3_lanes_pick()->blocks(s->h, p, len / BLOCK);
    if (len % BLOCK)
        memcpy(s->block, p + len / BLOCK * BLOCK, len % BLOCK);
}

void sm3_final(sm3 *s, uint8_t out[32])
{
    const uint64_t bits = s->len * 8;
    size_t fill = s->len % BLOCK;
    s->block[fill++] = 0x80;
    if (fill > LENGTH_AT) {
        memset(s->block + fill, 0, BLOCK - fill);
        sm3_lanes_pick()->blocks(s->h, s->block, 1);
        fill = 0;
    }
    memset(s->block + fill, 0, LENGTH_AT - fill);
    store_be32(s->block + LENGTH_AT, (uint32_t)(bits >> 32));
    store_be32(s->block + LENGTH_AT + 4, (uint32_t)bits);
    sm3_lanes_pick()->blocks(s->h, s->block, 1);
    for (int i = 0; i < 8; i++)
        store_be32(out + 4 * i, s->h[i]);
    wipe(s, sizeof(*s));
}

void sm3_digest(uint8_t out[32], bzt_span data)
{
    sm3 s;
    sm3_init(&s);
    sm3_update(&s, data.p, data.len);
    sm3_final(&s, out);
}
