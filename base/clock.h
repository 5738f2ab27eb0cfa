/* Wall clock in UTC milliseconds, and a monotonic one for time-outs. */
#ifndef BZT_BASE_CLOCK_H
#define BZT_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_now_ms(void);
int64_t clock_monotonic_ms(void);
/* "2026-11-22T03:04:05Z" into 21 bytes (with zero). */
void clock_iso(char out[21], int64_t at_ms);

#endif
