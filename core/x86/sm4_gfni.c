/* SM4 with GFNI and AVX-512: the S-box is two instructions, an affine map
 * and an inversion in AES's field followed by another affine map.
 *
 * A vector holds one word of 16 blocks; 64 blocks go at once, as four
 * independent streams. */
#if defined(__x86_64__)

#include "sm4_x86.h"

#include "../bytes.h"
#include "sm4_affine.h"

#include <immintrin.h>

#define GFNI                                                                   \
    __attribute__((target("avx512f,avx512bw,avx512vl,gfni,vpclmulqdq,"         \
                          "pclmul")))
#define INLINE static inline __attribute__((always_inline))

enum { BLOCK = 16, ROUNDS = 32, LANES = 16, STREAMS = 4 };

GFNI INLINE __m512i sbox(__m512i x)
{
    const __m512i before = _mm512_set1_epi64((long long)SM4_BEFORE_MATRIX);
    const __m512i after = _mm512_set1_epi64((long long)SM4_AFTER_MATRIX);
    x = _mm512_gf2p8affine_epi64_epi8(x, before, SM4_BEFORE_CONST);
    return _mm512_gf2p8affineinv_epi64_epi8(x, after, SM4_AFTER_CONST);
}

enum { XOR3 = 0x96 }; /* truth table of a ^ b ^ c */

/* a + L(S(b + c + d + rk)) */
GFNI INLINE __m512i add_round(__m512i a, __m512i b, __m512i c, __m512i d,
                              __m512i rk)
{
    /* d, the newest, last */
    const __m512i x = _mm512_ternarylogic_epi32(b, c, rk, XOR3);
    const __m512i s = sbox(_mm512_xor_si512(x, d));
    const __m512i t = _mm512_ternarylogic_epi32(_mm512_rol_epi32(s, 2),
                                                _mm512_rol_epi32(s, 10),
                                                _mm512_rol_epi32(s, 18), XOR3);
    a = _mm512_ternarylogic_epi32(a, s, _mm512_rol_epi32(s, 24), XOR3);
    return _mm512_xor_si512(a, t);
}

GFNI INLINE __m512i swap_words(__m512i x)
{
    return _mm512_shuffle_epi8(
        x, _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4,
                                               5, 6, 7, 0, 1, 2, 3)));
}

/* Rows of four words to words of four rows, in each quarter. */
GFNI INLINE void transpose(__m512i x[4])
{
    const __m512i a = _mm512_unpacklo_epi32(x[0], x[1]);
    const __m512i b = _mm512_unpacklo_epi32(x[2], x[3]);
    const __m512i c = _mm512_unpackhi_epi32(x[0], x[1]);
    const __m512i d = _mm512_unpackhi_epi32(x[2], x[3]);
    x[0] = _mm512_unpacklo_epi64(a, b);
    x[1] = _mm512_unpackhi_epi64(a, b);
    x[2] = _mm512_unpacklo_epi64(c, d);
    x[3] = _mm512_unpackhi_epi64(c, d);
}

/* Of n <= 16 blocks, those of vector i as a mask of 64-bit words. */
INLINE __mmask8 mask_of(size_t n, size_t i)
{
    const size_t rest = n > 4 * i ? n - 4 * i : 0;
    return (__mmask8)(rest >= 4 ? 0xff : (1u << 2 * rest) - 1);
}

GFNI INLINE void load(__m512i x[4], const uint8_t *in, size_t n)
{
    for (size_t i = 0; i < 4; i++)
        x[i] = swap_words(
            _mm512_maskz_loadu_epi64(mask_of(n, i), in + 4 * BLOCK * i));
    transpose(x);
}

GFNI INLINE void store(uint8_t *out, const __m512i x[4], size_t n)
{
    __m512i y[4] = {x[3], x[2], x[1], x[0]};
    transpose(y);
    for (size_t i = 0; i < 4; i++)
        _mm512_mask_storeu_epi64(out + 4 * BLOCK * i, mask_of(n, i),
                                 swap_words(y[i]));
}

GFNI INLINE void rounds(__m512i x[][4], const sm4_key *k, int streams)
{
    for (int r = 0; r < ROUNDS; r += 4) {
        for (int j = 0; j < 4; j++) {
            const __m512i rk = _mm512_set1_epi32((int)k->rk[r + j]);
            for (int s = 0; s < streams; s++)
                x[s][j] = add_round(x[s][j], x[s][(j + 1) & 3],
                                    x[s][(j + 2) & 3], x[s][(j + 3) & 3], rk);
        }
    }
}

/* n blocks in each of the streams; n is 16 unless there is one stream. */
GFNI INLINE void run(uint8_t *out, const sm4_key *k, const uint8_t *in,
                     int streams, size_t n)
{
    __m512i x[STREAMS][4];
    for (int s = 0; s < streams; s++)
        load(x[s], in + s * LANES * BLOCK, n);
    rounds(x, k, streams);
    for (int s = 0; s < streams; s++)
        store(out + s * LANES * BLOCK, x[s], n);
}

/* As add_round, on four blocks: shorter vectors are sooner done. */
GFNI INLINE __m128i add_round4(__m128i a, __m128i b, __m128i c, __m128i d,
                               uint32_t rk)
{
    const __m128i before = _mm_set1_epi64x((long long)SM4_BEFORE_MATRIX);
    const __m128i after = _mm_set1_epi64x((long long)SM4_AFTER_MATRIX);
    const __m128i x =
        _mm_ternarylogic_epi32(b, c, _mm_set1_epi32((int)rk), XOR3);
    __m128i s = _mm_xor_si128(x, d);
    s = _mm_gf2p8affine_epi64_epi8(s, before, SM4_BEFORE_CONST);
    s = _mm_gf2p8affineinv_epi64_epi8(s, after, SM4_AFTER_CONST);
    a = _mm_ternarylogic_epi32(a, s, _mm_rol_epi32(s, 24), XOR3);
    return _mm_xor_si128(a, _mm_ternarylogic_epi32(_mm_rol_epi32(s, 2),
                                                   _mm_rol_epi32(s, 10),
                                                   _mm_rol_epi32(s, 18), XOR3));
}

GFNI INLINE void transpose4(__m128i x[4])
{
    const __m128i a = _mm_unpacklo_epi32(x[0], x[1]);
    const __m128i b = _mm_unpacklo_epi32(x[2], x[3]);
    const __m128i c = _mm_unpackhi_epi32(x[0], x[1]);
    const __m128i d = _mm_unpackhi_epi32(x[2], x[3]);
    x[0] = _mm_unpacklo_epi64(a, b);
    x[1] = _mm_unpackhi_epi64(a, b);
    x[2] = _mm_unpacklo_epi64(c, d);
    x[3] = _mm_unpackhi_epi64(c, d);
}

/* n <= 4 blocks: chains like CBC's, where the next waits for this one. */
GFNI static void run4(uint8_t *out, const sm4_key *k, const uint8_t *in,
                      size_t n)
{
    const __m128i order =
        _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    __m128i x[4], y[4];
    for (size_t i = 0; i < 4; i++)
        x[i] = i < n ? _mm_shuffle_epi8(
                           _mm_loadu_si128((const __m128i *)(in + BLOCK * i)),
                           order)
                     : _mm_setzero_si128();
    transpose4(x);
    for (int r = 0; r < ROUNDS; r += 4) {
        x[0] = add_round4(x[0], x[1], x[2], x[3], k->rk[r]);
        x[1] = add_round4(x[1], x[2], x[3], x[0], k->rk[r + 1]);
        x[2] = add_round4(x[2], x[3], x[0], x[1], k->rk[r + 2]);
        x[3] = add_round4(x[3], x[0], x[1], x[2], k->rk[r + 3]);
    }
    for (int i = 0; i < 4; i++)
        y[i] = x[3 - i];
    transpose4(y);
    for (size_t i = 0; i < n; i++)
        _mm_storeu_si128((__m128i *)(out + BLOCK * i),
                         _mm_shuffle_epi8(y[i], order));
}

GFNI static void blocks_gfni(uint8_t *out, const sm4_key *k, const uint8_t *in,
                             size_t n)
{
    for (; n >= STREAMS * LANES; n -= STREAMS * LANES) {
        run(out, k, in, STREAMS, LANES);
        in += STREAMS * LANES * BLOCK;
        out += STREAMS * LANES * BLOCK;
    }
    while (n > 4) {
        const size_t m = n < LANES ? n : LANES;
        run(out, k, in, 1, m);
        in += m * BLOCK;
        out += m * BLOCK;
        n -= m;
    }
    if (n)
        run4(out, k, in, n);
}

/* out = in + E(counter), E(counter + 1), ...: 64 blocks.  The words of the
 * counters are made in their places: the block of lane 4 q + i is 4 i + q. */
GFNI INLINE void ctr64(uint8_t *out, const sm4_key *k, const uint32_t c[4],
                       const uint8_t *in)
{
    const __m512i order =
        _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    __m512i x[STREAMS][4];
    for (int s = 0; s < STREAMS; s++) {
        for (int j = 0; j < 3; j++)
            x[s][j] = _mm512_set1_epi32((int)c[j]);
        x[s][3] = _mm512_add_epi32(
            _mm512_set1_epi32((int)(c[3] + (uint32_t)(s * LANES))), order);
    }
    rounds(x, k, STREAMS);
    for (int s = 0; s < STREAMS; s++) {
        __m512i y[4] = {x[s][3], x[s][2], x[s][1], x[s][0]};
        transpose(y);
        for (int i = 0; i < 4; i++) {
            const int at = (s * LANES + 4 * i) * BLOCK;
            const __m512i data = _mm512_loadu_si512(in + at);
            _mm512_storeu_si512(out + at,
                                _mm512_xor_si512(data, swap_words(y[i])));
        }
    }
}

GFNI static size_t ctr_gfni(uint8_t *out, const sm4_key *k, uint8_t counter[16],
                            const uint8_t *in, size_t n)
{
    enum { STEP = STREAMS * LANES };
    uint32_t c[4];
    size_t done = 0;
    for (int j = 0; j < 4; j++)
        c[j] = load_be32(counter + 4 * j);
    /* The carry out of the last word is left to the caller. */
    for (; n - done >= STEP && c[3] <= UINT32_MAX - STEP; done += STEP) {
        ctr64(out + done * BLOCK, k, c, in + done * BLOCK);
        c[3] += STEP;
    }
    store_be32(counter + 12, c[3]);
    return done;
}

GFNI static uint32_t sbox_gfni(uint32_t x)
{
    const __m128i before = _mm_set1_epi64x((long long)SM4_BEFORE_MATRIX);
    const __m128i after = _mm_set1_epi64x((long long)SM4_AFTER_MATRIX);
    __m128i s = _mm_cvtsi32_si128((int)x);
    s = _mm_gf2p8affine_epi64_epi8(s, before, SM4_BEFORE_CONST);
    s = _mm_gf2p8affineinv_epi64_epi8(s, after, SM4_AFTER_CONST);
    return (uint32_t)_mm_cvtsi128_si32(s);
}

typedef struct product {
    __m512i low, middle, high;
} product;

GFNI INLINE __m128i fold_quarters(__m512i x)
{
    const __m256i y = _mm256_xor_si256(_mm512_castsi512_si256(x),
                                       _mm512_extracti64x4_epi64(x, 1));
    return _mm_xor_si128(_mm256_castsi256_si128(y),
                         _mm256_extracti128_si256(y, 1));
}

/* As reduce() of ghash_clmul.c. */
GFNI INLINE __m128i reduce(const product *s)
{
    const __m128i poly = _mm_set_epi64x(0, (long long)0xc200000000000000);
    const __m128i middle = fold_quarters(s->middle);
    __m128i low =
        _mm_xor_si128(fold_quarters(s->low), _mm_slli_si128(middle, 8));
    __m128i high =
        _mm_xor_si128(fold_quarters(s->high), _mm_srli_si128(middle, 8));
    for (int i = 0; i < 2; i++) {
        const __m128i t = _mm_clmulepi64_si128(low, poly, 0x00);
        low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), t);
    }
    return _mm_xor_si128(high, low);
}

/* 16 blocks at a time, each times its power of h, one reduction; what is
 * left over goes the way of ghash_clmul(). */
GFNI static void ghash_gfni(uint8_t y[16], const ghash_key *key,
                            const uint8_t *in, size_t n)
{
    const __m128i turn =
        _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i turn4 = _mm512_broadcast_i32x4(turn);
    __m128i v = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)y), turn);
    for (; n >= GHASH_POWERS; n -= GHASH_POWERS, in += GHASH_POWERS * BLOCK) {
        product s = {_mm512_setzero_si512(), _mm512_setzero_si512(),
                     _mm512_setzero_si512()};
        for (int i = 0; i < 4; i++) {
            const __m512i h = _mm512_load_si512(&key->h[4 * i]);
            __m512i b = _mm512_shuffle_epi8(
                _mm512_loadu_si512(in + 4 * BLOCK * i), turn4);
            if (!i)
                b = _mm512_xor_si512(b, _mm512_zextsi128_si512(v));
            s.low =
                _mm512_xor_si512(s.low, _mm512_clmulepi64_epi128(b, h, 0x00));
            s.high =
                _mm512_xor_si512(s.high, _mm512_clmulepi64_epi128(b, h, 0x11));
            s.middle = _mm512_ternarylogic_epi32(
                s.middle, _mm512_clmulepi64_epi128(b, h, 0x01),
                _mm512_clmulepi64_epi128(b, h, 0x10), XOR3);
        }
        v = reduce(&s);
    }
    _mm_storeu_si128((__m128i *)y, _mm_shuffle_epi8(v, turn));
    if (n)
        ghash_clmul(y, key, in, n);
}

const sm4_lanes sm4_lanes_gfni = {
    .name = "gfni",
    .blocks = blocks_gfni,
    .sbox = sbox_gfni,
    .ctr = ctr_gfni,
    .ghash_init = ghash_init_clmul,
    .ghash = ghash_gfni,
};

#endif
