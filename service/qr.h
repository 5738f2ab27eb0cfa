/* The QR text of a request (doc/api.md, QR text): changes every second, says
 * by a truncated HMAC-SM3 what the request is about. */
#ifndef BZT_SERVICE_QR_H
#define BZT_SERVICE_QR_H

#include "store/request.h"

enum { QR_TEXT_MAX = 110, QR_LIVE_S = 3, QR_MAC_LEN = 10 };

/* "https://<host>/q?t=…&s=…&m=…", at most QR_TEXT_MAX bytes and a zero.
 * BZT_ERR_SPACE: the origin is too long. */
BZT_MUST_USE bzt_err qr_write(char out[QR_TEXT_MAX + 1], const char *app_origin,
                              const request_row *request, const char *title,
                              int64_t seconds);

typedef struct qr_text {
    uint8_t token[16];
    int64_t seconds;
    uint8_t mac[QR_MAC_LEN];
} qr_text;

/* BZT_ERR_QR_INVALID: not one of this installation's. */
BZT_MUST_USE bzt_err qr_read(qr_text *out, const char *text,
                             const char *app_origin);
/* Does it belong to this request, and is it at most QR_LIVE_S old?
 * BZT_ERR_QR_INVALID, BZT_ERR_QR_EXPIRED. */
BZT_MUST_USE bzt_err qr_check(const qr_text *qr, const request_row *request,
                              const char *title, int64_t now_ms);

/* Dark modules as base64url of bits, row by row, most significant first, and
 * the width; in the arena.  BZT_ERR_MEMORY. */
BZT_MUST_USE bzt_err qr_modules(const char **bits, int *size, arena *a,
                                const char *text);

#endif
