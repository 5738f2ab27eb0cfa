/* Erase secrets where the optimiser cannot drop it. */
#include "wipe.h"

#include <string.h>

void wipe(void *p, size_t len)
{
    if (!len)
        return; /* p may be NULL */
    memset(p, 0, len);
    /* Whoever may read memory here would see the zeros: they stay. */
    __asm__ __volatile__("" : : "r"(p) : "memory");
}
