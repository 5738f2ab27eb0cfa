/* sc.h on nine limbs of 29 bits: Montgomery form with R = 2^261.
 *
 * Always true: a < n.  What both backends share is in sc.c.
 */
#include "base.h"
#include "ct.h"
#include "limbs_29.h"
#include "sc_limbs.h"
#include "wipe.h"

static const uint32_t n_limbs[9] = {0x19d54123, 0x1ddfa049, 0x11814ad4,
                                    0x07bed643, 0x1ffff720, 0x1fffffff,
                                    0x1fffffff, 0x1fdfffff, 0x00ffffff};
#define N_INV 0x12350975u /* -1/n mod 2^29 */

/* out = t, less n if t is not below n; 0 <= t < 2n, |t[i]| < 2^31 - 2^3. */
static void reduce_once(sc *out, int32_t t[9])
{
    uint32_t limbs[9], d[9];
    limbs_29_carry_small(limbs, t);
    for (int i = 0; i < 9; i++)
        t[i] = (int32_t)(limbs[i] - n_limbs[i]);
    limbs_29_carry_small(d, t);
    uint32_t below = ct_mask32(d[8] >> 31);
    for (int i = 0; i < 9; i++)
        out->l[i] = d[i] ^ (below & (d[i] ^ limbs[i]));
}

/* a < n, b < 2^256; the columns stay below 18 * 2^58 < 2^63, and
 * (a b + m n) / R < n / 32 + n. */
void sc_mul(sc *out, const sc *a, const sc *b)
{
    int64_t t[18];
    uint32_t limbs[9];
    int32_t s[9];
    limbs_29_mul(t, a->l, b->l);
    for (int i = 0; i < 9; i++) {
        uint32_t m = ((uint32_t)t[i] * N_INV) & MASK_29;
        for (int j = 0; j < 9; j++)
            t[i + j] += (int64_t)((uint64_t)m * n_limbs[j]);
        t[i + 1] += t[i] >> 29;
    }
    limbs_29_carry(limbs, t + 9);
    for (int i = 0; i < 9; i++)
        s[i] = (int32_t)limbs[i];
    reduce_once(out, s);
}

void sc_add(sc *out, const sc *a, const sc *b)
{
    int32_t t[9];
    for (int i = 0; i < 9; i++)
        t[i] = (int32_t)(a->l[i] + b->l[i]);
    reduce_once(out, t);
}

void sc_sub(sc *out, const sc *a, const sc *b)
{
    int32_t t[9];
    for (int i = 0; i < 9; i++)
        t[i] = (int32_t)(a->l[i] + n_limbs[i] - b->l[i]);
    reduce_once(out, t);
}

uint32_t sc_is_zero(const sc *a)
{
    uint32_t any = 0;
    for (int i = 0; i < 9; i++)
        any |= a->l[i];
    return ct_is_zero32(any);
}

uint32_t sc_is_equal(const sc *a, const sc *b)
{
    uint32_t diff = 0;
    for (int i = 0; i < 9; i++)
        diff |= a->l[i] ^ b->l[i];
    return ct_is_zero32(diff);
}

void sc_cmov(sc *out, const sc *a, uint32_t flag)
{
    uint32_t mask = ct_mask32(flag);
    for (int i = 0; i < 9; i++)
        out->l[i] ^= mask & (out->l[i] ^ a->l[i]);
}

void sc_from_limbs(sc *out, const uint32_t in[8])
{
    sc t;
    limbs_29_split(t.l, in);
    sc_mul(out, &sc_r2, &t);
    sc_wipe(&t);
}

void sc_to_limbs(uint32_t out[8], const sc *a)
{
    const sc one = {{1}};
    sc t;
    sc_mul(&t, a, &one);
    limbs_29_join(out, t.l);
    sc_wipe(&t);
}
