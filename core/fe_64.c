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

/* t = (t + m p) / 2^64 for the digit m = t[0]: the low limb cancels, and
 *     m - m 2^32 - m 2^160 + m 2^192
 * is added to the rest.  The two upper terms make m 2^192 - (m / 2^32) 2^192
 * and a borrow at most: that limb is not negative. */
static inline void reduce_row(uint64_t t[5])
{
    uint64_t m = t[0], low = m << 32, high = m >> 32, top;
    carry_flag c = sub_borrow(&t[0], t[1], low, 0);
    c = sub_borrow(&t[1], t[2], high, c);
    c = sub_borrow(&t[2], t[3], low, c);
    (void)sub_borrow(&top, m, high, c);
    c = add_carry(&t[0], t[0], m, 0);
    c = add_carry(&t[1], t[1], 0, c);
    c = add_carry(&t[2], t[2], 0, c);
    t[4] = add_carry(&t[3], t[4], top, c);
}

static inline void mul_row(uint64_t t[5], const uint64_t a[4], uint64_t b)
{
    (void)limbs_mul_add(t, a, b);
    reduce_row(t);
}

/* a < p, b < 2^256.  Before each row t < 2p; then t + a b[i] + m p is below
 * 2^64 (2p) again, and t + a b[i] < 2^320. */
void fe_mul(fe *out, const fe *a, const fe *b)
{
    uint64_t t[5];
    const uint64_t x[4] = {a->l[0], a->l[1], a->l[2], a->l[3]};
    limbs_mul_one(t, x, b->l[0]);
    reduce_row(t);
    mul_row(t, x, b->l[1]);
    mul_row(t, x, b->l[2]);
    mul_row(t, x, b->l[3]);
    fe_reduce_once(out->l, t, t[4]);
}

/* As reduce_row, but with nothing above t[3]. */
static inline void reduce_low(uint64_t t[4])
{
    uint64_t row[5] = {t[0], t[1], t[2], t[3], 0};
    reduce_row(row);
    for (int i = 0; i < 4; i++)
        t[i] = row[i];
}

/* The low half of the square is reduced by itself, to at most p; with the
 * high half, below 2^-256 p^2, the sum is below 2p. */
void fe_sqr(fe *out, const fe *a)
{
    uint64_t t[8];
    const uint64_t x[4] = {a->l[0], a->l[1], a->l[2], a->l[3]};
    limbs_sqr(t, x);
    reduce_low(t);
    reduce_low(t);
    reduce_low(t);
    reduce_low(t);
    carry_flag c = limbs_add(t, t, t + 4);
    fe_reduce_once(out->l, t, c);
}

uint32_t fe_read(fe *out, const uint8_t in[32])
{
    fe t;
    uint64_t d[4];
    for (int i = 0; i < 4; i++)
        t.l[i] = load_be64(in + 24 - 8 * i);
    uint64_t below = limbs_sub(d, t.l, fe_p);
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
