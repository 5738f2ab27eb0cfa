/* What the unit tests of core share.  They include nothing else from outside
 * core, so that the same files run natively under cmocka and in WebAssembly
 * under test/wasm/include/cmocka.h. */
#ifndef BZT_TEST_CORE_UNIT_H
#define BZT_TEST_CORE_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <bzt/span.h>

#define UNUSED __attribute__((unused))

/* The same bytes in each run: xorshift64. */
UNUSED static uint64_t unit_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

UNUSED static void unit_fill(uint8_t *p, size_t len, uint64_t seed)
{
    uint64_t state = seed * 0x9e3779b97f4a7c15 + 1;
    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)(unit_next(&state) >> 56);
}

#define assert_span_equal(bytes, span)                                         \
    assert_memory_equal(bytes, (span).p, (span).len)

#define HEX(s) BZT_SPAN_LIT(s) /* of "\x01\x02" */

#endif
