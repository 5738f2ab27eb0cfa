/* Certificate revocation lists v2 with SM2 (RFC 5280, 5). */
#ifndef BZT_PKI_CRL_H
#define BZT_PKI_CRL_H

#include "x509.h"

/* CRLReason of RFC 5280, 5.3.1. */
typedef enum pki_reason {
    PKI_UNSPECIFIED = 0, /* written as no reason at all */
    PKI_KEY_COMPROMISE = 1,
    PKI_CA_COMPROMISE = 2,
    PKI_AFFILIATION_CHANGED = 3,
    PKI_SUPERSEDED = 4,
    PKI_CESSATION = 5,
    PKI_HOLD = 6,
    PKI_PRIVILEGE_WITHDRAWN = 9
} pki_reason;

typedef struct crl_entry {
    bzt_span serial; /* magnitude */
    int64_t revoked_at;
    pki_reason reason;
} crl_entry;

typedef struct crl {
    bzt_span whole, tbs;
    bzt_span issuer; /* Name with header */
    int64_t this_update;
    int64_t next_update; /* 0 when absent */
    bzt_span entries;    /* content of revokedCertificates */
    bool has_number;
    uint64_t number;
    bzt_span aki;
    bool has_unknown_critical; /* then it cannot say who is not revoked */
    bzt_sm2_signature sig;
} crl;

/* Parse a list that fills der, every entry included.  Errors as x509_read;
 * on failure out is all zero. */
BZT_MUST_USE bzt_err crl_read(crl *out, bzt_span der);

/* Walk the entries: start with *cursor = list->entries; false at the end. */
bool crl_next(crl_entry *entry, bzt_span *cursor);

/* Signed by issuer, which may sign lists, and of its name?
 * BZT_ERR_SIGNATURE, BZT_ERR_CERT_PATH (name, KeyUsage). */
BZT_MUST_USE bzt_err crl_verify(const crl *list, const x509_cert *issuer);

/* What the list says about cert, at a time, having verified the list.
 * The list must have begun by `at` and be no older than max_age_ms (0: until
 * its nextUpdate, which must then exist).  entry (or NULL) gets the entry.
 * A certificate revoked later than `at` is still good at `at`, unless its
 * reason is a compromise.
 *
 * BZT_OK                  not revoked
 * BZT_ERR_CERT_REVOKED    revoked
 * BZT_ERR_STATUS_UNKNOWN  list too old, not yet valid, of another issuer, or
 *                         with a critical extension that we do not know
 * BZT_ERR_SIGNATURE       list not signed by the issuer
 */
typedef struct crl_question {
    const x509_cert *cert;
    const x509_cert *issuer;
    int64_t at;
    int64_t max_age_ms;
} crl_question;
BZT_MUST_USE bzt_err crl_check(crl_entry *entry, const crl *list,
                               const crl_question *q);

typedef struct crl_template {
    uint64_t number;
    int64_t this_update, next_update;
    const crl_entry *entries; /* any order; each serial once */
    size_t entries_n;
} crl_template;

/* Large enough for n entries. */
#define CRL_SIZE_MAX(n) (1024 + (size_t)(n)*64)

/* Write and sign; verified before it is handed out.  BZT_ERR_RANGE:
 * next_update not after this_update.  BZT_ERR_KEY_MISMATCH, BZT_ERR_SPACE. */
BZT_MUST_USE bzt_err crl_issue(bzt_span *out, uint8_t *buf, size_t cap,
                               const crl_template *t, const pki_signer *by);

#endif
