/* Growing delays for wrong passwords, by account, whether it exists or not.
 *
 * Each failure doubles the wait: 0, 0, 1, 2, 4 … 900 s.  A try counts as a
 * failure when it begins, so that many at once gain nothing; success clears.
 * Not for two threads at once.
 */
#ifndef BZT_PLATFORM_THROTTLE_H
#define BZT_PLATFORM_THROTTLE_H

#include <stdint.h>

enum { THROTTLE_SLOTS = 1024, THROTTLE_MAX_S = 900 };

typedef struct throttle_slot {
    uint8_t who[32];
    int failures; /* 0: free */
    int64_t until, at;
} throttle_slot;

typedef struct throttle {
    throttle_slot slots[THROTTLE_SLOTS];
} throttle;

/* Milliseconds to wait, or 0: then the try has begun. */
int64_t throttle_begin(throttle *t, const char *login, int64_t now_ms);
void throttle_clear(throttle *t, const char *login);

#endif
