/* The bytes of a signed head of the audit tree. */
#include "tree_head.h"
#include "core/text.h"
#include <stdio.h>

bzt_span tree_head_write(char out[TREE_HEAD_MAX], int64_t size,
                         const uint8_t root[32], int64_t at_ms)
{
    char hex[HEX_LEN(32) + 1];

    hex_write(hex, (bzt_span){root, 32});
    int n = snprintf(out, TREE_HEAD_MAX,
                     "{\"v\":1,\"size\":%lld,\"root\":\"%s\",\"at\":%lld}",
                     (long long)size, hex, (long long)at_ms);
    return (bzt_span){(const uint8_t *)out, (size_t)n};
}
