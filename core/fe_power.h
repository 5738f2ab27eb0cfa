/* Powers of field elements by runs of ones in the exponent. */
#ifndef BZT_CORE_FE_POWER_H
#define BZT_CORE_FE_POWER_H

#include "fe.h"

/* xn = a^(2^n - 1), an exponent of n ones; `high`: 31 ones, a zero, 128 ones,
 * with which p - 2 and (p + 1) / 4 begin. */
typedef struct fe_runs {
    fe x30, x32, high;
} fe_runs;

void fe_runs_init(fe_runs *r, const fe *a);

/* out = a^(2^n) b; n > 0 */
void fe_shift_mul(fe *out, const fe *a, unsigned n, const fe *b);

#endif
