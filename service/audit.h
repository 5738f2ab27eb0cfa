/* The audit trail: one record for every state change, in its transaction.
 *
 * service_audit is the only way in.  Records hold ids, kinds and outcomes,
 * never secrets or personal data in the clear.
 */
#ifndef BZT_SERVICE_AUDIT_H
#define BZT_SERVICE_AUDIT_H

#include "base/arena.h"
#include "service.h"
#include "store/audit.h"

/* Ids are 16 bytes and may be NULL; the kinds say what they are of. */
typedef struct audit_note {
    const char *kind;       /* "key.sign", "request.done", "staff.login" … */
    const uint8_t *tenant;  /* whose view it is in besides the operator's */
    const char *actor_kind; /* "per", "stf", "rp", or NULL: the system */
    const uint8_t *actor;
    const uint8_t *person;    /* whose own history it belongs to */
    const char *subject_kind; /* "key", "crt", "req", "app", … */
    const uint8_t *subject;
    const char *outcome; /* "ok", an error code, a reason; NULL: "ok" */
    const char *detail;  /* short ASCII, or NULL */
} audit_note;

BZT_MUST_USE bzt_err service_audit(store_tx *tx, int64_t now_ms,
                                   const audit_note *note);

/* Tasks.  Numbers what is committed; *more when there is more. */
bzt_err audit_number_task(service *s, int *more);
/* Signs a head when the tree has grown and a period has passed; alarms when
 * a record has been without a number for two minutes. */
bzt_err audit_head_task(service *s, int *more);

/* The latest head.  BZT_ERR_NOT_FOUND: none yet. */
BZT_MUST_USE bzt_err audit_last_head(service *s, audit_head *out);

/* A person's own records, each with its proof against the head. */
typedef struct audit_own {
    audit_head head;
    audit_row *rows;
    merkle_proof *proofs;
    size_t n;
    int64_t next; /* number to go on with, -1: no more */
} audit_own;
BZT_MUST_USE bzt_err audit_history(service *s, audit_own *out, arena *a,
                                   const uint8_t person[16], int64_t from);

/* Every leaf of the tree from a number on, at most AUDIT_EXPORT_MAX of
 * them; record and salt only where the tenant may see them. */
enum { AUDIT_EXPORT_MAX = 2000 };
BZT_MUST_USE bzt_err audit_export(service *s, audit_row **rows, size_t *n,
                                  arena *a, const uint8_t tenant[16],
                                  int64_t from);

#endif
