/* Counts in windows of time (table rate): the memory of every limit. */
#ifndef BZT_STORE_RATE_H
#define BZT_STORE_RATE_H

#include "store.h"

typedef struct rate_limit {
    const char *name; /* 'sms/number/…': no personal data in plain */
    int64_t window_ms;
    int64_t max; /* in one window; 0: no limit */
} rate_limit;

/* Count one more.  BZT_ERR_LIMITED: max are counted; *wait_ms is set to the
 * rest of the window and nothing is counted. */
BZT_MUST_USE bzt_err rate_take(store_tx *tx, int64_t *wait_ms,
                               const rate_limit *limit, int64_t now_ms);
/* Only look: BZT_ERR_LIMITED as above. */
BZT_MUST_USE bzt_err rate_look(store_tx *tx, int64_t *wait_ms,
                               const rate_limit *limit, int64_t now_ms);
BZT_MUST_USE bzt_err rate_clear(store_tx *tx, const char *name);
/* Forget windows that began before. */
BZT_MUST_USE bzt_err rate_sweep(store_tx *tx, int64_t before_ms);

#endif
