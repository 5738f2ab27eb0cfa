/* Who calls, by the word in the route table; the only place that asks. */
#ifndef BZT_SERVER_AUTH_H
#define BZT_SERVER_AUTH_H

#include "route.h"

/* Fills c->caller.  BZT_ERR_UNAUTHENTICATED, BZT_ERR_CSRF,
 * BZT_ERR_NO_REALNAME, BZT_ERR_FORBIDDEN, and of signed requests those of
 * service/signed.h.  http_options.authenticate. */
BZT_MUST_USE bzt_err auth_call(call *c, const route *r);

#endif
