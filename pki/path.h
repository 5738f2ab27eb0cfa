/* From a certificate to a trusted root (RFC 5280, 6, without policies).
 *
 * Checked for every certificate of the path: signature, validity at the
 * given time, names that chain, unknown critical extensions; for every CA
 * also BasicConstraints, pathLen and keyCertSign; for the leaf its purpose.
 * Revocation is asked separately: crl_check, ocsp_check.
 */
#ifndef BZT_PKI_PATH_H
#define BZT_PKI_PATH_H

#include "x509.h"

typedef enum path_purpose {
    PATH_SIGNING,    /* a holder's signature: digitalSignature or
                      * nonRepudiation, not a CA */
    PATH_ENCRYPTION, /* keyEncipherment, dataEncipherment or keyAgreement */
    PATH_RP,         /* digitalSignature, and in->host among its dNSNames
                      * (host empty: any, but at least one) */
    PATH_OCSP,       /* OCSPSigning */
    PATH_CA          /* may issue certificates */
} path_purpose;

enum { PATH_DEPTH_MAX = 6 }; /* certificates, leaf and root included */

typedef struct path_input {
    const x509_cert *leaf;
    const x509_cert *others; /* intermediates in any order, untrusted */
    size_t others_n;
    const x509_cert *roots; /* trusted */
    size_t roots_n;
    int64_t at; /* UTC ms */
    path_purpose purpose;
    bzt_span host;
} path_input;

typedef struct path {
    const x509_cert *certs[PATH_DEPTH_MAX]; /* leaf first, root last */
    size_t n;
} path;

/* Find and check one path.  On failure out->n is 0.  At most 64 signatures
 * are verified, whatever the input.
 *
 * BZT_ERR_CERT_EXPIRED  a path exists but for the time
 * BZT_ERR_CERT_INVALID  the leaf is not for this purpose, or has a critical
 *                       extension that we do not know
 * BZT_ERR_RP_DOMAIN     PATH_RP: host not in the certificate
 * BZT_ERR_CERT_PATH     no path to a root
 */
BZT_MUST_USE bzt_err path_check(path *out, const path_input *in);

#endif
