/* What a business system does with certificates, logins and statements.
 *
 * Pure: no allocation, files, clock or random source.  Bytes that come out
 * are spans into those that went in, which must outlive them.  All of it is
 * over public data and may take time depending on it, except the private
 * key of bzt_statement_sign.
 */
#ifndef BZT_PKI_H
#define BZT_PKI_H

#include "err.h"
#include "sm2.h"
#include "span.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- certificates ---- */

typedef struct bzt_cert_facts {
    bzt_span serial;               /* magnitude, big-endian */
    bzt_span issuer, subject;      /* Name, DER */
    int64_t not_before, not_after; /* UTC ms, both included */
    uint8_t pub[65];
    uint8_t fingerprint[32]; /* SM3 of the certificate */
    bzt_span common_name, organisation;
    bzt_span uscc; /* unified social credit code, or empty */
    bzt_span crl_url, ocsp_url;
} bzt_cert_facts;

/* Parse one SM2 certificate (DER).  Proves nothing about it.
 * BZT_ERR_TRUNCATED, BZT_ERR_ENCODING, BZT_ERR_TRAILING, BZT_ERR_RANGE,
 * BZT_ERR_POINT, BZT_ERR_UNSUPPORTED; out is then all zero. */
BZT_MUST_USE bzt_err bzt_cert_read(bzt_cert_facts *out, bzt_span der);

/* Does the certificate name this host (lower case) in a dNSName? */
BZT_MUST_USE bzt_err bzt_cert_check_host(bzt_span der, bzt_span host);

/* ---- paths and status ---- */

typedef enum bzt_purpose {
    BZT_PURPOSE_SIGNING, /* a holder's signature */
    BZT_PURPOSE_RP       /* a business system, by its certificate */
} bzt_purpose;

enum { BZT_CHAIN_MAX = 8, BZT_ROOTS_MAX = 16 };

typedef struct bzt_path {
    bzt_span cert;         /* DER */
    const bzt_span *chain; /* intermediates, DER, any order */
    size_t chain_n;        /* at most BZT_CHAIN_MAX */
    const bzt_span *roots; /* trusted, DER */
    size_t roots_n;        /* at most BZT_ROOTS_MAX */
    int64_t at;            /* UTC ms */
    bzt_purpose purpose;
} bzt_path;

/* Signatures, validity, constraints, key usage up to a root.
 * BZT_ERR_CERT_EXPIRED, BZT_ERR_CERT_INVALID (not for this purpose),
 * BZT_ERR_CERT_PATH; BZT_ERR_RANGE: too many; those of bzt_cert_read. */
BZT_MUST_USE bzt_err bzt_path_check(const bzt_path *path);

/* Is the certificate unrevoked by a CRL or an OCSP response (DER) of its
 * issuer?  max_age_ms 0: as long as the answer itself says.
 * BZT_ERR_CERT_REVOKED, BZT_ERR_STATUS_UNKNOWN, BZT_ERR_SIGNATURE, … */
BZT_MUST_USE bzt_err bzt_crl_check(bzt_span crl, bzt_span cert, bzt_span issuer,
                                   int64_t at, int64_t max_age_ms);
/* nonce: the one that was asked with, or empty. */
BZT_MUST_USE bzt_err bzt_ocsp_check(bzt_span response, bzt_span cert,
                                    bzt_span issuer, bzt_span nonce, int64_t at,
                                    int64_t max_age_ms);
/* An OCSP request with an SM3 id; nonce of 1 to 32 bytes, or empty. */
#define BZT_OCSP_REQUEST_MAX 512
BZT_MUST_USE bzt_err bzt_ocsp_request(bzt_span *out,
                                      uint8_t buf[BZT_OCSP_REQUEST_MAX],
                                      bzt_span cert, bzt_span issuer,
                                      bzt_span nonce);

/* ---- logins and bindings ---- */

typedef enum bzt_message_kind {
    BZT_MESSAGE_LOGIN = 1,
    BZT_MESSAGE_BIND = 2
} bzt_message_kind;

/* What the holder signed. */
typedef struct bzt_message {
    bzt_message_kind kind;
    uint8_t request_id[16];
    uint8_t rp_id[16];
    bzt_span rp_name, domain;
    uint8_t description[32]; /* SM3 of the description's bytes */
    bzt_span title;
    bzt_span organisation, uscc; /* both empty for a person */
    bzt_span user;
    uint8_t browser[32];
    uint8_t certificate[32]; /* SM3 of the holder's certificate */
    int64_t created_at, expires_at;
} bzt_message;

/* BZT_ERR_MESSAGE unless bytes are exactly one login or binding message. */
BZT_MUST_USE bzt_err bzt_message_read(bzt_message *out, bzt_span bytes);

/* A result as it came, and what was asked for. */
typedef struct bzt_login {
    bzt_span message;   /* the exact signed bytes */
    bzt_span signature; /* DER, or raw r || s */
    bzt_path path;      /* of the holder's certificate */
    /* expected */
    bzt_message_kind kind;
    const uint8_t *request_id; /* 16 bytes */
    const uint8_t *rp_id;      /* 16 bytes */
    bzt_span domain;
    bzt_span description;   /* the bytes that were signed and sent */
    const uint8_t *browser; /* 32 bytes */
} bzt_login;

/* Everything but revocation: the message is of this kind, answers this
 * request of this system in this browser, is not expired at path.at (a
 * minute of skew is allowed), names this certificate, the certificate's
 * path holds, the organisation's code is the certificate's, and the
 * signature is its key's.  Fills message and holder; zero on failure.
 *
 * BZT_ERR_MESSAGE          no login or binding message, or of another kind
 * BZT_ERR_REQUEST_STATE    another request, system, browser or description
 * BZT_ERR_RP_DOMAIN        another domain
 * BZT_ERR_REQUEST_EXPIRED  outside created_at .. expires_at
 * BZT_ERR_KEY_MISMATCH     made for another certificate
 * BZT_ERR_MISMATCH         the code is not the certificate's
 * BZT_ERR_SIGNATURE, and those of bzt_path_check
 */
BZT_MUST_USE bzt_err bzt_login_verify(bzt_message *message,
                                      bzt_cert_facts *holder,
                                      const bzt_login *login);

/* ---- statements ---- */

typedef enum bzt_statement {
    BZT_STATEMENT_DESCRIPTION,
    BZT_STATEMENT_WEBHOOK,
    BZT_STATEMENT_SETTINGS,
    BZT_STATEMENT_TREE_HEAD,
    BZT_STATEMENT_HTTP
} bzt_statement;

/* SM2 signature, r || s, over label || 00 || payload.  random: 48 bytes of
 * the operating system.  sig is zero on failure. */
BZT_MUST_USE bzt_err bzt_statement_sign(uint8_t sig[64], bzt_statement kind,
                                        const bzt_sm2_key *key,
                                        bzt_span payload,
                                        const uint8_t random[48]);
/* BZT_ERR_SIGNATURE, BZT_ERR_POINT. */
BZT_MUST_USE bzt_err bzt_statement_verify(bzt_span sig, bzt_statement kind,
                                          const uint8_t pub[65],
                                          bzt_span payload);

/* ---- requests for an RP certificate ---- */

#define BZT_CSR_MAX 2304
/* PKCS#10 with this common name and organisation (may be empty), signed. */
BZT_MUST_USE bzt_err bzt_csr_new(bzt_span *out, uint8_t buf[BZT_CSR_MAX],
                                 bzt_span common_name, bzt_span organisation,
                                 const bzt_sm2_key *key,
                                 const uint8_t random[48]);

/* ---- numbers ---- */

/* Unified social credit code (GB 32100): BZT_ERR_USCC. */
BZT_MUST_USE bzt_err bzt_uscc_check(bzt_span code);
/* Resident ID number (GB 11643): BZT_ERR_ID_NUMBER. */
BZT_MUST_USE bzt_err bzt_id_number_check(bzt_span number);

#ifdef __cplusplus
}
#endif
#endif
