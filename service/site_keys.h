/* bztd's own keys: made by init, sealed in table setting. */
#ifndef BZT_SERVICE_SITE_KEYS_H
#define BZT_SERVICE_SITE_KEYS_H

#include "base/arena.h"
#include "service.h"
#include <bzt/sm2.h>

typedef enum site_key {
    SITE_KEY_TRANSPORT, /* opens what phones seal for this server */
    SITE_KEY_WEBHOOK,   /* signs webhooks */
    SITE_KEY_AUDIT,     /* signs tree heads */
    SITE_KEYS
} site_key;

/* The private key: wipe it after use.  Zero on failure.
 * BZT_ERR_NOT_FOUND: init has not run. */
BZT_MUST_USE bzt_err site_key_get(bzt_sm2_key *out, service *s, site_key which);
BZT_MUST_USE bzt_err site_key_public(uint8_t pub[65], service *s,
                                     site_key which);
/* Make one and write its rows. */
BZT_MUST_USE bzt_err site_key_make(store_tx *tx, arena *a,
                                   const struct vault *v, site_key which);

/* The device key inside `sealed`: SM2 C1 || C3 || C2 of device_key (32) and
 * device_id (16) for the transport key.  key is a secret, zero on failure.
 * BZT_ERR_DECRYPT: altered, for another key, or about another device. */
BZT_MUST_USE bzt_err site_open_device_key(service *s, arena *a, uint8_t key[32],
                                          const uint8_t device[16],
                                          bzt_span sealed);

#endif
