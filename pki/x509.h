/* X.509 certificates with SM2 and SM3: GB/T 20518, GM/T 0015, RFC 5280.
 *
 * Read liberally, written strictly.  A parsed certificate is a set of spans
 * into the received bytes, which must outlive it; what was signed is always
 * those bytes, never a new encoding of them.
 *
 * Tolerated when reading, because real CAs do it (standards 4): KeyUsage
 * with wrong unused bits, BasicConstraints empty or with an explicit FALSE,
 * algorithm parameters NULL or absent, a public key whose algorithm is the
 * SM2 OID itself, a signature of raw 64 bytes instead of DER,
 * GeneralizedTime before 2050, short serials, key identifiers of any length.
 */
#ifndef BZT_PKI_X509_H
#define BZT_PKI_X509_H

#include <bzt/err.h>
#include <bzt/sm2.h>
#include <bzt/span.h>
#include <stdbool.h>

/* KeyUsage: bit n of RFC 5280 is 1 << n, as der_read_named_bits has it. */
enum {
    X509_DIGITAL_SIGNATURE = 1 << 0,
    X509_NON_REPUDIATION = 1 << 1,
    X509_KEY_ENCIPHERMENT = 1 << 2,
    X509_DATA_ENCIPHERMENT = 1 << 3,
    X509_KEY_AGREEMENT = 1 << 4,
    X509_KEY_CERT_SIGN = 1 << 5,
    X509_CRL_SIGN = 1 << 6
};

/* Extended key usages that mean something to us. */
enum {
    X509_EKU_SERVER_AUTH = 1 << 0,
    X509_EKU_CLIENT_AUTH = 1 << 1,
    X509_EKU_OCSP_SIGNING = 1 << 2,
    X509_EKU_OTHER = 1 << 3
};

enum { X509_SERIAL_MAX = 20, X509_KEY_ID_LEN = 20 };

/* ---- reading ---- */

typedef struct x509_cert {
    bzt_span whole;                /* the certificate as received */
    bzt_span tbs;                  /* its signed part, with header */
    bzt_span serial;               /* magnitude, without a leading zero byte */
    bzt_span issuer;               /* Name, with header */
    bzt_span subject;              /* Name, with header */
    int64_t not_before, not_after; /* UTC ms, both included */
    uint8_t pub[65];
    bzt_span pub_bits; /* the same 65 bytes where they were received */
    bzt_sm2_signature sig;

    bool has_key_usage;
    uint32_t key_usage;
    bool has_eku;
    uint32_t eku;
    bool is_ca; /* BasicConstraints, cA TRUE */
    bool has_path_len;
    uint32_t path_len;
    bool has_nocheck; /* id-pkix-ocsp-nocheck */
    bool has_unknown_critical;

    /* Empty when absent. */
    bzt_span ski, aki;   /* key identifiers */
    bzt_span crl_url;    /* first http(s) URI of CRLDistributionPoints */
    bzt_span ocsp_url;   /* first http(s) URI of each kind in */
    bzt_span issuer_url; /* AuthorityInfoAccess */
    bzt_span san;        /* content of GeneralNames */
    bzt_span extensions; /* content of SEQUENCE OF Extension */
} x509_cert;

/* Parse one certificate that fills der.  Verifies nothing but form; the
 * public key is on the curve.  On failure out is all zero.
 *
 * BZT_ERR_TRUNCATED, BZT_ERR_ENCODING, BZT_ERR_TRAILING  as in core/der.h
 * BZT_ERR_UNSUPPORTED  another signature or key algorithm, version not 3,
 *                      an extension twice
 * BZT_ERR_POINT        public key not on the curve
 * BZT_ERR_RANGE        serial longer than 20 bytes
 */
BZT_MUST_USE bzt_err x509_read(x509_cert *out, bzt_span der);

/* Does issuer_pub's signature (default id) cover this certificate?
 * BZT_ERR_SIGNATURE, BZT_ERR_POINT, BZT_ERR_RANGE as bzt_sm2_verify. */
BZT_MUST_USE bzt_err x509_verify(const x509_cert *cert,
                                 const uint8_t issuer_pub[65]);

/* SM3 of the whole certificate: its fingerprint in our messages. */
void x509_fingerprint(uint8_t out[32], const x509_cert *cert);

/* The extension with this OID (content bytes of the OID, no header); value
 * is the content of its OCTET STRING.  BZT_ERR_NOT_FOUND when absent. */
BZT_MUST_USE bzt_err x509_extension(bzt_span *value, const x509_cert *cert,
                                    bzt_span oid);

/* Is host (lower case, no port) one of the dNSNames?  A leading "*." in the
 * certificate stands for exactly one label. */
bool x509_has_host(const x509_cert *cert, bzt_span host);
/* Walk the dNSNames: start with *cursor = cert->san; false at the end. */
bool x509_next_host(bzt_span *host, bzt_span *cursor);

/* What a holder's certificate says of its holder; spans into cert, empty
 * when absent.  uscc is looked for in 1.2.156.10260.4.1.4 and the older
 * arcs (18 capitals and digits), then in the subject's serialNumber, O and OU
 * (there with a right check character, identity.h); id_number, with a right
 * one, only in extensions. */
typedef struct x509_holder {
    bzt_span common_name, organisation, unit, country;
    bzt_span uscc;
    bzt_span id_number;
} x509_holder;
void x509_holder_read(x509_holder *out, const x509_cert *cert);

/* ---- names ---- */

/* Attributes in the order in which they are written; empty ones are left
 * out.  UTF8String, country and serialNumber PrintableString. */
typedef struct x509_name {
    bzt_span country;      /* 2.5.4.6, two letters */
    bzt_span province;     /* 2.5.4.8 */
    bzt_span locality;     /* 2.5.4.7 */
    bzt_span organisation; /* 2.5.4.10 */
    bzt_span unit;         /* 2.5.4.11 */
    bzt_span common_name;  /* 2.5.4.3 */
    bzt_span serial;       /* 2.5.4.5 serialNumber */
} x509_name;

/* The first attribute of each kind; others are passed over.  Values in
 * BMPString and the like are left empty.  name_der with its header. */
BZT_MUST_USE bzt_err x509_name_read(x509_name *out, bzt_span name_der);
/* Write the Name.  BZT_ERR_ENCODING: no common name, bad UTF-8, a control
 * character, longer than X.520's bounds.  BZT_ERR_SPACE. */
BZT_MUST_USE bzt_err x509_name_write(bzt_span *out, uint8_t *buf, size_t cap,
                                     const x509_name *name);
/* RFC 5280, 7.1: same attributes in the same order, letters compared
 * without case, runs of spaces as one, whatever the string type. */
bool x509_name_is_equal(bzt_span a, bzt_span b);

/* ---- writing ---- */

/* Whoever signs: its certificate, its key, 48 random bytes for this one
 * signature.  The key must be the certificate's (BZT_ERR_KEY_MISMATCH). */
typedef struct pki_signer {
    const x509_cert *cert;
    const bzt_sm2_key *key;
    const uint8_t *random; /* 48 bytes */
} pki_signer;

typedef enum x509_profile {
    X509_ROOT,       /* CA, keyCertSign + cRLSign */
    X509_ISSUING,    /* the same, pathLen 0 */
    X509_SIGNING,    /* holder: digitalSignature + nonRepudiation */
    X509_ENCRYPTION, /* holder: keyEncipherment + dataEnc. + keyAgreement */
    X509_OCSP,       /* responder: OCSPSigning, nocheck */
    X509_RP          /* business system: digitalSignature, dNSNames */
} x509_profile;

typedef struct x509_template {
    x509_profile profile;
    uint8_t serial[X509_SERIAL_MAX]; /* random; its first two bits become
                                      * 01, so that its length stays */
    size_t serial_len;               /* 8 to 20 */
    x509_name subject;
    int64_t not_before, not_after; /* UTC ms, seconds are kept */
    uint8_t pub[65];
    bzt_span crl_url, ocsp_url, issuer_url; /* each may be empty */
    bzt_span uscc;                          /* 18 characters, or empty */
    bzt_span id_number;                     /* 18 characters, or empty */
    const bzt_span *hosts; /* dNSNames, lower case, or "*." before one;
                            * X509_RP needs at least one */
    size_t hosts_n;
} x509_template;

/* Large enough for every certificate that we write. */
#define X509_SIZE_MAX 4096

/* Step 1: the bytes to be signed by issuer's key; issuer NULL: self-signed.
 * The issuer's name and key identifier come from its certificate.
 *
 * BZT_ERR_RANGE     serial length, not_after before not_before, subject
 *                   key identifier of the issuer missing
 * BZT_ERR_ENCODING  a name, URL, host, code or number of the wrong form
 * BZT_ERR_POINT, BZT_ERR_SPACE
 */
BZT_MUST_USE bzt_err x509_tbs_write(bzt_span *out, uint8_t *buf, size_t cap,
                                    const x509_template *t,
                                    const x509_cert *issuer);
/* Step 2: certificate of tbs and signature.  tbs must not lie in buf. */
BZT_MUST_USE bzt_err x509_write(bzt_span *out, uint8_t *buf, size_t cap,
                                bzt_span tbs, const bzt_sm2_signature *sig);
/* Both at once, and the result verified before it is handed out.
 * by->cert NULL: self-signed with by->key.  Also BZT_ERR_KEY_MISMATCH. */
BZT_MUST_USE bzt_err x509_issue(bzt_span *out, uint8_t *buf, size_t cap,
                                const x509_template *t, const pki_signer *by);

/* Leftmost 20 bytes of SM3 over the 65 bytes: our key identifiers. */
void x509_key_id(uint8_t out[X509_KEY_ID_LEN], const uint8_t pub[65]);

#endif
