/* DER (X.690) over one bounded cursor.
 *
 * Reading consumes from a bzt_span and hands out spans inside it (loans);
 * on failure neither cursor nor outputs are to be used.  Lengths are minimal
 * and definite, at most 2^31.  Nothing is allocated, nothing recurses.
 */
#ifndef BZT_CORE_DER_H
#define BZT_CORE_DER_H

#include <bzt/err.h>
#include <bzt/span.h>
#include <stdint.h>

enum {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTF8_STRING = 0x0c,
    DER_PRINTABLE_STRING = 0x13,
    DER_T61_STRING = 0x14,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_BMP_STRING = 0x1e,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31
};
#define DER_CONTEXT(n)             (0x80 | (n)) /* primitive [n] */
#define DER_CONTEXT_CONSTRUCTED(n) (0xa0 | (n)) /* constructed [n] */

/* BZT_ERR_TRUNCATED: ends too early.  BZT_ERR_ENCODING: another tag, a
 * length that is not minimal, or content that the type forbids.
 * BZT_ERR_TRAILING: der_end found bytes. */

/* Next element of any tag: tag, content, and the whole with its header
 * (content and whole may be NULL). */
BZT_MUST_USE bzt_err der_read_any(uint8_t *tag, bzt_span *content,
                                  bzt_span *whole, bzt_span *in);
/* Next element, which must have this tag. */
BZT_MUST_USE bzt_err der_read(bzt_span *content, bzt_span *in, uint8_t tag);
/* Its bytes with header, for hashing what was received. */
BZT_MUST_USE bzt_err der_read_whole(bzt_span *whole, bzt_span *in, uint8_t tag);
/* Tag of the next element, or 0 at the end. */
uint8_t der_peek(bzt_span in);
/* BZT_ERR_TRAILING unless in is empty. */
BZT_MUST_USE bzt_err der_end(bzt_span in);

/* Non-negative INTEGER, minimal: its magnitude without a leading zero byte
 * (0 gives one zero byte). */
BZT_MUST_USE bzt_err der_read_uint(bzt_span *magnitude, bzt_span *in);
BZT_MUST_USE bzt_err der_read_u64(uint64_t *out, bzt_span *in);
/* Non-negative INTEGER below 2^256, left-padded to 32 bytes. */
BZT_MUST_USE bzt_err der_read_uint256(uint8_t out[32], bzt_span *in);
/* DER_BOOLEAN; reads any non-zero byte as true (BER tolerance of CAs). */
BZT_MUST_USE bzt_err der_read_bool(uint32_t *out, bzt_span *in);
BZT_MUST_USE bzt_err der_read_null(bzt_span *in);
/* BIT STRING whose number of bits is a multiple of 8. */
BZT_MUST_USE bzt_err der_read_bits(bzt_span *bytes, bzt_span *in);
/* BIT STRING of up to 32 named bits, bit 0 first; unused-bits errors of
 * real CAs are tolerated. */
BZT_MUST_USE bzt_err der_read_named_bits(uint32_t *out, bzt_span *in);
/* UTCTime or GeneralizedTime with seconds and Z: UTC milliseconds. */
BZT_MUST_USE bzt_err der_read_time(int64_t *at_ms, bzt_span *in);
/* 1 when the two spans hold the same bytes (public data). */
uint32_t der_is_equal(bzt_span a, bzt_span b);

/* Writer: forward into a caller's buffer.  Errors stick: write on, ask at
 * the end.  A constructed element is begun, filled, ended. */
typedef struct der_writer {
    uint8_t *p;
    size_t cap, len;
    bzt_err err;
} der_writer;

void der_writer_init(der_writer *w, uint8_t *buf, size_t cap);
size_t der_begin(der_writer *w,
                 uint8_t tag); /* returns a mark for der_end_at */
void der_end_at(der_writer *w, size_t mark);
/* BIT STRING that wraps DER: begin, then content, then der_end_at. */
size_t der_begin_bits(der_writer *w);
void der_write(der_writer *w, uint8_t tag, bzt_span content);
void der_write_raw(der_writer *w, bzt_span whole);      /* already encoded */
void der_write_uint(der_writer *w, bzt_span magnitude); /* minimal, positive */
void der_write_u64(der_writer *w, uint64_t v);
void der_write_bool(der_writer *w, uint32_t v);
void der_write_null(der_writer *w);
void der_write_bits(der_writer *w, bzt_span bytes);
void der_write_named_bits(der_writer *w, uint32_t bits, unsigned n);
void der_write_time(der_writer *w, int64_t at_ms); /* UTCTime until 2049 */
void der_write_generalized_time(der_writer *w, int64_t at_ms);
void der_write_text(der_writer *w, uint8_t tag, const char *s);
/* BZT_ERR_SPACE when the buffer was too small; out is then empty. */
BZT_MUST_USE bzt_err der_writer_done(bzt_span *out, der_writer *w);

#endif
