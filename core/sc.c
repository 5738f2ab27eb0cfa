/* What both backends of the scalars share: bytes, wide reduction, powers
 * (sc.h). */
#include "base.h"
#include "bytes.h"
#include "ct.h"
#include "sc_limbs.h"
#include "wipe.h"

const uint32_t sc_order[8] = {0x39d54123, 0x53bbf409, 0x21c6052b, 0x7203df6b,
                              0xffffffff, 0xffffffff, 0xffffffff, 0xfffffffe};

static void load(uint32_t out[8], const uint8_t in[32])
{
    for (int i = 0; i < 8; i++)
        out[i] = load_be32(in + 28 - 4 * i);
}

/* 1 when a < b. */
static uint32_t is_below(const uint32_t a[8], const uint32_t b[8])
{
    uint64_t borrow = 0;
    for (int i = 0; i < 8; i++)
        borrow = ((uint64_t)a[i] - b[i] - borrow) >> 63;
    return ct_barrier32((uint32_t)borrow);
}

static bzt_err read_limbs(sc *out, const uint32_t in[8])
{
    uint32_t fits = is_below(in, sc_order);
    ct_public(fits); /* the caller learns it as an error */
    if (!fits) {
        sc_wipe(out);
        return BZT_ERR_RANGE;
    }
    sc_from_limbs(out, in);
    return BZT_OK;
}

bzt_err sc_read_or_zero(sc *out, const uint8_t in[32])
{
    uint32_t limbs[8];
    load(limbs, in);
    bzt_err err = read_limbs(out, limbs);
    wipe(limbs, sizeof limbs);
    return err;
}

bzt_err sc_read(sc *out, const uint8_t in[32])
{
    bzt_err err = sc_read_or_zero(out, in);
    if (err)
        return err;
    uint32_t zero = sc_is_zero(out);
    ct_public(zero); /* the caller learns it as an error */
    return zero ? BZT_ERR_RANGE : BZT_OK;
}

void sc_reduce(sc *out, const uint8_t in[32])
{
    uint32_t limbs[8];
    load(limbs, in);
    sc_from_limbs(out, limbs);
    wipe(limbs, sizeof limbs);
}

/* 2^256 - (n - 1) */
static const uint32_t wide_fold[8] = {
    0xc62abede, 0xac440bf6, 0xde39fad4, 0x8dfc2094, 0, 0, 0, 1};

/* v = (v mod 2^256) + (v div 2^256) (2^256 - (n - 1)): the same mod n - 1.
 * The factor is below 2^225, so the part above 2^256 loses 31 bits. */
static void fold(uint32_t v[12], int high_n)
{
    uint32_t high[4];
    for (int i = 0; i < 4; i++) {
        high[i] = v[8 + i];
        v[8 + i] = 0;
    }
    for (int i = 0; i < high_n; i++) {
        uint64_t c = 0;
        for (int j = 0; j < 8; j++) {
            c += (uint64_t)high[i] * wide_fold[j] + v[i + j];
            v[i + j] = (uint32_t)c;
            c >>= 32;
        }
        for (int j = i + 8; j < 12; j++) {
            c += v[j];
            v[j] = (uint32_t)c;
            c >>= 32;
        }
    }
    wipe(high, sizeof high);
}

/* v = v - (n - 1) if that is not negative. */
static void subtract_wide(uint32_t v[12])
{
    uint32_t d[8];
    uint64_t c = 0;
    for (int i = 0; i < 8; i++) { /* v + 2^256 - (n - 1) */
        c += (uint64_t)v[i] + wide_fold[i];
        d[i] = (uint32_t)c;
        c >>= 32;
    }
    ct_cmov(v, d, sizeof d, (uint32_t)c);
    wipe(d, sizeof d);
}

/* Bits above 2^256: 128, then at most 98, 68, 38, 8, 1; when that one is
 * set, what is below it is less than 2^233, so the last fold ends below
 * 2^256 < 2 (n - 1). */
void sc_from_wide(sc *out, const uint8_t in[48])
{
    uint32_t v[12];
    for (int i = 0; i < 12; i++)
        v[i] = load_be32(in + 44 - 4 * i);
    fold(v, 4);
    fold(v, 4);
    fold(v, 3);
    fold(v, 2);
    fold(v, 1);
    fold(v, 1);
    subtract_wide(v);
    uint64_t c = 1; /* v < n - 1, and one is added */
    for (int i = 0; i < 8; i++) {
        c += v[i];
        v[i] = (uint32_t)c;
        c >>= 32;
    }
    sc_from_limbs(out, v);
    wipe(v, sizeof v);
}

void sc_write(uint8_t out[32], const sc *a)
{
    uint32_t limbs[8];
    sc_to_limbs(limbs, a);
    for (int i = 0; i < 8; i++)
        store_be32(out + 28 - 4 * i, limbs[i]);
    wipe(limbs, sizeof limbs);
}

void sc_set_small(sc *out, uint32_t v)
{
    const uint32_t limbs[8] = {v};
    sc_from_limbs(out, limbs);
}

void sc_neg(sc *out, const sc *a)
{
    const sc zero = {{0}};
    sc_sub(out, &zero, a);
}

void sc_wipe(sc *a)
{
    wipe(a, sizeof *a);
}
