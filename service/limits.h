/* How often somebody may do what costs us or harms others. */
#ifndef BZT_SERVICE_LIMITS_H
#define BZT_SERVICE_LIMITS_H

#include "base/conf.h"
#include "service.h"

/* Names in the configuration file. */
#define LIMITS_CONF                                                            \
    "limits.sms_minute", "limits.sms_day", "limits.sms_address_hour",          \
        "limits.realname_day"

/* 0: no limit. */
typedef struct limits {
    int64_t sms_minute;       /* codes per number */
    int64_t sms_day;          /* codes per number */
    int64_t sms_address_hour; /* codes asked for from one address */
    int64_t realname_day;     /* identity checks per person */
} limits;

/* The defaults, and those that the configuration changes. */
void limits_read(limits *out, conf *c);
/* Of this service; never NULL. */
const limits *limits_of(const service *s);

#endif
