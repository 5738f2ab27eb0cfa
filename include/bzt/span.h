/* A run of bytes that somebody else owns.  Borrowed for the call. */
#ifndef BZT_SPAN_H
#define BZT_SPAN_H

#include <stddef.h>
#include <stdint.h>

typedef struct bzt_span {
    const uint8_t *p;
    size_t len;
} bzt_span;

/* Bytes of a string literal, without its terminating zero. */
#define BZT_SPAN_LIT(s) ((bzt_span){(const uint8_t *)("" s), sizeof(s) - 1})

#endif
