/* SM3, GB/T 32905-2016.  Constant time: no branch or index depends on data,
 * only on lengths. */
#include "sm3.h"

#include "bytes.h"
#include "sm3_block.h"
#include "wipe.h"

#include <string.h>

enum { BLOCK = 64, LENGTH_AT = 56 };

static const uint32_t iv[8] = {0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600,
                               0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e};

#define ROTL(x, n)   ((x) << (n) | (x) >> (32 - (n)))
#define P0(x)        ((x) ^ ROTL(x, 9) ^ ROTL(x, 17))
#define P1(x)        ((x) ^ ROTL(x, 15) ^ ROTL(x, 23))
#define FF0(x, y, z) ((x) ^ (y) ^ (z))
#define GG0(x, y, z) FF0(x, y, z)
/* Majority and choice; the two terms share no bit, so + may stand for |. */
#define FF1(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))
#define GG1(x, y, z) ((((y) ^ (z)) & (x)) ^ (z))

/* One step.  The words are not moved: the caller renames them.  T is the
 * constant already rotated, w = W_j, w4 = W_{j+4}. */
#define STEP(A, B, C, D, E, F, G, H, T, w, w4, FF, GG)                         \
    do {                                                                       \
        const uint32_t a12 = ROTL(A, 12);                                      \
        const uint32_t ss = a12 + E + (T);                                     \
        const uint32_t ss1 = ROTL(ss, 7);                                      \
        D += FF(A, B, C) + (ss1 ^ a12) + ((w) ^ (w4));                         \
        H += GG(E, F, G) + ss1 + (w);                                          \
        B = ROTL(B, 9);                                                        \
        F = ROTL(F, 19);                                                       \
        H = P0(H);                                                             \
    } while (0)

/* W_j in place of W_{j-16}, in a ring of 16. */
#define EXPAND(j)                                                              \
    do {                                                                       \
        const uint32_t x =                                                     \
            w[(j)&15] ^ w[((j) + 7) & 15] ^ ROTL(w[((j) + 13) & 15], 15);      \
        w[(j)&15] = P1(x) ^ ROTL(w[((j) + 3) & 15], 7) ^ w[((j) + 10) & 15];   \
    } while (0)

#define T0(j) ((uint32_t)(0x79cc4519ull << (j) | 0x79cc4519ull >> (32 - (j))))
#define T1(j)                                                                  \
    ((uint32_t)(0x7a879d8aull << ((j)&31) |                                    \
                0x7a879d8aull >> ((32 - ((j)&31)) & 31)))

/* Steps j .. j+3; the names move by one each step and are home after four. */
#define FOUR(j, T, FF, GG)                                                     \
    STEP(a, b, c, d, e, f, g, h, T(j), w[(j)&15], w[((j) + 4) & 15], FF, GG);  \
    STEP(d, a, b, c, h, e, f, g, T((j) + 1), w[((j) + 1) & 15],                \
         w[((j) + 5) & 15], FF, GG);                                           \
    STEP(c, d, a, b, g, h, e, f, T((j) + 2), w[((j) + 2) & 15],                \
         w[((j) + 6) & 15], FF, GG);                                           \
    STEP(b, c, d, a, f, g, h, e, T((j) + 3), w[((j) + 3) & 15],                \
         w[((j) + 7) & 15], FF, GG)

/* W_{j+4} .. W_{j+7} come into being just before the steps that use them. */
#define EXPAND_FOUR(j)                                                         \
    EXPAND((j) + 4);                                                           \
    EXPAND((j) + 5);                                                           \
    EXPAND((j) + 6);                                                           \
    EXPAND((j) + 7)

void sm3_compress_words(uint32_t s[8], uint32_t w[16])
{
    uint32_t a = s[0], b = s[1], c = s[2], d = s[3];
    uint32_t e = s[4], f = s[5], g = s[6], h = s[7];

    FOUR(0, T0, FF0, GG0);
    FOUR(4, T0, FF0, GG0);
    FOUR(8, T0, FF0, GG0);
    EXPAND_FOUR(12);
    FOUR(12, T0, FF0, GG0);
    EXPAND_FOUR(16);
    FOUR(16, T1, FF1, GG1);
    EXPAND_FOUR(20);
    FOUR(20, T1, FF1, GG1);
    EXPAND_FOUR(24);
    FOUR(24, T1, FF1, GG1);
    EXPAND_FOUR(28);
    FOUR(28, T1, FF1, GG1);
    EXPAND_FOUR(32);
    FOUR(32, T1, FF1, GG1);
    EXPAND_FOUR(36);
    FOUR(36, T1, FF1, GG1);
    EXPAND_FOUR(40);
    FOUR(40, T1, FF1, GG1);
    EXPAND_FOUR(44);
    FOUR(44, T1, FF1, GG1);
    EXPAND_FOUR(48);
    FOUR(48, T1, FF1, GG1);
    EXPAND_FOUR(52);
    FOUR(52, T1, FF1, GG1);
    EXPAND_FOUR(56);
    FOUR(56, T1, FF1, GG1);
    EXPAND_FOUR(60);
    FOUR(60, T1, FF1, GG1);

    s[0] ^= a;
    s[1] ^= b;
    s[2] ^= c;
    s[3] ^= d;
    s[4] ^= e;
    s[5] ^= f;
    s[6] ^= g;
    s[7] ^= h;
}

static void compress(uint32_t h[8], const uint8_t *p, size_t blocks)
{
    uint32_t w[16];
    for (; blocks; blocks--, p += BLOCK) {
        for (int i = 0; i < 16; i++)
            w[i] = load_be32(p + 4 * i);
        sm3_compress_words(h, w);
    }
    wipe(w, sizeof(w));
}

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
        compress(s->h, s->block, 1);
        p += n;
        len -= n;
    }
    compress(s->h, p, len / BLOCK);
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
        compress(s->h, s->block, 1);
        fill = 0;
    }
    memset(s->block + fill, 0, LENGTH_AT - fill);
    store_be32(s->block + LENGTH_AT, (uint32_t)(bits >> 32));
    store_be32(s->block + LENGTH_AT + 4, (uint32_t)bits);
    compress(s->h, s->block, 1);
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
