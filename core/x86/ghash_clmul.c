/* GHASH with PCLMULQDQ.  The same arithmetic as ghash.c; eight products are
 * added before one reduction. */
#if defined(__x86_64__)

#include "sm4_x86.h"

#include <immintrin.h>

#define CLMUL  __attribute__((target("sse4.1,ssse3,pclmul")))
#define INLINE static inline __attribute__((always_inline))

enum { AT_ONCE = 8 };

typedef struct product {
    __m128i low, middle, high;
} product;

CLMUL INLINE __m128i load_reversed(const uint8_t *p)
{
    return _mm_shuffle_epi8(
        _mm_loadu_si128((const __m128i *)p),
        _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

CLMUL INLINE void store_reversed(uint8_t *p, __m128i v)
{
    v = _mm_shuffle_epi8(
        v, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    _mm_storeu_si128((__m128i *)p, v);
}

CLMUL INLINE void add_product(product *s, __m128i a, __m128i b)
{
    s->low = _mm_xor_si128(s->low, _mm_clmulepi64_si128(a, b, 0x00));
    s->high = _mm_xor_si128(s->high, _mm_clmulepi64_si128(a, b, 0x11));
    s->middle = _mm_xor_si128(s->middle, _mm_clmulepi64_si128(a, b, 0x01));
    s->middle = _mm_xor_si128(s->middle, _mm_clmulepi64_si128(a, b, 0x10));
}

/* Montgomery: the low two words vanish one after the other. */
CLMUL INLINE __m128i reduce(const product *s)
{
    const __m128i poly = _mm_set_epi64x(0, (long long)0xc200000000000000);
    __m128i low = _mm_xor_si128(s->low, _mm_slli_si128(s->middle, 8));
    __m128i high = _mm_xor_si128(s->high, _mm_srli_si128(s->middle, 8));
    for (int i = 0; i < 2; i++) {
        const __m128i t = _mm_clmulepi64_si128(low, poly, 0x00);
        low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), t);
    }
    return _mm_xor_si128(high, low);
}

CLMUL INLINE __m128i multiply(__m128i a, __m128i b)
{
    product s = {_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
    add_product(&s, a, b);
    return reduce(&s);
}

/* Powers 1 .. GHASH_POWERS of h, the highest first, as blocks in order
 * meet them. */
CLMUL void ghash_init_clmul(ghash_key *key, const uint8_t h[16])
{
    __m128i *to = (__m128i *)key->h + GHASH_POWERS - 1;
    ghash_init_portable(key, h);
    _mm_store_si128(to, _mm_load_si128((const __m128i *)key->h));
    /* h^i from its halves: the products of a level do not wait for each
     * other. */
    for (int i = 2; i <= GHASH_POWERS; i++)
        _mm_store_si128(to + 1 - i,
                        multiply(to[1 - i / 2], to[1 - (i + 1) / 2]));
}

CLMUL void ghash_clmul(uint8_t y[16], const ghash_key *key, const uint8_t *in,
                       size_t n)
{
    const __m128i *end = (const __m128i *)key->h + GHASH_POWERS;
    __m128i v = load_reversed(y);
    while (n) {
        const size_t m = n < AT_ONCE ? n : AT_ONCE;
        product s = {_mm_setzero_si128(), _mm_setzero_si128(),
                     _mm_setzero_si128()};
        for (size_t i = 0; i < m; i++) {
            __m128i b = load_reversed(in + 16 * i);
            if (!i)
                b = _mm_xor_si128(b, v);
            add_product(&s, b, _mm_load_si128(end - m + i));
        }
        v = reduce(&s);
        in += 16 * m;
        n -= m;
    }
    store_reversed(y, v);
}

#endif
