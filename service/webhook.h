/* Webhooks: delivery to business systems, signed with the webhook key. */
#ifndef BZT_SERVICE_WEBHOOK_H
#define BZT_SERVICE_WEBHOOK_H

#include "service.h"

/* Task: deliver what is due; *more is set when there may be more.  A
 * delivery that fails is tried again after 5 s, 30 s, 5 min, 30 min, 2 h and
 * 6 h, then given up. */
bzt_err webhook_task(service *s, int *more);

#endif
