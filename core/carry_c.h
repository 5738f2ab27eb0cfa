/* Addition with carry and subtraction with borrow for any machine. */
#ifndef BZT_CORE_CARRY_H
#define BZT_CORE_CARRY_H

#include <stdint.h>

typedef unsigned char carry_flag; /* 0 or 1 */

static inline carry_flag add_carry(uint64_t *out, uint64_t a, uint64_t b,
                                   carry_flag c)
{
    bzt_u128 t = (bzt_u128)a + b + c;
    *out = (uint64_t)t;
    return (carry_flag)(t >> 64);
}

static inline carry_flag sub_borrow(uint64_t *out, uint64_t a, uint64_t b,
                                    carry_flag c)
{
    bzt_u128 t = (bzt_u128)a - b - c;
    *out = (uint64_t)t;
    return (carry_flag)(t >> 127);
}

#endif
