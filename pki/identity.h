/* Numbers of organisations and people, and their check digits. */
#ifndef BZT_PKI_IDENTITY_H
#define BZT_PKI_IDENTITY_H

#include <bzt/err.h>
#include <bzt/span.h>

enum { USCC_LEN = 18, ID_NUMBER_LEN = 18 };

/* Unified social credit code (GB 32100-2015): 18 characters of 0-9 A-Z
 * without I O S V Z, digits at 3-8, check character by ISO 7064 mod 31.
 * BZT_ERR_USCC. */
BZT_MUST_USE bzt_err uscc_check(bzt_span code);

/* Resident ID number (GB 11643-1999): 17 digits and a check character
 * 0-9 X, a birth date that exists, from 1800 (the example of the standard is
 * of 1880).  BZT_ERR_ID_NUMBER. */
BZT_MUST_USE bzt_err id_number_check(bzt_span number);

#endif
