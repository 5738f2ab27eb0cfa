/* Multiples of points (ge.h).
 *
 * Secret scalars.  Let k' = k if k is odd, else n - k (the sign is mended at
 * the end; k = 0 gives k' = n).  So k' = 2m + 1 is odd, 1 <= k' <= n, and m
 * has 255 bits.  With windows m_i of w bits, W = 2^w:
 *
 *     k' = sum over i of d_i W^i,      d_i = 2 m_i - (W - 1),
 *     top window t:                    d_t = 2 m_t + 1.
 *
 * Every digit is odd, so never zero, and there is nothing to skip.  Put
 * A_j = 2 floor(m / W^j) + 1, which is the sum of d_i W^(i-j) over i >= j:
 * odd, and 0 < A_j < n for every j >= 1.
 *
 * Why cheap formulas do.  Both loops go from the top; when digit j comes,
 * they add  d_j W^j P  to  W^(j+1) A_(j+1) P  (or both divided by W^j, the
 * same mod n up to a unit).  An addition formula of Weierstrass curves fails
 * only if an operand or the sum is infinity, or the operands are equal:
 *     sum          A_j W^j,                      n does not divide A_j;
 *     first        W^(j+1) A_(j+1),              nor this;
 *     second       d_j W^j, |d_j| < W;           nor this;
 *     difference   (A_j - 2 d_j) W^j: A_j - 2 d_j is odd, so not 0, and for
 *                  j >= 1 its size is below n:   n does not divide it.
 * All of this holds for P of order n, that is for every P but infinity, and
 * for j >= 1.  The last addition, j = 0, may meet any case (k = n - 6 or so,
 * and k = 0), and is done by the complete formula of ge_add.  If P is
 * infinity, all is zero, and infinity is put in place of the result.
 * Doublings have no exception: no point has order two.
 */
#include "base.h"
#include "ct.h"
#include "fe.h"
#include "sc_limbs.h"
#include "wipe.h"

/* x = X/Z^2, y = Y/Z^3 */
typedef struct jac {
    fe x, y, z;
} jac;

/* Jacobian, with the powers of Z that an addition needs. */
typedef struct cached {
    jac p;
    fe zz, zzz;
} cached;

/* x = X/ZZ, y = Y/ZZZ, ZZ^3 = ZZZ^2 */
typedef struct xyzz {
    fe x, y, zz, zzz;
} xyzz;

/* What formulas need beside their results; the loops own it and wipe it. */
typedef struct scratch {
    fe t[8];
} scratch;

/* m of k' = 2m + 1, and whether k' = n - k. */
typedef struct odd {
    uint32_t m[9];
    uint32_t negated;
} odd;

static void odd_init(odd *o, const sc *k)
{
    uint32_t limbs[8];
    sc_to_limbs(limbs, k);
    o->negated = ct_barrier32((limbs[0] & 1) ^ 1);
    uint32_t mask = ct_mask32(o->negated);
    uint64_t borrow = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t d = (uint64_t)sc_order[i] - limbs[i] - borrow;
        borrow = d >> 63;
        o->m[i] = limbs[i] ^ (mask & ((uint32_t)d ^ limbs[i]));
    }
    for (int i = 0; i < 7; i++)
        o->m[i] = o->m[i] >> 1 | o->m[i + 1] << 31;
    o->m[7] >>= 1;
    o->m[8] = 0;
    wipe(limbs, sizeof limbs);
}

static uint32_t odd_window(const odd *o, unsigned at, unsigned bits)
{
    uint64_t two = o->m[at / 32] | (uint64_t)o->m[at / 32 + 1] << 32;
    return (uint32_t)(two >> (at % 32)) & ((1u << bits) - 1);
}

/* The digit 2 window - (2^bits - 1): its sign (1: negative) and the place of
 * its size in a table of odd multiples. */
static uint32_t digit(uint32_t *index, uint32_t window, unsigned bits)
{
    uint32_t negative = (window >> (bits - 1)) ^ 1;
    uint32_t mask = ct_mask32(negative);
    *index = (window ^ mask) & ((1u << (bits - 1)) - 1);
    return negative;
}

static void negate_if(fe *a, uint32_t flag, scratch *s)
{
    fe_neg(&s->t[0], a);
    fe_cmov(a, &s->t[0], flag);
}

/* ---- Jacobian ---------------------------------------------------------- */

static void jac_double(jac *out, const jac *a, scratch *s)
{
    fe *y2 = &s->t[0], *zz = &s->t[1], *m = &s->t[2], *u = &s->t[3];
    fe_add(y2, &a->y, &a->y);
    fe_sqr(zz, &a->z);
    fe_sub(m, &a->x, zz);
    fe_add(zz, &a->x, zz);
    fe_mul(&out->z, y2, &a->z); /* 2YZ */
    fe_mul(m, m, zz);
    fe_sqr(y2, y2);       /* 4Y^2 */
    fe_mul(u, y2, &a->x); /* 4XY^2 */
    fe_sqr(y2, y2);
    fe_half(y2, y2); /* 8Y^4 */
    fe_add(zz, m, m);
    fe_add(m, m, zz); /* 3 (X - ZZ) (X + ZZ) */
    fe_sqr(&out->x, m);
    fe_sub(&out->x, &out->x, u);
    fe_sub(&out->x, &out->x, u);
    fe_sub(u, u, &out->x);
    fe_mul(u, u, m);
    fe_sub(&out->y, u, y2);
}

static void cached_init(cached *out, const jac *a)
{
    out->p = *a;
    fe_sqr(&out->zz, &a->z);
    fe_mul(&out->zzz, &out->zz, &a->z);
}

/* The end of an addition: with x = u1, y = s1 of the first point, h = u2 - u1
 * in t[0] and r = s2 - s1 in t[1].  Leaves out->z to the caller. */
static void chord(fe *x, fe *y, const fe *u1, const fe *s1, scratch *s)
{
    fe *h = &s->t[0], *r = &s->t[1], *hh = &s->t[4], *v = &s->t[5];
    fe *hhh = &s->t[6];
    fe_sqr(hh, h);
    fe_mul(hhh, hh, h);
    fe_mul(v, u1, hh);
    fe_mul(hh, s1, hhh);
    fe_sqr(x, r);
    fe_sub(x, x, hhh);
    fe_sub(x, x, v);
    fe_sub(x, x, v);
    fe_sub(v, v, x);
    fe_mul(v, v, r);
    fe_sub(y, v, hh);
}

/* t[0] = u2 - u1, t[1] = s2 - s1, t[2] = u1, t[3] = s1 */
static void add_begin(const jac *a, const cached *b, scratch *s)
{
    fe_sqr(&s->t[4], &a->z);
    fe_mul(&s->t[0], &b->p.x, &s->t[4]);
    fe_mul(&s->t[4], &s->t[4], &a->z);
    fe_mul(&s->t[1], &b->p.y, &s->t[4]);
    fe_mul(&s->t[2], &a->x, &b->zz);
    fe_mul(&s->t[3], &a->y, &b->zzz);
    fe_sub(&s->t[0], &s->t[0], &s->t[2]);
    fe_sub(&s->t[1], &s->t[1], &s->t[3]);
}

static void add_end(jac *out, const jac *a, const cached *b, scratch *s)
{
    fe_mul(&s->t[7], &a->z, &b->p.z);
    fe_mul(&out->z, &s->t[7], &s->t[0]);
    chord(&out->x, &out->y, &s->t[2], &s->t[3], s);
}

/* Not for infinity, nor for a = b or a = -b. */
static void jac_add(jac *out, const jac *a, const cached *b, scratch *s)
{
    add_begin(a, b, s);
    add_end(out, a, b, s);
}

/* (X : Y : Z) = (X Z : Y : Z^3) */
static void jac_from_ge(jac *out, const ge *a, scratch *s)
{
    fe_sqr(&s->t[0], &a->z);
    fe_mul(&out->x, &a->x, &a->z);
    fe_mul(&out->y, &a->y, &s->t[0]);
    out->z = a->z;
}

static void jac_to_ge(ge *out, const jac *a, scratch *s)
{
    fe_sqr(&s->t[0], &a->z);
    fe_mul(&out->x, &a->x, &a->z);
    out->y = a->y;
    fe_mul(&out->z, &s->t[0], &a->z);
}

/* ---- k P ---------------------------------------------------------------- */

enum { WINDOW = 5, WINDOWS = 255 / WINDOW, ROW = 1 << (WINDOW - 1) };

typedef struct loop {
    cached table[ROW]; /* P, 3P, ..., 31P */
    cached picked;
    jac acc;
    ge last;
    odd k;
    scratch s;
} loop;

static void odd_multiples(cached *table, int n, const jac *p, scratch *s)
{
    jac point = *p;
    cached twice;
    cached_init(&table[0], p);
    jac_double(&point, p, s);
    cached_init(&twice, &point);
    point = *p;
    for (int i = 1; i < n; i++) {
        jac_add(&point, &point, &twice, s);
        cached_init(&table[i], &point);
    }
    wipe(&point, sizeof point);
    wipe(&twice, sizeof twice);
}

static void pick(loop *l, unsigned window)
{
    uint32_t index;
    uint32_t negative =
        digit(&index, odd_window(&l->k, window * WINDOW, WINDOW), WINDOW);
    fe_select(&l->picked.p.x, 5, &l->table[0].p.x, ROW, index);
    negate_if(&l->picked.p.y, negative, &l->s);
}

/* WINDOWS whole windows hold m, and the digit above them is 1: the loop
 * starts from P. */
void ge_mul(ge *out, const sc *k, const ge *p)
{
    loop l;
    ge infinity;
    uint32_t was_infinity = ge_is_infinity(p);
    odd_init(&l.k, k);
    jac_from_ge(&l.acc, p, &l.s);
    odd_multiples(l.table, ROW, &l.acc, &l.s);
    for (int i = WINDOWS - 1; i >= 0; i--) {
        for (int j = 0; j < WINDOW; j++)
            jac_double(&l.acc, &l.acc, &l.s);
        pick(&l, (unsigned)i);
        if (i)
            jac_add(&l.acc, &l.acc, &l.picked, &l.s);
    }
    jac_to_ge(out, &l.acc, &l.s);
    jac_to_ge(&l.last, &l.picked.p, &l.s);
    ge_add(out, out, &l.last);
    negate_if(&out->y, l.k.negated, &l.s);
    ge_set_infinity(&infinity);
    ge_cmov(out, &infinity, was_infinity);
    wipe(&l, sizeof l);
}

/* ---- k G ---------------------------------------------------------------- */

typedef struct base_loop {
    ge_affine picked;
    xyzz acc;
    ge last;
    odd k;
    scratch s;
} base_loop;

/* out += b, "madd-2008-s" of the Explicit-Formulas Database. */
static void xyzz_add(xyzz *out, const ge_affine *b, scratch *s)
{
    fe *p = &s->t[0], *r = &s->t[1];
    fe_mul(p, &b->x, &out->zz);
    fe_mul(r, &b->y, &out->zzz);
    fe_sub(p, p, &out->x);
    fe_sub(r, r, &out->y);
    s->t[2] = out->x;
    s->t[3] = out->y;
    chord(&out->x, &out->y, &s->t[2], &s->t[3], s);
    fe_sqr(&s->t[4], p);
    fe_mul(&out->zz, &out->zz, &s->t[4]);
    fe_mul(&out->zzz, &out->zzz, &s->t[6]);
}

static void base_pick(base_loop *l, unsigned window)
{
    uint32_t index;
    uint32_t negative = digit(
        &index, odd_window(&l->k, window * BASE_BITS, BASE_BITS), BASE_BITS);
    fe_select(&l->picked.x, 2, &base_table[window][0].x, BASE_ROW, index);
    negate_if(&l->picked.y, negative, &l->s);
}

/* The top window has three bits and its digit is positive. */
static void base_begin(base_loop *l)
{
    uint32_t index = odd_window(&l->k, (BASE_N - 1) * BASE_BITS, 3);
    fe_select(&l->picked.x, 2, &base_table[BASE_N - 1][0].x, 8, index);
    l->acc.x = l->picked.x;
    l->acc.y = l->picked.y;
    l->acc.zz = fe_one;
    l->acc.zzz = fe_one;
}

void ge_mul_base(ge *out, const sc *k)
{
    base_loop l;
    odd_init(&l.k, k);
    base_begin(&l);
    for (unsigned i = BASE_N - 2; i; i--) {
        base_pick(&l, i);
        xyzz_add(&l.acc, &l.picked, &l.s);
    }
    base_pick(&l, 0);
    fe_mul(&out->x, &l.acc.x, &l.acc.zzz);
    fe_mul(&out->y, &l.acc.y, &l.acc.zz);
    fe_mul(&out->z, &l.acc.zz, &l.acc.zzz);
    l.last.x = l.picked.x;
    l.last.y = l.picked.y;
    l.last.z = fe_one;
    ge_add(out, out, &l.last);
    negate_if(&out->y, l.k.negated, &l.s);
    wipe(&l, sizeof l);
}

/* ---- s G + t P, public -------------------------------------------------- */

enum { NAF_MAX = 258, P_NAF = 5, P_ROW = 1 << (P_NAF - 2) };

/* Digits of width w: odd and below 2^(w-1), or zero; at most one in w. */
static void naf_vartime(int8_t out[NAF_MAX], const sc *k, int w)
{
    uint32_t limbs[9];
    sc_to_limbs(limbs, k);
    limbs[8] = 0;
    int carry = 0, at = 0;
    for (int i = 0; i < NAF_MAX; i++)
        out[i] = 0;
    while (at < 257) {
        int bit = (int)(limbs[at / 32] >> (at % 32) & 1);
        if (bit == carry) {
            at++;
            continue;
        }
        uint64_t two = limbs[at / 32];
        if (at / 32 < 8)
            two |= (uint64_t)limbs[at / 32 + 1] << 32;
        int v = (int)(two >> (at % 32) & ((1u << w) - 1)) + carry;
        carry = v >> (w - 1);
        out[at] = (int8_t)(v - (carry << w));
        at += w;
    }
}

typedef struct sum {
    jac acc;
    uint32_t infinite;
    scratch s;
} sum;

/* After add_begin: what to do when h = 0.  1 when it is done. */
static uint32_t add_special_vartime(sum *a)
{
    if (!fe_is_zero(&a->s.t[0]))
        return 0;
    if (fe_is_zero(&a->s.t[1]))
        jac_double(&a->acc, &a->acc, &a->s);
    else
        a->infinite = 1;
    return 1;
}

static void sum_add_vartime(sum *a, const cached *b, int negative)
{
    cached t = *b;
    if (negative)
        fe_neg(&t.p.y, &t.p.y);
    if (a->infinite) {
        a->acc = t.p;
        a->infinite = 0;
        return;
    }
    add_begin(&a->acc, &t, &a->s);
    if (!add_special_vartime(a))
        add_end(&a->acc, &a->acc, &t, &a->s);
}

static void sum_add_affine_vartime(sum *a, const ge_affine *b, int negative)
{
    fe y = b->y;
    fe *t = a->s.t;
    if (negative)
        fe_neg(&y, &y);
    if (a->infinite) {
        a->acc = (jac){b->x, y, fe_one};
        a->infinite = 0;
        return;
    }
    fe_sqr(&t[4], &a->acc.z);
    fe_mul(&t[0], &b->x, &t[4]);
    fe_mul(&t[4], &t[4], &a->acc.z);
    fe_mul(&t[1], &y, &t[4]);
    t[2] = a->acc.x;
    t[3] = a->acc.y;
    fe_sub(&t[0], &t[0], &t[2]);
    fe_sub(&t[1], &t[1], &t[3]);
    if (add_special_vartime(a))
        return;
    fe_mul(&a->acc.z, &a->acc.z, &t[0]);
    chord(&a->acc.x, &a->acc.y, &t[2], &t[3], &a->s);
}

static void sum_step_vartime(sum *a, int g, int p, const cached *table)
{
    if (!a->infinite)
        jac_double(&a->acc, &a->acc, &a->s);
    if (g)
        sum_add_affine_vartime(a, &base_table[0][(g < 0 ? -g : g) / 2], g < 0);
    if (p)
        sum_add_vartime(a, &table[(p < 0 ? -p : p) / 2], p < 0);
}

void ge_mul2_vartime(ge *out, const sc *s, const sc *t, const ge *p)
{
    sum a;
    cached table[P_ROW];
    int8_t g_naf[NAF_MAX], p_naf[NAF_MAX] = {0};
    a.infinite = 1;
    naf_vartime(g_naf, s, BASE_BITS + 1);
    if (!ge_is_infinity(p)) {
        naf_vartime(p_naf, t, P_NAF);
        jac_from_ge(&a.acc, p, &a.s);
        odd_multiples(table, P_ROW, &a.acc, &a.s);
    }
    for (int i = NAF_MAX - 1; i >= 0; i--)
        sum_step_vartime(&a, g_naf[i], p_naf[i], table);
    if (a.infinite)
        ge_set_infinity(out);
    else
        jac_to_ge(out, &a.acc, &a.s);
}
