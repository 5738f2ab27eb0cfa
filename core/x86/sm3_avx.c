/* SM3 on x86-64: the message is expanded four words at a time in vectors,
 * beside the chain of the steps, which stays in the other registers. */
#if defined(__x86_64__)

#include "../sm3_lanes.h"
#include "../sm3_steps.h"
#include "../wipe.h"

#include <immintrin.h>

#define AVX    __attribute__((target("avx")))
#define INLINE static inline __attribute__((always_inline))

typedef struct schedule {
    _Alignas(16) uint32_t w[4], v[4]; /* W_j, W'_j of the next four steps */
} schedule;

AVX INLINE __m128i rotl(__m128i x, int n)
{
    return _mm_or_si128(_mm_slli_epi32(x, n), _mm_srli_epi32(x, 32 - n));
}

AVX INLINE __m128i xor3(__m128i a, __m128i b, __m128i c)
{
    return _mm_xor_si128(_mm_xor_si128(a, b), c);
}

/* W_j .. W_{j+3} from the sixteen words before (5.3.2).  W_{j+3} needs W_j:
 * as P1 is linear, that part is added afterwards. */
AVX INLINE __m128i expand(__m128i x0, __m128i x1, __m128i x2, __m128i x3)
{
    const __m128i back9 = _mm_alignr_epi8(x2, x1, 12);
    const __m128i back13 = _mm_alignr_epi8(x1, x0, 12);
    const __m128i back6 = _mm_alignr_epi8(x3, x2, 8);
    const __m128i back3 = _mm_srli_si128(x3, 4); /* 0 for W_j */
    const __m128i t = xor3(x0, back9, rotl(back3, 15));
    const __m128i r =
        xor3(xor3(t, rotl(t, 15), rotl(t, 23)), back6, rotl(back13, 7));
    const __m128i late = _mm_slli_si128(r, 12);
    /* P1(W_j <<< 15) */
    return _mm_xor_si128(r,
                         xor3(rotl(late, 15), rotl(late, 30), rotl(late, 6)));
}

#define W(i) s->w[i]
#define V(i) s->v[i]
#define FOUR(j, T, FF, GG, x0, x1)                                             \
    do {                                                                       \
        _mm_store_si128((__m128i *)s->w, x0);                                  \
        _mm_store_si128((__m128i *)s->v, _mm_xor_si128(x0, x1));               \
        SM3_FOUR(j, T, FF, GG, W, V);                                          \
    } while (0)
/* Four steps, and the four words that come sixteen after theirs. */
#define EARLY(j, x0, x1, x2, x3)                                               \
    FOUR(j, SM3_T0, SM3_FF0, SM3_GG0, x0, x1);                                 \
    x0 = expand(x0, x1, x2, x3)
#define LATE(j, x0, x1, x2, x3)                                                \
    FOUR(j, SM3_T1, SM3_FF1, SM3_GG1, x0, x1);                                 \
    x0 = expand(x0, x1, x2, x3)

AVX INLINE void compress(uint32_t state[8], schedule *s, __m128i x0, __m128i x1,
                         __m128i x2, __m128i x3)
{
    SM3_BEGIN(state);
    EARLY(0, x0, x1, x2, x3);
    EARLY(4, x1, x2, x3, x0);
    EARLY(8, x2, x3, x0, x1);
    EARLY(12, x3, x0, x1, x2);
    LATE(16, x0, x1, x2, x3);
    LATE(20, x1, x2, x3, x0);
    LATE(24, x2, x3, x0, x1);
    LATE(28, x3, x0, x1, x2);
    LATE(32, x0, x1, x2, x3);
    LATE(36, x1, x2, x3, x0);
    LATE(40, x2, x3, x0, x1);
    LATE(44, x3, x0, x1, x2);
    LATE(48, x0, x1, x2, x3); /* W_64 .. W_67 are the last */
    FOUR(52, SM3_T1, SM3_FF1, SM3_GG1, x1, x2);
    FOUR(56, SM3_T1, SM3_FF1, SM3_GG1, x2, x3);
    FOUR(60, SM3_T1, SM3_FF1, SM3_GG1, x3, x0);
    SM3_END(state);
}

AVX static void blocks(uint32_t h[8], const uint8_t *p, size_t n)
{
    const __m128i order =
        _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    schedule s;
    for (; n; n--, p += 64) {
        const __m128i *in = (const __m128i *)p;
        compress(h, &s, _mm_shuffle_epi8(_mm_loadu_si128(in), order),
                 _mm_shuffle_epi8(_mm_loadu_si128(in + 1), order),
                 _mm_shuffle_epi8(_mm_loadu_si128(in + 2), order),
                 _mm_shuffle_epi8(_mm_loadu_si128(in + 3), order));
    }
    wipe(&s, sizeof(s));
}

AVX static void words(uint32_t h[8], uint32_t w[16])
{
    const __m128i *in = (const __m128i *)w;
    schedule s;
    compress(h, &s, _mm_loadu_si128(in), _mm_loadu_si128(in + 1),
             _mm_loadu_si128(in + 2), _mm_loadu_si128(in + 3));
    wipe(&s, sizeof(s));
}

static const sm3_lanes lanes_avx = {
    .name = "avx",
    .blocks = blocks,
    .words = words,
};

const sm3_lanes *sm3_lanes_pick(void)
{
    return __builtin_cpu_supports("avx") ? &lanes_avx : &sm3_lanes_portable;
}

const sm3_lanes *sm3_lanes_get(unsigned i)
{
    if (!i)
        return &sm3_lanes_portable;
    return i == 1 && __builtin_cpu_supports("avx") ? &lanes_avx : 0;
}

#endif
