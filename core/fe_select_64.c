/* fe_select for machines without their own; x86/fe_select.c is the other. */
#if !defined(__x86_64__)

#include "ct.h"
#include "fe.h"

static inline void select_n(uint64_t *out, const fe *table, unsigned n,
                            unsigned entries, uint32_t index)
{
    for (unsigned i = 0; i < 4 * n; i++)
        out[i] = 0;
    for (unsigned j = 0; j < entries; j++) {
        uint64_t mask = ct_mask64(ct_is_equal32(j, index));
        for (unsigned i = 0; i < n; i++) {
            for (unsigned k = 0; k < 4; k++)
                out[4 * i + k] |= mask & table[j * n + i].l[k];
        }
    }
}

void fe_select(fe *out, unsigned n, const fe *table, unsigned entries,
               uint32_t index)
{
    uint64_t t[20];
    if (n == 2)
        select_n(t, table, 2, entries, index);
    else
        select_n(t, table, 5, entries, index);
    for (unsigned i = 0; i < 4 * n; i++)
        out[i / 4].l[i % 4] = t[i];
}

#endif
