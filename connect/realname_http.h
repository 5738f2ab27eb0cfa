/* A public-security check that speaks doc/connectors.md, "Identity check". */
#ifndef BZT_CONNECT_REALNAME_HTTP_H
#define BZT_CONNECT_REALNAME_HTTP_H

#include "realname.h"
#include "vendor.h"

/* v is kept, and outlives the provider. */
realname_provider realname_http(vendor *v);

#endif
