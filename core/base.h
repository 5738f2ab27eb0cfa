/* Multiples of the base point, made at build time by
 * tools/gen_base_table.py, with the constants of both backends.
 *
 * base_table[i][j] = (2j + 1) * 2^(i * BASE_BITS) * G, affine.
 * BASE_BITS divides 252, so that the top window keeps three bits (ge.c).
 */
#ifndef BZT_CORE_BASE_H
#define BZT_CORE_BASE_H

#include "ge.h"

#if defined(__wasm__) || defined(BZT_LIMBS_29)
enum { BASE_BITS = 4 }; /* 37 kB: a phone loads it over the air */
#else
enum { BASE_BITS = 6 }; /* 86 kB */
#endif
enum { BASE_N = 252 / BASE_BITS + 1, BASE_ROW = 1 << (BASE_BITS - 1) };

typedef struct ge_affine {
    fe x, y;
} ge_affine;

extern const ge_affine base_table[BASE_N][BASE_ROW];

extern const sc sc_one;       /* Montgomery form */
extern const sc sc_r2, sc_r3; /* R^2, R^3 mod n */
extern const fe fe_r2, fe_r3; /* R^2, R^3 mod p */

#endif
