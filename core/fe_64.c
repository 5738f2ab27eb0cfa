/* fe.h on four limbs of 64 bits: Montgomery form with R = 2^256.
 *
 * Always true: a < p.  As p = -1 mod 2^64, the Montgomery digit of a row is
 * its low limb m itself, and
 *     m p = m 2^256 - m 2^224 - m 2^96 + m 2^64 - m,
 * so that adding m p and dividing by 2^64 takes shifts, additions and
 * subtractions, no multiplication.
 */
#include "base.h"
#include "bytes.h"
#include "ct.h"
#include "fe.h"
#include "limbs_64.h"

static const uint64_t p_limbs[4] = {0xffffffffffffffff, 0xffffffff00000000,
                                    0xffffffffffffffff, 0xfffffffeffffffff};

/* out = t + top 2^256 - (p or 0), for t + top 2^256 < 2p. */
static inline void reduce_once(uint64_t out[4], const uint64_t t[4],
                               uint64_t top)
{
    uint64_t d[4];
    uint64_t borrow = limbs_sub(d, t, p_limbs);
    uint64_t keep = ct_mask64(borrow & (top ^ 1));
    for (int i = 0; i < 4; i++)
        out[i] = d[i] ^ (keep & (d[i] ^ t[i]));
}

void fe_add(fe *out, const fe *a, const fe *b)
{
    uint64_t t[4];
    uint64_t carry = limbs_add(t, a->l, b->l);
    reduce_once(out->l, t, carry);
}

void fe_sub(fe *out, const fe *a, const fe *b)
{
    uint64_t t[4];
    uint64_t mask = ct_mask64(limbs_sub(t, a->l, b->l));
    uint64_t add[4];
    for (int i = 0; i < 4; i++)
        add[i] = mask & p_limbs[i];
    (void)limbs_add(out->l, t, add);
}

void fe_half(fe *out, const fe *a)
{
    uint64_t add[4], t[4];
    uint64_t mask = ct_mask64(a->l[0] & 1);
    for (int i = 0; i < 4; i++)
        add[i] = mask & p_limbs[i];
    uint64_t carry = limbs_add(t, a->l, add);
    for (int i = 0; i < 3; i++)
        out->l[i] = t[i] >> 1 | t[i + 1] << 63;
    out->l[3] = t[3] >> 1 | carry << 63;
}

/* t = (t + m p) / 2^64 for the digit m = t[0]: the low limb cancels and
 *     d = m - m 2^32 - m 2^160 + m 2^192   (0 <= d < 2^256)
 * is added to what is left. */
static inline void reduce_row(uint64_t t[5])
{
    uint64_t m = t[0];
    const uint64_t plus[4] = {m, 0, 0, m};
    const uint64_t minus[4] = {m << 32, m >> 32, m << 32, m >> 32};
    uint64_t d[4];
    (void)limbs_sub(d, plus, minus);
    uint64_t carry = limbs_add(t, t + 1, d);
    t[4] = carry;
}

/* Before each row t < 2p; then t + a b[i] + m p < 2^64 (2p) again, and both
 * fit in five limbs: 2p + (2^64 - 1) p < 2^320. */
void fe_mul(fe *out, const fe *a, const fe *b)
{
    uint64_t t[5] = {0};
    for (int i = 0; i < 4; i++) {
        (void)limbs_mul_add(t, a->l, b->l[i]);
        reduce_row(t);
    }
    reduce_once(out->l, t, t[4]);
}

void fe_sqr(fe *out, const fe *a)
{
    fe_mul(out, a, a);
}

uint32_t fe_read(fe *out, const uint8_t in[32])
{
    fe t;
    uint64_t d[4];
    for (int i = 0; i < 4; i++)
        t.l[i] = load_be64(in + 24 - 8 * i);
    uint64_t below = limbs_sub(d, t.l, p_limbs);
    uint64_t mask = ct_mask64(below);
    for (int i = 0; i < 4; i++)
        t.l[i] &= mask;
    fe_mul(out, &t, &fe_r2);
    return (uint32_t)below;
}

void fe_write(uint8_t out[32], const fe *a)
{
    const fe one = {{1, 0, 0, 0}};
    fe t;
    fe_mul(&t, a, &one);
    for (int i = 0; i < 4; i++)
        store_be64(out + 24 - 8 * i, t.l[i]);
}

uint32_t fe_is_zero(const fe *a)
{
    return ct_is_zero64(a->l[0] | a->l[1] | a->l[2] | a->l[3]);
}

uint32_t fe_is_equal(const fe *a, const fe *b)
{
    uint64_t diff = 0;
    for (int i = 0; i < 4; i++)
        diff |= a->l[i] ^ b->l[i];
    return ct_is_zero64(diff);
}

void fe_cmov(fe *out, const fe *a, uint32_t flag)
{
    uint64_t mask = ct_mask64(flag);
    for (int i = 0; i < 4; i++)
        out->l[i] ^= mask & (out->l[i] ^ a->l[i]);
}

static inline void select_n(uint64_t *out, const fe *table, unsigned n,
                            unsigned entries, uint32_t index)
{
    for (unsigned i = 0; i < 4 * n; i++)
        out[i] = 0;
    for (unsigned j = 0; j < entries; j++) {
        uint64_t mask = ct_mask64(ct_is_equal32(j, index));
        for (unsigned i = 0; i < n; i++) {
            for (unsigned k = 0; k < 4; k++)
                out[4 * i + k] |= mask & table[j * n + i].l[k];
        }
    }
}

void fe_select(fe *out, unsigned n, const fe *table, unsigned entries,
               uint32_t index)
{
    uint64_t t[20];
    if (n == 2)
        select_n(t, table, 2, entries, index);
    else
        select_n(t, table, 5, entries, index);
    for (unsigned i = 0; i < 4 * n; i++)
        out[i / 4].l[i % 4] = t[i];
}
