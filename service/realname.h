/* Real names: one person, one account, confirmed by an authority. */
#ifndef BZT_SERVICE_REALNAME_H
#define BZT_SERVICE_REALNAME_H

#include "account.h"
#include "base/arena.h"
#include "service.h"

typedef struct realname_order {
    uint8_t person[16];
    const char *provider; /* alipay, police, bankcard */
    const char *name;
    const char *id_number;
} realname_order;

/* Ask the provider and keep the answer; out is the person from then on.
 *
 * BZT_ERR_ID_NUMBER          check digit or birth date
 * BZT_ERR_REALNAME_PROVIDER  not offered here
 * BZT_ERR_REALNAME_REFUSED   name and number do not belong together
 * BZT_ERR_ID_TAKEN           confirmed by another account
 * BZT_ERR_CONFLICT           this account has confirmed another number
 * BZT_ERR_LIMITED            too many tries today: *wait_ms
 * BZT_ERR_UNAVAILABLE        the provider does not answer
 */
BZT_MUST_USE bzt_err realname_confirm(service *s, account_person *out,
                                      int64_t *wait_ms, arena *a,
                                      const realname_order *order,
                                      int64_t now_ms);

#endif
