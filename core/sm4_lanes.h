/* What sm4.c and gcm.c are built on: SM4 over many blocks, and GHASH.
 *
 * Each machine has its own; all are constant time in key and data.  A table
 * of functions is chosen once per call from facts about the processor. */
#ifndef BZT_CORE_SM4_LANES_H
#define BZT_CORE_SM4_LANES_H

#include "sm4.h"

enum { GHASH_POWERS = 16 };

/* The hash subkey H of GCM and what is computed from it. */
typedef struct ghash_key {
    _Alignas(64) uint64_t h[GHASH_POWERS][2];
} ghash_key;

typedef struct sm4_lanes {
    const char *name;
    /* n blocks, each for itself; out may equal in. */
    void (*blocks)(uint8_t *out, const sm4_key *k, const uint8_t *in, size_t n);
    /* The S-box on each byte of a word, for the key schedule. */
    uint32_t (*sbox)(uint32_t x);
    /* Counter mode over some of the n blocks, counter moved on: how many.
     * NULL where blocks() is all there is. */
    size_t (*ctr)(uint8_t *out, const sm4_key *k, uint8_t counter[16],
                  const uint8_t *in, size_t n);
    void (*ghash_init)(ghash_key *key, const uint8_t h[16]);
    /* y = (y + in_i) H for each of n blocks. */
    void (*ghash)(uint8_t y[16], const ghash_key *key, const uint8_t *in,
                  size_t n);
} sm4_lanes;

/* The fastest of this processor. */
const sm4_lanes *sm4_lanes_pick(void);

/* The i-th that works on this processor, for tests, or NULL.  0 is the
 * portable one. */
const sm4_lanes *sm4_lanes_get(unsigned i);

extern const sm4_lanes sm4_lanes_portable;

/* Portable GHASH, ghash.c. */
void ghash_init_portable(ghash_key *key, const uint8_t h[16]);
void ghash_portable(uint8_t y[16], const ghash_key *key, const uint8_t *in,
                    size_t n);

#endif
