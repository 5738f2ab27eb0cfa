/* OCSP (RFC 6960) with SM2: requests, responses, and what they prove.
 *
 * We ask with SM3 certificate ids and answer both SM3 and SHA-1 ones,
 * because outside clients send SHA-1.  SHA-1 only finds the issuer here; the
 * answer repeats the asker's id and is signed with SM3.
 */
#ifndef BZT_PKI_OCSP_H
#define BZT_PKI_OCSP_H

#include "crl.h"

typedef enum ocsp_hash {
    OCSP_SM3 = 0,
    OCSP_SHA1 = 1,
    OCSP_HASH_OTHER = 2
} ocsp_hash;

typedef struct ocsp_cert_id {
    bzt_span whole; /* CertID with header, for repeating it */
    ocsp_hash hash;
    bzt_span name_hash, key_hash;
    bzt_span serial; /* magnitude */
} ocsp_cert_id;

/* Is it about a certificate of this issuer?  False for other hashes. */
bool ocsp_id_is_of(const ocsp_cert_id *id, const x509_cert *issuer);

/* ---- requests ---- */

enum { OCSP_NONCE_MAX = 128, OCSP_IDS_MAX = 16 };

typedef struct ocsp_request {
    bzt_span list;  /* content of requestList */
    bzt_span nonce; /* content of the inner OCTET STRING; empty: none */
} ocsp_request;

/* Parse a request that fills der; signed requests are read, their signature
 * is not looked at.  BZT_ERR_UNSUPPORTED: critical extension; BZT_ERR_RANGE:
 * more than OCSP_IDS_MAX ids or a nonce longer than OCSP_NONCE_MAX. */
BZT_MUST_USE bzt_err ocsp_request_read(ocsp_request *out, bzt_span der);
/* Walk the ids: start with *cursor = request->list; false at the end. */
bool ocsp_request_next(ocsp_cert_id *id, bzt_span *cursor);

#define OCSP_REQUEST_SIZE_MAX 512
typedef struct ocsp_question {
    const x509_cert *cert;
    const x509_cert *issuer;
    ocsp_hash hash;
    bzt_span nonce; /* 1 to 32 bytes, or empty */
} ocsp_question;
BZT_MUST_USE bzt_err ocsp_request_write(bzt_span *out, uint8_t *buf, size_t cap,
                                        const ocsp_question *q);

/* ---- responses ---- */

typedef enum ocsp_status {
    OCSP_GOOD = 0,
    OCSP_REVOKED = 1,
    OCSP_UNKNOWN = 2
} ocsp_status;

typedef struct ocsp_single {
    ocsp_cert_id id; /* writing: only id.whole is used */
    ocsp_status status;
    int64_t revoked_at;
    pki_reason reason;
    int64_t this_update;
    int64_t next_update; /* 0: none */
} ocsp_single;

/* OCSPResponseStatus other than successful. */
typedef enum ocsp_failure {
    OCSP_MALFORMED = 1,
    OCSP_INTERNAL = 2,
    OCSP_TRY_LATER = 3,
    OCSP_UNAUTHORIZED = 6
} ocsp_failure;

typedef struct ocsp_template {
    int64_t produced_at;
    const ocsp_single *singles;
    size_t singles_n;
    bzt_span nonce; /* the request's, or empty */
} ocsp_template;

#define OCSP_RESPONSE_SIZE_MAX(n) (X509_SIZE_MAX + 1024 + (size_t)(n)*512)

/* Write and sign; the signer's certificate goes in, unless it is the CA's
 * own (is_ca).  by->cert must be the CA or have the OCSPSigning usage
 * (BZT_ERR_CERT_PATH). */
BZT_MUST_USE bzt_err ocsp_response_issue(bzt_span *out, uint8_t *buf,
                                         size_t cap, const ocsp_template *t,
                                         const pki_signer *by);
/* An unsigned answer that only says why there is none: 5 bytes. */
void ocsp_failure_write(uint8_t out[5], ocsp_failure why);

typedef struct ocsp_response {
    bzt_span whole;
    bzt_span tbs;            /* ResponseData with header: signed */
    bzt_span responder_name; /* Name with header, or empty: by key */
    bzt_span responder_key;  /* SHA-1 of the key bits, or empty: by name */
    int64_t produced_at;
    bzt_span singles; /* content of responses */
    bzt_span nonce;
    bzt_span certs; /* content of SEQUENCE OF Certificate, or empty */
    bzt_sm2_signature sig;
} ocsp_response;

/* Parse a successful basic response that fills der.
 * BZT_ERR_UNAVAILABLE: the responder answered tryLater or internalError;
 * BZT_ERR_STATUS_UNKNOWN: any other unsuccessful answer. */
BZT_MUST_USE bzt_err ocsp_response_read(ocsp_response *out, bzt_span der);
bool ocsp_response_next(ocsp_single *single, bzt_span *cursor);

/* Signed by the issuer, or by a responder that this issuer certified for
 * OCSP and that is valid at `at`?
 * BZT_ERR_SIGNATURE, BZT_ERR_CERT_PATH, BZT_ERR_CERT_EXPIRED. */
BZT_MUST_USE bzt_err ocsp_response_verify(const ocsp_response *r,
                                          const x509_cert *issuer, int64_t at);

/* What the response says about q->cert at `at`, having verified it.  It must
 * be no older than max_age_ms (0: until its nextUpdate, which must then
 * exist) and not from the future by more than 5 minutes; if q->nonce is not
 * empty it must be repeated.  single (or NULL) gets the answer.
 *
 * BZT_OK                  good
 * BZT_ERR_CERT_REVOKED    revoked
 * BZT_ERR_STATUS_UNKNOWN  unknown to the responder, not in the response, too
 *                         old, or another nonce
 * and those of ocsp_response_verify
 */
BZT_MUST_USE bzt_err ocsp_check(ocsp_single *single, const ocsp_response *r,
                                const ocsp_question *q, int64_t at,
                                int64_t max_age_ms);

#endif
