#include "clock.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_ms(clockid_t which)
{
    struct timespec t = {0};

    clock_gettime(which, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_now_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

int64_t clock_monotonic_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}

void clock_iso(char out[21], int64_t at_ms)
{
    int64_t seconds = at_ms / 1000 - (at_ms % 1000 < 0);
    time_t t = (time_t)seconds;
    struct tm tm;

    /* Years of four digits only: 0000 to 9999. */
    if (seconds < -62167219200 || seconds > 253402300799 ||
        !gmtime_r(&t, &tm)) {
        memcpy(out, "0000-00-00T00:00:00Z", 21);
        return;
    }
    strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (out[4] != '-') /* strftime does not pad years before 1000 */
        memcpy(out, "0000-00-00T00:00:00Z", 21);
}
