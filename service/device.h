/* Phones: each with a key of its own, which only it and we know. */
#ifndef BZT_SERVICE_DEVICE_H
#define BZT_SERVICE_DEVICE_H

#include "base/arena.h"
#include "service.h"
#include "store/device.h"

enum { DEVICE_LIST_MAX = 50 };

typedef struct device_order {
    uint8_t person[16], session[32];
    uint8_t device[16]; /* chosen by the phone */
    const char *name;
    bzt_span sealed; /* see site_open_device_key */
} device_order;

/* Register a phone; the session is on it from then on.  The same order
 * again changes nothing.
 * BZT_ERR_DECRYPT: sealed does not open, or is about another device.
 * BZT_ERR_DUPLICATE: this id has another key or another owner. */
BZT_MUST_USE bzt_err device_register(service *s, arena *a,
                                     const device_order *order, int64_t now_ms);
/* Of a person, oldest first. */
BZT_MUST_USE bzt_err device_mine(service *s, device_row **out, size_t *n,
                                 arena *a, const uint8_t person[16]);

#endif
