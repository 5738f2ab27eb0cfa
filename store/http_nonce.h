/* Rows of `http_nonce`: a signed HTTP request works once. */
#ifndef BZT_STORE_HTTP_NONCE_H
#define BZT_STORE_HTTP_NONCE_H

#include "store.h"

/* BZT_ERR_DUPLICATE: it was used before. */
BZT_MUST_USE bzt_err http_nonce_insert(store_tx *tx, const uint8_t caller[16],
                                       const uint8_t nonce[16], int64_t at);
/* Forget nonces older than `before`: their requests are long refused for
 * their time. */
BZT_MUST_USE bzt_err http_nonce_sweep(store_tx *tx, int64_t *n, int64_t before);

#endif
