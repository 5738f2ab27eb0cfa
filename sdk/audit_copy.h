/* A copy of the audit tree (NDJSON of GET /staff/v1/audit), checked offline:
 * every leaf from the first to the signed head, every record that is there
 * against its leaf, and an older copy as the beginning of this one. */
#ifndef BZT_SDK_AUDIT_COPY_H
#define BZT_SDK_AUDIT_COPY_H

#include "base/arena.h"
#include <bzt/err.h>
#include <bzt/span.h>

typedef struct audit_copy {
    int64_t size, at;
    uint8_t root[32];
    uint8_t (*leaves)[32]; /* hashes of the leaves, malloc'd */
    int64_t records;       /* of these, with their bytes */
    int64_t line;          /* where a check failed */
} audit_copy;

/* BZT_ERR_AUDIT: a leaf missing or out of order, a record that is not its
 * leaf's, a root that is not the tree's (out->line says where).
 * BZT_ERR_SIGNATURE: the head is not signed by audit_key. */
BZT_MUST_USE bzt_err audit_copy_check(audit_copy *out, bzt_span ndjson,
                                      const uint8_t audit_key[65]);
/* The older copy is how the newer one began.  BZT_ERR_AUDIT. */
BZT_MUST_USE bzt_err audit_copy_is_prefix(const audit_copy *older,
                                          const audit_copy *newer);
void audit_copy_free(audit_copy *c);

#endif
