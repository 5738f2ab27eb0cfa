/* The compression function of SM3 (GB/T 32905, 5.3.3), for sm3.c and for
 * pbkdf2.c, which knows most of each block beforehand. */
#ifndef BZT_CORE_SM3_BLOCK_H
#define BZT_CORE_SM3_BLOCK_H

#include <stdint.h>

/* One block of 16 words, which are used up: afterwards w holds the last of
 * the expanded message, as secret as the message.  Constant time. */
void sm3_compress_words(uint32_t h[8], uint32_t w[16]);

#endif
