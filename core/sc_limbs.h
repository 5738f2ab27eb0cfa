/* Scalars as plain numbers: eight 32-bit limbs, least significant first. */
#ifndef BZT_CORE_SC_LIMBS_H
#define BZT_CORE_SC_LIMBS_H

#include "sc.h"

/* In: any value below 2^256 (it is reduced mod n). */
void sc_from_limbs(sc *out, const uint32_t in[8]);
/* Out: the value in [0, n-1]. */
void sc_to_limbs(uint32_t out[8], const sc *a);

extern const uint32_t sc_order[8]; /* n */

#endif
