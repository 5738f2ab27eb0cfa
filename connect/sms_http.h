/* An SMS gateway that speaks doc/connectors.md, "SMS gateway". */
#ifndef BZT_CONNECT_SMS_HTTP_H
#define BZT_CONNECT_SMS_HTTP_H

#include "sms.h"
#include "vendor.h"

/* v is kept, and outlives the gateway. */
sms_gateway sms_http(vendor *v);

#endif
