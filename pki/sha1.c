/* SHA-1 (sha1.h), FIPS 180-4, 6.1.  Pure. */
#include "sha1.h"

#include <string.h>

static uint32_t rotate(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

static void schedule(uint32_t w[80], const uint8_t *p)
{
    for (int i = 0; i < 16; i++, p += 4)
        w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
               (uint32_t)p[2] << 8 | p[3];
    for (int i = 16; i < 80; i++)
        w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
}

static uint32_t mix(int i, uint32_t b, uint32_t c, uint32_t d)
{
    if (i < 20)
        return ((b & c) | (~b & d)) + 0x5a827999;
    if (i < 40)
        return (b ^ c ^ d) + 0x6ed9eba1;
    if (i < 60)
        return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    return (b ^ c ^ d) + 0xca62c1d6;
}

static void block(uint32_t h[5], const uint8_t p[64])
{
    uint32_t w[80], v[5];
    schedule(w, p);
    memcpy(v, h, sizeof v);
    for (int i = 0; i < 80; i++) {
        uint32_t t = rotate(v[0], 5) + mix(i, v[1], v[2], v[3]) + v[4] + w[i];
        v[4] = v[3];
        v[3] = v[2];
        v[2] = rotate(v[1], 30);
        v[1] = v[0];
        v[0] = t;
    }
    for (int i = 0; i < 5; i++)
        h[i] += v[i];
}

void sha1_digest(uint8_t out[20], bzt_span data)
{
    uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
                     0xc3d2e1f0};
    uint8_t last[128] = {0};
    uint64_t bits = (uint64_t)data.len * 8;
    for (; data.len >= 64; data.p += 64, data.len -= 64)
        block(h, data.p);
    if (data.len)
        memcpy(last, data.p, data.len);
    last[data.len] = 0x80;
    size_t n = data.len < 56 ? 64 : 128;
    for (size_t i = 0; i < 8; i++)
        last[n - 1 - i] = (uint8_t)(bits >> 8 * i);
    for (size_t i = 0; i < n; i += 64)
        block(h, last + i);
    for (size_t i = 0; i < 20; i++)
        out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}
