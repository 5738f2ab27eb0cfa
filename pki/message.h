/* What a holder's key may sign: messages of exactly one defined kind.
 *
 *   BztMessage ::= SEQUENCE {
 *     kind          UTF8String ("bzt-login-1" | "bzt-bind-1"),
 *     requestId     OCTET STRING (SIZE(16)),
 *     rpId          OCTET STRING (SIZE(16)),
 *     rpName        UTF8String,            -- from the RP's certificate
 *     domain        UTF8String,            -- host, or host:port
 *     description   OCTET STRING (SIZE(32)), -- SM3 of the RP-signed bytes
 *     title         UTF8String,
 *     organisation  UTF8String,            -- as the platform has it
 *     uscc          UTF8String,            -- 18 characters; both or none
 *     user          UTF8String,            -- label at the platform
 *     browser       OCTET STRING (SIZE(32)), -- binding of the browser
 *     certificate   OCTET STRING (SIZE(32)), -- SM3 of the holder's
 *     createdAt     GeneralizedTime,
 *     expiresAt     GeneralizedTime }
 *
 * and CertificationRequestInfo (PKCS#10) without attributes.  The first
 * element is a UTF8String here, INTEGER 0 there, INTEGER 4 in TBS_Sign, and
 * [0] in a TBSCertificate: no message is of two kinds.  The encoding is
 * unique: what is read must be byte for byte what message_write makes.
 *
 * Every text is plain (text_is_plain in core/text.h) and is shown whole.
 */
#ifndef BZT_PKI_MESSAGE_H
#define BZT_PKI_MESSAGE_H

#include <bzt/err.h>
#include <bzt/sm2.h>
#include <bzt/span.h>

typedef enum message_kind {
    MESSAGE_NONE = 0,
    MESSAGE_LOGIN = 1,
    MESSAGE_BIND = 2,
    MESSAGE_CSR = 3 /* CertificationRequestInfo: csr.h writes it */
} message_kind;

/* Bytes of UTF-8, at most. */
enum {
    MESSAGE_RP_NAME_MAX = 256, /* a common name of 64 characters */
    MESSAGE_DOMAIN_MAX = 253,
    MESSAGE_TITLE_MAX = 300,
    MESSAGE_ORGANISATION_MAX = 300,
    MESSAGE_USER_MAX = 120
};
#define MESSAGE_SIZE_MAX 2048
/* expiresAt may be at most this far behind createdAt. */
#define MESSAGE_LIFE_MAX_MS (24 * 3600 * 1000LL)

typedef struct message {
    message_kind kind;
    /* MESSAGE_LOGIN, MESSAGE_BIND */
    uint8_t request_id[16];
    uint8_t rp_id[16];
    bzt_span rp_name; /* not empty */
    bzt_span domain;  /* not empty; lower case, host or host:port */
    uint8_t description[32];
    bzt_span title;        /* not empty */
    bzt_span organisation; /* MESSAGE_BIND of an enterprise, or empty */
    bzt_span uscc;
    bzt_span user; /* may be empty */
    uint8_t browser[32];
    uint8_t certificate[32];
    int64_t created_at, expires_at; /* UTC ms; whole seconds are written */
    /* MESSAGE_CSR */
    bzt_span subject; /* Name with header */
    uint8_t pub[65];
} message;

/* The one builder for MESSAGE_LOGIN and MESSAGE_BIND.
 * BZT_ERR_MESSAGE: a field of the wrong form; BZT_ERR_SPACE. */
BZT_MUST_USE bzt_err message_write(bzt_span *out, uint8_t *buf, size_t cap,
                                   const message *m);

/* The one parser: BZT_ERR_MESSAGE unless bytes are one whole message of one
 * kind in its unique encoding.  Spans point into bytes; on failure out is
 * all zero. */
BZT_MUST_USE bzt_err message_read(message *out, bzt_span bytes);

/* Which kind, or MESSAGE_NONE: for whoever only needs to refuse. */
message_kind message_kind_of(bzt_span bytes);
/* "login", "bind", "certificate request", or "". */
const char *message_kind_name(message_kind kind);

/* Is (r, s) the signature of pub over this message (default id)?
 * BZT_ERR_MESSAGE before any arithmetic when it is not of a defined kind;
 * BZT_ERR_KEY_MISMATCH: a certificate request for another key. */
BZT_MUST_USE bzt_err message_verify(const uint8_t pub[65], bzt_span bytes,
                                    const bzt_sm2_signature *sig);

/* ---- acts: the texts that `authorise` permits (protocol, Decrypting) ----
 *
 * An act is one line of ASCII: a verb of the list, and for some a blank and
 * the id that it is about ("revoke certificate crt_…").  It is no message:
 * no key signs it, its proof's context holds it. */
typedef enum act_kind {
    ACT_NONE = 0,
    ACT_CHANGE_PIN,         /* "change pin" */
    ACT_CHECK_PIN,          /* "check pin" */
    ACT_REVOKE_CERTIFICATE, /* "revoke certificate ID" */
    ACT_APPROVE_MEMBER,     /* "approve member ID" */
    ACT_REMOVE_MEMBER,      /* "remove member ID" */
    ACT_LIFT_LOCK           /* "lift lock ID" */
} act_kind;

enum { ACT_SIZE_MAX = 80 };

typedef struct act {
    act_kind kind;
    bzt_span id; /* its text, as core/text.h writes ids; empty for pins */
} act;

/* BZT_ERR_MESSAGE for every other text. */
BZT_MUST_USE bzt_err act_read(act *out, bzt_span text);
/* Zero-terminated.  BZT_ERR_MESSAGE: id missing, unwanted or malformed. */
BZT_MUST_USE bzt_err act_write(char out[ACT_SIZE_MAX], const act *a);

#endif
