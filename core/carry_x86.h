/* Addition with carry and subtraction with borrow, one instruction each. */
#ifndef BZT_CORE_CARRY_H
#define BZT_CORE_CARRY_H

#include <immintrin.h>
#include <stdint.h>

typedef unsigned char carry_flag; /* 0 or 1 */

static inline carry_flag add_carry(uint64_t *out, uint64_t a, uint64_t b,
                                   carry_flag c)
{
    unsigned long long t;
    c = _addcarry_u64(c, a, b, &t);
    *out = t;
    return c;
}

static inline carry_flag sub_borrow(uint64_t *out, uint64_t a, uint64_t b,
                                    carry_flag c)
{
    unsigned long long t;
    c = _subborrow_u64(c, a, b, &t);
    *out = t;
    return c;
}

#endif
