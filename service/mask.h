/* Personal data as screens show it: enough to recognise one's own. */
#ifndef BZT_SERVICE_MASK_H
#define BZT_SERVICE_MASK_H

#include "base/arena.h"
#include <bzt/span.h>

/* In the arena; NULL when it is full. */
const char *mask_phone(arena *a, bzt_span phone);   /* 138****5678 */
const char *mask_name(arena *a, bzt_span name);     /* 张**: the first only */
const char *mask_number(arena *a, bzt_span number); /* 110***********001X */

#endif
