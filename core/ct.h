/* The only place where masks are made, and the only word by which a secret
 * becomes public (STYLE.md, S3 and S4).
 *
 * A mask is all ones or all zero.  Every mask passes through a barrier that
 * hides its value from the optimiser, so that no compiler can see that it
 * has only two values and turn the selection back into a branch.
 */
#ifndef BZT_CORE_CT_H
#define BZT_CORE_CT_H

#include <stddef.h>
#include <stdint.h>

#ifdef BZT_VALGRIND
#include <valgrind/memcheck.h>
#define ct_public_bytes(p, len) VALGRIND_MAKE_MEM_DEFINED(p, len)
#define ct_secret_bytes(p, len) VALGRIND_MAKE_MEM_UNDEFINED(p, len)
#else
#define ct_public_bytes(p, len) ((void)(p), (void)(len))
#define ct_secret_bytes(p, len) ((void)(p), (void)(len))
#endif

/* Declare that the value of the lvalue x may be known to everybody.  Write
 * beside it why that is safe. */
#define ct_public(x) ct_public_bytes(&(x), sizeof(x))

static inline uint32_t ct_barrier32(uint32_t v)
{
    __asm__("" : "+r"(v));
    return v;
}

static inline uint64_t ct_barrier64(uint64_t v)
{
    __asm__("" : "+r"(v));
    return v;
}

/* flag is 0 or 1. */
static inline uint32_t ct_mask32(uint32_t flag)
{
    return ct_barrier32(0 - flag);
}

static inline uint64_t ct_mask64(uint64_t flag)
{
    return ct_barrier64(0 - flag);
}

/* 1 or 0. */
static inline uint32_t ct_is_zero32(uint32_t v)
{
    return ct_barrier32((~v & (v - 1)) >> 31);
}

static inline uint32_t ct_is_zero64(uint64_t v)
{
    return ct_barrier32((uint32_t)((~v & (v - 1)) >> 63));
}

static inline uint32_t ct_is_equal32(uint32_t a, uint32_t b)
{
    return ct_is_zero32(a ^ b);
}

/* 1 when all bytes are equal; not declassified. */
static inline uint32_t ct_is_equal(const void *a, const void *b, size_t len)
{
    const uint8_t *x = (const uint8_t *)a;
    const uint8_t *y = (const uint8_t *)b;
    uint32_t diff = 0;
    for (size_t i = 0; i < len; i++)
        diff |= (uint32_t)(x[i] ^ y[i]);
    return ct_is_zero32(diff);
}

/* 1 when all bytes are zero; not declassified. */
static inline uint32_t ct_is_all_zero(const void *a, size_t len)
{
    const uint8_t *x = (const uint8_t *)a;
    uint32_t any = 0;
    for (size_t i = 0; i < len; i++)
        any |= x[i];
    return ct_is_zero32(any);
}

/* out = in where flag is 1; unchanged where it is 0. */
static inline void ct_cmov(void *out, const void *in, size_t len, uint32_t flag)
{
    uint8_t *o = (uint8_t *)out;
    const uint8_t *n = (const uint8_t *)in;
    uint8_t mask = (uint8_t)ct_mask32(flag);
    for (size_t i = 0; i < len; i++)
        o[i] = (uint8_t)(o[i] ^ (mask & (o[i] ^ n[i])));
}

#endif
