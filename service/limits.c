/* How often somebody may do what costs us or harms others. */
#include "limits.h"

static const limits defaults = {
    .sms_minute = 1, .sms_day = 10, .sms_address_hour = 60, .realname_day = 10};

void limits_read(limits *out, conf *c)
{
    out->sms_minute = conf_int(c, "limits.sms_minute", defaults.sms_minute);
    out->sms_day = conf_int(c, "limits.sms_day", defaults.sms_day);
    out->sms_address_hour =
        conf_int(c, "limits.sms_address_hour", defaults.sms_address_hour);
    out->realname_day =
        conf_int(c, "limits.realname_day", defaults.realname_day);
}

const limits *limits_of(const service *s)
{
    return s->limits ? s->limits : &defaults;
}
