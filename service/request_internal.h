/* Shared by the request_*.c files of this service. */
#ifndef BZT_SERVICE_REQUEST_INTERNAL_H
#define BZT_SERVICE_REQUEST_INTERNAL_H

#include "request.h"

/* The one way to end a request: state, reason, time; the RP's webhook and
 * the audit record in the same transaction.  BZT_ERR_BUSY as request_update. */
BZT_MUST_USE bzt_err request_tx_end(store_tx *tx, arena *a, request_row *row,
                                    request_state state, const char *reason,
                                    int64_t now_ms);
/* BZT_ERR_REQUEST_EXPIRED or BZT_ERR_REQUEST_STATE unless it is open. */
BZT_MUST_USE bzt_err request_check_open(const request_row *row, int64_t now_ms);
/* The description inside a row, which was checked when it came. */
BZT_MUST_USE bzt_err request_description(description *out, arena *a,
                                         const request_row *row);
/* Is host (host or host:port) one of the RP's registered domains? */
int request_has_domain(const rp_row *rp, arena *a, const char *host);
void request_page_token(uint8_t token[32], const uint8_t qr_secret[32]);

#endif
