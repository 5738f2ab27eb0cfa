/* What both backends of the field share: powers (fe.h, fe_power.h). */
#include "fe.h"
#include "fe_power.h"
#include "wipe.h"

void fe_sqr_n(fe *out, const fe *a, unsigned n)
{
    fe_sqr(out, a);
    while (--n)
        fe_sqr(out, out);
}

/* out = a^(2^n) b */
void fe_shift_mul(fe *out, const fe *a, unsigned n, const fe *b)
{
    fe t;
    fe_sqr_n(&t, a, n);
    fe_mul(out, &t, b);
    wipe(&t, sizeof t);
}

/* p - 2 and (p + 1) / 4 both begin with the bits of `high`. */
void fe_runs_init(fe_runs *r, const fe *a)
{
    fe x3, t;
    fe_shift_mul(&t, a, 1, a);         /* 2 */
    fe_shift_mul(&x3, &t, 1, a);       /* 3 */
    fe_shift_mul(&t, &x3, 3, &x3);     /* 6 */
    fe_shift_mul(&t, &t, 6, &t);       /* 12 */
    fe_shift_mul(&t, &t, 3, &x3);      /* 15 */
    fe_shift_mul(&r->x30, &t, 15, &t); /* 30 */
    fe_shift_mul(&t, &r->x30, 1, a);   /* 31 */
    fe_shift_mul(&r->x32, &t, 1, a);   /* 32 */
    fe_shift_mul(&t, &t, 33, &r->x32); /* 31, 0, 32 */
    fe_shift_mul(&t, &t, 32, &r->x32);
    fe_shift_mul(&t, &t, 32, &r->x32);
    fe_shift_mul(&r->high, &t, 32, &r->x32);
    wipe(&x3, sizeof x3);
    wipe(&t, sizeof t);
}

/* a^((p+1)/4), as p = 3 mod 4; (p + 1) / 4 = high, 31 zeros, 1, 62 zeros */
void fe_sqrt(fe *out, const fe *a)
{
    fe in = *a;
    fe_runs r;
    fe_runs_init(&r, &in);
    fe_shift_mul(out, &r.high, 32, &in);
    fe_sqr_n(out, out, 62);
    wipe(&r, sizeof r);
    wipe(&in, sizeof in);
}
