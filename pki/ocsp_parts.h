/* What OCSP requests and responses share.  Internal to pki. */
#ifndef BZT_PKI_OCSP_PARTS_H
#define BZT_PKI_OCSP_PARTS_H

#include "ocsp.h"
#include "parts.h"

BZT_MUST_USE bzt_err ocsp_id_read(ocsp_cert_id *id, bzt_span *in);
/* q->hash must be SM3 or SHA-1. */
void ocsp_id_write(der_writer *w, const ocsp_question *q);
/* Is value the SHA-1 of cert's key bits (ResponderID byKey)? */
bool ocsp_key_hash_is(bzt_span value, const x509_cert *cert);

/* BZT_ERR_RANGE: empty or too long. */
BZT_MUST_USE bzt_err ocsp_nonce_read(bzt_span *nonce, bzt_span value);
/* [outer_tag] EXPLICIT Extensions with the nonce; nothing without one. */
void ocsp_nonce_write(der_writer *w, unsigned outer_tag, bzt_span nonce);

#endif
