/* Inverses mod p and mod n as powers (Fermat): short, and fast enough for a
 * phone.  inverse_64.c has the quicker way of machines with 128-bit products.
 */
#include "base.h"
#include "fe_power.h"
#include "sc.h"
#include "wipe.h"

/* a^(p-2); p - 2 = high, 32 zeros, 62 ones, 01 */
void fe_inv(fe *out, const fe *a)
{
    fe in = *a;
    fe_runs r;
    fe_runs_init(&r, &in);
    fe_shift_mul(out, &r.high, 64, &r.x32);
    fe_shift_mul(out, out, 30, &r.x30);
    fe_shift_mul(out, out, 2, &in);
    wipe(&r, sizeof r);
    wipe(&in, sizeof in);
}

static void sqr_n(sc *a, int n)
{
    while (n--)
        sc_mul(a, a, a);
}

/* a = a^(2^n) b */
static void shift_mul(sc *a, int n, const sc *b)
{
    sqr_n(a, n);
    sc_mul(a, a, b);
}

/* n - 2 = 31 ones, 0, 96 ones, then these 128 bits */
static const uint8_t inv_low[16] = {0x72, 0x03, 0xdf, 0x6b, 0x21, 0xc6,
                                    0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09,
                                    0x39, 0xd5, 0x41, 0x21};

typedef struct inv_powers {
    sc by[16]; /* a^0 ... a^15 */
    sc x8, x32;
} inv_powers;

/* t = a^(31 ones); fills the powers. */
static void inv_begin(sc *t, inv_powers *p, const sc *a)
{
    p->by[0] = sc_one;
    for (int i = 1; i < 16; i++)
        sc_mul(&p->by[i], &p->by[i - 1], a);
    *t = p->by[15];
    shift_mul(t, 4, &p->by[15]);
    p->x8 = *t;
    shift_mul(t, 8, &p->x8);
    shift_mul(t, 8, &p->x8);
    shift_mul(t, 4, &p->by[15]); /* 28 ones */
    p->x32 = *t;
    shift_mul(&p->x32, 4, &p->by[15]);
    shift_mul(t, 3, &p->by[7]);
}

/* a^(n-2).  The low half goes four bits at a time; its branches depend on
 * n alone. */
void sc_inv(sc *out, const sc *a)
{
    inv_powers p;
    sc t;
    inv_begin(&t, &p, a);
    shift_mul(&t, 33, &p.x32);
    shift_mul(&t, 32, &p.x32);
    shift_mul(&t, 32, &p.x32);
    for (int i = 0; i < 16; i++) {
        shift_mul(&t, 4, &p.by[inv_low[i] >> 4]);
        shift_mul(&t, 4, &p.by[inv_low[i] & 15]);
    }
    *out = t;
    sc_wipe(&t);
    wipe(&p, sizeof p);
}
