/* The audit trail: one record for every state change, in its transaction.
 *
 * service_audit is the only way in.  Records hold ids, kinds and outcomes,
 * never secrets or personal data in the clear.
 */
#ifndef BZT_SERVICE_AUDIT_H
#define BZT_SERVICE_AUDIT_H

#include "service.h"

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

#endif
