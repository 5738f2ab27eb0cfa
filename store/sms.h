/* SMS codes that were sent (table sms_code). */
#ifndef BZT_STORE_SMS_H
#define BZT_STORE_SMS_H

#include "store.h"

typedef struct sms_row {
    uint8_t id[16];
    uint8_t phone_index[32];
    const char *purpose; /* for insert only */
    uint8_t code_hash[32];
    int64_t tries, created_at, expires_at, used_at; /* used_at 0: not yet */
} sms_row;

BZT_MUST_USE bzt_err sms_insert(store_tx *tx, const sms_row *row);
/* The newest of a number for a purpose.  BZT_ERR_NOT_FOUND. */
BZT_MUST_USE bzt_err sms_find(store_tx *tx, sms_row *out,
                              const uint8_t phone_index[32],
                              const char *purpose);
/* Tries and used_at. */
BZT_MUST_USE bzt_err sms_update(store_tx *tx, const sms_row *row);
BZT_MUST_USE bzt_err sms_sweep(store_tx *tx, int64_t created_before);

#endif
