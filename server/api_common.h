/* Small things that handlers share. */
#ifndef BZT_SERVER_API_COMMON_H
#define BZT_SERVER_API_COMMON_H

#include "call.h"

/* Query parameter as an id of this kind; *out is NULL when it is absent,
 * else buf.  BZT_ERR_BAD_FIELD. */
BZT_MUST_USE bzt_err call_query_id(const uint8_t **out, uint8_t buf[16],
                                   call *c, const char *name, const char *kind);
/* Members of the problem: `seconds` to wait, rounded up; `field`. */
bzt_err call_limited(call *c, bzt_err err, int64_t wait_ms);
bzt_err call_bad_field(call *c, bzt_err err, const char *field);
/* `next`: the id to ask on with, or null at the end. */
void call_add_next(call *c, const char *kind, const uint8_t *id);

#endif
