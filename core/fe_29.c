/* fe.h on nine limbs of 29 bits: Montgomery form with R = 2^261.
 *
 * Always true: limbs 0 to 7 are below 2^29, limb 8 is below 2^25; so the
 * value is below 2^257, and not always below p.  fe_write, fe_is_zero and
 * fe_is_equal see the value mod p.
 */
#include "base.h"
#include "bytes.h"
#include "ct.h"
#include "fe.h"
#include "limbs_29.h"
#include "wipe.h"

static const uint32_t p_words[8] = {0xffffffff, 0xffffffff, 0x00000000,
                                    0xffffffff, 0xffffffff, 0xffffffff,
                                    0xffffffff, 0xfffffffe};

static const uint32_t p_limbs[9] = {0x1fffffff, 0x1fffffff, 0x0000003f,
                                    0x1ffffe00, 0x1fffffff, 0x1fffffff,
                                    0x1fffffff, 0x1fdfffff, 0x00ffffff};

/* 4p with limbs large enough to subtract any element limb by limb. */
static const int32_t four_p[9] = {0x3ffffffc, 0x3ffffffe, 0x200000fe,
                                  0x3ffff7ff, 0x3ffffffe, 0x3ffffffe,
                                  0x3ffffffe, 0x3f7ffffe, 0x03fffffe};

/* Carry, after taking q p away, q = t div 2^256 (less the carries to come):
 *     t - q p = t - q 2^256 + q (2^224 + 2^96 - 2^64 + 1).
 * 0 <= t[i] < 2^31 - 2^29, so q < 2^7, and what is left is not negative and
 * below 2^256 + 2^235: the carry into limb 8 is at most 4, q 2^224 < 2^231. */
static inline void settle(fe *out, int32_t t[9])
{
    int32_t q = t[8] >> 24;
    t[8] &= 0xffffff;
    t[0] += q;
    t[2] -= q << 6;
    t[3] += q << 9;
    t[7] += q << 21;
    limbs_29_carry_small(out->l, t);
}

void fe_add(fe *out, const fe *a, const fe *b)
{
    int32_t t[9];
    for (int i = 0; i < 9; i++)
        t[i] = (int32_t)(a->l[i] + b->l[i]);
    settle(out, t);
}

void fe_sub(fe *out, const fe *a, const fe *b)
{
    int32_t t[9];
    for (int i = 0; i < 9; i++)
        t[i] = (int32_t)(a->l[i] - b->l[i]) + four_p[i];
    settle(out, t);
}

/* (a + p if a is odd) / 2 < (2^257 + 2^256) / 2 */
void fe_half(fe *out, const fe *a)
{
    uint32_t mask = ct_mask32(a->l[0] & 1);
    uint32_t t[10];
    int32_t s[9];
    for (int i = 0; i < 9; i++)
        s[i] = (int32_t)(a->l[i] + (mask & p_limbs[i]));
    limbs_29_carry_small(t, s);
    t[9] = 0;
    for (int i = 0; i < 9; i++)
        out->l[i] = t[i] >> 1 | (t[i + 1] & 1) << 28;
}

/* out = t / R.  The digit of each row is its low limb m, because p = -1 mod
 * 2^29, and m p = m 2^256 - m 2^224 - m 2^96 + m 2^64 - m.
 * With t < 2^514 the result is below 2^253 + p. */
static inline void reduce(fe *out, int64_t t[18])
{
#pragma GCC unroll 9
    for (int i = 0; i < 9; i++) {
        int64_t m = t[i] & MASK_29;
        t[i + 1] += t[i] >> 29;
        t[i + 2] += m << 6;
        t[i + 3] -= m << 9;
        t[i + 7] -= m << 21;
        t[i + 8] += m << 24;
    }
    limbs_29_carry(out->l, t + 9);
}

void fe_mul(fe *out, const fe *a, const fe *b)
{
    int64_t t[18];
    limbs_29_mul(t, a->l, b->l);
    reduce(out, t);
}

void fe_sqr(fe *out, const fe *a)
{
    int64_t t[18];
    limbs_29_sqr(t, a->l);
    reduce(out, t);
}

/* d = a - p; 1 when that is negative. */
static uint32_t below_p(uint32_t d[8], const uint32_t a[8])
{
    uint64_t borrow = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t t = (uint64_t)a[i] - p_words[i] - borrow;
        d[i] = (uint32_t)t;
        borrow = t >> 63;
    }
    return ct_barrier32((uint32_t)borrow);
}

uint32_t fe_read(fe *out, const uint8_t in[32])
{
    fe t;
    uint32_t words[8], d[8];
    for (int i = 0; i < 8; i++)
        words[i] = load_be32(in + 28 - 4 * i);
    uint32_t below = below_p(d, words);
    uint32_t mask = ct_mask32(below);
    for (int i = 0; i < 8; i++)
        words[i] &= mask;
    limbs_29_split(t.l, words);
    fe_mul(out, &t, &fe_r2);
    wipe(words, sizeof words);
    wipe(d, sizeof d);
    wipe(&t, sizeof t);
    return below;
}

/* (a + m p) / R with m < R and a < R is at most p, which stands for 0. */
void fe_write(uint8_t out[32], const fe *a)
{
    const fe one = {{1}};
    fe t;
    uint32_t words[8], d[8];
    fe_mul(&t, a, &one);
    limbs_29_join(words, t.l);
    ct_cmov(words, d, sizeof d, 1 ^ below_p(d, words));
    for (int i = 0; i < 8; i++)
        store_be32(out + 28 - 4 * i, words[i]);
    wipe(words, sizeof words);
    wipe(d, sizeof d);
    wipe(&t, sizeof t);
}

/* Below 2^257 the multiples of p are 0, p, 2p. */
uint32_t fe_is_zero(const fe *a)
{
    uint32_t zero = 0, one = 0, two = 0;
    for (int i = 0; i < 9; i++) {
        uint32_t low = i ? p_limbs[i - 1] >> 28 : 0;
        uint32_t twice = (p_limbs[i] << 1 | low) & (i < 8 ? MASK_29 : ~0u);
        zero |= a->l[i];
        one |= a->l[i] ^ p_limbs[i];
        two |= a->l[i] ^ twice;
    }
    return ct_is_zero32(zero) | ct_is_zero32(one) | ct_is_zero32(two);
}

uint32_t fe_is_equal(const fe *a, const fe *b)
{
    fe d;
    fe_sub(&d, a, b);
    return fe_is_zero(&d);
}

void fe_cmov(fe *out, const fe *a, uint32_t flag)
{
    uint32_t mask = ct_mask32(flag);
    for (int i = 0; i < 9; i++)
        out->l[i] ^= mask & (out->l[i] ^ a->l[i]);
}

static inline void select_n(fe *out, unsigned n, const fe *table,
                            unsigned entries, uint32_t index)
{
    for (unsigned i = 0; i < n; i++)
        out[i] = table[i];
    for (unsigned j = 1; j < entries; j++) {
        uint32_t mask = ct_mask32(ct_is_equal32(j, index));
        for (unsigned i = 0; i < n; i++) {
            for (unsigned k = 0; k < 9; k++)
                out[i].l[k] ^= mask & (out[i].l[k] ^ table[j * n + i].l[k]);
        }
    }
}

void fe_select(fe *out, unsigned n, const fe *table, unsigned entries,
               uint32_t index)
{
    if (n == 2)
        select_n(out, 2, table, entries, index);
    else
        select_n(out, 5, table, entries, index);
}
