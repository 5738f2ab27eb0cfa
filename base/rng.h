/* Random bytes, from the operating system only (getrandom). */
#ifndef BZT_BASE_RNG_H
#define BZT_BASE_RNG_H

#include <bzt/err.h>
#include <stddef.h>
#include <stdint.h>

/* BZT_ERR_RANDOM; then out is zero and must not be used. */
BZT_MUST_USE bzt_err rng_bytes(void *out, size_t len);
BZT_MUST_USE bzt_err rng_id(uint8_t out[16]);

#endif
