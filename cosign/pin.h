/* F(PIN), the factor in the holder's head (protocol.md, Notation). */
#ifndef BZT_COSIGN_PIN_H
#define BZT_COSIGN_PIN_H

#include "core/sc.h"
#include <bzt/cosign.h>

/* to_scalar(PBKDF2-HMAC-SM3(PIN, "bzt-pin" || 00 || device_secret || key_id,
 * 10 000, 48)).  Slow.  Constant time in pin and device_secret. */
void pin_factor(sc *out, const bzt_pin *pin, const uint8_t device_secret[32],
                const uint8_t key_id[16]);

#endif
