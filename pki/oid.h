/* Object identifiers: the content bytes, without tag and length. */
#ifndef BZT_PKI_OID_H
#define BZT_PKI_OID_H

#include <bzt/span.h>

/* 1.2.156.10197.1: GM/T 0006 */
#define OID_SM2 BZT_SPAN_LIT("\x2a\x81\x1c\xcf\x55\x01\x82\x2d") /* .301 */
#define OID_SM3 BZT_SPAN_LIT("\x2a\x81\x1c\xcf\x55\x01\x83\x11") /* .401 */
#define OID_SM2_SM3                                                            \
    BZT_SPAN_LIT("\x2a\x81\x1c\xcf\x55\x01\x83\x75") /* .501                   \
                                                      */

#define OID_EC_PUBLIC_KEY BZT_SPAN_LIT("\x2a\x86\x48\xce\x3d\x02\x01")
#define OID_SHA1          BZT_SPAN_LIT("\x2b\x0e\x03\x02\x1a")

/* 2.5.4: attributes of names */
#define OID_AT_CN       BZT_SPAN_LIT("\x55\x04\x03")
#define OID_AT_SERIAL   BZT_SPAN_LIT("\x55\x04\x05")
#define OID_AT_COUNTRY  BZT_SPAN_LIT("\x55\x04\x06")
#define OID_AT_LOCALITY BZT_SPAN_LIT("\x55\x04\x07")
#define OID_AT_PROVINCE BZT_SPAN_LIT("\x55\x04\x08")
#define OID_AT_ORG      BZT_SPAN_LIT("\x55\x04\x0a")
#define OID_AT_UNIT     BZT_SPAN_LIT("\x55\x04\x0b")

/* 2.5.29: extensions */
#define OID_EXT_SKI        BZT_SPAN_LIT("\x55\x1d\x0e")
#define OID_EXT_KEY_USAGE  BZT_SPAN_LIT("\x55\x1d\x0f")
#define OID_EXT_SAN        BZT_SPAN_LIT("\x55\x1d\x11")
#define OID_EXT_BASIC      BZT_SPAN_LIT("\x55\x1d\x13")
#define OID_EXT_CRL_NUMBER BZT_SPAN_LIT("\x55\x1d\x14")
#define OID_EXT_REASON     BZT_SPAN_LIT("\x55\x1d\x15")
#define OID_EXT_CRL_DP     BZT_SPAN_LIT("\x55\x1d\x1f")
#define OID_EXT_POLICIES   BZT_SPAN_LIT("\x55\x1d\x20")
#define OID_EXT_AKI        BZT_SPAN_LIT("\x55\x1d\x23")
#define OID_EXT_EKU        BZT_SPAN_LIT("\x55\x1d\x25")

/* 1.3.6.1.5.5.7: PKIX */
#define OID_EXT_AIA     BZT_SPAN_LIT("\x2b\x06\x01\x05\x05\x07\x01\x01")
#define OID_KP_SERVER   BZT_SPAN_LIT("\x2b\x06\x01\x05\x05\x07\x03\x01")
#define OID_KP_CLIENT   BZT_SPAN_LIT("\x2b\x06\x01\x05\x05\x07\x03\x02")
#define OID_KP_OCSP     BZT_SPAN_LIT("\x2b\x06\x01\x05\x05\x07\x03\x09")
#define OID_AD_OCSP     BZT_SPAN_LIT("\x2b\x06\x01\x05\x05\x07\x30\x01")
#define OID_AD_ISSUER   BZT_SPAN_LIT("\x2b\x06\x01\x05\x05\x07\x30\x02")
#define OID_OCSP_BASIC  BZT_SPAN_LIT("\x2b\x06\x01\x05\x05\x07\x30\x01\x01")
#define OID_OCSP_NONCE  BZT_SPAN_LIT("\x2b\x06\x01\x05\x05\x07\x30\x01\x02")
#define OID_EXT_NOCHECK BZT_SPAN_LIT("\x2b\x06\x01\x05\x05\x07\x30\x01\x05")

/* 1.2.156.10260.4.1: identity extensions of GM/T 0015 */
#define OID_EXT_ID_NUMBER BZT_SPAN_LIT("\x2a\x81\x1c\xd0\x14\x04\x01\x01")
#define OID_EXT_ORG_CODE  BZT_SPAN_LIT("\x2a\x81\x1c\xd0\x14\x04\x01\x04")

#endif
