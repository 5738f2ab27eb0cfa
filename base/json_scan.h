/* Is this text JSON in the narrow sense of json.h?  (RFC 8259)
 *
 * cJSON reads more than JSON: control characters, "01", \u0000, a BOM, any
 * depth.  The scan runs before it, so that what is parsed is always JSON.
 */
#ifndef BZT_BASE_JSON_SCAN_H
#define BZT_BASE_JSON_SCAN_H

#include <bzt/err.h>
#include <bzt/span.h>

enum { JSON_DEPTH_MAX = 32 };

/* BZT_ERR_BAD_UTF8: not UTF-8.  BZT_ERR_BAD_JSON: another grammar, U+0000,
 * a lone surrogate, deeper than JSON_DEPTH_MAX, or bytes after the value. */
BZT_MUST_USE bzt_err json_scan(bzt_span text);

#endif
