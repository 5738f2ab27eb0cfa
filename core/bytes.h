/* Big-endian loads and stores. */
#ifndef BZT_CORE_BYTES_H
#define BZT_CORE_BYTES_H

#include <stdint.h>
#include <string.h>

static inline uint32_t load_be32(const uint8_t p[4])
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

static inline uint64_t load_be64(const uint8_t p[8])
{
    return (uint64_t)load_be32(p) << 32 | load_be32(p + 4);
}

/* Whole words: gcc does not join stores of single bytes in a loop. */
static inline void store_be32(uint8_t p[4], uint32_t v)
{
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        v = __builtin_bswap32(v);
    memcpy(p, &v, sizeof(v));
}

static inline void store_be64(uint8_t p[8], uint64_t v)
{
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        v = __builtin_bswap64(v);
    memcpy(p, &v, sizeof(v));
}

#endif
