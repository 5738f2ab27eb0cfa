/* Inverses mod p and mod n by division steps (D. J. Bernstein, B.-Y. Yang,
 * "Fast constant-time gcd computation and modular inversion", 2019), with the
 * start of P. Wuille, delta = 1/2, for which 590 steps suffice for every odd
 * modulus and input below 2^256.
 *
 * (f, g) begins as (m, x).  A step looks at the low bits only, so 59 steps
 * are gathered in a matrix with f and g of one word, and applied to the long
 * numbers at once; (d, e) goes along so that always, mod m,
 *     d x = f and e x = g   (up to the same power of 2 that is divided out).
 * In the end g = 0, f = 1 or -1, and d or -d is the inverse; x = 0 leaves
 * d = 0.  The number of steps and every memory access are fixed.
 */
#include "base.h"
#include "ct.h"
#include "fe.h"
#include "limbs_64.h"
#include "wipe.h"

__extension__ typedef __int128 bzt_i128;

enum { BATCHES = 10, STEPS = 59, LIMB = 62 };
#define LIMB_MASK ((int64_t)(UINT64_MAX >> 2))

/* Five limbs of 62 bits; the last has the sign, the others are in
 * [0, 2^62). */
typedef struct number {
    int64_t l[5];
} number;

typedef struct modulus {
    number m;
    uint64_t inverse; /* of m mod 2^62 */
} modulus;

/* Entries of size at most 2^62; each row's sizes add up to 2^62 at most. */
typedef struct matrix {
    int64_t u, v, q, r;
} matrix;

typedef struct euclid {
    number f, g, d, e;
    matrix t;
    int64_t zeta; /* -(delta + 1/2) */
} euclid;

/* 59 steps on the low words.  The matrix begins as 2^3, and each step doubles
 * what it does not halve, so that it ends with the factor 2^62. */
static void steps(euclid *s)
{
    uint64_t u = 8, v = 0, q = 0, r = 8;
    uint64_t f = (uint64_t)s->f.l[0], g = (uint64_t)s->g.l[0];
    int64_t zeta = s->zeta;
    for (int i = 0; i < STEPS; i++) {
        /* swap: delta > 0; odd: g is */
        uint64_t swap = ct_barrier64((uint64_t)(zeta >> 63));
        uint64_t odd = ct_barrier64(0 - (g & 1));
        g += ((f ^ swap) - swap) & odd;
        q += ((u ^ swap) - swap) & odd;
        r += ((v ^ swap) - swap) & odd;
        swap &= odd;
        zeta = (int64_t)(((uint64_t)zeta ^ swap) - 1);
        f += g & swap;
        u += q & swap;
        v += r & swap;
        g >>= 1;
        u <<= 1;
        v <<= 1;
    }
    s->zeta = zeta;
    s->t = (matrix){(int64_t)u, (int64_t)v, (int64_t)q, (int64_t)r};
}

static inline bzt_i128 row(int64_t a, int64_t x, int64_t b, int64_t y)
{
    return (bzt_i128)a * x + (bzt_i128)b * y;
}

/* (f, g) = t (f, g) / 2^62, exactly.  |f|, |g| <= 2^256 stay so. */
static void apply_to_fg(euclid *s)
{
    const matrix t = s->t;
    number f = s->f, g = s->g;
    bzt_i128 cf = row(t.u, f.l[0], t.v, g.l[0]) >> LIMB;
    bzt_i128 cg = row(t.q, f.l[0], t.r, g.l[0]) >> LIMB;
    for (int i = 1; i < 5; i++) {
        cf += row(t.u, f.l[i], t.v, g.l[i]);
        cg += row(t.q, f.l[i], t.r, g.l[i]);
        s->f.l[i - 1] = (int64_t)cf & LIMB_MASK;
        s->g.l[i - 1] = (int64_t)cg & LIMB_MASK;
        cf >>= LIMB;
        cg >>= LIMB;
    }
    s->f.l[4] = (int64_t)cf;
    s->g.l[4] = (int64_t)cg;
}

/* The multiple of m, in [-2^62, 0], that makes the low 62 bits of the new
 * value zero, where `start` already mends the signs of d and e. */
static inline int64_t multiple(bzt_i128 low, int64_t start, const modulus *m)
{
    uint64_t must_go = m->inverse * (uint64_t)low + (uint64_t)start;
    return start - ((int64_t)must_go & LIMB_MASK);
}

/* (d, e) = t (d, e) / 2^62 mod m.  Both stay in (-2m, m): a negative one
 * first gets m (as multiples in start), so that t's rows make less than
 * 2^62 m, more than -2^62 m; then at most 2^62 - 1 times m is taken away. */
static void apply_to_de(euclid *s, const modulus *m)
{
    const matrix t = s->t;
    number d = s->d, e = s->e;
    int64_t sd = (int64_t)ct_barrier64((uint64_t)(d.l[4] >> 63));
    int64_t se = (int64_t)ct_barrier64((uint64_t)(e.l[4] >> 63));
    bzt_i128 cd = row(t.u, d.l[0], t.v, e.l[0]);
    bzt_i128 ce = row(t.q, d.l[0], t.r, e.l[0]);
    int64_t md = multiple(cd, (t.u & sd) + (t.v & se), m);
    int64_t me = multiple(ce, (t.q & sd) + (t.r & se), m);
    cd = (cd + (bzt_i128)m->m.l[0] * md) >> LIMB;
    ce = (ce + (bzt_i128)m->m.l[0] * me) >> LIMB;
    for (int i = 1; i < 5; i++) {
        cd += row(t.u, d.l[i], t.v, e.l[i]) + (bzt_i128)m->m.l[i] * md;
        ce += row(t.q, d.l[i], t.r, e.l[i]) + (bzt_i128)m->m.l[i] * me;
        s->d.l[i - 1] = (int64_t)cd & LIMB_MASK;
        s->e.l[i - 1] = (int64_t)ce & LIMB_MASK;
        cd >>= LIMB;
        ce >>= LIMB;
    }
    s->d.l[4] = (int64_t)cd;
    s->e.l[4] = (int64_t)ce;
}

static void carry(number *a)
{
    for (int i = 0; i < 4; i++) {
        a->l[i + 1] += a->l[i] >> LIMB;
        a->l[i] &= LIMB_MASK;
    }
}

static void add_if_negative(number *a, const number *m)
{
    int64_t mask = (int64_t)ct_barrier64((uint64_t)(a->l[4] >> 63));
    for (int i = 0; i < 5; i++)
        a->l[i] += m->l[i] & mask;
    carry(a);
}

/* d from (-2m, m) to [0, m), negated where f is negative. */
static void normalize(number *d, const number *f, const number *m)
{
    int64_t sign = (int64_t)ct_barrier64((uint64_t)(f->l[4] >> 63));
    add_if_negative(d, m);
    for (int i = 0; i < 5; i++)
        d->l[i] = (d->l[i] ^ sign) - sign;
    carry(d);
    add_if_negative(d, m);
}

static void split(number *out, const uint64_t in[4])
{
    out->l[0] = (int64_t)in[0] & LIMB_MASK;
    for (int i = 1; i < 4; i++)
        out->l[i] =
            (int64_t)(in[i - 1] >> (64 - 2 * i) | in[i] << (2 * i)) & LIMB_MASK;
    out->l[4] = (int64_t)(in[3] >> 56);
}

static void join(uint64_t out[4], const number *in)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint64_t)in->l[i] >> (2 * i) | (uint64_t)in->l[i + 1]
                                                     << (62 - 2 * i);
}

static void invert(uint64_t out[4], const uint64_t in[4], const modulus *m)
{
    euclid s = {.f = m->m, .e = {{1}}, .zeta = -1};
    split(&s.g, in);
    for (int i = 0; i < BATCHES; i++) {
        steps(&s);
        apply_to_de(&s, m);
        apply_to_fg(&s);
    }
    normalize(&s.d, &s.f, &m->m);
    join(out, &s.d);
    wipe(&s, sizeof s);
}

static const modulus field = {{{0x3fffffffffffffff, 0x3ffffffc00000003,
                                0x3fffffffffffffff, 0x3fffffbfffffffff, 0xff}},
                              0x3fffffffffffffff};
static const modulus order = {{{0x13bbf40939d54123, 0x80f7dac871814ad,
                                0x3ffffffffffffff7, 0x3fffffbfffffffff, 0xff}},
                              0xd8061778dcaf68b};

/* a R to a^-1 R: the inverse of a R times R^3, in a product that divides by
 * R. */
void fe_inv(fe *out, const fe *a)
{
    fe t;
    invert(t.l, a->l, &field);
    fe_mul(out, &t, &fe_r3);
    wipe(&t, sizeof t);
}

void sc_inv(sc *out, const sc *a)
{
    sc t;
    invert(t.l, a->l, &order);
    sc_mul(out, &t, &sc_r3);
    sc_wipe(&t);
}
