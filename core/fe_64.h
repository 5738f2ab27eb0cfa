/* The small operations of fe_64.c, which ge_mul.c wants inline. */
#ifndef BZT_CORE_FE_64_H
#define BZT_CORE_FE_64_H

#include "ge.h"
#include "limbs_64.h"

static const uint64_t fe_p[4] = {0xffffffffffffffff, 0xffffffff00000000,
                                 0xffffffffffffffff, 0xfffffffeffffffff};

/* out = d + p where mask is all ones.  Written out by limb: as a loop, gcc
 * takes it through vector registers, at twice the time. */
static inline void fe_add_p(uint64_t out[4], const uint64_t d[4], uint64_t mask)
{
    const uint64_t add[4] = {mask, mask << 32, mask, mask & fe_p[3]};
    (void)limbs_add(out, d, add);
}

/* out = t + top 2^256, less p if that is not below p; below 2p before. */
static inline void fe_reduce_once(uint64_t out[4], const uint64_t t[4],
                                  uint64_t top)
{
    uint64_t d[4];
    uint64_t mask = limbs_sub_mask(d, t, top, fe_p);
    fe_add_p(out, d, mask);
}

static inline void fe_add(fe *out, const fe *a, const fe *b)
{
    uint64_t t[4];
    carry_flag carry = limbs_add(t, a->l, b->l);
    fe_reduce_once(out->l, t, carry);
}

static inline void fe_sub(fe *out, const fe *a, const fe *b)
{
    uint64_t d[4];
    uint64_t mask = ct_mask64(limbs_sub(d, a->l, b->l));
    fe_add_p(out->l, d, mask);
}

static inline void fe_half(fe *out, const fe *a)
{
    uint64_t mask = ct_mask64(a->l[0] & 1), t[4];
    const uint64_t add[4] = {mask, mask << 32, mask, mask & fe_p[3]};
    uint64_t carry = limbs_add(t, a->l, add);
    out->l[0] = t[0] >> 1 | t[1] << 63;
    out->l[1] = t[1] >> 1 | t[2] << 63;
    out->l[2] = t[2] >> 1 | t[3] << 63;
    out->l[3] = t[3] >> 1 | carry << 63;
}

#endif
