/* sc.h on four limbs of 64 bits: Montgomery form with R = 2^256.
 *
 * Always true: a < n.  What both backends share is in sc.c.
 */
#include "base.h"
#include "bytes.h"
#include "ct.h"
#include "limbs_64.h"
#include "sc_limbs.h"

static const uint64_t n_limbs[4] = {0x53bbf40939d54123, 0x7203df6b21c6052b,
                                    0xffffffffffffffff, 0xfffffffeffffffff};
#define N_INV 0x327f9e8872350975u /* -1/n mod 2^64 */

/* out = d + n where mask is all ones. */
static inline void add_n(uint64_t out[4], const uint64_t d[4], uint64_t mask)
{
    const uint64_t add[4] = {mask & n_limbs[0], mask & n_limbs[1], mask,
                             mask & n_limbs[3]};
    (void)limbs_add(out, d, add);
}

/* out = t + top 2^256, less n if that is not below n; below 2n before. */
static inline void reduce_once(uint64_t out[4], const uint64_t t[4],
                               uint64_t top)
{
    uint64_t d[4];
    uint64_t mask = limbs_sub_mask(d, t, top, n_limbs);
    add_n(out, d, mask);
}

/* t = (t + m n) / 2^64, with the digit m that clears the low limb. */
static inline void reduce_row(uint64_t t[6])
{
    carry_flag c = limbs_mul_add(t, n_limbs, t[0] * N_INV);
    for (int i = 0; i < 4; i++)
        t[i] = t[i + 1];
    (void)add_carry(&t[4], t[5], 0, c);
}

static inline void mul_row(uint64_t t[6], const uint64_t a[4], uint64_t b)
{
    t[5] = limbs_mul_add(t, a, b);
    reduce_row(t);
}

/* a < n, b < 2^256.  Before each row t < 2n; then t + a b[i] + m n is below
 * 2^64 (2n) again. */
void sc_mul(sc *out, const sc *a, const sc *b)
{
    uint64_t t[6];
    const uint64_t x[4] = {a->l[0], a->l[1], a->l[2], a->l[3]};
    limbs_mul_one(t, x, b->l[0]);
    t[5] = 0;
    reduce_row(t);
    mul_row(t, x, b->l[1]);
    mul_row(t, x, b->l[2]);
    mul_row(t, x, b->l[3]);
    reduce_once(out->l, t, t[4]);
}

void sc_add(sc *out, const sc *a, const sc *b)
{
    uint64_t t[4];
    carry_flag carry = limbs_add(t, a->l, b->l);
    reduce_once(out->l, t, carry);
}

void sc_sub(sc *out, const sc *a, const sc *b)
{
    uint64_t d[4];
    uint64_t mask = ct_mask64(limbs_sub(d, a->l, b->l));
    add_n(out->l, d, mask);
}

uint32_t sc_is_zero(const sc *a)
{
    return ct_is_zero64(a->l[0] | a->l[1] | a->l[2] | a->l[3]);
}

uint32_t sc_is_equal(const sc *a, const sc *b)
{
    uint64_t diff = 0;
    for (int i = 0; i < 4; i++)
        diff |= a->l[i] ^ b->l[i];
    return ct_is_zero64(diff);
}

void sc_cmov(sc *out, const sc *a, uint32_t flag)
{
    uint64_t mask = ct_mask64(flag);
    for (int i = 0; i < 4; i++)
        out->l[i] ^= mask & (out->l[i] ^ a->l[i]);
}

void sc_from_limbs(sc *out, const uint32_t in[8])
{
    sc t;
    for (int i = 0; i < 4; i++)
        t.l[i] = in[2 * i] | (uint64_t)in[2 * i + 1] << 32;
    sc_mul(out, &sc_r2, &t);
    sc_wipe(&t);
}

void sc_to_limbs(uint32_t out[8], const sc *a)
{
    const sc one = {{1, 0, 0, 0}};
    sc t;
    sc_mul(&t, a, &one);
    for (int i = 0; i < 4; i++) {
        out[2 * i] = (uint32_t)t.l[i];
        out[2 * i + 1] = (uint32_t)(t.l[i] >> 32);
    }
    sc_wipe(&t);
}
