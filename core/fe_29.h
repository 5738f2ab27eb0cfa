/* The small operations of fe_29.c: not inline, for the size of a download. */
#ifndef BZT_CORE_FE_29_H
#define BZT_CORE_FE_29_H

#include "ge.h"

void fe_add(fe *out, const fe *a, const fe *b);
void fe_sub(fe *out, const fe *a, const fe *b);
void fe_half(fe *out, const fe *a);

#endif
