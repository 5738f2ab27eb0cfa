/* Issuing: from an approved application and a key to a certificate in force,
 * and its end by revocation. */
#ifndef BZT_SERVICE_ISSUE_H
#define BZT_SERVICE_ISSUE_H

#include "base/arena.h"
#include "pki/x509.h"
#include "service.h"
#include "store/application.h"
#include "store/certificate.h"
#include "store/enterprise.h"
#include "store/entry.h"
#include "store/person.h"

/* The subject that the certificate of an application will have; texts lie
 * in the arena. */
typedef struct issue_subject {
    const char *country, *organisation, *unit, *common_name, *serial_number;
    const char *uscc; /* NULL: personal */
} issue_subject;
BZT_MUST_USE bzt_err issue_tx_subject(store_tx *tx, service *s,
                                      issue_subject *out, arena *a,
                                      const application_row *application);

/* Is `message` the certificate request information of this person's approved
 * application for the key with this point?  BZT_ERR_MESSAGE if not. */
BZT_MUST_USE bzt_err issue_tx_expect(store_tx *tx, service *s, arena *a,
                                     const uint8_t application[16],
                                     const uint8_t person[16],
                                     const uint8_t point[65], bzt_span message);

/* An entry as its holder sees it. */
typedef struct issue_entry {
    entry_row row;
    enterprise_row enterprise; /* when row.has_enterprise */
    const char *ca_name;
    entry_key *keys;
    size_t keys_n;
    certificate_row *certificates;
    size_t certificates_n;
    bzt_span chain[4]; /* issuing CA first, root last */
    size_t chain_n;
} issue_entry;

typedef struct issue_order {
    uint8_t application[16];
    uint8_t person[16], device[16]; /* who asks */
    uint8_t key[16];
    bzt_span csr;
} issue_order;

/* Have the certificate issued, check it and store it.  The same order again
 * gives the same entry.
 *
 * BZT_ERR_NOT_FOUND     application or key is not this person's
 * BZT_ERR_NOT_REVIEWED  not approved
 * BZT_ERR_CONFLICT      issued already for another key, key not live, of
 *                       another device or another application
 * BZT_ERR_KEY_MISMATCH  the request is for another public key
 * BZT_ERR_CSR_SUBJECT   the request has another subject
 * BZT_ERR_SIGNATURE and the errors of csr_read; BZT_ERR_CA_REFUSED,
 * BZT_ERR_UNAVAILABLE; BZT_ERR_CERT_INVALID, BZT_ERR_CERT_PATH: what the CA
 * delivered is not what was asked for
 */
BZT_MUST_USE bzt_err issue_certificate(service *s, issue_entry *out, arena *a,
                                       const issue_order *order,
                                       int64_t now_ms);

BZT_MUST_USE bzt_err issue_entry_get(service *s, issue_entry *out, arena *a,
                                     const uint8_t person[16],
                                     const uint8_t entry[16]);
BZT_MUST_USE bzt_err issue_entry_list(service *s, issue_entry **out, size_t *n,
                                      arena *a, const uint8_t person[16]);

typedef struct issue_revocation {
    uint8_t certificate[16];
    uint8_t staff[16], tenant[16]; /* who decides */
    int64_t reason;                /* RFC 5280, 5.3.1 */
} issue_revocation;
/* BZT_ERR_NOT_FOUND: no certificate of this tenant's CAs.
 * BZT_ERR_CERT_REVOKED: it is revoked already. */
BZT_MUST_USE bzt_err issue_revoke(service *s, arena *a,
                                  const issue_revocation *in, int64_t now_ms);

#endif
