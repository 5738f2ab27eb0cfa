/* SHA-1 (FIPS 180-4) for two purposes, neither of which rests on collisions:
 * the certificate ids by which outside OCSP clients name an issuer, and
 * one-time passwords (totp.h).  It is not to be used for anything else. */
#ifndef BZT_PKI_SHA1_H
#define BZT_PKI_SHA1_H

#include <bzt/span.h>

void sha1_digest(uint8_t out[20], bzt_span data);

#endif
