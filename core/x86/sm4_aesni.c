/* SM4 with AES-NI and AVX2: the inversion of the S-box is AESENCLAST's, the
 * affine maps around it are byte shuffles of public tables in registers.
 *
 * A vector holds one word of eight blocks; 16 blocks go at once, as two
 * independent streams, to hide the latency of the S-box. */
#if defined(__x86_64__)

#include "sm4_x86.h"

#include "../wipe.h"
#include "sm4_affine.h"

#include <immintrin.h>
#include <string.h>

#define AVX2   __attribute__((target("avx2,aes")))
#define INLINE static inline __attribute__((always_inline))

enum { BLOCK = 16, ROUNDS = 32, LANES = 8 };

typedef struct tables {
    __m256i before_low, before_high, after_low, after_high;
} tables;

AVX2 INLINE __m256i twice(const uint8_t p[16])
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)p));
}

AVX2 INLINE __m256i look_up(__m256i low, __m256i high, __m256i x)
{
    const __m256i nibble = _mm256_set1_epi8(15);
    const __m256i a = _mm256_shuffle_epi8(low, _mm256_and_si256(x, nibble));
    const __m256i b = _mm256_shuffle_epi8(
        high, _mm256_and_si256(_mm256_srli_epi32(x, 4), nibble));
    return _mm256_xor_si256(a, b);
}

/* S-box of each byte, except that the bytes of each half have moved as
 * ShiftRows of AES moves them. */
AVX2 INLINE __m256i sbox_moved(__m256i x, const tables *t)
{
    x = look_up(t->before_low, t->before_high, x);
    __m128i a = _mm256_castsi256_si128(x);
    __m128i b = _mm256_extracti128_si256(x, 1);
    a = _mm_aesenclast_si128(a, _mm_setzero_si128());
    b = _mm_aesenclast_si128(b, _mm_setzero_si128());
    x = _mm256_inserti128_si256(_mm256_castsi128_si256(a), b, 1);
    return look_up(t->after_low, t->after_high, x);
}

/* a + L(S(x)).  The shuffles undo ShiftRows and rotate the words by 0, 8,
 * 16 and 24 in one. */
AVX2 INLINE __m256i add_round(__m256i a, __m256i x, const tables *t)
{
    static const uint8_t moves[4][16] = {
        {0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15, 12, 9, 6, 3},
        {7, 0, 13, 10, 11, 4, 1, 14, 15, 8, 5, 2, 3, 12, 9, 6},
        {10, 7, 0, 13, 14, 11, 4, 1, 2, 15, 8, 5, 6, 3, 12, 9},
        {13, 10, 7, 0, 1, 14, 11, 4, 5, 2, 15, 8, 9, 6, 3, 12}};
    const __m256i s = sbox_moved(x, t);
    const __m256i s0 = _mm256_shuffle_epi8(s, twice(moves[0]));
    const __m256i s8 = _mm256_shuffle_epi8(s, twice(moves[1]));
    const __m256i s16 = _mm256_shuffle_epi8(s, twice(moves[2]));
    const __m256i s24 = _mm256_shuffle_epi8(s, twice(moves[3]));
    const __m256i u = _mm256_xor_si256(s0, _mm256_xor_si256(s8, s16));
    a = _mm256_xor_si256(a, _mm256_xor_si256(s0, s24));
    a = _mm256_xor_si256(a, _mm256_slli_epi32(u, 2));
    return _mm256_xor_si256(a, _mm256_srli_epi32(u, 30));
}

AVX2 INLINE __m256i xor4(__m256i a, __m256i b, __m256i c, __m256i d)
{
    return _mm256_xor_si256(_mm256_xor_si256(a, b), _mm256_xor_si256(c, d));
}

/* Rows of four words to words of four rows, in each half. */
AVX2 INLINE void transpose(__m256i x[4])
{
    const __m256i a = _mm256_unpacklo_epi32(x[0], x[1]);
    const __m256i b = _mm256_unpacklo_epi32(x[2], x[3]);
    const __m256i c = _mm256_unpackhi_epi32(x[0], x[1]);
    const __m256i d = _mm256_unpackhi_epi32(x[2], x[3]);
    x[0] = _mm256_unpacklo_epi64(a, b);
    x[1] = _mm256_unpackhi_epi64(a, b);
    x[2] = _mm256_unpacklo_epi64(c, d);
    x[3] = _mm256_unpackhi_epi64(c, d);
}

AVX2 INLINE __m256i swap_words(__m256i x)
{
    return _mm256_shuffle_epi8(
        x, _mm256_broadcastsi128_si256(_mm_set_epi8(
               12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3)));
}

/* 8 blocks: in a vector lie blocks i and i + 4. */
AVX2 INLINE void load(__m256i x[4], const uint8_t *in)
{
    for (int i = 0; i < 4; i++) {
        const __m128i *p = (const __m128i *)(in + BLOCK * i);
        x[i] = swap_words(
            _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(p)),
                                    _mm_loadu_si128(p + 4), 1));
    }
    transpose(x);
}

AVX2 INLINE void store(uint8_t *out, const __m256i x[4])
{
    __m256i y[4] = {x[3], x[2], x[1], x[0]};
    transpose(y);
    for (int i = 0; i < 4; i++) {
        __m128i *p = (__m128i *)(out + BLOCK * i);
        const __m256i v = swap_words(y[i]);
        _mm_storeu_si128(p, _mm256_castsi256_si128(v));
        _mm_storeu_si128(p + 4, _mm256_extracti128_si256(v, 1));
    }
}

#define ROUND(v, a, b, c, d, rk)                                               \
    v[a] = add_round(v[a], xor4(v[b], v[c], v[d], rk), &t)

AVX2 INLINE void run(uint8_t *out, const sm4_key *k, const uint8_t *in,
                     int is_double)
{
    const tables t = {twice(sm4_before_low), twice(sm4_before_high),
                      twice(sm4_after_low), twice(sm4_after_high)};
    __m256i x[4], y[4];
    load(x, in);
    if (is_double)
        load(y, in + LANES * BLOCK);
    for (int r = 0; r < ROUNDS; r += 4) {
        const __m256i k0 = _mm256_set1_epi32((int)k->rk[r]);
        const __m256i k1 = _mm256_set1_epi32((int)k->rk[r + 1]);
        const __m256i k2 = _mm256_set1_epi32((int)k->rk[r + 2]);
        const __m256i k3 = _mm256_set1_epi32((int)k->rk[r + 3]);
        ROUND(x, 0, 1, 2, 3, k0);
        if (is_double)
            ROUND(y, 0, 1, 2, 3, k0);
        ROUND(x, 1, 2, 3, 0, k1);
        if (is_double)
            ROUND(y, 1, 2, 3, 0, k1);
        ROUND(x, 2, 3, 0, 1, k2);
        if (is_double)
            ROUND(y, 2, 3, 0, 1, k2);
        ROUND(x, 3, 0, 1, 2, k3);
        if (is_double)
            ROUND(y, 3, 0, 1, 2, k3);
    }
    store(out, x);
    if (is_double)
        store(out + LANES * BLOCK, y);
}

AVX2 static void blocks_aesni(uint8_t *out, const sm4_key *k, const uint8_t *in,
                              size_t n)
{
    uint8_t rest[LANES * BLOCK];
    for (; n >= 2 * LANES; n -= 2 * LANES) {
        run(out, k, in, 1);
        in += 2 * LANES * BLOCK;
        out += 2 * LANES * BLOCK;
    }
    while (n) {
        const size_t m = n < LANES ? n : LANES;
        memset(rest, 0, sizeof(rest));
        memcpy(rest, in, m * BLOCK);
        run(rest, k, rest, 0);
        memcpy(out, rest, m * BLOCK);
        in += m * BLOCK;
        out += m * BLOCK;
        n -= m;
    }
    wipe(rest, sizeof(rest));
}

AVX2 static uint32_t sbox_aesni(uint32_t x)
{
    const tables t = {twice(sm4_before_low), twice(sm4_before_high),
                      twice(sm4_after_low), twice(sm4_after_high)};
    /* The word in each column: ShiftRows moves equal bytes. */
    const __m256i s = sbox_moved(_mm256_set1_epi32((int)x), &t);
    return (uint32_t)_mm256_cvtsi256_si32(s);
}

const sm4_lanes sm4_lanes_aesni = {
    .name = "aesni",
    .blocks = blocks_aesni,
    .sbox = sbox_aesni,
    .ghash_init = ghash_init_clmul,
    .ghash = ghash_clmul,
};

#endif
