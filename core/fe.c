/* What both backends of the field share: powers (fe.h). */
#include "fe.h"
#include "wipe.h"

void fe_sqr_n(fe *out, const fe *a, unsigned n)
{
    fe_sqr(out, a);
    while (--n)
        fe_sqr(out, out);
}

/* out = a^(2^n) b */
static void shift_mul(fe *out, const fe *a, unsigned n, const fe *b)
{
    fe t;
    fe_sqr_n(&t, a, n);
    fe_mul(out, &t, b);
    wipe(&t, sizeof t);
}

/* xn = a^(2^n - 1): an exponent of n ones. */
typedef struct runs {
    fe x30, x32, high; /* high: 31 ones, a zero, 128 ones */
} runs;

/* p - 2 and (p + 1) / 4 both begin with the bits of `high`. */
static void runs_init(runs *r, const fe *a)
{
    fe x3, t;
    shift_mul(&t, a, 1, a);         /* 2 */
    shift_mul(&x3, &t, 1, a);       /* 3 */
    shift_mul(&t, &x3, 3, &x3);     /* 6 */
    shift_mul(&t, &t, 6, &t);       /* 12 */
    shift_mul(&t, &t, 3, &x3);      /* 15 */
    shift_mul(&r->x30, &t, 15, &t); /* 30 */
    shift_mul(&t, &r->x30, 1, a);   /* 31 */
    shift_mul(&r->x32, &t, 1, a);   /* 32 */
    shift_mul(&t, &t, 33, &r->x32); /* 31, 0, 32 */
    shift_mul(&t, &t, 32, &r->x32);
    shift_mul(&t, &t, 32, &r->x32);
    shift_mul(&r->high, &t, 32, &r->x32);
    wipe(&x3, sizeof x3);
    wipe(&t, sizeof t);
}

/* a^(p-2); p - 2 = high, 32 zeros, 62 ones, 01 */
void fe_inv(fe *out, const fe *a)
{
    fe in = *a;
    runs r;
    runs_init(&r, &in);
    shift_mul(out, &r.high, 64, &r.x32);
    shift_mul(out, out, 30, &r.x30);
    shift_mul(out, out, 2, &in);
    wipe(&r, sizeof r);
    wipe(&in, sizeof in);
}

/* a^((p+1)/4), as p = 3 mod 4; (p + 1) / 4 = high, 31 zeros, 1, 62 zeros */
void fe_sqrt(fe *out, const fe *a)
{
    fe in = *a;
    runs r;
    runs_init(&r, &in);
    shift_mul(out, &r.high, 32, &in);
    fe_sqr_n(out, out, 62);
    wipe(&r, sizeof r);
    wipe(&in, sizeof in);
}
