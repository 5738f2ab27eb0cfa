/* The lanes of SM4 on x86-64: portable, AES-NI, or GFNI with AVX-512.
 *
 * The compiler's runtime reads CPUID once, before main; here is only a test
 * of bits, which also tells whether the system saves the wide registers. */
#if defined(__x86_64__)

#include "../sm4_lanes.h"

#include "sm4_x86.h"

static int has_aesni(void)
{
    return __builtin_cpu_supports("aes") && __builtin_cpu_supports("avx2") &&
           __builtin_cpu_supports("pclmul");
}

static int has_gfni(void)
{
    return has_aesni() && __builtin_cpu_supports("gfni") &&
           __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("vpclmulqdq");
}

const sm4_lanes *sm4_lanes_pick(void)
{
    if (has_gfni())
        return &sm4_lanes_gfni;
    return has_aesni() ? &sm4_lanes_aesni : &sm4_lanes_portable;
}

const sm4_lanes *sm4_lanes_get(unsigned i)
{
    if (i == 0)
        return &sm4_lanes_portable;
    if (i == 1 && has_aesni())
        return &sm4_lanes_aesni;
    return i == 2 && has_gfni() ? &sm4_lanes_gfni : 0;
}

#endif
