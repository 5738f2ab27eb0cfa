/* Parts that certificates, requests, lists and responses share.  Internal
 * to pki. */
#ifndef BZT_PKI_PARTS_H
#define BZT_PKI_PARTS_H

#include "core/der.h"
#include "oid.h"
#include "x509.h"
#include <stdbool.h>

#define TRY(call)                                                              \
    do {                                                                       \
        bzt_err try_err_ = (call);                                             \
        if (try_err_)                                                          \
            return try_err_;                                                   \
    } while (0)

/* AlgorithmIdentifier { SM2-with-SM3, NULL or nothing }. */
BZT_MUST_USE bzt_err parts_sig_alg_read(bzt_span *in);
void parts_sig_alg_write(der_writer *w);

/* BIT STRING that holds a signature: 64 raw bytes, or DER.  A DER signature
 * of exactly 64 bytes would need r and s of 29 bytes each: once in 2^42. */
BZT_MUST_USE bzt_err parts_signature_read(bzt_sm2_signature *sig, bzt_span *in);
void parts_signature_write(der_writer *w, const bzt_sm2_signature *sig);

/* SubjectPublicKeyInfo; bits (or NULL) are the 65 bytes as received. */
BZT_MUST_USE bzt_err parts_spki_read(uint8_t pub[65], bzt_span *bits,
                                     bzt_span *in);
void parts_spki_write(der_writer *w, const uint8_t pub[65]);

/* One Extension of a SEQUENCE OF's content. */
typedef struct extension {
    bzt_span oid, value;
    bool is_critical;
} extension;
enum { EXTENSIONS_MAX = 64 };
BZT_MUST_USE bzt_err parts_extension_read(extension *e, bzt_span *in);
/* All are well formed, none comes twice, at most EXTENSIONS_MAX. */
BZT_MUST_USE bzt_err parts_extensions_check(bzt_span list);
/* Begin an extension; its value is written next; end both. */
typedef struct extension_mark {
    size_t whole, value;
} extension_mark;
extension_mark parts_extension_begin(der_writer *w, bzt_span oid,
                                     bool is_critical);
void parts_extension_end(der_writer *w, extension_mark mark);
/* AuthorityKeyIdentifier { [0] id } as an extension. */
void parts_aki_write(der_writer *w, bzt_span id);
/* keyIdentifier of an AuthorityKeyIdentifier; empty when there is none. */
void parts_aki_read(bzt_span *id, bzt_span value);

/* CRLReason as ENUMERATED. */
BZT_MUST_USE bzt_err parts_reason_read(uint32_t *reason, bzt_span *in);

/* The whole of SEQUENCE { signed, alg, BIT STRING signature }. */
BZT_MUST_USE bzt_err parts_signed_write(bzt_span *out, uint8_t *buf, size_t cap,
                                        bzt_span tbs,
                                        const bzt_sm2_signature *sig);
/* Sign tbs with key, whose public half is pub, and verify: a fault in the
 * computation must not leave as a signature. */
BZT_MUST_USE bzt_err parts_sign(bzt_sm2_signature *sig, const bzt_sm2_key *key,
                                const uint8_t pub[65], bzt_span tbs,
                                const uint8_t random[48]);
/* BZT_ERR_KEY_MISMATCH unless key is the one of pub. */
BZT_MUST_USE bzt_err parts_key_fits(const bzt_sm2_key *key,
                                    const uint8_t pub[65]);
bool parts_is_url(bzt_span url);   /* http(s)://, visible ASCII, <= 500 */
bool parts_is_host(bzt_span host); /* labels of a-z 0-9 -, <= 253 */

#endif
