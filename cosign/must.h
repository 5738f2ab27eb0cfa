/* A broken contract between our own functions stops the program, in release
 * builds and in WebAssembly too (STYLE.md, E3).  No byte from outside can
 * reach one. */
#ifndef BZT_COSIGN_MUST_H
#define BZT_COSIGN_MUST_H

#include <stdint.h>

static inline void must(uint32_t holds)
{
    if (!holds)
        __builtin_trap();
}

#endif
