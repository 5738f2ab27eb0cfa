/* fe_select on x86-64: 16 bytes at a time.  SSE2 belongs to each such
 * processor; the mask of an entry is made by comparing vectors. */
#if defined(__x86_64__) && !defined(BZT_LIMBS_29)

#include "../fe.h"

#include <emmintrin.h>

enum { PER_FE = sizeof(fe) / sizeof(__m128i), MOST = 5 * PER_FE };

/* n is a constant at each call, so that the sums stay in registers. */
static inline __attribute__((always_inline)) void
select_n(fe *out, unsigned n, const fe *table, unsigned entries, uint32_t index)
{
    const __m128i wanted = _mm_set1_epi32((int)index);
    const __m128i one = _mm_set1_epi32(1);
    __m128i at = _mm_setzero_si128(), sum[MOST];
    for (unsigned i = 0; i < n * PER_FE; i++)
        sum[i] = _mm_setzero_si128();
    for (unsigned j = 0; j < entries; j++) {
        const __m128i *entry = (const __m128i *)(table + j * n);
        const __m128i mask = _mm_cmpeq_epi32(at, wanted);
        for (unsigned i = 0; i < n * PER_FE; i++) {
            const __m128i v = _mm_loadu_si128(entry + i);
            sum[i] = _mm_or_si128(sum[i], _mm_and_si128(mask, v));
        }
        at = _mm_add_epi32(at, one);
    }
    for (unsigned i = 0; i < n * PER_FE; i++)
        _mm_storeu_si128((__m128i *)out + i, sum[i]);
}

void fe_select(fe *out, unsigned n, const fe *table, unsigned entries,
               uint32_t index)
{
    if (n == 2)
        select_n(out, 2, table, entries, index);
    else
        select_n(out, 5, table, entries, index);
}

#endif
