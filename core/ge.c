/* Points of y^2 = x^3 - 3x + b, projective: x = X/Z, y = Y/Z; infinity is
 * (0 : Y : 0) (ge.h).
 *
 * The sum is the complete formula of Renes, Costello and Batina (EUROCRYPT
 * 2016, algorithm 4): no pair of points is an exception on a curve of odd
 * order.  The multiplications, which use cheaper coordinates, are in
 * ge_mul.c.
 */
#include "base.h"
#include "bytes.h"
#include "ct.h"
#include "fe.h"
#include "wipe.h"

void ge_set_infinity(ge *out)
{
    const fe zero = {{0}};
    out->x = zero;
    out->y = fe_one;
    out->z = zero;
}

void ge_set_base(ge *out)
{
    out->x = base_table[0][0].x;
    out->y = base_table[0][0].y;
    out->z = fe_one;
}

/* The numbers of the steps are those of algorithm 4. */
void ge_add(ge *out, const ge *a, const ge *b)
{
    fe t[5];
    ge r;
    fe_mul(&t[0], &a->x, &b->x); /* 1 */
    fe_mul(&t[1], &a->y, &b->y);
    fe_mul(&t[2], &a->z, &b->z);
    fe_add(&t[3], &a->x, &a->y);
    fe_add(&t[4], &b->x, &b->y); /* 5 */
    fe_mul(&t[3], &t[3], &t[4]);
    fe_add(&t[4], &t[0], &t[1]);
    fe_sub(&t[3], &t[3], &t[4]);
    fe_add(&t[4], &a->y, &a->z);
    fe_add(&r.x, &b->y, &b->z); /* 10 */
    fe_mul(&t[4], &t[4], &r.x);
    fe_add(&r.x, &t[1], &t[2]);
    fe_sub(&t[4], &t[4], &r.x);
    fe_add(&r.x, &a->x, &a->z);
    fe_add(&r.y, &b->x, &b->z); /* 15 */
    fe_mul(&r.x, &r.x, &r.y);
    fe_add(&r.y, &t[0], &t[2]);
    fe_sub(&r.y, &r.x, &r.y);
    fe_mul(&r.z, &fe_b, &t[2]);
    fe_sub(&r.x, &r.y, &r.z); /* 20 */
    fe_add(&r.z, &r.x, &r.x);
    fe_add(&r.x, &r.x, &r.z);
    fe_sub(&r.z, &t[1], &r.x);
    fe_add(&r.x, &t[1], &r.x);
    fe_mul(&r.y, &fe_b, &r.y); /* 25 */
    fe_add(&t[1], &t[2], &t[2]);
    fe_add(&t[2], &t[1], &t[2]);
    fe_sub(&r.y, &r.y, &t[2]);
    fe_sub(&r.y, &r.y, &t[0]);
    fe_add(&t[1], &r.y, &r.y); /* 30 */
    fe_add(&r.y, &t[1], &r.y);
    fe_add(&t[1], &t[0], &t[0]);
    fe_add(&t[0], &t[1], &t[0]);
    fe_sub(&t[0], &t[0], &t[2]);
    fe_mul(&t[1], &t[4], &r.y); /* 35 */
    fe_mul(&t[2], &t[0], &r.y);
    fe_mul(&r.y, &r.x, &r.z);
    fe_add(&r.y, &r.y, &t[2]);
    fe_mul(&r.x, &t[3], &r.x);
    fe_sub(&r.x, &r.x, &t[1]); /* 40 */
    fe_mul(&r.z, &t[4], &r.z);
    fe_mul(&t[1], &t[3], &t[0]);
    fe_add(&r.z, &r.z, &t[1]); /* 43 */
    *out = r;
    wipe(t, sizeof t);
    ge_wipe(&r);
}

void ge_double(ge *out, const ge *a)
{
    ge_add(out, a, a);
}

void ge_neg(ge *out, const ge *a)
{
    out->x = a->x;
    fe_neg(&out->y, &a->y);
    out->z = a->z;
}

uint32_t ge_is_infinity(const ge *a)
{
    return fe_is_zero(&a->z);
}

/* At infinity X = Z = 0 and Y is not: the products tell it from any other
 * point as well. */
uint32_t ge_is_equal(const ge *a, const ge *b)
{
    fe l, r;
    fe_mul(&l, &a->x, &b->z);
    fe_mul(&r, &b->x, &a->z);
    uint32_t same_x = fe_is_equal(&l, &r);
    fe_mul(&l, &a->y, &b->z);
    fe_mul(&r, &b->y, &a->z);
    return same_x & fe_is_equal(&l, &r);
}

void ge_cmov(ge *out, const ge *a, uint32_t flag)
{
    fe_cmov(&out->x, &a->x, flag);
    fe_cmov(&out->y, &a->y, flag);
    fe_cmov(&out->z, &a->z, flag);
}

void ge_wipe(ge *a)
{
    wipe(a, sizeof *a);
}

/* out = x^3 - 3x + b */
static void curve_right(fe *out, const fe *x)
{
    fe t;
    fe_sqr(&t, x);
    fe_sub(&t, &t, &fe_one);
    fe_sub(&t, &t, &fe_one);
    fe_sub(&t, &t, &fe_one);
    fe_mul(&t, &t, x);
    fe_add(out, &t, &fe_b);
}

static bzt_err no_point(ge *out)
{
    ge_set_infinity(out);
    return BZT_ERR_POINT;
}

bzt_err ge_read(ge *out, const uint8_t in[65])
{
    fe left, right;
    uint32_t ok = ct_is_equal32(in[0], 4);
    ok &= fe_read(&out->x, in + 1);
    ok &= fe_read(&out->y, in + 33);
    out->z = fe_one;
    fe_sqr(&left, &out->y);
    curve_right(&right, &out->x);
    ok &= fe_is_equal(&left, &right);
    ct_public(ok); /* the caller learns it as an error */
    return ok ? BZT_OK : no_point(out);
}

static uint32_t is_odd(const fe *a)
{
    uint8_t bytes[32];
    fe_write(bytes, a);
    uint32_t odd = bytes[31] & 1;
    wipe(bytes, sizeof bytes);
    return odd;
}

/* No point has y = 0, because n is odd: the parity tells the roots apart. */
bzt_err ge_read_compressed(ge *out, const uint8_t in[33])
{
    fe right, check, other;
    uint32_t ok = ct_is_equal32(in[0] & 0xfe, 2);
    ok &= fe_read(&out->x, in + 1);
    out->z = fe_one;
    curve_right(&right, &out->x);
    fe_sqrt(&out->y, &right);
    fe_sqr(&check, &out->y);
    ok &= fe_is_equal(&check, &right);
    fe_neg(&other, &out->y);
    fe_cmov(&out->y, &other, is_odd(&out->y) ^ (in[0] & 1));
    ct_public(ok); /* the caller learns it as an error */
    return ok ? BZT_OK : no_point(out);
}

/* Affine coordinates, both zero at infinity. */
static void affine(fe *x, fe *y, const ge *a)
{
    fe inverse;
    fe_inv(&inverse, &a->z);
    fe_mul(x, &a->x, &inverse);
    fe_mul(y, &a->y, &inverse);
    wipe(&inverse, sizeof inverse);
}

/* Whether a is infinity: every caller reports it as an error. */
static uint32_t told_infinity(const ge *a)
{
    uint32_t infinity = ge_is_infinity(a);
    ct_public(infinity);
    return infinity;
}

bzt_err ge_write(uint8_t out[65], const ge *a)
{
    if (told_infinity(a)) {
        wipe(out, 65);
        return BZT_ERR_POINT;
    }
    fe x, y;
    affine(&x, &y, a);
    out[0] = 4;
    fe_write(out + 1, &x);
    fe_write(out + 33, &y);
    wipe(&x, sizeof x);
    wipe(&y, sizeof y);
    return BZT_OK;
}

bzt_err ge_write_compressed(uint8_t out[33], const ge *a)
{
    if (told_infinity(a)) {
        wipe(out, 33);
        return BZT_ERR_POINT;
    }
    fe x, y;
    affine(&x, &y, a);
    out[0] = (uint8_t)(2 | is_odd(&y));
    fe_write(out + 1, &x);
    wipe(&x, sizeof x);
    wipe(&y, sizeof y);
    return BZT_OK;
}

bzt_err ge_x_scalar(sc *out, const ge *a)
{
    if (told_infinity(a)) {
        sc_wipe(out);
        return BZT_ERR_POINT;
    }
    fe x, y;
    uint8_t bytes[32];
    affine(&x, &y, a);
    fe_write(bytes, &x);
    sc_reduce(out, bytes);
    wipe(&x, sizeof x);
    wipe(&y, sizeof y);
    wipe(bytes, sizeof bytes);
    return BZT_OK;
}

/* x(a) is below p < 2n, so it is x or x + n; X = x Z spares the inverse. */
uint32_t ge_x_is_vartime(const ge *a, const sc *x)
{
    static const uint8_t order[32] = {
        0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0x72, 0x03, 0xdf, 0x6b, 0x21, 0xc6,
        0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41, 0x23};
    uint8_t bytes[32];
    fe t;
    if (ge_is_infinity(a))
        return 0;
    sc_write(bytes, x);
    if (fe_read(&t, bytes)) {
        fe_mul(&t, &t, &a->z);
        if (fe_is_equal(&t, &a->x))
            return 1;
    }
    uint32_t carry = 0;
    for (int i = 31; i >= 0; i--) {
        carry += (uint32_t)bytes[i] + order[i];
        bytes[i] = (uint8_t)carry;
        carry >>= 8;
    }
    if (carry || !fe_read(&t, bytes))
        return 0;
    fe_mul(&t, &t, &a->z);
    return fe_is_equal(&t, &a->x);
}
