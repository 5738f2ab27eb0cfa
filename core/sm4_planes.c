/* SM4 over bit planes: 16 blocks at once with logic only, so nothing is
 * looked up and nothing depends on secrets.
 *
 * A word (32 bits) of 16 blocks is 8 planes of 64 bits: plane p holds bit p
 * of each byte; in it, byte i (0 is the lowest) of block b is bit 16 i + b.
 * Rotating a word by 8 is rotating each plane by 16. */
#include "sm4_lanes.h"

#include "bytes.h"
#include "wipe.h"

#include <string.h>

typedef uint64_t sm4_plane;
#include "sm4_sbox.inc"

enum { LANES = 16, BLOCK = 16, ROUNDS = 32 };

typedef struct word {
    sm4_plane p[8];
} word;

static sm4_plane rotl(sm4_plane x, int n)
{
    return x << n | x >> (64 - n);
}

/* Byte i of v to byte 2 i. */
static uint64_t spread(uint32_t v)
{
    uint64_t x = v;
    x = (x | x << 16) & 0x0000ffff0000ffff;
    return (x | x << 8) & 0x00ff00ff00ff00ff;
}

static uint32_t gather(uint64_t x)
{
    x &= 0x00ff00ff00ff00ff;
    x = (x | x >> 8) & 0x0000ffff0000ffff;
    return (uint32_t)(x | x >> 16);
}

static void exchange(uint64_t *a, uint64_t *b, int n, uint64_t mask)
{
    const uint64_t t = (*a >> n ^ *b) & mask;
    *b ^= t;
    *a ^= t << n;
}

/* Bit i of byte k of q[j] and bit j of byte k of q[i] change places. */
static void transpose(uint64_t q[8])
{
    for (int i = 0; i < 8; i += 2)
        exchange(&q[i], &q[i + 1], 1, 0x5555555555555555);
    for (int i = 0; i < 8; i++) {
        if (!(i & 2))
            exchange(&q[i], &q[i + 2], 2, 0x3333333333333333);
    }
    for (int i = 0; i < 4; i++)
        exchange(&q[i], &q[i + 4], 4, 0x0f0f0f0f0f0f0f0f);
}

/* Word j of 16 blocks. */
static void load_word(word *x, const uint8_t *in, int j)
{
    for (int b = 0; b < 8; b++) {
        const uint8_t *at = in + b * BLOCK + 4 * j;
        x->p[b] = spread(load_be32(at)) | spread(load_be32(at + 8 * BLOCK))
                                              << 8;
    }
    transpose(x->p);
}

static void store_word(uint8_t *out, word *x, int j)
{
    transpose(x->p);
    for (int b = 0; b < 8; b++) {
        uint8_t *at = out + b * BLOCK + 4 * j;
        store_be32(at, gather(x->p[b]));
        store_be32(at + 8 * BLOCK, gather(x->p[b] >> 8));
    }
}

/* The constant that the S-box leaves to its callers, after L: all bytes are
 * alike, so L(c) = c <<< 2 in each. */
#define LATE (((SM4_SBOX_OUT << 2) | (SM4_SBOX_OUT >> 6)) & 0xff)

/* Round keys as planes, with the constants of the S-box in them.  Word i of
 * the cipher lacks LATE when i / 4 is odd, since each word is the one four
 * before plus an L; the last four, 32 .. 35, lack nothing. */
static void expand_key(word rk[ROUNDS], const sm4_key *k)
{
    for (unsigned r = 0; r < ROUNDS; r++) {
        const unsigned odd = ((r + 1) / 4 ^ (r + 2) / 4 ^ (r + 3) / 4) & 1;
        const uint32_t c = (SM4_SBOX_IN ^ (odd ? LATE : 0)) * 0x01010101u;
        for (int p = 0; p < 8; p++) {
            uint64_t x = (k->rk[r] ^ c) >> p & 0x01010101;
            x = (x | x << 16) & 0x0000ffff0000ffff;
            x = (x | x << 8) & 0x00ff00ff00ff00ff;
            rk[r].p[p] = x * 0xffff;
        }
    }
}

/* a += L(S(b + c + d + rk))             GB/T 32907, 6.1 and 6.2 */
static void round_planes(word *a, const word *b, const word *c, const word *d,
                         const word *rk)
{
    sm4_plane s[8], t[8];
    for (int i = 0; i < 8; i++)
        s[i] = b->p[i] ^ c->p[i] ^ d->p[i] ^ rk->p[i];
    sm4_sbox_planes(s);
    /* L(s) = s + (s <<< 24) + (t <<< 2), t = s + (s <<< 8) + (s <<< 16) */
    for (int i = 0; i < 8; i++)
        t[i] = s[i] ^ rotl(s[i], 16) ^ rotl(s[i], 32);
    for (int i = 0; i < 2; i++)
        a->p[i] ^= s[i] ^ rotl(s[i], 48) ^ rotl(t[i + 6], 16);
    for (int i = 2; i < 8; i++)
        a->p[i] ^= s[i] ^ rotl(s[i], 48) ^ t[i - 2];
}

static void blocks16(uint8_t *out, const word rk[ROUNDS], const uint8_t *in)
{
    word x[4];
    for (int j = 0; j < 4; j++)
        load_word(&x[j], in, j);
    for (int r = 0; r < ROUNDS; r += 4) {
        round_planes(&x[0], &x[1], &x[2], &x[3], &rk[r]);
        round_planes(&x[1], &x[2], &x[3], &x[0], &rk[r + 1]);
        round_planes(&x[2], &x[3], &x[0], &x[1], &rk[r + 2]);
        round_planes(&x[3], &x[0], &x[1], &x[2], &rk[r + 3]);
    }
    for (int j = 0; j < 4; j++)
        store_word(out, &x[j], 3 - j);
    wipe(x, sizeof(x));
}

static void blocks_planes(uint8_t *out, const sm4_key *k, const uint8_t *in,
                          size_t n)
{
    word rk[ROUNDS];
    uint8_t rest[LANES * BLOCK];
    if (!n)
        return;
    expand_key(rk, k);
    for (; n >= LANES; n -= LANES) {
        blocks16(out, rk, in);
        in += LANES * BLOCK;
        out += LANES * BLOCK;
    }
    if (n) {
        memset(rest, 0, sizeof(rest));
        memcpy(rest, in, n * BLOCK);
        blocks16(rest, rk, rest);
        memcpy(out, rest, n * BLOCK);
        wipe(rest, sizeof(rest));
    }
    wipe(rk, sizeof(rk));
}

static uint32_t sbox_planes(uint32_t x)
{
    sm4_plane p[8];
    uint32_t y = 0;
    for (int i = 0; i < 8; i++)
        p[i] = (x ^ SM4_SBOX_IN * 0x01010101u) >> i & 0x01010101;
    sm4_sbox_planes(p);
    for (int i = 0; i < 8; i++)
        y |= (uint32_t)p[i] << i;
    return y ^ SM4_SBOX_OUT * 0x01010101u;
}

const sm4_lanes sm4_lanes_portable = {
    .name = "portable",
    .blocks = blocks_planes,
    .sbox = sbox_planes,
    .ghash_init = ghash_init_portable,
    .ghash = ghash_portable,
};
