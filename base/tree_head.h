/* The bytes of a signed head of the audit tree (statement bzt-tree-head-1):
 * {"v":1,"size":n,"root":"<hex>","at":ms} - one spelling, so that whoever
 * holds the three values can verify. */
#ifndef BZT_BASE_TREE_HEAD_H
#define BZT_BASE_TREE_HEAD_H

#include <bzt/span.h>
#include <stdint.h>

enum { TREE_HEAD_MAX = 160 };

bzt_span tree_head_write(char out[TREE_HEAD_MAX], int64_t size,
                         const uint8_t root[32], int64_t at_ms);

#endif
