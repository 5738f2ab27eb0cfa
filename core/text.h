/* Bytes as text: base64url and base64 (RFC 4648, 5 and 4), base32 in lower
 * case (RFC 4648, 6, no padding), hex, ids with a kind prefix, and UTF-8.
 *
 * Readers are strict: one text for each run of bytes, so no spare bits, no
 * white space, no padding where none is written.  The time of encoding and
 * decoding depends on lengths and on whether the text is well formed.
 */
#ifndef BZT_CORE_TEXT_H
#define BZT_CORE_TEXT_H

#include <bzt/err.h>
#include <bzt/span.h>
#include <stdbool.h>

/* Characters without the terminating zero that every writer adds. */
#define BASE64URL_LEN(n) (((n)*4 + 2) / 3)
#define BASE64_LEN(n)    (((n) + 2) / 3 * 4)
#define BASE32_LEN(n)    (((n)*8 + 4) / 5)
#define HEX_LEN(n)       ((n)*2)

void base64url_write(char *out, bzt_span bytes);
void base64_write(char *out, bzt_span bytes);
void base32_write(char *out, bzt_span bytes);
void hex_write(char *out, bzt_span bytes);

/* Read text into out, which has room for cap bytes; *len is set.  On
 * failure out is wiped as far as it was written and *len is 0.
 *
 * BZT_ERR_ENCODING  a character, spare bit or padding that no writer makes
 * BZT_ERR_SPACE     more than cap bytes
 */
BZT_MUST_USE bzt_err base64url_read(uint8_t *out, size_t *len, size_t cap,
                                    bzt_span text);
BZT_MUST_USE bzt_err base64_read(uint8_t *out, size_t *len, size_t cap,
                                 bzt_span text);
BZT_MUST_USE bzt_err base32_read(uint8_t *out, size_t *len, size_t cap,
                                 bzt_span text);
/* Lower and upper case are read. */
BZT_MUST_USE bzt_err hex_read(uint8_t *out, size_t *len, size_t cap,
                              bzt_span text);

/* As base64url_read for exactly n bytes: BZT_ERR_ENCODING otherwise. */
BZT_MUST_USE bzt_err base64url_read_n(uint8_t *out, size_t n, bzt_span text);

/* An id is 16 random bytes; its text is prefix "_" base32, for instance
 * req_mfrggzdfmztwq2lknnwg23tpoa.  A prefix has 1 to 8 lower-case letters. */
enum { ID_LEN = 16, ID_PREFIX_MAX = 8, ID_TEXT_LEN = 26 };
#define ID_TEXT_SIZE (ID_PREFIX_MAX + 1 + ID_TEXT_LEN + 1) /* with the zero */

void id_write(char out[ID_TEXT_SIZE], const char *prefix,
              const uint8_t id[ID_LEN]);
/* BZT_ERR_ENCODING: another prefix, length or character; id is then zero. */
BZT_MUST_USE bzt_err id_read(uint8_t id[ID_LEN], const char *prefix,
                             bzt_span text);

/* Well-formed UTF-8 (Unicode 3.9, table 3-7): no overlong form, surrogate
 * or value above 10FFFF. */
bool text_is_utf8(bzt_span text);
/* Well-formed, and nothing in it that a reader cannot see or that moves
 * other text: controls, line ends, zero-width and direction characters,
 * noncharacters.  What people approve must be of this form. */
bool text_is_plain(bzt_span text);

/* The span of a zero-terminated string (s may be NULL: empty). */
bzt_span text_span(const char *s);
/* Does text hold exactly the characters of s? */
bool text_is(bzt_span text, const char *s);

#endif
