/* Erase secrets where the optimiser cannot drop it. */
#include "wipe.h"

#include "ct.h"

#include <string.h>

void wipe(void *p, size_t len)
{
    if (!len)
        return; /* p may be NULL */
    memset(p, 0, len);
    /* Whoever may read memory here would see the zeros: they stay. */
    __asm__ __volatile__("" : : "r"(p) : "memory");
    /* Under Valgrind it counts as never written: a later read that decides
     * anything is reported. */
    ct_secret_bytes(p, len);
}
