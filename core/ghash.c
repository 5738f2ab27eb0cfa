/* GHASH of GCM (NIST SP 800-38D, 6.4) with integer multiplications only.
 *
 * Blocks are read as 128-bit numbers, big-endian; in that order GHASH is
 * POLYVAL (RFC 8452, appendix A) with H x for H: y <- (y + b) h x^-128 modulo
 * x^128 + x^127 + x^126 + x^121 + 1, where reduction is Montgomery's and
 * needs shifts only. */
#include "sm4_lanes.h"

#include "bytes.h"

/* The order of bits turned round. */
static uint64_t reverse(uint64_t x)
{
    x = (x & 0x5555555555555555) << 1 | (x >> 1 & 0x5555555555555555);
    x = (x & 0x3333333333333333) << 2 | (x >> 2 & 0x3333333333333333);
    x = (x & 0x0f0f0f0f0f0f0f0f) << 4 | (x >> 4 & 0x0f0f0f0f0f0f0f0f);
    x = (x & 0x00ff00ff00ff00ff) << 8 | (x >> 8 & 0x00ff00ff00ff00ff);
    x = (x & 0x0000ffff0000ffff) << 16 | (x >> 16 & 0x0000ffff0000ffff);
    return x << 32 | x >> 32;
}

/* Low half of the product without carries.  Of each factor only every
 * fourth bit is taken at a time: at most 16 ones meet in a place, and the
 * sum of 16, which would spill, only at the top, where it falls off. */
static uint64_t multiply_low(uint64_t a, uint64_t b)
{
    const uint64_t m = 0x1111111111111111;
    const uint64_t a0 = a & m, a1 = a & m << 1, a2 = a & m << 2,
                   a3 = a & m << 3;
    const uint64_t b0 = b & m, b1 = b & m << 1, b2 = b & m << 2,
                   b3 = b & m << 3;
    const uint64_t c0 = a0 * b0 ^ a1 * b3 ^ a2 * b2 ^ a3 * b1;
    const uint64_t c1 = a0 * b1 ^ a1 * b0 ^ a2 * b3 ^ a3 * b2;
    const uint64_t c2 = a0 * b2 ^ a1 * b1 ^ a2 * b0 ^ a3 * b3;
    const uint64_t c3 = a0 * b3 ^ a1 * b2 ^ a2 * b1 ^ a3 * b0;
    return (c0 & m) | (c1 & m << 1) | (c2 & m << 2) | (c3 & m << 3);
}

void ghash_init_portable(ghash_key *key, const uint8_t h[16])
{
    uint64_t high = load_be64(h), low = load_be64(h + 8);
    const uint64_t carry = 0 - (high >> 63);
    high = high << 1 | low >> 63;
    low = low << 1;
    key->h[0][0] = low ^ (carry & 1);
    key->h[0][1] = high ^ (carry & 0xc200000000000000);
    key->h[1][0] = reverse(key->h[0][0]);
    key->h[1][1] = reverse(key->h[0][1]);
}

/* One half of Montgomery's reduction: what is added two and one words up so
 * that r vanishes. */
static void fold(uint64_t *above, uint64_t *next, uint64_t r)
{
    *next ^= r << 63 ^ r << 62 ^ r << 57;
    *above ^= r ^ r >> 1 ^ r >> 2 ^ r >> 7;
}

/* Karatsuba: three products; each high half comes from the reversed ones. */
static void multiply(uint64_t y[2], const ghash_key *key)
{
    const uint64_t h0 = key->h[0][0], h1 = key->h[0][1];
    const uint64_t h0r = key->h[1][0], h1r = key->h[1][1];
    const uint64_t y0 = y[0], y1 = y[1];
    const uint64_t y0r = reverse(y0), y1r = reverse(y1);
    uint64_t l = multiply_low(y0, h0);
    uint64_t h = multiply_low(y1, h1);
    uint64_t m = multiply_low(y0 ^ y1, h0 ^ h1) ^ l ^ h;
    uint64_t lr = multiply_low(y0r, h0r);
    uint64_t hr = multiply_low(y1r, h1r);
    uint64_t mr = multiply_low(y0r ^ y1r, h0r ^ h1r) ^ lr ^ hr;
    uint64_t r1 = m ^ reverse(lr) >> 1;
    uint64_t r2 = h ^ reverse(mr) >> 1;
    uint64_t r3 = reverse(hr) >> 1;
    fold(&r2, &r1, l);
    fold(&r3, &r2, r1);
    y[0] = r2;
    y[1] = r3;
}

void ghash_portable(uint8_t y[16], const ghash_key *key, const uint8_t *in,
                    size_t n)
{
    uint64_t v[2] = {load_be64(y + 8), load_be64(y)};
    for (; n; n--, in += 16) {
        v[0] ^= load_be64(in + 8);
        v[1] ^= load_be64(in);
        multiply(v, key);
    }
    store_be64(y, v[1]);
    store_be64(y + 8, v[0]);
}
