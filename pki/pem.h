/* PEM (RFC 7468): base64 between BEGIN and END lines. */
#ifndef BZT_PKI_PEM_H
#define BZT_PKI_PEM_H

#include <bzt/err.h>
#include <bzt/span.h>

#define PEM_SIZE(der_len)                                                      \
    ((((der_len) + 2) / 3 * 4) + (((der_len) + 47) / 48) + 2 * 64)

/* The next object of this label ("CERTIFICATE", "CERTIFICATE REQUEST",
 * "X509 CRL") from *text, which moves behind it; other labels and text
 * between are passed over.  der lies in buf; buf of text->len always
 * suffices.  BZT_ERR_NOT_FOUND: no more.  BZT_ERR_ENCODING, BZT_ERR_SPACE. */
BZT_MUST_USE bzt_err pem_read(bzt_span *der, uint8_t *buf, size_t cap,
                              bzt_span *text, const char *label);
/* Lines of 64 characters, a line end at the end, and a zero behind it. */
BZT_MUST_USE bzt_err pem_write(bzt_span *out, char *buf, size_t cap,
                               const char *label, bzt_span der);

#endif
