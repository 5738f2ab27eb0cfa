/* Enterprises: the first to claim one becomes its administrator. */
#ifndef BZT_SERVICE_ENTERPRISE_H
#define BZT_SERVICE_ENTERPRISE_H

#include "base/arena.h"
#include "service.h"
#include "store/enterprise.h"
#include "store/member.h"

enum { ENTERPRISE_LIST_MAX = 100 };

typedef struct enterprise_claim_order {
    uint8_t person[16];
    const char *name, *uscc, *legal_name, *legal_id;
} enterprise_claim_order;

/* The same claim by the same person again gives the same enterprise; with
 * other facts it corrects them, as long as nothing is certified or under
 * review.
 *
 * BZT_ERR_USCC, BZT_ERR_ID_NUMBER  check characters
 * BZT_ERR_DUPLICATE                claimed by another person
 * BZT_ERR_CONFLICT                 other facts, too late to correct them
 */
BZT_MUST_USE bzt_err enterprise_claim(service *s, enterprise_of *out, arena *a,
                                      const enterprise_claim_order *order,
                                      int64_t now_ms);
BZT_MUST_USE bzt_err enterprise_mine(service *s, enterprise_of **out, size_t *n,
                                     arena *a, const uint8_t person[16]);

#endif
