/* SM3's compression (GB/T 32905, 5.3.2 and 5.3.3) for every machine. */
#include "sm3_lanes.h"

#include "bytes.h"
#include "sm3_steps.h"
#include "wipe.h"

/* 5.3.2: W_j in place of W_{j-16}, in a ring of 16. */
static inline void expand(uint32_t w[16], int j)
{
    const uint32_t x =
        w[j & 15] ^ w[(j + 7) & 15] ^ SM3_ROTL(w[(j + 13) & 15], 15);
    w[j & 15] = x ^ SM3_ROTL(x, 15) ^ SM3_ROTL(x, 23) ^
                SM3_ROTL(w[(j + 3) & 15], 7) ^ w[(j + 10) & 15];
}

/* W_{j+4} .. W_{j+7} come into being just before the steps that use them. */
static inline void expand_four(uint32_t w[16], int j)
{
    for (int i = j + 4; i < j + 8; i++)
        expand(w, i);
}

static void words(uint32_t state[8], uint32_t w[16])
{
    SM3_BEGIN(state);
#define FOUR(j, T, FF, GG)                                                     \
    do {                                                                       \
        const uint32_t *const at = w + ((j)&15);                               \
        const uint32_t *const next = w + (((j) + 4) & 15);                     \
        SM3_FOUR(j, T, FF, GG, AT, V);                                         \
    } while (0)
#define AT(i) at[i]
#define V(i)  (at[i] ^ next[i])
    FOUR(0, SM3_T0, SM3_FF0, SM3_GG0);
    FOUR(4, SM3_T0, SM3_FF0, SM3_GG0);
    FOUR(8, SM3_T0, SM3_FF0, SM3_GG0);
    expand_four(w, 12);
    FOUR(12, SM3_T0, SM3_FF0, SM3_GG0);
    expand_four(w, 16);
    FOUR(16, SM3_T1, SM3_FF1, SM3_GG1);
    expand_four(w, 20);
    FOUR(20, SM3_T1, SM3_FF1, SM3_GG1);
    expand_four(w, 24);
    FOUR(24, SM3_T1, SM3_FF1, SM3_GG1);
    expand_four(w, 28);
    FOUR(28, SM3_T1, SM3_FF1, SM3_GG1);
    expand_four(w, 32);
    FOUR(32, SM3_T1, SM3_FF1, SM3_GG1);
    expand_four(w, 36);
    FOUR(36, SM3_T1, SM3_FF1, SM3_GG1);
    expand_four(w, 40);
    FOUR(40, SM3_T1, SM3_FF1, SM3_GG1);
    expand_four(w, 44);
    FOUR(44, SM3_T1, SM3_FF1, SM3_GG1);
    expand_four(w, 48);
    FOUR(48, SM3_T1, SM3_FF1, SM3_GG1);
    expand_four(w, 52);
    FOUR(52, SM3_T1, SM3_FF1, SM3_GG1);
    expand_four(w, 56);
    FOUR(56, SM3_T1, SM3_FF1, SM3_GG1);
    expand_four(w, 60);
    FOUR(60, SM3_T1, SM3_FF1, SM3_GG1);
    SM3_END(state);
}

static void blocks(uint32_t h[8], const uint8_t *p, size_t n)
{
    uint32_t w[16];
    for (; n; n--, p += 64) {
        for (int i = 0; i < 16; i++)
            w[i] = load_be32(p + 4 * i);
        words(h, w);
    }
    wipe(w, sizeof(w));
}

const sm3_lanes sm3_lanes_portable = {
    .name = "portable",
    .blocks = blocks,
    .words = words,
};
