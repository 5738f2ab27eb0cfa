/* PKCS#10 certificate requests with SM2 (RFC 2986, GM/T 0092).
 *
 * A holder's request is made in two steps, since its key is never whole:
 * csr_info_write gives the message that is co-signed, csr_write the request.
 */
#ifndef BZT_PKI_CSR_H
#define BZT_PKI_CSR_H

#include "x509.h"

typedef struct csr {
    bzt_span whole;
    bzt_span info;    /* CertificationRequestInfo with header: signed */
    bzt_span subject; /* Name with header */
    uint8_t pub[65];
    bzt_span attributes; /* content of [0]; empty when there are none */
    bzt_sm2_signature sig;
} csr;

#define CSR_INFO_SIZE_MAX 2048
#define CSR_SIZE_MAX      2304

/* CertificationRequestInfo without attributes (A0 00).  The message M of
 * the key's first signature. */
BZT_MUST_USE bzt_err csr_info_write(bzt_span *out, uint8_t *buf, size_t cap,
                                    const x509_name *subject,
                                    const uint8_t pub[65]);
/* The request of info and its signature.  info must not lie in buf. */
BZT_MUST_USE bzt_err csr_write(bzt_span *out, uint8_t *buf, size_t cap,
                               bzt_span info, const bzt_sm2_signature *sig);

/* Parse info alone.  Fills all but whole and sig.  Errors as csr_read. */
BZT_MUST_USE bzt_err csr_info_read(csr *out, bzt_span info);
/* Parse and verify with the key inside: proof of possession.  Strict: [0]
 * must be present (it may be empty).  On failure out is all zero.
 *
 * BZT_ERR_SIGNATURE    not signed by the key inside
 * BZT_ERR_UNSUPPORTED  another algorithm or version
 * BZT_ERR_POINT, and the errors of core/der.h
 */
BZT_MUST_USE bzt_err csr_read(csr *out, bzt_span der);

#endif
