/* SM2 with the nonce as an argument, for known answers.  sm2.c chooses the
 * nonce; nothing else may call these with a key that matters. */
#ifndef BZT_CORE_SM2_NONCE_H
#define BZT_CORE_SM2_NONCE_H

#include "ge.h"
#include <bzt/sm2.h>

/* One try of GB/T 32918.2, 6.1, A4 to A6.  0 when another nonce is needed;
 * then out is zero.  d in [1, n-2]. */
BZT_MUST_USE uint32_t sm2_sign_once(bzt_sm2_signature *out, const sc *d,
                                    const sc *e, const sc *k);

/* One try of GB/T 32918.4, 6.1, A2 to A7.  0 when t is all zero. */
BZT_MUST_USE uint32_t sm2_encrypt_once(uint8_t *out, const ge *pub,
                                       bzt_span plain, const sc *k);

#endif
