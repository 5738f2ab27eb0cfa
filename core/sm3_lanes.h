/* The compression function of SM3 (GB/T 32905, 5.3.3), for sm3.c and for
 * pbkdf2.c, which knows most of each block beforehand.  Constant time. */
#ifndef BZT_CORE_SM3_LANES_H
#define BZT_CORE_SM3_LANES_H

#include <stddef.h>
#include <stdint.h>

typedef struct sm3_lanes {
    const char *name;
    /* n blocks of 64 bytes */
    void (*blocks)(uint32_t h[8], const uint8_t *p, size_t n);
    /* One block of 16 words, which are used up: afterwards w may hold the
     * last of the expanded message, as secret as the message. */
    void (*words)(uint32_t h[8], uint32_t w[16]);
} sm3_lanes;

/* The fastest of this processor. */
const sm3_lanes *sm3_lanes_pick(void);

/* The i-th that works on this processor, for tests, or NULL.  0 is the
 * portable one. */
const sm3_lanes *sm3_lanes_get(unsigned i);

extern const sm3_lanes sm3_lanes_portable;

#endif
