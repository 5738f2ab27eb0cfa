/* The 64 steps of SM3's compression (GB/T 32905, 5.3.3), as macros over
 * eight variables a .. h, for whoever makes the expanded message. */
#ifndef BZT_CORE_SM3_STEPS_H
#define BZT_CORE_SM3_STEPS_H

#include <stdint.h>

#define SM3_ROTL(x, n)   ((x) << (n) | (x) >> (32 - (n)))
#define SM3_P0(x)        ((x) ^ SM3_ROTL(x, 9) ^ SM3_ROTL(x, 17))
#define SM3_FF0(x, y, z) ((x) ^ (y) ^ (z))
#define SM3_GG0(x, y, z) SM3_FF0(x, y, z)
#define SM3_FF1(x, y, z) (((x) & ((y) | (z))) | ((y) & (z)))
#define SM3_GG1(x, y, z) ((((y) ^ (z)) & (x)) ^ (z))

/* T_j <<< j */
#define SM3_T0(j)                                                              \
    ((uint32_t)(0x79cc4519ull << (j) | 0x79cc4519ull >> (32 - (j))))
#define SM3_T1(j)                                                              \
    ((uint32_t)(0x7a879d8aull << ((j)&31) |                                    \
                0x7a879d8aull >> ((32 - ((j)&31)) & 31)))

/* The steps form one chain of additions, and the time is its length.  The
 * compiler must not add in another order: what is ready first comes first,
 * the new A and E last. */
#define SM3_IN_ORDER(x) __asm__("" : "+r"(x))

/* One step.  The words are not moved: the caller renames them.  w is W_j,
 * v is W'_j. */
#define SM3_STEP(A, B, C, D, E, F, G, H, T, w, v, FF, GG)                      \
    do {                                                                       \
        const uint32_t a12 = SM3_ROTL(A, 12);                                  \
        uint32_t sum = a12 + (T);                                              \
        SM3_IN_ORDER(sum);                                                     \
        const uint32_t ss1 = SM3_ROTL(sum + E, 7);                             \
        H += (w);                                                              \
        SM3_IN_ORDER(H);                                                       \
        H += GG(E, F, G);                                                      \
        SM3_IN_ORDER(H);                                                       \
        H += ss1;                                                              \
        D += (v);                                                              \
        SM3_IN_ORDER(D);                                                       \
        D += FF(A, B, C);                                                      \
        SM3_IN_ORDER(D);                                                       \
        D += ss1 ^ a12;                                                        \
        B = SM3_ROTL(B, 9);                                                    \
        F = SM3_ROTL(F, 19);                                                   \
        H = SM3_P0(H);                                                         \
    } while (0)

/* Steps j .. j+3 with W(i) and V(i) for i = 0 .. 3; the names move by one
 * each step and are home after four. */
#define SM3_FOUR(j, T, FF, GG, W, V)                                           \
    SM3_STEP(a, b, c, d, e, f, g, h, T(j), W(0), V(0), FF, GG);                \
    SM3_STEP(d, a, b, c, h, e, f, g, T((j) + 1), W(1), V(1), FF, GG);          \
    SM3_STEP(c, d, a, b, g, h, e, f, T((j) + 2), W(2), V(2), FF, GG);          \
    SM3_STEP(b, c, d, a, f, g, h, e, T((j) + 3), W(3), V(3), FF, GG)

/* Variables a .. h from the state, and back into it. */
#define SM3_BEGIN(s)                                                           \
    uint32_t a = (s)[0], b = (s)[1], c = (s)[2], d = (s)[3];                   \
    uint32_t e = (s)[4], f = (s)[5], g = (s)[6], h = (s)[7]
#define SM3_END(s)                                                             \
    do {                                                                       \
        (s)[0] ^= a;                                                           \
        (s)[1] ^= b;                                                           \
        (s)[2] ^= c;                                                           \
        (s)[3] ^= d;                                                           \
        (s)[4] ^= e;                                                           \
        (s)[5] ^= f;                                                           \
        (s)[6] ^= g;                                                           \
        (s)[7] ^= h;                                                           \
    } while (0)

#endif
