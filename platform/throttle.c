/* Delays by account (throttle.h). */
#include "throttle.h"
#include "core/sm3.h"
#include "core/text.h"
#include <string.h>

enum { FREE_TRIES = 2, FORGET_MS = 24 * 3600 * 1000 };

static throttle_slot *find(throttle *t, const uint8_t who[32])
{
    for (int i = 0; i < THROTTLE_SLOTS; i++) {
        throttle_slot *s = &t->slots[i];
        if (s->failures && !memcmp(s->who, who, 32))
            return s;
    }
    return NULL;
}

/* Of a full table goes who has failed least, then who has been quiet
 * longest: a flood of names does not free the one that is being guessed. */
static int is_cheaper(const throttle_slot *a, const throttle_slot *b)
{
    if (a->failures != b->failures)
        return a->failures < b->failures;
    return a->at < b->at;
}

static throttle_slot *take(throttle *t, const uint8_t who[32])
{
    throttle_slot *best = &t->slots[0];

    for (int i = 1; i < THROTTLE_SLOTS; i++) {
        if (is_cheaper(&t->slots[i], best))
            best = &t->slots[i];
    }
    *best = (throttle_slot){.failures = 0};
    memcpy(best->who, who, 32);
    return best;
}

static int64_t delay_ms(int failures)
{
    int doublings = failures - FREE_TRIES - 1;

    if (doublings < 0)
        return 0;
    if (doublings > 10 || (1 << doublings) > THROTTLE_MAX_S)
        return THROTTLE_MAX_S * 1000;
    return (int64_t)(1 << doublings) * 1000;
}

int64_t throttle_begin(throttle *t, const char *login, int64_t now_ms)
{
    uint8_t who[32];
    throttle_slot *s;

    sm3_digest(who, text_span(login));
    s = find(t, who);
    if (s && now_ms < s->until)
        return s->until - now_ms;
    if (!s)
        s = take(t, who);
    if (now_ms - s->at > FORGET_MS)
        s->failures = 0;
    s->failures++;
    s->at = now_ms;
    s->until = now_ms + delay_ms(s->failures);
    return 0;
}

void throttle_clear(throttle *t, const char *login)
{
    uint8_t who[32];
    throttle_slot *s;

    sm3_digest(who, text_span(login));
    if ((s = find(t, who)))
        *s = (throttle_slot){.failures = 0};
}
