/* Lanes of SM4 for x86-64. */
#ifndef BZT_CORE_X86_SM4_X86_H
#define BZT_CORE_X86_SM4_X86_H

#include "../sm4_lanes.h"

extern const sm4_lanes sm4_lanes_aesni; /* AES-NI, AVX2, PCLMULQDQ */
extern const sm4_lanes sm4_lanes_gfni;  /* GFNI, AVX-512, VPCLMULQDQ */

/* PCLMULQDQ, x86/ghash_clmul.c. */
void ghash_init_clmul(ghash_key *key, const uint8_t h[16]);
void ghash_clmul(uint8_t y[16], const ghash_key *key, const uint8_t *in,
                 size_t n);

#endif
