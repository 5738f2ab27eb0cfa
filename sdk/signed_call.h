/* Calls signed with a registered key: of a business system (rp_…) or of a
 * staff member's command line (skey_…). */
#ifndef BZT_SDK_SIGNED_CALL_H
#define BZT_SDK_SIGNED_CALL_H

#include "base/http_client.h"
#include "base/json.h"
#include "problem.h"
#include <bzt/sm2.h>

typedef struct signed_call {
    http_client *http;
    const char *origin;            /* https://… of the API */
    const char *id;                /* rp_…, skey_… */
    const bzt_sm2_key *key;        /* secret, borrowed */
    json *problem;                 /* of the last call that failed, or NULL */
    char detail[PROBLEM_TEXT_MAX]; /* its texts, "" if there are none */
} signed_call;

/* body may be NULL, idempotency_key too.  *answer is NULL for an empty one;
 * an answer that is no success gives the error of its code. */
BZT_MUST_USE bzt_err signed_call_json(const json **answer, arena *a,
                                      signed_call *c, const char *method,
                                      const char *target, const json *body,
                                      const char *idempotency_key);
/* The same, GET, for an answer that is not JSON. */
BZT_MUST_USE bzt_err signed_call_bytes(bzt_span *answer, arena *a,
                                       signed_call *c, const char *target);

#endif
